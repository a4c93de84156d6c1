//! An event in four words, as it waits for its slice.
//!
//! ```text
//! word 0   second 32 | high bits of the user 32
//! word 1   low bits of the user 16 | place in the user's log 24 | kind 4 | route 3 | destination 9 | note? 1 | need? 1
//! word 2   merchant 32 | note 32
//! word 3   channel 16 | cause 16 | what the waiting room needs 32
//! ```
//!
//! Most rows say no more. What comes of a need has two more words beside it: the need and the value.
//!
//! The first two words are the order of the log: by time, then by user, then as the user did it. No two
//! rows are equal in them, so a sort need not be stable, and nothing hangs on where a row has waited.

use crate::base::{ChannelId, DestinationId, MerchantId, Second};
use crate::io::{Beside, Waiter};
use crate::world::{EVENT_KINDS, Event, NeedId, NoteId, ROUTES};

/// Bits of the place in a user's log.
const PLACE: u32 = 24;
/// A channel that is none.
const NONE: u16 = u16::MAX;

/// What the log is sorted by.
pub(super) fn key(row: &Waiter) -> (u64, u64) {
    (row[0], row[1])
}

/// Packs an event: the how-manieth of its user.
pub(super) fn pack(user: u64, place: usize, event: &Event) -> (Waiter, Option<Beside>) {
    let place = (place as u64).min((1 << PLACE) - 1);
    let route = event.route.map_or(0, |route| route as u64 + 1);
    let destination = event.destination.map_or(0, |d| 1 << 8 | u64::from(d.0));
    let channel = |channel: Option<ChannelId>| u64::from(channel.map_or(NONE, |c| c.0));
    let row = [
        u64::from(event.at) << 32 | user >> 16,
        (user & 0xffff) << 48
            | place << 24
            | (event.kind as u64) << 20
            | route << 17
            | destination << 8
            | u64::from(event.note.is_some()) << 1
            | u64::from(event.need.is_some()),
        u64::from(event.merchant.0) << 32 | event.note.map_or(0, |note| u64::from(note.0)),
        channel(event.channel) << 48 | channel(event.cause) << 32,
    ];
    let beside = event.need.is_some() || event.value != 0;
    let need = event.need.map_or(0, |need| need.0);
    (row, beside.then_some([need, event.value.cast_unsigned()]))
}

/// The user and the event of a row.
pub(super) fn unpack(row: &Waiter, beside: Option<Beside>) -> (u64, Event) {
    let [first, second, third, last] = *row;
    let user = (first & 0xffff_ffff) << 16 | second >> 48;
    let [need, value] = beside.unwrap_or_default();
    let channel = |bits: u64| Some(bits as u16).filter(|c| *c != NONE).map(ChannelId);
    let route = (second >> 17 & 7).checked_sub(1);
    let event = Event {
        at: (first >> 32) as Second,
        kind: EVENT_KINDS[(second >> 20 & 15) as usize].0,
        merchant: MerchantId((third >> 32) as u32),
        note: (second & 2 > 0).then_some(NoteId(third as u32)),
        channel: channel(last >> 48),
        destination: (second >> 16 & 1 > 0).then_some(DestinationId((second >> 8) as u8)),
        route: route.map(|route| ROUTES[route as usize].0),
        need: (second & 1 > 0).then_some(NeedId(need)),
        cause: channel(last >> 32),
        value: value.cast_signed(),
    };
    (user, event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::EventKind;

    /// Would catch a field that is lost or runs into another, and rows in another order than time,
    /// user, place.
    #[test]
    fn events_survive_in_four_words() {
        let least = Event {
            at: 0,
            kind: EventKind::Impression,
            merchant: MerchantId(0),
            note: None,
            channel: None,
            destination: None,
            route: None,
            need: None,
            cause: None,
            value: 0,
        };
        let most = Event {
            at: Second::MAX,
            kind: EventKind::Refund,
            merchant: MerchantId(u32::MAX),
            note: Some(NoteId(u32::MAX)),
            channel: Some(ChannelId(NONE - 1)),
            destination: Some(DestinationId(u8::MAX)),
            route: Some(ROUTES[3].0),
            need: Some(NeedId(u64::MAX)),
            cause: Some(ChannelId(NONE - 1)),
            value: i64::MIN,
        };
        let zeroes = Event {
            note: Some(NoteId(0)),
            channel: Some(ChannelId(0)),
            destination: Some(DestinationId(0)),
            route: Some(ROUTES[0].0),
            need: Some(NeedId(0)),
            cause: Some(ChannelId(0)),
            ..least
        };
        let mut keys = Vec::new();
        for event in [least, zeroes, most] {
            for user in [0, 1, 0xffff, 0x1_0000, crate::scenario::MAX_USERS] {
                for place in [0, 1, (1 << PLACE) - 1] {
                    let (row, beside) = pack(user, place, &event);
                    assert_eq!(row[3] as u32, 0, "not ours");
                    assert_eq!(unpack(&row, beside), (user, event));
                    keys.push(((event.at, user, place), key(&row)));
                }
            }
        }
        keys.sort_by_key(|(plain, _)| *plain);
        assert!(keys.is_sorted_by_key(|(_, packed)| (packed.0, packed.1 >> 24)));
    }
}
