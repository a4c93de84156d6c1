//! Journeys with their counts, packed: 48 bytes a journey and 10 a touch.
//!
//! A journey here is its *content*: the group of merchants, the channels and the times of its touches.
//! Rows of one content are one entry with their counts added up, however the data was cut into rows.

use serde::{Deserialize, Serialize};

use std::cmp::Ordering;

/// What a journey itself weighs beside its touches, in touches.
const OF_ITSELF: usize = 4;

/// One content, and what the rows of that content stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::attribute) struct Entry {
    /// Of the content; the only order that does not depend on who came first.
    pub hash: u64,
    /// Counts saturate, which is as associative as adding is.
    pub conversions: u64,
    pub nulls: u64,
    pub value: i128,
    pub group: u16,
    touches: u16,
    start: u32,
}

/// Entries and their touches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::attribute) struct Store {
    pub entries: Vec<Entry>,
    channels: Vec<u16>,
    hours: Vec<f64>,
}

/// A content that is not stored yet, with its counts.
#[derive(Clone, Copy)]
pub(in crate::attribute) struct Row<'a> {
    pub hash: u64,
    pub conversions: u64,
    pub nulls: u64,
    pub value: i128,
    pub group: u16,
    /// As many as `hours`, fewer than 2¹⁶.
    pub channels: &'a [u16],
    pub hours: &'a [f64],
}

impl Row<'_> {
    /// By hash; among equal hashes by content. Equal means the same content.
    pub fn order(&self, other: &Self) -> Ordering {
        self.hash
            .cmp(&other.hash)
            .then_with(|| self.group.cmp(&other.group))
            .then_with(|| self.channels.cmp(other.channels))
            .then_with(|| {
                let bits = |hours: &f64| hours.to_bits();
                self.hours
                    .iter()
                    .map(bits)
                    .cmp(other.hours.iter().map(bits))
            })
    }
}

impl Store {
    pub fn row(&self, place: usize) -> Row<'_> {
        let entry = &self.entries[place];
        let (channels, hours) = self.touches(entry);
        Row {
            hash: entry.hash,
            conversions: entry.conversions,
            nulls: entry.nulls,
            value: entry.value,
            group: entry.group,
            channels,
            hours,
        }
    }

    /// Channels of an entry's touches, and their hours before the end.
    #[inline]
    pub fn touches(&self, entry: &Entry) -> (&[u16], &[f64]) {
        let start = entry.start as usize;
        let range = start..start + usize::from(entry.touches);
        (&self.channels[range.clone()], &self.hours[range])
    }

    #[inline]
    pub fn push(&mut self, row: &Row<'_>) {
        self.entries.push(Entry {
            hash: row.hash,
            conversions: row.conversions,
            nulls: row.nulls,
            value: row.value,
            group: row.group,
            touches: row.channels.len() as u16,
            start: self.channels.len() as u32,
        });
        self.channels.extend_from_slice(row.channels);
        self.hours.extend_from_slice(row.hours);
    }

    /// Adds a row of the content that was pushed last.
    pub fn add_to_last(&mut self, row: &Row<'_>) {
        if let Some(last) = self.entries.last_mut() {
            last.conversions = last.conversions.saturating_add(row.conversions);
            last.nulls = last.nulls.saturating_add(row.nulls);
            last.value += row.value;
        }
    }

    /// Drops the entries from the first of this hash on; they are in order.
    pub fn cut(&mut self, hash: u64) {
        let place = self.entries.partition_point(|e| e.hash < hash);
        if let Some(entry) = self.entries.get(place) {
            let start = entry.start as usize;
            self.channels.truncate(start);
            self.hours.truncate(start);
            self.entries.truncate(place);
        }
    }

    /// Room for another store's content.
    pub fn reserve(&mut self, other: &Self) {
        self.entries.reserve_exact(other.entries.len());
        self.channels.reserve_exact(other.channels.len());
        self.hours.reserve_exact(other.hours.len());
    }

    pub fn shrink(&mut self) {
        self.entries.shrink_to_fit();
        self.channels.shrink_to_fit();
        self.hours.shrink_to_fit();
    }

    /// Forgets the journeys, keeps the memory.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.channels.clear();
        self.hours.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Size in touches, a journey itself counting as some more: at most 12 bytes each.
    pub fn size(&self) -> usize {
        self.channels.len() + OF_ITSELF * self.entries.len()
    }

    /// Memory held, in bytes.
    pub fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
            + self.channels.capacity() * size_of::<u16>()
            + self.hours.capacity() * size_of::<f64>()
    }
}
