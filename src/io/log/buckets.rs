//! A partition in order, in two steps.
//!
//! Keys are scrambled, so their next bits deal the rows out evenly: as many buckets as rows bring each
//! row next to its like at the cost of one pass. What is left to do inside a bucket is a handful of
//! rows. An identity with very many rows makes a large bucket, which a merge sort takes. Rows of equal
//! rank keep their order.

use std::ops::Range;

use super::row::Row;
use super::runs::Piece;

/// The most buckets: their places fit into the first level of the cache.
const BITS: u32 = 13;
/// Larger buckets are not sorted by counting.
const FEW: usize = 16;

/// The rows of a partition, dealt to buckets. Memory is used again.
#[derive(Debug, Default)]
pub(super) struct Buckets<R> {
    /// At least as long as the partition: what is behind its rows is left from others.
    rows: Vec<R>,
    /// Values of the conversions, at the places that these say.
    pub values: Vec<i64>,
    /// Where each bucket ends.
    ends: Vec<u32>,
    few: [R; FEW],
}

impl<R: Row> Buckets<R> {
    /// Deals the pieces of a partition to buckets, by the `spare` bits of keys behind the first `skip`, or
    /// fewer. All rows of one identity are in one bucket. Narrow rows count time from `base`.
    pub fn fill<'a>(
        &mut self,
        pieces: impl Iterator<Item = Piece<'a>> + Clone,
        skip: u32,
        spare: u32,
        base: u64,
    ) {
        let count: usize = pieces.clone().map(|piece| piece.len()).sum();
        let bits = count.next_power_of_two().ilog2().min(BITS).min(spare);
        let bucket = |key: u64| (key >> 1 >> (63 - bits)) as usize;
        let next = &mut self.ends;
        next.clear();
        next.resize(1 << bits, 0);
        for piece in pieces.clone() {
            piece.keys(skip, |key| next[bucket(key)] += 1);
        }
        let mut sum = 0;
        for place in next.iter_mut() {
            sum += std::mem::replace(place, sum);
        }
        if self.rows.len() < count {
            self.rows.resize(count, R::default());
        }
        self.values.clear();
        for piece in pieces {
            let mut value = self.values.len();
            self.values.extend_from_slice(piece.values);
            piece.each(base, |mut row: R| {
                if row.is_conversion() {
                    row = row.with_payload(value);
                    value += 1;
                }
                let at = &mut next[bucket(row.key() << skip)];
                self.rows[*at as usize] = row;
                *at += 1;
            });
        }
    }

    /// Number of buckets.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Where a bucket's rows end, and those of the next begin.
    #[inline]
    pub fn end(&self, bucket: usize) -> usize {
        self.ends[bucket] as usize
    }

    /// Rows as they were dealt.
    pub fn rows(&self, range: Range<usize>) -> &[R] {
        &self.rows[range]
    }

    /// Rows of a bucket in order.
    #[inline]
    pub fn sorted(&mut self, range: Range<usize>) -> &[R] {
        let rows = &mut self.rows[range];
        match rows {
            [] | [_] => {}
            [first, rest @ ..] if rest.len() < FEW => {
                if rest.iter().all(|row| row.ranked(first)) {
                    counting(rows, &mut self.few);
                } else {
                    insertion(rows);
                }
            }
            _ => rows.sort_by_key(Row::order),
        }
        rows
    }
}

/// A few rows that compare by rank: each row's place is the number of rows before it. Which of two comes
/// first is a coin toss that no processor predicts, so it is counted, not branched on.
#[inline]
fn counting<R: Row>(rows: &mut [R], copy: &mut [R; FEW]) {
    let count = rows.len().min(FEW);
    let copy = &mut copy[..count];
    copy.copy_from_slice(&rows[..count]);
    let mut places = [0_u8; FEW];
    let places = &mut places[..count];
    for later in 1..count {
        let rank = copy[later].rank();
        let mut before = 0;
        for earlier in 0..later {
            let first = u8::from(copy[earlier].rank() <= rank);
            before += first;
            places[earlier] += 1 - first;
        }
        places[later] = before;
    }
    for (row, place) in copy.iter().zip(places) {
        rows[usize::from(*place)] = *row;
    }
}

#[inline]
fn insertion<R: Row>(rows: &mut [R]) {
    for sorted in 1..rows.len() {
        let row = rows[sorted];
        let rank = row.order();
        let mut at = sorted;
        while at > 0 && rows[at - 1].order() > rank {
            rows[at] = rows[at - 1];
            at -= 1;
        }
        rows[at] = row;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::address::mix;
    use crate::io::log::identity::Scramble;
    use crate::io::log::row::{self, Narrow, Wide};
    use crate::journey::TouchKind;

    /// Rows of few people, moments and groups.
    fn drawn<R: Row>(small: &mut impl FnMut(u64) -> u64) -> Vec<R> {
        let count = small(FEW as u64 + 1);
        let people = 1 + small(3);
        let rows = (0..count).map(|place| {
            let who = Scramble::new(64).whole(small(people) as i64);
            let (group, since) = ((small(16) / 15) as u16, small(4));
            let (low, payload) = match small(4) {
                0 => (row::conversion_low(false), place as usize),
                _ => (row::touch_low(place as u16, TouchKind::Read), 0),
            };
            let waited = row::narrow(who.key, since, low);
            R::of(&waited, row::beside(since, 0, group), 7, 0).with_payload(payload)
        });
        rows.collect()
    }

    fn sorts_agree<R: Row + PartialEq + std::fmt::Debug>() {
        let mut state = 7;
        let mut small = |most: u64| {
            state = mix(state);
            state % most
        };
        let mut counted = 0;
        for _ in 0..2_000 {
            let rows: Vec<R> = drawn(&mut small);
            let mut slow = rows.clone();
            slow.sort_by_key(Row::order);
            let mut quick = rows.clone();
            insertion(&mut quick);
            assert_eq!(quick, slow);
            // As in a bucket: keys that begin with the same bit.
            let one = |r: &R| r.ranked(&rows[0]) && r.key() >> 63 == rows[0].key() >> 63;
            if rows.iter().all(one) {
                counted += 1;
                let mut quick = rows;
                counting(&mut quick, &mut [R::default(); FEW]);
                assert_eq!(quick, slow);
            }
        }
        assert!(counted > 500, "{counted}");
    }

    /// Would catch a quick sort that is no stable sort by rank.
    #[test]
    fn all_sorts_agree() {
        sorts_agree::<Narrow>();
        sorts_agree::<Wide>();
    }
}
