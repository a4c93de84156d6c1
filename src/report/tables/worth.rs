//! Tables of truth, credit and scores.

use crate::engine::{Believed, Caused, Estimate, Outcome};
use crate::io::{Column, Table};
use crate::scenario::Scenario;

fn ends(e: &Estimate) -> [f64; 3] {
    let ends = e.interval.map_or([f64::NAN; 2], |i| [i.low, i.high]);
    [e.value, ends[0], ends[1]]
}

/// Three columns: the estimates and the ends of their intervals.
fn estimates<'a>(table: Table, name: &str, all: impl Iterator<Item = &'a Estimate>) -> Table {
    let mut columns: [Vec<f64>; 3] = Default::default();
    for e in all {
        let cells = columns.iter_mut().zip(ends(e));
        cells.for_each(|(column, cell)| column.push(cell));
    }
    let names = ["", "_low", "_high"].map(|end| format!("{name}{end}"));
    let named = names.iter().zip(columns);
    named.fold(table, |table, (name, column)| {
        table.with(name, Column::Float(column))
    })
}

fn text<'a>(cells: impl Iterator<Item = &'a String>) -> Column {
    Column::Text(cells.cloned().collect())
}

/// Orders and value caused, with the name of each row.
fn caused(table: Table, all: &[&Caused]) -> Table {
    let table = estimates(table, "orders", all.iter().map(|c| &c.orders));
    estimates(table, "gmv_fen", all.iter().map(|c| &c.gmv_fen))
}

/// By channel, then all of them together, then sets of them.
pub(super) fn truth(outcome: &Outcome) -> Table {
    let rows: Vec<&Caused> = outcome
        .caused
        .iter()
        .chain([&outcome.all])
        .chain(&outcome.sets)
        .collect();
    let truths = outcome.truth.by_channel.iter().chain([&outcome.truth.all]);
    let pointer = truths.chain(&outcome.truth.sets).map(|t| t.pointer_orders);
    caused(
        Table::new("truth").with("channel", text(rows.iter().map(|c| &c.name))),
        &rows,
    )
    .with("pointer_orders", Column::Float(pointer.collect()))
}

/// By channel and tier.
pub(super) fn truth_by_tier(scenario: &Scenario, outcome: &Outcome) -> Table {
    let cells = || outcome.caused.iter().zip(&outcome.caused_by_tier);
    let channels = cells().flat_map(|(c, tiers)| tiers.iter().map(move |_| &c.name));
    let tiers = cells().flat_map(|_| scenario.tiers().iter().map(|t| &t.wire.name));
    let rows: Vec<&Caused> = outcome.caused_by_tier.iter().flatten().collect();
    let table = Table::new("truth_by_tier")
        .with("channel", text(channels))
        .with("tier", text(tiers));
    caused(table, &rows)
}

/// What each channel is due in the switch-off game.
pub(super) fn shapley(outcome: &Outcome) -> Table {
    let rows: Vec<&Caused> = outcome.shapley.iter().collect();
    let table = Table::new("shapley").with("channel", text(rows.iter().map(|c| &c.name)));
    caused(table, &rows)
}

/// What experiments find.
pub(super) fn experiments(outcome: &Outcome) -> Table {
    let all = || outcome.experiments.iter();
    let rows: Vec<&Caused> = all().flat_map(|e| &e.found).collect();
    let names = all().flat_map(|e| e.found.iter().map(|_| &e.name));
    let held = all().flat_map(|e| e.held.iter().map(|users| *users as i64));
    let table = Table::new("experiments")
        .with("experiment", text(names))
        .with("holdout", text(rows.iter().map(|c| &c.name)))
        .with("held_users", Column::Whole(held.collect()));
    caused(table, &rows)
}

fn models(outcome: &Outcome) -> impl Iterator<Item = (&String, &Believed)> {
    let regimes = outcome.regimes.iter();
    regimes.flat_map(|r| r.models.iter().map(move |m| (&r.name, m)))
}

/// Scores by regime and model.
pub(super) fn scores(outcome: &Outcome) -> Table {
    let all = || models(outcome).map(|(_, m)| m);
    let table = Table::new("scores")
        .with("regime", text(models(outcome).map(|(regime, _)| regime)))
        .with("model", text(all().map(|m| &m.model)));
    let table = estimates(table, "share_error", all().map(|m| &m.share_error));
    let table = estimates(table, "group_error", all().map(|m| &m.group_error));
    let table = estimates(table, "rank", all().map(|m| &m.rank));
    let table = estimates(table, "overcount", all().map(|m| &m.overcount));
    let table = estimates(table, "roi", all().map(|m| &m.roi));
    let table = estimates(table, "roi_bias", all().map(|m| &m.roi_bias));
    let table = estimates(table, "roi_rmse", all().map(|m| &m.roi_rmse));
    let steady = all().map(|m| m.unsteadiness);
    let table = table.with("unsteadiness", Column::Float(steady.collect()));
    let none = Estimate {
        value: f64::NAN,
        interval: None,
    };
    let regret: Vec<Estimate> = all().map(|m| m.regret_fen.unwrap_or(none)).collect();
    estimates(table, "regret_fen", regret.iter())
}

/// Credited less caused orders, by regime, model and channel.
pub(super) fn bias(outcome: &Outcome) -> Table {
    let cells = || {
        models(outcome).flat_map(|(regime, m)| {
            let channels = outcome.caused.iter().zip(&m.bias);
            channels.map(move |(c, e)| (regime, &m.model, &c.name, e))
        })
    };
    let table = Table::new("bias")
        .with("regime", text(cells().map(|(regime, ..)| regime)))
        .with("model", text(cells().map(|(_, model, ..)| model)))
        .with("channel", text(cells().map(|(_, _, channel, _)| channel)));
    estimates(table, "orders", cells().map(|(.., e)| e))
}
