//! The `--json` document of a run: one tree of numbers, with keys that stay.
//!
//! `digest` covers every number and name that the simulation decided; it is equal for any number of
//! threads and on any machine. Times, memory, threads and revision are told but not digested.

mod worth;

use serde_json::{Map, Value, json};

use crate::base::{Digest, Fen, Interval};
use crate::engine::{Estimate, Outcome};
use crate::evaluate::Fact;
use crate::evaluate::expect::{Verdict, check};
use crate::scenario::Scenario;
use crate::world::{ENGAGEMENTS, ROUTES, Track};

/// What the document tells beside the results.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Seed.
    pub seed: u64,
    /// Users that had been simulated before: of a checkpoint, or all of them where parts are merged.
    pub before: u64,
    /// Wall time of simulation, in seconds, since then.
    pub elapsed_s: f64,
    /// Peak memory of the process, in bytes, where the system tells.
    pub peak_rss_bytes: Option<u64>,
}

/// The version and revision of this build.
#[must_use]
pub fn build() -> Value {
    json!({ "version": env!("CARGO_PKG_VERSION"), "revision": option_env!("REDCAT_REVISION") })
}

/// The document of a run.
#[must_use]
pub fn document(scenario: &Scenario, outcome: &Outcome, context: &Context) -> Value {
    let results = results(scenario, outcome);
    let verdicts = check(&scenario.wire().expect, &results);
    let mut digest = Digest::new();
    digest.word(context.seed);
    absorb(&mut digest, &results);
    let per_s = outcome.counts.events().total() as f64 / context.elapsed_s.max(1e-9);
    let mut out = Map::new();
    out.insert("redcat".into(), build());
    let name = &scenario.wire().name;
    let scenario_digest = scenario.digest().to_string();
    out.insert(
        "scenario".into(),
        json!({ "name": name, "digest": scenario_digest }),
    );
    out.insert("seed".into(), json!(context.seed));
    out.insert("users".into(), json!(outcome.users));
    out.insert("threads".into(), json!(outcome.threads));
    out.insert("digest".into(), json!(digest.to_string()));
    out.insert("elapsed_s".into(), json!(context.elapsed_s));
    out.insert("peak_rss_bytes".into(), json!(context.peak_rss_bytes));
    if let Value::Object(results) = results {
        out.extend(results);
    }
    if let Some(Value::Object(events)) = out.get_mut("events") {
        events.insert("per_s".into(), json!(per_s));
    }
    out.insert("expect".into(), verdicts.iter().map(verdict).collect());
    Value::Object(out)
}

pub(super) fn verdict(v: &Verdict) -> Value {
    let Verdict {
        because,
        path,
        found,
        bounds,
        ok,
    } = v;
    json!({ "because": because, "value": path, "found": found, "bounds": bounds, "ok": ok })
}

/// The name of a published figure, as in the scenario.
pub(super) fn fact_name(fact: &Fact) -> String {
    let name = serde_json::to_value(fact.name).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}

/// Takes every number and name of a tree into a digest.
pub(super) fn absorb(digest: &mut Digest, value: &Value) {
    match value {
        Value::Null => digest.word(0),
        Value::Bool(b) => digest.word(1 + u64::from(*b)),
        Value::Number(n) => match (n.as_u64(), n.as_i64()) {
            (Some(n), _) => digest.word(n),
            (_, Some(n)) => digest.word(n as u64),
            _ => digest.float(n.as_f64().unwrap_or(0.0)),
        },
        Value::String(s) => digest.text(s),
        Value::Array(items) => {
            digest.word(items.len() as u64);
            items.iter().for_each(|item| absorb(digest, item));
        }
        Value::Object(map) => {
            digest.word(map.len() as u64);
            for (key, item) in map {
                digest.text(key);
                absorb(digest, item);
            }
        }
    }
}

pub(super) fn map<T>(items: impl IntoIterator<Item = (String, T)>) -> Value
where
    Value: From<T>,
{
    let pairs = items.into_iter().map(|(k, v)| (k, Value::from(v)));
    Value::Object(pairs.collect())
}

fn ends(interval: Option<Interval>) -> (Option<f64>, Option<f64>) {
    (interval.map(|i| i.low), interval.map(|i| i.high))
}

pub(super) fn with_ends(name: &str, e: &Estimate) -> Map<String, Value> {
    let (low, high) = ends(e.interval);
    let mut out = Map::new();
    out.insert(name.into(), json!(e.value));
    out.insert("low".into(), json!(low));
    out.insert("high".into(), json!(high));
    out
}

/// What the simulation decided.
fn results(scenario: &Scenario, outcome: &Outcome) -> Value {
    let wire = scenario.wire();
    let counts = &outcome.counts;
    let channels = || scenario.channels().iter().map(|c| c.name.clone());
    let orders = wire.destinations.iter().enumerate().map(|(place, d)| {
        let s = counts.sales_total(place);
        let value = json!({
            "count": s.orders, "gmv_fen": s.gmv_fen,
            "refunds": s.refunds, "refunded_fen": s.refunded_fen,
        });
        (d.name.clone(), value)
    });
    let visits = ROUTES
        .iter()
        .map(|(route, name)| ((*name).to_owned(), counts.visits_by(*route)));
    let needs = &counts.needs;
    let by_channel = channels().enumerate().map(|(place, name)| {
        let c = counts.channel_total(place);
        let engagements = ENGAGEMENTS.iter().zip(c.engagements);
        let value = json!({
            "impressions": counted(outcome, c.impressions), "reads": c.reads, "clicks": c.clicks, "needs": c.needs,
            "engagements": map(engagements.map(|(name, n)| ((*name).to_owned(), n))),
            "ads_fen": told(outcome, outcome.money.ads_by_channel_fen[place]), "creator_fen": c.creator_fen,
        });
        (name, value)
    });
    let journeys = outcome.regimes.iter().map(|r| {
        (
            r.name.clone(),
            json!({ "journeys": r.journeys, "touches": r.touches }),
        )
    });
    let facts = outcome.facts.iter().map(|f| {
        json!({
            "name": f.name, "published": f.published, "simulated": f.simulated,
            "tolerance": f.tolerance, "tag": f.tag, "source": f.source, "ok": f.ok(),
        })
    });
    let mut out = json!({
        "latent_digest": outcome.latent,
        "events": events(outcome),
        "visits": map(visits),
        "needs": {
            "own": needs.own, "triggered": needs.triggered, "waited": needs.waited,
            "linked": needs.linked, "linked_visits": needs.linked_visits,
            "searching": needs.searching, "searching_visits": needs.searching_visits,
        },
        "orders": map(orders),
        "orders_by_day": counts.orders_by_day,
        "policy": policy(scenario, outcome),
        "regions": regions(scenario, outcome),
        "channels": map(by_channel),
        "money": money(outcome),
        "truth_sample": outcome.sampled,
        "noise_floor": outcome.noise_floor,
        "truth": worth::truth(outcome),
        "journeys": map(journeys),
        "credit": worth::credit(scenario, outcome),
        "scores": worth::scores(scenario, outcome),
        "experiments": worth::experiments(outcome),
        "regret": worth::regret(scenario, outcome),
        "reports": super::told::document(&outcome.regimes),
        "facts": facts.collect::<Vec<_>>(),
    });
    if let Value::Object(out) = &mut out {
        worth::more_truth(scenario, outcome, out);
    }
    out
}

/// Sales while each set of rules held.
fn policy(scenario: &Scenario, outcome: &Outcome) -> Value {
    let destinations = &scenario.wire().destinations;
    let stretches = outcome.stretches.iter().enumerate();
    let rows = stretches.map(|(place, (from, phases))| {
        let sold = destinations.iter().enumerate().map(|(d, destination)| {
            let (orders, fen) = counts_at(outcome, place * destinations.len() + d);
            (
                destination.name.clone(),
                json!({ "orders": orders, "gmv_fen": fen }),
            )
        });
        json!({ "from_s": from, "on": phases, "orders": map(sold) })
    });
    rows.collect()
}

/// Orders by region abroad, in its currency as well.
fn regions(scenario: &Scenario, outcome: &Outcome) -> Value {
    let rows = scenario.abroad().iter().zip(1..).map(|(region, place)| {
        let sold = outcome.counts.by_region.get(place);
        let (orders, fen) = sold.copied().unwrap_or_default();
        let value = json!({
            "orders": orders, "gmv_fen": fen, "currency": region.currency,
            "gmv": fen as f64 / region.exchange_fen,
        });
        (region.name.clone(), value)
    });
    map(rows)
}

fn counts_at(outcome: &Outcome, place: usize) -> (u64, i64) {
    outcome
        .counts
        .by_stretch
        .get(place)
        .copied()
        .unwrap_or_default()
}

fn events(outcome: &Outcome) -> Value {
    let e = outcome.counts.events();
    json!({
        "unit": outcome.track.name(), "total": e.total(),
        "impressions": counted(outcome, e.impressions), "reads": e.reads,
        "engagements": e.engagements, "clicks": e.clicks, "visits": e.visits, "carts": e.carts,
        "orders": e.orders, "refunds": e.refunds,
    })
}

/// Impressions; null if only reads were counted.
fn counted(outcome: &Outcome, impressions: u64) -> Option<u64> {
    (outcome.track == Track::Impressions).then_some(impressions)
}

/// An amount that hangs on what advertising costs; null if that is not known.
fn told(outcome: &Outcome, fen: Fen) -> Option<Fen> {
    outcome.ads_told.then_some(fen)
}

fn money(outcome: &Outcome) -> Value {
    let m = &outcome.money;
    let told = |fen| told(outcome, fen);
    let marketplaces = m.marketplaces.iter();
    let tiers = m.tiers.iter().map(|t| {
        let value = json!({
            "gmv_fen": t.gmv_fen, "refunded_fen": t.refunded_fen, "ads_fen": told(t.ads_fen),
            "commission_fen": t.commission_fen, "creator_fen": t.creator_fen,
            "kept_fen": told(t.kept_fen()), "contribution_fen": told(t.contribution_fen),
        });
        (t.tier.clone(), value)
    });
    json!({
        "xhs": {
            "ads_fen": told(m.ads_fen), "commission_fen": m.commission_fen, "subsidy_fen": m.subsidy_fen,
        },
        "marketplaces": map(marketplaces.map(|m| {
            let value = json!({
                "commission_fen": m.commission_fen, "subsidy_fen": m.subsidy_fen,
                "funded_fen": told(m.funded_fen),
            });
            (m.name.clone(), value)
        })),
        "creators": { "commission_fen": m.creators_fen },
        "merchants": map(tiers),
        "users": { "paid_fen": m.users_fen },
        "balance_fen": told(m.balance()),
    })
}
