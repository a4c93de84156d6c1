//! What a comparison must do, whatever the scenarios.

use redcat::engine::compare::{CompareError, CompareOptions, Comparison, compare};
use redcat::engine::{RunOptions, Silent, run};
use redcat::evaluate::{CHANGES, Change};
use redcat::scenario::{Override, Scenario};

fn load(name: &str, sets: &[&str]) -> Scenario {
    let sets: Vec<Override> = sets.iter().map(|s| Override::parse(s).unwrap()).collect();
    Scenario::load_with(name.as_ref(), &sets).unwrap()
}

fn compared(scenarios: &[Scenario], users: u64, seed: u64) -> Comparison {
    let options = CompareOptions {
        users: Some(users),
        seed: Some(seed),
        threads: Some(2),
        ..CompareOptions::default()
    };
    compare(scenarios, &options, &Silent).unwrap()
}

fn place(comparison: &Comparison, metric: &str) -> usize {
    let found = comparison.metrics.iter().position(|m| m.name == metric);
    found.unwrap_or_else(|| panic!("{metric}"))
}

/// Would catch a draw that does not belong to the person: nothing may differ between a scenario and
/// itself.
#[test]
fn a_scenario_differs_from_itself_in_nothing() {
    let scenarios = [load("red-cat-618", &[]), load("red-cat-618", &[])];
    let comparison = compared(&scenarios, 3_000, 1);
    let pair = &comparison.pairs[0];
    for (metric, d) in comparison.metrics.iter().zip(&pair.differences) {
        assert_eq!(d.estimate.value, 0.0, "{}", metric.name);
        assert!(!d.distinguishable());
        let interval = d.estimate.interval.unwrap();
        assert_eq!((interval.low, interval.high), (0.0, 0.0));
    }
    assert_eq!(pair.surplus_fen.value, 0.0);
    for ((change, name), flow) in CHANGES.iter().zip(pair.flows.by_change()) {
        assert!((*change == Change::Same) == (flow.needs > 0), "{name}");
    }
}

/// Would catch a base that is taken for the other side anywhere: exact opposites, not nearly.
#[test]
fn turned_round_a_comparison_is_its_opposite() {
    let [a, b] = ["closed-loop-618", "open-all-618"].map(|name| load(name, &[]));
    let there = compared(&[a.clone(), b.clone()], 4_000, 5);
    let back = compared(&[b, a], 4_000, 5);
    let [x, y] = [&there.pairs[0], &back.pairs[0]];
    for ((d, e), metric) in x.differences.iter().zip(&y.differences).zip(&there.metrics) {
        assert_eq!(d.estimate.value, -e.estimate.value, "{}", metric.name);
        let (i, j) = (d.estimate.interval.unwrap(), e.estimate.interval.unwrap());
        assert_eq!((i.low, i.high), (-j.high, -j.low), "{}", metric.name);
    }
    assert_eq!(x.surplus_fen.value, -y.surplus_fen.value);
    let [p, q] = [x, y].map(|pair| pair.flows.by_change().map(|f| f.needs));
    let count = |row: &[u64; CHANGES.len()], change: Change| row[change as usize];
    for (one, other) in [
        (Change::New, Change::Lost),
        (Change::Cannibalised, Change::Returned),
        (Change::Moved, Change::Moved),
        (Change::Same, Change::Same),
    ] {
        assert_eq!(count(&p, one), count(&q, other));
    }
    assert_eq!(x.kappa.value, y.kappa.value);
}

/// Would catch threads that can be seen in a result, and a seed that changes nothing.
#[test]
fn threads_do_not_change_a_comparison() {
    let scenarios = [load("closed-loop-618", &[]), load("red-cat-618", &[])];
    let with = |threads, seed| {
        let options = CompareOptions {
            users: Some(5_000),
            seed: Some(seed),
            threads: Some(threads),
            ..CompareOptions::default()
        };
        let c = compare(&scenarios, &options, &Silent).unwrap();
        let differences = c.pairs[0].differences.iter();
        let differences: Vec<_> = differences.map(|d| d.estimate).collect();
        (c.sides, differences, c.pairs[0].flows.clone())
    };
    assert_eq!(with(1, 3), with(7, 3));
    assert_ne!(with(2, 3).0, with(2, 4).0);
}

/// Would catch a side of a comparison that is another world than `run` lives.
#[test]
fn each_side_is_the_world_that_run_lives() {
    let scenarios = [load("closed-loop-618", &[]), load("red-cat-618", &[])];
    let comparison = compared(&scenarios, 4_000, 9);
    for (scenario, side) in scenarios.iter().zip(&comparison.sides) {
        let options = RunOptions {
            users: Some(4_000),
            seed: Some(9),
            ..RunOptions::default()
        };
        let alone = run(scenario, &options, &Silent).unwrap();
        let of = |metric: &str| side[place(&comparison, metric)].value;
        let tmall = scenario.wire().destinations.iter();
        let tmall = tmall.map(|d| d.name.as_str()).position(|d| d == "tmall");
        let sales = alone.counts.sales_total(tmall.unwrap());
        assert_eq!(of("gmv.tmall"), sales.gmv_fen as f64);
        assert_eq!(of("orders"), alone.counts.events().orders as f64);
        assert_eq!(of("platform.ads"), alone.money.ads_fen as f64);
    }
}

/// Would catch flows whose margins are not the worlds that are compared.
#[test]
fn flows_add_up_to_both_worlds() {
    let scenarios = [load("closed-loop-618", &[]), load("open-all-618", &[])];
    let comparison = compared(&scenarios, 20_000, 2);
    let flows = &comparison.pairs[0].flows;
    let all = flows.sum(|_, _| true);
    let gmv = place(&comparison, "gmv");
    assert_eq!(all.gmv_a_fen as f64, comparison.sides[0][gmv].value);
    assert_eq!(all.gmv_b_fen as f64, comparison.sides[1][gmv].value);
    let home = scenarios[0].home().index();
    let in_app = flows.sum(|a, _| a.destination() == Some(home));
    let place = place(&comparison, "gmv.in-app");
    assert_eq!(in_app.gmv_a_fen as f64, comparison.sides[0][place].value);
    let by_tier: u64 = flows.by_tier().iter().flatten().map(|f| f.needs).sum();
    let by_category: u64 = flows.by_category().iter().flatten().map(|f| f.needs).sum();
    assert_eq!(by_tier, by_category);
    let shares: f64 = comparison.pairs[0].origins.iter().map(|e| e.value).sum();
    assert!((shares - 1.0).abs() < 1e-12);
}

/// Would catch users who are not the same in both worlds: independent runs would need at least ten
/// times as many for the same interval of the difference of sales in the app.
#[test]
fn pairing_spares_users() {
    let scenarios = [load("closed-loop-618", &[]), load("open-all-618", &[])];
    let comparison = compared(&scenarios, 40_000, 618);
    let place = place(&comparison, "gmv.in-app");
    let gain = comparison.pairs[0].differences[place].gain.unwrap();
    assert!(gain > 10.0, "{gain}");
}

/// Would catch a closed app that sells through links out of it, and money that vanishes between the
/// actors when links open.
#[test]
fn opening_moves_sales_and_balances() {
    let scenarios = [load("closed-loop-618", &[]), load("open-all-618", &[])];
    let comparison = compared(&scenarios, 30_000, 4);
    let value =
        |side: usize, metric: &str| comparison.sides[side][place(&comparison, metric)].value;
    assert_eq!(value(0, "gmv.by-link.outside"), 0.0);
    assert_eq!(value(0, "visits.direct"), 0.0);
    assert!(value(1, "gmv.by-link.outside") > 0.0);
    for side in 0..2 {
        let received: f64 = ["platform.all", "creators", "merchants.kept"]
            .map(|m| value(side, m))
            .iter()
            .sum();
        let markets = ["tmall", "taobao", "jd", "vipshop"];
        let markets: f64 = markets
            .map(|m| value(side, &format!("{m}.commission")))
            .iter()
            .sum();
        assert_eq!(received + markets, value(side, "users.paid"));
    }
    // An easier way makes nobody poorer in what there is to choose from.
    assert!(comparison.pairs[0].surplus_fen.value > 0.0);
}

/// Would catch two populations held against each other as if they were one.
#[test]
fn other_people_are_refused() {
    for (set, key) in [
        ("people.search_users=0.5", "people.search_users"),
        ("calendar.days=38", "calendar.days"),
        ("tiers[ka].merchants=5", "tiers[].merchants"),
        ("destinations[jd].installed=0.5", "destinations[].installed"),
    ] {
        let scenarios = [load("red-cat-618", &[]), load("red-cat-618", &[set])];
        let refused = compare(&scenarios, &CompareOptions::default(), &Silent);
        let Err(CompareError::NotAlike(error)) = refused else {
            panic!("{set}");
        };
        assert_eq!(error.key, key);
    }
    let alone = compare(
        &[load("red-cat-618", &[])],
        &CompareOptions::default(),
        &Silent,
    );
    assert!(matches!(alone, Err(CompareError::Scenarios(1))));
}

/// Would catch totals without a group of users that are not brought to the number of all: then every
/// group seems to take its whole part away, and intervals are a third of the value.
#[test]
fn intervals_of_totals_are_about_people_not_about_their_number() {
    let scenarios = [load("closed-loop-618", &[]), load("red-cat-618", &[])];
    let comparison = compared(&scenarios, 20_000, 3);
    for side in &comparison.sides {
        let reads = side[place(&comparison, "reads")];
        let half = reads.interval.unwrap().half();
        assert!(half > 0.0 && half < 0.05 * reads.value, "{half}");
    }
}
