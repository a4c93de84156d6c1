//! How a run is getting on: a bar on a terminal, a plain line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
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
            let last = Mutex::new(Instant::now());
            return Self::Lines(Lines {
                total: AtomicU64::new(total),
                done: AtomicU64::new(0),
                last,
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

    /// Clears the bar.
    pub fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn style(bar: &ProgressBar, what: &str) {
    let template = format!("{{bar:24}} {{human_pos}} of {{human_len}} {what}, {{eta}} to go");
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
                    let total = lines.total.load(Ordering::Relaxed);
                    tell(&format!(
                        "{} of {} {}",
                        count(done),
                        count(total),
                        lines.what
                    ));
                }
            }
        }
    }
}
