//! Whom to switch off.

use crate::scenario::Scenario;

/// The sets of channels whose effect is wanted, in the order in which effects are kept: each channel
/// by itself, then the sets that the scenario names, then all channels together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Players {
    channels: usize,
    groups: usize,
    masks: Vec<u64>,
}

impl Players {
    /// Channels by number, sets of them as bits, and groups of merchants to tell effects by.
    #[must_use]
    pub fn new(channels: usize, sets: &[u64], groups: usize) -> Self {
        let each = (0..channels).map(|channel| 1 << channel);
        let all = [u64::MAX];
        Self {
            channels,
            groups,
            masks: each.chain(sets.iter().copied()).chain(all).collect(),
        }
    }

    /// Those of a scenario; groups are its tiers.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let sets = scenario.wire().measure.truth.sets.iter();
        let sets: Vec<u64> = sets.map(|set| together(scenario, &set.channels)).collect();
        Self::new(scenario.channels().len(), &sets, scenario.tiers().len())
    }

    /// How many channels there are.
    #[must_use]
    pub const fn channels(&self) -> usize {
        self.channels
    }

    /// How many groups of merchants there are.
    #[must_use]
    pub const fn groups(&self) -> usize {
        self.groups
    }

    /// The channels to switch off, as bits, by place.
    #[must_use]
    pub fn masks(&self) -> &[u64] {
        &self.masks
    }
}

/// Channels of a scenario as bits.
fn together(scenario: &Scenario, names: &[String]) -> u64 {
    let channels = scenario.channels().iter().enumerate();
    let named = channels.filter(|(_, c)| names.contains(&c.name));
    named.fold(0, |all, (place, _)| all | 1 << place)
}

/// The place among a scenario's [`Players`] of a channel or a set of them.
#[must_use]
pub fn place_of(scenario: &Scenario, name: &str) -> Option<usize> {
    let channels = scenario.channels().iter().map(|c| c.name.as_str());
    let sets = scenario.wire().measure.truth.sets.iter();
    channels
        .chain(sets.map(|s| s.name.as_str()))
        .position(|n| n == name)
}
