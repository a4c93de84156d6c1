//! A queue that grows without moving what it holds.
//!
//! What comes is written at the end, what has grown old is left behind at the front, and in between
//! everything keeps its place, which is counted from the beginning. It lies in blocks: a queue in one
//! piece would be copied whole whenever it has to grow, and at a gigabyte nothing is credited meanwhile.

use std::collections::VecDeque;

/// Items of a block.
const BLOCK: u64 = 1 << 14;
/// Empty blocks that are kept for what comes.
const SPARE: usize = 16;

#[derive(Debug)]
pub(super) struct Ring<T> {
    blocks: VecDeque<Vec<T>>,
    spare: Vec<Vec<T>>,
    /// Places of the first block, of the oldest item, and of the next one.
    first: u64,
    front: u64,
    next: u64,
}

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self {
            blocks: VecDeque::new(),
            spare: Vec::new(),
            first: 0,
            front: 0,
            next: 0,
        }
    }
}

impl<T> Ring<T> {
    /// The place of the oldest item, and the place of the next one that comes.
    #[inline]
    pub const fn ends(&self) -> (u64, u64) {
        (self.front, self.next)
    }

    #[inline]
    pub fn push(&mut self, item: T) {
        if self.next.is_multiple_of(BLOCK) {
            let empty = || Vec::with_capacity(BLOCK as usize);
            self.blocks
                .push_back(self.spare.pop().unwrap_or_else(empty));
        }
        if let Some(block) = self.blocks.back_mut() {
            block.push(item);
        }
        self.next += 1;
    }

    /// The item of a place that has not been left behind.
    #[inline]
    pub fn at(&self, place: u64) -> &T {
        let from_first = place - self.first;
        &self.blocks[(from_first / BLOCK) as usize][(from_first % BLOCK) as usize]
    }

    /// The same, to change it.
    #[inline]
    pub fn at_mut(&mut self, place: u64) -> &mut T {
        let from_first = place - self.first;
        &mut self.blocks[(from_first / BLOCK) as usize][(from_first % BLOCK) as usize]
    }

    /// The oldest item.
    #[inline]
    pub fn oldest(&self) -> Option<&T> {
        (self.front < self.next).then(|| self.at(self.front))
    }

    /// Leaves the oldest item behind.
    #[inline]
    pub fn leave(&mut self) {
        self.front += 1;
        if self.front.is_multiple_of(BLOCK)
            && let Some(mut block) = self.blocks.pop_front()
        {
            self.first += BLOCK;
            block.clear();
            if self.spare.len() < SPARE {
                self.spare.push(block);
            }
        }
    }

    /// All items, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let behind = (self.front - self.first) as usize;
        self.blocks.iter().flatten().skip(behind)
    }

    pub fn bytes(&self) -> usize {
        (self.blocks.len() + self.spare.len()) * BLOCK as usize * size_of::<T>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch an item that is found at another's place, one that is lost between two blocks, and
    /// blocks that are not given back.
    #[test]
    fn items_keep_their_places() {
        let mut ring = Ring::default();
        for i in 0..10 * BLOCK {
            ring.push(i);
            if i >= 1_000 {
                assert_eq!(ring.oldest(), Some(&(i - 1_000)));
                ring.leave();
            }
            let (front, next) = ring.ends();
            assert_eq!(
                (*ring.at(front), *ring.at(next - 1), next),
                (front, i, i + 1)
            );
            if i % 5_000 == 0 {
                assert!(ring.iter().copied().eq(front..next));
            }
        }
        assert!(ring.bytes() <= 4 * BLOCK as usize * 8, "{}", ring.bytes());
        let last = ring.ends().1 - 1;
        *ring.at_mut(last) = 7;
        assert_eq!(ring.at(last), &7);
        while ring.oldest().is_some() {
            ring.leave();
        }
        assert_eq!(ring.iter().count(), 0);
    }
}
