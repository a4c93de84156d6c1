//! The public synthetic set: 3,000 journeys in three shapes, and what each model must say of them.
//!
//! The expected numbers were made by a reference that shares no code with this crate, so this is
//! the test that the *definitions* are the agreed ones. Would catch a wrong rule for two touches,
//! a wrong removal, a value that uses the conversions' removal effects, and any difference between
//! the three ways of writing the same journeys down.

#[path = "attribution_cases/patterns.rs"]
mod patterns;

use std::collections::HashMap;
use std::path::PathBuf;

use redcat::attribute::{Credit, Hazard, Lineup, Markov, Model, Response, Shape};
use redcat::journey::{JourneyBatch, Outcome, Touch, TouchKind};
use serde_json::Value;

const CHANNELS: [&str; 8] = [
    "affiliate",
    "direct",
    "display",
    "email",
    "organic",
    "paid_search",
    "social",
    "video",
];
const SHAPE: Shape = Shape {
    channels: CHANNELS.len(),
    groups: 1,
};
/// Model, key under `heuristic_conversions` and `heuristic_value`, and whether it needs times.
const RULES: [(&str, &str, bool); 16] = [
    ("first", "first", false),
    ("last", "last", false),
    ("linear", "linear", false),
    ("linear:distinct", "linear_unique", false),
    ("last-non-direct", "last_non_direct", false),
    ("last-non-direct:direct", "last_non_direct", false),
    ("position:decay", "position_decay", false),
    ("position:geometric", "position_geometric_0.5", false),
    ("position", "position_40_20_40", false),
    ("position:30/40/30", "position_30_40_30", false),
    (
        "position:50/20/30",
        "position_50_20_30_two_touch_split",
        false,
    ),
    (
        "position:50/20/30:renormalise",
        "position_50_20_30_two_touch_renormalised",
        false,
    ),
    ("time-decay", "time_decay_halflife_168h", true),
    ("time-decay:floor", "time_decay_floor_steps_168h", true),
    ("time-decay:24h", "time_decay_halflife_24h", true),
    ("time-decay:24h:floor", "time_decay_floor_steps_24h", true),
];

fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/cases/attribution", name]
        .iter()
        .collect()
}

fn rows(name: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(file(name)).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

fn touch(channel: &str, hours_before_end: f64) -> Touch {
    let channel = CHANNELS.iter().position(|c| *c == channel).unwrap() as u16;
    Touch {
        channel,
        kind: TouchKind::Click,
        hours_before_end,
    }
}

fn fen(yuan: &str) -> i64 {
    (yuan.parse::<f64>().unwrap() * 100.0).round() as i64
}

/// Touches and conversions as separate events, sorted by time.
fn from_events() -> JourneyBatch {
    let hour = |row: &HashMap<String, String>| {
        let time: jiff::Timestamp = row["timestamp"].parse().unwrap();
        time.as_second() as f64 / 3_600.0
    };
    let mut users: HashMap<String, Vec<HashMap<String, String>>> = HashMap::new();
    for row in rows("synth_events.csv") {
        users.entry(row["user_id"].clone()).or_default().push(row);
    }
    let mut batch = JourneyBatch::new();
    for events in users.into_values() {
        let last = events.last().unwrap();
        let converted = last["event"] == "conversion";
        let end = hour(last);
        for event in events.iter().filter(|e| e["event"] == "touch") {
            batch.touch(touch(&event["channel"], end - hour(event)));
        }
        batch.end(Outcome {
            group: 0,
            conversions: u64::from(converted),
            nulls: u64::from(!converted),
            value: fen(&last["value"]),
        });
    }
    batch
}

/// One row a journey, with the list of its channels and times.
fn from_journeys() -> JourneyBatch {
    let mut batch = JourneyBatch::new();
    for row in rows("synth_journeys.csv") {
        let hours = row["time_till_end"].split(" > ");
        for (channel, hours) in row["journey"].split(" > ").zip(hours) {
            batch.touch(touch(channel, hours.parse().unwrap()));
        }
        let converted = row["conversion"] == "True";
        batch.end(Outcome {
            group: 0,
            conversions: u64::from(converted),
            nulls: u64::from(!converted),
            value: fen(&row["conversion_value"]),
        });
    }
    batch
}

/// One row a path; times are gone.
fn from_paths() -> JourneyBatch {
    let mut batch = JourneyBatch::new();
    for row in rows("synth_paths.csv") {
        for channel in row["path"].split(" > ") {
            batch.touch(touch(channel, f64::NAN));
        }
        batch.end(Outcome {
            group: 0,
            conversions: row["total_conversions"].parse().unwrap(),
            nulls: row["total_null"].parse().unwrap(),
            value: fen(&row["total_conversion_value"]),
        });
    }
    batch
}

fn expected() -> Value {
    let text = std::fs::read_to_string(file("expected_synth.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A list by channel; a missing key is an error of this test.
fn list(value: &Value) -> Vec<f64> {
    CHANNELS
        .iter()
        .map(|c| value[c].as_f64().expect("a number for each channel"))
        .collect()
}

fn assert_close(what: &str, found: &[f64], expected: &[f64]) {
    let total: f64 = expected.iter().sum();
    for (channel, (a, b)) in CHANNELS.iter().zip(found.iter().zip(expected)) {
        let off = (a - b).abs() / total;
        assert!(off < 1e-9, "{what}, {channel}: {a} instead of {b}");
    }
}

fn assert_credit(what: &str, credit: &Credit, conversions: &Value, value: Option<&Value>) {
    let found = credit.by_channel();
    let column: Vec<f64> = found.iter().map(|a| a.conversions).collect();
    assert_close(what, &column, &list(conversions));
    if let Some(value) = value {
        let column: Vec<f64> = found.iter().map(|a| a.value / 100.0).collect();
        assert_close(&format!("{what}, value"), &column, &list(value));
    }
}

fn credits(list: &str, batch: &JourneyBatch) -> HashMap<String, Credit> {
    let mut lineup = Lineup::parse(list).unwrap();
    lineup.bind(&CHANNELS).unwrap();
    let mut state = lineup.start(SHAPE);
    lineup.fold(&mut state, batch);
    let credits = lineup.credits(&state).into_iter();
    credits.map(|(name, c)| (name, c.unwrap())).collect()
}

fn shapes() -> [(&'static str, JourneyBatch); 3] {
    [
        ("events", from_events()),
        ("journeys", from_journeys()),
        ("paths", from_paths()),
    ]
}

/// Would catch a rule that differs from its definition, in conversions or in value.
#[test]
fn rules() {
    let expected = expected();
    let (conversions, value) = (
        &expected["heuristic_conversions"],
        &expected["heuristic_value"],
    );
    for (shape, batch) in shapes() {
        let keys = RULES.into_iter().filter(|k| !k.2 || shape != "paths");
        let keys: Vec<_> = keys.collect();
        let names: Vec<&str> = keys.iter().map(|k| k.0).collect();
        let credits = credits(&names.join(","), &batch);
        for (model, key, _) in keys {
            let what = format!("{model} from {shape}");
            assert_credit(&what, &credits[model], &conversions[key], Some(&value[key]));
        }
    }
}

/// Would catch a wrong chain, a wrong removal, and value credited by the conversions' effects.
#[test]
fn markov() {
    let expected = &expected()["markov"];
    for (shape, batch) in shapes() {
        let credit = &credits("markov:1", &batch)["markov:1"];
        let mut state = Markov.start(SHAPE);
        Markov.fold(&mut state, &batch);
        let chain = Markov.fit(&state).unwrap();
        // Self-loops make no difference: the reference says so too.
        for key in ["order_1", "order_1_self_loops_kept"] {
            let key = &expected[key];
            let what = format!("markov from {shape}");
            let base = key["base_conversion_probability"].as_f64().unwrap();
            assert!((chain.base_probability - base).abs() < 1e-12, "{what}");
            assert_close(&what, &chain.removal, &list(&key["removal_effect"]));
            let value = list(&key["removal_effect_value"]);
            assert_close(&what, &chain.removal_value, &value);
            assert_credit(&what, credit, &key["conversions"], Some(&key["value"]));
        }
    }
}

/// Would catch a chain of another memory than is asked for: orders 2 to 4 from all three shapes, and
/// with repeats taken as one touch.
#[test]
fn markov_of_higher_order() {
    let expected = &expected()["markov"];
    for (shape, batch) in shapes() {
        for (model, key) in [
            ("markov:2", "order_2"),
            ("markov:3", "order_3"),
            ("markov:4", "order_4"),
            (
                "markov:2:collapse",
                "order_2_repeats_collapsed_before_kgrams",
            ),
            (
                "markov:3:collapse",
                "order_3_repeats_collapsed_before_kgrams",
            ),
        ] {
            let credit = &credits(model, &batch)[model];
            let key = &expected[key];
            let what = format!("{model} from {shape}");
            assert_credit(&what, credit, &key["conversions"], Some(&key["value"]));
        }
    }
}

/// Would catch nulls that slip into a chain said not to see them, and a missing warning.
#[test]
fn markov_without_nulls() {
    let key = &expected()["markov"]["order_1_nulls_dropped"];
    let model = "markov:1:conversions-only";
    for (shape, batch) in shapes() {
        let credit = &credits(model, &batch)[model];
        let what = format!("{model} from {shape}");
        assert_credit(&what, credit, &key["conversions"], Some(&key["value"]));
        assert_eq!(credit.notes(), [redcat::attribute::Note::NoNulls]);
    }
}

/// Would catch journeys that are split by something else than the effects of their touches' channels:
/// by distinct channels, evenly, or value by effects on value.
#[test]
fn markov_within_journeys() {
    let key = &expected()["markov"]["order_1_credit_split_inside_each_journey"];
    for (shape, batch) in shapes() {
        let within = &credits("markov:1:within", &batch)["markov:1:within"];
        let what = format!("markov:1:within from {shape}");
        assert_credit(&what, within, &key["conversions"], Some(&key["value"]));
        // What is told of single journeys adds up to it.
        let mut state = Markov.start(SHAPE);
        Markov.fold(&mut state, &batch);
        let (mut shares, mut credit) = (Vec::new(), Credit::new(SHAPE));
        let within = Markov.within(&state).unwrap().unwrap();
        within.divide(&batch, &mut shares);
        for share in shares {
            credit.give(0, usize::from(share.channel), share.amount);
        }
        let what = format!("markov within journeys from {shape}");
        assert_credit(&what, &credit, &key["conversions"], Some(&key["value"]));
    }
}

/// Would catch moments that are counted where no times are: each touch is then a moment of its own.
#[test]
fn ranks_without_times_are_places() {
    let credits = credits("time-decay:rank,position:geometric", &from_paths());
    assert_eq!(credits["time-decay:rank"], credits["position:geometric"]);
}

/// Would catch a closed form that is not the value of the game.
#[test]
fn shapley() {
    let key = "v_sum_of_conversions_of_journeys_with_set_subset_of_S";
    let expected = &expected()["shapley"][key];
    for (shape, batch) in shapes() {
        let credit = &credits("shapley", &batch)["shapley"];
        assert_credit(&format!("shapley from {shape}"), credit, expected, None);
    }
}

/// Would catch a reader, here or in a model, that makes one of the shapes a little different: not
/// to a tolerance but to the last bit, for everything that does not need times.
#[test]
fn the_three_shapes_agree_exactly() {
    let names = "first,last,last-click,last-non-direct,last-paid:display+paid_search,linear,\
                 linear:distinct,position,position:w,position:decay,position:geometric:0.7,markov:1,\
                 markov:1:conversions-only,markov:1:within,markov:2,shapley,\
                 shapley:rate,shapley:rate:sampled:5,shapley:exact-set,shapley:own,shapley:ordered,\
                 shao-li,shao-li:global,removal,removal:first,logistic,logistic:counts:bagged:3";
    let [events, journeys, paths] = shapes().map(|(_, batch)| credits(names, &batch));
    assert_eq!(events, journeys);
    assert_eq!(journeys, paths);
}

/// Would catch a model that makes up times where a path has none.
#[test]
fn without_times_models_of_time_credit_nobody() {
    for credit in credits("time-decay,hazard", &from_paths()).into_values() {
        assert_eq!(credit.credited().conversions, 0.0);
        assert_eq!(credit.unattributed(0).conversions, 642.0);
    }
}

/// Would catch a wrong E or M step, a likelihood without its exposure, old parameters where new ones
/// belong, and credit from the parameters before the last step. Rounding does not pile up: 1e-9 of
/// each number holds for all snapshots, 5,000 steps included (measured: 2e-12).
#[test]
fn hazard() {
    // Not from the events, in which nulls have no end.
    let batch = from_journeys();
    let expected = &expected()["additive_hazard_em"]["snapshots"];
    for steps in [0, 1, 10, 100, 1_000, 5_000] {
        let key = &expected[format!("iterations_{steps}")];
        let model = Hazard::new(steps, true, 32).unwrap();
        let mut state = model.start(SHAPE);
        model.fold(&mut state, &batch);
        let fit = model.fit(&state).unwrap();
        let credit = model.credit(state).unwrap();
        assert_eq!((fit.iterations, credit.notes()), (steps, &[][..]));
        let of = |f: fn(&Response) -> f64| fit.responses.iter().map(f).collect::<Vec<_>>();
        let credit = credit.by_channel().into_iter().map(|a| a.conversions);
        let likelihood = key["log_likelihood"].as_f64().unwrap();
        let mut off = (fit.log_likelihood / likelihood - 1.0).abs();
        for (found, key) in [
            (of(|r| r.beta), &key["beta"]),
            (of(|r| r.omega), &key["omega_per_hour"]),
            (credit.collect(), &key["attribution"]),
        ] {
            for (a, b) in found.into_iter().zip(list(key)) {
                off = off.max((a / b - 1.0).abs());
            }
        }
        assert!(off < 1e-9, "after {steps}: off by {off:e}");
    }
}

/// Would catch a default that stops before credit has settled: no channel is further than half a
/// percent of all conversions from where 5,000 steps lead.
#[test]
fn hazard_stops_when_credit_has_settled() {
    let credit = &credits("hazard", &from_journeys())["hazard"];
    let expected = &expected()["additive_hazard_em"]["snapshots"]["iterations_5000"];
    let found = credit.by_channel();
    for (a, b) in found.iter().zip(list(&expected["attribution"])) {
        assert!((a.conversions - b).abs() < 0.005 * 642.0);
    }
}
