//! The tables of a run folder.

mod worth;

use crate::engine::Outcome;
use crate::io::{Column, Table};
use crate::scenario::Scenario;

/// All tables of a run: orders by destination and tier, truth by channel and by tier, credit by
/// regime, model, tier and channel, scores and bias; Shapley values and experiments where the
/// scenario asks for them; and what merchants are told.
#[must_use]
pub fn tables(scenario: &Scenario, outcome: &Outcome) -> Vec<Table> {
    let mut tables = vec![
        sales(scenario, outcome),
        worth::truth(outcome),
        worth::truth_by_tier(scenario, outcome),
        credit(scenario, outcome),
        worth::scores(outcome),
        worth::bias(outcome),
        super::told::table(scenario, outcome),
    ];
    if !outcome.shapley.is_empty() {
        tables.push(worth::shapley(outcome));
    }
    if !outcome.experiments.is_empty() {
        tables.push(worth::experiments(outcome));
    }
    tables
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
