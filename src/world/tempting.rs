//! How many notes a request shows, how many of those are tracked, and how many of those tempt.
//!
//! A tracked note *tempts* if a reader of full trust opens it. A request shows D notes and has a
//! propensity P; of the notes K ~ Binomial(D, share) are tracked, and each of them tempts with
//! probability P, so J ~ Binomial(K, P). Trust enters as a factor on P that never exceeds one: a
//! tempting note is really opened with that factor as its probability, and no other note ever is.
//!
//! Only tempting notes can change a life. So they are drawn first: whether a request has any
//! ([`Requests::any`]), then its depth given that it has, then J given the depth. What else belongs
//! to the request is drawn where somebody asks, from its law given what is known: U = K − J, the
//! tracked notes that do not tempt, given D and J (or given that nothing tempts, whatever D); D
//! given U, if nothing tempts; and P given D, J and U. All of these are parts of one joint law,
//!
//! ```text
//! p(D, K, J) = p(D) · Binomial(K; D, share) · C(K, J) · E[Pᴶ (1−P)ᴷ⁻ᴶ]
//! ```
//!
//! whose expectations are found from the moments of P, so it does not matter in which order they are
//! asked for. `tests` hold it to the order of nature: D, P, K, J.

use crate::base::{GuideTable, QuantileTable, Quantiles, Stream, math};
use crate::scenario::wire::SurfaceExposure;

use super::people::halves;

/// Most tracked notes in one request; the probability of more is added to this many.
pub(super) const MOST: usize = 16;
/// Deepest request.
pub(super) const DEEPEST: usize = 200;
/// Depth is one of this many equally likely quantiles of its law.
const DEPTHS: usize = 4096;
/// How often a propensity is tried before it is looked up the long way.
const TRIES: u32 = 32;

/// Distribution function of a number of notes: the last 32 bits that mean 0, 1, ….
type Tops = [u32; MOST];

/// The laws of one surface's requests.
#[derive(Debug)]
pub(super) struct Requests {
    /// Probability that a request shows a tempting note.
    pub any: f64,
    /// Probability of each depth.
    pub depths: Vec<f64>,
    /// Depth of a request with a tempting note.
    depth: GuideTable,
    /// By depth: tempting notes beside the first.
    tempting: Vec<Tops>,
    /// By number of tempting notes less one, and depth: the other tracked notes.
    beside: Vec<Vec<Tops>>,
    /// The same of a request without a tempting note, whatever its depth.
    plain: Tops,
    /// By number of tracked notes of such a request: distribution function of its depth.
    plain_depth: Vec<Vec<f64>>,
    propensity: Quantiles,
    skim: Vec<f32>,
    cap: f32,
}

impl Requests {
    /// `share` of the notes shown are tracked.
    pub fn new(wire: &SurfaceExposure, share: f64) -> Self {
        let law = &wire.propensity;
        let skim =
            |d: usize| math::pow(d.max(1) as f64 / law.reference.get(), -law.slope.get()) as f32;
        Self::of(
            depth_law(wire),
            share,
            Quantiles::of(&QuantileTable::beta(12, law.a.get(), law.b.get())),
            (0..=DEEPEST).map(skim).collect(),
            law.cap.get() as f32,
        )
    }

    fn of(depths: Vec<f64>, share: f64, propensity: Quantiles, skim: Vec<f32>, cap: f32) -> Self {
        let moments = Moments::new(&propensity, cap);
        let none = [0.0; MOST + 1];
        let mut laws = Self {
            any: 0.0,
            depth: GuideTable::certain(),
            tempting: vec![[u32::MAX; MOST]; DEEPEST + 1],
            beside: vec![vec![[u32::MAX; MOST]; DEEPEST + 1]; MOST],
            plain: [u32::MAX; MOST],
            plain_depth: vec![vec![0.0; DEEPEST + 1]; MOST + 1],
            depths,
            propensity,
            skim,
            cap,
        };
        let (mut tempted, mut plain) = (vec![0.0; DEEPEST + 1], none);
        for (depth, p) in laws.depths.iter().enumerate().filter(|(_, p)| **p > 0.0) {
            let tracked = tracked(depth as u32, share);
            let parts = moments.at(laws.skim[depth]);
            // With j tempting notes and u others.
            let joint = |j: usize, u: usize| tracked[j + u] * choose(j + u, j) * parts[j][u];
            let row = |j: usize| {
                let mut row = none;
                (0..=MOST - j).for_each(|u| row[u] = joint(j, u));
                row
            };
            let mut with = none;
            for j in 1..=MOST {
                let others = row(j);
                with[j - 1] = others.iter().sum();
                laws.beside[j - 1][depth] = tops(&others);
            }
            laws.tempting[depth] = tops(&with);
            tempted[depth] = p * with.iter().sum::<f64>();
            for (u, none) in row(0).into_iter().enumerate() {
                plain[u] += p * none;
                laws.plain_depth[u][depth] = p * none;
            }
        }
        laws.any = tempted.iter().sum();
        // What never happens is never drawn.
        laws.depth = GuideTable::new(&tempted).unwrap_or_else(GuideTable::certain);
        laws.plain = tops(&plain);
        for law in &mut laws.plain_depth {
            let mut sum = 0.0;
            for part in law {
                sum += *part;
                *part = sum;
            }
        }
        laws
    }

    /// Notes shown by a request with a tempting note, by 16 uniform bits.
    #[inline(always)]
    pub fn depth(&self, bits: u32) -> u32 {
        self.depth.pick(bits << 16) as u32
    }

    /// How many of them tempt.
    #[inline(always)]
    pub fn tempting(&self, depth: u32, bits: u32) -> u32 {
        1 + count(&self.tempting[depth as usize], bits)
    }

    /// How many others are tracked.
    #[inline(always)]
    pub fn beside(&self, depth: u32, tempting: u32, bits: u32) -> u32 {
        count(&self.beside[tempting as usize - 1][depth as usize], bits)
    }

    /// Tracked notes of a request without a tempting one.
    #[inline(always)]
    pub fn plain(&self, bits: u32) -> u32 {
        count(&self.plain, bits)
    }

    /// The last bits that mean there are none.
    pub const fn none(&self) -> u32 {
        self.plain[0]
    }

    /// Notes shown by a request without a tempting one, of which so many are tracked.
    pub fn plain_depth(&self, tracked: u32, draws: &mut Stream) -> u32 {
        let law = &self.plain_depth[tracked as usize];
        let target = draws.next_unit() * law[DEEPEST];
        law.partition_point(|sum| *sum <= target).min(DEEPEST) as u32
    }

    /// Probability that a reader of full trust opens a note of the request, before its appeal, given
    /// how deep it is, how many of its notes tempt, and how many tracked ones do not.
    ///
    /// Drawn by rejection: each of the equally likely values of P is kept with probability
    /// Pᴶ (1−P)ᵁ, over the greatest there is. Who fails too often looks the law up instead.
    pub fn propensity(&self, depth: u32, [tempt, do_not]: [u32; 2], draws: &mut Stream) -> f32 {
        let at = |place: u64| self.propensity_at(depth, place);
        if tempt + do_not == 0 {
            return at(draws.next());
        }
        let mode = tempt as f32 / (tempt + do_not) as f32;
        let last = (1 << Quantiles::BITS) - 1;
        let mode = f64::from(mode.clamp(at(0), at(last)));
        let weight = |p: f32| {
            let p = f64::from(p);
            power(p / mode, tempt) * power((1.0 - p) / (1.0 - mode), do_not)
        };
        for _ in 0..TRIES {
            let (kept, place) = halves(draws.next());
            let p = at(place.into());
            // At a mode of one nothing else is left.
            if f64::from(kept) < weight(p) * 4_294_967_296.0 || mode >= 1.0 {
                return p;
            }
        }
        let all: f64 = (0..=last).map(|place| weight(at(place))).sum();
        let mut left = draws.next_unit() * all;
        let reached = (0..last).find(|place| {
            left -= weight(at(*place));
            left < 0.0
        });
        at(reached.unwrap_or(last))
    }

    #[inline(always)]
    fn propensity_at(&self, depth: u32, place: u64) -> f32 {
        (self.propensity.pick(place) * self.skim[depth as usize]).min(self.cap)
    }
}

/// A whole number by its distribution function. Up to three by arithmetic: how often it is more than
/// none cannot be guessed.
#[inline(always)]
fn count(tops: &Tops, bits: u32) -> u32 {
    let few: u32 = tops[..3].iter().map(|top| u32::from(bits > *top)).sum();
    if few < 3 { few } else { many(tops, bits) }
}

#[cold]
#[inline(never)]
fn many(tops: &Tops, bits: u32) -> u32 {
    tops.iter().filter(|top| bits > **top).count() as u32
}

/// The last bits that mean 0, 1, …, by the weights of 0, 1, ….
fn tops(weights: &[f64; MOST + 1]) -> Tops {
    let all: f64 = weights.iter().sum();
    let mut sum = 0.0;
    std::array::from_fn(|k| {
        sum += weights[k];
        if sum < all {
            ((sum / all * 4_294_967_296.0) as u32).saturating_sub(1)
        } else {
            u32::MAX
        }
    })
}

/// Powers of the propensity: sums over its smallest values, by how many of them and power.
struct Moments {
    sums: Vec<[f64; MOST + 1]>,
    values: Vec<f64>,
    cap: f64,
}

impl Moments {
    fn new(propensity: &Quantiles, cap: f32) -> Self {
        let values: Vec<f64> = (0..1 << Quantiles::BITS)
            .map(|place| f64::from(propensity.pick(place)))
            .collect();
        let mut sums = vec![[0.0; MOST + 1]];
        for (place, value) in values.iter().enumerate() {
            let (mut power, mut sum) = (1.0, sums[place]);
            for part in &mut sum {
                *part += power;
                power *= value;
            }
            sums.push(sum);
        }
        let cap = f64::from(cap);
        Self { sums, values, cap }
    }

    /// E[Pʲ (1−P)ᵘ] by j and u, where P = min(value · skim, cap). From E[Pʲ] by differences: with
    /// one factor 1 − P more, the expectation is less by what it has with one factor P more.
    fn at(&self, skim: f32) -> [[f64; MOST + 1]; MOST + 1] {
        let skim = f64::from(skim);
        let below = self.values.partition_point(|v| v * skim < self.cap);
        let capped = (self.values.len() - below) as f64;
        let mut parts = [[0.0; MOST + 1]; MOST + 1];
        let (mut of_skim, mut of_cap) = (1.0, 1.0);
        for (part, sum) in parts.iter_mut().zip(&self.sums[below]) {
            part[0] = (sum * of_skim + capped * of_cap) / self.values.len() as f64;
            of_skim *= skim;
            of_cap *= self.cap;
        }
        for u in 0..MOST {
            for j in 0..MOST - u {
                parts[j][u + 1] = f64::max(parts[j][u] - parts[j + 1][u], 0.0);
            }
        }
        parts
    }
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

/// Probability of 0, 1, … tracked notes of so many.
fn tracked(depth: u32, share: f64) -> [f64; MOST + 1] {
    let n = f64::from(depth);
    let mut rest = 1.0;
    std::array::from_fn(|k| {
        let k = k as f64;
        let part = if k >= n || k >= MOST as f64 {
            rest
        } else if share >= 1.0 {
            0.0
        } else {
            let ways = math::lgamma(n + 1.0) - math::lgamma(k + 1.0) - math::lgamma(n - k + 1.0);
            let hits = if k == 0.0 { 0.0 } else { k * math::ln(share) };
            math::exp(ways + hits + (n - k) * math::ln_1p(-share)).min(rest)
        };
        rest -= part;
        part
    })
}

/// Ways to choose `k` of `n`.
fn choose(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |ways, i| ways * (n - i) as f64 / (i + 1) as f64)
}

/// A whole power.
fn power(x: f64, n: u32) -> f64 {
    (0..n).fold(1.0, |power, _| power * x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Purpose, Root, UserId};

    /// Two depths, a propensity that reaches the cap at the shallow one, and shares from rare to all.
    fn laws(share: f64) -> Requests {
        let mut depths = vec![0.0; DEEPEST + 1];
        (depths[3], depths[40]) = (0.6, 0.4);
        let skim = (0..=DEEPEST).map(|d| if d < 10 { 1.6 } else { 0.7 });
        let values = Quantiles::new(|p| 0.02 + 0.6 * p * p);
        Requests::of(depths, share, values, skim.collect(), 0.9)
    }

    /// The order of nature, exactly: for each depth, tempting notes and other tracked ones, the
    /// probability of both by binomial laws, and the same times P; the mean over all values of P.
    fn nature(laws: &Requests, share: f64) -> impl Fn(u32, u32, u32) -> [f64; 2] {
        move |depth, tempting, others| {
            let all = tempting + others;
            let tracked = tracked(depth, share)[all as usize];
            let ways = choose(all as usize, tempting as usize);
            let values = 1_u64 << Quantiles::BITS;
            let mut sums = [0.0; 2];
            for place in 0..values {
                let p = f64::from(laws.propensity_at(depth, place));
                let part = tracked * ways * power(p, tempting) * power(1.0 - p, others);
                sums[0] += part / values as f64;
                sums[1] += part * p / values as f64;
            }
            sums.map(|sum| sum * laws.depths[depth as usize])
        }
    }

    /// Probability that a number is drawn.
    fn drawn(tops: &Tops, number: usize) -> f64 {
        let upto = |k: usize| {
            tops.get(k)
                .map_or(1.0, |top| (f64::from(*top) + 1.0) / 4_294_967_296.0)
        };
        upto(number) - number.checked_sub(1).map_or(0.0, upto)
    }

    /// Would catch a joint law of depth, tempting and other notes that is not that of nature: every
    /// cell of it, found from moments, against a sum over all values of P. Draws are whole numbers of
    /// 2⁻³², a cell has up to three roundings.
    #[test]
    fn what_tempts_and_what_does_not_have_the_law_of_nature() {
        for share in [0.02, 0.3, 0.95, 1.0] {
            let laws = laws(share);
            let nature = nature(&laws, share);
            let (mut any, mut all) = (0.0, 0.0);
            for depth in [3, 40] {
                let first = laws.depth.probability(depth as usize);
                for tempting in 1..=MOST {
                    let number = drawn(&laws.tempting[depth as usize], tempting - 1);
                    for others in 0..=MOST - tempting {
                        let [expected, _] = nature(depth, tempting as u32, others as u32);
                        let rest = &laws.beside[tempting - 1][depth as usize];
                        let found = laws.any * first * number * drawn(rest, others);
                        let near = (found - expected).abs() < 1e-8;
                        assert!(
                            near,
                            "{share} {depth} {tempting} {others}: {found} {expected}"
                        );
                        any += expected;
                    }
                }
                for others in 0..=MOST {
                    let [expected, _] = nature(depth, 0, others as u32);
                    let law = &laws.plain_depth[others];
                    let before = law[depth as usize - 1];
                    let of_depth = (law[depth as usize] - before) / law[DEEPEST].max(1e-300);
                    let found = (1.0 - laws.any) * drawn(&laws.plain, others) * of_depth;
                    let near = (found - expected).abs() < 1e-8;
                    assert!(near, "{share} {depth} {others}: {found} {expected}");
                    all += expected;
                }
            }
            assert!((laws.any - any).abs() < 1e-9 && (any + all - 1.0).abs() < 1e-9);
        }
    }

    /// Would catch tables that are read off by one.
    #[test]
    fn draws_follow_the_tables() {
        let laws = laws(0.3);
        for step in 0..200_000_u32 {
            let bits = step.wrapping_mul(2_654_435_769);
            let at = |tops: &Tops| tops.iter().position(|top| bits <= *top).unwrap_or(MOST) as u32;
            assert_eq!(laws.plain(bits), at(&laws.plain));
            assert_eq!(bits > laws.none(), laws.plain(bits) > 0);
            assert_eq!(laws.tempting(40, bits), 1 + at(&laws.tempting[40]));
            assert_eq!(laws.beside(40, 2, bits), at(&laws.beside[1][40]));
        }
    }

    /// Would catch propensities, or depths where nothing tempts, that forget what is known of the
    /// request. Means of 40,000 draws, some of which are looked up the long way; six standard errors
    /// of a number between 0 and 0.9, once in 10⁸ by chance.
    #[test]
    fn what_is_known_of_a_request_tells_of_the_rest() {
        const DRAWS: u64 = 40_000;
        let laws = laws(0.3);
        let nature = nature(&laws, 0.3);
        let person = Root::new(5).user(UserId(1));
        let given = [
            (0, 0),
            (1, 0),
            (0, 3),
            (1, 1),
            (3, 0),
            (2, 5),
            (9, 1),
            (0, 16),
        ];
        for ((tempting, others), place) in given.into_iter().zip(0..) {
            let mut draws = person.stream(Purpose::named("a law"), place);
            let known = [tempting, others];
            let of = |draws: &mut Stream| f64::from(laws.propensity(40, known, draws));
            let all: Vec<f64> = (0..DRAWS).map(|_| of(&mut draws)).collect();
            let mean = all.iter().sum::<f64>() / DRAWS as f64;
            let spread = all.iter().map(|p| (p - mean) * (p - mean)).sum::<f64>();
            let [weight, weighted] = nature(40, tempting, others);
            let bound = 6.0 * spread.sqrt() / DRAWS as f64 + 1e-6;
            let off = mean - weighted / weight;
            assert!(off.abs() < bound, "{known:?}: {mean} {}", weighted / weight);
            assert!(spread / (DRAWS as f64) < 0.03 && bound < 0.006);
        }
        for others in [0, 1, 4] {
            let mut draws = person.stream(Purpose::named("a depth"), others.into());
            let deep = (0..DRAWS).filter(|_| laws.plain_depth(others, &mut draws) == 40);
            let found = deep.count() as f64 / DRAWS as f64;
            let [shallow, deep] = [3, 40].map(|depth| nature(depth, 0, others)[0]);
            let expected = deep / (shallow + deep);
            let bound = 6.0 * (expected * (1.0 - expected) / DRAWS as f64).sqrt();
            assert!(
                (found - expected).abs() <= bound,
                "{others}: {found} {expected}"
            );
        }
    }
}
