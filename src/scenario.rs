//! Floor 1: the scenario, the file that describes a world, a policy and who watches.
//!
//! A file is read in three steps, each of which can refuse it with the key, the value and the
//! remedy: [`load`] merges it over what it `extends` and applies `--set`; the types of [`wire`]
//! hold every value to its unit and range; the checks tie keys together. What comes out, a
//! [`Scenario`], is always valid, so nothing below this floor checks a parameter again.

mod catalogue;
mod check;
pub mod checked;
pub mod error;
pub mod keys;
pub mod load;
pub mod overrides;
pub mod units;
pub mod wire;

use std::path::Path;

pub use catalogue::Catalogue;
pub use check::{MAX_CHANNELS, MAX_MERCHANTS, MAX_USERS};
pub use checked::{
    Abroad, Calendar, Channel, Grant, LoadSpan, Opening, Phase, ReportRule, Tier, Watch,
};
pub use error::ScenarioError;
pub use overrides::Override;
pub use wire::Wire;

use crate::base::{DestinationId, Digest};
use check::Checker;
use load::Resolved;

/// The JSON schema of a scenario file, for editors: all keys, their units and what they mean.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Wire).to_value();
    let extends = serde_json::json!({
        "type": "string",
        "description": "File, or shipped scenario, that this one is merged over. What it does not say stays as there; lists of named items merge by name.",
    });
    if let Some(properties) = schema.get_mut("properties").and_then(|p| p.as_object_mut()) {
        properties.insert("extends".into(), extends);
    }
    // A file that extends another need not say everything again.
    if let Some(root) = schema.as_object_mut() {
        root.remove("required");
    }
    schema
}

/// The error, laid at the override that has set the key if there is one.
fn blame(mut error: ScenarioError, overrides: &[Override]) -> ScenarioError {
    // `channels[live].tiers` and `channels.live.tiers` are one key.
    let plain = |path: &str| path.replace('[', ".").replace([']', '"'], "");
    if let ScenarioError::Value { file, key, .. } = &mut error {
        let mut changes = overrides.iter().rev();
        if let Some(change) = changes.find(|change| plain(change.path()) == plain(key)) {
            *file = format!("--set {change}");
        }
    }
    error
}

/// A valid scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    origin: String,
    text: String,
    wire: Wire,
    calendar: Calendar,
    channels: Vec<Channel>,
    tiers: Vec<Tier>,
    grants: Vec<Grant>,
    phases: Vec<Phase>,
    abroad: Vec<Abroad>,
    watches: Vec<Watch>,
    home: DestinationId,
    load: Option<LoadSpan>,
}

impl Scenario {
    /// Reads a scenario file, or a shipped scenario by its name.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, or says something impossible: see [`ScenarioError`].
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        Self::load_with(path, &[])
    }

    /// Reads a scenario file and changes some of its keys.
    ///
    /// # Errors
    /// As [`Scenario::load`], and when an override names no key.
    pub fn load_with(path: &Path, overrides: &[Override]) -> Result<Self, ScenarioError> {
        let resolved = load::load::<Wire>(path, &Catalogue, overrides)?;
        Self::check(resolved).map_err(|error| blame(error, overrides))
    }

    /// Reads a scenario from text; `origin` is what errors call it.
    ///
    /// # Errors
    /// As [`Scenario::load_with`].
    pub fn from_text(
        origin: &str,
        text: &str,
        overrides: &[Override],
    ) -> Result<Self, ScenarioError> {
        let resolved = load::from_text::<Wire>(origin, text, &Catalogue, overrides)?;
        Self::check(resolved).map_err(|error| blame(error, overrides))
    }

    fn check(resolved: Resolved<Wire>) -> Result<Self, ScenarioError> {
        let Resolved {
            wire, origin, text, ..
        } = resolved;
        let checker = Checker { file: &origin };
        checker.wire(&wire)?;
        let home = wire.destinations.iter().position(|d| !d.marketplace);
        Ok(Self {
            calendar: checker.calendar(&wire.calendar)?,
            channels: checker.channels(&wire),
            tiers: checker.tiers_resolved(&wire),
            grants: checker.grants(&wire)?,
            phases: checker.phases(&wire)?,
            abroad: checker.abroad(&wire)?,
            watches: checker.watches(&wire)?,
            load: checker.load(&wire)?,
            // The check has found exactly one.
            home: DestinationId(home.unwrap_or(0) as u8),
            origin,
            text,
            wire,
        })
    }

    /// The file's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The whole scenario as canonical TOML: all that it extends merged in, all overrides applied.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Digest of [`Scenario::text`].
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut digest = Digest::new();
        digest.text(&self.text);
        digest
    }

    /// As written, after all merging: every value valid, names not yet resolved.
    #[must_use]
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// The part of the season that a load test plays, if it says one.
    #[must_use]
    pub const fn load_span(&self) -> Option<LoadSpan> {
        self.load
    }

    /// Dates and hours.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Channels.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// Tiers of merchants.
    #[must_use]
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// Grants to link out.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Regions abroad.
    #[must_use]
    pub fn abroad(&self) -> &[Abroad] {
        &self.abroad
    }

    /// What regimes of data sharing mean, in the order of the file.
    #[must_use]
    pub fn watches(&self) -> &[Watch] {
        &self.watches
    }

    /// Times in which other rules hold.
    #[must_use]
    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }

    /// The destination inside the app.
    #[must_use]
    pub fn home(&self) -> DestinationId {
        self.home
    }
}
