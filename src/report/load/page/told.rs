//! The document of a load test, as a page reads it.
//!
//! Keys that are not known are passed over: later versions have more. One that is lacking or of the wrong
//! kind is refused with its name; `null` is only what a test has not told.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::io::machine::Machine;

use super::PageError;

/// All that a page tells.
#[derive(Debug)]
pub(super) struct Told {
    /// How it was played.
    pub test: Test,
    /// What the rate that is told came to.
    pub rate: Rate,
}

#[derive(Debug, Deserialize)]
pub(super) struct Test {
    pub verdict: String,
    pub redcat: Build,
    pub machine: Machine,
    pub scenario: Scenario,
    pub seed: u64,
    pub users: u64,
    pub people: u64,
    pub system: System,
    #[serde(deserialize_with = "there")]
    pub workers: Option<u64>,
    pub rate: String,
    pub pace: String,
    pub warm_up_s: f64,
    pub duration_s: f64,
    pub demand: Demand,
    pub stream: Stream,
    pub credit: serde_json::Map<String, Value>,
    pub series: Vec<Tick>,
    #[serde(deserialize_with = "there")]
    pub curve: Option<Vec<Rate>>,
    #[serde(deserialize_with = "there")]
    pub max: Option<Rate>,
    #[serde(deserialize_with = "there")]
    pub alone: Option<Alone>,
    pub elapsed_s: f64,
    #[serde(deserialize_with = "there")]
    pub peak_rss_bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Build {
    pub version: String,
    #[serde(deserialize_with = "there")]
    pub revision: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Scenario {
    pub name: String,
    pub question: String,
    pub digest: String,
}

/// What was under test; where it is only of a system behind a broker.
#[derive(Debug, Deserialize)]
pub(super) struct System {
    pub kind: String,
    pub brokers: Option<String>,
    pub events: Option<String>,
    pub credits: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Demand {
    pub p99_ms: f64,
    pub growth: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Stream {
    pub rows: u64,
    pub orders: u64,
    pub from: String,
    pub seconds: f64,
    pub again_after_s: f64,
    pub copies: u64,
    pub own_speed: OwnSpeed,
}

#[derive(Debug, Deserialize)]
pub(super) struct OwnSpeed {
    pub events_per_s: f64,
    pub orders_per_s: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Alone {
    pub generator_per_s: f64,
    pub engine_per_s: f64,
}

/// A piece of the series.
#[derive(Debug, Deserialize)]
pub(super) struct Tick {
    pub until_s: f64,
    #[serde(deserialize_with = "there")]
    pub due: Option<u64>,
    pub sent: u64,
    pub done: u64,
    pub backlog: u64,
    pub state_bytes: u64,
    pub latency_ms: Latency,
}

/// What is told of each rate.
#[derive(Debug, Deserialize)]
pub(super) struct Rate {
    #[serde(deserialize_with = "there")]
    pub target_per_s: Option<f64>,
    pub achieved_per_s: f64,
    pub orders_per_s: f64,
    #[serde(deserialize_with = "there")]
    pub sustainable: Option<bool>,
    pub why: String,
    pub latency_ms: Latency,
    pub dropped: u64,
    pub backlog: Backlog,
    pub generator: Generator,
    pub sent: u64,
    pub sent_orders: u64,
    pub filled: u64,
    #[serde(deserialize_with = "there")]
    pub others: Option<u64>,
    #[serde(deserialize_with = "there")]
    pub rows: Option<Rows>,
    #[serde(deserialize_with = "there")]
    pub answers: Option<Answers>,
    pub state_bytes: u64,
    #[serde(deserialize_with = "there")]
    pub credit_digest: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Latency {
    pub orders: u64,
    #[serde(deserialize_with = "there")]
    pub p50: Option<f64>,
    #[serde(deserialize_with = "there")]
    pub p90: Option<f64>,
    #[serde(deserialize_with = "there")]
    pub p99: Option<f64>,
    #[serde(deserialize_with = "there")]
    pub p999: Option<f64>,
    #[serde(deserialize_with = "there")]
    pub max: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Backlog {
    pub most: u64,
    pub growth_per_s: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Generator {
    pub late_p99_ms: f64,
    pub late_max_ms: f64,
    pub kept_waiting_s: f64,
}

/// What a system behind a broker has answered.
#[derive(Debug, Deserialize)]
pub(super) struct Answers {
    pub acknowledged: u64,
    pub unacknowledged: u64,
    pub acknowledged_ms: Latency,
    pub orders: u64,
    pub unanswered: u64,
    pub doubles: u64,
    pub strangers: u64,
    pub of_other_runs: u64,
    pub unreadable: u64,
    #[serde(deserialize_with = "there")]
    pub first_unreadable: Option<String>,
    pub against_own: BTreeMap<String, Against>,
}

/// Credit of a model beside redcat's own.
#[derive(Debug, Deserialize)]
pub(super) struct Against {
    pub conversions: f64,
    pub own_conversions: f64,
    #[serde(deserialize_with = "there")]
    pub difference: Option<f64>,
}

/// What became of the events.
#[derive(Debug, Deserialize)]
pub(super) struct Rows {
    pub touches: Fates,
    pub orders: Fates,
    pub refunds: Fates,
}

#[derive(Debug, Deserialize)]
pub(super) struct Fates {
    pub rows: u64,
    pub used: u64,
    pub expired: u64,
    pub late: u64,
    pub double: u64,
    pub open: u64,
    pub unmatched: u64,
}

impl Told {
    /// Reads it.
    pub(super) fn read(document: &Value) -> Result<Self, PageError> {
        if document.get("verb").and_then(Value::as_str) != Some(super::super::VERB) {
            return Err(PageError::NotALoadTest);
        }
        Ok(Self {
            test: part(document)?,
            rate: part(document)?,
        })
    }

    /// Whether credit comes back from the system under test.
    pub(super) const fn is_credited(&self) -> bool {
        self.rate.rows.is_some() || self.rate.answers.is_some()
    }
}

/// Some of the keys of the document.
fn part<'de, T: Deserialize<'de>>(document: &'de Value) -> Result<T, PageError> {
    serde_path_to_error::deserialize(document).map_err(|error| {
        let (key, problem) = (error.path().to_string(), error.inner());
        // What the document itself lacks is named by the problem.
        PageError::Damaged(match key.as_str() {
            "." => problem.to_string(),
            key => format!("{key}: {problem}"),
        })
    })
}

/// A key that must be there, though nothing may stand under it.
fn there<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(d)
}
