//! From the credit of the journeys kept to that of all.
//!
//! Group by group, credit of the sample is scaled to the group's true conversions and value (a ratio
//! estimator). Where everything was kept the scale is one, and credit stays as it is, bit for bit.

use super::super::credit::{Amount, Credit};
use super::timed::{Sold, Timed};

/// A sample's value is no measure of the whole if it is off by more than this: it cancels.
const OFF: f64 = 4.0;

/// `credit` is that of the sample, whose groups brought what was `given`.
pub(super) fn to_all(state: &Timed, credit: &Credit, given: &[Sold]) -> Credit {
    let conversions = |shares: Vec<Amount>| -> Vec<f64> {
        let shares = shares.into_iter();
        shares.map(|share| share.conversions).collect()
    };
    let overall = conversions(credit.shares());
    let mut raised = Credit::new(state.shape);
    for (group, (given, all)) in given.iter().zip(&state.touched).enumerate() {
        let whole = all.amount();
        let shares = if given.conversions > 0 {
            conversions(credit.shares_in(group))
        } else {
            overall.clone()
        };
        let scale = scale(*given, *all, state.sample.rate());
        // What the shares divide in place of the sample's own credit.
        let divided = Amount {
            conversions: if given.conversions == all.conversions {
                0.0
            } else {
                whole.conversions
            },
            value: if scale.is_some() { 0.0 } else { whole.value },
        };
        let own = Amount {
            conversions: if given.conversions == all.conversions {
                1.0
            } else {
                0.0
            },
            value: scale.unwrap_or(0.0),
        };
        let place = |from: Amount, share: f64| Amount {
            conversions: own.conversions * from.conversions + share * divided.conversions,
            value: own.value * from.value + share * divided.value,
        };
        for (channel, share) in shares.iter().enumerate() {
            raised.give(group, channel, place(credit.cell(group, channel), *share));
        }
        let nobody = if shares.iter().all(|share| *share == 0.0) {
            1.0
        } else {
            0.0
        };
        raised.leave(group, place(credit.unattributed(group), nobody));
        raised.leave(group, state.empty[group].amount());
    }
    raised
}

/// By how much the sample's value is raised, if it is a measure of the whole.
fn scale(given: Sold, all: Sold, rate: f64) -> Option<f64> {
    if given.value == all.value {
        return Some(1.0);
    }
    let scale = all.value as f64 / given.value as f64;
    let off = scale * rate;
    (off > 1.0 / OFF && off < OFF).then_some(scale)
}
