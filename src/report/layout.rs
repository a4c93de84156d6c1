//! Tables and estimates as lines of text.

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::engine::Estimate;

use super::figures::{decimals, rounded};

pub(super) use super::figures::NOT_TOLD;

/// What is not told besides where impressions are not counted and some are paid for.
pub(super) const UNTOLD: &str = ", and so not told what advertising costs:\nwhat the platform and \
                                 merchants keep, returns on advertising, regret";

/// A table with its first `names` columns to the left, numbers to the right.
pub(super) fn table(header: &[&str], names: usize, rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.to_vec());
    table.add_rows(rows);
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((1, 1));
        if place >= names {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().map(|l| l.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// A title and what stands below it.
pub(super) fn section(out: &mut String, title: &str, body: &str) {
    let _ = writeln!(out, "\n{title}\n{body}");
}

/// An estimate with half its interval.
pub(super) fn plus_minus(e: &Estimate, digits: usize) -> String {
    if !e.value.is_finite() {
        return NOT_TOLD.to_owned();
    }
    let value = decimals(e.value, digits);
    match e.interval {
        Some(i) => format!("{value} ±{:.digits$}", i.half()),
        None => value,
    }
}

/// The same in whole numbers.
pub(super) fn plus_minus_rounded(e: &Estimate) -> String {
    let value = rounded(e.value);
    e.interval
        .map_or(value.clone(), |i| format!("{value} ±{}", rounded(i.half())))
}
