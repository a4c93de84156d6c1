//! What a command answers, row by row.
//!
//! Rows of one journey stand together, so only one journey is open at a time and memory does not
//! grow with the answer.

use std::collections::HashMap;
use std::io::Read;

use arrow_array::RecordBatch;

use crate::io::arrow::{ArrowFault, StreamBatches, Value, Values};
use crate::io::log::VALUE_UNITS;

use super::books::{Account, Books};
use super::sent::{Found, Sent};

/// Columns of a credit by journey, and of one by channel.
const BY_JOURNEY: [&str; 4] = ["journey", "channel", "conversions", "value"];
const BY_CHANNEL: [&str; 4] = ["merchant", "channel", "conversions", "value"];

/// Why an answer ends.
pub(super) enum Bad {
    /// It is wrong.
    Answer(String),
    /// The pipe failed.
    Io(std::io::Error),
}

impl From<ArrowFault> for Bad {
    fn from(fault: ArrowFault) -> Self {
        match fault {
            ArrowFault::Io(error) => Self::Io(error),
            ArrowFault::Broken(what) => {
                Self::Answer(format!("it is no whole Arrow stream ({what})"))
            }
        }
    }
}

fn bad<T>(what: impl Into<String>) -> Result<T, Bad> {
    Err(Bad::Answer(what.into()))
}

/// The names that answers use.
pub(super) struct Names<'a> {
    channels: HashMap<&'a str, usize>,
    groups: HashMap<&'a str, usize>,
    /// Whether merchants are told apart.
    apart: bool,
}

impl<'a> Names<'a> {
    pub fn new(channels: &'a [String], groups: &'a [String]) -> Self {
        let places = |names: &'a [String]| names.iter().map(String::as_str).zip(0..).collect();
        Self {
            channels: places(channels),
            groups: places(groups),
            apart: groups != [""],
        }
    }
}

/// Reads an answer to its end.
pub(super) struct Reader<'a> {
    pub names: &'a Names<'a>,
    pub sent: &'a Sent,
    pub books: Books,
    row: u64,
    /// The journey whose rows are coming in.
    open: Option<(u64, Found)>,
    account: Account,
    /// Of each part, which journeys that brought something are answered.
    answered: HashMap<usize, Vec<bool>>,
    /// Credit by channel, group by group.
    groups: Vec<Account>,
}

impl<'a> Reader<'a> {
    pub fn new(names: &'a Names<'a>, sent: &'a Sent) -> Self {
        Self {
            names,
            sent,
            books: Books::new(names.channels.len(), names.groups.len()),
            row: 0,
            open: None,
            account: Account::default(),
            answered: HashMap::new(),
            groups: Vec::new(),
        }
    }

    /// Reads all of it; `sent` must know each journey before the command can.
    pub fn read(&mut self, from: impl Read) -> Result<(), Bad> {
        let mut batches = StreamBatches::new(from)?;
        let fields = batches.schema().fields().iter();
        let columns: Vec<String> = fields.map(|f| f.name().clone()).collect();
        let by_journey = self.columns(&columns)?;
        while let Some(batch) = batches.next()? {
            self.batch(&batch, &columns, by_journey)?;
        }
        self.close()?;
        let mut rest = batches.into_inner();
        if rest.read(&mut [0; 1]).map_err(Bad::Io)? > 0 {
            return bad("it goes on after the end of its stream; write nothing else to stdout");
        }
        if !by_journey {
            self.books.fit();
        }
        Ok(())
    }

    /// Settles what hangs on all journeys, once all were sent.
    pub fn finish(mut self) -> Result<Books, Bad> {
        let totals = self.sent.totals(self.names.groups.len());
        for (group, account) in self.groups.iter_mut().enumerate() {
            let (conversions, value) = totals.get(group).copied().unwrap_or_default();
            let whole = [conversions as f64, value as f64];
            let closed = self.books.close(group, whole, VALUE_UNITS, account);
            closed.map_err(|wrong| Bad::Answer(format!("{wrong} in all")))?;
        }
        self.books.total(totals);
        Ok(self.books)
    }

    /// Whether credit comes by journey.
    fn columns(&mut self, columns: &[String]) -> Result<bool, Bad> {
        let has = |name: &str| columns.iter().any(|c| c == name);
        let by_journey = has("journey");
        let known = if by_journey { BY_JOURNEY } else { BY_CHANNEL };
        let needed = known
            .iter()
            .filter(|name| **name != "merchant" || self.names.apart);
        let list = columns.join(", ");
        for name in needed {
            if !has(name) {
                return bad(format!("it has no column `{name}`; it has: {list}"));
            }
        }
        for (place, name) in columns.iter().enumerate() {
            if !known.contains(&name.as_str()) || columns[..place].contains(name) {
                let known = known.join(", ");
                return bad(format!(
                    "it has a column `{name}` too many; known are: {known}"
                ));
            }
        }
        if !by_journey {
            let groups = self.names.groups.len();
            self.groups = (0..groups).map(|_| Account::default()).collect();
        }
        Ok(by_journey)
    }

    fn batch(
        &mut self,
        batch: &RecordBatch,
        columns: &[String],
        by_journey: bool,
    ) -> Result<(), Bad> {
        let mut open = Vec::new();
        let known = if by_journey { BY_JOURNEY } else { BY_CHANNEL };
        for name in known {
            let place = columns.iter().position(|c| c == name);
            let array = place.and_then(|place| batch.columns().get(place));
            let values = array.map(|array| Values::new(array.as_ref()));
            match values {
                Some(None) => return bad(format!("column `{name}` is of a type that is not read")),
                Some(values) => open.push(values),
                None => open.push(None),
            }
        }
        for row in 0..batch.num_rows() {
            self.row += 1;
            let value = |place: usize| match open.get(place) {
                Some(Some(values)) => values.at(row),
                _ => Value::Missing,
            };
            let [key, channel, conversions, worth] = [0, 1, 2, 3].map(value);
            let at = |what: String| Bad::Answer(format!("row {}: {what}", self.row));
            let channel = text(&channel, "channel").map_err(at)?;
            let Some(&channel) = self.names.channels.get(channel) else {
                return Err(at(format!("there is no channel `{channel}`")));
            };
            let amounts = [
                amount(&conversions, "conversions").map_err(at)?,
                amount(&worth, "value").map_err(at)? * VALUE_UNITS,
            ];
            if by_journey {
                let number = match key {
                    Value::Whole(number) => u64::try_from(number).ok(),
                    Value::Digits(digits) => digits.parse().ok(),
                    _ => None,
                };
                let number =
                    number.ok_or_else(|| at("`journey` is not a journey's number".into()))?;
                self.of_journey(number, channel, amounts)?;
            } else {
                let merchant = match (&key, self.names.apart) {
                    (Value::Missing, false) => "",
                    (key, _) => text(key, "merchant").map_err(at)?,
                };
                let Some(&group) = self.names.groups.get(merchant) else {
                    return Err(at(format!("there is no merchant `{merchant}`")));
                };
                let added = self.groups[group].add(channel, amounts);
                added.map_err(|_| {
                    at("this channel (of this merchant) was credited before".into())
                })?;
            }
        }
        Ok(())
    }

    fn of_journey(&mut self, number: u64, channel: usize, amounts: [f64; 2]) -> Result<(), Bad> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != number) {
            self.close()?;
            let row = self.row;
            let Some((part, found)) = self.sent.find(number) else {
                return bad(format!(
                    "row {row}: there is no journey {number}, or not yet"
                ));
            };
            if let Found::Sold(_, at) = found {
                let answered = self.answered.entry(part).or_default();
                if answered.len() <= at {
                    answered.resize(at + 1, false);
                }
                if std::mem::replace(&mut answered[at], true) {
                    return bad(format!(
                        "row {row}: journey {number} was answered before; let all rows of a journey \
                         stand together"
                    ));
                }
            }
            self.open = Some((number, found));
        }
        let added = self.account.add(channel, amounts);
        let row = self.row;
        added.or_else(|_| {
            bad(format!(
                "row {row}: journey {number} credits this channel twice"
            ))
        })
    }

    /// Closes the journey whose rows were coming in.
    fn close(&mut self) -> Result<(), Bad> {
        let Some((number, found)) = self.open.take() else {
            return Ok(());
        };
        let (group, whole) = match found {
            Found::Sold(sold, _) => (
                sold.group.into(),
                [sold.conversions as f64, sold.value as f64],
            ),
            Found::Nothing => (0, [0.0; 2]),
        };
        let closed = self
            .books
            .close(group, whole, VALUE_UNITS, &mut self.account);
        closed.or_else(|wrong| bad(format!("journey {number}: {wrong}")))
    }
}

fn text<'v>(value: &Value<'v>, column: &str) -> Result<&'v str, String> {
    let text = match value {
        Value::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    };
    text.ok_or_else(|| format!("`{column}` is not text"))
}

fn amount(value: &Value<'_>, column: &str) -> Result<f64, String> {
    let number = match value {
        Value::Float(x) => *x,
        Value::Whole(n) => *n as f64,
        Value::Digits(digits) => digits.parse().unwrap_or(f64::NAN),
        _ => return Err(format!("`{column}` is not a number")),
    };
    match number.is_finite() && number >= 0.0 {
        true => Ok(number),
        false => Err(format!(
            "`{column}` is {number}; credit is a number, 0 or more"
        )),
    }
}
