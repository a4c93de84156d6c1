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
//! and value in proportion to the effects on value. Touches count: a channel touched twice has twice
//! its weight.
//!
//! *This is another model than the chain itself.* Summed over journeys it is not the chain's credit,
//! which is divided once and for all: a journey of one touch now goes to that touch, whatever its
//! effect, and frequent channels gain.
//!
//! Where the weights of a journey cancel (value of both signs), its value goes to nobody.

use crate::journey::JourneyBatch;

use super::credit::Amount;
use super::distinct::Distinct;
use super::model::{FitError, Model};
use super::within::{Share, Within};

/// A model whose channels have effects.
pub(super) trait Effects: Model {
    /// By channel, what is lost without it: conversions, and value.
    fn effects(&self, state: &Self::State) -> Result<[Vec<f64>; 2], FitError>;
}

/// Effects of some channels as effects of all: those of the others are zero.
pub(super) fn spread(channels: &[usize], effects: &[f64], of: usize) -> Vec<f64> {
    let mut all = vec![0.0; of];
    for (channel, effect) in channels.iter().zip(effects) {
        all[*channel] = *effect;
    }
    all
}

/// Divides each journey by the effects of its touches' channels.
pub(super) struct ByEffect {
    effects: [Vec<f64>; 2],
}

impl ByEffect {
    pub fn new(effects: [Vec<f64>; 2]) -> Self {
        Self { effects }
    }

    /// What each channel of a journey gets of one conversion, and of one unit of value; the channels
    /// come with the number of their touches.
    pub fn shares(&self, bag: &[(u16, u64)], out: &mut Vec<[f64; 2]>) {
        out.clear();
        out.resize(bag.len(), [0.0; 2]);
        for (kind, effects) in self.effects.iter().enumerate() {
            let weight = |(channel, touches): &(u16, u64)| {
                let effect = effects.get(usize::from(*channel));
                effect.map_or(0.0, |effect| effect * *touches as f64)
            };
            let sum: f64 = bag.iter().map(weight).sum();
            let size: f64 = bag.iter().map(|entry| weight(entry).abs()).sum();
            // What is left when signs cancel this far is the noise of the last digits.
            if sum.abs() > 1e-9 * size {
                for (share, entry) in out.iter_mut().zip(bag) {
                    share[kind] = weight(entry) / sum;
                }
            }
        }
    }
}

impl Within for ByEffect {
    fn divide(&self, batch: &JourneyBatch, out: &mut Vec<Share>) {
        let (mut distinct, mut touches) = (Distinct::default(), Vec::new());
        let (mut bag, mut shares) = (Vec::new(), Vec::new());
        for (place, journey) in batch.converting_places() {
            let channels = distinct.of(journey.channels);
            let most = channels.iter().max().map_or(0, |c| usize::from(*c) + 1);
            if most > touches.len() {
                touches.resize(most, 0_u64);
            }
            journey
                .channels
                .iter()
                .for_each(|channel| touches[usize::from(*channel)] += 1);
            bag.clear();
            let taken = channels.iter();
            bag.extend(taken.map(|c| (*c, std::mem::take(&mut touches[usize::from(*c)]))));
            self.shares(&bag, &mut shares);
            let outcome = journey.outcome;
            for ((channel, _), [conversions, value]) in bag.iter().zip(&shares) {
                let amount = Amount {
                    conversions: conversions * outcome.conversions as f64,
                    value: value * outcome.value as f64,
                };
                if amount != Amount::default() {
                    out.push(Share {
                        journey: place,
                        channel: *channel,
                        amount,
                    });
                }
            }
        }
    }
}
