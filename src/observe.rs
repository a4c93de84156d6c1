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

mod household;
mod join;
pub mod reports;

use crate::base::{MerchantId, Second};
use crate::journey::{JourneyBatch, Outcome, Touch, TouchKind};
use crate::scenario::wire::{RegimeWire, TouchesSeen};
use crate::scenario::{Channel, ReportRule, Scenario, Watch};
use crate::world::{Contact, History, NO_CONTACT, Order, World};

pub use household::partner;
use household::{Household, last_until};
use join::{Joined, Joiner};
use reports::ReportState;

/// What observes a history.
pub trait Lens: Sync {
    /// Appends the journeys of one user to `out`.
    fn observe(&self, history: &History, scratch: &mut Scratch<'_>, out: &mut JourneyBatch);
}

/// Buffers of a lens, reused from user to user; and the world, which a lens asks for nobody's season
/// but that of whom it takes a user for.
#[derive(Debug)]
pub struct Scratch<'w> {
    chain: Vec<u32>,
    joined: Vec<(MerchantId, Second)>,
    household: Household<'w>,
}

impl<'w> Scratch<'w> {
    /// Buffers to look at histories of this world with.
    #[must_use]
    pub const fn new(world: &'w World) -> Self {
        Self {
            chain: Vec::new(),
            joined: Vec::new(),
            household: Household::new(world),
        }
    }
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
    /// Channels whose views count as clicks, as bits.
    viewed: u64,
    joiner: Joiner,
    report: ReportRule,
    end: Second,
    /// Merchant group (tier) of each merchant.
    groups: Vec<u16>,
}

impl Regime {
    fn new(scenario: &Scenario, wire: &RegimeWire, watch: &Watch, world: &World) -> Self {
        let channels = |wanted: &dyn Fn(&Channel) -> bool| {
            let channels = scenario.channels().iter().enumerate();
            let bits = channels.map(|(place, c)| u64::from(wanted(c)) << place);
            bits.fold(0, |all, one| all | one)
        };
        let merchants = world.supply().merchants().iter();
        Self {
            name: wire.name.clone(),
            about: wire.about.clone(),
            touches: wire.touches,
            click_window: seconds(wire.click_window.seconds()),
            read_window: seconds(wire.read_window.seconds()),
            paid: channels(&|c| c.paid),
            viewed: channels(&|c| c.video && wire.video_views_click),
            joiner: Joiner::new(scenario, wire, watch, world),
            report: watch.report.clone(),
            end: world.end(),
            groups: merchants.map(|m| u16::from(m.tier.0)).collect(),
        }
    }

    /// All regimes of a scenario, over a world of that scenario.
    #[must_use]
    pub fn all(scenario: &Scenario, world: &World) -> Vec<Self> {
        let wires = scenario.wire().measure.regimes.iter();
        let meant = wires.zip(scenario.watches());
        meant
            .map(|(wire, watch)| Self::new(scenario, wire, watch, world))
            .collect()
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

    /// What it tells merchants.
    #[must_use]
    pub const fn report(&self) -> &ReportRule {
        &self.report
    }

    /// Whether orders outside can be joined to anything under this regime.
    #[must_use]
    pub const fn reaches_outside(&self) -> bool {
        self.joiner.reaches_outside()
    }

    /// Whether a contact counts as a click.
    #[inline(always)]
    fn clicked(&self, contact: &Contact) -> bool {
        contact.kind == TouchKind::Click || self.viewed >> contact.channel.0 & 1 == 1
    }

    /// Whether a contact is a touch under this regime, looking back from `end`.
    #[inline(always)]
    fn sees(&self, contact: &Contact, end: Second) -> bool {
        let click = self.clicked(contact);
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
            // Where only clicks are shown, whatever is shown is one.
            let kind = match self.touches {
                TouchesSeen::All => contact.kind,
                TouchesSeen::PaidClicks => TouchKind::Click,
            };
            out.touch(Touch {
                channel: contact.channel.0,
                kind,
                hours_before_end: f64::from(end - contact.at) / 3_600.0,
            });
        }
        !chain.is_empty()
    }

    fn order(
        &self,
        history: &History,
        order: &Order,
        scratch: &mut Scratch<'_>,
        out: &mut JourneyBatch,
        report: Option<&mut ReportState>,
    ) {
        let Scratch {
            chain,
            joined,
            household,
        } = scratch;
        let span = (order.at, order.at);
        let whose = match self.joiner.joins(history, order, self.click_window) {
            Joined::Nobody => None,
            Joined::Buyer => {
                self.touches(history, (order.last_contact, None), span, chain, out);
                joined.push((order.merchant, order.at));
                Some(history)
            }
            // What the buyer saw stays a journey that brought nothing.
            Joined::Other => {
                let other = household.other(history.user());
                let last = last_until(other, order.merchant, order.at);
                self.touches(other, (last, None), span, chain, out);
                Some(other)
            }
        };
        if let (Some(report), Some(whose)) = (report, whose) {
            let outside = order.destination != self.joiner.home();
            report.order(order, outside, whose.contacts(), chain);
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
    fn observe(&self, history: &History, scratch: &mut Scratch<'_>, out: &mut JourneyBatch) {
        self.look(history, scratch, out, None);
    }
}

impl Regime {
    /// As [`Lens::observe`], and takes what is joined into what merchants are told.
    pub fn look(
        &self,
        history: &History,
        scratch: &mut Scratch<'_>,
        out: &mut JourneyBatch,
        mut report: Option<&mut ReportState>,
    ) {
        scratch.joined.clear();
        for order in history.orders() {
            self.order(history, order, scratch, out, report.as_deref_mut());
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
