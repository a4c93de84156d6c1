//! `redcat bench`: a document that others can read, and verdicts on a change. No test looks at a time.

use serde_json::Value;

use super::{Place, Said};

/// As little as can be measured.
const LITTLE: [&str; 11] = [
    "bench",
    "--models",
    "last,linear",
    "--journeys",
    "10k",
    "--time",
    "20ms",
    "--threads",
    "1",
    "--quiet",
    "--json",
];

fn little(place: &Place, more: &[&str]) -> Said {
    place.run(&[&LITTLE[..], more].concat())
}

fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

/// Writes a document, changed: all times times a factor, and the machine's cores added to.
fn doctored(place: &Place, document: &Value, factor: f64, cores: u64) {
    let mut document = document.clone();
    for measurement in document["measurements"].as_array_mut().expect("a list") {
        for time in measurement["seconds"].as_array_mut().expect("a list") {
            *time = Value::from(time.as_f64().expect("a time") * factor);
        }
    }
    let here = document["machine"]["cores"].as_u64().expect("a number");
    document["machine"]["cores"] = Value::from(here + cores);
    std::fs::write(place.path().join("old.json"), document.to_string()).expect("written");
}

/// Would catch a key of the document that is renamed or gone, and a file other than what is printed.
#[test]
fn the_document_has_stable_keys() {
    let place = Place::empty();
    let said = little(&place, &["--out", "speeds.json"]).done();
    assert_eq!(said.stderr, "");
    let document = said.json();
    let expected = [
        "redcat",
        "machine",
        "load_before",
        "arguments",
        "rounds",
        "time_s",
        "elapsed_s",
        "peak_rss_bytes",
        "measurements",
    ];
    assert_eq!(keys(&document), expected);
    let expected = ["platform", "processor", "cores", "memory_bytes"];
    assert_eq!(keys(&document["machine"]), expected);
    assert_eq!(keys(&document["redcat"]), ["version", "revision"]);
    let data = "10000 journeys of 5 touches, 20 channels, 0.05 converting";
    let found: Vec<&str> = document["measurements"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|m| m["key"].as_str())
        .collect();
    let expected = [
        "yardstick | draws | 2097152 addressed draws and picks of 840 | threads 1".to_owned(),
        format!("fold | last | {data} | threads 1"),
        format!("fit | last | {data} | threads 1"),
        format!("fold | linear | {data} | threads 1"),
        format!("fit | linear | {data} | threads 1"),
        format!("fold | last,linear in one pass | {data} | threads 1"),
        format!("fit | last,linear in one pass | {data} | threads 1"),
    ];
    assert_eq!(found, expected);
    let fold = &document["measurements"][1];
    let expected = [
        "key",
        "part",
        "name",
        "data",
        "threads",
        "unit",
        "items",
        "touches",
        "state_bytes",
        "states_bytes",
        "median_s",
        "low_s",
        "high_s",
        "quartiles_s",
        "deviation_s",
        "per_s",
        "ns_an_item",
        "ns_a_touch",
        "core_s",
        "share_of_cores",
        "noisy",
        "repeats",
        "seconds",
    ];
    assert_eq!(keys(fold), expected);
    assert_eq!(
        (&fold["items"], &fold["touches"]),
        (&10_000.into(), &50_000.into())
    );
    assert_eq!(fold["seconds"].as_array().map(Vec::len), Some(15));
    let written = std::fs::read_to_string(place.path().join("speeds.json")).expect("written");
    assert_eq!(
        serde_json::from_str::<Value>(&written).expect("JSON"),
        document
    );
    place.refuses(
        &["bench", "--out", "speeds.json"],
        2,
        &["is there already", "--force"],
    );
}

/// Would catch noise told as a change, a change told the wrong way round or not at all, an exit code
/// that a pipeline would miss, and a yardstick that is forgotten. The real times may differ from round
/// to round by any factor below a hundred.
#[test]
fn a_change_is_told_and_is_an_exit_code_where_asked_for() {
    let place = Place::empty();
    let document = little(&place, &[]).done().json();
    let against = |more: &[&str]| {
        let said = little(&place, &[&["--compare", "old.json"], more].concat());
        let verdicts = said.json()["comparison"]["changes"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|c| c["verdict"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>();
        (said, verdicts)
    };
    doctored(&place, &document, 0.001, 0);
    let (said, verdicts) = against(&["--fail-if-slower", "50"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert_eq!(verdicts, ["slower"; 7]);
    assert_eq!(said.json()["comparison"]["machine_moved"], true);
    assert!(
        said.stderr
            .contains("slower by more than 50 %: fold | last"),
        "{said:?}"
    );
    let (said, verdicts) = against(&[]);
    assert_eq!(
        (said.code, verdicts),
        (Some(0), vec!["slower".to_owned(); 7])
    );
    doctored(&place, &document, 1_000.0, 0);
    let (said, verdicts) = against(&["--fail-if-slower", "0"]);
    assert_eq!(
        (said.code, verdicts),
        (Some(0), vec!["faster".to_owned(); 7])
    );
}

/// Would catch a result that differs from itself, and a result that is measured anew although it is
/// given. Halved times are not noise, and which of the two is new must not be mixed up.
#[test]
fn two_results_are_compared_without_measuring() {
    let place = Place::empty();
    let said = little(&place, &["--out", "new.json"]).done();
    let verdicts = |old: &str, code| {
        let arguments = ["bench", "--result", "new.json", "--compare", old];
        let said = place.run(&[&arguments[..], &["--fail-if-slower", "10", "--json"]].concat());
        assert_eq!(said.code, Some(code), "{said:?}");
        let changes = said.json()["comparison"]["changes"].clone();
        let changes = changes.as_array().expect("a list").clone();
        let all = changes.into_iter().map(|c| c["verdict"].clone());
        all.collect::<Vec<_>>()
    };
    assert_eq!(verdicts("new.json", 0), ["no change"; 7]);
    let mut steady = said.json();
    for (file, time) in [("new.json", 2.0), ("old.json", 1.0)] {
        for measurement in steady["measurements"].as_array_mut().expect("a list") {
            measurement["seconds"] = Value::from(vec![time; 15]);
        }
        std::fs::write(place.path().join(file), steady.to_string()).expect("written");
    }
    assert_eq!(verdicts("old.json", 1), ["slower"; 7]);
    let said = place.run(&["bench", "--result", "new.json", "--compare", "old.json"]);
    for part in [
        "2.000 to 2.000",
        "0 faster, 6 slower",
        "--relative",
        "fold last",
    ] {
        assert!(said.stdout.contains(part), "no `{part}` in {}", said.stdout);
    }
    let relative = [
        "bench",
        "--result",
        "new.json",
        "--compare",
        "old.json",
        "--relative",
    ];
    let said = place.run(&relative).done();
    assert!(
        said.stdout.contains("0 faster, 0 slower"),
        "{}",
        said.stdout
    );
    place.refuses(&["bench", "--result", "new.json"], 2, &["--compare"]);
}

/// Would catch times of two machines compared in silence, a file that is no result, and a comparison
/// of other work told as one.
#[test]
fn what_cannot_be_compared_is_refused_before_it_is_measured() {
    let place = Place::empty();
    let document = little(&place, &[]).done().json();
    doctored(&place, &document, 1.0, 1);
    let compare = [&LITTLE[..], &["--compare", "old.json"]].concat();
    place.refuses(&compare, 2, &["another machine", "--other-machine"]);
    little(&place, &["--compare", "old.json", "--other-machine"]).done();
    std::fs::write(place.path().join("old.json"), "{}").expect("written");
    place.refuses(
        &compare,
        2,
        &["old.json", "is not a document of `redcat bench --json`"],
    );
    place.refuses(&["bench", "--compare", "none.json"], 3, &["none.json"]);
    doctored(&place, &document, 1.0, 0);
    let other = [
        "bench",
        "--compare",
        "old.json",
        "--models",
        "first",
        "--journeys",
        "100",
    ];
    let other = [&other[..], &["--time", "1ms", "--quiet"]].concat();
    place.refuses(&other, 2, &["no measurement in common", "--journeys 10k"]);
}

/// Would catch arguments out of range that are taken, or refused without a remedy.
#[test]
fn arguments_out_of_range_are_refused() {
    let place = Place::empty();
    for (arguments, part) in [
        (&["--models", "lats"][..], "did you mean `last`?"),
        (&["--time", "5"], "such as 20ms"),
        (&["--touches", "9-1"], "such as 1-9"),
        (&["--converting", "2"], "such as 0.05 or 5%"),
        (&["--rounds", "3"], "8..=1000"),
        (&["--journeys", "0"], "write a number from 1"),
        (&["--journeys", "1e15", "--models", "last"], "measure fewer"),
        (&["--fail-if-slower", "5"], "--compare"),
        (&["--scenario", "no-such"], "no-such"),
        (&["--scenario", "degenerate", "--users", "0"], "users: 0"),
    ] {
        place.refuses(&[&["bench", "--quiet"], arguments].concat(), 2, &[part]);
    }
}

/// Would catch a table without its units, or one that is silent on what it was measured with.
#[test]
fn without_json_tables_are_printed() {
    let arguments = [
        "bench",
        "--models",
        "last",
        "--scenario",
        "red-cat-618",
        "--users",
        "200",
        "--journeys",
        "2k",
        "--touches",
        "1-9",
        "--time",
        "1ms",
        "--rounds",
        "8",
        "--threads",
        "1,2",
        "--quiet",
    ];
    let said = Place::empty().run(&arguments).done();
    for part in [
        "8 rounds",
        "Models: 2000 journeys of 1-9 touches, 20 channels, 0.05 converting",
        "journeys/s",
        "ns a touch",
        "Season of red-cat-618",
        "world, seen under all regimes",
        "events/s",
        "Fits",
        "Yardstick",
    ] {
        assert!(said.stdout.contains(part), "no `{part}` in {}", said.stdout);
    }
}
