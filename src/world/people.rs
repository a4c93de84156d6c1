//! Who a user is: traits drawn again from the user's number whenever they are needed, never stored.

use crate::base::address::name_key;
use crate::base::{
    CategoryId, GuideTable, MerchantId, Person, Purpose, QuantileTable, TierId, math,
};
use crate::scenario::Scenario;

use super::options::Rows;
use super::supply::Supply;

const TRAITS: Purpose = Purpose::named("traits");
const INTEREST: Purpose = Purpose::named("interest");
const REGION: Purpose = Purpose::named("region");
const HABIT: Purpose = Purpose::named("habit");

/// Categories are counted in groups of this many.
const GROUP: usize = 8;

/// A probability as the number of 32-bit words that mean yes.
#[inline(always)]
pub(super) fn yes(probability: f64) -> u64 {
    (probability.clamp(0.0, 1.0) * 4_294_967_296.0) as u64
}

/// The laws from which traits are drawn.
#[derive(Debug)]
pub(super) struct People {
    segments: GuideTable,
    /// Needs, basket, deal seeking, by segment.
    multiples: Vec<[f32; 3]>,
    daily: QuantileTable,
    deal_seeking: QuantileTable,
    price_sensitivity: QuantileTable,
    tolerance: QuantileTable,
    interest: QuantileTable,
    habit: QuantileTable,
    search_users: u64,
    negative: u64,
    /// Key and weight of each category.
    categories: Vec<(u64, f32)>,
    /// By region abroad: 32-bit words below which users live there or in an earlier one, destinations
    /// that deliver there, and what delivery costs.
    abroad: Vec<(u64, u32, f32)>,
    /// Key of each destination and its share of installations.
    destinations: Vec<(u64, u64)>,
}

/// One user's traits. Buffers are reused from user to user.
#[derive(Clone, Debug, Default)]
pub(super) struct Traits {
    /// Probability of opening the app on a day, before trust.
    pub daily: f32,
    /// Uses the app's search.
    pub searches: bool,
    /// Notes work the other way.
    pub negative: bool,
    /// Own needs against the category's rate, before interest.
    pub needs: f32,
    /// Value of orders against the category's.
    pub basket: f32,
    /// Inclination to wait for promotions, 0 to 1.
    pub deal_seeking: f32,
    /// Price sensitivity, mean 1.
    pub price_sensitivity: f32,
    /// Ad load borne without losing trust.
    pub tolerance: f32,
    /// Interest by category, mean 1 over users.
    pub interest: Vec<f32>,
    /// The tier whose merchants the user likes.
    pub taste: TierId,
    /// The merchant liked best, of that tier, by category.
    pub favourites: Vec<MerchantId>,
    /// Category of an impression aimed by interest: distribution function in units of 2⁻³¹, which
    /// filled up to whole groups of [`GROUP`].
    aim: Vec<i32>,
    /// Inborn habit by destination, in utility.
    pub habit: Rows,
    /// Destinations whose app is installed and that deliver to the user, as bits.
    pub installed: u32,
    /// Where the user lives: 0 at home, else the place of the region plus one.
    pub region: u8,
    /// What delivery abroad costs in utility.
    pub delivery: f32,
}

impl People {
    pub fn new(scenario: &Scenario) -> Self {
        let wire = scenario.wire();
        let people = &wire.people;
        let segments: Vec<f64> = people.segments.iter().map(|s| s.share.get()).collect();
        let beta = |mean: f64, concentration: f64| {
            // A Beta distribution at either end is no distribution: all mass on one point.
            if mean <= 0.0 || mean >= 1.0 {
                QuantileTable::new(1, |_| mean)
            } else {
                QuantileTable::beta(12, mean * concentration, (1.0 - mean) * concentration)
            }
        };
        let spread = |sigma: f64| QuantileTable::lognormal(12, 0.0, sigma).with_mean(1.0);
        let activity = &people.activity;
        let mut share = 0.0;
        let abroad = scenario.abroad().iter().map(|region| {
            share += region.share;
            (yes(share), region.delivers, region.friction as f32)
        });
        Self {
            abroad: abroad.collect(),
            segments: GuideTable::new(&segments).unwrap_or_else(GuideTable::certain),
            multiples: people
                .segments
                .iter()
                .map(|s| [s.needs.get(), s.basket.get(), s.deal_seeking.get()].map(|x| x as f32))
                .collect(),
            daily: beta(activity.daily.get(), activity.daily_concentration.get()),
            deal_seeking: beta(
                people.deal_seeking.get(),
                people.deal_seeking_concentration.get(),
            ),
            price_sensitivity: spread(people.price_sensitivity_spread.get()),
            tolerance: spread(people.tolerance_spread.get()).map(|x| x * people.tolerance.get()),
            interest: spread(people.interest_spread.get()),
            habit: QuantileTable::new(12, |p| people.habit_spread.get() * math::normal_quantile(p)),
            search_users: yes(people.search_users.get()),
            negative: yes(people.negative_responders.get()),
            categories: wire
                .categories
                .iter()
                .map(|c| (name_key(&c.name), c.weight.get() as f32))
                .collect(),
            destinations: wire
                .destinations
                .iter()
                .map(|d| (name_key(&d.name), yes(d.installed.get())))
                .collect(),
        }
    }

    /// Draws a user's traits into `traits`.
    #[inline(never)]
    pub fn traits(&self, person: Person, supply: &Supply, traits: &mut Traits) {
        let mut draws = person.stream(TRAITS, 0);
        let (segment, daily) = halves(draws.next());
        let (deal, price) = halves(draws.next());
        let (tolerance, search) = halves(draws.next());
        let (negative, taste) = halves(draws.next());
        let [needs, basket, deals] = self.multiples[self.segments.pick(segment)];
        traits.needs = needs;
        traits.basket = basket;
        traits.daily = self.daily.pick(daily);
        traits.deal_seeking = (self.deal_seeking.pick(deal) * deals).min(1.0);
        traits.price_sensitivity = self.price_sensitivity.pick(price);
        traits.tolerance = self.tolerance.pick(tolerance);
        traits.searches = u64::from(search) < self.search_users;
        traits.negative = u64::from(negative) < self.negative;
        traits.taste = supply.taste(taste);
        traits.interest.clear();
        traits.favourites.clear();
        for (place, (key, _)) in self.categories.iter().enumerate() {
            let (interest, liked) = halves(person.stream(INTEREST, *key).draw(0));
            traits.interest.push(self.interest.pick(interest));
            let category = CategoryId(place as u8);
            let merchant = supply.merchant_in(traits.taste, liked >> 16);
            traits
                .favourites
                .push(supply.merchant_at(category, merchant));
        }
        traits.aim_at(&self.categories);
        traits.installed = 0;
        for (place, (key, installed)) in self.destinations.iter().enumerate() {
            let (habit, has) = halves(person.stream(HABIT, *key).draw(0));
            *traits.habit.at_mut(place) = self.habit.pick(habit);
            traits.installed |= u32::from(u64::from(has) < *installed) << place;
        }
        (traits.region, traits.delivery) = (0, 0.0);
        if !self.abroad.is_empty() {
            let (bits, _) = halves(person.stream(REGION, 0).draw(0));
            let lives = |(upper, _, _): &(u64, u32, f32)| u64::from(bits) < *upper;
            if let Some(place) = self.abroad.iter().position(lives) {
                let (_, delivers, friction) = self.abroad[place];
                traits.region = place as u8 + 1;
                traits.installed &= delivers;
                traits.delivery = friction;
            }
        }
    }
}

impl Traits {
    /// Aims by weight · interest.
    fn aim_at(&mut self, categories: &[(u64, f32)]) {
        let part = |(interest, (_, weight)): (&f32, &(u64, f32))| interest * weight;
        let parts = || self.interest.iter().zip(categories).map(part);
        let scale = 2_147_483_648.0 / parts().sum::<f32>();
        self.aim.clear();
        self.aim
            .resize(categories.len().next_multiple_of(GROUP), i32::MAX);
        let mut sum = 0.0;
        // The last category keeps what rounding leaves.
        for (upper, part) in self.aim.iter_mut().zip(parts()).take(categories.len() - 1) {
            sum += part;
            *upper = (sum * scale) as i32;
        }
    }

    /// The category of an aimed impression.
    #[inline(always)]
    pub fn aimed_category(&self, bits: u32) -> u8 {
        // No draw reaches the top of the last category and what is filled up after it.
        let bits = ((bits >> 1) as i32).min(i32::MAX - 1);
        let (groups, _) = self.aim.as_chunks::<GROUP>();
        // Counting beats searching: no branch to mispredict, and four comparisons at a time.
        let passed = |group: &[i32; GROUP]| -> i32 {
            group.iter().map(|upper| i32::from(bits >= *upper)).sum()
        };
        groups.iter().map(passed).sum::<i32>() as u8
    }
}

/// The upper and the lower half of a draw.
#[inline(always)]
pub(super) const fn halves(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch an aim that is not weight · interest, and places filled up that are drawn.
    #[test]
    fn impressions_are_aimed_by_weight_and_interest() {
        for categories in [1, 3, 8, 9] {
            let weights: Vec<(u64, f32)> = (0..categories).map(|c| (c, 1.0 + c as f32)).collect();
            let interest = vec![2.0; weights.len()];
            let mut traits = Traits {
                interest,
                ..Traits::default()
            };
            traits.aim_at(&weights);
            let total: f64 = weights.iter().map(|(_, w)| f64::from(*w)).sum();
            let mut counts = vec![0.0; weights.len()];
            for step in 0..=u16::MAX {
                let bits = u32::from(step) << 16 | u32::from(step);
                counts[usize::from(traits.aimed_category(bits))] += 1.0 / 65_536.0;
            }
            for (count, (_, weight)) in counts.iter().zip(&weights) {
                assert!((count - f64::from(*weight) / total).abs() < 1e-4);
            }
        }
    }
}
