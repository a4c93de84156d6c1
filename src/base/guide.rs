//! Draws from a finite distribution by inverting its distribution function with a guide table
//! (Chen and Asau, 1974).
//!
//! An alias table is as fast but scatters outcomes over the unit interval: a channel added with
//! weight zero would move every other draw. Inversion is *monotone*: tables that are nearly equal
//! give nearly always equal outcomes, which is what comparing two policies on the same people
//! lives by.
//!
//! The unit interval is cut into equal cells, so many that nearly every one holds at most one border
//! between two outcomes. Such a cell knows the border and both neighbours: a
//! draw is one load, one comparison and a select, and nothing for the processor to guess. The few
//! cells that hold more borders send the draw to a binary search.

/// A stretch of the unit interval.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cell {
    /// The last bits that belong to `first`.
    top: u32,
    first: u16,
    second: u16,
}

/// How many cells: enough for some hundred outcomes, few enough for all tables of a world to stay in
/// the cache. A constant, so that no index has to be checked.
const CELLS: usize = 1 << CELL_BITS;
const CELL_BITS: u32 = 9;
const SHIFT: u32 = 32 - CELL_BITS;

/// Stands for an outcome in cells with more than one border.
const CROWDED: u16 = u16::MAX;

/// A finite distribution over `0..len`.
#[derive(Clone, Debug, PartialEq)]
pub struct GuideTable {
    cells: Box<[Cell; CELLS]>,
    /// Outcome `i` is drawn for bits from after `tops[i-1]` up to `tops[i]`. An outcome of weight
    /// zero repeats the top before it; at the start, where there is none, it is never reached
    /// because `first` skips it.
    tops: Vec<u32>,
    /// The first outcome with any weight.
    first: usize,
}

impl GuideTable {
    /// The distribution with probabilities proportional to `weights`.
    ///
    /// `None` when the list is empty or longer than 65,534, a weight is negative or not finite, or
    /// all are zero. Probabilities are rounded to 2⁻³².
    #[must_use]
    pub fn new(weights: &[f64]) -> Option<Self> {
        let total: f64 = weights.iter().sum();
        let fine = weights.iter().all(|w| w.is_finite() && *w >= 0.0);
        if !fine || !total.is_finite() || total <= 0.0 || weights.len() >= usize::from(CROWDED) {
            return None;
        }
        let last = weights.iter().rposition(|w| *w > 0.0)?;
        let mut sum = 0.0;
        let uppers: Vec<u32> = weights
            .iter()
            .map(|w| {
                sum += w;
                (sum / total * 4_294_967_296.0).min(f64::from(u32::MAX)) as u32
            })
            .collect();
        let first = uppers.iter().position(|upper| *upper > 0)?.min(last);
        let top = |(i, upper): (usize, &u32)| {
            if i >= last {
                u32::MAX
            } else {
                upper.saturating_sub(1)
            }
        };
        let tops: Vec<u32> = uppers.iter().enumerate().map(top).collect();
        let mut table = Self {
            tops,
            first,
            ..Self::certain()
        };
        *table.cells = std::array::from_fn(|place| table.cell(place as u32));
        Some(table)
    }

    /// The distribution that always gives outcome 0.
    #[must_use]
    pub fn certain() -> Self {
        let cell = Cell {
            top: u32::MAX,
            first: 0,
            second: 0,
        };
        Self {
            cells: Box::new([cell; CELLS]),
            tops: vec![u32::MAX],
            first: 0,
        }
    }

    fn cell(&self, place: u32) -> Cell {
        let start = place << SHIFT;
        let end = start | ((1 << SHIFT) - 1);
        let first = self.search(start);
        let top = self.tops[first];
        let second = if top < end {
            self.search(top + 1)
        } else {
            first
        };
        if self.tops[second] < end {
            return Cell {
                top: u32::MAX,
                first: CROWDED,
                second: CROWDED,
            };
        }
        Cell {
            top,
            first: first as u16,
            second: second as u16,
        }
    }

    /// The outcome by binary search.
    fn search(&self, bits: u32) -> usize {
        let skipped = self.first;
        skipped + self.tops[skipped..].partition_point(|top| *top < bits)
    }

    /// The outcome for 32 uniform bits.
    #[inline(always)]
    #[must_use]
    pub fn pick(&self, bits: u32) -> usize {
        let cell = self.cells[(bits >> SHIFT) as usize];
        let outcome = if bits > cell.top {
            cell.second
        } else {
            cell.first
        };
        if outcome == CROWDED {
            return self.crowded(bits);
        }
        usize::from(outcome)
    }

    #[cold]
    #[inline(never)]
    fn crowded(&self, bits: u32) -> usize {
        self.search(bits)
    }

    /// The bits from which an outcome is drawn, and those from which it no longer is.
    fn range(&self, outcome: usize) -> (u64, u64) {
        let after = |i: usize| u64::from(self.tops[i]) + 1;
        let from = if outcome <= self.first {
            0
        } else {
            after(outcome - 1)
        };
        let to = if outcome < self.first {
            0
        } else {
            after(outcome)
        };
        (from, to)
    }

    /// The outcome, and how far into it the bits reach, as 32 bits again: inversion of a
    /// piecewise constant density.
    #[inline]
    #[must_use]
    pub fn split(&self, bits: u32) -> (usize, u32) {
        let at = self.pick(bits);
        let (from, to) = self.range(at);
        let within = ((u64::from(bits) - from) << 32) / (to - from).max(1);
        (at, within.min(u64::from(u32::MAX)) as u32)
    }

    /// How many outcomes there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "never empty by construction")]
    pub fn len(&self) -> usize {
        self.tops.len()
    }

    /// The probability of an outcome, as drawn (rounded to 2⁻³²).
    #[must_use]
    pub fn probability(&self, outcome: usize) -> f64 {
        let (from, to) = self.range(outcome);
        (to - from) as f64 / 4_294_967_296.0
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
