//! Maps by number that grow a little at a time.
//!
//! One large table doubles all at once: at fifty million keys that is a second in which nothing is
//! credited. So keys are spread over many small tables, each of which doubles when its own time has
//! come, within a millisecond.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::base::address::mix;
use crate::base::mixed::ByMixing;

/// Tables. Their number is by bits of the hash that the tables themselves hardly use.
const SHARDS: usize = 512;
const SHIFT: u32 = 40;

#[derive(Debug)]
struct Shard<T> {
    entries: HashMap<u64, T, ByMixing>,
    /// Entries that there was ever room for. A table never gives room back; what it says of itself is
    /// less, where places of what has gone are not yet cleared.
    room: usize,
}

impl<T> Default for Shard<T> {
    fn default() -> Self {
        Self {
            entries: HashMap::default(),
            room: 0,
        }
    }
}

#[derive(Debug)]
pub(super) struct Sharded<T> {
    shards: Vec<Shard<T>>,
    /// Entries that there is room for, in all tables.
    room: usize,
}

impl<T> Default for Sharded<T> {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            room: 0,
        }
    }
}

impl<T> Sharded<T> {
    #[inline]
    fn shard(&mut self, key: u64) -> &mut Shard<T> {
        &mut self.shards[(mix(key) >> SHIFT) as usize % SHARDS]
    }

    #[inline]
    pub fn get(&self, key: u64) -> Option<&T> {
        let shard = &self.shards[(mix(key) >> SHIFT) as usize % SHARDS];
        shard.entries.get(&key)
    }

    /// Puts something in, and gives back what was there.
    #[inline]
    pub fn insert(&mut self, key: u64, value: T) -> Option<T> {
        let shard = self.shard(key);
        let old = match shard.entries.entry(key) {
            Entry::Occupied(mut place) => Some(place.insert(value)),
            Entry::Vacant(place) => {
                place.insert(value);
                None
            }
        };
        let more = shard.entries.capacity().saturating_sub(shard.room);
        shard.room += more;
        self.room += more;
        old
    }

    #[inline]
    pub fn remove(&mut self, key: u64) -> Option<T> {
        self.shard(key).entries.remove(&key)
    }

    pub fn bytes(&self) -> usize {
        // A byte of control an entry, and an eighth of all entries is never used.
        (self.room + self.room / 7) * (size_of::<(u64, T)>() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch an entry that is lost or found under another key, and room that is counted wrongly.
    #[test]
    fn entries_are_kept() {
        let mut map = Sharded::default();
        for key in 0..100_000_u64 {
            assert_eq!(map.insert(key * 7, key), None);
        }
        assert_eq!(map.insert(7, 5), Some(1));
        assert_eq!(map.insert(7, 1), Some(5));
        assert_eq!(map.get(8), None);
        let capacity = |shard: &Shard<u64>| shard.entries.capacity();
        let room = |map: &Sharded<u64>| map.shards.iter().map(capacity).sum::<usize>();
        assert_eq!(map.room, room(&map));
        for key in 0..100_000 {
            assert_eq!(map.get(key * 7), Some(&key));
            assert_eq!(map.remove(key * 7), Some(key));
        }
        assert_eq!(map.get(7), None);
    }

    /// Would catch room that is counted again whenever places of what has gone are cleared: of entries
    /// that come and go, a hundred times as many as there are at a time, the room is that of those.
    #[test]
    fn room_does_not_grow_with_what_has_gone() {
        let mut map = Sharded::default();
        let (alive, all) = (50_000, 5_000_000_u64);
        for key in 0..all {
            map.insert(key, ());
            if key >= alive {
                assert_eq!(map.remove(key - alive), Some(()));
            }
        }
        // Twice as many as there are, and as much again where a table has grown by chance.
        assert!((50_000..250_000).contains(&map.room), "{}", map.room);
    }
}
