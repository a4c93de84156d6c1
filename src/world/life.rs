//! One user's life: the opened notes of the agenda are read, and needs mature in between. In the
//! order of time, because what a user sees depends on what they want and what they want on what
//! they saw.

use crate::base::{MerchantId, Person};

use super::World;
use super::agenda::{Agenda, Slot};
use super::choice::Visit;
use super::history::{History, Track};
use super::record::{Event, EventKind};
use super::supply::Shown;

/// One user's life in progress.
pub(super) struct Life<'a> {
    pub world: &'a World,
    pub person: Person,
    pub agenda: &'a Agenda,
    /// What needs come to in the same life in another world: known until the two part.
    pub known: &'a [Option<Visit>],
    /// Channels at whose notes they part, as bits.
    pub differs: u64,
    pub out: &'a mut History,
}

/// A 32-bit draw as a float in [0, 1).
#[inline(always)]
pub(super) fn part(bits: u32) -> f32 {
    bits as f32 * (1.0 / 4_294_967_296.0)
}

impl Life<'_> {
    /// Lives the season.
    pub fn live(&mut self) {
        let out = &mut *self.out;
        out.habit.clear();
        out.habit.resize(self.world.choice.destinations(), (0.0, 0));
        out.needs.start(&self.agenda.own_needs);
        for shown in &self.agenda.shown {
            let counted = !out.off >> shown.channel.0 & 1;
            out.counts
                .channel_mut(shown.tier, shown.channel)
                .impressions += counted;
        }
        let last = self.world.season.end() - 1;
        for slot in &self.agenda.slots {
            // The last session may go on after the season; what ripens then is not of it, whether or
            // not a note is looked at.
            self.decide_until(slot.at.min(last));
            if self.differs >> slot.channel.0 & 1 == 1 && slot.opened {
                self.known = &[];
            }
            if self.out.off >> slot.channel.0 & 1 == 0 && (slot.opened | self.out.on_panel) {
                self.show(slot);
            }
        }
        self.decide_until(last);
        let out = &mut *self.out;
        let brands = &out.brands;
        let last_contact = |merchant| brands.last_contact(merchant);
        out.trails
            .follow(&out.contacts, brands.touched(), last_contact, last + 1);
        if let Some(log) = &mut self.out.log {
            // Needs mature between notes, and returns come long after their orders.
            log.sort_by_key(|event| (event.at, event.kind));
        }
    }

    /// Shows a note of the agenda: it is read, or it is looked at by the panel and left.
    #[inline(always)]
    fn show(&mut self, slot: &Slot) {
        let supply = &self.world.supply;
        let at = Shown {
            merchant: self.merchant(slot),
            tier: slot.tier,
            day: slot.day,
        };
        let (note, appeal) = if slot.tempts {
            supply.opened(at, slot.draws)
        } else {
            (supply.left(at, slot.draws, slot.chance), 0.0)
        };
        let shown = (note, slot.channel);
        if self.out.track == Track::Impressions {
            self.record(|| Event::of_note(EventKind::Impression, slot.at, at.merchant, shown));
        }
        if slot.opened {
            self.read(slot, at.merchant, note, appeal);
        }
        if self.out.on_panel
            && let Some(panel) = &mut self.out.panel
            && let Some(count) = panel.notes.get_mut(supply.note_place(at.merchant, note))
        {
            *count += 1;
        }
    }

    /// Whose note it is: of the category that an open need is about, if the note is aimed at it.
    #[inline(always)]
    fn merchant(&self, slot: &Slot) -> MerchantId {
        let wanted = if slot.aim.at_need {
            self.out.needs.open(slot.at)
        } else {
            None
        };
        let category = wanted.unwrap_or(slot.category);
        let supply = &self.world.supply;
        let merchant = if slot.aim.favourite {
            self.agenda.traits.favourites[category.index()]
        } else {
            supply.merchant_at(category, slot.merchant)
        };
        supply.there(merchant, slot.at)
    }
}
