//! Rounds: every piece of work in turn, again and again.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rayon::ThreadPool;

use crate::base::{GuideTable, Purpose, Root, UserId};
use crate::io::machine::core_seconds;

use super::super::run::Progress;
use super::{BenchOptions, Measured, Part, Work};

/// Most repeats in a round.
const MOST: f64 = 1e6;
/// Draws of the yardstick, over all threads.
const DRAWS: u64 = 1 << 21;
/// Draws that a thread takes at once.
const TOGETHER: u64 = 1 << 14;

/// A piece of work and how to do it.
pub(super) struct Subject<'a> {
    pub work: Work,
    pub once: Box<dyn FnMut() + 'a>,
}

impl<'a> Subject<'a> {
    /// Work whose result is of no interest, but must not be left out by an optimiser.
    pub fn new<T>(work: Work, mut once: impl FnMut() -> T + 'a) -> Self {
        Self {
            work,
            once: Box::new(move || {
                black_box(once());
            }),
        }
    }

    /// Seconds a time.
    fn time(&mut self, repeats: u32) -> f64 {
        let start = Instant::now();
        for _ in 0..repeats {
            (self.once)();
        }
        start.elapsed().as_secs_f64() / f64::from(repeats)
    }
}

/// Lets the threads of a pool take tasks in turn; what each has gathered comes back.
pub(super) fn each<W, R: Send>(
    pool: &ThreadPool,
    tasks: usize,
    start: impl Fn() -> W + Sync,
    step: impl Fn(&mut W, usize) + Sync,
    finish: impl Fn(W) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    pool.broadcast(|_| {
        let mut worker = start();
        loop {
            let task = next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                return finish(worker);
            }
            step(&mut worker, task);
        }
    })
}

/// The fixed piece of arithmetic, on each pool.
pub(super) fn yardsticks(pools: &[ThreadPool]) -> Vec<Subject<'_>> {
    let weights: Vec<f64> = (1..=840).map(|rank| 1.0 / f64::from(rank)).collect();
    let table = GuideTable::new(&weights).unwrap_or_else(GuideTable::certain);
    let purpose = Purpose::named("bench draws");
    let root = Root::new(1);
    let of = |pool: &'_ ThreadPool| {
        let work = Work {
            part: Part::Yardstick,
            name: "draws".to_owned(),
            data: format!("{DRAWS} addressed draws and picks of 840"),
            threads: pool.current_num_threads(),
            items: DRAWS,
            touches: None,
            state_bytes: None,
        };
        (work, table.clone())
    };
    let subject = |pool| {
        let (work, table): (Work, GuideTable) = of(pool);
        Subject::new(work, move || {
            let step = |sum: &mut u64, task: usize| {
                let stream = root.user(UserId(task as u64)).stream(purpose, 0);
                for k in 0..TOGETHER {
                    *sum += table.pick(stream.draw(k) as u32) as u64;
                }
            };
            each(pool, (DRAWS / TOGETHER) as usize, || 0, step, |sum| sum)
        })
    };
    pools.iter().map(subject).collect()
}

/// Does everything once, then times it round by round.
pub(super) fn measure(
    mut subjects: Vec<Subject<'_>>,
    options: &BenchOptions,
    progress: &dyn Progress,
) -> Vec<Measured> {
    let rounds = options.rounds;
    let a_round = options.time.as_secs_f64() / rounds.max(1) as f64;
    let mut measured: Vec<Measured> = Vec::with_capacity(subjects.len());
    for subject in &mut subjects {
        // The second time counts: the first one filled the caches.
        subject.time(1);
        let once = subject.time(1).max(1e-9);
        measured.push(Measured {
            work: subject.work.clone(),
            repeats: (a_round / once).ceil().clamp(1.0, MOST) as u32,
            seconds: Vec::with_capacity(rounds),
            core_seconds: Some(0.0),
        });
    }
    for _ in 0..rounds {
        for (subject, measured) in subjects.iter_mut().zip(&mut measured) {
            let before = core_seconds();
            measured.seconds.push(subject.time(measured.repeats));
            let spent = before.zip(core_seconds()).map(|(b, a)| a - b);
            let goes = f64::from(measured.repeats) * rounds as f64;
            let sum = measured.core_seconds.zip(spent);
            measured.core_seconds = sum.map(|(sum, spent)| sum + spent / goes);
        }
        progress.advance(1);
    }
    measured
}
