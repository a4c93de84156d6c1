//! The first screen of a comparison: what it comes to, what changed, and whose orders they were.

use std::fmt::Write;

use crate::engine::Estimate;
use crate::engine::compare::{Comparison, Pair, Unit};
use crate::evaluate::{CHANGES, Change, End, Flow};
use crate::scenario::Scenario;
use crate::world::Track;

use super::super::document::Context;
use super::super::figures::{bytes, count, of_them, percent, rounded, significant, yuan};
use super::super::layout::{UNTOLD, plus_minus, section, table};
use super::{end_name, ends, stretches, verdict};

/// The whole summary as text, ready to print.
#[must_use]
pub fn summary(
    scenarios: &[Scenario],
    comparison: &Comparison,
    context: &Context,
    digest: &str,
) -> String {
    let mut out = String::new();
    head(&mut out, scenarios, comparison, context);
    for (place, pair) in comparison.pairs.iter().enumerate() {
        let [a, b] = [&scenarios[0], &scenarios[place + 1]].map(|s| &s.wire().name);
        let said = verdict(comparison, pair);
        let said: Vec<String> = said.iter().map(|line| format!(" {line}")).collect();
        let title = format!("{b} against {a} (±95 %)");
        section(&mut out, &title, &said.join("\n"));
        if !comparison.stretches.is_empty() {
            let title = format!("{b} against {a} while each set of rules held (±95 %)");
            let rows = stretches::table(scenarios, comparison, place + 1);
            section(&mut out, &title, &rows);
        }
        section(
            &mut out,
            "Where the same needs end",
            &changes(scenarios, pair),
        );
        section(
            &mut out,
            &format!("Needs by their end in {a} (rows) and in {b} (columns)"),
            &matrix(&scenarios[0], pair),
        );
    }
    section(
        &mut out,
        "By measure (gain: how many times more users two independent runs would need)",
        &measures(scenarios, comparison),
    );
    let _ = writeln!(
        out,
        "\nHow much notes, links and prices move people is assumed (tag A in the scenarios): read \
         this as\nwhat follows from those assumptions. Intervals are about other users of the same merchants. \
         Budgets do\nnot follow results: what is spent on advertising changes only with what is shown and \
         done. Digest {digest}."
    );
    out
}

fn head(out: &mut String, scenarios: &[Scenario], comparison: &Comparison, context: &Context) {
    let _ = writeln!(out, "The same people in {} scenarios", scenarios.len());
    for scenario in scenarios {
        let wire = scenario.wire();
        let _ = writeln!(out, " {}: {}", wire.name, wire.question);
    }
    let per_s = comparison.events as f64 / context.elapsed_s.max(1e-9) / 1e6;
    let memory = context
        .peak_rss_bytes
        .map_or_else(|| "not known".to_owned(), bytes);
    let _ = writeln!(
        out,
        "\n{} users, {} days from {} (seed {}): {} events\n{:.2} s on {}: {per_s:.1} million \
         events/s; peak memory {memory}",
        count(comparison.users),
        scenarios[0].calendar().days,
        scenarios[0].calendar().start,
        context.seed,
        count(comparison.events),
        context.elapsed_s,
        of_them(comparison.threads as u64, "thread"),
    );
    if comparison.track == Track::Reads {
        let untold = if comparison.ads_told { "" } else { UNTOLD };
        let _ = writeln!(out, "Impressions are not counted{untold}.");
    }
}

fn amount(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Fen if value.is_finite() => yuan(value.round() as i64),
        Unit::Index => significant(value, 4),
        _ => rounded(value),
    }
}

fn measures(scenarios: &[Scenario], comparison: &Comparison) -> String {
    let mut header = vec!["measure".to_owned(), scenarios[0].wire().name.clone()];
    for scenario in &scenarios[1..] {
        let name = scenario.wire().name.clone();
        header.extend([name, "difference".into(), "±95 %".into()]);
        header.extend(["relative".into(), "gain".into()]);
    }
    let rows = comparison
        .metrics
        .iter()
        .enumerate()
        .map(|(place, metric)| {
            let mut row = vec![metric.name.clone()];
            row.push(amount(metric.unit, comparison.sides[0][place].value));
            for (side, pair) in comparison.sides[1..].iter().zip(&comparison.pairs) {
                let d = &pair.differences[place];
                let Estimate { value, interval } = d.estimate;
                let half =
                    interval.map_or_else(|| "–".to_owned(), |i| amount(metric.unit, i.half()));
                let gain = match d.gain {
                    Some(gain) if value != 0.0 => significant(gain, 2),
                    _ => "–".to_owned(),
                };
                row.push(amount(metric.unit, side[place].value));
                row.extend([amount(metric.unit, value), half, percent(d.relative), gain]);
            }
            row
        });
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    table(&header, 1, rows.collect())
}

/// Changes of all needs, then by category with κ, then by tier: orders, and what they were worth.
fn changes(scenarios: &[Scenario], pair: &Pair) -> String {
    let wire = scenarios[0].wire();
    let names = CHANGES.iter().map(|(_, name)| *name);
    let header: Vec<&str> = ["orders"].into_iter().chain(names).chain(["κ"]).collect();
    let row = |name: &str, flows: &[Flow], kappa: Option<&Estimate>| {
        let cells = flows.iter().map(|f| count(f.needs));
        let kappa = kappa.map_or_else(|| "–".to_owned(), |e| plus_minus(e, 2));
        let mut row: Vec<String> = vec![name.to_owned()];
        row.extend(cells);
        row.push(kappa);
        row
    };
    let all = pair.flows.by_change();
    let mut rows = vec![row("all", &all, Some(&pair.kappa))];
    let categories = wire.categories.iter().zip(pair.flows.by_category());
    for ((category, flows), kappa) in categories.zip(&pair.kappa_by_category) {
        rows.push(row(&category.name, flows, Some(kappa)));
    }
    for (tier, flows) in wire.tiers.iter().zip(pair.flows.by_tier()) {
        rows.push(row(&format!("tier {}", tier.name), flows, None));
    }
    let mut money = vec!["worth of all".to_owned()];
    money.extend(CHANGES.iter().map(|(change, _)| {
        let flow = all[*change as usize];
        yuan(match change {
            Change::Lost => -flow.gmv_a_fen,
            _ => flow.gmv_b_fen,
        })
    }));
    money.push(String::new());
    rows.push(money);
    table(&header, 1, rows)
}

/// The flow matrix without ends that no need has in either world.
fn matrix(scenario: &Scenario, pair: &Pair) -> String {
    let used = |end: &End| pair.flows.sum(|a, b| a == *end || b == *end).needs > 0;
    let used: Vec<End> = ends(scenario).filter(used).collect();
    let names: Vec<String> = used.iter().map(|end| end_name(scenario, *end)).collect();
    let header: Vec<&str> = [""]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .collect();
    let rows = used.iter().zip(&names).map(|(a, name)| {
        let cells = used.iter().map(|b| count(pair.flows.between(*a, *b).needs));
        [name.clone()].into_iter().chain(cells).collect()
    });
    table(&header, 1, rows.collect())
}
