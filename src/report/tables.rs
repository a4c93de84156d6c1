//! The tables of a run folder.

use crate::engine::Outcome;
use crate::io::{Column, Table};
use crate::scenario::Scenario;

/// All tables of a run: orders by destination and tier, truth by channel, credit by regime, model,
/// tier and channel, scores, and what merchants are told.
#[must_use]
pub fn tables(scenario: &Scenario, outcome: &Outcome) -> Vec<Table> {
    vec![
        sales(scenario, outcome),
        truth(scenario, outcome),
        credit(scenario, outcome),
        scores(outcome),
        super::told::table(scenario, outcome),
    ]
}

fn sales(scenario: &Scenario, outcome: &Outcome) -> Table {
    let wire = scenario.wire();
    let cells: Vec<(usize, usize)> = (0..wire.tiers.len())
        .flat_map(|t| (0..wire.destinations.len()).map(move |d| (t, d)))
        .collect();
    let text = |of: &dyn Fn(usize, usize) -> String| {
        Column::Text(cells.iter().map(|(t, d)| of(*t, *d)).collect())
    };
    let whole = |of: &dyn Fn(&crate::world::SalesCounts) -> i64| {
        let sales = cells
            .iter()
            .map(|(t, d)| of(outcome.counts.sales_at(*t, *d)));
        Column::Whole(sales.collect())
    };
    Table::new("sales")
        .with("tier", text(&|t, _| wire.tiers[t].name.clone()))
        .with(
            "destination",
            text(&|_, d| wire.destinations[d].name.clone()),
        )
        .with("orders", whole(&|s| s.orders as i64))
        .with("gmv_fen", whole(&|s| s.gmv_fen))
        .with("refunds", whole(&|s| s.refunds as i64))
        .with("refunded_fen", whole(&|s| s.refunded_fen))
        .with("commission_fen", whole(&|s| s.commission_fen))
}

fn truth(scenario: &Scenario, outcome: &Outcome) -> Table {
    let names = scenario.channels().iter().map(|c| c.name.clone());
    let names: Vec<String> = names.chain(["(all)".to_owned()]).collect();
    let of = |f: &dyn Fn(&crate::engine::Estimate) -> f64| {
        Column::Float(outcome.caused.iter().map(f).collect())
    };
    let fen = |f: &dyn Fn(&crate::engine::Estimate) -> f64| {
        Column::Float(outcome.caused_fen.iter().map(f).collect())
    };
    let low = |e: &crate::engine::Estimate| e.interval.map_or(f64::NAN, |i| i.low);
    let high = |e: &crate::engine::Estimate| e.interval.map_or(f64::NAN, |i| i.high);
    let pointer = outcome.truth.by_channel.iter().chain([&outcome.truth.all]);
    Table::new("truth")
        .with("channel", Column::Text(names))
        .with("orders", of(&|e| e.value))
        .with("orders_low", of(&low))
        .with("orders_high", of(&high))
        .with("gmv_fen", fen(&|e| e.value))
        .with("gmv_fen_low", fen(&low))
        .with("gmv_fen_high", fen(&high))
        .with(
            "pointer_orders",
            Column::Float(pointer.map(|t| t.pointer_orders).collect()),
        )
}

fn credit(scenario: &Scenario, outcome: &Outcome) -> Table {
    let wire = scenario.wire();
    let mut text: [Vec<String>; 4] = Default::default();
    let mut numbers: [Vec<f64>; 2] = Default::default();
    for regime in &outcome.regimes {
        for model in &regime.models {
            for (t, tier) in wire.tiers.iter().enumerate() {
                let given = scenario.channels().iter().enumerate();
                let given =
                    given.map(|(c, channel)| (channel.name.as_str(), model.credit.cell(t, c)));
                let rest = model.credit.unattributed(t);
                for (channel, amount) in given.chain([("(nobody)", rest)]) {
                    let row = [&regime.name, &model.model, &tier.name, channel];
                    text.iter_mut()
                        .zip(row)
                        .for_each(|(column, cell)| column.push(cell.to_owned()));
                    numbers[0].push(amount.conversions);
                    numbers[1].push(amount.value);
                }
            }
        }
    }
    let [regime, model, tier, channel] = text.map(Column::Text);
    let [orders, gmv] = numbers.map(Column::Float);
    Table::new("credit")
        .with("regime", regime)
        .with("model", model)
        .with("tier", tier)
        .with("channel", channel)
        .with("orders", orders)
        .with("gmv_fen", gmv)
}

fn scores(outcome: &Outcome) -> Table {
    let mut names: [Vec<String>; 2] = Default::default();
    let mut numbers: [Vec<f64>; 6] = Default::default();
    for regime in &outcome.regimes {
        for model in &regime.models {
            names[0].push(regime.name.clone());
            names[1].push(model.model.clone());
            for (place, e) in [model.share_error, model.overcount].iter().enumerate() {
                let at = place * 3;
                numbers[at].push(e.value);
                numbers[at + 1].push(e.interval.map_or(f64::NAN, |i| i.low));
                numbers[at + 2].push(e.interval.map_or(f64::NAN, |i| i.high));
            }
        }
    }
    let [regime, model] = names.map(Column::Text);
    let labels = [
        "share_error",
        "share_error_low",
        "share_error_high",
        "overcount",
        "overcount_low",
        "overcount_high",
    ];
    let table = Table::new("scores")
        .with("regime", regime)
        .with("model", model);
    labels
        .iter()
        .zip(numbers)
        .fold(table, |table, (label, column)| {
            table.with(label, Column::Float(column))
        })
}
