//! Patterns in order: what a fit reads.

use std::ops::Range;

use crate::base::Merge;

/// How journeys ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Conversions.
    pub conversions: i128,
    /// Journeys without one.
    pub nulls: i128,
    /// Value of the conversions.
    pub value: i128,
}

impl Tally {
    /// Journeys, converting or not.
    #[must_use]
    pub fn journeys(self) -> i128 {
        self.conversions + self.nulls
    }

    /// Conversions per journey; nothing of nothing.
    #[must_use]
    pub fn rate(self) -> f64 {
        match self.journeys() {
            0 => 0.0,
            journeys => self.conversions as f64 / journeys as f64,
        }
    }

    /// Whether journeys of this kind brought something.
    #[must_use]
    pub fn brought(self) -> bool {
        self.conversions != 0 || self.value != 0
    }
}

impl Merge for Tally {
    #[inline]
    fn merge(&mut self, other: Self) {
        self.conversions += other.conversions;
        self.nulls += other.nulls;
        self.value += other.value;
    }
}

/// Patterns in order.
#[derive(Clone, Debug, Default)]
pub struct Sorted<'a> {
    /// Each pattern once, in the order of their channels.
    pub seen: Vec<Seen<'a>>,
    /// What pattern brought what to which group: those of one pattern together, in order of groups.
    cells: Vec<(usize, Tally)>,
}

/// One pattern.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// The pattern, as [`Maker::of`](super::Maker::of) makes it.
    pub key: &'a [u16],
    /// Its journeys, of all groups.
    pub all: Tally,
    cells: Range<usize>,
}

impl<'a> Sorted<'a> {
    /// The next pattern, or the next group of the last.
    pub(super) fn push(&mut self, key: &'a [u16], group: u16, tally: Tally) {
        let place = self.cells.len();
        self.cells.push((usize::from(group), tally));
        match self.seen.last_mut().filter(|last| last.key == key) {
            Some(last) => {
                last.all.merge(tally);
                last.cells.end = place + 1;
            }
            None => self.seen.push(Seen {
                key,
                all: tally,
                cells: place..place + 1,
            }),
        }
    }

    /// What a pattern brought to each group that it brought something to.
    pub fn groups(&self, seen: &Seen<'_>) -> impl Iterator<Item = (usize, Tally)> + '_ {
        let cells = self.cells[seen.cells.clone()].iter();
        cells.copied().filter(|(_, tally)| tally.brought())
    }

    /// The journeys of one pattern.
    #[must_use]
    pub fn find(&self, key: &[u16]) -> Option<&Seen<'a>> {
        let place = self.seen.binary_search_by(|seen| seen.key.cmp(key)).ok()?;
        Some(&self.seen[place])
    }

    /// All journeys.
    #[must_use]
    pub fn all(&self) -> Tally {
        let mut all = Tally::default();
        self.seen.iter().for_each(|seen| all.merge(seen.all));
        all
    }
}
