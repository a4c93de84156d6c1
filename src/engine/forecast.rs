//! What a large run will take and how sure its figures will be, from a short one.
//!
//! The probe is the beginning of the run itself: its first blocks, some on one thread, batch by batch, to
//! see what a user costs and how steadily, then more on all threads at once, to see how they get in each
//! other's way. All of them together are a run of so many users, whose intervals say how fast figures settle.
//!
//! ```text
//! wall time      start + users · seconds a user / (threads · efficiency) + conclusions
//! memory         that of one thread + (threads − 1) · what each further one adds
//! half-width     that of the probe · √(users of the probe / users)
//! users for w    users of the probe · (half-width of the probe / w)²
//! ```
//!
//! The first is linear in users because a user's cost does not depend on who came before. The third holds
//! because users are independent, and intervals are about which users there are: luck that all users of
//! one world share (its merchants and notes) is in none of them. The half-width of the probe is itself
//! estimated from 32 groups: by a factor of 0.8 to 1.33 in 95 of 100 cases (χ² with 31 degrees of freedom).

use std::time::{Duration, Instant};

use crate::base::median::Middle;
use crate::io::machine::{peak_memory, processor_seconds};
use crate::scenario::Scenario;

use super::estimate::Estimate;
use super::generate::{GenerateOptions, generate};
use super::job::{Gathered, Job};
use super::judge::Believed;
use super::outcome::Outcome;
use super::part::Slice;
use super::run::{Progress, RunError, RunOptions, Silent, pool};

/// Blocks of a batch on one thread.
const BATCH: u64 = 16;
/// Fewest batches on one thread, however short the time is.
const FEWEST: usize = 8;
/// Users whose log is written to see how large one gets.
const LOGGED: u64 = 8_192;

/// What is wanted to be known.
#[derive(Clone, Debug)]
pub struct ForecastOptions {
    /// The run.
    pub run: RunOptions,
    /// Cores that it will have; those of this machine if absent.
    pub cores: Option<u64>,
    /// Time to measure for.
    pub time: Duration,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Users simulated.
    pub users: u64,
    /// Seconds to compile the scenario.
    pub start: f64,
    /// Seconds of one thread a user, by batch.
    pub seconds_a_user: Vec<f64>,
    /// Threads used together.
    pub threads: u64,
    /// Seconds of one of those threads a user.
    pub together: f64,
    /// Part of the cores' time that the probe had while all threads worked, where it can be told: what is
    /// missing went to other processes. A forecast is for cores that are free.
    pub had: Option<f64>,
    /// Seconds to draw conclusions.
    pub conclude: f64,
    /// Peak memory of one thread and of all, in bytes.
    pub memory: Option<[u64; 2]>,
    /// Bytes of a checkpoint or a part.
    pub kept: u64,
    /// Rows and bytes of a log in Parquet, a user.
    pub log: [f64; 2],
}

/// What a run will take.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// Users of the run.
    pub users: u64,
    /// Cores, one thread on each.
    pub cores: u64,
    /// What was measured.
    pub probe: Probe,
    /// What the probe comes to as a run.
    pub outcome: Outcome,
    /// Events a user.
    pub events: f64,
    /// Whether budgets are compared afterwards, which is not in the forecast.
    pub compares_budgets: bool,
}

/// A figure and how sure it will be.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Name of the figure.
    pub name: String,
    /// What the probe says; of a total, brought to the users of the run.
    pub value: f64,
    /// Half of the 95 % interval that the run will have.
    pub half: f64,
}

impl Probe {
    /// Seconds of one thread a user, when it is alone.
    #[must_use]
    pub fn alone(&self) -> f64 {
        Middle::of(&self.seconds_a_user).map_or(f64::NAN, |middle| middle.median)
    }

    /// The least and the greatest batch.
    #[must_use]
    pub fn range(&self) -> [f64; 2] {
        let ends = self.seconds_a_user.iter();
        ends.fold([f64::INFINITY, 0.0], |[a, b], s| [a.min(*s), b.max(*s)])
    }

    /// Part of a thread that is left when all work.
    #[must_use]
    pub fn efficiency(&self) -> f64 {
        self.alone() / self.together
    }
}

impl Forecast {
    /// Seconds from beginning to end on so many cores.
    #[must_use]
    pub fn seconds(&self, cores: u64) -> f64 {
        let a_user = if cores == 1 {
            self.probe.alone()
        } else {
            self.probe.together
        };
        let simulate = self.users as f64 * a_user / cores.max(1) as f64;
        self.probe.start + simulate + self.probe.conclude
    }

    /// The same if all goes as in the fastest batch, and as in the slowest.
    #[must_use]
    pub fn seconds_between(&self, cores: u64) -> [f64; 2] {
        let fixed = self.probe.start + self.probe.conclude;
        let simulate = self.seconds(cores) - fixed;
        self.probe
            .range()
            .map(|end| fixed + simulate * end / self.probe.alone())
    }

    /// Machines of so many cores that would do it in so many seconds, if any number can.
    #[must_use]
    pub fn machines(&self, cores: u64, seconds: f64) -> Option<u64> {
        let fixed = self.probe.start + self.probe.conclude;
        let room = seconds - fixed;
        (room > 0.0).then(|| ((self.seconds(cores) - fixed) / room).ceil().max(1.0) as u64)
    }

    /// Seconds of processors together.
    #[must_use]
    pub fn core_seconds(&self) -> f64 {
        self.seconds(self.cores) * self.cores as f64
    }

    /// Peak memory in bytes.
    #[must_use]
    pub fn memory(&self) -> Option<f64> {
        let [one, all] = self.probe.memory?.map(|bytes| bytes as f64);
        let more = self.probe.threads.saturating_sub(1);
        let each = if more == 0 {
            0.0
        } else {
            (all - one) / more as f64
        };
        Some(one + each.max(0.0) * self.cores.saturating_sub(1) as f64)
    }

    /// The main figures and how sure they will be: what notes cause, what advertising brings, and what is
    /// said of every model under every regime.
    #[must_use]
    pub fn settled(&self) -> Vec<Settled> {
        let scale = (self.probe.users as f64 / self.users as f64).sqrt();
        let settled = |name: String, estimate: &Estimate| {
            let half = estimate.interval?.half();
            let half = half * scale;
            let value = estimate.value;
            Some(Settled { name, value, half })
        };
        let of = &self.outcome;
        // Totals grow with users; so do their intervals, less fast.
        let times = self.users as f64 / self.probe.users as f64;
        let total = |name: String, estimate: &Estimate| {
            let mut settled = settled(name, estimate)?;
            settled.value *= times;
            settled.half *= times;
            Some(settled)
        };
        let mut all = vec![
            total("orders caused".to_owned(), &of.all.orders),
            settled("return on advertising".to_owned(), &of.incremental_roi),
        ];
        let caused = of.caused.iter();
        all.extend(caused.map(|c| total(format!("orders caused: {}", c.name), &c.orders)));
        type Of = fn(&Believed) -> &Estimate;
        let said: [(&str, Of); 2] = [
            ("share error", |model| &model.share_error),
            ("overcount", |model| &model.overcount),
        ];
        for (what, estimate) in said {
            for regime in &of.regimes {
                let name = |model: &str| format!("{what}: {} {model}", regime.name);
                let models = regime.models.iter();
                all.extend(models.map(|m| settled(name(&m.model), estimate(m))));
            }
        }
        all.into_iter().flatten().collect()
    }

    /// Users for which half the interval of a figure is this part of it.
    #[must_use]
    pub fn users_for(&self, figure: &Settled, part: f64) -> Option<u64> {
        let times = figure.half / figure.value.abs() / part;
        let users = self.users as f64 * times * times;
        (users.is_finite() && users < 1e18).then_some(users.ceil() as u64)
    }
}

/// Measures the beginning of a run and says what all of it will take.
///
/// # Errors
/// When an option is out of range, or threads cannot be started.
pub fn forecast(
    scenario: &Scenario,
    options: &ForecastOptions,
    progress: &dyn Progress,
) -> Result<Forecast, RunError> {
    let begun = Instant::now();
    let job = Job::new(scenario, &options.run, Slice::WHOLE)?;
    let start = begun.elapsed().as_secs_f64();
    let mut gathered = job.start();
    // To warm up: memory is fetched and branches are learned once.
    job.next_blocks(&mut gathered, 1);
    // Time that other processes took is left out, where the system tells.
    let clock = || processor_seconds().unwrap_or_else(|| begun.elapsed().as_secs_f64());
    let pool = pool(job.threads())?;
    let (half, alone) = (options.time / 2, Instant::now());
    let mut seconds_a_user = Vec::new();
    while !job.is_whole(&gathered) && (seconds_a_user.len() < FEWEST || alone.elapsed() < half) {
        let (before, batch) = (gathered.users(), clock());
        job.next_blocks(&mut gathered, BATCH);
        let users = gathered.users() - before;
        seconds_a_user.push((clock() - batch) / users as f64);
        progress.advance(users);
    }
    let one = peak_memory();
    let (before, together, wall) = (gathered.users(), clock(), Instant::now());
    job.round(&pool, &mut gathered, Some(half), &|| false, progress);
    let users = gathered.users() - before;
    let available = wall.elapsed().as_secs_f64() * job.threads() as f64;
    let spent = processor_seconds().map_or(available, |now| now - together);
    let together = spent / users as f64;
    let had = processor_seconds().map(|_| (spent / available).min(1.0));
    let all = peak_memory();
    let Gathered { state, .. } = gathered;
    let kept = state.save(Vec::new()).map_or(0, |bytes| bytes.len() as u64);
    let (events, simulated) = (state.counts.events().total(), state.users());
    let conclude = Instant::now();
    let outcome = Outcome::new(scenario, &job.setup, state, job.threads())?;
    let conclude = conclude.elapsed().as_secs_f64();
    let log = logged(scenario, &options.run)?;
    let median = Middle::of(&seconds_a_user).map_or(together, |middle| middle.median);
    if seconds_a_user.is_empty() {
        seconds_a_user.push(median);
    }
    Ok(Forecast {
        users: job.plan.users(),
        cores: options.cores.unwrap_or(job.threads() as u64),
        probe: Probe {
            users: simulated,
            start,
            seconds_a_user,
            threads: job.threads() as u64,
            // A run that was over before all threads came to work says nothing of them.
            together: if users == 0 { median } else { together },
            had: had.filter(|_| users > 0),
            conclude,
            memory: one.zip(all).map(|(one, all)| [one, all]),
            kept,
            log,
        },
        events: events as f64 / simulated as f64,
        compares_budgets: scenario.wire().measure.regret.is_some(),
        outcome,
    })
}

/// Rows and bytes of a log, a user: some users' is made in memory.
fn logged(scenario: &Scenario, run: &RunOptions) -> Result<[f64; 2], RunError> {
    use std::sync::atomic::{AtomicU64, Ordering};

    let bytes = AtomicU64::new(0);
    let keep = |_: u64, table: crate::io::Table| -> Result<(), std::convert::Infallible> {
        let size = table.parquet(true).map_or(0, |bytes| bytes.len() as u64);
        bytes.fetch_add(size, Ordering::Relaxed);
        Ok(())
    };
    let options = GenerateOptions {
        users: Some(LOGGED),
        seed: run.seed,
        threads: run.threads,
        track: run.track,
        kinds: None,
        truth: false,
    };
    let generated = generate(scenario, &options, &keep, &Silent);
    let generated = generated.map_err(|error| match error {
        super::generate::GenerateError::Run(error) => error,
        error => RunError::Threads(error.to_string()),
    })?;
    let rows: u64 = generated.rows.iter().map(|(_, _, n)| n).sum();
    Ok([rows as f64, bytes.into_inner() as f64].map(|sum| sum / LOGGED as f64))
}
