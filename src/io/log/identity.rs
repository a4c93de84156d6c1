//! Who it was, as a number.
//!
//! A log has millions of identities, and all that is ever asked of two of them is whether they are the
//! same. So their names are not kept. A whole number, which most identities are, is its own name: it
//! is scrambled by a bijection (two multiplications and three shifts, after the finaliser of
//! MurmurHash3), so that two different ones can never meet, and so that any bits of the result deal
//! identities out evenly. Where files tell how large numbers get, the bijection is of so many bits, and
//! rows are the smaller for it. Any other name is told by 80 bits of its XXH3 hash. Of a billion names,
//! some two meet in one log of two million; where that matters, number them.
//!
//! `42` in a text file and the number 42 in a Parquet file are one identity; `042` is another.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use twox_hash::XxHash3_128;

/// An identity. The check is zero for whole numbers and for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    pub key: u64,
    pub check: u16,
}

/// How identities are told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scramble {
    width: u32,
}

impl Scramble {
    /// For whole numbers of so many bits, from 1 to 64, or fewer. Larger ones are told as other names are.
    pub fn new(width: u32) -> Self {
        Self { width }
    }

    /// Bits at the top of the keys of whole numbers in which these differ.
    pub fn width(self) -> u32 {
        self.width
    }

    /// Whether whole numbers, all bits of which are in `bits`, are as wide as expected at most.
    #[inline]
    pub fn fits(self, bits: i64) -> bool {
        bits as u64 >> 1 >> (self.width - 1) == 0
    }

    /// The key of a whole number that fits.
    #[inline]
    pub fn key(self, number: i64) -> u64 {
        let (mask, half) = self.halves();
        let mut x = number as u64;
        x ^= x >> half;
        x = x.wrapping_mul(FIRST) & mask;
        x ^= x >> half;
        x = x.wrapping_mul(SECOND) & mask;
        (x ^ (x >> half)) << (64 - self.width)
    }

    /// The factors' inverses modulo 2⁶⁴, and so modulo any lower power of two; a shift by more than half
    /// the bits undoes itself.
    fn unscramble(self, key: u64) -> u64 {
        let (mask, half) = self.halves();
        let mut x = key >> (64 - self.width);
        x ^= x >> half;
        x = x.wrapping_mul(0x9CB4_B2F8_1293_37DB) & mask;
        x ^= x >> half;
        x = x.wrapping_mul(0x4F74_430C_22A5_4005) & mask;
        x ^ (x >> half)
    }

    fn halves(self) -> (u64, u32) {
        (u64::MAX >> (64 - self.width), self.width / 2 + 1)
    }

    pub fn whole(self, number: i64) -> Identity {
        if self.fits(number) {
            let key = self.key(number);
            Identity { key, check: 0 }
        } else {
            hashed(&number.to_string())
        }
    }

    pub fn text(self, name: &str) -> Identity {
        whole(name).map_or_else(|| hashed(name), |number| self.whole(number))
    }

    /// The number that an identity is, if it is one that fits.
    pub fn number(self, who: Identity) -> Option<i64> {
        (who.check == 0).then(|| self.unscramble(who.key) as i64)
    }
}

/// A name by its hash.
pub(super) fn hashed(name: &str) -> Identity {
    let hash = XxHash3_128::oneshot(name.as_bytes());
    Identity {
        key: (hash >> 64) as u64,
        check: (hash as u16).max(1),
    }
}

/// The number that is written just so.
fn whole(name: &str) -> Option<i64> {
    let digits = name.strip_prefix('-').unwrap_or(name).as_bytes();
    let plain = match digits {
        [b'0'] => name.len() == 1,
        [b'1'..=b'9', rest @ ..] => rest.len() < 19 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if plain { name.parse().ok() } else { None }
}

/// Names of identities, kept only for who asks for credit by journey.
#[derive(Debug, Default)]
pub(super) struct People(Mutex<HashMap<Identity, Box<str>>>);

impl People {
    /// Remembers a name, and says how many bytes that took. A number is not forgotten anyway.
    pub fn remember(&self, who: Identity, name: &str) -> usize {
        if who.check == 0 {
            return 0;
        }
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match names.entry(who) {
            Entry::Occupied(_) => 0,
            // The table is between half and nearly full; the allocator rounds up.
            Entry::Vacant(place) => 64 + place.insert(name.into()).len(),
        }
    }

    /// The name of one that was remembered.
    pub fn name(&self, who: Identity, scramble: Scramble) -> String {
        match scramble.number(who) {
            Some(number) => number.to_string(),
            None => {
                let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                names
                    .get(&who)
                    .map(|name| name.to_string())
                    .unwrap_or_default()
            }
        }
    }
}

const FIRST: u64 = 0xFF51_AFD7_ED55_8CCD;
const SECOND: u64 = 0xC4CE_B9FE_1A85_EC53;

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch numbers that meet, of any width, and a number that is not the same in text.
    #[test]
    fn numbers_are_themselves() {
        let edges = [0, 1, -1, 42, i64::MIN, i64::MAX, 1 << 33, -(1 << 40)];
        for width in 1..=64 {
            let scramble = Scramble::new(width);
            for number in edges.into_iter().chain((0..1_000).map(|i| i * 7_919)) {
                let who = scramble.whole(number);
                let fits = width == 64 || (0..1 << width).contains(&i128::from(number));
                assert_eq!(scramble.fits(number), fits, "{width} {number}");
                assert_eq!(scramble.number(who), fits.then_some(number), "{width}");
                assert_eq!(scramble.text(&number.to_string()), who);
                assert!(!fits || who.key << 1 << (width - 1) == 0);
            }
        }
    }

    /// Would catch numbers in a row that crowd into few partitions.
    #[test]
    fn numbers_are_dealt_evenly() {
        for width in [12, 17, 23, 40, 64] {
            let mut counts = [0; 64];
            for number in 0..1 << 12 {
                counts[(Scramble::new(width).key(number) >> 58) as usize] += 1;
            }
            assert!(
                counts.iter().all(|n| (32..=128).contains(n)),
                "{width} {counts:?}"
            );
        }
    }

    /// Would catch a name taken for the number that it looks like.
    #[test]
    fn names_are_not_numbers() {
        let scramble = Scramble::new(64);
        for name in [
            "042",
            "-0",
            "+1",
            "",
            "-",
            "1e3",
            "99999999999999999999",
            "４",
            "a",
        ] {
            let identity = scramble.text(name);
            assert_eq!(scramble.number(identity), None, "{name}");
            assert_eq!(identity, scramble.text(name));
        }
        assert_ne!(scramble.text("a"), scramble.text("b"));
    }
}
