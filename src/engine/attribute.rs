//! Models over a log: the same fold as in a simulated run, over journeys that somebody brings.
//!
//! Threads take parts of the log as they come. Every model's state is exact, so neither their
//! number nor their order can be seen in the credit.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::attribute::{Credit, FitError, Lineup, LineupState, Shape};
use crate::base::Merge;
use crate::io::{Log, LogError, LogShape, Scratch};
use crate::journey::JourneyBatch;

use super::run::{RunError, pool, threads};

/// The most cells of channel × merchant: each model holds so many, in each thread.
pub(super) const MAX_CELLS: usize = 1 << 20;

/// Why models cannot be run over a log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeError {
    /// More cells than fit.
    #[error(
        "{channels} channels of {groups} merchants make more than {MAX_CELLS} cells of credit: \
         group merchants into campaigns, or leave --merchant out"
    )]
    Cells {
        /// Channels.
        channels: usize,
        /// Merchants.
        groups: usize,
    },
    /// A model could not be fitted.
    #[error("model {model}: {source}")]
    Fit {
        /// Model.
        model: String,
        /// Why.
        source: FitError,
    },
    /// The log could not be read back.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Threads could not be started.
    #[error(transparent)]
    Threads(RunError),
}

/// What models say of a log.
#[derive(Clone, Debug)]
pub struct Attribution {
    /// How the log was written down.
    pub shape: LogShape,
    /// Channels, as credit numbers them.
    pub channels: Vec<String>,
    /// Merchants, as credit numbers them; one without a name if they are not told apart.
    pub groups: Vec<String>,
    /// Rows read.
    pub rows: u64,
    /// Rows used.
    pub used: u64,
    /// Rows left out.
    pub rejected: u64,
    /// Values rounded to what is kept.
    pub rounded: u64,
    /// Whether the log told when touches were.
    pub timed: bool,
    /// What the journeys are together.
    pub totals: Totals,
    /// Credit by model. Values are in units of [`VALUE_UNITS`](crate::io::log::VALUE_UNITS).
    pub credit: Vec<(String, Credit)>,
    /// Threads that worked.
    pub threads: usize,
}

/// Sums over journeys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Conversions: each ends a journey.
    pub conversions: u64,
    /// Journeys without one.
    pub nulls: u64,
    /// Value in units of [`VALUE_UNITS`](crate::io::log::VALUE_UNITS).
    pub value: i128,
    /// Touches of rows; a path counts once, however many took it.
    pub touches: u64,
}

impl Merge for Totals {
    fn merge(&mut self, other: Self) {
        self.conversions += other.conversions;
        self.nulls += other.nulls;
        self.value += other.value;
        self.touches += other.touches;
    }
}

/// Runs the models of a lineup over a log. The state is for who asks for credit by journey.
///
/// # Errors
/// When there are too many cells of credit, a model cannot be fitted, or threads do not start.
pub fn attribute(
    log: &Log,
    lineup: &Lineup,
    wanted: Option<usize>,
) -> Result<(Attribution, LineupState), AttributeError> {
    let shape = Shape {
        channels: log.channels.len(),
        groups: log.groups.len(),
    };
    if (shape.channels + 1).saturating_mul(shape.groups) > MAX_CELLS {
        return Err(AttributeError::Cells {
            channels: shape.channels,
            groups: shape.groups,
        });
    }
    let threads = threads(wanted);
    let next = AtomicUsize::new(0);
    let pool = pool(threads).map_err(AttributeError::Threads)?;
    let parts = pool.broadcast(|_| fold(log, lineup, shape, &next));
    let (mut state, mut totals) = (lineup.start(shape), Totals::default());
    for part in parts {
        let (part, sums) = part?;
        state.merge(part);
        totals.merge(sums);
    }
    let credits = lineup.credits(&state).into_iter();
    let credit = credits.map(|(model, credit)| match credit {
        Ok(credit) => Ok((model, credit)),
        Err(source) => Err(AttributeError::Fit { model, source }),
    });
    let found = Attribution {
        credit: credit.collect::<Result<_, _>>()?,
        shape: log.shape,
        rows: log.rows,
        used: log.used,
        rejected: log.rejected,
        rounded: log.rounded,
        timed: log.timed,
        channels: log.channels.clone(),
        groups: log.groups.clone(),
        totals,
        threads,
    };
    Ok((found, state))
}

fn fold(
    log: &Log,
    lineup: &Lineup,
    shape: Shape,
    next: &AtomicUsize,
) -> Result<(LineupState, Totals), LogError> {
    let (mut state, mut totals) = (lineup.start(shape), Totals::default());
    let mut scratch = Scratch::default().count_nulls(!lineup.reads_nulls());
    let mut batch = JourneyBatch::new();
    loop {
        let part = next.fetch_add(1, Ordering::Relaxed);
        if part >= log.parts() {
            let (nulls, touches) = scratch.counted();
            totals.nulls += nulls;
            totals.touches += touches;
            return Ok((state, totals));
        }
        log.part(part, &mut scratch, &mut batch)?;
        for journey in batch.iter() {
            totals.merge(Totals {
                conversions: journey.outcome.conversions,
                nulls: journey.outcome.nulls,
                value: i128::from(journey.outcome.value),
                touches: journey.channels.len() as u64,
            });
        }
        lineup.fold(&mut state, &batch);
    }
}
