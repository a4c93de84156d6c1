//! The `--json` document of a load test.

use serde_json::{Value, json};

use crate::attribute::online::Rows;
use crate::io::machine::Machine;
use crate::load::judge::Fault;
use crate::load::meter::Latency;
use crate::load::{Alone, Measured};
use crate::report::document::{Context, build, map};

use super::words::{faults, verdict};
use super::{Loaded, Under, answered};

/// What the document says it is of, under `verb`.
pub const VERB: &str = "load";

/// The document. `credit_digest` covers the credit of all models: equal for any number of workers, and at
/// any rate at which all of the same events were sent.
#[must_use]
pub fn document(loaded: &Loaded<'_>, context: &Context) -> Value {
    let (test, measured) = (loaded.test, loaded.measured);
    let (asked, own) = (test.asked(), test.own_speed());
    let channels = test.content().channels();
    let credits = measured.credited.iter().flat_map(|found| &found.credits);
    let credits = credits.map(|(model, credit)| (model, credit.by_channel()));
    let books = measured.answered.iter().flat_map(|found| &found.books);
    let books = books.map(|(book, _)| (&book.model, book.channels.clone()));
    let credit = credits.chain(books).map(|(model, amounts)| {
        let amounts = channels.iter().zip(amounts);
        let amounts = amounts.map(|(name, a)| {
            let told = json!({ "conversions": a.conversions, "value": a.value });
            (name.clone(), told)
        });
        (model.clone(), Value::Object(amounts.collect()))
    });
    let mut out = one(measured);
    let more = json!({
        "verb": VERB,
        "verdict": verdict(loaded),
        "redcat": build(),
        "machine": Machine::here(),
        "scenario": {
            "name": loaded.scenario.wire().name,
            "question": loaded.scenario.wire().question,
            "digest": loaded.scenario.digest().to_string(),
        },
        "seed": context.seed,
        "users": test.content().users(),
        "people": test.people(),
        "system": under(&loaded.under),
        "workers": (loaded.under == Under::BuiltIn).then(|| test.workers()),
        "rate": asked.rate.to_string(),
        "pace": asked.pace,
        "warm_up_s": asked.warm_up.seconds(),
        "duration_s": asked.duration.seconds(),
        "demand": { "p99_ms": asked.p99.seconds() * 1e3, "growth": asked.growth.get() },
        "stream": {
            "rows": test.content().rows(),
            "orders": test.content().orders(),
            "rows_before": test.content().rows_before(),
            "from": asked.from.to_string(),
            "seconds": test.content().seconds(),
            "again_after_s": asked.repeat.seconds(),
            "copies": asked.copies,
            "own_speed": { "events_per_s": own.events_per_s, "orders_per_s": own.orders_per_s },
        },
        "credit": Value::Object(credit.collect()),
        "series": measured.series.iter().map(|tick| json!({
            "until_s": tick.until_s, "due": tick.due, "sent": tick.sent, "done": tick.done,
            "backlog": tick.backlog, "state_bytes": tick.bytes, "latency_ms": latency(&tick.latency),
        })).collect::<Value>(),
        "curve": loaded.search.map(|found| found.tried.iter().map(|m| Value::Object(one(m)))
            .collect::<Value>()),
        "max": loaded.search.map(|found| Value::Object(one(&found.max))),
        "alone": loaded.alone.map(|(generator, engine)| json!({
            "generator_per_s": generator.per_s(), "engine_per_s": Alone::per_s(&engine),
        })),
        "elapsed_s": context.elapsed_s,
        "peak_rss_bytes": context.peak_rss_bytes,
    });
    if let Value::Object(more) = more {
        out.extend(more);
    }
    Value::Object(out)
}

/// What is told of each rate.
fn one(m: &Measured) -> serde_json::Map<String, Value> {
    let credited = m.credited.as_ref();
    let rows = credited.map(|found| {
        let tally = &found.tally;
        let rows = [
            ("touches", &tally.touches),
            ("orders", &tally.orders),
            ("refunds", &tally.refunds),
        ];
        map(rows.map(|(kind, rows)| (kind.to_owned(), counted(rows))))
    });
    let late = credited.map(|found| {
        let tally = &found.tally;
        tally.touches.late + tally.orders.late + tally.refunds.late
    });
    let told = json!({
        "target_per_s": m.target_per_s,
        "achieved_per_s": m.achieved_per_s,
        "orders_per_s": m.orders_per_s,
        "sustainable": m.target_per_s.map(|_| m.is_held()),
        "faults": m.faults.iter().map(fault).collect::<Value>(),
        "why": faults(&m.faults),
        "latency_ms": latency(&m.latency),
        "late": late,
        "dropped": m.played.unsent,
        "backlog": { "most": m.backlog_most, "growth_per_s": m.growth_per_s },
        "generator": {
            "late_p99_ms": m.played.own_lateness.0 * 1e3,
            "late_max_ms": m.played.own_lateness.1 * 1e3,
            "kept_waiting_s": m.played.waited_s,
        },
        "sent": m.played.sent,
        "sent_orders": m.played.orders,
        "filled": m.filled,
        "others": credited.map(|found| found.others),
        "rows": rows,
        "answers": m.answered.as_ref().map(answered::told),
        "state_bytes": m.bytes_most,
        "credit_digest": credited.map(|found| &found.digest),
    });
    match told {
        Value::Object(told) => told,
        _ => serde_json::Map::new(),
    }
}

fn counted(rows: &Rows) -> Value {
    json!({
        "rows": rows.rows, "used": rows.used, "expired": rows.expired, "late": rows.late,
        "double": rows.double, "open": rows.open, "unmatched": rows.unmatched,
    })
}

pub(super) fn latency(l: &Latency) -> Value {
    let ms = |s: f64| (l.orders > 0).then_some(s * 1e3);
    json!({
        "orders": l.orders, "p50": ms(l.p50), "p90": ms(l.p90), "p99": ms(l.p99),
        "p999": ms(l.p999), "max": ms(l.max),
    })
}

fn under(under: &Under) -> Value {
    match under {
        Under::BuiltIn => json!({ "kind": "built-in" }),
        Under::Pipe => json!({ "kind": "stdout" }),
        Under::Broker {
            brokers,
            events,
            credits,
            settings,
        } => json!({
            "kind": "kafka", "brokers": brokers, "events": events, "credits": credits, "settings": settings,
        }),
    }
}

fn fault(fault: &Fault) -> Value {
    match fault {
        Fault::Backlog(per_s) => json!({ "what": "backlog grows", "per_s": per_s }),
        Fault::Unsent(rows) => json!({ "what": "not all was sent", "rows": rows }),
        Fault::Latency(s) => json!({ "what": "latency", "p99_ms": s * 1e3 }),
        Fault::Player(s) => json!({ "what": "generator fell behind", "late_p99_ms": s * 1e3 }),
        Fault::Answers(per_s) => {
            json!({ "what": "credit falls behind", "orders_per_s": per_s })
        }
        Fault::Unacknowledged(events) => {
            json!({ "what": "not all was acknowledged", "events": events })
        }
        Fault::Unanswered(orders) => json!({ "what": "orders never credited", "orders": orders }),
        Fault::NoOrders => json!({ "what": "no order was due" }),
    }
}
