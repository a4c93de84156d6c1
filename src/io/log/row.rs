//! An event in two words, since there are many; or in three, where two do not hold it.
//!
//! ```text
//! narrow   word 0   key of the identity
//!          word 1   time since a base, microseconds 46 | said 4 | payload 14
//! beside            time above its 46 bits 18 | check of the identity 16 | group 16
//!
//! wide     word 0   key of the identity
//!          word 1   time, microseconds since 1970, shifted to sort as it is
//!          word 2   check 16 | group 16 | said 4 | payload 28
//!
//! said     conversion 1 | implied 1 | kind of touch 2
//! ```
//!
//! Whole numbers as identities, no merchants and two years of time need nothing beside: such a log is read,
//! dealt out and sorted narrow. Any other has a word beside each row as it waits, and is sorted wide.
//!
//! The payload of a touch is its channel. That of a conversion says where its value is found among the
//! values that are kept beside the rows, since few rows have one; as long as a row waits it is zero, and
//! values come in the order of conversions.

use crate::journey::TouchKind;

use super::identity::Identity;

pub(super) type Narrow = [u64; 2];
pub(super) type Wide = [u64; 3];

const SIGN: u64 = 1 << 63;
/// Bits of a narrow row below its time.
pub(super) const LOW: u32 = 18;
/// Those of its payload.
pub(super) const PAYLOAD_LOW: u32 = (1 << 14) - 1;
/// Bits of its time.
pub(super) const TIME: u32 = 64 - LOW;

/// The low bits of a narrow row that is a conversion.
pub(super) const CONVERSION_LOW: u32 = 1 << 17;
const IMPLIED_LOW: u32 = 1 << 16;

/// The low bits of a narrow row that is a touch.
#[inline]
pub(super) fn touch_low(channel: u16, kind: TouchKind) -> u32 {
    (kind as u32) << 14 | u32::from(channel)
}

/// The low bits of a narrow row that is a conversion; an implied one may be told by several rows, and
/// counts once.
#[inline]
pub(super) fn conversion_low(implied: bool) -> u32 {
    CONVERSION_LOW | if implied { IMPLIED_LOW } else { 0 }
}

/// Microseconds since 1970 as a number that sorts as they do.
#[inline]
pub(super) fn sortable(time: i64) -> u64 {
    time as u64 ^ SIGN
}

/// What [`sortable`] was made of.
#[inline]
pub(super) fn micros(sortable: u64) -> i64 {
    (sortable ^ SIGN) as i64
}

/// A base to count from, if this is the first time: one from which as much fits before it as after it.
#[inline]
pub(super) fn base(first: u64) -> u64 {
    first.saturating_sub(1 << (TIME - 1))
}

/// A row by the time since its base, as far as it fits.
#[inline]
pub(super) fn narrow(key: u64, since: u64, low: u32) -> Narrow {
    [key, since << LOW | u64::from(low)]
}

/// What does not fit.
#[inline]
pub(super) fn beside(since: u64, check: u16, group: u16) -> u64 {
    since >> TIME << 32 | u64::from(check) << 16 | u64::from(group)
}

/// An event whose identity's others are looked for.
pub(super) trait Row: Copy + Default {
    /// Bits of the payload.
    const PAYLOAD: u32;
    type Order: Ord + Copy;

    /// From a row that has waited, whose time counts from `base`; if this is narrow, `shift` later than
    /// the times of all rows do.
    fn of(waited: &Narrow, beside: u64, base: u64, shift: u64) -> Self;
    /// Key of the identity.
    fn key(&self) -> u64;
    /// The word that ends with what was said and the payload.
    fn last(&self) -> u64;
    /// The same conversion with its value elsewhere.
    fn with_payload(self, payload: usize) -> Self;
    /// Time, as [`sortable`], if narrow ones count from `base`.
    fn time(&self, base: u64) -> u64;
    fn check(&self) -> u16;
    fn group(&self) -> u16;
    /// Whether two events are of one identity and, if these are told apart, one merchant.
    fn same(&self, other: &Self) -> bool;
    /// Whether two rows compare by [`Row::rank`].
    fn ranked(&self, other: &Self) -> bool;
    /// By identity, then time; a conversion comes after the touches of its own moment.
    fn rank(&self) -> u128;
    /// By identity and merchant, then as ranks do.
    fn order(&self) -> Self::Order;

    #[inline]
    fn is_conversion(&self) -> bool {
        self.last() >> Self::PAYLOAD & 0b1000 != 0
    }

    #[inline]
    fn is_implied(&self) -> bool {
        self.last() >> Self::PAYLOAD & 0b0100 != 0
    }

    #[inline]
    fn kind(&self) -> TouchKind {
        match self.last() >> Self::PAYLOAD & 0b0011 {
            0 => TouchKind::View,
            1 => TouchKind::Read,
            2 => TouchKind::Engage,
            _ => TouchKind::Click,
        }
    }

    /// Channel of a touch, place of a conversion's value.
    #[inline]
    fn payload(&self) -> usize {
        self.last() as usize & ((1 << Self::PAYLOAD) - 1)
    }

    fn identity(&self) -> Identity {
        Identity {
            key: self.key(),
            check: self.check(),
        }
    }
}

impl Row for Narrow {
    const PAYLOAD: u32 = 14;
    type Order = u128;

    #[inline]
    fn of(waited: &Narrow, _: u64, _: u64, shift: u64) -> Self {
        [waited[0], waited[1].wrapping_add(shift << LOW)]
    }

    #[inline]
    fn key(&self) -> u64 {
        self[0]
    }

    #[inline]
    fn last(&self) -> u64 {
        self[1]
    }

    #[inline]
    fn with_payload(self, payload: usize) -> Self {
        [self[0], self[1] | payload as u64]
    }

    #[inline]
    fn time(&self, base: u64) -> u64 {
        base.wrapping_add(self[1] >> LOW)
    }

    fn check(&self) -> u16 {
        0
    }

    #[inline]
    fn group(&self) -> u16 {
        0
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self[0] == other[0]
    }

    #[inline]
    fn ranked(&self, _: &Self) -> bool {
        true
    }

    #[inline]
    fn rank(&self) -> u128 {
        u128::from(self[0]) << 64 | u128::from(self[1] >> (LOW - 1))
    }

    fn order(&self) -> u128 {
        self.rank()
    }
}

impl Row for Wide {
    const PAYLOAD: u32 = 28;
    type Order = (u64, u64, u64, bool);

    #[inline]
    fn of(waited: &Narrow, beside: u64, base: u64, _: u64) -> Self {
        let since = waited[1] >> LOW | beside >> 32 << TIME;
        let said = waited[1] >> 14 & 0xF;
        let payload = waited[1] & u64::from(PAYLOAD_LOW);
        [
            waited[0],
            base.wrapping_add(since),
            beside << 32 | said << Self::PAYLOAD | payload,
        ]
    }

    #[inline]
    fn key(&self) -> u64 {
        self[0]
    }

    #[inline]
    fn last(&self) -> u64 {
        self[2]
    }

    #[inline]
    fn with_payload(self, payload: usize) -> Self {
        [self[0], self[1], self[2] | payload as u64]
    }

    #[inline]
    fn time(&self, _: u64) -> u64 {
        self[1]
    }

    fn check(&self) -> u16 {
        (self[2] >> 48) as u16
    }

    #[inline]
    fn group(&self) -> u16 {
        (self[2] >> 32) as u16
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self[0] == other[0] && self.ranked(other)
    }

    /// Of one check and group.
    #[inline]
    fn ranked(&self, other: &Self) -> bool {
        self[2] >> 32 == other[2] >> 32
    }

    /// The first bit of the key is left out: that of all rows of a bucket is the same.
    #[inline]
    fn rank(&self) -> u128 {
        let conversion = u128::from(self.is_conversion());
        u128::from(self[0]) << 65 | u128::from(self[1]) << 1 | conversion
    }

    fn order(&self) -> Self::Order {
        (self[0], self[2] >> 32, self[1], self.is_conversion())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::log::identity::{Scramble, hashed};

    /// Would catch a field that spills into its neighbour, in a narrow row, beside it, or in a wide one.
    #[test]
    fn fields_come_back() {
        let who = hashed("somebody");
        for (time, base) in [(i64::MIN, 0), (-1, 1 << 60), (i64::MAX, u64::MAX), (5, 77)] {
            let since = sortable(time).wrapping_sub(base);
            for group in [0, 59_999, u16::MAX] {
                let beside = beside(since, who.check, group);
                let wide = |low: u32| Wide::of(&narrow(who.key, since, low), beside, base, 0);
                let touch = wide(touch_low(1_023, TouchKind::Engage));
                assert!(!touch.is_conversion() && !touch.is_implied());
                assert_eq!((touch.payload(), touch.kind()), (1_023, TouchKind::Engage));
                for implied in [false, true] {
                    let row = wide(conversion_low(implied)).with_payload((1 << 28) - 1);
                    assert!(row.is_conversion() && row.is_implied() == implied);
                    assert_eq!(row.payload(), (1 << 28) - 1);
                    for row in [row, touch] {
                        assert_eq!((micros(row.time(base)), row.group()), (time, group));
                        assert_eq!(row.identity(), who);
                    }
                    assert!(row.same(&touch) && touch.order() < row.order());
                    assert!(touch.rank() < row.rank());
                }
            }
        }
    }

    /// Would catch a narrow row that says another thing than the wide one, at the ends of its time.
    #[test]
    fn narrow_and_wide_say_the_same() {
        let who = Scramble::new(64).whole(-7);
        let touch = touch_low(1_023, TouchKind::Click);
        for since in [0, 1, (1 << TIME) - 1 - 9] {
            for low in [touch, conversion_low(true), conversion_low(false)] {
                let waited = narrow(who.key, since, low);
                let thin = Narrow::of(&waited, 0, 0, 9);
                let wide = Wide::of(&waited, 0, 1_009, 0);
                assert_eq!(thin.time(1_000), wide.time(0));
                assert_eq!(thin.identity(), wide.identity());
                assert_eq!(thin.is_conversion(), wide.is_conversion());
                assert_eq!(thin.is_implied(), wide.is_implied());
                assert_eq!((thin.kind(), thin.payload()), (wide.kind(), wide.payload()));
                assert_eq!(thin.group(), 0);
            }
        }
        let rows = [touch, CONVERSION_LOW].map(|low| narrow(who.key, 5, low));
        assert!(rows[0].rank() < rows[1].rank() && rows[0].same(&rows[1]));
        assert!(rows[1].rank() < narrow(who.key, 6, touch).rank());
    }
}
