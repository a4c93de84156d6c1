//! What the games of channels have in common: who plays, and what there is to hand out.

use super::markov::Totals;
use super::model::Shape;
use super::patterns::{Sorted, Tally};

/// Channels that any journey touched, in order. A row that stands for no journey and no value touches
/// nothing. The patterns are sets.
pub(super) fn players(sorted: &Sorted<'_>, shape: Shape) -> Vec<usize> {
    let mut plays = vec![false; shape.channels];
    for seen in sorted.seen.iter().filter(|s| s.all != Tally::default()) {
        for channel in seen.key {
            plays[usize::from(*channel)] = true;
        }
    }
    (0..shape.channels).filter(|c| plays[*c]).collect()
}

/// What each group brought, and all conversions and nulls.
pub(super) fn totals(sorted: &Sorted<'_>, shape: Shape) -> (Vec<Totals>, [u64; 2]) {
    let mut groups = vec![Totals::default(); shape.groups];
    for seen in &sorted.seen {
        for (group, tally) in sorted.groups(seen) {
            groups[group].add(tally.conversions, tally.value, seen.key.is_empty());
        }
    }
    let all = sorted.all();
    let end = |count: i128| u64::try_from(count).unwrap_or(u64::MAX);
    (groups, [end(all.conversions), end(all.nulls)])
}

/// What an arrival counts in the Shapley value of `n` players if `s` came before: s!(n−s−1)!/n!, for s
/// from 0 to n − 1, and nothing for s = n.
pub(super) fn weights(n: usize) -> Vec<f64> {
    // 1 / (n · C(n−1, s)); where the binomial is beyond floats, the weight is zero to all digits. It
    // is as far from one end as from the other.
    let mut ways = n as f64;
    let mut weights = vec![0.0; n + 1];
    for s in 0..n.div_ceil(2) {
        weights[s] = 1.0 / ways;
        weights[n - 1 - s] = weights[s];
        ways *= (n - 1 - s) as f64 / (s + 1) as f64;
    }
    weights
}

#[cfg(test)]
mod tests {
    /// Would catch weights that are not those of the average over all orders of arrival.
    #[test]
    fn weights_are_those_of_orders() {
        assert_eq!(super::weights(1), [1.0, 0.0]);
        let third = 1.0 / 3.0;
        assert_eq!(super::weights(3), [third, third / 2.0, third, 0.0]);
        let many = super::weights(2_000);
        assert!(many.iter().all(|w| (0.0..=0.001).contains(w)));
        assert!((many[1999] * 2_000.0 - 1.0).abs() < 1e-9);
    }
}
