//! What became of the rows of a stream.

use crate::base::Merge;

use super::What;

/// Rows of one kind. `rows` is the sum of all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Rows that came.
    pub rows: u64,
    /// Touches that an order gave credit to; orders that were credited; refunds that took credit back.
    pub used: u64,
    /// Touches too old for any order, or too old for theirs.
    pub expired: u64,
    /// Rows from before the watermark.
    pub late: u64,
    /// Rows that had come before.
    pub double: u64,
    /// Touches that no order has followed.
    pub open: u64,
    /// Refunds of orders that are not known, or that were too long ago.
    pub unmatched: u64,
}

impl Rows {
    /// What is told of them, together.
    #[must_use]
    pub const fn told(&self) -> u64 {
        self.used + self.expired + self.late + self.double + self.open + self.unmatched
    }
}

impl Merge for Rows {
    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.used += other.used;
        self.expired += other.expired;
        self.late += other.late;
        self.double += other.double;
        self.open += other.open;
        self.unmatched += other.unmatched;
    }
}

/// Rows of all kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Touches.
    pub touches: Rows,
    /// Orders.
    pub orders: Rows,
    /// Refunds.
    pub refunds: Rows,
}

impl Tally {
    #[inline]
    pub(super) fn of(&mut self, what: &What) -> &mut Rows {
        match what {
            What::Touch { .. } => &mut self.touches,
            What::Order { .. } => &mut self.orders,
            What::Refund { .. } => &mut self.refunds,
        }
    }
}

impl Merge for Tally {
    fn merge(&mut self, other: Self) {
        self.touches.merge(other.touches);
        self.orders.merge(other.orders);
        self.refunds.merge(other.refunds);
    }
}
