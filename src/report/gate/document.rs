//! The `--json` document of the gate.

use serde_json::{Value, json};

use crate::evaluate::Gate;
use crate::evaluate::gate::{Admission, Admissions, Applicant};
use crate::scenario::{Grant, Scenario};
use crate::world::{REFUSALS, Refusal};

use super::super::document::{build, map};
use super::{moment, names, stores};

/// The document of a gate; with `merchants`, every merchant is in it.
#[must_use]
pub fn document(scenario: &Scenario, gate: &Gate, seed: u64, merchants: bool) -> Value {
    let digest = scenario.digest().to_string();
    let grants = scenario.grants().iter().zip(&gate.grants);
    let grants = grants.map(|(grant, admissions)| under(scenario, grant, admissions));
    let mut out = json!({
        "redcat": build(),
        "scenario": { "name": scenario.wire().name, "digest": digest },
        "seed": seed,
        "grants": grants.collect::<Vec<_>>(),
    });
    if merchants {
        let applicants = gate.applicants.iter();
        out["merchants"] = applicants.map(|a| merchant(scenario, a)).collect();
    }
    out
}

fn under(scenario: &Scenario, grant: &Grant, admissions: &Admissions) -> Value {
    let wire = scenario.wire();
    let tiers = wire.tiers.iter().zip(&admissions.by_tier);
    let categories = || wire.categories.iter();
    let admitted = categories().zip(&grant.categories);
    let admitted = admitted.filter(|(_, listed)| **listed);
    let by_category = categories().zip(&admissions.by_category);
    json!({
        "name": grant.name,
        "destination": wire.destinations[grant.destination.index()].name,
        "from": moment(scenario, grant.from),
        "until": moment(scenario, grant.until),
        "categories": admitted.map(|(c, _)| c.name.as_str()).collect::<Vec<_>>(),
        "min_score": grant.min_score,
        "min_daily_budget": grant.min_daily_budget,
        "total": row(&admissions.total),
        "by_tier": map(tiers.map(|(t, a)| (t.name.clone(), row(a)))),
        "by_category": map(by_category.map(|(c, a)| (c.name.clone(), row(a)))),
    })
}

fn row(a: &Admission) -> Value {
    let refused = REFUSALS.iter().zip(a.refused);
    json!({
        "merchants": a.merchants,
        "admitted": a.admitted,
        "refused": map(refused.map(|((_, name), n)| ((*name).to_owned(), n))),
        "share_of_merchants": a.share_of_merchants(),
        "popularity": a.popularity,
        "share_of_popularity": a.share_of_popularity(),
    })
}

fn merchant(scenario: &Scenario, applicant: &Applicant) -> Value {
    let [category, tier] = names(scenario, applicant);
    let said = |verdict: &Result<(), Refusal>| match verdict {
        Ok(()) => "admitted",
        Err(refusal) => REFUSALS[*refusal as usize].1,
    };
    let verdicts = scenario.grants().iter().zip(&applicant.verdicts);
    json!({
        "merchant": applicant.id.0,
        "category": category,
        "tier": tier,
        "rank": applicant.rank,
        "popularity": applicant.popularity,
        "score": applicant.merchant.score,
        "daily_budget_yuan": applicant.merchant.daily_budget_fen / 100.0,
        "stores": stores(scenario, applicant),
        "verdicts": map(verdicts.map(|(grant, v)| (grant.name.clone(), said(v)))),
    })
}
