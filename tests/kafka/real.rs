//! A real broker, and a system in another language: the long version.
//!
//! Needs `tansu` and a `python3` that has `confluent-kafka`; docs/kafka.md says how to install them.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin_cmd;
use serde_json::Value;

/// Stopped when the test ends, however it does.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A broker with both topics, and where it is.
fn tansu() -> (Running, String) {
    let at = format!("127.0.0.1:{}", free_port());
    let url = format!("tcp://{at}");
    let broker = Command::new("tansu")
        .args(["broker", "--storage-engine", "memory://tansu/"])
        .args(["--listener-url", &url, "--advertised-listener-url", &url])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let broker = Running(broker.expect("tansu is installed"));
    let since = Instant::now();
    for topic in ["redcat-events", "redcat-credits"] {
        loop {
            let made = Command::new("tansu")
                .args([
                    "topic",
                    "create",
                    "--broker",
                    &url,
                    "--partitions",
                    "2",
                    topic,
                ])
                .output()
                .unwrap();
            if made.status.success() {
                break;
            }
            assert!(since.elapsed() < Duration::from_secs(30), "{made:?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    (broker, at)
}

/// The example in Python, once it reads.
fn consumer(at: &str, partitions: &str) -> Running {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/kafka_last.py");
    let mut child = Command::new("python3")
        .args([script, "--brokers", at, "--partitions", partitions])
        .stdout(Stdio::piped())
        // It says at length that the broker has gone.
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n", "confluent-kafka is installed");
    Running(child)
}

const LOAD: &str = "load steady --users 20000 --set load.copies=5 --set load.warm_up=\"2s\" \
                    --duration 10s --into kafka -q --brokers";

/// Would catch what the broker of the client library does not do as a real one does: topics, offsets,
/// acknowledgements, and what a client in another language reads.
#[test]
fn a_real_broker_and_a_system_in_python() {
    if std::env::var_os("REDCAT_LONG").is_none() {
        eprintln!("the test with a real broker is skipped: set REDCAT_LONG to run it");
        return;
    }
    let (broker, at) = tansu();
    let systems = [consumer(&at, "0"), consumer(&at, "1")];
    let load = |more: &[&str]| {
        let arguments = LOAD.split(' ').filter(|a| !a.is_empty());
        let mut command = cargo_bin_cmd!("redcat");
        command
            .args(arguments)
            .arg(&at)
            .args(more)
            .output()
            .unwrap()
    };
    let said = load(&["--rate", "2k", "--p99", "20s", "--json"]);
    let document: Value = serde_json::from_slice(&said.stdout).unwrap();
    let answers = &document["answers"];
    assert_eq!(document["sustainable"], true, "{document}");
    let filled = document["filled"].as_u64().unwrap();
    assert_eq!(answers["acknowledged"], filled + 24_000, "{document}");
    assert_eq!(answers["orders"], document["sent_orders"], "{document}");
    for nothing in [
        "unacknowledged",
        "unanswered",
        "doubles",
        "strangers",
        "unreadable",
    ] {
        assert_eq!(answers[nothing], 0, "{nothing}: {document}");
    }
    let last = &answers["against_own"]["last"];
    assert_eq!(last["difference"], 0.0, "{document}");
    assert!(last["conversions"].as_f64().unwrap() > 100.0, "{document}");
    let said = load(&["--rate", "2k", "--events", "nowhere"]);
    let told = String::from_utf8_lossy(&said.stderr);
    assert_eq!(said.status.code(), Some(3), "{told}");
    assert!(told.contains("there is no topic nowhere"), "{told}");
    // The broker dies in the middle.
    let mut broker = broker;
    let said = std::thread::scope(|scope| {
        let said = scope.spawn(|| load(&["--rate", "4k", "--broker-timeout", "3s"]));
        std::thread::sleep(Duration::from_secs(8));
        broker.0.kill().unwrap();
        said.join().unwrap()
    });
    let told = String::from_utf8_lossy(&said.stderr);
    assert_eq!(said.status.code(), Some(3), "{told}");
    assert!(told.contains("of them were acknowledged"), "{told}");
    assert!(said.stdout.is_empty());
    drop(systems);
}
