//! What is shown: requests inside a session, how many tracked notes each shows, and how likely a
//! shown note is to be opened.
//!
//! Thinning is exact. A request shows D notes; of these, Binomial(D, share) belong to the
//! scenario's merchants and become impressions; the others are only counted, and only on the
//! panel. A tracked impression then picks its channel with the channels' shares.

use crate::base::{Curve, GuideTable, QuantileTable, math};
use crate::scenario::wire::{Surface, SurfaceExposure};
use crate::scenario::Scenario;

use super::people::yes;

/// Most tracked notes in one request; the probability of more is added to this many.
const MOST: usize = 16;
/// Depths are drawn from this many equally likely quantiles.
const DEPTHS: usize = 4096;

/// One surface.
#[derive(Debug)]
pub(super) struct SurfaceLaw {
    depths: Vec<u8>,
    /// By depth: distribution function of the number of tracked notes, in units of 2⁻³².
    tracked: Vec<[u32; MOST]>,
    propensity: QuantileTable,
    skim: Vec<f32>,
    cap: f32,
    /// Channel of a tracked impression; none when the surface has no channel.
    pub channels: Option<(GuideTable, Vec<u16>)>,
    /// Engagement probabilities in units of 2⁻¹⁶: like, collect, share, comment, follow, ask.
    pub engagement: [u32; 6],
}

impl SurfaceLaw {
    fn new(scenario: &Scenario, surface: Surface, wire: &SurfaceExposure) -> Self {
        let depth = &wire.depth;
        let quantile = |i: usize| {
            let p = (i as f64 + 0.5) / DEPTHS as f64;
            let more = math::exp(
                math::ln(depth.median.get()) + depth.sigma.get() * math::normal_quantile(p),
            );
            let whole = (depth.page.get() + more + 0.5).floor();
            whole.clamp(1.0, f64::from(depth.max.min(200))) as u8
        };
        let (places, shares): (Vec<u16>, Vec<f64>) = scenario
            .channels()
            .iter()
            .enumerate()
            .filter(|(_, c)| c.surface == surface)
            .map(|(place, c)| (place as u16, c.share_of_shown))
            .unzip();
        let share: f64 = shares.iter().sum();
        let e = &wire.engagement;
        let law = &wire.propensity;
        Self {
            depths: (0..DEPTHS).map(quantile).collect(),
            tracked: (0..=200).map(|n| binomial(n, share)).collect(),
            propensity: QuantileTable::beta(12, law.a.get(), law.b.get()),
            skim: (0..=200_u32)
                .map(|d| {
                    let ratio = f64::from(d.max(1)) / law.reference.get();
                    math::pow(ratio, -law.slope.get()) as f32
                })
                .collect(),
            cap: law.cap.get() as f32,
            channels: GuideTable::new(&shares).map(|table| (table, places)),
            engagement: [e.like, e.collect, e.share, e.comment, e.follow, e.ask_link]
                .map(|p| (p.get() * 65_536.0 + 0.5) as u32),
        }
    }

    /// Notes that a request shows, by 12 uniform bits.
    #[inline(always)]
    pub fn depth(&self, bits: u32) -> u32 {
        u32::from(self.depths[bits as usize & (DEPTHS - 1)])
    }

    /// Whether any of them is tracked.
    #[inline(always)]
    pub fn any_tracked(&self, depth: u32, bits: u32) -> bool {
        bits >= self.tracked[depth as usize][0]
    }

    /// How many of them are tracked.
    #[inline(always)]
    pub fn tracked(&self, depth: u32, bits: u32) -> u32 {
        let law = &self.tracked[depth as usize];
        let mut count = 0;
        while count < MOST && bits >= law[count] {
            count += 1;
        }
        count as u32
    }

    /// Probability that a note shown in this request is opened, before appeal and trust.
    #[inline(always)]
    pub fn propensity(&self, depth: u32, bits: u32) -> f32 {
        (self.propensity.pick(bits) * self.skim[depth as usize]).min(self.cap)
    }
}

/// Distribution function of Binomial(n, p) at 0, 1, …, in units of 2⁻³².
fn binomial(n: u32, p: f64) -> [u32; MOST] {
    let (n, mut sum) = (f64::from(n), 0.0);
    std::array::from_fn(|k| {
        let k = k as f64;
        if k <= n && p < 1.0 {
            let choose = math::lgamma(n + 1.0) - math::lgamma(k + 1.0) - math::lgamma(n - k + 1.0);
            let hits = if k == 0.0 { 0.0 } else { k * math::ln(p) };
            sum += math::exp(choose + hits + (n - k) * math::ln_1p(-p));
        }
        (sum * 4_294_967_296.0).min(4_294_967_295.0) as u32
    })
}

/// Sessions and requests.
#[derive(Debug)]
pub(super) struct Exposure {
    surfaces: [SurfaceLaw; 2],
    sessions: GuideTable,
    requests: GuideTable,
    /// Users who search: probability that a session starts with search, that search follows
    /// search, that search follows the feed.
    start_search: u64,
    stay_search: u32,
    to_search: u32,
    pub seconds_per_note: f32,
    /// Share of search impressions aimed at an open need, in units of 2⁻¹⁶.
    pub search_intent: u32,
    pub ad_load: f32,
    /// Trust factor on the opening of the app.
    pub by_trust: Curve,
}

impl Exposure {
    pub fn new(scenario: &Scenario) -> Self {
        let wire = scenario.wire();
        let activity = &wire.people.activity;
        let more = activity.sessions.get() - 1.0;
        let poisson = |k: u32| {
            let k = f64::from(k);
            let power = if more > 0.0 { k * math::ln(more) } else { -1e9 * k };
            math::exp(power - more - math::lgamma(k + 1.0))
        };
        let stop = 1.0 / activity.requests.get();
        let geometric = |k: u32| stop * math::pow(1.0 - stop, f64::from(k));
        let table = |law: &dyn Fn(u32) -> f64| {
            let weights: Vec<f64> = (0..60).map(law).collect();
            GuideTable::new(&weights).unwrap_or_else(GuideTable::certain)
        };
        let t = &wire.exposure.transitions;
        let [ss, fs, ff, sf] = [t.search_search, t.feed_search, t.feed_feed, t.search_feed]
            .map(|share| share.get());
        let all = ss + fs + ff + sf;
        let (search, users) = ((ss + sf) / all, wire.people.search_users.get());
        // Only the feed requests of users who search can be followed by search.
        let feed_of_searchers = users - search;
        let lane = |p: f64| (p.clamp(0.0, 1.0) * 65_536.0 + 0.5) as u32;
        let ratio = |a: f64, b: f64| if b > 0.0 { a / b } else { 0.0 };
        let gamma = wire.behaviour.trust.sessions.get();
        Self {
            surfaces: [
                SurfaceLaw::new(scenario, Surface::Feed, &wire.exposure.feed),
                SurfaceLaw::new(scenario, Surface::Search, &wire.exposure.search),
            ],
            sessions: table(&poisson),
            requests: table(&geometric),
            start_search: yes(ratio(search, users)),
            stay_search: lane(ratio(ss, ss + sf)),
            to_search: lane(ratio(fs / all, feed_of_searchers)),
            seconds_per_note: activity.seconds_per_note.get() as f32,
            search_intent: lane(wire.exposure.search_intent.get()),
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

    /// Whether a session of a user who searches starts with search.
    #[inline(always)]
    pub fn starts_with_search(&self, bits: u32) -> bool {
        u64::from(bits) < self.start_search
    }

    /// Whether the next request of a user who searches is a search.
    #[inline(always)]
    pub fn goes_to_search(&self, searching: bool, lane: u32) -> bool {
        lane < if searching { self.stay_search } else { self.to_search }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a wrong binomial: the thinning of impressions hangs on it.
    #[test]
    fn binomial_matches_direct_multiplication() {
        let law = binomial(5, 0.3);
        let mut sum = 0.0;
        let choose = [1.0, 5.0, 10.0, 10.0, 5.0, 1.0];
        for k in 0..=5_usize {
            let p: f64 = (0..5).map(|i| if i < k { 0.3 } else { 0.7 }).product();
            sum += choose[k] * p;
            assert!((f64::from(law[k]) / 4_294_967_296.0 - sum).abs() < 1e-9);
        }
        assert_eq!(binomial(0, 0.3)[0], u32::MAX);
        assert_eq!(binomial(50, 0.0)[0], u32::MAX);
    }
}
