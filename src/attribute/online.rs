//! Credit while events come in.
//!
//! Batch attribution looks at all that is known of a user at once. Behind a shop's counters nobody has
//! that: touches, orders and refunds of all users come in one stream, nearly in the order of time, and
//! credit is wanted now. [`Online`] keeps, by key, the touches that an order may still need, and folds
//! the journeys that orders end into the same [`Lineup`] that a batch is folded into. So the credit is
//! the same to the last bit, whatever the number of workers and however the stream was cut.
//!
//! # When is it time
//!
//! Events may be out of order by no more than a stated *lateness*. The [`Watermark`] follows the latest
//! event time seen, that far behind. Before the watermark nothing new comes; so an order is credited
//! when the watermark has passed it, and until then touches older than it may still arrive. An event
//! from before the watermark is *late*: it is counted and not used, for what it would have changed is
//! told already. Who decides that is not the worker but whoever deals events out, once for the whole
//! stream; otherwise what counts would depend on the number of workers (Akidau et al., 2015).
//!
//! # What is kept
//!
//! - *Open journeys*: touches by key since its last order. A touch older than the longer look-back
//!   window, as the watermark sees it, can count for no order any more and is left behind.
//! - *Waiting*: orders and refunds which the watermark has not passed.
//! - *Journeys of orders*, for as long as a refund may take them back.
//!
//! All three are bounded by rate × time. What has grown old is cleared away little by little, so that no
//! order waits while all of a busy hour goes; no credit depends on when. A refund folds the journey of
//! its order once more, into the books of what was taken back: credit is reversed with the weights with
//! which it was given.
//!
//! # The law of rows
//!
//! Every touch is, in the end, just one of: credited, expired, late, double, or still open. So is every
//! order (credited, late, double) and every refund (reversed, late, double, unmatched). [`Tally`] counts
//! them.
//!
//! # Example
//!
//! ```
//! use redcat::attribute::online::{Event, Online, Watermark, What, Windows};
//! use redcat::attribute::{Lineup, Shape};
//! use redcat::journey::TouchKind::Click;
//!
//! const HOUR: i64 = 3_600_000_000;
//! let touch = |id, at, channel| Event { key: 7, at, id, what: What::Touch { channel, kind: Click } };
//! let order = |id, at| Event { key: 7, at, id, what: What::Order { group: 0, value: 4_900 } };
//! // The second touch is told after the order.
//! let stream = [touch(0, HOUR, 0), order(2, 5 * HOUR), touch(1, 4 * HOUR, 1)];
//!
//! let lineup = Lineup::parse("last,linear")?;
//! let windows = Windows { click: 24 * HOUR, view: HOUR, refund: 0 };
//! let mut online = Online::new(&lineup, Shape { channels: 2, groups: 1 }, windows)?;
//! let mut watermark = Watermark::new(2 * HOUR);
//! for event in &stream {
//!     if watermark.passes(event.at) {
//!         online.late(event);
//!     } else {
//!         online.take(event);
//!     }
//!     online.advance(watermark.at());
//! }
//! let streamed = online.finish(watermark.at());
//! let credits = streamed.credits(&lineup)?;
//! assert_eq!(credits[0].1.by_channel()[1].value, 4_900.0);
//! assert_eq!(credits[1].1.by_channel()[0].value, 2_450.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod event;
mod lasts;
mod open;
mod orders;
mod ring;
mod sharded;
mod tally;

use crate::base::Merge;
use crate::journey::{JourneyBatch, Outcome, Touch};

use super::credit::Credit;
use super::lineup::{Lineup, LineupState};
use super::model::{FitError, Shape};

pub use event::{Event, Watermark, What, Windows};
use open::{Added, Open, Taken};
use orders::{Orders, Waiting};
pub use tally::{Rows, Tally};

/// Journeys that are folded together.
const TOGETHER: usize = 1_024;
/// Old touches and orders that are cleared away at a time: so many for each event that has come, and
/// some besides. Were it all at once, credit would wait while a day's worth of them goes.
const PACE: usize = 4;
const LEAST: usize = 64;
/// Events whose keys are looked up together.
const AHEAD: usize = 64;

/// A lineup that cannot be run online.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{model} cannot be run online: it is fitted to all journeys together; use rules such as last, \
     linear, position, time-decay"
)]
pub struct NotOnline {
    /// The model.
    pub model: String,
}

/// One worker: the state of its keys.
#[derive(Debug)]
pub struct Online<'a> {
    lineup: &'a Lineup,
    windows: Windows,
    open: Open,
    orders: Orders,
    given: Books,
    back: Books,
    tally: Tally,
    /// Marks of the orders that were credited last.
    credited: Vec<u64>,
    /// Events since the watermark has advanced.
    fresh: usize,
    /// Orders that are being credited, and the touches of one of them.
    due: Vec<Waiting>,
    taken: Vec<Taken>,
}

/// Journeys on their way into the books.
#[derive(Debug)]
struct Books {
    state: LineupState,
    batch: JourneyBatch,
}

impl Books {
    /// Writes the journey that an order ends: those of its touches that are young enough. Returns how
    /// many they are.
    fn journey(
        &mut self,
        touches: &[Taken],
        (at, group, value): (i64, u16, i64),
        windows: &Windows,
    ) -> u64 {
        let before = self.batch.touches();
        for touch in touches {
            let ago = at.saturating_sub(touch.at);
            if ago <= windows.of(touch.kind) {
                self.batch.touch(Touch {
                    channel: touch.channel,
                    kind: touch.kind,
                    hours_before_end: ago as f64 / 3.6e9,
                });
            }
        }
        self.batch.end(Outcome {
            group,
            conversions: 1,
            nulls: 0,
            value,
        });
        (self.batch.touches() - before) as u64
    }

    fn fold(&mut self, lineup: &Lineup) {
        lineup.fold(&mut self.state, &self.batch);
        self.batch.clear();
    }
}

/// What a stream, or a part of it, came to.
#[derive(Clone, Debug)]
pub struct Streamed {
    /// What was given to channels.
    pub given: LineupState,
    /// Of that, what refunds took back.
    pub back: LineupState,
    /// What became of the rows.
    pub tally: Tally,
}

impl Merge for Streamed {
    fn merge(&mut self, other: Self) {
        self.given.merge(other.given);
        self.back.merge(other.back);
        self.tally.merge(other.tally);
    }
}

impl Streamed {
    /// Credit that is left after refunds, by model.
    ///
    /// # Errors
    ///
    /// When a model has no fit.
    pub fn credits(&self, lineup: &Lineup) -> Result<Vec<(String, Credit)>, FitError> {
        let back = lineup.credits(&self.back);
        let both = lineup.credits(&self.given).into_iter().zip(back);
        both.map(|((model, given), (_, back))| {
            let mut credit = given?;
            credit.take_back(&back?);
            Ok((model, credit))
        })
        .collect()
    }
}

impl<'a> Online<'a> {
    /// A worker that knows of nothing.
    ///
    /// # Errors
    ///
    /// When a model of the lineup looks at more than one journey at a time.
    pub fn new(lineup: &'a Lineup, shape: Shape, windows: Windows) -> Result<Self, NotOnline> {
        if let Some(model) = lineup.needs_all_journeys() {
            return Err(NotOnline {
                model: model.to_owned(),
            });
        }
        let books = || Books {
            state: lineup.start(shape),
            batch: JourneyBatch::new(),
        };
        Ok(Self {
            lineup,
            windows,
            open: Open::default(),
            orders: Orders::default(),
            given: books(),
            back: books(),
            tally: Tally::default(),
            credited: Vec::new(),
            fresh: 0,
            due: Vec::new(),
            taken: Vec::new(),
        })
    }

    /// Takes in an event that is not late.
    #[inline]
    pub fn take(&mut self, event: &Event) {
        self.take_marked(event, None);
    }

    /// The same, of an order that is to be told by this mark once it is credited: see
    /// [`Online::credited`].
    #[inline]
    pub fn take_marked(&mut self, event: &Event, mark: Option<u64>) {
        let of = self.tally.of(&event.what);
        of.rows += 1;
        self.fresh += 1;
        let new = match event.what {
            What::Touch { channel, kind } => {
                let touch = Taken {
                    at: event.at,
                    id: event.id,
                    channel,
                    kind,
                };
                self.open.add(event.key, &touch) == Added::New
            }
            _ => self.orders.wait(Waiting {
                event: *event,
                mark,
            }),
        };
        of.double += u64::from(!new);
    }

    /// Takes in events of which none is late, and the marks of as many of the first orders among them as
    /// there are marks. It is faster than one by one: what is known of all their keys is fetched
    /// beforehand.
    pub fn take_all(&mut self, events: &[Event], marks: &[u64]) {
        let mut marks = marks.iter();
        for some in events.chunks(AHEAD) {
            self.open.warm(some.iter().map(|event| event.key));
            for event in some {
                let mark = match event.what {
                    What::Order { .. } => marks.next().copied(),
                    _ => None,
                };
                self.take_marked(event, mark);
            }
        }
    }

    /// Marks of the orders that the last [`Online::advance`] has credited: they are in the books.
    #[inline]
    #[must_use]
    pub fn credited(&self) -> &[u64] {
        &self.credited
    }

    /// Counts an event that is late.
    pub fn late(&mut self, event: &Event) {
        let of = self.tally.of(&event.what);
        of.rows += 1;
        of.late += 1;
    }

    /// Credits all orders that the watermark has passed, takes refunded ones back, and drops what can
    /// count for nothing any more.
    pub fn advance(&mut self, watermark: i64) {
        self.credited.clear();
        self.settle_all(watermark);
        let most = PACE * self.fresh + LEAST;
        self.fresh = 0;
        let longest = self.windows.click.max(self.windows.view);
        let gone = |touch: &Taken| touch.at.saturating_add(longest) < watermark;
        self.tally.touches.expired += self.open.leave(most, gone);
        self.orders
            .forget(watermark.saturating_sub(self.windows.refund), most);
    }

    /// Credits all orders that still wait: nothing more comes.
    pub fn settle_rest(&mut self) {
        self.credited.clear();
        self.settle_all(i64::MAX);
    }

    /// The end of the stream, which has come so far.
    #[must_use]
    pub fn finish(mut self, watermark: i64) -> Streamed {
        self.settle_rest();
        for touch in self.open.rest() {
            let of = &mut self.tally.touches;
            if self.windows.expired(&touch, watermark) {
                of.expired += 1;
            } else {
                of.open += 1;
            }
        }
        Streamed {
            given: self.given.state,
            back: self.back.state,
            tally: self.tally,
        }
    }

    /// Bytes that the state takes, without the books of the models.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.open.bytes() + self.orders.bytes()
    }

    fn settle_all(&mut self, watermark: i64) {
        let mut due = std::mem::take(&mut self.due);
        loop {
            self.orders.before(watermark, AHEAD, &mut due);
            if due.is_empty() {
                break;
            }
            self.open
                .warm_touches(due.iter().map(|next| next.event.key));
            for next in &due {
                self.settle(&next.event);
                self.credited.extend(next.mark);
            }
            if self.given.batch.len() >= TOGETHER {
                self.given.fold(self.lineup);
            }
        }
        self.due = due;
        self.given.fold(self.lineup);
        self.back.fold(self.lineup);
    }

    /// Credits an order, or takes a refunded one back.
    fn settle(&mut self, event: &Event) {
        match event.what {
            What::Touch { .. } => {}
            What::Order { group, value } => {
                self.open.take(event.key, event.at, &mut self.taken);
                let outcome = (event.at, group, value);
                let counted = self.given.journey(&self.taken, outcome, &self.windows);
                self.tally.touches.used += counted;
                self.tally.touches.expired += self.taken.len() as u64 - counted;
                self.tally.orders.used += 1;
                if let Some(journey) = self.given.batch.last()
                    && self.windows.refund > 0
                {
                    self.orders.keep((event.id, event.at), journey);
                }
            }
            What::Refund { order } => {
                let longest = self.windows.refund;
                let back = &mut self.back.batch;
                if self.orders.take_back((order, event.at), longest, back) {
                    self.tally.refunds.used += 1;
                } else {
                    self.tally.refunds.unmatched += 1;
                }
            }
        }
    }
}
