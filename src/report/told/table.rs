//! Reports as a table: a row for each regime, window, day and channel of which anything is to tell.

use std::collections::BTreeMap;

use crate::base::Merge;
use crate::engine::Outcome;
use crate::io::{Column, Table};
use crate::observe::reports::Reading;
use crate::scenario::Scenario;

/// The table of reports, summed over tiers.
pub fn table(scenario: &Scenario, outcome: &Outcome) -> Table {
    let mut names: [Vec<String>; 2] = Default::default();
    let mut numbers: [Vec<i64>; 8] = Default::default();
    for regime in &outcome.regimes {
        for (place, window) in regime.report.rule().windows.iter().enumerate() {
            let mut rows: BTreeMap<(usize, usize), Reading> = BTreeMap::new();
            for (cell, reading) in regime.report.cells(place, None) {
                rows.entry((cell.day, cell.channel))
                    .or_default()
                    .merge(reading);
            }
            for ((day, channel), reading) in rows {
                names[0].push(regime.name.clone());
                names[1].push(scenario.channels()[channel].name.clone());
                let (once, each) = (reading.deduplicated, reading.each_channel);
                let row = [
                    i64::from(*window),
                    day as i64,
                    once.orders as i64,
                    once.gmv_fen,
                    once.withheld as i64,
                    each.orders as i64,
                    each.gmv_fen,
                    each.withheld as i64,
                ];
                let columns = numbers.iter_mut().zip(row);
                columns.for_each(|(column, number)| column.push(number));
            }
        }
    }
    let [regime, channel] = names.map(Column::Text);
    let [
        window,
        day,
        orders,
        gmv,
        withheld,
        each,
        each_gmv,
        each_withheld,
    ] = numbers.map(Column::Whole);
    Table::new("reports")
        .with("regime", regime)
        .with("window_days", window)
        .with("day", day)
        .with("channel", channel)
        .with("orders", orders)
        .with("gmv_fen", gmv)
        .with("withheld_orders", withheld)
        .with("each_channel_orders", each)
        .with("each_channel_gmv_fen", each_gmv)
        .with("each_channel_withheld_orders", each_withheld)
}
