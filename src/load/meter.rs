//! Latency by the time at which orders were meant to be sent.
//!
//! A tick has a histogram of its own (Tene's HdrHistogram: two significant digits, from a microsecond
//! up), so the time before all is warm can be left out afterwards, and a rush can be told from a calm.
//! Ticks are so wide that a stream has no more than 120 of them.

use hdrhistogram::{CreationError, Histogram};

use crate::base::Merge;

/// Most ticks of a stream.
const MOST: u64 = 120;
/// Shortest tick, in nanoseconds.
const SHORTEST: u64 = 100_000_000;
/// Significant digits of a latency.
const DIGITS: u8 = 2;
/// Longest latency that is told apart, in microseconds: an hour.
const LONGEST: u64 = 3_600_000_000;

/// Latencies in microseconds, of the orders that were due in one tick after the other.
#[derive(Clone, Debug)]
pub struct Ticks {
    width: u64,
    ticks: Vec<Histogram<u64>>,
    none: Histogram<u64>,
}

impl Ticks {
    /// For a stream of so many nanoseconds.
    ///
    /// # Errors
    /// When a histogram cannot be made.
    pub fn over(nanos: u64) -> Result<Self, CreationError> {
        Ok(Self {
            width: nanos.div_ceil(MOST).max(SHORTEST),
            ticks: Vec::new(),
            none: Histogram::new_with_bounds(1, LONGEST, DIGITS)?,
        })
    }

    /// Takes in an order that was due then and took so long, in nanoseconds.
    #[inline]
    pub fn record(&mut self, due: u64, took: u64) {
        let tick = (due / self.width) as usize;
        if tick >= self.ticks.len() {
            self.ticks.resize(tick + 1, self.none.clone());
        }
        self.ticks[tick].saturating_record((took / 1_000).max(1));
    }

    /// Nanoseconds of a tick.
    #[must_use]
    pub const fn width(&self) -> u64 {
        self.width
    }

    /// A tick's latencies, by its number.
    #[must_use]
    pub fn tick(&self, number: usize) -> Latency {
        Latency::of(self.ticks.get(number).unwrap_or(&self.none))
    }

    /// Latencies of the orders that were due from a time on.
    #[must_use]
    pub fn since(&self, nanos: u64) -> Latency {
        let mut all = self.none.clone();
        for tick in self.ticks.iter().skip(nanos.div_ceil(self.width) as usize) {
            // Of the same bounds, so it cannot be refused.
            let _ = all.add(tick);
        }
        Latency::of(&all)
    }
}

impl Merge for Ticks {
    fn merge(&mut self, other: Self) {
        if self.ticks.len() < other.ticks.len() {
            self.ticks.resize(other.ticks.len(), self.none.clone());
        }
        for (mine, theirs) in self.ticks.iter_mut().zip(other.ticks) {
            let _ = mine.add(theirs);
        }
    }
}

/// Quantiles of a latency, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latency {
    /// Orders.
    pub orders: u64,
    /// Half of them took no longer.
    pub p50: f64,
    /// 90 of a hundred.
    pub p90: f64,
    /// 99 of a hundred.
    pub p99: f64,
    /// 999 of a thousand.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

impl Latency {
    fn of(histogram: &Histogram<u64>) -> Self {
        let at = |q: f64| histogram.value_at_quantile(q) as f64 / 1e6;
        Self {
            orders: histogram.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: histogram.max() as f64 / 1e6,
        }
    }
}
