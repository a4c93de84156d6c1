//! `redcat attribute` over logs that can be read: the credit is the reference's, however the same
//! journeys are written down.

use std::fs;
use std::io::Write as _;

use serde_json::{Value, json};

use super::Place;

const HEAD: &str = "user,time,event,channel,value\n";

pub fn case(name: &str) -> String {
    format!(
        "{}/tests/cases/attribution/{name}",
        env!("CARGO_MANIFEST_DIR")
    )
}

pub fn credit(place: &Place, arguments: &[&str]) -> Value {
    let all = [&["attribute"], arguments, &["--json", "--quiet"]].concat();
    place.run(&all).done().json()
}

/// Paths as a Parquet file: flat columns, made with the library's own writer.
fn paths_parquet(place: &Place) {
    use redcat::io::{Column, Table};
    let mut reader = csv::Reader::from_path(case("synth_paths.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let whole = |i: usize| Column::Whole(rows.iter().map(|r| r[i].parse().unwrap()).collect());
    let table = Table::new("paths")
        .with(
            "path",
            Column::Text(rows.iter().map(|r| r[0].to_owned()).collect()),
        )
        .with("total_conversions", whole(1))
        .with(
            "total_conversion_value",
            Column::Float(rows.iter().map(|r| r[2].parse().unwrap()).collect()),
        )
        .with("total_null", whole(3));
    fs::write(
        place.path().join("paths.parquet"),
        table.parquet(true).unwrap(),
    )
    .unwrap();
}

/// Would catch a reader that loses, doubles, moves or rounds anything: the default lineup's credit is
/// the reference's to 1e-9 of the total, from all three shapes, as text and as Parquet.
#[test]
fn credit_is_that_of_the_reference_from_every_shape() {
    let place = Place::empty();
    paths_parquet(&place);
    let text = fs::read_to_string(case("expected_synth.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let rules = [
        ("first", "first"),
        ("last", "last"),
        ("last-click", "last"),
        ("linear", "linear"),
        ("position", "position_40_20_40"),
        ("time-decay", "time_decay_halflife_168h"),
    ];
    let logs = [
        case("synth_events.csv"),
        case("synth_events.parquet"),
        case("synth_journeys.csv"),
        case("synth_journeys.parquet"),
        case("synth_paths.csv"),
        "paths.parquet".to_owned(),
    ];
    for log in &logs {
        let found = credit(&place, &[log]);
        assert_eq!(found["conversions"], 642, "{log}");
        assert_eq!(found["journeys"], 3_000, "{log}");
        let close = |model: &str, what: &str, key: &Value| {
            let key = key.as_object().unwrap();
            let total: f64 = key.values().map(|v| v.as_f64().unwrap()).sum();
            assert_eq!(found["credit"][model].as_object().unwrap().len(), key.len());
            for (channel, value) in key {
                let got = found["credit"][model][channel][what].as_f64().unwrap();
                let off = (got - value.as_f64().unwrap()).abs() / total;
                assert!(
                    off < 1e-9,
                    "{log}: {model}, {channel}, {what}: {got} not {value}"
                );
            }
        };
        for (model, key) in rules {
            if model == "time-decay" && log.contains("paths") {
                assert_eq!(found["unattributed"][model]["conversions"], 642.0);
                continue;
            }
            close(
                model,
                "conversions",
                &expected["heuristic_conversions"][key],
            );
            close(model, "value", &expected["heuristic_value"][key]);
        }
        let markov = &expected["markov"]["order_1"];
        close("markov:1", "conversions", &markov["conversions"]);
        close("markov:1", "value", &markov["value"]);
        let key = "v_sum_of_conversions_of_journeys_with_set_subset_of_S";
        close("shapley", "conversions", &expected["shapley"][key]);
    }
}

/// Would catch a list of channels that is bound to the wrong ones: the reference's credit, from logs
/// that number channels in different orders.
#[test]
fn models_know_channels_by_name() {
    let place = Place::empty();
    let text = fs::read_to_string(case("expected_synth.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let expected = &expected["heuristic_conversions"]["last_non_direct"];
    let lists =
        "last-non-direct,last-non-direct:direct,last-paid:paid_search+display+video+affiliate";
    for log in ["synth_events.csv", "synth_journeys.csv", "synth_paths.csv"] {
        let found = &credit(&place, &[&case(log), "--models", lists])["credit"];
        for model in ["last-non-direct", "last-non-direct:direct"] {
            for (channel, conversions) in expected.as_object().unwrap() {
                let found = &found[model][channel]["conversions"];
                assert_eq!(found, conversions, "{log}: {model}, {channel}");
            }
        }
        // The list is told in order.
        let paid = &found["last-paid:affiliate+display+paid_search+video"];
        assert!(paid["paid_search"]["conversions"].as_f64() > Some(171.0));
    }
}

/// Would catch a result that depends on threads, on how text is packed, on delimiters, on patterns,
/// or on the order of rows where it must not: users in another order, several files.
#[test]
fn threads_packing_and_order_make_no_difference() {
    let place = Place::empty();
    let log = case("synth_events.csv");
    let text = fs::read_to_string(&log).unwrap();
    let (head, rows) = text.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    // Stable: events of one user keep their order, but users do not.
    rows.sort_by_key(|r| {
        r.split(',')
            .next()
            .unwrap()
            .bytes()
            .rev()
            .collect::<Vec<u8>>()
    });
    let shuffled = format!("{head}\n{}\n", rows.join("\n"));
    rows.sort_by_key(|r| std::cmp::Reverse(r.split(',').nth(1).unwrap().to_owned()));
    let backwards = format!("{head}\n{}\n", rows.join("\n"));
    let file = |name: &str| fs::File::create(place.path().join(name)).unwrap();
    let mut gz = flate2::write::GzEncoder::new(file("a.csv.gz"), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    gz.finish().unwrap();
    zstd::stream::copy_encode(text.as_bytes(), file("a.csv.zst"), 1).unwrap();
    let half = text.len() / 2 + text[text.len() / 2..].find('\n').unwrap() + 1;
    let jsonl: String = text
        .lines()
        .skip(1)
        .map(|l| {
            let c: Vec<&str> = l.split(',').collect();
            let (value, channel) = (c[4].parse::<f64>().unwrap(), c[3]);
            format!(
                "{}\n",
                json!({"user": c[0], "ts": c[1], "event": c[2], "channel": channel, "value": value})
            )
        })
        .collect();
    for (name, text) in [
        ("shuffled.csv", shuffled.clone()),
        ("backwards.csv", backwards),
        ("a.tsv", text.replace(',', "\t")),
        ("a.txt", text.replace(',', ";")),
        ("bar", text.replace(',', "|")),
        ("part-1.csv", text[..half].to_owned()),
        ("part-2.csv", format!("{head}\n{}", &text[half..])),
        ("a.jsonl", jsonl),
        ("bare.csv", rows.join("\n")),
        ("renamed.csv", text.replace("user_id,timestamp", "who,when")),
    ] {
        fs::write(place.path().join(name), text).unwrap();
    }
    let whole = credit(&place, &[&log])["credit"].clone();
    for arguments in [
        &[&log[..], "--threads", "1"][..],
        &[&log, "--threads", "3"],
        &["shuffled.csv", "--threads", "3"],
        &["backwards.csv"],
        &["a.csv.gz"],
        &["a.csv.zst"],
        &["a.tsv"],
        &["a.txt"],
        &["bar", "--delimiter", "|"],
        &["part-?.csv"],
        &["part-2.csv", "part-1.csv"],
        &["a.jsonl"],
        &[
            "bare.csv",
            "--map",
            "user=1,time=2,event=3,channel=4,value=5",
        ],
        &["renamed.csv", "--map", "user=who,time=when"],
    ] {
        assert_eq!(credit(&place, arguments)["credit"], whole, "{arguments:?}");
    }
}

/// Would catch rows that are merged where they should be counted, and channels told apart by more
/// than their names.
#[test]
fn twice_the_data_is_twice_the_credit_and_names_are_only_names() {
    let text = fs::read_to_string(case("synth_journeys.csv")).unwrap();
    let renamed = text.replace("direct", "zzz");
    let place = Place::with(&[("a.csv", &text), ("b.csv", &text), ("c.csv", &renamed)]);
    let models = ["--models", "first,last,linear,position,time-decay,shapley"];
    let of = |logs: &[&str]| credit(&place, &[logs, &models[..]].concat())["credit"].clone();
    let (once, twice, renamed) = (of(&["a.csv"]), of(&["[ab].csv"]), of(&["c.csv"]));
    for (model, channels) in once.as_object().unwrap() {
        for (channel, amount) in channels.as_object().unwrap() {
            let other = if channel == "direct" { "zzz" } else { channel };
            assert_eq!(renamed[model][other], *amount, "{model}, {channel}");
            let (one, two) = (&amount["value"], &twice[model][channel]["value"]);
            let (one, two) = (one.as_f64().unwrap(), two.as_f64().unwrap());
            assert!(
                (two - 2.0 * one).abs() < 1e-6,
                "{model}, {channel}: {two}, {one}"
            );
        }
    }
}

/// Would catch a window with the wrong end, merchants that share journeys, kinds of touch taken for
/// another, and a zone that is not applied.
#[test]
fn windows_merchants_and_events_of_other_names() {
    let text = "user,time,event,channel,value,shop\n\
        u,2025-06-01 00:00:00,view,a,,s\n\
        u,2025-06-10 00:00:00,pv,b,,t\n\
        u,2025-06-11 00:00:00,buy,,10,s\n\
        u,2025-06-11 00:00:00,buy,,5,t\n";
    let place = Place::with(&[("log.csv", text)]);
    let events = [
        "log.csv",
        "--conversion-event",
        "buy",
        "--touch-event",
        "pv",
    ];
    let of = |more: &[&str]| credit(&place, &[&events[..], more].concat());
    let plain = of(&["--models", "linear,last-click"]);
    assert_eq!(plain["credit"]["linear"]["a"]["value"], 5.0);
    assert_eq!(plain["credit"]["last-click"]["b"]["value"], 10.0);
    assert_eq!(plain["unattributed"]["linear"]["value"], 5.0);
    assert_eq!(
        of(&["--window", "9d"])["credit"]["linear"]["a"]["value"],
        0.0
    );
    assert_eq!(
        of(&["--window", "10d"])["credit"]["linear"]["a"]["value"],
        5.0
    );
    let shops = of(&["--merchant", "shop"]);
    assert_eq!(
        shops["merchants"]["s"]["credit"]["first"]["a"]["value"],
        10.0
    );
    assert_eq!(
        shops["merchants"]["t"]["credit"]["first"]["b"]["value"],
        5.0
    );
    assert_eq!(
        shops["merchants"]["t"]["credit"]["first"]["a"]["value"],
        0.0
    );
    let mixed = text.replace("06-11 00:00:00,buy,,10", "06-11T00:00:00+08:00,buy,,10");
    let place = Place::with(&[("log.csv", &mixed)]);
    let east = credit(&place, &[&events[..], &["--zone", "+08:00"]].concat());
    // The first purchase names its zone; touches are in another if they are told to be.
    assert_eq!(east["credit"]["first"]["a"]["value"], 10.0);
    let window = ["--zone", "+08:00", "--window", "20h", "--models", "last"];
    let east = credit(&place, &[&events[..], &window].concat());
    assert_eq!(east["credit"]["last"]["b"]["value"], 0.0);
    let utc = credit(&place, &[&events[..], &window[2..]].concat());
    assert_eq!(utc["credit"]["last"]["b"]["value"], 10.0);
}

/// Would catch a panic, a division by nothing or a lost row in logs with next to nothing in them.
#[test]
fn logs_with_next_to_nothing_in_them() {
    let long: String = (0..10_000)
        .map(|i| format!("u,{i},touch,c{},\n", i % 7))
        .collect();
    let long = format!("{HEAD}{long}u,10000,conversion,,7\n");
    for (what, text, journeys, conversions, value) in [
        ("header only", HEAD.to_owned(), 0, 0, 0.0),
        ("no conversion", format!("{HEAD}u,1,touch,a,\n"), 1, 0, 0.0),
        (
            "no null",
            format!("{HEAD}u,1,touch,a,\nu,1,conversion,,2\n"),
            1,
            1,
            2.0,
        ),
        ("no touch", format!("{HEAD}u,1,conversion,,2\n"), 1, 1, 2.0),
        (
            "equal times",
            format!("{HEAD}u,1,touch,a,\nu,1,touch,b,\nu,1,conversion,,2\n"),
            1,
            1,
            2.0,
        ),
        ("long", long, 1, 1, 7.0),
        (
            "no steps",
            "path,conversions,value,nulls\n,3,1.5,2\n".to_owned(),
            5,
            3,
            1.5,
        ),
    ] {
        let place = Place::with(&[("log.csv", &text)]);
        let found = credit(&place, &["log.csv"]);
        assert_eq!(found["journeys"], journeys, "{what}");
        assert_eq!(found["conversions"], conversions, "{what}");
        assert_eq!(found["value"], value, "{what}");
        for (model, channels) in found["credit"].as_object().unwrap() {
            let amounts = channels.as_object().unwrap().values();
            let credited: f64 = amounts.map(|a| a["conversions"].as_f64().unwrap()).sum();
            let rest = found["unattributed"][model]["conversions"]
                .as_f64()
                .unwrap();
            let all = f64::from(conversions);
            assert!((credited + rest - all).abs() < 1e-9, "{what}, {model}");
        }
        let said = place.run(&["attribute", "log.csv"]).done();
        assert!(said.stdout.contains("(unattributed)"), "{said:?}");
        assert!(said.stderr.contains("as "), "the shape is told: {said:?}");
    }
}

/// Would catch a file of results that says other than the document, is half-written, or replaces
/// what was there.
#[test]
fn credit_is_written_to_files() {
    let place = Place::empty();
    let log = case("synth_journeys.csv");
    let run = |out: &str, more: &[&str]| {
        let all = [&["attribute", &log, "--out", out, "--json"], more].concat();
        place.run(&all)
    };
    let document = run("a.csv", &[]).done().json();
    run("a.parquet", &[]).done();
    run("a.json", &[]).done();
    let read = |name: &str| fs::read(place.path().join(name)).unwrap();
    let json: Value = serde_json::from_slice(&read("a.json")).unwrap();
    assert_eq!(json["digest"], document["digest"]);
    assert_eq!(&read("a.parquet")[..4], b"PAR1");
    let bytes = read("a.csv");
    let mut rows = csv::Reader::from_reader(&bytes[..]);
    let mut seen = 0;
    for row in rows
        .records()
        .map(Result::unwrap)
        .filter(|r| &r[1] != "(unattributed)")
    {
        let amount = &document["credit"][&row[0]][&row[1]];
        assert_eq!(row[2].parse::<f64>().ok(), amount["conversions"].as_f64());
        assert_eq!(row[3].parse::<f64>().ok(), amount["value"].as_f64());
        seen += 1;
    }
    assert_eq!(seen, 8 * 8);
    assert_eq!(run("a.csv", &[]).code, Some(2));
    run("a.csv", &["--force"]).done();
    assert_eq!(run("a.xlsx", &[]).code, Some(2));
}
