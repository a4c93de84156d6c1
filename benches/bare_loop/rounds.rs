//! Rounds: contestants timed in turn, so that a machine that slows down slows all of them.
//!
//! Rates on a shared machine drift by the minute; ratios within a round drift far less. So a claim is
//! the median of the ratios of many rounds. Where the system tells it, the time that the process
//! spent on the cores is counted besides the time on the wall: it leaves out what others took.

use std::hint::black_box;
use std::time::Instant;

use rayon::{ThreadPool, ThreadPoolBuilder};
use redcat::io::machine::core_seconds;

/// A pool of so many threads.
pub fn pool(threads: usize) -> ThreadPool {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("a pool of a few threads")
}

/// Whether to measure, or only to see that it works (as tests do).
fn measured() -> bool {
    std::env::args().any(|a| a == "--bench")
}

/// So many users when measuring, few when not.
pub fn full(users: u64) -> u64 {
    if measured() { users } else { users / 100 }
}

/// So many rounds when measuring, one when not.
pub fn rounds(rounds: usize) -> usize {
    if measured() { rounds } else { 1 }
}

/// Events a second of one contestant in one round.
#[derive(Clone, Copy)]
struct Rate {
    wall: f64,
    cpu: f64,
}

/// Rates by contestant and round.
pub struct Contest {
    rates: Vec<Vec<Rate>>,
}

impl Contest {
    /// Nobody yet.
    pub fn new() -> Self {
        Self { rates: Vec::new() }
    }

    /// Times a contestant's work of so many events.
    pub fn time<T>(&mut self, contestant: usize, events: u64, work: impl FnOnce() -> T) {
        let (start, before) = (Instant::now(), core_seconds());
        black_box(work());
        let wall = start.elapsed().as_secs_f64();
        let spent = before
            .zip(core_seconds())
            .map(|(before, after)| after - before);
        let events = events as f64;
        if self.rates.len() <= contestant {
            self.rates.resize(contestant + 1, Vec::new());
        }
        self.rates[contestant].push(Rate {
            wall: events / wall,
            cpu: spent.filter(|s| *s > 0.0).map_or(f64::NAN, |s| events / s),
        });
    }

    /// Prints everybody's rates.
    pub fn print(&self, names: &[&str]) {
        println!(
            "{:32}{:>10}{:>10}{:>14}",
            "events/s", "median", "best", "a core-second"
        );
        for (name, rates) in names.iter().zip(&self.rates) {
            let walls: Vec<f64> = rates.iter().map(|r| r.wall / 1e6).collect();
            let cpu = median(rates.iter().map(|r| r.cpu / 1e6).collect());
            let best = walls.iter().fold(0.0_f64, |best, w| best.max(*w));
            let middle = median(walls);
            println!("{name:32}{middle:>9.2}M{best:>9.2}M{cpu:>13.2}M");
        }
    }

    /// Prints one contestant's rate over another's: the median over rounds, the quartiles, and the
    /// same by core-seconds.
    pub fn ratio(&self, name: &str, over: usize, under: usize) {
        let pairs = || self.rates[over].iter().zip(&self.rates[under]);
        let mut walls: Vec<f64> = pairs().map(|(a, b)| a.wall / b.wall).collect();
        let cpu = median(pairs().map(|(a, b)| a.cpu / b.cpu).collect());
        walls.sort_by(f64::total_cmp);
        let [low, high] = [1, 3].map(|q| walls[(walls.len() - 1) * q / 4]);
        let middle = median(walls);
        println!("{name}: {middle:.3} (quartiles {low:.3} to {high:.3}); by core-seconds {cpu:.3}");
    }
}

/// The middle value.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
