//! Floor 2: the one thing every model eats.
//!
//! A [`JourneyBatch`] holds many journeys in columns. It says nothing of where they come from: the
//! simulated world seen through a lens, a file, a stream. That is the point. A model sees only
//! this floor, so it *cannot* peek at a latent cause; and what is true of a model on simulated
//! journeys is true of it on anybody's.
//!
//! A journey belongs to one identity and one merchant. It ends in conversions, or in none (a *null
//! journey*: without them Markov chains and rates are blind). Touches are in the order of time and
//! none comes after the end. Rows may be aggregated: a journey row may stand for several
//! conversions and several nulls with the same touches.

use std::ops::Range;

/// What a touch was. The order is that of depth: a later kind implies the earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TouchKind {
    /// Seen, not opened.
    View,
    /// Opened and read (a video: five seconds of it).
    #[default]
    Read,
    /// Liked, collected, shared, commented on.
    Engage,
    /// A link was followed.
    Click,
}

/// One touch of a journey.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Touch {
    /// Channel, in `0..channels`.
    pub channel: u16,
    /// What was done.
    pub kind: TouchKind,
    /// Hours from the touch to the journey's end: the conversion, or the end of what was observed.
    pub hours_before_end: f64,
}

/// How one journey ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Group of merchants that the journey's merchant belongs to, in `0..groups`.
    pub group: u16,
    /// Conversions that this row stands for.
    pub conversions: u64,
    /// Journeys without a conversion that this row stands for.
    pub nulls: u64,
    /// Value of those conversions together, in the smallest unit of the currency (fen).
    pub value: i64,
}

/// Many journeys, column by column. Reused: [`JourneyBatch::clear`] keeps the memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JourneyBatch {
    ends: Vec<u32>,
    channels: Vec<u16>,
    kinds: Vec<TouchKind>,
    hours: Vec<f64>,
    outcomes: Vec<Outcome>,
    /// Places of the journeys that brought something.
    converting: Vec<u32>,
}

/// A journey of a batch, by reference. All slices have one entry a touch, in the order of time.
#[derive(Clone, Copy, Debug)]
pub struct Journey<'a> {
    /// Channel of each touch.
    pub channels: &'a [u16],
    /// Kind of each touch.
    pub kinds: &'a [TouchKind],
    /// Hours from each touch to the end.
    pub hours_before_end: &'a [f64],
    /// How it ended.
    pub outcome: Outcome,
}

impl JourneyBatch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the journeys, keeps the memory.
    pub fn clear(&mut self) {
        self.ends.clear();
        self.channels.clear();
        self.kinds.clear();
        self.hours.clear();
        self.outcomes.clear();
        self.converting.clear();
    }

    /// Adds a touch to the journey being written.
    #[inline]
    pub fn touch(&mut self, touch: Touch) {
        self.channels.push(touch.channel);
        self.kinds.push(touch.kind);
        self.hours.push(touch.hours_before_end);
    }

    /// Adds touches to the journey being written.
    #[inline]
    pub(crate) fn touches_of<T>(&mut self, from: &[T], touch: impl Fn(&T) -> Touch) {
        self.channels
            .extend(from.iter().map(|row| touch(row).channel));
        self.kinds.extend(from.iter().map(|row| touch(row).kind));
        self.hours
            .extend(from.iter().map(|row| touch(row).hours_before_end));
    }

    /// Adds null journeys: touches by columns of one length, and of each journey how many of those are
    /// before its end, and its group.
    #[inline(always)]
    pub(crate) fn nulls(
        &mut self,
        (channels, kinds, hours): (&[u16], &[TouchKind], &[f64]),
        journeys: impl Iterator<Item = (u32, u16)> + Clone,
    ) {
        let before = self.channels.len() as u32;
        self.channels.extend_from_slice(channels);
        self.kinds.extend_from_slice(kinds);
        self.hours.extend_from_slice(hours);
        self.ends
            .extend(journeys.clone().map(|(end, _)| before + end));
        self.outcomes.extend(journeys.map(|(_, group)| Outcome {
            group,
            conversions: 0,
            nulls: 1,
            value: 0,
        }));
    }

    /// Ends the journey being written.
    #[inline]
    pub fn end(&mut self, outcome: Outcome) {
        if outcome.conversions != 0 || outcome.value != 0 {
            self.converting.push(self.ends.len() as u32);
        }
        self.ends.push(self.channels.len() as u32);
        self.outcomes.push(outcome);
    }

    /// How many journeys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many touches all journeys have together.
    #[must_use]
    pub fn touches(&self) -> usize {
        self.channels.len()
    }

    /// The journey that was written last.
    #[must_use]
    pub fn last(&self) -> Option<Journey<'_>> {
        let (last, before) = self.ends.split_last()?;
        let start = before.last().map_or(0, |end| *end as usize);
        let outcome = self.outcomes.last()?;
        Some(self.journey(start..*last as usize, outcome))
    }

    /// The journeys in the order they were written.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = Journey<'_>> {
        let mut start = 0;
        self.ends
            .iter()
            .zip(&self.outcomes)
            .map(move |(end, outcome)| {
                let range = start..*end as usize;
                start = range.end;
                self.journey(range, outcome)
            })
    }

    /// Those that brought a conversion or value, in the same order. Most journeys bring nothing, and
    /// most models need not look at them.
    #[inline]
    pub fn converting(&self) -> impl Iterator<Item = Journey<'_>> {
        self.converting_places().map(|(_, journey)| journey)
    }

    /// As [`JourneyBatch::converting`], each with its place in the batch.
    #[inline]
    pub fn converting_places(&self) -> impl Iterator<Item = (u32, Journey<'_>)> {
        Converting {
            batch: self,
            places: self.converting.iter(),
        }
    }

    #[inline(always)]
    fn journey(&self, range: Range<usize>, outcome: &Outcome) -> Journey<'_> {
        Journey {
            channels: &self.channels[range.clone()],
            kinds: &self.kinds[range.clone()],
            hours_before_end: &self.hours[range],
            outcome: *outcome,
        }
    }
}

/// Journeys that brought something. A type of its own, since a closure cannot be asked to become part
/// of the loop that calls it, and a journey that is handed over in memory costs as much as a rule.
struct Converting<'a> {
    batch: &'a JourneyBatch,
    places: std::slice::Iter<'a, u32>,
}

impl<'a> Iterator for Converting<'a> {
    type Item = (u32, Journey<'a>);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let converting = *self.places.next()?;
        let (batch, place) = (self.batch, converting as usize);
        let start = place.checked_sub(1).map_or(0, |before| batch.ends[before]);
        let range = start as usize..batch.ends[place] as usize;
        Some((converting, batch.journey(range, &batch.outcomes[place])))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch an offset that is off by one journey, or memory that survives a clear.
    #[test]
    fn journeys_come_back_as_written() {
        let mut batch = JourneyBatch::new();
        let touch = |channel| Touch {
            channel,
            kind: TouchKind::Click,
            hours_before_end: f64::from(channel),
        };
        for _ in 0..2 {
            batch.clear();
            batch.touch(touch(3));
            batch.touch(touch(5));
            batch.end(Outcome {
                conversions: 1,
                value: 9,
                ..Outcome::default()
            });
            batch.end(Outcome {
                nulls: 1,
                ..Outcome::default()
            });
            batch.touch(touch(7));
            batch.end(Outcome {
                nulls: 2,
                ..Outcome::default()
            });
            let channels: Vec<Vec<u16>> = batch.iter().map(|j| j.channels.to_vec()).collect();
            assert_eq!(channels, [vec![3, 5], vec![], vec![7]]);
            assert_eq!(batch.iter().map(|j| j.outcome.nulls).sum::<u64>(), 3);
            assert_eq!((batch.len(), batch.touches()), (3, 3));
            let converting: Vec<_> = batch
                .converting()
                .map(|j| (j.channels, j.outcome.value))
                .collect();
            assert_eq!(converting, [(&[3_u16, 5][..], 9)]);
        }
    }
}
