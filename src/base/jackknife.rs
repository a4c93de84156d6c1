//! Uncertainty by the delete-a-group jackknife.
//!
//! Users are independent, their orders are not: an interval has to come from users. They are dealt
//! into `G` groups; a statistic is computed `G` times more with one group left out each time, and
//! the spread of those values is its variance (Kott, 2001, *The delete-a-group jackknife*):
//!
//! ```text
//! var = (G−1)/G · Σ (θ₋g − θ)²
//! ```
//!
//! It holds for any smooth statistic, fitted models included, at the cost of `G` small states.

use serde::{Deserialize, Serialize};

use super::math;

/// An interval of 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Whether zero lies inside: the difference cannot be told from none.
    #[must_use]
    pub fn crosses_zero(self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }

    /// Half the width.
    #[must_use]
    pub fn half(self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

/// The interval around `estimate` from the estimates with one group left out each.
///
/// Student's t with G−1 degrees of freedom. `None` with fewer than three groups: nothing can be
/// said about the spread then.
#[must_use]
pub fn jackknife(estimate: f64, without_one: &[f64]) -> Option<Interval> {
    let groups = without_one.len();
    if groups < 3 {
        return None;
    }
    let g = groups as f64;
    let squares: f64 = without_one
        .iter()
        .map(|v| (v - estimate) * (v - estimate))
        .sum();
    let error = (squares * (g - 1.0) / g).sqrt();
    let half = math::student_quantile(0.975, g - 1.0) * error;
    Some(Interval {
        low: estimate - half,
        high: estimate + half,
    })
}

#[cfg(test)]
mod tests {
    use super::super::address::{Purpose, Root};
    use super::*;

    /// Would catch a wrong factor: for a mean the jackknife is the textbook standard error.
    #[test]
    fn the_mean_has_its_textbook_error() {
        let values: Vec<f64> = (0..40).map(|i| f64::from(i * i % 17)).collect();
        let n = values.len() as f64;
        let total: f64 = values.iter().sum();
        let mean = total / n;
        let without: Vec<f64> = values.iter().map(|v| (total - v) / (n - 1.0)).collect();
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
        let expected = math::student_quantile(0.975, n - 1.0) * (variance / n).sqrt();
        let interval = jackknife(mean, &without).unwrap();
        assert!((interval.half() / expected - 1.0).abs() < 1e-9);
    }

    /// Would catch intervals that do not cover: 2,000 fixed replicates of a mean of 32 uniforms.
    /// Coverage of a 95 % interval is Binomial(2000, .95): the bounds are 6 standard deviations
    /// out, a false alarm of 2e-9, and the seed is fixed.
    #[test]
    fn intervals_cover() {
        let root = Root::new(7);
        let covered = (0..2_000_u64)
            .filter(|r| {
                let mut stream = root.common(Purpose::named("cover"), *r);
                let values: Vec<f64> = (0..32).map(|_| stream.next_unit()).collect();
                let total: f64 = values.iter().sum();
                let without: Vec<f64> = values.iter().map(|v| (total - v) / 31.0).collect();
                let interval = jackknife(total / 32.0, &without).unwrap();
                interval.low <= 0.5 && 0.5 <= interval.high
            })
            .count();
        assert!((1_842..=1_958).contains(&covered), "{covered}");
    }
}
