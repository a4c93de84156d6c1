//! What a large run will take: laws of the forecast, and what a larger run really shows.

use std::time::Duration;

use redcat::engine::forecast::{Forecast, ForecastOptions, forecast};
use redcat::engine::{RunOptions, Silent, run};
use redcat::scenario::Scenario;

fn of(users: u64, cores: u64) -> (Scenario, Forecast) {
    let scenario = Scenario::load("red-cat-618".as_ref()).unwrap();
    let options = ForecastOptions {
        run: RunOptions {
            users: Some(users),
            threads: Some(1),
            models: Some("last,markov:1".to_owned()),
            regimes: Some(vec!["full_path".to_owned()]),
            ..RunOptions::default()
        },
        cores: Some(cores),
        time: Duration::ZERO,
    };
    let found = forecast(&scenario, &options, &Silent).unwrap();
    (scenario, found)
}

/// Would catch a law that is not the stated one: time linear in users and in one over cores, half-widths
/// that shrink with the root, and users for a width that do not give it.
#[test]
fn forecasts_follow_their_laws() {
    let (_, small) = of(100_000_000, 4);
    let large = Forecast {
        users: 400_000_000,
        ..small.clone()
    };
    let fixed = small.probe.start + small.probe.conclude;
    let work = |f: &Forecast, cores| f.seconds(cores) - fixed;
    assert!((work(&large, 4) / work(&small, 4) - 4.0).abs() < 1e-9);
    assert!((work(&small, 4) / work(&small, 16) - 4.0).abs() < 1e-9);
    let [fast, slow] = small.seconds_between(4);
    assert!(fast <= small.seconds(4) && small.seconds(4) <= slow);
    let machines = small.machines(4, fixed + work(&small, 4) / 7.5).unwrap();
    assert_eq!(machines, 8);
    assert_eq!(small.machines(4, fixed / 2.0), None);
    let pairs = small.settled().into_iter().zip(large.settled());
    assert!(small.settled().len() > 15);
    for (small_one, large_one) in pairs {
        let relative = |f: &redcat::engine::forecast::Settled| f.half / f.value.abs();
        let ratio = relative(&small_one) / relative(&large_one);
        assert!((ratio - 2.0).abs() < 1e-9, "{}", small_one.name);
        let users = small.users_for(&small_one, 0.01).unwrap();
        let there = Forecast {
            users,
            ..small.clone()
        };
        let all = there.settled();
        let there = all.iter().find(|f| f.name == small_one.name).unwrap();
        assert!(
            (relative(there) / 0.01 - 1.0).abs() < 1e-3,
            "{}",
            there.name
        );
    }
}

/// Would catch half-widths that are not those of the larger run: foretold from some 140,000 users for
/// four times as many, they are within the factor that two estimates of a width from 32 groups each
/// may differ by (F with 31 and 31 degrees of freedom, once in 10⁴: 2.0 for the root). A fixed seed.
#[test]
fn a_larger_run_is_as_sure_as_was_foretold() {
    let (scenario, found) = of(560_000, 1);
    let options = RunOptions {
        users: Some(560_000),
        models: Some("last,markov:1".to_owned()),
        regimes: Some(vec!["full_path".to_owned()]),
        ..RunOptions::default()
    };
    assert!(
        (130_000..200_000).contains(&found.probe.users),
        "{}",
        found.probe.users
    );
    let outcome = run(&scenario, &options, &Silent).unwrap();
    let regime = &outcome.regimes[0];
    let settled = found.settled();
    let foretold = |name: &str| settled.iter().find(|f| f.name == name).unwrap().half;
    for (name, shown) in [
        ("orders caused", outcome.all.orders),
        ("return on advertising", outcome.incremental_roi),
        ("share error: full_path last", regime.models[0].share_error),
        ("overcount: full_path markov:1", regime.models[1].overcount),
    ] {
        let ratio = foretold(name) / shown.interval.unwrap().half();
        assert!((0.5..2.0).contains(&ratio), "{name}: {ratio}");
    }
}
