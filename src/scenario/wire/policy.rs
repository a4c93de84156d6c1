//! What the platform allows, and when.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::units::{Moment, NonNegative, Positive, Share, Yuan};

/// What the platform allows.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Whether comments may carry blue links.
    pub blue_links: bool,
    /// Most advertising that the app shows, as a share of all notes; absent: as much as
    /// `exposure.ad_load`. Less wears less on trust, and shows paid channels more rarely.
    #[serde(default)]
    pub ad_load_cap: Option<Share>,
    /// Who may link out, where to, and when. None: the app is closed.
    #[serde(default)]
    pub outbound: Vec<GrantWire>,
    /// Times in which other rules hold. Two phases that overlap may not set the same rule.
    #[serde(default)]
    pub phases: Vec<PhaseWire>,
    /// Who delivers to which region of `people.regions`. A region that is not named gets nothing.
    #[serde(default)]
    pub overseas: Vec<DeliveryWire>,
    /// Advertising that merchants buy by what they sell, beside what they pay by channel. Absent:
    /// none.
    #[serde(default)]
    pub spend: Option<SpendWire>,
}

/// A time in which other rules hold; what it does not name stays as it is.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseWire {
    /// What it is called.
    pub name: String,
    /// From when; absent: from the start.
    #[serde(default)]
    pub from: Option<Moment>,
    /// Until when; absent: to the end.
    #[serde(default)]
    pub until: Option<Moment>,
    /// Whether comments may carry blue links.
    #[serde(default)]
    pub blue_links: Option<bool>,
    /// Most advertising that the app shows, as a share of all notes.
    #[serde(default)]
    pub ad_load_cap: Option<Share>,
    /// Commission on an order's value, by destination.
    #[serde(default)]
    pub commission: BTreeMap<String, Share>,
    /// Part of the price that a destination pays for the user, by destination.
    #[serde(default)]
    pub subsidy: BTreeMap<String, Share>,
}

/// Delivery to a region abroad.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryWire {
    /// Region.
    pub name: String,
    /// Destinations that deliver there.
    pub delivers: Vec<String>,
    /// What delivery abroad costs in utility: fees, customs and waiting.
    pub friction: NonNegative,
}

/// Advertising bought by what is sold.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpendWire {
    /// Advertising by value of orders in the app.
    pub in_app_rate: Share,
    /// Value of orders through links out of the app, by what is spent on them (ROI).
    pub outbound_roi: Positive,
    /// Share of that spending that is new to the platform, and not taken from other advertising.
    pub incremental: Share,
}

/// A grant to link out of the app.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantWire {
    /// What it is called.
    pub name: String,
    /// Destination of the links.
    pub destination: String,
    /// From when; absent: from the start.
    #[serde(default)]
    pub from: Option<Moment>,
    /// Until when; absent: to the end.
    #[serde(default)]
    pub until: Option<Moment>,
    /// Categories admitted; absent: all.
    #[serde(default)]
    pub categories: Option<Vec<String>>,
    /// Lowest store score admitted.
    pub min_score: NonNegative,
    /// Lowest daily advertising budget admitted.
    pub min_daily_budget: Yuan,
    /// Share of what channels charge for notes with a link by this grant that the destination pays
    /// in place of the merchant; absent: none. Prices of impressions are divided among notes by how
    /// often they were read.
    #[serde(default)]
    pub funded: Option<Share>,
}
