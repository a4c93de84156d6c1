//! One user's life: notes are shown at the places of the agenda, some are read, and needs mature in
//! between. In the order of time, because what a user sees depends on what they want and what they
//! want on what they saw.

use crate::base::Person;

use super::World;
use super::agenda::{Agenda, Slot};
use super::history::History;

/// One user's life in progress.
pub(super) struct Life<'a> {
    pub world: &'a World,
    pub person: Person,
    pub agenda: &'a Agenda,
    /// Channels switched off, as bits.
    pub off: u64,
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
        out.habit.resize(self.agenda.traits.habit.len(), (0.0, 0));
        out.needs.clear();
        for need in &self.agenda.own_needs {
            out.needs.push(*need);
        }
        for slot in &self.agenda.slots {
            self.decide_until(slot.at);
            self.show(slot);
        }
        self.decide_until(self.world.season.end() - 1);
    }

    /// Shows a tracked note.
    #[inline(always)]
    fn show(&mut self, slot: &Slot) {
        if self.off >> slot.channel.0 & 1 == 1 {
            return;
        }
        let supply = &self.world.supply;
        let wanted = if slot.at_need {
            self.out.needs.open(slot.at)
        } else {
            None
        };
        let category = wanted.unwrap_or(slot.category);
        let mut merchant = supply.merchant_at(category, slot.merchant);
        let mut tier = slot.tier;
        if slot.favourite & (slot.by_interest | wanted.is_some()) {
            let favourite = self.agenda.traits.favourites[category.index()];
            let of = supply.merchant(favourite).tier;
            // A channel shows only merchants of tiers that use it.
            if self.world.channels[slot.channel.index()].tiers >> of.0 & 1 == 1 {
                (merchant, tier) = (favourite, of);
            }
        }
        let note = supply.note(tier, slot.day.into(), slot.age.into(), slot.rank.into());
        let appeal = supply.appeal(merchant, note);
        self.out.impressions += 1;
        self.out.counts.channel_mut(tier, slot.channel).impressions += 1;
        if self.out.on_panel
            && let Some(panel) = &mut self.out.panel
            && let Some(count) = panel.notes.get_mut(supply.note_place(merchant, note))
        {
            *count += 1;
        }
        if part(slot.opening) < slot.opens * appeal {
            self.read(slot, merchant, note, appeal);
        }
    }
}
