//! Orders: those that wait for the watermark, and the journeys of those that were credited.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::journey::{Journey, JourneyBatch, Outcome, Touch, TouchKind};

use super::open::ByNumber;

#[derive(Debug, Default)]
pub(super) struct Orders {
    /// When, and whose: keys that have something to settle.
    waiting: BinaryHeap<Reverse<(i64, u64)>>,
    /// Journeys by the number of their order.
    kept: ByNumber<Kept>,
    /// Their touches one after the other, the oldest journey first.
    touches: VecDeque<KeptTouch>,
    /// When each was ordered, its number, and how many touches it has.
    order: VecDeque<(i64, u64, u32)>,
    /// Touches that have gone before the first.
    gone: u64,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    at: i64,
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
    /// A key has something to settle when the watermark has passed this time.
    #[inline]
    pub fn wait(&mut self, at: i64, key: u64) {
        self.waiting.push(Reverse((at, key)));
    }

    /// A key that has something to settle by now.
    pub fn next_before(&mut self, watermark: i64) -> Option<u64> {
        let Reverse((at, _)) = self.waiting.peek()?;
        if *at >= watermark {
            return None;
        }
        self.waiting.pop().map(|Reverse((_, key))| key)
    }

    /// Keeps the journey of an order.
    pub fn keep(&mut self, (number, at): (u64, i64), journey: Journey<'_>) {
        let touches = journey.channels.len() as u32;
        let kept = Kept {
            at,
            first: self.gone + self.touches.len() as u64,
            touches,
            outcome: journey.outcome,
        };
        let columns = journey.channels.iter().zip(journey.kinds);
        let columns = columns.zip(journey.hours_before_end);
        self.touches
            .extend(columns.map(|((channel, kind), hours)| KeptTouch {
                hours: *hours,
                channel: *channel,
                kind: *kind,
            }));
        self.kept.insert(number, kept);
        self.order.push_back((at, number, touches));
    }

    /// Writes the journey of an order that is sent back, if it is known and not too long ago.
    pub fn take_back(
        &mut self,
        (number, at): (u64, i64),
        longest: i64,
        out: &mut JourneyBatch,
    ) -> bool {
        let fits = |kept: &Kept| kept.at <= at && at - kept.at <= longest;
        if !self.kept.get(&number).is_some_and(fits) {
            return false;
        }
        let Some(kept) = self.kept.remove(&number) else {
            return false;
        };
        let first = (kept.first - self.gone) as usize;
        for touch in self.touches.range(first..first + kept.touches as usize) {
            out.touch(Touch {
                channel: touch.channel,
                kind: touch.kind,
                hours_before_end: touch.hours,
            });
        }
        out.end(kept.outcome);
        true
    }

    /// Forgets journeys of orders from before this time.
    pub fn forget(&mut self, before: i64) {
        while let Some((at, number, touches)) = self.order.front().copied()
            && at < before
        {
            self.order.pop_front();
            self.kept.remove(&number);
            self.touches.drain(..touches as usize);
            self.gone += u64::from(touches);
        }
    }

    pub fn bytes(&self) -> usize {
        self.waiting.capacity() * size_of::<(i64, u64)>()
            + self.kept.capacity() * (size_of::<(u64, Kept)>() + 1)
            + self.touches.capacity() * size_of::<KeptTouch>()
            + self.order.capacity() * size_of::<(i64, u64, u32)>()
    }
}
