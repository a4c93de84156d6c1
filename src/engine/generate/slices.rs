//! Where the time of a log is cut.
//!
//! A log in the order of time is made slice by slice, so it must be known beforehand where to cut for
//! slices of about equal size. Evenings and openings are busier than mornings, and returns come after
//! the season; so a few users are asked first, evenly spaced among all, and the log is cut at the
//! quantiles of what they did. The cuts hang on scenario, seed, users and the kinds of events that are
//! wanted: on nothing else.
//!
//! A cut is a moment and a user. Hardly ever is the user other than the first; but where so many things
//! happen in one second that no slice could hold them, the second itself is cut.

use std::ops::Range;

use crate::base::Second;

/// Rows of a slice, which is a row group of a Parquet file.
const ROWS: u64 = 1 << 17;
/// Most slices; beyond, they have more rows instead. A temporary file is read back in pieces, slice by
/// slice, and more slices would mean smaller pieces.
const MOST: u64 = 1 << 14;
/// Rows of a part.
const PART_ROWS: u64 = 1 << 20;
/// One in so many users is asked: some 64 rows a slice.
const ASKED: u64 = ROWS / 64;
/// Users that are asked at least and at most.
const FEW: u64 = 1 << 10;
const MANY: u64 = 1 << 15;

/// The users who are asked.
pub(super) fn asked(users: u64) -> impl ExactSizeIterator<Item = u64> {
    let asked = (users / ASKED).clamp(FEW, MANY).min(users);
    let place = move |i: u32| (u128::from(i) * u128::from(users) / u128::from(asked)) as u64;
    (0..asked as u32).map(place)
}

/// The slices of a log, from the first to the last.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slices {
    starts: Vec<(Second, u64)>,
    rows: u64,
}

impl Slices {
    /// Cuts where those who were asked say: moments and users of what they did, in any order.
    pub fn new(mut seen: Vec<(Second, u64)>, asked: u64, users: u64) -> Self {
        seen.sort_unstable();
        let rows = seen.len() as u128 * u128::from(users) / u128::from(asked.max(1));
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        let slices = rows.div_ceil(ROWS).clamp(1, MOST);
        let mut starts = vec![(0, 0)];
        for i in 1..slices {
            let place = i as usize * seen.len() / slices as usize;
            let (Some((at, user)), Some(last)) = (seen.get(place), starts.last().copied()) else {
                break;
            };
            // The first cut in a second is before all of it.
            let cut = if *at > last.0 { (*at, 0) } else { (*at, *user) };
            if cut > last {
                starts.push(cut);
            }
        }
        Self { starts, rows }
    }

    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Rows that a slice will have, or thereabouts.
    pub fn expected(&self) -> u64 {
        self.rows.div_ceil(self.len() as u64)
    }

    /// The slice of what a user does at a moment.
    pub fn of(&self, at: Second, user: u64) -> usize {
        self.starts
            .partition_point(|start| *start <= (at, user))
            .saturating_sub(1)
    }

    /// Parts, of whole seconds and one or more slices each, from how many rows each slice has.
    pub fn parts(&self, rows: &[u64]) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let (mut from, mut sum) = (0, 0);
        let mut next = 0;
        while next < self.len() {
            // Slices that begin in one second stay together.
            let second = self.starts[next + 1..].iter();
            let end = next + 1 + second.take_while(|(_, user)| *user > 0).count();
            let more: u64 = rows[next..end].iter().sum();
            if sum > 0 && sum + more > PART_ROWS {
                parts.push(from..next);
                (from, sum) = (next, 0);
            }
            sum += more;
            next = end;
        }
        if sum > 0 || parts.is_empty() {
            parts.push(from..next);
        } else if let Some(last) = parts.last_mut() {
            last.end = next;
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch users who are asked twice, or all from one end.
    #[test]
    fn those_who_are_asked_are_spread() {
        assert!(asked(100).eq(0..100));
        let most: Vec<u64> = asked(crate::scenario::MAX_USERS).collect();
        assert_eq!(most.len() as u64, MANY);
        assert!(most.is_sorted_by(|a, b| a < b) && most[0] == 0);
        assert!(most[most.len() - 1] > crate::scenario::MAX_USERS / 100 * 99);
    }

    /// Would catch slices of very different sizes; rows in no slice, or in one that is not theirs; and a
    /// busy second that no slice could hold.
    #[test]
    fn a_busy_second_is_cut_between_users() {
        // Half of all happens in second 500.
        let at = |i: u64| {
            if i.is_multiple_of(2) {
                500
            } else {
                (i / 2 % 1_000) as Second
            }
        };
        let seen: Vec<_> = (0..4_000).map(|i| (at(i), i)).collect();
        let slices = Slices::new(seen, 4_000, 64 * ROWS);
        assert_eq!(slices.len(), 64);
        assert_eq!(slices.expected(), ROWS);
        let mut rows = [0_u64; 64];
        for i in 0..64_000 {
            rows[slices.of(at(i), i / 16)] += 1;
        }
        assert!(rows.iter().all(|n| (600..1_500).contains(n)), "{rows:?}");
        assert_eq!((slices.of(0, 0), slices.of(Second::MAX, u64::MAX)), (0, 63));
    }

    /// Would catch a part that ends within a second, that is much too long or empty, or a slice in none.
    #[test]
    fn parts_end_between_seconds() {
        let slices = Slices {
            starts: vec![(0, 0), (5, 0), (5, 7), (5, 9), (6, 0), (7, 0), (8, 0)],
            rows: 0,
        };
        let half = PART_ROWS / 2;
        let pair = |part: Range<usize>| (part.start, part.end);
        let parts =
            |rows: [u64; 7]| -> Vec<_> { slices.parts(&rows).into_iter().map(pair).collect() };
        assert_eq!(parts([0; 7]), [(0, 7)]);
        assert_eq!(parts([half; 7]), [(0, 1), (1, 4), (4, 6), (6, 7)]);
        assert_eq!(parts([half, 1, 1, 1, 1, half, 0]), [(0, 5), (5, 7)]);
        assert_eq!(parts([0, 0, 0, 0, 0, 0, 1]), [(0, 7)]);
        assert_eq!(parts([2 * half, 0, 0, 0, 0, 0, 0]), [(0, 7)]);
    }
}
