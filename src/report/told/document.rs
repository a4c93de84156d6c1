//! Reports as a tree of numbers.

use serde_json::{Value, json};

use crate::engine::RegimeOutcome;
use crate::observe::reports::{Part, Reading};

use super::{ASKED_AFTER, note};
use crate::report::document::map;

/// The reports of all regimes.
pub fn document(regimes: &[RegimeOutcome]) -> Value {
    map(regimes.iter().map(|r| (r.name.clone(), report(r))))
}

fn report(regime: &RegimeOutcome) -> Value {
    let report = &regime.report;
    let rule = report.rule();
    let joined = report.joined();
    let windows = rule.windows.iter().enumerate();
    let windows =
        windows.map(|(place, days)| (format!("{days}d"), reading(report.read(place, None))));
    let known = ASKED_AFTER.map(|days| (format!("{days}d"), json!(report.known_after(days))));
    let widest = rule.windows.len() - 1;
    let last_day = report.days().saturating_sub(1);
    let (whole, by_then) = (
        report.read(widest, None).deduplicated.all(),
        report.read(widest, Some(last_day)).deduplicated.all(),
    );
    json!({
        "note": note(regime),
        "delay_days": rule.delay, "suppress_below": rule.suppress_below,
        "back_fill": rule.back_fill, "include_refunds": rule.include_refunds,
        "joined": {
            "in_app": joined.inside, "outside": joined.outside, "beyond_windows": joined.late,
        },
        "windows": map(windows),
        "known_after": map(known),
        "known_on_last_day": share(by_then, whole),
    })
}

fn reading(reading: Reading) -> Value {
    json!({
        "deduplicated": part(&reading.deduplicated),
        "each_channel": part(&reading.each_channel),
    })
}

fn part(part: &Part) -> Value {
    json!({
        "orders": part.orders, "gmv_fen": part.gmv_fen, "withheld_orders": part.withheld,
        "withheld_gmv_fen": part.withheld_fen, "withheld_cells": part.withheld_cells,
        "withheld_share": share(part.withheld, part.all()),
    })
}

/// A share; nothing where there is nothing to have a share of.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
