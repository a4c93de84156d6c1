//! Open journeys: what is known of each key and not settled.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

use crate::base::address::mix;

use super::{Event, What};

/// An event that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub at: i64,
    pub id: u64,
    pub what: What,
}

impl Pending {
    /// Of one moment touches come first, and refunds last.
    pub const fn class(&self) -> u8 {
        match self.what {
            What::Touch { .. } => 0,
            What::Order { .. } => 1,
            What::Refund { .. } => 2,
        }
    }
}

/// Keys are numbers that may be anything, so they are mixed.
#[derive(Clone, Debug, Default)]
pub(super) struct Mixed(u64);

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
    fn write_u64(&mut self, key: u64) {
        self.0 = mix(self.0 ^ key);
    }
}

pub(super) type ByNumber<T> = HashMap<u64, T, BuildHasherDefault<Mixed>>;

/// What adding an event has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// It is known already.
    Double,
    /// The first of its key.
    First,
    /// One more.
    More,
}

/// Events by key. Lists of keys that are closed are used again.
#[derive(Debug, Default)]
pub(super) struct Open {
    keys: ByNumber<Vec<Pending>>,
    spare: Vec<Vec<Pending>>,
    /// Rows that there is room for, in all lists.
    room: usize,
}

impl Open {
    /// Adds an event, unless the key has one of the same number.
    #[inline]
    pub fn add(&mut self, event: &Event) -> Added {
        let (rows, added) = match self.keys.entry(event.key) {
            Entry::Occupied(known) => (known.into_mut(), Added::More),
            Entry::Vacant(place) => {
                let rows = self.spare.pop().unwrap_or_default();
                (place.insert(rows), Added::First)
            }
        };
        if rows.iter().any(|row| row.id == event.id) {
            return Added::Double;
        }
        let before = rows.capacity();
        rows.push(Pending {
            at: event.at,
            id: event.id,
            what: event.what,
        });
        self.room += rows.capacity() - before;
        added
    }

    /// The events of a key.
    pub fn of(&mut self, key: u64) -> Option<&mut Vec<Pending>> {
        self.keys.get_mut(&key)
    }

    /// Forgets a key that has none.
    pub fn close(&mut self, key: u64) {
        if let Some(mut rows) = self.keys.remove(&key) {
            rows.clear();
            self.spare.push(rows);
        }
    }

    /// Drops events of a key. Returns when the oldest of the others was, if any is left.
    pub fn drop_from(&mut self, key: u64, mut drops: impl FnMut(&Pending) -> bool) -> Option<i64> {
        let rows = self.keys.get_mut(&key)?;
        rows.retain(|row| !drops(row));
        let oldest = rows.iter().map(|row| row.at).min();
        if oldest.is_none() {
            self.close(key);
        }
        oldest
    }

    /// All events.
    pub fn rows(&self) -> impl Iterator<Item = &Pending> {
        self.keys.values().flatten()
    }

    pub fn bytes(&self) -> usize {
        self.keys.capacity() * (size_of::<(u64, Vec<Pending>)>() + 1)
            + self.spare.capacity() * size_of::<Vec<Pending>>()
            + self.room * size_of::<Pending>()
    }
}
