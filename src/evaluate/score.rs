//! How far a model's credit is from the causal truth.
//!
//! *Which* channels work: the **share error**, the total variation distance between the channels'
//! shares of credit and their shares of what was caused,
//!
//! ```text
//! error = ½ Σ |creditᵦ/Σcredit − causedᵦ/Σcaused|,    over channels; a negative effect counts as 0
//! ```
//!
//! 0: every channel has its due share. 1: all credit went where nothing was caused. It is the part
//! of a budget that a merchant who divides it by the model's credit puts in the wrong place. The
//! **group error** is the same between groups of merchants: whose notes work.
//!
//! In which *order*: the **rank** agreement, Kendall's τ-b between credit and what was caused, over
//! channels (Kendall, 1945, *The treatment of ties in ranking problems*). 1: the same order, −1: the
//! reverse.
//!
//! *How much* they work together: the **overcount**, the ratio of credited to caused orders over
//! all channels. 2: a merchant who believes the model takes its notes to be worth twice what they
//! are. Models that divide every order with a touch cannot be told apart by it; regimes can.
//!
//! What it *pays*: return on advertising is the value of orders by what was [spent](Spend) on the
//! channels they are credited to. Measured return less the incremental return that the truth gives,
//! weighted by what each group of merchants spends: its mean is the **bias**, its root mean square
//! the **error** of return.
//!
//! A distance is never negative, so noise in the truth adds to it. [`noise_floor`] estimates how
//! much: an error near the floor is not an error.

use crate::attribute::Credit;
use crate::base::Fen;

use super::truth::Truth;

/// The distance of one model under one regime from the truth. NaN where a quotient has nothing to
/// stand on: nothing credited, nothing caused, nothing spent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// Share error over channels, 0 to 1.
    pub share_error: f64,
    /// Share error over groups of merchants, 0 to 1.
    pub group_error: f64,
    /// Kendall's τ-b over channels, −1 to 1.
    pub rank: f64,
    /// Credited ÷ caused orders, all channels together.
    pub overcount: f64,
    /// Measured return: credited value ÷ spending, on channels that money is spent on.
    pub roi: f64,
    /// Measured return less incremental return.
    pub roi_bias: f64,
    /// Root mean square of the same over groups of merchants, weighted by what they spend.
    pub roi_rmse: f64,
    /// Credited less caused orders, by channel.
    pub bias: Vec<f64>,
}

/// What merchants spend on advertising, in fen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spend {
    /// By group of merchants, then by channel.
    by_group: Vec<Vec<f64>>,
}

impl Spend {
    /// By group of merchants, then by channel.
    #[must_use]
    pub fn new(by_group: &[Vec<Fen>]) -> Self {
        let row = |row: &Vec<Fen>| row.iter().map(|fen| *fen as f64).collect();
        Self {
            by_group: by_group.iter().map(row).collect(),
        }
    }

    /// What a part of the users stands for: spending in proportion.
    #[must_use]
    pub fn part(&self, share: f64) -> Self {
        let row = |row: &Vec<f64>| row.iter().map(|fen| fen * share).collect();
        Self {
            by_group: self.by_group.iter().map(row).collect(),
        }
    }

    /// By channel, all groups together.
    #[must_use]
    pub fn by_channel(&self) -> Vec<f64> {
        let channels = self.by_group.first().map_or(0, Vec::len);
        let of = |c: usize| self.by_group.iter().map(|row| row[c]).sum();
        (0..channels).map(of).collect()
    }

    /// Channels that money is spent on.
    fn paid(&self) -> Vec<bool> {
        self.by_channel().iter().map(|fen| *fen > 0.0).collect()
    }

    /// Value by group of merchants, on channels that money is spent on.
    fn value(&self, cell: &dyn Fn(usize, usize) -> f64) -> Vec<f64> {
        let paid = self.paid();
        let channels = |group| {
            let on = paid.iter().enumerate().filter(|(_, paid)| **paid);
            on.map(|(channel, _)| cell(group, channel)).sum()
        };
        (0..self.by_group.len()).map(channels).collect()
    }

    fn of_groups(&self) -> Vec<f64> {
        self.by_group.iter().map(|row| row.iter().sum()).collect()
    }

    /// Incremental return on all that is spent: caused value ÷ spending.
    #[must_use]
    pub fn incremental_roi(&self, truth: &Truth) -> f64 {
        let caused = self.value(&|group, channel| truth.by_group[channel][group].gmv_fen);
        ratio(caused.iter().sum(), self.of_groups().iter().sum())
    }
}

/// Scores a credit; money was spent on the same users' advertising.
#[must_use]
pub fn score(credit: &Credit, truth: &Truth, spend: &Spend) -> Score {
    let given: Vec<f64> = credit.by_channel().iter().map(|g| g.conversions).collect();
    let groups: Vec<f64> = credit.by_group().iter().map(|g| g.conversions).collect();
    let caused_by_group: Vec<f64> = (0..groups.len())
        .map(|g| truth.by_group.iter().map(|c| c[g].orders).sum())
        .collect();
    let (roi, roi_bias, roi_rmse) = returns(credit, truth, spend);
    Score {
        group_error: distance(&groups, &caused_by_group),
        roi,
        roi_bias,
        roi_rmse,
        ..of_channels(&given, truth)
    }
}

/// The scores that need no more than each channel's orders.
#[must_use]
pub fn of_channels(given: &[f64], truth: &Truth) -> Score {
    let caused = caused(truth);
    let bias = given.iter().zip(&truth.by_channel);
    Score {
        share_error: distance(given, &caused),
        group_error: f64::NAN,
        rank: kendall(given, &caused),
        overcount: ratio(given.iter().sum(), caused.iter().sum()),
        roi: f64::NAN,
        roi_bias: f64::NAN,
        roi_rmse: f64::NAN,
        bias: bias.map(|(g, t)| g - t.orders).collect(),
    }
}

/// Measured return, its bias, and its error by group.
fn returns(credit: &Credit, truth: &Truth, spend: &Spend) -> (f64, f64, f64) {
    let credited = spend.value(&|group, channel| credit.cell(group, channel).value);
    let caused = spend.value(&|group, channel| truth.by_group[channel][group].gmv_fen);
    let spent = spend.of_groups();
    let all: f64 = spent.iter().sum();
    let roi = ratio(credited.iter().sum(), all);
    let squares = spent.iter().zip(credited.iter().zip(&caused));
    let squares = squares.filter(|(spent, _)| **spent > 0.0);
    let squares: f64 = squares
        .map(|(spent, (credited, caused))| {
            let off = (credited - caused) / spent;
            spent / all * off * off
        })
        .sum();
    let rmse = if all > 0.0 { squares.sqrt() } else { f64::NAN };
    (roi, roi - spend.incremental_roi(truth), rmse)
}

fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { f64::NAN }
}

/// Kendall's τ-b of two lists; NaN where one of them is all alike.
fn kendall(a: &[f64], b: &[f64]) -> f64 {
    let (mut agree, mut in_a, mut in_b) = (0.0, 0.0, 0.0);
    for i in 0..a.len() {
        for j in 0..i {
            let sign = |x: &[f64]| match x[i].total_cmp(&x[j]) {
                std::cmp::Ordering::Less => -1.0,
                std::cmp::Ordering::Equal => 0.0,
                std::cmp::Ordering::Greater => 1.0_f64,
            };
            let (x, y) = (sign(a), sign(b));
            agree += x * y;
            in_a += x * x;
            in_b += y * y;
        }
    }
    ratio(agree, (in_a * in_b).sqrt())
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

/// How far a model's shares of credit would move with other users: half the distance between its
/// credits from two halves of the users, by the same reasoning as [`noise_floor`]. NaN where one
/// half got no credit.
#[must_use]
pub fn unsteadiness(one_half: &Credit, other_half: &Credit) -> f64 {
    let of = |credit: &Credit| -> Vec<f64> {
        let channels = credit.by_channel().into_iter();
        channels.map(|a| a.conversions.max(0.0)).collect()
    };
    distance(&of(one_half), &of(other_half)) / 2.0
}

fn caused(truth: &Truth) -> Vec<f64> {
    truth.by_channel.iter().map(|t| t.orders.max(0.0)).collect()
}

/// Total variation distance of two lists taken as shares, what is negative taken as nothing; NaN
/// where one of them is all zero.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let sum = |x: &[f64]| x.iter().map(|v| v.max(0.0)).sum::<f64>();
    let (all_a, all_b) = (sum(a), sum(b));
    if all_a.is_nan() || all_b.is_nan() || all_a <= 0.0 || all_b <= 0.0 {
        return f64::NAN;
    }
    a.iter()
        .zip(b)
        .map(|(x, y)| (x.max(0.0) / all_a - y.max(0.0) / all_b).abs())
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
            gmv_fen: *orders * 100.0,
            ..ChannelTruth::default()
        };
        Truth {
            orders,
            by_channel: caused.iter().map(of).collect(),
            by_group: caused.iter().map(|o| vec![of(o)]).collect(),
            ..Truth::default()
        }
    }

    fn credit(given: &[f64]) -> Credit {
        let mut credit = Credit::new(Shape {
            channels: given.len(),
            groups: 1,
        });
        for (channel, conversions) in given.iter().enumerate() {
            let value = *conversions * 100.0;
            let amount = Amount {
                conversions: *conversions,
                value,
            };
            credit.give(0, channel, amount);
        }
        credit
    }

    /// Would catch an error that is not a distance between two divisions of one whole.
    #[test]
    fn error_by_hand() {
        let truth = truth(100.0, &[15.0, 5.0]);
        let none = Spend::new(&[vec![0, 0]]);
        let score = |given: &[f64]| score(&credit(given), &truth, &none);
        let right = score(&[30.0, 10.0]);
        assert_eq!((right.share_error, right.overcount), (0.0, 2.0));
        assert_eq!((right.rank, right.bias), (1.0, vec![15.0, 5.0]));
        assert_eq!(score(&[10.0, 10.0]).share_error, 0.25);
        assert_eq!(score(&[0.0, 4.0]).share_error, 0.75);
        assert_eq!(score(&[0.0, 4.0]).rank, -1.0);
        assert!(score(&[0.0, 0.0]).share_error.is_nan());
        assert!(right.roi.is_nan() && right.roi_rmse.is_nan());
    }

    /// Would catch return on channels that nobody pays for, or an error that does not weigh groups
    /// by what they spend. Group 0 spends 100 fen on channel 0 and is credited 300 where 200 were
    /// caused; group 1 spends 300 and is credited 300 where 600 were caused.
    #[test]
    fn return_by_hand() {
        let cell = |gmv_fen| ChannelTruth {
            gmv_fen,
            orders: 1.0,
            ..ChannelTruth::default()
        };
        let truth = Truth {
            by_channel: vec![cell(800.0), cell(70.0)],
            by_group: vec![vec![cell(200.0), cell(600.0)], vec![cell(50.0), cell(20.0)]],
            ..Truth::default()
        };
        let shape = Shape {
            channels: 2,
            groups: 2,
        };
        let mut credit = Credit::new(shape);
        for (group, channel, value) in [(0, 0, 300.0), (1, 0, 300.0), (0, 1, 999.0)] {
            let conversions = 1.0;
            credit.give(group, channel, Amount { conversions, value });
        }
        let spend = Spend::new(&[vec![100, 0], vec![300, 0]]);
        assert_eq!(spend.incremental_roi(&truth), 2.0);
        let score = score(&credit, &truth, &spend);
        assert_eq!((score.roi, score.roi_bias), (1.5, -0.5));
        // Off by +1 where a quarter is spent and by −1 where the rest is.
        assert!((score.roi_rmse - 1.0).abs() < 1e-12);
    }

    /// Would catch a rank that ties or size disturb.
    #[test]
    fn rank_by_hand() {
        assert_eq!(kendall(&[1.0, 2.0, 3.0], &[5.0, 6.0, 70.0]), 1.0);
        assert_eq!(kendall(&[1.0, 2.0, 3.0], &[6.0, 5.0, 70.0]), 1.0 / 3.0);
        // One tie in the first: (2) / √(2·3).
        let tied = kendall(&[1.0, 1.0, 3.0], &[1.0, 2.0, 3.0]);
        assert!((tied - 2.0 / 6.0_f64.sqrt()).abs() < 1e-12);
        assert!(kendall(&[1.0, 1.0], &[1.0, 2.0]).is_nan());
    }

    /// Would catch a floor that is not zero when both halves agree.
    #[test]
    fn floor_by_hand() {
        let (a, b) = (truth(10.0, &[3.0, 1.0]), truth(10.0, &[1.0, 1.0]));
        assert_eq!(noise_floor(&a, &a, 0.1), 0.0);
        assert_eq!(noise_floor(&a, &b, 0.0), 0.125);
        assert_eq!(noise_floor(&a, &b, 0.75), 0.0625);
        assert_eq!(noise_floor(&a, &b, 1.0), 0.0);
        let (a, b) = (credit(&[3.0, 1.0]), credit(&[1.0, 1.0]));
        assert_eq!((unsteadiness(&a, &a), unsteadiness(&a, &b)), (0.0, 0.125));
    }
}
