//! A user's contacts by merchant, in columns: what whoever observes a history looks at first.
//!
//! Regimes differ in how far they look back, and most of what one user leaves with a merchant is a
//! contact or two within days. So the contacts are put in order once, and a regime that sees all of a
//! trail copies it.

use std::ops::Range;

use crate::base::{MerchantId, Second};
use crate::journey::TouchKind;

use super::history::{Contact, NO_CONTACT};

/// What a user left with one merchant.
#[derive(Clone, Copy, Debug)]
pub struct Trail {
    /// Whose notes.
    pub merchant: MerchantId,
    /// The place after the last of its contacts in the columns; it begins where the trail before ends.
    pub end: u32,
    /// When the last contact was.
    pub last: Second,
    /// Seconds from the first contact to the last.
    pub span: Second,
}

/// The trails of one user, merchants in the order of the first contact.
#[derive(Clone, Debug, Default)]
pub struct Trails {
    list: Vec<Trail>,
    at: Vec<Second>,
    channels: Vec<u16>,
    kinds: Vec<TouchKind>,
    hours: Vec<f64>,
    met: u64,
    clicked: u64,
}

impl Trails {
    /// Follows the chains of contacts of these merchants, each from its last contact. `end` is that of
    /// the season.
    pub(super) fn follow(
        &mut self,
        contacts: &[Contact],
        merchants: &[MerchantId],
        last_contact: impl Fn(MerchantId) -> u32,
        end: Second,
    ) {
        self.list.clear();
        self.at.resize(contacts.len(), 0);
        self.channels.resize(contacts.len(), 0);
        self.kinds.resize(contacts.len(), TouchKind::Read);
        self.hours.resize(contacts.len(), 0.0);
        // From the back, as chains lead: the first contact of the first merchant comes to lie at 0.
        let mut place = contacts.len();
        (self.met, self.clicked) = (0, 0);
        for contact in contacts {
            self.met |= 1 << contact.channel.0;
            self.clicked |= u64::from(contact.kind == TouchKind::Click) << contact.channel.0;
        }
        for merchant in merchants.iter().rev() {
            let mut at = last_contact(*merchant);
            let last = contacts[at as usize].at;
            let (to, until, mut first) = (place, end.max(last), last);
            while at != NO_CONTACT {
                let contact = &contacts[at as usize];
                place -= 1;
                first = contact.at;
                self.at[place] = contact.at;
                self.channels[place] = contact.channel.0;
                self.kinds[place] = contact.kind;
                self.hours[place] = f64::from(until - contact.at) / 3_600.0;
                at = contact.previous;
            }
            self.list.push(Trail {
                merchant: *merchant,
                end: to as u32,
                last,
                span: last - first,
            });
        }
        self.list.reverse();
    }

    /// The trails.
    #[inline(always)]
    #[must_use]
    pub fn list(&self) -> &[Trail] {
        &self.list
    }

    /// Where the contacts of these trails lie in the columns.
    #[inline(always)]
    #[must_use]
    pub fn places(&self, trails: Range<usize>) -> Range<usize> {
        let end = |trails: usize| match trails.checked_sub(1) {
            Some(last) => self.list[last].end as usize,
            None => 0,
        };
        end(trails.start)..end(trails.end)
    }

    /// Channels of any contact, as bits.
    #[must_use]
    pub const fn met(&self) -> u64 {
        self.met
    }

    /// Channels whose links were followed, as bits.
    #[must_use]
    pub const fn clicked(&self) -> u64 {
        self.clicked
    }

    /// When each contact was.
    #[inline(always)]
    #[must_use]
    pub fn at(&self) -> &[Second] {
        &self.at
    }

    /// Channel of each contact.
    #[inline(always)]
    #[must_use]
    pub fn channels(&self) -> &[u16] {
        &self.channels
    }

    /// The deepest thing done at each contact.
    #[inline(always)]
    #[must_use]
    pub fn kinds(&self) -> &[TouchKind] {
        &self.kinds
    }

    /// Hours from each contact to the end of the season, or to the trail's last contact if that is
    /// later: the last evening on the app may go on after the season.
    #[inline(always)]
    #[must_use]
    pub fn hours(&self) -> &[f64] {
        &self.hours
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ChannelId;
    use crate::world::NoteId;

    /// Would catch trails that lose a contact, mix merchants, or run backwards.
    #[test]
    fn trails_are_the_contacts_of_each_merchant_in_their_order() {
        let met = [(4, 10), (2, 3_600), (4, 7_200), (9, 7_200), (2, 9_000)];
        let mut contacts: Vec<Contact> = Vec::new();
        for (place, (merchant, at)) in met.iter().enumerate() {
            let before = contacts.iter().rposition(|c| c.merchant.0 == *merchant);
            contacts.push(Contact {
                at: *at,
                merchant: MerchantId(*merchant),
                note: NoteId(0),
                previous: before.map_or(NO_CONTACT, |p| p as u32),
                channel: ChannelId(place as u16),
                kind: TouchKind::Click,
                clicked: None,
            });
        }
        let last = |m: MerchantId| contacts.iter().rposition(|c| c.merchant == m).unwrap() as u32;
        // A user before left more.
        let mut trails = Trails {
            at: vec![7; 30],
            ..Trails::default()
        };
        let merchants = [4, 2, 9].map(MerchantId);
        trails.follow(&contacts, &merchants, last, 7_200);
        assert_eq!(trails.channels(), [0, 2, 1, 4, 3]);
        assert_eq!(trails.at(), [10, 7_200, 3_600, 9_000, 7_200]);
        let told = trails
            .list()
            .iter()
            .map(|t| (t.merchant.0, t.end, t.last, t.span));
        assert_eq!(
            told.collect::<Vec<_>>(),
            [(4, 2, 7_200, 7_190), (2, 4, 9_000, 5_400), (9, 5, 7_200, 0)]
        );
        assert_eq!(trails.hours()[1..], [0.0, 1.5, 0.0, 0.0]);
        assert_eq!((trails.places(0..0), trails.places(1..3)), (0..0, 2..5));
        assert_eq!((trails.met(), trails.clicked()), (0b11111, 0b11111));
    }
}
