//! What one thread has read and not yet dealt out.

use super::super::identity::{Identity, Scramble};
use super::super::row::{self, Narrow};

/// Rows in the order in which they were read.
#[derive(Debug)]
pub(in super::super) struct Pending {
    bits: u32,
    scramble: Scramble,
    pub(super) rows: Vec<Narrow>,
    /// What has no place in rows; empty if nothing.
    pub(super) beside: Vec<u64>,
    /// Values of the conversions, in their order.
    pub values: Vec<i64>,
    /// Rows of each partition.
    pub(super) counts: Vec<u32>,
    /// The time that rows count from: some of it lies before the first row.
    pub(super) base: u64,
    /// All bits that are set in the low bits of any row.
    pub(super) lows: u32,
    /// The earliest time and the latest one.
    pub(super) span: Option<(u64, u64)>,
}

impl Pending {
    /// For `2^bits` partitions.
    pub fn new(bits: u32, scramble: Scramble) -> Self {
        Self {
            bits,
            scramble,
            rows: Vec::new(),
            beside: Vec::new(),
            values: Vec::new(),
            counts: vec![0; 1 << bits],
            base: 0,
            lows: 0,
            span: None,
        }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The latest time.
    pub fn latest(&self) -> Option<i64> {
        self.span.map(|(_, latest)| row::micros(latest))
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Forgets all rows, but not the memory that they took.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.beside.clear();
        self.values.clear();
        self.counts.fill(0);
        self.lows = 0;
        self.span = None;
    }

    /// Takes times into account.
    fn see(&mut self, earliest: u64, latest: u64) {
        let (first, last) = self.span.unwrap_or((earliest, latest));
        self.span = Some((first.min(earliest), last.max(latest)));
    }

    /// Adds a row. The value of a conversion is pushed by itself.
    pub fn push(&mut self, who: Identity, group: u16, time: i64, low: u32) {
        let time = row::sortable(time);
        if self.rows.is_empty() {
            self.base = row::base(time);
        }
        self.see(time, time);
        let since = time.wrapping_sub(self.base);
        let beside = row::beside(since, who.check, group);
        if beside != 0 || !self.beside.is_empty() {
            self.beside.resize(self.rows.len(), 0);
            self.beside.push(beside);
        }
        self.counts[partition(who.key, self.bits)] += 1;
        self.lows |= low;
        self.rows.push(row::narrow(who.key, since, low));
    }

    /// Adds rows of people whose names are whole numbers, without groups: user, time, low bits. Does
    /// nothing, and says so, if a number does not fit.
    pub fn extend(&mut self, users: &[i64], times: &[i64], lows: &[u32]) -> bool {
        let Some(first) = times.first() else {
            return true;
        };
        let before = self.rows.len();
        let first = row::sortable(*first);
        let Self { bits, scramble, .. } = *self;
        if before == 0 {
            self.base = row::base(first);
        }
        let base = self.base;
        let counts = self.counts.as_mut_slice();
        let (mut earliest, mut latest) = (first, first);
        let (mut wide, mut far) = (0, 0);
        let rows = users.iter().zip(times).zip(lows);
        self.rows.extend(rows.clone().map(|((user, time), low)| {
            let (key, time) = (scramble.key(*user), row::sortable(*time));
            (earliest, latest) = (earliest.min(time), latest.max(time));
            let since = time.wrapping_sub(base);
            wide |= *user;
            far |= since;
            counts[partition(key, bits)] += 1;
            row::narrow(key, since, *low)
        }));
        let fits = scramble.fits(wide);
        if fits && far >> row::TIME == 0 && self.beside.is_empty() {
            self.see(earliest, latest);
            self.lows |= lows.iter().fold(0, |all, low| all | low);
            return true;
        }
        // One by one.
        self.rows.truncate(before);
        self.counts.fill(0);
        for [key, _] in &self.rows {
            self.counts[partition(*key, bits)] += 1;
        }
        if fits {
            for ((user, time), low) in rows {
                self.push(scramble.whole(*user), 0, *time, *low);
            }
        }
        fits
    }
}

/// The partition of a key.
#[inline]
pub(super) fn partition(key: u64, bits: u32) -> usize {
    // In two steps, since all 64 bits are shifted away when there is one partition.
    (key >> 1 >> (63 - bits)) as usize
}
