//! What the threads of a broker's client tell each other: the player sends, the client acknowledges, the
//! listener reads credit.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{DeliveryResult, ProducerContext};

use crate::load::answers::Answers;
use crate::load::meter::Ticks;
use crate::load::stream::Row;
use crate::load::system::{Clock, Gauge, Time};

/// The mark of an event that is not measured; of others it is when they were due.
pub(super) const NOT_MEASURED: usize = usize::MAX;

/// What is known of a run.
pub(crate) struct Shared {
    pub clock: Clock,
    pub gauge: Gauge,
    acknowledged: AtomicU64,
    until_acknowledged: Mutex<Ticks>,
    answers: Mutex<Answers>,
    /// No broker is connected.
    pub gone: AtomicBool,
    /// What is not acknowledged by now will not be waited for.
    pub ended: AtomicBool,
    /// Why, as the client told it last.
    reason: Mutex<String>,
    /// Why an event could not be delivered, the first time.
    failure: Mutex<Option<String>>,
}

/// A lock whose holder has panicked still holds what was true.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub fn new(blank: &Ticks, answers: Answers) -> Self {
        Self {
            clock: Clock::default(),
            gauge: Gauge::default(),
            acknowledged: AtomicU64::new(0),
            until_acknowledged: Mutex::new(blank.clone()),
            answers: Mutex::new(answers),
            gone: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            reason: Mutex::new(String::new()),
            failure: Mutex::new(None),
        }
    }

    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Acquire)
    }

    pub fn until_acknowledged(&self) -> Ticks {
        held(&self.until_acknowledged).clone()
    }

    pub fn answers(&self) -> MutexGuard<'_, Answers> {
        held(&self.answers)
    }

    /// An event is about to be sent; says whether it is an order of the stream, for the first time.
    pub fn sending(&self, row: &Row, due: Option<u64>, now: u64) -> bool {
        if !row.is_sale() {
            return false;
        }
        let mut answers = self.answers();
        let new = answers.sending(row, due, now);
        self.gauge.tell_open(answers.open());
        new
    }

    /// A message of the topic of credits.
    pub fn answer(&self, message: &[u8]) {
        let now = self.clock.now();
        let mut answers = self.answers();
        let first = answers.take(message, now);
        self.gauge.tell_open(answers.open());
        if first {
            self.gauge.tell(0, 1, 0);
        }
    }

    pub fn failure(&self) -> Option<String> {
        held(&self.failure).clone()
    }

    pub fn reason(&self) -> String {
        held(&self.reason).clone()
    }

    fn trouble(&self, error: &KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            self.gone.store(true, Ordering::Relaxed);
        } else {
            reason.clone_into(&mut held(&self.reason));
        }
    }
}

/// Hears what became of events.
pub(super) struct Delivered(pub Arc<Shared>);

impl ClientContext for Delivered {
    // The client would write to stderr; what matters of it comes as errors.
    fn log(&self, _level: RDKafkaLogLevel, _facility: &str, _message: &str) {}

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.trouble(&error, reason);
    }
}

impl ProducerContext for Delivered {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, due: usize) {
        let shared = &self.0;
        if due != NOT_MEASURED {
            // Also of what was never acknowledged: it has waited until now.
            let (due, now) = (due as u64, shared.clock.now());
            held(&shared.until_acknowledged).record(due, now.saturating_sub(due));
        }
        match result {
            Ok(_) => {
                shared.gone.store(false, Ordering::Relaxed);
                shared.gauge.tell(1, 0, 0);
                shared.acknowledged.fetch_add(1, Ordering::Release);
            }
            Err(_) if shared.ended.load(Ordering::Acquire) => {}
            Err((error, _)) => {
                let mut failure = held(&shared.failure);
                failure.get_or_insert_with(|| {
                    let reason = shared.reason();
                    let also = if reason.is_empty() { "" } else { ": " };
                    format!("{error}{also}{reason}")
                });
            }
        }
    }
}

/// Hears of the trouble of whoever reads credit.
pub(super) struct Listening(pub Arc<Shared>);

impl ClientContext for Listening {
    fn log(&self, _level: RDKafkaLogLevel, _facility: &str, _message: &str) {}

    // That no broker is there is the producer's to tell, which has something to lose.
    fn error(&self, _error: KafkaError, reason: &str) {
        reason.clone_into(&mut held(&self.0.reason));
    }
}

impl ConsumerContext for Listening {}
