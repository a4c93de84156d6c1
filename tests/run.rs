//! Whole runs: what holds of every result.

use redcat::base::Merge;
use redcat::engine::{Outcome, Plan, RunOptions, Setup, Silent, run};
use redcat::evaluate::expect::check;
use redcat::report::{Context, document};
use redcat::scenario::load::Library;
use redcat::scenario::{Catalogue, Override, Scenario};
use serde_json::Value;

fn load(name: &str, sets: &[&str]) -> Scenario {
    let sets: Vec<Override> = sets.iter().map(|s| Override::parse(s).unwrap()).collect();
    Scenario::load_with(name.as_ref(), &sets).unwrap()
}

fn options(users: u64) -> RunOptions {
    RunOptions {
        users: Some(users),
        ..RunOptions::default()
    }
}

fn outcome(scenario: &Scenario, options: &RunOptions) -> Outcome {
    run(scenario, options, &Silent).unwrap()
}

fn summary(scenario: &Scenario, options: &RunOptions) -> Value {
    document(scenario, &outcome(scenario, options), &Context::default())
}

/// Would catch a result that depends on threads: scheduling, order of merging, float sums.
#[test]
fn threads_cannot_be_seen() {
    let scenario = load("red-cat-618", &[]);
    let digest = |threads, seed| {
        let options = RunOptions {
            threads: Some(threads),
            seed: Some(seed),
            ..options(20_000)
        };
        summary(&scenario, &options)["digest"].clone()
    };
    assert_eq!(digest(1, 618), digest(2, 618));
    assert_eq!(digest(1, 618), digest(7, 618));
    assert_ne!(digest(1, 618), digest(1, 619));
}

/// Would catch a mistaken device that depends on which thread lives the other person of the
/// household, or that changes anybody's life; and one that changes nothing at all.
#[test]
fn mistaken_devices_cannot_be_told_by_threads() {
    let mistaken = ["monitor", "full_path"]
        .map(|regime| format!("measure.regimes[{regime}].device_mismatch=0.3"));
    let scenario = load("red-cat-618", &mistaken.each_ref().map(String::as_str));
    let summary = |scenario: &Scenario, threads| {
        let options = RunOptions {
            threads: Some(threads),
            ..options(10_001)
        };
        summary(scenario, &options)
    };
    let one = summary(&scenario, 1);
    assert_eq!(one["digest"], summary(&scenario, 2)["digest"]);
    assert_eq!(one["digest"], summary(&scenario, 7)["digest"]);
    let plain = summary(&load("red-cat-618", &[]), 1);
    assert_eq!(one["latent_digest"], plain["latent_digest"]);
    assert_ne!(one["credit"], plain["credit"]);
}

/// Would catch blocks that depend on each other, or a merge that depends on order.
#[test]
fn the_order_of_blocks_cannot_be_seen() {
    let scenario = load("red-cat-618", &[]);
    let setup = Setup::new(&scenario, &options(4_000)).unwrap();
    let plan = Plan::new(4_000);
    let all = plan.len();
    let whole = setup.gather(plan, 0..all);
    let backwards = setup.gather(plan, (0..all).rev());
    let mut parts = setup.gather(plan, (0..all).filter(|b| b % 3 == 1));
    parts.merge(setup.gather(plan, (0..all).filter(|b| b % 3 == 0)));
    parts.merge(setup.gather(plan, (0..all).filter(|b| b % 3 == 2)));
    let text = |state| {
        let outcome = Outcome::new(&scenario, &setup, state, 1).unwrap();
        document(&scenario, &outcome, &Context::default()).to_string()
    };
    let whole = text(whole);
    assert_eq!(whole, text(backwards));
    assert_eq!(whole, text(parts));
}

/// Would catch an observer that changes what it observes: the latent world is the same under any
/// regimes, models, truth sample and panel.
#[test]
fn looking_changes_nothing() {
    let latent =
        |sets: &[&str], options: &RunOptions| outcome(&load("red-cat-618", sets), options).latent;
    let plain = latent(&[], &options(5_000));
    for regimes in [
        vec!["walled".to_owned()],
        vec!["oracle".to_owned(), "click_id".to_owned()],
    ] {
        let options = RunOptions {
            regimes: Some(regimes),
            ..options(5_000)
        };
        assert_eq!(plain, latent(&[], &options));
    }
    let one = RunOptions {
        models: Some("last".to_owned()),
        ..options(5_000)
    };
    assert_eq!(
        plain,
        latent(&["measure.truth.sample=0", "measure.panel=0"], &one)
    );
    assert_ne!(plain, latent(&["policy.blue_links=false"], &options(5_000)));
}

/// Would catch credit that is lost or made up: under each regime each model's credit and what it
/// leaves to nobody are all orders and all their value; and money that comes from nowhere.
#[test]
fn sums_are_kept() {
    for name in ["red-cat-618", "closed-loop-618"] {
        let outcome = outcome(&load(name, &[]), &options(10_000));
        let events = outcome.counts.events();
        let gmv: i64 = outcome.money.tiers.iter().map(|t| t.gmv_fen).sum();
        assert!(events.orders > 500);
        for regime in &outcome.regimes {
            for model in &regime.models {
                let total = model.credit.total();
                assert!((total.conversions - events.orders as f64).abs() < 1e-6);
                assert!((total.value / gmv as f64 - 1.0).abs() < 1e-9);
            }
        }
        assert_eq!(outcome.money.balance(), 0);
        assert!(outcome.money.ads_fen > 0);
        let by_channel: i64 = outcome.money.ads_by_channel_fen.iter().sum();
        assert_eq!(by_channel, outcome.money.ads_fen);
        assert_eq!(
            outcome.counts.orders_by_day.iter().sum::<u64>(),
            events.orders
        );
    }
}

/// Would catch a regime that sees less when it is allowed to see more.
#[test]
fn more_sharing_never_sees_fewer_orders() {
    let credited = |sets: &[&str], regime: &str| {
        let options = RunOptions {
            regimes: Some(vec![regime.to_owned()]),
            models: Some("last".to_owned()),
            ..options(10_000)
        };
        let outcome = outcome(&load("red-cat-618", sets), &options);
        outcome.regimes[0].models[0].credit.credited().conversions
    };
    let full_path = |key: &str, values: &[&str]| {
        let with = |v: &&str| {
            credited(
                &[&format!("measure.regimes[full_path].{key}={v}")],
                "full_path",
            )
        };
        let seen: Vec<f64> = values.iter().map(with).collect();
        assert!(seen.windows(2).all(|w| w[0] <= w[1]), "{key}: {seen:?}");
        assert!(seen[0] < seen[seen.len() - 1], "{key}: {seen:?}");
    };
    full_path("read_window", &["7d", "15d", "30d"]);
    full_path("device_match", &["0", "0.4", "0.9", "1"]);
    let by_regime: Vec<f64> = ["click_id", "walled", "monitor", "full_path", "oracle"]
        .map(|r| credited(&[], r))
        .to_vec();
    assert!(by_regime.windows(2).all(|w| w[0] < w[1]), "{by_regime:?}");
}

/// Would catch a scenario that no longer shows what it says it does.
#[test]
fn shipped_scenarios_show_what_they_expect() {
    for name in Catalogue.names() {
        let scenario = load(name, &[]);
        let document = summary(&scenario, &options(100_000));
        for verdict in check(&scenario.wire().expect, &document) {
            assert!(verdict.ok, "{name}: {verdict:?}");
        }
    }
}

/// Would catch a world that has drifted from what was measured: all published figures within their
/// tolerance at a million users.
#[test]
fn published_figures_are_met_at_a_million_users() {
    let sets = ["measure.truth.sample=0", "run.users=1000000"];
    let options = RunOptions {
        regimes: Some(vec!["walled".to_owned()]),
        models: Some("last".to_owned()),
        ..RunOptions::default()
    };
    let outcome = outcome(&load("red-cat-618", &sets), &options);
    assert!(outcome.facts.len() > 30);
    for fact in &outcome.facts {
        assert!(fact.ok(), "{fact:?}");
    }
}
