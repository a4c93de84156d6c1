//! An event in three words, since there are many.
//!
//! ```text
//! word 0   key of the identity
//! word 1   time, microseconds since 1970, shifted to sort as it is
//! word 2   check of the identity 16 | group 16 | conversion 1 | implied 1 | kind 2 | payload 28
//! ```
//!
//! The payload of a touch is its channel. That of a conversion says where its value is found among the
//! values that are kept beside the rows, since few rows have one.

use crate::journey::TouchKind;

use super::identity::Identity;

/// An event.
pub(super) type Row = [u64; 3];

const SIGN: u64 = 1 << 63;
const CONVERSION: u64 = 1 << 31;
const IMPLIED: u64 = 1 << 30;
const KIND: u32 = 28;
/// The most values that one partition may have.
pub(super) const PAYLOADS: usize = 1 << KIND;

/// The low half of a conversion's last word.
pub(super) const CONVERSION_LOW: u32 = CONVERSION as u32;

/// The low half of a touch's last word.
#[inline]
pub(super) fn touch_low(channel: u16, kind: TouchKind) -> u32 {
    (kind as u32) << KIND | u32::from(channel)
}

/// A row by the low half of its last word.
#[inline]
pub(super) fn of(who: Identity, group: u16, time: i64, low: u32) -> Row {
    let high = u64::from(who.check) << 48 | u64::from(group) << 32;
    [who.key, time as u64 ^ SIGN, high | u64::from(low)]
}

/// Sets the group of a row that has none.
#[inline]
pub(super) fn set_group(row: &mut Row, group: u16) {
    row[2] |= u64::from(group) << 32;
}

#[inline]
pub(super) fn touch(who: Identity, group: u16, time: i64, channel: u16, kind: TouchKind) -> Row {
    of(who, group, time, touch_low(channel, kind))
}

/// A conversion; an implied one may be told by several rows, and counts once.
#[inline]
pub(super) fn conversion(who: Identity, group: u16, time: i64, implied: bool) -> Row {
    let implied = if implied { IMPLIED } else { 0 };
    of(who, group, time, (CONVERSION | implied) as u32)
}

#[inline]
pub(super) fn is_conversion(row: &Row) -> bool {
    row[2] & CONVERSION != 0
}

#[inline]
pub(super) fn is_implied(row: &Row) -> bool {
    row[2] & IMPLIED != 0
}

#[inline]
pub(super) fn time(row: &Row) -> i64 {
    (row[1] ^ SIGN) as i64
}

#[inline]
pub(super) fn group(row: &Row) -> u16 {
    (row[2] >> 32) as u16
}

/// Channel of a touch, place of a conversion's value.
#[inline]
pub(super) fn payload(row: &Row) -> usize {
    row[2] as usize & (PAYLOADS - 1)
}

/// The same conversion with its value elsewhere.
#[inline]
pub(super) fn with_payload(row: &Row, payload: usize) -> Row {
    let low = PAYLOADS as u64 - 1;
    [row[0], row[1], row[2] & !low | payload as u64 & low]
}

#[inline]
pub(super) fn kind(row: &Row) -> TouchKind {
    match row[2] >> KIND & 3 {
        0 => TouchKind::View,
        1 => TouchKind::Read,
        2 => TouchKind::Engage,
        _ => TouchKind::Click,
    }
}

pub(super) fn identity(row: &Row) -> Identity {
    Identity {
        key: row[0],
        check: (row[2] >> 48) as u16,
    }
}

/// Whether two events are of one identity and, if these are told apart, one merchant.
#[inline]
pub(super) fn same(a: &Row, b: &Row) -> bool {
    a[0] == b[0] && a[2] >> 32 == b[2] >> 32
}

/// By identity and merchant, then time; a conversion comes after the touches of its own moment.
#[inline]
pub(super) fn order(row: &Row) -> (u64, u64, u64, bool) {
    (row[0], row[2] >> 32, row[1], is_conversion(row))
}

/// The same order as one number, for rows whose keys begin with the same bit, which is left out, and
/// that have the same check and group.
#[inline]
pub(super) fn rank(row: &Row) -> u128 {
    u128::from(row[0]) << 65 | u128::from(row[1]) << 1 | u128::from(row[2] >> 31 & 1)
}

/// Conversion 1 | implied 1 | kind 2 | channel 10: all that a row says beside who, when and what value.
#[inline]
pub(super) fn low_bits(row: &Row) -> u64 {
    let channel = if is_conversion(row) {
        0
    } else {
        row[2] & 0x3FF
    };
    (row[2] >> KIND & 0xF) << 10 | channel
}

/// The low half of the last word again.
#[inline]
pub(super) fn from_low_bits(bits: u64) -> u64 {
    (bits >> 10 & 0xF) << KIND | bits & 0x3FF
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a field that spills into its neighbour.
    #[test]
    fn fields_come_back() {
        let who = Identity::of_text("somebody");
        for (time_given, group_given) in [(i64::MIN, 0), (-1, 59_999), (i64::MAX, u16::MAX)] {
            let touch = touch(who, group_given, time_given, 1_023, TouchKind::Engage);
            assert!(!is_conversion(&touch) && !is_implied(&touch));
            assert_eq!((payload(&touch), kind(&touch)), (1_023, TouchKind::Engage));
            for implied in [false, true] {
                let row = conversion(who, group_given, time_given, implied);
                let row = with_payload(&with_payload(&row, PAYLOADS - 1), 77);
                assert_eq!((is_conversion(&row), is_implied(&row)), (true, implied));
                assert_eq!(payload(&row), 77);
                for row in [row, touch] {
                    assert_eq!((time(&row), group(&row)), (time_given, group_given));
                    assert_eq!(identity(&row), who);
                }
                assert!(same(&row, &touch) && order(&touch) < order(&row));
            }
        }
    }
}
