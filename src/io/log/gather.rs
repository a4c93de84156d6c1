//! Rows in: each is checked whole before anything of it is kept, so that a row that is left out
//! leaves no trace, not even the name of a channel.

use std::borrow::Cow;

use super::cell::{Cell, Wrong};
use super::columns::{FIELDS, Field, Layout};
use super::events::{CONVERSION, Event};
use super::fault::{BadRow, LogError};
use super::names::Names;
use super::reject::Rejects;
use super::{LogOptions, LogShape, Sink};
use crate::journey::{JourneyBatch, Outcome, Touch, TouchKind};

/// The most channels: far above any plan of media, far below a column of identities.
const CHANNELS: u16 = 1_024;
/// The most groups.
const GROUPS: u16 = 60_000;
/// A batch is begun anew after so many journeys or touches.
const BATCH: usize = 4_096;
/// Memory is counted once in so many rows.
const COUNTED: u64 = 1 << 14;

/// What has been read so far.
pub(super) struct Gather<'a> {
    options: &'a LogOptions,
    file: String,
    pub layout: Option<Layout>,
    pub rejects: Rejects,
    pub rows: u64,
    pub used: u64,
    pub rounded: u64,
    users: Names,
    pub channels: Names,
    pub groups: Names,
    pub events: Vec<Event>,
    pub batches: Vec<JourneyBatch>,
    batch_bytes: usize,
    pub timed: bool,
}

/// A fault in a field's cell.
type Fault = (Field, Wrong);

/// What a row says, checked.
enum Said<'c> {
    Event(Cow<'c, str>, i64, Option<(Cow<'c, str>, TouchKind)>, i64),
    Journey(Vec<Cow<'c, str>>, Vec<f64>, Outcome),
}

impl<'a> Gather<'a> {
    pub fn new(options: &'a LogOptions) -> Self {
        Self {
            options,
            file: String::new(),
            layout: None,
            rejects: Rejects::new(options.on_bad_row.clone()),
            rows: 0,
            used: 0,
            rounded: 0,
            users: Names::default(),
            channels: Names::default(),
            groups: Names::default(),
            events: Vec::new(),
            batches: Vec::new(),
            batch_bytes: 0,
            timed: false,
        }
    }

    /// Memory held, with what sorting will need.
    fn bytes(&self) -> usize {
        let event = size_of::<Event>();
        let events = self.events.capacity() * event + self.events.len() * event;
        events + self.users.bytes() + self.batch_bytes
    }

    /// The identities are not needed any more once events have their numbers.
    pub fn forget_users(&mut self) {
        self.users = Names::default();
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
            file: self.file.clone(),
            at,
            column,
            value,
            problem: problem.to_owned(),
            remedy,
        };
        self.rejects.add(bad, raw)
    }

    fn keep(&mut self, said: Said<'_>, group: &str) -> Result<(), LogError> {
        let group = match self.options.merchant {
            Some(_) => self.groups.few(group, GROUPS, "merchants")?,
            None => 0,
        };
        match said {
            Said::Event(user, time, touch, value) => {
                let (what, value) = match touch {
                    Some((channel, kind)) => {
                        let channel = self.channels.few(&channel, CHANNELS, "channels")?;
                        (channel, kind as i64)
                    }
                    None => (CONVERSION, value),
                };
                self.events.push(Event {
                    user: self.users.place(&user),
                    group,
                    what,
                    time,
                    value,
                });
            }
            Said::Journey(path, hours, outcome) => {
                let places: Result<Vec<u16>, LogError> = path
                    .iter()
                    .map(|c| self.channels.few(c, CHANNELS, "channels"))
                    .collect();
                let full = |b: &JourneyBatch| b.len() >= BATCH || b.touches() >= BATCH * 64;
                if self.batches.last().is_none_or(full) {
                    self.batches.push(JourneyBatch::new());
                }
                if let Some(batch) = self.batches.last_mut() {
                    for (place, channel) in places?.into_iter().enumerate() {
                        batch.touch(Touch {
                            channel,
                            kind: TouchKind::Click,
                            hours_before_end: hours.get(place).copied().unwrap_or(f64::NAN),
                        });
                    }
                    batch.end(Outcome { group, ..outcome });
                    // Vectors grow by doubling: up to twice what is used.
                    self.batch_bytes += 2 * (44 + 11 * path.len());
                }
            }
        }
        Ok(())
    }

    fn event<'c>(&mut self, cells: &'c [Cell<'c>; FIELDS]) -> Result<Said<'c>, Fault> {
        let of = |field: Field| (&cells[field as usize], move |wrong: Wrong| (field, wrong));
        let (cell, wrong) = of(Field::User);
        let user = cell.text().map_err(wrong)?;
        let (cell, wrong) = of(Field::Time);
        let time = cell.time(self.options.zone_seconds).map_err(wrong)?;
        let (cell, wrong) = of(Field::Event);
        let event = cell.text().map_err(wrong)?;
        let names = |list: &[String]| list.iter().any(|name| *name == event);
        if names(&self.options.conversion_events) {
            let value = self.value(cells, true)?;
            return Ok(Said::Event(user, time, None, value));
        }
        let known = kind(&event);
        if known.is_none() && !names(&self.options.touch_events) {
            let what = (
                "is an event of no known kind",
                "name it with --touch-event or --conversion-event",
            );
            return Err((Field::Event, what));
        }
        let (cell, wrong) = of(Field::Channel);
        let channel = cell.text().map_err(wrong)?;
        let touch = Some((channel, known.unwrap_or(TouchKind::Click)));
        Ok(Said::Event(user, time, touch, 0))
    }

    fn value(&mut self, cells: &[Cell<'_>; FIELDS], converted: bool) -> Result<i64, Fault> {
        let has = self
            .layout
            .as_ref()
            .and_then(|l| l.places[Field::Value as usize]);
        let cell = &cells[Field::Value as usize];
        if has.is_none() || (cell.is_missing() && !converted) {
            return Ok(0);
        }
        let (value, rounded) = cell.value().map_err(|wrong| (Field::Value, wrong))?;
        if value != 0 && !converted {
            let what = (
                "is a value without a conversion",
                "write 0, or the conversion",
            );
            return Err((Field::Value, what));
        }
        self.rounded += u64::from(rounded);
        Ok(value)
    }

    fn journey<'c>(
        &mut self,
        shape: LogShape,
        cells: &'c [Cell<'c>; FIELDS],
    ) -> Result<Said<'c>, Fault> {
        let path = path(&cells[Field::Path as usize]).map_err(|wrong| (Field::Path, wrong))?;
        let mut outcome = Outcome::default();
        let count = |field: Field| {
            cells[field as usize]
                .count()
                .map_err(|wrong| (field, wrong))
        };
        if shape == LogShape::Paths {
            outcome.conversions = count(Field::Conversions)?;
            let places = self.layout.as_ref().map(|l| l.places);
            if places.is_some_and(|p| p[Field::Nulls as usize].is_some()) {
                outcome.nulls = count(Field::Nulls)?;
            }
        } else {
            let cell = &cells[Field::Conversion as usize];
            let converted = cell.flag().map_err(|wrong| (Field::Conversion, wrong))?;
            outcome.conversions = u64::from(converted);
            outcome.nulls = u64::from(!converted);
        }
        let cell = &cells[Field::Hours as usize];
        let hours = match cell {
            Cell::Missing => Vec::new(),
            cell => hours(cell, path.len()).map_err(|wrong| (Field::Hours, wrong))?,
        };
        outcome.value = self.value(cells, outcome.conversions > 0)?;
        self.timed |= !hours.is_empty();
        if let (Some(window), false) = (self.options.window_seconds, hours.is_empty()) {
            let last = hours.last().copied().unwrap_or_default();
            // As for events: a journey without a conversion is looked back on from its last touch.
            let end = if outcome.conversions > 0 { 0.0 } else { last };
            let from = hours.partition_point(|h| (h - end) * 3_600.0 > window as f64);
            let path = path[from..].to_vec();
            return Ok(Said::Journey(path, hours[from..].to_vec(), outcome));
        }
        Ok(Said::Journey(path, hours, outcome))
    }
}

impl Sink for Gather<'_> {
    fn file(&mut self, file: &str, layout: &Layout) -> Result<(), LogError> {
        if let Some(before) = &self.layout {
            let has = |layout: &Layout| layout.places.map(|p| p.is_some());
            if before.shape != layout.shape || has(before) != has(layout) {
                let problem = format!(
                    "has other columns ({}) than {} ({}); hand in files of one kind at a time",
                    layout.shape.name(),
                    self.file,
                    before.shape.name()
                );
                return Err(LogError::file(file, problem));
            }
        }
        self.file = file.to_owned();
        self.layout = Some(layout.clone());
        Ok(())
    }

    fn row(
        &mut self,
        unit: &str,
        number: u64,
        cells: &[Cell<'_>; FIELDS],
        raw: &dyn Fn() -> String,
    ) -> Result<(), LogError> {
        self.rows += 1;
        let shape = self.layout.as_ref().map_or(LogShape::Events, |l| l.shape);
        let said = match shape {
            LogShape::Events => self.event(cells),
            _ => self.journey(shape, cells),
        };
        let merchant = match self.options.merchant {
            Some(_) => cells[Field::Merchant as usize].text(),
            None => Ok(Cow::Borrowed("")),
        };
        let both = said.and_then(|said| {
            let merchant = merchant.map_err(|wrong| (Field::Merchant, wrong))?;
            Ok((said, merchant))
        });
        match both {
            Ok((said, merchant)) => {
                self.keep(said, &merchant)?;
                self.used += 1;
            }
            Err((field, (problem, remedy))) => {
                let column = self.layout.as_ref().map(|l| l.name(field).to_owned());
                let value = cells[field as usize].shown();
                let (at, column) = (format!("{unit} {number}"), column.unwrap_or_default());
                self.reject(at, column, value, problem, remedy, raw)?;
            }
        }
        let limit = self.options.memory_bytes;
        if self.rows.is_multiple_of(COUNTED) && self.bytes() as u64 > limit {
            let rows = self.rows;
            return Err(LogError::Memory { limit, rows });
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

/// The kinds of touch that are known by name.
fn kind(event: &str) -> Option<TouchKind> {
    let kinds = [
        ("touch", TouchKind::Click),
        ("click", TouchKind::Click),
        ("impression", TouchKind::View),
        ("view", TouchKind::View),
        ("read", TouchKind::Read),
        ("engage", TouchKind::Engage),
    ];
    let found = kinds.into_iter().find(|(name, _)| *name == event);
    found.map(|(_, kind)| kind)
}

/// The channels of `A > B > C`, or of a list. An empty path is a journey without a touch.
fn path<'c>(cell: &'c Cell<'_>) -> Result<Vec<Cow<'c, str>>, Wrong> {
    const EMPTY: Wrong = (
        "has a step without a name",
        "name every step, as in `A > B`",
    );
    match cell {
        Cell::Missing => Ok(Vec::new()),
        Cell::List(items) => items
            .iter()
            .map(|item| item.text().map_err(|_| EMPTY))
            .collect(),
        Cell::Text(text) => {
            let steps = text.split('>').map(str::trim);
            let named = |s: &str| {
                (!s.is_empty())
                    .then(|| Cow::Owned(s.to_owned()))
                    .ok_or(EMPTY)
            };
            steps.map(named).collect()
        }
        other => Ok(vec![other.text()?]),
    }
}

/// Hours before the end, one a touch, falling.
fn hours(cell: &Cell<'_>, touches: usize) -> Result<Vec<f64>, Wrong> {
    const HOURS: Wrong = (
        "are not the hours of each touch before the end",
        "write one number a touch, none negative and none larger than the one before",
    );
    let numbers: Result<Vec<f64>, Wrong> = match cell {
        Cell::List(items) => items.iter().map(Cell::number).collect(),
        Cell::Text(text) => text
            .split('>')
            .map(|t| Cell::bytes(t.as_bytes()).number())
            .collect(),
        other => other.number().map(|h| vec![h]),
    };
    let numbers = numbers.map_err(|_| HOURS)?;
    let falling = numbers.is_sorted_by(|a, b| a >= b) && numbers.iter().all(|h| *h >= 0.0);
    (numbers.len() == touches && falling)
        .then_some(numbers)
        .ok_or(HOURS)
}
