//! What a merchant is *told*, day after day.
//!
//! A model sees journeys. A merchant sees none: it gets a table, some days later, in which orders
//! stand beside the day of the spend, the channel and the tier of merchants. A [`ReportState`] gathers
//! all that such tables can ever say, from the orders that a regime joins; a table as of a day is then
//! a pure reading of it ([`ReportState::read`]).
//!
//! An order counts once in the deduplicated report, for its last touch, and once for each channel
//! touched in the other, for that channel's last touch. *Back-filled*, it counts on the day of the
//! touch, so a cohort of spend grows for weeks; else on its own day. Windows are in days of the
//! calendar, like the report: a touch on Monday has its window of seven days to the end of the next
//! Monday.
//!
//! The state is dense: a row for each day, channel and tier, with a count for each day of delay. It
//! does not grow with users, and nothing is done for an order that is not joined. Counts are kept by
//! day of delay, so a report as of any day is exact; value only by window, which is enough for the
//! final one.

mod reading;

pub use reading::{Cell, Part, Reading};

use serde::{Deserialize, Serialize};

use crate::base::{DAY, Fen, Merge};
use crate::scenario::ReportRule;
use crate::world::{Contact, Order};

/// An order is counted for its last touch only, or for every channel that it was touched by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Once: for the last touch.
    Deduplicated,
    /// Once for each channel touched.
    EachChannel,
}

/// Orders and their value, counted both ways.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Counted {
    /// By row and lag.
    orders: [Vec<u32>; 2],
    /// By row and window.
    fen: [Vec<Fen>; 2],
}

impl Counted {
    fn new(rows: usize, lags: usize, windows: usize) -> Self {
        let orders = || vec![0; rows * lags];
        let fen = || vec![0; rows * windows];
        Self {
            orders: [orders(), orders()],
            fen: [fen(), fen()],
        }
    }
}

impl Merge for Counted {
    fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.orders.iter_mut().zip(other.orders) {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                *mine += theirs;
            }
        }
        self.fen.merge(other.fen);
    }
}

/// Joined orders, by what kind of place they were made at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedOrders {
    /// In the app.
    pub inside: u64,
    /// At marketplaces.
    pub outside: u64,
    /// Of both, those whose last touch is older than every window of the report.
    pub late: u64,
}

impl Merge for JoinedOrders {
    fn merge(&mut self, other: Self) {
        self.inside += other.inside;
        self.outside += other.outside;
        self.late += other.late;
    }
}

/// All that the reports of one regime can say: a mergeable state. States of different rules do not
/// belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportState {
    rule: ReportRule,
    /// Days, channels, tiers, lags.
    shape: [usize; 4],
    /// All orders.
    made: Counted,
    /// Those sent back later; empty where the report includes them anyway.
    returned: Counted,
    joined: JoinedOrders,
}

impl Merge for ReportState {
    fn merge(&mut self, other: Self) {
        self.made.merge(other.made);
        self.returned.merge(other.returned);
        self.joined.merge(other.joined);
    }
}

impl ReportState {
    /// Nothing gathered yet.
    #[must_use]
    pub fn new(rule: &ReportRule, [days, channels, tiers]: [usize; 3]) -> Self {
        let lags = rule.widest() as usize + 1;
        let rows = days * channels * tiers;
        let counted = |kept: bool| Counted::new(rows * usize::from(kept), lags, rule.windows.len());
        Self {
            made: counted(true),
            returned: counted(!rule.include_refunds),
            rule: rule.clone(),
            shape: [days, channels, tiers, lags],
            joined: JoinedOrders::default(),
        }
    }

    /// What the report's rule is.
    #[must_use]
    pub const fn rule(&self) -> &ReportRule {
        &self.rule
    }

    /// Joined orders with at least one touch, in the report or not.
    #[must_use]
    pub const fn joined(&self) -> JoinedOrders {
        self.joined
    }

    /// Bytes of the tables.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let of = |c: &Counted| c.orders[0].len() * 8 + c.fen[0].len() * 16;
        of(&self.made) + of(&self.returned)
    }

    /// Takes in an order that was joined to these contacts of somebody, the last one first.
    pub(super) fn order(
        &mut self,
        order: &Order,
        outside: bool,
        contacts: &[Contact],
        chain: &[u32],
    ) {
        let mut contacts = chain.iter().map(|at| &contacts[*at as usize]);
        let Some(last) = contacts.next() else {
            return;
        };
        self.joined.inside += u64::from(!outside);
        self.joined.outside += u64::from(outside);
        let in_time = self.count(Counting::Deduplicated, order, last);
        self.joined.late += u64::from(!in_time);
        let mut seen = 0_u64;
        for contact in [last].into_iter().chain(contacts) {
            let channel = 1 << contact.channel.0;
            if seen & channel == 0 {
                seen |= channel;
                self.count(Counting::EachChannel, order, contact);
            }
        }
    }

    /// Counts an order for a contact, if it lies in any window.
    fn count(&mut self, counting: Counting, order: &Order, contact: &Contact) -> bool {
        let (day, of_order) = (contact.at / DAY, order.at / DAY);
        let lag = of_order - day;
        let Some(window) = self.rule.windows.iter().position(|days| lag <= *days) else {
            return false;
        };
        let cohort = if self.rule.back_fill { day } else { of_order };
        let [days, channels, tiers, lags] = self.shape;
        let day = (cohort as usize).min(days - 1);
        let row =
            (day * channels + usize::from(contact.channel.0)) * tiers + usize::from(order.tier.0);
        let windows = self.rule.windows.len();
        let add = |counted: &mut Counted| {
            counted.orders[counting as usize][row * lags + lag as usize] += 1;
            counted.fen[counting as usize][row * windows + window] += order.value;
        };
        add(&mut self.made);
        if order.refunded && !self.rule.include_refunds {
            add(&mut self.returned);
        }
        true
    }
}
