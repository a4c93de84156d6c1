//! A run in pieces: of space, since other machines may have the rest of it, and of time, since it may
//! be stopped and gone on with.
//!
//! Threads take blocks from one counter, so blocks are begun in their order. When they are asked to
//! pause, each finishes the block that it has. What has been gathered then is that of all blocks up to
//! some number: one state and one number say where to go on, however many threads there were.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rayon::ThreadPool;

use crate::base::Merge;
use crate::scenario::Scenario;

use super::outcome::Outcome;
use super::part::{PartError, PartFile, Slice};
use super::plan::Plan;
use super::regret;
use super::run::{Progress, RunError, RunOptions, pool, threads};
use super::state::{RunState, Setup, Worker};

/// A run of a scenario, or one slice of it.
#[derive(Debug)]
pub struct Job<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) options: RunOptions,
    pub(super) setup: Setup,
    pub(super) plan: Plan,
    pub(super) slice: Slice,
    threads: usize,
}

/// What a job has gathered: all of its first blocks.
#[derive(Clone, Debug)]
pub struct Gathered {
    pub(super) state: RunState,
    /// Blocks that are in it.
    pub(super) blocks: Range<u64>,
}

impl Gathered {
    /// Users simulated.
    #[must_use]
    pub const fn users(&self) -> u64 {
        self.state.users()
    }
}

/// Where, how often, and when to stop.
#[derive(Debug)]
pub struct Keeping<'a> {
    /// The checkpoint.
    pub path: &'a Path,
    /// Time between two of them; none are written but at the end if absent.
    pub every: Option<Duration>,
    /// Set by whoever wants the job to stop.
    pub stop: &'a AtomicBool,
}

impl<'a> Job<'a> {
    /// Compiles a scenario for a slice of a run.
    ///
    /// # Errors
    /// When an option is out of range.
    pub fn new(
        scenario: &'a Scenario,
        options: &RunOptions,
        slice: Slice,
    ) -> Result<Self, RunError> {
        let users = options.users.unwrap_or(scenario.wire().run.users);
        Ok(Self {
            plan: Plan::checked(users)?,
            setup: Setup::new(scenario, options)?,
            threads: threads(options.threads),
            options: options.clone(),
            scenario,
            slice,
        })
    }

    /// The scenario.
    #[must_use]
    pub const fn scenario(&self) -> &Scenario {
        self.scenario
    }

    /// The seed.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.setup.seed
    }

    /// The job's blocks.
    #[must_use]
    pub fn blocks(&self) -> Range<u64> {
        self.slice.of(self.plan.len())
    }

    /// Users of the job.
    #[must_use]
    pub fn users(&self) -> u64 {
        let first = |number| {
            self.plan
                .block(number)
                .map_or(self.plan.users(), |b| b.first.0)
        };
        first(self.blocks().end) - first(self.blocks().start)
    }

    /// Nothing gathered yet.
    #[must_use]
    pub fn start(&self) -> Gathered {
        let first = self.blocks().start;
        Gathered {
            state: self.setup.start(),
            blocks: first..first,
        }
    }

    /// Whether all blocks of the job are in it.
    #[must_use]
    pub fn is_whole(&self, gathered: &Gathered) -> bool {
        gathered.blocks == self.blocks()
    }

    /// Gathers all that is missing, and writes down now and then what there is. Comes back earlier, with
    /// what there is and after it has been written, if it is told to stop.
    ///
    /// # Errors
    /// When threads cannot be started, or a checkpoint cannot be written.
    pub fn gather(
        &self,
        mut gathered: Gathered,
        keeping: Option<&Keeping<'_>>,
        progress: &dyn Progress,
    ) -> Result<Gathered, RunError> {
        let stopped = || keeping.is_some_and(|k| k.stop.load(Ordering::Relaxed));
        let mut kept = false;
        // The same threads in all rounds: the memory of those that end is not all found again.
        let pool = pool(self.threads)?;
        while !self.is_whole(&gathered) {
            let every = keeping.and_then(|k| k.every);
            self.round(&pool, &mut gathered, every, &stopped, progress);
            // A run that has been long enough to be kept is kept to the end: conclusions take time, too.
            if let Some(keeping) = keeping
                && (kept || !self.is_whole(&gathered))
            {
                PartFile::write(self, &gathered, keeping.path)?;
                kept = true;
            }
            if stopped() {
                break;
            }
        }
        Ok(gathered)
    }

    /// Threads that it uses.
    pub(super) const fn threads(&self) -> usize {
        self.threads
    }

    /// Gathers so many more blocks in this thread.
    pub(super) fn next_blocks(&self, gathered: &mut Gathered, blocks: u64) {
        let from = gathered.blocks.end;
        let upto = (from + blocks).min(self.blocks().end);
        let more = self.setup.gather(self.plan, from..upto);
        gathered.state.merge(more);
        gathered.blocks.end = upto;
    }

    /// Gathers for so long, or until there is nothing left or it is told to stop.
    pub(super) fn round(
        &self,
        pool: &ThreadPool,
        gathered: &mut Gathered,
        time: Option<Duration>,
        stopped: &(dyn Fn() -> bool + Sync),
        progress: &dyn Progress,
    ) {
        let (begun, end) = (Instant::now(), self.blocks().end);
        let next = AtomicU64::new(gathered.blocks.end);
        let goes_on = || !stopped() && time.is_none_or(|time| begun.elapsed() < time);
        let states = pool.broadcast(|_| {
            let mut worker = Worker::new(&self.setup);
            // The first block is taken in any case, so that every round gets on.
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(block) = self.plan.block(number).filter(|_| number < end) else {
                    break;
                };
                worker.block(block);
                progress.advance(block.users);
                if !goes_on() {
                    break;
                }
            }
            worker.finish()
        });
        for state in states {
            gathered.state.merge(state);
        }
        gathered.blocks.end = next.into_inner().min(end);
    }

    /// Draws the conclusions of a run of which all blocks have been gathered.
    ///
    /// # Errors
    /// When there are blocks that have not been, or a model cannot be fitted.
    pub fn conclude(
        &self,
        gathered: Gathered,
        progress: &dyn Progress,
    ) -> Result<Outcome, RunError> {
        if gathered.blocks != (0..self.plan.len()) {
            let missing = self.plan.users() - gathered.users();
            return Err(PartError::Unfinished { missing }.into());
        }
        let (scenario, setup) = (self.scenario, &self.setup);
        let mut outcome = Outcome::new(scenario, setup, gathered.state, self.threads)?;
        let regret = scenario.wire().measure.regret.as_ref();
        // Who does not know what is spent today cannot spend it otherwise.
        if let Some(wanted) = regret.filter(|_| outcome.ads_told) {
            regret::judge(scenario, setup, wanted, &mut outcome, progress)?;
        }
        Ok(outcome)
    }
}
