//! What logs in any order have in common: who lives, which of their events are wanted, and what is
//! counted on the way.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::base::digest::SetDigest;
use crate::base::{Merge, UserId};
use crate::engine::plan::Plan;
use crate::engine::run::{RunError, threads};
use crate::scenario::Scenario;
use crate::world::{Counts, EVENT_KINDS, Event, EventKind, History, Intervention, Track, World};

use super::slices::{Slices, asked};
use super::{GenerateOptions, Generated, Order};

/// The season of a scenario, about to be lived.
pub(super) struct Season {
    pub world: World,
    pub users: u64,
    pub threads: usize,
    track: Track,
    /// By kind of event, whether it is wanted.
    wanted: [bool; EVENT_KINDS.len()],
}

/// What was found on the way: totals, latent digest, rows by kind.
pub(super) type Found = (Counts, (SetDigest, Vec<u64>));

impl Season {
    pub fn new(scenario: &Scenario, options: &GenerateOptions) -> Result<Self, RunError> {
        let wire = scenario.wire();
        let wanted = |kind: EventKind| options.kinds.as_ref().is_none_or(|k| k.contains(&kind));
        Ok(Self {
            users: Plan::checked(options.users.unwrap_or(wire.run.users))?.users(),
            world: World::new(scenario, options.seed.unwrap_or(wire.run.seed)),
            threads: threads(options.threads),
            track: options.track,
            wanted: EVENT_KINDS.map(|(kind, _)| wanted(kind)),
        })
    }

    /// For a thread to live users in, one by one.
    pub fn life(&self) -> Life<'_> {
        let mut history = self.world.start();
        history.log = Some(Vec::new());
        history.track = self.track;
        Life {
            season: self,
            history,
            latent: SetDigest::default(),
            rows: vec![0; EVENT_KINDS.len()],
        }
    }

    /// Where its time is cut.
    pub fn slices(&self) -> Slices {
        let (mut life, mut seen) = (self.life(), Vec::new());
        let asked = asked(self.users);
        let count = asked.len() as u64;
        for user in asked {
            life.live(user, |_, event| seen.push((event.at, user)));
        }
        Slices::new(seen, count, self.users)
    }

    /// What all threads have found.
    pub fn generated(&self, lived: Vec<Found>) -> Generated {
        let mut all = (self.world.counts(), (SetDigest::default(), Vec::new()));
        lived.into_iter().for_each(|found| all.merge(found));
        let (counts, (latent, rows)) = all;
        let rows = EVENT_KINDS.iter().zip(rows);
        Generated {
            order: Order::User,
            track: self.track,
            users: self.users,
            threads: self.threads,
            rows: rows.map(|((kind, name), n)| (*kind, *name, n)).collect(),
            parts: 0,
            spilled: 0,
            counts,
            latent: latent.to_string(),
        }
    }
}

/// Users who live in one thread.
pub(super) struct Life<'a> {
    season: &'a Season,
    history: History,
    latent: SetDigest,
    rows: Vec<u64>,
}

impl Life<'_> {
    /// A user's season: shows the events that are wanted, in order, and the place of each.
    pub fn live(&mut self, user: u64, mut show: impl FnMut(usize, &Event)) {
        let history = &mut self.history;
        self.season
            .world
            .history(UserId(user), Intervention::NONE, history);
        self.latent.add(history.digest());
        for (place, event) in history.log.iter().flatten().enumerate() {
            if self.season.wanted[event.kind as usize] {
                self.rows[event.kind as usize] += 1;
                show(place, event);
            }
        }
    }

    pub fn found(self) -> Found {
        (self.history.counts, (self.latent, self.rows))
    }
}

/// The first thing that went wrong in any thread; the others stop soon after.
pub(super) struct Fault<E> {
    is_set: AtomicBool,
    first: Mutex<Option<E>>,
}

impl<E> Default for Fault<E> {
    fn default() -> Self {
        Self {
            is_set: AtomicBool::new(false),
            first: Mutex::new(None),
        }
    }
}

impl<E> Fault<E> {
    pub fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Relaxed)
    }

    pub fn note(&self, done: Result<(), E>) {
        if let Err(error) = done {
            self.is_set.store(true, Ordering::Relaxed);
            if let Ok(mut first) = self.first.lock() {
                first.get_or_insert(error);
            }
        }
    }

    pub fn told(self) -> Result<(), E> {
        self.first.into_inner().ok().flatten().map_or(Ok(()), Err)
    }
}
