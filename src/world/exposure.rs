//! What is shown: sessions of a day, their requests, and how feed and search follow each other.
//!
//! Most sessions show none of the scenario's notes. What is drawn of a day is the number of those
//! that do, from its law after thinning; of such a session, its tracked requests ([`Walk`]). For
//! users on the panel the others are put back, from their law given what is known.

use crate::base::{Curve, GuideTable, Stream, math};
use crate::scenario::Scenario;
use crate::scenario::wire::Surface;

use super::surface::SurfaceLaw;
use super::walk::Walk;

/// Most tracked requests in a session and most sessions in a day: addresses have room for 64.
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
    /// Sessions of a day that show a tracked note.
    tracked: GuideTable,
    /// By the number of those: distribution function of the number of the others.
    others: Vec<Vec<f64>>,
}

impl Exposure {
    pub fn new(scenario: &Scenario) -> Self {
        let wire = scenario.wire();
        let activity = &wire.people.activity;
        let surfaces = [
            SurfaceLaw::new(scenario, Surface::Feed, &wire.exposure.feed),
            SurfaceLaw::new(scenario, Surface::Search, &wire.exposure.search),
        ];
        let any_tracked = [surfaces[0].any_tracked, surfaces[1].any_tracked];
        let browsing = |search| {
            let walk = Walk::new(search, any_tracked, 1.0 / activity.requests.get());
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
        // Of n sessions m are tracked.
        let joint = |n: usize, m: usize| sessions(n) * binomial(n, m, any);
        let others = |m: usize| {
            let mut sum = 0.0;
            let weights = (m..=FEW).map(|n| {
                sum += joint(n, m);
                sum
            });
            weights.collect::<Vec<f64>>()
        };
        let others: Vec<Vec<f64>> = (0..=FEW).map(others).collect();
        let tracked: Vec<f64> = others.iter().map(|sums| sums[sums.len() - 1]).collect();
        Self {
            walk,
            tracked: GuideTable::new(&tracked).unwrap_or_else(GuideTable::certain),
            others,
        }
    }

    /// Sessions of an active day that show a tracked note, by 32 uniform bits.
    #[inline(always)]
    pub fn tracked(&self, bits: u32) -> u32 {
        self.tracked.pick(bits) as u32
    }

    /// Sessions of the same day that show none.
    pub fn others(&self, tracked: u32, draws: &mut Stream) -> usize {
        let sums = &self.others[(tracked as usize).min(FEW)];
        let target = draws.next_unit() * sums[sums.len() - 1];
        sums.partition_point(|sum| *sum <= target)
            .min(sums.len() - 1)
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
fn searches(scenario: &Scenario) -> [f64; 3] {
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

    /// Would catch a thinning of sessions that makes more or fewer of them: tracked and others
    /// together are 1 + Poisson. 200,000 days; 6 standard errors, once in 10⁸ by chance.
    #[test]
    fn tracked_sessions_and_the_others_are_all_sessions() {
        const DAYS: u64 = 200_000;
        for any in [[0.0, 0.0], [0.3, 0.4], [1.0, 1.0]] {
            let browsing = Browsing::new(Walk::new([0.1, 0.9, 0.5], any, 0.4), 2.8);
            let share = browsing.walk.any();
            let (mut all, mut squares, mut tracked) = (0.0, 0.0, 0.0);
            for day in 0..DAYS {
                let person = Root::new(1).user(UserId(day));
                let mut draws = person.stream(Purpose::named("a day"), 0);
                let m = browsing.tracked((draws.next() >> 32) as u32);
                let n = f64::from(m) + browsing.others(m, &mut draws) as f64;
                (all, squares, tracked) = (all + n, squares + n * n, tracked + f64::from(m));
            }
            let days = DAYS as f64;
            let (mean, six) = (all / days, 6.0 * (2.8 / days).sqrt());
            assert!((mean - 3.8).abs() < six, "{mean}");
            assert!((squares / days - mean * mean - 2.8).abs() < 5.0 * six);
            assert!((tracked / days - 3.8 * share).abs() < six);
        }
    }
}
