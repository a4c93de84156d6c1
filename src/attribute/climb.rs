//! Weights that climb to the end, by place or by moment.
//!
//! Time decay needs times. Aggregated paths have none, and many analysts let the place in the path
//! stand for them. With places `i = 0 … n−1`:
//!
//! ```text
//! position:decay            w(i) = i + 1               1, 2, …, n
//! position:geometric:R      w(i) = R^(n−1−i)           …, R², R, 1        0 < R < 1
//! time-decay:rank           w(i) = 0.5^r(i)            r: how many moments come later
//! ```
//!
//! scaled to make one. The first is `attribution_position_decay` of DP6's Marketing Attribution
//! Models; the second, with R = 0.5, is what libraries call time decay when they have no times.
//!
//! The third counts *moments*, so that touches of the same second weigh the same whatever order the
//! file has them in: `r` is the dense rank of a touch's time, from the end. Where no two touches
//! share a moment, and where times are not known (each touch is then a moment of its own), it is
//! `position:geometric`.
//!
//! Long paths: the last touch weighs 1, so nothing is divided by zero, and weights that are too
//! small for a number are nothing, as they should be.

use crate::journey::Journey;

use super::halving::power_of_two;
use super::ledger::Split;
use super::names::ModelError;
use super::rule::Rule;

/// Weights 1, 2, … to the last touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PositionDecay;

/// Each touch weighs a given part of the one after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometric {
    ratio: f64,
}

/// Weights that halve with every moment before the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRank;

impl Geometric {
    /// With the weight of a touch over that of the touch after it.
    ///
    /// # Errors
    ///
    /// When it is not between 0 and 1: at 1 it would be [`Linear`](super::Linear), at 0
    /// [`Last`](super::Last).
    pub fn new(ratio: f64) -> Result<Self, ModelError> {
        if ratio > 0.0 && ratio < 1.0 {
            Ok(Self { ratio })
        } else {
            Err(ModelError::ratio(ratio))
        }
    }
}

/// One half.
impl Default for Geometric {
    fn default() -> Self {
        Self { ratio: 0.5 }
    }
}

/// Divides in proportion to weights, which come from the last touch backwards; the first is 1.
#[inline]
fn backwards(
    channels: &[u16],
    split: &mut Split<'_>,
    scratch: &mut Vec<f64>,
    weights: impl Iterator<Item = f64>,
) {
    let Some((last, earlier)) = channels.split_last() else {
        return;
    };
    scratch.clear();
    scratch.extend(weights.take(channels.len()));
    // The smallest first, here and below, so that the two sums agree.
    let scale = 1.0 / scratch.iter().rev().sum::<f64>();
    let mut upto = 0.0;
    for (channel, weight) in earlier.iter().zip(scratch.iter().rev()) {
        upto += weight;
        split.upto(*channel, upto * scale);
    }
    split.rest(*last);
}

impl Rule for PositionDecay {
    type Scratch = ();

    fn label(&self) -> String {
        "position:decay".into()
    }

    #[inline(always)]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, (): &mut ()) {
        let Some((last, earlier)) = journey.channels.split_last() else {
            return;
        };
        // 1 + 2 + … + k = k (k + 1) / 2.
        let n = journey.channels.len() as f64;
        let scale = 1.0 / (n * (n + 1.0));
        for (i, channel) in earlier.iter().enumerate() {
            let k = (i + 1) as f64;
            split.upto(*channel, k * (k + 1.0) * scale);
        }
        split.rest(*last);
    }
}

impl Rule for Geometric {
    type Scratch = Vec<f64>;

    fn label(&self) -> String {
        if *self == Self::default() {
            "position:geometric".into()
        } else {
            format!("position:geometric:{}", self.ratio)
        }
    }

    #[inline(always)]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, scratch: &mut Vec<f64>) {
        let weights = std::iter::successors(Some(1.0), |weight| Some(weight * self.ratio));
        backwards(journey.channels, split, scratch, weights);
    }
}

impl Rule for TimeRank {
    type Scratch = Vec<f64>;

    fn label(&self) -> String {
        "time-decay:rank".into()
    }

    #[inline(always)]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, scratch: &mut Vec<f64>) {
        let hours = journey.hours_before_end;
        let mut rank = 0.0;
        let weights = (0..hours.len()).rev().map(|place| {
            // A time that is not known equals none, itself included.
            if hours
                .get(place + 1)
                .is_some_and(|next| hours[place] != *next)
            {
                rank += 1.0;
            }
            power_of_two(-rank)
        });
        backwards(journey.channels, split, scratch, weights);
    }
}
