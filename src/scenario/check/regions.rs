//! Regions abroad and who delivers there.

use crate::scenario::checked::Abroad;
use crate::scenario::wire::Wire;

use super::{Checked, Checker};

impl Checker<'_> {
    /// Regions with their deliveries, in the order of the file.
    pub fn abroad(&self, wire: &Wire) -> Checked<Vec<Abroad>> {
        let regions = &wire.people.regions;
        if !regions.is_empty() {
            self.names("people.regions", regions.iter().map(|r| &r.name))?;
        }
        let sum: f64 = regions.iter().map(|r| r.share.get()).sum();
        if sum > 1.0 + 1e-9 {
            let value = format!("{sum:.6}");
            let remedy = "lower the shares: whoever is left lives at home";
            return self.refuse("people.regions[].share", value, "add up to over 1", remedy);
        }
        let mut abroad: Vec<Abroad> = Vec::new();
        for region in regions {
            let key = |k: &str| format!("people.regions[{}].{k}", region.name);
            let letters = |c: char| c.is_ascii_uppercase();
            if region.currency.len() != 3 || !region.currency.chars().all(letters) {
                let remedy = "write its three letters (ISO 4217), such as HKD";
                let value = &region.currency;
                return self.refuse(key("currency"), value, "is not a currency", remedy);
            }
            if region.exchange.fen_f64() <= 0.0 {
                let remedy = "write what one unit costs, such as \"¥7.20\"";
                let value = region.exchange;
                return self.refuse(key("exchange"), value, "buys nothing", remedy);
            }
            abroad.push(Abroad {
                name: region.name.clone(),
                share: region.share.get(),
                currency: region.currency.clone(),
                exchange_fen: region.exchange.fen_f64(),
                delivers: 0,
                friction: 0.0,
            });
        }
        for delivery in &wire.policy.overseas {
            let key = |k: &str| format!("policy.overseas[{}].{k}", delivery.name);
            if regions.is_empty() {
                let remedy = "add it to [[people.regions]]";
                let value = &delivery.name;
                return self.refuse(key("name"), value, "is no region: there are none", remedy);
            }
            let names = regions.iter().map(|r| &r.name);
            let place = self.known(&key("name"), &delivery.name, names)?;
            abroad[place].friction = delivery.friction.get();
            for destination in &delivery.delivers {
                let names = wire.destinations.iter().map(|d| &d.name);
                abroad[place].delivers |= 1 << self.known(&key("delivers"), destination, names)?;
            }
        }
        Ok(abroad)
    }
}
