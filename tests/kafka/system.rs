//! A system under test: last touch, with bad habits where a test wants them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use redcat::load::kafka::KafkaOptions;
use serde_json::{Value, json};

/// How it works.
#[derive(Clone, Copy, Default)]
pub struct Habits {
    /// How long it takes for an answer.
    pub takes: Duration,
    /// Each so many-th order of the stream is not answered; 0 for none.
    pub forgets: u64,
    /// Each so many-th answer is sent twice.
    pub repeats: u64,
    /// Touches count for orders with any merchant.
    pub by_user: bool,
}

/// What it has seen.
#[derive(Debug, Default)]
pub struct Heard {
    pub runs: u64,
    pub partitions: usize,
    pub out_of_order: u64,
    pub users_in_two_partitions: u64,
    pub forgotten: u64,
    pub repeated: u64,
}

pub struct LastTouch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Heard>,
}

/// Fifteen days in microseconds.
const WINDOW: i64 = 15 * 86_400_000_000;

impl LastTouch {
    /// Starts it; it hears all that is sent from now on.
    pub fn start(options: &KafkaOptions, habits: Habits) -> Self {
        let config = |more: &[(&str, &str)]| {
            let mut config = ClientConfig::new();
            config.set("bootstrap.servers", &options.brokers);
            more.iter().for_each(|(key, value)| {
                config.set(*key, *value);
            });
            config
        };
        let consumer: BaseConsumer = config(&[("group.id", "system"), ("fetch.wait.max.ms", "10")])
            .create()
            .unwrap();
        let patience = Duration::from_secs(30);
        let metadata = consumer
            .fetch_metadata(Some(&options.events), patience)
            .unwrap();
        let mut from = TopicPartitionList::new();
        for partition in metadata.topics()[0].partitions() {
            let ends = consumer.fetch_watermarks(&options.events, partition.id(), patience);
            let offset = Offset::Offset(ends.unwrap().1);
            from.add_partition_offset(&options.events, partition.id(), offset)
                .unwrap();
        }
        consumer.assign(&from).unwrap();
        let producer: BaseProducer = config(&[("linger.ms", "1")]).create().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, topic) = (Arc::clone(&stop), options.credits.clone());
        let thread = std::thread::spawn(move || {
            let mut work = Work::default();
            let mut ready: VecDeque<(Instant, String)> = VecDeque::new();
            while !stopped.load(Ordering::Relaxed) {
                if let Some(Ok(message)) = consumer.poll(Duration::from_millis(1)) {
                    let event = serde_json::from_slice(message.payload().unwrap()).unwrap();
                    for answer in work.event(&event, message.partition(), habits) {
                        ready.push_back((Instant::now() + habits.takes, answer.to_string()));
                    }
                }
                while let Some((at, answer)) = ready.front()
                    && *at <= Instant::now()
                {
                    let record = BaseRecord::<(), str>::to(&topic).payload(answer);
                    if producer.send(record).is_ok() {
                        ready.pop_front();
                    }
                    producer.poll(Duration::ZERO);
                }
            }
            producer.flush(patience).unwrap();
            work.heard.partitions = work.partitions.len();
            work.heard
        });
        Self { stop, thread }
    }

    /// Stops it, and says what it has seen.
    pub fn stop(self) -> Heard {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

#[derive(Default)]
struct Work {
    run: String,
    /// Orders and answers of the stream.
    orders: u64,
    answers: u64,
    touches: HashMap<(u64, Option<u64>), (i64, String)>,
    credited: HashMap<u64, (i64, Option<String>)>,
    /// By user: partition, and the time of the last event.
    users: HashMap<u64, (i32, i64)>,
    partitions: std::collections::HashSet<i32>,
    heard: Heard,
}

impl Work {
    fn event(&mut self, event: &Value, partition: i32, habits: Habits) -> Vec<Value> {
        let run = event["run"].as_str().unwrap();
        if run != self.run {
            let heard = std::mem::take(&mut self.heard);
            *self = Self {
                run: run.to_owned(),
                heard,
                ..Self::default()
            };
            self.heard.runs += 1;
        }
        let number = |key: &str| event[key].as_u64();
        let (id, user) = (number("id").unwrap(), number("user").unwrap());
        let at: jiff::Timestamp = event["time"].as_str().unwrap().parse().unwrap();
        let at = at.as_microsecond();
        self.partitions.insert(partition);
        let before = self
            .users
            .insert(user, (partition, at))
            .unwrap_or((partition, at));
        self.heard.users_in_two_partitions += u64::from(before.0 != partition);
        self.heard.out_of_order += u64::from(before.1 > at);
        let merchant = number("merchant").filter(|_| !habits.by_user);
        let key = (user, merchant);
        let answer =
            |credit: Value| json!({ "id": id, "run": run, "model": "last", "credit": credit });
        match event["event"].as_str().unwrap() {
            "order" => {
                let touch = self.touches.remove(&key);
                let touch = touch
                    .filter(|(touched, _)| at - touched <= WINDOW)
                    .map(|(_, c)| c);
                self.credited.insert(id, (at, touch.clone()));
                let credit = touch.map_or_else(|| json!({}), |channel| json!({ channel: 1 }));
                self.orders += 1;
                // The stream begins on the 10th of June at 19:00 in China.
                let streamed = at >= 1_749_553_200_000_000;
                if streamed && habits.forgets > 0 && self.orders.is_multiple_of(habits.forgets) {
                    self.heard.forgotten += 1;
                    return Vec::new();
                }
                self.answers += 1;
                if habits.repeats > 0 && self.answers.is_multiple_of(habits.repeats) {
                    self.heard.repeated += 1;
                    return vec![answer(credit.clone()), answer(credit)];
                }
                vec![answer(credit)]
            }
            "refund" => {
                let order = number("order").and_then(|order| self.credited.remove(&order));
                match order {
                    Some((ordered, Some(channel))) if at - ordered <= WINDOW => {
                        vec![answer(json!({ channel: -1 }))]
                    }
                    _ => Vec::new(),
                }
            }
            _ => {
                if let Some(channel) = event["channel"].as_str() {
                    self.touches.insert(key, (at, channel.to_owned()));
                }
                Vec::new()
            }
        }
    }
}
