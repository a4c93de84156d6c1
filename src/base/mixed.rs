//! A hasher of numbers.

use std::hash::{BuildHasherDefault, Hasher};

use super::address::mix;

/// Hashes numbers by mixing them: the keys are not anybody's to choose collisions with, and the result
/// does not depend on the order of a map.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mixed(u64);

/// Makes such hashers, for a map.
pub type ByMixing = BuildHasherDefault<Mixed>;

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.0 = mix(self.0 ^ word);
    }
}
