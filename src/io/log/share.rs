//! How memory is shared out.
//!
//! ```text
//! dealt events   half of it; what is more goes to a file
//! readers        a quarter: each thread's run, before and after it is dealt out
//! sorters        a quarter: each thread's partition, sorted and as journeys
//! ```
//!
//! Partitions are as many as keep one in a processor's cache, or more if a quarter of memory demands it.

use super::row::{Narrow, Wide};

/// Bytes that a row takes while its partition is looked at: read back, sorted, and as a touch.
pub(super) const SORTED: u64 = 2 * size_of::<Wide>() as u64 + 24;
/// Rows of a partition that fit into a second-level cache, sorted and as journeys.
const CACHED: u64 = 12_000;
/// The most rows of a run. Larger ones are dealt out in fewer and longer pieces, but no longer from one
/// corner of the cache to another.
const RUN: u64 = 1 << 17;
const MOST_BITS: u32 = 14;

/// Shares of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// 2^bits partitions.
    pub bits: u32,
    /// Bytes for dealt events.
    pub dealt: u64,
    /// Rows of a run.
    pub run: usize,
}

impl Share {
    /// For about so many rows.
    pub fn of(memory: u64, threads: usize, rows: u64) -> Self {
        let quarter = (memory / 4).max(1);
        let threads = threads as u64;
        let sorted = (quarter / threads / SORTED).max(1);
        let partitions = rows.div_ceil(CACHED).max(rows.div_ceil(sorted));
        let bits = partitions.max(1).next_power_of_two().ilog2().min(MOST_BITS);
        // With a word beside.
        let row = size_of::<Narrow>() as u64 + 8;
        let run = (quarter / threads / (2 * row)).clamp(1 << 10, RUN);
        Self {
            bits,
            dealt: memory / 2,
            run: run as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch partitions that do not fit, at any size, and one so small that it is all overhead.
    #[test]
    fn partitions_fit() {
        assert_eq!(Share::of(1 << 31, 2, 0).bits, 0);
        assert_eq!(Share::of(1 << 31, 2, 21_000_000).bits, 11);
        for memory in [1 << 20, 1 << 26, 1 << 31, 1 << 40] {
            for rows in [1, 1_000, 1 << 20, 1 << 27] {
                let share = Share::of(memory, 4, rows);
                let each = rows >> share.bits;
                let fits = each * SORTED * 4 <= memory / 4 + 4 * SORTED;
                assert!(fits || share.bits == MOST_BITS, "{memory} {rows} {share:?}");
            }
        }
    }
}
