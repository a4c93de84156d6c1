//! Addressed randomness: a draw is a pure function of *who, what for, which one, how many-eth*.
//!
//! A generator that is consumed makes every draw depend on all earlier ones: one more event, one
//! closed link, another thread, and the rest of the world changes. Here a draw has an address,
//!
//! ```text
//! U(seed, user, purpose, entity, k)
//! ```
//!
//! so two policies can be run on the *same people*, and any number of threads, shards or machines
//! gives the same world.
//!
//! # Algorithm
//!
//! SplitMix64 (Steele, Lea and Flood, 2014, *Fast splittable pseudorandom number generators*) with
//! the finaliser "variant 13" of Stafford. It is a counter-based generator: output `k` of the stream
//! with key `s` is `mix(s + (k+1)·γ)`, so any draw can be had without its predecessors. The key of
//! a stream is built from the address by the same finaliser:
//!
//! ```text
//! person  = mix(mix(seed + γ) + user·γ)
//! stream  = mix(person + purpose + entity·κ)      purpose = hash of its name, κ odd
//! draw k  = mix(stream + (k+1)·γ)
//! ```
//!
//! `mix` is a bijection with full avalanche, so neighbouring users, entities and seeds give
//! unrelated streams (`tests/addressing.rs` measures it). All streams walk the same cycle of 2⁶⁴
//! from different places; among 10¹¹ streams of 10 draws each some 5,000 pairs overlap somewhere,
//! between unrelated people, which no statistic of a run can see.
//!
//! The algorithm is fixed. Changing it changes every world, so values are pinned by tests.

use std::convert::Infallible;

use rand::TryRng;

use super::ids::UserId;

/// The golden-ratio increment of SplitMix64.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;
/// An odd constant apart from γ, so that entities and draws never step alike (from L'Ecuyer's
/// table of good multipliers, modulus 2⁶⁴).
const KAPPA: u64 = 0xD134_2543_DE82_EF95;

/// Stafford's variant 13 of the 64-bit finaliser: a bijection in which every input bit flips every
/// output bit with probability close to one half.
#[inline(always)]
#[must_use]
pub const fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// What a draw is for. Two purposes never share a stream.
///
/// Built from a name, so that a new purpose moves no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose(u64);

impl Purpose {
    /// The purpose of that name (FNV-1a, then mixed).
    #[must_use]
    pub const fn named(name: &str) -> Self {
        Self(name_key(name))
    }
}

/// A stable 64-bit key of a name, for addressing entities that people name (categories, channels)
/// by what they are called rather than by their place in a list.
#[must_use]
pub const fn name_key(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash: u64 = 0xCBF2_9CE4_8422_2325;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01B3);
        i += 1;
    }
    mix(hash)
}

/// The seed's place in the space of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root(u64);

impl Root {
    /// The root of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(mix(seed.wrapping_add(GAMMA)))
    }

    /// The key of one user.
    #[inline(always)]
    #[must_use]
    pub const fn user(self, user: UserId) -> Person {
        Person(mix(self.0.wrapping_add(user.0.wrapping_mul(GAMMA))))
    }

    /// A stream that belongs to no user: merchants, notes, samples of the harness itself.
    ///
    /// It hangs on the root with a constant no user number reaches through [`Root::user`].
    #[must_use]
    pub const fn common(self, purpose: Purpose, entity: u64) -> Stream {
        Person(mix(self.0 ^ KAPPA)).stream(purpose, entity)
    }
}

/// One user's place in the space of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person(u64);

impl Person {
    /// The stream for one purpose and one entity (a day, a need, an impression).
    #[inline(always)]
    #[must_use]
    pub const fn stream(self, purpose: Purpose, entity: u64) -> Stream {
        let key = self
            .0
            .wrapping_add(purpose.0)
            .wrapping_add(entity.wrapping_mul(KAPPA));
        Stream { at: mix(key) }
    }
}

/// A stream of draws. Each may be asked for by number ([`Stream::draw`]) or in turn
/// ([`Stream::next`]); it also implements `rand`'s traits, so every distribution of `rand_distr`
/// runs on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    at: u64,
}

impl Stream {
    /// The stream that hangs on a word drawn before: what there is a changing number of beneath one
    /// draw.
    #[inline(always)]
    #[must_use]
    pub const fn beneath(word: u64) -> Self {
        Self { at: word }
    }

    /// Draw number `k`, whatever was drawn before from a *fresh* stream.
    #[inline(always)]
    #[must_use]
    pub const fn draw(self, k: u64) -> u64 {
        mix(self.at.wrapping_add(k.wrapping_add(1).wrapping_mul(GAMMA)))
    }

    /// The next draw in turn.
    #[inline(always)]
    pub const fn next(&mut self) -> u64 {
        self.at = self.at.wrapping_add(GAMMA);
        mix(self.at)
    }

    /// The next draw in turn as a float in [0, 1), 53 bits.
    #[inline(always)]
    pub const fn next_unit(&mut self) -> f64 {
        unit(self.next())
    }
}

/// A whole number below `n`, by uniform bits: their share of `n`. Odds differ by less than n / 2^64.
#[inline]
#[must_use]
pub const fn below(bits: u64, n: u64) -> u64 {
    ((bits as u128 * n as u128) >> 64) as u64
}

/// A float in [0, 1) from the upper 53 bits.
#[inline(always)]
#[must_use]
pub const fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

impl TryRng for Stream {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.next() >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(8) {
            let bytes = self.next().to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch any change of the algorithm: SplitMix64's published outputs for seed 1234567.
    #[test]
    fn finaliser_is_splitmix64() {
        let mut stream = Stream { at: 1_234_567 };
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        for value in published {
            assert_eq!(stream.next(), value);
        }
    }

    /// Would catch a change of how addresses become keys.
    #[test]
    fn addresses_are_pinned() {
        let stream = Root::new(1)
            .user(UserId(2))
            .stream(Purpose::named("pin"), 3);
        assert_eq!(
            [stream.draw(0), stream.draw(1)],
            [PIN.0, PIN.1],
            "the addressing changed: every world changes with it"
        );
    }
    const PIN: (u64, u64) = (13775381396753326894, 14754970476390931759);

    /// Would catch a stream whose draws depend on how they are asked for.
    #[test]
    fn drawing_by_number_equals_drawing_in_turn() {
        let fresh = Root::new(9)
            .user(UserId(1))
            .stream(Purpose::named("turn"), 7);
        let mut turn = fresh;
        for k in 0..100 {
            assert_eq!(turn.next(), fresh.draw(k));
        }
    }

    /// Would catch a common stream that coincides with some early user's.
    #[test]
    fn common_streams_are_nobodys() {
        let root = Root::new(5);
        let purpose = Purpose::named("x");
        let common = root.common(purpose, 0);
        assert!((0..100_000).all(|u| root.user(UserId(u)).stream(purpose, 0) != common));
    }
}
