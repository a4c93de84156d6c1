//! A row in one word, where that holds it: most logs number their users, and most of them span months.
//!
//! ```text
//! bits of the key behind those of its partition | time since the run's first | said 4 | channel
//! ```
//!
//! Every run has as many bits for each as its rows take. It is memory that this saves, and what is not
//! touched need not be brought in: half of what rows in two words take.

use super::super::row::{LOW, Narrow, PAYLOAD_LOW};

/// Where everything stands in the word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packing {
    /// Bits of the partition, which the key begins with.
    bits: u32,
    /// Those that the rest of the key takes.
    key: u64,
    channel: u32,
    /// Time of the first row, from where narrow rows count.
    first: u64,
}

impl Packing {
    /// For keys of so many bits at most, times since `first`, and all bits that low halves may have.
    /// None if rows do not fit.
    pub fn new(width: u32, bits: u32, (first, last): (u64, u64), lows: u32) -> Option<Self> {
        let key = width.saturating_sub(bits);
        let channel = (lows & PAYLOAD_LOW).checked_ilog2().map_or(0, |n| n + 1);
        let time = (last - first).checked_ilog2().map_or(0, |n| n + 1);
        let fits = key + time + 4 + channel <= 64;
        fits.then(|| Self {
            bits,
            key: if key == 0 { 0 } else { u64::MAX << (64 - key) },
            channel,
            first,
        })
    }

    #[inline]
    pub fn pack(&self, [key, last]: &Narrow) -> u64 {
        let since = (last >> LOW) - self.first;
        let said = last >> 14 & 0xF;
        let channel = last & u64::from(PAYLOAD_LOW);
        key << self.bits | (since << 4 | said) << self.channel | channel
    }

    /// The row again. Narrow rows count from where they did.
    #[inline]
    pub fn unpack(&self, packed: u64, partition: usize) -> Narrow {
        let key = (partition as u64) << 1 << (63 - self.bits) | (packed & self.key) >> self.bits;
        let rest = (packed & !self.key) >> self.channel;
        let channel = packed & !(u64::MAX << self.channel);
        let since = (rest >> 4) + self.first;
        [key, since << LOW | (rest & 0xF) << 14 | channel]
    }

    /// The key, without the bits of its partition, which are shifted out.
    #[inline]
    pub fn key(&self, packed: u64) -> u64 {
        packed & self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::log::identity::Scramble;
    use crate::io::log::row::{conversion_low, narrow, touch_low};
    use crate::io::log::runs::pending::partition;
    use crate::journey::TouchKind;

    /// Would catch a field that spills into its neighbour, at any width that just fits.
    #[test]
    fn rows_come_back() {
        let mut fitted = 0;
        for (width, bits) in [
            (1, 0),
            (5, 0),
            (3, 5),
            (23, 11),
            (32, 14),
            (64, 14),
            (64, 0),
        ] {
            let scramble = Scramble::new(width);
            for channel in [0, 1, 15, 16, 1_023] {
                let touch = touch_low(channel, TouchKind::Click);
                for span in (0..46).map(|n| (1_u64 << n) - 1) {
                    let lows = touch | conversion_low(true);
                    let Some(packing) = Packing::new(width, bits, (77, 77 + span), lows) else {
                        continue;
                    };
                    fitted += 1;
                    for number in [0, 1, (1_u64 << (width - 1)) as i64] {
                        let key = scramble.key(number);
                        for since in [77, 77 + span / 2, 77 + span] {
                            for low in [touch, conversion_low(false), conversion_low(true)] {
                                let row = narrow(key, since, low);
                                let packed = packing.pack(&row);
                                assert_eq!(packing.unpack(packed, partition(key, bits)), row);
                                assert_eq!(packing.key(packed), key << bits);
                            }
                        }
                    }
                }
            }
        }
        assert!(fitted > 500, "{fitted}");
        assert!(Packing::new(64, 11, (0, 1 << 41), 0).is_none());
    }
}
