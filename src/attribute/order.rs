//! A chain that chooses its own order.
//!
//! A higher order remembers more and knows less: there are more states, and each has been seen less
//! often. `markov:auto` fits the orders 1 to 4 side by side and takes the one whose memory is worth its
//! price. What a state is there for is to tell who converts, so that is what it is judged by: given the
//! last `k` touches of a journey, how well is its outcome told? With `cₛ` conversions and `nₛ` nulls of
//! journeys that ended in state `s`, `m` states in which journeys ended, and `N` journeys,
//!
//! ```text
//! log L(k) = Σ cₛ ln(cₛ / (cₛ + nₛ)) + nₛ ln(nₛ / (cₛ + nₛ))
//! BIC(k)   = m · ln N − 2 log L(k)
//! ```
//!
//! The least wins (Schwarz, 1978, *Estimating the dimension of a model*), the lower order of two that are
//! equal. All orders are told the same outcomes of the same journeys, so their likelihoods can be
//! compared; those of whole walks could not, since orders differ in what a step is. Anderl et al. (2016)
//! and ChannelAttribution's `choose_order` also judge by how well conversions are told, by the area
//! under the ROC curve; a likelihood needs no ranking and no held-out part.
//!
//! A [note](super::Note::Order) says which order it was. Without conversions, or without nulls, there is
//! nothing to tell, and the order is 1. An order with too many steps to keep is out. More data may
//! afford a higher order: twice the journeys need not give twice the credit.

use crate::base::math;
use crate::journey::JourneyBatch;

use super::credit::{Credit, Note};
use super::grams::{Grams, HIGHER};
use super::inside::{ByEffect, Effects};
use super::markov::{Markov, Transitions};
use super::model::{FitError, Model, Shape};
use super::within::Within;

/// The chain of order 1 to 4 that tells best who converts, for its size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarkovAuto;

/// How much worse than knowing everything, with a price on states; `ends` are conversions and nulls of
/// journeys that ended in each state.
fn criterion(ends: &[[u64; 2]]) -> f64 {
    let term = |part: f64, all: f64| {
        if part > 0.0 {
            part * math::ln(part / all)
        } else {
            0.0
        }
    };
    let (mut states, mut journeys, mut likelihood) = (0.0, 0.0, 0.0);
    for [conversions, nulls] in ends.iter().map(|pair| pair.map(|n| n as f64)) {
        let all = conversions + nulls;
        if all > 0.0 {
            states += 1.0;
            journeys += all;
            likelihood += term(conversions, all) + term(nulls, all);
        }
    }
    states * math::ln(f64::max(journeys, 1.0)) - 2.0 * likelihood
}

impl MarkovAuto {
    /// The order that the journeys ask for.
    #[must_use]
    pub fn order(&self, (one, higher): &(Transitions, [Grams; 3])) -> usize {
        let (mut best, mut least) = (1, criterion(&one.outcomes()));
        for (order, grams) in (2..).zip(higher) {
            let found = grams.outcomes().map(|ends| criterion(&ends));
            if let Some(found) = found.filter(|found| *found < least) {
                (best, least) = (order, found);
            }
        }
        best
    }
}

impl Effects for MarkovAuto {
    fn effects(&self, state: &Self::State) -> Result<Vec<f64>, FitError> {
        match self.order(state) {
            1 => Markov.effects(&state.0),
            order => HIGHER[order - 2].effects(&state.1[order - 2]),
        }
    }

    fn remarks(&self, state: &Self::State) -> Vec<Note> {
        let mut remarks = Markov.remarks(&state.0);
        let order = self.order(state);
        remarks.push(Note::Order { order });
        remarks
    }
}

impl Model for MarkovAuto {
    type State = (Transitions, [Grams; 3]);

    fn name(&self) -> String {
        "markov:auto".into()
    }

    fn start(&self, shape: Shape) -> Self::State {
        (Markov.start(shape), HIGHER.map(|model| model.start(shape)))
    }

    fn fold(&self, (one, higher): &mut Self::State, batch: &JourneyBatch) {
        Markov.fold(one, batch);
        for (model, state) in HIGHER.iter().zip(higher) {
            model.fold(state, batch);
        }
    }

    fn credit(&self, state: Self::State) -> Result<Credit, FitError> {
        let order = self.order(&state);
        let (one, higher) = state;
        let higher = HIGHER.iter().zip(higher).nth(order.wrapping_sub(2));
        let mut credit = match higher {
            Some((model, state)) => model.credit(state)?,
            None => Markov.credit(one)?,
        };
        credit.note(Note::Order { order });
        Ok(credit)
    }

    fn within(&self, state: &Self::State) -> Result<Option<Box<dyn Within + '_>>, FitError> {
        Ok(Some(Box::new(ByEffect::of(self, state)?)))
    }

    fn bytes(&self, (one, higher): &Self::State) -> usize {
        let higher = HIGHER.iter().zip(higher).map(|(m, s)| m.bytes(s));
        Markov.bytes(one) + higher.sum::<usize>()
    }
}
