//! Scenarios whose parts do not fit together: dates, grants, destinations, tiers, regimes.

use super::refused_change;

/// Would catch two promotions at once, of which one is forgotten.
#[test]
fn overlapping_openings_are_refused() {
    refused_change(
        "[[calendar.openings]]\nname = 'spot-sale'\nat = '2025-05-14 20:00'",
        &[
            "`calendar.openings[spot-sale].at` = 2025-05-14 20:00",
            "before the promotion listed above it has ended",
            "in the order of time, without overlap",
        ],
    );
}

/// Would catch a promotion that ends before it opens.
#[test]
fn an_opening_that_ends_before_it_begins_is_refused() {
    refused_change(
        "[[calendar.openings]]\nname = 'presale'\nuntil = '2025-05-13 19:00'",
        &[
            "`calendar.openings[presale].until` = 2025-05-13 19:00",
            "is not after `at`",
        ],
    );
}

/// Would catch a promotion that never comes, because the calendar ends before it.
#[test]
fn an_opening_outside_the_calendar_is_refused() {
    let late = "[[calendar.openings]]\nname = 'late'\nat = '2025-07-01'\nuntil = '2025-07-02'\n\
                discount = 0.1\nin_app_discount = 0.1";
    refused_change(
        late,
        &[
            "`calendar.openings[late].at` = 2025-07-01",
            "is outside the calendar",
            "calendar.days: it is 39 from 2025-05-13",
        ],
    );
    refused_change(
        "[[calendar.busy_days]]\nname = 'eve'\ndate = '2025-05-12'",
        &[
            "`calendar.busy_days[eve].date` = 2025-05-12",
            "is outside the calendar",
        ],
    );
}

/// Would catch a season without an end.
#[test]
fn a_calendar_of_no_length_or_of_years_is_refused() {
    for days in ["0", "401"] {
        let found = format!("`calendar.days` = {days}");
        let parts = [found.as_str(), "write a whole number from 1 to 400"];
        refused_change(&format!("[calendar]\ndays = {days}"), &parts);
    }
}

/// Would catch a link to a marketplace that does not exist.
#[test]
fn a_grant_to_an_unknown_destination_is_refused() {
    refused_change(
        "[[policy.outbound]]\nname = 'red-cat'\ndestination = 'tmal'",
        &[
            "`policy.outbound[red-cat].destination` = tmal",
            "did you mean \"tmall\"?",
        ],
    );
    refused_change(
        "[[policy.outbound]]\nname = 'red-cat'\ndestination = 'xyz'",
        &[
            "`policy.outbound[red-cat].destination` = xyz",
            "one of: in-app, tmall, taobao, jd",
        ],
    );
}

/// Would catch a link out of the app that leads into it.
#[test]
fn a_grant_to_the_app_itself_is_refused() {
    refused_change(
        "[[policy.outbound]]\nname = 'red-cat'\ndestination = 'in-app'",
        &[
            "`policy.outbound[red-cat].destination` = in-app",
            "is inside the app",
            "marketplace = true",
        ],
    );
}

/// Would catch a gate that admits nobody because a category is misspelt.
#[test]
fn a_grant_to_an_unknown_category_is_refused() {
    refused_change(
        "[[policy.outbound]]\nname = 'red-cat'\ncategories = ['beauty', 'sport']",
        &[
            "`policy.outbound[red-cat].categories` = sport",
            "did you mean \"sports\"?",
        ],
    );
    refused_change(
        "[[policy.outbound]]\nname = 'red-cat'\ncategories = []",
        &[
            "`policy.outbound[red-cat].categories` = []",
            "admits nobody",
            "leave the key out",
        ],
    );
}

/// Would catch a grant whose dates are the wrong way round.
#[test]
fn a_grant_that_ends_before_it_begins_is_refused() {
    refused_change(
        "[[policy.outbound]]\nname = 'red-cat'\nfrom = '2025-06-01'\nuntil = '2025-05-20'",
        &[
            "`policy.outbound[red-cat].until` = 2025-05-20",
            "is not after `from`",
            "swap them",
        ],
    );
}

/// Would catch a suspension of a monitor whose dates are the wrong way round, one that nobody can
/// date, and a mismatch that is no share.
#[test]
fn a_suspension_that_ends_before_it_begins_is_refused() {
    let monitor = "[[measure.regimes]]\nname = 'monitor'\n";
    refused_change(
        &format!("{monitor}suspended = [{{ from = '2025-06-01', until = '2025-05-20' }}]"),
        &[
            "`measure.regimes[monitor].suspended[].until` = 2025-05-20",
            "is not after `from`",
            "swap them",
        ],
    );
    refused_change(
        &format!("{monitor}suspended = [{{ form = '2025-06-01' }}]"),
        &["form", "from"],
    );
    refused_change(
        &format!("{monitor}device_mismatch = 1.5"),
        &["device_mismatch", "1.5"],
    );
}

/// Would catch a report whose windows or delay no table by days could keep.
#[test]
fn a_report_that_no_table_could_keep_is_refused() {
    let refused = |report: &str, parts: &[&str]| {
        let regime = "[[measure.regimes]]\nname = 'monitor'\n[measure.regimes.report]\n";
        refused_change(&format!("{regime}{report}"), parts);
    };
    refused(
        "windows = ['15d', '7d']",
        &[
            "`measure.regimes[monitor].report.windows` = [15d, 7d]",
            "each longer than the one before it",
        ],
    );
    refused("windows = []", &["report.windows` = []", "at least one"]);
    refused(
        "windows = ['36h']",
        &[
            "`measure.regimes[monitor].report.windows` = 36h",
            "\"1d\" to \"90d\"",
        ],
    );
    refused(
        "delay = '12h'",
        &[
            "`measure.regimes[monitor].report.delay` = 12h",
            "whole days",
            "\"0d\" to \"90d\"",
        ],
    );
    refused("delay = '91d'", &["report.delay` = 91d", "in range"]);
    refused("suppress_below = -1", &["suppress_below"]);
    refused("backfill = true", &["backfill", "back_fill"]);
}

/// Would catch an app without a shop, or with two.
#[test]
fn there_is_exactly_one_destination_inside_the_app() {
    let parts = [
        "`destinations[].marketplace`",
        "inside the app",
        "false for exactly one",
    ];
    for change in [
        "name = 'in-app'\nmarketplace = true",
        "name = 'jd'\nmarketplace = false",
    ] {
        refused_change(&format!("[[destinations]]\n{change}"), &parts);
    }
}

/// Would catch merchants whose store is nowhere.
#[test]
fn a_store_at_an_unknown_destination_is_refused() {
    refused_change(
        "[[tiers]]\nname = 'ka'\nstores = { tmal = 0.5 }",
        &["`tiers[ka].stores` = tmal", "did you mean \"tmall\"?"],
    );
}

/// Would catch a channel that shows the notes of merchants who do not exist.
#[test]
fn a_channel_of_an_unknown_tier_is_refused() {
    refused_change(
        "[[channels]]\nname = 'live'\ntiers = { creators = 1.0 }",
        &[
            "`channels[live].tiers` = creators",
            "did you mean \"creator\"?",
        ],
    );
}

/// Would catch two things of one name, of which the second is lost.
#[test]
fn a_name_given_twice_is_refused() {
    refused_change(
        "[[channels]]\nname = 'live'\n[[channels]]\nname = 'live'",
        &[
            "`channels[live].name` = \"live\"",
            "two items",
            "each name once",
        ],
    );
}

/// Would catch a model or a regime of the file that is noticed only after the run.
#[test]
fn models_of_the_file_are_held_to_the_known_ones() {
    refused_change(
        "[measure]\nmodels = ['lats']",
        &["lats", "did you mean `last`?"],
    );
    refused_change("[measure]\nmodels = []", &["models", "at least one"]);
}
