//! A user's season as a log: one row an event, for those who want the rows and not their sums.
//!
//! A run counts; nobody could keep what hundreds of millions of users did. A history whose
//! [`log`](super::History::log) is wanted also writes down every tracked note that was shown, read,
//! engaged with or clicked, every visit of a store, cart, order and return, with what only the world
//! knows beside it. The rows of a kind are as many as the counters say.

use crate::base::{ChannelId, DestinationId, Fen, MerchantId, Second};

use super::history::{NeedId, Route};
use super::life::Life;
use super::supply::NoteId;

/// What happened. The order is that of a season's events in one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EventKind {
    /// A tracked note was shown.
    Impression,
    /// It was opened and read.
    Read,
    /// The reader liked it.
    Like,
    /// The reader collected it.
    Collect,
    /// The reader shared it.
    Share,
    /// The reader commented on it.
    Comment,
    /// The reader followed its author.
    Follow,
    /// The reader asked for a link in a comment.
    AskLink,
    /// A link was followed.
    Click,
    /// A store was visited.
    Visit,
    /// Something was put into the cart.
    Cart,
    /// Something was ordered.
    Order,
    /// It was sent back.
    Refund,
}

/// All kinds, in the order of their numbers, with their names.
pub const EVENT_KINDS: [(EventKind, &str); 13] = [
    (EventKind::Impression, "impression"),
    (EventKind::Read, "read"),
    (EventKind::Like, "like"),
    (EventKind::Collect, "collect"),
    (EventKind::Share, "share"),
    (EventKind::Comment, "comment"),
    (EventKind::Follow, "follow"),
    (EventKind::AskLink, "ask-link"),
    (EventKind::Click, "click"),
    (EventKind::Visit, "visit"),
    (EventKind::Cart, "cart"),
    (EventKind::Order, "order"),
    (EventKind::Refund, "refund"),
];

/// Engagements in the order of their counters.
pub(super) const ENGAGED: [EventKind; 6] = [
    EventKind::Like,
    EventKind::Collect,
    EventKind::Share,
    EventKind::Comment,
    EventKind::Follow,
    EventKind::AskLink,
];

/// One row of a log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// When; a return may come after the season's end.
    pub at: Second,
    /// What.
    pub kind: EventKind,
    /// Whose note, or whose store.
    pub merchant: MerchantId,
    /// Which note; none of stores.
    pub note: Option<NoteId>,
    /// The note's channel, or that of the link by which the store was reached.
    pub channel: Option<ChannelId>,
    /// Where a link led, or where the store is.
    pub destination: Option<DestinationId>,
    /// How the store was reached.
    pub route: Option<Route>,
    /// The need that led to the store; only the world knows it, but all rows of one order share it.
    pub need: Option<NeedId>,
    /// The channel whose note triggered the need: only the world knows it.
    pub cause: Option<ChannelId>,
    /// Value of an order or of a return, in fen.
    pub value: Fen,
}

impl Event {
    /// Something that happened to a note.
    pub(super) const fn of_note(
        kind: EventKind,
        at: Second,
        merchant: MerchantId,
        (note, channel): (NoteId, ChannelId),
    ) -> Self {
        Self {
            at,
            kind,
            merchant,
            note: Some(note),
            channel: Some(channel),
            destination: None,
            route: None,
            need: None,
            cause: None,
            value: 0,
        }
    }
}

impl Life<'_> {
    /// Writes an event down, where anybody wants a log.
    #[inline(always)]
    pub(super) fn record(&mut self, event: impl FnOnce() -> Event) {
        if let Some(log) = &mut self.out.log {
            log.push(event());
        }
    }
}
