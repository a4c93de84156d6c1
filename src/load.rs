//! Floor 7: load tests, in which a system has to keep up with a stream.
//!
//! A team wants to know whether its attribution holds when the festival opens. So some hours of a
//! simulated season are played as a stream ([`stream`]), by a timetable that does not wait for anybody
//! ([`schedule`], [`player`]), into a system under test ([`system`]; [`builtin`] is redcat's own). What is
//! told is latency from the time at which an order was *meant* to be sent to the time of its credit,
//! and whether the backlog grows ([`judge`]).
//!
//! ```text
//! scenario → Content (rows of a span, in memory) → Stream (people, laps, disorder) → player → system
//!                                                                      timetable ──┘            │
//!                                                  latency, backlog ← meter, samples ←──────────┘
//! ```

mod alone;
pub mod answers;
pub mod builtin;
pub mod content;
pub mod judge;
#[cfg(feature = "kafka")]
pub mod kafka;
mod line;
mod measure;
mod measured;
pub mod meter;
mod own;
pub mod piped;
pub mod player;
pub mod schedule;
mod search;
pub mod stream;
pub mod system;

pub use alone::Alone;
pub use content::{Content, ContentOptions};
pub use measure::{LoadOptions, LoadTest};
pub use measured::{Answered, Credited, Measured, Tick};
pub use search::Found;

use crate::attribute::online::NotOnline;
use crate::attribute::{FitError, ModelError};
use crate::engine::RunError;

/// Why a load test cannot be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The scenario has no stream.
    #[error("{scenario}: there is no section [load]; add one, or extend steady, which has one")]
    NoStream {
        /// Its name.
        scenario: String,
    },
    /// An option is out of range, or threads cannot be had.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A model is not known.
    #[error("load.models: {0}")]
    Models(#[from] ModelError),
    /// A model cannot be run online.
    #[error("load.models: {0}")]
    NotOnline(#[from] NotOnline),
    /// A model has no fit.
    #[error("load.models: {0}")]
    Fit(#[from] FitError),
    /// More people than there are numbers for.
    #[error(
        "users: {users} users with {copies} copies each are too many people; a stream can have 2^40, from 2^32 users"
    )]
    People {
        /// Users.
        users: u64,
        /// Copies of each.
        copies: u32,
    },
    /// The rows do not fit into memory.
    #[error(
        "memory: {problem}; take fewer of the {users} users and more load.copies, a shorter span, or more --memory"
    )]
    Memory {
        /// How many there are.
        problem: String,
        /// Of how many users.
        users: u64,
    },
    /// Nobody does anything in the span.
    #[error("load.from: {users} users do nothing in this span; take more --users or a longer span")]
    Nothing {
        /// Users.
        users: u64,
    },
    /// A rate in orders of a span without any.
    #[error(
        "load.rate: {users} users order nothing in this span, so there is no rate of orders; take more --users, a longer span, or a rate of events"
    )]
    NoOrders {
        /// Users.
        users: u64,
    },
    /// A meter cannot be made.
    #[error("latency: {0}")]
    Meter(#[from] hdrhistogram::CreationError),
    /// The system under test takes no more.
    #[error(transparent)]
    System(#[from] system::SystemError),
}
