//! What a row says: every cell of it checked, nothing of it kept yet.

use std::borrow::Cow;

use super::cell::{Cell, Wrong};
use super::columns::{FIELDS, Field, Layout, Role};
use super::identity::hashed;
use super::{LogOptions, LogShape};
use crate::journey::{Outcome, TouchKind};

/// A fault in a field's cell.
pub(super) type Fault = (Field, Wrong);

/// A row that is right.
pub(super) enum Said<'c> {
    Event(Event<'c>),
    /// Channels, hours before the end, outcome, and whether its value was rounded.
    Journey(Vec<Cow<'c, str>>, Vec<f64>, Outcome, bool),
}

/// An event.
pub(super) struct Event<'c> {
    pub user: Cow<'c, str>,
    pub time: i64,
    pub what: What<'c>,
    /// The conversion that an impression says it was followed by: time, and what tells it from others.
    pub implied: Option<(i64, i64)>,
    pub rounded: bool,
}

pub(super) enum What<'c> {
    Touch(Cow<'c, str>, TouchKind),
    Conversion(i64),
}

/// What an event of some name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Touch(TouchKind),
    Conversion,
}

impl LogOptions {
    pub(super) fn meaning(&self, event: &str) -> Option<Meaning> {
        let named = |list: &[String]| list.iter().any(|name| name == event);
        if named(&self.conversion_events) {
            return Some(Meaning::Conversion);
        }
        let kind = match event {
            "touch" | "click" => TouchKind::Click,
            "impression" | "view" => TouchKind::View,
            "read" => TouchKind::Read,
            "engage" => TouchKind::Engage,
            _ if named(&self.touch_events) => TouchKind::Click,
            _ => return None,
        };
        Some(Meaning::Touch(kind))
    }
}

pub(super) fn said<'c>(
    options: &LogOptions,
    layout: &Layout,
    cells: &'c [Cell<'c>; FIELDS],
) -> Result<Said<'c>, Fault> {
    let row = Row {
        options,
        layout,
        cells,
    };
    match layout.shape {
        LogShape::Events => row.event().map(Said::Event),
        LogShape::Journeys | LogShape::Paths => row.journey(),
    }
}

struct Row<'o, 'c> {
    options: &'o LogOptions,
    layout: &'o Layout,
    cells: &'c [Cell<'c>; FIELDS],
}

impl<'c> Row<'_, 'c> {
    fn read<T>(&self, field: Field, how: fn(&'c Cell<'c>) -> Result<T, Wrong>) -> Result<T, Fault> {
        how(&self.cells[field as usize]).map_err(|wrong| (field, wrong))
    }

    fn time(&self, field: Field) -> Result<i64, Fault> {
        let time = self.cells[field as usize].time(self.options.zone_seconds);
        time.map_err(|wrong| (field, wrong))
    }

    fn has(&self, field: Field) -> bool {
        self.layout.places[field as usize].is_some()
    }

    fn event(&self) -> Result<Event<'c>, Fault> {
        let (user, time) = (self.read(Field::User, Cell::text)?, self.time(Field::Time)?);
        let (what, rounded) = match self.kind()? {
            Some(kind) => (
                What::Touch(self.read(Field::Channel, Cell::text)?, kind),
                false,
            ),
            None => {
                let (value, rounded) = self.value(true)?;
                (What::Conversion(value), rounded)
            }
        };
        Ok(Event {
            user,
            time,
            what,
            implied: self.implied()?,
            rounded,
        })
    }

    /// The kind of touch, or none if it is a conversion.
    fn kind(&self) -> Result<Option<TouchKind>, Fault> {
        match self.layout.role {
            Role::Conversions => return Ok(None),
            Role::Criteo => {
                let clicked = self.read(Field::Click, Cell::flag)?;
                let view = TouchKind::View;
                return Ok(Some(if clicked { TouchKind::Click } else { view }));
            }
            Role::Touches if !self.has(Field::Event) => return Ok(Some(TouchKind::Click)),
            Role::Touches | Role::Both => {}
        }
        match self.options.meaning(&self.read(Field::Event, Cell::text)?) {
            Some(Meaning::Touch(kind)) => Ok(Some(kind)),
            Some(Meaning::Conversion) if self.layout.role == Role::Both => Ok(None),
            Some(Meaning::Conversion) => {
                let problem = "is a conversion in a log of touches";
                Err((Field::Event, (problem, "hand it in with --conversions")))
            }
            None => {
                let problem = "is an event of no known kind";
                let remedy = "name it with --touch-event or --conversion-event";
                Err((Field::Event, (problem, remedy)))
            }
        }
    }

    fn implied(&self) -> Result<Option<(i64, i64)>, Fault> {
        if self.layout.role != Role::Criteo || !self.read(Field::Conversion, Cell::flag)? {
            return Ok(None);
        }
        let time = self.time(Field::ConversionTime)?;
        let id = hashed(&self.read(Field::ConversionId, Cell::text)?);
        Ok(Some((time, id.key as i64)))
    }

    /// The value, and whether it was rounded.
    fn value(&self, converted: bool) -> Result<(i64, bool), Fault> {
        let cell = &self.cells[Field::Value as usize];
        if !self.has(Field::Value) || (cell.is_missing() && !converted) {
            return Ok((0, false));
        }
        let (value, rounded) = self.read(Field::Value, Cell::value)?;
        if value != 0 && !converted {
            let problem = "is a value without a conversion";
            return Err((Field::Value, (problem, "write 0, or the conversion")));
        }
        Ok((value, rounded))
    }

    fn journey(&self) -> Result<Said<'c>, Fault> {
        let path = self.read(Field::Path, path)?;
        let mut outcome = Outcome::default();
        if self.layout.shape == LogShape::Paths {
            outcome.conversions = self.read(Field::Conversions, Cell::count)?;
            if self.has(Field::Nulls) {
                outcome.nulls = self.read(Field::Nulls, Cell::count)?;
            }
        } else {
            let converted = self.read(Field::Conversion, Cell::flag)?;
            outcome.conversions = u64::from(converted);
            outcome.nulls = u64::from(!converted);
        }
        let hours = match &self.cells[Field::Hours as usize] {
            Cell::Missing => Vec::new(),
            cell => hours(cell, path.len()).map_err(|wrong| (Field::Hours, wrong))?,
        };
        let (value, rounded) = self.value(outcome.conversions > 0)?;
        outcome.value = value;
        let mut from = 0;
        if let (Some(window), Some(last)) = (self.options.window_seconds, hours.last()) {
            // As for events: a journey without a conversion is looked back on from its last touch.
            let end = if outcome.conversions > 0 { 0.0 } else { *last };
            from = hours.partition_point(|h| (h - end) * 3_600.0 > window as f64);
        }
        let (path, hours) = match from {
            0 => (path, hours),
            _ => (path[from..].to_vec(), hours[from..].to_vec()),
        };
        Ok(Said::Journey(path, hours, outcome, rounded))
    }
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
