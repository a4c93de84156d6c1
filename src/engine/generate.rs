//! The log of a season, in parts.
//!
//! Users are taken in blocks of [`PART`]; each block becomes one table, sorted by user and by time, and
//! is handed to whoever keeps it. A part hangs on its users alone, so it is the same whichever thread
//! makes it, and no more than one part a thread is held in memory.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::base::address::mix;
use crate::base::digest::SetDigest;
use crate::base::{Merge, UserId};
use crate::io::{Column, NO_LABEL, Table};
use crate::scenario::Scenario;
use crate::world::{Counts, EVENT_KINDS, Event, EventKind, History, Intervention, ROUTES, World};

use super::plan::Plan;
use super::run::{Progress, RunError, pool, threads};

/// Users of a part.
pub const PART: u64 = 8_192;

/// The clock of the app is eight hours ahead of UTC.
const ZONE_SECONDS: i64 = 8 * 3_600;

/// What a caller may choose without changing the scenario.
#[derive(Clone, Debug, Default)]
pub struct GenerateOptions {
    /// Users; the scenario's own number if absent.
    pub users: Option<u64>,
    /// Seed; the scenario's own if absent.
    pub seed: Option<u64>,
    /// Threads; one a core if absent. The log does not depend on it.
    pub threads: Option<usize>,
    /// Kinds of events to write; all if absent.
    pub kinds: Option<Vec<EventKind>>,
    /// Whether to write what only the world knows: the need behind a visit, and what triggered it.
    pub truth: bool,
}

/// Why a log cannot be made; `S` is why a part could not be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError<S: std::error::Error + 'static> {
    /// An option is out of range, or threads cannot be had.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A part could not be kept.
    #[error(transparent)]
    Keep(S),
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Generated {
    /// Users.
    pub users: u64,
    /// Threads used.
    pub threads: usize,
    /// Rows by kind of event.
    pub rows: Vec<(EventKind, &'static str, u64)>,
    /// Parts.
    pub parts: u64,
    /// Totals of the same users, as a run would count them.
    pub counts: Counts,
    /// Digest of the latent world.
    pub latent: String,
}

/// Names of a scenario, as labels of columns.
struct Names {
    kinds: Arc<[String]>,
    channels: Arc<[String]>,
    tiers: Arc<[String]>,
    categories: Arc<[String]>,
    destinations: Arc<[String]>,
    routes: Arc<[String]>,
}

impl Names {
    fn new(scenario: &Scenario) -> Self {
        let wire = scenario.wire();
        let owned = |name: &str| name.to_owned();
        Self {
            kinds: EVENT_KINDS.iter().map(|(_, name)| owned(name)).collect(),
            channels: wire.channels.iter().map(|c| c.name.clone()).collect(),
            tiers: wire.tiers.iter().map(|t| t.name.clone()).collect(),
            categories: wire.categories.iter().map(|c| c.name.clone()).collect(),
            destinations: wire.destinations.iter().map(|d| d.name.clone()).collect(),
            routes: ROUTES.iter().map(|(_, name)| owned(name)).collect(),
        }
    }
}

/// Rows of a part, column by column.
#[derive(Default)]
struct Rows {
    users: Vec<i64>,
    events: Vec<Event>,
}

impl Rows {
    fn table(&self, world: &World, names: &Names, start: i64, truth: bool) -> Table {
        let supply = world.supply();
        let events = || self.events.iter();
        let whole = |of: &dyn Fn(&Event) -> i64| Column::Whole(events().map(of).collect());
        let maybe = |of: &dyn Fn(&Event) -> Option<i64>| Column::Maybe(events().map(of).collect());
        let label = |names: &Arc<[String]>, of: &dyn Fn(&Event) -> Option<usize>| {
            let codes = events().map(|e| of(e).map_or(NO_LABEL, |code| code as u16));
            Column::Label(codes.collect(), Arc::clone(names))
        };
        let of = |e: &Event| supply.merchant(e.merchant);
        let times = events().map(|e| (start + i64::from(e.at)) * 1_000);
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
            .with("event", label(&names.kinds, &|e| Some(e.kind as usize)))
            .with(
                "channel",
                label(&names.channels, &|e| e.channel.map(|c| c.index())),
            )
            .with("merchant", whole(&|e| e.merchant.index() as i64))
            .with("tier", label(&names.tiers, &|e| Some(of(e).tier.index())))
            .with(
                "category",
                label(&names.categories, &|e| Some(of(e).category.index())),
            )
            .with("note", maybe(&|e| e.note.map(|note| i64::from(note.0))))
            .with(
                "destination",
                label(&names.destinations, &|e| e.destination.map(|d| d.index())),
            )
            .with(
                "route",
                label(&names.routes, &|e| e.route.map(|r| r as usize)),
            )
            .with("order", orders)
            .with("value_fen", maybe(&|e| sold(e).then_some(e.value)));
        if !truth {
            return table;
        }
        table.with("need", Column::Maybe(numbers)).with(
            "cause",
            label(&names.channels, &|e| e.cause.map(|c| c.index())),
        )
    }
}

/// Simulates a scenario and hands its log out, part by part and in no order; `keep` is called from all
/// threads, with the number of the part.
///
/// # Errors
/// When an option is out of range, threads cannot be had, or `keep` fails: then no more parts are made.
pub fn generate<S: std::error::Error + Send + 'static>(
    scenario: &Scenario,
    options: &GenerateOptions,
    keep: &(dyn Fn(u64, Table) -> Result<(), S> + Sync),
    progress: &dyn Progress,
) -> Result<Generated, GenerateError<S>> {
    let wire = scenario.wire();
    let users = Plan::checked(options.users.unwrap_or(wire.run.users))?.users();
    let world = World::new(scenario, options.seed.unwrap_or(wire.run.seed));
    let names = Names::new(scenario);
    let start = scenario.calendar().start.seconds() - ZONE_SECONDS;
    let wanted = |kind: EventKind| options.kinds.as_ref().is_none_or(|k| k.contains(&kind));
    let threads = threads(options.threads);
    let parts = users.div_ceil(PART);
    let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let failure = Mutex::new(None);
    let gathered = pool(threads)?.broadcast(|_| {
        let mut history = world.start();
        history.log = Some(Vec::new());
        let mut latent = SetDigest::default();
        let mut rows = vec![0_u64; EVENT_KINDS.len()];
        while !failed.load(Ordering::Relaxed) {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= parts {
                break;
            }
            let users = part * PART..users.min((part + 1) * PART);
            let count = users.end - users.start;
            let mut log = Rows::default();
            for user in users {
                live(&world, user, &mut history, &mut latent);
                for event in history.log.iter().flatten().filter(|e| wanted(e.kind)) {
                    rows[event.kind as usize] += 1;
                    log.users.push(user as i64);
                    log.events.push(*event);
                }
            }
            let table = log.table(&world, &names, start, options.truth);
            drop(log);
            if let Err(error) = keep(part, table) {
                failed.store(true, Ordering::Relaxed);
                if let Ok(mut failure) = failure.lock() {
                    failure.get_or_insert(error);
                }
            }
            progress.advance(count);
        }
        (history.counts, (latent, rows))
    });
    if let Some(error) = failure.into_inner().ok().flatten() {
        return Err(GenerateError::Keep(error));
    }
    let mut all = (world.counts(), (SetDigest::default(), Vec::new()));
    gathered.into_iter().for_each(|part| all.merge(part));
    let (counts, (latent, rows)) = all;
    let rows = EVENT_KINDS.iter().zip(rows);
    Ok(Generated {
        users,
        threads,
        rows: rows.map(|((kind, name), n)| (*kind, *name, n)).collect(),
        parts,
        counts,
        latent: latent.to_string(),
    })
}

fn live(world: &World, user: u64, history: &mut History, latent: &mut SetDigest) {
    world.history(UserId(user), Intervention::NONE, history);
    latent.add(history.digest());
}
