//! The player, by a clock that moves only when somebody works or sleeps: so times are exact.

use std::cell::Cell;

use redcat::load::judge::{Demand, Evidence, Fault};
use redcat::load::meter::Ticks;
use redcat::load::player::{Played, Playing, play};
use redcat::load::schedule::Schedule;
use redcat::load::stream::Row;
use redcat::load::system::{Reading, System, SystemError, Time};
use redcat::world::EventKind;

const MS: u64 = 1_000_000;

/// A clock that does not move by itself.
#[derive(Default)]
struct Still(Cell<u64>);

impl Still {
    fn pass(&self, nanos: u64) {
        self.0.set(self.0.get() + nanos);
    }
}

impl Time for Still {
    fn now(&self) -> u64 {
        self.0.get()
    }

    fn sleep_until(&self, nanos: u64) {
        self.0.set(self.0.get().max(nanos));
    }
}

/// A system that takes so long for each row, and once stands still.
struct Slow<'a> {
    clock: &'a Still,
    each: u64,
    /// Before which row, and for how long.
    stall: (u64, u64),
    taken: u64,
    waited: u64,
    /// From when an order was due, and from when it was offered: an open loop and a closed one.
    open: Ticks,
    closed: Ticks,
}

impl System for Slow<'_> {
    fn offer(&mut self, row: &Row, due: Option<u64>) -> Result<(), SystemError> {
        let offered = self.clock.now();
        self.taken += 1;
        if self.taken == self.stall.0 {
            self.clock.pass(self.stall.1);
        }
        self.clock.pass(self.each);
        let now = self.clock.now();
        self.waited += now - offered;
        if row.kind == EventKind::Order
            && let Some(due) = due
        {
            self.open.record(due, now - due);
            self.closed.record(due, now - offered);
        }
        Ok(())
    }

    fn flush(&mut self, _next: Option<i64>) -> Result<(), SystemError> {
        Ok(())
    }

    fn settle(&mut self, _rows: u64) -> Result<(), SystemError> {
        Ok(())
    }

    fn waited(&self) -> u64 {
        self.waited
    }

    fn reading(&self) -> Reading {
        Reading::default()
    }
}

/// A row every microsecond of the stream; each tenth is an order.
fn rows() -> impl Iterator<Item = Row> {
    (0..u64::MAX).map(|id| Row {
        id,
        at: id as i64,
        comes: id as i64,
        user: id,
        merchant: 0,
        channel: None,
        kind: [EventKind::Visit, EventKind::Order][usize::from(id.is_multiple_of(10))],
        group: 0,
        value: 1,
        order: id,
    })
}

/// Plays 10,000 rows a second for a second.
fn played(schedule: Schedule, each: u64, stall: (u64, u64)) -> (Played, Ticks, Ticks) {
    let clock = Still::default();
    let blank = Ticks::over(1_000 * MS).unwrap();
    let mut system = Slow {
        clock: &clock,
        each,
        stall,
        taken: 0,
        waited: 0,
        open: blank.clone(),
        closed: blank.clone(),
    };
    let playing = Playing {
        schedule,
        nanos: 1_000 * MS,
        grace: 100 * MS,
    };
    let played = play(rows(), &playing, &mut system, (&clock, &blank), &|_| {}).unwrap();
    let all = played.with(system.open);
    (played, all, system.closed)
}

const STEADY: Schedule = Schedule::Steady { per_s: 10_000.0 };

/// Would catch a meter that waits for the system before it sends the next event: of a system that stands
/// still for 300 of 1,000 ms, a closed loop sees one slow order of a thousand, while people would have
/// waited in three of ten.
#[test]
fn a_stall_is_seen_by_everyone_who_would_have_waited() {
    let (played, open, closed) = played(STEADY, 1_000, (5_000, 300 * MS));
    let (open, closed) = (open.since(0), closed.since(0));
    assert_eq!(
        (played.sent, played.unsent, open.orders),
        (10_000, 0, 1_000)
    );
    // Waits go down from 300 ms to nothing, row by row: of 1,000 orders, ten wait longer than 290.
    assert!((0.28..0.3).contains(&open.p99), "{open:?}");
    assert!((0.19..0.22).contains(&open.p90), "{open:?}");
    assert!((0.29..0.305).contains(&open.max), "{open:?}");
    assert!(closed.p99 < 0.001, "{closed:?}");
    // None of it is the player's own fault.
    assert!(played.own_lateness.1 < 0.001, "{played:?}");
    assert!((0.3..0.32).contains(&played.waited_s), "{played:?}");
}

/// Would catch an overload that looks good because what was never sent is not counted: a system that
/// takes twice as long as it may has every order later than the one before.
#[test]
fn an_overload_is_told_with_what_was_never_sent() {
    let (played, open, _) = played(STEADY, 200_000, (0, 0));
    // 1.1 s of 0.2 ms each, and 10,000 were due.
    assert!((5_490..=5_510 + 64).contains(&played.sent), "{played:?}");
    assert_eq!(played.sent + played.unsent, 10_000);
    let latency = open.since(0);
    assert_eq!(latency.orders, 1_000);
    // The 5,500th was due at 550 ms and done at 1,100.
    assert!((0.53..0.57).contains(&latency.max), "{latency:?}");
    assert!((0.28..0.32).contains(&latency.p50), "{latency:?}");
    let demand = Demand {
        p99_s: 0.05,
        growth: 0.01,
    };
    let faults = demand.faults(&Evidence {
        target_per_s: 10_000.0,
        growth_per_s: 5_000.0,
        unsent: played.unsent,
        latency: Some((latency.orders, latency.p99)),
        player_s: played.own_lateness.0,
        answers: None,
    });
    assert!(matches!(
        faults[..],
        [Fault::Backlog(_), Fault::Unsent(_), Fault::Latency(_)]
    ));
}

/// Would catch events that are sent before they are due, or by another timetable.
#[test]
fn events_come_by_the_timetable() {
    // A row every microsecond, a hundred times slower.
    let (played, open, _) = played(Schedule::Profile { speed: 0.01 }, 1_000, (0, 0));
    assert_eq!((played.sent, played.unsent), (10_000, 0));
    let latency = open.since(0);
    // Never early: a latency of less than it takes would be that. Never later than a look at the clock.
    assert!(latency.p50 >= 1e-6 && latency.max < 0.001, "{latency:?}");
    let (at_once, ..) = self::played(Schedule::AtOnce, 10_000, (0, 0));
    assert!((100_000..100_100).contains(&at_once.sent), "{at_once:?}");
    assert_eq!(at_once.unsent, 0);
}

/// Would catch a player that blames the system for its own lateness.
#[test]
fn a_player_that_is_late_by_itself_says_so() {
    /// A machine that wakes the player 20 ms late.
    struct Sleepy(Still);
    impl Time for Sleepy {
        fn now(&self) -> u64 {
            self.0.now()
        }
        fn sleep_until(&self, nanos: u64) {
            self.0.sleep_until(nanos + 20 * MS);
        }
    }
    let clock = Sleepy(Still::default());
    let blank = Ticks::over(1_000 * MS).unwrap();
    let mut system = Slow {
        clock: &clock.0,
        each: 0,
        stall: (0, 0),
        taken: 0,
        waited: 0,
        open: blank.clone(),
        closed: blank.clone(),
    };
    let playing = Playing {
        schedule: STEADY,
        nanos: 1_000 * MS,
        grace: 100 * MS,
    };
    let played = play(rows(), &playing, &mut system, (&clock, &blank), &|_| {}).unwrap();
    assert!(
        (0.015..0.022).contains(&played.own_lateness.0),
        "{played:?}"
    );
    assert_eq!((played.waited_s, played.sent), (0.0, 10_000));
}

/// Would catch a wait that the player has long caught up with, and that still excuses it: the system
/// stands still for 300 ms, and when all but 100 of them are made good the player loses 50 ms by itself.
#[test]
fn an_old_wait_is_no_excuse() {
    let clock = Still::default();
    let blank = Ticks::over(1_000 * MS).unwrap();
    let mut system = Slow {
        clock: &clock,
        each: 50_000,
        stall: (1_000, 300 * MS),
        taken: 0,
        waited: 0,
        open: blank.clone(),
        closed: blank.clone(),
    };
    let playing = Playing {
        schedule: STEADY,
        nanos: 1_000 * MS,
        grace: 100 * MS,
    };
    // Each row is 0.05 ms made good: 4,000 of them are 200 ms.
    let rows = rows().inspect(|row| {
        if row.id == 5_000 {
            clock.pass(50 * MS);
        }
    });
    let played = play(rows, &playing, &mut system, (&clock, &blank), &|_| {}).unwrap();
    assert_eq!(played.sent, 10_000);
    let own = played.own_lateness;
    assert!((0.04..0.051).contains(&own.1), "{own:?}");
    // Without it nothing of it is the player's own.
    let (played, ..) = self::played(STEADY, 50_000, (1_000, 300 * MS));
    let own = played.own_lateness;
    assert!(own.1 < 0.005, "{own:?}");
}
