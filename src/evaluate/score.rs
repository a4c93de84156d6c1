//! How far a model's credit is from the causal truth.
//!
//! Two questions, two numbers. *Which* channels work: the **share error**, the total variation
//! distance between the channels' shares of credit and their shares of what was caused,
//!
//! ```text
//! error = ½ Σ |creditᵦ/Σcredit − causedᵦ/Σcaused|,    over channels; a negative effect counts as 0
//! ```
//!
//! 0: every channel has its due share. 1: all credit went where nothing was caused. It is the part
//! of a budget that a merchant who divides it by the model's credit puts in the wrong place.
//!
//! *How much* they work together: the **overcount**, the ratio of credited to caused orders over
//! all channels. 2: a merchant who believes the model takes its notes to be worth twice what they
//! are. Models that divide every order with a touch cannot be told apart by it; regimes can.
//!
//! A distance is never negative, so noise in the truth adds to it. [`noise_floor`] estimates how
//! much: an error near the floor is not an error.

use crate::attribute::Credit;

use super::truth::Truth;

/// The distance of one model under one regime from the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Share error, 0 to 1; NaN where nothing was credited or nothing caused.
    pub share_error: f64,
    /// Credited ÷ caused orders, all channels together; NaN where nothing was caused.
    pub overcount: f64,
}

/// Scores a credit.
#[must_use]
pub fn score(credit: &Credit, truth: &Truth) -> Score {
    let given: Vec<f64> = credit.by_channel().iter().map(|g| g.conversions).collect();
    let caused = caused(truth);
    let (credited, total) = (given.iter().sum::<f64>(), caused.iter().sum::<f64>());
    Score {
        share_error: distance(&given, &caused),
        overcount: if total > 0.0 {
            credited / total
        } else {
            f64::NAN
        },
    }
}

/// The share error that a perfect model would be given because the truth is known from a sample
/// only: half the distance of two truths from one half of the sample each, times √(1 − f) for a
/// sample of the share `f` of users.
///
/// The halves are independent and have twice the variance, so their difference has four times that
/// of the whole truth, and twice its typical size. Nothing is left to chance when all users are in
/// the sample.
#[must_use]
pub fn noise_floor(one_half: &Truth, other_half: &Truth, sampled: f64) -> f64 {
    let halves = distance(&caused(one_half), &caused(other_half));
    halves / 2.0 * (1.0 - sampled).max(0.0).sqrt()
}

fn caused(truth: &Truth) -> Vec<f64> {
    truth.by_channel.iter().map(|t| t.orders.max(0.0)).collect()
}

/// Total variation distance of two lists taken as shares; NaN where one of them is all zero.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let (all_a, all_b) = (a.iter().sum::<f64>(), b.iter().sum::<f64>());
    if all_a <= 0.0 || all_b <= 0.0 {
        return f64::NAN;
    }
    a.iter()
        .zip(b)
        .map(|(x, y)| (x / all_a - y / all_b).abs())
        .sum::<f64>()
        / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::{Amount, Shape};
    use crate::evaluate::truth::ChannelTruth;

    fn truth(orders: f64, caused: &[f64]) -> Truth {
        let of = |orders: &f64| ChannelTruth {
            orders: *orders,
            ..ChannelTruth::default()
        };
        Truth {
            orders,
            by_channel: caused.iter().map(of).collect(),
            ..Truth::default()
        }
    }

    fn credit(given: &[f64]) -> Credit {
        let mut credit = Credit::new(Shape {
            channels: given.len(),
            groups: 1,
        });
        for (channel, conversions) in given.iter().enumerate() {
            credit.give(
                0,
                channel,
                Amount {
                    conversions: *conversions,
                    value: 0.0,
                },
            );
        }
        credit
    }

    /// Would catch an error that is not a distance between two divisions of one whole.
    #[test]
    fn error_by_hand() {
        let truth = truth(100.0, &[15.0, 5.0]);
        let right = score(&credit(&[30.0, 10.0]), &truth);
        assert_eq!((right.share_error, right.overcount), (0.0, 2.0));
        assert_eq!(score(&credit(&[10.0, 10.0]), &truth).share_error, 0.25);
        assert_eq!(score(&credit(&[0.0, 4.0]), &truth).share_error, 0.75);
        assert!(score(&credit(&[0.0, 0.0]), &truth).share_error.is_nan());
    }

    /// Would catch a floor that is not zero when both halves agree.
    #[test]
    fn floor_by_hand() {
        let (a, b) = (truth(10.0, &[3.0, 1.0]), truth(10.0, &[1.0, 1.0]));
        assert_eq!(noise_floor(&a, &a, 0.1), 0.0);
        assert_eq!(noise_floor(&a, &b, 0.0), 0.125);
        assert_eq!(noise_floor(&a, &b, 0.75), 0.0625);
        assert_eq!(noise_floor(&a, &b, 1.0), 0.0);
    }
}
