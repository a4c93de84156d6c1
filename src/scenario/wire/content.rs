//! How much is shown, where, and by which channels.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::units::{NonNegative, Positive, Share, Span, Yuan};

/// What is shown in the feed and in search.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exposure {
    /// The feed.
    pub feed: SurfaceExposure,
    /// Search results.
    pub search: SurfaceExposure,
    /// Shares of consecutive pairs of requests, adding up to 1.
    pub transitions: RequestTransitions,
    /// Share of all shown notes that are advertising, of anybody: what wears trust.
    pub ad_load: Share,
    /// How traffic is spread over a merchant's notes.
    pub notes: NotePopularity,
    /// Share of search impressions aimed at an open need: the user looks for what they want.
    pub search_intent: Share,
    /// Share of aimed impressions that show the merchant the user likes best in the category.
    pub favourites: Share,
}

/// A surface of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Surface {
    /// The recommended feed.
    Feed,
    /// Search results.
    Search,
}

/// One surface: how many notes a request shows, how many of them are opened, and what follows.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SurfaceExposure {
    /// Notes shown in one request.
    pub depth: Depth,
    /// How likely a shown note is to be opened, request by request.
    pub propensity: Propensity,
    /// What readers do.
    pub engagement: Engagement,
}

/// Notes shown in one request: a page and a lognormal number more, rounded, from 1 to `max`.
///
/// Without the page no smooth law of depth gives at once the published mean depth, the published
/// clicks by request and the published share of requests with any click.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Depth {
    /// Notes that every request shows.
    pub page: NonNegative,
    /// Median of the lognormal number more.
    pub median: Positive,
    /// Sigma of the lognormal.
    pub sigma: NonNegative,
    /// Most notes that a request shows, at most 200.
    pub max: u32,
}

/// The probability that a shown note is opened: X·(depth/reference)^−slope, at most `cap`, with X
/// Beta-distributed over requests. Long requests are skimmed.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Propensity {
    /// First parameter of the Beta distribution.
    pub a: Positive,
    /// Second parameter of the Beta distribution.
    pub b: Positive,
    /// Depth at which the factor is 1.
    pub reference: Positive,
    /// How fast openings thin out in long requests.
    pub slope: NonNegative,
    /// Upper bound of the probability.
    pub cap: Share,
}

/// What a reader of a note does, each with its own probability.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Engagement {
    /// Likes it.
    pub like: Share,
    /// Collects it.
    pub collect: Share,
    /// Shares it.
    pub share: Share,
    /// Comments on it.
    pub comment: Share,
    /// Follows its author.
    pub follow: Share,
    /// Asks for a link in a comment.
    pub ask_link: Share,
}

/// Shares of consecutive pairs of requests (S search, F feed).
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestTransitions {
    /// Search, then search.
    pub search_search: Share,
    /// Feed, then search.
    pub feed_search: Share,
    /// Feed, then feed.
    pub feed_feed: Share,
    /// Search, then feed.
    pub search_feed: Share,
}

/// How traffic is spread over a merchant's notes.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotePopularity {
    /// Exponent of the Zipf law over the notes that a merchant published on one day.
    pub zipf: NonNegative,
    /// Days until a note's traffic peaks.
    pub growth: Span,
    /// Mean further life of a note's traffic (exponential).
    pub life: Span,
    /// Spread of appeal between notes: sigma of a lognormal of mean 1.
    pub appeal_spread: NonNegative,
}

/// A way in which a note of a merchant reaches a user.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelWire {
    /// Name; credit and truth are told by it.
    pub name: String,
    /// Surface where it appears.
    pub surface: Surface,
    /// Whether somebody pays for it.
    pub paid: bool,
    /// Share of all notes shown on the surface that are this channel's notes of tracked merchants.
    pub share_of_shown: Share,
    /// Link that its notes carry.
    pub link: Link,
    /// Probability that a reader follows the link, where there is one.
    pub click: Share,
    /// Probability that a read triggers a need, before interest, appeal, trust and repetition.
    pub trigger: Share,
    /// Share of its impressions aimed by the user's interests; the others by the category's size.
    pub targeting: Share,
    /// Share of its impressions aimed at an open need of the user, when there is one.
    pub retargeting: Share,
    /// Five seconds of video count as the read.
    #[serde(default)]
    pub video: bool,
    /// What it costs the merchant.
    pub cost: Cost,
    /// How much each tier of merchants uses it, relative to the tier's popularity. Tiers that are
    /// not named do not use it.
    pub tiers: BTreeMap<String, NonNegative>,
}

/// The link that a note carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// No link.
    None,
    /// Into the app's own shop of the merchant: a product card.
    Card,
    /// Into the app's own shop, from a comment: a blue link.
    Blue,
    /// Out of the app, straight into a store, where policy grants it; else a card.
    Direct,
}

/// What a channel costs the merchant. Money goes to the platform, commission to the creator.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Cost {
    /// Nothing.
    Free,
    /// By a thousand impressions.
    Impressions {
        /// Price of a thousand.
        per_thousand: Yuan,
    },
    /// By opening of the note (what advertisers call a click).
    Read {
        /// Price of one.
        each: Yuan,
    },
    /// By engagement: like, collect, share, comment, follow.
    Engagement {
        /// Price of one.
        each: Yuan,
    },
    /// By order that came through the note's own link, to its creator.
    Commission {
        /// Share of the order's value.
        rate: Share,
    },
}
