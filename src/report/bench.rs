//! Speeds: as a document, as a table, and held against those of an earlier document.
//!
//! The document keeps every round of every measurement, so that an analysis other than this one
//! can start from it. What it says of them (median, interval, rate) can be told from the rounds.

mod earlier;
#[cfg(feature = "cli")]
mod terminal;

use serde_json::{Value, json};

use crate::base::median::{Middle, median_interval};
use crate::engine::bench::{BenchOptions, Measured, Part};
use crate::io::machine::Machine;

use super::document::build;

pub use earlier::{Compared, Comparison, Earlier, EarlierError, FLOOR, Timed};
#[cfg(feature = "cli")]
pub use terminal::{comparison, table};

/// Rounds whose quartiles are further apart than this part of the median tell of other work on the
/// machine.
pub const NOISY: f64 = 0.10;

/// What is told beside the measurements.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Where.
    pub machine: Machine,
    /// Load of the machine before anything was measured.
    pub load: Option<f64>,
    /// The command line.
    pub arguments: Vec<String>,
    /// Seconds that all took.
    pub elapsed_s: f64,
    /// The most memory held.
    pub peak_rss_bytes: Option<u64>,
}

/// What is to be said of one measurement.
#[derive(Clone, Copy, Debug)]
struct Figures {
    middle: Middle,
    /// Of the median, 95 %.
    interval: Option<crate::base::Interval>,
    per_s: f64,
    ns_an_item: f64,
    ns_a_touch: Option<f64>,
}

impl Figures {
    fn of(measured: &Measured) -> Option<Self> {
        let middle = Middle::of(&measured.seconds)?;
        let items = measured.work.items as f64;
        let touches = measured.work.touches.filter(|t| *t > 0);
        Some(Self {
            middle,
            interval: median_interval(&measured.seconds, 0.95),
            per_s: items / middle.median,
            ns_an_item: middle.median * 1e9 / items,
            ns_a_touch: touches.map(|t| middle.median * 1e9 / t as f64),
        })
    }

    /// Cores that were had of those asked for, as a part.
    fn share(measured: &Measured) -> Option<f64> {
        let mean = measured.seconds.iter().sum::<f64>() / measured.seconds.len() as f64;
        Some(measured.core_seconds? / mean / measured.work.threads as f64)
    }

    fn noisy(&self) -> bool {
        self.middle.spread() > NOISY
    }
}

/// The `--json` document.
#[must_use]
pub fn document(measured: &[Measured], options: &BenchOptions, setting: &Setting) -> Value {
    json!({
        "redcat": build(),
        "machine": setting.machine,
        "load_before": setting.load,
        "arguments": setting.arguments,
        "rounds": options.rounds,
        "time_s": options.time.as_secs_f64(),
        "elapsed_s": setting.elapsed_s,
        "peak_rss_bytes": setting.peak_rss_bytes,
        "measurements": measured.iter().map(measurement).collect::<Vec<_>>(),
    })
}

fn measurement(measured: &Measured) -> Value {
    let work = &measured.work;
    let figures = Figures::of(measured);
    let of = |f: &dyn Fn(&Figures) -> f64| figures.as_ref().map(f);
    let interval = figures.and_then(|f| f.interval);
    json!({
        "key": work.key(),
        "part": work.part.name(),
        "name": work.name,
        "data": work.data,
        "threads": work.threads,
        "unit": work.part.items(),
        "items": work.items,
        "touches": work.touches,
        "state_bytes": work.state_bytes,
        "states_bytes": work.state_bytes.filter(|_| work.part == Part::Fold).map(|b| b * work.threads),
        "median_s": of(&|f| f.middle.median),
        "low_s": interval.map(|i| i.low),
        "high_s": interval.map(|i| i.high),
        "quartiles_s": figures.map(|f| f.middle.quartiles),
        "deviation_s": of(&|f| f.middle.deviation),
        "per_s": of(&|f| f.per_s),
        "ns_an_item": of(&|f| f.ns_an_item),
        "ns_a_touch": figures.and_then(|f| f.ns_a_touch),
        "core_s": measured.core_seconds,
        "share_of_cores": Figures::share(measured),
        "noisy": figures.map(|f| f.noisy()),
        "repeats": measured.repeats,
        "seconds": measured.seconds,
    })
}
