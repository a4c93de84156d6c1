//! A chain's effects inside single journeys.
//!
//! A chain says what each channel is worth over all journeys, and nothing of one of them. Those who
//! need an answer for each order take the removal effects for weights: a converting journey is split
//! over its touches in proportion to the effects of their channels,
//!
//! ```text
//! share of touch i = RE(channel of i) / Σ over the journey's touches of RE
//! ```
//!
//! Touches count: a channel touched twice has twice its weight. An order has one split: its value goes
//! where it goes, by the effects on conversions. (Effects on value can have either sign; as weights in
//! one order they would make no sense.)
//!
//! *This is another model than the chain itself.* Summed over journeys it is not the chain's credit,
//! which is divided once and for all: a journey of one touch now goes to that touch, whatever its
//! effect, and frequent channels gain. That sum is the model `markov:1:within`, [`PerJourney`]; and
//! what [`Model::within`] tells of single journeys under `markov:1` adds up to `markov:1:within`, not
//! to `markov:1`.
//!
//! # State
//!
//! Effects are only known at the end, so a sum over journeys needs the journeys again: what of them
//! matters is the *bag* of channels, how often each was touched. [`Patterns`] keeps bags of converting
//! journeys with exact sums by group, up to a bound, and refuses beyond.

use crate::journey::{Journey, JourneyBatch};

use super::converting::converting;
use super::credit::{Amount, Credit, Note};
use super::ledger::Split;
use super::model::{FitError, Model, Shape};
use super::names::ModelError;
use super::patterns::{Pattern, Patterns, counts};
use super::rule::Rule;
use super::within::{ByRule, Share, Within};

/// A model whose channels have effects: none is negative.
pub trait Effects: Model {
    /// The effect of each channel, in any unit.
    ///
    /// # Errors
    ///
    /// As [`Model::credit`].
    fn effects(&self, state: &Self::State) -> Result<Vec<f64>, FitError>;

    /// What is to be said of data that has seen so many conversions and nulls.
    fn remarks(&self, state: &Self::State) -> Vec<Note>;
}

/// A model's effects as weights inside each converting journey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerJourney<M>(pub M);

/// Effects of some channels as effects of all. Those of the others are zero; rounding may leave a
/// little below zero of one that has none.
pub(super) fn spread(channels: &[usize], effects: &[f64], of: usize) -> Vec<f64> {
    let mut all = vec![0.0; of];
    for (channel, effect) in channels.iter().zip(effects) {
        all[*channel] = effect.max(0.0);
    }
    all
}

/// Once fitted, it is a rule: shares in proportion to the effects of the touches' channels.
#[derive(Debug)]
pub(super) struct ByEffect(Vec<f64>);

impl ByEffect {
    /// For a fitted model.
    pub fn of<M: Effects>(model: &M, state: &M::State) -> Result<Self, FitError> {
        model.effects(state).map(Self)
    }

    fn effect(&self, channel: u16) -> f64 {
        self.0.get(usize::from(channel)).copied().unwrap_or(0.0)
    }
}

impl Rule for ByEffect {
    type Scratch = Vec<f64>;

    fn label(&self) -> String {
        "within".into()
    }

    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, cumulated: &mut Vec<f64>) {
        let mut sum = 0.0;
        cumulated.clear();
        cumulated.extend(journey.channels.iter().map(|channel| {
            sum += self.effect(*channel);
            sum
        }));
        for (channel, upto) in journey.channels.iter().zip(&*cumulated) {
            // 0/0 is no number, and gives nothing.
            split.upto(*channel, upto / sum);
        }
    }
}

impl Within for ByEffect {
    fn divide(&self, batch: &JourneyBatch, out: &mut Vec<Share>) {
        ByRule(self).divide(batch, out);
    }
}

impl<M: Effects> Model for PerJourney<M> {
    type State = (M::State, Patterns);

    fn name(&self) -> String {
        format!("{}:within", self.0.name())
    }

    fn bind(&mut self, channels: &[&str]) -> Result<(), ModelError> {
        self.0.bind(channels)
    }

    fn start(&self, shape: Shape) -> Self::State {
        (self.0.start(shape), Patterns::new(shape, Pattern::Bag))
    }

    fn fold(&self, (state, bags): &mut Self::State, batch: &JourneyBatch) {
        self.0.fold(state, batch);
        bags.fold(&converting(batch));
    }

    fn credit(&self, (state, bags): Self::State) -> Result<Credit, FitError> {
        let effects = ByEffect::of(&self.0, &state)?;
        let mut credit = Credit::new(bags.shape());
        let sorted = bags.sorted(&self.name())?;
        for bag in &sorted.seen {
            let weights = || counts(bag.key).map(|(c, n)| (c, effects.effect(c) * f64::from(n)));
            let sum: f64 = weights().map(|(_, weight)| weight).sum();
            for (group, tally) in sorted.groups(bag) {
                let part = |share: f64| Amount {
                    conversions: share * tally.conversions as f64,
                    value: share * tally.value as f64,
                };
                if sum > 0.0 {
                    for (channel, weight) in weights() {
                        credit.give(group, usize::from(channel), part(weight / sum));
                    }
                } else {
                    credit.leave(group, part(1.0));
                }
            }
        }
        let remarks = self.0.remarks(&state).into_iter();
        remarks.for_each(|note| credit.note(note));
        Ok(credit)
    }

    fn within(&self, (state, _): &Self::State) -> Result<Option<Box<dyn Within + '_>>, FitError> {
        Ok(Some(Box::new(ByEffect::of(&self.0, state)?)))
    }

    fn bytes(&self, (state, bags): &Self::State) -> usize {
        self.0.bytes(state) + bags.bytes()
    }
}
