//! Models that are commands: what they answer is what is told, whatever they are written in.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow_ipc::writer::StreamWriter;
use serde_json::Value;

use super::attribute::{case, credit};
use super::exec_refused::refused;
use super::{Place, Said};

/// The example, built by `cargo test` beside the tests, or else here.
fn example() -> String {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let own = std::env::current_exe().unwrap();
        let folder = own.parent().and_then(|deps| deps.parent()).unwrap();
        let path = folder
            .join("examples")
            .join(format!("exec_last{}", std::env::consts::EXE_SUFFIX));
        if !path.exists() {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
            cargo.args([
                "build",
                "--quiet",
                "--locked",
                "--example",
                "exec_last",
                "--target-dir",
            ]);
            cargo.arg(folder.parent().unwrap());
            if folder.ends_with("release") {
                cargo.arg("--release");
            }
            assert!(cargo.status().unwrap().success());
        }
        path
    });
    built.to_str().unwrap().to_owned()
}

/// Would catch credit that is lost, doubled or rounded between the processes, a deadlock with a
/// command that answers as it reads, a log of next to nothing that is not told, and credit that depends
/// on the number of workers: the last
/// touch's share is the built-in model's, to the bit.
#[test]
fn a_command_is_a_model_like_any_other() {
    let place = Place::empty();
    let text = fs::read_to_string(case("synth_journeys.csv")).unwrap();
    let (head, rows) = text.split_once('\n').unwrap();
    // Some hundred thousand touches: much more than pipes hold.
    let many = format!("{head}\n{}", rows.repeat(30));
    fs::write(place.path().join("many.csv"), many).unwrap();
    let mine = format!("mine={}", example());
    let run = |workers: &str| {
        let more = [
            "many.csv",
            "--models",
            "last,first",
            "--exec",
            &mine,
            "--exec-workers",
            workers,
        ];
        credit(&place, &more)
    };
    let one = run("1");
    assert_eq!(one["credit"]["mine"], one["credit"]["last"]);
    assert_eq!(one["unattributed"]["mine"], one["unattributed"]["last"]);
    assert_ne!(one["credit"]["mine"], one["credit"]["first"]);
    for workers in ["2", "5", "64"] {
        assert_eq!(run(workers)["digest"], one["digest"], "{workers} workers");
    }
    for text in ["", ",3,1.5,2\n"] {
        let text = format!("path,conversions,value,nulls\n{text}");
        fs::write(place.path().join("few.csv"), text).unwrap();
        let few = credit(&place, &["few.csv", "--models", "last", "--exec", &mine]);
        assert_eq!(few["unattributed"]["mine"], few["unattributed"]["last"]);
    }
    let inline = format!("last,exec:{},linear", example());
    let inline = credit(&place, &["many.csv", "--models", &inline]);
    let models: Vec<&String> = inline["credit"].as_object().unwrap().keys().collect();
    assert_eq!(models, ["last", "exec:exec_last", "linear"]);
    assert_eq!(inline["credit"]["exec:exec_last"], one["credit"]["mine"]);
    let table = place.run(&[
        "attribute",
        "many.csv",
        "--models",
        &format!("exec:{}", example()),
    ]);
    assert!(table.done().stdout.contains("exec:exec_last"));
}

/// Two journeys that convert, one that does not, and one without a touch.
pub const LOG: &str = "path,conversions,value,nulls\n a > b,2,10,0\nb,1,3,1\nc,0,0,4\n,1,7,0\n";

/// Asks a shell script to be the model.
pub fn script(place: &Place, text: &str, more: &[&str]) -> Said {
    let command = format!("mine=sh -c '{text}'");
    let all = [
        &[
            "attribute",
            "log.csv",
            "--models",
            "last",
            "--json",
            "--exec",
            &command,
        ],
        more,
    ];
    place.run(&all.concat())
}

/// Writes an answer with these columns; journeys are told by number.
pub fn answer(place: &Place, columns: &[&str], journeys: &[u64], rows: Vec<(&str, f64, f64)>) {
    let column = |name: &&str| -> (String, ArrayRef) {
        let array: ArrayRef = match *name {
            "journey" => Arc::new(UInt64Array::from(journeys.to_vec())),
            "merchant" => Arc::new(StringArray::from(vec!["s"; rows.len()])),
            "conversions" => Arc::new(Float64Array::from_iter_values(rows.iter().map(|r| r.1))),
            "value" => Arc::new(Float64Array::from_iter_values(rows.iter().map(|r| r.2))),
            _ => Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.0))),
        };
        ((*name).to_owned(), array)
    };
    let batch = RecordBatch::try_from_iter(columns.iter().map(column)).unwrap();
    let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    // In two batches: rows of a journey may be parted between them.
    let half = batch.num_rows() / 2;
    stream.write(&batch.slice(0, half)).unwrap();
    stream
        .write(&batch.slice(half, batch.num_rows() - half))
        .unwrap();
    fs::write(place.path().join("answer"), stream.into_inner().unwrap()).unwrap();
}

pub const BY_JOURNEY: [&str; 4] = ["journey", "channel", "conversions", "value"];
pub const BY_CHANNEL: [&str; 3] = ["channel", "conversions", "value"];
/// Reads all, then answers.
pub const REPLAY: &str = "cat >/dev/null; cat answer";

/// Would catch credit that lands at another channel, a rest that vanishes, and rows of a journey
/// that have to stand in one batch.
#[test]
fn answers_by_journey_and_by_channel_are_taken_as_they_are() {
    let place = Place::with(&[("log.csv", LOG)]);
    let found = |columns: &[&str], journeys: &[u64], rows| -> Value {
        answer(&place, columns, journeys, rows);
        script(&place, REPLAY, &[]).done().json()
    };
    let third = 1.0 / 3.0;
    let rows = vec![
        ("c", 0.0, 0.0),
        ("b", 1.0, 2.0),
        ("a", 2.0 * third, 0.0),
        ("c", 2.0 * third, 1.0),
        ("b", 2.0 * third, 4.0),
    ];
    let by_journey = found(&BY_JOURNEY, &[2, 1, 0, 0, 0], rows);
    let mine = &by_journey["credit"]["mine"];
    assert!((mine["a"]["conversions"].as_f64().unwrap() - 2.0 * third).abs() < 1e-11);
    assert!((mine["b"]["conversions"].as_f64().unwrap() - 5.0 * third).abs() < 1e-11);
    assert_eq!(mine["b"]["value"], 6.0);
    // The journey without a touch, and of values what was not given out.
    assert_eq!(by_journey["unattributed"]["mine"]["conversions"], 1.0);
    assert_eq!(by_journey["unattributed"]["mine"]["value"], 13.0);
    let by_channel = found(&BY_CHANNEL, &[], vec![("b", 3.0, 20.0), ("a", 1.0, 0.0)]);
    assert_eq!(by_channel["credit"]["mine"]["b"]["value"], 20.0);
    assert_eq!(by_channel["unattributed"]["mine"]["conversions"], 0.0);
    let nothing = found(&BY_CHANNEL, &[], vec![]);
    assert_eq!(nothing["unattributed"]["mine"]["value"], 20.0);
}

/// Would catch merchants that are mixed up, and a sum of fitted answers that is not told as one.
#[test]
fn merchants_are_kept_apart() {
    let log = "path,conversions,value,nulls,shop\na > b,2,10,0,s\na,1,3,0,t\n";
    let place = Place::with(&[("log.csv", log)]);
    let shop = ["--merchant", "shop"];
    answer(
        &place,
        &["merchant", "channel", "conversions", "value"],
        &[],
        vec![("a", 1.5, 10.0)],
    );
    let found = script(&place, REPLAY, &shop).done().json();
    assert_eq!(
        found["merchants"]["s"]["credit"]["mine"]["a"]["conversions"],
        1.5
    );
    assert_eq!(
        found["merchants"]["s"]["unattributed"]["mine"]["conversions"],
        0.5
    );
    assert_eq!(
        found["merchants"]["t"]["unattributed"]["mine"]["value"],
        3.0
    );
    answer(&place, &BY_CHANNEL, &[], vec![("a", 1.5, 10.0)]);
    refused(&place, REPLAY, &shop, &["no column `merchant`"]);
    answer(&place, &BY_JOURNEY, &[1], vec![("a", 1.0, 3.0)]);
    let found = script(&place, REPLAY, &shop).done().json();
    assert_eq!(found["merchants"]["t"]["credit"]["mine"]["a"]["value"], 3.0);
}

/// Would catch an example that does not run. Needs Python with PyArrow, and says so if it is absent.
#[test]
fn the_python_example_runs() {
    let python = std::env::var("REDCAT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let there = Command::new(&python)
        .args(["-c", "import pyarrow"])
        .output();
    if !there.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: {python} has no pyarrow");
        return;
    }
    let log = "user,time,event,channel,value\nu,1,view,a,\nu,2,click,b,\nu,3,conversion,,8\n\
               v,1,view,a,\nv,2,conversion,,1\nw,1,view,a,\nx,5,conversion,,2\n";
    let place = Place::with(&[("log.csv", log)]);
    let mine = format!(
        "mine={python} {}/examples/exec_model.py",
        env!("CARGO_MANIFEST_DIR")
    );
    let found = credit(&place, &["log.csv", "--exec", &mine]);
    assert_eq!(found["credit"]["mine"]["a"]["value"], 3.0);
    assert_eq!(found["credit"]["mine"]["b"]["conversions"], 0.75);
    assert_eq!(found["unattributed"]["mine"]["value"], 2.0);
}
