//! What surrounds a run: help, the list of scenarios, the schema, and a reader who goes away.

use std::process::{Command, Stdio};

use super::{Place, SMALL, Said};

/// Would catch a verb without help, or help that is an error.
#[test]
fn every_verb_has_help() {
    let place = Place::empty();
    for verb in [
        &["--help"][..],
        &["run", "--help"],
        &["merge", "--help"],
        &["plan", "--help"],
        &["compare", "--help"],
        &["attribute", "--help"],
        &["gate", "--help"],
        &["load", "--help"],
        &["bench", "--help"],
        &["check", "--help"],
        &["generate", "--help"],
        &["scenarios", "-h"],
        &["schema", "-h"],
    ] {
        let said = place.run(verb).done();
        assert!(said.stdout.contains("Usage: redcat"), "{said:?}");
        assert_eq!(said.stderr, "");
    }
    let version = place.run(&["--version"]).done();
    assert_eq!(
        version.stdout,
        concat!("redcat ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

/// Would catch a shipped scenario that nobody can find.
#[test]
fn all_shipped_scenarios_are_listed_with_their_questions() {
    let said = Place::empty().run(&["scenarios"]).done();
    for name in [
        "world-618",
        "red-cat-618",
        "closed-loop-618",
        "open-all-618",
        "worth-618",
        "monitors-618",
        "overseas-618",
        "closed-history",
        "policy-history",
        "618-opening-minute",
        "618-day",
        "steady",
        "double11-record",
        "degenerate",
    ] {
        let line = said.stdout.lines().find(|line| line.starts_with(name));
        assert!(
            line.is_some_and(|line| line.ends_with('?')),
            "{name}: {said:?}"
        );
    }
    assert_eq!(said.stdout.lines().count(), 14, "{said:?}");
}

/// Would catch a scenario printed other than it is written, comments and all.
#[test]
fn a_shipped_scenario_is_printed_as_it_is_written() {
    for name in ["degenerate", "degenerate.toml"] {
        let said = Place::empty().run(&["scenarios", name]).done();
        assert_eq!(said.stdout, include_str!("../../scenarios/degenerate.toml"));
    }
}

/// Would catch a schema by which an editor marks right keys as wrong.
#[test]
fn the_schema_names_every_key_of_the_top_level() {
    let schema = Place::empty().run(&["schema"]).done().json();
    let keys = [
        "schema_version",
        "name",
        "question",
        "analysis",
        "run",
        "calendar",
        "people",
    ];
    let keys = keys
        .iter()
        .chain(&["exposure", "channels", "categories", "tiers", "policy"]);
    let more = [
        "destinations",
        "behaviour",
        "measure",
        "facts",
        "expect",
        "extends",
    ];
    for key in keys.chain(&more) {
        let description = &schema["properties"][key]["description"];
        let text = description.as_str().unwrap_or_default();
        assert!(
            !text.is_empty(),
            "{key} is not described: {}",
            schema["properties"]
        );
    }
}

/// Would catch a panic when the reader goes away (`redcat … | head`).
#[test]
fn a_closed_pipe_is_no_accident() {
    let run = [&["run", "red-cat-618", "--json"], &SMALL[..]].concat();
    for arguments in [
        &run[..],
        &["gate", "red-cat-618", "--merchants"],
        &["schema"],
        &["scenarios"],
        &["scenarios", "world-618"],
    ] {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("redcat"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        drop(child.stdout.take());
        let said = Said::new(arguments, child.wait_with_output().expect("ends"));
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(said.stderr, "", "{said:?}");
    }
}

/// Would catch a panic when nobody reads the errors (`redcat … 2>&1 | head`).
#[test]
fn a_closed_stderr_is_no_accident() {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("redcat"))
        .args(["run", "no-such-scenario"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("ends").code(), Some(2));
}

/// Would catch a full disk taken for a mistake of the user, or for success.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_of_the_system() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let output = Command::new(assert_cmd::cargo::cargo_bin!("redcat"))
        .arg("schema")
        .stdout(full.expect("opens"))
        .output()
        .expect("starts");
    let said = Said::new(&["schema"], output);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert_eq!(said.stderr.matches("os error").count(), 1, "{said:?}");
}

/// Would catch a summary that nobody can read, or that says less than was asked.
#[test]
fn without_json_a_run_prints_a_summary() {
    let arguments = [&["run", "red-cat-618"], &SMALL[..]].concat();
    let said = Place::empty().run(&arguments).done();
    for part in ["red-cat-618", "seed 618", "feed-ad", "full_path", "tmall"] {
        assert!(said.stdout.contains(part), "no `{part}` in {}", said.stdout);
    }
    let plain = !said.stdout.contains('\u{1b}');
    assert!(plain, "colours where no terminal is: {said:?}");
    assert_eq!(said.stderr, "");
}

/// Would catch a run that misses what it must show and is still reported as a success.
#[test]
fn a_missed_expectation_is_an_exit_code_where_it_is_asked_for() {
    let text = "extends = 'closed-loop-618'\n[[expect]]\nbecause = 'it is wished for'\n\
                value = 'visits.direct'\nat_least = 1\n";
    let place = Place::with(&[("case.toml", text)]);
    let arguments = [&["run", "case.toml", "--json"], &SMALL[..]].concat();
    let document = place.run(&arguments).done().json();
    assert_eq!(document["expect"][0]["ok"], false, "{}", document["expect"]);
    let said = place.run(&[&arguments[..], &["--fail-if-unexpected"]].concat());
    assert_eq!(said.code, Some(1), "{said:?}");
    assert_eq!(
        said.json()["digest"],
        document["digest"],
        "the result is told all the same"
    );
}

/// Would catch a check that passes what it should not, or that looks at other runs than it says: a met
/// and a missed expectation, one of them against another scenario; too few users for published figures.
#[test]
fn a_check_tells_what_is_missed_and_exits_with_1() {
    let expect = |value: &str, bound: &str| {
        format!("[[expect]]\nbecause = 'a test'\nvalue = '{value}'\n{bound}\n")
    };
    let met = expect("orders.in-app.count", "at_least = 1");
    let apart = "against = 'closed-loop-618'\n";
    let links = expect("differences.visits.direct.value", "at_least = 1") + apart;
    let missed = expect("differences.gmv.in-app.value", "at_least = 1e12") + apart;
    let head = "extends = 'open-all-618'\nname = 'case'\n";
    let good = format!("{head}{met}{links}");
    let bad = format!("{head}{met}{links}{missed}");
    let place = Place::with(&[("good.toml", &good), ("bad.toml", &bad)]);
    let small = ["--users", "2000", "--quiet"];
    let said = place.run(&[&["check", "good.toml"], &small[..]].concat());
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{said:?}");
    assert!(said.stdout.contains("2 of 2"), "{said:?}");
    let said = place.run(&[&["check", "good.toml", "bad.toml"], &small[..]].concat());
    assert_eq!(said.code, Some(1), "{said:?}");
    for part in [
        "2 of 3",
        "NO case: differences.gmv.in-app.value",
        "own size only",
    ] {
        assert!(said.stdout.contains(part), "no `{part}` in {said:?}");
    }
    let said = place.run(&[&["check", "bad.toml", "--json"], &small[..]].concat());
    let document = said.json();
    assert_eq!(document["missed"], 1, "{document}");
    assert_eq!(document["scenarios"][0]["facts_left_out"], true);
    let nowhere = format!("{head}{}against = 'nowhere'\n", expect("x", "at_least = 1"));
    let place = Place::with(&[("case.toml", &nowhere)]);
    let said = place.run(&[&["check", "case.toml"], &small[..]].concat());
    assert!(matches!(said.code, Some(2 | 3)), "{said:?}");
    assert!(said.stderr.contains("nowhere"), "{said:?}");
}

/// Would catch a log that is not where it was asked for, formats that are mixed up, parts without a
/// manifest, a log without a place, and a kind of event that does not exist.
#[test]
fn a_log_is_written_where_it_is_asked_for() {
    let place = Place::empty();
    let small = ["--users", "300", "--quiet"];
    for format in ["parquet", "csv", "jsonl"] {
        let arguments = [
            "generate",
            "red-cat-618",
            "--format",
            format,
            "--out",
            format,
        ];
        let said = place.run(&[&arguments[..], &small[..]].concat()).done();
        assert!(said.stdout.contains("impression"), "{said:?}");
        let part = place
            .path()
            .join(format!("{format}/events/part-000000.{format}"));
        let bytes = std::fs::read(part).expect("a part");
        let head: &[u8] = match format {
            "parquet" => b"PAR1",
            "csv" => b"user,time,event,channel,merchant,tier,category,note,",
            _ => b"{\"user\":0,\"time\":\"2025-",
        };
        assert!(bytes.starts_with(head), "{format}");
        assert!(place.path().join(format).join("manifest.json").exists());
    }
    place.refuses(&["generate", "red-cat-618"], 2, &["write --out DIR"]);
    let unknown = ["generate", "red-cat-618", "--events", "reed", "--out", "x"];
    place.refuses(&unknown, 2, &["write one or more of: impression, read"]);
    let twice = ["generate", "red-cat-618", "--users", "10", "--out", "csv"];
    place.refuses(&twice, 2, &["is there already"]);
}

/// Would catch a forecast whose keys have other names, that refuses what people write, or that takes
/// nonsense.
#[test]
fn a_plan_says_what_a_run_will_take() {
    let place = Place::empty();
    let plan = ["plan", "degenerate", "--time", "1", "--quiet"];
    let asked = ["--users", "300M", "--cores", "64", "--within", "0.5%"];
    let said = place.run(&[&plan[..], &asked, &["--json"]].concat()).done();
    let told = said.json();
    assert_eq!(
        (told["users"].as_u64(), told["cores"].as_u64()),
        (Some(300_000_000), Some(64))
    );
    assert_eq!(told["within"], 0.005);
    for (group, keys) in [
        (
            "time",
            &["seconds", "if_as_slowest_batch", "core_seconds"][..],
        ),
        ("output", &["checkpoint_bytes", "folder_bytes", "log_bytes"]),
        ("probe", &["users", "us_a_user", "efficiency", "conclude_s"]),
    ] {
        for key in keys {
            let value = told[group][key].as_f64();
            assert!(value.is_some_and(|x| x > 0.0), "{group}.{key}: {said:?}");
        }
    }
    let figures = told["figures"].as_array().expect("figures");
    assert!(figures.iter().any(|f| f["figure"] == "orders caused"));
    let text = place
        .run(&[&plan[..], &["--cores", "1000"]].concat())
        .done()
        .stdout;
    for says in ["It will take", "is assumed", "Measured", "users for ±1.0 %"] {
        assert!(text.contains(says), "{text}");
    }
    for (bad, says) in [
        (["--users", "0"], "users"),
        (["--cores", "0"], "--cores"),
        (["--within", "2"], "part above nothing"),
        (["--time", "0"], "--time"),
    ] {
        let said = place.run(&[&plan[..], &bad].concat()).refused(2);
        assert!(said.stderr.contains(says), "{said:?}");
    }
}
