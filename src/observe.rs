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

use std::ops::Range;

use crate::base::{MerchantId, Second};
use crate::journey::{JourneyBatch, Outcome, Touch, TouchKind};
use crate::scenario::wire::{RegimeWire, TouchesSeen};
use crate::scenario::{Channel, ReportRule, Scenario, Watch};
use crate::world::{History, NO_CONTACT, Order, Trails, World};

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

    /// Whether a contact of this age is a touch under this regime.
    #[inline(always)]
    fn sees(&self, (channel, kind): (u16, TouchKind), age: Second) -> bool {
        let click = kind == TouchKind::Click || self.viewed >> channel & 1 == 1;
        let window = if click {
            self.click_window
        } else {
            self.read_window
        };
        let shown = match self.touches {
            TouchesSeen::All => true,
            TouchesSeen::PaidClicks => click && self.paid >> channel & 1 == 1,
        };
        shown && age <= window
    }

    /// What is told of a contact. Where only clicks are shown, whatever is shown is one.
    #[inline(always)]
    const fn tells(&self, kind: TouchKind) -> TouchKind {
        match self.touches {
            TouchesSeen::All => kind,
            TouchesSeen::PaidClicks => TouchKind::Click,
        }
    }

    /// Writes the touches of a chain of contacts, from `last` back, in the order of time, looking back
    /// from an order.
    #[inline]
    fn touches(
        &self,
        history: &History,
        last: u32,
        order: Second,
        chain: &mut Vec<u32>,
        out: &mut JourneyBatch,
    ) {
        let contacts = history.contacts();
        chain.clear();
        let mut at = last;
        while at != NO_CONTACT {
            let contact = &contacts[at as usize];
            if self.sees((contact.channel.0, contact.kind), order - contact.at) {
                chain.push(at);
            }
            at = contact.previous;
        }
        for at in chain.iter().rev() {
            let contact = &contacts[*at as usize];
            out.touch(Touch {
                channel: contact.channel.0,
                kind: self.tells(contact.kind),
                hours_before_end: f64::from(order - contact.at) / 3_600.0,
            });
        }
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
        let whose = match self.joiner.joins(history, order, self.click_window) {
            Joined::Nobody => None,
            Joined::Buyer => {
                self.touches(history, order.last_contact, order.at, chain, out);
                joined.push((order.merchant, order.at));
                Some(history)
            }
            // What the buyer saw stays a journey that brought nothing.
            Joined::Other => {
                let other = household.other(history.user());
                let last = last_until(other, order.merchant, order.at);
                self.touches(other, last, order.at, chain, out);
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
        let trails = history.trails();
        let shows_nothing = match self.touches {
            TouchesSeen::All => false,
            TouchesSeen::PaidClicks => {
                (trails.clicked() | trails.met() & self.viewed) & self.paid == 0
            }
        };
        if shows_nothing {
            return;
        }
        let whole = match self.touches {
            TouchesSeen::All => Some(self.click_window.min(self.read_window)),
            TouchesSeen::PaidClicks => None,
        };
        // Trails that are taken whole wait to be copied together with their neighbours.
        let mut waiting = 0;
        for (place, trail) in trails.list().iter().enumerate() {
            let mut joined = scratch.joined.iter().rev();
            let bought = joined
                .find(|(m, _)| *m == trail.merchant)
                .map(|(_, at)| *at);
            if bought.is_none() && whole.is_some_and(|window| trail.span <= window) {
                continue;
            }
            self.whole(trails, waiting..place, out);
            waiting = place + 1;
            self.part(trails, place, bought, out);
        }
        self.whole(trails, waiting..trails.list().len(), out);
    }

    /// Writes trails as they are.
    #[inline(always)]
    fn whole(&self, trails: &Trails, which: Range<usize>, out: &mut JourneyBatch) {
        let places = trails.places(which.clone());
        let first = places.start as u32;
        let columns = (
            &trails.channels()[places.clone()],
            &trails.kinds()[places.clone()],
            &trails.hours()[places],
        );
        let journeys = trails.list()[which].iter();
        let journeys = journeys.map(|t| (t.end - first, self.groups[t.merchant.index()]));
        out.nulls(columns, journeys);
    }

    /// Writes what is seen of a trail after the last purchase, looking back from its last contact.
    fn part(&self, trails: &Trails, place: usize, bought: Option<Second>, out: &mut JourneyBatch) {
        let trail = &trails.list()[place];
        let mut any = false;
        for place in trails.places(place..place + 1) {
            let (at, channel, kind) = (
                trails.at()[place],
                trails.channels()[place],
                trails.kinds()[place],
            );
            if bought.is_none_or(|bought| at > bought)
                && self.sees((channel, kind), trail.last - at)
            {
                any = true;
                out.touch(Touch {
                    channel,
                    kind: self.tells(kind),
                    hours_before_end: trails.hours()[place],
                });
            }
        }
        if any {
            out.end(Outcome {
                group: self.groups[trail.merchant.index()],
                conversions: 0,
                nulls: 1,
                value: 0,
            });
        }
    }
}
