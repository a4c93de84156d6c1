//! Reports on the first screen: a line a regime.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::engine::{Outcome, RegimeOutcome};
use crate::report::figures::{count, decimals, percent};
use crate::report::layout::{section, table};

use super::note;

/// Days of which the screen has room to say how much had come.
const SHOWN_AFTER: [u32; 3] = [1, 7, 15];

/// The section on reports.
pub fn terminal(out: &mut String, outcome: &Outcome) {
    let rules = outcome.regimes.iter().map(|r| r.report.rule());
    let windows: BTreeSet<u32> = rules.flat_map(|rule| rule.windows.clone()).collect();
    let header = ["regime".to_owned()].into_iter();
    let header = header
        .chain(windows.iter().map(|days| format!("{days} d")))
        .chain(["by channel".to_owned(), "withheld".to_owned()])
        .chain(SHOWN_AFTER.map(|days| format!("known T+{days}")));
    let header: Vec<String> = header.collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows = outcome.regimes.iter().map(|r| row(r, &windows)).collect();
    let title =
        "Reports: orders that merchants are told of once all is in, by window of attribution";
    section(out, title, &table(&header, 1, rows));
    let _ = writeln!(
        out,
        " By channel: times as many, if an order counts for each channel touched. Withheld: in cells \
         too small to tell.\n Known T+7: told seven days after the day of the touch, of what its widest \
         window will bring.",
    );
    for regime in &outcome.regimes {
        if let Some(note) = note(regime) {
            let _ = writeln!(out, " {}: {note}.", regime.name);
        }
    }
}

fn row(regime: &RegimeOutcome, windows: &BTreeSet<u32>) -> Vec<String> {
    let report = &regime.report;
    let places = &report.rule().windows;
    let readings: Vec<_> = (0..places.len()).map(|p| report.read(p, None)).collect();
    let dash = || "–".to_owned();
    let told = windows.iter().map(|days| {
        let place = places.iter().position(|own| own == days);
        place.map_or_else(dash, |p| count(readings[p].deduplicated.orders))
    });
    let widest = readings.last().copied().unwrap_or_default();
    let (once, each) = (widest.deduplicated, widest.each_channel);
    let known = SHOWN_AFTER.map(|days| report.known_after(days).map_or_else(dash, percent));
    let more = [
        format!("×{}", decimals(each.all() as f64 / once.all() as f64, 2)),
        percent(once.withheld_share()),
    ];
    [regime.name.clone()]
        .into_iter()
        .chain(told)
        .chain(more)
        .chain(known)
        .collect()
}
