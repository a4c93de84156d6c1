//! The switch-off game and its Shapley value.
//!
//! Switched off one at a time, channels that do each other's work seem to do nothing, and channels
//! that need each other seem to do all of it twice: the effects do not add up to what all channels
//! together cause. The Shapley value (Shapley, 1953, *A value for n-person games*) does. A
//! coalition `S` is worth what the user orders with only the channels of `S` switched on, and each
//! channel is due its marginal gain, averaged over all orders in which channels can be switched on:
//!
//! ```text
//! φ(c) = Σ over S without c of |S|! (n−|S|−1)! / n! · (v(S ∪ c) − v(S))
//! ```
//!
//! The players are the channels that reached the user: another changes nothing whether it is on or
//! not. Up to [`EXACT`] of them every coalition is lived. Beyond, [`ORDERS`] orders are drawn, each
//! with its reverse, at addresses of the user; the average over them is unbiased (Castro, Gómez and
//! Tejada, 2009, *Polynomial calculation of the Shapley value based on sampling*), and the interval
//! over users holds that noise as well.
//!
//! All weights are whole twelfths, so sums are exact and the order of merging is free.

use serde::{Deserialize, Serialize};

use crate::base::{Fen, Merge, Person, Purpose};
use crate::world::{History, Intervention, Order, World};

use super::effect::Tally;

/// Most channels of a user for which every coalition is lived.
pub const EXACT: usize = 4;
/// Orders of channels drawn for users reached by more, half of them reversed.
pub const ORDERS: u64 = 4;
/// Parts of one order in which shares are counted: every weight of a game of up to [`EXACT`] players
/// is a whole number of them, and so is one of [`ORDERS`] orders.
const PARTS: i64 = 12;

const SWITCHING: Purpose = Purpose::named("shapley-order");

/// What coalitions are worth, by how many players they have: a marginal gain's weight in twelfths,
/// by size of the game and of the coalition that the player joins.
const WEIGHTS: [[i64; EXACT]; EXACT + 1] = [
    [0; EXACT],
    [12, 0, 0, 0],
    [6, 6, 0, 0],
    [4, 2, 4, 0],
    [3, 1, 1, 3],
];

/// What is gathered of the game: a mergeable state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GameState {
    /// Users whose game was played.
    pub users: u64,
    /// By channel: what it is due, in twelfths, and what the pointer gives it among the same users.
    channels: Vec<(Tally, Tally)>,
}

impl Merge for GameState {
    fn merge(&mut self, other: Self) {
        self.users += other.users;
        self.channels.merge(other.channels);
    }
}

impl GameState {
    pub(super) fn new(channels: usize) -> Self {
        Self {
            users: 0,
            channels: vec![(Tally::default(), Tally::default()); channels],
        }
    }

    /// What a channel is due, and what the pointer gives it, among users whose game was played.
    pub(super) fn due(&self, channel: usize) -> ([f64; 2], Tally) {
        let (due, pointer) = self.channels[channel];
        let whole = |parts: i64| parts as f64 / PARTS as f64;
        ([whole(due.orders), whole(due.gmv_fen)], pointer)
    }

    fn give(&mut self, channel: usize, weight: i64, gain: (i64, Fen)) {
        self.channels[channel]
            .0
            .plus(weight * gain.0, weight * gain.1);
    }

    /// Plays the game of one user, who lived as `with`.
    pub fn play(&mut self, world: &World, with: &History, without: &mut History) {
        self.users += 1;
        for order in with.orders() {
            if let Some(channel) = order.cause {
                self.channels[channel.index()].1.plus(1, order.value);
            }
        }
        let reached = with.channels_read();
        let players: Vec<usize> = (0..64).filter(|c| reached >> c & 1 == 1).collect();
        let full = (1_u64 << players.len()) - 1;
        let mut known = Known {
            values: vec![(full, worth(with.orders()))],
            world,
            with,
            without,
            players: &players,
        };
        if players.len() <= EXACT {
            for coalition in 0..full {
                let joins = WEIGHTS[players.len()][coalition.count_ones() as usize];
                for (place, channel) in players.iter().enumerate() {
                    if coalition >> place & 1 == 0 {
                        self.give(*channel, joins, known.gain(coalition, 1 << place));
                    }
                }
            }
            return;
        }
        let person = world.root().user(with.user());
        for number in 0..ORDERS / 2 {
            let mut order: Vec<usize> = (0..players.len()).collect();
            shuffle(&mut order, person, number);
            for reversed in [false, true] {
                if reversed {
                    order.reverse();
                }
                let mut coalition = 0;
                for place in &order {
                    let gain = known.gain(coalition, 1 << place);
                    self.give(players[*place], PARTS / ORDERS as i64, gain);
                    coalition |= 1 << place;
                }
            }
        }
    }
}

/// Every order equally likely (Fisher and Yates).
fn shuffle(order: &mut [usize], person: Person, number: u64) {
    let stream = person.stream(SWITCHING, number);
    for last in (1..order.len()).rev() {
        // 64 bits times a number below 64: the bias of the product is below 2⁻⁵⁸.
        let draw = u128::from(stream.draw(last as u64)) * (last as u128 + 1);
        order.swap(last, (draw >> 64) as usize);
    }
}

fn worth(orders: &[Order]) -> (i64, Fen) {
    (orders.len() as i64, orders.iter().map(|o| o.value).sum())
}

/// Coalitions of a user's channels that were lived, and what they are worth.
struct Known<'a> {
    values: Vec<(u64, (i64, Fen))>,
    world: &'a World,
    with: &'a History,
    without: &'a mut History,
    /// The channel of each player.
    players: &'a [usize],
}

impl Known<'_> {
    fn gain(&mut self, coalition: u64, joining: u64) -> (i64, Fen) {
        let (before, after) = (self.value(coalition), self.value(coalition | joining));
        (after.0 - before.0, after.1 - before.1)
    }

    fn value(&mut self, coalition: u64) -> (i64, Fen) {
        if let Some((_, value)) = self.values.iter().find(|(c, _)| *c == coalition) {
            return *value;
        }
        let players = self.players.iter().enumerate();
        let absent = players.filter(|(place, _)| coalition >> place & 1 == 0);
        let off = absent.fold(0, |off, (_, channel)| off | 1_u64 << channel);
        let off = Intervention::without(off);
        self.world.again(self.with, off, self.without);
        let value = worth(self.without.orders());
        self.values.push((coalition, value));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a table that is not |S|! (n−|S|−1)! / n!, or does not share out everything.
    #[test]
    fn weights_are_those_of_shapley() {
        let factorial = |n: usize| (1..=n).product::<usize>() as i64;
        for (n, weights) in WEIGHTS.iter().enumerate().skip(1) {
            for (s, weight) in weights.iter().enumerate().take(n) {
                assert_eq!(
                    *weight * factorial(n),
                    PARTS * factorial(s) * factorial(n - s - 1)
                );
            }
        }
        assert_eq!(PARTS % ORDERS as i64, 0);
        assert_eq!(ORDERS % 2, 0);
    }
}
