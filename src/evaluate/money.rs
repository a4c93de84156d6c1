//! Money by actor, to the fen.
//!
//! Every fen that somebody receives somebody pays. Users pay for the orders that they keep;
//! merchants pass parts of it on: advertising and commission to the platform, commission to
//! marketplaces and creators. Marketplaces may pay a part of the advertising that leads to them. What
//! all actors have gained sums to zero: [`Money::balance`].

use crate::base::Fen;
use crate::scenario::Scenario;
use crate::scenario::wire::Cost;
use crate::world::{ChannelCounts, Counts, Track};

/// What the merchants of one tier earned and paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TierMoney {
    /// Tier.
    pub tier: String,
    /// Value of orders made.
    pub gmv_fen: Fen,
    /// Value of orders sent back.
    pub refunded_fen: Fen,
    /// Advertising, less what marketplaces paid of it.
    pub ads_fen: Fen,
    /// Commission to the platform and to marketplaces.
    pub commission_fen: Fen,
    /// Commission to creators.
    pub creator_fen: Fen,
    /// Contribution margin: margin on kept orders less all of the above.
    pub contribution_fen: Fen,
}

impl TierMoney {
    /// What is left of kept orders after everything that was passed on.
    #[must_use]
    pub const fn kept_fen(&self) -> Fen {
        self.gmv_fen - self.refunded_fen - self.ads_fen - self.commission_fen - self.creator_fen
    }
}

/// What a marketplace earned and paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarketplaceMoney {
    /// Destination.
    pub name: String,
    /// Commission.
    pub commission_fen: Fen,
    /// Paid for users.
    pub subsidy_fen: Fen,
    /// Paid for merchants' advertising.
    pub funded_fen: Fen,
}

/// Money by actor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// The platform's income from advertising.
    pub ads_fen: Fen,
    /// The platform's income by channel.
    pub ads_by_channel_fen: Vec<Fen>,
    /// The platform's commission on orders in the app.
    pub commission_fen: Fen,
    /// Paid by the platform for users who bought in the app.
    pub subsidy_fen: Fen,
    /// Marketplaces.
    pub marketplaces: Vec<MarketplaceMoney>,
    /// Commission of creators.
    pub creators_fen: Fen,
    /// Paid by users for orders that they kept.
    pub users_fen: Fen,
    /// Merchants, by tier.
    pub tiers: Vec<TierMoney>,
}

impl Money {
    /// The sum of what all actors gained: always zero.
    #[must_use]
    pub fn balance(&self) -> Fen {
        let kept = |m: &MarketplaceMoney| m.commission_fen - m.subsidy_fen - m.funded_fen;
        let marketplaces: Fen = self.marketplaces.iter().map(kept).sum();
        let merchants: Fen = self.tiers.iter().map(TierMoney::kept_fen).sum();
        let platform = self.ads_fen + self.commission_fen - self.subsidy_fen;
        platform + marketplaces + self.creators_fen + merchants - self.users_fen
    }
}

/// What a tier pays for a channel, rounded once.
fn cost(cost: &Cost, counts: &ChannelCounts) -> Fen {
    let (times, milli_fen, per) = match cost {
        Cost::Free | Cost::Commission { .. } => return 0,
        Cost::Impressions { per_thousand } => {
            (counts.impressions, per_thousand.milli_fen(), 1_000_000)
        }
        Cost::Read { each } => (counts.reads, each.milli_fen(), 1_000),
        Cost::Engagement { each } => {
            // Likes, collects, shares, comments and follows; a request for a link is a comment.
            let engagements = counts.engagements.iter().sum();
            (engagements, each.milli_fen(), 1_000)
        }
    };
    ((i128::from(times) * i128::from(milli_fen) + per / 2) / per) as Fen
}

/// Whether advertising can be told: not where impressions are paid for and not counted.
#[must_use]
pub fn ads_told(scenario: &Scenario, track: Track) -> bool {
    let by_impression = |c: &crate::scenario::Channel| matches!(c.cost, Cost::Impressions { .. });
    track == Track::Impressions || !scenario.channels().iter().any(by_impression)
}

/// Advertising in fen, by tier and channel: what merchants buy by impression, read or engagement.
#[must_use]
pub fn advertising(scenario: &Scenario, counts: &Counts) -> Vec<Vec<Fen>> {
    let channels = || scenario.channels().iter().enumerate();
    (0..scenario.tiers().len())
        .map(|tier| {
            let of = |(place, channel): (usize, &crate::scenario::Channel)| {
                cost(&channel.cost, counts.channel(tier, place))
            };
            channels().map(of).collect()
        })
        .collect()
}

/// What a destination pays of a tier's charge for a channel.
///
/// A charge belongs to notes by what it is for, engagements or else reads: behind an impression that
/// nobody opened there is no merchant, and each note's reads are the same part of its impressions.
/// Whole numbers throughout; what a division leaves over stays with the merchant.
fn funded(
    scenario: &Scenario,
    counts: &Counts,
    (tier, channel): (usize, usize),
    destination: usize,
    charge: Fen,
) -> Fen {
    /// Rates are taken in billionths.
    const WHOLE: f64 = 1e9;
    let all = counts.channel(tier, channel);
    let by_engagement = matches!(scenario.channels()[channel].cost, Cost::Engagement { .. });
    let all = if by_engagement {
        all.engagements.iter().sum()
    } else {
        all.reads
    };
    let grants = scenario.grants().iter().enumerate();
    let grants = grants.filter(|(_, grant)| grant.destination.index() == destination);
    let paid = grants.map(|(place, grant)| {
        let linked = counts.linked_by(place, tier, channel);
        let linked = if by_engagement {
            linked.engagements
        } else {
            linked.reads
        };
        i128::from(linked) * (grant.funded * WHOLE).round() as i128
    });
    let paid = i128::from(charge) * paid.sum::<i128>();
    paid.checked_div(i128::from(all) * WHOLE as i128)
        .unwrap_or(0) as Fen
}

/// What a tier pays for advertising by what it sells, rounded once.
fn spend(scenario: &Scenario, counts: &Counts, tier: usize) -> Fen {
    let Some(spend) = &scenario.wire().policy.spend else {
        return 0;
    };
    let outbound = spend.incremental.get() / spend.outbound_roi.get();
    let places = scenario.wire().destinations.iter().enumerate();
    let parts = places.map(|(place, destination)| {
        let sales = counts.sales_at(tier, place);
        if destination.marketplace {
            sales.linked_fen as f64 * outbound
        } else {
            sales.gmv_fen as f64 * spend.in_app_rate.get()
        }
    });
    parts.sum::<f64>().round() as Fen
}

/// Adds up who earned and paid what.
#[must_use]
pub fn money(scenario: &Scenario, counts: &Counts) -> Money {
    let wire = scenario.wire();
    let mut money = Money {
        ads_by_channel_fen: vec![0; scenario.channels().len()],
        ..Money::default()
    };
    let mut markets = Vec::new();
    for (place, destination) in wire.destinations.iter().enumerate() {
        let sales = counts.sales_total(place);
        if destination.marketplace {
            markets.push(place);
            money.marketplaces.push(MarketplaceMoney {
                name: destination.name.clone(),
                commission_fen: sales.commission_fen,
                subsidy_fen: sales.subsidy_fen,
                funded_fen: 0,
            });
        } else {
            money.commission_fen = sales.commission_fen;
            money.subsidy_fen = sales.subsidy_fen;
        }
        money.users_fen += sales.gmv_fen - sales.refunded_fen - sales.subsidy_fen;
    }
    for (place, tier) in scenario.tiers().iter().enumerate() {
        let mut of_tier = TierMoney {
            tier: tier.wire.name.clone(),
            ..TierMoney::default()
        };
        for destination in 0..wire.destinations.len() {
            let sales = counts.sales_at(place, destination);
            of_tier.gmv_fen += sales.gmv_fen;
            of_tier.refunded_fen += sales.refunded_fen;
            of_tier.commission_fen += sales.commission_fen;
        }
        for (c, channel) in scenario.channels().iter().enumerate() {
            let of_channel = counts.channel(place, c);
            let ads = cost(&channel.cost, of_channel);
            money.ads_fen += ads;
            money.ads_by_channel_fen[c] += ads;
            of_tier.ads_fen += ads;
            of_tier.creator_fen += of_channel.creator_fen;
            for (market, destination) in money.marketplaces.iter_mut().zip(&markets) {
                let funded = funded(scenario, counts, (place, c), *destination, ads);
                market.funded_fen += funded;
                of_tier.ads_fen -= funded;
            }
        }
        let spent = spend(scenario, counts, place);
        money.ads_fen += spent;
        of_tier.ads_fen += spent;
        let kept = of_tier.gmv_fen - of_tier.refunded_fen;
        let margin = (kept as f64 * tier.wire.margin.get()).round() as Fen;
        of_tier.contribution_fen = margin - (kept - of_tier.kept_fen());
        money.creators_fen += of_tier.creator_fen;
        money.tiers.push(of_tier);
    }
    money
}
