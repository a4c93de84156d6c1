//! The generator and the engine, each by itself.
//!
//! A figure of both together does not say who is the slower one. So rows are made and looked at by
//! nobody; and workers fold events that lie ready in memory, without queues and without a clock. The
//! first is of one thread, as the player is; the second of as many as there are workers.

use std::time::Instant;

use crate::attribute::online::{Event, Online, Watermark};
use crate::base::address::mix;

use super::LoadError;
use super::builtin::Engine;
use super::stream::Row;

/// Events between two advances of the watermark.
const TOGETHER: usize = 1_024;

/// Rows and seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alone {
    /// Rows.
    pub rows: u64,
    /// Seconds of the clock.
    pub seconds: f64,
}

impl Alone {
    /// Rows a second.
    #[must_use]
    pub fn per_s(&self) -> f64 {
        self.rows as f64 / self.seconds.max(1e-9)
    }
}

/// Makes rows for so many seconds, and what attribution sees of them.
pub(super) fn generator(rows: impl Iterator<Item = Row>, engine: &Engine<'_>, s: f64) -> Alone {
    let start = Instant::now();
    let (mut made, mut keys) = (0_u64, 0_u64);
    for row in rows {
        // So that nothing of it can be left out.
        keys ^= row
            .event(engine.key)
            .map_or(0, |event| mix(event.key ^ event.id));
        made += 1;
        if made % 4_096 == 0 && start.elapsed().as_secs_f64() >= s {
            break;
        }
    }
    std::hint::black_box(keys);
    Alone {
        rows: made,
        seconds: start.elapsed().as_secs_f64(),
    }
}

/// Lays rows ready, at most as many, and folds them. `before` fills the state and is not counted.
pub(super) fn engine(
    before: impl Iterator<Item = Row>,
    rows: impl Iterator<Item = Row>,
    most: usize,
    engine: &Engine<'_>,
) -> Result<Alone, LoadError> {
    let mut watermark = Watermark::new(engine.lateness);
    let mut dealt = vec![Dealt::default(); engine.workers];
    let mut others = 0;
    deal(before, engine, &mut watermark, &mut dealt);
    let filled = std::mem::replace(&mut dealt, vec![Dealt::default(); engine.workers]);
    others += deal(rows.take(most), engine, &mut watermark, &mut dealt);
    let mut workers = Vec::new();
    for some in &filled {
        let mut online = Online::new(engine.lineup, engine.shape, engine.windows)?;
        fold(&mut online, some);
        workers.push(online);
    }
    drop(filled);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for (online, some) in workers.iter_mut().zip(&dealt) {
            scope.spawn(|| fold(online, some));
        }
    });
    let rows: usize = dealt.iter().map(|d| d.events.len()).sum();
    Ok(Alone {
        rows: rows as u64 + others,
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// Events of a worker, and the watermark after each handful of them.
#[derive(Clone, Debug, Default)]
struct Dealt {
    events: Vec<Event>,
    watermarks: Vec<i64>,
}

/// Deals rows; returns how many rows are no business of attribution.
fn deal(
    rows: impl Iterator<Item = Row>,
    engine: &Engine<'_>,
    watermark: &mut Watermark,
    dealt: &mut [Dealt],
) -> u64 {
    let mut others = 0;
    for row in rows {
        let Some(event) = row.event(engine.key) else {
            others += 1;
            continue;
        };
        if !watermark.passes(event.at) {
            let to = &mut dealt[engine.worker(event.key)];
            to.events.push(event);
            if to.events.len().is_multiple_of(TOGETHER) {
                to.watermarks.push(watermark.at());
            }
        }
    }
    for rest in dealt {
        if !rest.events.len().is_multiple_of(TOGETHER) {
            rest.watermarks.push(watermark.at());
        }
    }
    others
}

fn fold(online: &mut Online<'_>, dealt: &Dealt) {
    let handfuls = dealt.events.chunks(TOGETHER);
    for (some, watermark) in handfuls.zip(&dealt.watermarks) {
        online.take_all(some, &[]);
        online.advance(*watermark);
    }
}
