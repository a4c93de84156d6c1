//! Truth in the making.

use serde::{Deserialize, Serialize};

use crate::base::Merge;
use crate::world::{History, Order};

use super::effect::{Effect, Tally};
use super::game::GameState;
use super::players::Players;

/// Truth in the making: a mergeable state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthState {
    /// Users.
    pub users: u64,
    /// Users of the sample.
    pub sampled: u64,
    /// Orders made.
    pub total: Tally,
    /// By place among the [`Players`], then by group of merchants.
    pub effects: Vec<Vec<Effect>>,
    /// The game among channels.
    pub game: GameState,
}

impl Merge for TruthState {
    fn merge(&mut self, other: Self) {
        self.users += other.users;
        self.sampled += other.sampled;
        self.total.merge(other.total);
        self.effects.merge(other.effects);
        self.game.merge(other.game);
    }
}

impl TruthState {
    /// Nothing yet.
    #[must_use]
    pub fn new(players: &Players) -> Self {
        Self {
            effects: vec![vec![Effect::default(); players.groups()]; players.masks().len()],
            game: GameState::new(players.channels()),
            ..Self::default()
        }
    }

    /// Takes in one user as they lived.
    pub fn user(&mut self, players: &Players, history: &History, sampled: bool) {
        self.users += 1;
        self.sampled += u64::from(sampled);
        for order in history.orders() {
            self.total.plus(1, order.value);
            let Some(cause) = order.cause else {
                continue;
            };
            // Behind the channel's own place only sets can hold it.
            let sets = players.masks().iter().enumerate().skip(players.channels());
            let sets = sets.filter(|(_, mask)| *mask >> cause.0 & 1 == 1);
            for place in sets.map(|(place, _)| place).chain([cause.index()]) {
                let effect = &mut self.effects[place][order.tier.index()];
                effect.pointer.plus(1, order.value);
                if sampled {
                    effect.pointer_of_sample.plus(1, order.value);
                }
            }
        }
    }

    /// Takes in the same user's orders with and without the channels of a place.
    pub fn switched_off(&mut self, place: usize, with: &[Order], without: &[Order]) {
        let effects = &mut self.effects[place];
        for order in with {
            effects[order.tier.index()].lost(order, without);
        }
        for order in without {
            effects[order.tier.index()].gained(order, with);
        }
    }

    /// The share of users in the sample.
    #[must_use]
    pub fn sampled_share(&self) -> f64 {
        self.sampled as f64 / self.users.max(1) as f64
    }
}
