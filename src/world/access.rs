//! Who may link out, and when: grants of the policy, resolved merchant by merchant.

use crate::base::{DestinationId, MerchantId, Second};
use crate::scenario::{Grant, Scenario};

use super::supply::{Merchant, Supply};

const CLOSED: u8 = u8::MAX;

/// Links out of the app, phase by phase.
#[derive(Debug)]
pub struct Access {
    /// Start of each phase, and each merchant's destination in it.
    phases: Vec<(Second, Vec<u8>)>,
}

impl Access {
    pub(super) fn new(scenario: &Scenario, supply: &Supply) -> Self {
        let grants = scenario.grants();
        let mut starts: Vec<Second> = grants.iter().flat_map(|g| [g.from, g.until]).collect();
        starts.push(0);
        starts.sort_unstable();
        starts.dedup();
        let resolve = |at: Second| {
            let merchants = supply.merchants().iter();
            merchants.map(|m| first_grant(grants, m, at)).collect()
        };
        Self {
            phases: starts.into_iter().map(|at| (at, resolve(at))).collect(),
        }
    }

    /// Where a merchant's direct links lead at a moment, if they are allowed.
    #[inline(always)]
    #[must_use]
    pub fn direct(&self, merchant: MerchantId, at: Second) -> Option<DestinationId> {
        let phase = self.phases.iter().rev().find(|(start, _)| *start <= at);
        let place = phase.map_or(CLOSED, |(_, merchants)| merchants[merchant.index()]);
        (place != CLOSED).then_some(DestinationId(place))
    }
}

/// The first grant in the scenario's order that admits the merchant and leads to a store it has.
fn first_grant(grants: &[Grant], merchant: &Merchant, at: Second) -> u8 {
    let open = |g: &&Grant| {
        (g.from..g.until).contains(&at)
            && merchant.sells_at(g.destination)
            && g.admits(merchant.category, merchant.score, merchant.daily_budget_fen)
    };
    grants.iter().find(open).map_or(CLOSED, |g| g.destination.0)
}
