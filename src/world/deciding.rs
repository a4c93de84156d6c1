//! A need matures: wait for an opening, choose a store, visit it, perhaps order.

use crate::base::{DestinationId, Purpose, Second};
use crate::journey::TouchKind;

use super::choice::{Situation, Visit};
use super::decisions::Decision;
use super::history::{Contact, Order, Route};
use super::life::{Life, part};
use super::needs::{Cause, Need};
use super::people::halves;
use super::record::{Event, EventKind};
use super::supply::NoteId;

const NEED: Purpose = Purpose::named("need");
const RETURNED: Purpose = Purpose::named("returned");

impl Life<'_> {
    /// Decides all needs that have matured by then.
    #[inline(always)]
    pub(super) fn decide_until(&mut self, by: Second) {
        while let Some(need) = self.out.needs.pop_matured(by) {
            self.decide(need);
        }
    }

    fn decide(&mut self, mut need: Need) {
        let world = self.world;
        let at = need.mature;
        let draws = self.person.stream(NEED, need.id.0);
        if !need.waited
            && let Some(opening) = world.season.next_opening(at)
        {
            let (waits, rush) = halves(draws.draw(0));
            let chance = world
                .season
                .waits(self.agenda.traits.deal_seeking, opening.at - at);
            if part(waits) < chance {
                self.out.counts.needs.waited += 1;
                need.waited = true;
                need.mature = opening.at + world.season.rush(rush);
                self.out.needs.push(need);
                return;
            }
        }
        let (recall, order) = halves(draws.draw(1));
        let age = (i64::from(at) - need.onset).max(0) as Second;
        let recalls = need.cause.is_some() && world.choice.recalls(age, recall);
        // A link is followed when the need is ripe: policy must still allow it then.
        let direct = need.cause.and_then(|c| {
            let now = world.access.direct(c.merchant, at);
            c.direct.filter(|d| now == Some(*d))
        });
        let situation = Situation {
            person: self.person,
            at,
            need: &need,
            direct,
            recalls,
            traits: &self.agenda.traits,
            brands: &self.out.brands,
            fading: &world.state.fading,
            habit: &self.out.habit,
            supply: &world.supply,
            season: &world.season,
            rules: world.timeline.rules(at),
        };
        let place = self.out.chosen.len();
        let visit = match self.known.get(place) {
            Some(visit) => *visit,
            None => world.choice.choose(&situation),
        };
        self.out.chosen.push(visit);
        let decision = self.out.decisions.is_some().then(|| Decision {
            need: need.id,
            category: need.category,
            own: need.cause.is_none(),
            worth: self.worth(&situation),
        });
        if let Some((list, decision)) = self.out.decisions.as_mut().zip(decision) {
            list.push(decision);
        }
        self.count(&need, direct.filter(|_| recalls), visit);
        if let Some(visit) = visit {
            self.visit(&need, visit, order, draws.draw(2));
        }
    }

    #[inline]
    fn count(&mut self, need: &Need, linked: Option<DestinationId>, visit: Option<Visit>) {
        let tally = &mut self.out.counts.needs;
        let Some(cause) = need.cause else {
            tally.own += 1;
            return;
        };
        tally.triggered += 1;
        let same = u64::from(visit.is_some_and(|v| v.merchant == cause.merchant));
        if linked.is_some() {
            tally.linked += 1;
            tally.linked_visits += same;
        } else if !cause.card {
            tally.searching += 1;
            tally.searching_visits += same;
        }
    }

    /// A store is visited: by the note's link, if that is the route; then cart and order.
    fn visit(&mut self, need: &Need, visit: Visit, order: u32, word: u64) {
        let (world, at) = (self.world, need.mature);
        let who = world.supply.merchant(visit.merchant);
        self.out.counts.visit(visit.route, visit.destination);
        let by_link = matches!(visit.route, Route::Direct | Route::Card);
        let event = |kind, value| Event {
            at,
            kind,
            merchant: visit.merchant,
            note: None,
            channel: need.cause.filter(|_| by_link).map(|c| c.channel),
            destination: Some(visit.destination),
            route: Some(visit.route),
            need: Some(need.id),
            cause: need.cause.map(|c| c.channel),
            value,
        };
        self.record(|| event(EventKind::Visit, 0));
        if let Some(cause) = need.cause
            && by_link
        {
            self.out.counts.channel_mut(who.tier, cause.channel).clicks += 1;
            self.follow(cause, visit, at);
        }
        let category = &world.categories[need.category.index()];
        let promotion = world.season.promotion(at);
        let lift = promotion.map_or(1.0, |_| world.funnel.promotion_lift);
        let chance = category.order_per_visit * lift;
        let drawn = part(order);
        if drawn < chance * world.funnel.carts_per_order {
            self.out.counts.carts += 1;
            self.record(|| event(EventKind::Cart, 0));
        }
        if drawn >= chance {
            return;
        }
        let (size, returns) = halves(word);
        let home = visit.destination == world.choice.home();
        let discount = promotion.map_or(0.0, |p| if home { p.in_app_discount } else { p.discount });
        let price = who.price * (1.0 - discount as f32) * self.agenda.traits.basket;
        let order = Order {
            at,
            need: need.id,
            merchant: visit.merchant,
            tier: who.tier,
            destination: visit.destination,
            route: visit.route,
            value: ((category.value.pick(size) * price) as i64).max(1),
            refunded: part(returns) < category.returns,
            cause: need.cause.map(|c| c.channel),
            last_contact: self.out.brands.last_contact(visit.merchant),
        };
        world
            .ledger
            .settle(&order, &world.timeline, &mut self.out.counts);
        let region = self.agenda.traits.region;
        self.out.counts.delivered(region, order.value);
        let habit = &mut self.out.habit[visit.destination.index()];
        *habit = (world.choice.habit(*habit, at) + world.state.habit_step, at);
        self.record(|| event(EventKind::Order, order.value));
        if order.refunded {
            let lot = self.person.stream(RETURNED, need.id.0);
            let later = || {
                -crate::base::math::ln(1.0 - crate::base::address::unit(lot.draw(0)))
                    * world.funnel.refund_delay
            };
            self.record(|| Event {
                at: at.saturating_add(later() as Second),
                ..event(EventKind::Refund, order.value)
            });
        }
        self.out.orders.push(order);
    }

    /// The link of the note that triggered the need is followed, later than it was read.
    fn follow(&mut self, cause: Cause, visit: Visit, at: Second) {
        let here = self.out.contacts.len() as u32;
        let previous = self.out.brands.click(visit.merchant, here);
        let category = self.world.supply.category_of(visit.merchant);
        self.out.brands.remember(category, visit.merchant);
        let note = self.out.contacts.get(previous as usize);
        let note = note.map_or(NoteId(0), |contact| contact.note);
        self.record(|| Event {
            destination: Some(visit.destination),
            ..Event::of_note(EventKind::Click, at, visit.merchant, (note, cause.channel))
        });
        self.out.contacts.push(Contact {
            at,
            merchant: visit.merchant,
            note,
            previous,
            channel: cause.channel,
            kind: TouchKind::Click,
            clicked: Some(visit.destination),
        });
    }
}
