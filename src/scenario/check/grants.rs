//! Grants to link out of the app: names to places, dates to seconds.

use crate::base::{DAY, DestinationId, Second};
use crate::scenario::checked::Grant;
use crate::scenario::units::Moment;
use crate::scenario::wire::{GrantWire, Wire};

use super::{Checked, Checker};

impl Checker<'_> {
    /// Grants, resolved.
    pub fn grants(&self, wire: &Wire) -> Checked<Vec<Grant>> {
        wire.policy
            .outbound
            .iter()
            .map(|g| self.grant(wire, g))
            .collect()
    }

    fn grant(&self, wire: &Wire, grant: &GrantWire) -> Checked<Grant> {
        let key = |k: &str| format!("policy.outbound[{}].{k}", grant.name);
        let names = wire.destinations.iter().map(|d| &d.name);
        let place = self.known(&key("destination"), &grant.destination, names)?;
        if !wire.destinations[place].marketplace {
            let remedy = "name a destination with marketplace = true";
            let value = &grant.destination;
            return self.refuse(key("destination"), value, "is inside the app", remedy);
        }
        // Unlike openings, a grant may begin before the calendar or outlast it.
        let end = wire.calendar.days * DAY;
        let clip = |moment: Moment| {
            let since = moment.seconds() - wire.calendar.start.seconds();
            since.clamp(0, i64::from(end)) as Second
        };
        if let (Some(from), Some(until)) = (grant.from, grant.until)
            && until.seconds() <= from.seconds()
        {
            return self.refuse(key("until"), until, "is not after `from`", "swap them");
        }
        let mut categories = vec![grant.categories.is_none(); wire.categories.len()];
        for name in grant.categories.iter().flatten() {
            let names = wire.categories.iter().map(|c| &c.name);
            categories[self.known(&key("categories"), name, names)?] = true;
        }
        if !categories.contains(&true) {
            let remedy = "name at least one category, or leave the key out to admit all";
            return self.refuse(key("categories"), "[]", "admits nobody", remedy);
        }
        Ok(Grant {
            name: grant.name.clone(),
            destination: DestinationId(place as u8),
            from: grant.from.map_or(0, clip),
            until: grant.until.map_or(end, clip),
            categories,
            min_score: grant.min_score.get(),
            min_daily_budget: grant.min_daily_budget,
        })
    }
}
