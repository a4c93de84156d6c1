//! What an experiment would say.
//!
//! Nobody outside of a simulation can live a season twice. What a merchant can do is to hold a
//! channel back from some users by lot and to compare: that needs no attribution, no click ids and
//! nobody's word. Each user is drawn into at most one cell: in one of them a channel is off, in the
//! rest everything is on. The comparison is among users whom the channel *reaches*, or would have
//! reached had it not been held back, which a platform can log (Johnson, Lewis and Nubbemeyer, 2017,
//! *Ghost ads*): those it never reaches only add noise.
//!
//! ```text
//! uplift(c) = reached(c) · (mean per user with everything on − mean per user with c off)
//! ```
//!
//! Several channels may be held back together; the fewer holdouts there are, the larger they can be,
//! and the more they tell.
//!
//! The held-back users live their season in a world of their own: the experiment is looked at, like
//! everything that is measured, and changes nothing in the world of the run. It is unbiased whatever
//! the world is like, but it is blind to luck: two groups of *different* users are compared, so its
//! interval is much wider than that of the truth, which sees the *same* users twice.

use serde::{Deserialize, Serialize};

use crate::base::address::name_key;
use crate::base::{Fen, Merge, Person, Purpose};
use crate::scenario::Scenario;
use crate::scenario::wire::ExperimentWire;
use crate::world::Order;

use super::truth::{Players, place_of};

const CELL: Purpose = Purpose::named("experiment-cell");

/// Who is held back from what.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// Address of its lots: two experiments of a run draw apart.
    key: u64,
    /// Share of users in each holdout, in units of 2⁻³².
    holdout: u64,
    /// What each holds back: places among the players, and channels as bits.
    held: Vec<(usize, u64)>,
}

/// The cell that a user is drawn into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Everything is on.
    Open,
    /// The channels of one holdout are held back.
    Held(usize),
}

impl Design {
    /// A holdout of the share `holdout` of users for each of `held`: places among the players, and
    /// channels as bits.
    #[must_use]
    pub fn new(name: &str, holdout: f64, held: Vec<(usize, u64)>) -> Self {
        Self {
            key: name_key(name),
            holdout: (holdout * 4_294_967_296.0) as u64,
            held,
        }
    }

    /// An experiment of a scenario.
    #[must_use]
    pub fn of(scenario: &Scenario, players: &Players, wire: &ExperimentWire) -> Self {
        let place = |name: &String| place_of(scenario, name);
        let places: Vec<usize> = match &wire.hold {
            None => (0..players.channels()).collect(),
            Some(names) => names.iter().filter_map(place).collect(),
        };
        let held = places.into_iter().map(|p| (p, players.masks()[p]));
        Self::new(&wire.name, wire.holdout.get(), held.collect())
    }

    /// What each holdout holds back: places among the players, and channels as bits.
    #[must_use]
    pub fn held(&self) -> &[(usize, u64)] {
        &self.held
    }

    /// The cell of a user, by lot.
    #[must_use]
    pub fn cell(&self, person: Person) -> Cell {
        let lot = person.stream(CELL, self.key).draw(0) >> 32;
        match lot.checked_div(self.holdout) {
            Some(cell) if cell < self.held.len() as u64 => Cell::Held(cell as usize),
            _ => Cell::Open,
        }
    }

    /// Nothing gathered yet.
    #[must_use]
    pub fn start(&self) -> UpliftState {
        UpliftState {
            arms: vec![Arms::default(); self.held.len()],
        }
    }

    /// Takes in a user whom channels would reach if all were on (as bits), and who ordered what is
    /// given in the world of their cell.
    pub fn user(&self, state: &mut UpliftState, cell: Cell, reached: u64, orders: &[Order]) {
        for (place, (arms, (_, held))) in state.arms.iter_mut().zip(&self.held).enumerate() {
            if reached & held == 0 {
                continue;
            }
            arms.reached += 1;
            match cell {
                Cell::Open => arms.open.add(orders),
                Cell::Held(own) if own == place => arms.held.add(orders),
                Cell::Held(_) => {}
            }
        }
    }
}

/// Users of a cell and what they ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sum {
    users: u64,
    orders: i64,
    gmv_fen: Fen,
}

impl Sum {
    fn add(&mut self, orders: &[Order]) {
        self.users += 1;
        self.orders += orders.len() as i64;
        self.gmv_fen += orders.iter().map(|o| o.value).sum::<Fen>();
    }

    /// Orders and value by user.
    fn means(self) -> [f64; 2] {
        let users = self.users as f64;
        [self.orders as f64 / users, self.gmv_fen as f64 / users]
    }
}

impl Merge for Sum {
    fn merge(&mut self, other: Self) {
        self.users += other.users;
        self.orders += other.orders;
        self.gmv_fen += other.gmv_fen;
    }
}

/// What is gathered about one holdout, among users who are reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Arms {
    /// Users reached, in any cell.
    reached: u64,
    open: Sum,
    held: Sum,
}

impl Merge for Arms {
    fn merge(&mut self, other: Self) {
        self.reached += other.reached;
        self.open.merge(other.open);
        self.held.merge(other.held);
    }
}

/// An experiment in the making: a mergeable state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpliftState {
    arms: Vec<Arms>,
}

impl Merge for UpliftState {
    fn merge(&mut self, other: Self) {
        self.arms.merge(other.arms);
    }
}

impl UpliftState {
    /// Orders and value that each holdout finds to be caused; NaN where one side has no user.
    #[must_use]
    pub fn estimate(&self) -> Vec<[f64; 2]> {
        let of = |arms: &Arms| {
            let (open, held) = (arms.open.means(), arms.held.means());
            let reached = arms.reached as f64;
            [reached * (open[0] - held[0]), reached * (open[1] - held[1])]
        };
        self.arms.iter().map(of).collect()
    }

    /// Users of each holdout among those who would have been reached.
    #[must_use]
    pub fn held(&self) -> Vec<u64> {
        self.arms.iter().map(|a| a.held.users).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Root, UserId};

    /// Would catch cells of the wrong size or that overlap. 200,000 users at a share of 0.02: six
    /// standard deviations are 376; the seed is fixed.
    #[test]
    fn cells_have_their_share() {
        let held: Vec<_> = (0..12).map(|c| (c, 1 << c)).collect();
        let design = Design::new("test", 0.02, held.clone());
        let mut users = [0_i64; 12];
        for user in 0..200_000 {
            if let Cell::Held(channel) = design.cell(Root::new(3).user(UserId(user))) {
                users[channel] += 1;
            }
        }
        assert!(users.iter().all(|n| (n - 4_000).abs() < 376), "{users:?}");
        let nobody = Design::new("test", 0.0, held);
        let person = Root::new(3).user(UserId(1));
        assert_eq!(nobody.cell(person), Cell::Open);
    }
}
