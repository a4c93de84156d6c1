//! Who sees what, which models are run, against which truth, and what is expected.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::units::{Moment, Positive, Share, Span};

/// Observation, attribution and truth.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Regimes of data sharing under which the models are run.
    pub regimes: Vec<RegimeWire>,
    /// Models, by name.
    pub models: Vec<String>,
    /// Causal truth.
    pub truth: TruthWire,
    /// Share of users whose untracked exposures are also counted, for the facts.
    pub panel: Share,
    /// Experiments by lot, beside the models.
    #[serde(default)]
    pub experiments: Vec<ExperimentWire>,
    /// What it costs to spend by each model's word; absent: not asked.
    #[serde(default)]
    pub regret: Option<RegretWire>,
}

/// Causal truth by switching channels off.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TruthWire {
    /// Share of users simulated again without each channel.
    pub sample: Share,
    /// Share of users whose Shapley values are worked out, each with many more lives; absent: none.
    #[serde(default)]
    pub shapley: Option<Share>,
    /// Sets of channels to switch off together.
    #[serde(default)]
    pub sets: Vec<SetWire>,
}

/// Channels that are switched off together.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetWire {
    /// What they are called together.
    pub name: String,
    /// Channels.
    pub channels: Vec<String>,
}

/// A randomised experiment: for some users one channel is held back, and they are compared with those
/// for whom everything is on.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExperimentWire {
    /// Name.
    pub name: String,
    /// Share of users in each holdout; all holdouts together at most half of the users.
    pub holdout: Share,
    /// What is held back, one holdout each: channels, or sets of `measure.truth.sets`. Absent: every
    /// channel.
    #[serde(default)]
    pub hold: Option<Vec<String>>,
}

/// The cost of believing a model: the budget of advertising is moved to where the model sees most
/// return, the season is lived with it, and the sales are held against those with the budget that
/// the truth would choose.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegretWire {
    /// Users who live the season with each budget.
    pub users: u64,
    /// A channel's budget may become so many times what it is, or that part of it: at least 1, at
    /// most 10.
    pub most: Positive,
}

/// Who may see what.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegimeWire {
    /// Name.
    pub name: String,
    /// One sentence for readers of the report.
    pub about: String,
    /// Touches that are seen.
    pub touches: TouchesSeen,
    /// Whether orders in the app are seen with their buyer.
    pub in_app_orders: bool,
    /// Whether orders at marketplaces are seen with their buyer (else only their daily totals).
    pub outside_orders: bool,
    /// Probability that an outside order that came by a link keeps its click id.
    pub click_id_survival: Share,
    /// Probability that an outside order is matched to the reader by device, by user and
    /// marketplace.
    pub device_match: Share,
    /// Marketplaces whose orders are seen with their buyer; absent: all.
    #[serde(default)]
    pub destinations: Option<Vec<String>>,
    /// Share of readers whose devices are handed over to be matched; absent: all of them.
    #[serde(default)]
    pub reader_sample: Option<Share>,
    /// Probability that the device of an outside order is taken for that of the other person of the
    /// household, by user and marketplace: unless its click id says better, the order is joined to
    /// that person's touches. Absent: nobody is taken for another.
    #[serde(default)]
    pub device_mismatch: Option<Share>,
    /// Whether five seconds of a video count as a click: within `click_window`, and shown where only
    /// paid clicks are. They make no click id. Absent: no.
    #[serde(default)]
    pub video_views_click: bool,
    /// Times in which orders outside are not joined.
    #[serde(default)]
    pub suspended: Vec<SuspensionWire>,
    /// What it tells merchants, and when. Absent: everything at once.
    #[serde(default)]
    pub report: ReportWire,
    /// Look-back of clicks.
    pub click_window: Span,
    /// Look-back of reads.
    pub read_window: Span,
}

/// A time in which a regime joins no order outside. Orders in the app are not its business.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuspensionWire {
    /// From when; absent: from the start.
    #[serde(default)]
    pub from: Option<Moment>,
    /// Until when; absent: to the end.
    #[serde(default)]
    pub until: Option<Moment>,
}

/// What a regime tells merchants, in cells of a day, a channel and a tier of merchants.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportWire {
    /// From an order to the report that first has it (T+N), in whole days. Absent: at once.
    #[serde(default)]
    pub delay: Option<Span>,
    /// Windows of attribution in whole days, from the shortest on. Absent: one, as long as the longer
    /// look-back.
    #[serde(default)]
    pub windows: Option<Vec<Span>>,
    /// Cells of fewer orders are not told. Absent: all are.
    #[serde(default)]
    pub suppress_below: Option<u32>,
    /// Whether orders count on the day of the touch, not on their own. Absent: yes.
    #[serde(default)]
    pub back_fill: Option<bool>,
    /// Whether orders stay in that are sent back later; else they go after
    /// `behaviour.funnel.refund_delay`. Absent: yes.
    #[serde(default)]
    pub include_refunds: Option<bool>,
}

/// Which touches a regime shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TouchesSeen {
    /// Every read, and what followed.
    All,
    /// Clicks on links of paid notes.
    PaidClicks,
}

/// Where a figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Tag {
    /// Source article.
    S,
    /// Published: paper, interface semantics, measured public data.
    P,
    /// Industry talk or press.
    I,
    /// Assumed.
    A,
    /// Derived.
    D,
}

/// A figure of the simulation that has a published counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FactName {
    /// Mean over feed requests of opened ÷ shown.
    FeedCtr,
    /// Mean over search requests of opened ÷ shown.
    SearchCtr,
    /// Notes shown by feed request.
    FeedDepth,
    /// Notes shown by search request.
    SearchDepth,
    /// Notes opened by feed request.
    FeedClicks,
    /// Notes opened by search request.
    SearchClicks,
    /// Mean notes opened in a feed request with any.
    FeedClickedMean,
    /// Median of the same.
    FeedClickedMedian,
    /// 90th percentile of the same.
    FeedClickedP90,
    /// 99th percentile of the same.
    FeedClickedP99,
    /// Likes by read in the feed.
    FeedLike,
    /// Collects by read in the feed.
    FeedCollect,
    /// Shares by read in the feed.
    FeedShare,
    /// Comments by read in the feed.
    FeedComment,
    /// Likes by read in search.
    SearchLike,
    /// Collects by read in search.
    SearchCollect,
    /// Shares by read in search.
    SearchShare,
    /// Comments by read in search.
    SearchComment,
    /// Share of request pairs search → search.
    SearchSearch,
    /// Share of request pairs feed → search.
    FeedSearch,
    /// Share of request pairs feed → feed.
    FeedFeed,
    /// Share of request pairs search → feed.
    SearchFeed,
    /// Share of monthly users who search.
    SearchUsers,
    /// Daily ÷ monthly active users.
    DauMau,
    /// Sessions by active day.
    Sessions,
    /// Notes shown by active day.
    NotesShown,
    /// Share of triggered needs with a direct link that visit within an hour.
    DirectWithinHour,
    /// The same within a day.
    DirectWithinDay,
    /// Share of triggered needs without a direct link that visit after a week.
    SeedingAfterWeek,
    /// Sessions at 04:00 against the mean hour.
    HourTrough,
    /// Sessions at 12:00 against the mean hour.
    HourNoon,
    /// Sessions at 21:00 against the mean hour.
    HourPeak,
    /// Share of impressions that the top tenth of notes gets.
    TopTenth,
    /// Share of clicks on outbound links in reads of advertising notes that carry one.
    OutboundClick,
}

/// A published figure.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FactWire {
    /// Which figure.
    pub name: FactName,
    /// Its published value.
    pub published: f64,
    /// Relative deviation that still counts as agreement.
    pub tolerance: Share,
    /// How far it can be trusted.
    pub tag: Tag,
    /// Where it was published.
    pub source: String,
}

/// Something that a run must show, in terms of its `--json` document.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Why it is expected.
    pub because: String,
    /// Scenario to hold this one against: the value is then looked for in the comparison of the two
    /// (`comparisons.0` of its document), and only `redcat check` looks. Absent: in the document of
    /// the run.
    #[serde(default)]
    pub against: Option<String>,
    /// Dotted path into the document, ending at a number.
    pub value: String,
    /// Lower bound.
    #[serde(default)]
    pub at_least: Option<f64>,
    /// Upper bound.
    #[serde(default)]
    pub at_most: Option<f64>,
    /// Path of a number that must be larger.
    #[serde(default)]
    pub below: Option<String>,
}
