//! A broker that is slow, that fails for a while, that goes away, and that was never there.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::producer::{BaseProducer, BaseRecord};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use redcat::engine::{Progress, Silent};
use redcat::load::judge::Fault;
use redcat::load::kafka::KafkaOptions;
use redcat::load::system::SystemError;
use redcat::load::{Found, LoadError};

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
    let test = load_test(&["load.copies=1"]);
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

/// Says when the stream has been started.
#[derive(Default)]
struct Started(AtomicBool);

impl Progress for Started {
    fn advance(&self, _seconds: u64) {}

    fn next(&self, what: &str, _seconds: u64) {
        self.0.store(what == "playing", Ordering::Relaxed);
    }
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
    let started = Started::default();
    let error = std::thread::scope(|scope| {
        let played = scope.spawn(|| test.broker(Some(RATE), &options, &started));
        while !started.0.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_secs(1));
        cluster.broker_down(1).unwrap();
        played.join().unwrap().unwrap_err()
    });
    assert!(since.elapsed() < Duration::from_secs(40), "{error}");
    let told = problem(error);
    assert!(told.contains("an event could not be delivered"), "{told}");
    assert!(told.contains("it is not known whether"), "{told}");
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

/// Would catch a run that waits for ever for a broker or for a system that does not run, one that takes
/// anything for an answer, and a search that looks elsewhere.
#[test]
fn what_is_not_there_is_named() {
    let test = load_test(&[]);
    let (_cluster, mut options) = broker();
    options.timeout = Duration::from_secs(3);
    // Whoever writes something else into the topic is no sign of life.
    let stop = AtomicBool::new(false);
    let told = std::thread::scope(|scope| {
        scope.spawn(|| noise(&options, &stop));
        let told = problem(test.broker(None, &options, &Silent).unwrap_err());
        stop.store(true, Ordering::Relaxed);
        told
    });
    assert!(told.contains("no order was credited for 3 s"), "{told}");
    assert!(told.contains("reads events and writes credits"), "{told}");
    assert!(
        told.contains("messages that are no answers have come"),
        "{told}"
    );
    assert!(told.contains("missing field `run`"), "{told}");
    // A port that nobody listens on: it was free a moment ago.
    options.timeout = Duration::from_millis(500);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    options.brokers = free.local_addr().unwrap().to_string();
    drop(free);
    let play = |per_s| test.broker(per_s, &options, &Silent);
    let told = problem(Found::of(&play).unwrap_err());
    assert!(
        told.contains("no broker has answered within 0.5 s"),
        "{told}"
    );
}

/// Writes what is no answer until it is stopped.
fn noise(options: &KafkaOptions, stop: &AtomicBool) {
    let mut config = rdkafka::ClientConfig::new();
    config.set("bootstrap.servers", &options.brokers);
    let producer: BaseProducer = config.create().unwrap();
    while !stop.load(Ordering::Relaxed) {
        let record = BaseRecord::<(), str>::to(&options.credits).payload(r#"{"id":1}"#);
        let _ = producer.send(record);
        producer.poll(Duration::from_millis(50));
    }
}

/// Would catch settings with which a broker's word is none, one that is not known, and a system that is
/// redcat itself.
#[test]
fn settings_that_cannot_be_are_refused() {
    let test = load_test(&[]);
    let (_cluster, options) = broker();
    let with = |key: &str, value: &str| {
        let mut options = options.clone();
        options.settings = vec![(key.to_owned(), value.to_owned())];
        test.broker(None, &options, &Silent)
            .unwrap_err()
            .to_string()
    };
    for (key, value, told) in [
        ("linger.mss", "1", "--kafka linger.mss: No such"),
        ("acks", "0", "nobody would know what was acknowledged"),
        ("delivery.report.only.error", "true", "nobody would know"),
        // Only found out when a client is made.
        ("acks", "1", "--kafka KEY=VALUE: `acks` must be"),
        ("compression.codec", "hunter2", "compression.codec: Invalid"),
    ] {
        let said = with(key, value);
        assert!(said.contains(told), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    let mut same = options;
    same.credits.clone_from(&same.events);
    let said = test.broker(None, &same, &Silent).unwrap_err().to_string();
    assert!(
        said.contains("--credits events: is the topic of events"),
        "{said}"
    );
}

/// Would catch an exit code of the command that is not that of the error, and options for a broker that
/// are passed over where there is none.
#[test]
fn the_command_has_its_exit_codes() {
    let run = |more: &[&str]| {
        let mut command = assert_cmd::cargo::cargo_bin_cmd!("redcat");
        let command = command.args(["load", "steady", "--users", "3000", "-q"]);
        let output = command.args(more).output().unwrap();
        assert!(output.stdout.is_empty(), "{output:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), told)
    };
    let (code, told) = run(&["--brokers", "localhost:1"]);
    assert!(told.contains("--brokers: only with --into kafka"), "{told}");
    assert_eq!(code, Some(2));
    let (code, told) = run(&["--into", "kafka", "--kafka", "acks=0"]);
    assert!(told.contains("--kafka acks=0: then nobody"), "{told}");
    assert_eq!(code, Some(2));
    // A port that is never served.
    let nowhere = ["--brokers", "127.0.0.1:1", "--broker-timeout", "500ms"];
    let (code, told) = run(&[&["--into", "kafka", "--rate", "search"], &nowhere[..]].concat());
    assert!(
        told.contains("127.0.0.1:1: no broker has answered"),
        "{told}"
    );
    assert_eq!(code, Some(3));
}
