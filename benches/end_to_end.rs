//! `run` against the bare loop, in one go: the ratio by which its speed is judged.
//!
//! `run` is the whole of it on the shipped scenario `red-cat-618`: simulate, observe under all five
//! regimes, fold the default lineup of models, live again without channels for the truth sample,
//! watch the panel, fit and score with intervals. Its events are the rows that `generate` would
//! write: impressions, reads, engagements, clicks, visits, carts, orders, refunds; with `--track reads`
//! all but the impressions, of the same lives. The bare loop
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
use redcat::world::Track;
use rounds::{Contest, pool};

const SCENARIO: &str = "red-cat-618";
/// Users of a `run`: enough that starting and fitting do not count.
const USERS: u64 = 200_000;
/// Users of a bare loop.
const BARE_USERS: u64 = 500_000;

fn fused(scenario: &Scenario, users: u64, threads: usize, track: Track) -> Outcome {
    let options = RunOptions {
        users: Some(users),
        threads: Some(threads),
        track,
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
    let tracks = [Track::Impressions, Track::Reads];
    let outcomes = tracks.map(|track| fused(&scenario, users, 2, track));
    let bare_events = tally.events();
    let events = outcomes.each_ref().map(|o| o.counts.events().total());
    let [all, reads] = events.map(|events| events as f64 / users as f64);
    let bare_a_user = bare_events as f64 / bare_users as f64;
    println!("events a user: bare loop {bare_a_user:.1}, {SCENARIO} {all:.1}, of reads {reads:.1}");
    println!("digests: {:016x}, {}", tally.digest(), outcomes[0].latent);

    let mut contest = Contest::new();
    for _ in 0..rounds::rounds(9) {
        for (place, pool) in pools.iter().enumerate() {
            contest.time(3 * place, bare_events, || {
                bare.run(bare_users, pool).digest()
            });
            for (turn, (track, events)) in (1..).zip(tracks.into_iter().zip(events)) {
                contest.time(3 * place + turn, events, || {
                    fused(&scenario, users, place + 1, track)
                });
            }
        }
    }
    contest.print(&[
        "bare loop, 1 thread",
        "run, 1 thread",
        "run of reads, 1 thread",
        "bare loop, 2 threads",
        "run, 2 threads",
        "run of reads, 2 threads",
    ]);
    contest.ratio("run / bare loop, 1 thread", 1, 0);
    contest.ratio("run / bare loop, 2 threads", 4, 3);
    contest.ratio("run of reads / bare loop, 2 threads", 5, 3);
    contest.ratio("bare loop, 2 threads / 1 thread", 3, 0);
    contest.ratio("run, 2 threads / 1 thread", 4, 1);
    contest.ratio("run of reads, 2 threads / 1 thread", 5, 2);

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("end to end");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for (threads, pool) in (1..).zip(&pools) {
        group.throughput(Throughput::Elements(bare_events));
        group.bench_function(BenchmarkId::new("bare loop", threads), |timer| {
            timer.iter(|| bare.run(bare_users, pool).digest());
        });
        for ((track, events), name) in tracks.into_iter().zip(events).zip(["run", "run of reads"]) {
            group.throughput(Throughput::Elements(events));
            group.bench_function(BenchmarkId::new(name, threads), |timer| {
                timer.iter(|| fused(&scenario, users, threads, track));
            });
        }
    }
    group.finish();
    criterion.final_summary();
}
