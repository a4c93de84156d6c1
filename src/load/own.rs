//! redcat's own credit of what was sent, to hold the answers of another system against.

use crate::attribute::Credit;
use crate::attribute::online::{Online, Watermark};

use super::stream::Stream;
use super::{LoadError, LoadTest};

/// Events between two advances of the watermark.
const TOGETHER: usize = 1_024;

impl LoadTest {
    /// Credit of each rule after the first so many rows: those that fill the state, and then the stream's.
    /// One worker does it, without queues and without a clock; the credit does not depend on it.
    ///
    /// # Errors
    /// When a model has no fit.
    pub fn own_credit(&self, rows: u64) -> Result<Vec<(String, Credit)>, LoadError> {
        let engine = self.engine();
        let before = Stream::before(self.content(), self.shaping);
        let stream = before.chain(Stream::new(self.content(), self.shaping));
        let mut online = Online::new(engine.lineup, engine.shape, engine.windows)?;
        let mut watermark = Watermark::new(engine.lateness);
        let mut some = Vec::with_capacity(TOGETHER);
        for row in stream.take(rows as usize) {
            let Some(event) = row.event(engine.key) else {
                continue;
            };
            if watermark.passes(event.at) {
                online.late(&event);
                continue;
            }
            some.push(event);
            if some.len() == TOGETHER {
                online.take_all(&some, &[]);
                online.advance(watermark.at());
                some.clear();
            }
        }
        online.take_all(&some, &[]);
        Ok(online.finish(watermark.at()).credits(engine.lineup)?)
    }
}
