//! A system behind a broker that speaks the Kafka protocol.
//!
//! Events go out to one topic, keyed by user, so that all that a user does is in one partition and in
//! order; credit comes back in another ([`answers`](super::answers)). So there are two latencies, both
//! counted from the time at which an event was *meant* to be sent: until the broker has acknowledged it,
//! and until an order's credit has been read.
//!
//! What is done is what was acknowledged, nothing else. The client's queue is bounded; when the broker is
//! slow it fills, and the player waits and falls behind its timetable. When an event cannot be
//! delivered within the time allowed, the run ends with an error that says how far it came.
//!
//! A run has a name of its own, in each event. A system that keeps state forgets it when the name changes,
//! and answers that name another run are not counted.

mod connect;
mod listen;
mod measure;
mod shared;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, Producer, PurgeConfig, ThreadedProducer};

use crate::base::address::mix;

use super::answers::{Answers, Book, Counts};
use super::line::Lines;
use super::meter::Ticks;
use super::stream::Row;
use super::system::{Reading, System, SystemError, Time};

use connect::connect;
use listen::Listener;
use shared::{Delivered, NOT_MEASURED, Shared};

/// Time between two looks whether there is room, or news.
const LOOK: Duration = Duration::from_millis(1);
/// Time in which a system must have come to this run, while it still answers another.
const CATCHES_UP: Duration = Duration::from_secs(600);
/// Orders that wait for credit at most while there is no timetable: as fast as can be is as fast as the
/// slowest of all can be, and that is seldom the broker.
const WINDOW: u64 = 1_000;

/// Where a broker is, and what is said to its client.
#[derive(Clone, Debug)]
pub struct KafkaOptions {
    /// Host and port of one broker or of several, with commas between them.
    pub brokers: String,
    /// Topic of events.
    pub events: String,
    /// Topic of credits.
    pub credits: String,
    /// Time in which a broker must answer, an event be acknowledged, and a system that is only asked for
    /// what filled its state be done with some of it.
    pub timeout: Duration,
    /// Settings of librdkafka, after redcat's own.
    pub settings: Vec<(String, String)>,
}

/// The broker, as the player sees it.
pub(super) struct Kafka<'a> {
    options: &'a KafkaOptions,
    shared: Arc<Shared>,
    producer: ThreadedProducer<Delivered>,
    listener: Listener,
    lines: Lines<'a>,
    run: String,
    message: Vec<u8>,
    /// Orders that may wait for credit; none where a timetable does not ask.
    window: Option<u64>,
    waited: u64,
    sent: u64,
    orders: u64,
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct CameBack {
    /// Events that were sent, those that filled the state included.
    pub sent: u64,
    /// Of these, acknowledged.
    pub acknowledged: u64,
    /// From when an event was meant to be sent to when it was acknowledged.
    pub until_acknowledged: Ticks,
    /// From when an order was meant to be sent to its credit.
    pub until_credited: Ticks,
    pub counts: Counts,
    pub books: Vec<Book>,
}

impl<'a> Kafka<'a> {
    /// Connects, and looks that both topics are there. Without a timetable the system's answers set the
    /// pace.
    ///
    /// # Errors
    /// When no broker answers, a topic is not there, or a setting is not known.
    pub fn connect(
        options: &'a KafkaOptions,
        channels: &'a [String],
        (blank, timetable): (&Ticks, bool),
    ) -> Result<(Self, Arc<Shared>), SystemError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_nanos() as u64);
        let run = format!("{:08x}", mix(now) >> 32);
        let shared = Arc::new(Shared::new(blank, Answers::new(&run, channels, blank)));
        let (producer, consumer) = connect(options, &shared)?;
        let listener = Listener::start(consumer, Arc::clone(&shared))?;
        let kafka = Self {
            options,
            shared: Arc::clone(&shared),
            producer,
            listener,
            lines: Lines::new(channels),
            run,
            message: Vec::with_capacity(1 << 10),
            window: (!timetable).then_some(WINDOW),
            waited: 0,
            sent: 0,
            orders: 0,
        };
        Ok((kafka, shared))
    }

    /// An error, with what was done by then.
    fn broken(&self, problem: &str) -> SystemError {
        let acknowledged = self.shared.acknowledged();
        let credited = self.shared.gauge.reading().orders;
        let events = match self.sent - acknowledged {
            0 => "all of them were acknowledged".to_owned(),
            others => format!(
                "{acknowledged} of them were acknowledged, and of the other {others} it is not known whether \
                 the broker has them"
            ),
        };
        let told = format!(
            "{problem}. Until then {} events were handed to the client; {events}. Of {} orders of the stream \
             {credited} were credited",
            self.sent, self.orders,
        );
        broken(self.options, told)
    }

    /// Looks whether the broker has failed.
    fn check(&self) -> Result<(), SystemError> {
        let Some(failure) = self.shared.failure() else {
            return Ok(());
        };
        let told = format!("an event could not be delivered ({failure})");
        Err(self.broken(&told))
    }

    /// Waits until something is so, as long as there are signs of life.
    fn wait_for(&self, done: &dyn Fn(&Shared) -> bool) -> Result<(), SystemError> {
        let mut life = Life::default();
        while !done(&self.shared) {
            self.check()?;
            if !life.goes_on(&self.shared, self.options.timeout) {
                return Err(self.silent());
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// There were no signs of life for as long as is allowed.
    fn silent(&self) -> SystemError {
        let seconds = self.options.timeout.as_secs_f64();
        let answers = self.shared.answers();
        let mut told = if self.shared.acknowledged() < self.sent {
            format!("nothing was acknowledged for {seconds} s")
        } else {
            format!(
                "no order was credited for {seconds} s, and {} wait: a system must run that reads {} and \
                 writes {}, also for orders without a touch",
                answers.open(),
                self.options.events,
                self.options.credits
            )
        };
        let counts = answers.counts();
        for (number, what) in [
            (counts.strangers, "answers to nothing that was sent"),
            (counts.of_other_runs, "answers to another run"),
            (counts.unreadable, "messages that are no answers"),
        ] {
            if number > 0 {
                told += &format!("; {number} {what} have come");
            }
        }
        if let Some(first) = &counts.first_unreadable {
            told += &format!(", the first: {first}");
        }
        drop(answers);
        let reason = self.shared.reason();
        if !reason.is_empty() {
            told += &format!("; the client says: {reason}");
        }
        self.broken(&told)
    }

    /// The end: waits for what is on its way, no longer than this.
    ///
    /// # Errors
    /// When the broker has failed by then.
    pub fn finish(mut self, most: Duration) -> Result<CameBack, SystemError> {
        let until = Instant::now() + most;
        let done =
            |shared: &Shared| shared.acknowledged() == self.sent && shared.answers().open() == 0;
        while !done(&self.shared) && Instant::now() < until {
            self.check()?;
            std::thread::sleep(LOOK);
        }
        self.check()?;
        if !done(&self.shared) && self.shared.gone.load(Ordering::Relaxed) {
            let told = format!("no broker answers any more ({})", self.shared.reason());
            return Err(self.broken(&told));
        }
        let now = self.shared.clock.now();
        if self.shared.acknowledged() < self.sent {
            self.shared.ended.store(true, Ordering::Release);
            let all = PurgeConfig::default().queue().inflight();
            self.producer.purge(all);
            // What is left then hangs in the client, and is not acknowledged either.
            let _ = self.producer.flush(Duration::from_secs(1));
        }
        let acknowledged = self.shared.acknowledged();
        let until_acknowledged = self.shared.until_acknowledged();
        self.listener.stop();
        let (counts, books, until_credited) = self.shared.answers().finish(now);
        Ok(CameBack {
            sent: self.sent,
            acknowledged,
            until_acknowledged,
            until_credited,
            counts,
            books,
        })
    }
}

/// Signs of life: what was acknowledged, and orders that were answered. Answers to an earlier run are
/// some, too, of a system that has not come to this one yet, but not without end.
#[derive(Default)]
struct Life {
    last: Option<((u64, u64, u64), Instant)>,
    behind: Option<Instant>,
}

impl Life {
    fn goes_on(&mut self, shared: &Shared, timeout: Duration) -> bool {
        let answers = shared.answers();
        let others = answers.counts().of_other_runs;
        let now = (shared.acknowledged(), answers.heard(), others);
        drop(answers);
        if let Some((before, since)) = self.last {
            if now == before {
                return since.elapsed() <= timeout;
            }
            if (now.0, now.1) != (before.0, before.1) {
                self.behind = None;
            } else {
                let behind = self.behind.get_or_insert_with(Instant::now);
                if behind.elapsed() > CATCHES_UP {
                    return false;
                }
            }
        }
        self.last = Some((now, Instant::now()));
        true
    }
}

/// An error of a broker.
fn broken(options: &KafkaOptions, problem: String) -> SystemError {
    SystemError::Broker {
        brokers: options.brokers.clone(),
        problem,
    }
}

impl System for Kafka<'_> {
    fn offer(&mut self, row: &Row, due: Option<u64>) -> Result<(), SystemError> {
        let now = self.shared.clock.now();
        // Before it is sent: an answer may be fast.
        let new = self.shared.sending(row, due, now);
        self.message.clear();
        let run = Some(self.run.as_str());
        self.lines.write(row, (false, run), &mut self.message)?;
        let key = row.user.to_string();
        let mark = due.map_or(NOT_MEASURED, |due| due as usize);
        let mut record = BaseRecord::with_opaque_to(&self.options.events, mark)
            .key(&key)
            .payload(&self.message);
        let mut life = Life::default();
        while let Err((error, back)) = self.producer.send(record) {
            let full = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
            if error != full {
                return Err(self.broken(&format!("an event was refused ({error})")));
            }
            self.check()?;
            if !life.goes_on(&self.shared, self.options.timeout) {
                return Err(self.silent());
            }
            let since = Instant::now();
            std::thread::sleep(LOOK);
            self.waited += since.elapsed().as_nanos() as u64;
            record = back;
        }
        self.sent += 1;
        self.orders += u64::from(new);
        if let Some(window) = self.window
            && new
        {
            let since = Instant::now();
            self.wait_for(&|shared| shared.answers().open() < window)?;
            self.waited += since.elapsed().as_nanos() as u64;
        }
        Ok(())
    }

    fn flush(&mut self, _next: Option<i64>) -> Result<(), SystemError> {
        self.check()
    }

    fn settle(&mut self, rows: u64) -> Result<(), SystemError> {
        self.wait_for(&|shared| shared.acknowledged() == rows && shared.answers().open() == 0)
    }

    fn waited(&self) -> u64 {
        self.waited
    }

    fn reading(&self) -> Reading {
        self.shared.gauge.reading()
    }
}
