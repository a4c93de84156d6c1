//! Floor 3: the latent world, in which everything is known.
//!
//! [`World::history`] simulates one user's whole season, a pure function of the scenario, the seed,
//! the user's number and the [`Intervention`]. Users are independent, so nothing is stored between
//! them and memory does not grow with their number.
//!
//! Nobody observes here. Who sees what is the business of `observe`; the world does not know about
//! it and cannot depend on it.

mod access;
mod agenda;
mod attendance;
mod brands;
mod browsing;
mod choice;
mod counts;
mod deciding;
mod decisions;
mod exposure;
mod history;
mod ledger;
mod life;
mod needs;
mod options;
mod panel;
mod people;
mod reading;
mod record;
mod season;
mod state;
mod supply;
mod surface;
mod tempting;
mod timeline;
mod trails;
mod walk;

pub use access::{Access, Leave, REFUSALS, Refusal};
pub use counts::{
    ChannelCounts, Counts, ENGAGEMENTS, Events, LinkedCounts, NeedCounts, SalesCounts, Shape,
};
pub use decisions::Decision;
pub use history::{Contact, History, NO_CONTACT, NeedId, Order, ROUTES, Route, Track};
pub use panel::{Panel, Requests};
pub use record::{EVENT_KINDS, Event, EventKind};
pub use supply::{Merchant, NoteId, Supply};
pub use timeline::{Rules, Timeline};
pub use trails::{Trail, Trails};

use std::ops::Range;

use crate::base::{Purpose, QuantileTable, Root, Second, UserId, math};
use crate::scenario::Scenario;
use crate::scenario::wire::Link;

use agenda::{Agenda, Wanted};
use choice::Choice;
use exposure::Exposure;
use ledger::Ledger;
use life::Life;
use needs::Needs;
use people::{People, halves, yes};
use season::Season;
use state::State;

/// Agendas drawn up before the first of their users lives.
const AHEAD: usize = 8;
const ON_PANEL: Purpose = Purpose::named("panel");

/// Something done to the world and to nobody's dice: the same people, with the same luck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Intervention {
    off: u64,
}

impl Intervention {
    /// Nothing is done.
    pub const NONE: Self = Self { off: 0 };

    /// These channels, as bits, show none of the scenario's notes: other notes take their place.
    #[must_use]
    pub const fn without(channels: u64) -> Self {
        Self { off: channels }
    }
}

/// A channel as the simulation needs it.
#[derive(Debug)]
struct ChannelLaw {
    link: Link,
    click: u32,
    trigger: f32,
    paid: bool,
}

/// A category as the simulation needs it.
#[derive(Debug)]
struct CategoryLaw {
    order_per_visit: f32,
    returns: f32,
    value: QuantileTable,
    mean_value: f64,
}

/// Rates of the funnel.
#[derive(Debug)]
struct FunnelLaw {
    link_visits: u32,
    carts_per_order: f32,
    promotion_lift: f32,
    visit_lift: f32,
    /// Mean seconds from an order to its return.
    refund_delay: f64,
}

/// A scenario compiled for one seed: tables that are read, never written.
#[derive(Debug)]
pub struct World {
    root: Root,
    people: People,
    supply: Supply,
    access: Access,
    season: Season,
    exposure: Exposure,
    /// Gap between the sessions of a day, before it is scaled to the day.
    unit_gap: QuantileTable,
    needs: Needs,
    choice: Choice,
    state: State,
    ledger: Ledger,
    channels: Vec<ChannelLaw>,
    categories: Vec<CategoryLaw>,
    funnel: FunnelLaw,
    timeline: Timeline,
    panel: u64,
    shape: Shape,
}

impl World {
    /// Compiles a scenario.
    #[must_use]
    pub fn new(scenario: &Scenario, seed: u64) -> Self {
        Self::cut(scenario, seed, &[])
    }

    /// The same, with sales counted apart from these moments on, too. Nothing else changes.
    #[must_use]
    pub fn cut(scenario: &Scenario, seed: u64, cuts: &[Second]) -> Self {
        let wire = scenario.wire();
        let root = Root::new(seed);
        let supply = Supply::new(scenario, root);
        let word = |p: f64| yes(p).min(u64::from(u32::MAX)) as u32;
        let funnel = &wire.behaviour.funnel;
        let timeline = Timeline::new(scenario, cuts);
        let category = |c: &crate::scenario::wire::CategoryWire| {
            let median = math::ln(c.order_value.median.fen_f64().max(1.0));
            let value = QuantileTable::lognormal(12, median, c.order_value.sigma.get());
            CategoryLaw {
                order_per_visit: c.order_per_visit.get() as f32,
                returns: c.returns.get() as f32,
                mean_value: value.mean(),
                value,
            }
        };
        Self {
            root,
            people: People::new(scenario),
            access: Access::new(scenario, &supply),
            supply,
            season: Season::new(scenario),
            exposure: Exposure::new(scenario),
            unit_gap: attendance::unit_gap(),
            needs: Needs::new(scenario),
            choice: Choice::new(scenario),
            state: State::new(scenario),
            ledger: Ledger::new(scenario),
            channels: scenario
                .channels()
                .iter()
                .map(|c| ChannelLaw {
                    link: c.link,
                    click: word(c.click),
                    trigger: c.trigger as f32,
                    paid: c.paid,
                })
                .collect(),
            categories: wire.categories.iter().map(category).collect(),
            funnel: FunnelLaw {
                link_visits: word(funnel.open.get() * funnel.visit.get()),
                carts_per_order: funnel.carts_per_order.get() as f32,
                promotion_lift: funnel.promotion_lift.get() as f32,
                visit_lift: 1.0 + funnel.visit_lift.get() as f32,
                refund_delay: funnel.refund_delay.seconds(),
            },
            panel: yes(wire.measure.panel.get()),
            shape: Shape {
                tiers: scenario.tiers().len(),
                channels: scenario.channels().len(),
                destinations: wire.destinations.len(),
                grants: scenario.grants().len(),
                days: scenario.calendar().days as usize,
                stretches: timeline.stretches().len(),
            },
            timeline,
        }
    }

    /// A panel that has seen nothing yet.
    #[must_use]
    pub fn panel(&self) -> Panel {
        Panel {
            notes: vec![0; self.note_places()],
            ..Panel::default()
        }
    }

    /// Places in which impressions are counted by note: one a note, up to a bound that keeps
    /// memory flat, beyond which notes share places.
    #[must_use]
    pub const fn note_places(&self) -> usize {
        self.supply.note_places()
    }

    /// An empty history with counters of this world's shape.
    #[must_use]
    pub fn start(&self) -> History {
        History {
            counts: self.counts(),
            ..History::default()
        }
    }

    /// Counters of this world's shape, all zero.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::new(&self.shape)
    }

    /// Simulates a user's season into `out`, whose buffers are reused and whose counters go on
    /// counting. Equal arguments give equal histories.
    pub fn history(&self, user: UserId, intervention: Intervention, out: &mut History) {
        let mut agenda = std::mem::take(&mut out.agenda);
        self.draw_up(user, &mut agenda, out);
        self.live(&agenda, intervention, None, out);
        out.agenda = agenda;
    }

    /// Simulates users one after the other into `out`, and shows each: what [`World::history`] gives,
    /// in less time.
    ///
    /// Some agendas are drawn up before the first of their users lives, so that either half of the
    /// code stays in the nearest cache for a while.
    pub fn histories(&self, users: Range<u64>, out: &mut History, mut show: impl FnMut(&History)) {
        let mut ahead = std::mem::take(&mut out.ahead);
        ahead.resize_with(AHEAD, Agenda::default);
        for first in users.clone().step_by(AHEAD) {
            let some = (first..users.end).zip(&mut ahead);
            some.for_each(|(user, agenda)| self.draw_up(UserId(user), agenda, out));
            for (_, agenda) in (first..users.end).zip(&mut ahead) {
                self.live(agenda, Intervention::NONE, None, out);
                // Whoever looks at a history may want its agenda.
                std::mem::swap(agenda, &mut out.agenda);
                show(out);
                std::mem::swap(agenda, &mut out.agenda);
            }
        }
        out.ahead = ahead;
    }

    /// Simulates the user of `base` again under an intervention: what [`World::history`] would
    /// give, at a fraction of its cost, because the agenda is known, and what needs come to until the
    /// two lives part.
    pub fn again(&self, base: &History, intervention: Intervention, out: &mut History) {
        self.live(&base.agenda, intervention, Some(base), out);
    }

    fn draw_up(&self, user: UserId, agenda: &mut Agenda, out: &mut History) {
        let person = self.root.user(user);
        let on_panel = out.panel.is_some()
            && u64::from(halves(person.stream(ON_PANEL, 0).draw(0)).0) < self.panel;
        let counted = out.track == Track::Impressions;
        let wanted = Wanted {
            counted,
            // A log has notes that nobody opened, too, as the panel has.
            in_full: on_panel || counted && out.log.is_some(),
        };
        agenda.draw_up(self, user, wanted);
        if wanted.in_full {
            let panel = out.panel.as_deref_mut().filter(|_| on_panel);
            agenda.put_back_in_full(self, person, panel);
        }
    }

    /// Lives what the agenda holds; `base` is the same life in another world.
    fn live(
        &self,
        agenda: &Agenda,
        intervention: Intervention,
        base: Option<&History>,
        out: &mut History,
    ) {
        out.user = agenda.user;
        out.off = intervention.off;
        out.chosen.clear();
        out.contacts.clear();
        out.orders.clear();
        if let Some(decisions) = &mut out.decisions {
            decisions.clear();
        }
        if let Some(log) = &mut out.log {
            log.clear();
        }
        let categories = self.categories.len();
        out.brands.start(self.supply.merchants().len(), categories);
        out.on_panel = agenda.in_full && base.is_none();
        out.counts.users += 1;
        Life {
            world: self,
            person: self.root.user(agenda.user),
            agenda,
            known: base.map_or(&[], |base| &base.chosen),
            differs: base.map_or(0, |base| base.off) ^ intervention.off,
            out,
        }
        .live();
    }

    /// The root of all draws.
    #[must_use]
    pub const fn root(&self) -> Root {
        self.root
    }

    /// Merchants and notes.
    #[must_use]
    pub const fn supply(&self) -> &Supply {
        &self.supply
    }

    /// Who may link out, and when.
    #[must_use]
    pub const fn access(&self) -> &Access {
        &self.access
    }

    /// Which rules hold when.
    #[must_use]
    pub const fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// First second after the season.
    #[must_use]
    pub const fn end(&self) -> Second {
        self.season.end()
    }

    /// How many different notes the season can show.
    #[must_use]
    pub fn notes(&self, scenario: &Scenario) -> u64 {
        self.supply.notes(scenario.calendar().days)
    }
}
