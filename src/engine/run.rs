//! Doing what the plan says.

use crate::attribute::{FitError, Lineup, ModelError, Shape};
use crate::observe::Regime;
use crate::scenario::Scenario;
use crate::world::{Track, World};

use super::again::Again;
use super::job::Job;
use super::outcome::Outcome;
use super::part::Slice;
use super::plan::Plan;
pub use super::state::Setup;
use super::state::{RunState, Worker};

/// What a caller may choose without changing the scenario.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Users; the scenario's own number if absent.
    pub users: Option<u64>,
    /// Seed; the scenario's own if absent.
    pub seed: Option<u64>,
    /// Threads; one a core if absent. The result does not depend on it.
    pub threads: Option<usize>,
    /// Models, separated by commas; the scenario's own if absent.
    pub models: Option<String>,
    /// Regimes, by name; all of the scenario's if absent.
    pub regimes: Option<Vec<String>>,
    /// Which notes are counted. Nobody's life depends on it.
    pub track: Track,
}

/// Why a run cannot be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A model of the lineup is not known.
    #[error("{of}: {source}")]
    Models {
        /// Where the models are named.
        of: String,
        /// Why.
        source: ModelError,
    },
    /// A regime is not one of the scenario's.
    #[error("regimes: `{name}` is not a regime of this scenario; it has: {}", known.join(", "))]
    Regime {
        /// As asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The number of users is out of range.
    #[error("users: {0} is out of range; write a number from 1 to {max}", max = crate::scenario::MAX_USERS)]
    Users(u64),
    /// Threads could not be started.
    #[error("threads: {0}")]
    Threads(String),
    /// A part or a checkpoint cannot be written or read.
    #[error(transparent)]
    Part(Box<super::part::PartError>),
    /// Another budget makes no valid scenario.
    #[error("measure.regret: {source}")]
    Budget {
        /// Why.
        source: crate::scenario::ScenarioError,
    },
    /// Budgets could not be compared.
    #[error("measure.regret: {0}")]
    Compare(Box<super::compare::CompareError>),
    /// A model could not be fitted.
    #[error("model {model} under regime {regime}: {source}")]
    Fit {
        /// Model.
        model: String,
        /// Regime.
        regime: String,
        /// Why.
        source: FitError,
    },
}

impl From<super::part::PartError> for RunError {
    fn from(error: super::part::PartError) -> Self {
        Self::Part(Box::new(error))
    }
}

/// Told how a run is getting on. Called from all threads.
pub trait Progress: Sync {
    /// A block has been finished.
    fn advance(&self, users: u64);

    /// All blocks have been finished, and other work over so many users begins.
    fn next(&self, _what: &str, _users: u64) {}
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn advance(&self, _users: u64) {}
}

impl Setup {
    /// Compiles a scenario for a run.
    ///
    /// # Errors
    /// When a model or a regime is not known.
    pub fn new(scenario: &Scenario, options: &RunOptions) -> Result<Self, RunError> {
        let wire = scenario.wire();
        let seed = options.seed.unwrap_or(wire.run.seed);
        let world = World::new(scenario, seed);
        let (models, of) = match &options.models {
            Some(models) => (models.clone(), "models".to_owned()),
            None => (
                wire.measure.models.join(","),
                format!("{}: `measure.models`", scenario.origin()),
            ),
        };
        let channels: Vec<&str> = scenario
            .channels()
            .iter()
            .map(|c| c.name.as_str())
            .collect();
        let lineup = Lineup::parse(&models).and_then(|mut lineup| {
            lineup.bind(&channels)?;
            Ok(lineup)
        });
        let lineup = lineup.map_err(|source| RunError::Models { of, source })?;
        let mut regimes = Regime::all(scenario, &world);
        if let Some(wanted) = &options.regimes {
            let known: Vec<String> = regimes.iter().map(|r| r.name().to_owned()).collect();
            if let Some(name) = wanted.iter().find(|w| !known.contains(w)) {
                let name = name.clone();
                return Err(RunError::Regime { name, known });
            }
            regimes.retain(|r| wanted.iter().any(|w| w == r.name()));
        }
        Ok(Self {
            regimes,
            lineup,
            shape: Shape {
                channels: scenario.channels().len(),
                groups: scenario.tiers().len(),
            },
            again: Again::new(scenario),
            track: options.track,
            seed,
            world,
        })
    }

    /// Gathers the blocks of a plan in one thread, in the order given.
    #[must_use]
    pub fn gather(&self, plan: Plan, blocks: impl Iterator<Item = u64>) -> RunState {
        let mut worker = Worker::new(self);
        blocks
            .filter_map(|number| plan.block(number))
            .for_each(|block| worker.block(block));
        worker.finish()
    }
}

/// Threads to use: as many as asked for, or one a core.
pub(super) fn threads(wanted: Option<usize>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    wanted.filter(|t| *t > 0).unwrap_or_else(cores)
}

pub(super) fn pool(threads: usize) -> Result<rayon::ThreadPool, RunError> {
    let failed = |e: rayon::ThreadPoolBuildError| RunError::Threads(e.to_string());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().map_err(failed)
}

/// Simulates, observes, attributes and evaluates a scenario.
///
/// # Errors
/// When an option is out of range or a model cannot be fitted: see [`RunError`].
pub fn run(
    scenario: &Scenario,
    options: &RunOptions,
    progress: &dyn Progress,
) -> Result<Outcome, RunError> {
    let job = Job::new(scenario, options, Slice::WHOLE)?;
    let gathered = job.gather(job.start(), None, progress)?;
    job.conclude(gathered, progress)
}
