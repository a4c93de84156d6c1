//! Rows in: each is checked whole before anything of it is kept, so that a row that is left out
//! leaves no trace, not even the name of a channel.
//!
//! Every thread gathers for itself what it reads; names, rejects and dealt rows are shared.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::cell::Cell;
use super::columns::{FIELDS, Field, Layout};
use super::fault::{BadRow, LogError};
use super::identity::{Identity, People};
use super::names::Names;
use super::reject::{Held, Rejects};
use super::row;
use super::runs::{Pending, Runs};
use super::said::{Said, What, said};
use super::{LogOptions, Sink};
use crate::journey::{JourneyBatch, Outcome, Touch, TouchKind};

/// The most channels: far above any plan of media, far below a column of identities.
const CHANNELS: u16 = 1_024;
/// The most groups.
const GROUPS: u16 = 60_000;
/// A batch is begun anew after so many journeys or touches.
const BATCH: usize = 4_096;

/// What all threads share.
pub(super) struct Shared<'a> {
    pub options: &'a LogOptions,
    pub runs: Runs,
    pub rejects: Rejects,
    channels: Mutex<Names>,
    groups: Mutex<Names>,
    /// Names of identities that are no numbers, if they will be asked for.
    pub people: Option<People>,
    /// Bytes that cannot go to a file.
    kept: AtomicU64,
    /// Rows that a thread reads before it deals them out.
    pub run: usize,
}

impl<'a> Shared<'a> {
    pub fn new(options: &'a LogOptions, runs: Runs, run: usize) -> Self {
        Self {
            options,
            runs,
            rejects: Rejects::new(options.on_bad_row.clone()),
            channels: Mutex::default(),
            groups: Mutex::default(),
            people: options.name_journeys.then(People::default),
            kept: AtomicU64::new(0),
            run,
        }
    }

    /// Channels and groups, once everything has been read.
    pub fn names(&self) -> [Names; 2] {
        [&self.channels, &self.groups].map(|names| std::mem::take(&mut *lock(names)))
    }
}

fn lock(names: &Mutex<Names>) -> MutexGuard<'_, Names> {
    names.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a task has read so far.
pub(super) struct Gather<'a> {
    pub shared: &'a Shared<'a>,
    file: &'a str,
    pub layout: &'a Layout,
    task: u32,
    runs: u32,
    held: Held,
    pub rows: u64,
    pub used: u64,
    pub rounded: u64,
    /// Time of the last event that was dealt out.
    end: Option<i64>,
    pub timed: bool,
    /// Names met in this task, and the numbers that they have in all.
    channels: (Names, Vec<u16>),
    groups: (Names, Vec<u16>),
    pub pending: &'a mut Pending,
    pub batches: Vec<JourneyBatch>,
}

/// Sums of a task that has ended.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub rows: u64,
    pub used: u64,
    pub rejected: u64,
    pub rounded: u64,
    pub end: Option<i64>,
    pub timed: bool,
    pub batches: Vec<JourneyBatch>,
}

impl<'a> Gather<'a> {
    /// For a task; what the thread has read before has been dealt out.
    pub fn new(
        shared: &'a Shared<'a>,
        task: u32,
        file: &'a str,
        layout: &'a Layout,
        pending: &'a mut Pending,
    ) -> Self {
        Self {
            shared,
            file,
            layout,
            task,
            runs: 0,
            held: Held::default(),
            rows: 0,
            used: 0,
            rounded: 0,
            end: None,
            timed: false,
            channels: Default::default(),
            groups: Default::default(),
            pending,
            batches: Vec::new(),
        }
    }

    /// Ends the task, whether it went well or not.
    pub fn finish(mut self, read: Result<(), LogError>) -> Result<Gathered, LogError> {
        let dealt = self.deal();
        let rejects = self.shared.rejects.end(self.task, &mut self.held);
        read.and(dealt).and(rejects)?;
        debug_assert_eq!(self.rows, self.used + self.held.count);
        Ok(Gathered {
            rows: self.rows,
            used: self.used,
            rejected: self.held.count,
            rounded: self.rounded,
            end: self.end,
            timed: self.timed,
            batches: self.batches,
        })
    }

    /// Deals out what has been read since the last time.
    fn deal(&mut self) -> Result<(), LogError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let place = (self.task, self.runs);
        self.runs += 1;
        self.end = self.end.max(self.pending.latest());
        let dealt = self.shared.runs.add(place, self.pending);
        let path = self.shared.options.spill_folder.clone();
        dealt.map_err(|source| LogError::Io {
            path: path.unwrap_or_else(std::env::temp_dir),
            source,
        })
    }

    /// Deals out what has been read, if it is enough.
    pub fn deal_if_full(&mut self) -> Result<(), LogError> {
        if self.pending.len() >= self.shared.run {
            self.deal()?;
        }
        Ok(())
    }

    fn reject(
        &mut self,
        at: String,
        column: String,
        value: String,
        problem: &str,
        remedy: &'static str,
        raw: &dyn Fn() -> String,
    ) -> Result<(), LogError> {
        let bad = BadRow {
            file: self.file.to_owned(),
            at,
            column,
            value,
            problem: problem.to_owned(),
            remedy,
        };
        self.shared.rejects.add(self.task, &mut self.held, bad, raw)
    }

    /// The number of a channel.
    pub fn channel(&mut self, name: &str) -> Result<u16, LogError> {
        place(
            &mut self.channels,
            &self.shared.channels,
            name,
            CHANNELS,
            "channels",
        )
    }

    /// The number of a merchant.
    pub fn group(&mut self, name: &str) -> Result<u16, LogError> {
        place(
            &mut self.groups,
            &self.shared.groups,
            name,
            GROUPS,
            "merchants",
        )
    }

    /// Keeps bytes in mind that cannot go to a file.
    pub fn keep_bytes(&self, bytes: usize) -> Result<(), LogError> {
        let kept = self.shared.kept.fetch_add(bytes as u64, Relaxed) + bytes as u64;
        let limit = self.shared.options.memory_bytes;
        if kept > limit {
            return Err(LogError::Memory { limit });
        }
        Ok(())
    }

    fn keep(&mut self, said: Said<'_>, merchant: Option<&str>) -> Result<(), LogError> {
        let group = merchant.map_or(Ok(0), |name| self.group(name))?;
        let (path, hours, outcome) = match said {
            Said::Event(event) => {
                let who = self.shared.runs.scramble.text(&event.user);
                self.meet(who, &event.user)?;
                match event.what {
                    What::Touch(channel, kind) => {
                        let channel = self.channel(&channel)?;
                        self.touch(who, group, event.time, channel, kind);
                    }
                    What::Conversion(value) => {
                        self.convert(who, group, event.time, value, false);
                    }
                }
                if let Some((time, id)) = event.implied {
                    self.convert(who, group, time, id, true);
                }
                self.rounded += u64::from(event.rounded);
                return self.deal_if_full();
            }
            Said::Journey(path, hours, outcome, rounded) => {
                self.rounded += u64::from(rounded);
                (path, hours, outcome)
            }
        };
        let places: Result<Vec<u16>, LogError> = path.iter().map(|c| self.channel(c)).collect();
        let places = places?;
        let full = |b: &JourneyBatch| b.len() >= BATCH || b.touches() >= BATCH * 64;
        if self.batches.last().is_none_or(full) {
            self.batches.push(JourneyBatch::new());
        }
        if let Some(batch) = self.batches.last_mut() {
            for (place, channel) in places.into_iter().enumerate() {
                batch.touch(Touch {
                    channel,
                    kind: TouchKind::Click,
                    hours_before_end: hours.get(place).copied().unwrap_or(f64::NAN),
                });
            }
            batch.end(Outcome { group, ..outcome });
        }
        self.timed |= !hours.is_empty();
        // Vectors grow by doubling: up to twice what is used.
        self.keep_bytes(2 * (44 + 11 * path.len()))
    }

    /// Remembers the name of an identity, if names will be asked for.
    pub fn meet(&mut self, who: Identity, name: &str) -> Result<(), LogError> {
        match &self.shared.people {
            Some(people) => self.keep_bytes(people.remember(who, name)),
            None => Ok(()),
        }
    }

    /// Adds a touch.
    #[inline]
    pub fn touch(&mut self, who: Identity, group: u16, time: i64, channel: u16, kind: TouchKind) {
        let low = row::touch_low(channel, kind);
        self.pending.push(who, group, time, low);
    }

    /// Adds a conversion.
    pub fn convert(&mut self, who: Identity, group: u16, time: i64, value: i64, implied: bool) {
        let low = row::conversion_low(implied);
        self.pending.push(who, group, time, low);
        self.pending.values.push(value);
    }
}

/// The number of a name in all threads. The shared table is asked once a task and name.
fn place(
    (met, numbers): &mut (Names, Vec<u16>),
    shared: &Mutex<Names>,
    name: &str,
    most: u16,
    what: &str,
) -> Result<u16, LogError> {
    let here = met.place(name) as usize;
    if here >= numbers.len() {
        numbers.push(lock(shared).few(name, most, what)?);
    }
    Ok(numbers[here])
}

impl Sink for Gather<'_> {
    fn row(
        &mut self,
        unit: &str,
        number: u64,
        cells: &[Cell<'_>; FIELDS],
        raw: &dyn Fn() -> String,
    ) -> Result<(), LogError> {
        self.rows += 1;
        let options = self.shared.options;
        let both = said(options, self.layout, cells).and_then(|said| {
            let merchant = &cells[Field::Merchant as usize];
            let merchant = options
                .merchant
                .as_ref()
                .map(|_| merchant.text())
                .transpose();
            Ok((said, merchant.map_err(|wrong| (Field::Merchant, wrong))?))
        });
        match both {
            Ok((said, merchant)) => {
                self.keep(said, merchant.as_deref())?;
                self.used += 1;
            }
            Err((field, (problem, remedy))) => {
                let column = self.layout.name(field).to_owned();
                let value = cells[field as usize].shown();
                let at = format!("{unit} {number}");
                self.reject(at, column, value, problem, remedy, raw)?;
            }
        }
        Ok(())
    }

    fn unreadable(
        &mut self,
        line: u64,
        problem: &str,
        remedy: &'static str,
        raw: &dyn Fn() -> String,
    ) -> Result<(), LogError> {
        self.rows += 1;
        let value: String = raw().chars().take(80).collect();
        let at = format!("line {line}");
        self.reject(at, "(the whole row)".into(), value, problem, remedy, raw)
    }
}
