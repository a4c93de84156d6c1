//! Events as the columns of a table.

use std::sync::Arc;

use crate::base::address::mix;
use crate::io::{Column, NO_LABEL, Table};
use crate::scenario::Scenario;
use crate::world::{EVENT_KINDS, Event, EventKind, ROUTES, World};

/// The clock of the app is eight hours ahead of UTC.
const ZONE_SECONDS: i64 = 8 * 3_600;

/// What tables of one scenario share: names, as labels of columns, and when its season began.
pub(super) struct Frame<'a> {
    world: &'a World,
    start: i64,
    truth: bool,
    kinds: Arc<[String]>,
    channels: Arc<[String]>,
    tiers: Arc<[String]>,
    categories: Arc<[String]>,
    destinations: Arc<[String]>,
    routes: Arc<[String]>,
}

impl<'a> Frame<'a> {
    pub fn new(scenario: &Scenario, world: &'a World, truth: bool) -> Self {
        let wire = scenario.wire();
        let owned = |name: &str| name.to_owned();
        Self {
            world,
            start: scenario.calendar().start.seconds() - ZONE_SECONDS,
            truth,
            kinds: EVENT_KINDS.iter().map(|(_, name)| owned(name)).collect(),
            channels: wire.channels.iter().map(|c| c.name.clone()).collect(),
            tiers: wire.tiers.iter().map(|t| t.name.clone()).collect(),
            categories: wire.categories.iter().map(|c| c.name.clone()).collect(),
            destinations: wire.destinations.iter().map(|d| d.name.clone()).collect(),
            routes: ROUTES.iter().map(|(_, name)| owned(name)).collect(),
        }
    }
}

/// Rows of a table: users, and what each of them did.
#[derive(Default)]
pub(super) struct Rows {
    users: Vec<i64>,
    events: Vec<Event>,
}

impl Rows {
    pub fn push(&mut self, user: u64, event: Event) {
        self.users.push(user as i64);
        self.events.push(event);
    }

    pub fn table(&self, frame: &Frame<'_>) -> Table {
        let supply = frame.world.supply();
        let events = || self.events.iter();
        let whole = |of: &dyn Fn(&Event) -> i64| Column::Whole(events().map(of).collect());
        let maybe = |of: &dyn Fn(&Event) -> Option<i64>| Column::Maybe(events().map(of).collect());
        let label = |names: &Arc<[String]>, of: &dyn Fn(&Event) -> Option<usize>| {
            let codes = events().map(|e| of(e).map_or(NO_LABEL, |code| code as u16));
            Column::Label(codes.collect(), Arc::clone(names))
        };
        let of = |e: &Event| supply.merchant(e.merchant);
        let times = events().map(|e| (frame.start + i64::from(e.at)) * 1_000);
        let sold = |e: &Event| matches!(e.kind, EventKind::Order | EventKind::Refund);
        // A need's address is the user's own; its number is everybody's. A sign would only look odd.
        let owned = self.users.iter().zip(&self.events);
        let numbers = owned.map(|(user, e)| {
            let need = e.need?;
            Some((mix(need.0 ^ mix(*user as u64)) >> 1) as i64)
        });
        let numbers: Vec<Option<i64>> = numbers.collect();
        let orders = numbers.iter().zip(&self.events);
        let orders = orders.map(|(number, e)| number.filter(|_| sold(e)));
        let orders = Column::Maybe(orders.collect());
        let table = Table::new("events")
            .with("user", Column::Whole(self.users.clone()))
            .with("time", Column::Time(times.collect()))
            .with("event", label(&frame.kinds, &|e| Some(e.kind as usize)))
            .with(
                "channel",
                label(&frame.channels, &|e| e.channel.map(|c| c.index())),
            )
            .with("merchant", whole(&|e| e.merchant.index() as i64))
            .with("tier", label(&frame.tiers, &|e| Some(of(e).tier.index())))
            .with(
                "category",
                label(&frame.categories, &|e| Some(of(e).category.index())),
            )
            .with("note", maybe(&|e| e.note.map(|note| i64::from(note.0))))
            .with(
                "destination",
                label(&frame.destinations, &|e| e.destination.map(|d| d.index())),
            )
            .with(
                "route",
                label(&frame.routes, &|e| e.route.map(|r| r as usize)),
            )
            .with("order", orders)
            .with("value_fen", maybe(&|e| sold(e).then_some(e.value)));
        if !frame.truth {
            return table;
        }
        table.with("need", Column::Maybe(numbers)).with(
            "cause",
            label(&frame.channels, &|e| e.cause.map(|c| c.index())),
        )
    }
}
