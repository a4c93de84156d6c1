//! What a scenario means once it has been checked: names resolved to places, dates to seconds.

use serde::{Deserialize, Serialize};

use crate::base::address::name_key;
use crate::base::{DestinationId, Second};

use super::units::{Moment, Yuan};
use super::wire::{ChannelWire, Cost, DestinationWire, Link, Surface, TierWire};

/// Dates as seconds since the first midnight.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// The first midnight.
    pub start: Moment,
    /// Days simulated.
    pub days: u32,
    /// Relative session rate by hour, mean 1.
    pub hour_of_day: [f64; 24],
    /// Own needs by day, as a multiple of an ordinary day's.
    pub needs_by_day: Vec<f64>,
    /// Openings in the order of time.
    pub openings: Vec<Opening>,
}

impl Calendar {
    /// First second after the last day.
    #[must_use]
    pub fn end(&self) -> Second {
        self.days * crate::base::DAY
    }
}

/// The opening of a promotion.
#[derive(Clone, Debug)]
pub struct Opening {
    /// What it is called.
    pub name: String,
    /// When it opens.
    pub at: Second,
    /// When its prices end.
    pub until: Second,
    /// Price cut at marketplaces.
    pub discount: f64,
    /// Price cut in the app's own shops.
    pub in_app_discount: f64,
}

/// The part of the season that a load test plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadSpan {
    /// From this second on.
    pub from: Second,
    /// Until before this second.
    pub until: Second,
    /// On the stream's clock, how much later it begins again.
    pub repeat: Second,
}

/// A channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Name.
    pub name: String,
    /// Where it appears.
    pub surface: Surface,
    /// Whether somebody pays for it.
    pub paid: bool,
    /// Share of the surface's shown notes.
    pub share_of_shown: f64,
    /// Link that its notes carry.
    pub link: Link,
    /// Probability that a reader follows the link.
    pub click: f64,
    /// Probability that a read triggers a need.
    pub trigger: f64,
    /// Share of impressions aimed by interest.
    pub targeting: f64,
    /// Share of impressions aimed at an open need.
    pub retargeting: f64,
    /// Video: five seconds are a read.
    pub video: bool,
    /// Cost.
    pub cost: Cost,
    /// Weight by tier.
    pub tiers: Vec<f64>,
}

impl Channel {
    pub(super) fn new(wire: &ChannelWire, tiers: &[TierWire]) -> Self {
        Self {
            name: wire.name.clone(),
            surface: wire.surface,
            paid: wire.paid,
            share_of_shown: wire.share_of_shown.get(),
            link: wire.link,
            click: wire.click.get(),
            trigger: wire.trigger.get(),
            targeting: wire.targeting.get(),
            retargeting: wire.retargeting.get(),
            video: wire.video,
            cost: wire.cost.clone(),
            tiers: tiers
                .iter()
                .map(|tier| wire.tiers.get(&tier.name).map_or(0.0, |w| w.get()))
                .collect(),
        }
    }
}

/// A tier of merchants.
#[derive(Clone, Debug)]
pub struct Tier {
    /// As written.
    pub wire: TierWire,
    /// Address of its merchants' draws: the name, not the place in the list.
    pub key: u64,
    /// Probability of holding a store, by destination.
    pub stores: Vec<f64>,
}

impl Tier {
    pub(super) fn new(wire: &TierWire, destinations: &[DestinationWire]) -> Self {
        Self {
            key: name_key(&wire.name),
            stores: destinations
                .iter()
                .map(|d| wire.stores.get(&d.name).map_or(0.0, |s| s.get()))
                .collect(),
            wire: wire.clone(),
        }
    }
}

/// Leave to link out of the app.
#[derive(Clone, Debug)]
pub struct Grant {
    /// What it is called.
    pub name: String,
    /// Destination of the links.
    pub destination: DestinationId,
    /// From this second on.
    pub from: Second,
    /// Until before this second.
    pub until: Second,
    /// Admitted, by category.
    pub categories: Vec<bool>,
    /// Lowest store score admitted.
    pub min_score: f64,
    /// Lowest daily budget admitted.
    pub min_daily_budget: Yuan,
    /// Share of the price of linked notes that the destination pays.
    pub funded: f64,
}

/// A time in which other rules hold; none where the scenario's own stay.
#[derive(Clone, Debug)]
pub struct Phase {
    /// What it is called.
    pub name: String,
    /// From this second on.
    pub from: Second,
    /// Until before this second.
    pub until: Second,
    /// Whether comments may carry blue links.
    pub blue_links: Option<bool>,
    /// Most advertising that the app shows, as a share of all notes.
    pub ad_load_cap: Option<f64>,
    /// Commission, by destination.
    pub commission: Vec<Option<f64>>,
    /// Part of the price paid for the user, by destination.
    pub subsidy: Vec<Option<f64>>,
}

/// A region abroad.
#[derive(Clone, Debug)]
pub struct Abroad {
    /// Name.
    pub name: String,
    /// Share of users who live there.
    pub share: f64,
    /// Currency.
    pub currency: String,
    /// Price of one unit of it, in fen.
    pub exchange_fen: f64,
    /// Destinations that deliver there, as bits.
    pub delivers: u32,
    /// What delivery costs in utility.
    pub friction: f64,
}

/// What a regime of data sharing means.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Times in which it joins no order outside: first second, and first second after.
    pub suspended: Vec<(Second, Second)>,
    /// What it tells merchants.
    pub report: ReportRule,
}

/// What a report tells, and when. All in days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRule {
    /// From an order to the report that first has it.
    pub delay: u32,
    /// From an order to the day on which it is sent back, if it is.
    pub refund_after: u32,
    /// Windows of attribution, from the shortest on; at least one.
    pub windows: Vec<u32>,
    /// Cells of fewer orders are not told.
    pub suppress_below: u64,
    /// Whether orders count on the day of the touch, not on their own.
    pub back_fill: bool,
    /// Whether orders that are sent back stay in.
    pub include_refunds: bool,
}

impl ReportRule {
    /// The widest window.
    #[must_use]
    pub fn widest(&self) -> u32 {
        self.windows.last().copied().unwrap_or(0)
    }
}
