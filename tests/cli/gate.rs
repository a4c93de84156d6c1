//! `redcat gate` as its users meet it.

use serde_json::Value;

use super::Place;

/// The pilot, and a second grant that asks for nothing but a store.
const TWO: &str = "extends = 'red-cat-618'\n[[policy.outbound]]\nname = 'anybody'\n\
                   destination = 'taobao'\nfrom = '2025-06-01'\nmin_score = 0\nmin_daily_budget = '¥0'\n";

/// Would catch a screen without its sentence, its conditions or its reasons, and columns that do not
/// stand below their names.
#[test]
fn the_gate_is_told_in_a_sentence_and_a_table() {
    let said = Place::empty().run(&["gate", "red-cat-618"]).done();
    assert_eq!(said.stderr, "");
    let lines: Vec<&str> = said.stdout.lines().collect();
    let sentence = lines[1];
    assert!(sentence.starts_with("red-cat: "), "{said:?}");
    for part in [
        " of 840 merchants (",
        " of popularity may link to tmall, 2025-05-13 00:00 to 2025-06-21 00:00.",
    ] {
        assert!(sentence.contains(part), "no `{part}` in {sentence}");
    }
    let asks = "red-cat asks for category beauty, sports or health, a store at tmall, a score of 4.5 \
                or more, ¥5000 a day or more";
    assert!(lines.contains(&asks), "{}", said.stdout);
    let header = lines
        .iter()
        .position(|l| l.contains("low budget"))
        .expect("a table");
    let width = |line: &str| line.chars().count();
    let rows = &lines[header + 1..header + 1 + 5 + 1 + 7];
    assert!(rows.iter().all(|row| width(row) == width(lines[header])));
    let all = rows
        .iter()
        .find(|row| row.starts_with(" all "))
        .expect("a total");
    assert_eq!(all.split_whitespace().nth(1), Some("840"));
    let apparel = rows
        .iter()
        .find(|row| row.starts_with(" apparel "))
        .expect("a row");
    let cells: Vec<&str> = apparel.split_whitespace().collect();
    assert_eq!(cells[..4], ["apparel", "120", "0", "120"]);
}

fn verdicts<'a>(document: &'a Value, grant: &str) -> Vec<&'a str> {
    let merchants = document["merchants"].as_array().expect("a list");
    let said = merchants.iter().map(|m| m["verdicts"][grant].as_str());
    said.map(|v| v.expect("a verdict")).collect()
}

/// Would catch a document without the keys that programs read, a list of merchants that says other
/// than the totals, and one grant's verdicts told as another's.
#[test]
fn the_document_has_every_grant_and_merchant() {
    let place = Place::with(&[("two.toml", TWO)]);
    let document = place.run(&["gate", "two.toml", "--json", "--merchants"]);
    let document = document.done().json();
    assert_eq!(document["seed"], 618);
    assert_eq!(document["redcat"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["scenario"]["name"], "red-cat-618");
    let grants = document["grants"].as_array().expect("a list");
    assert_eq!(grants.len(), 2);
    assert_eq!(grants[1]["destination"], "taobao");
    assert_eq!(grants[1]["from"], "2025-06-01 00:00");
    assert_eq!(grants[1]["until"], "2025-06-21 00:00");
    for grant in grants {
        let said = verdicts(&document, grant["name"].as_str().expect("a name"));
        let count = |of: &str| said.iter().filter(|v| **v == of).count();
        let total = &grant["total"];
        assert_eq!(total["merchants"], said.len());
        assert_eq!(total["admitted"], count("admitted"));
        for reason in ["category", "store", "score", "budget"] {
            assert_eq!(total["refused"][reason], count(reason), "{reason}");
        }
        let share = count("admitted") as f64 / said.len() as f64;
        assert_eq!(total["share_of_merchants"], share);
        assert!(grant["by_tier"]["ka"]["share_of_popularity"].is_f64());
        assert!(grant["by_category"]["beauty"]["admitted"].is_u64());
    }
    for merchant in document["merchants"].as_array().expect("a list") {
        let stores = merchant["stores"].as_array().expect("a list");
        let sells = stores.iter().any(|store| store == "taobao");
        let verdict = if sells { "admitted" } else { "store" };
        assert_eq!(merchant["verdicts"]["anybody"], verdict, "{merchant}");
        for key in ["rank", "popularity", "score", "daily_budget_yuan"] {
            assert!(merchant[key].is_number(), "{key}: {merchant}");
        }
    }
    let document = place.run(&["gate", "two.toml", "--json"]).done().json();
    assert!(document.get("merchants").is_none());
}

/// Would catch a list that leaves merchants out, or does not say what each grant says to them.
#[test]
fn merchants_are_listed_where_they_are_asked_for() {
    let place = Place::with(&[("two.toml", TWO)]);
    let said = place.run(&["gate", "two.toml", "--merchants"]).done();
    let mut list = said.stdout.lines().skip_while(|l| *l != "Every merchant");
    let header = list.nth(1).expect("a table");
    let header: Vec<&str> = header.split_whitespace().collect();
    let columns = "category tier rank red-cat anybody stores score daily budget";
    assert_eq!(header.join(" "), columns);
    let rows: Vec<&str> = list.collect();
    assert_eq!(rows.len(), 840);
    let creator = rows
        .iter()
        .find(|row| row.starts_with(" designer     creator  20 "));
    let creator = creator.expect("the last creator");
    assert!(creator.contains(" other category "), "{creator}");
}

/// Would catch an option that is taken and does nothing: a lower gate and other luck both admit
/// others.
#[test]
fn the_scenario_can_be_changed() {
    let admitted = |more: &[&str]| {
        let arguments = [&["gate", "red-cat-618", "--json"], more].concat();
        let document = Place::empty().run(&arguments).done().json();
        document["grants"][0]["total"]["admitted"]
            .as_u64()
            .expect("a count")
    };
    let pilot = admitted(&[]);
    assert!(admitted(&["--set", "policy.outbound[red-cat].min_score=4.0"]) > pilot);
    let low = [
        "--set",
        "policy.outbound[red-cat].min_score=0",
        "--set",
        "policy.outbound[red-cat].min_daily_budget=¥0",
    ];
    assert!(admitted(&low) > pilot);
    assert_eq!(admitted(&["--seed", "618"]), pilot);
    let lucks: Vec<u64> = ["1", "2", "3"]
        .map(|seed| admitted(&["--seed", seed]))
        .into();
    assert!(lucks.iter().any(|n| *n != pilot), "{lucks:?} {pilot}");
}

/// Would catch a closed app of which it is not said that it is closed, and a grant outside the
/// season told as one that holds.
#[test]
fn a_closed_app_is_said_to_be_closed() {
    let place = Place::empty();
    let said = place.run(&["gate", "closed-loop-618"]).done();
    assert!(
        said.stdout.contains("Nobody may link out of the app"),
        "{said:?}"
    );
    let document = place
        .run(&["gate", "closed-loop-618", "--json"])
        .done()
        .json();
    assert_eq!(document["grants"], serde_json::json!([]));
    let late = "policy.outbound[red-cat].from=2026-01-01";
    let said = place.run(&["gate", "red-cat-618", "--set", late]).done();
    let part = "red-cat: nobody may link to tmall, for the grant holds at no time of the season";
    assert!(said.stdout.contains(part), "{said:?}");
}

/// Would catch a scenario that is not there, or a key that is not, taken for an empty gate.
#[test]
fn what_is_not_there_is_refused() {
    let place = Place::empty();
    let parts = ["red-cat-816: no such file", "did you mean"];
    place.refuses(&["gate", "red-cat-816"], 2, &parts);
    let wrong = ["gate", "red-cat-618", "--set", "policy.outbund=1"];
    place.refuses(&wrong, 2, &["--set policy.outbund"]);
    place.refuses(&["gate"], 2, &["SCENARIO"]);
}
