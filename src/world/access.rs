//! Who may link out, and when: grants of the policy, resolved merchant by merchant.
//!
//! What a grant asks of a merchant is decided in one place, [`Merchant::verdict`]. The simulation asks
//! there, and so does whoever tells people about the gate, so what is told cannot differ from what
//! happens.

use crate::base::{DestinationId, MerchantId, Second, Stretches};
use crate::scenario::{Grant, Scenario};

use super::supply::{Merchant, Supply};

/// Leave to link out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave {
    /// Where the link leads.
    pub destination: DestinationId,
    /// The grant by which it does, by its place in the scenario.
    pub grant: u16,
}

/// What a merchant lacks under a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its category is not among those of the grant.
    Category,
    /// It has no store at the grant's destination.
    Store,
    /// Its store score is below the lowest that the grant admits.
    Score,
    /// Its daily advertising budget is below the lowest that the grant admits.
    Budget,
}

/// All refusals by name, in the order in which they are looked for; `refusal as usize` is the place.
pub const REFUSALS: [(Refusal, &str); 4] = [
    (Refusal::Category, "category"),
    (Refusal::Store, "store"),
    (Refusal::Score, "score"),
    (Refusal::Budget, "budget"),
];

impl Merchant {
    /// Whether a grant admits the merchant while it holds.
    ///
    /// # Errors
    /// With the first thing that the merchant lacks, in the order of [`REFUSALS`]: from what it cannot
    /// change to what it could change by tomorrow.
    pub fn verdict(&self, grant: &Grant) -> Result<(), Refusal> {
        let met = |refusal| match refusal {
            Refusal::Category => grant.categories[self.category.index()],
            Refusal::Store => self.sells_at(grant.destination),
            Refusal::Score => self.score >= grant.min_score,
            Refusal::Budget => self.daily_budget_fen >= grant.min_daily_budget.fen_f64(),
        };
        let lacking = REFUSALS.iter().find(|(refusal, _)| !met(*refusal));
        lacking.map_or(Ok(()), |(refusal, _)| Err(*refusal))
    }
}

/// Links out of the app, phase by phase.
#[derive(Debug)]
pub struct Access {
    /// Phases, and each merchant's leave in each.
    phases: Stretches,
    leaves: Vec<Vec<Option<Leave>>>,
}

impl Access {
    pub(super) fn new(scenario: &Scenario, supply: &Supply) -> Self {
        let grants = scenario.grants();
        let phases = Stretches::new(grants.iter().flat_map(|g| [g.from, g.until]));
        let resolve = |at: &Second| {
            let merchants = supply.merchants().iter();
            merchants.map(|m| first_grant(grants, m, *at)).collect()
        };
        Self {
            leaves: phases.starts().iter().map(resolve).collect(),
            phases,
        }
    }

    /// Where a merchant's direct links lead at a moment, if they are allowed.
    #[inline(always)]
    #[must_use]
    pub fn direct(&self, merchant: MerchantId, at: Second) -> Option<DestinationId> {
        self.leave(merchant, at).map(|leave| leave.destination)
    }

    /// The same, with the grant that allows it.
    #[inline(always)]
    #[must_use]
    pub fn leave(&self, merchant: MerchantId, at: Second) -> Option<Leave> {
        self.leaves[self.phases.at(at)][merchant.index()]
    }
}

/// The first grant in the scenario's order that holds and admits the merchant.
fn first_grant(grants: &[Grant], merchant: &Merchant, at: Second) -> Option<Leave> {
    let open =
        |(_, g): &(u16, &Grant)| (g.from..g.until).contains(&at) && merchant.verdict(g).is_ok();
    let (grant, by) = (0..).zip(grants).find(open)?;
    Some(Leave {
        destination: by.destination,
        grant,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{CategoryId, Root};

    /// Would catch reasons told in another order, so that a merchant hears of its budget where its
    /// category is not even asked for; and a merchant refused who has exactly what is asked. A buyer
    /// of apparel lacks everything; what it lacks is mended one by one.
    #[test]
    fn the_first_thing_lacking_is_told() {
        let scenario = Scenario::load("red-cat-618".as_ref()).unwrap();
        let supply = Supply::new(&scenario, Root::new(1));
        let wire = scenario.wire();
        let name = |m: &Merchant| {
            let category = &wire.categories[m.category.index()].name;
            (category.as_str(), wire.tiers[m.tier.index()].name.as_str())
        };
        let mut merchants = supply.merchants().iter().cloned();
        let buyer = merchants.find(|m| name(m) == ("apparel", "buyer"));
        let mut merchant = buyer.unwrap();
        let mut grant = scenario.grants()[0].clone();
        let least = grant.min_daily_budget.fen_f64();
        (merchant.score, merchant.daily_budget_fen) = (4.49, least - 1.0);
        assert_eq!(merchant.verdict(&grant), Err(Refusal::Category));
        let listed = grant.categories.iter().position(|listed| *listed).unwrap();
        merchant.category = CategoryId(listed as u8);
        assert_eq!(merchant.verdict(&grant), Err(Refusal::Store));
        // Buyers have a store inside the app and no other.
        grant.destination = scenario.home();
        assert_eq!(merchant.verdict(&grant), Err(Refusal::Score));
        merchant.score = 4.5;
        assert_eq!(merchant.verdict(&grant), Err(Refusal::Budget));
        merchant.daily_budget_fen = least;
        assert_eq!(merchant.verdict(&grant), Ok(()));
        for (place, (refusal, _)) in REFUSALS.iter().enumerate() {
            assert_eq!(*refusal as usize, place);
        }
    }
}
