//! Totals of what happened: whole numbers, so that any order of addition gives the same.

use serde::{Deserialize, Serialize};

use crate::base::{ChannelId, DestinationId, Fen, Merge, TierId};

use super::history::{Order, Route};

/// What readers do, in the order of the counters.
pub const ENGAGEMENTS: [&str; 6] = ["like", "collect", "share", "comment", "follow", "ask-link"];

/// Counters of one channel within one tier of merchants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelCounts {
    /// Notes shown.
    pub impressions: u64,
    /// Notes opened and read.
    pub reads: u64,
    /// Engagements, by [`ENGAGEMENTS`].
    pub engagements: [u64; 6],
    /// Links followed.
    pub clicks: u64,
    /// Reads of notes that carried a link out of the app.
    pub reads_with_direct: u64,
    /// Such links followed at once.
    pub direct_clicks: u64,
    /// Needs triggered.
    pub needs: u64,
    /// Commission paid to creators, in fen.
    pub creator_fen: Fen,
}

impl Merge for ChannelCounts {
    fn merge(&mut self, other: Self) {
        self.impressions += other.impressions;
        self.reads += other.reads;
        self.engagements.merge(other.engagements);
        self.clicks += other.clicks;
        self.reads_with_direct += other.reads_with_direct;
        self.direct_clicks += other.direct_clicks;
        self.needs += other.needs;
        self.creator_fen += other.creator_fen;
    }
}

/// Counters of one channel within one tier, of notes that carried a link by one grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedCounts {
    /// Notes opened and read.
    pub reads: u64,
    /// Engagements of all kinds.
    pub engagements: u64,
}

impl Merge for LinkedCounts {
    fn merge(&mut self, other: Self) {
        self.reads += other.reads;
        self.engagements += other.engagements;
    }
}

/// Orders and money of one tier at one destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalesCounts {
    /// Orders made.
    pub orders: u64,
    /// Their value in fen.
    pub gmv_fen: Fen,
    /// Orders sent back.
    pub refunds: u64,
    /// Their value in fen.
    pub refunded_fen: Fen,
    /// Commission of the destination on orders that were kept, in fen.
    pub commission_fen: Fen,
    /// Paid by the destination for users, on orders that were kept, in fen.
    pub subsidy_fen: Fen,
    /// Value of orders that came by a link, in fen.
    pub linked_fen: Fen,
}

/// What of an order's value is passed on, if the order is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct PassedOn {
    pub commission: Fen,
    pub subsidy: Fen,
}

impl Merge for SalesCounts {
    fn merge(&mut self, other: Self) {
        self.orders += other.orders;
        self.gmv_fen += other.gmv_fen;
        self.refunds += other.refunds;
        self.refunded_fen += other.refunded_fen;
        self.commission_fen += other.commission_fen;
        self.subsidy_fen += other.subsidy_fen;
        self.linked_fen += other.linked_fen;
    }
}

/// What became of needs that came to a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedCounts {
    /// Own needs decided.
    pub own: u64,
    /// Triggered needs decided.
    pub triggered: u64,
    /// Triggered needs that could go by a direct link, decided.
    pub linked: u64,
    /// Of those, how many visited a store of the brand that triggered them.
    pub linked_visits: u64,
    /// Triggered needs whose brand could only be found by own search, decided.
    pub searching: u64,
    /// Of those, how many visited a store of the brand that triggered them.
    pub searching_visits: u64,
    /// Needs that waited for an opening.
    pub waited: u64,
    /// Triggered needs with a direct link: drawn delays, within an hour, within a day.
    pub direct_delays: [u64; 3],
    /// Triggered needs without: drawn delays, over a week.
    pub seeding_delays: [u64; 2],
}

impl Merge for NeedCounts {
    fn merge(&mut self, other: Self) {
        self.own += other.own;
        self.triggered += other.triggered;
        self.linked += other.linked;
        self.linked_visits += other.linked_visits;
        self.searching += other.searching;
        self.searching_visits += other.searching_visits;
        self.waited += other.waited;
        self.direct_delays.merge(other.direct_delays);
        self.seeding_delays.merge(other.seeding_delays);
    }
}

/// How many there are of what is counted apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Tiers of merchants.
    pub tiers: usize,
    /// Channels.
    pub channels: usize,
    /// Destinations.
    pub destinations: usize,
    /// Grants to link out.
    pub grants: usize,
    /// Days.
    pub days: usize,
    /// Stretches of the policy.
    pub stretches: usize,
}

/// All totals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Users simulated.
    pub users: u64,
    /// By `tier · channels + channel`.
    pub by_channel: Vec<ChannelCounts>,
    /// By `grant · tiers · channels + tier · channels + channel`.
    pub by_grant: Vec<LinkedCounts>,
    /// By `tier · destinations + destination`.
    pub sales: Vec<SalesCounts>,
    /// Store visits by `route · destinations + destination`.
    pub visits: Vec<u64>,
    /// Carts filled.
    pub carts: u64,
    /// Orders by day.
    pub orders_by_day: Vec<u64>,
    /// Orders, and their value in fen, by `stretch of the policy · destinations + destination`.
    pub by_stretch: Vec<(u64, Fen)>,
    /// Orders, and their value in fen, by region: at home, then those abroad.
    pub by_region: Vec<(u64, Fen)>,
    /// Needs.
    pub needs: NeedCounts,
    channels: usize,
    destinations: usize,
}

impl Counts {
    /// Counters for a world of this shape, all zero.
    #[must_use]
    pub fn new(shape: &Shape) -> Self {
        let by_channel = shape.tiers * shape.channels;
        Self {
            by_stretch: vec![(0, 0); shape.stretches * shape.destinations],
            by_channel: vec![ChannelCounts::default(); by_channel],
            by_grant: vec![LinkedCounts::default(); shape.grants * by_channel],
            sales: vec![SalesCounts::default(); shape.tiers * shape.destinations],
            visits: vec![0; 4 * shape.destinations],
            orders_by_day: vec![0; shape.days],
            channels: shape.channels,
            destinations: shape.destinations,
            ..Self::default()
        }
    }

    /// Counters of a channel within a tier.
    #[inline(always)]
    pub fn channel_mut(&mut self, tier: TierId, channel: ChannelId) -> &mut ChannelCounts {
        &mut self.by_channel[tier.index() * self.channels + channel.index()]
    }

    /// Counters of a channel within a tier.
    #[must_use]
    pub fn channel(&self, tier: usize, channel: usize) -> &ChannelCounts {
        &self.by_channel[tier * self.channels + channel]
    }

    /// Takes in a read note that carried a link by a grant.
    #[inline(always)]
    pub(super) fn linked(
        &mut self,
        grant: u16,
        (tier, channel): (TierId, ChannelId),
        engagements: u64,
    ) {
        let of_grant = usize::from(grant) * self.by_channel.len();
        let place = of_grant + tier.index() * self.channels + channel.index();
        let linked = &mut self.by_grant[place];
        linked.reads += 1;
        linked.engagements += engagements;
    }

    /// Counters of a channel within a tier, of notes that carried a link by a grant.
    #[must_use]
    pub fn linked_by(&self, grant: usize, tier: usize, channel: usize) -> &LinkedCounts {
        &self.by_grant[grant * self.by_channel.len() + tier * self.channels + channel]
    }

    /// Counters of a channel over all tiers.
    #[must_use]
    pub fn channel_total(&self, channel: usize) -> ChannelCounts {
        let of_channel = self.by_channel.iter().skip(channel).step_by(self.channels);
        total(of_channel)
    }

    /// Counters of a tier at a destination.
    #[must_use]
    pub fn sales_at(&self, tier: usize, destination: usize) -> &SalesCounts {
        &self.sales[tier * self.destinations + destination]
    }

    /// Counters of a destination over all tiers.
    #[must_use]
    pub fn sales_total(&self, destination: usize) -> SalesCounts {
        let of_destination = self
            .sales
            .iter()
            .skip(destination)
            .step_by(self.destinations);
        total(of_destination)
    }

    /// Visits by a route over all destinations.
    #[must_use]
    pub fn visits_by(&self, route: Route) -> u64 {
        let from = route as usize * self.destinations;
        self.visits[from..from + self.destinations].iter().sum()
    }

    /// Takes in a visit.
    #[inline(always)]
    pub fn visit(&mut self, route: Route, destination: DestinationId) {
        self.visits[route as usize * self.destinations + destination.index()] += 1;
    }

    /// Takes in an order of a stretch of the policy.
    #[inline]
    pub(super) fn order(&mut self, order: &Order, passed_on: PassedOn, stretch: usize) {
        let place = order.tier.index() * self.destinations + order.destination.index();
        let sales = &mut self.sales[place];
        sales.orders += 1;
        sales.gmv_fen += order.value;
        if matches!(order.route, Route::Direct | Route::Card) {
            sales.linked_fen += order.value;
        }
        if order.refunded {
            sales.refunds += 1;
            sales.refunded_fen += order.value;
        } else {
            sales.commission_fen += passed_on.commission;
            sales.subsidy_fen += passed_on.subsidy;
        }
        let in_stretch = stretch * self.destinations + order.destination.index();
        let sold = &mut self.by_stretch[in_stretch];
        sold.0 += 1;
        sold.1 += order.value;
        if let Some(day) = self
            .orders_by_day
            .get_mut((order.at / crate::base::DAY) as usize)
        {
            *day += 1;
        }
    }

    /// Takes in where an order is delivered.
    #[inline]
    pub(super) fn delivered(&mut self, region: u8, value: Fen) {
        let place = usize::from(region);
        if self.by_region.len() <= place {
            self.by_region.resize(place + 1, (0, 0));
        }
        self.by_region[place].0 += 1;
        self.by_region[place].1 += value;
    }

    /// Events by kind.
    #[must_use]
    pub fn events(&self) -> Events {
        let channels: ChannelCounts = total(self.by_channel.iter());
        let sales: SalesCounts = total(self.sales.iter());
        Events {
            impressions: channels.impressions,
            reads: channels.reads,
            engagements: channels.engagements.iter().sum(),
            clicks: channels.clicks,
            visits: self.visits.iter().sum(),
            carts: self.carts,
            orders: sales.orders,
            refunds: sales.refunds,
        }
    }
}

fn total<'a, T: Merge + Default + Copy + 'a>(parts: impl Iterator<Item = &'a T>) -> T {
    parts.fold(T::default(), |mut sum, part| {
        sum.merge(*part);
        sum
    })
}

impl Merge for Counts {
    fn merge(&mut self, other: Self) {
        self.channels = self.channels.max(other.channels);
        self.destinations = self.destinations.max(other.destinations);
        self.users += other.users;
        self.by_channel.merge(other.by_channel);
        self.by_grant.merge(other.by_grant);
        self.sales.merge(other.sales);
        self.visits.merge(other.visits);
        self.carts += other.carts;
        self.orders_by_day.merge(other.orders_by_day);
        self.by_stretch.merge(other.by_stretch);
        self.by_region.merge(other.by_region);
        self.needs.merge(other.needs);
    }
}

/// Events by kind: the rows that a full log of the run would have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// Tracked notes shown.
    pub impressions: u64,
    /// Tracked notes opened and read.
    pub reads: u64,
    /// Likes, collects, shares, comments, follows, requests for a link.
    pub engagements: u64,
    /// Links followed.
    pub clicks: u64,
    /// Store visits.
    pub visits: u64,
    /// Carts filled.
    pub carts: u64,
    /// Orders.
    pub orders: u64,
    /// Refunds, those after the season included.
    pub refunds: u64,
}

impl Events {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.impressions
            + self.reads
            + self.engagements
            + self.clicks
            + self.visits
            + self.carts
            + self.orders
            + self.refunds
    }
}
