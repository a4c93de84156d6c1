//! Rows of a log that are wanted in memory.
//!
//! Who plays a log, rather than keeps it, needs it all at hand, but not all of every row: what is kept of
//! a row is the caller's own business. It has a bound, and what does not fit is refused and not cut off.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::run::{Progress, RunError, pool};
use crate::scenario::Scenario;
use crate::world::{Event, World};

use super::GenerateOptions;
use super::season::{Fault, Season};

/// Users that a thread takes at a time.
const BLOCK: u64 = 512;

/// Why rows cannot be gathered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError {
    /// An option is out of range, or threads cannot be had.
    #[error(transparent)]
    Run(#[from] RunError),
    /// There are more rows than may be kept.
    #[error("{of} of {users} users have more than {most} rows of the kinds wanted", of = of.saturating_sub(1))]
    TooMany {
        /// About how many users were asked when it was too much.
        of: u64,
        /// Of how many.
        users: u64,
        /// Rows that may be kept.
        most: u64,
    },
}

/// Simulates a scenario and keeps what `keep` makes of its rows, `most` of them at most. Rows of one user
/// stand together and in the order of time; users are in no order.
///
/// # Errors
/// When an option is out of range, threads cannot be had, or there are more rows.
pub fn gather<T: Send>(
    scenario: &Scenario,
    options: &GenerateOptions,
    most: u64,
    keep: &(dyn Fn(&World, u64, &Event) -> Option<T> + Sync),
    progress: &dyn Progress,
) -> Result<Vec<T>, GatherError> {
    let season = Season::new(scenario, options)?;
    let (next, rows) = (AtomicU64::new(0), AtomicU64::new(0));
    let fault = Fault::default();
    let kept = pool(season.threads)?.broadcast(|_| {
        let (mut life, mut kept) = (season.life(), Vec::new());
        while !fault.is_set() {
            let first = next.fetch_add(1, Ordering::Relaxed) * BLOCK;
            if first >= season.users {
                break;
            }
            let users = first..season.users.min(first + BLOCK);
            let (count, before) = (users.end - users.start, kept.len());
            for user in users {
                life.live(user, |_, event| {
                    kept.extend(keep(&season.world, user, event))
                });
            }
            let new = (kept.len() - before) as u64;
            if rows.fetch_add(new, Ordering::Relaxed) + new > most {
                fault.note(Err(GatherError::TooMany {
                    of: first + count,
                    users: season.users,
                    most,
                }));
            }
            progress.advance(count);
        }
        kept
    });
    fault.told()?;
    let mut all = Vec::with_capacity(kept.iter().map(Vec::len).sum());
    kept.into_iter().for_each(|mut some| all.append(&mut some));
    Ok(all)
}
