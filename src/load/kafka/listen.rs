//! Reading the topic of credits, on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::Message;
use rdkafka::consumer::BaseConsumer;

use super::shared::{Listening, Shared};

/// How long it waits for a message before it looks whether it is to stop.
const WAIT: Duration = Duration::from_millis(50);

/// Reads until it is stopped.
pub(super) struct Listener {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    pub fn start(
        consumer: BaseConsumer<Listening>,
        shared: Arc<Shared>,
    ) -> Result<Self, std::io::Error> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let listen = move || {
            while !stopped.load(Ordering::Relaxed) {
                // An error is told by the client itself, which tries again.
                if let Some(Ok(message)) = consumer.poll(WAIT) {
                    shared.answer(message.payload().unwrap_or_default());
                }
            }
        };
        let thread = std::thread::Builder::new().spawn(listen)?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }

    /// Stops it, and waits until it has.
    pub fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Whatever it has come to, it reads no more.
            let _ = thread.join();
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop();
    }
}
