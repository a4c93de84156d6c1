//! `--track`: what is counted, and what is not told where impressions are not.

use serde_json::Value;

use super::{Place, SMALL};

/// Paths of all numbers of a document that are null.
fn untold(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, below) in map {
                untold(below, &format!("{path}.{key}"), found);
            }
        }
        Value::Null => found.push(path.to_owned()),
        _ => {}
    }
}

/// Would catch impressions told as zero, money that leaves out what is paid by impression, a total that
/// counts what is not tracked, and a run that differs beyond that: everything else is as it is where
/// impressions are counted, truth, credit and facts included.
#[test]
fn what_hangs_on_impressions_is_not_told_and_the_rest_is_the_same() {
    let place = Place::empty();
    let all = place.document("red-cat-618", &[]);
    let reads = place.document("red-cat-618", &["--track", "reads"]);
    assert_eq!(all["events"]["unit"], "impressions");
    assert_eq!(reads["events"]["unit"], "reads");
    let [whole, shown] = ["total", "impressions"].map(|k| all["events"][k].as_u64().unwrap());
    assert_eq!(reads["events"]["total"].as_u64(), Some(whole - shown));
    let gone = [
        "/events/impressions",
        "/channels/feed-ad/impressions",
        "/channels/feed-ad/ads_fen",
        "/money/xhs/ads_fen",
        "/money/marketplaces/tmall/funded_fen",
        "/money/merchants/ka/ads_fen",
        "/money/merchants/ka/kept_fen",
        "/money/merchants/ka/contribution_fen",
        "/money/balance_fen",
        "/roi/incremental",
    ];
    for path in gone {
        assert!(!all.pointer(path).unwrap().is_null(), "{path}");
        assert!(reads.pointer(path).unwrap().is_null(), "{path}");
    }
    for key in [
        "truth",
        "credit",
        "orders",
        "facts",
        "regimes",
        "latent_digest",
        "visits",
    ] {
        assert_eq!(all[key], reads[key], "{key}");
    }
    for kind in [
        "reads",
        "engagements",
        "clicks",
        "visits",
        "carts",
        "orders",
        "refunds",
    ] {
        assert_eq!(all["events"][kind], reads["events"][kind], "{kind}");
    }
    // What is null besides is null in both.
    let nulls = |document: &Value| {
        let mut found = Vec::new();
        untold(document, "", &mut found);
        found
    };
    let before = nulls(&all);
    let hangs = |path: &String| {
        let words = [
            "impressions",
            "ads_fen",
            "kept_fen",
            "contribution_fen",
            "funded_fen",
        ];
        let words = words.into_iter().chain(["balance_fen", "roi", "regret"]);
        words.into_iter().any(|word| path.contains(word))
    };
    let unexpected: Vec<String> = nulls(&reads)
        .into_iter()
        .filter(|path| !before.contains(path) && !hangs(path))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
}

/// Would catch a reader who is not told, in `run` and in `compare`; a comparison with amounts that
/// leave out impressions; and one that forgets other amounts.
#[test]
fn readers_are_told_what_is_not_counted() {
    let place = Place::empty();
    let run = [&["run", "red-cat-618", "--track", "reads"][..], &SMALL[..]].concat();
    let said = place.run(&run).done().stdout;
    assert!(said.contains("Impressions are not counted, and so not told what advertising costs"));
    let two = [
        "compare",
        "closed-loop-618",
        "red-cat-618",
        "--track",
        "reads",
    ];
    let two = [&two[..], &SMALL[..]].concat();
    let said = place.run(&two).done().stdout;
    assert!(
        said.contains("Impressions are not counted, and so"),
        "{said}"
    );
    assert!(!said.contains("platform.ads") && !said.contains("contribution"));
    let document = place.run(&[&two[..], &["--json"]].concat()).done().json();
    assert_eq!(document["events"]["unit"], "reads");
    let metrics = &document["units"];
    assert!(metrics["platform.commission"].is_string() && metrics["platform.all"].is_null());
    assert!(metrics["users.paid"].is_string() && metrics["merchants.kept"].is_null());
}

/// Would catch a log of reads with impressions or without something else, and a request for both.
#[test]
fn a_log_of_reads_has_all_rows_but_impressions() {
    let place = Place::empty();
    let log = |track, out| {
        let arguments = ["generate", "red-cat-618", "--format", "csv", "--out", out];
        let arguments = [&arguments[..], &["--track", track, "--json"], &SMALL[..]].concat();
        let document = place.run(&arguments).done().json();
        let part = place.path().join(format!("{out}/events/part-000000.csv"));
        (document, std::fs::read_to_string(part).unwrap())
    };
    let ((all, rows), (reads, few)) = (log("impressions", "all"), log("reads", "few"));
    assert_eq!(all["track"], "impressions");
    assert_eq!(reads["track"], "reads");
    let kept = rows.lines().filter(|line| !line.contains(",impression,"));
    assert!(kept.eq(few.lines()));
    assert_eq!(reads["by_event"]["impression"], 0);
    assert_eq!(all["by_event"]["read"], reads["by_event"]["read"]);
    let both = [
        "generate",
        "red-cat-618",
        "--track",
        "reads",
        "--events",
        "impression,read",
    ];
    let both = [&both[..], &["--out", "both"]].concat();
    place.refuses(&both, 2, &["--track reads has no impressions"]);
    let unknown = ["run", "red-cat-618", "--track", "clicks"];
    place.refuses(&unknown, 2, &["impressions", "reads"]);
}
