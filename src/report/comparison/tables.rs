//! The tables of a comparison's folder.

use crate::engine::compare::Comparison;
use crate::evaluate::{CHANGES, Flow};
use crate::io::{Column, Table};
use crate::scenario::Scenario;

use super::{end_name, ends};

/// All tables of a comparison: metrics and their differences, the flow matrix, changes by category
/// and by tier.
#[must_use]
pub fn tables(scenarios: &[Scenario], comparison: &Comparison) -> Vec<Table> {
    vec![
        metrics(scenarios, comparison),
        matrix(scenarios, comparison),
        changes(scenarios, comparison),
    ]
}

/// Columns in the making: names, then numbers.
#[derive(Default)]
struct Rows<const TEXTS: usize, const FLOATS: usize> {
    texts: Vec<[String; TEXTS]>,
    floats: Vec<[f64; FLOATS]>,
    flows: Vec<Flow>,
}

impl<const TEXTS: usize, const FLOATS: usize> Rows<TEXTS, FLOATS> {
    fn table(self, name: &str, texts: [&str; TEXTS], floats: [&str; FLOATS]) -> Table {
        let mut table = Table::new(name);
        for (place, label) in texts.iter().enumerate() {
            let column = self.texts.iter().map(|row| row[place].clone());
            table = table.with(label, Column::Text(column.collect()));
        }
        for (place, label) in floats.iter().enumerate() {
            let column = self.floats.iter().map(|row| row[place]);
            table = table.with(label, Column::Float(column.collect()));
        }
        if self.flows.is_empty() {
            return table;
        }
        let whole = |of: &dyn Fn(&Flow) -> i64| Column::Whole(self.flows.iter().map(of).collect());
        table
            .with("needs", whole(&|f| f.needs as i64))
            .with("gmv_a_fen", whole(&|f| f.gmv_a_fen))
            .with("gmv_b_fen", whole(&|f| f.gmv_b_fen))
    }
}

fn metrics(scenarios: &[Scenario], comparison: &Comparison) -> Table {
    let mut rows = Rows::default();
    let sides = comparison.sides.iter().skip(1).zip(&comparison.pairs);
    for (scenario, (side, pair)) in scenarios.iter().skip(1).zip(sides) {
        for (place, metric) in comparison.metrics.iter().enumerate() {
            let d = &pair.differences[place];
            rows.texts
                .push([scenario.wire().name.clone(), metric.name.clone()]);
            let ends = d.estimate.interval;
            rows.floats.push([
                comparison.sides[0][place].value,
                side[place].value,
                d.estimate.value,
                ends.map_or(f64::NAN, |i| i.low),
                ends.map_or(f64::NAN, |i| i.high),
                d.gain.unwrap_or(f64::NAN),
            ]);
        }
    }
    let floats = [
        "base",
        "value",
        "difference",
        "difference_low",
        "difference_high",
        "pairing_gain",
    ];
    rows.table("metrics", ["scenario", "metric"], floats)
}

fn matrix(scenarios: &[Scenario], comparison: &Comparison) -> Table {
    let mut rows = Rows::<3, 0>::default();
    for (scenario, pair) in scenarios.iter().skip(1).zip(&comparison.pairs) {
        for a in ends(scenario) {
            for b in ends(scenario) {
                let name = scenario.wire().name.clone();
                rows.texts
                    .push([name, end_name(scenario, a), end_name(scenario, b)]);
                rows.flows.push(pair.flows.between(a, b));
            }
        }
    }
    rows.table("flows", ["scenario", "in_base", "in_scenario"], [])
}

fn changes(scenarios: &[Scenario], comparison: &Comparison) -> Table {
    let mut rows = Rows::<4, 0>::default();
    for (scenario, pair) in scenarios.iter().skip(1).zip(&comparison.pairs) {
        let wire = scenario.wire();
        let categories = wire.categories.iter().map(|c| ("category", &c.name));
        let tiers = wire.tiers.iter().map(|t| ("tier", &t.name));
        let by_category = categories.zip(pair.flows.by_category());
        for ((by, group), row) in by_category.chain(tiers.zip(pair.flows.by_tier())) {
            for ((_, change), flow) in CHANGES.iter().zip(row) {
                let texts = [wire.name.as_str(), by, group.as_str(), change];
                rows.texts.push(texts.map(str::to_owned));
                rows.flows.push(*flow);
            }
        }
    }
    rows.table("changes", ["scenario", "by", "group", "change"], [])
}
