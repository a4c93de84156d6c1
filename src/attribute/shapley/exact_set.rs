//! The Shapley value of journeys with just these channels.
//!
//! Some read "the conversions of a coalition" as those of the journeys that touched *just* its channels,
//! no more and no less:
//!
//! ```text
//! v(S) = conversions of journeys whose channel set = S,      v(∅) = 0
//! ```
//!
//! Then a larger coalition may be worth less, a channel's value may be negative, and all values add up
//! to `v` of all channels: the few journeys that touched every single one. It is here because it is met
//! in practice; a note says that it does not add up, and the rest is unattributed (negative, where
//! credit exceeds the conversions).
//!
//! `v` is zero but for sets that were seen, so the sum over coalitions is a sum over these:
//!
//! ```text
//! φ(c) = Σ over T ∋ c of w(|T|−1) v(T)  −  Σ over T ∌ c of w(|T|) v(T),      w(s) = s!(n−s−1)!/n!
//! ```
//!
//! exact for any number of channels. All `n` channels play that any journey touched, whether it converted
//! or not. The value is linear in `v`, so groups and value are solved each for itself.

use crate::base::Merge;
use crate::journey::JourneyBatch;

use super::super::credit::{Amount, Credit, Note};
use super::super::game::{players, weights};
use super::super::model::{FitError, Model, Shape};
use super::super::patterns::{Pattern, Patterns, Tally};

/// The Shapley value where a coalition is worth the conversions of the journeys with just its channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShapleyExactSet;

impl Model for ShapleyExactSet {
    type State = Patterns;

    fn name(&self) -> String {
        "shapley:exact-set".into()
    }

    fn start(&self, shape: Shape) -> Patterns {
        Patterns::new(shape, Pattern::Set)
    }

    fn fold(&self, state: &mut Patterns, batch: &JourneyBatch) {
        state.fold(batch);
    }

    fn credit(&self, state: Patterns) -> Result<Credit, FitError> {
        let shape = state.shape();
        let sorted = state.sorted(&self.name())?;
        let players = players(&sorted, shape);
        let weights = weights(players.len());
        let mut credit = Credit::new(shape);
        // What every player loses to the sets that it is not in, as if it were in none.
        let mut lost = vec![Amount::default(); shape.groups];
        let mut whole = vec![Tally::default(); shape.groups];
        for seen in &sorted.seen {
            let size = seen.key.len();
            for (group, tally) in sorted.groups(seen) {
                whole[group].merge(tally);
                if size == 0 {
                    continue;
                }
                let loses = of(tally, weights[size]);
                lost[group].conversions += loses.conversions;
                lost[group].value += loses.value;
                let gains = of(tally, weights[size - 1] + weights[size]);
                for channel in seen.key {
                    credit.give(group, usize::from(*channel), gains);
                }
            }
        }
        for (group, lost) in lost.into_iter().enumerate() {
            let lost = Amount {
                conversions: -lost.conversions,
                value: -lost.value,
            };
            for channel in &players {
                credit.give(group, *channel, lost);
            }
        }
        leave_rest(&mut credit, shape, &whole);
        let all = sorted.all();
        credit.note(if all.conversions == 0 {
            Note::NoConversions
        } else {
            Note::DoesNotAddUp
        });
        Ok(credit)
    }

    fn bytes(&self, state: &Patterns) -> usize {
        state.bytes()
    }
}

fn leave_rest(credit: &mut Credit, shape: Shape, whole: &[Tally]) {
    for (group, given) in credit.by_group().into_iter().enumerate().take(shape.groups) {
        let rest = Amount {
            conversions: whole[group].conversions as f64 - given.conversions,
            value: whole[group].value as f64 - given.value,
        };
        credit.leave(group, rest);
    }
}

fn of(tally: Tally, weight: f64) -> Amount {
    Amount {
        conversions: tally.conversions as f64 * weight,
        value: tally.value as f64 * weight,
    }
}
