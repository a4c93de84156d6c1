//! What can go wrong with a monitor: the wrong person, the wrong time, a view that passes for a click.

use redcat::base::{DAY, UserId};
use redcat::journey::{JourneyBatch, TouchKind};
use redcat::observe::{Lens, Regime, Scratch, partner};
use redcat::scenario::Scenario;
use redcat::world::{History, Intervention, World};

use super::seen::{grows, joined, lively};
use super::{SEED, channel, live};

/// Looks at each of the first users with a regime: the history, and what the regime writes of it.
fn watch(
    scenario: &Scenario,
    regime: &str,
    users: u64,
    mut look: impl FnMut(&History, &JourneyBatch),
) {
    let world = World::new(scenario, SEED);
    let regimes = Regime::all(scenario, &world);
    let regime = regimes.iter().find(|r| r.name() == regime).unwrap();
    let (mut scratch, mut batch) = (Scratch::new(&world), JourneyBatch::new());
    live(scenario, users, |_, history| {
        batch.clear();
        regime.observe(history, &mut scratch, &mut batch);
        look(history, &batch);
    });
}

fn full_path(key: &str, value: &str) -> String {
    format!("measure.regimes[full_path].{key}={value}")
}

/// Would catch an order that is said to be another's and shows the buyer's own touches, touches of
/// another merchant, or some that came after it: where no device is matched and every one is
/// mistaken, an order outside has exactly what the other person of the household had read of its
/// merchant within the window before it. Orders in the app are the buyer's as ever.
#[test]
fn a_mistaken_order_has_the_touches_of_the_other_person() {
    let sets = [
        full_path("device_match", "0"),
        full_path("click_id_survival", "0"),
        full_path("device_mismatch", "1"),
    ];
    let scenario = lively(&sets.each_ref().map(String::as_str));
    let world = World::new(&scenario, SEED);
    let mut other = world.start();
    let (mut mistaken, mut own) = (0, 0);
    watch(&scenario, "full_path", 6_000, |history, batch| {
        let user = partner(history.user());
        assert_eq!(
            (partner(user), user.0 / 2),
            (history.user(), history.user().0 / 2)
        );
        if !history.orders().is_empty() {
            world.history(user, Intervention::NONE, &mut other);
        }
        for (order, journey) in history.orders().iter().zip(batch.iter()) {
            let inside = order.destination == scenario.home();
            let whose = if inside { history } else { &other };
            let window = order.at.saturating_sub(30 * DAY)..=order.at;
            let contacts = whose.contacts().iter();
            let contacts =
                contacts.filter(|c| c.merchant == order.merchant && window.contains(&c.at));
            let expected: Vec<_> = contacts.map(|c| (c.channel.0, c.kind)).collect();
            let seen = journey.channels.iter().copied();
            let seen: Vec<_> = seen.zip(journey.kinds.iter().copied()).collect();
            assert_eq!(seen, expected);
            mistaken += u32::from(!inside && !seen.is_empty());
            own += u32::from(inside && !seen.is_empty());
        }
    });
    assert!(mistaken > 50 && own > 50, "{mistaken} {own}");
}

/// Would catch a mistake that is made where a click id knows better, and dice that are thrown anew
/// for another rate.
#[test]
fn mistakes_grow_with_their_rate_and_spare_click_ids() {
    let mistaken = |rate: &str| {
        let sets = [
            full_path("device_match", "0"),
            full_path("click_id_survival", "0"),
            full_path("device_mismatch", rate),
        ];
        joined("full_path", &sets.each_ref().map(String::as_str))
    };
    grows(&["0", "0.3", "0.7", "1"].map(mistaken));
    let scenario = |rate: &str| lively(&[&full_path("device_mismatch", rate)]);
    let by_click = |scenario: &Scenario| {
        let mut all = Vec::new();
        watch(scenario, "full_path", 3_000, |history, batch| {
            for (order, journey) in history.orders().iter().zip(batch.iter()) {
                let contacts = history.contacts().iter();
                let mut clicks = contacts.filter(|c| {
                    c.merchant == order.merchant
                        && c.clicked == Some(order.destination)
                        && c.at <= order.at
                });
                if clicks.next().is_some() {
                    all.push(journey.channels.to_vec());
                }
            }
        });
        all
    };
    let (none, all) = (by_click(&scenario("0")), by_click(&scenario("1")));
    let same = none.iter().zip(&all).filter(|(a, b)| a == b).count();
    // Of twenty ids one is lost, and then the device is asked.
    assert!(
        none.len() > 200 && same * 10 > none.len() * 9,
        "{same} of {}",
        none.len()
    );
}

/// Would catch a larger sample of readers that does not hold the smaller.
#[test]
fn a_larger_sample_of_readers_joins_all_that_a_smaller_does() {
    let sampled = |share: &str| {
        let set = format!("measure.regimes[monitor].reader_sample={share}");
        joined("monitor", &[&set])
    };
    grows(&["0", "0.2", "0.5", "0.8", "1"].map(sampled));
}

/// Would catch an order outside that is joined while the monitor is suspended, by device, by click id
/// or by mistake; and a suspension that reaches beyond its dates or into the app.
#[test]
fn nothing_outside_is_joined_while_suspended() {
    let dates = "[{from='2025-05-20', until='2025-06-01'}, {from='2025-06-18'}]";
    let mistaken = full_path("device_mismatch", "0.1");
    let plain = lively(&[&mistaken]);
    let suspended = lively(&[&mistaken, &full_path("suspended", dates)]);
    let collect = |scenario: &Scenario| {
        let mut all = Vec::new();
        watch(scenario, "full_path", 5_000, |history, batch| {
            let orders = history.orders().iter().zip(batch.iter());
            all.extend(orders.map(|(order, journey)| (*order, journey.channels.to_vec())));
        });
        all
    };
    let (before, after) = (collect(&plain), collect(&suspended));
    assert_eq!(before.len(), after.len());
    let mut lost = 0;
    for ((order, seen), (_, now)) in before.iter().zip(&after) {
        let day = order.at / DAY;
        let off = (7..19).contains(&day) || day >= 36;
        if off && order.destination != plain.home() {
            assert!(now.is_empty());
            lost += u32::from(!seen.is_empty());
        } else {
            assert_eq!(seen, now);
        }
    }
    assert!(lost > 200, "{lost}");
}

/// Would catch five seconds of a video that pass for a click where nobody said so, that are shown as
/// a read among clicks, that make a click id, or that are looked back upon as far as reads are.
#[test]
fn views_of_videos_count_as_clicks_where_it_is_said() {
    let cid = |value: &str| format!("measure.regimes[click_id].video_views_click={value}");
    let without = joined("click_id", &[&cid("false")]);
    assert_eq!(joined("click_id", &[]), without);
    grows(&[without, joined("click_id", &[&cid("true")])]);
    let scenario = lively(&[&cid("true")]);
    let video = channel(&scenario, "video-ad") as u16;
    let mut views = 0;
    watch(&scenario, "click_id", 5_000, |history, batch| {
        for (order, journey) in history.orders().iter().zip(batch.iter()) {
            assert!(journey.kinds.iter().all(|k| *k == TouchKind::Click));
            let clicked = history.contacts().iter().any(|c| {
                c.merchant == order.merchant
                    && c.clicked == Some(order.destination)
                    && c.at <= order.at
            });
            let seen = !journey.channels.is_empty();
            assert!(!seen || clicked || order.destination == scenario.home());
            views += journey.channels.iter().filter(|c| **c == video).count();
        }
    });
    assert!(views > 50, "{views}");
    let windows = [
        full_path("click_window", "2d"),
        full_path("read_window", "30d"),
    ];
    let scenario = lively(&windows.each_ref().map(String::as_str));
    let (mut old, video) = (0, channel(&scenario, "video-ad") as u16);
    watch(&scenario, "full_path", 5_000, |history, batch| {
        for journey in batch.iter().take(history.orders().len()) {
            for (c, hours) in journey.channels.iter().zip(journey.hours_before_end) {
                assert!(*c != video || *hours <= 48.0);
                old += u32::from(*hours > 48.0);
            }
        }
    });
    assert!(old > 200, "{old}");
}

/// Would catch another person's season that depends on who was lived before, or on whether they are
/// among the users.
#[test]
fn whom_one_is_taken_for_depends_on_nobody_else() {
    let scenario = lively(&[&full_path("device_mismatch", "1")]);
    let world = World::new(&scenario, SEED);
    let regimes = Regime::all(&scenario, &world);
    let mut history = world.start();
    let mut look = |user: u64, scratch: &mut Scratch<'_>| {
        let mut batch = JourneyBatch::new();
        world.history(UserId(user), Intervention::NONE, &mut history);
        for regime in &regimes {
            regime.observe(&history, scratch, &mut batch);
        }
        batch
    };
    let mut scratch = Scratch::new(&world);
    let forwards: Vec<_> = (0..300).map(|user| look(user, &mut scratch)).collect();
    let mut scratch = Scratch::new(&world);
    let backwards = (0..300).rev().map(|user| look(user, &mut scratch));
    let mut backwards: Vec<_> = backwards.collect();
    backwards.reverse();
    assert_eq!(forwards, backwards);
}
