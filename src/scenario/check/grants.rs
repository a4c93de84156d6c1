//! Grants to link out of the app: names to places, dates to seconds.

use crate::base::DestinationId;
use crate::scenario::checked::Grant;
use crate::scenario::units::Share;
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
        let (from, until) = self.span(wire, (grant.from, grant.until), key("until"))?;
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
            from,
            until,
            categories,
            min_score: grant.min_score.get(),
            min_daily_budget: grant.min_daily_budget,
            funded: grant.funded.map_or(0.0, Share::get),
        })
    }
}
