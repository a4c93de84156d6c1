//! Where the time of `run` goes, stage by stage, on one thread.
//!
//! Scenario `red-cat-618`, its own seed, consecutive users. What is measured:
//!
//! - *base*: an addressed draw, the next draw in turn, picks from guide tables of 12, 840 and 10,080
//!   outcomes and from a quantile table, by the draw;
//! - *world*: [`World::history`] of a user without intervention, with and without its digest, and
//!   [`World::again`] with one channel off that reached the user, into reused buffers;
//! - *observe*: each regime over histories that are there already;
//! - *fold*: each model, and the default lineup, over journeys that are there already, in batches of
//!   64 users, seen under the regime that sees most;
//! - *run*: whole blocks as a thread of `run` works them: all of the above, the truth sample and the
//!   panel.
//!
//! All stages are timed in turn, round after round; the table gives the median and the least, in
//! ns a user and ns an event. Events are those of the same users in every row: the rows of a full log.
//! So the rows of the table can be compared. `observe` and `fold` see the same few users again and
//! again, with data in the cache and branches that have been learned: what they show is the least, and
//! what is missing from the sum of the parts is to be looked for there. Then each stage is timed by
//! itself.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion, Throughput};
use redcat::attribute::{Lineup, Shape};
use redcat::base::{GuideTable, Merge, Person, Purpose, QuantileTable, Root, UserId, math};
use redcat::engine::{Plan, RunOptions, Setup};
use redcat::journey::JourneyBatch;
use redcat::observe::{Lens, Regime, Scratch};
use redcat::scenario::Scenario;
use redcat::world::{History, Intervention, World};

const SCENARIO: &str = "red-cat-618";
const BENCH: Purpose = Purpose::named("bench draws");
/// Draws of a base stage in one go.
const DRAWS: u64 = 100_000;
/// Users simulated in one go.
const USERS: u64 = 1_024;
/// Histories that are kept: few enough to stay in the cache.
const KEPT: u64 = 200;
/// Users whose journeys are folded together.
const TOGETHER: u64 = 64;
/// Blocks of 1,024 users of a run.
const BLOCKS: u64 = 4;
/// Users of the plan that the blocks are of: enough for blocks of full size.
const PLANNED: u64 = 1_000_000;
const ROUNDS: usize = 15;

/// A stage: what it does, for how many draws or users, and how many events they have.
struct Stage<'a> {
    group: &'static str,
    name: String,
    users: u64,
    events: Option<u64>,
    work: Box<dyn FnMut() + 'a>,
}

impl<'a> Stage<'a> {
    /// A stage of the base, by the draw.
    fn draws(name: &str, mut pick: impl FnMut(Person, u64) -> u64 + 'a) -> Self {
        let root = Root::new(618);
        Self {
            group: "base",
            name: name.to_owned(),
            users: DRAWS,
            events: None,
            work: Box::new(move || {
                let person = black_box(root).user(UserId(7));
                let sum = (0..DRAWS).fold(0, |sum: u64, k| sum.wrapping_add(pick(person, k)));
                black_box(sum);
            }),
        }
    }

    /// Nanoseconds a user (or a draw), once. A go before it that does not count brings its data
    /// into the cache, which the stage before has filled with others.
    fn time(&mut self) -> f64 {
        (self.work)();
        let start = Instant::now();
        (self.work)();
        start.elapsed().as_secs_f64() * 1e9 / self.users as f64
    }
}

fn base<'a>() -> Vec<Stage<'a>> {
    let zipf = |n: u32| {
        let weights: Vec<f64> = (1..=n).map(|r| 1.0 / f64::from(r)).collect();
        GuideTable::new(&weights).expect("positive weights")
    };
    let lognormal = QuantileTable::lognormal(12, 0.0, 1.0);
    let mut stages = vec![
        Stage::draws("a draw of a stream of its own", |person, k| {
            person.stream(BENCH, k).draw(0)
        }),
        Stage::draws("a draw of one stream, by number", |person, k| {
            person.stream(BENCH, 0).draw(k)
        }),
    ];
    for n in [12, 840, 10_080] {
        let table = zipf(n);
        let name = format!("draw + guide table of {n}");
        stages.push(Stage::draws(&name, move |person, k| {
            table.pick(person.stream(BENCH, 0).draw(k) as u32) as u64
        }));
    }
    stages.push(Stage::draws("draw + quantile table", move |person, k| {
        u64::from(
            lognormal
                .pick(person.stream(BENCH, 0).draw(k) as u32)
                .to_bits(),
        )
    }));
    let powers = |person: Person, k: u64| {
        let unit = redcat::base::address::unit(person.stream(BENCH, 0).draw(k));
        math::ln(unit + 0.5).to_bits()
    };
    stages.push(Stage::draws("draw + logarithm, for comparison", powers));
    stages
}

/// Events of the first users, in a full log.
fn events(world: &World, users: u64) -> u64 {
    let mut history = world.start();
    for user in 0..users {
        world.history(UserId(user), Intervention::NONE, &mut history);
    }
    history.counts.events().total()
}

/// The first users' histories, one each.
fn kept(world: &World) -> Vec<History> {
    let one = |user| {
        let mut history = world.start();
        world.history(UserId(user), Intervention::NONE, &mut history);
        history
    };
    (0..KEPT).map(one).collect()
}

fn lives<'a>(world: &'a World, kept: &'a [History]) -> Vec<Stage<'a>> {
    let all = Some(events(world, USERS));
    let stage = |name: &str, digests: bool| {
        let mut history = world.start();
        Stage {
            group: "world",
            name: name.to_owned(),
            users: USERS,
            events: all,
            work: Box::new(move || {
                for user in 0..USERS {
                    world.history(UserId(user), Intervention::NONE, &mut history);
                    if digests {
                        black_box(history.digest().get());
                    }
                }
                black_box(history.orders().len());
            }),
        }
    };
    let mut without = world.start();
    vec![
        stage("history", false),
        stage("history + digest", true),
        Stage {
            group: "world",
            name: "again, one channel off".to_owned(),
            users: KEPT,
            events: Some(events(world, KEPT)),
            work: Box::new(move || {
                for with in kept {
                    let reached = with.channels_read();
                    let first = reached & reached.wrapping_neg();
                    world.again(with, Intervention::without(first), &mut without);
                    black_box(without.orders().len());
                }
            }),
        },
    ]
}

fn views<'a>(world: &'a World, regimes: &'a [Regime], kept: &'a [History]) -> Vec<Stage<'a>> {
    let all = Some(events(world, KEPT));
    let stage = |regime: &'a Regime| {
        let (mut scratch, mut batch) = (Scratch::new(world), JourneyBatch::new());
        Stage {
            group: "observe",
            name: regime.name().to_owned(),
            users: KEPT,
            events: all,
            work: Box::new(move || {
                for chunk in kept.chunks(TOGETHER as usize) {
                    batch.clear();
                    for history in chunk {
                        regime.observe(history, &mut scratch, &mut batch);
                    }
                    black_box(&batch);
                }
            }),
        }
    };
    regimes.iter().map(stage).collect()
}

/// What a regime sees of the first users, in batches of a few.
fn batches(world: &World, regime: &Regime) -> Vec<JourneyBatch> {
    let (mut history, mut scratch) = (world.start(), Scratch::new(world));
    let mut batch_of = |first: u64| {
        let mut batch = JourneyBatch::new();
        for user in first..first + TOGETHER {
            world.history(UserId(user), Intervention::NONE, &mut history);
            regime.observe(&history, &mut scratch, &mut batch);
        }
        batch
    };
    (0..USERS)
        .step_by(TOGETHER as usize)
        .map(&mut batch_of)
        .collect()
}

fn folds<'a>(world: &World, regime: &Regime, shape: Shape) -> Vec<Stage<'a>> {
    let all = Some(events(world, USERS));
    let names = Lineup::default().names().to_vec();
    let list = names.join(",");
    let stages = names.into_iter().chain([list]).map(|models| {
        let batches = batches(world, regime);
        let lineup = Lineup::parse(&models).expect("known names");
        let mut state = lineup.start(shape);
        let all_of_them = models.contains(',');
        Stage {
            group: "fold",
            name: if all_of_them {
                "default lineup".to_owned()
            } else {
                models
            },
            users: USERS,
            events: all,
            work: Box::new(move || {
                for batch in &batches {
                    lineup.fold(&mut state, black_box(batch));
                }
                black_box(state.shape());
            }),
        }
    });
    stages.collect()
}

/// Whole blocks. A thread's state is made once a run, so one that is made before counts for nothing;
/// [`Setup::gather`] makes one each time, whose share is shown apart.
fn blocks(setup: &Setup) -> Vec<Stage<'_>> {
    let plan = Plan::new(PLANNED);
    let users = (0..BLOCKS)
        .filter_map(|b| plan.block(b))
        .map(|b| b.users)
        .sum();
    let all = Some(events(setup.world(), users));
    let stage = |name: &str, blocks: u64| Stage {
        group: "run",
        name: name.to_owned(),
        users,
        events: all,
        work: Box::new(move || {
            let mut state = setup.gather(plan, 0..blocks);
            state.merge(setup.start());
            black_box(state.users());
        }),
    };
    vec![
        stage("whole blocks", BLOCKS),
        stage("of that: making states", 0),
    ]
}

fn middle(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Times all stages in turn and prints the table.
fn table(stages: &mut [Stage<'_>], rounds: usize) {
    let mut times = vec![Vec::with_capacity(rounds); stages.len()];
    for _ in 0..rounds {
        for (stage, times) in stages.iter_mut().zip(&mut times) {
            times.push(stage.time());
        }
    }
    println!(
        "{:8}{:36}{:>12}{:>12}{:>10}{:>10}",
        "", "ns", "a user", "least", "an event", "least"
    );
    for (stage, times) in stages.iter().zip(&mut times) {
        let median = middle(times);
        let (group, name, least) = (stage.group, &stage.name, times[0]);
        print!("{group:8}{name:36}{median:>12.2}{least:>12.2}");
        match stage.events {
            Some(events) => {
                let an_event = stage.users as f64 / events as f64;
                println!("{:>10.2}{:>10.2}", median * an_event, least * an_event);
            }
            None => println!(" (a draw)"),
        }
    }
}

fn main() {
    let scenario = Scenario::load(Path::new(SCENARIO)).expect("a shipped scenario");
    let setup = Setup::new(&scenario, &RunOptions::default()).expect("a shipped lineup");
    let world = setup.world();
    let regimes = Regime::all(&scenario, world);
    let shape = Shape {
        channels: scenario.channels().len(),
        groups: scenario.tiers().len(),
    };
    let kept = kept(world);
    let widest = regimes.last().expect("a regime");
    let mut stages = base();
    stages.extend(lives(world, &kept));
    stages.extend(views(world, &regimes, &kept));
    stages.extend(folds(world, widest, shape));
    stages.extend(blocks(&setup));

    let measured = std::env::args().any(|a| a == "--bench");
    table(&mut stages, if measured { ROUNDS } else { 1 });

    let mut criterion = Criterion::default().configure_from_args();
    for stage in &mut stages {
        let mut group = criterion.benchmark_group(stage.group);
        group.sample_size(20);
        group.throughput(Throughput::Elements(stage.events.unwrap_or(stage.users)));
        group.bench_function(BenchmarkId::from_parameter(&stage.name), |timer| {
            timer.iter(|| (stage.work)());
        });
        group.finish();
    }
    criterion.final_summary();
}
