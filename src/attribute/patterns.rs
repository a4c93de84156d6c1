//! What journeys looked like, and how those that looked alike ended.
//!
//! Many models need no journey, only how often journeys *of a kind* ended in what: with this set of
//! channels, along this path. So the state they share is a table from a [`Pattern`] to exact sums:
//! conversions, nulls and value, group by group. It is as large as journeys differ, not as there are
//! journeys; a fit then works on the table.
//!
//! # Bounded
//!
//! Journeys can differ without end. A table of more than [`MOST_PATTERNS`] patterns, or of more than
//! [`MOST_TOUCHES`] touches in them, is thrown away and the fit refuses; grouping rare channels and a
//! shorter window both make fewer patterns. Whether it comes to that does not depend on how journeys
//! are split: what is too much for a part is too much for the whole, and merging counts again.
//!
//! # Fast
//!
//! An entry is one line of the cache: its hash, its sums and a short pattern; longer ones lie one behind
//! the other in one arena. A table of places finds the entry by open addressing. A journey costs its
//! pattern, one hash and two looks, and no allocation once its pattern is known.
//!
//! # Deterministic
//!
//! Sums are integers. Whatever floats a fit makes of them it sums in the order of patterns
//! ([`Patterns::sorted`]), so that neither the order of journeys nor that of the table is seen.
//!
//! # Groups
//!
//! A pattern has one entry for each group of merchants that it brought something to. Journeys that
//! brought nothing are counted once for all groups, whatever group they name.

mod kind;
mod sorted;

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::base::Merge;
use crate::base::address::mix;
use crate::journey::JourneyBatch;

use super::model::{FitError, Shape, Stray};

pub use kind::{Maker, Pattern, counts};
pub use sorted::{Seen, Sorted, Tally};

/// Most patterns that are kept, those of each group counted apart.
pub const MOST_PATTERNS: usize = 1 << 20;
/// Most touches in those of more than seven.
pub const MOST_TOUCHES: usize = 1 << 24;

/// One line of the cache: what most journeys ask for is then found with one look.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[repr(align(64))]
struct Entry {
    value: i128,
    conversions: i128,
    /// Saturates, which is as associative as adding is.
    nulls: u64,
    hash: u32,
    length: u32,
    group: u16,
    /// A short pattern; of a long one, where it begins in the arena.
    short: [u16; SHORT],
}

/// A pattern of so many numbers needs no place in the arena.
const SHORT: usize = 7;

const _: () = assert!(size_of::<Entry>() == 64);

/// What one journey adds.
#[derive(Clone, Copy)]
struct More {
    conversions: i128,
    nulls: u64,
    value: i128,
}

impl Entry {
    #[inline]
    fn key<'a>(&'a self, arena: &'a [u16]) -> &'a [u16] {
        let length = self.length as usize;
        if length <= SHORT {
            &self.short[..length]
        } else {
            let start = usize::from(self.short[0]) << 16 | usize::from(self.short[1]);
            &arena[start..start + length]
        }
    }

    #[inline]
    fn add(&mut self, more: More) {
        self.conversions += more.conversions;
        self.nulls = self.nulls.saturating_add(more.nulls);
        self.value += more.value;
    }

    fn tally(&self) -> Tally {
        Tally {
            conversions: self.conversions,
            nulls: self.nulls.into(),
            value: self.value,
        }
    }
}

/// Sums by pattern: the state of the models that work on patterns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Patterns {
    shape: Shape,
    pattern: Pattern,
    arena: Vec<u16>,
    entries: Vec<Entry>,
    /// Place of an entry and one, or zero; a power of two of them, at most half taken.
    slots: Vec<u32>,
    /// There are too many patterns: none are kept any more.
    crowded: bool,
    stray: Stray,
    #[serde(skip)]
    maker: Maker,
}

impl Patterns {
    /// No journeys yet.
    #[must_use]
    pub fn new(shape: Shape, pattern: Pattern) -> Self {
        Self {
            shape,
            pattern,
            arena: Vec::new(),
            entries: Vec::new(),
            slots: vec![0; 64],
            crowded: false,
            stray: Stray::default(),
            maker: Maker::default(),
        }
    }

    /// Channels and groups.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Takes a batch in.
    pub fn fold(&mut self, batch: &JourneyBatch) {
        let mut maker = std::mem::take(&mut self.maker);
        for journey in batch.iter() {
            let outcome = journey.outcome;
            let most = journey.channels.iter().copied().max();
            if let Some(most) = most.filter(|c| usize::from(*c) >= self.shape.channels) {
                // The fit will refuse, so that it does not matter what was counted so far.
                self.stray.channel(most);
                continue;
            }
            let brought = outcome.conversions != 0 || outcome.value != 0;
            let group = if brought { outcome.group } else { 0 };
            if brought && usize::from(group) >= self.shape.groups {
                self.stray.group(group);
                continue;
            }
            let more = More {
                conversions: outcome.conversions.into(),
                nulls: outcome.nulls,
                value: outcome.value.into(),
            };
            let key = maker.of(self.pattern, journey.channels);
            self.add(hash(group, key), group, key, more);
        }
        self.maker = maker;
    }

    #[inline]
    fn add(&mut self, hash: u32, group: u16, key: &[u16], more: More) {
        if self.crowded {
            return;
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        while let Some(place) = (self.slots[slot] as usize).checked_sub(1) {
            let entry = &mut self.entries[place];
            if entry.hash == hash && entry.group == group && entry.key(&self.arena) == key {
                entry.add(more);
                return;
            }
            slot = (slot + 1) & mask;
        }
        self.insert(slot, hash, group, key, more);
    }

    #[cold]
    fn insert(&mut self, slot: usize, hash: u32, group: u16, key: &[u16], more: More) {
        let (mut short, mut long) = ([0; SHORT], key);
        if key.len() <= SHORT {
            short[..key.len()].copy_from_slice(key);
            long = &[];
        } else {
            let start = self.arena.len();
            short[..2].copy_from_slice(&[(start >> 16) as u16, start as u16]);
        }
        let touches = self.arena.len() + long.len();
        if self.entries.len() == MOST_PATTERNS || touches > MOST_TOUCHES {
            self.crowd();
            return;
        }
        self.entries.push(Entry {
            value: more.value,
            conversions: more.conversions,
            nulls: more.nulls,
            hash,
            length: key.len() as u32,
            group,
            short,
        });
        self.arena.extend_from_slice(long);
        self.slots[slot] = self.entries.len() as u32;
        if 2 * self.entries.len() > self.slots.len() {
            let mask = 2 * self.slots.len() - 1;
            self.slots = vec![0; mask + 1];
            for (entry, number) in self.entries.iter().zip(1..) {
                let mut slot = entry.hash as usize & mask;
                while self.slots[slot] != 0 {
                    slot = (slot + 1) & mask;
                }
                self.slots[slot] = number;
            }
        }
    }

    fn crowd(&mut self) {
        self.crowded = true;
        self.arena = Vec::new();
        self.entries = Vec::new();
        self.slots = vec![0; 64];
    }

    fn key<'a>(&'a self, entry: &'a Entry) -> &'a [u16] {
        entry.key(&self.arena)
    }

    fn order(&self, a: &Entry, b: &Entry) -> Ordering {
        self.key(a).cmp(self.key(b)).then(a.group.cmp(&b.group))
    }

    fn ordered(&self) -> Vec<&Entry> {
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort_unstable_by(|a, b| self.order(a, b));
        entries
    }

    /// The patterns in order, for the fit of the model of that name.
    ///
    /// # Errors
    ///
    /// When a journey was out of shape, or there were too many patterns.
    pub fn sorted(&self, model: &str) -> Result<Sorted<'_>, FitError> {
        self.stray.check(self.shape)?;
        if self.crowded {
            let model = model.to_owned();
            return Err(FitError::TooManyPatterns { model });
        }
        let mut sorted = Sorted::default();
        for entry in self.ordered() {
            sorted.push(self.key(entry), entry.group, entry.tally());
        }
        Ok(sorted)
    }

    /// Memory held, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(self)
            + self.arena.capacity() * size_of::<u16>()
            + self.entries.capacity() * size_of::<Entry>()
            + self.slots.capacity() * size_of::<u32>()
    }
}

#[inline]
fn hash(group: u16, key: &[u16]) -> u32 {
    let mut hash = mix((key.len() as u64) << 16 | u64::from(group));
    for part in key.chunks(4) {
        let word = part.iter().fold(0, |word, c| word << 16 | u64::from(*c));
        hash = mix(hash ^ word);
    }
    (hash >> 32) as u32
}

/// Whether the same journeys were taken in, whatever their order.
impl PartialEq for Patterns {
    fn eq(&self, other: &Self) -> bool {
        let alike = (self.shape, self.pattern) == (other.shape, other.pattern)
            && (self.crowded, self.stray) == (other.crowded, other.stray)
            && self.entries.len() == other.entries.len();
        let pairs = || self.ordered().into_iter().zip(other.ordered());
        alike
            && pairs().all(|(a, b)| {
                (self.key(a), a.group, a.tally()) == (other.key(b), b.group, b.tally())
            })
    }
}

/// # Panics
///
/// When the shapes or the patterns differ: sums of different things would be added. Only a program
/// that mixes up its own states gets there.
impl Merge for Patterns {
    fn merge(&mut self, other: Self) {
        assert_eq!(
            (self.shape, self.pattern),
            (other.shape, other.pattern),
            "patterns of different shapes cannot be merged"
        );
        self.stray.merge(other.stray);
        if other.crowded {
            self.crowd();
        }
        for entry in &other.entries {
            let more = More {
                conversions: entry.conversions,
                nulls: entry.nulls,
                value: entry.value,
            };
            self.add(entry.hash, entry.group, other.key(entry), more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::merge::merge_laws;
    use crate::journey::{Outcome, Touch, TouchKind};

    const SHAPE: Shape = Shape {
        channels: 1_500,
        groups: 2,
    };

    fn batch(rows: &[(&[u16], u16, u64, i64)]) -> JourneyBatch {
        let mut batch = JourneyBatch::new();
        for (path, group, conversions, value) in rows {
            for channel in *path {
                batch.touch(Touch {
                    channel: *channel,
                    kind: TouchKind::Click,
                    hours_before_end: 0.0,
                });
            }
            batch.end(Outcome {
                group: *group,
                conversions: *conversions,
                nulls: u64::from(*conversions == 0),
                value: *value,
            });
        }
        batch
    }

    fn folded(pattern: Pattern, rows: &[(&[u16], u16, u64, i64)]) -> Patterns {
        let mut state = Patterns::new(SHAPE, pattern);
        state.fold(&batch(rows));
        state
    }

    /// Would catch sums that end in another pattern's or another group's cell, and nulls that are told
    /// apart by a group that they do not have.
    #[test]
    fn journeys_of_a_pattern_are_summed_by_group() {
        let state = folded(
            Pattern::Set,
            &[
                (&[1, 0], 0, 2, 70),
                (&[0, 1, 1], 1, 1, 5),
                (&[0], 1, 0, 0),
                (&[0], 9, 0, 0),
                (&[1, 0], 7, 0, 0),
                (&[], 0, 1, 1),
            ],
        );
        let sorted = state.sorted("any").unwrap();
        let keys: Vec<&[u16]> = sorted.seen.iter().map(|s| s.key).collect();
        assert_eq!(keys, [&[][..], &[0], &[0, 1]]);
        let pair = sorted.find(&[0, 1]).unwrap();
        let sums = |t: Tally| (t.conversions, t.nulls, t.value);
        assert_eq!(sums(pair.all), (3, 1, 75));
        let groups: Vec<_> = sorted.groups(pair).map(|(g, t)| (g, sums(t))).collect();
        assert_eq!(groups, [(0, (2, 1, 70)), (1, (1, 0, 5))]);
        assert_eq!(sums(sorted.find(&[0]).unwrap().all), (0, 2, 0));
        assert_eq!(sums(sorted.all()), (4, 3, 76));
        assert!(sorted.find(&[1]).is_none());
    }

    /// Would catch a table that loses entries when it grows, and a merge that depends on the order.
    #[test]
    fn states_merge_whatever_the_split() {
        let paths: Vec<[u16; 3]> = (0..3_000_u16)
            .map(|i| [i % 37, i * 7 % 41, i * 11 % 13])
            .collect();
        let rows: Vec<(&[u16], u16, u64, i64)> = paths
            .iter()
            .zip(0..)
            .map(|(path, i)| (&path[..], i % 2, u64::from(i % 3), i64::from(i % 3)))
            .collect();
        for pattern in [Pattern::Set, Pattern::Bag, Pattern::Path, Pattern::First] {
            let parts = [&rows[..500], &rows[500..501], &rows[501..]].map(|r| folded(pattern, r));
            merge_laws(
                &Patterns::new(SHAPE, pattern),
                &parts[0],
                &parts[1],
                &parts[2],
            );
            let mut merged = parts[2].clone();
            merged.merge(parts[0].clone());
            merged.merge(parts[1].clone());
            assert_eq!(merged, folded(pattern, &rows));
            assert_ne!(merged, folded(pattern, &rows[1..]));
        }
    }

    /// Would catch a state that grows with the journeys, a refusal that a merge forgets, and one that comes
    /// without advice.
    #[test]
    fn too_many_patterns_are_refused() {
        let fold = |from: u16, to: u16| {
            let mut state = Patterns::new(SHAPE, Pattern::Path);
            for first in from..to {
                let paths: Vec<[u16; 2]> = (0..1_500).map(|second| [first, second]).collect();
                let rows: Vec<(&[u16], u16, u64, i64)> =
                    paths.iter().map(|p| (&p[..], 0, 1, 0)).collect();
                state.fold(&batch(&rows));
            }
            state
        };
        let refused = |state: &Patterns| {
            assert!(state.crowded && state.bytes() < 1 << 16);
            let error = state.sorted("shao-li").unwrap_err().to_string();
            assert!(error.contains("group rare channels"), "{error}");
        };
        refused(&fold(0, 800));
        let (mut one, other) = (fold(0, 400), fold(400, 800));
        assert!(!one.crowded && !other.crowded);
        one.merge(other);
        refused(&one);
        let mut few = fold(0, 1);
        few.merge(one);
        refused(&few);
        let mut long = Patterns::new(SHAPE, Pattern::Path);
        let path = vec![3; MOST_TOUCHES + 1];
        long.fold(&batch(&[(&path, 0, 1, 0)]));
        refused(&long);
    }

    /// Would catch a channel or a group out of shape that is counted in silence.
    #[test]
    fn what_is_out_of_shape_is_refused() {
        let channel = folded(Pattern::Set, &[(&[0, 1_500], 0, 0, 0)]);
        assert!(
            channel
                .sorted("any")
                .unwrap_err()
                .to_string()
                .contains("1500")
        );
        let group = folded(Pattern::Set, &[(&[0], 2, 1, 0)]);
        let error = group.sorted("any").unwrap_err().to_string();
        assert!(error.contains("merchant group 2"));
    }
}
