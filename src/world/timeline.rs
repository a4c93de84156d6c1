//! Which rules hold when.
//!
//! The phases of a policy cut the season into stretches. Within one nothing changes, so each carries
//! all rules resolved: what the phases that are on say, and the scenario's own rules for the rest.
//! (Who may link out has dates of its own: [`Access`](super::Access).)
//!
//! What is shown hangs on the day as a whole: a cap on advertising that comes into force at noon
//! holds from the next midnight on.

use crate::base::{DAY, DestinationId, Second, Stretches};
use crate::scenario::{Phase, Scenario};

use super::options::Rows;

/// The rules of one stretch.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// First second.
    pub from: Second,
    /// Names of the phases and grants that are on, in the order of the file.
    pub on: Vec<String>,
    /// Whether comments may carry blue links.
    pub(super) blue_links: bool,
    /// Share of all notes that are advertising.
    ad_load: f64,
    /// Commission, by destination.
    pub(super) commission: Vec<f64>,
    /// Part of the price that the destination pays, by destination.
    pub(super) subsidy: Rows,
}

/// The rules of the whole season.
#[derive(Debug)]
pub struct Timeline {
    starts: Stretches,
    stretches: Vec<Rules>,
    /// By day: share of all notes that are advertising.
    ad_load: Vec<f32>,
    /// By day: paid notes that are shown, in units of 2⁻¹⁶.
    paid_shown: Vec<u32>,
    capped: bool,
}

impl Timeline {
    /// `cuts` are moments at which stretches are cut besides.
    pub(super) fn new(scenario: &Scenario, cuts: &[Second]) -> Self {
        let end = scenario.calendar().end();
        let mut starts = Self::cuts(scenario);
        starts.extend(cuts);
        starts.retain(|start| *start < end);
        let starts = Stretches::new(starts);
        let stretches = starts.starts().iter().map(|at| rules(scenario, *at));
        let stretches: Vec<Rules> = stretches.collect();
        let load = scenario.wire().exposure.ad_load.get();
        let by_day = |day: u32| {
            let at = day * DAY;
            let rules = stretches.iter().rev().find(|r| r.from <= at);
            rules.map_or(load, |r| r.ad_load)
        };
        let ad_load: Vec<f64> = (0..scenario.calendar().days).map(by_day).collect();
        let shown = |now: &f64| {
            let part = if load > 0.0 { now / load } else { 1.0 };
            (part * 65_536.0 + 0.5) as u32
        };
        let paid_shown: Vec<u32> = ad_load.iter().map(shown).collect();
        Self {
            capped: paid_shown.iter().any(|shown| *shown < 65_536),
            paid_shown,
            ad_load: ad_load.iter().map(|load| *load as f32).collect(),
            stretches,
            starts,
        }
    }

    /// Moments at which a scenario's rules may change; the start is one.
    #[must_use]
    pub fn cuts(scenario: &Scenario) -> Vec<Second> {
        let phases = scenario.phases().iter().map(|p| [p.from, p.until]);
        let grants = scenario.grants().iter().map(|g| [g.from, g.until]);
        phases.chain(grants).flatten().chain([0]).collect()
    }

    /// The stretches in the order of time.
    #[must_use]
    pub fn stretches(&self) -> &[Rules] {
        &self.stretches
    }

    /// The number of the stretch that a moment lies in.
    #[inline(always)]
    pub(super) fn stretch(&self, at: Second) -> usize {
        self.starts.at(at)
    }

    /// The rules at a moment.
    #[inline(always)]
    pub(super) fn rules(&self, at: Second) -> &Rules {
        &self.stretches[self.stretch(at)]
    }

    /// Share of all notes of a day that are advertising.
    #[inline(always)]
    pub(super) fn ad_load(&self, day: u32) -> f32 {
        self.ad_load[day as usize]
    }

    /// Whether advertising is ever capped.
    #[inline(always)]
    pub(super) const fn capped(&self) -> bool {
        self.capped
    }

    /// Whether a paid note is shown on a day, by 16 uniform bits. Each has its own, so a lower cap
    /// takes notes away and adds none.
    #[inline(always)]
    pub(super) fn shows_paid(&self, day: u32, bits: u32) -> bool {
        bits < self.paid_shown[day as usize]
    }
}

/// All rules at a moment.
fn rules(scenario: &Scenario, at: Second) -> Rules {
    let wire = scenario.wire();
    let on = || {
        let phases = scenario.phases().iter();
        phases.filter(move |p| (p.from..p.until).contains(&at))
    };
    let grants = scenario.grants().iter();
    let grants = grants.filter(|g| (g.from..g.until).contains(&at));
    let cap = wire.policy.ad_load_cap.map_or(1.0, |cap| cap.get());
    let cap = on().find_map(|p| p.ad_load_cap).unwrap_or(cap);
    let destination =
        |of: &dyn Fn(&Phase) -> Option<f64>, own: f64| on().find_map(of).unwrap_or(own);
    let places = || wire.destinations.iter().enumerate();
    Rules {
        from: at,
        on: on()
            .map(|p| p.name.clone())
            .chain(grants.map(|g| g.name.clone()))
            .collect(),
        blue_links: on()
            .find_map(|p| p.blue_links)
            .unwrap_or(wire.policy.blue_links),
        ad_load: wire.exposure.ad_load.get().min(cap),
        commission: places()
            .map(|(d, wire)| destination(&|p| p.commission[d], wire.commission.get()))
            .collect(),
        subsidy: Rows::new(wire.destinations.len(), |d| {
            destination(&|p| p.subsidy[d], 0.0) as f32
        }),
    }
}

impl Rules {
    /// Commission of a destination.
    #[inline(always)]
    pub(super) fn commission(&self, destination: DestinationId) -> f64 {
        self.commission[destination.index()]
    }

    /// Part of the price that a destination pays for the user.
    #[inline(always)]
    pub(super) fn subsidy(&self, destination: DestinationId) -> f64 {
        self.subsidy.at(destination.index()).into()
    }
}
