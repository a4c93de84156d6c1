//! Causal truth where it can be had by hand.

use std::collections::BTreeSet;

use redcat::base::UserId;
use redcat::engine::{RunOptions, Silent, run};
use redcat::scenario::{Override, Scenario};
use redcat::world::{History, Intervention, NeedId, World};

fn degenerate(sets: &[&str]) -> (Scenario, World) {
    let sets: Vec<Override> = sets.iter().map(|s| Override::parse(s).unwrap()).collect();
    let scenario = Scenario::load_with("degenerate".as_ref(), &sets).unwrap();
    let world = World::new(&scenario, 5);
    (scenario, world)
}

fn needs(history: &History) -> BTreeSet<NeedId> {
    history.orders().iter().map(|o| o.need).collect()
}

/// Would catch a pointer that names the wrong cause, or a switch-off that does too much or too
/// little: in the degenerate world the orders that vanish with a channel are exactly those whose
/// need names it, one by one, and the others do not change at all.
#[test]
fn pointer_and_switch_off_agree_order_by_order() {
    let (scenario, world) = degenerate(&[]);
    let (mut with, mut without) = (world.start(), world.start());
    let mut caused = vec![0; scenario.channels().len()];
    for user in 0..30_000 {
        world.history(UserId(user), Intervention::NONE, &mut with);
        for (channel, caused) in caused.iter_mut().enumerate() {
            world.again(&with, Intervention::without(1 << channel), &mut without);
            let named = |o: &&redcat::world::Order| o.cause.is_some_and(|c| c.index() == channel);
            let pointer: BTreeSet<_> = with.orders().iter().filter(named).map(|o| o.need).collect();
            let vanished: BTreeSet<_> =
                needs(&with).difference(&needs(&without)).copied().collect();
            assert_eq!(pointer, vanished, "user {user}, channel {channel}");
            assert!(needs(&without).is_subset(&needs(&with)));
            let same =
                |o: &redcat::world::Order| (o.need, o.at, o.merchant, o.value, o.destination);
            let kept = with
                .orders()
                .iter()
                .filter(|o| !pointer.contains(&o.need))
                .map(same);
            assert!(kept.eq(without.orders().iter().map(same)));
            *caused += pointer.len();
        }
    }
    // Every channel has caused something, or the test has seen nothing.
    assert!(caused.iter().all(|n| *n > 0), "{caused:?}");
}

/// Would catch an effect that is not additive where nothing interacts: in the degenerate world each
/// channel's part is the same whatever other channels are on, so its Shapley value is its own
/// switch-off. Checked on three channels, all eight sets.
#[test]
fn shapley_of_the_switch_off_game_agrees_too() {
    let (_, world) = degenerate(&[]);
    let (mut with, mut without) = (world.start(), world.start());
    let mut orders = [0_i64; 8];
    for user in 0..10_000 {
        world.history(UserId(user), Intervention::NONE, &mut with);
        for (set, total) in orders.iter_mut().enumerate() {
            // The set says which of channels 0, 5 and 10 are on.
            let off = [0, 5, 10]
                .iter()
                .enumerate()
                .filter(|(i, _)| set >> i & 1 == 0);
            let off = off.fold(0, |all, (_, channel)| all | 1_u64 << channel);
            world.again(&with, Intervention::without(off), &mut without);
            *total += without.orders().len() as i64;
        }
    }
    for channel in 0..3 {
        let bit = 1 << channel;
        let parts: Vec<i64> = (0..8_usize)
            .filter(|set| set & bit == 0)
            .map(|set| orders[set | bit] - orders[set])
            .collect();
        assert!(parts.iter().all(|p| *p == parts[0] && *p > 0), "{parts:?}");
    }
}

/// Would catch an effect from nothing: where no note triggers a need and no brand is remembered,
/// nothing vanishes with any channel.
#[test]
fn a_world_without_effects_has_no_truth() {
    let (scenario, _) = degenerate(&[]);
    let none: Vec<String> = scenario
        .channels()
        .iter()
        .map(|c| format!("channels[{}].trigger=0", c.name))
        .collect();
    let none: Vec<&str> = none.iter().map(String::as_str).collect();
    let (_, world) = degenerate(&none);
    let (mut with, mut without) = (world.start(), world.start());
    let mut orders = 0;
    for user in 0..5_000 {
        world.history(UserId(user), Intervention::NONE, &mut with);
        orders += with.orders().len();
        world.again(&with, Intervention::without(u64::MAX), &mut without);
        assert_eq!(needs(&with), needs(&without));
        assert!(without.contacts().is_empty());
    }
    assert!(orders > 100, "{orders}");
}

/// Would catch own needs that depend on what was shown.
#[test]
fn own_needs_come_whatever_is_shown() {
    let (_, world) = degenerate(&[]);
    let (mut with, mut without) = (world.start(), world.start());
    for user in 0..3_000 {
        world.history(UserId(user), Intervention::NONE, &mut with);
        world.history(UserId(user), Intervention::without(u64::MAX), &mut without);
    }
    let (a, b) = (with.counts.needs, without.counts.needs);
    assert_eq!(a.own, b.own);
    assert!(a.triggered > 0 && b.triggered == 0);
}

/// Would catch a sample that is not brought to all users: what a third of the users says that notes cause
/// is what all of them say, within six standard errors. The pointer, which knows nothing of how known
/// brands move those who would have bought anyway, is further away than that.
#[test]
fn a_sample_tells_of_all_users() {
    let caused = |sample: &str| {
        let free = Scenario::load("red-cat-618".as_ref()).unwrap();
        let certain = free.wire().categories.iter();
        let certain = certain.map(|c| format!("categories[{}].order_per_visit=1", c.name));
        let sample = format!("measure.truth.sample={sample}");
        let sets = certain.chain([sample, "behaviour.choice.brand=2".to_owned()]);
        let sets: Vec<Override> = sets.map(|s| Override::parse(&s).unwrap()).collect();
        let scenario = Scenario::load_with("red-cat-618".as_ref(), &sets).unwrap();
        let options = RunOptions {
            users: Some(20_000),
            regimes: Some(vec!["walled".to_owned()]),
            models: Some("last".to_owned()),
            ..RunOptions::default()
        };
        run(&scenario, &options, &Silent).unwrap()
    };
    let (all, part) = (caused("1"), caused("0.33"));
    let (truth, told) = (all.all.orders, part.all.orders);
    let interval = told.interval.unwrap();
    let six = 6.0 * (interval.high - interval.low) / (2.0 * 1.96);
    assert!((told.value - truth.value).abs() < six, "{told:?} {truth:?}");
    let pointer = all.truth.all.pointer_orders;
    assert!((pointer - truth.value).abs() > six, "{pointer} {truth:?}");
}
