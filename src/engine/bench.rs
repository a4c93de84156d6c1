//! How fast this machine runs the models and the world.
//!
//! # What is measured
//!
//! *Folds*: each model, and a lineup of several in one pass, over [`Journeys`] in memory: an empty
//! state a thread, all batches, the merge. *Fits*: what a model does once with the folded state, on
//! one thread. *The world*: a scenario's users living their season; the same seen under all its
//! regimes; and the whole of [`run`](super::run()). And a *yardstick*, a fixed piece of arithmetic
//! that no change to models or world touches: if it has moved, the machine has.
//!
//! # How
//!
//! First everything is done once. That brings data and code into the caches, shows errors before
//! time is spent, and tells how often a piece of work must be repeated for its rounds to last as
//! long as asked for. Then come the rounds: in each, every piece of work has its turn. A machine that
//! slows down for a while then slows a few rounds of everything and not all rounds of one, and a
//! median does not mind a few. All times are kept; what is made of them is up to the reader
//! ([`Middle`](crate::base::Middle), [`Change`](crate::base::Change)).

mod folds;
mod journeys;
mod rounds;
mod season;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::attribute::{FitError, ModelError};
use crate::scenario::Scenario;

use super::run::{Progress, RunError};

pub use folds::{MODELS, RULES};
pub use journeys::{GROUPS, Journeys};

/// What is to be measured, and how long.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    /// Models, separated by commas, each by itself and all in one pass; [`MODELS`], and [`RULES`] in
    /// one pass, if absent.
    pub models: Option<String>,
    /// The journeys that are folded; none measures no models.
    pub journeys: Vec<Journeys>,
    /// Numbers of threads.
    pub threads: Vec<usize>,
    /// Rounds.
    pub rounds: usize,
    /// The least time that all rounds of one measurement take together.
    pub time: Duration,
    /// Users of the scenario.
    pub users: u64,
}

/// Why nothing can be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// A model of the list is not known.
    #[error("--models: {0}")]
    Models(#[from] ModelError),
    /// A model could not be fitted.
    #[error("model {model}: {source}")]
    Fit {
        /// Model.
        model: String,
        /// Why.
        source: FitError,
    },
    /// The scenario could not be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The journeys are too large for this machine.
    #[error(
        "--journeys: {journeys} journeys take {needed} MiB, more than half of this machine's \
         {memory} MiB; measure fewer"
    )]
    Memory {
        /// How many.
        journeys: u64,
        /// What they take.
        needed: u64,
        /// What there is.
        memory: u64,
    },
}

/// The kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Addressed draws and picks from a table.
    Yardstick,
    /// Taking journeys in.
    Fold,
    /// Turning a state into credit.
    Fit,
    /// Simulating.
    Season,
}

impl Part {
    /// The part's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yardstick => "yardstick",
            Self::Fold => "fold",
            Self::Fit => "fit",
            Self::Season => "season",
        }
    }

    /// What its items are.
    #[must_use]
    pub const fn items(self) -> &'static str {
        match self {
            Self::Yardstick => "draws",
            Self::Fold => "journeys",
            Self::Fit => "fits",
            Self::Season => "events",
        }
    }
}

/// One piece of work.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Kind.
    pub part: Part,
    /// Name: of a model, of a lineup, of what is done with a scenario.
    pub name: String,
    /// What it is done to. Two works of the same part, name, data and threads do the same.
    pub data: String,
    /// Threads.
    pub threads: usize,
    /// Items done at once: journeys, events, draws.
    pub items: u64,
    /// Touches of the journeys.
    pub touches: Option<u64>,
    /// Bytes of the folded state; each thread has one.
    pub state_bytes: Option<usize>,
}

impl Work {
    /// By what it is found again in another result.
    #[must_use]
    pub fn key(&self) -> String {
        let (part, name, data) = (self.part.name(), &self.name, &self.data);
        format!("{part} | {name} | {data} | threads {}", self.threads)
    }
}

/// A piece of work, timed.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Which.
    pub work: Work,
    /// How often it was repeated in each round.
    pub repeats: u32,
    /// Seconds that doing it once took, by round.
    pub seconds: Vec<f64>,
    /// Seconds on cores that doing it once took, all threads together, on average over the rounds.
    /// The clock of cores is too coarse for a single round.
    pub core_seconds: Option<f64>,
}

/// Measures it all.
///
/// # Errors
/// When a model is not known or has no fit, a scenario cannot be run, or journeys do not fit in memory.
pub fn bench(
    scenario: Option<&Scenario>,
    options: &BenchOptions,
    progress: &dyn Progress,
) -> Result<Vec<Measured>, BenchError> {
    let pools = options.threads.iter().map(|t| super::run::pool(*t));
    let pools = pools.collect::<Result<Vec<_>, _>>()?;
    let data = journeys::lay_out(&options.journeys)?;
    let stage = scenario.map(|scenario| season::Stage::new(scenario, options.users));
    let stage = stage.transpose()?;
    let mut subjects = rounds::yardsticks(&pools);
    for data in &data {
        subjects.extend(folds::subjects(data, options.models.as_deref(), &pools)?);
    }
    if let Some(stage) = &stage {
        subjects.extend(stage.subjects(&pools)?);
    }
    Ok(rounds::measure(subjects, options, progress))
}

#[cfg(test)]
mod tests {
    use super::super::run::Silent;
    use super::*;

    /// Would catch work that is left out or done to other data than it says, a state whose memory
    /// is not told, and two works that cannot be told apart. Looks at no time.
    #[test]
    fn all_that_is_asked_for_is_measured() {
        let scenario = Scenario::load("red-cat-618".as_ref()).unwrap();
        let journeys = |journeys, converting| Journeys {
            journeys,
            touches: [1, 3],
            channels: 4,
            converting,
        };
        let options = BenchOptions {
            models: Some("last,markov:1".to_owned()),
            journeys: vec![journeys(100, 0.5), journeys(10, 1.0)],
            threads: vec![1, 2],
            rounds: 3,
            time: Duration::ZERO,
            users: 50,
        };
        let found = bench(Some(&scenario), &options, &Silent).unwrap();
        let of = |part| found.iter().filter(move |m| m.work.part == part);
        let counts = [Part::Yardstick, Part::Fold, Part::Fit, Part::Season].map(|p| of(p).count());
        assert_eq!(counts, [2, 3 * 2 * 2, 3 * 2, 3 * 2]);
        let mut keys: Vec<String> = found.iter().map(|m| m.work.key()).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), found.len(), "{keys:?}");
        for measured in &found {
            assert_eq!(measured.seconds.len(), 3);
            assert!(
                measured.work.items > 0 && measured.repeats > 0,
                "{measured:?}"
            );
        }
        assert!(of(Part::Fold).all(|m| m.work.state_bytes.is_some_and(|b| b > 0)));
        let events: Vec<u64> = of(Part::Season).map(|m| m.work.items).collect();
        assert!(events.iter().all(|e| *e == events[0]), "{events:?}");
    }
}
