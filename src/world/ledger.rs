//! What an order costs whom, at the moment it is made: whole fen, rounded once.

use crate::base::Fen;
use crate::scenario::Scenario;
use crate::scenario::wire::Cost;

use super::counts::{Counts, PassedOn};
use super::history::{Order, Route};
use super::timeline::Timeline;

/// Commissions of creators.
#[derive(Debug)]
pub(super) struct Ledger {
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
        let creator = scenario.channels().iter().map(|c| match c.cost {
            Cost::Commission { rate } => rate.get(),
            _ => 0.0,
        });
        Self {
            creator: creator.collect(),
        }
    }

    /// Books an order under the rules of its moment. Commissions and subsidies are due on orders
    /// that are kept.
    #[inline]
    pub fn settle(&self, order: &Order, timeline: &Timeline, counts: &mut Counts) {
        let stretch = timeline.stretch(order.at);
        let rules = &timeline.stretches()[stretch];
        let passed_on = PassedOn {
            commission: part_of(order.value, rules.commission(order.destination)),
            subsidy: part_of(order.value, rules.subsidy(order.destination)),
        };
        counts.order(order, passed_on, stretch);
        if let Some(channel) = order.cause
            && order.route == Route::Card
            && !order.refunded
        {
            let fen = part_of(order.value, self.creator[channel.index()]);
            counts.channel_mut(order.tier, channel).creator_fen += fen;
        }
    }
}
