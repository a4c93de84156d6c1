//! The built-in system: workers by key, each with a bounded queue.
//!
//! The dealer, which is the player's thread, decides what is late, once for the whole stream, and deals
//! events to workers by key. A worker folds what it gets and says how far it has come. When a queue is
//! full the dealer waits: no memory grows, and the timetable of the stream says what the wait has cost.

use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::attribute::online::{Event, Online, Streamed, Watermark, What, Windows};
use crate::attribute::{Lineup, Shape};
use crate::base::Merge;
use crate::base::address::{below, mix};
use crate::scenario::wire::JourneyKey;

use super::LoadError;
use super::meter::Ticks;
use super::stream::Row;
use super::system::{Clock, Gauge, Reading, System, SystemError, Time};

/// Events that are dealt to a worker together.
const TOGETHER: usize = 1_024;
/// Dealings that wait for a worker at most.
const WAITING: usize = 32;

/// What the built-in system is to do.
#[derive(Clone, Copy, Debug)]
pub struct Engine<'a> {
    /// Rules.
    pub lineup: &'a Lineup,
    /// Channels and groups.
    pub shape: Shape,
    /// How long touches and orders count.
    pub windows: Windows,
    /// How late events may come, in microseconds.
    pub lateness: i64,
    /// Whose touches belong together.
    pub key: JourneyKey,
    /// Workers.
    pub workers: usize,
}

impl Engine<'_> {
    /// Who works for a key.
    #[inline]
    pub(super) fn worker(&self, key: u64) -> usize {
        below(mix(key), self.workers as u64) as usize
    }
}

/// What a worker gets at a time.
#[derive(Debug, Default)]
struct Dealt {
    events: Vec<Event>,
    /// When the orders among them were due, one after the other, where that is measured.
    due: Vec<u64>,
    late: Vec<Event>,
    watermark: i64,
}

/// A worker's end of the table.
struct Hand<'scope> {
    next: Dealt,
    queue: SyncSender<Dealt>,
    done: ScopedJoinHandle<'scope, Worked>,
}

/// What a worker came to.
struct Worked {
    streamed: Streamed,
    latency: Ticks,
}

/// The dealer, and its workers.
pub struct BuiltIn<'scope, 'env> {
    engine: &'env Engine<'env>,
    watermark: Watermark,
    hands: Vec<Hand<'scope>>,
    gauges: &'env [Gauge],
    /// Empty dealings come back.
    spare: Receiver<Dealt>,
    waited: u64,
    /// Rows that are no business of attribution, and how many of them have been told.
    others: u64,
    others_told: u64,
}

/// What the system came to.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Credit and rows.
    pub streamed: Streamed,
    /// From the time at which an order was due to the time at which its credit was in the books.
    pub latency: Ticks,
    /// Rows that are no business of attribution.
    pub others: u64,
}

impl<'scope, 'env> BuiltIn<'scope, 'env> {
    /// Starts a worker for each gauge but the last, which is the dealer's own.
    ///
    /// # Errors
    /// When a model cannot be run online.
    pub fn start(
        scope: &'scope Scope<'scope, 'env>,
        engine: &'env Engine<'env>,
        gauges: &'env [Gauge],
        clock: &'env Clock,
        latency: &Ticks,
    ) -> Result<Self, LoadError> {
        let (back, spare) = channel();
        let hand = |gauge: &'env Gauge| {
            let online = Online::new(engine.lineup, engine.shape, engine.windows)?;
            let (queue, dealt) = sync_channel(WAITING);
            let (latency, back) = (latency.clone(), back.clone());
            let done = scope.spawn(move || work(online, (dealt, back), (gauge, clock), latency));
            Ok(Hand {
                next: Dealt::default(),
                queue,
                done,
            })
        };
        let workers = &gauges[..engine.workers];
        Ok(Self {
            engine,
            watermark: Watermark::new(engine.lateness),
            hands: workers.iter().map(hand).collect::<Result<_, LoadError>>()?,
            gauges,
            spare,
            waited: 0,
            others: 0,
            others_told: 0,
        })
    }

    /// The end of the stream: what the workers came to.
    ///
    /// # Errors
    /// When a worker is gone.
    pub fn finish(mut self) -> Result<Option<Finished>, SystemError> {
        self.flush(None)?;
        let mut all: Option<Finished> = None;
        for hand in self.hands {
            drop(hand.queue);
            let worked = hand.done.join().map_err(|_| SystemError::Gone)?;
            match &mut all {
                Some(all) => {
                    all.streamed.merge(worked.streamed);
                    all.latency.merge(worked.latency);
                }
                None => {
                    all = Some(Finished {
                        streamed: worked.streamed,
                        latency: worked.latency,
                        others: self.others,
                    });
                }
            }
        }
        Ok(all)
    }

    /// Hands a worker what it has been dealt.
    fn hand_over(&mut self, to: usize, watermark: i64) -> Result<(), SystemError> {
        if let Some(own) = self.gauges.last() {
            own.tell(self.others - self.others_told, 0, 0);
            self.others_told = self.others;
        }
        let hand = &mut self.hands[to];
        let empty = self.spare.try_recv().unwrap_or_default();
        let mut dealt = std::mem::replace(&mut hand.next, empty);
        dealt.watermark = watermark;
        match hand.queue.try_send(dealt) {
            Ok(()) => Ok(()),
            Err(TrySendError::Disconnected(_)) => Err(SystemError::Gone),
            Err(TrySendError::Full(dealt)) => {
                let since = Instant::now();
                let sent = hand.queue.send(dealt);
                self.waited += since.elapsed().as_nanos() as u64;
                sent.map_err(|_| SystemError::Gone)
            }
        }
    }
}

impl System for BuiltIn<'_, '_> {
    #[inline]
    fn offer(&mut self, row: &Row, due: Option<u64>) -> Result<(), SystemError> {
        let Some(event) = row.event(self.engine.key) else {
            self.others += 1;
            return Ok(());
        };
        let to = self.engine.worker(event.key);
        let next = &mut self.hands[to].next;
        if self.watermark.passes(event.at) {
            next.late.push(event);
            return Ok(());
        }
        if let (What::Order { .. }, Some(due)) = (event.what, due) {
            next.due.push(due);
        }
        next.events.push(event);
        if next.events.len() >= TOGETHER {
            return self.hand_over(to, self.watermark.at());
        }
        Ok(())
    }

    fn flush(&mut self, next: Option<i64>) -> Result<(), SystemError> {
        // The next row will bring the watermark this far, and nothing comes before it.
        let next = next.map_or(i64::MIN, |at| at.saturating_sub(self.engine.lateness));
        let watermark = self.watermark.at().max(next);
        (0..self.hands.len()).try_for_each(|to| self.hand_over(to, watermark))
    }

    fn settle(&mut self, rows: u64) -> Result<(), SystemError> {
        self.flush(None)?;
        while self.reading().rows < rows {
            if self.hands.iter().any(|hand| hand.done.is_finished()) {
                return Err(SystemError::Gone);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn waited(&self) -> u64 {
        self.waited
    }

    fn reading(&self) -> Reading {
        Gauge::all(self.gauges)
    }
}

/// What a worker does until nothing more is dealt.
fn work(
    mut online: Online<'_>,
    (dealt, back): (Receiver<Dealt>, Sender<Dealt>),
    (gauge, clock): (&Gauge, &Clock),
    mut latency: Ticks,
) -> Worked {
    let mut watermark = i64::MIN;
    while let Ok(mut dealt) = dealt.recv() {
        online.take_all(&dealt.events, &dealt.due);
        dealt.late.iter().for_each(|event| online.late(event));
        watermark = dealt.watermark;
        online.advance(watermark);
        let rows = dealt.events.len() + dealt.late.len();
        record(&online, clock, &mut latency);
        let credited = online.credited().len();
        gauge.tell(rows as u64, credited as u64, online.bytes() as u64);
        dealt.events.clear();
        dealt.due.clear();
        dealt.late.clear();
        // At the end nobody wants it back.
        let _ = back.send(dealt);
    }
    online.settle_rest();
    record(&online, clock, &mut latency);
    gauge.tell(0, online.credited().len() as u64, online.bytes() as u64);
    Worked {
        streamed: online.finish(watermark),
        latency,
    }
}

fn record(online: &Online<'_>, clock: &Clock, latency: &mut Ticks) {
    let credited = online.credited();
    if !credited.is_empty() {
        let now = clock.now();
        for due in credited {
            latency.record(*due, now.saturating_sub(*due));
        }
    }
}
