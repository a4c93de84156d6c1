//! Options of a choice, and the best of them so far.
//!
//! Options are weighed a row at a time: one merchant at up to five destinations. Which of them is the
//! best so far cannot be guessed; that a merchant has one that is better than all before can be, since
//! later ones seldom do.

use crate::base::MerchantId;

/// A draw of noise serves five destinations with 12 bits each.
pub(super) const LANES: usize = 5;
/// Most draws of noise for one merchant.
pub(super) const GROUPS: usize = 3;
/// Most destinations.
pub(super) const PLACES: usize = GROUPS * LANES;
/// Most merchants weighed: the cause, the favourite, 8 remembered and 8 considered, and room to spare
/// up to a whole vector.
const MOST_WEIGHED: usize = 20;

/// Numbers by destination as one draw of noise serves them, filled up to whole vectors.
pub(super) type Row = [f32; 8];

/// A number by destination.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rows([Row; GROUPS]);

impl Rows {
    /// The numbers of so many destinations.
    pub fn new(destinations: usize, mut of: impl FnMut(usize) -> f32) -> Self {
        let mut rows = Self::default();
        for d in 0..destinations.min(PLACES) {
            *rows.at_mut(d) = of(d);
        }
        rows
    }

    /// The numbers that one draw of noise serves.
    #[inline(always)]
    pub const fn row(&self, group: usize) -> &Row {
        &self.0[group]
    }

    #[inline(always)]
    pub const fn row_mut(&mut self, group: usize) -> &mut Row {
        &mut self.0[group]
    }

    /// The number of a destination.
    #[inline(always)]
    pub const fn at(&self, d: usize) -> f32 {
        self.0[d / LANES][d % LANES]
    }

    #[inline(always)]
    pub const fn at_mut(&mut self, d: usize) -> &mut f32 {
        &mut self.0[d / LANES][d % LANES]
    }
}

/// By the bits of destinations in reach: nothing for those, and what nothing outweighs for others.
pub(super) fn barred() -> [Row; 1 << LANES] {
    let bar = |reach: usize, lane: usize| {
        if lane < LANES && reach >> lane & 1 == 1 {
            0.0
        } else {
            f32::NEG_INFINITY
        }
    };
    std::array::from_fn(|reach| std::array::from_fn(|lane| bar(reach, lane)))
}

/// The best option so far. Place 0 is that of doing nothing; of equals the later is taken.
pub(super) struct Best {
    utility: f32,
    place: usize,
}

impl Best {
    pub const fn new(nothing: f32) -> Self {
        Self {
            utility: nothing,
            place: 0,
        }
    }

    /// Takes in a row of options, the first of which has this place.
    #[inline(always)]
    pub fn take(&mut self, row: &Row, first: usize) {
        let more = |a: f32, b: f32| if a > b { a } else { b };
        let [a, b, c, d, e, f, g, h] = *row;
        let (ab, cd, ef, gh) = (more(a, b), more(c, d), more(e, f), more(g, h));
        let top = more(more(ab, cd), more(ef, gh));
        if top >= self.utility {
            self.utility = top;
            let lane = row.iter().rposition(|utility| *utility == top);
            self.place = first + lane.unwrap_or(0);
        }
    }

    pub const fn place(&self) -> usize {
        self.place
    }
}

/// Merchants that are weighed, in this order: each has one chance.
pub(super) struct Options {
    merchants: [MerchantId; MOST_WEIGHED],
    count: usize,
}

impl Options {
    pub const fn new() -> Self {
        Self {
            merchants: [MerchantId(u32::MAX); MOST_WEIGHED],
            count: 0,
        }
    }

    /// Adds a merchant unless it is there already.
    #[inline(always)]
    pub fn add(&mut self, merchant: MerchantId) {
        // All places are looked at, also those that hold nobody: their number is known beforehand.
        let known = self
            .merchants
            .iter()
            .fold(false, |any, m| any | (*m == merchant));
        // Written always, kept by arithmetic. What is written and not kept is known already.
        self.merchants[self.count] = merchant;
        self.count += usize::from(!known);
    }

    /// The merchants.
    #[inline(always)]
    pub fn merchants(&self) -> &[MerchantId] {
        &self.merchants[..self.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUT: f32 = f32::NEG_INFINITY;

    /// Would catch a row that is not looked through, a store out of reach that is visited, and an
    /// earlier option preferred to an equal one.
    #[test]
    fn the_best_option_has_the_greatest_utility() {
        let mut best = Best::new(-0.5);
        best.take(&[OUT; 8], 1);
        best.take(&[-0.75, -0.6, OUT, -9.0, -1e9, OUT, OUT, OUT], 16);
        assert_eq!(best.place(), 0, "doing nothing is best");
        best.take(&[-0.5, -0.6, -0.5, -9.0, -1e9, OUT, OUT, OUT], 16);
        assert_eq!(best.place(), 18);
        for lane in 0..LANES {
            let mut row = [OUT; 8];
            row[lane] = lane as f32;
            best.take(&row, 31);
            assert_eq!(best.place(), 31 + lane);
        }
        best.take(&[3.9, 1.0, 2.0, 0.0, -0.0, OUT, OUT, OUT], 46);
        assert_eq!(best.place(), 35);
    }

    /// Would catch a destination in reach that is barred, and one that is not and is let through.
    #[test]
    fn what_is_out_of_reach_is_barred() {
        for (reach, row) in barred().iter().enumerate() {
            for (lane, bar) in row.iter().enumerate() {
                let open = lane < LANES && reach >> lane & 1 == 1;
                assert_eq!(*bar, if open { 0.0 } else { OUT });
            }
        }
    }

    /// Would catch a merchant weighed twice, or lost because a double was written over it.
    #[test]
    fn each_merchant_is_weighed_once() {
        let mut options = Options::new();
        for merchant in [7, 3, 7, 9, 3, 9, 1, 7] {
            options.add(MerchantId(merchant));
        }
        let all: Vec<u32> = options.merchants().iter().map(|m| m.0).collect();
        assert_eq!(all, [7, 3, 9, 1]);
    }
}
