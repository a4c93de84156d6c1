//! `run` against the bare loop, in one go: the ratio by which its speed is judged.
//!
//! `run` is the whole of it on the shipped scenario `red-cat-618`: simulate, observe under all five
//! regimes, fold the default lineup of models, live again without channels for the truth sample,
//! watch the panel, fit and score with intervals. Its events are the rows that `generate` would
//! write: impressions, reads, engagements, clicks, visits, carts, orders, refunds. The bare loop
//! (`bare_loop/mod.rs`) simulates and attributes as many events a user without any behaviour.
//!
//! Both run in turn on one and on two threads, round after round, and what is claimed is the median
//! of the rounds' ratios. Then each is timed by itself.

#[path = "bare_loop/mod.rs"]
mod bare_loop;
#[path = "bare_loop/rounds.rs"]
mod rounds;

use std::path::Path;

use bare_loop::BareLoop;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use redcat::engine::{Outcome, RunOptions, Silent, run};
use redcat::scenario::Scenario;
use rounds::{Contest, pool};

const SCENARIO: &str = "red-cat-618";
/// Users of a `run`: enough that starting and fitting do not count.
const USERS: u64 = 200_000;
/// Users of a bare loop.
const BARE_USERS: u64 = 500_000;

fn fused(scenario: &Scenario, users: u64, threads: usize) -> Outcome {
    let options = RunOptions {
        users: Some(users),
        threads: Some(threads),
        ..RunOptions::default()
    };
    run(scenario, &options, &Silent).expect("the shipped scenario runs")
}

fn main() {
    let scenario = Scenario::load(Path::new(SCENARIO)).expect("a shipped scenario");
    let bare = BareLoop::new(618);
    bare.check();
    let pools = [1, 2].map(pool);
    let (users, bare_users) = (rounds::full(USERS), rounds::full(BARE_USERS));
    let tally = bare.run(bare_users, &pools[1]);
    let outcome = fused(&scenario, users, 2);
    let (bare_events, events) = (tally.events(), outcome.counts.events().total());
    println!(
        "events a user: bare loop {:.1}, {SCENARIO} {:.1}",
        bare_events as f64 / bare_users as f64,
        events as f64 / users as f64
    );
    println!("digests: {:016x}, {}", tally.digest(), outcome.latent);

    let mut contest = Contest::new();
    for _ in 0..rounds::rounds(9) {
        for (place, pool) in pools.iter().enumerate() {
            contest.time(2 * place, bare_events, || {
                bare.run(bare_users, pool).digest()
            });
            contest.time(2 * place + 1, events, || fused(&scenario, users, place + 1));
        }
    }
    contest.print(&[
        "bare loop, 1 thread",
        "run, 1 thread",
        "bare loop, 2 threads",
        "run, 2 threads",
    ]);
    contest.ratio("run / bare loop, 1 thread", 1, 0);
    contest.ratio("run / bare loop, 2 threads", 3, 2);
    contest.ratio("bare loop, 2 threads / 1 thread", 2, 0);
    contest.ratio("run, 2 threads / 1 thread", 3, 1);

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("end to end");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for (threads, pool) in (1..).zip(&pools) {
        group.throughput(Throughput::Elements(bare_events));
        group.bench_function(BenchmarkId::new("bare loop", threads), |timer| {
            timer.iter(|| bare.run(bare_users, pool).digest());
        });
        group.throughput(Throughput::Elements(events));
        group.bench_function(BenchmarkId::new("run", threads), |timer| {
            timer.iter(|| fused(&scenario, users, threads));
        });
    }
    group.finish();
    criterion.final_summary();
}
