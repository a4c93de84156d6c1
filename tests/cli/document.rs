//! The document of `run --json`: its keys stay, and its numbers hang on nothing but the request.

use serde_json::Value;

use super::{Place, SMALL};

/// The keys that others parse. `*` stands for every destination, tier, channel, regime or model,
/// and for every place of a list.
const KEYS: [&str; 58] = [
    "redcat.version",
    "redcat.revision",
    "scenario.name",
    "scenario.digest",
    "seed",
    "users",
    "threads",
    "digest",
    "elapsed_s",
    "peak_rss_bytes",
    "events.unit",
    "events.total",
    "events.per_s",
    "events.impressions",
    "events.reads",
    "events.engagements",
    "events.clicks",
    "events.visits",
    "events.carts",
    "events.orders",
    "events.refunds",
    "orders.*.count",
    "orders.*.gmv_fen",
    "orders.in-app",
    "orders.tmall",
    "money.xhs.ads_fen",
    "money.xhs.commission_fen",
    "money.marketplaces.tmall",
    "money.marketplaces.*.funded_fen",
    "money.merchants.ka",
    "truth.*.orders",
    "truth.*.gmv_fen",
    "truth.*.low",
    "truth.*.high",
    "truth.feed-ad",
    "credit.walled",
    "credit.monitor",
    "credit.click_id",
    "credit.full_path",
    "credit.oracle",
    "credit.*.last.feed-ad",
    "credit.*.*.*.orders",
    "credit.*.*.*.gmv_fen",
    "scores.*.*.share_error",
    "scores.*.*.low",
    "scores.*.*.high",
    "scores.*.*.regret",
    "reports.*.note",
    "reports.*.delay_days",
    "reports.*.joined.outside",
    "reports.*.windows.*.deduplicated.orders",
    "reports.*.windows.*.each_channel.gmv_fen",
    "reports.*.windows.*.deduplicated.withheld_share",
    "reports.*.known_after.7d",
    "facts.*.published",
    "facts.*.simulated",
    "facts.*.tag",
    "facts.*.ok",
];

/// Whether the path leads to a value, and at each `*` in every branch there is.
fn has(value: &Value, path: &str) -> bool {
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    let beyond = |below: &Value| rest.is_empty() || has(below, rest);
    match (step, value) {
        ("*", Value::Object(map)) => !map.is_empty() && map.values().all(beyond),
        ("*", Value::Array(items)) => !items.is_empty() && items.iter().all(beyond),
        _ => value.get(step).is_some_and(beyond),
    }
}

/// Would catch a key renamed or lost, a stray line on stdout, and progress that is not quiet.
#[test]
fn a_run_prints_one_document_with_the_promised_keys() {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/red-cat-618.toml");
    let mut arguments = vec!["run", scenario, "--json"];
    arguments.extend(SMALL);
    let place = Place::empty();
    let said = place.run(&arguments).done();
    assert_eq!(said.stderr, "");
    let document = said.json();
    for key in KEYS {
        assert!(has(&document, key), "no `{key}` in {}", said.stdout);
    }
    assert!(document["facts"][0]["name"].is_string());
    assert_eq!(document["scenario"]["name"], "red-cat-618");
    assert_eq!(
        (&document["users"], &document["seed"]),
        (&2000.into(), &618.into())
    );
    assert_eq!(document["threads"], 1);
    for count in [
        "total",
        "impressions",
        "reads",
        "engagements",
        "visits",
        "orders",
    ] {
        assert!(
            document["events"][count].as_u64() > Some(0),
            "{count}: {}",
            document["events"]
        );
    }
    assert!(
        document["elapsed_s"].as_f64() > Some(0.0),
        "{}",
        document["elapsed_s"]
    );
    assert!(
        place.contents().is_empty(),
        "a run without --out writes nothing"
    );
}

/// Would catch a total that is not the sum of its parts.
#[test]
fn the_numbers_of_the_document_agree() {
    let document = Place::empty().document("red-cat-618", &[]);
    let sum = |map: &Value, key: &str| -> u64 {
        let items = map.as_object().expect("a map").values();
        items.map(|item| item[key].as_u64().expect("a count")).sum()
    };
    let events = &document["events"];
    assert_eq!(events["orders"], sum(&document["orders"], "count"));
    assert_eq!(events["refunds"], sum(&document["orders"], "refunds"));
    let kinds = [
        "impressions",
        "reads",
        "engagements",
        "clicks",
        "visits",
        "carts",
    ];
    let kinds = kinds.iter().chain(&["orders", "refunds"]);
    let total: u64 = kinds
        .map(|kind| events[*kind].as_u64().expect("a count"))
        .sum();
    assert_eq!(events["total"], total);
    assert_eq!(
        document["money"]["balance_fen"], 0,
        "money comes from nowhere"
    );
}

/// Would catch a result that hangs on how many threads share the work.
#[test]
fn the_digest_is_the_same_for_any_number_of_threads() {
    let place = Place::empty();
    let run = |threads| {
        let arguments = ["run", "red-cat-618", "--json", "-q", "--users", "2000"];
        let arguments = [&arguments[..], &["--threads", threads]].concat();
        let mut document = place.run(&arguments).done().json();
        assert_eq!(document["threads"].to_string(), threads);
        strip(&mut document);
        document
    };
    let one = run("1");
    assert_eq!(run("2"), one);
    assert_eq!(run("7"), one);
}

/// Takes out what may differ between two runs of one request.
pub fn strip(document: &mut Value) {
    for key in ["threads", "elapsed_s", "peak_rss_bytes"] {
        let found = document.as_object_mut().and_then(|map| map.remove(key));
        assert!(found.is_some(), "no `{key}`");
    }
    let per_s = document["events"]
        .as_object_mut()
        .and_then(|map| map.remove("per_s"));
    assert!(per_s.is_some());
}

/// Would catch a seed or a change that does not reach the simulation.
#[test]
fn another_seed_or_scenario_is_another_result() {
    let place = Place::empty();
    let digests = |more: &[&str]| {
        let document = place.document("red-cat-618", more);
        let text = |value: &Value| value.as_str().expect("a digest").to_owned();
        (
            text(&document["scenario"]["digest"]),
            text(&document["digest"]),
        )
    };
    let plain = digests(&[]);
    assert_eq!(
        digests(&["--seed", "618"]),
        plain,
        "the scenario's own seed"
    );
    let seed = digests(&["--seed", "7"]);
    assert_eq!(seed.0, plain.0);
    assert_ne!(seed.1, plain.1);
    let set = digests(&["--set", "policy.outbound.red-cat.min_score=4.9"]);
    assert_ne!(set.0, plain.0);
    assert_ne!(set.1, plain.1);
    // What the file says already is no change.
    assert_eq!(
        digests(&["--set", "policy.outbound.red-cat.min_score=4.5"]),
        plain
    );
}

/// Would catch a name that works only where the sources are.
#[test]
fn a_shipped_scenario_runs_by_name_from_anywhere() {
    let place = Place::empty();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/red-cat-618.toml");
    let digest = |scenario| place.document(scenario, &[])["digest"].clone();
    assert_eq!(digest("red-cat-618"), digest(file));
    assert!(place.contents().is_empty());
}

/// Would catch a choice of models or regimes that is not kept, or that changes their numbers.
#[test]
fn only_the_chosen_models_and_regimes_are_run() {
    let place = Place::empty();
    let chosen = ["--models", "linear,last:", "--regimes", "oracle"];
    let mut refused = vec!["run", "red-cat-618", "--json"];
    refused.extend(SMALL);
    refused.extend(chosen);
    place.refuses(
        &refused,
        2,
        &["`last` does not take", "it has no parameter"],
    );
    let chosen = ["--models", "linear,last", "--regimes", "oracle"];
    let some = place.document("red-cat-618", &chosen)["credit"].clone();
    let all = place.document("red-cat-618", &[])["credit"].clone();
    let keys = |map: &Value| {
        map.as_object()
            .expect("a map")
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&some), ["oracle"]);
    assert_eq!(keys(&some["oracle"]), ["linear", "last"]);
    assert_eq!(some["oracle"]["linear"], all["oracle"]["linear"]);
    assert_eq!(some["oracle"]["last"], all["oracle"]["last"]);
}

/// Would catch an empty day, window or group that is divided by.
#[test]
fn the_smallest_runs_work() {
    let place = Place::empty();
    let bare = [
        "calendar.busy_days=[]",
        "calendar.openings=[]",
        "calendar.days=1",
    ];
    let set: Vec<&str> = bare.iter().flat_map(|change| ["--set", change]).collect();
    let document = place.document("red-cat-618", &set);
    assert!(
        document["events"]["impressions"].as_u64() > Some(0),
        "{}",
        document["events"]
    );
    for users in ["1", "2", "33"] {
        let arguments = ["run", "red-cat-618", "--json", "-q", "--users", users];
        let document = place.run(&arguments).done().json();
        assert_eq!(document["users"].to_string(), users);
    }
}

/// Would catch a shipped scenario that no longer loads or runs.
#[test]
fn every_shipped_scenario_runs() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let place = Place::empty();
    let mut ran = 0;
    for entry in std::fs::read_dir(folder).expect("scenarios") {
        let path = entry.expect("an entry").path();
        let name = path.to_str().expect("UTF-8").to_owned();
        let arguments = [
            "run",
            &name,
            "--json",
            "-q",
            "--users",
            "500",
            "--threads",
            "1",
        ];
        let document = place.run(&arguments).done().json();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        assert_eq!(document["scenario"]["name"].as_str(), stem);
        ran += 1;
    }
    assert_eq!(ran, 14);
}

/// Would catch sales abroad whose charge on the screen is not their value at the scenario's rate of
/// exchange: ¥7.20 for a dollar.
#[test]
fn sales_abroad_are_charged_in_their_currency() {
    let many = "people.regions[us].share=0.9";
    let place = Place::empty();
    let said = place.run(&["run", "overseas-618", "--users", "2000", "--set", many]);
    let said = said.done().stdout;
    let us = said.lines().find(|line| line.trim().starts_with("us "));
    let columns: Vec<&str> = us.expect("the region").split_whitespace().collect();
    let number = |text: &str| text.trim_start_matches('¥').replace(',', "").parse::<f64>();
    let [value, charged] = [columns[2], columns[4]].map(|text| number(text).unwrap());
    assert_eq!(columns[3], "USD");
    // Both are rounded to whole yuan and dollars.
    assert!(
        value > 1_000.0 && (charged - value / 7.2).abs() < 1.0,
        "{columns:?}"
    );
}

/// Would catch a regime without a join outside that lets people believe it had one: it says so, in the
/// document and on the screen; and no other does.
#[test]
fn a_regime_that_is_blind_outside_says_so() {
    let place = Place::empty();
    // Under this seed two thousand users are enough for orders that the other regimes join.
    let document = place.document("red-cat-618", &["--seed", "4"]);
    let reports = document["reports"].as_object().expect("a map");
    let sentence =
        "orders outside cannot be attributed under this regime; only in-app credit is shown";
    for (regime, report) in reports {
        let blind = regime == "walled";
        assert_eq!(
            report["note"].as_str(),
            blind.then_some(sentence),
            "{regime}"
        );
        assert_eq!(report["joined"]["outside"] == 0, blind, "{regime}");
    }
    let mut arguments = vec!["run", "red-cat-618"];
    arguments.extend(SMALL);
    let said = place.run(&arguments).done();
    let line = format!(" walled: {sentence}.");
    assert_eq!(said.stdout.matches(sentence).count(), 1, "{}", said.stdout);
    assert!(said.stdout.lines().any(|l| l == line), "{}", said.stdout);
}
