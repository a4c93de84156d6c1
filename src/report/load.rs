//! What a load test found: whether the rate is held, at which latency, and who was the slower one.

mod answered;
mod document;
mod page;
mod tables;
#[cfg(feature = "cli")]
mod terminal;
mod words;

pub use answered::difference;
pub use document::{VERB, document};
pub use page::{PAGE, PageError, page};
pub use tables::tables;
#[cfg(feature = "cli")]
pub use terminal::{line, summary};

use crate::load::{Alone, Found, LoadTest, Measured};
use crate::scenario::Scenario;

/// All that a load test came to.
#[derive(Debug)]
pub struct Loaded<'a> {
    /// What was played.
    pub scenario: &'a Scenario,
    /// How.
    pub test: &'a LoadTest,
    /// The rate that is told: as asked for, or the highest that is held.
    pub measured: &'a Measured,
    /// How it was looked for.
    pub search: Option<&'a Found>,
    /// What was under test.
    pub under: Under,
    /// The generator and the engine by themselves, where that was asked for.
    pub alone: Option<(Alone, Alone)>,
}

/// A system under test, as it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Under {
    /// redcat's own.
    BuiltIn,
    /// Whoever reads a pipe.
    Pipe,
    /// Whoever reads a topic of a broker and answers in another.
    Broker {
        /// Where the broker is.
        brokers: String,
        /// Topic of events.
        events: String,
        /// Topic of credits.
        credits: String,
        /// Settings of its client besides redcat's own, without secrets.
        settings: Vec<String>,
    },
}
