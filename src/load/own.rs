//! redcat's own credit of what was sent, to hold the answers of another system against.

use crate::attribute::Credit;
use crate::attribute::online::{Online, Watermark};

use super::LoadError;
use super::builtin::Engine;
use super::stream::Row;

/// Events between two advances of the watermark.
const TOGETHER: usize = 1_024;

/// Credit of each rule, after all of these rows. One worker does it: the credit does not depend on it.
pub(super) fn credited(
    rows: impl Iterator<Item = Row>,
    engine: &Engine<'_>,
) -> Result<Vec<(String, Credit)>, LoadError> {
    let mut online = Online::new(engine.lineup, engine.shape, engine.windows)?;
    let mut watermark = Watermark::new(engine.lateness);
    let mut some = Vec::with_capacity(TOGETHER);
    for row in rows {
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
