//! Who sells: merchants, the notes they publish, and which of them an impression shows.
//!
//! Merchants are few and stored; notes are many and are not: a note *is* its merchant, the day it
//! was published and its rank among that day's, and everything else about it is hashed from that.

use crate::base::address::{mix, name_key};
use crate::base::{
    CategoryId, DestinationId, GuideTable, MerchantId, Purpose, Root, Second, Stream, TierId, math,
};
use crate::scenario::Scenario;

use super::agenda::lane;
use super::life::part;

const MERCHANT: Purpose = Purpose::named("merchant");
const APPEAL: Purpose = Purpose::named("appeal");

/// A merchant.
#[derive(Clone, Debug)]
pub struct Merchant {
    /// Category.
    pub category: CategoryId,
    /// Tier.
    pub tier: TierId,
    /// Share of the category's popularity.
    pub popularity: f64,
    /// Price level against the category's.
    pub price: f32,
    /// Store experience score, 0 to 5.
    pub score: f64,
    /// Daily advertising budget in fen.
    pub daily_budget_fen: f64,
    /// When it opens its stores.
    pub enters: Second,
    /// Destinations with a store, as bits.
    stores: u32,
}

impl Merchant {
    /// Whether the merchant holds a store there.
    #[inline(always)]
    #[must_use]
    pub const fn sells_at(&self, destination: DestinationId) -> bool {
        self.stores >> destination.0 & 1 == 1
    }
}

/// A note of a merchant: the day it was published (days from the start plus an offset) and its rank
/// among the merchant's notes of that day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoteId(pub u32);

/// Notes older than this are no longer shown.
const OLDEST: usize = 60;
/// Most places that impressions by note are counted in; more notes than that share places.
const MOST_PLACES: u64 = 1 << 22;

/// Values that a note's appeal can take: the quantiles of a lognormal law.
const APPEALS: usize = 1 << APPEAL_BITS;
const APPEAL_BITS: u32 = 6;
/// Where the draws of a search for a note begin, and how many there are at most.
const FIRST_TRY: u64 = 8;
const MOST_TRIES: u64 = 56;

/// Where and when a note is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub merchant: MerchantId,
    pub tier: TierId,
    pub day: u32,
}

/// What a choice of store looks at: of many merchants at once, so it lies close together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stall {
    pub price: f32,
    pub enters: Second,
    /// Destinations with a store, as bits.
    pub stores: u32,
}

/// All that is for sale.
#[derive(Debug)]
pub struct Supply {
    merchants: Vec<Merchant>,
    stalls: Vec<Stall>,
    /// Notes that all merchants publish a day, and those of the merchants before each.
    notes_a_day: u64,
    notes_before: Vec<u64>,
    note_places: u64,
    per_category: usize,
    tiers: Vec<TierLaw>,
    /// Tier by popularity.
    popularity: GuideTable,
    /// Category of an impression that is aimed at nobody.
    pub(super) category: GuideTable,
    ages: GuideTable,
    /// Appeals of notes, all equally likely, in their order; mean 1.
    appeals: [f32; APPEALS],
    appeal_key: u64,
}

/// A tier as the simulation needs it: the same in every category.
#[derive(Debug)]
struct TierLaw {
    /// The first merchant's place within a category.
    first: u32,
    /// Merchant within tier and category.
    merchants: GuideTable,
    /// Note among its merchant's of a day.
    notes: GuideTable,
}

impl Supply {
    pub(super) fn new(scenario: &Scenario, root: Root) -> Self {
        let wire = scenario.wire();
        let mut merchants = Vec::new();
        for (place, category) in wire.categories.iter().enumerate() {
            for (tier_place, tier) in scenario.tiers().iter().enumerate() {
                let zipf = |rank: u32| math::pow(f64::from(rank + 1), -tier.wire.zipf.get());
                let total: f64 = (0..tier.wire.merchants).map(zipf).sum();
                for rank in 0..tier.wire.merchants {
                    let entity = mix(name_key(&category.name) ^ tier.key).wrapping_add(rank.into());
                    let mut draws = root.common(MERCHANT, entity);
                    let mut normal = || math::normal_quantile(draws.next_unit().max(1e-12));
                    let budget = &tier.wire.daily_budget;
                    let score = tier.wire.score.mean.get() + tier.wire.score.sd.get() * normal();
                    let daily_budget_fen =
                        budget.median.fen_f64() * math::exp(budget.sigma.get() * normal());
                    let price = math::exp(tier.wire.price_spread.get() * normal()) as f32;
                    let entering = tier.wire.entering.map_or(0.0, |share| share.get());
                    let (new, when) = (draws.next_unit() < entering, draws.next_unit());
                    let end = f64::from(scenario.calendar().end());
                    let enters = if new && rank > 0 { when * end } else { 0.0 };
                    let stores = tier.stores.iter().enumerate().map(|(d, share)| {
                        let key = name_key(&wire.destinations[d].name);
                        let has = root.common(MERCHANT, entity ^ key).next_unit() < *share;
                        u32::from(has) << d
                    });
                    merchants.push(Merchant {
                        category: CategoryId(place as u8),
                        tier: TierId(tier_place as u8),
                        popularity: tier.wire.popularity.get() * zipf(rank) / total,
                        price,
                        score: score.clamp(0.0, 5.0),
                        daily_budget_fen,
                        enters: enters as Second,
                        stores: stores.fold(0, |all, one| all | one),
                    });
                }
            }
        }
        let per_category = merchants.len() / wire.categories.len();
        let table =
            |weights: Vec<f64>| GuideTable::new(&weights).unwrap_or_else(GuideTable::certain);
        let tier_weights: Vec<f64> = wire.tiers.iter().map(|t| t.popularity.get()).collect();
        let zipf = |n: u32, exponent: f64| {
            let weights = (1..=n).map(|rank| math::pow(f64::from(rank), -exponent));
            table(weights.collect())
        };
        let notes = &wire.exposure.notes;
        let mut next = 0;
        let tiers = wire.tiers.iter().map(|t| {
            next += t.merchants;
            TierLaw {
                first: next - t.merchants,
                merchants: zipf(t.merchants, t.zipf.get()),
                notes: zipf(t.notes_per_day, notes.zipf.get()),
            }
        });
        let mut notes_a_day = 0;
        let notes_before = merchants.iter().map(|m: &Merchant| {
            notes_a_day += u64::from(wire.tiers[m.tier.index()].notes_per_day);
            notes_a_day - u64::from(wire.tiers[m.tier.index()].notes_per_day)
        });
        let notes_before = notes_before.collect();
        let all_days = u64::from(scenario.calendar().days) + OLDEST as u64 + 1;
        let (growth, life) = (notes.growth.days(), notes.life.days().max(1e-3));
        let age = |day: usize| {
            let day = day as f64;
            if day < growth {
                (day + 1.0) / (growth + 1.0)
            } else {
                math::exp(-(day - growth) / life)
            }
        };
        Self {
            tiers: tiers.collect(),
            popularity: table(tier_weights.clone()),
            category: table(wire.categories.iter().map(|c| c.weight.get()).collect()),
            notes_a_day,
            notes_before,
            note_places: (notes_a_day * all_days).min(MOST_PLACES),
            ages: table((0..OLDEST).map(age).collect()),
            appeals: appeals(notes.appeal_spread.get()),
            appeal_key: root.common(APPEAL, 0).draw(0),
            per_category,
            stalls: merchants
                .iter()
                .map(|m| Stall {
                    price: m.price,
                    enters: m.enters,
                    stores: m.stores,
                })
                .collect(),
            merchants,
        }
    }

    /// All merchants, category by category, tier by tier.
    #[must_use]
    pub fn merchants(&self) -> &[Merchant] {
        &self.merchants
    }

    /// A merchant.
    #[inline(always)]
    #[must_use]
    pub fn merchant(&self, id: MerchantId) -> &Merchant {
        &self.merchants[id.index()]
    }

    /// The same, as a choice looks at it.
    #[inline(always)]
    pub(super) fn stall(&self, id: MerchantId) -> Stall {
        self.stalls[id.index()]
    }

    /// A tier by its merchants' popularity, by 32 uniform bits.
    #[inline(always)]
    pub(super) fn taste(&self, bits: u32) -> TierId {
        TierId(self.popularity.pick(bits) as u8)
    }

    /// A merchant of a tier, by 16 uniform bits: its place within a category.
    #[inline(always)]
    pub(super) fn merchant_in(&self, tier: TierId, bits: u32) -> u32 {
        let law = &self.tiers[tier.index()];
        law.first + law.merchants.pick(bits << 16) as u32
    }

    /// The merchant at a place within a category.
    #[inline(always)]
    pub(super) fn merchant_at(&self, category: CategoryId, place: u32) -> MerchantId {
        MerchantId((category.index() * self.per_category) as u32 + place)
    }

    /// The same merchant, or the most popular one of its category and tier while it is not there yet.
    #[inline(always)]
    pub(super) fn there(&self, merchant: MerchantId, at: Second) -> MerchantId {
        let who = self.merchant(merchant);
        if who.enters <= at {
            return merchant;
        }
        self.merchant_at(who.category, self.tiers[who.tier.index()].first)
    }

    /// A merchant's category.
    #[inline(always)]
    pub(super) fn category_of(&self, merchant: MerchantId) -> CategoryId {
        self.merchants[merchant.index()].category
    }

    /// A merchant that comes to mind in a category, by 32 uniform bits.
    #[inline(always)]
    pub(super) fn popular(&self, category: CategoryId, bits: u32) -> MerchantId {
        let tier = TierId(self.popularity.pick(bits & 0xFFFF_0000) as u8);
        self.merchant_at(category, self.merchant_in(tier, bits & 0xFFFF))
    }

    /// The note of a merchant that is opened on a day, and its appeal.
    ///
    /// A reader opens a note with probability p · appeal. Appeal has mean 1 over the notes shown, so
    /// somebody opens *one* with probability p, and which one has the law "shown · appeal". It is
    /// drawn by rejection: from the notes shown, kept with probability appeal ÷ greatest appeal.
    #[inline]
    pub(super) fn opened(&self, at: Shown, draws: Stream) -> (NoteId, f32) {
        let keep = 1.0 / self.appeals[APPEALS - 1];
        self.search(at, draws, |appeal| appeal * keep)
    }

    /// The note that is shown on a day and not opened, though it would have been with probability
    /// `opens` · appeal.
    pub(super) fn left(&self, at: Shown, draws: Stream, opens: f32) -> NoteId {
        self.search(at, draws, |appeal| 1.0 - opens * appeal).0
    }

    #[inline(always)]
    fn search(&self, at: Shown, draws: Stream, keep: impl Fn(f32) -> f32) -> (NoteId, f32) {
        let mut tries = 0;
        loop {
            let word = draws.draw(FIRST_TRY + tries);
            let age = self.ages.pick(lane(word, 3) << 16) as u32;
            let rank = self.tiers[at.tier.index()].notes.pick(lane(word, 2) << 16) as u32;
            let note = NoteId((at.day + OLDEST as u32 - age) << 16 | rank);
            let appeal = self.appeal(at.merchant, note);
            tries += 1;
            if part(word as u32) < keep(appeal) || tries == MOST_TRIES {
                return (note, appeal);
            }
        }
    }

    /// How well a note does, mean 1.
    #[inline(always)]
    fn appeal(&self, merchant: MerchantId, note: NoteId) -> f32 {
        let key = u64::from(merchant.0) << 32 | u64::from(note.0);
        self.appeals[(mix(self.appeal_key ^ key) >> (64 - APPEAL_BITS)) as usize]
    }

    /// The place in which a note's impressions are counted.
    #[inline]
    pub(super) fn note_place(&self, merchant: MerchantId, note: NoteId) -> usize {
        let (day, rank) = (u64::from(note.0 >> 16), u64::from(note.0 & 0xFFFF));
        let place = day * self.notes_a_day + self.notes_before[merchant.index()] + rank;
        (place % self.note_places) as usize
    }

    /// How many places there are.
    pub(super) const fn note_places(&self) -> usize {
        self.note_places as usize
    }

    /// How many notes are published in so many days.
    pub(super) fn notes(&self, days: u32) -> u64 {
        self.notes_a_day * u64::from(days)
    }
}

/// Quantiles of a lognormal law of mean 1, in the middle of each of [`APPEALS`] equal parts.
fn appeals(spread: f64) -> [f32; APPEALS] {
    let parts = APPEALS as f64;
    let quantile = |i: usize| math::exp(spread * math::normal_quantile((i as f64 + 0.5) / parts));
    let mean = (0..APPEALS).map(quantile).sum::<f64>() / parts;
    std::array::from_fn(|i| (quantile(i) / mean) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::UserId;

    const READ: Purpose = Purpose::named("a read");

    /// Would catch a reader who opens any note that is shown: of opened notes the mean appeal is
    /// that of all, weighted by itself (E a² ÷ E a), of those left it is what remains. 200,000
    /// notes; six standard errors, once in 10⁸ by chance.
    #[test]
    fn opened_notes_are_the_appealing_ones() {
        const NOTES: u64 = 200_000;
        let scenario = Scenario::load("red-cat-618".as_ref()).unwrap();
        let root = Root::new(1);
        let supply = Supply::new(&scenario, root);
        let at = |i: u64| Shown {
            merchant: MerchantId((i % 800) as u32),
            tier: supply.merchants()[(i % 800) as usize].tier,
            day: (i % 39) as u32,
        };
        let draws = |i| root.user(UserId(i)).stream(READ, 0);
        let mean = |of: &dyn Fn(u64) -> f32| {
            (0..NOTES).map(|i| f64::from(of(i))).sum::<f64>() / NOTES as f64
        };
        let opened = mean(&|i| supply.opened(at(i), draws(i)).1);
        let left = mean(&|i| supply.appeal(at(i).merchant, supply.left(at(i), draws(i), 0.25)));
        let square = supply.appeals.iter().map(|a| a * a).sum::<f32>() / APPEALS as f32;
        let weighted = f64::from(square);
        // Notes are few and popular ones are fewer, so the mean over what is shown is not quite 1.
        assert!((opened - weighted).abs() < 0.02, "{opened} {weighted}");
        let rest = (1.0 - 0.25 * weighted) / 0.75;
        assert!((left - rest).abs() < 0.02, "{left} {rest}");
        assert!(opened > 1.05 && left < 0.99);
    }
}
