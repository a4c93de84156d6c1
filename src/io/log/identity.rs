//! Who it was, as a number.
//!
//! A log has millions of identities, and all that is ever asked of two of them is whether they are the
//! same. So their names are not kept. A whole number, which most identities are, is its own name: it
//! is scrambled by a bijection (the finaliser of MurmurHash3), so that two different ones can never
//! meet, and so that any bits of the result deal identities out evenly. Any other name is told by 80 bits of
//! its XXH3 hash. Of a billion names, some two meet in one log of two million; where that matters,
//! number them.
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

impl Identity {
    #[inline]
    pub fn of_whole(number: i64) -> Self {
        Self {
            key: scramble(number as u64),
            check: 0,
        }
    }

    pub fn of_text(name: &str) -> Self {
        if let Some(number) = whole(name) {
            return Self::of_whole(number);
        }
        let hash = XxHash3_128::oneshot(name.as_bytes());
        Self {
            key: (hash >> 64) as u64,
            check: (hash as u16).max(1),
        }
    }

    /// The number that it is, if it is one.
    pub fn number(self) -> Option<i64> {
        (self.check == 0).then(|| unscramble(self.key) as i64)
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
    pub fn name(&self, who: Identity) -> String {
        match who.number() {
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

#[inline]
fn scramble(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(FIRST);
    x ^= x >> 33;
    x = x.wrapping_mul(SECOND);
    x ^ (x >> 33)
}

/// The factors' inverses modulo 2⁶⁴; a shift by more than half the bits undoes itself.
fn unscramble(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0x9CB4_B2F8_1293_37DB);
    x ^= x >> 33;
    x = x.wrapping_mul(0x4F74_430C_22A5_4005);
    x ^ (x >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch numbers that meet, and a number that is not the same in text.
    #[test]
    fn numbers_are_themselves() {
        let edges = [0, 1, -1, 42, i64::MIN, i64::MAX, 1 << 33, -(1 << 40)];
        for number in edges.into_iter().chain((0..1_000).map(|i| i * 7_919)) {
            let identity = Identity::of_whole(number);
            assert_eq!(identity.number(), Some(number));
            assert_eq!(Identity::of_text(&number.to_string()), identity);
        }
    }

    /// Would catch a name taken for the number that it looks like.
    #[test]
    fn names_are_not_numbers() {
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
            let identity = Identity::of_text(name);
            assert_eq!(identity.number(), None, "{name}");
            assert_eq!(identity, Identity::of_text(name));
        }
        assert_ne!(Identity::of_text("a"), Identity::of_text("b"));
    }
}
