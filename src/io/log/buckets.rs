//! A partition in order, in two steps.
//!
//! Keys are scrambled, so their next bits deal the rows out evenly: as many buckets as rows bring each
//! row next to its like at the cost of one pass. What is left to do inside a bucket is a handful of
//! rows. An identity with very many rows makes a large bucket, which a merge sort takes. Rows of equal
//! rank keep their order.

use std::io;
use std::ops::Range;

use super::row::{self, Row};
use super::runs::{Dealt, Partition};

/// The most buckets: their places fit into the first level of the cache.
const BITS: u32 = 13;
/// Larger buckets are not sorted by counting.
const FEW: usize = 16;

/// The rows of a partition, dealt to buckets. Memory is used again.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    partition: Partition,
    /// At least as long as the partition: what is behind its rows is left from others.
    rows: Vec<Row>,
    /// Values of the conversions, at the places that these say.
    pub values: Vec<i64>,
    /// Where each bucket ends.
    ends: Vec<u32>,
    few: [Row; FEW],
}

impl Buckets {
    /// Deals a partition to buckets. All rows of one identity are in one of them.
    pub fn fill(&mut self, dealt: &Dealt, partition: usize) -> io::Result<()> {
        let pieces = dealt.visit(partition, &mut self.partition)?;
        let count: usize = pieces.clone().map(|piece| piece.len()).sum();
        let bits = count.next_power_of_two().ilog2().min(BITS);
        let skip = dealt.bits();
        let bucket = |key: u64| (key << skip >> 1 >> (63 - bits)) as usize;
        let next = &mut self.ends;
        next.clear();
        next.resize(1 << bits, 0);
        for piece in pieces.clone() {
            for key in piece.keys() {
                next[bucket(key)] += 1;
            }
        }
        let mut sum = 0;
        for place in next.iter_mut() {
            sum += std::mem::replace(place, sum);
        }
        if self.rows.len() < count {
            self.rows.resize(count, [0; 3]);
        }
        self.values.clear();
        for piece in pieces {
            let mut value = self.values.len();
            self.values.extend_from_slice(piece.values);
            piece.each(|mut row| {
                if row::is_conversion(&row) {
                    row = row::with_payload(&row, value);
                    value += 1;
                }
                let at = &mut next[bucket(row[0])];
                self.rows[*at as usize] = row;
                *at += 1;
            });
        }
        Ok(())
    }

    /// Where each bucket's rows are.
    pub fn ranges(&self) -> impl Iterator<Item = Range<usize>> {
        let ends = self.ends.iter().map(|end| *end as usize);
        ends.scan(0, |start, end| Some(std::mem::replace(start, end)..end))
    }

    /// Rows as they were dealt.
    pub fn rows(&self, range: Range<usize>) -> &[Row] {
        &self.rows[range]
    }

    /// Rows of a bucket in order.
    #[inline]
    pub fn sorted(&mut self, range: Range<usize>) -> &[Row] {
        let rows = &mut self.rows[range];
        match rows {
            [] | [_] => {}
            [first, rest @ ..] if rest.len() < FEW => {
                if rest.iter().all(|row| row[2] >> 32 == first[2] >> 32) {
                    counting(rows, &mut self.few);
                } else {
                    insertion(rows);
                }
            }
            _ => rows.sort_by_key(row::order),
        }
        rows
    }
}

/// A few rows that differ by key and moment only: each row's place is the number of rows before it. Which
/// of two comes first is a coin toss that no processor predicts, so it is counted, not branched on.
#[inline]
fn counting(rows: &mut [Row], copy: &mut [Row; FEW]) {
    let count = rows.len().min(FEW);
    let copy = &mut copy[..count];
    copy.copy_from_slice(&rows[..count]);
    let mut places = [0_u8; FEW];
    let places = &mut places[..count];
    for later in 1..count {
        let rank = row::rank(&copy[later]);
        let mut before = 0;
        for earlier in 0..later {
            let first = u8::from(row::rank(&copy[earlier]) <= rank);
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
fn insertion(rows: &mut [Row]) {
    for sorted in 1..rows.len() {
        let row = rows[sorted];
        let rank = row::order(&row);
        let mut at = sorted;
        while at > 0 && row::order(&rows[at - 1]) > rank {
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
    use crate::io::log::identity::Identity;
    use crate::journey::TouchKind;

    /// Would catch a quick sort that is no stable sort by rank.
    #[test]
    fn all_sorts_agree() {
        let mut state = 7;
        let mut small = |most: u64| {
            state = mix(state);
            state % most
        };
        let mut counted = 0;
        for _ in 0..2_000 {
            let count = small(FEW as u64 + 1) as usize;
            let people = 1 + small(3);
            let rows: Vec<Row> = (0..count)
                .map(|place| {
                    let who = Identity::of_whole(small(people) as i64);
                    let (group, time) = ((small(16) / 15) as u16, small(4) as i64 - 2);
                    match small(4) {
                        0 => row::with_payload(&row::conversion(who, group, time, false), place),
                        _ => row::touch(who, group, time, place as u16, TouchKind::Read),
                    }
                })
                .collect();
            let mut slow = rows.clone();
            slow.sort_by_key(row::order);
            let mut quick = rows.clone();
            insertion(&mut quick);
            assert_eq!(quick, slow);
            // As in a bucket: keys that begin with the same bit.
            let one = |r: &Row| r[2] >> 32 == rows[0][2] >> 32 && r[0] >> 63 == rows[0][0] >> 63;
            if rows.iter().all(one) {
                counted += 1;
                let mut quick = rows;
                counting(&mut quick, &mut [[0; 3]; FEW]);
                assert_eq!(quick, slow);
            }
        }
        assert!(counted > 500, "{counted}");
    }
}
