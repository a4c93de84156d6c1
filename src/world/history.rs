//! What happened to one user, as the world knows it.
//!
//! Impressions that nobody opened leave no trace but their count: nothing that follows reads them.
//! Contacts (reads, and links followed later) and orders are kept, with what only the world knows:
//! the cause.

use serde::{Deserialize, Serialize};

use crate::base::{ChannelId, DestinationId, Digest, Fen, MerchantId, Second, TierId, UserId};
use crate::journey::TouchKind;

use super::agenda::Agenda;
use super::brands::Brands;
use super::choice::Visit;
use super::counts::Counts;
use super::decisions::Decision;
use super::needs::NeedQueue;
use super::panel::Panel;
use super::record::Event;
use super::supply::NoteId;
use super::trails::Trails;

/// No contact: the end of a chain.
pub const NO_CONTACT: u32 = u32::MAX;

/// A read note, or a link followed later.
#[derive(Clone, Copy, Debug)]
pub struct Contact {
    /// When.
    pub at: Second,
    /// Whose note.
    pub merchant: MerchantId,
    /// Which note.
    pub note: NoteId,
    /// The contact before this one with the same merchant, or [`NO_CONTACT`].
    pub previous: u32,
    /// By which channel.
    pub channel: ChannelId,
    /// The deepest thing done.
    pub kind: TouchKind,
    /// Where the followed link led; none if none was followed.
    pub clicked: Option<DestinationId>,
}

/// How a store was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Route {
    /// By a direct link out of the app.
    Direct,
    /// By a card or blue link inside the app.
    Card,
    /// By own search in the app.
    AppSearch,
    /// By own search on a marketplace.
    MarketplaceSearch,
}

/// All routes, in the order of their numbers.
pub const ROUTES: [(Route, &str); 4] = [
    (Route::Direct, "direct"),
    (Route::Card, "card"),
    (Route::AppSearch, "app-search"),
    (Route::MarketplaceSearch, "marketplace-search"),
];

/// A need's address: the same need in every world that differs by policy or by a switched-off
/// channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NeedId(pub u64);

/// An order.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// When.
    pub at: Second,
    /// The need that it serves.
    pub need: NeedId,
    /// At whose store.
    pub merchant: MerchantId,
    /// That merchant's tier.
    pub tier: TierId,
    /// Where.
    pub destination: DestinationId,
    /// How the store was reached.
    pub route: Route,
    /// Value in fen.
    pub value: Fen,
    /// Sent back later.
    pub refunded: bool,
    /// The channel whose note triggered the need; none for an own need.
    pub cause: Option<ChannelId>,
    /// The last contact with the merchant before the order, or [`NO_CONTACT`].
    pub last_contact: u32,
}

/// Which notes of the scenario's merchants are tracked: all that are shown, or those that are read.
/// Readers live the same life under both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Track {
    /// All that are shown.
    #[default]
    Impressions,
    /// Those that are read: impressions are not counted.
    Reads,
}

impl Track {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Impressions => "impressions",
            Self::Reads => "reads",
        }
    }
}

/// One user's history, and the buffers to simulate the next one in.
#[derive(Debug, Default)]
pub struct History {
    pub(super) user: UserId,
    pub(super) contacts: Vec<Contact>,
    pub(super) orders: Vec<Order>,
    pub(super) brands: Brands,
    pub(super) trails: Trails,
    /// What the season held; taken out while it is lived.
    pub(super) agenda: Agenda,
    /// Those of users to come.
    pub(super) ahead: Vec<Agenda>,
    pub(super) needs: NeedQueue,
    pub(super) habit: Vec<(f32, Second)>,
    /// What needs came to, in the order in which they were decided.
    pub(super) chosen: Vec<Option<Visit>>,
    /// Channels that were off, as bits.
    pub(super) off: u64,
    /// Totals over all users simulated into this history.
    pub counts: Counts,
    /// What the panel has seen; absent where it is not wanted.
    pub panel: Option<Box<Panel>>,
    /// What became of each need; absent where nobody asks.
    pub decisions: Option<Vec<Decision>>,
    /// Every event, in the order of time; absent where nobody asks.
    pub log: Option<Vec<Event>>,
    /// Which notes are counted and logged.
    pub track: Track,
    pub(super) on_panel: bool,
}

impl History {
    /// The user.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// Contacts in the order of time.
    #[must_use]
    pub fn contacts(&self) -> &[Contact] {
        &self.contacts
    }

    /// Orders in the order of time.
    #[must_use]
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// Contacts by merchant.
    #[inline]
    #[must_use]
    pub const fn trails(&self) -> &Trails {
        &self.trails
    }

    /// Merchants with any contact.
    #[must_use]
    pub fn merchants(&self) -> &[MerchantId] {
        self.brands.touched()
    }

    /// The last contact with a merchant, or [`NO_CONTACT`].
    #[inline]
    #[must_use]
    pub fn last_contact(&self, merchant: MerchantId) -> u32 {
        self.brands.last_contact(merchant)
    }

    /// Channels with at least one read, as bits.
    #[must_use]
    pub fn channels_read(&self) -> u64 {
        let bits = self.contacts.iter().map(|c| 1_u64 << c.channel.0);
        bits.fold(0, |all, one| all | one)
    }

    /// Trust in the app after the last day on it, 0 to 1.
    #[must_use]
    pub fn trust(&self) -> f32 {
        self.agenda.there.trust
    }

    /// Digest of everything that happened but for notes that nobody opened: equal in two worlds exactly
    /// when they are alike for this user.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut digest = Digest::new();
        digest.word(self.user.0);
        for c in &self.contacts {
            let who = u64::from(c.at) << 32 | u64::from(c.merchant.0);
            let what = u64::from(c.note.0) << 16 | u64::from(c.channel.0) << 8 | c.kind as u64;
            digest.word(who ^ what.rotate_left(23));
        }
        for o in &self.orders {
            digest.word(u64::from(o.at) << 32 | u64::from(o.merchant.0));
            digest.word(o.value as u64);
            digest.word(
                o.need.0
                    ^ u64::from(o.destination.0) << 8
                    ^ (o.route as u64) << 16
                    ^ u64::from(o.refunded) << 24,
            );
        }
        digest
    }
}
