//! The figures of a load test, as tables.

use crate::report::figures::{
    NOT_TOLD, bytes, count, decimals, of_them, percent, rounded, significant,
};
use crate::report::page::block::{Table, facts};
use crate::report::page::markup::Markup;
use crate::scenario::units::Span;

use super::super::words::millis;
use super::answered;
use super::told::{Fates, Latency, Rate, Told};

const NOTHING_BACK: &str = "No credit comes back from this system, so no latency is told, nor what \
                            became of the events.";

pub(super) fn not_told() -> String {
    NOT_TOLD.to_owned()
}

fn maybe(ms: Option<f64>) -> String {
    ms.map_or_else(not_told, millis)
}

/// All rates that were played.
pub(super) fn curve(out: &mut Markup, tried: &[Rate]) {
    let row = |rate: &Rate| {
        let asked = rate.target_per_s;
        let mut row = vec![
            asked.map_or_else(not_told, rounded),
            rounded(rate.achieved_per_s),
            rounded(rate.orders_per_s),
        ];
        row.extend(quantiles(&rate.latency_ms));
        row.push(match rate.sustainable {
            Some(true) => "yes".to_owned(),
            _ => format!("no: {}", rate.why),
        });
        row
    };
    let table = Table {
        caption: "Rates that were played, each into an empty system (latencies in ms)",
        header: &[
            "events/s", "done/s", "orders/s", "p50", "p90", "p99", "p99.9", "longest", "held",
        ],
        named: false,
        words_last: true,
        rows: tried.iter().map(row).collect(),
    };
    table.write(out);
}

/// All tables.
pub(super) fn all(out: &mut Markup, told: &Told) {
    match &told.rate.answers {
        Some(answers) => answered::tables(out, &told.rate.latency_ms, answers),
        None if told.is_credited() => latencies(out, &told.rate.latency_ms),
        None => out.leaf("p", &[], NOTHING_BACK),
    }
    fates(out, &told.rate);
    out.element("div", &[("class", "sheets")], |out| {
        out.element("div", &[], |out| {
            facts(out, "What was asked for", &asked(told));
            facts(out, "By which machine", &machine(told));
        });
        facts(out, "What was played", &played(told));
    });
    series(out, told);
}

fn latencies(out: &mut Markup, latency: &Latency) {
    let mut row = vec![count(latency.orders)];
    row.extend(quantiles(latency));
    let table = Table {
        caption: "From the time an order was meant to be sent to its credit, ms",
        header: &["orders", "p50", "p90", "p99", "p99.9", "longest"],
        named: false,
        words_last: false,
        rows: vec![row],
    };
    table.write(out);
}

pub(super) fn quantiles(l: &Latency) -> [String; 5] {
    [l.p50, l.p90, l.p99, l.p999, l.max].map(maybe)
}

fn fates(out: &mut Markup, rate: &Rate) {
    let Some(rows) = &rate.rows else {
        return;
    };
    let row = |name: &str, f: &Fates| {
        let all = [
            f.rows,
            f.used,
            f.expired,
            f.open,
            f.late,
            f.double,
            f.unmatched,
        ];
        let mut row = vec![name.to_owned()];
        row.extend(all.map(count));
        row
    };
    let mut rows = vec![
        row("touches", &rows.touches),
        row("orders", &rows.orders),
        row("refunds", &rows.refunds),
    ];
    if let Some(others) = rate.others.filter(|n| *n > 0) {
        let mut row = vec!["others".to_owned(), count(others)];
        row.resize(8, not_told());
        rows.push(row);
    }
    let table = Table {
        caption: "What became of the events",
        header: &[
            "",
            "came",
            "credited",
            "expired",
            "open",
            "late",
            "double",
            "unmatched",
        ],
        named: true,
        words_last: false,
        rows,
    };
    table.write(out);
    if rate.filled > 0 {
        let filled = of_them(rate.filled, "event");
        let told = format!("Of these, {filled} from before the stream filled the state.");
        out.leaf("p", &[], &told);
    }
}

fn asked(told: &Told) -> Vec<(&'static str, String)> {
    let test = &told.test;
    let pace = match test.pace.as_str() {
        "steady" => "evenly",
        "profile" => "with the shape that it has",
        other => other,
    };
    vec![
        ("rate, as written", test.rate.clone()),
        ("played", pace.to_owned()),
        ("p99 allowed", format!("{} ms", millis(test.demand.p99_ms))),
        (
            "backlog may grow",
            format!("by {} of the rate", percent(test.demand.growth)),
        ),
        ("warm-up, not measured", seconds(test.warm_up_s)),
        ("measured", seconds(test.duration_s)),
    ]
}

fn played(told: &Told) -> Vec<(&'static str, String)> {
    let (test, rate) = (&told.test, &told.rate);
    let stream = &test.stream;
    let events = stream.rows.saturating_mul(stream.copies);
    let orders = stream.orders.saturating_mul(stream.copies);
    let own = &stream.own_speed;
    let mut facts = vec![
        ("scenario", test.scenario.name.clone()),
        ("digest of the scenario", test.scenario.digest.clone()),
        ("seed", test.seed.to_string()),
        (
            "people",
            format!(
                "{}, from {}",
                count(test.people),
                of_them(test.users, "user")
            ),
        ),
        (
            "stream",
            format!(
                "from {} and {} after, again every {}",
                stream.from,
                seconds(stream.seconds),
                seconds(stream.again_after_s)
            ),
        ),
        (
            "once through",
            format!("{}, {}", of_them(events, "event"), of_them(orders, "order")),
        ),
        (
            "at its own speed",
            format!(
                "{} events/s, {} orders/s",
                significant(own.events_per_s, 3),
                significant(own.orders_per_s, 3)
            ),
        ),
        (
            "sent",
            format!(
                "{}, {}",
                of_them(rate.sent, "event"),
                of_them(rate.sent_orders, "order")
            ),
        ),
        ("due and never sent", of_them(rate.dropped, "event")),
    ];
    if told.is_credited() {
        let models: Vec<&str> = test.credit.keys().map(String::as_str).collect();
        facts.push(("models", models.join(", ")));
    }
    if let Some(digest) = &rate.credit_digest {
        facts.push(("digest of all credit", digest.clone()));
    }
    facts
}

fn machine(told: &Told) -> Vec<(&'static str, String)> {
    let (test, machine) = (&told.test, &told.test.machine);
    let build = match &test.redcat.revision {
        Some(revision) => format!("{} ({revision})", test.redcat.version),
        None => test.redcat.version.clone(),
    };
    let system = &test.system;
    let under = match (system.kind.as_str(), &system.brokers) {
        ("built-in", _) => {
            let workers = test.workers.unwrap_or_default();
            format!("built-in, {}", of_them(workers, "worker"))
        }
        ("stdout", _) => "whoever reads the pipe; no credit comes back".to_owned(),
        (_, Some(brokers)) => {
            let topic = |name: &Option<String>| name.clone().unwrap_or_else(not_told);
            let (events, credits) = (topic(&system.events), topic(&system.credits));
            format!("through a broker at {brokers}: events to {events}, credits from {credits}")
        }
        (other, None) => other.to_owned(),
    };
    let mut facts = vec![
        ("system under test", under),
        ("redcat", build),
        ("platform", machine.platform.clone()),
        (
            "processor",
            machine.processor.clone().unwrap_or_else(not_told),
        ),
        ("cores", count(machine.cores as u64)),
        ("memory", machine.memory_bytes.map_or_else(not_told, bytes)),
        ("all took", seconds(test.elapsed_s)),
        (
            "memory at most",
            test.peak_rss_bytes.map_or_else(not_told, bytes),
        ),
    ];
    if let Some(max) = &test.max {
        let told = format!("{} events/s", rounded(max.achieved_per_s));
        facts.push(("as fast as can be", told));
    }
    if let Some(alone) = &test.alone {
        let per_s = |rate: f64| format!("{} events/s", rounded(rate));
        facts.push(("generator by itself", per_s(alone.generator_per_s)));
        facts.push(("system by itself, from memory", per_s(alone.engine_per_s)));
    }
    facts
}

/// What the charts show, in numbers: also for those who cannot see them.
fn series(out: &mut Markup, told: &Told) {
    if told.test.series.is_empty() {
        return;
    }
    let rows = told.test.series.iter().map(|tick| {
        let latency = &tick.latency_ms;
        vec![
            decimals(tick.until_s, 2),
            tick.due.map_or_else(not_told, count),
            count(tick.sent),
            count(tick.done),
            count(tick.backlog),
            count(tick.state_bytes),
            count(latency.orders),
            maybe(latency.p50),
            maybe(latency.p99),
            maybe(latency.max),
        ]
    });
    let table = Table {
        caption: "How it went on, piece by piece (latencies in ms)",
        header: &[
            "until, s",
            "due",
            "sent",
            "done",
            "backlog",
            "state, bytes",
            "orders",
            "p50",
            "p99",
            "longest",
        ],
        named: false,
        words_last: false,
        rows: rows.collect(),
    };
    out.element("details", &[], |out| {
        out.leaf("summary", &[], "The charts over time in numbers");
        table.write(out);
    });
}

/// A time as people say it.
fn seconds(s: f64) -> String {
    match Span::from_seconds(s) {
        Ok(span) if s.fract() == 0.0 => span.to_string(),
        _ => format!("{} s", significant(s, 3)),
    }
}
