//! Whose device it is.
//!
//! Devices are shared at home. Who is matched by device may be taken for the other person of the
//! household, and then an order is joined to what somebody else has read. Households are pairs of
//! users with neighbouring numbers. The other person may not be among the users of a run: they are
//! lived for this alone, so nobody's journeys depend on how many users there are.
//!
//! A season of another person costs as much as the user's own. It is lived only once an order is in
//! fact mistaken, and once for all regimes.

use crate::base::{MerchantId, Second, UserId};
use crate::world::{History, Intervention, NO_CONTACT, World};

/// The other person of a user's household.
#[must_use]
pub const fn partner(user: UserId) -> UserId {
    UserId(user.0 ^ 1)
}

/// Lives the other person's season when it is asked for.
#[derive(Debug)]
pub(super) struct Household<'w> {
    world: &'w World,
    lived: Option<(UserId, History)>,
}

impl<'w> Household<'w> {
    pub const fn new(world: &'w World) -> Self {
        Self { world, lived: None }
    }

    /// The season of the other person of a user's household.
    pub fn other(&mut self, user: UserId) -> &History {
        let (of, history) = self
            .lived
            .get_or_insert_with(|| (user, living(self.world, user)));
        if *of != user {
            self.world
                .history(partner(user), Intervention::NONE, history);
            *of = user;
        }
        history
    }
}

fn living(world: &World, user: UserId) -> History {
    let mut history = world.start();
    world.history(partner(user), Intervention::NONE, &mut history);
    history
}

/// The last contact with a merchant at a moment or before it, or [`NO_CONTACT`].
pub(super) fn last_until(history: &History, merchant: MerchantId, moment: Second) -> u32 {
    let mut at = history.last_contact(merchant);
    while at != NO_CONTACT && history.contacts()[at as usize].at > moment {
        at = history.contacts()[at as usize].previous;
    }
    at
}
