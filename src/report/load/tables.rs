//! The tables of a load test's folder.

use crate::io::{Column, Table};
use crate::load::{Measured, Tick};

use super::Loaded;

/// The series of the rate that is told, and the curve of all rates that were played.
#[must_use]
pub fn tables(loaded: &Loaded<'_>) -> Vec<Table> {
    let mut tables = vec![series(&loaded.measured.series)];
    if let Some(found) = loaded.search {
        tables.push(curve(&found.tried));
    }
    tables
}

fn series(ticks: &[Tick]) -> Table {
    let whole = |of: &dyn Fn(&Tick) -> u64| {
        Column::Whole(ticks.iter().map(|tick| of(tick) as i64).collect())
    };
    let float = |of: &dyn Fn(&Tick) -> f64| Column::Float(ticks.iter().map(of).collect());
    let due = ticks.iter().map(|tick| tick.due.map(|n| n as i64));
    Table::new("series")
        .with("until_s", float(&|tick| tick.until_s))
        .with("due", Column::Maybe(due.collect()))
        .with("sent", whole(&|tick| tick.sent))
        .with("done", whole(&|tick| tick.done))
        .with("backlog", whole(&|tick| tick.backlog))
        .with("state_bytes", whole(&|tick| tick.bytes))
        .with("orders", whole(&|tick| tick.latency.orders))
        .with("p50_ms", float(&|tick| tick.latency.p50 * 1e3))
        .with("p99_ms", float(&|tick| tick.latency.p99 * 1e3))
        .with("max_ms", float(&|tick| tick.latency.max * 1e3))
}

fn curve(tried: &[Measured]) -> Table {
    let float = |of: &dyn Fn(&Measured) -> f64| Column::Float(tried.iter().map(of).collect());
    Table::new("curve")
        .with("target_per_s", float(&|m| m.target_per_s.unwrap_or(0.0)))
        .with("achieved_per_s", float(&|m| m.achieved_per_s))
        .with("orders_per_s", float(&|m| m.orders_per_s))
        .with("growth_per_s", float(&|m| m.growth_per_s))
        .with("p50_ms", float(&|m| m.latency.p50 * 1e3))
        .with("p99_ms", float(&|m| m.latency.p99 * 1e3))
        .with("max_ms", float(&|m| m.latency.max * 1e3))
        .with(
            "held",
            Column::Whole(tried.iter().map(|m| i64::from(m.is_held())).collect()),
        )
}
