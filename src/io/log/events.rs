//! From events to journeys.
//!
//! The events of one identity (and one merchant, if merchants are told apart) are put in the order
//! of time. Those of equal time keep the order of the files, except that a conversion comes after
//! the touches of its own moment. A conversion ends a journey, which holds the touches since the
//! conversion before it. Touches that no conversion follows are a journey without one, observed
//! until the last event of the log.

use std::io;

use crate::journey::{JourneyBatch, Outcome, Touch, TouchKind};

use super::buckets::Buckets;
use super::identity::Identity;
use super::row::{self, Narrow, Row, Wide};
use super::runs::{Dealt, Partition, Piece};

/// Which touches a journey holds, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    /// For clicks.
    pub click: i64,
    /// For touches that are no clicks.
    pub view: i64,
}

/// Events of a log, and how to make journeys of them.
#[derive(Debug)]
pub(super) struct Events {
    pub dealt: Dealt,
    /// Time of the last event.
    pub end: i64,
    pub windows: Windows,
}

/// What ended a journey: for who asks about single ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub who: Identity,
    pub time: i64,
}

/// What is wanted of a partition, and memory to use again.
#[derive(Debug, Default)]
pub(super) struct Sorting {
    partition: Partition,
    narrow: Buckets<Narrow>,
    wide: Buckets<Wide>,
    /// Ends of the journeys that are written, if they are asked for.
    pub ends: Option<Vec<End>>,
    /// Whether journeys without a conversion are counted here instead of written.
    pub count_nulls: bool,
    pub nulls: u64,
    pub null_touches: u64,
}

/// Numbers of channels and groups in the order of the alphabet.
pub(super) struct Renamed<'a> {
    pub channels: &'a [u16],
    pub groups: &'a [u16],
}

impl Renamed<'_> {
    /// Appends the journeys of another batch.
    pub fn copy(&self, from: &JourneyBatch, out: &mut JourneyBatch) {
        for journey in from.iter() {
            let touches = journey.channels.iter().zip(journey.kinds);
            for ((channel, kind), hours) in touches.zip(journey.hours_before_end) {
                out.touch(Touch {
                    channel: self.channels[usize::from(*channel)],
                    kind: *kind,
                    hours_before_end: *hours,
                });
            }
            let mut outcome = journey.outcome;
            outcome.group = self.groups[usize::from(outcome.group)];
            out.end(outcome);
        }
    }
}

impl Events {
    /// Writes the journeys of a partition.
    pub fn batch(
        &self,
        partition: usize,
        renamed: &Renamed<'_>,
        sorting: &mut Sorting,
        out: &mut JourneyBatch,
    ) -> io::Result<()> {
        let mut read = std::mem::take(&mut sorting.partition);
        let pieces = self.dealt.visit(partition, &mut read)?;
        let values: usize = pieces.clone().map(|piece| piece.values.len()).sum();
        if self.dealt.narrow && values <= 1 << Narrow::PAYLOAD {
            let mut buckets = std::mem::take(&mut sorting.narrow);
            let spare = self
                .dealt
                .scramble
                .width()
                .saturating_sub(self.dealt.bits());
            self.write((pieces, spare), &mut buckets, renamed, sorting, out);
            sorting.narrow = buckets;
        } else {
            let mut buckets = std::mem::take(&mut sorting.wide);
            self.write((pieces, u64::BITS), &mut buckets, renamed, sorting, out);
            sorting.wide = buckets;
        }
        sorting.partition = read;
        Ok(())
    }

    fn write<'a, R: Row>(
        &self,
        (pieces, spare): (impl Iterator<Item = Piece<'a>> + Clone, u32),
        buckets: &mut Buckets<R>,
        renamed: &Renamed<'_>,
        sorting: &mut Sorting,
        out: &mut JourneyBatch,
    ) {
        buckets.fill(pieces, self.dealt.bits(), spare, self.dealt.base);
        let mut writer = Writer {
            events: self,
            renamed,
            sorting,
            out,
        };
        let values = std::mem::take(&mut buckets.values);
        let mut start = 0;
        for bucket in 0..buckets.count() {
            let range = start..buckets.end(bucket);
            start = range.end;
            let rows = buckets.rows(range.clone());
            let Some(first) = rows.first() else {
                continue;
            };
            if writer.sorting.count_nulls {
                let (mut idle, mut last) = (true, i64::MIN);
                for row in rows {
                    idle &= !row.is_conversion() & row.same(first);
                    last = last.max(self.time(row));
                }
                if idle {
                    // Whatever their order.
                    writer.count(rows, last);
                    continue;
                }
            }
            writer.journeys(buckets.sorted(range), &values);
        }
        buckets.values = values;
    }

    #[inline]
    fn time<R: Row>(&self, row: &R) -> i64 {
        row::micros(row.time(self.dealt.base))
    }
}

struct Writer<'a> {
    events: &'a Events,
    renamed: &'a Renamed<'a>,
    sorting: &'a mut Sorting,
    out: &'a mut JourneyBatch,
}

impl Writer<'_> {
    /// The journeys of rows that are in order.
    #[inline]
    fn journeys<R: Row>(&mut self, rows: &[R], values: &[i64]) {
        let mut start = 0;
        while start < rows.len() {
            let first = &rows[start];
            let touch = |row: &&R| !row.is_conversion() && row.same(first);
            let at = start + rows[start..].iter().take_while(touch).count();
            let touches = &rows[start..at];
            let ending = rows.get(at).filter(|last| last.same(first));
            match (ending, touches.last()) {
                (Some(last), _) => {
                    let value = values[last.payload()];
                    if !last.is_implied() {
                        self.journey(touches, last, Some(value));
                    } else if !told_before(&rows[..at], last, value, values) {
                        self.journey(touches, last, Some(0));
                    }
                }
                (None, Some(last)) if self.sorting.count_nulls => {
                    self.count(touches, self.events.time(last));
                }
                (None, Some(last)) => self.journey(touches, last, None),
                (None, None) => {}
            }
            start = at + usize::from(ending.is_some());
        }
    }

    fn windows(&self, last: i64) -> [i64; 2] {
        let Windows { click, view } = self.events.windows;
        [last.saturating_sub(click), last.saturating_sub(view)]
    }

    /// Whether a touch is young enough.
    #[inline]
    fn counts<R: Row>(&self, touch: &R, [click, view]: [i64; 2]) -> bool {
        let oldest = if touch.kind() == TouchKind::Click {
            click
        } else {
            view
        };
        self.events.time(touch) >= oldest
    }

    #[inline]
    fn journey<R: Row>(&mut self, touches: &[R], last: &R, value: Option<i64>) {
        let time = self.events.time(last);
        let end = if value.is_some() {
            time
        } else {
            self.events.end
        };
        let windows = self.windows(time);
        let (events, renamed) = (self.events, self.renamed);
        let touch = |touch: &R| Touch {
            channel: renamed.channels[touch.payload()],
            kind: touch.kind(),
            hours_before_end: (end - events.time(touch)) as f64 / 3.6e9,
        };
        if windows[0] == windows[1] {
            let old = touches
                .iter()
                .take_while(|touch| !self.counts(*touch, windows));
            let old = old.count();
            self.out.touches_of(&touches[old..], touch);
        } else {
            for row in touches {
                if self.counts(row, windows) {
                    self.out.touch(touch(row));
                }
            }
        }
        self.out.end(Outcome {
            group: self.renamed.groups[usize::from(last.group())],
            conversions: u64::from(value.is_some()),
            nulls: u64::from(value.is_none()),
            value: value.unwrap_or(0),
        });
        if let Some(ends) = &mut self.sorting.ends {
            ends.push(End {
                who: last.identity(),
                time: end,
            });
        }
    }

    /// Counts a journey without a conversion.
    #[inline]
    fn count<R: Row>(&mut self, touches: &[R], last: i64) {
        let windows = self.windows(last);
        let counts = touches.iter().filter(|touch| self.counts(*touch, windows));
        let counts = counts.count() as u64;
        self.sorting.nulls += 1;
        self.sorting.null_touches += counts;
    }
}

/// Whether another row has told of this implied conversion: of the same moment, by the same name.
fn told_before<R: Row>(before: &[R], last: &R, name: i64, values: &[i64]) -> bool {
    let mut others = before
        .iter()
        .rev()
        .take_while(|row| row.order() == last.order());
    others.any(|row| row.is_implied() && values[row.payload()] == name)
}

#[cfg(test)]
mod tests {
    use super::super::identity::Scramble;
    use super::super::runs::Runs;
    use super::*;

    const CONVERSION: u16 = u16::MAX;

    fn event(user: i64, seconds: i64, what: u16) -> (i64, i64, u16) {
        (user, seconds * 1_000_000, what)
    }

    /// By user: channels of the journeys, and whether they converted.
    fn paths(
        events: &[(i64, i64, u16)],
        window: Option<i64>,
        bits: u32,
    ) -> Vec<(i64, Vec<u16>, u64)> {
        let runs = Runs::new(bits, Scramble::new(64), u64::MAX, std::path::Path::new("."));
        let mut pending = runs.pending();
        // In three runs, added out of order.
        for (number, part) in events.chunks(events.len().div_ceil(3)).enumerate().rev() {
            for (user, time, what) in part {
                let low = if *what == CONVERSION {
                    pending.values.push(1);
                    row::conversion_low(false)
                } else {
                    row::touch_low(*what, TouchKind::Click)
                };
                pending.push(runs.scramble.whole(*user), 0, *time, low);
            }
            runs.add((0, number as u32), &mut pending).unwrap();
        }
        let window = window.map_or(i64::MAX, |s| s * 1_000_000);
        let events = Events {
            dealt: runs.finish(),
            end: events.iter().map(|e| e.1).max().unwrap(),
            windows: Windows {
                click: window,
                view: window,
            },
        };
        let same: Vec<u16> = (0..1_024).collect();
        let renamed = Renamed {
            channels: &same,
            groups: &[0],
        };
        let mut sorting = Sorting {
            ends: Some(Vec::new()),
            ..Sorting::default()
        };
        let mut batch = JourneyBatch::new();
        for partition in 0..1 << bits {
            events
                .batch(partition, &renamed, &mut sorting, &mut batch)
                .unwrap();
        }
        let ends = sorting.ends.unwrap();
        let journeys = batch.iter().zip(&ends);
        let mut paths: Vec<_> = journeys
            .map(|(j, end)| {
                let user = Scramble::new(64).number(end.who).unwrap();
                (user, j.channels.to_vec(), j.outcome.conversions)
            })
            .collect();
        paths.sort_by_key(|(user, ..)| *user);
        paths
    }

    /// Would catch a touch in the wrong journey: after the conversion, at its moment, too old.
    #[test]
    fn a_conversion_ends_a_journey() {
        let events = [
            event(1, 50, CONVERSION),
            event(1, 10, 4),
            event(1, 50, 5),
            event(1, 60, 6),
            event(0, 99, 7),
            event(0, 99, 3),
            event(1, 70, CONVERSION),
            event(1, 80, CONVERSION),
            event(1, 90, 1),
        ];
        let whole = [
            (0, vec![7, 3], 0),
            (1, vec![4, 5], 1),
            (1, vec![6], 1),
            (1, vec![], 1),
            (1, vec![1], 0),
        ];
        for bits in [0, 1, 5] {
            assert_eq!(paths(&events, None, bits), whole);
            assert_eq!(paths(&events, Some(39), bits)[1].1, [5]);
            assert_eq!(paths(&events, Some(40), bits), whole);
        }
    }

    /// Would catch an identity that is cut in two, and rows of one moment out of their order, in a small
    /// bucket and in one that is sorted otherwise.
    #[test]
    fn identities_are_whole_and_moments_in_order() {
        for (users, each) in [(500, 7), (3, 3_000)] {
            let events: Vec<_> = (0..users * each)
                .map(|i| event(i % users, i / users / 5, ((i / users) % 1_000) as u16))
                .collect();
            for bits in [0, 4] {
                let paths = paths(&events, None, bits);
                assert_eq!(paths.len(), users as usize);
                let whole: Vec<u16> = (0..each).map(|i| (i % 1_000) as u16).collect();
                assert!(paths.iter().all(|path| path.1 == whole));
            }
        }
    }
}
