//! What is to be done, as data.

use crate::base::UserId;
use crate::scenario::MAX_USERS;

use super::run::RunError;

/// Groups of users for the jackknife.
pub const GROUPS: u64 = 32;

/// Most users in a block: small enough to balance threads, large enough to forget about it.
const MOST: u64 = 1_024;

/// A block of consecutive users: the unit of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// First user.
    pub first: UserId,
    /// How many.
    pub users: u64,
    /// The jackknife group that they belong to.
    pub group: usize,
}

impl Block {
    /// The users, in order.
    pub fn ids(self) -> impl Iterator<Item = UserId> {
        (self.first.0..self.first.0 + self.users).map(UserId)
    }
}

/// The users of a run, in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    users: u64,
    block: u64,
}

impl Plan {
    /// A plan for so many users. Small populations get smaller blocks, so that every group of the
    /// jackknife has some.
    #[must_use]
    pub fn new(users: u64) -> Self {
        let block = users.div_ceil(GROUPS * 4).clamp(1, MOST);
        Self { users, block }
    }

    /// The same, after a look at the number.
    ///
    /// # Errors
    /// When there are no users or too many.
    pub fn checked(users: u64) -> Result<Self, RunError> {
        if users == 0 || users > MAX_USERS {
            return Err(RunError::Users(users));
        }
        Ok(Self::new(users))
    }

    /// All users.
    #[must_use]
    pub const fn users(self) -> u64 {
        self.users
    }

    /// How many blocks there are.
    #[must_use]
    pub const fn len(self) -> u64 {
        self.users.div_ceil(self.block)
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.users == 0
    }

    /// The block of that number, if there is one.
    #[must_use]
    pub fn block(self, number: u64) -> Option<Block> {
        let first = number.checked_mul(self.block).filter(|f| *f < self.users)?;
        Some(Block {
            first: UserId(first),
            users: self.block.min(self.users - first),
            group: (number % GROUPS) as usize,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch users that are simulated twice or not at all.
    #[test]
    fn blocks_cover_every_user_once() {
        for users in [1, 31, 32, 33, 1_000, 131_072, 131_073, 1_000_003] {
            let plan = Plan::new(users);
            let mut next = 0;
            for number in 0..plan.len() {
                let block = plan.block(number).unwrap();
                assert_eq!(block.first.0, next);
                next += block.users;
            }
            assert_eq!(next, users);
            assert!(plan.block(plan.len()).is_none());
        }
    }
}
