//! From shares of patterns to credit.
//!
//! Journeys of one pattern are alike to the models that work on [`Patterns`](super::Patterns), so a
//! fit says once for each pattern who gets what part of its conversions and value. Here such shares
//! become a [`Credit`], or a [`Within`] that finds a journey's pattern and divides it.

use std::collections::HashMap;

use crate::journey::JourneyBatch;

use super::credit::{Amount, Credit, Note};
use super::model::Shape;
use super::patterns::{Maker, Pattern, Seen, Sorted, Tally};
use super::within::{Share, Within};

/// Who gets what part of each pattern, in the order of patterns. Patterns that brought nothing have
/// no shares.
pub(super) struct Divided {
    /// Where the shares of each pattern begin, and end behind the last.
    rows: Vec<usize>,
    shares: Vec<(u16, f64)>,
    /// Shares make one wherever there are any; else what is missing goes to nobody.
    whole: bool,
}

impl Divided {
    /// Asks for the shares of every pattern that brought something and touched a channel.
    pub fn new<E>(
        sorted: &Sorted<'_>,
        whole: bool,
        mut shares: impl FnMut(&Seen<'_>, &mut Vec<(u16, f64)>) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut divided = Self {
            rows: vec![0],
            shares: Vec::new(),
            whole,
        };
        for seen in &sorted.seen {
            let brings = sorted.groups(seen).next().is_some();
            if brings && !seen.key.is_empty() {
                shares(seen, &mut divided.shares)?;
            }
            divided.rows.push(divided.shares.len());
        }
        Ok(divided)
    }

    fn of(&self, place: usize) -> &[(u16, f64)] {
        &self.shares[self.rows[place]..self.rows[place + 1]]
    }

    /// What channels get in sum.
    pub fn credit(&self, shape: Shape, sorted: &Sorted<'_>) -> Credit {
        let mut credit = Credit::new(shape);
        for (place, seen) in sorted.seen.iter().enumerate() {
            let shares = self.of(place);
            let given: f64 = shares.iter().map(|(_, share)| share).sum();
            let rest = match shares {
                [_, ..] if self.whole => 0.0,
                _ => 1.0 - given,
            };
            for (group, tally) in sorted.groups(seen) {
                for (channel, share) in shares {
                    credit.give(group, usize::from(*channel), part(tally, *share));
                }
                if rest != 0.0 {
                    credit.leave(group, part(tally, rest));
                }
            }
        }
        credit
    }

    /// What channels get of single journeys.
    pub fn within(self, pattern: Pattern, sorted: &Sorted<'_>) -> ByPattern {
        let rows = sorted.seen.iter().enumerate();
        let rows = rows.map(|(place, seen)| (seen.key.into(), self.of(place).into()));
        ByPattern {
            pattern,
            shares: rows.collect(),
        }
    }
}

fn part(tally: Tally, share: f64) -> Amount {
    Amount {
        conversions: tally.conversions as f64 * share,
        value: tally.value as f64 * share,
    }
}

/// The remarks that every model of rates has to make.
pub(super) fn remark(credit: &mut Credit, all: Tally) {
    if all.conversions == 0 {
        credit.note(Note::NoConversions);
    } else if all.nulls == 0 {
        credit.note(Note::NoNulls);
    }
}

type Parts = Box<[(u16, f64)]>;

/// Divides journeys by the shares of their patterns. A pattern that the fit has not seen is credited to
/// nobody.
pub(super) struct ByPattern {
    pattern: Pattern,
    shares: HashMap<Box<[u16]>, Parts>,
}

impl Within for ByPattern {
    fn divide(&self, batch: &JourneyBatch, out: &mut Vec<Share>) {
        let mut maker = Maker::default();
        for (place, journey) in batch.converting_places() {
            let key = maker.of(self.pattern, journey.channels);
            for (channel, share) in self.shares.get(key).into_iter().flatten() {
                let outcome = journey.outcome;
                out.push(Share {
                    journey: place,
                    channel: *channel,
                    amount: Amount {
                        conversions: outcome.conversions as f64 * share,
                        value: outcome.value as f64 * share,
                    },
                });
            }
        }
    }
}
