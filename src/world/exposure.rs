//! What is shown: sessions, their requests, and how feed and search follow each other.
//!
//! Of a request one draw of 16 bits says two things at once: on which surface it is, and whether it
//! shows any tracked note ([`Walk`]). The intervals of the draw are laid out from both ends, search
//! from below and feed from above, the tracked part outermost:
//!
//! ```text
//! 0 ── search, tracked ──┬── search ──┬── feed ──┬── feed, tracked ── 2¹⁶
//! ```
//!
//! so that more tracked notes (a channel added, a share raised) turn untracked requests into
//! tracked ones and move nothing else.

use crate::base::{Curve, GuideTable, math};
use crate::scenario::Scenario;
use crate::scenario::wire::Surface;

use super::surface::SurfaceLaw;

/// Most requests in a session and most sessions in a day: addresses have room for 64.
pub(super) const FEW: usize = 60;

/// Where a user stands before a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// At the start of a session.
    Start,
    /// After a request to the feed.
    Feed,
    /// After a search.
    Search,
}

/// What 16 bits mean for the next request.
#[derive(Clone, Copy, Debug)]
struct Step {
    search_tracked: u32,
    search: u32,
    untracked: u32,
}

impl Step {
    /// The next request is a search with probability `search`.
    fn new(search: f64, any_tracked: [f64; 2]) -> Self {
        let lane = |p: f64| (p.clamp(0.0, 1.0) * 65_536.0 + 0.5) as u32;
        let [in_feed, in_search] = any_tracked;
        Self {
            search_tracked: lane(search * in_search),
            search: lane(search),
            untracked: lane(1.0 - (1.0 - search) * in_feed),
        }
    }
}

/// How the requests of a session follow each other.
#[derive(Debug)]
pub(super) struct Walk {
    steps: [Step; 3],
}

impl Walk {
    /// Whether the next request is a search and whether it shows any tracked note, by 16 bits.
    #[inline(always)]
    pub fn step(&self, before: Before, bits: u32) -> (bool, bool) {
        let step = &self.steps[before as usize];
        let tracked = (bits < step.search_tracked) | (bits >= step.untracked);
        (bits < step.search, tracked)
    }
}

impl Before {
    /// Before the request that follows one to this surface.
    #[inline(always)]
    pub const fn after(search: bool) -> Self {
        if search { Self::Search } else { Self::Feed }
    }
}

/// Sessions and requests.
#[derive(Debug)]
pub(super) struct Exposure {
    surfaces: [SurfaceLaw; 2],
    sessions: GuideTable,
    requests: GuideTable,
    /// Of users who never search, and of those who do.
    walks: [Walk; 2],
    /// Share of search impressions aimed at an open need, in units of 2⁻¹⁶.
    pub search_intent: u32,
    /// Share of aimed impressions of the user's favourite merchant, in units of 2⁻¹⁶.
    pub favourites: u32,
    pub ad_load: f32,
    /// Trust factor on the opening of the app, at most 1.
    pub by_trust: Curve,
}

impl Exposure {
    pub fn new(scenario: &Scenario) -> Self {
        let wire = scenario.wire();
        let activity = &wire.people.activity;
        let more = activity.sessions.get() - 1.0;
        let poisson = |k: u32| {
            let k = f64::from(k);
            let power = if more > 0.0 {
                k * math::ln(more)
            } else {
                -1e9 * k
            };
            math::exp(power - more - math::lgamma(k + 1.0))
        };
        let stop = 1.0 / activity.requests.get();
        let geometric = |k: u32| stop * math::pow(1.0 - stop, f64::from(k));
        let table = |law: &dyn Fn(u32) -> f64| {
            let weights: Vec<f64> = (0..FEW as u32).map(law).collect();
            GuideTable::new(&weights).unwrap_or_else(GuideTable::certain)
        };
        let gamma = wire.behaviour.trust.sessions.get();
        let surfaces = [
            SurfaceLaw::new(scenario, Surface::Feed, &wire.exposure.feed),
            SurfaceLaw::new(scenario, Surface::Search, &wire.exposure.search),
        ];
        let any_tracked = [surfaces[0].any_tracked, surfaces[1].any_tracked];
        let walk = |searches: [f64; 3]| Walk {
            steps: searches.map(|search| Step::new(search, any_tracked)),
        };
        Self {
            walks: [walk([0.0; 3]), walk(searches(scenario))],
            surfaces,
            sessions: table(&poisson),
            requests: table(&geometric),
            search_intent: (wire.exposure.search_intent.get() * 65_536.0 + 0.5) as u32,
            favourites: (wire.exposure.favourites.get() * 65_536.0 + 0.5) as u32,
            ad_load: wire.exposure.ad_load.get() as f32,
            by_trust: Curve::new(1.0, 256, |trust| math::exp(gamma * (trust - 1.0))),
        }
    }

    /// The law of a surface: feed or search.
    #[inline(always)]
    pub fn surface(&self, search: bool) -> &SurfaceLaw {
        &self.surfaces[usize::from(search)]
    }

    /// Sessions on an active day.
    #[inline(always)]
    pub fn sessions(&self, bits: u32) -> u32 {
        1 + self.sessions.pick(bits) as u32
    }

    /// Requests in a session.
    #[inline(always)]
    pub fn requests(&self, bits: u32) -> u32 {
        1 + self.requests.pick(bits) as u32
    }

    /// How requests follow each other for a user who searches, or one who never does.
    #[inline(always)]
    pub fn walk(&self, searches: bool) -> &Walk {
        &self.walks[usize::from(searches)]
    }
}

/// Users who search: probability that a session starts with search, that search follows the feed,
/// that search follows search.
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
        ratio(search, users),
        ratio(fs / all, feed_of_searchers),
        ratio(ss, ss + sf),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch intervals of the joint draw that overlap or are taken from the wrong end: the
    /// transitions between surfaces and the share of tracked requests both hang on them.
    #[test]
    fn one_draw_gives_both_surface_and_tracking() {
        let any = [0.27, 0.41];
        let searches = [0.54, 0.09, 0.92];
        let walk = Walk {
            steps: searches.map(|search| Step::new(search, any)),
        };
        let places = [Before::Start, Before::Feed, Before::Search];
        for (before, search) in places.into_iter().zip(searches) {
            let mut counts = [[0.0; 2]; 2];
            for bits in 0..65_536 {
                let (search, tracked) = walk.step(before, bits);
                counts[usize::from(search)][usize::from(tracked)] += 1.0 / 65_536.0;
            }
            let near = |count: f64, p: f64| assert!((count - p).abs() < 2e-5, "{count} {p}");
            near(counts[1][1], search * any[1]);
            near(counts[1][0], search * (1.0 - any[1]));
            near(counts[0][1], (1.0 - search) * any[0]);
            near(counts[0][0], (1.0 - search) * (1.0 - any[0]));
        }
    }

    /// Would catch a layout in which more tracking moves anybody between feed and search, or takes
    /// a tracked request away.
    #[test]
    fn more_tracking_only_adds() {
        let few = Walk {
            steps: [Step::new(0.3, [0.1, 0.2]); 3],
        };
        let more = Walk {
            steps: [Step::new(0.3, [0.4, 0.2]); 3],
        };
        for bits in 0..65_536 {
            let (a, b) = (few.step(Before::Feed, bits), more.step(Before::Feed, bits));
            assert!(a.0 == b.0 && a.1 <= b.1);
        }
    }
}
