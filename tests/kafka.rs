//! Load tests of a system behind a broker: one of the client library's own, that answers as Kafka does
//! and can be told to fail; in the long version a real one.

#![cfg(feature = "kafka")]

#[path = "kafka/faults.rs"]
mod faults;
#[path = "kafka/real.rs"]
mod real;
#[path = "kafka/system.rs"]
mod system;

use std::time::Duration;

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use redcat::engine::Silent;
use redcat::load::answers::Counts;
use redcat::load::judge::Fault;
use redcat::load::kafka::KafkaOptions;
use redcat::load::{Answered, ContentOptions, LoadOptions, LoadTest, Measured};
use redcat::report::load::difference;
use redcat::scenario::{Override, Scenario};

use system::{Habits, LastTouch};

/// A broker of the client library's own, with both topics.
fn broker() -> (MockCluster<'static, DefaultProducerContext>, KafkaOptions) {
    let cluster = MockCluster::new(1).unwrap();
    for topic in ["events", "credits"] {
        cluster.create_topic(topic, 3, 1).unwrap();
    }
    let options = KafkaOptions {
        brokers: cluster.bootstrap_servers(),
        events: "events".to_owned(),
        credits: "credits".to_owned(),
        timeout: Duration::from_secs(30),
        settings: Vec::new(),
    };
    (cluster, options)
}

/// What is played: short, and with so much time for late answers that a slow machine changes nothing.
fn load_test(sets: &[&str]) -> LoadTest {
    let always = [
        "load.copies=5",
        "load.warm_up=\"0.2s\"",
        "load.duration=\"1s\"",
        "load.p99=\"20s\"",
    ];
    let sets = always.iter().chain(sets);
    let sets: Vec<Override> = sets.map(|set| Override::parse(set).unwrap()).collect();
    let scenario = Scenario::load_with("steady".as_ref(), &sets).unwrap();
    let options = LoadOptions {
        content: ContentOptions {
            users: Some(9_000),
            seed: None,
            threads: Some(1),
            memory_bytes: 1 << 30,
        },
        workers: None,
    };
    LoadTest::prepare(&scenario, &options, &Silent).unwrap()
}

/// Events a second: some hundred orders in all.
const RATE: f64 = 5_000.0;

fn answered(measured: &Measured) -> &Answered {
    measured.answered.as_ref().unwrap()
}

/// Would catch an event that is lost, doubled or keyed otherwise than by user, credit that is summed
/// wrongly, events that redcat's own credit leaves out, and answers to an earlier run that are read.
#[test]
fn credit_that_comes_back_is_that_of_the_own_engine() {
    let (_cluster, options) = broker();
    for (key, by_user, least) in [("user-and-merchant", false, 5.0), ("user", true, 50.0)] {
        let habits = Habits {
            by_user,
            ..Habits::default()
        };
        let system = LastTouch::start(&options, habits);
        let test = load_test(&[&format!("load.key=\"{key}\"")]);
        let measured = test.broker(Some(RATE), &options, &Silent).unwrap();
        let heard = system.stop();
        let found = answered(&measured);
        assert_eq!(found.acknowledged, measured.filled + measured.played.sent);
        assert_eq!(measured.played.sent, 6_000);
        let counts = Counts {
            orders: measured.played.orders,
            ..Counts::default()
        };
        assert_eq!((found.unacknowledged, &found.counts), (0, &counts));
        let [(book, Some(own))] = &found.books[..] else {
            panic!("{:?}", found.books);
        };
        assert_eq!(book.model, "last");
        let credited: f64 = own.iter().map(|amount| amount.conversions).sum();
        assert!(credited > least, "{own:?}");
        assert_eq!(difference(book, own), Some(0.0), "{book:?} {own:?}");
        for (theirs, own) in book.channels.iter().zip(own) {
            assert!((theirs.value - own.value).abs() < 1e-6, "{book:?} {own:?}");
        }
        let bad = (heard.out_of_order, heard.users_in_two_partitions);
        assert_eq!((heard.runs, bad), (1, (0, 0)));
        assert!(heard.partitions > 1, "{heard:?}");
    }
}

/// Would catch latency that ends when an event is acknowledged, and a system that takes its time and is
/// called fast.
#[test]
fn a_slow_system_has_its_latency() {
    let (_cluster, options) = broker();
    let habits = Habits {
        takes: Duration::from_millis(300),
        ..Habits::default()
    };
    let system = LastTouch::start(&options, habits);
    let test = load_test(&["load.p99=\"0.25s\""]);
    let measured = test.broker(Some(RATE), &options, &Silent).unwrap();
    assert!(measured.latency.p50 >= 0.3, "{:?}", measured.latency);
    assert!(answered(&measured).until_acknowledged.orders >= 5_000);
    let slow = |fault: &Fault| matches!(fault, Fault::Latency(p99) if *p99 >= 0.3);
    assert!(measured.faults.iter().any(slow), "{:?}", measured.faults);
    system.stop();
}

/// Would catch orders that nobody credits and that are not missed, and answers that are counted twice.
#[test]
fn a_system_that_forgets_and_repeats_is_found_out() {
    let (_cluster, options) = broker();
    let habits = Habits {
        forgets: 10,
        repeats: 7,
        ..Habits::default()
    };
    let system = LastTouch::start(&options, habits);
    // It must answer what filled the state, or nothing would be played.
    let test = load_test(&["load.p99=\"5s\""]);
    let measured = test.broker(Some(RATE), &options, &Silent).unwrap();
    let heard = system.stop();
    let found = answered(&measured);
    assert!(heard.forgotten > 5 && heard.repeated > 5, "{heard:?}");
    assert_eq!(found.counts.unanswered, heard.forgotten);
    assert_eq!(found.counts.doubles, heard.repeated);
    let orders = measured.played.orders - heard.forgotten;
    assert_eq!(found.counts.orders, orders);
    assert!(
        measured
            .faults
            .contains(&Fault::Unanswered(heard.forgotten))
    );
    // They count with the time that they have waited: a tenth of all, so also in the 99th percentile.
    assert!(measured.latency.p99 >= 5.0, "{:?}", measured.latency);
}

/// Would catch a run as fast as can be that floods a system, and a run after it that takes late answers for
/// silence: where an answer takes a second, of a thousand orders that may wait no more than two thousand
/// can be sent in 1.2 s, while the broker takes three times as many.
#[test]
fn as_fast_as_can_be_is_as_fast_as_the_system() {
    let (_cluster, options) = broker();
    let habits = Habits {
        takes: Duration::from_secs(1),
        ..Habits::default()
    };
    let system = LastTouch::start(&options, habits);
    let test = load_test(&["load.copies=1"]);
    for _ in 0..2 {
        let measured = test.broker(None, &options, &Silent).unwrap();
        let found = answered(&measured);
        let nothing = (found.unacknowledged, found.counts.unanswered);
        assert_eq!(nothing, (0, 0), "{found:?}");
        assert_eq!(found.counts.orders, measured.played.orders);
        assert!((1..=2_000).contains(&found.counts.orders), "{found:?}");
        assert!(measured.is_held() && measured.target_per_s.is_none());
    }
    assert_eq!(system.stop().runs, 2);
}
