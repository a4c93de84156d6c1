//! The bare loop, timed: the yardstick that `run` is held to.
//!
//! What it does, what an event of it is and why it is fair stands in `bare_loop/mod.rs`. Here it runs
//! on one and on two threads: first in turn, to print events a second and how it scales, then each
//! by itself.

#[path = "bare_loop/mod.rs"]
mod bare_loop;
#[path = "bare_loop/rounds.rs"]
mod rounds;

use bare_loop::BareLoop;
use criterion::{BenchmarkId, Criterion, Throughput};
use rounds::{Contest, pool};

const USERS: u64 = 1_000_000;

fn main() {
    let bench = BareLoop::new(618);
    bench.check();
    let pools = [1, 2].map(pool);
    let users = rounds::full(USERS);
    let [once, twice] = [0, 1].map(|p| bench.run(users, &pools[p]));
    assert_eq!(once, twice, "threads cannot be seen in the result");
    println!("digest {:016x} of {} events", once.digest(), once.events());

    let mut contest = Contest::new();
    for _ in 0..rounds::rounds(15) {
        for (place, pool) in pools.iter().enumerate() {
            contest.time(place, once.events(), || bench.run(users, pool).digest());
        }
    }
    contest.print(&["bare loop, 1 thread", "bare loop, 2 threads"]);
    contest.ratio("2 threads / 1 thread", 1, 0);

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("bare loop");
    group.sample_size(10);
    group.throughput(Throughput::Elements(once.events()));
    for (threads, pool) in [1, 2].iter().zip(&pools) {
        group.bench_function(BenchmarkId::new("threads", threads), |timer| {
            timer.iter(|| bench.run(users, pool).digest());
        });
    }
    group.finish();
    criterion.final_summary();
}
