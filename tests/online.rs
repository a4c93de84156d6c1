//! Credit online against the batch: the same log, however it is dealt out, cut and disordered.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use redcat::attribute::online::{Event, Online, Streamed, Watermark, What, Windows};
use redcat::attribute::{Credit, Lineup, Shape};
use redcat::base::Merge;
use redcat::engine::attribute::attribute;
use redcat::io::{Log, LogOptions};
use redcat::journey::{JourneyBatch, Outcome, Touch, TouchKind};

const SHAPE: Shape = Shape {
    channels: 5,
    groups: 2,
};
const RULES: &str = "first,last,last-click,last-non-direct,last-paid:a+b,linear,linear:distinct,position,\
                     position:50/20/30:renormalise,position:w,position:w:40/20/30/10,position:decay,\
                     position:geometric,time-decay:rank,time-decay,time-decay:24h:floor,shapley";
const HOUR: i64 = 3_600_000_000;
const WINDOWS: Windows = Windows {
    click: 60 * HOUR,
    view: 25 * HOUR,
    refund: 48 * HOUR,
};

/// In the order of the alphabet, as a log numbers them.
const NAMES: [&str; 5] = ["(Direct)", "a", "b", "c", "e"];

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 400,
        rng_seed: RngSeed::Fixed(20_251_111),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn lineup() -> Lineup {
    let mut lineup = Lineup::parse(RULES).expect("rules");
    lineup.bind(&NAMES).expect("their channels");
    lineup
}

/// A log in the order of time: many events of a key in few hours, so that moments coincide.
fn log() -> impl Strategy<Value = Vec<Event>> {
    let event = (
        0..6_u64,
        0..200_i64,
        0..20_u32,
        0..5_u16,
        0..2_u16,
        any::<prop::sample::Index>(),
    );
    prop::collection::vec(event, 0..250).prop_map(|drawn| {
        let mut drawn = drawn;
        drawn.sort_by_key(|(_, hour, ..)| *hour);
        let mut orders: Vec<(u64, u64)> = Vec::new();
        let mut events = Vec::new();
        for (id, (key, hour, what, channel, group, which)) in (0_u64..).zip(drawn) {
            let mut event = Event {
                key,
                at: hour * HOUR,
                id,
                what: What::Touch {
                    channel,
                    kind: TouchKind::Read,
                },
            };
            match what {
                0..4 => {
                    event.what = What::Order {
                        group,
                        value: 100 + i64::from(channel),
                    };
                    orders.push((key, id));
                }
                4..7 if !orders.is_empty() => {
                    let (key, order) = orders[which.index(orders.len())];
                    (event.key, event.what) = (key, What::Refund { order });
                }
                7..12 => {
                    event.what = What::Touch {
                        channel,
                        kind: TouchKind::Click,
                    }
                }
                _ => {}
            }
            events.push(event);
        }
        events
    })
}

/// Arrival: each event comes up to `most` hours after its time, and some come twice.
fn arrival(log: &[Event], delays: &[u8], most: i64) -> Vec<Event> {
    let delay = |place: usize| i64::from(delays[place % delays.len()]) * most / 255;
    let mut arriving: Vec<(i64, usize, Event)> = Vec::new();
    for (place, event) in log.iter().enumerate() {
        arriving.push((event.at + delay(place) * HOUR, place, *event));
        if delays[(place + 7) % delays.len()].is_multiple_of(5) {
            arriving.push((event.at + delay(place + 3) * HOUR, place, *event));
        }
    }
    arriving.sort_by_key(|(at, place, _)| (*at, *place));
    arriving.into_iter().map(|(.., event)| event).collect()
}

/// The stream by so many workers, a few events at a time.
fn streamed(arriving: &[Event], workers: u64, few: usize, lateness: i64) -> Streamed {
    let lineup = lineup();
    let online = || Online::new(&lineup, SHAPE, WINDOWS).expect("rules");
    let mut all: Vec<Online<'_>> = (0..workers).map(|_| online()).collect();
    let mut watermark = Watermark::new(lateness);
    for some in arriving.chunks(few) {
        for event in some {
            let worker = &mut all[(event.key % workers) as usize];
            if watermark.passes(event.at) {
                worker.late(event);
            } else {
                worker.take(event);
            }
        }
        all.iter_mut()
            .for_each(|worker| worker.advance(watermark.at()));
    }
    let mut parts = all.into_iter().map(|worker| worker.finish(watermark.at()));
    let mut whole = parts.next().expect("a worker");
    parts.for_each(|part| whole.merge(part));
    whole
}

/// What arrived in time, once each, in the order of the log.
fn in_time(arriving: &[Event], lateness: i64) -> (Vec<Event>, u64) {
    let mut latest = i64::MIN;
    let (mut used, mut late) = (Vec::<Event>::new(), 0);
    for event in arriving {
        if event.at < latest.saturating_sub(lateness) {
            late += 1;
        } else if used.iter().all(|other| other.id != event.id) {
            used.push(*event);
        }
        latest = latest.max(event.at);
    }
    used.sort_by_key(|event| event.id);
    (used, late)
}

/// The batch: for every order all touches of its key are searched, for every refund all orders.
/// Returns what was given, and what was taken back.
fn batch(log: &[Event]) -> [Vec<(String, Credit)>; 2] {
    let orders: Vec<&Event> = log
        .iter()
        .filter(|e| matches!(e.what, What::Order { .. }))
        .collect();
    let mut batches = [JourneyBatch::new(), JourneyBatch::new()];
    let mut refunded = Vec::new();
    for refund in log {
        let What::Refund { order } = refund.what else {
            continue;
        };
        let fits = |o: &&&Event| {
            o.id == order
                && o.key == refund.key
                && (0..=WINDOWS.refund).contains(&(refund.at - o.at))
        };
        if orders.iter().any(|o| fits(&o)) && !refunded.contains(&order) {
            refunded.push(order);
        }
    }
    for order in &orders {
        let What::Order { group, value } = order.what else {
            continue;
        };
        // A conversion comes after the touches of its own moment; conversions of one moment by number.
        let before = |o: &&&Event| o.key == order.key && (o.at, o.id) < (order.at, order.id);
        let last = orders.iter().filter(before).map(|o| (o.at, o.id)).max();
        let touches = log.iter().filter(|e| {
            e.key == order.key && e.at <= order.at && last.is_none_or(|(at, _)| e.at > at)
        });
        let mut journey = Vec::new();
        for touch in touches {
            let What::Touch { channel, kind } = touch.what else {
                continue;
            };
            let window = if kind == TouchKind::Click {
                WINDOWS.click
            } else {
                WINDOWS.view
            };
            if touch.at >= order.at - window {
                let hours_before_end = (order.at - touch.at) as f64 / HOUR as f64;
                journey.push((
                    touch.at,
                    touch.id,
                    Touch {
                        channel,
                        kind,
                        hours_before_end,
                    },
                ));
            }
        }
        journey.sort_by_key(|(at, id, _)| (*at, *id));
        let again = usize::from(refunded.contains(&order.id));
        for batch in &mut batches[..=again] {
            journey.iter().for_each(|(.., touch)| batch.touch(*touch));
            batch.end(Outcome {
                group,
                conversions: 1,
                nulls: 0,
                value,
            });
        }
    }
    let lineup = lineup();
    batches.map(|batch| {
        let mut state = lineup.start(SHAPE);
        lineup.fold(&mut state, &batch);
        let credits = lineup.credits(&state).into_iter();
        credits
            .map(|(model, credit)| (model, credit.expect("a rule")))
            .collect()
    })
}

fn credits(lineup: &Lineup, state: &redcat::attribute::LineupState) -> Vec<(String, Credit)> {
    let credits = lineup.credits(state).into_iter();
    credits
        .map(|(model, credit)| (model, credit.expect("a rule")))
        .collect()
}

proptest! {
    #![proptest_config(config())]

    /// Would catch an order credited before its touches came, a touch that counts twice or is evicted
    /// too early, a double taken for an event, a refund that takes back another journey, and
    /// anything that hangs on the number of workers or on how the stream is cut: the credit must be
    /// the batch's to the last bit.
    #[test]
    fn the_stream_gives_the_credit_of_the_batch(
        log in log(), delays in prop::collection::vec(any::<u8>(), 16), most in 0..30_i64,
        workers in prop::sample::select(vec![1_u64, 2, 7]), few in 1..40_usize,
    ) {
        let arriving = arrival(&log, &delays, most);
        let found = streamed(&arriving, workers, few, most * HOUR);
        let (used, late) = in_time(&arriving, most * HOUR);
        prop_assert_eq!(late, 0);
        prop_assert_eq!(&used, &log);
        let lineup = lineup();
        let [given, back] = batch(&log);
        prop_assert_eq!(credits(&lineup, &found.given), given);
        prop_assert_eq!(credits(&lineup, &found.back), back);
        prop_assert_eq!(found.tally.touches.late, 0);
    }

    /// Would catch an event from before the watermark that is used all the same, a late one that is not
    /// counted, and a row that is told twice or not at all.
    #[test]
    fn late_events_are_counted_and_not_used(
        log in log(), delays in prop::collection::vec(any::<u8>(), 16), lateness in 0..20_i64,
        workers in prop::sample::select(vec![1_u64, 2, 7]), few in 1..40_usize,
    ) {
        let arriving = arrival(&log, &delays, 40);
        let found = streamed(&arriving, workers, few, lateness * HOUR);
        let (used, late) = in_time(&arriving, lateness * HOUR);
        let lineup = lineup();
        let [given, back] = batch(&used);
        prop_assert_eq!(credits(&lineup, &found.given), given);
        prop_assert_eq!(credits(&lineup, &found.back), back);
        let tally = found.tally;
        prop_assert_eq!(tally.touches.late + tally.orders.late + tally.refunds.late, late);
        let mut rows = 0;
        for of in [tally.touches, tally.orders, tally.refunds] {
            prop_assert_eq!(of.rows, of.told(), "{:?}", of);
            rows += of.rows;
        }
        prop_assert_eq!(rows, arriving.len() as u64);
        let double = tally.touches.double + tally.orders.double + tally.refunds.double;
        prop_assert_eq!(double, arriving.len() as u64 - late - used.len() as u64);
    }

    /// Would catch counts that hang on when the state was swept: with 1, 2 and 7 workers and other cuts all
    /// counters are the same.
    #[test]
    fn counts_do_not_hang_on_workers(
        log in log(), delays in prop::collection::vec(any::<u8>(), 16), lateness in 0..20_i64,
    ) {
        let arriving = arrival(&log, &delays, 40);
        let one = streamed(&arriving, 1, 1, lateness * HOUR);
        for (workers, few) in [(2, 17), (7, 1_000)] {
            let other = streamed(&arriving, workers, few, lateness * HOUR);
            prop_assert_eq!(one.tally, other.tally);
        }
    }
}

/// Would catch a stream that means something else by a journey than `redcat attribute` does: a log of
/// 30,000 events of 1,500 users and two merchants, read from a file, and dealt to three workers out of
/// order.
#[test]
fn the_stream_gives_the_credit_of_a_log_that_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.csv");
    let mut text = String::from("user,time,event,channel,value,merchant\n");
    let mut log = Vec::new();
    for id in 0..30_000_u64 {
        let luck = redcat::base::address::mix(id);
        let (user, merchant) = (luck % 1_500, luck >> 20 & 1);
        // Some four events a minute, many of them at one moment.
        let seconds = (id / 4) as i64 * 60;
        let channel = (luck >> 32) as u16 % 5;
        let value = 100 + i64::from(channel);
        let (event, what) = match luck >> 40 & 15 {
            0 | 1 => {
                let value = value * redcat::io::log::VALUE_UNITS as i64;
                (
                    "conversion",
                    What::Order {
                        group: merchant as u16,
                        value,
                    },
                )
            }
            2..6 => (
                "click",
                What::Touch {
                    channel,
                    kind: TouchKind::Click,
                },
            ),
            _ => (
                "read",
                What::Touch {
                    channel,
                    kind: TouchKind::Read,
                },
            ),
        };
        let name = if event == "conversion" {
            ""
        } else {
            NAMES[usize::from(channel)]
        };
        let paid = if event == "conversion" {
            value.to_string()
        } else {
            String::new()
        };
        text += &format!(
            "{user},{},{event},{name},{paid},m{merchant}\n",
            1_700_000_000 + seconds
        );
        let at = (1_700_000_000 + seconds) * 1_000_000;
        log.push(Event {
            key: user << 1 | merchant,
            at,
            id,
            what,
        });
    }
    std::fs::write(&path, text).expect("written");
    let options = LogOptions {
        merchant: Some("merchant".to_owned()),
        window_seconds: Some(WINDOWS.click / 1_000_000),
        view_window_seconds: Some(WINDOWS.view / 1_000_000),
        ..LogOptions::default()
    };
    let read = Log::read(&[path], &options).expect("a log");
    assert_eq!(read.channels, NAMES);
    let mut lineup = lineup();
    lineup.bind(&read.channels).expect("their channels");
    let (batch, _) = attribute(&read, &lineup, Some(2)).expect("attributed");
    assert!(batch.totals.conversions > 3_000);

    let delays: Vec<u8> = (0..61)
        .map(|place| redcat::base::address::mix(place) as u8)
        .collect();
    let arriving = arrival(&log, &delays, 2);
    assert_ne!(arriving, log);
    let found = streamed(&arriving, 3, 500, 2 * HOUR);
    let (used, late) = in_time(&arriving, 2 * HOUR);
    assert_eq!((used.len(), late), (log.len(), 0));
    assert_eq!(found.credits(&lineup).expect("rules"), batch.credit);
}

/// Would catch state that grows with the stream instead of with the window: a hundred windows of
/// stream end with no more than the second one did.
#[test]
fn state_is_bounded() {
    let lineup = lineup();
    let mut online = Online::new(&lineup, SHAPE, WINDOWS).expect("rules");
    let (mut watermark, mut sizes, mut id) = (Watermark::new(HOUR), Vec::new(), 0);
    for hour in 0..6_000_i64 {
        for place in 0..50 {
            let key = redcat::base::address::mix(id) % 1_000_000;
            let what = match place % 10 {
                0 => What::Order {
                    group: 0,
                    value: 100,
                },
                _ => What::Touch {
                    channel: 1,
                    kind: TouchKind::Click,
                },
            };
            let event = Event {
                key,
                at: hour * HOUR,
                id,
                what,
            };
            assert!(!watermark.passes(event.at));
            online.take(&event);
            id += 1;
        }
        online.advance(watermark.at());
        if hour % 120 == 119 {
            sizes.push(online.bytes());
        }
    }
    let tally = online.finish(watermark.at()).tally;
    assert!(tally.touches.expired > 200_000, "{tally:?}");
    let most = *sizes.iter().max().expect("sizes");
    assert!(most < 3 * sizes[1], "{sizes:?}");
}

/// Would catch a model that is fitted to all journeys and let in.
#[test]
fn what_is_no_rule_is_refused() {
    let lineup = Lineup::parse("last,markov:1").expect("models");
    let refused = Online::new(&lineup, SHAPE, WINDOWS).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("markov:1 cannot be run online")
    );
}
