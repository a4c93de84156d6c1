//! What of a journey a model looks at, written as one row of numbers: its [`Pattern`].

use serde::{Deserialize, Serialize};

use super::super::distinct::Distinct;

/// In what two journeys are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Pattern {
    /// The distinct channels, in order of their number.
    Set,
    /// The channels and how often each was touched; see [`counts`].
    Bag,
    /// The channels in order of time.
    Path,
    /// The same, where touches of one channel in a row are one.
    Collapsed,
    /// The distinct channels, in order of their first touch.
    First,
}

/// Memory for making patterns, reused from one journey to the next.
#[derive(Clone, Debug, Default)]
pub struct Maker {
    distinct: Distinct,
    sorted: Vec<u16>,
    key: Vec<u16>,
}

impl Maker {
    /// The pattern of a journey that touched these channels.
    #[inline]
    pub fn of<'a>(&'a mut self, pattern: Pattern, channels: &'a [u16]) -> &'a [u16] {
        self.key.clear();
        match pattern {
            Pattern::Path => return channels,
            Pattern::First => return self.distinct.of(channels),
            Pattern::Collapsed => {
                self.key.extend_from_slice(channels);
                self.key.dedup();
            }
            Pattern::Set => self.set(channels),
            Pattern::Bag => self.bag(channels),
        }
        &self.key
    }

    fn set(&mut self, channels: &[u16]) {
        if channels.iter().all(|c| *c < 64) {
            // The usual case: a word knows which channels are there, and in which order.
            let mut there = channels.iter().fold(0_u64, |set, c| set | 1 << c);
            while there != 0 {
                self.key.push(there.trailing_zeros() as u16);
                there &= there - 1;
            }
        } else {
            self.key.extend_from_slice(self.distinct.of(channels));
            self.key.sort_unstable();
        }
    }

    fn bag(&mut self, channels: &[u16]) {
        self.sorted.clear();
        self.sorted.extend_from_slice(channels);
        self.sorted.sort_unstable();
        for run in self.sorted.chunk_by(|a, b| a == b) {
            for part in run.chunks(usize::from(u16::MAX)) {
                self.key.extend([part[0], part.len() as u16]);
            }
        }
    }
}

/// The channels of a [`Pattern::Bag`] and how often each was touched. A channel that was touched more
/// than 65,535 times comes in parts.
pub fn counts(bag: &[u16]) -> impl Iterator<Item = (u16, u16)> + '_ {
    bag.chunks_exact(2).map(|pair| (pair[0], pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a pattern that keeps what it should forget, or forgets what it should keep, below and
    /// above the 64 channels of a word.
    #[test]
    fn patterns_are_what_they_say() {
        let mut maker = Maker::default();
        for shift in [0, 100] {
            let mut of = |pattern| {
                let path = [3, 3, 1, 3, 2, 2].map(|c| c + shift);
                let bag = maker.of(pattern, &path);
                let odd = |i: usize| pattern == Pattern::Bag && i % 2 == 1;
                let plain = bag.iter().enumerate();
                plain
                    .map(|(i, c)| if odd(i) { *c } else { c - shift })
                    .collect::<Vec<_>>()
            };
            assert_eq!(of(Pattern::Set), [1, 2, 3]);
            assert_eq!(of(Pattern::Bag), [1, 1, 2, 2, 3, 3]);
            assert_eq!(of(Pattern::Path), [3, 3, 1, 3, 2, 2]);
            assert_eq!(of(Pattern::Collapsed), [3, 1, 3, 2]);
            assert_eq!(of(Pattern::First), [3, 1, 2]);
        }
        let long = vec![7; 70_000];
        let parts: Vec<_> = counts(maker.of(Pattern::Bag, &long)).collect();
        assert_eq!(parts, [(7, 65_535), (7, 4_465)]);
        assert!(maker.of(Pattern::Set, &[]).is_empty());
    }
}
