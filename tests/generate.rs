//! Logs that are written: the same season as a run's, row by row, whatever the threads.

use std::collections::BTreeMap;
use std::sync::Mutex;

use redcat::engine::generate::{GenerateOptions, Order, PART, Room, generate, generate_by_time};
use redcat::engine::{Progress, Silent};
use redcat::io::{Table, TableError};
use redcat::scenario::Scenario;
use redcat::world::{EventKind, History, Intervention, World};

fn scenario() -> Scenario {
    Scenario::load("red-cat-618".as_ref()).unwrap()
}

/// The parts of a log as CSV, by number.
fn parts(
    options: &GenerateOptions,
) -> (BTreeMap<u64, String>, redcat::engine::generate::Generated) {
    let kept = Mutex::new(BTreeMap::new());
    let keep = |part: u64, table: Table| -> Result<(), TableError> {
        kept.lock().unwrap().insert(part, table.csv()?);
        Ok(())
    };
    let done = generate(&scenario(), options, &keep, &Silent).unwrap();
    (kept.into_inner().unwrap(), done)
}

fn options(users: u64, threads: usize) -> GenerateOptions {
    GenerateOptions {
        users: Some(users),
        threads: Some(threads),
        truth: true,
        ..GenerateOptions::default()
    }
}

/// Would catch a log that depends on who makes which part, and parts that are lost or made twice.
#[test]
fn parts_are_the_same_whatever_the_threads() {
    let users = 2 * PART + 100;
    let ((one, _), (three, done)) = (parts(&options(users, 1)), parts(&options(users, 3)));
    assert_eq!(one.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
    assert!(one == three);
    let rows: u64 = done.rows.iter().map(|(_, _, n)| n).sum();
    let lines: usize = one.values().map(|text| text.lines().count() - 1).sum();
    assert_eq!(rows, lines as u64);
}

/// Would catch rows that are not those of the counters, and a life that changes because it is written
/// down: user by user the same history and the same totals, and as many rows of each kind.
#[test]
fn writing_down_changes_nothing_and_forgets_nothing() {
    let scenario = scenario();
    let world = World::new(&scenario, 618);
    let (mut plain, mut written) = (world.start(), world.start());
    written.log = Some(Vec::new());
    let mut rows = BTreeMap::new();
    let live = |user, history: &mut History| {
        world.history(redcat::base::UserId(user), Intervention::NONE, history);
        history.digest()
    };
    // User 82,843 looks at notes after the season has ended: that must not ripen a need.
    for user in (0..20_000).chain([82_843]) {
        assert_eq!(
            live(user, &mut plain),
            live(user, &mut written),
            "user {user}"
        );
        assert_eq!(plain.counts, written.counts, "user {user}");
        let log = written.log.as_ref().unwrap();
        assert!(log.windows(2).all(|w| w[0].at <= w[1].at), "user {user}");
        log.iter()
            .for_each(|e| *rows.entry(e.kind).or_insert(0) += 1);
        let orders = log.iter().filter(|e| e.kind == EventKind::Order);
        let orders = orders.map(|e| (e.at, e.merchant, e.value, e.cause));
        let own = written.orders().iter();
        assert!(orders.eq(own.map(|o| (o.at, o.merchant, o.value, o.cause))));
    }
    let events = plain.counts.events();
    let of = |kind| rows.get(&kind).copied().unwrap_or(0);
    let engaged = [
        EventKind::Like,
        EventKind::Collect,
        EventKind::Share,
        EventKind::Comment,
        EventKind::Follow,
        EventKind::AskLink,
    ];
    assert_eq!(of(EventKind::Impression), events.impressions);
    assert_eq!(of(EventKind::Read), events.reads);
    assert_eq!(engaged.into_iter().map(of).sum::<u64>(), events.engagements);
    assert_eq!(of(EventKind::Click), events.clicks);
    assert_eq!(of(EventKind::Visit), events.visits);
    assert_eq!(of(EventKind::Cart), events.carts);
    assert_eq!(of(EventKind::Order), events.orders);
    assert_eq!(of(EventKind::Refund), events.refunds);
}

/// Would catch order numbers that two orders share, returns of no order or before it, and cells in the
/// wrong column.
#[test]
fn rows_say_what_they_mean() {
    let (parts, _) = parts(&options(6_000, 1));
    let mut reader = csv::Reader::from_reader(parts[&0].as_bytes());
    let names: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    let place = |name: &str| names.iter().position(|n| n == name).unwrap();
    let [user, time, event, order, value] =
        ["user", "time", "event", "order", "value_fen"].map(place);
    let (channel, destination, cause) = (place("channel"), place("destination"), place("cause"));
    let mut orders = BTreeMap::new();
    let (mut returned, mut caused, mut last) = (0, 0, (0_u64, String::new()));
    for row in reader.records() {
        let row = row.unwrap();
        let now = (row[user].parse().unwrap(), row[time].to_owned());
        assert!(last <= now, "{last:?} {now:?}");
        let sold = (row[user].to_owned(), row[value].to_owned());
        match &row[event] {
            "order" => {
                caused += usize::from(!row[cause].is_empty());
                assert!(!row[destination].is_empty());
                let before = orders.insert(row[order].to_owned(), (sold, now.1.clone()));
                assert!(before.is_none(), "{row:?}");
            }
            "refund" => {
                returned += 1;
                let (bought, at) = &orders[&row[order]];
                assert!(*bought == sold && *at <= now.1, "{row:?}");
            }
            "impression" | "read" => assert!(!row[channel].is_empty() && row[order].is_empty()),
            _ => assert!(row[value].is_empty(), "{row:?}"),
        }
        last = now;
    }
    assert!(orders.len() > 500 && returned > 100 && caused > 10);
}

/// Would catch kinds that are written though nobody asks, truth that leaks, and an error that is
/// swallowed or followed by more parts.
#[test]
fn only_what_is_asked_for_is_written_and_errors_stop() {
    let few = GenerateOptions {
        kinds: Some(vec![EventKind::Order]),
        truth: false,
        ..options(3_000, 1)
    };
    let (parts, done) = parts(&few);
    let text = &parts[&0];
    assert!(text.lines().skip(1).all(|line| line.contains(",order,")));
    assert!(text.lines().count() > 100 && !text.contains("cause") && !text.contains("need"));
    assert_eq!(done.counts.events().orders + 1, text.lines().count() as u64);

    struct Count(Mutex<u64>);
    impl Progress for Count {
        fn advance(&self, users: u64) {
            *self.0.lock().unwrap() += users;
        }
    }
    let seen = Count(Mutex::new(0));
    let keep = |_, _| Err(std::io::Error::other("full"));
    let error = generate(&scenario(), &options(20 * PART, 1), &keep, &seen).unwrap_err();
    assert_eq!(error.to_string(), "full");
    assert_eq!(*seen.0.lock().unwrap(), PART);
}

/// The lines of each part of a log in the order of time, without the names of columns.
fn by_time(options: &GenerateOptions, room: &Room) -> (Vec<Vec<String>>, u64) {
    let kept = Mutex::new(BTreeMap::new());
    let keep = |part: u64, tables: &mut dyn Iterator<Item = Table>| -> Result<(), TableError> {
        let mut lines = Vec::new();
        for table in tables {
            lines.extend(table.csv()?.lines().skip(1).map(str::to_owned));
        }
        kept.lock().unwrap().insert(part, lines);
        Ok(())
    };
    let done = generate_by_time(&scenario(), options, room, &keep, &Silent).unwrap();
    assert_eq!(done.order, Order::Time);
    let kept = kept.into_inner().unwrap();
    assert!(kept.keys().copied().eq(0..done.parts));
    (kept.into_values().collect(), done.spilled)
}

/// Would catch rows that are lost, doubled or changed on their way through a slice; a log that is not
/// sorted by time, user and the user's own order, within a part or from one to the next; a second in
/// two parts; and a log that hangs on threads or memory.
#[test]
fn the_order_of_time_is_another_order_of_the_same_rows() {
    let users = 2 * PART + 1_000;
    let (plain, _) = parts(&options(users, 2));
    // By user and time, then as it happened: a stable sort by time and user is the order that is meant.
    let mut expected = Vec::new();
    for part in plain.values() {
        for line in part.lines().skip(1) {
            let mut cells = line.split(',');
            let user: u64 = cells.next().unwrap().parse().unwrap();
            expected.push((cells.next().unwrap(), user, line));
        }
    }
    expected.sort_by_key(|(time, user, _)| (*time, *user));
    let (roomy, stayed) = by_time(&options(users, 1), &Room::default());
    assert!(roomy.len() > 1 && roomy.iter().all(|part| part.len() > 100_000));
    let found = roomy.iter().flatten().map(String::as_str);
    assert!(found.eq(expected.iter().map(|(_, _, line)| *line)));
    let time = |line: &String| line.split(',').nth(1).unwrap().to_owned();
    for pair in roomy.windows(2) {
        assert!(time(&pair[0][pair[0].len() - 1]) < time(&pair[1][0]));
    }
    let room = Room {
        memory_bytes: 100_000,
        ..Room::default()
    };
    let (narrow, spilled) = by_time(&options(users, 3), &room);
    assert!(stayed == 0 && spilled > 30_000_000);
    assert!(narrow == roomy);
}

/// Would catch a log without rows that has no parts, and so tells no columns, and an error that is
/// swallowed.
#[test]
fn a_log_without_rows_has_columns_and_errors_are_told() {
    let none = GenerateOptions {
        kinds: Some(Vec::new()),
        ..options(500, 2)
    };
    assert_eq!(by_time(&none, &Room::default()), (vec![Vec::new()], 0));
    let keep = |_, _: &mut dyn Iterator<Item = Table>| Err(std::io::Error::other("full"));
    let room = Room::default();
    let error = generate_by_time(&scenario(), &options(500, 2), &room, &keep, &Silent);
    assert_eq!(error.unwrap_err().to_string(), "full");
}
