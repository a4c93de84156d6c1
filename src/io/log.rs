//! Logs that people bring: events, journeys or paths, as delimited text, JSON Lines, Parquet or Arrow.
//!
//! [`Log::read`] takes files in and keeps what models need. Events are kept in 8 to 24 bytes each, dealt out
//! by identity; what does not fit into [`LogOptions::memory_bytes`] goes to a temporary file, so a log may be
//! larger than memory. Journeys and paths, of which there are fewer, are kept in memory and refused
//! if they do not fit.
//!
//! Nothing depends on the order of rows except what must, the order of events of one identity at
//! one moment: channels and merchants are numbered by the alphabet, journeys are summed exactly.

mod arrow;
mod buckets;
mod cell;
mod columns;
mod delimited;
mod events;
mod fault;
mod gather;
mod identity;
mod lines;
mod names;
mod parquet;
mod read;
mod reject;
mod row;
mod runs;
mod said;
mod share;
mod source;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use cell::{VALUE_UNITS, offset};
pub use columns::LogShape;
pub use fault::{BadRow, LogError};
pub use reject::OnBadRow;

use crate::journey::JourneyBatch;
use cell::Cell;
use columns::{FIELDS, Role};
use events::{Events, Renamed, Sorting, Windows};
use gather::{Gathered, Shared};
use identity::{People, Scramble};
use runs::Runs;
use share::Share;

/// How to read a log.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// Shape; that which the columns fit if absent.
    pub shape: Option<LogShape>,
    /// Delimiter of text; that which finds most columns if absent.
    pub delimiter: Option<u8>,
    /// Columns by field: `user` → `uid`.
    pub map: BTreeMap<String, String>,
    /// Column by which journeys are kept apart, and credit told.
    pub merchant: Option<String>,
    /// Events that are conversions.
    pub conversion_events: Vec<String>,
    /// Events that are touches, beside those known by name.
    pub touch_events: Vec<String>,
    /// Touches older than this do not count, in seconds.
    pub window_seconds: Option<i64>,
    /// The same for touches that are no clicks, if it is another.
    pub view_window_seconds: Option<i64>,
    /// Whether rows are impressions by the schema of Criteo's attribution data set.
    pub criteo: bool,
    /// Whether single journeys will be asked for, with the names of their identities.
    pub name_journeys: bool,
    /// Zone of times that name none, in seconds east of UTC.
    pub zone_seconds: i64,
    /// What to do with rows that cannot be used.
    pub on_bad_row: OnBadRow,
    /// Most memory for the log.
    pub memory_bytes: u64,
    /// Folder for events that do not fit into it; the system's for temporary files if absent.
    pub spill_folder: Option<PathBuf>,
    /// Threads that sort; one a core if absent. The result does not depend on it.
    pub threads: Option<usize>,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            shape: None,
            delimiter: None,
            map: BTreeMap::new(),
            merchant: None,
            conversion_events: vec!["conversion".to_owned()],
            touch_events: Vec::new(),
            window_seconds: None,
            view_window_seconds: None,
            criteo: false,
            name_journeys: false,
            zone_seconds: 0,
            on_bad_row: OnBadRow::Stop,
            memory_bytes: 2 << 30,
            spill_folder: None,
            threads: None,
        }
    }
}

/// Takes rows in.
trait Sink {
    /// A row, whose text `raw` tells if it is asked.
    fn row(
        &mut self,
        unit: &str,
        number: u64,
        cells: &[Cell<'_>; FIELDS],
        raw: &dyn Fn() -> String,
    ) -> Result<(), LogError>;

    /// A line that is no row.
    fn unreadable(
        &mut self,
        line: u64,
        problem: &str,
        remedy: &'static str,
        raw: &dyn Fn() -> String,
    ) -> Result<(), LogError>;
}

/// A log that has been read.
#[derive(Debug)]
pub struct Log {
    /// How it was written down.
    pub shape: LogShape,
    /// Channels in the order of the alphabet.
    pub channels: Vec<String>,
    /// Merchants in the order of the alphabet; one without a name if they are not told apart.
    pub groups: Vec<String>,
    /// Rows that were read.
    pub rows: u64,
    /// Of these, rows that were used.
    pub used: u64,
    /// Of these, rows that were left out.
    pub rejected: u64,
    /// Values that had more digits than are kept.
    pub rounded: u64,
    /// Whether it tells when touches were.
    pub timed: bool,
    /// Bytes that went to a temporary file.
    pub spilled: u64,
    journeys: Journeys,
    people: People,
    new_channel: Vec<u16>,
    new_group: Vec<u16>,
}

#[derive(Debug)]
enum Journeys {
    Events(Events),
    Batches(Vec<JourneyBatch>),
}

/// Memory that [`Log::part`] uses again.
#[derive(Debug, Default)]
pub struct Scratch(Sorting);

impl Scratch {
    /// Journeys without a conversion may be counted only, as long as no model reads them.
    #[must_use]
    pub fn count_nulls(mut self, only: bool) -> Self {
        self.0.count_nulls = only;
        self
    }

    /// Who converted, and when, is wanted as well: [`Log::ended`].
    #[must_use]
    pub fn name_journeys(mut self) -> Self {
        self.0.ends = Some(Vec::new());
        self
    }

    /// Journeys that were counted and not written, and their touches.
    #[must_use]
    pub fn counted(&self) -> (u64, u64) {
        (self.0.nulls, self.0.null_touches)
    }
}

impl Log {
    /// Reads files of one kind.
    ///
    /// # Errors
    /// When a file cannot be read or is no log, when a row is bad and is not to be skipped, or when
    /// the log does not fit into the memory it may have.
    pub fn read(files: &[PathBuf], options: &LogOptions) -> Result<Self, LogError> {
        let role = if options.criteo {
            Role::Criteo
        } else {
            Role::Both
        };
        Self::gather(&read::inspect(files, role, options)?, options)
    }

    /// Reads the touches of one system and the conversions of another, joined by identity.
    ///
    /// # Errors
    /// As [`Log::read`].
    pub fn read_two(
        touches: &[PathBuf],
        conversions: &[PathBuf],
        options: &LogOptions,
    ) -> Result<Self, LogError> {
        let mut files = read::inspect(touches, Role::Touches, options)?;
        files.extend(read::inspect(conversions, Role::Conversions, options)?);
        Self::gather(&files, options)
    }

    fn gather(files: &[read::Opened], options: &LogOptions) -> Result<Self, LogError> {
        let none = || LogError::Option("there is no log: name at least one file".to_owned());
        let shape = files.first().ok_or_else(none)?.layout().shape;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0));
        let pool = pool.build();
        let pool = pool.map_err(|e| LogError::Option(format!("threads: {e}")))?;
        let share = Share::of(
            options.memory_bytes,
            pool.current_num_threads(),
            read::rows(files),
        );
        let folder = options.spill_folder.clone();
        let folder = folder.unwrap_or_else(std::env::temp_dir);
        let scramble = Scramble::new(read::width(files));
        let runs = Runs::new(share.bits, scramble, share.dealt, &folder);
        let shared = Shared::new(options, runs, share.run);
        let parts = read::read(files, &shared, &pool)?;
        let sum = |of: fn(&Gathered) -> u64| parts.iter().map(of).sum::<u64>();
        let (rows, used) = (sum(|p| p.rows), sum(|p| p.used));
        let (rejected, rounded) = (sum(|p| p.rejected), sum(|p| p.rounded));
        let timed = shape == LogShape::Events || parts.iter().any(|p| p.timed);
        let windows = [options.window_seconds, options.view_window_seconds];
        if windows != [None, None] && !timed && rows > 0 {
            let text = "--window: this log does not say when touches were; leave the window out";
            return Err(LogError::Option(text.to_owned()));
        }
        let [channels, groups] = shared.names();
        let (channels, new_channel) = channels.sorted();
        let (mut groups, mut new_group) = groups.sorted();
        if groups.is_empty() {
            (groups, new_group) = (vec![String::new()], vec![0]);
        }
        let end = parts.iter().filter_map(|p| p.end).max().unwrap_or(0);
        let dealt = shared.runs.finish();
        let spilled = dealt.spilled();
        let journeys = if shape == LogShape::Events {
            if dealt.largest() * share::SORTED > options.memory_bytes {
                let limit = options.memory_bytes;
                return Err(LogError::Memory { limit });
            }
            let micros = |seconds: i64| seconds.saturating_mul(1_000_000);
            let [click, view] = windows;
            let click = click.map_or(i64::MAX, micros);
            Journeys::Events(Events {
                dealt,
                end,
                windows: Windows {
                    click,
                    view: view.map_or(click, micros),
                },
            })
        } else {
            Journeys::Batches(parts.into_iter().flat_map(|p| p.batches).collect())
        };
        Ok(Self {
            shape,
            channels,
            groups,
            rows,
            used,
            rejected,
            rounded,
            timed,
            spilled,
            journeys,
            people: shared.people.unwrap_or_default(),
            new_channel,
            new_group,
        })
    }

    /// Whose journey it was that [`Log::part`] wrote at a place, and its end in microseconds since 1970.
    /// None where the log has no events, or its journeys were not to be named.
    #[must_use]
    pub fn ended(&self, scratch: &Scratch, place: usize) -> Option<(String, i64)> {
        let Journeys::Events(events) = &self.journeys else {
            return None;
        };
        let end = scratch.0.ends.as_ref()?.get(place)?;
        let name = self.people.name(end.who, events.dealt.scramble);
        Some((name, end.time))
    }

    /// In how many parts the journeys come.
    #[must_use]
    pub fn parts(&self) -> usize {
        match &self.journeys {
            Journeys::Events(events) => events.dealt.partitions(),
            Journeys::Batches(batches) => batches.len(),
        }
    }

    /// Writes the journeys of a part in place of what `out` holds.
    ///
    /// Where [`Scratch::count_nulls`] is set, journeys of events without a conversion are counted in the
    /// scratch and not written.
    ///
    /// # Errors
    /// When what was put aside in a temporary file cannot be read back.
    pub fn part(
        &self,
        part: usize,
        scratch: &mut Scratch,
        out: &mut JourneyBatch,
    ) -> Result<(), LogError> {
        out.clear();
        if let Some(ends) = &mut scratch.0.ends {
            ends.clear();
        }
        let renamed = Renamed {
            channels: &self.new_channel,
            groups: &self.new_group,
        };
        match &self.journeys {
            Journeys::Events(events) => {
                let read = events.batch(part, &renamed, &mut scratch.0, out);
                read.map_err(|source| LogError::Io {
                    path: PathBuf::from("the temporary file"),
                    source,
                })
            }
            Journeys::Batches(batches) => {
                if let Some(batch) = batches.get(part) {
                    renamed.copy(batch, out);
                }
                Ok(())
            }
        }
    }
}
