//! Sales by stretch of the policy: what differs while no rule does is memory.

use serde_json::{Value, json};

use crate::base::DAY;
use crate::engine::compare::{Comparison, Pair, Stretch};
use crate::scenario::Scenario;

use super::super::document::map;
use super::document::difference;

/// Day on which a stretch begins, counted from 1, and its days.
fn days(stretch: &Stretch) -> [f64; 2] {
    let days = |seconds: u32| f64::from(seconds) / f64::from(DAY);
    [days(stretch.from) + 1.0, days(stretch.until - stretch.from)]
}

/// The stretches as data, with the differences of a scenario from the first.
pub(super) fn stretches(scenarios: &[Scenario], comparison: &Comparison, pair: &Pair) -> Value {
    let rows = comparison.stretches.iter().map(|stretch| {
        let on = scenarios.iter().zip(&stretch.on);
        let on = on.map(|(scenario, on)| (scenario.wire().name.clone(), json!(on)));
        let [from, days] = days(stretch);
        json!({
            "from_day": from,
            "days": days,
            "on": map(on),
            "gmv_in_app": difference(&pair.differences[stretch.in_app]),
            "gmv_outside": difference(&pair.differences[stretch.outside]),
        })
    });
    rows.collect()
}

/// The same as a table, of the scenario at `place` held against the first.
#[cfg(feature = "cli")]
pub(super) fn table(scenarios: &[Scenario], comparison: &Comparison, place: usize) -> String {
    use super::super::figures::significant;
    use super::super::layout;
    use super::verdict::differs;

    let names = [0, place].map(|side| format!("on in {}", scenarios[side].wire().name));
    let header = [
        "from day",
        "days",
        &names[0],
        &names[1],
        "sales in the app",
        "sales outside",
    ];
    let pair = &comparison.pairs[place - 1];
    let rows = comparison.stretches.iter().map(|stretch| {
        let mut row: Vec<String> = days(stretch).map(|d| significant(d, 3)).into();
        row.extend([0, place].map(|side| match &stretch.on[side][..] {
            [] => "(none)".to_owned(),
            on => on.join(" + "),
        }));
        row.extend(
            [stretch.in_app, stretch.outside]
                .map(|metric| differs(comparison.metrics[metric].unit, &pair.differences[metric])),
        );
        row
    });
    layout::table(&header, 4, rows.collect())
}
