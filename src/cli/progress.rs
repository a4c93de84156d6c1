//! How a run is getting on: a bar on a terminal, a plain line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use redcat::engine::Progress;
use redcat::report::figures::count;

use super::output::tell;

/// Seconds between plain lines.
const EVERY: Duration = Duration::from_secs(5);

/// Progress of a run on stderr.
pub enum Report {
    /// Nothing is said.
    Quiet,
    /// A bar.
    Bar(ProgressBar),
    /// Lines.
    Lines(Lines),
}

/// Plain lines for logs.
pub struct Lines {
    total: AtomicU64,
    done: AtomicU64,
    /// Those that were done before, and since when others are.
    before: AtomicU64,
    since: Mutex<Instant>,
    last: Mutex<Instant>,
    what: &'static str,
}

impl Report {
    /// Progress of a run over so many users.
    pub fn new(total: u64, quiet: bool) -> Self {
        if quiet {
            return Self::Quiet;
        }
        if !std::io::stderr().is_terminal() {
            return Self::Lines(Lines {
                total: AtomicU64::new(total),
                done: AtomicU64::new(0),
                before: AtomicU64::new(0),
                since: Mutex::new(Instant::now()),
                last: Mutex::new(Instant::now()),
                what: "users",
            });
        }
        let bar =
            ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
        style(&bar, "users");
        Self::Bar(bar)
    }

    /// The same, of something else than users.
    pub fn of(mut self, what: &'static str) -> Self {
        match &mut self {
            Self::Quiet => {}
            Self::Bar(bar) => style(bar, what),
            Self::Lines(lines) => lines.what = what,
        }
        self
    }

    /// So many users were done before.
    pub fn before(&self, users: u64) {
        match self {
            Self::Quiet => {}
            Self::Bar(bar) => {
                bar.set_position(users);
                bar.reset_eta();
            }
            Self::Lines(lines) => {
                lines.done.store(users, Ordering::Relaxed);
                lines.before.store(users, Ordering::Relaxed);
                if users > 0 {
                    let total = lines.total.load(Ordering::Relaxed);
                    tell(&format!(
                        "going on after {} of {} {}",
                        count(users),
                        count(total),
                        lines.what
                    ));
                }
            }
        }
    }

    /// Clears the bar.
    pub fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn style(bar: &ProgressBar, what: &str) {
    let template =
        format!("{{bar:24}} {{human_pos}} of {{human_len}} {what}, {{per_sec:.0}}, {{eta}} to go");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
}

impl Progress for Report {
    fn next(&self, what: &str, users: u64) {
        match self {
            Self::Quiet => {}
            Self::Bar(bar) => {
                bar.set_length(users);
                bar.reset();
            }
            Self::Lines(lines) => {
                lines.total.store(users, Ordering::Relaxed);
                lines.done.store(0, Ordering::Relaxed);
                lines.before.store(0, Ordering::Relaxed);
                if let Ok(mut since) = lines.since.lock() {
                    *since = Instant::now();
                }
                tell(&format!("{what}: {} {}", count(users), lines.what));
            }
        }
    }

    fn advance(&self, users: u64) {
        match self {
            Self::Quiet => {}
            Self::Bar(bar) => bar.inc(users),
            Self::Lines(lines) => {
                let done = lines.done.fetch_add(users, Ordering::Relaxed) + users;
                // Whoever holds the lock is saying it.
                if let Ok(mut last) = lines.last.try_lock()
                    && last.elapsed() >= EVERY
                {
                    *last = Instant::now();
                    tell(&lines.told(done));
                }
            }
        }
    }
}

impl Lines {
    /// How far it is, how fast it goes, and how long it will take if it goes on like that.
    fn told(&self, done: u64) -> String {
        let total = self.total.load(Ordering::Relaxed);
        let fresh = done.saturating_sub(self.before.load(Ordering::Relaxed));
        let seconds = self.since.lock().map_or(0.0, |s| s.elapsed().as_secs_f64());
        let rate = fresh as f64 / seconds.max(1e-3);
        let left = total.saturating_sub(done) as f64 / rate.max(1e-3);
        // A clock that is waited for has no rate.
        let per_s = match rate as u64 {
            0..10 => String::new(),
            rate => format!("{}/s, ", count(rate)),
        };
        format!(
            "{} of {} {}, {per_s}{} to go",
            count(done),
            count(total),
            self.what,
            HumanDuration(Duration::from_secs(left as u64)),
        )
    }
}
