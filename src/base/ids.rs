//! Identifiers: small integers with a type each, so that one cannot be taken for another.
//!
//! All of them are places in a list of the scenario, save [`UserId`], which is a number from
//! nothing: no list of users is ever stored.

use std::fmt;

macro_rules! place {
    ($(#[$doc:meta])* $name:ident($int:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $int);

        impl $name {
            /// The place as an index.
            #[inline(always)]
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

place!(
    /// A channel of the scenario, or of a log.
    ChannelId(u16)
);
place!(
    /// A product category.
    CategoryId(u8)
);
place!(
    /// A merchant.
    MerchantId(u32)
);
place!(
    /// A tier of merchants (key account, mid, small, buyer, creator).
    TierId(u8)
);
place!(
    /// A place where orders are made: the app's own shops, or a marketplace.
    DestinationId(u8)
);

/// A user: a number in `0..users`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub u64);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "u{}", self.0)
    }
}
