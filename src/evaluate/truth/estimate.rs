//! From the sample to the population.

use crate::base::Merge;

use super::effect::{Effect, Tally};
use super::players::Players;
use super::state::TruthState;

/// The causal truth about one channel, or a set of them, for the whole population.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ChannelTruth {
    /// Orders caused.
    pub orders: f64,
    /// Value caused, in fen.
    pub gmv_fen: f64,
    /// Orders by the pointer.
    pub pointer_orders: f64,
    /// Value by the pointer, in fen.
    pub pointer_gmv_fen: f64,
}

impl ChannelTruth {
    fn new(effect: &Effect, raise: f64) -> Self {
        let (p, s, n) = (effect.pointer, effect.pointer_of_sample, effect.net);
        // Without a sample there is no switch-off to speak of: the pointer stands alone.
        Self {
            orders: p.orders as f64 + raise * (n.orders - s.orders) as f64,
            gmv_fen: p.gmv_fen as f64 + raise * (n.gmv_fen - s.gmv_fen) as f64,
            pointer_orders: p.orders as f64,
            pointer_gmv_fen: p.gmv_fen as f64,
        }
    }
}

impl ChannelTruth {
    /// Orders and value caused.
    #[must_use]
    pub const fn caused(&self) -> [f64; 2] {
        [self.orders, self.gmv_fen]
    }
}

/// The causal truth of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    /// Orders made.
    pub orders: f64,
    /// Their value in fen.
    pub gmv_fen: f64,
    /// By channel.
    pub by_channel: Vec<ChannelTruth>,
    /// By channel, then by group of the merchant who sold.
    pub by_group: Vec<Vec<ChannelTruth>>,
    /// Sets of channels that the scenario names.
    pub sets: Vec<ChannelTruth>,
    /// All channels switched off together. Less than the sum over channels where they do each
    /// other's work, more where they need each other.
    pub all: ChannelTruth,
    /// What each channel is due in the switch-off game, orders and value in fen; nothing where no
    /// user's game was played.
    pub shapley: Vec<[f64; 2]>,
}

/// How many users one of the sample stands for; 0 where there is no sample.
fn raise(users: u64, sampled: u64) -> f64 {
    if sampled == 0 {
        0.0
    } else {
        users as f64 / sampled as f64
    }
}

fn sum(effects: &[Effect]) -> Effect {
    effects.iter().fold(Effect::default(), |mut all, one| {
        all.merge(*one);
        all
    })
}

impl TruthState {
    /// The estimate for this population with the sample of a part of it.
    #[must_use]
    pub fn with_sample_of(&self, part: &Self, players: &Players) -> Truth {
        let mut mixed = self.clone();
        let mine = mixed.effects.iter_mut().flatten();
        for (effect, of_part) in mine.zip(part.effects.iter().flatten()) {
            *effect = Effect {
                pointer: effect.pointer,
                ..*of_part
            };
        }
        mixed.sampled = part.sampled;
        mixed.estimate(players)
    }

    /// Brings the sample to the population.
    #[must_use]
    pub fn estimate(&self, players: &Players) -> Truth {
        let raise = raise(self.users, self.sampled);
        let of = |effect: &Effect| ChannelTruth::new(effect, raise);
        let places: Vec<Effect> = self.effects.iter().map(|groups| sum(groups)).collect();
        let (channels, sets) = places.split_at(players.channels().min(places.len()));
        let (all, sets) = match sets.split_last() {
            Some((all, sets)) => (of(all), sets),
            None => (ChannelTruth::default(), sets),
        };
        let by_group = self.effects.iter().take(channels.len());
        Truth {
            orders: self.total.orders as f64,
            gmv_fen: self.total.gmv_fen as f64,
            by_channel: channels.iter().map(of).collect(),
            by_group: by_group.map(|g| g.iter().map(of).collect()).collect(),
            sets: sets.iter().map(of).collect(),
            all,
            shapley: self.shapley(channels),
        }
    }

    fn shapley(&self, channels: &[Effect]) -> Vec<[f64; 2]> {
        if self.game.users == 0 {
            return Vec::new();
        }
        let raise = raise(self.users, self.game.users);
        let due = channels.iter().enumerate().map(|(channel, effect)| {
            let ([orders, fen], among) = self.game.due(channel);
            let Tally {
                orders: named,
                gmv_fen,
            } = effect.pointer;
            [
                named as f64 + raise * (orders - among.orders as f64),
                gmv_fen as f64 + raise * (fen - among.gmv_fen as f64),
            ]
        });
        due.collect()
    }
}
