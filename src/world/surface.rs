//! One surface, feed or search: what its requests hold ([`Requests`]), how long they last, and what
//! a tracked note is shown as.

use crate::base::{ChannelId, GuideTable, Second, TierId};
use crate::scenario::wire::{Surface, SurfaceExposure};
use crate::scenario::{Channel, Scenario};

use super::tempting::{DEEPEST, Requests};

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
    /// How many notes its requests show, and which of them tempt.
    pub requests: Requests,
    /// How long a request lasts, by its depth, in seconds, and how long on average.
    pub lasts: Vec<Second>,
    pub mean: Second,
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
        let e = &wire.engagement;
        let pace = scenario.wire().people.activity.seconds_per_note.get();
        let requests = Requests::new(wire, share);
        let depths = requests.depths.iter().enumerate();
        let mean: f64 = depths.map(|(d, p)| d as f64 * p).sum();
        Self {
            requests,
            lasts: (0..=DEEPEST)
                .map(|depth| (depth as f64 * pace) as Second)
                .collect(),
            mean: (pace * mean) as Second,
            kinds: GuideTable::new(&shares).unwrap_or_else(GuideTable::certain),
            all_kinds,
            engagements: all_at_once(
                [e.like, e.collect, e.share, e.comment, e.follow, e.ask_link].map(|p| p.get()),
            ),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
