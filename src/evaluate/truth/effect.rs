//! What is counted of a channel, or of several switched off together.

use serde::{Deserialize, Serialize};

use crate::base::{Fen, MerchantId, Merge};
use crate::world::{NeedId, Order};

/// Orders and their value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Orders; a difference may be negative.
    pub orders: i64,
    /// Value in fen.
    pub gmv_fen: Fen,
}

impl Tally {
    pub(super) const fn plus(&mut self, orders: i64, gmv_fen: Fen) {
        self.orders += orders;
        self.gmv_fen += gmv_fen;
    }
}

impl Merge for Tally {
    fn merge(&mut self, other: Self) {
        self.plus(other.orders, other.gmv_fen);
    }
}

/// What is gathered about one channel, or about a set of them, of one group of merchants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Orders whose need names the channel: all users.
    pub pointer: Tally,
    /// The same, users of the sample only.
    pub pointer_of_sample: Tally,
    /// Ordered with the channel less ordered without it: users of the sample.
    pub net: Tally,
    /// Needs of the sample that end in an order only with the channel.
    pub vanished: u64,
    /// Needs of the sample that end in an order only without it.
    pub appeared: u64,
    /// Needs of the sample that end in an order either way, but with another merchant.
    pub moved: u64,
}

impl Merge for Effect {
    fn merge(&mut self, other: Self) {
        self.pointer.merge(other.pointer);
        self.pointer_of_sample.merge(other.pointer_of_sample);
        self.net.merge(other.net);
        self.vanished += other.vanished;
        self.appeared += other.appeared;
        self.moved += other.moved;
    }
}

impl Effect {
    /// Sets an order of a life with the channel against the life without it.
    pub(super) fn lost(&mut self, order: &Order, without: &[Order]) {
        self.net.plus(1, order.value);
        match find(without, order.need) {
            None => self.vanished += 1,
            Some(other) => self.moved += u64::from(other != order.merchant),
        }
    }

    /// Sets an order of the life without the channel against the life with it.
    pub(super) fn gained(&mut self, order: &Order, with: &[Order]) {
        self.net.plus(-1, -order.value);
        self.appeared += u64::from(find(with, order.need).is_none());
    }
}

fn find(orders: &[Order], need: NeedId) -> Option<MerchantId> {
    orders.iter().find(|o| o.need == need).map(|o| o.merchant)
}
