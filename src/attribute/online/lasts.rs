//! Where the last touch of each key lies.
//!
//! At millions of keys nearly every look into a table waits for memory. So a key has one slot of two words
//! in one array of buckets, each of which is a line of the cache: one wait and not two. Many slots can be looked at beforehand
//! ([`Lasts::warm`]), so that the processor waits for all of them at once.
//!
//! Nothing is ever deleted. What lies before the front of the ring is forgotten by itself; when a table
//! is full of such slots it is written anew without them, larger or smaller as is needed. Keys are
//! spread over many tables, so that this takes a fraction of a millisecond and no key waits while fifty
//! million others move.

use crate::base::address::mix;

/// Tables, chosen by bits of the hash that the tables themselves hardly use.
const TABLES: usize = 512;
const SHIFT: u32 = 40;
/// A table is full at 38 to 51 sixty-fourths of its slots: keys spread so evenly that all tables would
/// else be written anew in the same moment. Written anew, it is no more than half full.
const FULL: usize = 38;
const SPREAD: usize = 14;
/// Fewest buckets of a table.
const FEWEST: usize = 2;
/// Bits of a place, and of a distance.
pub(super) const PLACE: u32 = 40;
pub(super) const PLACES: u64 = (1 << PLACE) - 1;
/// The largest time that a slot tells: from there on it is not known.
pub(super) const LONG_AGO: u64 = (1 << (u64::BITS - PLACE)) - 2;
/// Places after which each table has been written anew, so that none is taken for a later one.
const ROUND: u64 = 1 << (PLACE - 1);

/// The last touch of a key: the low bits of its place, and about how long after the first of all touches
/// it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Last(u64);

/// No touch has all bits set: its time would be beyond [`LONG_AGO`].
const EMPTY: Last = Last(u64::MAX);

impl Last {
    #[inline]
    pub const fn new(place: u64, time: u64) -> Self {
        let time = if time < LONG_AGO { time } else { LONG_AGO };
        Self(place & PLACES | time << PLACE)
    }

    /// About how long after the first of all touches.
    #[inline]
    pub const fn time(self) -> u64 {
        self.0 >> PLACE
    }

    /// Where it lies in a ring from `front` to before `next`, if it still does.
    #[inline]
    pub fn place(self, (front, next): (u64, u64)) -> Option<u64> {
        let ago = next.wrapping_sub(self.0) & PLACES;
        // Nothing lies where the next one will: that would be a whole round ago.
        let ago = if ago == 0 { PLACES + 1 } else { ago };
        next.checked_sub(ago).filter(|place| *place >= front)
    }
}

type Slot = (u64, Last);
/// Slots of a bucket, which is a line of the processor's cache.
const BUCKET: usize = 4;

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Bucket([Slot; BUCKET]);

#[derive(Clone, Debug, Default)]
struct Table {
    buckets: Vec<Bucket>,
    /// Slots that are not empty, though what they tell may be forgotten.
    used: usize,
}

#[derive(Debug)]
pub(super) struct Lasts {
    tables: Vec<Table>,
    slots: usize,
    /// The table that is written anew next, and at which place of the ring.
    next: usize,
    due: u64,
    /// What was looked at beforehand, so that looking is not left out.
    warmed: u64,
}

impl Default for Lasts {
    fn default() -> Self {
        Self {
            tables: vec![Table::default(); TABLES],
            slots: 0,
            next: 0,
            due: ROUND / TABLES as u64,
            warmed: 0,
        }
    }
}

impl Table {
    const fn slots(&self) -> usize {
        self.buckets.len() * BUCKET
    }

    const fn is_full(&self, number: usize) -> bool {
        self.used * 64 >= self.slots() * (FULL + number % SPREAD)
    }

    /// The slot of a key, or the empty one where it would be; none if there are no slots.
    #[inline]
    fn slot(&mut self, key: u64, hash: u64) -> Option<&mut Slot> {
        let mask = self.buckets.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        // Some slots are empty, so this ends.
        loop {
            let fits = |slot: &Slot| slot.1 == EMPTY || slot.0 == key;
            if let Some(place) = self.buckets[at].0.iter().position(fits) {
                return Some(&mut self.buckets[at].0[place]);
            }
            at = (at + 1) & mask;
        }
    }

    /// Writes it anew with what still lies in the ring, and room for as much again.
    fn renew(&mut self, ring: (u64, u64)) {
        let lies = |slot: &Slot| slot.1 != EMPTY && slot.1.place(ring).is_some();
        let slots = |buckets: &[Bucket]| buckets.iter().flat_map(|b| b.0).filter(lies).count();
        let alive = slots(&self.buckets);
        let buckets = (alive * 2).div_ceil(BUCKET).next_power_of_two().max(FEWEST);
        let empty = vec![Bucket([(0, EMPTY); BUCKET]); buckets];
        let old = std::mem::replace(&mut self.buckets, empty);
        self.used = alive;
        for (key, last) in old.iter().flat_map(|b| b.0).filter(lies) {
            if let Some(slot) = self.slot(key, mix(key)) {
                *slot = (key, last);
            }
        }
    }
}

impl Lasts {
    #[inline]
    fn table(hash: u64) -> usize {
        (hash >> SHIFT) as usize % TABLES
    }

    /// Looks at the slots of keys that are asked for soon.
    #[inline]
    pub fn warm(&mut self, keys: impl Iterator<Item = u64>) {
        for key in keys {
            let hash = mix(key);
            let buckets = &self.tables[Self::table(hash)].buckets;
            let at = hash as usize & buckets.len().wrapping_sub(1);
            self.warmed ^= buckets.get(at).map_or(0, |bucket| bucket.0[0].0);
        }
    }

    /// Takes note of something that was looked at only to have it at hand.
    pub const fn saw(&mut self, seen: u64) {
        self.warmed ^= seen;
    }

    /// Says what the last touch of a key is now, and gives back what it was.
    #[inline]
    pub fn replace(&mut self, key: u64, last: Last, ring: (u64, u64)) -> Option<Last> {
        let hash = mix(key);
        let number = Self::table(hash);
        let table = &mut self.tables[number];
        if table.is_full(number) {
            self.slots -= table.slots();
            table.renew(ring);
            self.slots += table.slots();
        }
        let slot = table.slot(key, hash)?;
        let before = std::mem::replace(slot, (key, last)).1;
        if before == EMPTY {
            table.used += 1;
            return None;
        }
        Some(before)
    }

    /// The last touch of a key, as it was told.
    #[inline]
    pub fn of(&mut self, key: u64) -> Option<&mut Last> {
        let hash = mix(key);
        let slot = self.tables[Self::table(hash)].slot(key, hash)?;
        (slot.1 != EMPTY).then_some(&mut slot.1)
    }

    /// Writes a table anew now and then, so that none tells places of a round before.
    pub fn refresh(&mut self, ring: (u64, u64)) {
        while ring.1 >= self.due {
            let table = &mut self.tables[self.next];
            self.slots -= table.slots();
            table.renew(ring);
            self.slots += table.slots();
            self.next = (self.next + 1) % TABLES;
            self.due += ROUND / TABLES as u64;
        }
    }

    pub const fn bytes(&self) -> usize {
        self.slots * size_of::<Slot>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a key that is lost or taken for another while tables grow and shrink, one that lies
    /// in the ring and is forgotten, and slots that are counted wrongly.
    #[test]
    fn what_lies_in_the_ring_is_known() {
        let mut lasts = Lasts::default();
        let held = |lasts: &Lasts| lasts.tables.iter().map(Table::slots).sum::<usize>();
        let (mut most, mut truth) = (0, std::collections::HashMap::new());
        for place in 0..400_000_u64 {
            // 20,000 places lie in the ring; each key comes twice, 3,000 places apart.
            let front = place.saturating_sub(20_000);
            let key = mix(place % 3_000 + place / 6_000 * 3_000);
            let known = lasts.replace(key, Last::new(place, place), (front, place));
            let known = known.and_then(|last| last.place((front, place)));
            let expected = truth.insert(key, place).filter(|p| *p >= front);
            assert_eq!(known, expected, "{place}");
            most = most.max(held(&lasts));
            if place % 50_000 == 0 {
                assert_eq!(lasts.slots, held(&lasts));
            }
        }
        // Of 200,000 keys only 10,000 lie in the ring at a time.
        assert!(most < 80_000, "{most}");
        // All is forgotten when a whole round has passed.
        lasts.refresh((ROUND, ROUND));
        assert_eq!(held(&lasts), TABLES * FEWEST * BUCKET);
        assert_eq!(lasts.slots, TABLES * FEWEST * BUCKET);
    }

    /// Would catch a table that is written anew and is full again at once, so that every key that comes
    /// has it written anew.
    #[test]
    fn a_table_that_is_written_anew_has_room() {
        for alive in 1..3_000_usize {
            let mut table = Table {
                buckets: vec![Bucket([(0, EMPTY); BUCKET]); alive.next_power_of_two()],
                used: 0,
            };
            for key in 0..alive as u64 {
                if let Some(slot) = table.slot(key, mix(key)) {
                    *slot = (key, Last::new(key, 0));
                }
            }
            table.renew((0, alive as u64));
            assert_eq!(table.used, alive);
            table.used += alive.div_ceil(8) - 1;
            assert!(!(0..SPREAD).any(|number| table.is_full(number)), "{alive}");
        }
    }

    /// Would catch a touch of a whole round ago that is taken for one of now.
    #[test]
    fn places_are_told_by_their_low_bits() {
        let next = (5 << PLACE) + 3;
        for ago in [1, 2, 3, 4, 1_000_000] {
            let last = Last::new(next - ago, 7);
            assert_eq!(last.place((0, next)), Some(next - ago));
            assert_eq!(last.place((next - ago + 1, next)), None);
            assert_eq!(last.time(), 7);
        }
        assert_eq!(Last::new(3, 0).place((1, 3)), None);
        assert_eq!(Last::new(9, u64::MAX).time(), LONG_AGO);
    }
}
