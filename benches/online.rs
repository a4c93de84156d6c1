//! How many events a second one worker credits online.
//!
//! Four million events in the order of time: of ten of a key, nine are touches and one is an order, and keys
//! are interleaved so that so many are open at a time. They come a thousand at a time, and after each
//! thousand the watermark advances. One order of five is sent back. What is timed is one thread, from events
//! in memory to credit in the books, with the models named: no queue, no clock.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use redcat::attribute::online::{Event, Online, Streamed, Watermark, What, Windows};
use redcat::attribute::{Lineup, Shape};
use redcat::base::address::mix;
use redcat::engine::bench::RULES;
use redcat::journey::TouchKind;

const EVENTS: u64 = 4_000_000;
/// Events between two of one key are as many as keys that are open.
const OPEN: [u64; 2] = [10_000, 1_000_000];
const AN_ORDER: u64 = 10;
const AT_A_TIME: usize = 1_000;
const DAY: i64 = 86_400_000_000;
const SHAPE: Shape = Shape {
    channels: 20,
    groups: 4,
};
const WINDOWS: Windows = Windows {
    click: 15 * DAY,
    view: DAY,
    refund: 7 * DAY,
};

/// A microsecond an event: a million a second, as far as the stream's own time goes.
fn stream(open: u64) -> Vec<Event> {
    let event = |id: u64| {
        let (round, place) = (id / open, id % open);
        // Keys are replaced by others when their order has come, each at its own time.
        let turn = round + mix(place) % AN_ORDER;
        let refund = turn.is_multiple_of(5 * AN_ORDER) && round > 0;
        // What is sent back belongs to the key of its order.
        let key = (turn - u64::from(refund)) / AN_ORDER * open + place;
        let luck = mix(id);
        let what = if turn % AN_ORDER == AN_ORDER - 1 {
            What::Order {
                group: (luck % 4) as u16,
                value: 10_000,
            }
        } else if refund {
            What::Refund { order: id - open }
        } else {
            What::Touch {
                channel: (luck % 20) as u16,
                kind: [TouchKind::Read, TouchKind::Click][(luck >> 32) as usize % 2],
            }
        };
        Event {
            key,
            at: id as i64,
            id,
            what,
        }
    };
    (0..EVENTS).map(event).collect()
}

fn credit(lineup: &Lineup, events: &[Event], lateness: i64) -> Streamed {
    let mut online = Online::new(lineup, SHAPE, WINDOWS).expect("rules");
    let mut watermark = Watermark::new(lateness);
    for some in events.chunks(AT_A_TIME) {
        if some.iter().all(|event| !watermark.passes(event.at)) {
            online.take_all(some, &[]);
        }
        online.advance(watermark.at());
    }
    online.finish(watermark.at())
}

fn online(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("online, one worker");
    group
        .throughput(Throughput::Elements(EVENTS))
        .sample_size(10);
    for open in OPEN {
        let events = stream(open);
        for models in ["last", RULES] {
            let lineup = Lineup::parse(models).expect("rules");
            let name = if models == RULES { "all rules" } else { models };
            for (order, lateness) in [("in order", 0), ("10 ms late", 10_000)] {
                let id = BenchmarkId::new(format!("{name}, {order}"), format!("{open} keys open"));
                group.bench_function(id, |timer| {
                    timer.iter(|| credit(&lineup, &events, lateness));
                });
            }
        }
    }
    group.finish();
}

criterion_group!(benches, online);
criterion_main!(benches);
