//! The season of a scenario: lived, seen, and run.

use rayon::ThreadPool;

use crate::journey::JourneyBatch;
use crate::observe::{Lens, Scratch};
use crate::scenario::Scenario;
use crate::world::Intervention;

use super::super::plan::Plan;
use super::super::run::{RunOptions, Silent, run};
use super::super::state::{Setup, TOGETHER};
use super::rounds::{Subject, each};
use super::{BenchError, Part, Work};

/// A scenario, ready to be run.
pub(super) struct Stage<'a> {
    scenario: &'a Scenario,
    setup: Setup,
    plan: Plan,
    events: u64,
}

impl<'a> Stage<'a> {
    /// Runs it once, for its events.
    pub fn new(scenario: &'a Scenario, users: u64) -> Result<Self, BenchError> {
        let plan = Plan::checked(users)?;
        let outcome = run(scenario, &options(users, None), &Silent)?;
        Ok(Self {
            scenario,
            setup: Setup::new(scenario, &RunOptions::default())?,
            plan,
            events: outcome.counts.events().total(),
        })
    }

    /// World, world and lens, and run, on each pool.
    pub fn subjects<'s>(&'s self, pools: &'s [ThreadPool]) -> Result<Vec<Subject<'s>>, BenchError> {
        let mut subjects = Vec::new();
        for pool in pools {
            let threads = pool.current_num_threads();
            let users = self.plan.users();
            let work = |what: &str| Work {
                part: Part::Season,
                name: what.to_owned(),
                data: format!(
                    "{} {}, {users} users",
                    self.scenario.wire().name,
                    self.scenario.digest()
                ),
                threads,
                items: self.events,
                touches: None,
                state_bytes: None,
            };
            subjects.push(Subject::new(work("world"), move || self.live(pool, false)));
            let seen = work("world, seen under all regimes");
            subjects.push(Subject::new(seen, move || self.live(pool, true)));
            subjects.push(Subject::new(work("run"), move || {
                run(self.scenario, &options(users, Some(threads)), &Silent)
            }));
        }
        Ok(subjects)
    }

    /// Lets all users live, and looks at them under all regimes if asked to. How many orders there
    /// were, and journeys.
    fn live(&self, pool: &ThreadPool, seen: bool) -> Vec<(usize, usize)> {
        let world = &self.setup.world;
        let regimes: &[_] = if seen { &self.setup.regimes } else { &[] };
        let start = || {
            let batches: Vec<JourneyBatch> = regimes.iter().map(|_| JourneyBatch::new()).collect();
            (world.start(), Scratch::new(world), batches, (0, 0))
        };
        each(
            pool,
            self.plan.len() as usize,
            start,
            |(history, scratch, batches, (orders, journeys)), task| {
                let users = self.plan.block(task as u64);
                for user in users.into_iter().flat_map(super::super::plan::Block::ids) {
                    world.history(user, Intervention::NONE, history);
                    *orders += history.orders().len();
                    for (regime, batch) in regimes.iter().zip(&mut *batches) {
                        regime.observe(history, scratch, batch);
                        if user.0 % TOGETHER == 0 {
                            *journeys += batch.len();
                            batch.clear();
                        }
                    }
                }
            },
            |(_, _, _, counted)| counted,
        )
    }
}

fn options(users: u64, threads: Option<usize>) -> RunOptions {
    RunOptions {
        users: Some(users),
        threads,
        ..RunOptions::default()
    }
}
