//! The scenario file as it is written: one type a section, every key documented.
//!
//! These types are what the file may say; [`Scenario`](super::Scenario) is what it means. Values
//! carry their unit ([`units`](super::units)), so the ranges that a number alone must keep are kept
//! by its type; what ties several keys together is checked afterwards. There are no defaults in
//! code: a number that a researcher could want to change stands in a file. A scenario that wants
//! only a few of its own `extends` another.

mod behaviour;
mod content;
mod load;
mod market;
mod measure;
mod people;
mod policy;

pub use behaviour::{
    Adstock, Behaviour, Choice, Delay, Friction, Funnel, Habit, Response, Trust, Waiting,
};
pub use content::{
    ChannelWire, Cost, Depth, Engagement, Exposure, Link, NotePopularity, Propensity,
    RequestTransitions, Surface, SurfaceExposure,
};
pub use load::{JourneyKey, LoadWire, Pace, StreamedRows};
pub use market::{CategoryWire, DestinationWire, Lognormal, Normal, TierWire};
pub use measure::{
    Expect, ExperimentWire, FactName, FactWire, Measure, RegimeWire, RegretWire, ReportWire,
    SetWire, SuspensionWire, Tag, TouchesSeen, TruthWire,
};
pub use people::{ActivityWire, People, Region, Segment};
pub use policy::{DeliveryWire, GrantWire, PhaseWire, Policy, SpendWire};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::{Moment, Positive};

/// A scenario file: a world, a policy, who watches, and what is expected to be seen.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wire {
    /// Version of this format: 1.
    pub schema_version: u32,
    /// Short name, as in the file's own name.
    pub name: String,
    /// The question that the scenario asks.
    pub question: String,
    /// How to read its answer, and what it hangs on.
    pub analysis: String,
    /// Size and seed.
    pub run: Run,
    /// Dates, hours and openings.
    pub calendar: CalendarWire,
    /// Who the users are.
    pub people: People,
    /// How much is shown to them, and where.
    pub exposure: Exposure,
    /// The channels: ways in which a note of a merchant reaches a user.
    pub channels: Vec<ChannelWire>,
    /// Product categories.
    pub categories: Vec<CategoryWire>,
    /// Tiers of merchants.
    pub tiers: Vec<TierWire>,
    /// Where orders can be made.
    pub destinations: Vec<DestinationWire>,
    /// What the platform allows.
    pub policy: Policy,
    /// What users do.
    pub behaviour: Behaviour,
    /// Who sees what, which models are run, and against which truth.
    pub measure: Measure,
    /// The stream of a load test; absent: there is none.
    #[serde(default)]
    pub load: Option<LoadWire>,
    /// Published figures to compare the simulation with.
    #[serde(default)]
    pub facts: Vec<FactWire>,
    /// What a run of this scenario must show.
    #[serde(default)]
    pub expect: Vec<Expect>,
}

/// Size and seed of a run.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Users simulated when the command line does not say.
    pub users: u64,
    /// Seed of all randomness.
    pub seed: u64,
}

/// Dates, hours and openings.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarWire {
    /// First midnight.
    pub start: Moment,
    /// Days simulated, 1 to 400.
    pub days: u32,
    /// Relative rate of app sessions in each of the 24 hours of the day.
    pub hour_of_day: Vec<f64>,
    /// Days with more (or less) shopping than usual, as a multiple of own needs.
    #[serde(default)]
    pub busy_days: Vec<BusyDay>,
    /// Openings of a promotion, in the order of time.
    #[serde(default)]
    pub openings: Vec<OpeningWire>,
}

/// A day with its own level of demand.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BusyDay {
    /// What the day is called.
    pub name: String,
    /// The day.
    pub date: Moment,
    /// Own needs, as a multiple of an ordinary day's.
    pub needs: Positive,
}

/// The opening of a promotion: needs wait for it, prices fall with it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningWire {
    /// What it is called.
    pub name: String,
    /// When it opens.
    pub at: Moment,
    /// When its prices end.
    pub until: Moment,
    /// Price cut at the marketplaces while it lasts.
    pub discount: super::units::Share,
    /// Price cut in the app's own shops while it lasts.
    pub in_app_discount: super::units::Share,
}
