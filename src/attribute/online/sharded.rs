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

type Shard<T> = HashMap<u64, T, ByMixing>;

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
        self.shards[(mix(key) >> SHIFT) as usize % SHARDS].get(&key)
    }

    /// Puts something in, and gives back what was there.
    #[inline]
    pub fn insert(&mut self, key: u64, value: T) -> Option<T> {
        let shard = self.shard(key);
        let before = shard.capacity();
        let old = match shard.entry(key) {
            Entry::Occupied(mut place) => Some(place.insert(value)),
            Entry::Vacant(place) => {
                place.insert(value);
                None
            }
        };
        let more = shard.capacity() - before;
        self.room += more;
        old
    }

    #[inline]
    pub fn remove(&mut self, key: u64) -> Option<T> {
        self.shard(key).remove(&key)
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
        let room = |map: &Sharded<u64>| map.shards.iter().map(Shard::capacity).sum::<usize>();
        assert_eq!(map.room, room(&map));
        for key in 0..100_000 {
            assert_eq!(map.get(key * 7), Some(&key));
            assert_eq!(map.remove(key * 7), Some(key));
        }
        assert_eq!(map.get(7), None);
    }
}
