//! Whom the policy lets link out of the app, and what the others lack.
//!
//! A gate that asks for a store, a score and a budget asks for what large brands have. Whether it
//! does so in fact is told by two shares held side by side: of merchants, and of their popularity,
//! which is how likely a merchant is to come to mind when nothing aims at the reader. A gate that
//! favours nobody would admit as much of one as of the other.
//!
//! Dates do not matter here: a grant admits the same merchants on every day on which it holds. Where
//! two grants hold at once, the simulation follows the first; here each is looked at by itself.

use crate::base::MerchantId;
use crate::scenario::Scenario;
use crate::world::{Merchant, REFUSALS, Refusal, World};

/// A merchant before the gate.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// Its number in the world.
    pub id: MerchantId,
    /// The merchant.
    pub merchant: Merchant,
    /// Its place by popularity within its tier and category, from 1.
    pub rank: u32,
    /// Share of the popularity of all merchants together.
    pub popularity: f64,
    /// What each grant says to it, in the scenario's order.
    pub verdicts: Vec<Result<(), Refusal>>,
}

/// How some merchants fare under a grant.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Admission {
    /// How many they are.
    pub merchants: u64,
    /// How many are admitted.
    pub admitted: u64,
    /// How many are refused, by what they lack first, as in [`REFUSALS`].
    pub refused: [u64; REFUSALS.len()],
    /// Their share of the popularity of all merchants together.
    pub popularity: f64,
    /// That of the admitted ones.
    pub popularity_admitted: f64,
}

impl Admission {
    fn count(&mut self, applicant: &Applicant, verdict: Result<(), Refusal>) {
        self.merchants += 1;
        self.popularity += applicant.popularity;
        match verdict {
            Ok(()) => {
                self.admitted += 1;
                self.popularity_admitted += applicant.popularity;
            }
            Err(refusal) => self.refused[refusal as usize] += 1,
        }
    }

    /// The share of these merchants that is admitted.
    #[must_use]
    pub fn share_of_merchants(&self) -> f64 {
        self.admitted as f64 / self.merchants as f64
    }

    /// The share of these merchants' popularity that is admitted. NaN where they have none.
    #[must_use]
    pub fn share_of_popularity(&self) -> f64 {
        self.popularity_admitted / self.popularity
    }
}

/// Whom a grant admits.
#[derive(Clone, Debug)]
pub struct Admissions {
    /// All merchants.
    pub total: Admission,
    /// By tier.
    pub by_tier: Vec<Admission>,
    /// By category.
    pub by_category: Vec<Admission>,
}

/// Whom the policy of a scenario lets link out of the app.
#[derive(Clone, Debug)]
pub struct Gate {
    /// By grant, in the scenario's order. None: nobody may link out.
    pub grants: Vec<Admissions>,
    /// Every merchant, in the order of the world.
    pub applicants: Vec<Applicant>,
}

impl Gate {
    /// Sends all merchants of a world to the gate. The world must have been made of the scenario.
    #[must_use]
    pub fn new(scenario: &Scenario, world: &World) -> Self {
        let applicants = applicants(scenario, world);
        let grants = 0..scenario.grants().len();
        Self {
            grants: grants
                .map(|place| admissions(scenario, &applicants, place))
                .collect(),
            applicants,
        }
    }
}

fn applicants(scenario: &Scenario, world: &World) -> Vec<Applicant> {
    let categories = &scenario.wire().categories;
    let weights: f64 = categories.iter().map(|c| c.weight.get()).sum();
    let merchants = world.supply().merchants();
    // A world lists its merchants by category, tier and rank.
    let peers = merchants.chunk_by(|a, b| (a.category, a.tier) == (b.category, b.tier));
    let ranked = peers.flat_map(|peers| peers.iter().zip(1..));
    let applicant = |(id, (merchant, rank)): (u32, (&Merchant, u32))| {
        let weight = categories[merchant.category.index()].weight.get();
        let grants = scenario.grants().iter();
        Applicant {
            id: MerchantId(id),
            rank,
            popularity: merchant.popularity * weight / weights,
            verdicts: grants.map(|grant| merchant.verdict(grant)).collect(),
            merchant: merchant.clone(),
        }
    };
    (0..).zip(ranked).map(applicant).collect()
}

fn admissions(scenario: &Scenario, applicants: &[Applicant], grant: usize) -> Admissions {
    let mut out = Admissions {
        total: Admission::default(),
        by_tier: vec![Admission::default(); scenario.tiers().len()],
        by_category: vec![Admission::default(); scenario.wire().categories.len()],
    };
    for applicant in applicants {
        let verdict = applicant.verdicts[grant];
        let (tier, category) = (applicant.merchant.tier, applicant.merchant.category);
        out.total.count(applicant, verdict);
        out.by_tier[tier.index()].count(applicant, verdict);
        out.by_category[category.index()].count(applicant, verdict);
    }
    out
}
