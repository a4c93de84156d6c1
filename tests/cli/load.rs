//! `redcat load`: what is printed, what it must say of an overload, and what is refused.

use serde_json::Value;

use super::{Place, Said};

/// A stream that any machine holds.
const EASY: [&str; 9] = [
    "load",
    "steady",
    "--users",
    "3000",
    "--rate",
    "20k",
    "--duration",
    "1s",
    "--quiet",
];

fn load(place: &Place, more: &[&str]) -> Said {
    place.run(&[&EASY[..], &["--set", "load.warm_up=\"0.5s\""], more].concat())
}

fn all_numbers(value: &Value, keys: &[&str]) {
    for key in keys {
        assert!(value[key].is_number(), "{key}: {value}");
    }
}

/// Would catch a key of the document that has gone, rows that nobody accounts for, and credit that hangs on
/// the workers.
#[test]
fn the_document_has_its_keys() {
    let place = Place::empty();
    let document = load(&place, &["--json", "--workers", "1"]).done().json();
    all_numbers(
        &document,
        &[
            "target_per_s",
            "achieved_per_s",
            "orders_per_s",
            "late",
            "dropped",
            "sent",
            "filled",
        ],
    );
    all_numbers(
        &document["latency_ms"],
        &["p50", "p90", "p99", "p999", "max"],
    );
    assert!(document["sustainable"].is_boolean(), "{document}");
    assert_eq!(document["target_per_s"], 20_000.0);
    assert_eq!(document["people"], 45_000);
    let rows = |kind: &str, what: &str| document["rows"][kind][what].as_u64().unwrap();
    let mut came = 0;
    for kind in ["touches", "orders", "refunds"] {
        came += rows(kind, "rows");
        let told = ["used", "expired", "late", "double", "open", "unmatched"];
        let told: u64 = told.iter().map(|what| rows(kind, what)).sum();
        assert_eq!(told, rows(kind, "rows"), "{kind}");
    }
    let of = |key: &str| document[key].as_u64().unwrap();
    assert_eq!(came + of("others"), of("filled") + of("sent"));
    assert!(
        rows("touches", "used") > 50 && rows("orders", "used") > 100,
        "{document}"
    );
    assert!(
        document["credit"]["last"]["search-ad"]["conversions"].is_number(),
        "{document}"
    );
    // Each model has credited the same orders.
    let orders = |model: &str| {
        let channels = document["credit"][model].as_object().unwrap().values();
        channels
            .map(|c| c["conversions"].as_f64().unwrap())
            .sum::<f64>()
    };
    assert!((orders("last") - orders("linear")).abs() < 1e-6);
    let more = load(&place, &["--json", "--workers", "3"]).done().json();
    // A machine that stood still for a second has not sent all.
    if of("dropped") == 0 && more["dropped"] == 0 {
        assert_eq!(more["credit_digest"], document["credit_digest"]);
        assert_eq!(more["rows"], document["rows"]);
    }
}

/// Would catch an overload that is called held, one that does not say by how much, and memory that grows
/// with what cannot be sent.
#[test]
fn an_overload_is_told() {
    let place = Place::empty();
    let many = [
        "load",
        "steady",
        "--users",
        "3000",
        "--rate",
        "2G",
        "--duration",
        "0.5s",
        "-q",
    ];
    let document = place.run(&[&many[..], &["--json"]].concat()).done().json();
    assert_eq!(document["sustainable"], false, "{document}");
    assert!(
        document["dropped"].as_u64().unwrap() > 3_000_000_000,
        "{document}"
    );
    let faults = document["faults"].as_array().unwrap();
    let told = |what: &str| faults.iter().any(|fault| fault["what"] == what);
    assert!(
        told("backlog grows") && told("not all was sent"),
        "{document}"
    );
    assert!(
        document["peak_rss_bytes"]
            .as_u64()
            .is_none_or(|bytes| bytes < 4 << 30)
    );
    let failed = place.run(&[&many[..], &["--fail-if-not-held"]].concat());
    assert_eq!(failed.code, Some(1), "{failed:?}");
    let said = place.run(&many).done();
    assert!(
        said.stdout
            .contains("Not held: 2,000,000,000 events/s were asked for"),
        "{said:?}"
    );
    assert!(
        said.stdout.contains("events were due and never sent"),
        "{said:?}"
    );
}

/// Would catch a folder without its tables, and a span or a rate of the command line that is not taken.
#[test]
fn a_folder_has_the_series() {
    let place = Place::empty();
    let more = [
        "--out",
        "l",
        "--rate",
        "true",
        "--span",
        "2025-06-17T20:00..20:30",
        "--p99",
        "200ms",
        "--alone",
    ];
    let said = place
        .run(
            &[
                &[
                    "load",
                    "618-opening-minute",
                    "--users",
                    "3000",
                    "--duration",
                    "1s",
                ][..],
                &more,
            ]
            .concat(),
        )
        .done();
    assert!(said.stdout.contains("1.00 times its own speed"), "{said:?}");
    assert!(
        said.stdout
            .contains("from 2025-06-17 20:00 and 30min after"),
        "{said:?}"
    );
    assert!(
        said.stdout.contains("By itself the generator makes"),
        "{said:?}"
    );
    let summary = std::fs::read_to_string(place.path().join("l/summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["demand"]["p99_ms"], 200.0);
    let own = &summary["stream"]["own_speed"]["events_per_s"];
    assert_eq!(&summary["target_per_s"], own);
    let text = std::fs::read_to_string(place.path().join("l/tables/series.csv")).unwrap();
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "until_s,due,sent,done,backlog,state_bytes,orders,p50_ms,p99_ms,max_ms"
    );
    assert!(text.lines().count() > 10, "{text}");
}

/// Would catch a search that tells another rate than one it has held, or a curve in another order. All
/// demands are so mild that some rate is held on any machine.
#[test]
fn a_search_tells_a_rate_that_was_held() {
    let search = "load steady --users 2000 --rate search --duration 300ms --p99 10s --json -q --set \
                  load.warm_up=\"0.1s\" --set load.growth=1.0";
    let arguments: Vec<&str> = search.split_whitespace().collect();
    let document = Place::empty().run(&arguments).done().json();
    let curve = document["curve"].as_array().unwrap();
    let rates: Vec<f64> = curve
        .iter()
        .map(|m| m["target_per_s"].as_f64().unwrap())
        .collect();
    assert!(rates.len() >= 4 && rates.is_sorted(), "{rates:?}");
    let found = document["target_per_s"].as_f64().unwrap();
    let held = curve.iter().find(|m| m["target_per_s"] == found);
    assert_eq!(held.unwrap()["sustainable"], true, "{document}");
    assert_eq!(document["sustainable"], true, "{document}");
    assert!(
        found <= document["max"]["achieved_per_s"].as_f64().unwrap(),
        "{document}"
    );
    // A quarter of it is on the curve, and nothing above it is held.
    assert!(
        rates.iter().any(|rate| (rate / found - 0.25).abs() < 1e-9),
        "{rates:?}"
    );
    let above = curve
        .iter()
        .filter(|m| m["target_per_s"].as_f64().unwrap() > found);
    assert!(
        above.into_iter().all(|m| m["sustainable"] == false),
        "{document}"
    );
}

/// Would catch nonsense that is played, and a refusal that does not say what to write.
#[test]
fn what_cannot_be_played_is_refused() {
    let place = Place::empty();
    for (more, told) in [
        (
            &["--rate", "fast"][..],
            "`fast` is not a rate: write \"500k\"",
        ),
        (&["--span", "2025-06-17"][..], "write two moments"),
        (
            &["--span", "2025-06-17T20:00..19:00"][..],
            "is not after `from`",
        ),
        (
            &["--span", "2026-06-17T20:00..21:00"][..],
            "is outside the calendar",
        ),
        (
            &["--set", "load.models=[\"markov:1\"]"][..],
            "markov:1 cannot be run online",
        ),
        (&["--set", "load.models=[]"][..], "name a rule"),
        (&["--set", "load.repeat=\"1h\""][..], "at least 14400s"),
        (
            &["--set", "load.delay=\"5h\""][..],
            "is longer than the stream",
        ),
        (&["--set", "load.copies=0"][..], "load.copies"),
        (&["--duration", "0s"][..], "measures nothing"),
        (&["--duration", "1000d"][..], "write at most 30d"),
        (&["--memory", "1KiB"][..], "fewer of the 3000 users"),
        (&["--users", "5G"][..], "too many people"),
        (
            &["--span", "2025-05-20T04:00:00..04:00:01"][..],
            "do nothing in this span",
        ),
        (
            &["--span", "2025-05-20T04:00..05:00", "--rate", "5 orders"][..],
            "there is no rate of orders",
        ),
    ] {
        let users: &[&str] = if more.contains(&"--users") {
            &[]
        } else {
            &["--users", "3000"]
        };
        let said = place.run(&[&["load", "steady", "-q"][..], users, more].concat());
        let said = said.refused(2);
        assert!(said.stderr.contains(told), "{more:?}: {said:?}");
    }
    let said = place.run(&["load", "degenerate"]);
    let said = said.refused(2);
    assert!(
        said.stderr.contains("there is no section [load]"),
        "{said:?}"
    );
}

/// Would catch rows of the pipe that are not those of the stream, and online credit that is not that of a
/// batch: what is written to stdout goes through another reader, another sort and another pass, and every
/// rule must say the same.
#[test]
fn what_is_piped_out_has_the_credit_of_the_stream() {
    let place = Place::empty();
    let sets = [
        "load.key=\"user\"",
        "load.refund_window=\"0s\"",
        "load.disorder=0.2",
        "load.delay=\"20min\"",
        "load.lateness=\"20min\"",
        "load.view_window=\"15d\"",
    ];
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    let document = load(&place, &[&sets[..], &["--json"]].concat())
        .done()
        .json();
    let piped = load(
        &place,
        &[&sets[..], &["--into", "stdout", "--out", "piped"]].concat(),
    )
    .done();
    let summary = std::fs::read_to_string(place.path().join("piped/summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    let lines: Vec<&str> = piped.stdout.lines().collect();
    assert_eq!(
        summary["sent"].as_u64().unwrap() + summary["filled"].as_u64().unwrap(),
        lines.len() as u64
    );
    assert!(summary["credit_digest"].is_null(), "{summary}");
    let first: Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!(first["id"], 0);
    assert!(first["time"].as_str().unwrap().ends_with('Z'), "{first}");
    let sold = lines
        .iter()
        .find(|line| line.contains("\"event\":\"order\""));
    let sold: Value = serde_json::from_str(sold.unwrap()).unwrap();
    assert!(sold["value_fen"].as_u64().unwrap() > 0, "{sold}");
    // A machine that stood still for a second has not sent all.
    if document["dropped"] != 0 || summary["dropped"] != 0 {
        return;
    }
    // A log knows engagements by one name, and has no refunds.
    let mut log = String::new();
    for line in lines
        .iter()
        .filter(|line| !line.contains("\"event\":\"refund\""))
    {
        let engaged = ["like", "collect", "share", "comment", "follow", "ask-link"];
        let engaged = engaged
            .iter()
            .find(|name| line.contains(&format!("\"event\":\"{name}\"")));
        match engaged {
            Some(name) => log += &line.replace(&format!("\"{name}\""), "\"engage\""),
            None => log += line,
        }
        log.push('\n');
    }
    std::fs::write(place.path().join("log.jsonl"), log).unwrap();
    let models = "first,last,last-click,linear,position,time-decay";
    let batch = place.run(&[
        "attribute",
        "log.jsonl",
        "--conversion-event",
        "order",
        "--window",
        "15d",
        "--map",
        "value=value_fen",
        "--models",
        models,
        "--json",
        "-q",
    ]);
    let batch = batch.done().json();
    for model in models.split(',') {
        let (online, batch) = (&document["credit"][model], &batch["credit"][model]);
        let mut some = 0;
        for (channel, credit) in online.as_object().unwrap() {
            let there = batch.get(channel);
            let of = |what: &str| there.map_or(0.0, |c| c[what].as_f64().unwrap());
            // The stream keeps tiers of merchants apart, and rounds the sum of each.
            for what in ["conversions", "value"] {
                let (stream, batch) = (credit[what].as_f64().unwrap(), of(what));
                let apart = (stream - batch).abs();
                assert!(
                    apart <= 1e-12 * batch,
                    "{model} {channel}: {stream} {batch}"
                );
            }
            some += usize::from(there.is_some());
        }
        assert!(some > 5, "{model}: {batch}");
    }
}

/// Would catch a reader who has gone and is not told of, and a stream that is mixed with a document.
#[test]
fn a_pipe_is_for_one_stream() {
    let place = Place::empty();
    for (more, told) in [
        (&["--json"][..], "stdout is the stream"),
        (&["--rate", "search"][..], "a pipe cannot"),
        (
            &["--into", "built-in", "--format", "arrow"][..],
            "only with --into stdout",
        ),
    ] {
        let into: &[&str] = match more[0] {
            "--into" => &[],
            _ => &["--into", "stdout"],
        };
        let load = ["load", "steady", "--users", "3000", "-q"];
        let said = place.run(&[&load[..], into, more].concat()).refused(2);
        assert!(said.stderr.contains(told), "{said:?}");
    }
}

/// Would catch a format that is not the one that was asked for, and a stream without its end.
#[test]
fn a_stream_of_arrow_is_one() {
    let place = Place::empty();
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("redcat");
    let command = command.current_dir(place.path()).args(EASY);
    let output = command
        .args(["--into", "stdout", "--format", "arrow"])
        .output();
    let bytes = output.unwrap().stdout;
    assert!(bytes.len() > 100_000, "{}", bytes.len());
    assert!(bytes.starts_with(&[0xff; 4]));
    assert!(bytes.ends_with(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]));
}
