//! Arrow files: what is written can be read by anybody, and what is read means the same as elsewhere.

use std::fs;
use std::sync::Arc;

use arrow_array::builder::{Float32Builder, LargeListBuilder, ListBuilder, StringBuilder};
use arrow_array::types::{Int8Type, UInt32Type};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array,
    Float64Array, Int16Array, Int64Array, LargeStringArray, NullArray, RecordBatch, StringArray,
    StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt64Array,
};
use arrow_ipc::CompressionType;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use redcat::io::{Column, Table};
use serde_json::Value;

use super::Place;
use super::attribute::{case, credit};

/// A file of several batches, packed or not.
pub fn file(batch: &RecordBatch, rows: usize, packed: Option<CompressionType>) -> Vec<u8> {
    let options = IpcWriteOptions::default()
        .try_with_compression(packed)
        .unwrap();
    let mut file = FileWriter::try_new_with_options(Vec::new(), &batch.schema(), options).unwrap();
    for start in (0..batch.num_rows()).step_by(rows) {
        file.write(&batch.slice(start, rows.min(batch.num_rows() - start)))
            .unwrap();
    }
    file.into_inner().unwrap()
}

pub fn stream(batch: &RecordBatch, rows: usize) -> Vec<u8> {
    let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    for start in (0..batch.num_rows()).step_by(rows) {
        stream
            .write(&batch.slice(start, rows.min(batch.num_rows() - start)))
            .unwrap();
    }
    stream.into_inner().unwrap()
}

pub fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let nullable = columns.into_iter().map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(nullable).unwrap()
}

struct Events {
    user: Vec<String>,
    time: Vec<i64>,
    event: Vec<String>,
    channel: Vec<String>,
    value: Vec<f64>,
}

/// The public case, with times in milliseconds.
fn events() -> Events {
    let mut reader = csv::Reader::from_path(case("synth_events.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let text = |i: usize| rows.iter().map(|r| r[i].to_owned()).collect();
    let time = |r: &csv::StringRecord| r[1].parse::<jiff::Timestamp>().unwrap().as_millisecond();
    Events {
        user: text(0),
        time: rows.iter().map(time).collect(),
        event: text(2),
        channel: text(3),
        value: rows
            .iter()
            .map(|r| r[4].parse().unwrap_or(f64::NAN))
            .collect(),
    }
}

/// Would catch a cell that is read as another, in any of the types in which people write it, and a
/// batch that is lost, from files and streams, packed and not: credit is that of the CSV to the bit.
#[test]
fn every_type_means_what_it_says() {
    let place = Place::empty();
    let whole = credit(&place, &[&case("synth_events.csv")])["credit"].clone();
    let log = events();
    let text = || {
        log.channel
            .iter()
            .map(|c| Some(c.as_str()).filter(|c| !c.is_empty()))
    };
    let times = |times: i64, parts: i64| log.time.iter().map(move |ms| ms * times / parts);
    let users: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(&log.user)),
        Arc::new(LargeStringArray::from_iter_values(&log.user)),
        Arc::new(StringViewArray::from_iter_values(&log.user)),
        Arc::new(
            log.user
                .iter()
                .map(|u| Some(u.as_str()))
                .collect::<DictionaryArray<UInt32Type>>(),
        ),
        // Beyond what signed numbers hold: names, and not to be rounded.
        Arc::new(UInt64Array::from_iter_values(log.user.iter().map(|u| {
            u64::MAX - u.bytes().fold(0, |n, b| n * 64 + u64::from(b & 63))
        }))),
    ];
    let whens: Vec<ArrayRef> = vec![
        Arc::new(TimestampMillisecondArray::from_iter_values(
            log.time.iter().copied(),
        )),
        Arc::new(TimestampMicrosecondArray::from_iter_values(times(1_000, 1)).with_timezone("UTC")),
        Arc::new(
            TimestampNanosecondArray::from_iter_values(times(1_000_000, 1)).with_timezone("+08:00"),
        ),
        Arc::new(Int64Array::from_iter_values(log.time.iter().copied())),
        Arc::new(StringArray::from_iter_values(log.time.iter().map(|ms| {
            jiff::Timestamp::from_millisecond(*ms).unwrap().to_string()
        }))),
    ];
    let channels: Vec<ArrayRef> = vec![
        Arc::new(text().collect::<DictionaryArray<Int8Type>>()),
        Arc::new(StringViewArray::from_iter(text())),
        Arc::new(LargeStringArray::from_iter(text())),
        Arc::new(StringArray::from_iter(text())),
        Arc::new(StringArray::from_iter_values(&log.channel)),
    ];
    let cents = log
        .value
        .iter()
        .map(|v| (!v.is_nan()).then(|| (v * 100.0).round() as i128));
    let values: Vec<ArrayRef> = vec![
        Arc::new(Float64Array::from_iter(
            log.value.iter().map(|v| Some(*v).filter(|v| !v.is_nan())),
        )),
        Arc::new(Float32Array::from_iter(
            log.value
                .iter()
                .map(|v| Some(*v as f32).filter(|v| !v.is_nan())),
        )),
        Arc::new(
            Decimal128Array::from_iter(cents)
                .with_precision_and_scale(20, 2)
                .unwrap(),
        ),
        Arc::new(Float64Array::from_iter(
            log.value.iter().map(|v| Some(*v).filter(|v| !v.is_nan())),
        )),
        Arc::new(StringArray::from_iter(
            log.value
                .iter()
                .map(|v| (!v.is_nan()).then(|| v.to_string())),
        )),
    ];
    let event: ArrayRef = Arc::new(StringArray::from_iter_values(&log.event));
    for (kind, user) in users.into_iter().enumerate() {
        let columns = vec![
            (
                "unused",
                Arc::new(NullArray::new(log.user.len())) as ArrayRef,
            ),
            ("user_id", user),
            ("ts", Arc::clone(&whens[kind])),
            ("event", Arc::clone(&event)),
            ("channel", Arc::clone(&channels[kind])),
            ("value", Arc::clone(&values[kind])),
        ];
        let batch = batch(columns);
        for (name, bytes) in [
            ("plain.arrow", file(&batch, 5_000, None)),
            (
                "lz4.feather",
                file(&batch, 20_000, Some(CompressionType::LZ4_FRAME)),
            ),
            ("zstd.ipc", file(&batch, 999, Some(CompressionType::ZSTD))),
            ("stream.arrows", stream(&batch, 5_000)),
        ] {
            fs::write(place.path().join(name), bytes).unwrap();
            let found = credit(&place, &[name]);
            assert_eq!(found["rows"], log.user.len(), "{name}, {kind}");
            assert_eq!(found["credit"], whole, "{name}, {kind}");
        }
    }
}

/// Would catch lists that are read as anything but the touches of one journey, days and seconds in
/// the wrong unit, and the file of the library's own writer that differs from Parquet's.
#[test]
fn lists_days_and_the_librarys_own_files() {
    let place = Place::empty();
    let mut reader = csv::Reader::from_path(case("synth_journeys.csv")).unwrap();
    let names: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    let at = |name: &str| names.iter().position(|n| n == name).unwrap();
    let (path, hours) = (at("journey"), at("time_till_end"));
    let (conversion, value) = (at("conversion"), at("conversion_value"));
    let (mut paths, mut times) = (
        ListBuilder::new(StringBuilder::new()),
        LargeListBuilder::new(Float32Builder::new()),
    );
    let (mut flags, mut values) = (Vec::new(), Vec::new());
    for row in reader.records().map(Result::unwrap) {
        row[path]
            .split(" > ")
            .for_each(|c| paths.values().append_value(c));
        paths.append(true);
        row[hours]
            .split(" > ")
            .for_each(|h| times.values().append_value(h.parse().unwrap()));
        times.append(true);
        flags.push(&row[conversion] == "True");
        values.push(row[value].parse::<f64>().unwrap());
    }
    let batch = batch(vec![
        ("path", Arc::new(paths.finish())),
        ("hours", Arc::new(times.finish())),
        ("conversion", Arc::new(BooleanArray::from(flags))),
        ("value", Arc::new(Float64Array::from(values))),
    ]);
    fs::write(place.path().join("journeys.arrow"), file(&batch, 700, None)).unwrap();
    let text = fs::read_to_string(case("expected_synth.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let found = credit(&place, &["journeys.arrow"]);
    for (model, key) in [
        ("first", "first"),
        ("last", "last"),
        ("linear", "linear"),
        ("position", "position_40_20_40"),
    ] {
        for (channel, value) in expected["heuristic_conversions"][key].as_object().unwrap() {
            let got = found["credit"][model][channel]["conversions"]
                .as_f64()
                .unwrap();
            assert!(
                (got - value.as_f64().unwrap()).abs() < 642e-9,
                "{model}, {channel}"
            );
        }
    }
    let days: ArrayRef = Arc::new(Date32Array::from(vec![20_000, 20_001, 20_001]));
    let seconds: ArrayRef = Arc::new(TimestampSecondArray::from(vec![
        1_728_000_000,
        1_728_086_400,
        1_728_086_400,
    ]));
    for time in [days, seconds] {
        let batch = super::arrow::batch(vec![
            ("user", Arc::new(UInt8Array::from(vec![1, 1, 1]))),
            ("time", time),
            (
                "event",
                Arc::new(StringArray::from(vec!["touch", "touch", "conversion"])),
            ),
            (
                "channel",
                Arc::new(StringArray::from(vec![Some("a"), Some("b"), None])),
            ),
            (
                "value",
                Arc::new(Int16Array::from(vec![None, None, Some(9)])),
            ),
        ]);
        fs::write(place.path().join("days.arrow"), file(&batch, 2, None)).unwrap();
        let found = credit(
            &place,
            &[
                "days.arrow",
                "--models",
                "time-decay:24h",
                "--window",
                "25h",
            ],
        );
        let value = found["credit"]["time-decay:24h"]["a"]["value"].as_f64();
        assert!((value.unwrap() - 3.0).abs() < 1e-9, "{value:?}");
    }
    let table = Table::new("events")
        .with("user", Column::Text(events().user))
        .with("time", Column::Time(events().time))
        .with("event", Column::Text(events().event))
        .with("channel", Column::Text(events().channel))
        .with(
            "value",
            Column::Float(events().value.iter().map(|v| v.max(0.0)).collect()),
        );
    fs::write(
        place.path().join("own.parquet"),
        table.parquet(true).unwrap(),
    )
    .unwrap();
    fs::write(place.path().join("own.arrow"), table.arrow(true).unwrap()).unwrap();
    fs::write(place.path().join("bare.arrow"), table.arrow(false).unwrap()).unwrap();
    let own = credit(&place, &["own.parquet"]);
    assert_eq!(credit(&place, &["own.arrow"])["digest"], own["digest"]);
    assert_eq!(credit(&place, &["bare.arrow"])["digest"], own["digest"]);
}

/// Would catch a log that says other things in Arrow than in Parquet, a file of credit likewise, and
/// columns of other names or types than the docs say.
#[test]
fn a_generated_log_is_the_same_in_arrow() {
    let place = Place::empty();
    for format in ["arrow", "parquet"] {
        let make = [
            "generate",
            "red-cat-618",
            "--users",
            "9000",
            "--quiet",
            "--truth",
            "--format",
            format,
            "--out",
            format,
        ];
        place.run(&make).done();
    }
    let models = [
        "--conversion-event",
        "order",
        "--merchant",
        "merchant",
        "--map",
        "value=value_fen",
        "--touch-event",
        "visit,cart,like,collect,share,comment,follow,ask-link,refund",
        "--on-bad-row",
        "skip",
    ];
    let of = |log: &str| credit(&place, &[&[log][..], &models].concat());
    let (arrow, parquet) = (of("arrow/events/*.arrow"), of("parquet/events/*.parquet"));
    assert!(arrow["rows"].as_u64() > Some(100_000) && arrow["conversions"].as_u64() > Some(1_000));
    assert_eq!(arrow["digest"], parquet["digest"]);
    let part = fs::File::open(place.path().join("arrow/events/part-000001.arrow")).unwrap();
    let mut part = FileReader::try_new(part, None).unwrap();
    let fields = part.schema();
    let fields: Vec<String> = fields
        .fields()
        .iter()
        .map(|f| format!("{} {}", f.name(), f.data_type()))
        .collect();
    assert_eq!(
        fields.join(", "),
        "user Int64, time Timestamp(µs, \"UTC\"), event Utf8, channel Utf8, merchant Int64, tier Utf8, \
         category Utf8, note Int64, destination Utf8, route Utf8, order Int64, value_fen Int64, \
         need Int64, cause Utf8"
    );
    assert!(part.next().unwrap().unwrap().num_rows() > 1_000);
    let log = case("synth_paths.csv");
    let document = place
        .run(&["attribute", &log, "--json", "--out", "credit.arrow"])
        .done()
        .json();
    let credit = fs::File::open(place.path().join("credit.arrow")).unwrap();
    let rows = FileReader::try_new(credit, None)
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let value = rows.column_by_name("value").unwrap();
    let values = value.as_any().downcast_ref::<Float64Array>().unwrap();
    let first = document["credit"]["first"]
        .as_object()
        .unwrap()
        .values()
        .next()
        .unwrap();
    assert_eq!(Some(values.value(0)), first["value"].as_f64());
}
