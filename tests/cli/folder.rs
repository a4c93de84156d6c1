//! The run folder: whole or not there.

use std::fs;

use serde_json::Value;

use super::document::strip;
use super::{Place, SMALL};

fn run_into<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [
        &["run", "red-cat-618", "--json", "--out", out],
        &SMALL[..],
        more,
    ]
    .concat()
}

fn json(place: &Place, path: &str) -> Value {
    let text = fs::read_to_string(place.path().join(path)).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

/// Would catch a table or a manifest that is missing, cut short, or of another run.
#[test]
fn a_run_folder_holds_the_run() {
    let place = Place::empty();
    let arguments = run_into("result", &[]);
    let said = place.run(&arguments).done();
    assert_eq!(said.stderr, "");
    let mut printed = said.json();
    let mut summary = json(&place, "result/summary.json");
    let manifest = json(&place, "result/manifest.json");
    for key in ["redcat", "seed", "users", "threads", "digest"] {
        assert_eq!(manifest[key], printed[key], "{key}");
    }
    assert_eq!(manifest["arguments"], serde_json::json!(arguments));
    assert!(manifest["machine"].is_object());
    let text = manifest["scenario"]["text"].as_str().expect("the scenario");
    assert!(
        text.contains("min_score = 4.5"),
        "all that the run was made from: {text}"
    );
    strip(&mut printed);
    strip(&mut summary);
    assert_eq!(summary, printed);
    for table in ["sales", "truth", "credit", "scores", "reports"] {
        let path = place.path().join(format!("result/tables/{table}.parquet"));
        let bytes = fs::read(path).expect(table);
        assert!(
            bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"),
            "{table}"
        );
        assert!(bytes.len() > 100, "{table}");
    }
    let top: Vec<_> = fs::read_dir(place.path()).expect("a folder").collect();
    assert_eq!(top.len(), 1, "only the folder itself: {top:?}");
}

/// Would catch a run that can be made again from its own folder no more.
#[test]
fn the_text_of_the_manifest_makes_the_run_again() {
    let place = Place::empty();
    let set = ["--set", "policy.blue_links=false"];
    let first = place.run(&run_into("result", &set)).done().json();
    let manifest = json(&place, "result/manifest.json");
    let text = manifest["scenario"]["text"].as_str().expect("the scenario");
    fs::write(place.path().join("again.toml"), text).expect("written");
    let again = place.document("again.toml", &[]);
    assert_eq!(again["digest"], first["digest"]);
    assert_eq!(again["scenario"], first["scenario"]);
}

/// Would catch old files left among new ones.
#[test]
fn force_replaces_a_run_folder() {
    let place = Place::empty();
    let first = place.run(&run_into("result", &[])).done().json();
    fs::write(place.path().join("result/stale.txt"), "old").expect("written");
    let second = run_into("result", &["--force", "--seed", "7"]);
    let second = place.run(&second).done().json();
    assert_ne!(first["digest"], second["digest"]);
    assert_eq!(
        json(&place, "result/summary.json")["digest"],
        second["digest"]
    );
    let contents = place.contents();
    let left = |part: &str| contents.keys().any(|path| path.contains(part));
    assert!(
        !left("stale") && !left("inprogress"),
        "{:?}",
        contents.keys()
    );
}

/// Would catch a killed run that bars the way of the next.
#[test]
fn what_a_killed_run_left_is_replaced() {
    let place = Place::empty();
    fs::create_dir(place.path().join("result.inprogress")).expect("made");
    fs::write(place.path().join("result.inprogress/stale.txt"), "old").expect("written");
    place.run(&run_into("result", &[])).done();
    let contents = place.contents();
    let left = |part: &str| contents.keys().any(|path| path.contains(part));
    assert!(
        !left("stale") && !left("inprogress"),
        "{:?}",
        contents.keys()
    );
}

/// Would catch folders on the way that must be made by hand.
#[test]
fn folders_on_the_way_are_made() {
    let place = Place::empty();
    place.run(&run_into("a/b/result/", &[])).done();
    assert!(place.path().join("a/b/result/summary.json").is_file());
}

/// Would catch a panic over a path that is not text, after all the work is done.
#[cfg(target_os = "linux")]
#[test]
fn a_path_need_not_be_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    let place = Place::empty();
    let out = OsStr::from_bytes(b"r\xff");
    let output = Command::new(assert_cmd::cargo::cargo_bin!("redcat"))
        .args(["run", "red-cat-618", "--json"])
        .args(SMALL)
        .arg("--out")
        .arg(out)
        .current_dir(place.path())
        .output()
        .expect("starts");
    super::Said::new(&["run", "--out"], output).done();
    assert!(place.path().join(out).join("summary.json").is_file());
}
