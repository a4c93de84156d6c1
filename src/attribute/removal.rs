//! What a journey loses when one touch is left out.
//!
//! For each touch of a converting journey one asks: how often do journeys convert that went the same way
//! *without* it? The drop in the rate is what the touch is worth, and the journey is divided in
//! proportion:
//!
//! ```text
//! drop(i) = max(0, rate(path) − rate(path without touch i))      share(i) = drop(i) / Σ drop
//! ```
//!
//! If nothing drops, the last touch gets all. A path that nobody went has rate 0, so what is rare looks
//! necessary: the longer journeys are, the more this divides evenly. It is often sold as a Shapley value;
//! it is not one, it looks at one removal and not at all orders.
//!
//! Paths are taken as they are. With `collapse` touches of one channel in a row are one touch; with
//! `first` only the first touch of each channel counts. A path is compared as it is left: it is not
//! collapsed again.
//!
//! Value follows the parts of its journeys. Journeys without touches are unattributed. Where there were
//! such journeys, their rate is what is left of a journey of one touch.
//!
//! # Cost
//!
//! Leaving each touch out of a path of `n` costs n². More than [`MOST_STEPS`] steps are refused. A path
//! is only shortened if a path of that length was seen at all.

use std::collections::HashSet;

use crate::journey::JourneyBatch;

use super::credit::Credit;
use super::divided::{Divided, remark};
use super::model::{FitError, Model, Shape};
use super::patterns::{Pattern, Patterns, Seen, Sorted};
use super::within::Within;

/// Most steps over the touches of paths: as many as take minutes.
const MOST_STEPS: u64 = 1 << 36;

/// How paths are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// As they are.
    #[default]
    Path,
    /// Touches of one channel in a row are one.
    Collapsed,
    /// The first touch of each channel.
    First,
}

/// The drop of the path's conversion rate when one touch is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    reading: Reading,
}

struct Drops<'a, 's> {
    sorted: &'a Sorted<'s>,
    lengths: HashSet<usize>,
    steps: u64,
    shorter: Vec<u16>,
    drops: Vec<f64>,
}

impl Drops<'_, '_> {
    fn divide(&mut self, path: &Seen<'_>, shares: &mut Vec<(u16, f64)>) -> Result<(), FitError> {
        let (n, rate) = (path.key.len(), path.all.rate());
        self.drops.clear();
        if self.lengths.contains(&(n - 1)) {
            self.steps = self
                .steps
                .saturating_add((n as u64).saturating_mul(n as u64));
            if self.steps > MOST_STEPS {
                return Err(FitError::Other(
                    "removal has too many touches to leave out: take a shorter window, or \
                     `removal:first`"
                        .into(),
                ));
            }
            self.shorter.clear();
            self.shorter.extend_from_slice(&path.key[1..]);
            for i in 0..n {
                // Touch i is out; for the next one, i comes back and i + 1 goes.
                let left = self.sorted.find(&self.shorter);
                let left = left.map_or(0.0, |seen| seen.all.rate());
                self.drops.push((rate - left).max(0.0));
                if i + 1 < n {
                    self.shorter[i] = path.key[i];
                }
            }
        } else {
            self.drops.resize(n, rate);
        }
        let whole: f64 = self.drops.iter().sum();
        if whole <= 0.0 {
            shares.extend(path.key.last().map(|channel| (*channel, 1.0)));
            return Ok(());
        }
        // A channel comes once, in the order of its number.
        let touches = path.key.iter().zip(&self.drops);
        let mut parts: Vec<(u16, f64)> = touches.map(|(c, d)| (*c, d / whole)).collect();
        parts.sort_by_key(|(channel, _)| *channel);
        parts.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        shares.extend(parts.into_iter().filter(|(_, share)| *share > 0.0));
        Ok(())
    }
}

fn divided(sorted: &Sorted<'_>) -> Result<Divided, FitError> {
    let mut drops = Drops {
        sorted,
        lengths: sorted.seen.iter().map(|seen| seen.key.len()).collect(),
        steps: 0,
        shorter: Vec::new(),
        drops: Vec::new(),
    };
    Divided::new(sorted, true, |seen, shares| drops.divide(seen, shares))
}

impl Removal {
    pub(super) const EXPECTED: &'static str = "its only options are `collapse`, where touches of one \
         channel in a row are one, and `first`, where only the first touch of each channel counts";

    /// With paths read that way.
    #[must_use]
    pub fn new(reading: Reading) -> Self {
        Self { reading }
    }

    pub(super) fn parse(options: &[&str]) -> Option<Self> {
        let reading = match options {
            [] => Reading::Path,
            ["collapse"] => Reading::Collapsed,
            ["first"] => Reading::First,
            _ => return None,
        };
        Some(Self::new(reading))
    }

    fn pattern(self) -> Pattern {
        match self.reading {
            Reading::Path => Pattern::Path,
            Reading::Collapsed => Pattern::Collapsed,
            Reading::First => Pattern::First,
        }
    }
}

impl Model for Removal {
    type State = Patterns;

    fn name(&self) -> String {
        let option = match self.reading {
            Reading::Path => "",
            Reading::Collapsed => ":collapse",
            Reading::First => ":first",
        };
        format!("removal{option}")
    }

    fn start(&self, shape: Shape) -> Patterns {
        Patterns::new(shape, self.pattern())
    }

    fn fold(&self, state: &mut Patterns, batch: &JourneyBatch) {
        state.fold(batch);
    }

    fn credit(&self, state: Patterns) -> Result<Credit, FitError> {
        let sorted = state.sorted(&self.name())?;
        let mut credit = divided(&sorted)?.credit(state.shape(), &sorted);
        remark(&mut credit, sorted.all());
        Ok(credit)
    }

    fn within(&self, state: &Patterns) -> Result<Option<Box<dyn Within + '_>>, FitError> {
        let sorted = state.sorted(&self.name())?;
        let within = divided(&sorted)?.within(self.pattern(), &sorted);
        Ok(Some(Box::new(within)))
    }

    fn bytes(&self, state: &Patterns) -> usize {
        state.bytes()
    }
}
