//! Orders: those that wait for the watermark, and the journeys of those that were credited.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::journey::{Journey, JourneyBatch, Outcome, Touch, TouchKind};

use super::ring::Ring;
use super::sharded::Sharded;
use super::{Event, What};

/// An order or a refund that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub event: Event,
    pub mark: Option<u64>,
}

impl Waiting {
    /// Of one moment, refunds come after orders.
    const fn turn(&self) -> (i64, bool, u64) {
        let refund = matches!(self.event.what, What::Refund { .. });
        (self.event.at, refund, self.event.id)
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.turn().cmp(&other.turn())
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Debug, Default)]
pub(super) struct Orders {
    waiting: BinaryHeap<Reverse<Waiting>>,
    /// Numbers of those that wait.
    known: Sharded<()>,
    /// Journeys that may be taken back: their places by the number of their order, and they themselves,
    /// the oldest first, with their touches one after the other.
    places: Sharded<u64>,
    kept: Ring<Kept>,
    touches: Ring<KeptTouch>,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    at: i64,
    number: u64,
    first: u64,
    touches: u32,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug)]
struct KeptTouch {
    hours: f64,
    channel: u16,
    kind: TouchKind,
}

impl Orders {
    /// Has an order or a refund wait, unless it does already.
    #[inline]
    pub fn wait(&mut self, waiting: Waiting) -> bool {
        let new = self.known.insert(waiting.event.id, ()).is_none();
        if new {
            self.waiting.push(Reverse(waiting));
        }
        new
    }

    /// Those that have happened before the watermark, at most so many, in the order of time.
    pub fn before(&mut self, watermark: i64, most: usize, due: &mut Vec<Waiting>) {
        due.clear();
        while due.len() < most
            && let Some(Reverse(first)) = self.waiting.peek()
            && first.event.at < watermark
        {
            self.known.remove(first.event.id);
            due.extend(self.waiting.pop().map(|Reverse(first)| first));
        }
    }

    /// Keeps the journey of an order.
    pub fn keep(&mut self, (number, at): (u64, i64), journey: Journey<'_>) {
        self.places.insert(number, self.kept.ends().1);
        self.kept.push(Kept {
            at,
            number,
            first: self.touches.ends().1,
            touches: journey.channels.len() as u32,
            outcome: journey.outcome,
        });
        let columns = journey.channels.iter().zip(journey.kinds);
        for ((channel, kind), hours) in columns.zip(journey.hours_before_end) {
            self.touches.push(KeptTouch {
                hours: *hours,
                channel: *channel,
                kind: *kind,
            });
        }
    }

    /// Writes the journey of an order that is sent back, if it is known and not too long ago.
    pub fn take_back(
        &mut self,
        (number, at): (u64, i64),
        longest: i64,
        out: &mut JourneyBatch,
    ) -> bool {
        let place = self.places.get(number).copied();
        let kept = place.map(|place| *self.kept.at(place));
        let fits = |kept: &Kept| kept.at <= at && at - kept.at <= longest;
        let Some(kept) = kept.filter(fits) else {
            return false;
        };
        self.places.remove(number);
        for place in kept.first..kept.first + u64::from(kept.touches) {
            let touch = self.touches.at(place);
            out.touch(Touch {
                channel: touch.channel,
                kind: touch.kind,
                hours_before_end: touch.hours,
            });
        }
        out.end(kept.outcome);
        true
    }

    /// Forgets journeys of orders from before this time, at most so many.
    pub fn forget(&mut self, before: i64, most: usize) {
        for _ in 0..most {
            let Some(oldest) = self.kept.oldest().copied().filter(|kept| kept.at < before) else {
                return;
            };
            self.kept.leave();
            self.places.remove(oldest.number);
            (0..oldest.touches).for_each(|_| self.touches.leave());
        }
    }

    pub fn bytes(&self) -> usize {
        self.waiting.capacity() * size_of::<Waiting>()
            + self.known.bytes()
            + self.places.bytes()
            + self.kept.bytes()
            + self.touches.bytes()
    }
}
