//! What a system of anybody's answers: credit, order by order.
//!
//! An answer names the event that it is about, an order or a refund, and says how much of it each channel
//! gets: `{"id": 71, "model": "last", "credit": {"search-ad": 1.0}}`. The first answer to an order ends
//! its latency, also one without credit. Credit is summed by model and channel, so that it can be held
//! against redcat's own.
//!
//! Whoever answers may do so twice after a failure; the second answer of one model to one event is
//! counted and not summed. An answer to what was never sent is none. To know that, all events that may be
//! answered are kept, but no more than 1.8 million of them: of more, the oldest are given up.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

use serde::Deserialize;

use crate::attribute::Amount;
use crate::base::mixed::ByMixing;
use crate::world::EventKind;

use super::meter::Ticks;
use super::stream::Row;

/// Events that are kept at most, in a table of 2^21 places: some 100 MiB. There is room for all of them from
/// the start, so that nobody waits while it grows; the system gives the memory when it is used.
const MOST: usize = 1_800_000;
/// Models that a system may answer for, and bytes of a name.
const MODELS: usize = 64;
const NAME: usize = 100;
/// The name of a model that has told none.
const UNNAMED: &str = "unnamed";

/// An answer, as it is written. Other keys are the system's own.
#[derive(Deserialize)]
struct Answer<'a> {
    id: u64,
    #[serde(borrow)]
    run: Cow<'a, str>,
    #[serde(default, borrow)]
    model: Option<Cow<'a, str>>,
    #[serde(borrow)]
    credit: HashMap<Cow<'a, str>, f64>,
}

/// An event that may be answered.
#[derive(Debug)]
struct Expected {
    /// When an order of the stream was due; none for what filled the state, and for refunds.
    due: Option<u64>,
    /// Whether it waits to be answered: refunds need not be.
    order: bool,
    value: i64,
    /// Which models have answered, a bit each.
    answered: u64,
}

impl Expected {
    const fn waits(&self) -> bool {
        self.order && self.answered == 0
    }
}

/// What was answered, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Orders of the stream that were answered.
    pub orders: u64,
    /// Orders of the stream that were not.
    pub unanswered: u64,
    /// Answers that had come before.
    pub doubles: u64,
    /// Answers to no event, or to one that was given up.
    pub strangers: u64,
    /// Answers to an earlier run.
    pub of_other_runs: u64,
    /// Messages that are no answers.
    pub unreadable: u64,
    /// What is wrong with the first of these.
    pub first_unreadable: Option<String>,
}

/// Credit of a model, by channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Book {
    /// Its name.
    pub model: String,
    /// By channel.
    pub channels: Vec<Amount>,
}

/// The answers to one run.
#[derive(Debug)]
pub struct Answers {
    run: String,
    channels: HashMap<String, usize>,
    books: Vec<Book>,
    expected: HashMap<u64, Expected, ByMixing>,
    /// In the order of sending.
    sent: VecDeque<u64>,
    /// Orders that have not been answered.
    open: u64,
    heard: u64,
    latency: Ticks,
    counts: Counts,
}

impl Answers {
    /// Of a run of this name; latencies go into ticks like these.
    #[must_use]
    pub fn new(run: &str, channels: &[String], blank: &Ticks) -> Self {
        let places = channels.iter().cloned().zip(0..);
        Self {
            run: run.to_owned(),
            channels: places.collect(),
            books: Vec::new(),
            expected: HashMap::with_capacity_and_hasher(MOST, ByMixing::default()),
            sent: VecDeque::new(),
            open: 0,
            heard: 0,
            latency: blank.clone(),
            counts: Counts::default(),
        }
    }

    /// An event is about to be sent that was due then; none while the state is filled. Says whether it is an
    /// order of the stream that has not been sent before.
    pub fn sending(&mut self, row: &Row, due: Option<u64>, now: u64) -> bool {
        if !row.is_sale() || self.expected.contains_key(&row.id) {
            return false;
        }
        if self.sent.len() == MOST
            && let Some(oldest) = self.sent.pop_front()
            && let Some(oldest) = self.expected.remove(&oldest)
        {
            self.give_up_one(&oldest, now);
        }
        let order = row.kind == EventKind::Order;
        self.open += u64::from(order);
        let expected = Expected {
            due: due.filter(|_| order),
            order,
            value: row.value,
            answered: 0,
        };
        let new = expected.due.is_some();
        self.expected.insert(row.id, expected);
        self.sent.push_back(row.id);
        new
    }

    /// Takes in a message. Says whether an order of the stream was answered for the first time.
    pub fn take(&mut self, message: &[u8], now: u64) -> bool {
        match self.read(message, now) {
            Ok(first) => first,
            Err(problem) => {
                self.counts.unreadable += 1;
                let first = &mut self.counts.first_unreadable;
                first.get_or_insert_with(|| {
                    format!("{}: {}", plain(problem.as_bytes()), plain(message))
                });
                false
            }
        }
    }

    fn read(&mut self, message: &[u8], now: u64) -> Result<bool, String> {
        let answer: Answer<'_> =
            serde_json::from_slice(message).map_err(|error| error.to_string())?;
        if *answer.run != *self.run {
            self.counts.of_other_runs += 1;
            return Ok(false);
        }
        // All of it is looked at before any of it is counted.
        let mut shares = Vec::with_capacity(answer.credit.len());
        for (channel, share) in &answer.credit {
            let Some(place) = self.channels.get(&**channel) else {
                return Err(format!("there is no channel {channel}"));
            };
            shares.push((*place, *share));
        }
        if !self.expected.contains_key(&answer.id) {
            self.counts.strangers += 1;
            return Ok(false);
        }
        let model = answer.model.as_deref().unwrap_or(UNNAMED);
        let Some(book) = self.book(model) else {
            return Err(format!(
                "there are {MODELS} models, or the name of this one has more than {NAME} bytes or odd characters"
            ));
        };
        let Some(expected) = self.expected.get_mut(&answer.id) else {
            return Ok(false);
        };
        if expected.answered & 1 << book != 0 {
            self.counts.doubles += 1;
            return Ok(false);
        }
        let first = expected.waits();
        expected.answered |= 1 << book;
        let (due, value) = (expected.due, expected.value as f64);
        for (place, share) in shares {
            let amount = &mut self.books[book].channels[place];
            amount.conversions += share;
            amount.value += share * value;
        }
        if first {
            self.open -= 1;
            self.heard += 1;
            if let Some(due) = due {
                self.counts.orders += 1;
                self.latency.record(due, now.saturating_sub(due));
            }
        }
        Ok(first && due.is_some())
    }

    /// The place of a model; a new one where there is room.
    fn book(&mut self, model: &str) -> Option<usize> {
        let found = self.books.iter().position(|book| book.model == model);
        if found.is_some() {
            return found;
        }
        let odd = model.len() > NAME || model.chars().any(char::is_control);
        if self.books.len() == MODELS || odd {
            return None;
        }
        self.books.push(Book {
            model: model.to_owned(),
            channels: vec![Amount::default(); self.channels.len()],
        });
        Some(self.books.len() - 1)
    }

    /// Orders that wait.
    #[must_use]
    pub const fn open(&self) -> u64 {
        self.open
    }

    /// Orders that were answered, those that filled the state included: a sign of life.
    #[must_use]
    pub const fn heard(&self) -> u64 {
        self.heard
    }

    /// What has been counted until now.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    fn give_up_one(&mut self, expected: &Expected, now: u64) {
        if expected.waits() {
            self.open -= 1;
            if let Some(due) = expected.due {
                self.counts.unanswered += 1;
                self.latency.record(due, now.saturating_sub(due));
            }
        }
    }

    /// The end: what has not been answered by now counts with the time that it has waited.
    pub fn finish(&mut self, now: u64) -> (Counts, Vec<Book>, Ticks) {
        for (_, expected) in std::mem::take(&mut self.expected) {
            self.give_up_one(&expected, now);
        }
        self.sent.clear();
        let books = std::mem::take(&mut self.books);
        (self.counts.clone(), books, self.latency.clone())
    }
}

/// The beginning of a text from elsewhere, for people: it must not steer their terminal.
fn plain(text: &[u8]) -> String {
    const SHOWN: usize = 120;
    let more = if text.len() > SHOWN { "…" } else { "" };
    let text = String::from_utf8_lossy(&text[..text.len().min(SHOWN)]);
    let plain = text.chars().map(|c| if c.is_control() { '?' } else { c });
    plain.collect::<String>() + more
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn row(id: u64, kind: EventKind) -> Row {
        Row {
            id,
            at: 0,
            comes: 0,
            user: 1,
            merchant: 1,
            channel: None,
            kind,
            group: 0,
            value: 200,
            order: id,
        }
    }

    fn answers() -> Answers {
        let channels = ["a".to_owned(), "b".to_owned()];
        Answers::new("r1", &channels, &Ticks::over(1_000 * MS).unwrap())
    }

    /// Would catch latency that is counted from elsewhere or twice, credit that is summed twice, and a
    /// refund that is not taken off.
    #[test]
    fn answers_are_counted_once() {
        use EventKind::{Order, Read, Refund};
        let mut answers = answers();
        answers.sending(&row(1, Order), None, 0);
        assert_eq!(answers.open(), 1);
        answers.sending(&row(2, Order), Some(100 * MS), 110 * MS);
        // A double of the stream, and what needs no answer.
        answers.sending(&row(2, Order), Some(150 * MS), 150 * MS);
        answers.sending(&row(3, Refund), Some(160 * MS), 160 * MS);
        answers.sending(&row(4, Read), Some(160 * MS), 160 * MS);
        answers.sending(&row(5, Order), Some(200 * MS), 200 * MS);
        assert_eq!(answers.open(), 3);
        let mut say = |text: &str| answers.take(text.as_bytes(), 140 * MS);
        assert!(!say(
            r#"{"id":1,"run":"r1","model":"last","credit":{"a":1}}"#
        ));
        assert!(say(
            r#"{"id":2,"run":"r1","model":"last","credit":{"a":0.5,"b":0.5},"x":[1]}"#
        ));
        assert!(!say(
            r#"{"id":2,"run":"r1","model":"first","credit":{"b":1}}"#
        ));
        assert!(!say(
            r#"{"id":2,"run":"r1","model":"last","credit":{"a":0.5,"b":0.5}}"#
        ));
        assert!(!say(
            r#"{"id":3,"run":"r1","model":"last","credit":{"a":-0.5,"b":-0.5}}"#
        ));
        assert!(!say(
            r#"{"id":4,"run":"r1","model":"last","credit":{"a":1}}"#
        ));
        assert!(!say(
            r#"{"id":5,"run":"r0","model":"last","credit":{"a":1}}"#
        ));
        assert_eq!(answers.open(), 1);
        let (counts, books, latency) = answers.finish(500 * MS);
        let told = Counts {
            orders: 1,
            unanswered: 1,
            doubles: 1,
            strangers: 1,
            of_other_runs: 1,
            ..Counts::default()
        };
        assert_eq!(counts, told);
        let amount = |conversions, value| Amount { conversions, value };
        assert_eq!(books[0].model, "last");
        assert_eq!(books[0].channels, [amount(1.0, 200.0), amount(0.0, 0.0)]);
        assert_eq!(books[1].channels, [amount(0.0, 0.0), amount(1.0, 200.0)]);
        let latency = latency.since(0);
        assert_eq!(latency.orders, 2);
        assert!((latency.p50 - 0.04).abs() < 0.001, "{latency:?}");
        assert!((latency.max - 0.3).abs() < 0.003, "{latency:?}");
    }

    /// Would catch a message that is half counted, one that is swallowed, and a model without a name that
    /// is taken for another.
    #[test]
    fn what_is_no_answer_is_told() {
        let mut answers = answers();
        answers.sending(&row(7, EventKind::Order), Some(0), 0);
        let long = format!(
            r#"{{"id":7,"run":"r1","credit":{{}},"model":"{}"}}"#,
            "m".repeat(101)
        );
        let bad = [
            r#"{"id":7,"run":"r1","credit":{"a":1,"no\u001b[31mwhere":1}}"#,
            r#"{"id":7,"run":"r1","credit":{},"model":"\u001b[31m"}"#,
            r#"{"id":7,"run":"r1"}"#,
            r#"{"id":7,"credit":{}}"#,
            "\u{1b}[31m not JSON",
            r#"{"id":-7,"run":"r1","credit":{}}"#,
            r#"{"run":"r1","credit":{}}"#,
            r#"{"id":7,"run":"r1","credit":{"a":1e999}}"#,
            &long,
        ];
        for text in bad {
            assert!(!answers.take(text.as_bytes(), MS), "{text}");
        }
        assert_eq!(answers.counts.unreadable, 9);
        let first = answers.counts.first_unreadable.clone().unwrap();
        assert!(
            first.starts_with("there is no channel no?[31mwhere: {"),
            "{first}"
        );
        assert_eq!(answers.open(), 1);
        // An answer to nothing makes no model.
        let stranger = br#"{"id":8,"run":"r1","model":"x","credit":{"a":1}}"#;
        assert!(!answers.take(stranger, MS));
        assert!(answers.take(br#"{"id":7,"run":"r1","credit":{}}"#, MS));
        let (_, books, _) = answers.finish(MS);
        assert_eq!(books.len(), 1, "{books:?}");
        assert_eq!(books[0].model, "unnamed");
        assert_eq!(plain(b"\x1b[31m"), "?[31m");
    }

    /// Would catch memory that grows with a system that never answers.
    #[test]
    fn the_oldest_are_given_up() {
        let mut answers = answers();
        let many = MOST as u64 + 10;
        for id in 0..many {
            answers.sending(&row(id, EventKind::Order), Some(0), 5 * MS);
        }
        assert_eq!(answers.open(), MOST as u64);
        assert_eq!(answers.expected.len(), MOST);
        assert!(!answers.take(br#"{"id":9,"run":"r1","credit":{}}"#, 6 * MS));
        assert!(answers.take(br#"{"id":10,"run":"r1","credit":{}}"#, 6 * MS));
        let (counts, _, latency) = answers.finish(7 * MS);
        assert_eq!((counts.strangers, counts.unanswered), (1, many - 1));
        assert_eq!(latency.since(0).orders, many);
    }
}
