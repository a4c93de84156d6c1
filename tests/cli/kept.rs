//! Runs that are stopped, by Ctrl-C or worse, and go on.
#![cfg(unix)]

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::Place;

/// Long enough to be stopped in the middle.
const RUN: [&str; 9] = [
    "run",
    "degenerate",
    "--users",
    "150k",
    "--json",
    "--out",
    "out",
    "--checkpoint",
    "0.05",
];

fn start(place: &Place, more: &[&str]) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin!("redcat"))
        .current_dir(place.path())
        .args(RUN)
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts")
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_child(child);
    kill_process(pid, signal).expect("is there");
}

/// The digest of a run that nobody stops.
fn unbroken() -> String {
    let place = Place::empty();
    let said = place.run(&RUN).done();
    said.json()["digest"].as_str().expect("a digest").to_owned()
}

/// Kills a run again and again at moments of no meaning, until it has come to its end; says how often,
/// and its digest.
fn killed(seed: u64) -> (u32, String) {
    let place = Place::empty();
    for kills in 0.. {
        let mut child = start(&place, &["--resume"]);
        let luck = redcat::base::address::mix(seed + u64::from(kills)) % 600;
        // Later and later, or a slow machine would never come to an end.
        std::thread::sleep(Duration::from_millis(luck + 100 * u64::from(kills)));
        if let Ok(Some(status)) = child.try_wait() {
            let output = child.wait_with_output().expect("waited for");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            // Killed between giving the folder its name and coming to its end: nothing is left to do.
            let there = said.contains("out: is there already");
            assert!(status.success() || there, "{said}");
            let summary = std::fs::read(place.path().join("out/summary.json")).expect("read");
            let told: serde_json::Value = serde_json::from_slice(&summary).expect("JSON");
            let left = place.contents();
            let waits = left
                .keys()
                .any(|name| !name.starts_with("out/") && name != "out");
            assert!(!waits || there, "{:?}", left.keys());
            return (kills, told["digest"].as_str().expect("a digest").to_owned());
        }
        signal(&child, Signal::KILL);
        child.wait().expect("waited for");
    }
    unreachable!()
}

/// Would catch a checkpoint that a kill leaves half-written, and anything that is counted twice or lost.
/// The long version (`REDCAT_LONG` is set) kills a hundred times.
#[test]
fn a_killed_run_ends_with_the_digest_of_the_unbroken_one() {
    let long = std::env::var_os("REDCAT_LONG").is_some();
    if !long {
        eprintln!("the long version (100 kills) is skipped: set REDCAT_LONG to run it");
    }
    let (unbroken, wanted) = (unbroken(), if long { 100 } else { 2 });
    let (mut kills, mut seed) = (0, 0);
    while kills < wanted {
        let (more, digest) = killed(1_000 * seed);
        assert_eq!(digest, unbroken, "after {more} kills");
        (kills, seed) = (kills + more, seed + 1);
        assert!(seed < 1_000, "it is never killed in time");
    }
}

/// Would catch a Ctrl-C that loses what was done, does not say how to go on, or has another exit code
/// than shells expect; a checkpoint that is overwritten without a word; and what was done before counted as
/// done since.
#[test]
fn an_interrupted_run_says_how_to_go_on() {
    let unbroken = unbroken();
    // Now and then a machine is so fast, or so slow, that it is stopped too late or too early.
    for attempt in 1..20 {
        let place = Place::empty();
        let mut child = start(&place, &[]);
        std::thread::sleep(Duration::from_millis(40 * attempt));
        if child.try_wait().expect("asked").is_some() {
            continue;
        }
        signal(&child, Signal::INT);
        let output = child.wait_with_output().expect("waited for");
        if output.status.code() != Some(130) || !place.path().join("out.checkpoint").exists() {
            continue;
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains("of 150,000 users are kept in out.checkpoint"),
            "{said}"
        );
        assert!(said.contains("--checkpoint 0.05 --resume"), "{said}");
        assert!(output.stdout.is_empty());
        assert_eq!(place.contents().len(), 1, "{:?}", place.contents().keys());
        let refused = place.run(&RUN).refused(2);
        assert!(
            refused.stderr.contains("add --resume to go on"),
            "{refused:?}"
        );
        let text: Vec<&str> = RUN.into_iter().filter(|a| *a != "--json").collect();
        let said = place
            .run(&[&text[..], &["--resume"]].concat())
            .done()
            .stdout;
        assert!(said.contains(&format!("Digest {unbroken}")), "{said}");
        assert!(said.contains(" for the last "), "{said}");
        return;
    }
    panic!("a run could not be interrupted in twenty attempts");
}

/// Would catch a checkpoint that is looked for within a folder that is not there yet, because its name
/// was typed with a slash behind it or its parent is to be made, too.
#[test]
fn a_checkpoint_lies_beside_its_folder_however_that_is_written() {
    for out in ["out/", "new/folder/out", "./out//"] {
        let place = Place::empty();
        let mut run = RUN.map(|a| if a == "out" { out } else { a });
        // Some rounds, in little time.
        (run[3], run[8]) = ("50k", "0.05");
        place.run(&run).done();
        let summary = place.path().join(out).join("summary.json");
        assert!(summary.exists(), "{out}");
        let left = place.contents();
        assert!(
            left.keys().all(|name| !name.contains("checkpoint")),
            "{out}"
        );
    }
}

/// Would catch a full disk that leaves half a checkpoint or half a part behind, or is told as anything
/// but an error of the system. Files may not be larger than a few KiB here.
#[test]
fn a_full_disk_is_an_error_and_leaves_nothing_half_written() {
    let place = Place::empty();
    let redcat = assert_cmd::cargo::cargo_bin!("redcat");
    let full = |more: &[&str]| {
        let output = Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""])
            .arg(redcat)
            .args(["run", "degenerate", "--users", "100k", "--quiet"])
            .args(more)
            .current_dir(place.path())
            .output()
            .expect("starts");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = full(&["--out", "out", "--checkpoint", "0.05"]);
    assert!(said.starts_with("error: out.checkpoint: "), "{said}");
    let said = full(&["--out", "parts", "--part", "1/2"]);
    assert!(
        said.starts_with("error: parts/part-1-of-2.redcat: "),
        "{said}"
    );
    let left = place.contents();
    assert!(
        left.keys().all(|name| name.ends_with("parts")),
        "{:?}",
        left.keys()
    );
}

/// Would catch a foreign checkpoint that is gone on with, a damaged one, and a file that is none.
#[test]
fn a_checkpoint_of_something_else_is_refused() {
    let small = ["run", "degenerate", "--users", "2000", "--quiet"];
    let place = Place::empty();
    let parted = ["--part", "1/1", "--out", "parts"];
    place.run(&[&small[..], &parted].concat()).done();
    let part = place.path().join("parts/part-1-of-1.redcat");
    let checkpoint = place.path().join("out.checkpoint");
    let mut bytes = std::fs::read(&part).expect("read");
    std::fs::write(&checkpoint, &bytes).expect("written");
    let resumed = [&small[..], &["--out", "out", "--resume"]].concat();
    let said = place
        .run(&[&resumed[..], &["--seed", "7"]].concat())
        .refused(2);
    assert!(
        said.stderr
            .contains("out.checkpoint: is of another run: its seed"),
        "{said:?}"
    );
    *bytes.last_mut().expect("a byte") ^= 1;
    std::fs::write(&checkpoint, &bytes).expect("written");
    let said = place.run(&resumed).refused(2);
    assert!(
        said.stderr.contains("out.checkpoint: is damaged"),
        "{said:?}"
    );
    std::fs::write(&checkpoint, "nothing of the kind").expect("written");
    let said = place.run(&resumed).refused(2);
    assert!(
        said.stderr
            .contains("out.checkpoint: is not a part of a run"),
        "{said:?}"
    );
    std::fs::remove_file(&checkpoint).expect("removed");
    place.run(&resumed).done();
}
