//! The `--json` document of a comparison.

use serde_json::{Map, Value, json};

use crate::base::Digest;
use crate::engine::compare::{Comparison, Difference, ORIGINS, Pair, Unit};
use crate::evaluate::{CHANGES, Flow};
use crate::scenario::Scenario;

use super::super::document::{Context, absorb, build, map, with_ends};
use super::stretches::stretches;
use super::{end_name, ends, verdict};

/// The document of a comparison. `digest` covers every number that the simulation decided.
#[must_use]
pub fn document(scenarios: &[Scenario], comparison: &Comparison, context: &Context) -> Value {
    let results = results(scenarios, comparison);
    let mut digest = Digest::new();
    digest.word(context.seed);
    absorb(&mut digest, &results);
    let named = scenarios.iter().map(|s| {
        let digest = s.digest().to_string();
        json!({ "name": s.wire().name, "digest": digest })
    });
    let mut out = Map::new();
    out.insert("redcat".into(), build());
    out.insert("scenarios".into(), named.collect());
    out.insert("seed".into(), json!(context.seed));
    out.insert("users".into(), json!(comparison.users));
    out.insert("threads".into(), json!(comparison.threads));
    out.insert("digest".into(), json!(digest.to_string()));
    out.insert("elapsed_s".into(), json!(context.elapsed_s));
    out.insert("peak_rss_bytes".into(), json!(context.peak_rss_bytes));
    if let Value::Object(results) = results {
        out.extend(results);
    }
    let per_s = comparison.events as f64 / context.elapsed_s.max(1e-9);
    if let Some(Value::Object(events)) = out.get_mut("events") {
        events.insert("per_s".into(), json!(per_s));
    }
    Value::Object(out)
}

fn results(scenarios: &[Scenario], comparison: &Comparison) -> Value {
    let metrics = || comparison.metrics.iter();
    let sides = scenarios.iter().zip(&comparison.sides).map(|(s, side)| {
        let values = metrics().zip(side);
        let values = values.map(|(m, e)| (m.name.clone(), Value::Object(with_ends("value", e))));
        (s.wire().name.clone(), map(values))
    });
    let units = metrics().map(|m| {
        let unit = match m.unit {
            Unit::Count => "count",
            Unit::Fen => "fen",
            Unit::Index => "index",
        };
        (m.name.clone(), unit)
    });
    let pairs = scenarios.iter().skip(1).zip(&comparison.pairs);
    let pairs = pairs.map(|(scenario, pair)| {
        let differences = metrics().zip(&pair.differences);
        let differences = differences.map(|(m, d)| (m.name.clone(), difference(d)));
        json!({
            "scenario": scenario.wire().name,
            "differences": map(differences),
            "surplus_fen": with_ends("value", &pair.surplus_fen),
            "kappa": kappa(scenario, pair),
            "origins": map(ORIGINS.iter().zip(&pair.origins).map(|((_, name), e)| {
                ((*name).to_owned(), Value::Object(with_ends("share", e)))
            })),
            "stretches": stretches(scenarios, comparison, pair),
            "flows": flows(scenario, pair),
            "verdict": verdict(comparison, pair),
        })
    });
    json!({
        "events": { "unit": comparison.track.name(), "total": comparison.events },
        "base": scenarios.first().map(|s| &s.wire().name),
        "units": map(units),
        "metrics": map(sides),
        "comparisons": pairs.collect::<Vec<_>>(),
    })
}

pub(super) fn difference(d: &Difference) -> Value {
    let mut out = with_ends("value", &d.estimate);
    out.insert("relative".into(), json!(d.relative));
    out.insert("pairing_gain".into(), json!(d.gain));
    out.insert("distinguishable".into(), json!(d.distinguishable()));
    Value::Object(out)
}

fn kappa(scenario: &Scenario, pair: &Pair) -> Value {
    let categories = scenario.wire().categories.iter();
    let by_category = categories.zip(&pair.kappa_by_category);
    let by_category =
        by_category.map(|(c, e)| (c.name.clone(), Value::Object(with_ends("value", e))));
    let mut out = with_ends("value", &pair.kappa);
    out.insert("by_category".into(), map(by_category));
    Value::Object(out)
}

fn flow(flow: &Flow) -> Value {
    json!({ "needs": flow.needs, "gmv_a_fen": flow.gmv_a_fen, "gmv_b_fen": flow.gmv_b_fen })
}

fn changes(row: &[Flow]) -> Value {
    let named = CHANGES.iter().zip(row);
    map(named.map(|((_, name), f)| ((*name).to_owned(), flow(f))))
}

fn flows(scenario: &Scenario, pair: &Pair) -> Value {
    let wire = scenario.wire();
    let matrix = ends(scenario).map(|a| {
        let row = ends(scenario).map(|b| (end_name(scenario, b), flow(&pair.flows.between(a, b))));
        (end_name(scenario, a), map(row))
    });
    let categories = wire.categories.iter().zip(pair.flows.by_category());
    let tiers = wire.tiers.iter().zip(pair.flows.by_tier());
    json!({
        "changes": changes(&pair.flows.by_change()),
        "by_category": map(categories.map(|(c, row)| (c.name.clone(), changes(row)))),
        "by_tier": map(tiers.map(|(t, row)| (t.name.clone(), changes(row)))),
        "matrix": map(matrix),
    })
}
