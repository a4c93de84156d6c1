//! Scales: from a value to its place on an axis, with round numbers where a reader looks.
//!
//! Ticks are 1, 2 or 5 times a power of ten. They are counted in whole steps and scaled once, so that the
//! third of 0.1 is 0.3 and not 0.30000000000000004. A linear scale begins at nothing: what is twice as
//! high is twice as much. Times that differ by powers of ten stand on a logarithmic one.

use crate::base::math::{ln, whole_power};
use crate::report::figures::{decimals, rounded};

/// Most steps of a linear scale, so that labels do not touch.
const STEPS: f64 = 6.0;
/// Most ticks of a logarithmic scale.
const LOG_TICKS: usize = 9;
/// Beyond these, numbers are those of a damaged document; nothing is measured so far out.
const RANGE: (f64, f64) = (1e-9, 1e18);

/// A scale of values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    log: bool,
    ticks: Vec<Tick>,
}

/// A round number on a scale.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// The number.
    pub at: f64,
    /// As it is written.
    pub label: String,
}

/// 1, 2 or 5 times a power of ten.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Round {
    digit: f64,
    power: i32,
}

impl Round {
    /// The largest that is no more than this.
    fn at_most(x: f64) -> Self {
        let ten = std::f64::consts::LN_10;
        let mut power = (ln(x) / ten).floor() as i32;
        // The logarithm of a power of ten may lie on the wrong side of it.
        let one = |power: i32| Self { digit: 1.0, power }.value();
        if one(power) > x {
            power -= 1;
        } else if one(power + 1) <= x {
            power += 1;
        }
        let fits = |digit: &f64| digit * one(power) <= x;
        let digit = [5.0, 2.0].into_iter().find(fits).unwrap_or(1.0);
        Self { digit, power }
    }

    /// The smallest that is no less.
    fn at_least(x: f64) -> Self {
        let below = Self::at_most(x);
        if below.value() < x {
            below.next()
        } else {
            below
        }
    }

    fn next(self) -> Self {
        let Self { digit, power } = self;
        match digit {
            1.0 => Self { digit: 2.0, power },
            2.0 => Self { digit: 5.0, power },
            _ => Self {
                digit: 1.0,
                power: power + 1,
            },
        }
    }

    fn before(self) -> Self {
        Self::at_most(self.value() / 1.5)
    }

    /// So many times this, rounded once.
    fn times(self, n: f64) -> f64 {
        let power = whole_power(10.0, self.power.unsigned_abs());
        if self.power < 0 {
            n * self.digit / power
        } else {
            n * self.digit * power
        }
    }

    fn value(self) -> f64 {
        self.times(1.0)
    }

    /// Decimals that it takes to write its multiples.
    const fn decimals(self) -> usize {
        if self.power < 0 {
            self.power.unsigned_abs() as usize
        } else {
            0
        }
    }
}

/// A number that can be drawn: 1 for nothing, and for nonsense.
fn sane(x: f64) -> f64 {
    if x.is_finite() && x > 0.0 {
        x.clamp(RANGE.0, RANGE.1)
    } else {
        1.0
    }
}

impl Scale {
    /// From nothing to a round number that holds all; steps are no smaller than `least`.
    pub(crate) fn linear(highest: f64, least: f64) -> Self {
        let highest = sane(highest);
        let step = Round::at_least((highest / STEPS).max(least));
        let count = (highest / step.value() - 1e-9).ceil().max(1.0);
        Self::stepped(step, count, step.times(count))
    }

    /// From nothing to just here: time, which ends when it ends.
    pub(crate) fn until(end: f64) -> Self {
        let end = sane(end);
        let step = Round::at_least(end / STEPS);
        Self::stepped(step, (end / step.value() + 1e-9).floor(), end)
    }

    fn stepped(step: Round, count: f64, high: f64) -> Self {
        let (prefix, power) = match step.times(count) {
            x if x >= 1e12 => ("T", 12),
            x if x >= 1e9 => ("G", 9),
            x if x >= 1e6 => ("M", 6),
            x if x >= 1e5 => ("k", 3),
            _ => ("", 0),
        };
        // All ticks with the prefix of the largest, so that they compare at a glance.
        let small = Round {
            power: step.power - power,
            ..step
        };
        let tick = |n: u32| {
            let number = small.times(f64::from(n));
            let number = match small.decimals() {
                0 => rounded(number),
                digits => decimals(number, digits),
            };
            let label = match (n, prefix) {
                (0, _) => "0".to_owned(),
                (_, "") => number,
                _ => format!("{number}\u{a0}{prefix}"),
            };
            let at = step.times(f64::from(n));
            Tick { at, label }
        };
        Self {
            low: 0.0,
            high,
            log: false,
            ticks: (0..=count as u32).map(tick).collect(),
        }
    }

    /// By powers, from one round number to another that hold all between them.
    pub(crate) fn log(lowest: f64, highest: f64) -> Self {
        let (lowest, highest) = (sane(lowest), sane(highest).max(sane(lowest)));
        let (mut first, mut last) = (Round::at_most(lowest), Round::at_least(highest));
        if first == last {
            (first, last) = (first.before(), last.next());
        }
        let all: Vec<Round> = std::iter::successors(Some(first), |round| Some(round.next()))
            .take_while(|round| round.value() <= last.value())
            .collect();
        let whole = |round: &&Round| round.digit == 1.0;
        let powers = all.iter().filter(whole).count();
        let ticks: Vec<Round> = if all.len() <= LOG_TICKS {
            all
        } else {
            let every = powers.div_ceil(LOG_TICKS).max(1);
            all.iter().filter(whole).step_by(every).copied().collect()
        };
        let tick = |round: Round| Tick {
            at: round.value(),
            label: match round.decimals() {
                0 => rounded(round.value()),
                digits => decimals(round.value(), digits),
            },
        };
        Self {
            low: first.value(),
            high: last.value(),
            log: true,
            ticks: ticks.into_iter().map(tick).collect(),
        }
    }

    /// Its ticks.
    pub(crate) fn ticks(&self) -> &[Tick] {
        &self.ticks
    }

    /// Where a value stands, from 0 to 1; what lies outside stands at the edge.
    pub(crate) fn place(&self, x: f64) -> f64 {
        let place = if self.log {
            ln(x.max(f64::MIN_POSITIVE) / self.low) / ln(self.high / self.low)
        } else {
            (x - self.low) / (self.high - self.low)
        };
        if place.is_nan() {
            0.0
        } else {
            place.clamp(0.0, 1.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> Vec<String> {
        let labels = scale.ticks().iter().map(|t| t.label.replace('\u{a0}', " "));
        labels.collect()
    }

    /// Would catch ticks that are not round, crowd, leave the largest value out, or are written with
    /// another prefix than their neighbours.
    #[test]
    fn a_linear_scale_has_round_ticks() {
        for (highest, told) in [
            (12.0, "0|2|4|6|8|10|12"),
            (0.3, "0|0.05|0.10|0.15|0.20|0.25|0.30"),
            (7_000.0, "0|2,000|4,000|6,000|8,000"),
            (70_000.0, "0|20,000|40,000|60,000|80,000"),
            (99_000.0, "0|20 k|40 k|60 k|80 k|100 k"),
            (520_000.0, "0|100 k|200 k|300 k|400 k|500 k|600 k"),
            (2_300_000.0, "0|0.5 M|1.0 M|1.5 M|2.0 M|2.5 M"),
            (5e6, "0|1 M|2 M|3 M|4 M|5 M"),
            (2e9, "0|0.5 G|1.0 G|1.5 G|2.0 G"),
            (0.0, "0|0.2|0.4|0.6|0.8|1.0"),
            (f64::NAN, "0|0.2|0.4|0.6|0.8|1.0"),
        ] {
            let scale = Scale::linear(highest, 0.0);
            assert_eq!(labels(&scale).join("|"), told, "{highest}");
            assert!(scale.high >= highest || highest.is_nan());
        }
        assert_eq!(labels(&Scale::linear(3.0, 1.0)).join("|"), "0|1|2|3");
        assert_eq!(labels(&Scale::linear(0.0, 1.0)).join("|"), "0|1");
        // Counted, not summed.
        assert_eq!(Scale::linear(0.3, 0.1).ticks()[3].at, 0.3);
    }

    /// Would catch time that goes on after its end, and a last tick that is lost to rounding.
    #[test]
    fn time_ends_when_it_ends() {
        let scale = Scale::until(2.5);
        assert_eq!(labels(&scale).join("|"), "0|0.5|1.0|1.5|2.0|2.5");
        assert_eq!((scale.place(0.0), scale.place(2.5)), (0.0, 1.0));
        assert_eq!(labels(&Scale::until(0.3)).len(), 7);
        assert_eq!(labels(&Scale::until(13.0)).join("|"), "0|5|10");
    }

    /// Would catch a logarithm that falls short of a power of ten, decades without a tick, and an axis of
    /// no length.
    #[test]
    fn a_logarithmic_scale_has_round_ticks() {
        for (low, high, told) in [
            (3.0, 80.0, "2|5|10|20|50|100"),
            (0.25, 40.0, "0.2|0.5|1|2|5|10|20|50"),
            (0.03, 4_000.0, "0.1|1|10|100|1,000"),
            (1_000.0, 1_000.0, "500|1,000|2,000"),
            (0.001, 0.001, "0.0005|0.001|0.002"),
            (10.0, 1_000.0, "10|20|50|100|200|500|1,000"),
            (-1.0, f64::INFINITY, "0.5|1|2"),
        ] {
            let scale = Scale::log(low, high);
            assert_eq!(labels(&scale).join("|"), told, "{low} {high}");
        }
        let wide = Scale::log(1e-9, 1e18);
        assert!((4..=LOG_TICKS).contains(&wide.ticks().len()), "{wide:?}");
        let scale = Scale::log(1.0, 100.0);
        assert!((scale.place(10.0) - 0.5).abs() < 1e-12);
        assert_eq!((scale.place(0.0), scale.place(1e9)), (0.0, 1.0));
        assert_eq!(scale.place(f64::NAN), 0.0);
    }
}
