//! `redcat compare` as its users meet it.

use std::fs;

use super::document::strip;
use super::{Place, SMALL};

fn compare<'a>(names: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [&["compare"], names, &SMALL[..], more].concat()
}

/// Would catch a document without the keys that programs read, a run folder that is not what was
/// printed, and a table in one format only.
#[test]
fn a_comparison_is_printed_and_written() {
    let place = Place::empty();
    let names = ["closed-loop-618", "open-all-618", "red-cat-618"];
    let said = place.run(&compare(&names, &["--json", "--out", "result"]));
    let document = said.done().json();
    assert_eq!(document["base"], "closed-loop-618");
    assert_eq!(document["comparisons"].as_array().map(Vec::len), Some(2));
    let pair = &document["comparisons"][0];
    assert_eq!(pair["scenario"], "open-all-618");
    for key in ["value", "low", "high", "relative", "pairing_gain"] {
        assert!(
            pair["differences"]["gmv.in-app"].get(key).is_some(),
            "{key}"
        );
    }
    for key in ["kappa", "origins", "surplus_fen", "verdict"] {
        assert!(!pair[key].is_null(), "{key}");
    }
    assert!(pair["flows"]["matrix"]["no order"]["tmall, link"]["needs"].is_u64());
    let read = |name: &str| fs::read(place.path().join("result").join(name)).expect("a file");
    let mut summary: serde_json::Value =
        serde_json::from_slice(&read("summary.json")).expect("JSON");
    strip(&mut summary);
    let mut document = document;
    strip(&mut document);
    assert_eq!(summary, document);
    for table in ["metrics", "flows", "changes"] {
        assert!(read(&format!("tables/{table}.parquet")).starts_with(b"PAR1"));
        let text = String::from_utf8(read(&format!("tables/{table}.csv"))).expect("text");
        assert!(
            text.starts_with("scenario,") && text.lines().count() > 20,
            "{table}"
        );
    }
    let manifest: serde_json::Value = serde_json::from_slice(&read("manifest.json")).expect("JSON");
    assert_eq!(manifest["scenarios"].as_array().map(Vec::len), Some(3));
}

/// Would catch a verdict that is not on the first screen, or that claims what cannot be told: two
/// thousand users say nothing about sales in the app.
#[test]
fn the_summary_says_what_can_be_told() {
    let names = ["closed-loop-618", "red-cat-618"];
    let said = Place::empty().run(&compare(&names, &[])).done();
    for part in [
        "red-cat-618 against closed-loop-618",
        "Sales in the app: not distinguishable",
        "Trust in the app: exactly the same.",
        "cannibalised",
        "gmv.by-link.outside",
    ] {
        assert!(said.stdout.contains(part), "{part}: {said:?}");
    }
}

/// Would catch stretches of the policy that miss a part of the sales or count one twice, stages under
/// another's name, and a table that claims what two thousand users cannot tell; and a summary that
/// hides what a marketplace pays for merchants.
#[test]
fn differences_are_told_by_stretch_of_the_policy() {
    let names = ["closed-history", "policy-history"];
    let place = Place::empty();
    let document = place.run(&compare(&names, &["--json"])).done().json();
    let pair = &document["comparisons"][0];
    let stretches = pair["stretches"].as_array().expect("a list");
    let on = |s: &serde_json::Value| s["on"]["policy-history"].clone();
    assert_eq!(stretches.len(), 5);
    assert_eq!(on(&stretches[3]), serde_json::json!(["monitors"]));
    assert_eq!(stretches[3]["from_day"], 145.0);
    for (part, all) in [("gmv_in_app", "gmv.in-app"), ("gmv_outside", "gmv.outside")] {
        let values = stretches.iter().map(|s| s[part]["value"].as_f64());
        let sum: f64 = values.map(Option::unwrap).sum();
        assert_eq!(Some(sum), pair["differences"][all]["value"].as_f64());
        assert_eq!(stretches[0][part]["distinguishable"], false);
    }
    let said = place.run(&compare(&names, &[])).done().stdout;
    for (stage, tells) in [
        ("1.00 48.0 (none) (none)", "exactly the same"),
        ("145 48.0 (none) monitors", "not distinguishable"),
    ] {
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let row = said.lines().map(words).find(|row| row.starts_with(stage));
        let row = row.unwrap_or_else(|| panic!("{stage}: {said}"));
        assert!(row.contains(tells), "{row}");
    }
    let run = [&["run", "policy-history"], &SMALL[..]].concat();
    let said = place.run(&run).done().stdout;
    assert!(said.contains("tmall: paid for merchants' advertising"));
    assert!(!said.contains("jd: paid for merchants' advertising"));
}

/// Would catch two populations compared as one, a lone scenario, and a bad scenario among good ones.
#[test]
fn what_cannot_be_compared_is_refused() {
    let other = "extends = 'red-cat-618'\nname = 'other'\n[people]\nsearch_users = 0.5\n";
    let place = Place::with(&[("other.toml", other)]);
    let parts = [
        "other is not about the same people as red-cat-618",
        "`people.search_users` is 0.5 and not 0.7",
    ];
    place.refuses(&["compare", "red-cat-618", "other.toml"], 2, &parts);
    place.refuses(&["compare", "red-cat-618"], 2, &["SCENARIO"]);
    let parts = ["red-cat-816: no such file", "did you mean"];
    place.refuses(&["compare", "closed-loop-618", "red-cat-816"], 2, &parts);
    let none = ["compare", "red-cat-618", "closed-loop-618", "--users", "0"];
    place.refuses(&none, 2, &["users: 0 is out of range"]);
}
