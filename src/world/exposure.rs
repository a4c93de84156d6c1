//! What is shown: sessions of a day, their requests, and how feed and search follow each other.
//!
//! Most sessions show none of the scenario's notes that would be opened. What is drawn of a day is
//! the number of those that do, from its law after thinning; of such a session, its requests with a
//! tempting note ([`Walk`]). Where somebody asks for the others, they are put back, from their law
//! given what is known.

use crate::base::{Curve, GuideTable, math};
use crate::scenario::Scenario;
use crate::scenario::wire::Surface;

use super::surface::SurfaceLaw;
use super::walk::Walk;

/// Most requests with a tempting note in a session and most sessions in a day: addresses have room for 64.
pub(super) const FEW: usize = 60;

/// Sessions and requests.
#[derive(Debug)]
pub(super) struct Exposure {
    surfaces: [SurfaceLaw; 2],
    /// Of users who never search, and of those who do.
    browsing: [Browsing; 2],
    /// Trust factor on the opening of the app, at most 1.
    pub by_trust: Curve,
}

/// How one kind of user browses on an active day.
#[derive(Debug)]
pub(super) struct Browsing {
    pub walk: Walk,
    /// Sessions of a day that show a tempting note.
    tempting: GuideTable,
    /// By the number of those: the number of the others.
    others: Vec<GuideTable>,
}

impl Exposure {
    pub fn new(scenario: &Scenario) -> Self {
        let wire = scenario.wire();
        let activity = &wire.people.activity;
        let surfaces = [
            SurfaceLaw::new(scenario, Surface::Feed, &wire.exposure.feed),
            SurfaceLaw::new(scenario, Surface::Search, &wire.exposure.search),
        ];
        let any = [surfaces[0].requests.any, surfaces[1].requests.any];
        let browsing = |search| {
            let walk = Walk::new(search, any, 1.0 / activity.requests.get());
            Browsing::new(walk, activity.sessions.get() - 1.0)
        };
        let gamma = wire.behaviour.trust.sessions.get();
        Self {
            browsing: [browsing([0.0; 3]), browsing(searches(scenario))],
            surfaces,
            by_trust: Curve::new(1.0, 256, |trust| math::exp(gamma * (trust - 1.0))),
        }
    }

    /// The law of a surface: feed or search.
    #[inline(always)]
    pub fn surface(&self, search: bool) -> &SurfaceLaw {
        &self.surfaces[usize::from(search)]
    }

    /// How a user browses who searches, or one who never does.
    #[inline(always)]
    pub fn browsing(&self, searches: bool) -> &Browsing {
        &self.browsing[usize::from(searches)]
    }
}

impl Browsing {
    /// `more` sessions a day on average beside the first.
    fn new(walk: Walk, more: f64) -> Self {
        let sessions = |n: usize| match n.checked_sub(1).map(|k| k as f64) {
            None => 0.0,
            Some(k) if more > 0.0 => math::exp(k * math::ln(more) - more - math::lgamma(k + 1.0)),
            Some(k) => f64::from(u8::from(k == 0.0)),
        };
        let any = walk.any();
        // Of n sessions m show a tempting note.
        let joint = |n: usize, m: usize| sessions(n) * binomial(n, m, any);
        let law = |weights: &[f64]| GuideTable::new(weights).unwrap_or_else(GuideTable::certain);
        let others = |m: usize| (m..=FEW).map(|n| joint(n, m)).collect::<Vec<f64>>();
        let others: Vec<Vec<f64>> = (0..=FEW).map(others).collect();
        let tempting: Vec<f64> = others.iter().map(|law| law.iter().sum()).collect();
        Self {
            walk,
            tempting: law(&tempting),
            others: others.iter().map(|others| law(others)).collect(),
        }
    }

    /// Sessions of an active day that show a tempting note, by 32 uniform bits.
    #[inline(always)]
    pub fn tempting(&self, bits: u32) -> u32 {
        self.tempting.pick(bits) as u32
    }

    /// Sessions of the same day that show none, by 32 uniform bits.
    #[inline(always)]
    pub fn others(&self, tempting: u32, bits: u32) -> u32 {
        self.others[tempting as usize].pick(bits) as u32
    }
}

/// Probability of m of n, each with probability p.
fn binomial(n: usize, m: usize, p: f64) -> f64 {
    let choose = |n: usize, m: usize| {
        let lgamma = |k: usize| math::lgamma(k as f64 + 1.0);
        math::exp(lgamma(n) - lgamma(m) - lgamma(n - m))
    };
    choose(n, m) * math::pow(p, m as f64) * math::pow(1.0 - p, (n - m) as f64)
}

/// Users who search: probability of a search after the feed, after a search, and at the start of a
/// session.
pub(super) fn searches(scenario: &Scenario) -> [f64; 3] {
    let wire = scenario.wire();
    let t = &wire.exposure.transitions;
    let [ss, fs, ff, sf] =
        [t.search_search, t.feed_search, t.feed_feed, t.search_feed].map(|share| share.get());
    let all = ss + fs + ff + sf;
    let (search, users) = ((ss + sf) / all, wire.people.search_users.get());
    // Only the feed requests of users who search can be followed by search.
    let feed_of_searchers = users - search;
    let ratio = |a: f64, b: f64| {
        if b > 0.0 {
            (a / b).clamp(0.0, 1.0)
        } else {
            0.0
        }
    };
    [
        ratio(fs / all, feed_of_searchers),
        ratio(ss, ss + sf),
        ratio(search, users),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Purpose, Root, UserId};

    /// Would catch a thinning of sessions that makes more or fewer of them: those with a tempting note
    /// and the others together are 1 + Poisson. 200,000 days; 6 standard errors, once in 10⁸ by chance.
    #[test]
    fn tempting_sessions_and_the_others_are_all_sessions() {
        const DAYS: u64 = 200_000;
        for any in [[0.0, 0.0], [0.3, 0.4], [1.0, 1.0]] {
            let browsing = Browsing::new(Walk::new([0.1, 0.9, 0.5], any, 0.4), 2.8);
            let share = browsing.walk.any();
            let (mut all, mut squares, mut tempting) = (0.0, 0.0, 0.0);
            for day in 0..DAYS {
                let person = Root::new(1).user(UserId(day));
                let word = person.stream(Purpose::named("a day"), 0).draw(0);
                let m = browsing.tempting((word >> 32) as u32);
                let n = f64::from(m) + f64::from(browsing.others(m, word as u32));
                (all, squares, tempting) = (all + n, squares + n * n, tempting + f64::from(m));
            }
            let days = DAYS as f64;
            let (mean, six) = (all / days, 6.0 * (2.8 / days).sqrt());
            assert!((mean - 3.8).abs() < six, "{mean}");
            assert!((squares / days - mean * mean - 2.8).abs() < 5.0 * six);
            assert!((tempting / days - 3.8 * share).abs() < six);
        }
    }
}
