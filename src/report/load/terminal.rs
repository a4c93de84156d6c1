//! A load test as text.

use std::fmt::Write as _;

use crate::attribute::online::Rows;
use crate::load::meter::Latency;
use crate::load::{Alone, Credited, Found, Measured, Tick};
use crate::report::document::Context;
use crate::report::figures::{bytes, count, decimals, of_them, rounded, significant};
use crate::report::layout::{NOT_TOLD, section, table};
use crate::scenario::units::Span;
use crate::scenario::wire::Pace;

use super::answered::terminal as answered;
use super::words::{faults, ms, verdict};
use super::{Loaded, Under};

/// Lines of a series on the terminal.
const LINES: usize = 12;

/// All of a load test, ready to print.
#[must_use]
pub fn summary(loaded: &Loaded<'_>, context: &Context) -> String {
    let mut out = head(loaded, context);
    let measured = loaded.measured;
    let _ = writeln!(out, "\n{}", verdict(loaded));
    if measured.credited.is_some() {
        let title = "From the time an order was meant to be sent to its credit, ms";
        section(&mut out, title, &latencies(measured));
    }
    if let Some(found) = &measured.answered {
        let title = "From the time it was meant to be sent, ms";
        let told = answered::latencies(&measured.latency, found);
        section(&mut out, title, &told);
    }
    section(&mut out, "How it went on", &series(&measured.series));
    if let Some(found) = loaded.search {
        section(&mut out, "Latency against rate", &curve(found));
    }
    if let Some(credited) = &measured.credited {
        section(&mut out, "What became of the events", &rows(credited));
    }
    if let Some(found) = &measured.answered {
        answered::sections(&mut out, found);
    }
    let _ = write!(out, "\n{}", asides(loaded));
    out
}

/// One rate in one line.
#[must_use]
pub fn line(measured: &Measured) -> String {
    let rate = measured.target_per_s.unwrap_or(measured.achieved_per_s);
    let p99 = ms(measured.latency.p99);
    match (measured.target_per_s, measured.is_held()) {
        (None, _) => format!("as fast as can be: {} events/s", rounded(rate)),
        (_, true) => format!("{} events/s: held, p99 {p99} ms", rounded(rate)),
        (_, false) => format!(
            "{} events/s: not held, {}",
            rounded(rate),
            faults(&measured.faults)
        ),
    }
}

fn head(loaded: &Loaded<'_>, context: &Context) -> String {
    let (test, load) = (loaded.test, loaded.test.asked());
    let (content, own) = (test.content(), test.own_speed());
    let per_order = content.rows() as f64 / content.orders().max(1) as f64;
    let length = Span::from_seconds(content.seconds());
    let length = length.map_or_else(|_| String::new(), |span| span.to_string());
    format!(
        "{}  (seed {})\n{} as {}; {} from {} and {} after, again every {}\n\
         {} events an order; at its own speed {} events/s, {} orders/s; {}\n\
         {}\n",
        loaded.scenario.wire().name,
        context.seed,
        of_them(content.users(), "user"),
        if test.people() == 1 {
            "1 person".to_owned()
        } else {
            format!("{} people", count(test.people()))
        },
        of_them(content.rows() * u64::from(load.copies), "event"),
        load.from,
        length,
        load.repeat,
        decimals(per_order, 1),
        significant(own.events_per_s, 3),
        significant(own.orders_per_s, 3),
        match load.pace {
            Pace::Steady => "played evenly",
            Pace::Profile => "played with the shape that it has",
        },
        system(loaded),
    )
}

fn system(loaded: &Loaded<'_>) -> String {
    match &loaded.under {
        Under::Pipe => {
            return "into a pipe: whether it is read fast enough; no credit comes back".to_owned();
        }
        Under::Broker {
            brokers,
            events,
            credits,
            settings,
        } => {
            let with = if settings.is_empty() { "" } else { "; with " };
            return format!(
                "through a broker at {brokers}: events to {events}, by user; credits from {credits}\
                 {with}{}",
                settings.join(", ")
            );
        }
        Under::BuiltIn => {}
    }
    format!(
        "built-in system: {}; {}",
        of_them(loaded.test.workers() as u64, "worker"),
        loaded.test.lineup().names().join(", "),
    )
}

fn or_not(known: bool, text: String) -> String {
    if known { text } else { NOT_TOLD.to_owned() }
}

pub(super) fn quantiles(l: &Latency) -> Vec<String> {
    let of = |s: f64| or_not(l.orders > 0, ms(s));
    vec![of(l.p50), of(l.p90), of(l.p99), of(l.p999), of(l.max)]
}

fn latencies(m: &Measured) -> String {
    let mut row = vec![count(m.latency.orders)];
    row.extend(quantiles(&m.latency));
    let header = ["orders", "p50", "p90", "p99", "p99.9", "longest"];
    table(&header, 0, vec![row])
}

/// The series in a few lines: of each, sums and worst.
fn series(ticks: &[Tick]) -> String {
    let together = ticks.len().div_ceil(LINES).max(1);
    let mut before_s = 0.0;
    let row = |some: &[Tick]| {
        let last = some.last()?;
        let seconds = last.until_s - before_s;
        before_s = last.until_s;
        let per_s = |n: u64| rounded(n as f64 / seconds.max(1e-9));
        let due: Option<u64> = some.iter().map(|tick| tick.due).sum();
        let ordered = some.iter().any(|tick| tick.latency.orders > 0);
        let worst = |of: &dyn Fn(&Tick) -> f64| some.iter().map(of).fold(0.0, f64::max);
        Some(vec![
            decimals(last.until_s, 1),
            due.map_or_else(|| NOT_TOLD.to_owned(), per_s),
            per_s(some.iter().map(|tick| tick.done).sum()),
            count(some.iter().map(|tick| tick.backlog).max().unwrap_or(0)),
            or_not(ordered, ms(worst(&|tick| tick.latency.p50))),
            or_not(ordered, ms(worst(&|tick| tick.latency.p99))),
            or_not(last.bytes > 0, bytes(last.bytes)),
        ])
    };
    let rows: Vec<Vec<String>> = ticks.chunks(together).filter_map(row).collect();
    let header = [
        "s", "due/s", "done/s", "backlog", "p50 ms", "p99 ms", "state",
    ];
    table(&header, 0, rows)
}

fn curve(found: &Found) -> String {
    let row = |m: &Measured| {
        let mut row = vec![
            rounded(m.target_per_s.unwrap_or(0.0)),
            rounded(m.achieved_per_s),
            rounded(m.orders_per_s),
        ];
        row.extend(quantiles(&m.latency));
        row.push(if m.is_held() { "yes" } else { "no" }.to_owned());
        row
    };
    let header = [
        "events/s", "done/s", "orders/s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "longest",
        "held",
    ];
    table(&header, 0, found.tried.iter().map(row).collect())
}

fn rows(credited: &Credited) -> String {
    let row = |name: &str, r: &Rows| {
        let mut row = vec![name.to_owned()];
        let all = [
            r.rows,
            r.used,
            r.expired,
            r.open,
            r.late,
            r.double,
            r.unmatched,
        ];
        row.extend(all.map(count));
        row
    };
    let t = &credited.tally;
    let mut rows = vec![
        row("touches", &t.touches),
        row("orders", &t.orders),
        row("refunds", &t.refunds),
    ];
    if credited.others > 0 {
        let mut others = vec!["others".to_owned(), count(credited.others)];
        others.resize(8, NOT_TOLD.to_owned());
        rows.push(others);
    }
    let header = [
        "",
        "came",
        "credited",
        "expired",
        "open",
        "late",
        "double",
        "unmatched",
    ];
    table(&header, 1, rows)
}

fn asides(loaded: &Loaded<'_>) -> String {
    let m = loaded.measured;
    let mut out = String::new();
    if m.filled > 0 {
        let _ = writeln!(
            out,
            "Of these, {} from before the stream filled the state.",
            of_them(m.filled, "event")
        );
    }
    let _ = writeln!(
        out,
        "Generator: {} ms late by itself (p99), {} ms at most; the system kept it waiting for {} s.",
        ms(m.played.own_lateness.0),
        ms(m.played.own_lateness.1),
        decimals(m.played.waited_s, 2),
    );
    if let Some((generator, engine)) = &loaded.alone {
        let told = |alone: &Alone| rounded(alone.per_s());
        let _ = writeln!(
            out,
            "By itself the generator makes {} events/s on one thread, and {} fold {} events/s from memory.",
            told(generator),
            of_them(loaded.test.workers() as u64, "worker"),
            told(engine),
        );
    }
    let _ = write!(out, "Largest backlog {} events", count(m.backlog_most));
    if let Some(credited) = &m.credited {
        let state = bytes(m.bytes_most);
        let _ = write!(
            out,
            "; state {state} at most; credit digest {}",
            credited.digest
        );
    }
    out.push('\n');
    out
}
