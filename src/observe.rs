//! Floor 4: who sees what.
//!
//! A [`Regime`] is a rule of data sharing. Its lens maps one user's latent [`History`] to the
//! journeys that a merchant (or the platform) could write down under it. The map is pure, its dice
//! are addressed, and it never feeds back: switching a regime on or off changes no latent event.
//!
//! Every order appears in the journeys of every regime, since a store always knows its own sales.
//! What differs is whether the order can be *joined* to its buyer's touches. An order that cannot
//! is a journey without touches, which no model can credit to a channel. So under each regime
//! credit plus what is unattributed is the same total.

mod join;

use crate::base::{MerchantId, Second};
use crate::journey::{JourneyBatch, Outcome, Touch, TouchKind};
use crate::scenario::Scenario;
use crate::scenario::wire::{RegimeWire, TouchesSeen};
use crate::world::{Contact, History, NO_CONTACT, Order, World};

use join::Joiner;

/// What observes a history.
pub trait Lens: Sync {
    /// Appends the journeys of one user to `out`.
    fn observe(&self, history: &History, scratch: &mut Scratch, out: &mut JourneyBatch);
}

/// Buffers of a lens, reused from user to user.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    chain: Vec<u32>,
    joined: Vec<(MerchantId, Second)>,
}

/// A regime of data sharing, ready to look.
#[derive(Debug)]
pub struct Regime {
    name: String,
    about: String,
    touches: TouchesSeen,
    click_window: Second,
    read_window: Second,
    /// Channels that somebody pays for, as bits.
    paid: u64,
    joiner: Joiner,
    end: Second,
    /// Merchant group (tier) of each merchant.
    groups: Vec<u16>,
}

impl Regime {
    /// A regime of a scenario, over a world of that scenario.
    #[must_use]
    pub fn new(scenario: &Scenario, wire: &RegimeWire, world: &World) -> Self {
        let paid = scenario.channels().iter().enumerate();
        let paid = paid.map(|(place, c)| u64::from(c.paid) << place);
        let merchants = world.supply().merchants().iter();
        Self {
            name: wire.name.clone(),
            about: wire.about.clone(),
            touches: wire.touches,
            click_window: seconds(wire.click_window.seconds()),
            read_window: seconds(wire.read_window.seconds()),
            paid: paid.fold(0, |all, one| all | one),
            joiner: Joiner::new(scenario, wire, world),
            end: world.end(),
            groups: merchants.map(|m| u16::from(m.tier.0)).collect(),
        }
    }

    /// All regimes of a scenario.
    #[must_use]
    pub fn all(scenario: &Scenario, world: &World) -> Vec<Self> {
        let wires = scenario.wire().measure.regimes.iter();
        wires.map(|wire| Self::new(scenario, wire, world)).collect()
    }

    /// Name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One sentence about it.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Whether a contact is a touch under this regime, looking back from `end`.
    #[inline(always)]
    fn sees(&self, contact: &Contact, end: Second) -> bool {
        let click = contact.kind == TouchKind::Click;
        let window = if click {
            self.click_window
        } else {
            self.read_window
        };
        let shown = match self.touches {
            TouchesSeen::All => true,
            TouchesSeen::PaidClicks => click && self.paid >> contact.channel.0 & 1 == 1,
        };
        shown && end - contact.at <= window
    }

    /// Writes the touches of a chain of contacts, from `last` back to `after`, in the order of time.
    /// Returns whether there was any.
    #[inline]
    fn touches(
        &self,
        history: &History,
        (last, after): (u32, Option<Second>),
        (horizon, end): (Second, Second),
        chain: &mut Vec<u32>,
        out: &mut JourneyBatch,
    ) -> bool {
        let contacts = history.contacts();
        chain.clear();
        let mut at = last;
        while at != NO_CONTACT {
            let contact = &contacts[at as usize];
            if after.is_some_and(|after| contact.at <= after) {
                break;
            }
            if self.sees(contact, horizon) {
                chain.push(at);
            }
            at = contact.previous;
        }
        for at in chain.iter().rev() {
            let contact = &contacts[*at as usize];
            out.touch(Touch {
                channel: contact.channel.0,
                kind: contact.kind,
                hours_before_end: f64::from(end - contact.at) / 3_600.0,
            });
        }
        !chain.is_empty()
    }

    fn order(
        &self,
        history: &History,
        order: &Order,
        scratch: &mut Scratch,
        out: &mut JourneyBatch,
    ) {
        if self.joiner.joins(history, order, self.click_window) {
            let span = (order.last_contact, None);
            self.touches(history, span, (order.at, order.at), &mut scratch.chain, out);
            scratch.joined.push((order.merchant, order.at));
        }
        out.end(Outcome {
            group: self.groups[order.merchant.index()],
            conversions: 1,
            nulls: 0,
            value: order.value,
        });
    }
}

/// A span as whole seconds; spans longer than any scenario saturate.
fn seconds(span: f64) -> Second {
    span as Second
}

impl Lens for Regime {
    /// One journey an order: the touches of its merchant within the windows. One null journey a
    /// merchant that was touched and not bought from since: its touches within the windows before
    /// the last of them, timed from the end of the season.
    fn observe(&self, history: &History, scratch: &mut Scratch, out: &mut JourneyBatch) {
        scratch.joined.clear();
        for order in history.orders() {
            self.order(history, order, scratch, out);
        }
        let contacts = history.contacts();
        for merchant in history.merchants() {
            let last = history.last_contact(*merchant);
            let orders = scratch.joined.iter().rev();
            let bought = orders
                .clone()
                .find(|(m, _)| m == merchant)
                .map(|(_, at)| *at);
            let horizon = contacts[last as usize].at;
            let span = (last, bought);
            let chain = &mut scratch.chain;
            if self.touches(history, span, (horizon, self.end.max(horizon)), chain, out) {
                out.end(Outcome {
                    group: self.groups[merchant.index()],
                    conversions: 0,
                    nulls: 1,
                    value: 0,
                });
            }
        }
    }
}
