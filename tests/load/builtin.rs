//! The built-in system: the same credit and the same rows as a batch, whatever the workers and however
//! they are kept waiting.

use std::collections::BTreeMap;

use redcat::attribute::online::{Event, Online, Rows, Tally, Watermark, What, Windows};
use redcat::attribute::{Credit, Lineup};
use redcat::engine::Silent;
use redcat::journey::{JourneyBatch, Outcome, Touch};
use redcat::load::builtin::{BuiltIn, Engine, Finished};
use redcat::load::meter::Ticks;
use redcat::load::stream::{Row, Shaping, Stream};
use redcat::load::system::{Clock, Gauge, System, Time};
use redcat::load::{Content, ContentOptions, LoadOptions, LoadTest};
use redcat::scenario::wire::{JourneyKey, LoadWire};

use super::{content, scenario};

const DAY: i64 = 86_400_000_000;
const RULES: &str = "first,last,last-click,linear,position,time-decay";
const WINDOWS: Windows = Windows {
    click: 5 * DAY,
    view: 2 * DAY,
    refund: 4 * DAY,
};
const MINUTE: i64 = 60_000_000;

fn engine<'a>(lineup: &'a Lineup, content: &Content, workers: usize, lateness: i64) -> Engine<'a> {
    Engine {
        lineup,
        shape: content.shape(),
        windows: WINDOWS,
        lateness,
        key: JourneyKey::User,
        workers,
    }
}

/// Before the span, and some laps of it.
fn rows(content: &Content, load: &LoadWire, laps: u64) -> Vec<Row> {
    let shaping = Shaping::of(load);
    let count = content.rows() * shaping.copies * laps;
    let stream = Stream::new(content, shaping).take(count as usize);
    Stream::before(content, shaping).chain(stream).collect()
}

/// Offers all rows, as fast as they are taken.
fn run(engine: &Engine<'_>, rows: &[Row]) -> Finished {
    let gauges: Vec<Gauge> = (0..=engine.workers).map(|_| Gauge::default()).collect();
    let (clock, blank) = (Clock::default(), Ticks::over(1_000_000_000).unwrap());
    clock.start();
    std::thread::scope(|scope| {
        let mut system = BuiltIn::start(scope, engine, &gauges, &clock, &blank).unwrap();
        for (place, row) in rows.iter().enumerate() {
            // As a player does that is on time: the watermark comes as far as the next row allows.
            if place % 37 == 0 {
                system.flush(Some(row.at)).unwrap();
            }
            system.offer(row, Some(clock.now())).unwrap();
        }
        system.flush(None).unwrap();
        let finished = system.finish().unwrap().unwrap();
        let reading = Gauge::all(&gauges);
        assert_eq!(reading.rows, rows.len() as u64);
        assert_eq!(reading.orders, finished.streamed.tally.orders.used);
        finished
    })
}

fn credits(finished: &Finished, lineup: &Lineup) -> Vec<(String, Credit)> {
    finished.streamed.credits(lineup).unwrap()
}

/// Every order on its own, from all that came: touches of its user within the window, since the order
/// before.
fn batch(lineup: &Lineup, content: &Content, rows: &[Row]) -> Vec<(String, Credit)> {
    let mut users: BTreeMap<u64, BTreeMap<(i64, u8, u64), Event>> = BTreeMap::new();
    let class = |what: &What| match what {
        What::Touch { .. } => 0,
        What::Order { .. } => 1,
        What::Refund { .. } => 2,
    };
    let mut refunds: BTreeMap<u64, i64> = BTreeMap::new();
    for event in rows.iter().filter_map(|row| row.event(JourneyKey::User)) {
        if let What::Refund { order } = event.what {
            // An order is sent back once, though the same evening comes again.
            let first = refunds.entry(order).or_insert(event.at);
            *first = event.at.min(*first);
        }
        let place = (event.at, class(&event.what), event.id);
        users.entry(event.key).or_default().insert(place, event);
    }
    let (mut given, mut taken_back) = (JourneyBatch::new(), JourneyBatch::new());
    for events in users.values() {
        let mut touches: Vec<Event> = Vec::new();
        for event in events.values() {
            match event.what {
                What::Touch { .. } => touches.push(*event),
                What::Refund { .. } => {}
                What::Order { group, value } => {
                    let back = refunds.get(&event.id).copied();
                    let back =
                        back.is_some_and(|at| at >= event.at && at - event.at <= WINDOWS.refund);
                    let young = std::mem::take(&mut touches);
                    let outcome = Outcome {
                        group,
                        conversions: 1,
                        nulls: 0,
                        value,
                    };
                    write(&young, event.at, outcome, &mut given);
                    if back {
                        write(&young, event.at, outcome, &mut taken_back);
                    }
                }
            }
        }
    }
    let fit = |journeys: &JourneyBatch| {
        let mut state = lineup.start(content.shape());
        lineup.fold(&mut state, journeys);
        lineup.credits(&state)
    };
    let both = fit(&given).into_iter().zip(fit(&taken_back));
    both.map(|((model, credit), (_, back))| {
        let mut credit = credit.unwrap();
        credit.take_back(&back.unwrap());
        (model, credit)
    })
    .collect()
}

fn write(touches: &[Event], at: i64, outcome: Outcome, journeys: &mut JourneyBatch) {
    for touch in touches {
        let What::Touch { channel, kind } = touch.what else {
            continue;
        };
        let ago = at - touch.at;
        let click = kind == redcat::journey::TouchKind::Click;
        if ago <= if click { WINDOWS.click } else { WINDOWS.view } {
            journeys.touch(Touch {
                channel,
                kind,
                hours_before_end: ago as f64 / 3.6e9,
            });
        }
    }
    journeys.end(outcome);
}

/// All rows, whatever became of them.
fn told(tally: &Tally) -> [u64; 2] {
    let all = [&tally.touches, &tally.orders, &tally.refunds];
    [
        all.iter().map(|rows| rows.rows).sum(),
        all.iter().map(|rows| rows.told()).sum(),
    ]
}

/// Would catch credit or counts that hang on the workers, an order that waits for too little, a double
/// that counts, a touch that is dropped while it could still count (windows are shorter than the days
/// played), and rows that nobody accounts for.
#[test]
fn the_stream_is_the_batch_for_any_workers() {
    let scenario = scenario(&[
        "load.copies=5",
        "load.from=\"2025-05-31 20:00\"",
        "load.until=\"2025-05-31 24:00\"",
        "load.rows=\"reads\"",
        "load.disorder=0.3",
        "load.doubles=0.1",
        "load.delay=\"30min\"",
    ]);
    let (content, load) = content(&scenario, 3_000, 2);
    let mut lineup = Lineup::parse(RULES).unwrap();
    lineup.bind(content.channels()).unwrap();
    let rows = rows(&content, &load, 9);
    let expected = batch(&lineup, &content, &rows);
    let one = run(&engine(&lineup, &content, 1, 30 * MINUTE), &rows);
    let tally = one.streamed.tally;
    assert!(
        tally.orders.used > 500 && tally.refunds.used > 20,
        "{tally:?}"
    );
    assert!(
        tally.touches.used > 200 && tally.touches.expired > 1_000,
        "{tally:?}"
    );
    assert!(tally.orders.double > 30, "{tally:?}");
    assert_eq!(
        [tally.touches.late, tally.orders.late, tally.refunds.late],
        [0; 3]
    );
    assert_eq!(told(&tally), [rows.len() as u64 - one.others; 2]);
    assert_eq!(credits(&one, &lineup), expected);
    assert_eq!(one.latency.since(0).orders, tally.orders.used);
    for workers in [2, 7] {
        let more = run(&engine(&lineup, &content, workers, 30 * MINUTE), &rows);
        assert_eq!(credits(&more, &lineup), expected, "{workers}");
        assert_eq!((more.streamed.tally, more.others), (tally, one.others));
    }
    // What comes later than is allowed is counted, whoever works, and all rows are accounted for.
    let hasty = run(&engine(&lineup, &content, 1, MINUTE), &rows);
    let late = |rows: &Rows| rows.late;
    let tally = hasty.streamed.tally;
    assert!(
        late(&tally.touches) > 100 && late(&tally.orders) > 10,
        "{tally:?}"
    );
    assert_eq!(told(&tally), [rows.len() as u64 - hasty.others; 2]);
    let two = run(&engine(&lineup, &content, 2, MINUTE), &rows);
    assert_eq!(two.streamed.tally, tally);
    assert_eq!(credits(&two, &lineup), credits(&hasty, &lineup));
}

/// Would catch state that grows with the stream and not with the windows: two weeks of evenings, windows
/// of a day.
#[test]
fn state_is_bounded_over_weeks() {
    let scenario = scenario(&["load.copies=40"]);
    let (content, load) = content(&scenario, 3_000, 2);
    let lineup = Lineup::parse(RULES).unwrap();
    let windows = Windows {
        click: DAY,
        view: DAY,
        refund: DAY,
    };
    let mut online = Online::new(&lineup, content.shape(), windows).unwrap();
    let mut watermark = Watermark::new(0);
    let lap = (content.rows() * 40) as usize;
    let mut bytes = Vec::new();
    for (place, row) in Stream::new(&content, Shaping::of(&load))
        .take(14 * lap)
        .enumerate()
    {
        if let Some(event) = row.event(JourneyKey::UserAndMerchant) {
            assert!(!watermark.passes(event.at));
            online.take(&event);
        }
        if place % 1_000 == 999 {
            online.advance(watermark.at());
        }
        if place % lap == lap - 1 {
            bytes.push(online.bytes());
        }
    }
    assert!(lap > 5_000, "{lap}");
    assert_eq!(bytes.len(), 14);
    let (early, most) = (bytes[3], bytes[4..].iter().max().copied().unwrap());
    assert!(most <= early * 5 / 4, "{bytes:?}");
}

/// Would catch a credit to compare with that leaves out the last events, or those that fill the state, or
/// that takes late ones: it is what the built-in system comes to, wherever the stream is cut off.
#[test]
fn own_credit_is_that_of_the_system() {
    let sets = [
        "load.key=\"user\"",
        "load.disorder=0.3",
        "load.delay=\"1h\"",
        "load.lateness=\"20min\"",
        "load.warm_up=\"0s\"",
        "load.duration=\"0.2s\"",
    ];
    let options = LoadOptions {
        content: ContentOptions {
            users: Some(20_000),
            seed: None,
            threads: Some(1),
            memory_bytes: 1 << 30,
        },
        workers: Some(2),
    };
    let test = LoadTest::prepare(&scenario(&sets), &options, &Silent).unwrap();
    let mut differ = 0;
    for per_s in [20_000.0, 20_300.0, 20_600.0, 20_900.0] {
        let measured = test.measure(Some(per_s), &Silent).unwrap();
        let rows = measured.filled + measured.played.sent;
        let credited = measured.credited.unwrap();
        assert!(credited.tally.touches.late > 100, "{:?}", credited.tally);
        assert_eq!(test.own_credit(rows).unwrap(), credited.credits, "{rows}");
        let less = test.own_credit(rows - 500).unwrap();
        differ += usize::from(less != credited.credits);
    }
    assert!(differ > 2, "500 rows more or less make no difference");
}
