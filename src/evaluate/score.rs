//! How far a model's credit is from the causal truth.
//!
//! The **share error** is the total variation distance between two ways of dividing all orders:
//! among the channels, and *nobody* (orders that would have been made anyway; for a model, orders
//! that it credits to no channel):
//!
//! ```text
//! error = ½ Σ |creditᵦ − truthᵦ| / orders,    b over channels and nobody
//! ```
//!
//! 0: right for every channel. 1: everything in the wrong place. It counts credit for orders that
//! nobody caused as the error it is; a model that only ranks channels well does not score well.
//!
//! The **overcount** is the ratio of credited to caused orders over all channels: what a merchant
//! who believes the model takes its marketing to be worth, in multiples of what it is worth.

use crate::attribute::Credit;

use super::truth::Truth;

/// The distance of one model under one regime from the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Share error in orders, 0 to 1.
    pub share_error: f64,
    /// Credited ÷ caused orders, all channels together.
    pub overcount: f64,
}

/// Scores a credit.
#[must_use]
pub fn score(credit: &Credit, truth: &Truth) -> Score {
    if truth.orders <= 0.0 {
        return Score::default();
    }
    let given = credit.by_channel();
    let pairs = given.iter().zip(&truth.by_channel);
    let wrong: f64 = pairs.map(|(g, t)| (g.conversions - t.orders).abs()).sum();
    let credited: f64 = given.iter().map(|g| g.conversions).sum();
    let caused: f64 = truth.by_channel.iter().map(|t| t.orders).sum();
    // Credit and what is left over make up all orders, so for nobody the difference is this.
    let nobody = (credited - caused).abs();
    Score {
        share_error: (wrong + nobody) / 2.0 / truth.orders,
        overcount: if caused > 0.0 { credited / caused } else { f64::INFINITY },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::{Amount, Shape};
    use crate::evaluate::truth::ChannelTruth;

    fn truth(orders: f64, caused: &[f64]) -> Truth {
        let of = |orders: &f64| ChannelTruth { orders: *orders, ..ChannelTruth::default() };
        Truth {
            orders,
            by_channel: caused.iter().map(of).collect(),
            ..Truth::default()
        }
    }

    fn credit(given: &[f64]) -> Credit {
        let mut credit = Credit::new(Shape { channels: given.len(), groups: 1 });
        for (channel, conversions) in given.iter().enumerate() {
            credit.give(0, channel, Amount { conversions: *conversions, value: 0.0 });
        }
        credit
    }

    /// Would catch an error that is not a distance of divisions of the same orders.
    #[test]
    fn error_by_hand() {
        let truth = truth(100.0, &[10.0, 5.0]);
        assert_eq!(score(&credit(&[10.0, 5.0]), &truth).share_error, 0.0);
        assert_eq!(score(&credit(&[5.0, 10.0]), &truth).share_error, 0.05);
        let all = score(&credit(&[100.0, 0.0]), &truth);
        assert_eq!(all.share_error, 0.9);
        assert!((all.overcount - 100.0 / 15.0).abs() < 1e-12);
        assert_eq!(score(&credit(&[0.0, 0.0]), &truth).share_error, 0.15);
    }
}
