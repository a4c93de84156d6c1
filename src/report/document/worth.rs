//! What numbers are worth: truth, credit, scores, experiments and regret.

use serde_json::{Map, Value, json};

use crate::engine::regret::{Budget, Choice};
use crate::engine::{Believed, Caused, Estimate, Outcome};
use crate::scenario::Scenario;

use super::{map, with_ends};

/// Orders with their interval, and value with its own.
fn caused(c: &Caused) -> Map<String, Value> {
    let mut value = with_ends("orders", &c.orders);
    estimate(&mut value, "gmv_fen", &c.gmv_fen);
    value
}

/// Under a name, and its interval under names that begin with it.
fn estimate(into: &mut Map<String, Value>, name: &str, e: &Estimate) {
    into.insert(name.into(), json!(e.value));
    into.insert(format!("{name}_low"), json!(e.interval.map(|i| i.low)));
    into.insert(format!("{name}_high"), json!(e.interval.map(|i| i.high)));
}

fn named(all: &[Caused]) -> Value {
    map(all
        .iter()
        .map(|c| (c.name.clone(), Value::Object(caused(c)))))
}

/// Caused by each channel and by all of them, with the pointer beside it.
pub(super) fn truth(outcome: &Outcome) -> Value {
    let truths = outcome.truth.by_channel.iter().chain([&outcome.truth.all]);
    let rows = outcome.caused.iter().chain([&outcome.all]).zip(truths);
    map(rows.map(|(c, truth)| {
        let mut value = caused(c);
        value.insert("pointer_orders".into(), json!(truth.pointer_orders));
        (c.name.clone(), Value::Object(value))
    }))
}

/// Other truths: by tier, of sets of channels, and by the switch-off game.
pub(super) fn more_truth(scenario: &Scenario, outcome: &Outcome, into: &mut Map<String, Value>) {
    let tiers = || scenario.tiers().iter().map(|t| t.wire.name.clone());
    let by_tier = outcome.caused.iter().zip(&outcome.caused_by_tier);
    let by_tier = by_tier.map(|(channel, by_tier)| {
        let cells = tiers().zip(by_tier.iter().map(|c| Value::Object(caused(c))));
        (channel.name.clone(), map(cells))
    });
    into.insert("truth_by_tier".into(), map(by_tier));
    into.insert("truth_of_sets".into(), named(&outcome.sets));
    into.insert("shapley".into(), named(&outcome.shapley));
    into.insert("shapley_sample".into(), json!(outcome.games));
    let mut roi = Map::new();
    estimate(&mut roi, "incremental", &outcome.incremental_roi);
    into.insert("roi".into(), Value::Object(roi));
}

/// Credit by regime, model and channel.
pub(super) fn credit(scenario: &Scenario, outcome: &Outcome) -> Value {
    by_model(outcome, &|m| {
        let channels = scenario.channels().iter().map(|c| c.name.clone());
        let given = channels.zip(m.credit.by_channel());
        let (total, credited) = (m.credit.total(), m.credit.credited());
        let rest = json!({
            "orders": total.conversions - credited.conversions,
            "gmv_fen": total.value - credited.value,
        });
        let given =
            given.map(|(name, a)| (name, json!({ "orders": a.conversions, "gmv_fen": a.value })));
        map(given.chain([("(nobody)".to_owned(), rest)]))
    })
}

fn by_model(outcome: &Outcome, of: &dyn Fn(&Believed) -> Value) -> Value {
    map(outcome.regimes.iter().map(|regime| {
        let models = regime.models.iter().map(|m| (m.model.clone(), of(m)));
        (regime.name.clone(), map(models))
    }))
}

/// Scores by regime and model.
pub(super) fn scores(scenario: &Scenario, outcome: &Outcome) -> Value {
    by_model(outcome, &|m| {
        let mut value = with_ends("share_error", &m.share_error);
        for (name, e) in [
            ("overcount", &m.overcount),
            ("group_error", &m.group_error),
            ("rank", &m.rank),
            ("roi", &m.roi),
            ("roi_bias", &m.roi_bias),
            ("roi_rmse", &m.roi_rmse),
        ] {
            estimate(&mut value, name, e);
        }
        value.insert("unsteadiness".into(), json!(m.unsteadiness));
        let notes = m.credit.notes().iter().map(ToString::to_string);
        value.insert("notes".into(), notes.collect());
        match &m.regret_fen {
            // Nobody has asked what it costs to believe the model.
            None => _ = value.insert("regret".into(), Value::Null),
            Some(regret) => estimate(&mut value, "regret", regret),
        }
        let names = scenario.channels().iter().map(|c| c.name.clone());
        let bias = names.zip(m.bias.iter().map(|e| Value::Object(with_ends("orders", e))));
        value.insert("bias".into(), map(bias));
        Value::Object(value)
    })
}

/// What experiments say.
pub(super) fn experiments(outcome: &Outcome) -> Value {
    map(outcome.experiments.iter().map(|experiment| {
        let rows = experiment.found.iter().zip(&experiment.held);
        let holdouts = rows.map(|(found, held)| {
            let mut value = caused(found);
            value.insert("held_users".into(), json!(held));
            (found.name.clone(), Value::Object(value))
        });
        let mut value = Map::new();
        value.insert("holdouts".into(), map(holdouts));
        if let Some([share_error, overcount]) = &experiment.scores {
            estimate(&mut value, "share_error", share_error);
            estimate(&mut value, "overcount", overcount);
        }
        (experiment.name.clone(), Value::Object(value))
    }))
}

/// Budgets by who chooses them; nothing where nobody asks.
pub(super) fn regret(scenario: &Scenario, outcome: &Outcome) -> Value {
    let Some(regret) = &outcome.regret else {
        return Value::Null;
    };
    let times = |times: &[f64]| {
        map(scenario
            .channels()
            .iter()
            .map(|c| c.name.clone())
            .zip(times.to_vec()))
    };
    let budget = |budget: &Budget| {
        let mut value = Map::new();
        estimate(&mut value, "lost_fen", &budget.lost_fen);
        value.insert("spent".into(), json!(budget.spent));
        value.insert("times".into(), times(&budget.times));
        Value::Object(value)
    };
    let choices = outcome
        .regimes
        .iter()
        .zip(&regret.choices)
        .map(|(regime, choices)| {
            let models = regime.models.iter().zip(choices).map(|(m, choice)| {
                let chosen = match choice {
                    Choice::Truth => json!("truth"),
                    Choice::Today => json!("today"),
                    Choice::Other(place) => json!(place),
                };
                (m.model.clone(), chosen)
            });
            (regime.name.clone(), map(models))
        });
    json!({
        "users": regret.users, "most": regret.most, "truth": times(&regret.truth),
        "today": budget(&regret.today),
        "budgets": regret.chosen.iter().map(budget).collect::<Vec<_>>(),
        "choices": map(choices),
    })
}
