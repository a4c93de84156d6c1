//! Markov chains with a memory: states are the last `k` touches.
//!
//! Order 1 forgets all but the channel where a walk stands. Here a state is a *k-gram*, the last `k`
//! channels in order, so that a channel can mean something else after another one (Anderl, Becker,
//! von Wangenheim and Schumann, 2016, use orders up to 4). A walk starts in its first full k-gram; a
//! journey of fewer touches is one state of its own length. Equal states in a row are one (they are,
//! where a channel is repeated). Removing a channel sends every state that holds it to null:
//!
//! ```text
//! RE(c) = 1 − P(conversion without states holding c) / P(conversion)
//! ```
//!
//! and credit is in proportion to it, as for [order 1](super::markov). With the option `collapse`
//! touches of one channel in a row are one touch before states are formed.
//!
//! # Sparse, and exact
//!
//! There could be `channels^k` states; there are as many as journeys have shown, and from each only
//! the steps that were taken are kept. Without channel `c` the chance to convert from a state solves
//!
//! ```text
//! w(s) = (conversions from s + Σ steps(s→t) · w(t)) / all that leaves s,      w = 0 where s holds c
//! ```
//!
//! by Gauss–Seidel sweeps. All terms are non-negative and `w` starts at zero, so it only rises: nothing cancels, and the remaining distance is
//! bounded by the last rise and the rate at which rises shrink. Sweeps stop when that bound is below
//! [`NEAR`]. Every state was put there by a journey that ended, so a sweep always loses some of the
//! distance. Journeys of thousands of touches lose it slowly: a chain that has not settled after
//! [`SWEEPS`] sweeps is refused rather than guessed.
//!
//! What one keeps is bounded: more than [`MOST_STEPS`] distinct steps are refused, with the advice to
//! take a lower order.

mod sparse;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::base::Merge;
use crate::base::mixed::ByMixing;
use crate::journey::JourneyBatch;

use super::credit::{Credit, Note};
use super::inside::{ByEffect, Effects, spread};
use super::markov::{Totals, remarks, share_out};
use super::model::{FitError, Model, Shape, Stray};
use super::within::Within;

use sparse::{Chain, holds};

/// Most touches that a state holds.
pub const MOST_ORDER: usize = 4;
/// Most distinct steps that are kept.
pub const MOST_STEPS: usize = 2_000_000;
/// Most sweeps.
const SWEEPS: usize = 200_000;
/// Remaining distance at which a solution is taken, as a part of it.
const NEAR: f64 = 1e-14;

/// No touch: shorter states are filled up with it.
const NONE: u64 = u16::MAX as u64;

/// The last touches, the latest in the lowest 16 bits.
type Gram = u64;

/// The chain of order 2 to 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkovGrams {
    order: usize,
    collapse: bool,
}

/// The orders beyond the first, without collapsing.
pub(super) const HIGHER: [MarkovGrams; MOST_ORDER - 1] = [higher(2), higher(3), higher(4)];

const fn higher(order: usize) -> MarkovGrams {
    let collapse = false;
    MarkovGrams { order, collapse }
}

impl MarkovGrams {
    /// A chain of that order; none if it is not 2 to 4. With `collapse` touches of one
    /// channel in a row are one.
    #[must_use]
    pub fn new(order: usize, collapse: bool) -> Option<Self> {
        let known = (2..=MOST_ORDER).contains(&order);
        known.then_some(Self { order, collapse })
    }

    /// The state after one touch more.
    const fn after(&self, gram: Gram, channel: u16) -> Gram {
        let kept = if self.order == MOST_ORDER {
            u64::MAX
        } else {
            (1 << (16 * self.order)) - 1
        };
        (gram << 16 | channel as u64) & kept | !kept
    }
}

type Counts = HashMap<(Gram, Gram), u64, ByMixing>;

/// How journeys left a state for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Ends {
    conversions: u64,
    nulls: u64,
    value: i128,
}

/// Steps taken and how walks ended: the state of [`MarkovGrams`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grams {
    shape: Shape,
    /// From one state to the next; from no touch at all to the first state.
    steps: Counts,
    ends: HashMap<Gram, Ends, ByMixing>,
    groups: Vec<Totals>,
    /// Conversions and nulls of all journeys, to say what is missing.
    seen: [u64; 2],
    /// There are too many steps: none are kept any more.
    crowded: bool,
    stray: Stray,
}

impl Grams {
    /// Conversions and nulls of the journeys that ended in each state, in order of states; none if there
    /// were too many steps to keep.
    pub(super) fn outcomes(&self) -> Option<Vec<[u64; 2]>> {
        let mut ends: Vec<_> = self.ends.iter().collect();
        ends.sort_unstable_by_key(|(gram, _)| **gram);
        let pairs = ends
            .into_iter()
            .map(|(_, end)| [end.conversions, end.nulls]);
        (!self.crowded).then(|| pairs.collect())
    }

    fn crowd(&mut self) {
        if self.crowded || self.steps.len() > MOST_STEPS {
            self.crowded = true;
            self.steps = Counts::default();
            self.ends.clear();
        }
    }
}

/// # Panics
///
/// When the shapes differ: steps between different channels would be added. Only a program that
/// mixes up its own states gets there.
impl Merge for Grams {
    fn merge(&mut self, other: Self) {
        assert_eq!(
            self.shape, other.shape,
            "steps of different shapes cannot be merged"
        );
        for (step, times) in other.steps {
            let count = self.steps.entry(step).or_default();
            *count = count.saturating_add(times);
        }
        for (gram, theirs) in other.ends {
            let mine = self.ends.entry(gram).or_default();
            mine.conversions = mine.conversions.saturating_add(theirs.conversions);
            mine.nulls = mine.nulls.saturating_add(theirs.nulls);
            mine.value += theirs.value;
        }
        self.groups.merge(other.groups);
        for (mine, theirs) in self.seen.iter_mut().zip(other.seen) {
            *mine = mine.saturating_add(theirs);
        }
        self.stray.merge(other.stray);
        self.crowded |= other.crowded;
        self.crowd();
    }
}

impl MarkovGrams {
    /// The channels seen, and what is lost without each: conversions and value.
    fn lost(&self, state: &Grams) -> Result<(Vec<usize>, [Vec<f64>; 2]), FitError> {
        state.stray.check(state.shape)?;
        if state.shape.channels > usize::from(u16::MAX) {
            return Err(FitError::TooManyChannels {
                model: self.name(),
                channels: state.shape.channels,
                limit: usize::from(u16::MAX),
            });
        }
        if state.crowded {
            return Err(FitError::Other(format!(
                "{} has more than {MOST_STEPS} distinct steps to keep: take a lower order, or group \
                 rare channels together",
                self.name()
            )));
        }
        let chain = Chain::new(state);
        let channels: Vec<usize> = (0..state.shape.channels)
            .filter(|c| chain.grams.iter().any(|g| holds(*g, *c as u16)))
            .collect();
        let (mut lost, mut lost_value) = (Vec::new(), Vec::new());
        let all: [f64; 2] = [chain.conversions.iter().sum(), chain.value.iter().sum()];
        for channel in &channels {
            let left = chain.without(*channel as u16)?;
            lost.push(all[0] - left[0]);
            lost_value.push(all[1] - left[1]);
        }
        Ok((channels, [lost, lost_value]))
    }
}

impl Effects for MarkovGrams {
    fn effects(&self, state: &Grams) -> Result<Vec<f64>, FitError> {
        let (channels, [lost, _]) = self.lost(state)?;
        Ok(spread(&channels, &lost, state.shape.channels))
    }

    fn remarks(&self, state: &Grams) -> Vec<Note> {
        remarks(state.seen)
    }
}

impl Model for MarkovGrams {
    type State = Grams;

    fn name(&self) -> String {
        let collapse = if self.collapse { ":collapse" } else { "" };
        format!("markov:{}{collapse}", self.order)
    }

    fn start(&self, shape: Shape) -> Grams {
        Grams {
            shape,
            steps: Counts::default(),
            ends: HashMap::default(),
            groups: vec![Totals::default(); shape.groups],
            seen: [0; 2],
            crowded: false,
            stray: Stray::default(),
        }
    }

    fn fold(&self, state: &mut Grams, batch: &JourneyBatch) {
        'journeys: for journey in batch.iter() {
            let outcome = journey.outcome;
            let times = outcome.conversions.saturating_add(outcome.nulls);
            let stray = journey.channels.iter().copied();
            if let Some(stray) = stray
                .filter(|c| usize::from(*c) >= state.shape.channels)
                .max()
            {
                // The fit will refuse, so that it does not matter what was counted so far.
                state.stray.channel(stray);
                continue 'journeys;
            }
            let (mut at, mut gram, mut length, mut last) = (Gram::MAX, Gram::MAX, 0, None);
            for channel in journey.channels {
                if self.collapse && last == Some(*channel) {
                    continue;
                }
                last = Some(*channel);
                gram = self.after(gram, *channel);
                length += 1;
                if length >= self.order && gram != at {
                    count(&mut state.steps, (at, gram), times);
                    at = gram;
                }
            }
            if length > 0 && length < self.order {
                count(&mut state.steps, (at, gram), times);
                at = gram;
            }
            let end = state.ends.entry(at).or_default();
            end.conversions = end.conversions.saturating_add(outcome.conversions);
            end.nulls = end.nulls.saturating_add(outcome.nulls);
            end.value += i128::from(outcome.value);
            state.seen[0] = state.seen[0].saturating_add(outcome.conversions);
            state.seen[1] = state.seen[1].saturating_add(outcome.nulls);
            if outcome.conversions != 0 || outcome.value != 0 {
                match state.groups.get_mut(usize::from(outcome.group)) {
                    Some(group) => group.add(outcome.conversions, outcome.value, length == 0),
                    None => state.stray.group(outcome.group),
                }
            }
            state.crowd();
        }
    }

    fn credit(&self, state: Grams) -> Result<Credit, FitError> {
        let (channels, [lost, lost_value]) = self.lost(&state)?;
        let mut credit = Credit::new(state.shape);
        let lost = [&lost[..], &lost_value[..]];
        share_out(&mut credit, &channels, lost, &state.groups, state.seen);
        Ok(credit)
    }

    fn within(&self, state: &Grams) -> Result<Option<Box<dyn Within + '_>>, FitError> {
        Ok(Some(Box::new(ByEffect::of(self, state)?)))
    }

    fn bytes(&self, state: &Grams) -> usize {
        let step = size_of::<((Gram, Gram), u64)>() + 1;
        let end = size_of::<(Gram, Ends)>() + 1;
        size_of_val(state)
            + state.steps.capacity() * step
            + state.ends.capacity() * end
            + size_of_val(state.groups.as_slice())
    }
}

fn count(steps: &mut Counts, step: (Gram, Gram), times: u64) {
    let count = steps.entry(step).or_default();
    *count = count.saturating_add(times);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journey::{Outcome, Touch, TouchKind};

    fn touch(channel: u16) -> Touch {
        Touch {
            channel,
            kind: TouchKind::Click,
            hours_before_end: 0.0,
        }
    }

    /// Would catch a state that grows with the journeys, a refusal that a merge forgets, and one that
    /// comes without advice: every pair of 1,500 channels is too much, in one state or in two.
    #[test]
    fn too_many_steps_are_refused() {
        let shape = Shape {
            channels: 1_500,
            groups: 1,
        };
        let model = MarkovGrams::new(2, false).unwrap();
        let fold = |from: u16, to: u16| {
            let mut state = model.start(shape);
            let mut batch = JourneyBatch::new();
            for first in from..to {
                batch.clear();
                for second in 0..1_500 {
                    for channel in [first, second] {
                        batch.touch(touch(channel));
                    }
                }
                batch.end(Outcome {
                    conversions: 1,
                    ..Outcome::default()
                });
                model.fold(&mut state, &batch);
            }
            state
        };
        let refused = |state: Grams| {
            assert!(state.crowded && model.bytes(&state) < 1 << 20);
            let error = model.credit(state).unwrap_err().to_string();
            assert!(error.contains("take a lower order"), "{error}");
        };
        refused(fold(0, 1_000));
        let (mut one, other) = (fold(0, 500), fold(500, 1_000));
        assert!(!one.crowded && !other.crowded);
        one.merge(other);
        refused(one.clone());
        let mut few = fold(0, 1);
        few.merge(one);
        refused(few);
    }

    /// Would catch sweeps that stop while conversions are still on their way: a walk of 10,000 touches
    /// between two channels converts half of the time, wherever it stands.
    #[test]
    fn long_walks_are_followed_to_their_end() {
        let model = MarkovGrams::new(2, false).unwrap();
        let shape = Shape {
            channels: 3,
            groups: 1,
        };
        let (mut state, mut batch) = (model.start(shape), JourneyBatch::new());
        for place in 0..10_000 {
            batch.touch(touch(place % 2));
        }
        batch.end(Outcome {
            conversions: 1,
            nulls: 1,
            ..Outcome::default()
        });
        model.fold(&mut state, &batch);
        // Channel 2 is not there, so that nothing is removed with it.
        let [conversions, _] = Chain::new(&state).without(2).unwrap();
        assert!((conversions - 1.0).abs() < 1e-9, "{conversions}");
    }
}
