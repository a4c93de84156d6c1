//! Draws from a continuous distribution by a table of its quantile function.
//!
//! `ln`, `exp` and `pow` cost 5–20 ns; a table in the cache costs one. A table of 2ⁿ cells with
//! linear interpolation has the distribution's quantiles exactly at the cell borders; the tails
//! are cut at half a cell (probability 2⁻ⁿ⁻¹ on each side). Where a mean matters it is restored by
//! scaling ([`QuantileTable::with_mean`]). `tests/samplers.rs` compares the tables with
//! `rand_distr`.

use super::math;

/// A continuous distribution, as its quantiles at equal steps of probability.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantileTable {
    values: Vec<f32>,
    shift: u32,
}

impl QuantileTable {
    /// Tabulates `quantile`, a non-decreasing function of a probability in (0, 1), in 2^`bits`
    /// cells (`bits` is held to 1..=16).
    #[must_use]
    pub fn new(bits: u32, quantile: impl Fn(f64) -> f64) -> Self {
        let bits = bits.clamp(1, 16);
        let cells = f64::from(1_u32 << bits);
        let values = (0..=1_u32 << bits)
            .map(|i| {
                let p = (f64::from(i) / cells).clamp(0.5 / cells, 1.0 - 0.5 / cells);
                quantile(p) as f32
            })
            .collect();
        Self {
            values,
            shift: 32 - bits,
        }
    }

    /// A lognormal distribution of median e^`mu`.
    #[must_use]
    pub fn lognormal(bits: u32, mu: f64, sigma: f64) -> Self {
        Self::new(bits, |p| math::exp(mu + sigma * math::normal_quantile(p)))
    }

    /// An exponential distribution, by its mean.
    #[must_use]
    pub fn exponential(bits: u32, mean: f64) -> Self {
        Self::new(bits, |p| -mean * math::ln_1p(-p)).with_mean(mean)
    }

    /// A Beta distribution, by numeric integration of its density.
    ///
    /// `a` and `b` must be positive; the quantiles are right to about 1e-4 of the unit interval.
    #[must_use]
    pub fn beta(bits: u32, a: f64, b: f64) -> Self {
        // The substitution x = s(t) with s = t^k/(t^k+(1-t)^k) flattens the poles at both ends.
        let steps = 1 << 14;
        let power = 3.0 / a.min(b).min(1.0);
        let place = |t: f64| {
            let (up, down) = (math::pow(t, power), math::pow(1.0 - t, power));
            up / (up + down)
        };
        let mut cumulated = Vec::with_capacity(steps + 1);
        let mut sum = 0.0;
        cumulated.push((0.0, 0.0));
        let mut before = 0.0;
        for i in 1..=steps {
            let x = place(i as f64 / steps as f64);
            let t = (i as f64 - 0.5) / steps as f64;
            let (below, above) = (place(t), place(1.0 - t));
            let density = math::exp((a - 1.0) * math::ln(below) + (b - 1.0) * math::ln(above));
            sum += density * (x - before);
            before = x;
            cumulated.push((sum, x));
        }
        Self::new(bits, |p| {
            let target = p * sum;
            let after = cumulated.partition_point(|(s, _)| *s < target).max(1);
            let ((s0, x0), (s1, x1)) = (cumulated[after - 1], cumulated[after.min(steps)]);
            if s1 > s0 {
                x0 + (x1 - x0) * (target - s0) / (s1 - s0)
            } else {
                x1
            }
        })
        .with_mean(a / (a + b))
    }

    /// The same table scaled so that its mean is `mean` exactly (to float rounding).
    #[must_use]
    pub fn with_mean(mut self, mean: f64) -> Self {
        let now = self.mean();
        if now != 0.0 {
            let scale = mean / now;
            for value in &mut self.values {
                *value = (f64::from(*value) * scale) as f32;
            }
        }
        self
    }

    /// A function of the values, tabulated: `powers` of a preference without a `pow` a draw.
    #[must_use]
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self {
            values: self
                .values
                .iter()
                .map(|v| f(f64::from(*v)) as f32)
                .collect(),
            shift: self.shift,
        }
    }

    /// The mean of what [`QuantileTable::pick`] gives.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let cells = (self.values.len() - 1) as f64;
        let pairs = self.values.windows(2);
        pairs
            .map(|w| (f64::from(w[0]) + f64::from(w[1])) / 2.0)
            .sum::<f64>()
            / cells
    }

    /// The quantile at 32 uniform bits.
    #[inline(always)]
    #[must_use]
    pub fn pick(&self, bits: u32) -> f32 {
        let cell = (bits >> self.shift) as usize;
        let within = bits & ((1 << self.shift) - 1);
        let part = within as f32 * (1.0 / (1_u64 << self.shift) as f32);
        // One bounds check for the pair.
        let pair = &self.values[cell..cell + 2];
        pair[0] + (pair[1] - pair[0]) * part
    }
}

/// A continuous distribution, as 4,096 equally likely values: the quantiles in the middle of as many
/// equal parts. Coarser than a [`QuantileTable`] (nothing between the values, tails cut at
/// probability 2⁻¹³ on each side) and three times as fast: a draw is one load.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantiles {
    values: Box<[f32; 1 << Quantiles::BITS]>,
}

impl Quantiles {
    /// Uniform bits that a draw takes.
    pub const BITS: u32 = 12;

    /// Tabulates `quantile`, a non-decreasing function of a probability in (0, 1).
    #[must_use]
    pub fn new(quantile: impl Fn(f64) -> f64) -> Self {
        let cells = f64::from(1_u32 << Self::BITS);
        let values = std::array::from_fn(|i| quantile((i as f64 + 0.5) / cells) as f32);
        Self {
            values: Box::new(values),
        }
    }

    /// The same distribution, coarser.
    #[must_use]
    pub fn of(table: &QuantileTable) -> Self {
        Self::new(|p| f64::from(table.pick((p * 4_294_967_296.0) as u32)))
    }

    /// The quantile at the lowest 12 of these bits.
    #[inline(always)]
    #[must_use]
    pub fn pick(&self, bits: u64) -> f32 {
        self.values[bits as usize % (1 << Self::BITS)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a table that is off by a cell, or not monotone.
    #[test]
    fn quantiles_are_those_of_the_distribution() {
        let table = QuantileTable::lognormal(12, 1.0, 0.5);
        for i in 1..100_u32 {
            let p = f64::from(i) / 100.0;
            let bits = (p * 4_294_967_296.0) as u32;
            let exact = math::exp(1.0 + 0.5 * math::normal_quantile(p));
            assert!((f64::from(table.pick(bits)) / exact - 1.0).abs() < 1e-4);
        }
        assert!(table.pick(0) < table.pick(u32::MAX));
    }

    /// Would catch a Beta density integrated wrongly; its mean is forced, its variance is not.
    #[test]
    fn beta_has_its_variance() {
        for (a, b) in [(0.6, 0.9), (1.0, 1.0), (2.0, 5.0), (0.3, 3.0), (30.0, 2.0)] {
            let table = QuantileTable::beta(12, a, b);
            let square = table.map(|x| x * x).mean();
            let mean = a / (a + b);
            let variance = a * b / ((a + b) * (a + b) * (a + b + 1.0));
            assert!((table.mean() - mean).abs() < 1e-5);
            let relative = (square - mean * mean) / variance - 1.0;
            assert!(relative.abs() < 0.01, "{a} {b}: {relative}");
        }
    }

    /// Would catch bits taken from the wrong end, and an end that is off.
    #[test]
    fn quantiles_in_steps_are_those_of_the_distribution() {
        let steps = Quantiles::new(|p| p);
        for i in 0..1_u64 << 12 {
            let exact = (i as f32 + 0.5) / 4_096.0;
            assert_eq!(steps.pick(i | i << 12), exact);
        }
    }

    /// Would catch a mean that the cut tails have shifted.
    #[test]
    fn exponential_keeps_its_mean() {
        assert!((QuantileTable::exponential(10, 7.6).mean() - 7.6).abs() < 1e-5);
    }
}
