//! When events are due, whatever the system does.
//!
//! An open loop has a timetable: each event has a time at which it is meant to be sent, and latency is
//! counted from that time, also where the system under test was so slow that it was sent later. A meter
//! that waits for the system before it sends the next event leaves out just the waiting that users
//! would have had ("coordinated omission").

use crate::scenario::units::Rate;
use crate::scenario::wire::Pace;

use super::content::Content;

/// A timetable. Times are nanoseconds since the stream was started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// So many events a second, evenly.
    Steady {
        /// Events a second.
        per_s: f64,
    },
    /// As they happened, so many times as fast.
    Profile {
        /// Times as fast.
        speed: f64,
    },
    /// At once: each when the one before has been taken. No open loop.
    AtOnce,
}

/// Events a second of a span at its own speed, and orders.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnSpeed {
    /// Events a second.
    pub events_per_s: f64,
    /// Orders a second.
    pub orders_per_s: f64,
}

impl OwnSpeed {
    /// Of a span with so many people a user.
    #[must_use]
    pub fn of(content: &Content, copies: u64) -> Self {
        let per_s = |n: u64| (n * copies) as f64 / content.seconds();
        Self {
            events_per_s: per_s(content.rows()),
            orders_per_s: per_s(content.orders()),
        }
    }

    /// Orders an event.
    #[must_use]
    pub fn orders_share(&self) -> f64 {
        self.orders_per_s / self.events_per_s
    }

    /// Events a second at a rate; none for rates that are found out by playing, or where there are no
    /// orders to go by.
    #[must_use]
    pub fn at(&self, rate: Rate) -> Option<f64> {
        let events = match rate {
            Rate::Events(per_s) => per_s,
            Rate::Orders(per_s) => per_s * self.events_per_s / self.orders_per_s,
            Rate::Times(times) => times * self.events_per_s,
            Rate::Max | Rate::Search => return None,
        };
        Some(events).filter(|e| e.is_finite() && *e > 0.0)
    }
}

impl Schedule {
    /// So many events a second in the mean.
    #[must_use]
    pub fn new(pace: Pace, per_s: f64, own: &OwnSpeed) -> Self {
        match pace {
            Pace::Steady => Self::Steady { per_s },
            Pace::Profile => Self::Profile {
                speed: per_s / own.events_per_s,
            },
        }
    }

    /// When the event is due that comes at a place and a time of the stream; at once, so to say always.
    #[inline]
    #[must_use]
    pub fn due(&self, place: u64, comes: i64) -> u64 {
        match self {
            Self::Steady { per_s } => (place as f64 * (1e9 / per_s)) as u64,
            Self::Profile { speed } => (comes as f64 * (1e3 / speed)) as u64,
            Self::AtOnce => 0,
        }
    }

    /// How many events are due by a time. Those that come late are counted where they happened.
    #[must_use]
    pub fn due_by(&self, nanos: u64, content: &Content, copies: u64) -> Option<u64> {
        match self {
            Self::Steady { per_s } => Some((nanos as f64 * per_s / 1e9) as u64),
            Self::Profile { speed } => {
                let comes = (nanos as f64 * speed / 1e3) as i64;
                let length = super::stream::micros(content.seconds());
                let (laps, within) = (comes / length, comes % length);
                let rows = (laps as u64).saturating_mul(content.rows());
                let rows = rows.saturating_add(content.rows_within(within));
                Some(rows.saturating_mul(copies))
            }
            Self::AtOnce => None,
        }
    }
}
