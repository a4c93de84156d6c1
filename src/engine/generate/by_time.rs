//! The log of a season in the order of time.
//!
//! Users are simulated one by one, but their rows are wanted moment by moment. So time is cut into
//! slices ([`mod@super::slices`]); each row is dealt to its slice and waits there, in memory or in a
//! temporary file; and when all users have lived, slices are sorted one by one and written. A part is
//! one or more consecutive slices and holds whole seconds.
//!
//! The order is total: by time; in one second by user; for one user as it happened. So are the cuts
//! known before anybody looks at threads or memory, and the log is the same byte by byte for any number
//! of threads and any memory.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::run::{Progress, pool};
use crate::io::{Batch, Slice, Table, Waited, Waiting};
use crate::scenario::Scenario;

use super::packed::{key, pack, unpack};
use super::rows::{Frame, Rows};
use super::season::{Fault, Season};
use super::{GenerateError, GenerateOptions, Generated, Order};

/// Users that a thread takes at a time.
const BLOCK: u64 = 512;
/// Most rows of a table.
const TABLE_ROWS: usize = 1 << 18;
/// Bytes that a row of a table takes, as columns and as it is encoded.
const TABLE_ROW: u64 = 600;
/// A batch is dealt in the processor's cache.
const BATCH: u64 = 1 << 18;
/// Memory that is not refused, though it is exceeded.
const LEAST: u64 = 1 << 26;

/// Where rows wait for their slice.
#[derive(Clone, Debug)]
pub struct Room {
    /// Most bytes: one half for rows that wait, the other for those that are dealt, sorted and written.
    /// A thread needs some megabytes in any case.
    pub memory_bytes: u64,
    /// Folder of the temporary file for rows that do not fit.
    pub temp: PathBuf,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            temp: std::env::temp_dir(),
        }
    }
}

impl Room {
    fn refused<S: std::error::Error>(&self) -> impl FnOnce(io::Error) -> GenerateError<S> {
        let folder = self.temp.clone();
        move |source| GenerateError::Temporary { folder, source }
    }

    /// What sorting a slice of so many rows takes, if it is more than there is.
    fn lacks(&self, rows: u64) -> Option<u64> {
        let needed = rows.saturating_mul(2 * Slice::ROW).max(LEAST);
        (needed > self.memory_bytes.max(LEAST)).then_some(needed)
    }

    /// How many threads may write at once.
    fn writers(&self, threads: usize, largest: u64) -> usize {
        let rows = largest.saturating_mul(Slice::ROW);
        let table = largest.min(TABLE_ROWS as u64) * TABLE_ROW;
        let each = (rows + table).max(1);
        let fit = usize::try_from(self.memory_bytes / 2 / each).unwrap_or(usize::MAX);
        fit.clamp(1, threads)
    }
}

/// Keeps a part: its number, and its tables one after the other.
pub type KeepPart<'a, S> =
    dyn Fn(u64, &mut dyn Iterator<Item = Table>) -> Result<(), S> + Sync + 'a;

/// Simulates a scenario and hands its log out in the order of time. Parts are numbered in that order,
/// but are handed out in none; `keep` is called from all threads, with the number of a part and its
/// tables, one after the other. It has to take them all.
///
/// # Errors
/// When an option is out of range, threads or memory cannot be had, the temporary file cannot be
/// written, or `keep` fails.
pub fn generate_by_time<S: std::error::Error + Send + 'static>(
    scenario: &Scenario,
    options: &GenerateOptions,
    room: &Room,
    keep: &KeepPart<'_, S>,
    progress: &dyn Progress,
) -> Result<Generated, GenerateError<S>> {
    let season = Season::new(scenario, options)?;
    let frame = Frame::new(scenario, &season.world, options.truth);
    let slices = season.slices();
    if let Some(needed) = room.lacks(slices.expected()) {
        return Err(GenerateError::Memory { needed });
    }
    let pool = pool(season.threads)?;
    let waiting = Waiting::new(slices.len(), room.memory_bytes / 2, &room.temp);
    let quarter = room.memory_bytes / 4 / season.threads as u64;
    let batch = (quarter / Batch::ROW).clamp(1 << 10, BATCH) as usize;
    let next = AtomicU64::new(0);
    let fault = Fault::default();
    let lived = pool.broadcast(|_| {
        let mut rows = Batch::default();
        let mut life = season.life();
        while !fault.is_set() {
            let first = next.fetch_add(1, Ordering::Relaxed) * BLOCK;
            if first >= season.users {
                break;
            }
            let users = first..season.users.min(first + BLOCK);
            let count = users.end - users.start;
            for user in users {
                life.live(user, |place, event| {
                    let (row, beside) = pack(user, place, event);
                    rows.push(slices.of(event.at, user), row, beside);
                });
                if rows.len() >= batch {
                    fault.note(waiting.add(&mut rows).map_err(room.refused()));
                }
            }
            progress.advance(count);
        }
        fault.note(waiting.add(&mut rows).map_err(room.refused()));
        life.found()
    });
    fault.told()?;
    let waited = waiting.finish();
    let parts = slices.parts(waited.rows());
    let largest = waited.rows().iter().max().copied().unwrap_or(0);
    let writers = room.writers(season.threads, largest);
    let all = waited.rows().iter().sum::<u64>().max(1);
    progress.next("in the order of time", season.users);
    let next = AtomicU64::new(0);
    let fault = Fault::default();
    pool.broadcast(|context| {
        let mut slice = Slice::default();
        while context.index() < writers && !fault.is_set() {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = usize::try_from(number).ok().and_then(|n| parts.get(n)) else {
                break;
            };
            let mut tables = Tables::new(&frame, &waited, part.clone(), &mut slice);
            let kept = keep(number, &mut tables).map_err(GenerateError::Keep);
            match tables.failure {
                Some(error) => fault.note(Err(room.refused()(error))),
                None => fault.note(kept),
            }
            let until = |slice: usize| {
                let rows = waited.rows()[..slice].iter().sum::<u64>();
                (u128::from(rows) * u128::from(season.users) / u128::from(all)) as u64
            };
            progress.advance(until(part.end) - until(part.start));
        }
    });
    fault.told()?;
    Ok(Generated {
        order: Order::Time,
        parts: parts.len() as u64,
        spilled: waited.spilled(),
        ..season.generated(lived)
    })
}

/// The tables of one part, made when they are asked for.
struct Tables<'a> {
    frame: &'a Frame<'a>,
    waited: &'a Waited,
    slices: Range<usize>,
    slice: &'a mut Slice,
    /// Rows of the slice that are handed out, and of how many a table is.
    done: usize,
    most: usize,
    /// Whether there has been a table.
    some: bool,
    failure: Option<io::Error>,
}

impl<'a> Tables<'a> {
    fn new(
        frame: &'a Frame<'a>,
        waited: &'a Waited,
        slices: Range<usize>,
        slice: &'a mut Slice,
    ) -> Self {
        slice.rows.clear();
        Self {
            frame,
            waited,
            slices,
            slice,
            done: 0,
            most: 0,
            some: false,
            failure: None,
        }
    }
}

impl Iterator for Tables<'_> {
    type Item = Table;

    fn next(&mut self) -> Option<Table> {
        while self.done == self.slice.rows.len() {
            let Some(number) = self.slices.next() else {
                // A part without rows has a table without rows: columns are always told.
                let first = !std::mem::replace(&mut self.some, true);
                return first.then(|| Rows::default().table(self.frame));
            };
            if let Err(error) = self.waited.read(number, self.slice) {
                self.failure = Some(error);
                self.slices = 0..0;
                self.slice.rows.clear();
                self.some = true;
            }
            self.slice.rows.sort_unstable_by_key(key);
            self.done = 0;
            // Tables of about one size.
            let rows = self.slice.rows.len();
            self.most = rows.div_ceil(rows.div_ceil(TABLE_ROWS).max(1));
        }
        self.some = true;
        let end = self.slice.rows.len().min(self.done + self.most);
        let mut rows = Rows::default();
        for row in &self.slice.rows[self.done..end] {
            let (user, event) = unpack(row, self.slice.beside(row));
            rows.push(user, event);
        }
        self.done = end;
        Some(rows.table(self.frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch memory for one slice that is not there, refused where it would do, and more writers
    /// at once than memory is for.
    #[test]
    fn memory_is_shared_out() {
        let room = |memory_bytes| Room {
            memory_bytes,
            ..Room::default()
        };
        assert_eq!(room(1).lacks(1 << 17), None);
        assert_eq!(room(1 << 30).lacks(1 << 22), None);
        assert_eq!(room(1 << 30).lacks(1 << 24), Some(1 << 31));
        assert_eq!(room(1 << 31).lacks(1 << 24), None);
        assert_eq!(room(1).writers(8, 1 << 17), 1);
        assert_eq!(room(1 << 30).writers(8, 1 << 17), 6);
        assert_eq!(room(1 << 40).writers(8, 1 << 17), 8);
        assert_eq!(room(1 << 30).writers(8, 0), 8);
    }
}
