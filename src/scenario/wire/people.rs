//! Who the users are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::units::{NonNegative, Positive, Share, Yuan};

/// The population: nothing is stored per user, everything is drawn from these laws.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// How often users open the app.
    pub activity: ActivityWire,
    /// Share of users who use the app's search at all.
    pub search_users: Share,
    /// Spread of interest in a category between users: sigma of a lognormal weight. 0: all alike.
    pub interest_spread: NonNegative,
    /// Mean inclination to wait for a promotion, 0 to 1.
    pub deal_seeking: Share,
    /// Spread of that inclination: a + b of its Beta distribution. Large: all alike.
    pub deal_seeking_concentration: Positive,
    /// Spread of price sensitivity between users: sigma of a lognormal of mean 1.
    pub price_sensitivity_spread: NonNegative,
    /// Spread of the initial habit of each destination: standard deviation, in units of utility.
    pub habit_spread: NonNegative,
    /// Mean share of advertising in what is shown that a user bears without losing trust.
    pub tolerance: Share,
    /// Spread of tolerance between users: sigma of a lognormal of mean 1.
    pub tolerance_spread: NonNegative,
    /// Share of users on whom a brand's notes work the other way: a read triggers nothing and
    /// lowers the brand's standing.
    pub negative_responders: Share,
    /// Segments, shares adding up to 1.
    pub segments: Vec<Segment>,
    /// Regions abroad; everybody else is at home. None: nobody is abroad.
    #[serde(default)]
    pub regions: Vec<Region>,
}

/// A region abroad.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Name.
    pub name: String,
    /// Share of users who live there.
    pub share: Share,
    /// Currency in which they are charged, as its three letters.
    pub currency: String,
    /// Price of one unit of that currency.
    pub exchange: Yuan,
}

/// How often users open the app.
///
/// Two levels, days and sessions: independent (Poisson) sessions cannot have both the measured
/// ratio of daily to monthly users and the measured sessions a day.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivityWire {
    /// Mean probability that a user opens the app on a day (daily ÷ monthly active users).
    pub daily: Share,
    /// Spread of that probability: a + b of its Beta distribution.
    pub daily_concentration: Positive,
    /// Mean sessions on a day with any, at least 1 (one plus a Poisson number).
    pub sessions: Positive,
    /// Mean requests in a session, at least 1 (geometric).
    pub requests: Positive,
    /// Seconds that one shown note takes, scrolling and reading together.
    pub seconds_per_note: Positive,
}

/// A segment of users.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Name.
    pub name: String,
    /// Share of users.
    pub share: Share,
    /// Own needs, as a multiple of the category's rate.
    pub needs: NonNegative,
    /// Value of an order, as a multiple of the category's.
    pub basket: Positive,
    /// Deal seeking, as a multiple of the mean (results are held to 0..1).
    pub deal_seeking: NonNegative,
}
