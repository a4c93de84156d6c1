//! The stream of a load test, and what is asked of the system that it runs against.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::units::{Moment, Rate, Share, Span};

/// A load test: which hours of the season are played as a stream, how fast, and what must hold.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadWire {
    /// The stream begins here.
    pub from: Moment,
    /// And ends here; then it begins again.
    pub until: Moment,
    /// On the stream's own clock, how much later the same people come again when it has ended: at
    /// least as long as the stream.
    pub repeat: Span,
    /// People that each simulated user stands for: their events are spread evenly until the next event
    /// of anybody.
    pub copies: u32,
    /// Which rows of the log are streamed.
    pub rows: StreamedRows,
    /// Whose touches an order may credit.
    pub key: JourneyKey,
    /// Share of events that come out of order.
    pub disorder: Share,
    /// Share of events that come twice.
    pub doubles: Share,
    /// How late these come at most, on the stream's own clock; evenly spread.
    pub delay: Span,
    /// How late events may come and still count: orders wait so long for their touches.
    pub lateness: Span,
    /// Rule models that the built-in system runs.
    pub models: Vec<String>,
    /// Look-back of clicks.
    pub click_window: Span,
    /// Look-back of other touches.
    pub view_window: Span,
    /// How long after its order a refund takes the credit back.
    pub refund_window: Span,
    /// How fast the stream is played.
    pub rate: Rate,
    /// Whether events come evenly, or as the hours have them.
    pub pace: Pace,
    /// Time at the start that is not measured.
    pub warm_up: Span,
    /// Time that is measured.
    pub duration: Span,
    /// A rate is held when the 99th percentile from an order's intended time to its credit is no longer
    /// than this,
    pub p99: Span,
    /// and the backlog grows by no larger share of the rate than this.
    pub growth: Share,
}

/// Which rows of a log are streamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StreamedRows {
    /// What attribution eats: reads, engagements, clicks, orders, refunds.
    Attribution,
    /// All but impressions: visits and carts, too.
    Reads,
    /// All.
    All,
}

/// Whose touches an order may credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JourneyKey {
    /// All of the buyer.
    User,
    /// Those of the buyer with the merchant.
    UserAndMerchant,
}

/// When the events of a stream are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// One after the other, evenly: what a single rate is measured with.
    Steady,
    /// As they happened, faster or slower: a rush stays a rush. A rate is then the mean.
    Profile,
}
