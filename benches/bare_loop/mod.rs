//! The bare loop: the least that anybody would do per event to simulate users and attribute what
//! they buy. The yardstick of `run`.
//!
//! # What it does
//!
//! For each user, in blocks that threads take in turn as `run` does:
//!
//! 1. *impressions* arrive as a Poisson process over 39 days with a diurnal profile, in the order of
//!    time (exponential gaps in operational time, mapped to the clock by a table); each draws a
//!    channel, a note by Zipf's law from a guide table of 10,080 notes of 840 merchants, and
//!    whether it is read;
//! 2. each *read* is chained to the one before it of the same merchant, and draws whether an
//!    *order* follows, after an exponential delay; orders after the season are dropped;
//! 3. each order closes a *journey*: the reads of its merchant within a look-back of 15 days. Each
//!    merchant read and not bought from since leaves a journey that ends in nothing;
//! 4. journeys are folded: credit by first, last, linear, time decay and position; transition
//!    counts of a Markov chain; counts of channel sets for Shapley values.
//!
//! There is no behaviour in it: nobody gets tired, learns, compares, waits or searches, nobody
//! observes through a lens, no truth is sampled, and an order has no value.
//!
//! # What an event is
//!
//! One impression, one read or one order: each is a row of 16 bytes that is written, and handed to
//! the optimiser as used, user by user. An impression counts because it has a time, a channel, a
//! note and a read decision of its own. So the rate compares with the events of `run`, which are the
//! rows that `generate` would write. Both make about 65–70 events a user, 55 of them impressions.
//!
//! # Why it is fair
//!
//! It stands on the same floor as `run` (addressed draws, guide and quantile tables, exact sums), and
//! takes what is cheap: bits of one draw split in several, reads compacted without a branch, fixed
//! buffers, nothing allocated per event or user, plain integers where they cannot overflow. Nothing
//! is left for the optimiser to drop ([`BareLoop::check`] holds the totals to what they must be,
//! and the digest takes in all of them), and nothing is done that a reader of the sums could miss.

mod tally;
mod worker;

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::ThreadPool;
use redcat::base::{Curve, DAY, GuideTable, Merge, QuantileTable, Root, Second, UserId, math};

pub use tally::Tally;
use worker::Worker;

/// Users that a thread takes at once.
const BLOCK: u64 = 1_024;
const DAYS: u32 = 39;
const END: Second = DAYS * DAY;
const LOOK_BACK: Second = 15 * DAY;
const HALF_LIFE: f64 = 7.0 * DAY as f64;
/// Operational time, in which impressions come evenly: 2²⁰ units a day.
const DAY_BITS: u32 = 20;
/// Cells of the clock in a day.
const CELL_BITS: u32 = 10;
/// Impressions a user.
const IMPRESSIONS: f64 = 55.0;
const CHANNELS: usize = 12;
const MERCHANTS: usize = 840;
const NOTES: usize = 12 * MERCHANTS;
/// Share of impressions that are read.
const READS: f64 = 0.19;
/// Share of reads that are followed by an order, in the season or after it.
const BUYS: f64 = 0.0135;
/// Popularity of the hours of a day.
const HOURS: [f64; 24] = [
    0.80, 0.45, 0.25, 0.18, 0.15, 0.20, 0.40, 0.65, 0.85, 0.95, 1.00, 1.10, 1.30, 1.22, 1.05, 1.00,
    1.02, 1.10, 1.30, 1.60, 1.92, 2.10, 1.95, 1.46,
];

/// The tables that all threads read.
pub struct BareLoop {
    root: Root,
    gaps: QuantileTable,
    /// Seconds of the day by which equal parts of the day's impressions have been shown.
    clock: [Second; (1 << CELL_BITS) + 1],
    channels: GuideTable,
    notes: GuideTable,
    delays: QuantileTable,
    decay: Curve,
}

impl BareLoop {
    /// The loop of a seed.
    pub fn new(seed: u64) -> Self {
        let table = |weights: Vec<f64>| GuideTable::new(&weights).expect("positive weights");
        let zipf = |n: usize| (1..=n).map(|r| math::pow(r as f64, -1.0)).collect();
        let (all, mut sum) = (HOURS.iter().sum::<f64>(), 0.0);
        let upto: Vec<f64> = std::iter::once(0.0)
            .chain(HOURS.map(|h| {
                sum += h / all;
                sum
            }))
            .collect();
        let cells = f64::from(1_u32 << CELL_BITS);
        // The second of the day by which a part of the day's impressions has been shown.
        let second = |part: f64| {
            let hour = upto.partition_point(|u| *u <= part).clamp(1, 24) - 1;
            let within = (part - upto[hour]) / (upto[hour + 1] - upto[hour]);
            (hour as f64 + within.min(1.0)) * 3_600.0
        };
        Self {
            root: Root::new(seed),
            gaps: QuantileTable::exponential(12, f64::from(DAYS << DAY_BITS) / IMPRESSIONS),
            clock: std::array::from_fn(|cell| second(cell as f64 / cells) as Second),
            channels: table((1..=CHANNELS).map(|r| 1.0 / (r + 1) as f64).collect()),
            notes: table(zipf(NOTES)),
            delays: QuantileTable::exponential(12, 5.0 * f64::from(DAY)),
            decay: Curve::new(f64::from(LOOK_BACK), 1_024, |age| {
                math::exp2(-age / HALF_LIFE)
            }),
        }
    }

    /// The second when so much operational time has passed.
    #[inline(always)]
    fn at(&self, time: u32) -> Second {
        const FINE: u32 = DAY_BITS - CELL_BITS;
        let part = time & ((1 << DAY_BITS) - 1);
        let (cell, within) = ((part >> FINE) as usize, part & ((1 << FINE) - 1));
        let (from, to) = (self.clock[cell], self.clock[cell + 1]);
        (time >> DAY_BITS) * DAY + from + (((to - from) * within) >> FINE)
    }

    /// Simulates and attributes so many users on the threads of a pool.
    pub fn run(&self, users: u64, pool: &ThreadPool) -> Tally {
        let next = AtomicU64::new(0);
        let parts = pool.broadcast(|_| {
            let mut worker = Worker::new(self);
            loop {
                let first = next.fetch_add(BLOCK, Ordering::Relaxed);
                if first >= users {
                    break worker.tally;
                }
                for user in first..(first + BLOCK).min(users) {
                    worker.user(UserId(user));
                }
            }
        });
        parts.into_iter().fold(Tally::new(), |mut sum, part| {
            sum.merge(part);
            sum
        })
    }

    /// # Panics
    ///
    /// When the loop does not do what the module says: rows out of time or out of range, nights as
    /// busy as evenings, totals that do not add up.
    pub fn check(&self) {
        let mut worker = Worker::new(self);
        let mut by_hour = [0_u64; 24];
        for user in 0..20_000 {
            let (shown, reads, orders) = worker.user(UserId(user));
            let rows = &worker.shown[..shown];
            assert!(
                rows.is_sorted_by_key(|r| r.at) && worker.last.iter().all(|l| *l == worker::NONE)
            );
            let all = rows.iter().chain(&worker.reads[..reads]);
            for row in all.chain(&worker.orders[..orders]) {
                assert!(row.at < END && row.note < NOTES as u32 && row.kind < 3);
            }
            rows.iter()
                .for_each(|r| by_hour[(r.at % DAY / 3_600) as usize] += 1);
        }
        worker.tally.check();
        let busy = by_hour[21] as f64 / by_hour[4] as f64;
        assert!((busy / (HOURS[21] / HOURS[4]) - 1.0).abs() < 0.05, "{busy}");
    }
}
