//! The Shapley value from random orders of arrival.
//!
//! By definition φ is what a player adds on arrival, averaged over all orders; so the average over
//! random orders is an unbiased estimate (Castro, Gómez and Tejada, 2009). Each order is taken together
//! with its reverse: who came early comes late, so the two err in opposite directions and their mean errs
//! less. Pairs are independent of each other, and the spread of their means gives the standard error.
//!
//! One order costs one look at each set: a set is within the coalition from the arrival of its last
//! player on. The order with number `k` is drawn from the address `k`, so an estimate is the same on
//! every run and machine.

use crate::base::address::{Purpose, Root};

use super::rate::{Sets, worth};

/// Estimates and their standard errors, player by player. One pair has no spread: its error is
/// infinite.
pub(super) fn value(sets: &Sets, pairs: u32) -> (Vec<[f64; 2]>, Vec<[f64; 2]>) {
    let n = sets.players;
    let root = Root::new(0);
    let mut orders = Orders {
        sets,
        places: vec![0; n],
        arriving: vec![[0.0; 3]; n],
    };
    let (mut mean, mut spread) = (vec![[0.0; 2]; n], vec![[0.0; 2]; n]);
    let mut order: Vec<usize> = Vec::new();
    let mut added = vec![[0.0; 2]; n];
    for pair in 0..pairs {
        let mut stream = root.common(Purpose::named("attribute/shapley-order"), pair.into());
        order.clear();
        order.extend(0..n);
        for last in (1..n).rev() {
            let place = (u128::from(stream.next()) * (last as u128 + 1)) >> 64;
            order.swap(last, place as usize);
        }
        added.fill([0.0; 2]);
        orders.walk(&order, &mut added);
        order.reverse();
        orders.walk(&order, &mut added);
        // Welford's running mean and sum of squares.
        let count = f64::from(pair + 1);
        for player in 0..n {
            for kind in 0..2 {
                let off = 0.5 * added[player][kind] - mean[player][kind];
                mean[player][kind] += off / count;
                let after = 0.5 * added[player][kind] - mean[player][kind];
                spread[player][kind] += off * after;
            }
        }
    }
    let count = f64::from(pairs);
    let error = |squares: f64| {
        if pairs > 1 {
            (squares / (count * (count - 1.0))).max(0.0).sqrt()
        } else {
            f64::INFINITY
        }
    };
    let errors = spread.into_iter().map(|s| s.map(error)).collect();
    (mean, errors)
}

struct Orders<'a> {
    sets: &'a Sets,
    places: Vec<usize>,
    /// What comes to lie within the coalition with each arrival.
    arriving: Vec<[f64; 3]>,
}

impl Orders<'_> {
    /// Adds what each player adds in this order.
    fn walk(&mut self, order: &[usize], added: &mut [[f64; 2]]) {
        for (place, player) in order.iter().enumerate() {
            self.places[*player] = place;
        }
        self.arriving.fill([0.0; 3]);
        for (set, sums) in &self.sets.sets {
            let places = set.iter().map(|player| self.places[usize::from(*player)]);
            let arrival = &mut self.arriving[places.max().unwrap_or_default()];
            for (sum, more) in arrival.iter_mut().zip(sums) {
                *sum += more;
            }
        }
        let (mut within, mut before) = ([0.0; 3], [0.0; 2]);
        for (player, arriving) in order.iter().zip(&self.arriving) {
            for (sum, more) in within.iter_mut().zip(arriving) {
                *sum += more;
            }
            let now = worth(within);
            added[*player][0] += now[0] - before[0];
            added[*player][1] += now[1] - before[1];
            before = now;
        }
    }
}
