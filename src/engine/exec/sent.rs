//! What a worker has been sent: what its answers are checked against.
//!
//! A journey's number is that of its part of the log, times 2³², plus its place in the part. It does
//! not depend on how many workers there are. Of journeys that brought nothing only the count is
//! kept.

use std::sync::OnceLock;

use crate::journey::JourneyBatch;

/// Binary digits of a place.
const PLACE_BITS: u32 = 32;

/// A journey that brought something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sold {
    place: u32,
    pub group: u16,
    pub conversions: u64,
    pub value: i64,
}

#[derive(Debug)]
struct Part {
    journeys: u64,
    sold: Vec<Sold>,
}

/// A journey as it was sent.
pub(super) enum Found {
    /// It brought something; the place among those of its part.
    Sold(Sold, usize),
    /// It brought nothing.
    Nothing,
}

/// Parts by number; those of other workers stay empty. One thread writes, another looks up.
#[derive(Debug)]
pub(super) struct Sent(Vec<OnceLock<Part>>);

/// The number of the first journey of a part.
pub(super) fn first(part: usize) -> u64 {
    (part as u64) << PLACE_BITS
}

impl Sent {
    pub fn new(parts: usize) -> Self {
        Self((0..parts).map(|_| OnceLock::new()).collect())
    }

    /// Remembers a part that is about to be sent.
    pub fn keep(&self, part: usize, batch: &JourneyBatch) {
        let sold = batch.converting_places().map(|(place, journey)| Sold {
            place,
            group: journey.outcome.group,
            conversions: journey.outcome.conversions,
            value: journey.outcome.value,
        });
        if let Some(slot) = self.0.get(part) {
            slot.get_or_init(|| Part {
                journeys: batch.len() as u64,
                sold: sold.collect(),
            });
        }
    }

    /// The part and the journey of this number, if it was sent.
    pub fn find(&self, number: u64) -> Option<(usize, Found)> {
        let part = usize::try_from(number >> PLACE_BITS).ok()?;
        let place = number & ((1 << PLACE_BITS) - 1);
        let sent = self.0.get(part)?.get()?;
        if place >= sent.journeys {
            return None;
        }
        let found = sent
            .sold
            .binary_search_by_key(&place, |s| u64::from(s.place));
        let found = found.map_or(Found::Nothing, |at| Found::Sold(sent.sold[at], at));
        Some((part, found))
    }

    /// Conversions and value by group.
    pub fn totals(&self, groups: usize) -> Vec<(u64, i128)> {
        let mut totals = vec![(0, 0); groups];
        for sold in self
            .0
            .iter()
            .filter_map(OnceLock::get)
            .flat_map(|p| &p.sold)
        {
            if let Some((conversions, value)) = totals.get_mut(usize::from(sold.group)) {
                *conversions += sold.conversions;
                *value += i128::from(sold.value);
            }
        }
        totals
    }
}
