//! Files that are no scenario, or not a valid one.

use std::fs::File;
use std::time::{Duration, Instant};

use super::{Place, refused, refused_change};

/// Would catch a missing file taken for a failing disk, or no word of the shipped name meant.
#[test]
fn a_missing_file_is_refused_with_the_nearest_shipped_name() {
    let place = Place::empty();
    let parts = [
        "red-cat-168.toml: no such file",
        "did you mean `red-cat-618.toml`?",
    ];
    place.refuses(&["run", "red-cat-168.toml"], 2, &parts);
    let parts = [
        "no/such/file.toml: no such file",
        "give a path, or one of: world-618",
    ];
    place.refuses(&["run", "no/such/file.toml"], 2, &parts);
}

/// Would catch a folder read as a file.
#[test]
fn a_folder_is_no_scenario() {
    let place = Place::empty();
    std::fs::create_dir(place.path().join("some")).expect("made");
    place.refuses(
        &["run", "some"],
        2,
        &["some: this is a directory", "regular TOML file"],
    );
}

/// Would catch a syntax error without its place.
#[test]
fn bad_toml_is_refused_with_line_and_column() {
    refused(
        "name = 'x'\nseed = = 1\n",
        &["line 2, column 8", "seed = = 1"],
    );
}

/// Would catch a misspelt key that is silently ignored.
#[test]
fn an_unknown_key_is_refused_with_the_nearest() {
    refused_change(
        "[behaviour.waiting]\npatiense = '4d'",
        &[
            "unknown key `behaviour.waiting.patiense`",
            "did you mean `behaviour.waiting.patience`?",
        ],
    );
    refused_change(
        "[[channels]]\nname = 'live'\nclik = 0.1",
        &[
            "unknown key `channels[live].clik`",
            "`channels[live].click`",
        ],
    );
}

/// Would catch days taken for seconds, or yuan for fen.
#[test]
fn a_quantity_without_its_unit_is_refused() {
    refused_change(
        "[behaviour.waiting]\npatience = '7'",
        &[
            "`behaviour.waiting.patience` = \"7\"",
            "no unit",
            "write \"7d\"",
        ],
    );
    refused_change(
        "[[policy.outbound]]\nname = 'red-cat'\nmin_daily_budget = '5000'",
        &[
            "`policy.outbound[red-cat].min_daily_budget` = \"5000\"",
            "write",
            "¥",
        ],
    );
    refused_change(
        "[calendar]\nstart = '13 May'",
        &["`calendar.start` = \"13 May\"", "write"],
    );
}

/// Would catch a rate below zero or a share above one that reaches the simulation.
#[test]
fn a_rate_out_of_its_range_is_refused() {
    refused_change(
        "[[categories]]\nname = 'beauty'\nneeds_per_month = -0.9",
        &["`categories[beauty].needs_per_month` = -0.9", "write"],
    );
    refused_change(
        "[[channels]]\nname = 'live'\nclick = -0.08",
        &["`channels[live].click` = -0.08", "outside 0 to 1", "write"],
    );
    refused_change(
        "[[channels]]\nname = 'live'\nclick = 1.08",
        &["`channels[live].click` = 1.08", "outside 0 to 1", "write"],
    );
    refused_change(
        "[behaviour.choice]\nnoise = nan",
        &["`behaviour.choice.noise` = nan", "write"],
    );
}

/// Would catch numbers that no memory holds: the run would be killed instead of refused.
#[test]
fn a_quantity_beyond_all_bounds_is_refused() {
    for (key, change) in [
        (
            "calendar.busy_days[eve].needs",
            "[[calendar.busy_days]]\nname = 'eve'\nneeds = 1e9",
        ),
        (
            "categories[beauty].needs_per_month",
            "[[categories]]\nname = 'beauty'\nneeds_per_month = 1e9",
        ),
        (
            "people.segments[lower-tier-older].needs",
            "[[people.segments]]\nname = 'lower-tier-older'\nneeds = 1e9",
        ),
        ("people.interest_spread", "[people]\ninterest_spread = 1e9"),
        (
            "people.activity.seconds_per_note",
            "[people.activity]\nseconds_per_note = 1e9",
        ),
    ] {
        let found = format!("`{key}` = 1000000000");
        refused_change(change, &[&found, "is out of range", "write 0"]);
    }
    // Money is summed over all users in 64 bits.
    for (value, remedy) in [
        ("sigma = 100", "write 0 to 3"),
        ("median = '¥90000000000'", "at most"),
    ] {
        let change = format!("[[categories]]\nname = 'beauty'\norder_value = {{ {value} }}");
        refused_change(&change, &["`categories[beauty].order_value.", remedy]);
    }
}

/// Would catch people, or sales, that go missing or are there twice.
#[test]
fn shares_that_do_not_add_up_are_refused_with_their_sum() {
    refused_change(
        "[[people.segments]]\nname = 'lower-tier-older'\nshare = 0.28",
        &[
            "`people.segments[].share` = 1.1",
            "does not add up to 1",
            "change the shares",
        ],
    );
    refused_change(
        "[[tiers]]\nname = 'ka'\npopularity = 0.36",
        &[
            "`tiers[].popularity` = 0.9",
            "does not add up to 1",
            "change the shares",
        ],
    );
    refused_change(
        "[exposure.transitions]\nfeed_feed = 0.9",
        &["`exposure.transitions` = 1.3", "does not add up to 1"],
    );
}

/// Would catch a run over nobody, or over more people than there are.
#[test]
fn a_number_of_users_out_of_range_is_refused() {
    for (users, problem) in [("0", "is too small"), ("1099511627776", "is too large")] {
        let found = format!("`run.users` = {users}");
        let remedy = "write a whole number from 1 to 10000000000";
        refused_change(
            &format!("[run]\nusers = {users}"),
            &[&found, problem, remedy],
        );
    }
    refused_change(
        "[run]\nusers = -5",
        &["`run.users` = -5", "whole number of 0 or more"],
    );
}

/// Would catch a world in which nothing is shown.
#[test]
fn an_empty_list_is_refused() {
    for list in ["channels", "categories", "destinations"] {
        let found = format!("`{list}` = []");
        let remedy = format!("add at least one [[{list}]]");
        refused_change(&format!("{list} = []"), &[&found, "is empty", &remedy]);
    }
}

/// Would catch a log given by mistake that is read whole before it is refused.
#[test]
fn a_file_of_a_hundred_megabytes_is_refused_at_once() {
    let place = Place::empty();
    let file = File::create(place.path().join("huge.toml")).expect("made");
    file.set_len(100_000_000).expect("grown");
    let start = Instant::now();
    let parts = [
        "huge.toml: 100000000 bytes",
        "at most 4194304",
        "not a log or a result",
    ];
    place.refuses(&["run", "huge.toml"], 2, &parts);
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
}

/// Would catch the same file held in memory: the command has less than the file is long.
#[cfg(target_os = "linux")]
#[test]
fn a_file_of_a_hundred_megabytes_takes_no_memory() {
    let place = Place::empty();
    let file = File::create(place.path().join("huge.toml")).expect("made");
    file.set_len(100_000_000).expect("grown");
    let output = std::process::Command::new("sh")
        .args(["-c", "ulimit -v 80000 && exec \"$0\" run huge.toml"])
        .arg(assert_cmd::cargo::cargo_bin!("redcat"))
        .current_dir(place.path())
        .output()
        .expect("starts");
    let said = super::Said::new(&["run", "huge.toml"], output);
    assert!(
        said.code == Some(2) && said.stderr.contains("bytes"),
        "{said:?}"
    );
}

/// Would catch bytes that are guessed at, or a panic over them.
#[test]
fn a_file_that_is_not_text_is_refused_with_its_line() {
    let place = Place::empty();
    let bytes = b"name = 'x'\nquestion = '\xff\xfe'\n";
    std::fs::write(place.path().join("case.toml"), bytes).expect("written");
    let parts = ["case.toml: line 2 is not UTF-8", "save the file as UTF-8"];
    place.refuses(&["run", "case.toml"], 2, &parts);
}

/// Would catch brackets that exhaust the stack.
#[test]
fn a_file_of_brackets_is_refused() {
    refused(&format!("x = {}", "[".repeat(100_000)), &["line 1"]);
}

/// Would catch a file of a later format that is read as one of this.
#[test]
fn another_schema_version_is_refused() {
    refused_change(
        "schema_version = 2",
        &["`schema_version` = 2", "is not known", "schema_version = 1"],
    );
}

/// Would catch a scenario that says nothing, run as if it were whole.
#[test]
fn a_scenario_with_keys_missing_is_refused() {
    refused("name = 'x'", &["missing key", "at the top level"]);
    refused("", &["missing key", "at the top level"]);
}

/// Would catch an endless chain of parents.
#[test]
fn parents_in_a_circle_are_refused() {
    let files = [
        ("a.toml", "extends = 'b.toml'"),
        ("b.toml", "extends = 'a.toml'"),
    ];
    let parts = [
        "goes round in a circle",
        "a.toml → ",
        "remove one `extends`",
    ];
    Place::with(&files).refuses(&["run", "a.toml"], 2, &parts);
}

/// Would catch a parent that is taken for empty because it is not there.
#[test]
fn a_parent_that_is_not_there_is_refused() {
    refused(
        "extends = 'red-cat-681'",
        &[
            "`extends` = \"red-cat-681\"",
            "did you mean `red-cat-618.toml`?",
        ],
    );
}

/// Would catch a mistake laid at the child that stands in its parent.
#[test]
fn a_mistake_is_laid_at_the_file_that_has_it() {
    let parent = "extends = 'red-cat-618'\n[behaviour.waiting]\npatience = '7'";
    let files = [
        ("parent.toml", parent),
        ("child.toml", "extends = 'parent.toml'"),
    ];
    let parts = ["parent.toml: `behaviour.waiting.patience` = \"7\""];
    Place::with(&files).refuses(&["run", "child.toml"], 2, &parts);
}
