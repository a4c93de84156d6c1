//! Digests: one short word that is equal exactly when every number is.
//!
//! Not for secrecy: they guard against accidents (another thread count, another machine, a code
//! change that should have changed nothing). Floats enter by their bits.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::address::mix;
use super::merge::Merge;

/// A digest of a sequence of numbers and names, order included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

impl Digest {
    /// The digest of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(0x5EED_CA75)
    }

    /// Takes in one word.
    #[inline(always)]
    pub const fn word(&mut self, word: u64) {
        self.0 = mix(self.0.rotate_left(23) ^ word).wrapping_add(word);
    }

    /// Takes in a float, by its bits (both zeros are one).
    pub const fn float(&mut self, value: f64) {
        self.word((value + 0.0).to_bits());
    }

    /// Takes in a text.
    pub fn text(&mut self, text: &str) {
        self.word(text.len() as u64);
        for chunk in text.as_bytes().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(bytes));
        }
    }

    /// The digest so far.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A digest of a *set* of digests: any order, any grouping (sums modulo 2⁶⁴).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetDigest(u64);

impl SetDigest {
    /// Takes in one member.
    #[inline(always)]
    pub const fn add(&mut self, member: Digest) {
        self.0 = self.0.wrapping_add(mix(member.0));
    }
}

impl Merge for SetDigest {
    fn merge(&mut self, other: Self) {
        self.0 = self.0.wrapping_add(other.0);
    }
}

impl fmt::Display for SetDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::merge::merge_laws;
    use super::*;

    fn of(words: &[u64]) -> Digest {
        let mut digest = Digest::new();
        words.iter().for_each(|w| digest.word(*w));
        digest
    }

    /// Would catch a digest blind to order, to a repeated word or to where a text ends.
    #[test]
    fn tells_sequences_apart() {
        assert_ne!(of(&[1, 2]), of(&[2, 1]));
        assert_ne!(of(&[0]), of(&[0, 0]));
        let (mut a, mut b) = (Digest::new(), Digest::new());
        a.text("ab");
        a.text("c");
        b.text("a");
        b.text("bc");
        assert_ne!(a, b);
        assert_eq!(format!("{}", of(&[1])).len(), 16);
    }

    #[test]
    fn sets_obey_the_merge_laws() {
        let set = |words: &[u64]| {
            let mut set = SetDigest::default();
            words.iter().for_each(|w| set.add(of(&[*w])));
            set
        };
        merge_laws(
            &SetDigest::default(),
            &set(&[1, 2]),
            &set(&[3]),
            &set(&[9, 9]),
        );
        assert_eq!(set(&[1, 2, 3]), set(&[3, 1, 2]));
        assert_ne!(set(&[1, 1]), set(&[1]));
    }
}
