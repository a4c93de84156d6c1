//! Finding the broker and both topics, before anything is played.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::producer::ThreadedProducer;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::load::system::SystemError;

use super::shared::{Delivered, Listening, Shared};
use super::{KafkaOptions, broken};

/// How long a topic may take to appear that somebody is just making.
const APPEARS: Duration = Duration::from_secs(3);

/// Connects a producer of events, and a consumer of credits that come from now on.
pub(super) fn connect(
    options: &KafkaOptions,
    shared: &Arc<Shared>,
) -> Result<(ThreadedProducer<Delivered>, BaseConsumer<Listening>), SystemError> {
    let millis = options.timeout.as_millis().clamp(1, 2_147_483_647);
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &options.brokers)
        .set("client.id", "redcat")
        .set("reconnect.backoff.max.ms", "1000")
        .set(
            "socket.connection.setup.timeout.ms",
            millis.max(1_000).to_string(),
        );
    let mut producing = config.clone();
    producing
        // Each event once and in order, also when the client has to send again.
        .set("enable.idempotence", "true")
        .set("message.timeout.ms", millis.to_string())
        // The client's own wait for more events is part of the latency.
        .set("linger.ms", "1")
        // The partition of a key is that of clients in Java.
        .set("partitioner", "murmur2_random");
    let mut consuming = config;
    consuming
        .set("group.id", "redcat")
        .set("enable.auto.commit", "false")
        // Some brokers let a reader wait for all of this time though there is news.
        .set("fetch.wait.max.ms", "10");
    for (key, value) in &options.settings {
        refuse(key, value)?;
    }
    if options.events == options.credits {
        return Err(SystemError::Setting {
            setting: format!("--credits {}", options.credits),
            problem: "is the topic of events, too; name another".to_owned(),
        });
    }
    // A setting of only one of the two is told to both; the client takes it as a remark.
    for (key, value) in &options.settings {
        producing.set(key, value);
        consuming.set(key, value);
    }
    let refused = |error: KafkaError| match error {
        KafkaError::ClientConfig(_, problem, key, value) => {
            setting(&key, &problem.replace(&format!("\"{value}\""), ""))
        }
        KafkaError::ClientCreation(problem) => setting("KEY=VALUE", &problem),
        error => broken(options, error.to_string()),
    };
    let context = Listening(Arc::clone(shared));
    let consumer: BaseConsumer<Listening> =
        consuming.create_with_context(context).map_err(refused)?;
    let credits = partitions(options, &consumer, &options.credits, shared)?;
    partitions(options, &consumer, &options.events, shared)?;
    let mut from = TopicPartitionList::new();
    for partition in credits {
        let ends = consumer.fetch_watermarks(&options.credits, partition, options.timeout);
        let (_, end) = ends.map_err(refused)?;
        let offset = Offset::Offset(end);
        from.add_partition_offset(&options.credits, partition, offset)
            .map_err(refused)?;
    }
    consumer.assign(&from).map_err(refused)?;
    let context = Delivered(Arc::clone(shared));
    let producer = producing.create_with_context(context).map_err(refused)?;
    Ok((producer, consumer))
}

/// A setting that cannot be. Its value is not told: it may be a secret.
fn setting(key: &str, problem: &str) -> SystemError {
    SystemError::Setting {
        setting: format!("--kafka {key}"),
        problem: format!("{problem}; see the settings of librdkafka"),
    }
}

/// Refuses settings with which a broker's word is none.
fn refuse(key: &str, value: &str) -> Result<(), SystemError> {
    let no_word = matches!(key, "acks" | "request.required.acks") && value == "0"
        || key == "delivery.report.only.error" && value != "false";
    if no_word {
        let problem = "then nobody would know what was acknowledged, and that is what is measured";
        return Err(SystemError::Setting {
            setting: format!("--kafka {key}={value}"),
            problem: problem.to_owned(),
        });
    }
    Ok(())
}

/// Partitions of a topic.
fn partitions(
    options: &KafkaOptions,
    consumer: &BaseConsumer<Listening>,
    topic: &str,
    shared: &Shared,
) -> Result<Vec<i32>, SystemError> {
    let since = Instant::now();
    loop {
        let asked = consumer.fetch_metadata(Some(topic), options.timeout);
        let metadata = asked.map_err(|error| {
            // Its errors are told when it is asked for messages.
            let _ = consumer.poll(Duration::from_millis(100));
            let reason = shared.reason();
            let also = if reason.is_empty() { "" } else { ": " };
            let seconds = options.timeout.as_secs_f64();
            let told = format!(
                "no broker has answered within {seconds} s ({error}{also}{reason}); start one there, or say \
                 where it is with --brokers"
            );
            broken(options, told)
        })?;
        let found = metadata.topics().iter().find(|t| t.name() == topic);
        let found = found.filter(|t| t.error().is_none());
        let partitions = found.map_or(&[][..], |t| t.partitions());
        if !partitions.is_empty() {
            return Ok(partitions.iter().map(|p| p.id()).collect());
        }
        if since.elapsed() > APPEARS {
            let told = format!(
                "there is no topic {topic}; create it (partitions are as many as the system under test can \
                 read side by side), or name another"
            );
            return Err(broken(options, told));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
