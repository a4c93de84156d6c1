//! Times, summed up so that a few bad ones do no harm, and two sets of them told apart.
//!
//! A time measured on a shared machine is the time of the work plus whatever got in its way. That
//! is never negative, has a long tail and no known law. So the middle is the median, and its
//! interval comes from the order of the values alone: of `n` independent values, the number below
//! the true median is binomial with one half, whatever their law. With `k` values cut off on each
//! side, the interval from the `k+1`-th least to the `k+1`-th greatest misses the median with
//! probability `2 · P(B ≤ k)` (David and Nagaraja, 2003, *Order Statistics*, section 7.1).
//!
//! # Telling a change from noise
//!
//! Two sets differ if their intervals of 99 % have no point in common *and* the medians differ by
//! more than a floor ([`Change::between`]). If nothing has changed, each of the two intervals
//! misses the common median with at most 1 %, and one of them must for the two to lie apart: so a
//! false alarm has at most 2 %. It is far rarer, since both must miss to opposite sides, or one by
//! far: medians of many rounds are close to normal, and then two such intervals lie apart once in
//! some 4,000 comparisons (2·Φ(−2.576·√2) = 0.03 %).
//!
//! That holds for independent rounds. Two sessions on a machine that others use are not: if it ran
//! at another speed, everything has changed. That is what the floor is for, and a yardstick
//! measured in the same rounds.

use super::jackknife::Interval;

/// Confidence of the intervals that decide.
pub const DECIDING: f64 = 0.99;

/// What is worth saying of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Middle {
    /// The median.
    pub median: f64,
    /// The first and the third quartile.
    pub quartiles: [f64; 2],
    /// The median of the distances from the median.
    pub deviation: f64,
}

impl Middle {
    /// Of these values; none if there are none.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let sorted = sorted(values);
        let median = quantile(&sorted, 0.5)?;
        let distances: Vec<f64> = values.iter().map(|v| (v - median).abs()).collect();
        Some(Self {
            median,
            quartiles: [quantile(&sorted, 0.25)?, quantile(&sorted, 0.75)?],
            deviation: quantile(&self::sorted(&distances), 0.5)?,
        })
    }

    /// The distance of the quartiles, as a part of the median.
    #[must_use]
    pub fn spread(&self) -> f64 {
        (self.quartiles[1] - self.quartiles[0]) / self.median
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The value at a part of the way through sorted ones, between two of them in proportion.
fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let place = part * sorted.len().checked_sub(1)? as f64;
    let below = sorted.get(place as usize)?;
    let above = sorted.get(place as usize + 1).unwrap_or(below);
    Some(below + (above - below) * place.fract())
}

/// An interval that holds the median of the law that the values come from with at least this
/// confidence; the narrowest of those that cut off as many on both sides. None if there are too
/// few values: 95 % takes six, 99 % eight.
#[must_use]
pub fn median_interval(values: &[f64], confidence: f64) -> Option<Interval> {
    let sorted = sorted(values);
    let cut = cut(sorted.len(), confidence)?;
    Some(Interval {
        low: *sorted.get(cut)?,
        high: *sorted.get(sorted.len() - 1 - cut)?,
    })
}

/// How many values may be cut off on each side.
fn cut(n: usize, confidence: f64) -> Option<usize> {
    let mut chance = 1.0;
    for _ in 0..n {
        chance /= 2.0;
    }
    // The chance of exactly k below the median, and of at most k.
    let (mut exactly, mut at_most, mut cut) = (chance, chance, None);
    for k in 0..n.div_ceil(2) {
        if 2.0 * at_most > 1.0 - confidence {
            break;
        }
        cut = Some(k);
        exactly *= (n - k) as f64 / (k + 1) as f64;
        at_most += exactly;
    }
    cut
}

/// What became of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has fallen.
    Faster,
    /// It has risen.
    Slower,
    /// No change that could be told from noise, or none worth telling.
    Same,
    /// There are too few values to say.
    TooFew,
}

impl Verdict {
    /// The verdict in a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Same => "no change",
            Self::TooFew => "too few rounds",
        }
    }
}

/// New times held against old ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The new median as a multiple of the old one.
    pub ratio: f64,
    /// From the new interval's low end over the old one's high end to the reverse. It holds one
    /// just when the two intervals meet.
    pub interval: Option<Interval>,
    /// What is to be made of it.
    pub verdict: Verdict,
}

impl Change {
    /// From old times to new ones, all above zero; a change by less than `floor` (0.03: 3 %) is none.
    #[must_use]
    pub fn between(old: &[f64], new: &[f64], floor: f64) -> Option<Self> {
        let ratio = Middle::of(new)?.median / Middle::of(old)?.median;
        let intervals = [old, new].map(|times| median_interval(times, DECIDING));
        let [Some(was), Some(is)] = intervals else {
            return Some(Self {
                ratio,
                interval: None,
                verdict: Verdict::TooFew,
            });
        };
        let interval = Interval {
            low: is.low / was.high,
            high: is.high / was.low,
        };
        let verdict = if interval.low > 1.0 && ratio > 1.0 + floor {
            Verdict::Slower
        } else if interval.high < 1.0 && ratio < 1.0 / (1.0 + floor) {
            Verdict::Faster
        } else {
            Verdict::Same
        };
        Some(Self {
            ratio,
            interval: Some(interval),
            verdict,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Purpose, Root, math};

    /// Times with a long tail: 1 + lognormal noise of some percent, times a factor.
    fn times(seed: u64, set: u64, n: usize, factor: f64) -> Vec<f64> {
        let mut draws = Root::new(seed).common(Purpose::named("times"), set);
        let mut one = || {
            let normal = math::normal_quantile(draws.next_unit().clamp(1e-9, 1.0 - 1e-9));
            factor * (1.0 + 0.02 * math::exp(normal))
        };
        (0..n).map(|_| one()).collect()
    }

    /// Would catch a quantile that is off by a place, and a deviation of the wrong values.
    #[test]
    fn the_middle_of_a_few_values() {
        let middle = Middle::of(&[5.0, 1.0, 2.0, 100.0, 3.0]).unwrap();
        assert_eq!((middle.median, middle.quartiles), (3.0, [2.0, 5.0]));
        assert_eq!(middle.deviation, 2.0);
        assert_eq!(middle.spread(), 1.0);
        assert_eq!(Middle::of(&[4.0, 1.0]).unwrap().median, 2.5);
        assert_eq!(Middle::of(&[]), None);
    }

    /// Would catch ranks other than those of the tables (David and Nagaraja; Conover).
    #[test]
    fn ranks_are_those_of_the_tables() {
        for (n, confidence, expected) in [
            (5, 0.95, None),
            (6, 0.95, Some(0)),
            (10, 0.95, Some(1)),
            (15, 0.95, Some(3)),
            (25, 0.95, Some(7)),
            (7, 0.99, None),
            (8, 0.99, Some(0)),
            (15, 0.99, Some(2)),
            (0, 0.95, None),
        ] {
            assert_eq!(cut(n, confidence), expected, "{n} {confidence}");
        }
        let values: Vec<f64> = (1..=10).rev().map(f64::from).collect();
        let interval = median_interval(&values, 0.95).unwrap();
        assert_eq!((interval.low, interval.high), (2.0, 9.0));
    }

    /// Would catch an interval that misses the median more often than it says. The law's median is
    /// 1.02; 4,000 sets of 15 at a true coverage of 96.5 %: beyond 95 % by chance once in 10⁶.
    #[test]
    fn the_interval_covers_the_median() {
        let covers = |set| {
            let interval = median_interval(&times(1, set, 15, 1.0), 0.95).unwrap();
            interval.low <= 1.02 && 1.02 <= interval.high
        };
        let covered = (0..4_000).filter(|set| covers(*set)).count();
        assert!((3_800..=3_960).contains(&covered), "{covered}");
    }

    /// Would catch verdicts on noise. Without a floor the rate is some 0.03 %, so of 10,000 pairs
    /// some 3; more than 20 (the promise of 2 % would allow 200) has a chance below 10⁻⁹.
    #[test]
    fn no_change_is_seldom_told_as_one() {
        let alarm = |set| {
            let [old, new] = [times(2, set, 15, 1.0), times(3, set, 15, 1.0)];
            Change::between(&old, &new, 0.0).unwrap().verdict != Verdict::Same
        };
        let alarms = (0..10_000).filter(|set| alarm(*set)).count();
        assert!(alarms <= 20, "{alarms}");
    }

    /// Would catch a verdict the wrong way round, a change that is overlooked, and one below the
    /// floor that is told: the noise is a few percent wide, so a shift of 15 % is missed some 2 times in
    /// 1,000, and one of 2 % is told some 2 times in 100. The bounds are five standard deviations off.
    #[test]
    fn a_known_shift_is_told() {
        let told = |factor: f64, verdict| {
            let found = |set| {
                let [old, new] = [times(4, set, 15, 1.0), times(5, set, 15, factor)];
                Change::between(&old, &new, 0.03).unwrap().verdict
            };
            (0..500).filter(|set| found(*set) == verdict).count()
        };
        assert!(told(1.15, Verdict::Slower) >= 493);
        assert!(told(1.0 / 1.15, Verdict::Faster) >= 493);
        assert!(told(1.02, Verdict::Same) >= 470);
        assert!(told(1.0, Verdict::Same) >= 499);
    }

    /// Would catch a verdict from too few values, and one from equal ones.
    #[test]
    fn few_values_say_nothing() {
        let few = times(6, 0, 7, 1.0);
        let change = Change::between(&few, &few, 0.03).unwrap();
        assert_eq!((change.ratio, change.verdict), (1.0, Verdict::TooFew));
        assert_eq!(change.interval, None);
        let same = [1.0; 20];
        let change = Change::between(&same, &same, 0.03).unwrap();
        assert_eq!(change.verdict, Verdict::Same);
        let twice = [2.0; 20];
        let change = Change::between(&same, &twice, 0.03).unwrap();
        assert_eq!(change.verdict, Verdict::Slower);
        assert_eq!(
            change.interval,
            Some(Interval {
                low: 2.0,
                high: 2.0
            })
        );
    }
}
