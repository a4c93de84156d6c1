//! The same people under several scenarios.
//!
//! Each user lives the season once in every scenario, with the same luck: every draw has the same
//! address in all of them. What differs between two of their lives is what the policy did, and
//! nothing else, so a difference needs far fewer users than two independent runs would
//! ([`Difference::gain`] says how many fewer). The first scenario is the base that the others are
//! held against.
//!
//! Intervals come from users. Merchants and notes belong to the seed, so an interval says how far a
//! difference would move with other users of the same market, not with another market.

mod alike;
mod conclude;
mod metrics;

use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::{Fen, Merge, Second};
use crate::evaluate::money::ads_told;
use crate::evaluate::{End, Flows, Lived};
use crate::scenario::Scenario;
use crate::world::{Counts, History, Intervention, Timeline, Track, World};

use super::plan::{Block, GROUPS, Plan};
use super::run::{Progress, RunError};

pub use alike::NotAlike;
pub use conclude::{Comparison, Difference, ORIGINS, Origin, Pair, Stretch};
pub use metrics::{Metric, Unit};

/// Most scenarios in a comparison.
pub const MOST_SCENARIOS: usize = 16;

/// What a caller may choose without changing the scenarios.
#[derive(Clone, Debug, Default)]
pub struct CompareOptions {
    /// Users; the first scenario's own number if absent.
    pub users: Option<u64>,
    /// Seed; the first scenario's own if absent.
    pub seed: Option<u64>,
    /// Threads; one a core if absent. The result does not depend on it.
    pub threads: Option<usize>,
    /// Which notes are counted. Nobody's life depends on it.
    pub track: Track,
}

/// Why scenarios cannot be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// Fewer than two scenarios, or too many.
    #[error("compare: {0} scenarios given; write 2 to {MOST_SCENARIOS}")]
    Scenarios(usize),
    /// Their people, merchants or calendars differ.
    #[error(transparent)]
    NotAlike(#[from] NotAlike),
    /// An option is out of range, or threads cannot be had.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Trust is added up in parts of this size, as whole numbers.
const TRUST_UNIT: f64 = 1_048_576.0;

/// What is gathered of one scenario.
#[derive(Clone, Debug, Default)]
struct Side {
    counts: Counts,
    /// Value of orders in fen, by merchant.
    sales: Vec<Fen>,
    /// Value of orders in fen, by category and [`End`].
    ends: Vec<Vec<Fen>>,
    /// Sum of users' trust at the end.
    trust: i64,
    /// Whether advertising is not known.
    ads_untold: bool,
}

impl Side {
    /// Value of orders that end as wanted, in one category or in all.
    fn sold(&self, category: Option<usize>, wanted: impl Fn(End) -> bool) -> Fen {
        let rows = self.ends.iter().enumerate();
        let rows = rows.filter(|(place, _)| category.is_none_or(|c| c == *place));
        let cells = rows.flat_map(|(_, row)| End::numbered().zip(row));
        cells
            .filter(|(end, _)| wanted(*end))
            .map(|(_, fen)| fen)
            .sum()
    }
}

impl Merge for Side {
    fn merge(&mut self, other: Self) {
        self.counts.merge(other.counts);
        self.sales.merge(other.sales);
        self.ends.merge(other.ends);
        self.trust += other.trust;
        self.ads_untold |= other.ads_untold;
    }
}

/// What is gathered of one group of users.
#[derive(Clone, Debug, Default)]
struct Group {
    sides: Vec<Side>,
    /// Each scenario but the first against the first.
    flows: Vec<Flows>,
}

impl Merge for Group {
    fn merge(&mut self, other: Self) {
        self.sides.merge(other.sides);
        self.flows.merge(other.flows);
    }
}

impl Group {
    fn new(scenarios: &[Scenario], worlds: &[World], track: Track) -> Self {
        // What is told of one is told of all.
        let ads_untold = !scenarios.iter().all(|s| ads_told(s, track));
        let first = scenarios.first().map(Scenario::wire);
        let ends = first.map_or(0, |w| End::count(w.destinations.len()));
        let categories = first.map_or(0, |w| w.categories.len());
        let side = |world: &World| Side {
            counts: world.counts(),
            sales: vec![0; world.supply().merchants().len()],
            ends: vec![vec![0; ends]; categories],
            trust: 0,
            ads_untold,
        };
        let sides = worlds.iter().map(side).collect();
        let flows = scenarios.iter().skip(1).map(|scenario| {
            let wire = scenario.wire();
            Flows::new(
                wire.destinations.len(),
                scenario.home().index(),
                wire.categories.len(),
                wire.tiers.len(),
            )
        });
        Self {
            sides,
            flows: flows.collect(),
        }
    }
}

/// One thread's buffers and what it has gathered.
struct Worker<'a> {
    worlds: &'a [World],
    histories: Vec<History>,
    groups: Vec<Group>,
}

impl<'a> Worker<'a> {
    fn new(scenarios: &[Scenario], worlds: &'a [World], track: Track) -> Self {
        let history = |world: &World| {
            let mut history = world.start();
            history.decisions = Some(Vec::new());
            history.track = track;
            history
        };
        Self {
            histories: worlds.iter().map(history).collect(),
            groups: (0..GROUPS)
                .map(|_| Group::new(scenarios, worlds, track))
                .collect(),
            worlds,
        }
    }

    fn block(&mut self, block: Block) {
        for user in block.ids() {
            for (world, history) in self.worlds.iter().zip(&mut self.histories) {
                world.history(user, Intervention::NONE, history);
            }
            self.user(block.group);
        }
        let group = &mut self.groups[block.group];
        let sides = group.sides.iter_mut().zip(&mut self.histories);
        for ((side, history), world) in sides.zip(self.worlds) {
            let counts = std::mem::replace(&mut history.counts, world.counts());
            side.counts.merge(counts);
        }
    }

    fn user(&mut self, group: usize) {
        let Group { sides, flows } = &mut self.groups[group];
        let lives = self.worlds.iter().zip(&self.histories);
        for (side, (world, history)) in sides.iter_mut().zip(lives) {
            side.trust += (f64::from(history.trust()) * TRUST_UNIT).round() as i64;
            for order in history.orders() {
                side.sales[order.merchant.index()] += order.value;
                let category = world.supply().merchant(order.merchant).category;
                side.ends[category.index()][End::of(order).number()] += order.value;
            }
        }
        let Some((first, others)) = self.histories.split_first() else {
            return;
        };
        let first = lived(first);
        for (flows, history) in flows.iter_mut().zip(others) {
            flows.user(&first, &lived(history));
        }
    }
}

fn lived(history: &History) -> Lived<'_> {
    Lived {
        decisions: history.decisions.as_deref().unwrap_or_default(),
        orders: history.orders(),
    }
}

/// Lives the same people's season under each scenario and holds the others against the first.
///
/// # Errors
/// When there are too few or too many scenarios, when they are not about the same people, merchants
/// and days, or when an option is out of range.
pub fn compare(
    scenarios: &[Scenario],
    options: &CompareOptions,
    progress: &dyn Progress,
) -> Result<Comparison, CompareError> {
    let Some((first, others)) = scenarios
        .split_first()
        .filter(|(_, others)| (1..MOST_SCENARIOS).contains(&others.len()))
    else {
        return Err(CompareError::Scenarios(scenarios.len()));
    };
    for other in others {
        alike::check(first, other)?;
    }
    let run = &first.wire().run;
    let plan = Plan::checked(options.users.unwrap_or(run.users))?;
    let seed = options.seed.unwrap_or(run.seed);
    // Sales are counted apart wherever the rules change in any of the scenarios.
    let cuts: Vec<Second> = scenarios.iter().flat_map(Timeline::cuts).collect();
    let worlds = scenarios.iter().map(|s| World::cut(s, seed, &cuts));
    let worlds: Vec<World> = worlds.collect();
    let threads = super::run::threads(options.threads);
    let next = AtomicU64::new(0);
    let parts = super::run::pool(threads)?.broadcast(|_| {
        let mut worker = Worker::new(scenarios, &worlds, options.track);
        while let Some(block) = plan.block(next.fetch_add(1, Ordering::Relaxed)) {
            worker.block(block);
            progress.advance(block.users);
        }
        worker.groups
    });
    let mut groups: Vec<Group> = Vec::new();
    parts.into_iter().for_each(|part| groups.merge(part));
    // Groups that nobody fell into say nothing about the spread.
    groups.retain(|g| g.sides.first().is_some_and(|side| side.counts.users > 0));
    Ok(conclude::conclude(
        scenarios,
        &groups,
        &worlds,
        (seed, threads),
        options.track,
    ))
}
