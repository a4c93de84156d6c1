//! Memory for many rows.
//!
//! Rows that wait are most of what a large log takes, and they are written and read all over the place.
//! In pages of four kilobytes that costs a fault for each page, and a miss of the table of pages for most
//! accesses. So a large slab asks the system for huge pages, which it may grant or not; a small one is
//! taken where all memory is.

use std::ops::{Deref, DerefMut};

use bytemuck::{cast_slice, cast_slice_mut};
use memmap2::MmapMut;

use super::run::Narrow;

/// From so many bytes on huge pages are asked for: the size of one.
const LARGE: usize = 2 << 20;

/// Rows, as long as they are wanted.
#[derive(Debug)]
pub(super) enum Slab {
    Small(Vec<Narrow>),
    /// Whole rows, and nothing behind them.
    Large(MmapMut),
}

impl Slab {
    /// Rows of zeros.
    pub fn zeroed(rows: usize) -> Self {
        let bytes = rows * size_of::<Narrow>();
        let small = || Self::Small(vec![[0; 2]; rows]);
        if bytes < LARGE {
            return small();
        }
        match MmapMut::map_anon(bytes) {
            Ok(map) => {
                // Where there are none, small ones do.
                #[cfg(target_os = "linux")]
                let _ = map.advise(memmap2::Advice::HugePage);
                Self::Large(map)
            }
            Err(_) => small(),
        }
    }
}

impl Slab {
    /// Makes it as long as that, whatever it held.
    pub fn resize(&mut self, rows: usize) {
        match self {
            Self::Small(vec) => vec.resize(rows, [0; 2]),
            Self::Large(_) => *self = Self::zeroed(rows),
        }
    }
}

impl Default for Slab {
    fn default() -> Self {
        Self::Small(Vec::new())
    }
}

impl Deref for Slab {
    type Target = [Narrow];

    fn deref(&self) -> &[Narrow] {
        match self {
            Self::Small(rows) => rows,
            Self::Large(map) => cast_slice(map),
        }
    }
}

impl DerefMut for Slab {
    fn deref_mut(&mut self) -> &mut [Narrow] {
        match self {
            Self::Small(rows) => rows,
            Self::Large(map) => cast_slice_mut(map),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a slab that is shorter or longer than its rows, or not of zeros.
    #[test]
    fn slabs_hold_their_rows() {
        for rows in [0, 1, 1_000, LARGE / 16 - 1, LARGE / 16, LARGE / 16 + 7] {
            let mut slab = Slab::zeroed(rows);
            assert_eq!(slab.len(), rows);
            assert!(slab.iter().all(|row| *row == [0; 2]));
            for (place, row) in slab.iter_mut().enumerate() {
                *row = [place as u64, 7];
            }
            assert!(
                (0..)
                    .zip(slab.iter())
                    .all(|(place, row)| *row == [place, 7])
            );
        }
    }
}
