//! One user's life: notes are shown at the places of the agenda, some are read, and needs mature in
//! between. In the order of time, because what a user sees depends on what they want and what they
//! want on what they saw.

use crate::base::{ChannelId, MerchantId, Person, Purpose, Second};

use super::World;
use super::agenda::{Agenda, Slot, lane};
use super::history::History;
use super::people::halves;
use super::supply::NoteId;

pub(super) const IMPRESSION: Purpose = Purpose::named("impression");

/// One user's life in progress.
pub(super) struct Life<'a> {
    pub world: &'a World,
    pub person: Person,
    pub agenda: &'a Agenda,
    /// Channels switched off, as bits.
    pub off: u64,
    pub out: &'a mut History,
}

/// A note that has been opened.
pub(super) struct Reading {
    pub entity: u64,
    pub at: Second,
    pub search: bool,
    pub channel: ChannelId,
    pub merchant: MerchantId,
    pub note: NoteId,
    pub appeal: f32,
    pub trust: f32,
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
        let world = self.world;
        let Some((channels, places)) = &world.exposure.surface(slot.search).channels else {
            return;
        };
        let draws = self.person.stream(IMPRESSION, slot.entity);
        let (channel_bits, category_bits) = halves(draws.draw(0));
        let channel = places[channels.pick(channel_bits)];
        if self.off >> channel & 1 == 1 {
            return;
        }
        let law = &world.channels[usize::from(channel)];
        let word = draws.draw(1);
        // Aimed at an open need, at the user's interests, or at the market at large.
        let at_need = if slot.search { world.exposure.search_intent } else { law.retargeting };
        let wanted = self.out.needs.open(slot.at);
        let by_interest = self.agenda.traits.aimed_category(category_bits);
        let by_market = world.supply.category.pick(category_bits);
        let aimed = if lane(word, 1) < law.targeting { by_interest } else { by_market };
        let category = match wanted {
            Some(wanted) if lane(word, 2) < at_need => wanted.index(),
            _ => aimed,
        };
        let last = draws.draw(2);
        let tier = world.supply.tier_shown(channel.into(), lane(word, 3));
        let merchant = world.supply.merchant_in(category, tier, lane(last, 3));
        let note = world.supply.note(tier, u32::from(slot.day), lane(word, 0), lane(last, 2));
        let appeal = world.supply.appeal(merchant, note);
        self.out.impressions += 1;
        self.out.counts.channel_mut(tier, ChannelId(channel)).impressions += 1;
        if self.out.on_panel
            && let Some(panel) = &mut self.out.panel
        {
            *panel.notes.entry((merchant, note)).or_default() += 1;
        }
        if part(last as u32) < slot.opens * appeal {
            self.read(&Reading {
                entity: slot.entity,
                at: slot.at,
                search: slot.search,
                channel: ChannelId(channel),
                merchant,
                note,
                appeal,
                trust: slot.trust,
            });
        }
    }
}
