//! Where the rows of `redcat attribute` come from: one log or two, larger than memory, of another's
//! schema, and Parquet of every type.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, TimestampMillisecondArray,
};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use serde_json::Value;

use super::Place;
use super::attribute::case;

fn credit(place: &Place, arguments: &[&str]) -> Value {
    let all = [&["attribute"], arguments, &["--json"]].concat();
    place.run(&all).done().json()
}

/// A log whose conversions and touches are in disorder, with many of equal time.
fn disorder(rows: u64) -> String {
    let mut state = 1_u64;
    let mut small = |most: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    let mut text = String::from("user,time,event,channel,value,shop\n");
    for _ in 0..rows {
        let user = small(rows / 8);
        // Every third identity is a number.
        let user = match user % 3 {
            0 => user.to_string(),
            _ => format!("u{user}"),
        };
        let (time, shop) = (1_750_000_000 + small(20_000) * 60, small(3));
        text += &match small(12) {
            0 => format!(
                "{user},{time},conversion,,{}.{:02},s{shop}\n",
                small(500),
                small(100)
            ),
            n => {
                let event = ["touch", "view", "read", "engage"][n as usize % 4];
                format!("{user},{time},{event},c{},,s{shop}\n", small(9))
            }
        };
    }
    text
}

const MODELS: [&str; 2] = [
    "--models",
    "first,last,last-click,linear,time-decay,markov:1,shapley",
];

/// Would catch an event lost, doubled or out of order on its way through the temporary file; a file
/// that stays behind; and memory that is used although it may not be.
#[test]
fn logs_larger_than_memory_give_the_same_credit() {
    let text = disorder(60_000);
    let place = Place::with(&[("log.csv", &text)]);
    fs::create_dir(place.path().join("temp")).unwrap();
    for more in [
        &[][..],
        &["--merchant", "shop"],
        &["--window", "3d", "--view-window", "1d"],
    ] {
        let log = [&["log.csv"], more, &MODELS].concat();
        let whole = credit(&place, &log);
        for threads in ["1", "3"] {
            let small = ["--memory", "900KiB", "--temp", "temp", "--threads", threads];
            let said = place
                .run(&[&["attribute"], &log[..], &small, &["--json"]].concat())
                .done();
            assert!(said.stderr.contains("went to a temporary file"), "{said:?}");
            assert_eq!(said.json()["digest"], whole["digest"], "{more:?}");
        }
    }
    assert!(
        fs::read_dir(place.path().join("temp"))
            .unwrap()
            .next()
            .is_none()
    );
    let nowhere = [
        "attribute",
        "log.csv",
        "--memory",
        "900KiB",
        "--temp",
        "nowhere",
    ];
    place.refuses(&nowhere, 2, &["nowhere", "No such file"]);
}

/// Would catch touches and conversions of two systems that are joined otherwise than in one log, columns
/// of one taken for the other's, and a window for views that cuts clicks.
#[test]
fn two_systems_are_one_log() {
    let text = disorder(4_000);
    let mut touches = String::from("uid,at,kind,channel,shop\n");
    let mut plain = String::from("user,time,channel,shop\n");
    let mut conversions = String::from("buyer,time,amount,shop\n");
    let mut clicks = String::from("user,time,event,channel,value,shop\n");
    for row in text.lines().skip(1) {
        let c: Vec<&str> = row.split(',').collect();
        if c[2] == "conversion" {
            conversions += &format!("{},{},{},{}\n", c[0], c[1], c[4], c[5]);
            clicks += &format!("{row}\n");
        } else {
            touches += &format!("{},{},{},{},{}\n", c[0], c[1], c[2], c[3], c[5]);
            plain += &format!("{},{},{},{}\n", c[0], c[1], c[3], c[5]);
            clicks += &format!("{},{},click,{},,{}\n", c[0], c[1], c[3], c[5]);
        }
    }
    let place = Place::with(&[
        ("log.csv", &text),
        ("clicks.csv", &clicks),
        ("touches.csv", &touches),
        ("plain.csv", &plain),
        ("conversions.csv", &conversions),
    ]);
    let two = ["--conversions", "conversions.csv", "--map"];
    let map = "touches.user=uid,touches.time=at,touches.event=kind,conversions.user=buyer";
    for more in [
        &[][..],
        &["--merchant", "shop"],
        &["--view-window", "1d", "--window", "4d"],
    ] {
        let more = [more, &MODELS].concat();
        let one = credit(&place, &[&["log.csv"], &more[..]].concat());
        let of_two = [&["--touches", "touches.csv"], &two[..], &[map], &more].concat();
        let of_two = credit(&place, &of_two);
        assert_eq!(of_two["digest"], one["digest"], "{more:?}");
        // Without a column that says what they are, touches are clicks.
        let one = credit(&place, &[&["clicks.csv"], &more[..]].concat());
        let plain = [
            &["--touches", "plain.csv"],
            &two[..],
            &["conversions.user=buyer"],
            &more,
        ];
        assert_eq!(
            credit(&place, &plain.concat())["digest"],
            one["digest"],
            "{more:?}"
        );
    }
    let views = credit(&place, &["log.csv", "--view-window", "1m"]);
    let all = credit(&place, &["log.csv"]);
    assert_eq!(views["credit"]["last-click"], all["credit"]["last-click"]);
    assert_ne!(views["credit"]["linear"], all["credit"]["linear"]);
}

/// Would catch a conversion that every impression before it brings anew, two conversions of one moment
/// taken for one, and clicks taken for views.
#[test]
fn criteo_rows_tell_of_conversions_that_followed() {
    // Worked by hand: 7 sees 1 twice (clicked), then 2; conversion x, told by all three. Then 2 again,
    // conversions y and z of one second, told by one row each. 8 never converts.
    let text = "timestamp\tuid\tcampaign\tconversion\tconversion_timestamp\tconversion_id\tattribution\tclick\tcost\n\
        10\t7\t1\t1\t100\tx\t0\t0\t0.1\n\
        20\t7\t1\t1\t100\tx\t0\t1\t0.1\n\
        30\t7\t2\t1\t100\tx\t1\t0\t0.1\n\
        200\t7\t2\t1\t300\ty\t0\t1\t0.1\n\
        210\t7\t3\t1\t300\tz\t0\t0\t0.1\n\
        40\t8\t3\t0\t-1\t-1\t0\t0\t0.1\n";
    let place = Place::with(&[("criteo.tsv", text)]);
    let models = ["--models", "linear,last,last-click"];
    let found = credit(
        &place,
        &[&["criteo.tsv", "--preset", "criteo"], &models[..]].concat(),
    );
    assert_eq!(found["conversions"], 3, "x, y and z");
    assert_eq!(
        (&found["rows"], &found["journeys"]),
        (&Value::from(6), &Value::from(4))
    );
    let of = |model: &str, channel: &str| found["credit"][model][channel]["conversions"].as_f64();
    let near = |a: Option<f64>, b: f64| (a.unwrap() - b).abs() < 1e-9;
    assert!(near(of("linear", "1"), 2.0 / 3.0));
    assert!(near(of("linear", "2"), 1.0 / 3.0 + 0.5));
    assert_eq!(of("last", "3"), Some(1.0));
    assert_eq!(of("last-click", "1"), Some(1.0));
    assert_eq!(of("last-click", "2"), Some(1.0));
    // The second one of the same second has no touches of its own.
    assert_eq!(found["unattributed"]["linear"]["conversions"], 1.0);
    let place = Place::with(&[("criteo.tsv", &text.replace("\t300\tz", "\tlater\tz"))]);
    let refused = ["attribute", "criteo.tsv", "--preset", "criteo"];
    place.refuses(
        &refused,
        2,
        &["line 6", "column `conversion_timestamp`", "`later`"],
    );
}

struct Columns {
    user: ArrayRef,
    time: ArrayRef,
    event: ArrayRef,
    channel: ArrayRef,
    value: ArrayRef,
}

fn write(path: &Path, c: &Columns) {
    let columns = [
        ("user", &c.user),
        ("time", &c.time),
        ("event", &c.event),
        ("channel", &c.channel),
        ("value", &c.value),
    ];
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.map(|(n, a)| (n, Arc::clone(a), true)))
            .unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(900))
        .build();
    let file = fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Would catch a type of column that the quick way of reading Parquet reads otherwise than text is
/// read: numbers and names of users, units of time, decimals, missing channels and values.
#[test]
fn parquet_of_every_type_is_read_as_text_is() {
    let text = disorder(5_000);
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|r| r.split(',').collect())
        .collect();
    let place = Place::with(&[("log.csv", &text)]);
    let numbers = text.replace("\nu", "\n");
    fs::write(place.path().join("numbers.csv"), &numbers).unwrap();
    let strings = |column: usize| -> ArrayRef {
        let cells = rows
            .iter()
            .map(|r| Some(r[column]).filter(|c| !c.is_empty()));
        Arc::new(cells.collect::<StringArray>())
    };
    let time = |r: &Vec<&str>| r[1].parse::<i64>().unwrap();
    let value = |r: &Vec<&str>| r[4].parse::<f64>().ok();
    let cents = rows
        .iter()
        .map(|r| value(r).map(|v| (v * 100.0).round() as i128));
    let cents = cents
        .collect::<Decimal128Array>()
        .with_precision_and_scale(12, 2)
        .unwrap();
    let users = rows
        .iter()
        .map(|r| r[0].trim_start_matches('u').parse::<i64>().unwrap());
    let seconds: ArrayRef = Arc::new(rows.iter().map(time).collect::<Int64Array>());
    let millis = rows.iter().map(|r| time(r) * 1_000).collect::<Vec<i64>>();
    let micros = rows
        .iter()
        .map(|r| time(r) * 1_000_000)
        .collect::<Vec<i64>>();
    let floats: ArrayRef = Arc::new(rows.iter().map(value).collect::<Float64Array>());
    let text_users = Columns {
        user: strings(0),
        time: seconds,
        event: strings(2),
        channel: strings(3),
        value: floats,
    };
    write(&place.path().join("text.parquet"), &text_users);
    let numbers = Columns {
        user: Arc::new(users.collect::<Int64Array>()),
        time: Arc::new(TimestampMillisecondArray::from(millis).with_timezone("UTC")),
        event: strings(2),
        channel: strings(3),
        value: Arc::new(cents),
    };
    write(&place.path().join("numbers.parquet"), &numbers);
    let local = Columns {
        time: Arc::new(TimestampMicrosecondArray::from(micros)),
        ..numbers
    };
    write(&place.path().join("local.parquet"), &local);
    for (parquet, csv, more) in [
        ("text.parquet", "log.csv", &[][..]),
        ("numbers.parquet", "numbers.csv", &[]),
        ("local.parquet", "numbers.csv", &[]),
        (
            "local.parquet",
            "numbers.csv",
            &["--memory", "300KiB", "--threads", "3"],
        ),
    ] {
        let of = |log: &str| credit(&place, &[&[log], more, &MODELS].concat());
        assert_eq!(
            of(parquet)["digest"],
            of(csv)["digest"],
            "{parquet} {more:?}"
        );
    }
    // A time that names no zone is in that which is told: all later by the same hours.
    let east = credit(
        &place,
        &["local.parquet", "--zone", "+08:00", "--models", "last"],
    );
    assert_eq!(
        east["credit"]["last"],
        credit(&place, &["numbers.csv"])["credit"]["last"]
    );
}

/// Would catch a fault in Parquet that is told of another row, one that hides behind rows that are read
/// quickly, and a row that is counted twice where the ways of reading change over.
#[test]
fn faults_in_parquet_are_found_where_they_are() {
    let rows = 20_000_usize;
    let place = Place::empty();
    let path = place.path().join("log.parquet");
    let plain = |bad: &[(usize, &str)]| {
        let of = |what: &str, n: usize| bad.contains(&(n, what));
        let users = (0..rows).map(|n| (!of("user", n)).then_some((n / 4) as i64));
        let events = (0..rows).map(|n| match n % 4 {
            _ if of("event", n) => "purchase",
            3 => "conversion",
            _ => "touch",
        });
        let channels = (0..rows).map(|n| (!of("channel", n)).then_some(["a", "b"][n % 2]));
        let values = (0..rows).map(|n| if of("value", n) { -1.0 } else { 2.5 });
        Columns {
            user: Arc::new(users.collect::<Int64Array>()),
            time: Arc::new((0..rows).map(|n| n as i64).collect::<Int64Array>()),
            event: Arc::new(events.map(Some).collect::<StringArray>()),
            channel: Arc::new(channels.collect::<StringArray>()),
            value: Arc::new(values.map(Some).collect::<Float64Array>()),
        }
    };
    write(&path, &plain(&[]));
    let whole = credit(&place, &["log.parquet"]);
    assert_eq!(whole["conversions"], rows / 4);
    for (bad, column) in [
        ((17, "user"), "user"),
        ((8_200, "event"), "event"),
        ((10_001, "channel"), "channel"),
        ((19_999, "value"), "value"),
    ] {
        // A fault behind it must not be told in its place.
        write(&path, &plain(&[bad, (19_999, "value")]));
        let at = format!("row {}, column `{column}`", bad.0 + 1);
        place.refuses(&["attribute", "log.parquet", "--threads", "3"], 2, &[&at]);
        let skip = [
            "log.parquet",
            "--on-bad-row",
            "skip",
            "--rejects",
            "bad.csv",
            "--force",
        ];
        let found = credit(&place, &skip);
        let faults = if bad.0 == 19_999 { 1 } else { 2 };
        assert_eq!(
            (&found["rows"], &found["rejected"]),
            (&rows.into(), &faults.into())
        );
        assert_eq!(found["rows_used"], rows - faults);
        let rejects = fs::read_to_string(place.path().join("bad.csv")).unwrap();
        let told: Vec<&str> = rejects.lines().skip(1).collect();
        assert_eq!(told.len(), faults);
        assert!(
            told[0].contains(&format!("\"row {}\"", bad.0 + 1)),
            "{rejects}"
        );
    }
    // The public case through one thread and many, with faults in the first of two files.
    let log = case("synth_events.parquet");
    assert_eq!(
        credit(&place, &[&log, "--threads", "1"])["digest"],
        credit(&place, &[&log, "--threads", "4"])["digest"]
    );
}

/// Would catch credit by journey that does not add up to the credit by channel, is of another's
/// journey, depends on threads or memory, or is not said to be missing.
#[test]
fn credit_by_journey_adds_up() {
    let text = disorder(6_000);
    let place = Place::with(&[("log.csv", &text)]);
    let models = "last,last-click,linear,time-decay,shapley,hazard:3";
    let log = ["log.csv", "--models", models, "--merchant", "shop"];
    let mut files = Vec::new();
    for (name, more) in [
        ("a.csv", &["--threads", "1"][..]),
        ("b.csv", &["--threads", "3", "--memory", "400KiB"]),
        ("c.jsonl", &[]),
        ("d.parquet", &[]),
    ] {
        let all = [
            &["attribute"],
            &log[..],
            &["--json", "--by-journey", name],
            more,
        ]
        .concat();
        let said = place.run(&all).done();
        assert!(
            said.stderr.contains("no single journeys: hazard:3"),
            "{said:?}"
        );
        files.push((said.json(), fs::read(place.path().join(name)).unwrap()));
    }
    let (found, csv) = &files[0];
    assert_eq!(csv, &files[1].1);
    let mut sums = std::collections::BTreeMap::new();
    let mut journeys = std::collections::BTreeMap::new();
    let mut rows = csv::Reader::from_reader(&csv[..]);
    let head = "journey,user,time,merchant,model,channel,conversions,value";
    assert_eq!(
        rows.headers().unwrap().iter().collect::<Vec<_>>().join(","),
        head
    );
    let mut count = 0;
    for row in rows.records().map(Result::unwrap) {
        count += 1;
        let amount = [6, 7].map(|c| row[c].parse::<f64>().unwrap());
        let sum = sums
            .entry((row[4].to_owned(), row[5].to_owned()))
            .or_insert([0.0; 2]);
        (0..2).for_each(|i| sum[i] += amount[i]);
        let key = (row[0].to_owned(), row[4].to_owned());
        *journeys.entry(key).or_insert(0.0) += amount[0];
        // Each is a conversion of the log, of that user, at that time.
        let time: jiff::Timestamp = row[2].parse().unwrap();
        let conversion = format!("\n{},{},conversion,", &row[1], time.as_second());
        assert!(text.contains(&conversion), "{row:?}");
    }
    let conversions = found["conversions"].as_u64().unwrap() as usize;
    assert_eq!(journeys.len(), 5 * conversions);
    assert!(journeys.values().all(|sum| (sum - 1.0).abs() < 1e-9));
    for ((model, channel), [conversions, value]) in &sums {
        let whole = match channel.as_str() {
            "(unattributed)" => &found["unattributed"][model],
            channel => &found["credit"][model][channel],
        };
        let near = |key: &str, sum: f64| (whole[key].as_f64().unwrap() - sum).abs() < 1e-6;
        assert!(
            near("conversions", *conversions) && near("value", *value),
            "{model} {channel}"
        );
    }
    let lines = String::from_utf8(files[2].1.clone()).unwrap();
    assert_eq!(lines.lines().count(), count);
    let file = fs::File::open(place.path().join("d.parquet")).unwrap();
    let parquet = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file);
    assert_eq!(
        parquet.unwrap().metadata().file_metadata().num_rows(),
        count as i64
    );
    // Paths have neither users nor times.
    let paths = case("synth_paths.csv");
    let all = [
        "attribute",
        &paths,
        "--models",
        "linear,markov:1:within",
        "--by-journey",
        "p.csv",
    ];
    place.run(&all).done();
    let text = fs::read_to_string(place.path().join("p.csv")).unwrap();
    assert!(
        text.starts_with("journey,model,channel,conversions,value\n1,linear,"),
        "{text:.80}"
    );
    place.refuses(&all, 2, &["--by-journey p.csv", "--force"]);
    let other = ["attribute", "log.csv", "--by-journey", "p.xlsx"];
    place.refuses(&other, 2, &["p.xlsx", ".csv, .jsonl, .parquet or .arrow"]);
}
