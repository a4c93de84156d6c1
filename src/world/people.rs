//! Who a user is: traits drawn again from the user's number whenever they are needed, never stored.

use crate::base::address::name_key;
use crate::base::{GuideTable, Person, Purpose, QuantileTable, math};
use crate::scenario::Scenario;

const TRAITS: Purpose = Purpose::named("traits");
const INTEREST: Purpose = Purpose::named("interest");
const HABIT: Purpose = Purpose::named("habit");

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
    /// Cumulated weight · interest by category, for aimed impressions.
    pub aim: Vec<f32>,
    /// Inborn habit by destination, in utility.
    pub habit: Vec<f32>,
    /// Destinations whose app is installed, as bits.
    pub installed: u32,
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
        Self {
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
            tolerance: spread(people.tolerance_spread.get())
                .map(|x| x * people.tolerance.get()),
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
    #[inline]
    pub fn traits(&self, person: Person, traits: &mut Traits) {
        let mut draws = person.stream(TRAITS, 0);
        let (segment, daily) = halves(draws.next());
        let (deal, price) = halves(draws.next());
        let (tolerance, search) = halves(draws.next());
        let (negative, _) = halves(draws.next());
        let [needs, basket, deals] = self.multiples[self.segments.pick(segment)];
        traits.needs = needs;
        traits.basket = basket;
        traits.daily = self.daily.pick(daily);
        traits.deal_seeking = (self.deal_seeking.pick(deal) * deals).min(1.0);
        traits.price_sensitivity = self.price_sensitivity.pick(price);
        traits.tolerance = self.tolerance.pick(tolerance);
        traits.searches = u64::from(search) < self.search_users;
        traits.negative = u64::from(negative) < self.negative;
        traits.interest.clear();
        traits.aim.clear();
        let mut sum = 0.0;
        for (key, weight) in &self.categories {
            let bits = person.stream(INTEREST, *key).draw(0);
            let interest = self.interest.pick((bits >> 32) as u32);
            sum += weight * interest;
            traits.interest.push(interest);
            traits.aim.push(sum);
        }
        traits.habit.clear();
        traits.installed = 0;
        for (place, (key, installed)) in self.destinations.iter().enumerate() {
            let (habit, has) = halves(person.stream(HABIT, *key).draw(0));
            traits.habit.push(self.habit.pick(habit));
            traits.installed |= u32::from(u64::from(has) < *installed) << place;
        }
    }
}

impl Traits {
    /// The category of an aimed impression.
    #[inline(always)]
    pub fn aimed_category(&self, bits: u32) -> usize {
        let total = self.aim[self.aim.len() - 1];
        let target = bits as f32 * (1.0 / 4_294_967_296.0) * total;
        // Counting beats searching: no branch to mispredict.
        let passed = self.aim.iter().filter(|upper| target >= **upper).count();
        passed.min(self.aim.len() - 1)
    }
}

/// The upper and the lower half of a draw.
#[inline(always)]
pub(super) const fn halves(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
}
