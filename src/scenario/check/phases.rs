//! Phases of the policy: names to places, dates to seconds, and no two rules at once.

use std::collections::BTreeMap;

use crate::base::{DAY, Second};
use crate::scenario::checked::Phase;
use crate::scenario::units::{Moment, Share};
use crate::scenario::wire::{PhaseWire, Wire};

use super::{Checked, Checker};

impl Checker<'_> {
    /// Phases, resolved, in the order of the file.
    pub fn phases(&self, wire: &Wire) -> Checked<Vec<Phase>> {
        let phases = &wire.policy.phases;
        if !phases.is_empty() {
            self.names("policy.phases", phases.iter().map(|p| &p.name))?;
        }
        let resolved: Vec<Phase> = phases
            .iter()
            .map(|phase| self.phase(wire, phase))
            .collect::<Checked<_>>()?;
        for (place, phase) in resolved.iter().enumerate() {
            for earlier in &resolved[..place] {
                if let Some(rule) = contradiction(wire, earlier, phase) {
                    let key = format!("policy.phases[{}].{rule}", phase.name);
                    let other = format!("`{}` sets it, too, at the same time", earlier.name);
                    let remedy = "let one end before the other begins, or leave it out of one";
                    return self.refuse(key, &phase.name, &other, remedy);
                }
            }
        }
        Ok(resolved)
    }

    fn phase(&self, wire: &Wire, phase: &PhaseWire) -> Checked<Phase> {
        let key = |k: &str| format!("policy.phases[{}].{k}", phase.name);
        let (from, until) = self.span(wire, (phase.from, phase.until), key("until"))?;
        Ok(Phase {
            name: phase.name.clone(),
            from,
            until,
            blue_links: phase.blue_links,
            ad_load_cap: phase.ad_load_cap.map(Share::get),
            commission: self.by_destination(wire, &key("commission"), &phase.commission)?,
            subsidy: self.by_destination(wire, &key("subsidy"), &phase.subsidy)?,
        })
    }

    fn by_destination(
        &self,
        wire: &Wire,
        key: &str,
        shares: &BTreeMap<String, Share>,
    ) -> Checked<Vec<Option<f64>>> {
        let mut found = vec![None; wire.destinations.len()];
        for (name, share) in shares {
            let names = wire.destinations.iter().map(|d| &d.name);
            found[self.known(key, name, names)?] = Some(share.get());
        }
        Ok(found)
    }

    /// A span of policy in seconds. Unlike openings, it may begin before the calendar or outlast it.
    pub fn span(
        &self,
        wire: &Wire,
        (from, until): (Option<Moment>, Option<Moment>),
        key: String,
    ) -> Checked<(Second, Second)> {
        if let (Some(from), Some(until)) = (from, until)
            && until.seconds() <= from.seconds()
        {
            return self.refuse(key, until, "is not after `from`", "swap them");
        }
        let end = wire.calendar.days * DAY;
        let clip = |moment: Moment| {
            let since = moment.seconds() - wire.calendar.start.seconds();
            since.clamp(0, i64::from(end)) as Second
        };
        Ok((from.map_or(0, clip), until.map_or(end, clip)))
    }
}

/// The rule that two phases set for the same moment, if there is one.
fn contradiction(wire: &Wire, a: &Phase, b: &Phase) -> Option<String> {
    if a.until <= b.from || b.until <= a.from {
        return None;
    }
    if a.blue_links.and(b.blue_links).is_some() {
        return Some("blue_links".to_owned());
    }
    if a.ad_load_cap.and(b.ad_load_cap).is_some() {
        return Some("ad_load_cap".to_owned());
    }
    let both = |rule: &str, a: &[Option<f64>], b: &[Option<f64>]| {
        let place = a.iter().zip(b).position(|(a, b)| a.and(*b).is_some())?;
        Some(format!("{rule}.{}", wire.destinations[place].name))
    };
    both("commission", &a.commission, &b.commission)
        .or_else(|| both("subsidy", &a.subsidy, &b.subsidy))
}
