//! Who bought because of what.
//!
//! Two definitions, both exact in a simulated world:
//!
//! - the **pointer**: a need that a read triggered names its channel, so an order does. It is known
//!   for every order at no cost, and it is naive: it ignores that the need could have arisen from
//!   another note, that a read moved the choice of somebody who would have bought anyway, and that
//!   what one merchant gains another may lose;
//! - the **switch-off**: the same users live the season again without a channel, everything else
//!   addressed alike. What is ordered with the channel and not without it is *caused* by it; net of
//!   what is ordered only without it. This is the reference.
//!
//! The switch-off is simulated for an addressed sample of users and brought to the whole population
//! by a difference estimator, with the pointer as its companion variable (Särndal, Swensson and
//! Wretman, 1992, *Model Assisted Survey Sampling*, ch. 6):
//!
//! ```text
//! truth = Σ over all users of pointer + (N/n) · Σ over the sample of (switch-off − pointer)
//! ```
//!
//! It is unbiased whatever the pointer is worth, and the better the two agree, the narrower.

use crate::base::{ChannelId, Fen, MerchantId, Merge};
use crate::world::{History, NeedId, Order};

/// Orders and their value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Orders; a difference may be negative.
    pub orders: i64,
    /// Value in fen.
    pub gmv_fen: Fen,
}

impl Tally {
    const fn plus(&mut self, orders: i64, gmv_fen: Fen) {
        self.orders += orders;
        self.gmv_fen += gmv_fen;
    }
}

impl Merge for Tally {
    fn merge(&mut self, other: Self) {
        self.plus(other.orders, other.gmv_fen);
    }
}

/// What is gathered about one channel, or about all of them together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Orders whose need names the channel: all users.
    pub pointer: Tally,
    /// The same, users of the sample only.
    pub pointer_of_sample: Tally,
    /// Ordered with the channel less ordered without it: users of the sample.
    pub net: Tally,
    /// Needs of the sample that end in an order only with the channel.
    pub vanished: u64,
    /// Needs of the sample that end in an order only without it.
    pub appeared: u64,
    /// Needs of the sample that end in an order either way, but with another merchant.
    pub moved: u64,
}

impl Merge for Effect {
    fn merge(&mut self, other: Self) {
        self.pointer.merge(other.pointer);
        self.pointer_of_sample.merge(other.pointer_of_sample);
        self.net.merge(other.net);
        self.vanished += other.vanished;
        self.appeared += other.appeared;
        self.moved += other.moved;
    }
}

/// Truth in the making: a mergeable state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TruthState {
    /// Users.
    pub users: u64,
    /// Users of the sample.
    pub sampled: u64,
    /// Orders made.
    pub total: Tally,
    /// By channel, then all channels switched off together.
    pub effects: Vec<Effect>,
}

impl Merge for TruthState {
    fn merge(&mut self, other: Self) {
        self.users += other.users;
        self.sampled += other.sampled;
        self.total.merge(other.total);
        self.effects.merge(other.effects);
    }
}

impl TruthState {
    /// Nothing yet, for so many channels.
    #[must_use]
    pub fn new(channels: usize) -> Self {
        Self {
            effects: vec![Effect::default(); channels + 1],
            ..Self::default()
        }
    }

    /// Takes in one user as they lived.
    pub fn user(&mut self, history: &History, sampled: bool) {
        self.users += 1;
        self.sampled += u64::from(sampled);
        let all = self.effects.len() - 1;
        for order in history.orders() {
            self.total.plus(1, order.value);
            let Some(ChannelId(channel)) = order.cause else {
                continue;
            };
            for place in [usize::from(channel), all] {
                let effect = &mut self.effects[place];
                effect.pointer.plus(1, order.value);
                if sampled {
                    effect.pointer_of_sample.plus(1, order.value);
                }
            }
        }
    }

    /// Takes in the same user's orders with and without a channel; `place` is the channel's, or the
    /// last for all channels together.
    pub fn switched_off(&mut self, place: usize, with: &[Order], without: &[Order]) {
        let effect = &mut self.effects[place];
        for order in with {
            effect.net.plus(1, order.value);
            match find(without, order.need) {
                None => effect.vanished += 1,
                Some(other) => effect.moved += u64::from(other != order.merchant),
            }
        }
        for order in without {
            effect.net.plus(-1, -order.value);
            effect.appeared += u64::from(find(with, order.need).is_none());
        }
    }

    /// The share of users in the sample.
    #[must_use]
    pub fn sampled_share(&self) -> f64 {
        self.sampled as f64 / self.users.max(1) as f64
    }

    /// The estimate for this population with the sample of a part of it.
    #[must_use]
    pub fn with_sample_of(&self, part: &Self) -> Truth {
        let mut mixed = self.clone();
        for (effect, of_part) in mixed.effects.iter_mut().zip(&part.effects) {
            let pointer = effect.pointer;
            *effect = Effect {
                pointer,
                ..*of_part
            };
        }
        mixed.sampled = part.sampled;
        mixed.estimate()
    }

    /// Brings the sample to the population.
    #[must_use]
    pub fn estimate(&self) -> Truth {
        let raise = if self.sampled == 0 {
            0.0
        } else {
            self.users as f64 / self.sampled as f64
        };
        let mut by_channel: Vec<ChannelTruth> = self
            .effects
            .iter()
            .map(|e| ChannelTruth::new(e, raise))
            .collect();
        let all = by_channel.pop().unwrap_or_default();
        Truth {
            orders: self.total.orders as f64,
            gmv_fen: self.total.gmv_fen as f64,
            by_channel,
            all,
        }
    }
}

fn find(orders: &[Order], need: NeedId) -> Option<MerchantId> {
    orders.iter().find(|o| o.need == need).map(|o| o.merchant)
}

/// The causal truth about one channel, for the whole population.
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
        let estimate = |pointer: i64, of_sample: i64, net: i64| {
            // Without a sample there is no switch-off to speak of: the pointer stands alone.
            pointer as f64 + raise * (net - of_sample) as f64
        };
        let (p, s, n) = (effect.pointer, effect.pointer_of_sample, effect.net);
        Self {
            orders: estimate(p.orders, s.orders, n.orders),
            gmv_fen: estimate(p.gmv_fen, s.gmv_fen, n.gmv_fen),
            pointer_orders: p.orders as f64,
            pointer_gmv_fen: p.gmv_fen as f64,
        }
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
    /// All channels switched off together. Less than the sum over channels where they do each
    /// other's work, more where they need each other.
    pub all: ChannelTruth,
}
