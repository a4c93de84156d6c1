//! A broker that is slow, that fails for a while, that goes away, and that was never there.

use std::time::{Duration, Instant};

use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use redcat::engine::Silent;
use redcat::load::LoadError;
use redcat::load::judge::Fault;
use redcat::load::system::SystemError;

use super::system::{Habits, LastTouch};
use super::{RATE, answered, broker, load_test};

/// The numbers of a text, in their order.
fn numbers(text: &str) -> Vec<u64> {
    let digits = text.split(|c: char| !c.is_ascii_digit());
    digits.filter_map(|d| d.parse().ok()).collect()
}

fn problem(error: LoadError) -> String {
    match error {
        LoadError::System(SystemError::Broker { problem, .. }) => problem,
        error => panic!("{error:?}"),
    }
}

/// Would catch an event that is done before the broker has said so, latency that is counted from when an
/// event was handed to the client, and a queue without bound: a broker that takes 250 events in 0.2 s is
/// asked for 5,000 a second.
#[test]
fn a_slow_broker_makes_the_player_wait() {
    let (cluster, mut options) = broker();
    let bound = ("queue.buffering.max.messages".to_owned(), "250".to_owned());
    options.settings = vec![bound];
    let system = LastTouch::start(&options, Habits::default());
    cluster
        .broker_round_trip_time(1, Duration::from_millis(200))
        .unwrap();
    let test = load_test(&["load.copies=3"]);
    let measured = test.broker(Some(RATE), &options, &Silent).unwrap();
    let found = answered(&measured);
    assert!(measured.played.waited_s > 2.0, "{:?}", measured.played);
    assert!(found.until_acknowledged.p50 > 1.0, "{found:?}");
    assert!(
        measured.latency.p50 > found.until_acknowledged.p50,
        "{measured:?}"
    );
    assert!(
        matches!(measured.faults[..], [Fault::Backlog(_), ..]),
        "{:?}",
        measured.faults
    );
    assert_eq!(found.acknowledged, measured.filled + measured.played.sent);
    assert_eq!(measured.played.sent, 6_000);
    system.stop();
}

/// Would catch an event that is lost, or there twice, where the client had to send it again.
#[test]
fn failures_that_pass_lose_nothing() {
    let (cluster, options) = broker();
    let system = LastTouch::start(&options, Habits::default());
    let passing = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS; 5];
    cluster.request_errors(RDKafkaApiKey::Produce, &passing);
    let measured = load_test(&[])
        .broker(Some(RATE), &options, &Silent)
        .unwrap();
    let found = answered(&measured);
    assert_eq!(found.acknowledged, measured.filled + measured.played.sent);
    assert_eq!(found.counts.orders, measured.played.orders);
    assert_eq!(found.counts.doubles, 0);
    let heard = system.stop();
    assert_eq!((heard.out_of_order, heard.runs), (0, 1));
}

/// Would catch a broker that goes away and a run that hangs, or says that all is well, or that more was
/// done than was acknowledged.
#[test]
fn a_broker_that_goes_away_ends_the_run() {
    let (cluster, mut options) = broker();
    options.timeout = Duration::from_secs(2);
    let system = LastTouch::start(&options, Habits::default());
    let test = load_test(&["load.duration=\"60s\""]);
    let since = Instant::now();
    let error = std::thread::scope(|scope| {
        let played = scope.spawn(|| test.broker(Some(RATE), &options, &Silent));
        std::thread::sleep(Duration::from_secs(3));
        cluster.broker_down(1).unwrap();
        played.join().unwrap().unwrap_err()
    });
    assert!(since.elapsed() < Duration::from_secs(40), "{error}");
    let told = problem(error);
    assert!(told.contains("an event could not be delivered"), "{told}");
    assert!(told.ends_with("Nothing else was done"), "{told}");
    let (_, done) = told.split_once("Until then ").unwrap();
    let [sent, acknowledged, not, orders, credited] = numbers(done)[..] else {
        panic!("{done}");
    };
    assert!(acknowledged > 0 && not > 0 && credited <= orders, "{told}");
    assert_eq!(sent, acknowledged + not, "{told}");
    // The system itself would wait for the broker.
    cluster.broker_up(1).unwrap();
    system.stop();
}

/// Would catch a run that waits for ever for a broker, for a topic, or for a system that does not run.
#[test]
fn what_is_not_there_is_named() {
    let test = load_test(&[]);
    let (_cluster, options) = broker();
    let mut nowhere = options.clone();
    nowhere.timeout = Duration::from_secs(3);
    let told = problem(test.broker(None, &nowhere, &Silent).unwrap_err());
    assert!(told.contains("no credit has come for 3 s"), "{told}");
    assert!(told.contains("reads events and writes credits"), "{told}");
    // A port that nobody listens on: it was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    nowhere.timeout = Duration::from_millis(500);
    nowhere.brokers = free.local_addr().unwrap().to_string();
    drop(free);
    let told = problem(test.broker(None, &nowhere, &Silent).unwrap_err());
    assert!(
        told.contains("no broker has answered within 0.5 s"),
        "{told}"
    );
    let mut unknown = options;
    unknown.settings = vec![("linger.mss".to_owned(), "1".to_owned())];
    let error = test.broker(None, &unknown, &Silent).unwrap_err();
    assert!(
        error.to_string().contains("--kafka linger.mss=1: No such"),
        "{error}"
    );
}
