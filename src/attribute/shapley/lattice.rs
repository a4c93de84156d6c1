//! The Shapley value by all 2ⁿ coalitions.
//!
//! What lies within each coalition comes from what has exactly its channels, by summing over one
//! channel at a time (the *zeta transform* of the lattice of sets): n·2ⁿ additions instead of 4ⁿ. Then
//! each coalition tells each of its absent players what it would add.

use super::super::game::weights;
use super::rate::{Sets, worth};

/// φ of each player, in conversions and in value.
pub(super) fn value(sets: &Sets) -> Vec<[f64; 2]> {
    let n = sets.players;
    let mut within = vec![[0.0; 3]; 1 << n];
    for (set, sums) in &sets.sets {
        let mask = set.iter().fold(0_usize, |mask, player| mask | 1 << player);
        within[mask] = *sums;
    }
    for player in 0..n {
        let bit = 1 << player;
        for set in (0..within.len()).filter(|set| set & bit != 0) {
            let less = within[set ^ bit];
            for (sum, less) in within[set].iter_mut().zip(less) {
                *sum += less;
            }
        }
    }
    let v: Vec<[f64; 2]> = within.into_iter().map(worth).collect();
    let weights = weights(n);
    let mut phi = vec![[0.0; 2]; n];
    for (player, phi) in phi.iter_mut().enumerate() {
        let bit = 1 << player;
        for set in (0..v.len()).filter(|set| set & bit == 0) {
            let weight = weights[set.count_ones() as usize];
            phi[0] += weight * (v[set | bit][0] - v[set][0]);
            phi[1] += weight * (v[set | bit][1] - v[set][1]);
        }
    }
    phi
}
