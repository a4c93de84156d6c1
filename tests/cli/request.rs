//! Requests that are wrong on the command line, whatever the scenario.

use std::fs;

use super::{Place, SMALL};

/// Asks for a small run of the shipped scenario with more arguments, which must be refused.
#[track_caller]
fn refused_with(more: &[&str], parts: &[&str]) {
    let mut arguments = vec!["run", "red-cat-618", "--json", "--out", "result", "--quiet"];
    arguments.extend(more);
    Place::empty().refuses(&arguments, 2, parts);
}

/// Would catch a run over nobody, or a number of users that wraps or never ends.
#[test]
fn a_number_of_users_out_of_range_is_refused() {
    for users in ["0", "1099511627776", "18446744073709551615"] {
        let found = format!("users: {users} is out of range");
        refused_with(&["--users", users], &[&found, "from 1 to 10000000000"]);
    }
    for users in ["many", "1.5", "-1", ""] {
        refused_with(&[&format!("--users={users}")], &["--users", users]);
    }
}

/// Would catch zero taken for "all", or a pool of a million threads.
#[test]
fn a_number_of_threads_out_of_range_is_refused() {
    for threads in ["0", "100000"] {
        refused_with(&["--threads", threads], &["--threads", threads, "1..=1024"]);
    }
}

/// Would catch a model that is not there found out only after the run.
#[test]
fn an_unknown_model_is_refused_with_the_nearest() {
    refused_with(
        &["--models", "last,lineer"],
        &["no model `lineer`", "did you mean `linear`?"],
    );
    refused_with(
        &["--models", "zzz"],
        &["no model `zzz`", "known are first, last,"],
    );
    refused_with(&["--models", ""], &["models", "name at least one"]);
    refused_with(
        &["--models", "last,last-paid:zzz"],
        &["names the channel `zzz`", "channels are "],
    );
}

/// Would catch a model counted twice.
#[test]
fn a_model_named_twice_is_refused() {
    refused_with(
        &["--models", "last,linear,last"],
        &["`last` is in the lineup twice"],
    );
}

/// Would catch a regime that is left out without a word.
#[test]
fn an_unknown_regime_is_refused_with_the_known_ones() {
    let parts = [
        "`wallled` is not a regime",
        "walled, monitor, click_id, full_path, oracle",
    ];
    refused_with(&["--regimes", "walled,wallled"], &parts);
}

/// Would catch a change that is dropped, or made to another key.
#[test]
fn a_change_that_cannot_be_made_is_refused() {
    refused_with(
        &["--set", "policy.blue_links"],
        &[
            "--set policy.blue_links",
            "there is no `=`",
            "write path=value",
        ],
    );
    refused_with(
        &["--set", "policy.blue_link=false"],
        &[
            "--set policy.blue_link=false",
            "did you mean `policy.blue_links`?",
        ],
    );
    refused_with(
        &["--set", "run.users=many"],
        &[
            "--set run.users=\"many\"",
            "`run.users` = \"many\"",
            "whole number",
        ],
    );
    refused_with(
        &["--set", "channels[lives].click=0.1"],
        &["no item `lives`", "did you mean `live`?"],
    );
    refused_with(
        &["--set", "behaviour.waiting.patience=7"],
        &[
            "`behaviour.waiting.patience` = 7",
            "no unit",
            "write \"7d\"",
        ],
    );
}

/// Would catch a mistake of the command line laid at a file that has none.
#[test]
fn a_change_to_an_impossible_value_is_laid_at_the_change() {
    let parts = [
        "error: --set run.users=0: `run.users` = 0",
        "is too small",
        "from 1 to",
    ];
    refused_with(&["--set", "run.users=0"], &parts);
    let parts = [
        "error: --set channels.live.tiers={",
        "did you mean \"creator\"?",
    ];
    refused_with(&["--set", "channels.live.tiers={ creatr = 1.0 }"], &parts);
}

/// Would catch a verb or an option that is guessed at.
#[test]
fn an_unknown_verb_or_option_is_refused() {
    let place = Place::empty();
    place.refuses(&["runn"], 2, &["unrecognized subcommand 'runn'", "'run'"]);
    place.refuses(
        &["run", "red-cat-618", "--sead", "1"],
        2,
        &["'--sead'", "'--seed'"],
    );
    place.refuses(&["run"], 2, &["<SCENARIO>"]);
    place.refuses(&[], 2, &["Usage: redcat"]);
    place.refuses(&["run", "red-cat-618", "--force"], 2, &["--out <DIR>"]);
}

/// Would catch a name of no shipped scenario answered with nothing.
#[test]
fn printing_an_unknown_scenario_is_refused_with_the_nearest() {
    let parts = ["`degenrate` is not a shipped scenario", "degenerate"];
    Place::empty().refuses(&["scenarios", "degenrate"], 2, &parts);
}

/// Would catch a disk that refuses, noticed after an hour of simulation or reported as a mistake.
#[test]
fn a_folder_that_cannot_be_made_is_an_error_of_the_system() {
    let place = Place::with(&[("file", "kept")]);
    let mut arguments = vec!["run", "red-cat-618", "--json", "--out", "file/result"];
    // So many users would take hours: the refusal comes before the run.
    arguments.extend(["--users", "1e9", "--quiet"]);
    place.refuses(&arguments, 3, &["error: file/result", "ot a directory"]);
}

/// Would catch results of another run written over.
#[test]
fn a_folder_that_is_there_is_kept() {
    let place = Place::empty();
    fs::create_dir(place.path().join("result")).expect("made");
    fs::write(place.path().join("result/summary.json"), "{}").expect("written");
    let mut arguments = vec!["run", "red-cat-618", "--json", "--out", "result"];
    arguments.extend(SMALL);
    place.refuses(&arguments, 2, &["result: is there already", "--force"]);
}

/// Would catch `--force` taken for leave to delete whatever has the name.
#[test]
fn force_replaces_run_folders_and_nothing_else() {
    let place = Place::with(&[("notes.txt", "mine")]);
    fs::create_dir(place.path().join("photos")).expect("made");
    fs::write(place.path().join("photos/cat.jpg"), "a red cat").expect("written");
    for out in ["photos", "notes.txt"] {
        let mut arguments = vec!["run", "red-cat-618", "--json", "--force", "--out", out];
        arguments.extend(SMALL);
        place.refuses(
            &arguments,
            2,
            &[out, "is not a run folder", "choose another --out"],
        );
    }
}

/// Would catch folders on the way that a refused run leaves behind.
#[test]
fn a_refused_run_leaves_no_folders_on_the_way() {
    let mut arguments = vec!["run", "red-cat-618", "--out", "a/b/c", "--models", "zzz"];
    arguments.extend(SMALL);
    Place::empty().refuses(&arguments, 2, &["no model `zzz`"]);
}

/// Would catch a path without a name, such as a parent, written into.
#[test]
fn a_folder_without_a_name_is_refused() {
    for out in ["..", "/", ""] {
        let mut arguments = vec!["run", "red-cat-618", "--json", "--out", out];
        arguments.extend(SMALL);
        Place::empty().refuses(&arguments, 2, &["--out"]);
    }
}

/// Would catch a cause that is said by the error and then said again.
#[test]
fn nothing_is_said_twice() {
    let place = Place::with(&[("file", "kept")]);
    for (more, part) in [
        (["--models", "zzz"], "there is no model"),
        (["--out", "file/result"], "os error"),
    ] {
        let said = place.run(&[&["run", "red-cat-618"], &more[..]].concat());
        assert_eq!(said.stderr.matches(part).count(), 1, "{said:?}");
    }
}

/// Would catch a cost of another kind to which the parent's keys still cling.
#[test]
fn a_cost_of_another_kind_replaces_the_parents() {
    for cost in ["{ by = 'free' }", "{ by = 'read', each = '¥1' }"] {
        let text = format!(
            "extends = 'red-cat-618'\nname = 'cheap'\n[[channels]]\nname = 'feed-ad'\ncost = {cost}\n"
        );
        let place = Place::with(&[("cheap.toml", &text)]);
        place.document("cheap.toml", &[]);
    }
}
