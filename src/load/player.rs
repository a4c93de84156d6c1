//! Playing a stream by its timetable.
//!
//! The player sends what is due, never earlier, and never waits for an answer. When all that is due has
//! been sent it sleeps for half a millisecond, so that at high rates events come in handfuls; that
//! moment is part of the latency. When the system keeps it waiting the player falls behind its
//! timetable, and the latency of all that comes late grows by the wait, as users would find it.
//! At the end, orders that were due and never sent count with the time they had waited by then.
//!
//! The player has its own faults, too: on a machine with too few cores it may come late by itself. It
//! says how late, apart from what the system made it wait.

use hdrhistogram::Histogram;

use crate::base::Merge;
use crate::world::EventKind;

use super::LoadError;
use super::meter::Ticks;
use super::schedule::Schedule;
use super::stream::Row;
use super::system::{System, Time};

/// Nanoseconds between two looks at what is due.
const LINGER: u64 = 500_000;
/// Rows between two looks at the clock while the player is behind.
const LOOK: u64 = 64;
/// Rows that were due and not sent and are looked at one by one; of more, those that were due first.
const MOST_UNSENT: u64 = 100_000_000;

/// How long a stream is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Playing {
    /// When what is due.
    pub schedule: Schedule,
    /// Nanoseconds until the last row is due.
    pub nanos: u64,
    /// Nanoseconds after that in which what was due may still be sent.
    pub grace: u64,
}

/// What a player says of itself.
#[derive(Clone, Debug)]
pub struct Played {
    /// Rows sent.
    pub sent: u64,
    /// Orders among them.
    pub orders: u64,
    /// Rows that were due and not sent.
    pub unsent: u64,
    /// Waits of orders that were due and not sent.
    pub unsent_orders: Ticks,
    /// How late the player itself was, in seconds: 99 of a hundred looks at the clock, and the latest.
    pub own_lateness: (f64, f64),
    /// Seconds that the system kept it waiting.
    pub waited_s: f64,
}

/// Fills the state of a system: everything at once, and nothing is measured. When this is done the
/// system has done it all.
///
/// # Errors
/// When the system takes no more.
pub fn fill(rows: impl Iterator<Item = Row>, system: &mut impl System) -> Result<u64, LoadError> {
    let mut sent = 0;
    for row in rows {
        system.offer(&row, None)?;
        sent += 1;
    }
    system.settle(sent)?;
    Ok(sent)
}

/// Plays a stream whose clock has been started. `tell` hears of each handful how many rows have been sent.
///
/// # Errors
/// When the system takes no more.
pub fn play(
    rows: impl Iterator<Item = Row>,
    playing: &Playing,
    system: &mut impl System,
    (clock, blank): (&impl Time, &Ticks),
    tell: &dyn Fn(u64),
) -> Result<Played, LoadError> {
    let mut rows = rows.peekable();
    let mut own = Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 2)?;
    let (mut sent, mut orders, mut late_by_wait) = (0, 0, 0);
    let waited_before = system.waited();
    let mut waited = waited_before;
    let mut now = clock.now();
    while let Some(row) = rows.peek() {
        let due = match playing.schedule {
            Schedule::AtOnce => now,
            timetable => timetable.due(sent, row.comes),
        };
        if due >= playing.nanos {
            break;
        }
        if due > now {
            system.flush(Some(row.at))?;
            tell(sent);
            now = clock.now();
            if due > now {
                // On time again: nothing of what the system made it wait is left.
                late_by_wait = 0;
                clock.sleep_until(due.max(now + LINGER));
                now = clock.now();
            }
            continue;
        }
        system.offer(row, Some(due))?;
        orders += u64::from(row.kind == EventKind::Order);
        rows.next();
        sent += 1;
        if sent % LOOK == 0 {
            now = clock.now();
            let wait = system.waited();
            let late = now.saturating_sub(due);
            // What it has caught up with is no excuse for what comes after.
            late_by_wait = (late_by_wait + wait - waited).min(late);
            waited = wait;
            if playing.schedule != Schedule::AtOnce {
                own.saturating_record(((late - late_by_wait) / 1_000).max(1));
            }
            tell(sent);
            if now >= playing.nanos + playing.grace {
                break;
            }
        }
    }
    system.flush(rows.peek().map(|row| row.at))?;
    tell(sent);
    let end = clock.now();
    let mut unsent_orders = blank.clone();
    let mut unsent = 0;
    while playing.schedule != Schedule::AtOnce
        && unsent < MOST_UNSENT
        && let Some(row) = rows.next()
    {
        let due = playing.schedule.due(sent + unsent, row.comes);
        if due >= playing.nanos {
            break;
        }
        unsent += 1;
        if row.kind == EventKind::Order {
            unsent_orders.record(due, end.saturating_sub(due));
        }
    }
    if let Schedule::Steady { per_s } = playing.schedule {
        let due = (playing.nanos as f64 * per_s / 1e9).ceil() as u64;
        unsent = unsent.max(due.saturating_sub(sent));
    }
    let micros = |value: u64| value as f64 / 1e6;
    Ok(Played {
        sent,
        orders,
        unsent,
        unsent_orders,
        own_lateness: (micros(own.value_at_quantile(0.99)), micros(own.max())),
        waited_s: (system.waited() - waited_before) as f64 / 1e9,
    })
}

impl Played {
    /// Latencies of all orders that were due: those that were credited, and those never sent.
    #[must_use]
    pub fn with(&self, mut credited: Ticks) -> Ticks {
        credited.merge(self.unsent_orders.clone());
        credited
    }
}
