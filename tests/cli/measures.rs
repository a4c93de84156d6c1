//! Measures that cannot be taken: sets of nothing, holdouts of everybody, budgets without users.

use super::refused_change;

/// Would catch a set that switches off nothing, or something that is not there.
#[test]
fn a_set_of_nothing_known_is_refused() {
    let set =
        |channels: &str| format!("[[measure.truth.sets]]\nname = 'ads'\nchannels = [{channels}]");
    let key = "`measure.truth.sets[ads].channels`";
    refused_change(&set(""), &[key, "switches nothing off"]);
    let near = "did you mean \"feed-ad\"?";
    refused_change(&set("'feed-ads'"), &[key, "= feed-ads", near]);
}

/// Would catch an experiment in which hardly anybody is left to compare with.
#[test]
fn an_experiment_that_holds_too_many_back_is_refused() {
    let experiment = |more: &str| format!("[[measure.experiments]]\nname = 'lots'\n{more}");
    let key = "`measure.experiments[lots].holdout` = 0.05";
    let problem = "less than half of the users";
    let remedy = "write at most 0.0357: there are 14 holdouts";
    refused_change(&experiment("holdout = 0.05"), &[key, problem, remedy]);
    let hold = "`measure.experiments[lots].hold`";
    let nothing = experiment("holdout = 0.1\nhold = []");
    refused_change(&nothing, &[hold, "holds nothing back"]);
    let unknown = experiment("holdout = 0.1\nhold = ['liv']");
    refused_change(&unknown, &[hold, "= liv", "did you mean \"live\"?"]);
}

/// Would catch budgets that nobody lives with, or that may become anything.
#[test]
fn regret_without_users_or_bounds_is_refused() {
    let regret =
        |users: &str, most: &str| format!("[measure.regret]\nusers = {users}\nmost = {most}");
    refused_change(
        &regret("0", "2"),
        &["`measure.regret.users` = 0", "too small"],
    );
    let bounds = [
        "`measure.regret.most` = 0.5",
        "out of range",
        "write 1 to 10",
    ];
    refused_change(&regret("10", "0.5"), &bounds);
}
