//! The log of a season, in parts.
//!
//! Users are taken in blocks of [`PART`]; each block becomes one table, sorted by user and by time, and
//! is handed to whoever keeps it. [`generate_by_time`] hands out the same rows in the order of time. A part hangs on its users alone, so it is the same whichever thread
//! makes it, and no more than one part a thread is held in memory.

mod by_time;
mod gather;
mod packed;
mod rows;
mod season;
mod slices;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::io::Table;
use crate::scenario::Scenario;
use crate::world::{Counts, EventKind, Track};

use super::run::{Progress, RunError, pool};
pub use by_time::{KeepPart, Room, generate_by_time};
pub use gather::{GatherError, gather};
use rows::{Frame, Rows};
use season::{Fault, Season};

/// Users of a part.
pub const PART: u64 = 8_192;

/// What a caller may choose without changing the scenario.
#[derive(Clone, Debug, Default)]
pub struct GenerateOptions {
    /// Users; the scenario's own number if absent.
    pub users: Option<u64>,
    /// Seed; the scenario's own if absent.
    pub seed: Option<u64>,
    /// Threads; one a core if absent. The log does not depend on it.
    pub threads: Option<usize>,
    /// Which notes the log is about: without impressions it has all other rows.
    pub track: Track,
    /// Kinds of events to write; all if absent.
    pub kinds: Option<Vec<EventKind>>,
    /// Whether to write what only the world knows: the need behind a visit, and what triggered it.
    pub truth: bool,
}

/// Why a log cannot be made; `S` is why a part could not be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError<S: std::error::Error + 'static> {
    /// An option is out of range, or threads cannot be had.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A part could not be kept.
    #[error(transparent)]
    Keep(S),
    /// Rows that wait did not fit into memory, and the file for them was refused.
    #[error("temporary file in {folder}: {source}; --temp DIR names another folder", folder = folder.display())]
    Temporary {
        /// Its folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There are so many rows that not even one slice of time can be sorted.
    #[error("memory: a log of so many rows in the order of time needs {mib} MiB; write --memory {mib}MiB or more", mib = needed.div_ceil(1 << 20))]
    Memory {
        /// Bytes that it takes.
        needed: u64,
    },
}

/// What the rows of a log are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By user, then by time.
    User,
    /// By time, then by user.
    Time,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Generated {
    /// What they are sorted by.
    pub order: Order,
    /// Which notes they are about.
    pub track: Track,
    /// Users.
    pub users: u64,
    /// Threads used.
    pub threads: usize,
    /// Rows by kind of event.
    pub rows: Vec<(EventKind, &'static str, u64)>,
    /// Parts.
    pub parts: u64,
    /// Bytes of rows that waited in a temporary file.
    pub spilled: u64,
    /// Totals of the same users, as a run would count them.
    pub counts: Counts,
    /// Digest of the latent world.
    pub latent: String,
}

/// Simulates a scenario and hands its log out, part by part and in no order; `keep` is called from all
/// threads, with the number of the part.
///
/// # Errors
/// When an option is out of range, threads cannot be had, or `keep` fails: then no more parts are made.
pub fn generate<S: std::error::Error + Send + 'static>(
    scenario: &Scenario,
    options: &GenerateOptions,
    keep: &(dyn Fn(u64, Table) -> Result<(), S> + Sync),
    progress: &dyn Progress,
) -> Result<Generated, GenerateError<S>> {
    let season = Season::new(scenario, options)?;
    let frame = Frame::new(scenario, &season.world, options.truth);
    let parts = season.users.div_ceil(PART);
    let next = AtomicU64::new(0);
    let fault = Fault::default();
    let lived = pool(season.threads)?.broadcast(|_| {
        let mut life = season.life();
        while !fault.is_set() {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= parts {
                break;
            }
            let users = part * PART..season.users.min((part + 1) * PART);
            let count = users.end - users.start;
            let mut rows = Rows::default();
            for user in users {
                life.live(user, |_, event| rows.push(user, *event));
            }
            let table = rows.table(&frame);
            drop(rows);
            fault.note(keep(part, table).map_err(GenerateError::Keep));
            progress.advance(count);
        }
        life.found()
    });
    fault.told()?;
    Ok(Generated {
        parts,
        ..season.generated(lived)
    })
}
