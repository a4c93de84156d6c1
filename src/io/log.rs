//! Logs that people bring: events, journeys or paths, as delimited text, JSON Lines or Parquet.
//!
//! [`Log::read`] takes files in and keeps what models need, in memory: 24 bytes an event (twice
//! that while they are sorted) and one copy of each identity's name, or 11 bytes a touch of a
//! journey. What would not fit into [`LogOptions::memory_bytes`] is refused.
//!
//! Nothing depends on the order of rows except what must, the order of events of one identity at
//! one moment: channels and merchants are numbered by the alphabet, journeys are summed exactly.

mod cell;
mod columns;
mod delimited;
mod events;
mod fault;
mod gather;
mod lines;
mod names;
mod parquet;
mod reject;
mod source;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use cell::{VALUE_UNITS, offset};
pub use columns::LogShape;
pub use fault::{BadRow, LogError};
pub use reject::OnBadRow;

use crate::journey::{JourneyBatch, Touch};
use cell::Cell;
use columns::{Columns, FIELDS, Layout};
use events::Ordered;
use gather::Gather;
use source::Source;

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
    /// Zone of times that name none, in seconds east of UTC.
    pub zone_seconds: i64,
    /// What to do with rows that cannot be used.
    pub on_bad_row: OnBadRow,
    /// Most memory for the log.
    pub memory_bytes: u64,
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
            zone_seconds: 0,
            on_bad_row: OnBadRow::Stop,
            memory_bytes: 2 << 30,
            threads: None,
        }
    }
}

/// Takes rows in.
trait Sink {
    /// A file begins.
    fn file(&mut self, file: &str, layout: &Layout) -> Result<(), LogError>;

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
    journeys: Journeys,
    new_channel: Vec<u16>,
    new_group: Vec<u16>,
}

#[derive(Debug)]
enum Journeys {
    Events(Ordered),
    Batches(Vec<JourneyBatch>),
}

impl Log {
    /// Reads files of one kind.
    ///
    /// # Errors
    /// When a file cannot be read or is no log, when a row is bad and is not to be skipped, or when
    /// the log does not fit into the memory it may have.
    pub fn read(files: &[PathBuf], options: &LogOptions) -> Result<Self, LogError> {
        let merchant = options.merchant.as_deref();
        let columns = Columns::new(&options.map, merchant, options.shape)?;
        let mut gather = Gather::new(options);
        for path in files {
            match source::open(path)? {
                Source::Parquet(file) => parquet::read(path, file, &columns, &mut gather)?,
                Source::Lines(text) => lines::read(path, text, &columns, &mut gather)?,
                Source::Delimited(text) => {
                    delimited::read(path, text, options.delimiter, &columns, &mut gather)?;
                }
            }
        }
        gather.rejects.finish()?;
        debug_assert_eq!(gather.rows, gather.used + gather.rejects.count);
        gather.forget_users();
        let shape = gather.layout.as_ref().map(|l| l.shape);
        let none = || LogError::Option("there is no log: name at least one file".to_owned());
        let shape = shape.ok_or_else(none)?;
        let timed = gather.timed || shape == LogShape::Events;
        if options.window_seconds.is_some() && !timed && gather.rows > 0 {
            let text = "--window: this log does not say when touches were; leave the window out";
            return Err(LogError::Option(text.to_owned()));
        }
        let journeys = match shape {
            LogShape::Events => {
                let threads = options.threads.unwrap_or(0);
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                let pool = pool.map_err(|e| LogError::Option(format!("threads: {e}")))?;
                let events = std::mem::take(&mut gather.events);
                let ordered = pool.install(|| Ordered::new(events, options.window_seconds));
                Journeys::Events(ordered)
            }
            _ => Journeys::Batches(gather.batches),
        };
        let (channels, new_channel) = gather.channels.sorted();
        let (mut groups, mut new_group) = gather.groups.sorted();
        if groups.is_empty() {
            (groups, new_group) = (vec![String::new()], vec![0]);
        }
        Ok(Self {
            shape,
            channels,
            groups,
            rows: gather.rows,
            used: gather.used,
            rejected: gather.rejects.count,
            rounded: gather.rounded,
            timed,
            journeys,
            new_channel,
            new_group,
        })
    }

    /// In how many parts the journeys come.
    #[must_use]
    pub fn parts(&self) -> usize {
        match &self.journeys {
            Journeys::Events(ordered) => ordered.chunks(),
            Journeys::Batches(batches) => batches.len(),
        }
    }

    /// Writes the journeys of a part in place of what `out` holds. `scratch` is memory to reuse.
    pub fn part(&self, part: usize, scratch: &mut JourneyBatch, out: &mut JourneyBatch) {
        scratch.clear();
        out.clear();
        let journeys = match &self.journeys {
            Journeys::Events(ordered) => {
                ordered.batch(part, scratch);
                &*scratch
            }
            Journeys::Batches(batches) => match batches.get(part) {
                Some(batch) => batch,
                None => return,
            },
        };
        for journey in journeys.iter() {
            let touches = journey.channels.iter().zip(journey.kinds);
            for ((channel, kind), hours) in touches.zip(journey.hours_before_end) {
                out.touch(Touch {
                    channel: self.new_channel[usize::from(*channel)],
                    kind: *kind,
                    hours_before_end: *hours,
                });
            }
            let mut outcome = journey.outcome;
            outcome.group = self.new_group[usize::from(outcome.group)];
            out.end(outcome);
        }
    }
}
