//! Which store, or none: a multinomial logit with addressed noise.
//!
//! Each option is a merchant at a destination; its utility is what draws the user there less what
//! it costs to get there, plus Gumbel noise (McFadden, 1974). The noise belongs to the address
//! (need, merchant, destination), so the same person with the same need weighs the same options the
//! same way under another policy: what differs is only what the policy changed. A link does not add
//! an option, it makes one easier to reach; otherwise opening links would conjure demand from the
//! mere number of alternatives.

use crate::base::{
    Curve, DestinationId, MerchantId, Person, Purpose, Quantiles, Second, Stream, math,
};
use crate::scenario::Scenario;

use super::brands::Brands;
use super::history::Route;
use super::needs::{Cause, Need};
use super::options::{Best, GROUPS, LANES, Options, PLACES, Row, Rows, barred};
use super::people::{Traits, halves};
use super::season::Season;
use super::supply::Supply;
use super::timeline::Rules;

const CONSIDER: Purpose = Purpose::named("consider");
const NOISE: Purpose = Purpose::named("choice-noise");
/// The laws of choice.
#[derive(Debug)]
pub(super) struct Choice {
    /// Standard Gumbel quantiles, times the noise.
    gumbel: Quantiles,
    /// What bars the way, by the bits of destinations in reach.
    barred: [Row; 1 << LANES],
    /// Draws of noise for one merchant.
    groups: usize,
    noise: f64,
    nothing: f32,
    wanted: f32,
    favourite: f32,
    brand: Curve,
    price: f32,
    considered: u32,
    remembered: usize,
    recall: Curve,
    friction: [f32; 4],
    destinations: usize,
    /// By category: what draws to a destination besides habit.
    appeal: Vec<Rows>,
    /// 1 for marketplaces, 0 for others.
    marketplace: Rows,
    /// What it costs to get there by searching.
    searched: Rows,
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
    pub supply: &'a Supply,
    pub season: &'a Season,
    pub rules: &'a Rules,
}

/// What destinations offer, what they make of a merchant's price, what draws to any of them, and
/// which way a known brand draws.
#[derive(Clone, Copy, Default)]
struct Places {
    offers: Rows,
    pays: Rows,
    drawn: f32,
    way: f32,
}

impl Choice {
    pub fn new(scenario: &Scenario) -> Self {
        let wire = scenario.wire();
        let law = &wire.behaviour.choice;
        let recall = law.link_recall.seconds();
        let half_life = wire.behaviour.habit.half_life.seconds();
        let f = &law.friction;
        let friction =
            [f.direct, f.card, f.app_search, f.marketplace_search].map(|x| x.get() as f32);
        let (places, home) = (&wire.destinations, scenario.home());
        Self {
            gumbel: Quantiles::new(|p| -law.noise.get() * math::ln(-math::ln(p))),
            barred: barred(),
            groups: wire.destinations.len().div_ceil(LANES).min(GROUPS),
            noise: law.noise.get(),
            nothing: law.nothing.get() as f32,
            wanted: law.wanted.get() as f32,
            favourite: law.favourite.get() as f32,
            brand: Curve::new(64.0, 1024, |x| law.brand.get() * math::ln_1p(x)),
            price: law.price.get() as f32,
            considered: law.considered,
            remembered: law.remembered as usize,
            recall: Curve::new(10.0 * recall, 1024, |age| math::exp(-age / recall)),
            searched: Rows::new(places.len(), |d| friction[searched(d, home) as usize]),
            friction,
            destinations: places.len(),
            appeal: wire
                .categories
                .iter()
                .map(|c| (law.standardised.get() * c.standardised.get()) as f32)
                .map(|advantage| {
                    Rows::new(places.len(), |d| {
                        let of_kind = [0.0, advantage][usize::from(places[d].marketplace)];
                        places[d].appeal.get() as f32 + of_kind
                    })
                })
                .collect(),
            marketplace: Rows::new(places.len(), |d| f32::from(u8::from(places[d].marketplace))),
            home,
            habit_fading: Curve::new(20.0 * half_life, 2048, |age| math::exp2(-age / half_life)),
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
        let places = self.places(s);
        // Draw 0 is that of doing nothing; each merchant has four draws of four lanes.
        let mut best = Best::new(self.nothing + self.gumbel.pick(noise.draw(0)));
        let options = self.options(s);
        self.each(s, &options, &places, |place, merchant, places| {
            self.weigh((place, merchant), s, places, noise, &mut best);
        });
        let place = best.place().checked_sub(1)?;
        let (merchant, d) = (options.merchants()[place / PLACES], place % PLACES);
        let cause = s.need.cause.filter(|c| c.merchant == merchant);
        let route = self.route(d, s, cause.as_ref());
        Some(Visit {
            merchant,
            destination: DestinationId(d as u8),
            route,
        })
    }

    /// What the choice is worth before its noise is known, in units of utility, up to a constant:
    /// the logarithm of the sum of exponentials, over doing nothing and all stores in reach.
    pub fn logsum(&self, s: &Situation<'_>) -> f64 {
        let scale = self.noise.max(1e-6);
        // Against the greatest utility, so that no exponential runs over.
        let (mut top, mut sum) = (f64::from(self.nothing), 1.0);
        let mut take = |utility: f64| {
            let higher = top.max(utility);
            sum = sum * math::exp((top - higher) / scale) + math::exp((utility - higher) / scale);
            top = higher;
        };
        self.each(
            s,
            &self.options(s),
            &self.places(s),
            |_, merchant, places| {
                let (drawn, price, reachable) = self.drawn(merchant, s, places);
                for d in (0..self.destinations).filter(|d| reachable >> d & 1 == 1) {
                    let utility = drawn + places.offers.at(d) - price * places.pays.at(d);
                    take(f64::from(utility));
                }
            },
        );
        top + scale * math::ln(sum)
    }

    /// Utility lost by a price twice as high, for a user of mean sensitivity.
    pub const fn price_weight(&self) -> f64 {
        self.price as f64
    }

    /// Goes through the options with what destinations offer for each.
    #[inline(always)]
    fn each(
        &self,
        s: &Situation<'_>,
        options: &Options,
        places: &Places,
        mut look: impl FnMut(usize, MerchantId, &Places),
    ) {
        let mut rest = 0;
        if let Some(cause) = &s.need.cause {
            // The cause is always the first option.
            look(0, cause.merchant, &self.eased(places, s, cause));
            rest = 1;
        }
        for (place, merchant) in options.merchants().iter().enumerate().skip(rest) {
            look(place, *merchant, places);
        }
    }

    /// Merchants that are weighed: the one whose note woke the need, the favourite, those whose
    /// notes were read last, and those that come to mind.
    #[inline]
    fn options(&self, s: &Situation<'_>) -> Options {
        let mut options = Options::new();
        if let Some(cause) = &s.need.cause {
            options.add(cause.merchant);
        }
        options.add(s.traits.favourites[s.need.category.index()]);
        let met = s.brands.remembered(s.need.category);
        for merchant in met.iter().take(self.remembered) {
            options.add(*merchant);
        }
        let minds = s.person.stream(CONSIDER, s.need.id.0);
        for k in 0..self.considered {
            let bits = halves(minds.draw(u64::from(k))).0;
            options.add(s.supply.popular(s.need.category, bits));
        }
        options
    }

    /// What a destination offers whoever sells there and however it is found by searching.
    fn places(&self, s: &Situation<'_>) -> Places {
        let promotion = s.season.promotion(s.at);
        let discounts = promotion.map_or([0.0; 2], |p| {
            [p.in_app_discount, p.discount].map(|d| d as f32)
        });
        let price = self.price * s.traits.price_sensitivity;
        let way = if s.traits.negative { -1.0 } else { 1.0 };
        let mut places = Places {
            // Whatever is bought abroad has to be delivered.
            drawn: price - s.traits.delivery,
            way,
            ..Places::default()
        };
        let mut habit = s.traits.habit;
        for (d, learned) in s.habit.iter().enumerate() {
            *habit.at_mut(d) += self.habit(*learned, s.at);
        }
        let appeal = &self.appeal[s.need.category.index()];
        for group in 0..self.groups {
            let (appeal, habit) = (appeal.row(group), habit.row(group));
            let (searched, subsidy) = (self.searched.row(group), s.rules.subsidy.row(group));
            let outside = self.marketplace.row(group);
            let (offers, pays) = (places.offers.row_mut(group), places.pays.row_mut(group));
            for lane in 0..offers.len() {
                offers[lane] = appeal[lane] + habit[lane] - searched[lane];
                let discount = discounts[0] * (1.0 - outside[lane]) + discounts[1] * outside[lane];
                pays[lane] = price * ((1.0 - discount) * (1.0 - subsidy[lane]));
            }
        }
        places
    }

    /// What destinations offer at the merchant that woke the need: a remembered way back to its note
    /// takes the place of a search.
    fn eased(&self, places: &Places, s: &Situation<'_>, cause: &Cause) -> Places {
        let mut places = Places {
            drawn: places.drawn + self.wanted,
            ..*places
        };
        let direct = s
            .direct
            .map(DestinationId::index)
            .filter(|d| *d != self.home.index());
        for d in [Some(self.home.index()), direct].into_iter().flatten() {
            *places.offers.at_mut(d) +=
                self.searched.at(d) - self.friction[self.route(d, s, Some(cause)) as usize];
        }
        places
    }

    /// Weighs an option's merchant at all destinations against the best so far.
    ///
    /// All are weighed, also those out of reach: that is arithmetic on whole rows, and which stores a
    /// merchant has cannot be guessed.
    #[inline(always)]
    fn weigh(
        &self,
        (place, merchant): (usize, MerchantId),
        s: &Situation<'_>,
        places: &Places,
        noise: Stream,
        best: &mut Best,
    ) {
        let (drawn, price, reachable) = self.drawn(merchant, s, places);
        for group in 0..self.groups {
            let word = noise.draw(4 + u64::from(merchant.0) * 4 + group as u64);
            let (offers, pays) = (places.offers.row(group), places.pays.row(group));
            let reach = (reachable >> (group * LANES)) as usize % (1 << LANES);
            let barred = &self.barred[reach];
            let noise: Row = std::array::from_fn(|lane| match lane {
                0..LANES => self.gumbel.pick(word >> (lane as u32 * Quantiles::BITS)),
                _ => 0.0,
            });
            let row = std::array::from_fn(|lane| {
                drawn + offers[lane] - price * pays[lane] + noise[lane] + barred[lane]
            });
            best.take(&row, 1 + place * PLACES + group * LANES);
        }
    }

    /// What draws to a merchant wherever it sells, its price level, and the destinations in reach as
    /// bits.
    #[inline(always)]
    fn drawn(&self, merchant: MerchantId, s: &Situation<'_>, places: &Places) -> (f32, f32, u32) {
        let who = s.supply.stall(merchant);
        let known = self.brand.at(s.brands.adstock(merchant, s.at, s.fading));
        let liked = s.traits.favourites[s.need.category.index()] == merchant;
        let drawn = places.drawn + places.way * known + [0.0, self.favourite][usize::from(liked)];
        // All bits stay once the merchant is there.
        let there = u32::from(who.enters <= s.at).wrapping_neg();
        (drawn, who.price, who.stores & s.traits.installed & there)
    }

    /// The easiest way to a merchant's store at a destination.
    #[inline(always)]
    fn route(&self, d: usize, s: &Situation<'_>, cause: Option<&Cause>) -> Route {
        let recalled = cause.filter(|_| s.recalls);
        match recalled {
            Some(cause) if d == self.home.index() && cause.card => Route::Card,
            Some(_) if d != self.home.index() && s.direct == Some(DestinationId(d as u8)) => {
                Route::Direct
            }
            _ => searched(d, self.home),
        }
    }

    /// How many destinations there are.
    pub const fn destinations(&self) -> usize {
        self.destinations
    }

    /// The app's own shops.
    pub const fn home(&self) -> DestinationId {
        self.home
    }
}

/// The way to a destination without a note.
const fn searched(d: usize, home: DestinationId) -> Route {
    if d == home.index() {
        Route::AppSearch
    } else {
        Route::MarketplaceSearch
    }
}
