//! From events to journeys.
//!
//! The events of one identity (and one merchant, if merchants are told apart) are put in the order
//! of time. Those of equal time keep the order of the file, except that a conversion comes after
//! the touches of its own moment. A conversion ends a journey, which holds the touches since the
//! conversion before it. Touches that no conversion follows are a journey without one, observed
//! until the last event of the log.

use std::ops::Range;

use rayon::slice::ParallelSliceMut;

use crate::journey::{JourneyBatch, Outcome, Touch, TouchKind};

/// In place of a channel.
pub(super) const CONVERSION: u16 = u16::MAX;
/// About how many events a batch is made of.
const CHUNK: usize = 1 << 15;

/// An event, small: there are many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    /// Microseconds since 1970.
    pub time: i64,
    /// Of a conversion its value, of a touch its kind.
    pub value: i64,
    pub user: u32,
    pub group: u16,
    /// Channel, or [`CONVERSION`].
    pub what: u16,
}

impl Event {
    fn identity(&self) -> (u32, u16) {
        (self.user, self.group)
    }
}

/// Events in order, and where batches begin and end.
#[derive(Debug)]
pub(super) struct Ordered {
    events: Vec<Event>,
    chunks: Vec<Range<usize>>,
    end: i64,
    window: i64,
}

impl Ordered {
    pub fn new(mut events: Vec<Event>, window: Option<i64>) -> Self {
        let key = |e: &Event| (e.identity(), e.time, e.what == CONVERSION);
        events.par_sort_by_key(key);
        let end = events.iter().map(|e| e.time).max().unwrap_or(0);
        let mut chunks = Vec::new();
        let mut start = 0;
        while start < events.len() {
            let mut stop = (start + CHUNK).min(events.len());
            let last = events[stop - 1].identity();
            stop += events[stop..].partition_point(|e| e.identity() <= last);
            chunks.push(start..stop);
            start = stop;
        }
        Self {
            events,
            chunks,
            end,
            window: window.map_or(i64::MAX, |s| s.saturating_mul(1_000_000)),
        }
    }

    pub fn chunks(&self) -> usize {
        self.chunks.len()
    }

    pub fn batch(&self, chunk: usize, out: &mut JourneyBatch) {
        let range = self.chunks.get(chunk).cloned().unwrap_or_default();
        let same = |a: &Event, b: &Event| a.identity() == b.identity();
        for events in self.events[range].chunk_by(same) {
            let ends = |e: &Event| e.what == CONVERSION;
            for journey in events.split_inclusive(ends) {
                self.journey(journey, out);
            }
        }
    }

    fn journey(&self, events: &[Event], out: &mut JourneyBatch) {
        let Some((last, before)) = events.split_last() else {
            return;
        };
        let converted = last.what == CONVERSION;
        let touches = if converted { before } else { events };
        let end = if converted { last.time } else { self.end };
        let oldest = last.time.saturating_sub(self.window);
        for touch in touches.iter().filter(|t| t.time >= oldest) {
            out.touch(Touch {
                channel: touch.what,
                kind: match touch.value {
                    0 => TouchKind::View,
                    1 => TouchKind::Read,
                    2 => TouchKind::Engage,
                    _ => TouchKind::Click,
                },
                hours_before_end: (end - touch.time) as f64 / 3.6e9,
            });
        }
        out.end(Outcome {
            group: last.group,
            conversions: u64::from(converted),
            nulls: u64::from(!converted),
            value: if converted { last.value } else { 0 },
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(user: u32, seconds: i64, what: u16) -> Event {
        Event {
            time: seconds * 1_000_000,
            value: 3,
            user,
            group: 0,
            what,
        }
    }

    fn paths(events: Vec<Event>, window: Option<i64>) -> Vec<(Vec<u16>, u64)> {
        let ordered = Ordered::new(events, window);
        let mut batch = JourneyBatch::new();
        (0..ordered.chunks()).for_each(|c| ordered.batch(c, &mut batch));
        let journeys = batch.iter();
        journeys
            .map(|j| (j.channels.to_vec(), j.outcome.conversions))
            .collect()
    }

    /// Would catch a touch in the wrong journey: after the conversion, at its moment, too old.
    #[test]
    fn a_conversion_ends_a_journey() {
        let events = vec![
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
            (vec![7, 3], 0),
            (vec![4, 5], 1),
            (vec![6], 1),
            (vec![], 1),
            (vec![1], 0),
        ];
        assert_eq!(paths(events.clone(), None), whole);
        assert_eq!(paths(events.clone(), Some(39))[1], (vec![5], 1));
        assert_eq!(paths(events, Some(40)), whole);
    }

    /// Would catch an identity that is cut in two where a batch ends.
    #[test]
    fn batches_hold_identities_whole() {
        let events = (0..3 * CHUNK as i64).map(|i| event((i / 1_000) as u32, i, 0));
        assert!(
            paths(events.collect(), None)
                .iter()
                .rev()
                .skip(1)
                .all(|j| j.0.len() == 1_000)
        );
    }
}
