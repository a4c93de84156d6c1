//! Estimates with their intervals, from groups of users.

use crate::base::{Interval, Merge, jackknife};

/// An estimate and its 95 % interval; no interval where there are too few users for one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Value.
    pub value: f64,
    /// Interval.
    pub interval: Option<Interval>,
}

impl Estimate {
    /// The estimate of so many times the same.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        let ends = self.interval.map(|i| [i.low * factor, i.high * factor]);
        Self {
            value: self.value * factor,
            interval: ends.map(|[a, b]| Interval {
                low: a.min(b),
                high: a.max(b),
            }),
        }
    }
}

/// The whole, and the whole without each group that has users.
pub(super) struct Jackknife<T> {
    pub whole: T,
    pub without: Vec<T>,
}

impl<T: Merge + Clone> Jackknife<T> {
    /// `None` of no groups.
    pub fn new(groups: &[T]) -> Option<Self> {
        let gather = |left_out: Option<usize>| {
            let kept = groups
                .iter()
                .enumerate()
                .filter(|(i, _)| Some(*i) != left_out);
            kept.map(|(_, group)| group.clone())
                .reduce(|mut sum, group| {
                    sum.merge(group);
                    sum
                })
        };
        Some(Self {
            whole: gather(None)?,
            without: (0..groups.len()).filter_map(|i| gather(Some(i))).collect(),
        })
    }
}

/// An estimate with the interval that the estimates without each group give.
pub(super) fn estimate(value: f64, without: &[f64]) -> Estimate {
    let finite = value.is_finite() && without.iter().all(|w| w.is_finite());
    let interval = if finite {
        jackknife(value, without)
    } else {
        None
    };
    Estimate { value, interval }
}
