//! Which keys to look through, because a touch may be too old by now.
//!
//! A key is watched from its first touch on, in the slot of time in which that touch expires. When
//! the slot is over, what has expired is dropped, and what is left is watched again. So each touch is
//! looked at about once, and is kept at most one slot, a 64th of the window, too long.

use std::collections::BTreeMap;

/// Slots of one window.
const SLOTS: i64 = 64;

#[derive(Debug)]
pub(super) struct Expiry {
    window: i64,
    width: i64,
    slots: BTreeMap<i64, Vec<u64>>,
}

impl Expiry {
    /// For touches that count for so many microseconds at most.
    pub fn new(window: i64) -> Self {
        Self {
            window,
            width: (window / SLOTS).max(1),
            slots: BTreeMap::new(),
        }
    }

    /// Watches a key whose oldest touch was then.
    #[inline]
    pub fn watch(&mut self, key: u64, oldest: i64) {
        // Where a window has no end, nothing expires.
        if let Some(expires) = oldest.checked_add(self.window) {
            let slot = expires.div_euclid(self.width);
            self.slots.entry(slot).or_default().push(key);
        }
    }

    /// Keys whose slot is over, which are watched no longer.
    pub fn due(&mut self, watermark: i64) -> Vec<u64> {
        let mut due = Vec::new();
        while let Some(slot) = self.slots.first_entry()
            && *slot.key() < watermark.div_euclid(self.width)
        {
            due.append(&mut slot.remove());
        }
        due
    }

    pub fn bytes(&self) -> usize {
        let keys: usize = self.slots.values().map(Vec::capacity).sum();
        keys * size_of::<u64>()
    }
}
