//! The stream: the rows of the log, once a copy and a lap, whatever the threads.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use redcat::base::UserId;
use redcat::load::stream::{Row, Shaping, Stream};
use redcat::world::{Event, EventKind, Intervention, Track, World};

use super::{content, scenario};

const USERS: u64 = 3_000;
const SECOND: i64 = 1_000_000;

/// What tells one row from another, with its second.
type Told = (i64, u64, EventKind, u32, Option<u16>, i64);

fn told(row: &Row) -> Told {
    let second = row.at.div_euclid(SECOND);
    (
        second,
        row.user,
        row.kind,
        row.merchant,
        row.channel,
        row.value,
    )
}

/// The log, user by user, and how many seconds its clock is behind that of the stream.
fn log(scenario: &redcat::scenario::Scenario) -> (Vec<(u64, Event)>, i64) {
    let world = World::new(scenario, scenario.wire().run.seed);
    let mut history = world.start();
    history.log = Some(Vec::new());
    history.track = Track::Reads;
    let mut all = Vec::new();
    for user in 0..USERS {
        world.history(UserId(user), Intervention::NONE, &mut history);
        all.extend(history.log.iter().flatten().map(|event| (user, *event)));
    }
    (all, scenario.calendar().start.seconds() - 8 * 3_600)
}

/// Would catch rows of the span that are lost, added or changed, rows from before it that are missing
/// or too old, people who do nothing in the span and are kept, rows out of order, and refunds of the
/// wrong order.
#[test]
fn one_lap_of_one_copy_is_the_log_of_the_span() {
    let scenario = scenario(&[
        "load.copies=1",
        "load.until=\"2025-06-14 19:00\"",
        "load.repeat=\"7d\"",
        "load.rows=\"reads\"",
        "load.click_window=\"3d\"",
        "load.view_window=\"2d\"",
    ]);
    let (content, load) = content(&scenario, USERS, 2);
    let span = scenario.load_span().unwrap();
    let (log, start) = log(&scenario);
    let as_told = |(user, e): &(u64, Event)| -> Told {
        let channel = e.channel.map(|c| c.0);
        (
            start + i64::from(e.at),
            *user,
            e.kind,
            e.merchant.0,
            channel,
            e.value,
        )
    };
    let within = |(_, e): &&(u64, Event)| (span.from..span.until).contains(&e.at);
    let expected: BTreeSet<Told> = log.iter().filter(within).map(as_told).collect();
    assert!(expected.len() > 150, "{}", expected.len());
    let shaping = Shaping::of(&load);
    let rows: Vec<Row> = Stream::new(&content, shaping)
        .take(content.rows() as usize)
        .collect();
    assert!(rows.is_sorted_by_key(|row| (row.at, row.id)));
    assert_eq!(rows.iter().map(told).collect::<BTreeSet<_>>(), expected);
    assert_eq!(rows.len(), expected.len());

    let active: HashSet<u64> = expected.iter().map(|t| t.1).collect();
    let first = span.from - 3 * 86_400;
    let attributed = |kind| !matches!(kind, EventKind::Visit | EventKind::Cart);
    let before = log.iter().filter(|(user, e)| {
        (first..span.from).contains(&e.at) && attributed(e.kind) && active.contains(user)
    });
    let before: BTreeSet<Told> = before.map(as_told).collect();
    let filling: Vec<Row> = Stream::before(&content, shaping).collect();
    assert!(before.len() > 50, "{}", before.len());
    assert_eq!(filling.iter().map(told).collect::<BTreeSet<_>>(), before);
    let ids = filling.iter().chain(&rows).map(|row| row.id);
    assert!(ids.eq(0..content.rows_before() + content.rows()));

    // The orders of refunds, by need.
    let all: BTreeMap<u64, &Row> = filling.iter().chain(&rows).map(|r| (r.id, r)).collect();
    let mut matched = 0;
    for refund in all.values().filter(|row| row.kind == EventKind::Refund) {
        let same = |(user, e): &&(u64, Event)| {
            *user == refund.user && e.merchant.0 == refund.merchant && e.value == refund.value
        };
        let order = log
            .iter()
            .filter(same)
            .find(|(_, e)| e.kind == EventKind::Order);
        let order = as_told(order.expect("an order of the same value"));
        match all.get(&refund.order) {
            Some(found) => {
                matched += 1;
                assert_eq!((told(found), found.order), (order, found.id));
            }
            None => assert!(order.0 < start + i64::from(first), "{refund:?}"),
        }
    }
    assert!(matched > 3, "{matched}");
}

/// Would catch content that depends on who simulates whom.
#[test]
fn the_stream_is_the_same_whatever_the_threads() {
    let scenario = scenario(&[
        "load.disorder=0.2",
        "load.doubles=0.1",
        "load.delay=\"60s\"",
    ]);
    let rows = |threads| {
        let (content, load) = content(&scenario, 2_000, threads);
        let both = Stream::before(&content, Shaping::of(&load))
            .chain(Stream::new(&content, Shaping::of(&load)).take(20_000));
        both.collect::<Vec<_>>()
    };
    let one = rows(1);
    assert!(one == rows(2));
    assert!(one == rows(7));
}

/// Would catch copies that share people, come out of order or in one moment, and laps that are other
/// than the first, down to the orders of refunds.
#[test]
fn copies_are_other_people_and_laps_are_the_same_later() {
    let scenario = scenario(&[
        "load.copies=7",
        "load.until=\"2025-06-14 19:00\"",
        "load.repeat=\"7d\"",
    ]);
    let (content, load) = content(&scenario, USERS, 2);
    let lap = content.rows() as usize * 7;
    let rows: Vec<Row> = Stream::new(&content, Shaping::of(&load))
        .take(3 * lap)
        .collect();
    assert!(rows.is_sorted_by_key(|row| (row.at, row.id)));
    assert!(rows.is_sorted_by_key(|row| (row.comes, row.id)));
    let ids = content.rows_before() * 7..;
    assert!(rows.iter().map(|row| row.id).eq(ids.take(3 * lap)));
    for copies in rows[..lap].chunks(7) {
        let people: Vec<u64> = copies.iter().map(|row| row.user).collect();
        let expected: Vec<u64> = (0..7).map(|c| people[0] + c * USERS).collect();
        assert_eq!(people, expected);
        let plain = |row: &Row| (row.merchant, row.kind, row.channel, row.value);
        assert!(copies.iter().all(|row| plain(row) == plain(&copies[0])));
    }
    let spread = rows[..lap].chunks(7).filter(|c| c[6].at > c[0].at).count();
    assert!(spread > lap / 7 * 3 / 4, "{spread} of {}", lap / 7);
    let week = 7 * 86_400 * SECOND;
    let days = 4 * 86_400 * SECOND;
    let mut sent_back = 0;
    for (first, later) in rows[..2 * lap].iter().zip(&rows[lap..]) {
        assert_eq!(later.at - first.at, week);
        assert_eq!(later.comes - first.comes, days);
        assert_eq!(told(later).1, told(first).1);
        if later.kind == EventKind::Order {
            assert_eq!((first.order, later.order), (first.id, later.id));
        }
        // What was ordered in a lap is sent back in that lap; what was ordered before, for good.
        if later.kind == EventKind::Refund {
            let played = first.order != u64::MAX && first.order >= content.rows_before() * 7;
            sent_back += usize::from(played);
            let again = if played { lap as u64 } else { 0 };
            assert_eq!(later.order, first.order.wrapping_add(again), "{first:?}");
        }
    }
    assert!(sent_back > 7, "{sent_back}");
}

/// Would catch rows that are lost on the way, delays beyond what is said, doubles that are not told by
/// their number, and shares that are not those asked for.
///
/// Late are 20 % of 60,000 rows or so, twice 10 %: half a percentage point is six standard deviations of
/// one draw, and the seed is fixed.
#[test]
fn some_come_late_and_some_twice() {
    let scenario = scenario(&[
        "load.copies=20",
        "load.disorder=0.2",
        "load.doubles=0.1",
        "load.delay=\"10min\"",
    ]);
    let (content, load) = content(&scenario, USERS, 2);
    let plain = Shaping {
        disorder: 0.0,
        doubles: 0.0,
        ..Shaping::of(&load)
    };
    let lap = content.rows() as usize * 20;
    let count = lap * (60_000 / lap + 1);
    let ordered: Vec<Row> = Stream::new(&content, plain).take(count).collect();
    let end = ordered.last().unwrap().id;
    // All of whole laps: nothing is late beyond its lap.
    let mut seen: BTreeMap<u64, Vec<Row>> = BTreeMap::new();
    let mut came = i64::MIN;
    let (mut late, mut twice, mut latest) = (0, 0, i64::MIN);
    for row in Stream::new(&content, Shaping::of(&load)) {
        if row.id > end {
            break;
        }
        assert!(row.comes >= came, "{row:?}");
        came = row.comes;
        late += usize::from(row.at < latest);
        latest = latest.max(row.at);
        seen.entry(row.id).or_default().push(row);
    }
    let mut delayed = 0;
    for row in &ordered {
        let found = &seen[&row.id];
        assert!((1..=2).contains(&found.len()), "{found:?}");
        twice += usize::from(found.len() == 2);
        for one in found {
            let delay = one.comes - row.comes;
            assert!((0..=600 * SECOND).contains(&delay), "{one:?}");
            assert_eq!(
                Row {
                    comes: row.comes,
                    ..*one
                },
                *row
            );
        }
        delayed += usize::from(found.iter().all(|one| one.comes > row.comes));
    }
    assert_eq!(seen.len(), ordered.len());
    let share = |n: usize| n as f64 / ordered.len() as f64;
    assert!((share(twice) - 0.1).abs() < 0.008, "{}", share(twice));
    assert!((share(delayed) - 0.2).abs() < 0.01, "{}", share(delayed));
    assert!(late > ordered.len() / 10, "{late}");
}
