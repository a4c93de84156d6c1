//! Room to work in, for as many places as a journey has touches.
//!
//! Rules are handed batch after batch, and begin each with new room. Most journeys are short; room for
//! those is part of the value, so that only a long one asks for memory.

/// Places that a short journey needs.
const SHORT: usize = 32;

/// Memory to use again, whatever is in it.
#[derive(Clone, Debug)]
pub struct Room<T> {
    short: [T; SHORT],
    long: Vec<T>,
}

impl<T: Copy + Default> Default for Room<T> {
    fn default() -> Self {
        Self {
            short: [T::default(); SHORT],
            long: Vec::new(),
        }
    }
}

impl<T: Copy + Default> Room<T> {
    /// So many places, which hold anything.
    #[inline(always)]
    pub(super) fn of(&mut self, places: usize) -> &mut [T] {
        match self.short.get_mut(..places) {
            Some(short) => short,
            None => longer(&mut self.long, places),
        }
    }
}

#[cold]
fn longer<T: Copy + Default>(long: &mut Vec<T>, places: usize) -> &mut [T] {
    if long.len() < places {
        long.resize(places, T::default());
    }
    &mut long[..places]
}
