//! What a load test comes to, in words: the same on the terminal, in the document and on the page.

use crate::load::judge::Fault;
use crate::report::figures::{brief, decimals, of_them, percent, rounded};

use super::{Loaded, Under};

/// Whether the rate is held, and why not; in lines, the first of which says it.
pub(super) fn verdict(loaded: &Loaded<'_>) -> String {
    let (test, m) = (loaded.test, loaded.measured);
    let allowed = test.demand().p99_s;
    let Some(target) = m.target_per_s else {
        let latency = if loaded.under == Under::Pipe {
            ""
        } else {
            " There is no timetable, so latency is only that of the queues."
        };
        return format!(
            "As fast as can be: {} events/s, {} orders/s.{latency}",
            rounded(m.achieved_per_s),
            rounded(m.orders_per_s)
        );
    };
    let speed = target / test.own_speed().events_per_s;
    let times = format!("{} times its own speed", brief(speed));
    if m.is_held() {
        let latency = if loaded.under == Under::Pipe {
            String::new()
        } else {
            format!(
                "p99 {} ms where {} ms are allowed. ",
                ms(m.latency.p99),
                ms(allowed)
            )
        };
        let found = loaded
            .search
            .map_or("Held", |_| "The largest rate that is held");
        return format!(
            "{found}: {} events/s with {} orders/s, {times}; {} events/s a core.\n\
             {latency}The backlog grew by {} events/s.",
            rounded(target),
            rounded(m.orders_per_s),
            rounded(target / cores()),
            rounded(m.growth_per_s),
        );
    }
    let about = if matches!(m.faults.first(), Some(Fault::Player(_))) {
        "The generator fell behind: this says nothing of the system under test.\n"
    } else {
        ""
    };
    format!(
        "{about}Not held: {} events/s were asked for, {times}; {} were done, {} of them.\nWhy: {}.",
        rounded(target),
        rounded(m.achieved_per_s),
        percent(m.achieved_per_s / target),
        faults(&m.faults),
    )
}

fn cores() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |n| usize::from(n) as f64)
}

/// What comes back from a system behind a broker, in the order in which it is told.
pub(super) const CAME_BACK: [&str; 8] = [
    "events acknowledged",
    "events sent and not acknowledged",
    "orders credited",
    "orders never credited",
    "answers that had come before",
    "answers to nothing that was sent",
    "answers to another run",
    "messages that are no answers",
];

/// Why a rate is not held.
pub(super) fn faults(faults: &[Fault]) -> String {
    let told = faults.iter().map(|fault| match fault {
        Fault::Backlog(per_s) => format!("the backlog grows by {} events/s", rounded(*per_s)),
        Fault::Unsent(rows) => format!("{} were due and never sent", of_them(*rows, "event")),
        Fault::Latency(s) => format!("p99 is {} ms", ms(*s)),
        Fault::Player(s) => format!("the generator was {} ms late (p99)", ms(*s)),
        Fault::Answers(per_s) => {
            format!("credit falls behind by {} orders/s", rounded(*per_s))
        }
        Fault::Unacknowledged(events) => {
            format!(
                "{} were sent and never acknowledged",
                of_them(*events, "event")
            )
        }
        Fault::Unanswered(orders) => {
            format!("{} were never credited", of_them(*orders, "order"))
        }
        Fault::NoOrders => "no order was due in the time measured".to_owned(),
    });
    told.collect::<Vec<_>>().join("; ")
}

/// Seconds as milliseconds, in a few digits.
pub(super) fn ms(seconds: f64) -> String {
    millis(seconds * 1e3)
}

/// Milliseconds, in a few digits, and none below the microseconds that are measured.
pub(super) fn millis(ms: f64) -> String {
    if ms < 0.1 { decimals(ms, 3) } else { brief(ms) }
}
