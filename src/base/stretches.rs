//! Which stretch of time a moment lies in, where borders are few and questions are many.
//!
//! Time is cut into cells of some 68 minutes. A cell knows the stretch that its first second lies in;
//! most cells hold no border, and then that is the answer.

use super::Second;

/// A cell is 2¹² seconds long.
const CELL_BITS: u32 = 12;

/// Stretches of time from 0 on, each from its start to that of the next.
#[derive(Clone, Debug)]
pub struct Stretches {
    starts: Vec<Second>,
    cells: Vec<u32>,
}

impl Stretches {
    /// Stretches that start at these moments and at 0, in whatever order.
    #[must_use]
    pub fn new(starts: impl IntoIterator<Item = Second>) -> Self {
        let mut starts: Vec<Second> = starts.into_iter().chain([0]).collect();
        starts.sort_unstable();
        starts.dedup();
        let last = starts[starts.len() - 1] >> CELL_BITS;
        let begun = |cell: Second| starts.partition_point(|start| *start <= cell << CELL_BITS);
        Self {
            cells: (0..=last + 1).map(|cell| begun(cell) as u32 - 1).collect(),
            starts,
        }
    }

    /// Where each starts; the first at 0.
    #[must_use]
    pub fn starts(&self) -> &[Second] {
        &self.starts
    }

    /// The number of the stretch that a moment lies in.
    #[inline(always)]
    #[must_use]
    pub fn at(&self, moment: Second) -> usize {
        let cell = (moment >> CELL_BITS) as usize;
        // After the last cell nothing begins.
        let mut place = self.cells[cell.min(self.cells.len() - 1)] as usize;
        while self
            .starts
            .get(place + 1)
            .is_some_and(|next| *next <= moment)
        {
            place += 1;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a border that is off by a second, lies in a cell with others, or after the last
    /// cell: every stretch is compared with counting.
    #[test]
    fn a_moment_lies_where_counting_says() {
        let lists: [&[Second]; 4] = [
            &[],
            &[0],
            &[90_000, 4_096, 4_095, 4_097, 4_100, 90_000],
            &[3_369_600, 1, 72_000],
        ];
        for list in lists {
            let stretches = Stretches::new(list.iter().copied());
            let near = list
                .iter()
                .flat_map(|start| [start.saturating_sub(1), *start, start + 1]);
            for moment in near.chain([0, 5_000, 10_000_000, Second::MAX]) {
                let begun = stretches.starts().iter().filter(|s| **s <= moment).count();
                assert_eq!(stretches.at(moment), begun - 1, "{list:?} {moment}");
            }
        }
    }
}
