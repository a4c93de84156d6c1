//! Which store, or none: a multinomial logit with addressed noise.
//!
//! Each option is a merchant at a destination; its utility is what draws the user there less what
//! it costs to get there, plus Gumbel noise (McFadden, 1974). The noise belongs to the address
//! (need, merchant, destination), so the same person with the same need weighs the same options the
//! same way under another policy: what differs is only what the policy changed. A link does not add
//! an option, it makes one easier to reach; otherwise opening links would conjure demand from the
//! mere number of alternatives.

use crate::base::{Curve, DestinationId, MerchantId, Person, Purpose, QuantileTable, Second, math};
use crate::scenario::Scenario;

use super::agenda::lane;
use super::brands::Brands;
use super::history::{Contact, Route};
use super::needs::{Cause, Need};
use super::people::{Traits, halves};
use super::season::Season;
use super::supply::Supply;

const CONSIDER: Purpose = Purpose::named("consider");
const NOISE: Purpose = Purpose::named("choice-noise");
/// How far back a user remembers whose notes they read, in contacts.
const MEMORY: usize = 24;

/// The laws of choice.
#[derive(Debug)]
pub(super) struct Choice {
    /// Standard Gumbel quantiles, times the noise.
    gumbel: QuantileTable,
    nothing: f32,
    wanted: f32,
    brand: Curve,
    price: f32,
    considered: u32,
    remembered: usize,
    recall: Curve,
    friction: [f32; 4],
    /// Appeal by destination, and whether it is a marketplace.
    appeal: Vec<(f32, bool)>,
    /// Advantage of a marketplace by category.
    standardised: Vec<f32>,
    home: DestinationId,
    habit_fading: Curve,
}

/// What a need came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    pub merchant: MerchantId,
    pub destination: DestinationId,
    pub route: Route,
}

/// All that a choice looks at.
pub(super) struct Situation<'a> {
    pub person: Person,
    pub at: Second,
    pub need: &'a Need,
    /// The direct link that is still there to be followed.
    pub direct: Option<DestinationId>,
    /// The way back to the note is remembered.
    pub recalls: bool,
    pub traits: &'a Traits,
    pub brands: &'a Brands,
    pub fading: &'a Curve,
    pub habit: &'a [(f32, Second)],
    pub contacts: &'a [Contact],
    pub supply: &'a Supply,
    pub season: &'a Season,
}

impl Choice {
    pub fn new(scenario: &Scenario) -> Self {
        let wire = scenario.wire();
        let law = &wire.behaviour.choice;
        let recall = law.link_recall.seconds();
        let habit = wire.behaviour.habit.half_life.seconds();
        let f = &law.friction;
        Self {
            gumbel: QuantileTable::new(12, |p| -law.noise.get() * math::ln(-math::ln(p))),
            nothing: law.nothing.get() as f32,
            wanted: law.wanted.get() as f32,
            brand: Curve::new(64.0, 1024, |x| law.brand.get() * math::ln_1p(x)),
            price: law.price.get() as f32,
            considered: law.considered,
            remembered: law.remembered as usize,
            recall: Curve::new(10.0 * recall, 1024, |age| math::exp(-age / recall)),
            friction: [f.direct, f.card, f.app_search, f.marketplace_search]
                .map(|x| x.get() as f32),
            appeal: wire
                .destinations
                .iter()
                .map(|d| (d.appeal.get() as f32, d.marketplace))
                .collect(),
            standardised: wire
                .categories
                .iter()
                .map(|c| (law.standardised.get() * c.standardised.get()) as f32)
                .collect(),
            home: scenario.home(),
            habit_fading: Curve::new(20.0 * habit, 2048, |age| math::exp2(-age / habit)),
        }
    }

    /// Whether the way back to the note is remembered.
    #[inline]
    pub fn recalls(&self, age: Second, bits: u32) -> bool {
        (bits as f32 * (1.0 / 4_294_967_296.0)) < self.recall.at(age as f32)
    }

    /// Habit of a destination, faded since its last rise.
    #[inline]
    pub fn habit(&self, (rise, since): (f32, Second), at: Second) -> f32 {
        if rise == 0.0 {
            return 0.0;
        }
        rise * self.habit_fading.at((at - since) as f32)
    }

    /// The best option, or none when doing nothing is best.
    pub fn choose(&self, s: &Situation<'_>) -> Option<Visit> {
        let noise = s.person.stream(NOISE, s.need.id.0);
        let promotion = s.season.promotion(s.at);
        let category = s.need.category.index();
        // What a destination offers whoever sells there.
        let mut places = [(0.0, 1.0); 16];
        for (d, (appeal, marketplace)) in self.appeal.iter().enumerate() {
            let discount = promotion.map_or(0.0, |p| {
                if *marketplace { p.discount } else { p.in_app_discount }
            });
            let home = if *marketplace { self.standardised[category] } else { 0.0 };
            let habit = s.traits.habit[d] + self.habit(s.habit[d], s.at);
            places[d] = (appeal + home + habit, 1.0 - discount as f32);
        }
        let price = self.price * s.traits.price_sensitivity;
        let mut best: Option<Visit> = None;
        // Draw 0 is that of doing nothing; each merchant has four draws of four lanes.
        let mut highest = self.nothing + self.gumbel.pick(halves(noise.draw(0)).0);
        let mut seen = [MerchantId(u32::MAX); 17];
        let mut count = 0;
        let mut weigh = |merchant: MerchantId| {
            if seen[..count].contains(&merchant) {
                return;
            }
            seen[count] = merchant;
            count += 1;
            let who = s.supply.merchant(merchant);
            let cause = s.need.cause.filter(|c| c.merchant == merchant);
            let mut drawn = self.brand.at(s.brands.adstock(merchant, s.at, s.fading));
            if s.traits.negative {
                drawn = -drawn;
            }
            if cause.is_some() {
                drawn += self.wanted;
            }
            drawn += price;
            let mut reachable = who.stores() & s.traits.installed;
            let mut word = (usize::MAX, 0);
            while reachable != 0 {
                let d = reachable.trailing_zeros() as usize;
                reachable &= reachable - 1;
                let route = self.route(d, s, cause.as_ref());
                if word.0 != d / 4 {
                    word = (d / 4, noise.draw(4 + u64::from(merchant.0) * 4 + (d / 4) as u64));
                }
                let (offers, pays) = places[d];
                let utility = drawn + offers
                    - price * who.price * pays
                    - self.friction[route as usize]
                    + self.gumbel.pick(lane(word.1, (d % 4) as u32) << 16 | 0x8000);
                if utility > highest {
                    highest = utility;
                    let destination = DestinationId(d as u8);
                    best = Some(Visit { merchant, destination, route });
                }
            }
        };
        if let Some(cause) = s.need.cause {
            weigh(cause.merchant);
        }
        let mut remembered = 0;
        let mut last = MerchantId(u32::MAX);
        for contact in s.contacts.iter().rev().take(MEMORY) {
            if remembered == self.remembered {
                break;
            }
            let same = s.supply.merchant(contact.merchant).category == s.need.category;
            if same && contact.merchant != last {
                last = contact.merchant;
                remembered += 1;
                weigh(last);
            }
        }
        let minds = s.person.stream(CONSIDER, s.need.id.0);
        for k in 0..self.considered {
            weigh(s.supply.popular(category, halves(minds.draw(u64::from(k))).0));
        }
        best
    }

    /// The easiest way to a merchant's store at a destination.
    #[inline(always)]
    fn route(&self, d: usize, s: &Situation<'_>, cause: Option<&Cause>) -> Route {
        let recalled = cause.filter(|_| s.recalls);
        if d == self.home.index() {
            match recalled {
                Some(cause) if cause.card => Route::Card,
                _ => Route::AppSearch,
            }
        } else {
            match recalled {
                Some(_) if s.direct == Some(DestinationId(d as u8)) => Route::Direct,
                _ => Route::MarketplaceSearch,
            }
        }
    }

    /// The app's own shops.
    pub const fn home(&self) -> DestinationId {
        self.home
    }
}
