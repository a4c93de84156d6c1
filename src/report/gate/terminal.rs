//! The gate as text: a sentence for each grant, then who is refused for what.

use std::fmt::Write;

use crate::evaluate::Gate;
use crate::evaluate::gate::{Admission, Admissions};
use crate::scenario::{Grant, Scenario};
use crate::world::{REFUSALS, Refusal};

use super::super::figures::{count, decimals, grouped, percent};
use super::super::layout::{section, table};
use super::{moment, names, stores};

/// The gate, ready to print; with `merchants`, every merchant is in it.
#[must_use]
pub fn summary(scenario: &Scenario, gate: &Gate, seed: u64, merchants: bool) -> String {
    let name = &scenario.wire().name;
    let mut out = format!("{name}  (seed {seed})\n");
    let grants = || scenario.grants().iter().zip(&gate.grants);
    for (grant, admissions) in grants() {
        let _ = writeln!(out, "{}", sentence(scenario, grant, &admissions.total));
    }
    if gate.grants.is_empty() {
        let _ = writeln!(
            out,
            "Nobody may link out of the app: the policy grants it to none."
        );
    }
    for (grant, admissions) in grants() {
        let body = admitted(scenario, admissions);
        section(&mut out, &conditions(scenario, grant), &body);
    }
    if !gate.grants.is_empty() {
        let _ = writeln!(
            out,
            "\n Who lacks several things is counted under the first of them, from the left. Popularity is \
             how likely\n a merchant is to come to mind; where more of it is admitted than of merchants, \
             the gate favours the\n well known."
        );
    }
    if merchants {
        section(&mut out, "Every merchant", &every(scenario, gate));
    }
    out
}

fn sentence(scenario: &Scenario, grant: &Grant, total: &Admission) -> String {
    let destination = &scenario.wire().destinations[grant.destination.index()].name;
    let merchants = format!(
        "{} of {} merchants ({}) with {} of popularity",
        count(total.admitted),
        count(total.merchants),
        percent(total.share_of_merchants()),
        percent(total.share_of_popularity()),
    );
    let name = &grant.name;
    // Dates are cut to the season, so one that it does not meet is left without a second.
    if grant.from >= grant.until {
        return format!(
            "{name}: nobody may link to {destination}, for the grant holds at no time of the season; \
             it would admit {merchants}."
        );
    }
    let [from, until] = [grant.from, grant.until].map(|at| moment(scenario, at));
    format!("{name}: {merchants} may link to {destination}, {from} to {until}.")
}

/// What a grant asks for, in the order in which it is looked at.
fn conditions(scenario: &Scenario, grant: &Grant) -> String {
    let wire = scenario.wire();
    let listed = wire.categories.iter().zip(&grant.categories);
    let listed: Vec<&str> = listed
        .filter(|(_, listed)| **listed)
        .map(|(c, _)| c.name.as_str())
        .collect();
    let categories = match &listed[..] {
        all if all.len() == wire.categories.len() => "any category".to_owned(),
        [only] => format!("category {only}"),
        [some @ .., last] => format!("category {} or {last}", some.join(", ")),
        [] => "no category".to_owned(),
    };
    format!(
        "{} asks for {categories}, a store at {}, a score of {} or more, {} a day or more",
        grant.name,
        wire.destinations[grant.destination.index()].name,
        grant.min_score,
        grant.min_daily_budget,
    )
}

const fn words(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Category => "other category",
        Refusal::Store => "no store",
        Refusal::Score => "low score",
        Refusal::Budget => "low budget",
    }
}

/// Tiers, all merchants, categories.
fn admitted(scenario: &Scenario, admissions: &Admissions) -> String {
    let wire = scenario.wire();
    let mut header = vec!["", "merchants", "admitted"];
    header.extend(REFUSALS.map(|(refusal, _)| words(refusal)));
    header.extend(["of its merchants", "of its popularity"]);
    let row = |name: String, a: &Admission| {
        let mut row = vec![name, count(a.merchants), count(a.admitted)];
        row.extend(a.refused.map(count));
        row.push(percent(a.share_of_merchants()));
        row.push(percent(a.share_of_popularity()));
        row
    };
    let tiers = wire.tiers.iter().zip(&admissions.by_tier);
    let mut rows: Vec<_> = tiers
        .map(|(tier, a)| row(format!("tier {}", tier.name), a))
        .collect();
    rows.push(row("all".to_owned(), &admissions.total));
    let categories = wire.categories.iter().zip(&admissions.by_category);
    rows.extend(categories.map(|(category, a)| row(category.name.clone(), a)));
    table(&header, 1, rows)
}

fn every(scenario: &Scenario, gate: &Gate) -> String {
    let grants = scenario.grants().iter().map(|g| g.name.as_str());
    let mut header = vec!["category", "tier", "rank"];
    header.extend(grants);
    header.extend(["stores", "score", "daily budget"]);
    let rows = gate.applicants.iter().map(|applicant| {
        let mut row: Vec<String> = names(scenario, applicant).map(str::to_owned).into();
        row.push(applicant.rank.to_string());
        let verdicts = applicant.verdicts.iter();
        row.extend(verdicts.map(|v| v.map_or_else(words, |()| "admitted").to_owned()));
        row.push(match &stores(scenario, applicant)[..] {
            [] => "–".to_owned(),
            held => held.join(", "),
        });
        row.push(score(applicant.merchant.score));
        row.push(budget(applicant.merchant.daily_budget_fen));
        row
    });
    table(&header, header.len() - 2, rows.collect())
}

/// A score with two decimals, rounded down: 4.4996 must not read 4.50 beside "low score".
fn score(score: f64) -> String {
    let near = (score * 100.0).round() / 100.0;
    decimals(if near > score { near - 0.01 } else { near }, 2)
}

/// A budget in whole yuan, rounded down for the same reason.
fn budget(fen: f64) -> String {
    format!("¥{}", grouped((fen / 100.0).floor() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a figure that passes a gate at which its merchant is refused, and one that is
    /// lower than it is.
    #[test]
    fn figures_do_not_pass_a_gate_that_the_merchant_fails() {
        assert_eq!(score(4.4999), "4.49");
        assert_eq!(score(4.5), "4.50");
        assert_eq!(score(4.35), "4.35");
        assert_eq!(score(5.0), "5.00");
        assert_eq!(budget(499_999.9), "¥4,999");
        assert_eq!(budget(500_000.0), "¥5,000");
    }
}
