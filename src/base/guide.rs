//! Draws from a finite distribution by inverting its distribution function with a guide table
//! (Chen and Asau, 1974).
//!
//! An alias table is as fast but scatters outcomes over the unit interval: a channel added with
//! weight zero would move every other draw. Inversion is *monotone*: tables that are nearly equal
//! give nearly always equal outcomes, which is what comparing two policies on the same people
//! lives by. The guide makes it one lookup and about one comparison.

/// A finite distribution over `0..len`.
#[derive(Clone, Debug, PartialEq)]
pub struct GuideTable {
    /// Outcome `i` is drawn for bits in `upper[i-1]..upper[i]`, in units of 2⁻³².
    upper: Vec<u32>,
    /// First outcome worth looking at, by the leading bits.
    guide: Vec<u32>,
    shift: u32,
    /// The last outcome with any weight: the search never passes it.
    last: u32,
}

impl GuideTable {
    /// The distribution with probabilities proportional to `weights`.
    ///
    /// `None` when the list is empty, a weight is negative or not finite, or all are zero.
    /// Probabilities are rounded to 2⁻³².
    #[must_use]
    pub fn new(weights: &[f64]) -> Option<Self> {
        let total: f64 = weights.iter().sum();
        let fine = weights.iter().all(|w| w.is_finite() && *w >= 0.0);
        if !fine || !total.is_finite() || total <= 0.0 {
            return None;
        }
        let last = weights.iter().rposition(|w| *w > 0.0)?;
        let mut sum = 0.0;
        let upper: Vec<u32> = weights
            .iter()
            .map(|w| {
                sum += w;
                (sum / total * 4_294_967_296.0).min(f64::from(u32::MAX)) as u32
            })
            .collect();
        // Sixteen cells an outcome: the search almost never moves, so the branch is predicted.
        let bits = (usize::BITS - (16 * weights.len() - 1).leading_zeros()).clamp(4, 16);
        let shift = 32 - bits;
        let mut first = 0_usize;
        let guide = (0..1_u64 << bits)
            .map(|cell| {
                let start = (cell << shift) as u32;
                while first < last && start >= upper[first] {
                    first += 1;
                }
                first as u32
            })
            .collect();
        Some(Self {
            upper,
            guide,
            shift,
            last: last as u32,
        })
    }

    /// The distribution that always gives outcome 0.
    #[must_use]
    pub fn certain() -> Self {
        Self {
            upper: vec![u32::MAX],
            guide: vec![0, 0],
            shift: 31,
            last: 0,
        }
    }

    /// The outcome for 32 uniform bits.
    #[inline(always)]
    #[must_use]
    pub fn pick(&self, bits: u32) -> usize {
        let mut at = self.guide[(bits >> self.shift) as usize];
        while at < self.last && bits >= self.upper[at as usize] {
            at += 1;
        }
        at as usize
    }

    /// The outcome, and how far into it the bits reach, as 32 bits again: inversion of a
    /// piecewise constant density.
    #[inline(always)]
    #[must_use]
    pub fn split(&self, bits: u32) -> (usize, u32) {
        let at = self.pick(bits);
        let from = if at == 0 { 0 } else { u64::from(self.upper[at - 1]) };
        let to = if at == self.last as usize { 1 << 32 } else { u64::from(self.upper[at]) };
        let within = ((u64::from(bits) - from) << 32) / (to - from).max(1);
        (at, within.min(u64::from(u32::MAX)) as u32)
    }

    /// How many outcomes there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "never empty by construction")]
    pub fn len(&self) -> usize {
        self.upper.len()
    }

    /// The probability of an outcome, as drawn (rounded to 2⁻³²).
    #[must_use]
    pub fn probability(&self, outcome: usize) -> f64 {
        let upper = |i: usize| {
            if i >= self.last as usize {
                4_294_967_296.0
            } else {
                f64::from(self.upper[i])
            }
        };
        let lower = if outcome == 0 {
            0.0
        } else {
            upper(outcome - 1)
        };
        (upper(outcome) - lower) / 4_294_967_296.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slow oracle: walk the cumulated weights from the start.
    fn by_walking(weights: &[f64], bits: u32) -> usize {
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        for (i, w) in weights.iter().enumerate() {
            sum += w;
            if *w > 0.0 && f64::from(bits) < (sum / total * 4_294_967_296.0).floor() {
                return i;
            }
        }
        weights.iter().rposition(|w| *w > 0.0).unwrap()
    }

    /// Would catch a guide cell that points past its outcome, and zero weights being drawn.
    #[test]
    fn equals_walking() {
        let lists: [&[f64]; 5] = [
            &[1.0],
            &[0.0, 1.0, 0.0, 2.0, 0.0],
            &[1e-12, 1.0, 1e-12],
            &[0.2; 5],
            &[5.0, 0.0, 0.0, 0.0, 1.0, 1e-3, 0.0],
        ];
        for weights in lists {
            let table = GuideTable::new(weights).unwrap();
            for i in 0..100_000_u64 {
                let bits = super::super::address::mix(i) as u32;
                assert_eq!(table.pick(bits), by_walking(weights, bits));
            }
            for bits in [0, 1, u32::MAX - 1, u32::MAX] {
                assert_eq!(table.pick(bits), by_walking(weights, bits));
            }
        }
    }

    /// Would catch an alias-like layout: an outcome of weight zero must move no other draw.
    #[test]
    fn a_zero_weight_moves_nothing() {
        let without = GuideTable::new(&[3.0, 2.0, 5.0]).unwrap();
        let with = GuideTable::new(&[3.0, 0.0, 2.0, 5.0, 0.0]).unwrap();
        for i in 0..100_000_u64 {
            let bits = super::super::address::mix(i) as u32;
            assert_eq!([0, 2, 3][without.pick(bits)], with.pick(bits));
        }
    }

    /// Would catch probabilities that do not follow the weights.
    #[test]
    fn probabilities_follow_the_weights() {
        let table = GuideTable::new(&[1.0, 0.0, 3.0]).unwrap();
        assert_eq!([0, 1, 2].map(|i| table.probability(i)), [0.25, 0.0, 0.75]);
    }

    /// Would catch a split that is not the outcome's own stretch of the unit interval.
    #[test]
    fn split_inverts_a_piecewise_constant_density() {
        let table = GuideTable::new(&[1.0, 0.0, 3.0]).unwrap();
        assert_eq!(table.split(0), (0, 0));
        assert_eq!(table.split(1 << 29), (0, 1 << 31));
        assert_eq!(table.split(1 << 30), (2, 0));
        assert_eq!(table.split(5 << 29), (2, 1 << 31));
    }

    /// Would catch nonsense that is accepted.
    #[test]
    fn refuses_what_is_no_distribution() {
        for bad in [&[][..], &[0.0], &[-1.0, 2.0], &[f64::NAN], &[f64::INFINITY]] {
            assert!(GuideTable::new(bad).is_none(), "{bad:?}");
        }
    }
}
