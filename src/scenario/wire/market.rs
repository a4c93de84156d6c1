//! Categories, merchants, destinations.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::units::{NonNegative, Positive, Real, Share, Span, Yuan};

/// A product category.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryWire {
    /// Name.
    pub name: String,
    /// Size: relative weight in interests and in untargeted exposure.
    pub weight: Positive,
    /// Own needs that lead to a store, a user in 30 ordinary days.
    pub needs_per_month: NonNegative,
    /// Value of an order: median and sigma of a lognormal.
    pub order_value: Lognormal,
    /// Orders by store visit.
    pub order_per_visit: Share,
    /// Share of orders that are returned.
    pub returns: Share,
    /// Mean time from the first thought to the visit, for own needs (exponential).
    pub decision: Span,
    /// How standardised its goods are, 0 to 1: the advantage of a marketplace.
    pub standardised: Share,
}

/// A lognormal distribution of money.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lognormal {
    /// Median.
    pub median: Yuan,
    /// Sigma of the logarithm.
    pub sigma: NonNegative,
}

/// A normal distribution.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Normal {
    /// Mean.
    pub mean: Real,
    /// Standard deviation.
    pub sd: NonNegative,
}

/// A tier of merchants: the same number of them in each category.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TierWire {
    /// Name.
    pub name: String,
    /// Merchants of this tier in each category, 1 to 2,000.
    pub merchants: u32,
    /// Share of a category's popularity that the tier holds; tiers add up to 1.
    pub popularity: Share,
    /// Exponent of the Zipf law of popularity within tier and category.
    pub zipf: NonNegative,
    /// Notes that a merchant publishes a day, 1 to 10,000.
    pub notes_per_day: u32,
    /// Store experience score, 0 to 5.
    pub score: Normal,
    /// Daily advertising budget.
    pub daily_budget: Lognormal,
    /// Price level against the category: sigma of a lognormal of median 1.
    pub price_spread: NonNegative,
    /// Contribution margin before advertising and commissions, as a share of the order's value.
    pub margin: Share,
    /// Share of merchants that enter during the season, each at a uniform moment; the most popular one
    /// of each category is always there. Absent: none enters.
    #[serde(default)]
    pub entering: Option<Share>,
    /// Share of merchants that hold a store at each destination. Destinations that are not named:
    /// none.
    pub stores: BTreeMap<String, Share>,
}

/// A place where orders are made.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DestinationWire {
    /// Name.
    pub name: String,
    /// Whether it is outside the app. Exactly one destination is inside.
    pub marketplace: bool,
    /// Share of users who have its app (1 for the app itself).
    pub installed: Share,
    /// Commission on an order's value.
    pub commission: Share,
    /// Utility of buying there, before habit: trust, service, delivery.
    pub appeal: Real,
}
