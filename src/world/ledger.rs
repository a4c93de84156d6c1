//! What an order costs whom, at the moment it is made: whole fen, rounded once.

use crate::base::Fen;
use crate::scenario::Scenario;
use crate::scenario::wire::Cost;

use super::counts::Counts;
use super::history::{Order, Route};

/// Commissions.
#[derive(Debug)]
pub(super) struct Ledger {
    /// By destination.
    commission: Vec<f64>,
    /// Creator's share by channel, where the channel is paid by commission.
    creator: Vec<f64>,
}

/// Part of a sum, rounded to the nearest fen.
#[must_use]
pub(super) fn part_of(value: Fen, rate: f64) -> Fen {
    (value as f64 * rate + 0.5) as Fen
}

impl Ledger {
    pub fn new(scenario: &Scenario) -> Self {
        let destinations = scenario.wire().destinations.iter();
        let creator = scenario.channels().iter().map(|c| match c.cost {
            Cost::Commission { rate } => rate.get(),
            _ => 0.0,
        });
        Self {
            commission: destinations.map(|d| d.commission.get()).collect(),
            creator: creator.collect(),
        }
    }

    /// Books an order. Commissions are due on orders that are kept.
    #[inline]
    pub fn settle(&self, order: &Order, counts: &mut Counts) {
        let commission = part_of(order.value, self.commission[order.destination.index()]);
        counts.order(order, commission);
        if let Some(channel) = order.cause
            && order.route == Route::Card
            && !order.refunded
        {
            let fen = part_of(order.value, self.creator[channel.index()]);
            counts.channel_mut(order.tier, channel).creator_fen += fen;
        }
    }
}
