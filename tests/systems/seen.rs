//! What click ids, windows and matched devices let a merchant see.

use redcat::base::DAY;
use redcat::journey::{JourneyBatch, TouchKind};
use redcat::observe::{Lens, Regime, Scratch};
use redcat::scenario::Scenario;

use super::{live, load};

/// Links out of the app that many follow, and shops in which many buy.
const LIVELY: [&str; 6] = [
    "channels[feed-ad].click=0.5",
    "channels[kol-note].click=0.5",
    "channels[search-ad].click=0.5",
    "categories[beauty].order_per_visit=0.3",
    "categories[apparel].order_per_visit=0.3",
    "categories[sports].order_per_visit=0.3",
];

pub(super) fn lively(more: &[&str]) -> Scenario {
    load("open-all-618", &[&LIVELY[..], more].concat())
}

/// Would catch an order that a click id (CID) joins to nothing: each order with touches under
/// `click_id` has a paid click on its merchant's notes before it and within the window, and if it was
/// made outside, one that led to where it was made. Orders without one get no credit, though notes
/// caused some of them: that is the spillover.
#[test]
fn a_click_id_joins_only_what_was_clicked() {
    let scenario = lively(&["measure.regimes[click_id].click_id_survival=0.75"]);
    let world = redcat::world::World::new(&scenario, super::SEED);
    let regimes = Regime::all(&scenario, &world);
    let regime = regimes.iter().find(|r| r.name() == "click_id").unwrap();
    let home = scenario.home();
    let (mut scratch, mut batch) = (Scratch::new(&world), JourneyBatch::new());
    let (mut joined, mut lost, mut clicked_outside, mut spilled) = (0_u32, 0_u32, 0_u32, 0);
    live(&scenario, 10_000, |_, history| {
        batch.clear();
        regime.observe(history, &mut scratch, &mut batch);
        for (order, journey) in history.orders().iter().zip(batch.iter()) {
            assert_eq!(journey.outcome.value, order.value);
            let window = order.at.saturating_sub(15 * DAY)..=order.at;
            let mut clicks = history.contacts().iter().filter(|c| {
                let paid = scenario.channels()[c.channel.index()].paid;
                let there = order.destination == home || c.clicked == Some(order.destination);
                let own = c.merchant == order.merchant && window.contains(&c.at);
                own && paid && there && c.kind == TouchKind::Click
            });
            let clicked = clicks.next().is_some();
            let seen = !journey.channels.is_empty();
            assert!(clicked || !seen);
            assert!(journey.kinds.iter().all(|k| *k == TouchKind::Click));
            assert!(
                journey
                    .hours_before_end
                    .iter()
                    .all(|h| (0.0..=360.0).contains(h))
            );
            if order.destination == home {
                assert_eq!(seen, clicked);
            } else {
                clicked_outside += u32::from(clicked);
                joined += u32::from(seen);
                lost += u32::from(clicked && !seen);
                spilled += u32::from(!clicked && order.cause.is_some());
            }
        }
    });
    assert!(joined > 200 && spilled > 200, "{joined} {spilled}");
    // Of four ids one is lost on the way.
    let all = f64::from(clicked_outside);
    let off = f64::from(lost) - 0.25 * all;
    assert!(
        all > 400.0 && off.abs() < 6.0 * (all * 0.25 * 0.75).sqrt(),
        "{lost} of {all}"
    );
}

/// Which orders are joined to any touch under a regime, user after user.
pub(super) fn joined(regime: &str, sets: &[&str]) -> Vec<bool> {
    let scenario = lively(sets);
    let world = redcat::world::World::new(&scenario, super::SEED);
    let regimes = Regime::all(&scenario, &world);
    let regime = regimes.iter().find(|r| r.name() == regime).unwrap();
    let (mut scratch, mut batch) = (Scratch::new(&world), JourneyBatch::new());
    let mut all = Vec::new();
    live(&scenario, 5_000, |_, history| {
        batch.clear();
        regime.observe(history, &mut scratch, &mut batch);
        let orders = history.orders().iter().zip(batch.iter());
        all.extend(orders.map(|(_, journey)| !journey.channels.is_empty()));
    });
    all
}

/// All that the first sees is seen by the second, and more.
pub(super) fn grows(steps: &[Vec<bool>]) {
    for pair in steps.windows(2) {
        assert_eq!(pair[0].len(), pair[1].len());
        assert!(
            pair[0]
                .iter()
                .zip(&pair[1])
                .all(|(less, more)| more >= less)
        );
        let count = |side: &[bool]| side.iter().filter(|j| **j).count();
        assert!(count(&pair[1]) > count(&pair[0]) + 20);
    }
}

/// Would catch a longer window that loses an order which a shorter one attributed.
#[test]
fn a_longer_window_attributes_all_that_a_shorter_does() {
    for regime in ["click_id", "full_path"] {
        let of = |days: &str| {
            let sets = ["click_window", "read_window"]
                .map(|window| format!("measure.regimes[{regime}].{window}={days}"));
            joined(regime, &[&sets[0], &sets[1]])
        };
        grows(&["1d", "7d", "15d", "30d"].map(of));
    }
}

/// Would catch dice that are thrown anew for another rate: an order that is joined at a low rate of
/// matched devices, or of ids that survive, is joined at a higher one.
#[test]
fn a_better_match_joins_all_that_a_worse_does() {
    let matched = |rate: &str| {
        joined(
            "full_path",
            &[&format!("measure.regimes[full_path].device_match={rate}")],
        )
    };
    grows(&["0", "0.4", "0.7", "0.9", "1"].map(matched));
    let survives = |rate: &str| {
        joined(
            "click_id",
            &[&format!(
                "measure.regimes[click_id].click_id_survival={rate}"
            )],
        )
    };
    grows(&["0", "0.5", "0.8", "0.99"].map(survives));
}

/// Would catch an id that outlives its window: where nothing but the click id joins, an order outside
/// has touches only if a link there was followed within a day, though reads of a month are shown.
#[test]
fn an_id_does_not_outlive_its_window() {
    let scenario = lively(&[
        "measure.regimes[full_path].device_match=0",
        "measure.regimes[full_path].click_window=1d",
    ]);
    let world = redcat::world::World::new(&scenario, super::SEED);
    let regimes = Regime::all(&scenario, &world);
    let regime = regimes.iter().find(|r| r.name() == "full_path").unwrap();
    let (mut scratch, mut batch) = (Scratch::new(&world), JourneyBatch::new());
    let (mut joined, mut too_late) = (0, 0);
    live(&scenario, 10_000, |_, history| {
        batch.clear();
        regime.observe(history, &mut scratch, &mut batch);
        for (order, journey) in history.orders().iter().zip(batch.iter()) {
            if order.destination == scenario.home() {
                continue;
            }
            let clicks = history.contacts().iter().filter(|c| {
                let there = c.merchant == order.merchant && c.clicked == Some(order.destination);
                there && c.at <= order.at
            });
            let ages: Vec<u32> = clicks.map(|c| order.at - c.at).collect();
            let seen = !journey.channels.is_empty();
            assert!(!seen || ages.iter().any(|age| *age <= DAY));
            joined += u32::from(seen);
            too_late += u32::from(!ages.is_empty() && ages.iter().all(|age| *age > DAY));
        }
    });
    assert!(joined > 100 && too_late > 100, "{joined} {too_late}");
}

/// Would catch orders that are joined though nobody shares them: without the app's orders, or without
/// those outside, just these have no touches, and the others keep theirs.
#[test]
fn what_is_not_shared_is_not_joined() {
    let home = lively(&[]).home();
    let mut at_home = Vec::new();
    live(&lively(&[]), 5_000, |_, h| {
        at_home.extend(h.orders().iter().map(|o| o.destination == home));
    });
    let all = joined("full_path", &[]);
    for (key, hidden) in [("in_app_orders", true), ("outside_orders", false)] {
        let set = format!("measure.regimes[full_path].{key}=false");
        let left = joined("full_path", &[&set]);
        let expected = all.iter().zip(&at_home);
        let expected: Vec<bool> = expected.map(|(j, at)| *j && *at != hidden).collect();
        assert_eq!(left, expected, "{key}");
        assert!(left != all);
    }
}

/// Would catch dice that are thrown for each order: a reader is in the sample or is not, and a
/// marketplace knows a reader's device or does not. So all orders of a reader at a marketplace are
/// joined, or none; and a sampled reader's at all marketplaces.
#[test]
fn a_reader_is_sampled_and_matched_once() {
    let see =
        |sets: &[&str]| {
            let scenario =
                lively(&[sets, &["measure.regimes[full_path].click_id_survival=0"]].concat());
            let world = redcat::world::World::new(&scenario, super::SEED);
            let regimes = Regime::all(&scenario, &world);
            let regime = regimes.iter().find(|r| r.name() == "full_path").unwrap();
            let (mut scratch, mut batch) = (Scratch::new(&world), JourneyBatch::new());
            let mut all = Vec::new();
            live(&scenario, 10_000, |_, history| {
                batch.clear();
                regime.observe(history, &mut scratch, &mut batch);
                let orders = history.orders().iter().zip(batch.iter());
                let outside = orders.filter(|(o, _)| o.destination != scenario.home());
                all.extend(outside.map(|(o, journey)| {
                    (history.user(), o.destination, !journey.channels.is_empty())
                }));
            });
            all
        };
    let rates = |sample: &str, matched: &str| {
        let sets = [("reader_sample", sample), ("device_match", matched)]
            .map(|(key, rate)| format!("measure.regimes[full_path].{key}={rate}"));
        see(&[&sets[0], &sets[1]])
    };
    // Orders with touches to join, and whether they are joined: pairs that follow each other.
    let pairs = |of: &[(_, _, bool)], same_place: bool| {
        let all = rates("1", "1");
        let seen = of.iter().zip(&all).filter(|(_, all)| all.2);
        let seen: Vec<_> = seen.map(|(one, _)| *one).collect();
        let pairs = seen.windows(2).filter(|w| w[0].0 == w[1].0);
        let pairs = pairs.filter(|w| !same_place || w[0].1 == w[1].1);
        let alike: Vec<bool> = pairs.map(|w| w[0].2 == w[1].2).collect();
        assert!(alike.len() > 50, "{}", alike.len());
        (
            alike.iter().all(|a| *a),
            seen.iter().any(|s| s.2),
            seen.iter().all(|s| s.2),
        )
    };
    // All alike, some joined, not all.
    assert_eq!(pairs(&rates("0.5", "1"), false), (true, true, false));
    assert_eq!(pairs(&rates("1", "0.5"), true), (true, true, false));
    // Another marketplace matches by dice of its own.
    assert!(!pairs(&rates("1", "0.5"), false).0);
}
