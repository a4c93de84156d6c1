//! A bounded sample of journeys that does not depend on who came first.
//!
//! A fit that needs the times of all touches needs the journeys, and a state must not grow with them.
//! So each content gets a *hash*, and the journeys of the smallest hashes are kept, as many as fit:
//!
//! ```text
//! kept(S) = { s ∈ S : hash(s) < τ }      τ = the first hash, in order, that no longer fits
//! ```
//!
//! A hash is as good as a die, and the same on every machine. Whether a journey is kept has nothing
//! to do with whether it converted, and `τ` over the range of hashes is the rate of sampling (Ting,
//! 2022, *Adaptive threshold sampling*: such a threshold may be treated as if it had been fixed
//! beforehand).
//!
//! *Why it merges.* A part's `τ` is never below the whole's, since less of a part is in the way. So
//! all that the whole keeps is kept by its part, and what is beyond the smallest `τ` of the parts is
//! no business of the whole. Merging puts the kept ones together and cuts again: the same set,
//! whatever the split and the order. While everything fits, there is no `τ` and nothing is lost.
//!
//! *Why it is cheap.* When the sample is full, a journey costs its hash. What passes goes to a
//! *pending* store first, and every quarter of the bound the two are brought in order.

use serde::{Deserialize, Serialize};

use crate::base::Merge;
use crate::base::address::mix;

use super::store::{Row, Store};

/// Hashes are below this; as a threshold it means that nothing was dropped.
const ALL: u64 = 1 << 63;
/// Any odd constant with mixed bits.
const ODD: u64 = 0xD134_2543_DE82_EF95;

/// The journeys of the smallest hashes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::attribute) struct Sample {
    /// Size of what is kept, as [`Store::size`] counts.
    capacity: usize,
    /// In order, each content once.
    kept: Store,
    /// Passed the threshold since, in no order.
    pending: Store,
    threshold: u64,
}

/// The hash of a content. Touches are mixed apart from each other, so that the processor need not
/// wait for one to begin the next.
#[inline]
pub(in crate::attribute) fn hash(group: u16, channels: &[u16], hours: &[f64]) -> u64 {
    let mut sum = u64::from(group);
    let mut place = 0_u64;
    for (channel, hours) in channels.iter().zip(hours) {
        place = place.wrapping_add(ODD);
        let touch = hours.to_bits() ^ u64::from(*channel).wrapping_mul(ODD.rotate_left(17));
        sum = sum.wrapping_add(mix(touch.wrapping_add(place)));
    }
    mix(sum ^ place) >> 1
}

impl Sample {
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            kept: Store::default(),
            pending: Store::default(),
            threshold: ALL,
        }
    }

    /// Takes a row in, if its hash is small enough.
    #[inline]
    pub fn take(&mut self, row: &Row<'_>) {
        if row.hash < self.threshold {
            self.pending.push(row);
            if self.pending.size() >= self.capacity / 4 {
                self.settle();
            }
        }
    }

    /// Brings the kept and the pending in order, and cuts off what does not fit.
    pub fn settle(&mut self) {
        if self.pending.is_empty()
            && self
                .kept
                .entries
                .last()
                .is_none_or(|e| e.hash < self.threshold)
        {
            return;
        }
        let mut order: Vec<usize> = (0..self.pending.entries.len()).collect();
        order.sort_by(|a, b| self.pending.row(*a).order(&self.pending.row(*b)));
        let mut old = (0..self.kept.entries.len())
            .map(|i| self.kept.row(i))
            .peekable();
        let mut new = order.into_iter().map(|i| self.pending.row(i)).peekable();
        let mut out = Store::default();
        out.reserve(&self.kept);
        let mut last: Option<Row<'_>> = None;
        loop {
            let older = match (old.peek(), new.peek()) {
                (Some(a), Some(b)) => a.order(b).is_le(),
                (a, _) => a.is_some(),
            };
            let next = if older { old.next() } else { new.next() };
            let Some(row) = next.filter(|row| row.hash < self.threshold) else {
                break;
            };
            if last.is_some_and(|last| last.order(&row).is_eq()) {
                out.add_to_last(&row);
                continue;
            }
            last = Some(row);
            out.push(&row);
            if out.size() > self.capacity {
                self.threshold = row.hash;
                out.cut(row.hash);
                break;
            }
        }
        out.shrink();
        self.kept = out;
        self.pending.clear();
    }

    /// The journeys kept, in an order that depends on nothing but them. Settle first.
    pub fn journeys(&self) -> &Store {
        debug_assert!(self.pending.is_empty(), "the sample is not settled");
        &self.kept
    }

    /// The share of contents that is kept.
    pub fn rate(&self) -> f64 {
        self.threshold as f64 / ALL as f64
    }

    /// Whether nothing had to be dropped.
    pub fn is_whole(&self) -> bool {
        self.threshold == ALL
    }

    /// Memory held, in bytes.
    pub fn bytes(&self) -> usize {
        self.kept.bytes() + self.pending.bytes()
    }
}

impl Merge for Sample {
    fn merge(&mut self, other: Self) {
        debug_assert_eq!(self.capacity, other.capacity, "samples of different bounds");
        self.threshold = self.threshold.min(other.threshold);
        for store in [&other.kept, &other.pending] {
            for place in 0..store.entries.len() {
                if store.entries[place].hash < self.threshold {
                    self.pending.push(&store.row(place));
                }
            }
        }
        self.settle();
        // What a merge brought may be as much as a whole sample: not to be held for ever.
        self.pending = Store::default();
    }
}

/// Equal when they hold the same journeys, settled or not.
impl PartialEq for Sample {
    fn eq(&self, other: &Self) -> bool {
        let [a, b] = [self, other].map(|sample| {
            let mut sample = sample.clone();
            sample.settle();
            sample
        });
        (a.capacity, a.threshold) == (b.capacity, b.threshold) && a.kept == b.kept
    }
}
