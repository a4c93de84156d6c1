//! What users do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::units::{NonNegative, Positive, Real, Share, Span};

/// What users do with what they see.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// How long a triggered need takes.
    pub delay: Delay,
    /// Waiting for the next opening.
    pub waiting: Waiting,
    /// Choice of merchant and destination.
    pub choice: Choice,
    /// From visit to refund.
    pub funnel: Funnel,
    /// How repeated reads of one brand work.
    pub response: Response,
    /// How the memory of a brand fades.
    pub adstock: Adstock,
    /// Trust in the app.
    pub trust: Trust,
    /// Habit of destinations.
    pub habit: Habit,
}

/// How long it takes from the read to the visit, for triggered needs.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    /// With a direct link: share that comes within the hour (log-uniform, 1 min to 1 h).
    pub direct_within_hour: Share,
    /// With a direct link: share that comes later on the day (log-uniform, 1 h to 24 h). The rest
    /// comes in 1 to 30 days (exponential, truncated).
    pub direct_within_day: Share,
    /// Mean of that exponential.
    pub direct_tail: Span,
    /// Without a direct link: mean of the exponential delay.
    pub seeding: Span,
}

/// Waiting for the next opening of a promotion.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// Probability that a full deal seeker waits for an opening that is just ahead; times the
    /// user's deal seeking.
    pub strength: Share,
    /// How fast that fades with the time to go (exponential).
    pub patience: Span,
    /// Earliest visit after the opening.
    pub rush_from: Span,
    /// Latest visit after the opening; in between the rate falls as 1/t.
    pub rush_until: Span,
}

/// Choice of merchant and destination: the highest utility wins, with Gumbel noise addressed by
/// need, merchant and destination (a multinomial logit).
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Scale of the Gumbel noise. 0: the best option always wins.
    pub noise: NonNegative,
    /// Utility of doing nothing.
    pub nothing: Real,
    /// Utility of the merchant whose note triggered the need.
    pub wanted: NonNegative,
    /// Utility of the merchant that the user likes best in the category; always considered.
    pub favourite: NonNegative,
    /// Utility of a unit of the logarithm of 1 + adstock.
    pub brand: NonNegative,
    /// Disutility of price relative to the category's usual, times the user's sensitivity.
    pub price: NonNegative,
    /// Advantage of a marketplace for fully standardised goods, against none for goods that are
    /// not standardised at all.
    pub standardised: NonNegative,
    /// Merchants of the category considered beside the known ones, drawn by popularity, 0 to 8.
    pub considered: u32,
    /// Merchants of the category considered because the user read their notes last, 0 to 8.
    pub remembered: u32,
    /// Effort of each route.
    pub friction: Friction,
    /// How fast the way back to a note with a link is lost (exponential in the need's age).
    pub link_recall: Span,
}

/// Effort of each route to a store, in units of utility.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Friction {
    /// By a direct link out of the app.
    pub direct: NonNegative,
    /// By a card or blue link inside the app.
    pub card: NonNegative,
    /// By one's own search in the app.
    pub app_search: NonNegative,
    /// By one's own search on a marketplace.
    pub marketplace_search: NonNegative,
}

/// From visit to refund.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Funnel {
    /// Share of followed links that open the destination.
    pub open: Share,
    /// Share of openings that end in a store visit.
    pub visit: Share,
    /// Carts filled by order made.
    pub carts_per_order: Positive,
    /// How much likelier an order is while a promotion lasts.
    pub promotion_lift: Positive,
    /// Mean time from order to refund (exponential).
    pub refund_delay: Span,
    /// How much likelier a need is triggered when the reader also visited the store by the link.
    pub visit_lift: NonNegative,
}

/// How repeated reads of one brand work: the trigger probability at the n-th recent read is
/// multiplied by Hill(n)·exp(−fatigue·(n−1)), with Hill(n) = nˢ/(nˢ + hˢ), scaled to 1 at n = 1.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Reads at which half the rise is reached (h). 0: no rise.
    pub half_rise: NonNegative,
    /// Steepness of the rise (s).
    pub steepness: Positive,
    /// Fatigue by read.
    pub fatigue: NonNegative,
}

/// How the memory of a brand fades.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adstock {
    /// Half-life of a read's contribution.
    pub half_life: Span,
}

/// Trust in the app, 0 to 1, from 1 at the start. On each day with sessions
/// T ← T + recovery·(1−T) − erosion·max(0, ad load ÷ tolerance − 1)·T.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// Loss by day of a load twice the tolerance.
    pub erosion: Share,
    /// Share of the lost trust that comes back by day.
    pub recovery: Share,
    /// How reading depends on trust: factor exp(γ·(T−1)).
    pub reading: NonNegative,
    /// How the triggering of needs depends on trust: factor exp(γ·(T−1)).
    pub needs: NonNegative,
    /// How sessions depend on trust: factor exp(γ·(T−1)).
    pub sessions: NonNegative,
}

/// Habit of a destination, in units of utility: it rises by a step at each order and fades.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Habit {
    /// Rise by order.
    pub step: NonNegative,
    /// Half-life of the rise.
    pub half_life: Span,
}
