//! One surface, feed or search: how many notes a request shows, how many of them are tracked, and
//! how likely a shown note is to be opened.
//!
//! Thinning is exact. A request shows D notes, of which K ~ Binomial(D, share) belong to the
//! scenario's merchants. Two requests of three show none (K = 0) and nothing but the panel ever
//! asks how deep those were. So the first thing drawn about a request is whether K ≥ 1, with the
//! probability that this has over all depths; D is then drawn from its law *given* K ≥ 1 (or, on
//! the panel, given K = 0), and K from its law given D and K ≥ 1. The joint law of D and K is the
//! same as if D had been drawn first.

use crate::base::{ChannelId, GuideTable, QuantileTable, Quantiles, Second, TierId, math};
use crate::scenario::wire::{Surface, SurfaceExposure};
use crate::scenario::{Channel, Scenario};

/// Most tracked notes in one request; the probability of more is added to this many.
pub(super) const MOST: usize = 16;
/// Deepest request.
const DEEPEST: usize = 200;
/// Depth is one of this many equally likely quantiles of its law.
const DEPTHS: usize = 4096;

/// What a tracked note is shown as: channel and tier, and what it is aimed at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub channel: ChannelId,
    pub tier: TierId,
    /// Tiers that the channel shows, as bits.
    tiers: u32,
    /// What 16 bits say about the aim: below the first an open need and the favourite merchant;
    /// below the second the user's interests and the favourite; below the third an open need; below
    /// the last the user's interests. Above, the market at large.
    aims: [u32; 4],
}

/// What a note is aimed at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Aim {
    /// An open need, if there is one; else the user's interests.
    pub at_need: bool,
    /// The user's interests, not the market at large.
    pub by_interest: bool,
    /// Shows the merchant that the user likes best.
    pub favourite: bool,
}

impl Kind {
    fn new((place, channel): (usize, &Channel), tier: usize, need: f64, favourites: f64) -> Self {
        let interest = (1.0 - need) * channel.targeting;
        let aimed = need + interest;
        let favourite = aimed * favourites;
        let used = channel.tiers.iter().enumerate();
        Self {
            channel: ChannelId(place as u16),
            tier: TierId(tier as u8),
            tiers: used.fold(0, |all, (t, weight)| all | u32::from(*weight > 0.0) << t),
            aims: [
                need * favourites,
                favourite,
                favourite + need * (1.0 - favourites),
                aimed,
            ]
            .map(|p| (p.clamp(0.0, 1.0) * 65_536.0 + 0.5) as u32),
        }
    }

    /// What is shown to a user whose taste is for a tier, by 16 uniform bits. A channel shows only
    /// merchants of tiers that use it.
    #[inline(always)]
    pub fn shown(&self, bits: u32, taste: TierId) -> Impression {
        let favourite = self.favourite(bits, taste);
        // Whose taste it meets is a coin that cannot be guessed.
        let all = u8::from(favourite).wrapping_neg();
        Impression {
            channel: self.channel,
            tier: TierId(self.tier.0 ^ (self.tier.0 ^ taste.0) & all),
        }
    }

    #[inline(always)]
    const fn favourite(&self, bits: u32, taste: TierId) -> bool {
        (bits < self.aims[1]) & (self.tiers >> taste.0 & 1 == 1)
    }

    /// What the note is aimed at, by the same bits.
    #[inline(always)]
    pub fn aim(&self, bits: u32, taste: TierId) -> Aim {
        let [need_favourite, favourite, need, aimed] = self.aims;
        Aim {
            at_need: (bits < need_favourite) | ((bits >= favourite) & (bits < need)),
            by_interest: bits < aimed,
            favourite: self.favourite(bits, taste),
        }
    }
}

/// A note shown: its channel and its tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Impression {
    pub channel: ChannelId,
    pub tier: TierId,
}

/// One surface.
#[derive(Debug)]
pub(super) struct SurfaceLaw {
    /// Probability that a request shows any tracked note.
    pub any_tracked: f64,
    /// Depth of a request without tracked notes, and of one with.
    depths: [GuideTable; 2],
    /// By depth: distribution function of the number of tracked notes given that there are any, at
    /// 1, 2, …, in units of 2⁻³².
    counts: Vec<[u32; MOST]>,
    /// How long a request lasts, by its depth, in seconds, and how long on average.
    pub lasts: Vec<Second>,
    pub mean: Second,
    propensity: Quantiles,
    skim: Vec<f32>,
    cap: f32,
    /// Channel and tier of a tracked note, and all of them in order.
    kinds: GuideTable,
    all_kinds: Vec<Kind>,
    /// Everything that a reader does with a note, as bits: like, collect, share, comment, follow, ask.
    engagements: GuideTable,
}

impl SurfaceLaw {
    pub fn new(scenario: &Scenario, surface: Surface, wire: &SurfaceExposure) -> Self {
        let (wire_tiers, exposure) = (&scenario.wire().tiers, &scenario.wire().exposure);
        let popularity: Vec<f64> = wire_tiers.iter().map(|t| t.popularity.get()).collect();
        let (mut shares, mut all_kinds) = (Vec::new(), Vec::new());
        for (place, channel) in scenario.channels().iter().enumerate() {
            // Channels of the other surface have weight zero here, which moves nothing.
            let here = f64::from(u8::from(channel.surface == surface));
            let reach = popularity.iter().zip(&channel.tiers).map(|(p, w)| p * w);
            // A channel that no tier uses is never shown: the check has seen to it.
            let total: f64 = reach.clone().sum::<f64>().max(f64::MIN_POSITIVE);
            let need = match surface {
                Surface::Feed => channel.retargeting,
                Surface::Search => exposure.search_intent.get(),
            };
            for (tier, reach) in reach.enumerate() {
                shares.push(here * channel.share_of_shown * reach / total);
                all_kinds.push(Kind::new(
                    (place, channel),
                    tier,
                    need,
                    exposure.favourites.get(),
                ));
            }
        }
        let share: f64 = shares.iter().sum();
        let depths = depth_law(wire);
        let e = &wire.engagement;
        let law = &wire.propensity;
        let pace = scenario.wire().people.activity.seconds_per_note.get();
        Self {
            any_tracked: any_tracked(&depths, share),
            depths: [false, true].map(|tracked| depths_given(&depths, share, tracked)),
            counts: (0..=DEEPEST)
                .map(|depth| counts_given_any(depth as u32, share))
                .collect(),
            lasts: (0..=DEEPEST)
                .map(|depth| (depth as f64 * pace) as Second)
                .collect(),
            mean: (pace
                * depths
                    .iter()
                    .enumerate()
                    .map(|(d, p)| d as f64 * p)
                    .sum::<f64>()) as Second,
            propensity: Quantiles::of(&QuantileTable::beta(12, law.a.get(), law.b.get())),
            skim: (0..=DEEPEST)
                .map(|d| math::pow(d.max(1) as f64 / law.reference.get(), -law.slope.get()) as f32)
                .collect(),
            cap: law.cap.get() as f32,
            kinds: GuideTable::new(&shares).unwrap_or_else(GuideTable::certain),
            all_kinds,
            engagements: all_at_once(
                [e.like, e.collect, e.share, e.comment, e.follow, e.ask_link].map(|p| p.get()),
            ),
        }
    }

    /// Notes that a request shows, given whether any is tracked, by 16 uniform bits.
    #[inline(always)]
    pub fn depth(&self, any_tracked: bool, bits: u32) -> u32 {
        self.depths[usize::from(any_tracked)].pick(bits << 16) as u32
    }

    /// How many of them are tracked, given that any is.
    #[inline(always)]
    pub fn tracked(&self, depth: u32, bits: u32) -> u32 {
        let law = &self.counts[depth as usize];
        // Up to four by arithmetic: how often it is more than one cannot be guessed.
        let few: u32 = law[..3].iter().map(|upper| u32::from(bits >= *upper)).sum();
        if few < 3 {
            1 + few
        } else {
            Self::many(law, bits)
        }
    }

    #[cold]
    fn many(law: &[u32; MOST], bits: u32) -> u32 {
        1 + law[..MOST - 1]
            .iter()
            .filter(|upper| bits >= **upper)
            .count() as u32
    }

    /// Probability that a note shown in this request is opened, before appeal and trust, by 12
    /// uniform bits.
    #[inline(always)]
    pub fn propensity(&self, depth: u32, bits: u64) -> f32 {
        (self.propensity.pick(bits) * self.skim[depth as usize]).min(self.cap)
    }

    /// What a reader does with a note, as bits in the order of their counters, by 32 uniform bits.
    #[inline(always)]
    pub fn engaged(&self, bits: u32) -> u8 {
        self.engagements.pick(bits) as u8
    }

    /// What a tracked note is shown as, by 32 uniform bits: its place among all kinds. A surface
    /// without channels shows none.
    #[inline(always)]
    pub fn kind(&self, bits: u32) -> &Kind {
        &self.all_kinds[self.kinds.pick(bits)]
    }
}

/// Independent events of these probabilities, all at once: outcome `i` is that those happen whose bits
/// are set in `i`. Mostly none does, so one draw and one look tell of all.
fn all_at_once(probabilities: [f64; 6]) -> GuideTable {
    let happens = |set: usize| {
        let each = probabilities.iter().enumerate();
        each.map(|(place, p)| if set >> place & 1 == 1 { *p } else { 1.0 - p })
            .product::<f64>()
    };
    let weights: Vec<f64> = (0..1 << probabilities.len()).map(happens).collect();
    // Probabilities leave some set possible.
    GuideTable::new(&weights).unwrap_or_else(GuideTable::certain)
}

/// Probability of each depth.
fn depth_law(wire: &SurfaceExposure) -> Vec<f64> {
    let depth = &wire.depth;
    let mut law = vec![0.0; DEEPEST + 1];
    for i in 0..DEPTHS {
        let normal = math::normal_quantile((i as f64 + 0.5) / DEPTHS as f64);
        let more = math::exp(math::ln(depth.median.get()) + depth.sigma.get() * normal);
        let whole = (depth.page.get() + more + 0.5).floor();
        let most = f64::from(depth.max).min(DEEPEST as f64);
        law[whole.clamp(1.0, most) as usize] += 1.0 / DEPTHS as f64;
    }
    law
}

/// Probability that none of `depth` notes is tracked.
fn none_tracked(depth: usize, share: f64) -> f64 {
    math::pow(1.0 - share, depth as f64)
}

fn any_tracked(depths: &[f64], share: f64) -> f64 {
    let any = |(depth, p): (usize, &f64)| p * (1.0 - none_tracked(depth, share));
    depths.iter().enumerate().map(any).sum()
}

/// The law of depth given whether any note is tracked.
fn depths_given(depths: &[f64], share: f64, any: bool) -> GuideTable {
    let weight = |(depth, p): (usize, &f64)| {
        let none = none_tracked(depth, share);
        p * if any { 1.0 - none } else { none }
    };
    let weights: Vec<f64> = depths.iter().enumerate().map(weight).collect();
    // What never happens is never drawn.
    GuideTable::new(&weights).unwrap_or_else(GuideTable::certain)
}

/// Distribution function of the number of tracked notes given that there are any, at 1, 2, ….
fn counts_given_any(depth: u32, share: f64) -> [u32; MOST] {
    let below = binomial(depth, share);
    let any = (1.0 - below[0]).max(f64::MIN_POSITIVE);
    std::array::from_fn(|k| {
        let upper = below.get(k + 1).map_or(1.0, |sum| (sum - below[0]) / any);
        (upper * 4_294_967_296.0).clamp(0.0, 4_294_967_295.0) as u32
    })
}

/// Distribution function of Binomial(n, p) at 0, 1, ….
fn binomial(n: u32, p: f64) -> [f64; MOST] {
    let (n, mut sum) = (f64::from(n), 0.0);
    std::array::from_fn(|k| {
        let k = k as f64;
        if k <= n && p < 1.0 {
            let choose = math::lgamma(n + 1.0) - math::lgamma(k + 1.0) - math::lgamma(n - k + 1.0);
            let hits = if k == 0.0 { 0.0 } else { k * math::ln(p) };
            sum += math::exp(choose + hits + (n - k) * math::ln_1p(-p));
        }
        if k >= n { 1.0 } else { f64::min(sum, 1.0) }
    })
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
            assert!((law[k] - sum).abs() < 1e-9);
        }
        assert_eq!(binomial(0, 0.3)[0], 1.0);
        assert_eq!(binomial(50, 0.0)[0], 1.0);
    }

    /// Would catch engagements that are not independent, or each with another's probability.
    #[test]
    fn engagements_happen_independently() {
        let probabilities = [0.5, 0.04, 1.0, 0.0, 0.25, 1e-3];
        let table = all_at_once(probabilities);
        let both = |a: usize, b: usize| {
            let sets = (0..64).filter(|set| set >> a & 1 == 1 && set >> b & 1 == 1);
            sets.map(|set| table.probability(set)).sum::<f64>()
        };
        for (a, p) in probabilities.iter().enumerate() {
            assert!((both(a, a) - p).abs() < 1e-7);
            for (b, q) in probabilities.iter().enumerate().skip(a + 1) {
                assert!((both(a, b) - p * q).abs() < 1e-7);
            }
        }
    }

    /// Would catch conditional laws of depth that are not those of one joint law.
    #[test]
    fn depths_with_and_without_tracked_notes_sum_to_all_depths() {
        let mut depths = vec![0.0; 60];
        (depths[7], depths[8], depths[30], depths[55]) = (0.5, 0.2, 0.2, 0.1);
        for share in [0.0, 1e-4, 0.02, 0.9, 1.0] {
            let any = any_tracked(&depths, share);
            let [without, with] = [false, true].map(|any| depths_given(&depths, share, any));
            for (depth, p) in depths.iter().enumerate() {
                let part = |law: &GuideTable, weight: f64| {
                    if weight > 1e-12 {
                        weight * law.probability(depth)
                    } else {
                        0.0
                    }
                };
                let sum = part(&with, any) + part(&without, 1.0 - any);
                assert!(
                    (sum - p).abs() < 1e-8,
                    "share {share}, depth {depth}: {sum} {p}"
                );
            }
        }
    }

    /// Would catch a count that is not binomial once "any" is put together with "how many".
    #[test]
    fn counts_given_any_are_those_of_the_binomial() {
        for (depth, share) in [(1, 0.3), (7, 0.02), (120, 0.02), (40, 0.1)] {
            let (below, given) = (binomial(depth, share), counts_given_any(depth, share));
            for k in 1..MOST {
                let upper = f64::from(given[k - 1]) / 4_294_967_296.0;
                let sum = below[0] + (1.0 - below[0]) * upper;
                assert!((sum - below[k]).abs() < 1e-9, "{depth} {share} {k}");
            }
        }
    }
}
