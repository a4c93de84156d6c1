//! Commands that fail, hang, or answer what cannot be credit: each is told for what it is, and nothing
//! hangs or goes on.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use super::Place;
use super::exec::{BY_CHANNEL, BY_JOURNEY, LOG, REPLAY, answer, script};

/// Runs a script that must be refused with this code and these parts, soon.
#[track_caller]
pub fn refused(place: &Place, text: &str, more: &[&str], parts: &[&str]) {
    let start = Instant::now();
    let said = script(place, text, more);
    assert_eq!((said.code, &said.stdout[..]), (Some(2), ""), "{said:?}");
    for part in [&["error: model mine: "], parts].concat() {
        assert!(said.stderr.contains(part), "no `{part}` in {said:?}");
    }
    assert!(start.elapsed() < Duration::from_secs(30), "{said:?}");
}

/// Would catch a failure that is taken for credit, told as another one, or waited for without end.
#[test]
fn commands_that_fail_are_refused() {
    let place = Place::with(&[("log.csv", LOG)]);
    refused(
        &place,
        "echo it broke >&2; cat >/dev/null; exit 3",
        &[],
        &["ended with exit status: 3", "it broke"],
    );
    refused(
        &place,
        "exit 3",
        &[],
        &["exit status: 3", "nothing on stderr"],
    );
    refused(&place, "kill -9 $$", &[], &["ended with signal: 9"]);
    refused(
        &place,
        "cat >/dev/null",
        &[],
        &["answer cannot be used", "there is nothing in it"],
    );
    refused(&place, "cat /dev/null", &[], &["there is nothing in it"]);
    refused(
        &place,
        "cat >/dev/null; echo nonsense nonsense",
        &[],
        &["no whole Arrow stream"],
    );
    refused(
        &place,
        "head -c 100",
        &[],
        &["no whole Arrow stream (it ends in the middle)"],
    );
    refused(&place, "cat", &[], &["it has no column `channel`"]);
    refused(&place, "yes", &[], &["no whole Arrow stream"]);
    let silent = ["--exec-timeout", "1s"];
    refused(
        &place,
        "sleep 60",
        &silent,
        &["nothing for 1 s", "--exec-timeout"],
    );
    // What it starts is stopped with it, and its pipes are closed.
    refused(
        &place,
        "sleep 60 & sleep 61; wait",
        &silent,
        &["nothing for 1 s"],
    );
    for (arguments, parts) in [
        (
            &["--exec", "mine=no-such-program"][..],
            &["`no-such-program` cannot be started"][..],
        ),
        (&["--exec", "mine=./log.csv"], &["cannot be started"]),
        (&["--exec", "mine="], &["--exec", "there is no command"]),
        (&["--exec", "a 'b"], &["a quote is not closed"]),
        (&["--exec", "last=cat"], &["two models are called `last`"]),
        (
            &["--models", "exec:cat,last,exec:cat"],
            &["two models are called `exec:cat`"],
        ),
        (&["--models", "last,exec:"], &["there is no command"]),
    ] {
        let models = if arguments[0] == "--models" {
            &[][..]
        } else {
            &["--models", "last"]
        };
        let all = [&["attribute", "log.csv"], models, arguments].concat();
        place.refuses(&all, 2, parts);
    }
}

/// Would catch a command that stops reading being believed, though it has not seen all, and a slow one
/// being stopped for a silent one.
#[test]
fn a_command_must_read_to_the_end() {
    let place = Place::empty();
    let rows: String = (0..60_000)
        .map(|i| format!("a > b > c{},1,1,0\n", i % 50))
        .collect();
    fs::write(
        place.path().join("log.csv"),
        format!("path,conversions,value,nulls\n{rows}"),
    )
    .unwrap();
    answer(
        &place,
        &["channel", "conversions", "value"],
        &[],
        vec![("a", 1.0, 1.0)],
    );
    refused(
        &place,
        "cat answer",
        &[],
        &["stopped reading before the end"],
    );
    let said = script(&place, "cat >/dev/null; cat answer", &[]);
    assert_eq!(
        said.done().json()["credit"]["mine"]["a"]["conversions"],
        1.0
    );
    // It may take its time, if it shows that it lives.
    let slow = "for i in 1 2 3 4 5; do sleep 0.4; echo $i >&2; done; cat >/dev/null; cat answer";
    script(&place, slow, &["--exec-timeout", "1s"]).done();
}

/// Would catch credit out of thin air: more than there is, for channels and journeys that do not
/// exist, twice, of no number, or in columns that mean something else.
#[test]
fn answers_that_cannot_be_credit_are_refused() {
    let place = Place::with(&[("log.csv", LOG)]);
    let bad = |columns: &[&str], journeys: &[u64], rows, part: &str| {
        answer(&place, columns, journeys, rows);
        refused(
            &place,
            REPLAY,
            &[],
            &["the command's answer cannot be used", part],
        );
    };
    bad(
        &BY_JOURNEY,
        &[0, 0],
        vec![("a", 1.0, 0.0), ("b", 1.1, 0.0)],
        "credits of `conversions` make 2.1, but there is only 2",
    );
    bad(
        &BY_JOURNEY,
        &[1, 0],
        vec![("b", 1.0, 3.1), ("b", 1.0, 0.0)],
        "journey 1: credits of `value` make 3.1",
    );
    bad(&BY_JOURNEY, &[2], vec![("c", 0.1, 0.0)], "only 0 to give");
    bad(
        &BY_JOURNEY,
        &[4],
        vec![("c", 0.1, 0.0)],
        "there is no journey 4",
    );
    bad(
        &BY_JOURNEY,
        &[1 << 32],
        vec![("c", 0.1, 0.0)],
        "there is no journey 4294967296",
    );
    bad(
        &BY_JOURNEY,
        &[0, 0],
        vec![("a", 0.1, 0.0), ("a", 0.1, 0.0)],
        "row 2: journey 0 credits this channel twice",
    );
    bad(
        &BY_JOURNEY,
        &[0, 1, 0],
        vec![("a", 0.1, 0.0); 3],
        "row 3: journey 0 was answered before",
    );
    bad(
        &BY_JOURNEY,
        &[0],
        vec![("z", 0.1, 0.0)],
        "row 1: there is no channel `z`",
    );
    bad(
        &BY_JOURNEY,
        &[0],
        vec![("a", f64::NAN, 0.0)],
        "`conversions` is NaN",
    );
    bad(
        &BY_JOURNEY,
        &[0],
        vec![("a", 0.0, f64::INFINITY)],
        "`value` is inf",
    );
    bad(
        &BY_JOURNEY,
        &[0],
        vec![("a", -0.1, 0.0)],
        "`conversions` is -0.1",
    );
    bad(
        &BY_CHANNEL,
        &[],
        vec![("a", 4.0, 0.0), ("b", 0.1, 0.0)],
        "only 4 to give in all",
    );
    bad(
        &BY_CHANNEL,
        &[],
        vec![("a", 0.1, 0.0), ("a", 0.1, 0.0)],
        "row 2: this channel",
    );
    bad(
        &["merchant", "channel", "conversions", "value"],
        &[],
        vec![("a", 0.1, 0.0)],
        "there is no merchant `s`",
    );
    bad(
        &["channel", "conversions"],
        &[],
        vec![("a", 0.1, 0.0)],
        "no column `value`",
    );
    bad(
        &["channel", "conversions", "value", "note"],
        &[],
        vec![("a", 0.1, 0.0)],
        "column `note` too many",
    );
    bad(
        &["journey", "merchant", "channel", "conversions", "value"],
        &[0],
        vec![("a", 0.1, 0.0)],
        "`merchant` too many",
    );
    answer(&place, &BY_CHANNEL, &[], vec![("a", 0.1, 0.0)]);
    refused(
        &place,
        "cat >/dev/null; cat answer; echo more",
        &[],
        &["goes on after the end"],
    );
}

/// Would catch a scenario that can make redcat start a program.
#[test]
fn a_scenario_cannot_name_a_command() {
    let text = "[measure]\nmodels = ['last', 'exec:touch pwned']\n";
    super::refused_change(
        text,
        &[
            "`measure.models`",
            "`exec:touch pwned` runs a command",
            "a scenario cannot",
        ],
    );
    let place = Place::empty();
    place.refuses(
        &["run", "red-cat-618", "--models", "exec:touch pwned"],
        2,
        &["runs a command"],
    );
}

/// Would catch a command that goes on when redcat is stopped.
#[cfg(unix)]
#[test]
fn an_interrupt_stops_commands_too() {
    let place = Place::with(&[("log.csv", LOG)]);
    let script = "mine=sh -c 'echo $$ >pid.new; mv pid.new pid; sleep 60'";
    let mut redcat = Command::new(env!("CARGO_BIN_EXE_redcat"))
        .current_dir(place.path())
        .args(["attribute", "log.csv", "--quiet", "--exec", script])
        .spawn()
        .unwrap();
    let pid = place.path().join("pid");
    let start = Instant::now();
    while !pid.exists() {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = fs::read_to_string(pid).unwrap();
    let signal = |name: &str, pid: &str| {
        let sent = Command::new("kill").args([name, pid]).output().unwrap();
        sent.status.success()
    };
    assert!(signal("-0", pid.trim()));
    assert!(signal("-INT", &redcat.id().to_string()));
    assert_eq!(redcat.wait().unwrap().code(), Some(130));
    while signal("-0", pid.trim()) {
        assert!(start.elapsed() < Duration::from_secs(50), "it goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
}
