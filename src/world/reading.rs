//! A note is read: engagement, a followed link, perhaps a need.

use crate::base::{DAY, DestinationId, MerchantId};
use crate::journey::TouchKind;
use crate::scenario::wire::Link;

use super::agenda::Slot;
use super::history::{Contact, Route};
use super::life::{Life, part};
use super::needs::{Cause, Need, triggered};
use super::people::halves;
use super::record::{ENGAGED, Event, EventKind};
use super::supply::NoteId;

impl Life<'_> {
    /// A note of a merchant is read.
    pub(super) fn read(&mut self, r: &Slot, merchant: MerchantId, note: NoteId, appeal: f32) {
        let world = self.world;
        let law = &world.channels[r.channel.index()];
        let who = world.supply.merchant(merchant);
        let draws = r.draws;
        let leave = match law.link {
            Link::Direct => world.access.leave(merchant, r.at),
            _ => None,
        };
        let direct = leave.map(|leave| leave.destination);
        let home = world.choice.home();
        // A note that may not link out carries a card instead; a blue link needs leave, too.
        let carries_card = match law.link {
            Link::None => false,
            Link::Card | Link::Direct => true,
            Link::Blue => world.timeline.rules(r.at).blue_links,
        };
        let card = direct.is_none() && carries_card && who.sells_at(home);
        let leads_to = direct.or(card.then_some(home));
        let (engaged, clicks) = halves(draws.draw(0));
        let done = world.exposure.surface(r.search).engaged(engaged);
        let traits = &self.agenda.traits;
        let follows = leads_to.filter(|d| clicks < law.click && traits.installed >> d.0 & 1 == 1);

        let counts = self.out.counts.channel_mut(who.tier, r.channel);
        counts.reads += 1;
        counts.reads_with_direct += u64::from(direct.is_some());
        counts.clicks += u64::from(follows.is_some());
        counts.direct_clicks += u64::from(follows.is_some() && direct.is_some());
        let engaged = done != 0;
        if engaged {
            for (place, count) in counts.engagements.iter_mut().enumerate() {
                *count += u64::from(done >> place & 1);
            }
        }
        if let Some(leave) = leave {
            let place = (who.tier, r.channel);
            let engagements = done.count_ones().into();
            self.out.counts.linked(leave.grant, place, engagements);
        }
        self.write_down(r, merchant, note, (done, follows));
        let mut visited = false;
        if let Some(destination) = follows
            && halves(draws.draw(3)).0 < world.funnel.link_visits
        {
            visited = true;
            let route = if direct.is_some() {
                Route::Direct
            } else {
                Route::Card
            };
            self.out.counts.visit(route, destination);
            self.record(|| Event {
                channel: Some(r.channel),
                destination: Some(destination),
                route: Some(route),
                note: None,
                ..Event::of_note(EventKind::Visit, r.at, merchant, (note, r.channel))
            });
        }
        let kind = match (follows, engaged) {
            (Some(_), _) => TouchKind::Click,
            (None, true) => TouchKind::Engage,
            (None, false) => TouchKind::Read,
        };
        let here = self.out.contacts.len() as u32;
        let fading = &world.state.fading;
        let (recent, previous) = self.out.brands.read(merchant, r.at, here, fading);
        self.out.brands.remember(who.category, merchant);
        self.out.contacts.push(Contact {
            at: r.at,
            merchant,
            note,
            previous,
            channel: r.channel,
            kind,
            clicked: follows,
        });
        if traits.negative {
            return;
        }
        let interest = traits.interest[who.category.index()];
        let lift = if visited {
            world.funnel.visit_lift
        } else {
            1.0
        };
        // Interest works with saturation: 0 for none, 1 for the mean, at most 2.
        let chance = law.trigger
            * appeal
            * (2.0 * interest / (1.0 + interest))
            * world.state.response.at(recent)
            * r.trust
            * lift;
        let (trigger, delay) = halves(draws.draw(2));
        if part(trigger) < chance {
            let cause = Cause {
                channel: r.channel,
                merchant,
                direct,
                card,
            };
            self.trigger(r, cause, delay);
        }
    }

    /// Writes down that a note was read, what the reader did (as bits), and where its link led.
    #[inline(always)]
    fn write_down(
        &mut self,
        r: &Slot,
        merchant: MerchantId,
        note: NoteId,
        (done, follows): (u8, Option<DestinationId>),
    ) {
        let event = |kind| Event::of_note(kind, r.at, merchant, (note, r.channel));
        let Some(log) = &mut self.out.log else {
            return;
        };
        log.push(event(EventKind::Read));
        let kinds = ENGAGED.iter().enumerate();
        log.extend(
            kinds
                .filter(|(place, _)| done >> place & 1 == 1)
                .map(|(_, kind)| event(*kind)),
        );
        if follows.is_some() {
            log.push(Event {
                destination: follows,
                ..event(EventKind::Click)
            });
        }
    }

    fn trigger(&mut self, r: &Slot, cause: Cause, bits: u32) {
        let world = self.world;
        let who = world.supply.merchant(cause.merchant);
        let delay = world.needs.delay(cause.direct.is_some(), bits);
        self.out.counts.channel_mut(who.tier, r.channel).needs += 1;
        let tally = &mut self.out.counts.needs;
        if cause.direct.is_some() {
            tally.direct_delays[0] += 1;
            tally.direct_delays[1] += u64::from(delay <= 3_600);
            tally.direct_delays[2] += u64::from(delay <= DAY);
        } else {
            tally.seeding_delays[0] += 1;
            tally.seeding_delays[1] += u64::from(delay > 7 * DAY);
        }
        self.out.needs.push(Need {
            id: triggered(r.entity),
            category: who.category,
            onset: i64::from(r.at),
            mature: r.at.saturating_add(delay),
            waited: false,
            cause: Some(cause),
        });
    }
}
