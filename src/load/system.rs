//! What is under test, as the player sees it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::stream::Row;

/// Time as a player sees it. A test may have its own.
pub trait Time {
    /// Nanoseconds since the stream was started.
    fn now(&self) -> u64;

    /// Sleeps until then.
    fn sleep_until(&self, nanos: u64);
}

/// The clock of a stream.
#[derive(Debug)]
pub struct Clock {
    made: Instant,
    start: AtomicU64,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            made: Instant::now(),
            start: AtomicU64::new(0),
        }
    }
}

impl Clock {
    /// The stream starts now.
    pub fn start(&self) {
        let now = self.made.elapsed().as_nanos() as u64;
        self.start.store(now, Ordering::Release);
    }
}

impl Time for Clock {
    #[inline]
    fn now(&self) -> u64 {
        let now = self.made.elapsed().as_nanos() as u64;
        now.saturating_sub(self.start.load(Ordering::Acquire))
    }

    fn sleep_until(&self, nanos: u64) {
        let now = self.now();
        if nanos > now {
            std::thread::sleep(Duration::from_nanos(nanos - now));
        }
    }
}

/// How far a system has come; one part of it writes, others look.
#[derive(Debug, Default)]
pub struct Gauge {
    rows: AtomicU64,
    orders: AtomicU64,
    bytes: AtomicU64,
    open: AtomicU64,
}

impl Gauge {
    /// So many more rows and orders are done, and state takes so many bytes.
    pub fn tell(&self, rows: u64, orders: u64, bytes: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
        self.orders.fetch_add(orders, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// So many orders were taken that are not credited.
    pub fn tell_open(&self, orders: u64) {
        self.open.store(orders, Ordering::Relaxed);
    }

    /// What it says.
    #[must_use]
    pub fn reading(&self) -> Reading {
        Self::all([self])
    }

    /// What all parts together have come to.
    #[must_use]
    pub fn all<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Reading {
        let mut all = Reading::default();
        for part in parts {
            all.rows += part.rows.load(Ordering::Relaxed);
            all.orders += part.orders.load(Ordering::Relaxed);
            all.bytes += part.bytes.load(Ordering::Relaxed);
            all.open += part.open.load(Ordering::Relaxed);
        }
        all
    }
}

/// What a gauge says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Rows that are done.
    pub rows: u64,
    /// Orders that are credited.
    pub orders: u64,
    /// Bytes of state; 0 where it is not known.
    pub bytes: u64,
    /// Orders that were taken and whose credit has not come back: only where it comes from elsewhere.
    pub open: u64,
}

/// Why a system takes no more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SystemError {
    /// A worker has ended too soon.
    #[error(
        "a worker of the system under test has stopped: this is an error of redcat; please report it"
    )]
    Gone,
    /// Nobody reads any more, or what reads has failed.
    #[error("the system under test: {0}")]
    Pipe(#[from] std::io::Error),
    /// A setting of a broker's client is not known, or cannot be so.
    #[error("{setting}: {problem}")]
    Setting {
        /// As it was written.
        setting: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A broker is not there, has gone, or does not do what is asked of it.
    #[error("{brokers}: {problem}")]
    Broker {
        /// Where it is said to be.
        brokers: String,
        /// What is wrong, what had been done by then, and what to do about it.
        problem: String,
    },
}

/// A system under test.
pub trait System {
    /// Takes a row. It may wait until there is room: that is backpressure. `due` is when the row was
    /// meant to come; none while the state is filled, before the stream starts.
    ///
    /// # Errors
    /// When it takes no more.
    fn offer(&mut self, row: &Row, due: Option<u64>) -> Result<(), SystemError>;

    /// Sends what has been taken on its way. `next` is when the next row happened, if there is one:
    /// nothing older comes before it.
    ///
    /// # Errors
    /// When it takes no more.
    fn flush(&mut self, next: Option<i64>) -> Result<(), SystemError>;

    /// Waits until so many rows, all that have been offered, are done: nothing of what filled the state
    /// is to be in the way when the stream starts.
    ///
    /// # Errors
    /// When that will not be.
    fn settle(&mut self, rows: u64) -> Result<(), SystemError>;

    /// Nanoseconds that it has kept the player waiting.
    fn waited(&self) -> u64;

    /// How far it has come.
    fn reading(&self) -> Reading;
}
