//! `redcat attribute` over logs that cannot be read, or not whole: each fault with its place, and no
//! row that vanishes.

use std::fs;

use super::Place;
use super::attribute::case;

const EVENTS: &str = "user,time,event,channel,value\nu,1,touch,a,\n";

/// Name, text, and what the refusal must say.
type Bad = (&'static str, String, &'static [&'static str]);

fn bad_rows() -> Vec<Bad> {
    let events = |row: &str| format!("{EVENTS}{row}\nu,9,conversion,,1\n");
    let journeys = |row: &str| format!("journey,hours,conversion,value\n{row}\n");
    let paths = |row: &str| format!("path,conversions,value,nulls\n{row}\n");
    vec![
        (
            "user.csv",
            events(",2,touch,a,"),
            &["line 3, column `user`", "nothing is there"],
        ),
        (
            "channel.csv",
            events("u,2,touch,,"),
            &["line 3, column `channel`", "fill it in"],
        ),
        (
            "time.csv",
            events("u,noon,touch,a,"),
            &["column `time`", "`noon`", "Unix seconds"],
        ),
        (
            "day.csv",
            events("u,2025-02-30,touch,a,"),
            &["column `time`", "is not a time"],
        ),
        (
            "value.csv",
            events("u,2,conversion,,-3"),
            &["column `value`", "is negative: `-3`"],
        ),
        (
            "large.csv",
            events("u,2,conversion,,1e13"),
            &["column `value`", "larger unit"],
        ),
        (
            "event.csv",
            events("u,2,purchase,,3"),
            &["column `event`", "--conversion-event"],
        ),
        (
            "ragged.csv",
            events("u,2,touch"),
            &["line 3", "has 3 cells instead of 5"],
        ),
        (
            "object.jsonl",
            "{\"user\":1,\"time\":2,\"event\":\"touch\",\"channel\":\"a\"}\n{\"user\":\n".into(),
            &["line 2", "one JSON object a line"],
        ),
        (
            "hours.csv",
            journeys("a > b,1 > 2,1,3"),
            &["column `hours`", "none larger"],
        ),
        (
            "few.csv",
            journeys("a > b,1,1,3"),
            &["column `hours`", "one number a touch"],
        ),
        (
            "flag.csv",
            journeys("a,1,perhaps,3"),
            &["column `conversion`", "true or false"],
        ),
        (
            "null.csv",
            journeys("a,1,0,3"),
            &["column `value`", "value without a conversion"],
        ),
        (
            "step.csv",
            paths("a > > b,1,1,1"),
            &["column `path`", "name every step"],
        ),
        (
            "count.csv",
            paths("a,1.5,1,1"),
            &["column `conversions`", "whole number"],
        ),
    ]
}

/// Would catch a bad row that is used, or refused without file, place, value and remedy; and, when
/// rows are skipped, one that vanishes without being counted and written down.
#[test]
fn bad_rows_stop_or_are_counted_and_written() {
    for (name, text, parts) in bad_rows() {
        let place = Place::with(&[(name, &text)]);
        let parts = [&[name, "--on-bad-row skip"], parts].concat();
        place.refuses(&["attribute", name], 2, &parts);
        let skip = [
            "attribute",
            name,
            "--json",
            "--on-bad-row",
            "skip",
            "--rejects",
            "bad.csv",
        ];
        let found = place.run(&skip).done().json();
        assert_eq!(found["rejected"], 1, "{name}");
        let rows = text.lines().count() - usize::from(!name.ends_with("jsonl"));
        assert_eq!(found["rows"], rows, "{name}");
        assert_eq!(found["rows_used"], rows - 1, "{name}");
        let rejects = fs::read_to_string(place.path().join("bad.csv")).unwrap();
        let mut rejects = csv::Reader::from_reader(rejects.as_bytes());
        let rejects: Vec<_> = rejects.records().map(Result::unwrap).collect();
        assert_eq!(rejects.len(), 1, "{name}");
        let row = rejects[0][5].trim();
        assert!(!row.is_empty(), "{name}: the row is told: {rejects:?}");
        assert!(text.contains(row), "{name}: {rejects:?}");
    }
}

/// Would catch a row that is not UTF-8 read as some other name.
#[test]
fn broken_utf8_is_a_bad_row() {
    let place = Place::empty();
    let text = [EVENTS.as_bytes(), b"u,2,touch,caf\xE9,\n"].concat();
    fs::write(place.path().join("log.csv"), text).unwrap();
    place.refuses(
        &["attribute", "log.csv"],
        2,
        &["line 3, column `channel`", "not UTF-8"],
    );
    let said = place
        .run(&["attribute", "log.csv", "--json", "--on-bad-row", "skip"])
        .done();
    assert_eq!(said.json()["rejected"], 1);
}

/// Would catch half a file taken for a whole one, at whatever byte it was cut.
#[test]
fn files_cut_short_are_refused() {
    let place = Place::empty();
    let whole = fs::read(case("synth_events.parquet")).unwrap();
    for part in [5, 1_000, whole.len() / 2, whole.len() - 1] {
        fs::write(place.path().join("cut.parquet"), &whole[..part]).unwrap();
        place.refuses(
            &["attribute", "cut.parquet"],
            2,
            &["cut.parquet: cannot be read as Parquet"],
        );
    }
    let text = fs::read(case("synth_events.csv")).unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gz, &text).unwrap();
    let gz = gz.finish().unwrap();
    fs::write(place.path().join("cut.csv.gz"), &gz[..gz.len() / 2]).unwrap();
    place.refuses(&["attribute", "cut.csv.gz"], 2, &["cut.csv.gz: breaks off"]);
}

/// Would catch files of different kinds added together, a file counted twice, and files that are not
/// there, are no logs, or are too large, read as something.
#[test]
fn files_that_do_not_fit_are_refused() {
    let many: String = (0..20_000)
        .map(|i| format!("user{},1,touch,a,\n", i % 2))
        .collect();
    let many = format!("{EVENTS}{many}");
    let paths = format!("path,conversions\n{}", "a > b,1\n".repeat(2_000));
    let place = Place::with(&[
        ("a.csv", EVENTS),
        ("b.csv", "user,time,event,channel\nu,1,touch,a\n"),
        ("c.csv", "path,conversions\na,1\n"),
        ("empty.csv", ""),
        ("other.csv", "city,country\nParis,France\n"),
        ("many.csv", &many),
        ("paths.csv", &paths),
    ]);
    fs::create_dir(place.path().join("folder")).unwrap();
    for (arguments, parts) in [
        (&["a.csv", "b.csv"][..], &["b.csv: has other columns"][..]),
        (
            &["a.csv", "c.csv"],
            &["c.csv: has other columns (paths)", "a.csv (events)"],
        ),
        (&["a.csv", "a.csv"], &["named twice"]),
        (&["empty.csv"], &["empty.csv: is empty"]),
        (&["other.csv"], &["city, country", "lacks `user`", "--map"]),
        (&["nowhere.csv"], &["nowhere.csv: No such file"]),
        (&["no*.csv"], &["no*.csv: no file matches"]),
        (&["folder"], &["folder: is a directory"]),
        (
            &["a.csv", "--map", "user=uid"],
            &["a.csv: has no column `uid`"],
        ),
        (
            &["a.csv", "--map", "usr=uid"],
            &["`usr` is none of: user, time"],
        ),
        (&["a.csv", "--merchant", "shop"], &["has no column `shop`"]),
        (
            &["a.csv", "--shape", "paths"],
            &["as paths it lacks `path`"],
        ),
        (
            &["c.csv", "--window", "3d"],
            &["--window", "does not say when"],
        ),
        (&["a.csv", "--window", "3"], &["30d, 12h"]),
        (&["a.csv", "--zone", "Mars"], &["+08:00"]),
        (&["a.csv", "--models", "lats"], &["did you mean `last`?"]),
        (
            &["a.csv", "--models", "last-paid:zzz"],
            &["--models", "names the channel `zzz`"],
        ),
        (&["a.csv", "--rejects", "r.csv"], &["--on-bad-row skip"]),
        (
            &["many.csv", "--memory", "500KiB"],
            &["more than the 512000 bytes", "all events of one identity"],
        ),
        (
            &["paths.csv", "--memory", "100KiB"],
            &["more than the 102400 bytes", "journeys and paths are kept"],
        ),
        (&["--touches", "a.csv"], &["--conversions <FILES>..."]),
        (
            &["--touches", "a.csv", "--conversions", "other.csv"],
            &["other.csv", "as conversions it lacks `user`"],
        ),
        (
            &[
                "--touches",
                "a.csv",
                "--conversions",
                "a.csv",
                "--map",
                "a.user=user",
            ],
            &["`a.user` is none of: touches.FIELD"],
        ),
    ] {
        place.refuses(&[&["attribute"], arguments].concat(), 2, parts);
    }
}

/// Would catch damaged Parquet that ends the program: the decoder panics on some footers.
#[test]
fn damaged_parquet_is_refused_or_read() {
    let place = Place::empty();
    let path = place.path().join("log.parquet");
    let whole = fs::read(case("synth_events.parquet")).unwrap();
    let footer = whole.len() - 1_500;
    // Among what these draws damage is a file on which the decoder panics: one in some ten thousand.
    let mut state = 1_940_492_289_802_411_963_u64;
    let mut refused = 0;
    for round in 0..400 {
        let mut bytes = whole.clone();
        for _ in 0..3 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let draw = (state >> 33) as usize;
            // Most of the time the footer, whose numbers say where everything is.
            let from = if round % 4 == 0 { 4 } else { footer };
            let at = from + draw % (whole.len() - 8 - from);
            bytes[at] = (state >> 24) as u8;
        }
        fs::write(&path, bytes).unwrap();
        let options = redcat::io::LogOptions {
            threads: Some(1),
            ..Default::default()
        };
        refused +=
            usize::from(redcat::io::Log::read(std::slice::from_ref(&path), &options).is_err());
    }
    assert!((100..400).contains(&refused), "{refused}");
}
