//! A load test, ready to be run at any rate.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::attribute::Lineup;
use crate::attribute::online::{Online, Windows};
use crate::engine::Progress;
use crate::scenario::Scenario;
use crate::scenario::wire::LoadWire;

use super::LoadError;
use super::alone::{self, Alone};
use super::builtin::{BuiltIn, Engine};
use super::content::{Content, ContentOptions};
use super::judge::{Demand, Sample};
use super::measured::{Found, Measured};
use super::meter::Ticks;
use super::piped::{Format, Piped};
use super::player::{Playing, fill, play};
use super::schedule::{OwnSpeed, Schedule};
use super::stream::{Shaping, Stream, micros};
use super::system::{Clock, Gauge, System, Time};

/// Shortest time between two samples, in nanoseconds, and most samples.
const SAMPLE: u64 = 20_000_000;
const MOST_SAMPLES: u64 = 6_000;
/// Seconds after the end in which what was due may still be sent, if p99 is not longer.
const GRACE_S: f64 = 1.0;
/// Rows that lie ready for an engine alone.
const READY: usize = 8_000_000;
/// Seconds for which a generator alone is watched.
const WATCHED_S: f64 = 2.0;

/// What a caller may choose without changing the scenario.
#[derive(Clone, Copy, Debug)]
pub struct LoadOptions {
    /// What is played.
    pub content: ContentOptions,
    /// Workers of the built-in system; one a core if absent. Credit does not depend on it.
    pub workers: Option<usize>,
}

/// A load test: content at hand, and what is asked of the system.
#[derive(Debug)]
pub struct LoadTest {
    content: Content,
    load: LoadWire,
    pub(super) shaping: Shaping,
    lineup: Lineup,
    workers: usize,
    own: OwnSpeed,
}

impl LoadTest {
    /// Simulates what is to be played.
    ///
    /// # Errors
    /// When the scenario has no stream, an option is out of range, or rows do not fit into memory.
    pub fn prepare(
        scenario: &Scenario,
        options: &LoadOptions,
        progress: &dyn Progress,
    ) -> Result<Self, LoadError> {
        let (Some(load), Some(span)) = (&scenario.wire().load, scenario.load_span()) else {
            return Err(LoadError::NoStream {
                scenario: scenario.wire().name.clone(),
            });
        };
        let mut lineup = Lineup::parse(&load.models.join(","))?;
        let content = Content::gather(scenario, load, span, &options.content, progress)?;
        lineup.bind(content.channels())?;
        let shaping = Shaping::of(load);
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let test = Self {
            own: OwnSpeed::of(&content, shaping.copies),
            workers: options.workers.filter(|w| *w > 0).unwrap_or_else(cores),
            load: load.clone(),
            content,
            shaping,
            lineup,
        };
        // Better refused before anything is played.
        Online::new(&test.lineup, test.content.shape(), test.engine().windows)?;
        Ok(test)
    }

    /// Rules of the built-in system.
    #[must_use]
    pub const fn lineup(&self) -> &Lineup {
        &self.lineup
    }

    /// What is played.
    #[must_use]
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// What the scenario says of it.
    #[must_use]
    pub const fn asked(&self) -> &LoadWire {
        &self.load
    }

    /// Rows and orders a second at the stream's own speed.
    #[must_use]
    pub const fn own_speed(&self) -> OwnSpeed {
        self.own
    }

    /// Workers of the built-in system.
    #[must_use]
    pub const fn workers(&self) -> usize {
        self.workers
    }

    /// People in the stream.
    #[must_use]
    pub fn people(&self) -> u64 {
        self.content.users() * self.shaping.copies
    }

    pub(super) fn engine(&self) -> Engine<'_> {
        let load = &self.load;
        Engine {
            lineup: &self.lineup,
            shape: self.content.shape(),
            windows: Windows {
                click: micros(load.click_window.seconds()),
                view: micros(load.view_window.seconds()),
                refund: micros(load.refund_window.seconds()),
            },
            lateness: micros(load.lateness.seconds()),
            key: load.key,
            workers: self.workers,
        }
    }

    pub(super) fn playing(&self, per_s: Option<f64>) -> Playing {
        let nanos = |seconds: f64| (seconds * 1e9) as u64;
        let load = &self.load;
        Playing {
            schedule: per_s.map_or(Schedule::AtOnce, |per_s| {
                Schedule::new(load.pace, per_s, &self.own)
            }),
            nanos: nanos(load.warm_up.seconds()) + nanos(load.duration.seconds()),
            grace: nanos(load.p99.seconds().max(GRACE_S)),
        }
    }

    /// Plays the stream into the built-in system at so many rows a second, or as fast as can be.
    ///
    /// # Errors
    /// When threads cannot be had or a model has no fit.
    pub fn measure(
        &self,
        per_s: Option<f64>,
        progress: &dyn Progress,
    ) -> Result<Measured, LoadError> {
        let playing = self.playing(per_s);
        let engine = self.engine();
        let gauges: Vec<Gauge> = (0..=self.workers).map(|_| Gauge::default()).collect();
        let (clock, blank) = (Clock::default(), Ticks::over(playing.nanos)?);
        let found = std::thread::scope(|scope| {
            let mut system = BuiltIn::start(scope, &engine, &gauges, &clock, &blank)?;
            let found = self.played(&playing, &mut system, (&gauges, &clock, &blank), progress);
            let finished = system.finish()?;
            Ok::<_, LoadError>(Found { finished, ..found? })
        })?;
        self.told(per_s, &playing, found)
    }

    /// Plays the stream into a pipe at so many rows a second, or as fast as it is read.
    ///
    /// # Errors
    /// When nobody reads.
    pub fn write(
        &self,
        per_s: Option<f64>,
        (out, format): (impl Write, Format),
        progress: &dyn Progress,
    ) -> Result<Measured, LoadError> {
        let playing = self.playing(per_s);
        let gauges = [Gauge::default()];
        let (clock, blank) = (Clock::default(), Ticks::over(playing.nanos)?);
        let mut pipe = Piped::new(out, format, self.content.channels(), &gauges[0]);
        let found = self.played(&playing, &mut pipe, (&gauges, &clock, &blank), progress)?;
        pipe.finish()?;
        self.told(per_s, &playing, found)
    }

    /// Fills a system and plays the stream.
    pub(super) fn played(
        &self,
        playing: &Playing,
        system: &mut impl System,
        (gauges, clock, blank): (&[Gauge], &Clock, &Ticks),
        progress: &dyn Progress,
    ) -> Result<Found, LoadError> {
        let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
        let filled = fill(Stream::before(&self.content, self.shaping), system)?;
        progress.next("playing", playing.nanos / 1_000_000_000);
        clock.start();
        std::thread::scope(|scope| {
            let (seen, sent, stop) = ((clock, playing), &sent, &stop);
            let looking =
                scope.spawn(move || self.samples(seen, (gauges, filled), (sent, stop), progress));
            let rows = Stream::new(&self.content, self.shaping);
            let tell = |rows: u64| sent.store(rows, Ordering::Relaxed);
            let played = play(rows, playing, system, (clock, blank), &tell);
            stop.store(true, Ordering::Relaxed);
            let samples = looking.join().unwrap_or_default();
            Ok(Found {
                filled,
                played: played?,
                samples,
                finished: None,
                answered: None,
            })
        })
    }

    /// Looks now and then how the system stands, until the stream ends.
    fn samples(
        &self,
        (clock, playing): (&Clock, &Playing),
        (gauges, filled): (&[Gauge], u64),
        (sent, stop): (&AtomicU64, &AtomicBool),
        progress: &dyn Progress,
    ) -> Vec<Sample> {
        let every = SAMPLE.max(playing.nanos / MOST_SAMPLES);
        let (mut samples, mut told) = (Vec::new(), 0);
        while !stop.load(Ordering::Relaxed) {
            clock.sleep_until((samples.len() as u64 + 1) * every);
            let (now, reading) = (clock.now(), Gauge::all(gauges));
            let due_by = |nanos| {
                let copies = self.shaping.copies;
                playing.schedule.due_by(nanos, &self.content, copies)
            };
            samples.push(Sample {
                at_s: now as f64 / 1e9,
                due: due_by(now.min(playing.nanos)),
                sent: sent.load(Ordering::Relaxed),
                done: reading.rows - filled,
                orders: reading.orders,
                bytes: reading.bytes,
                open: reading.open,
            });
            let seconds = now.min(playing.nanos) / 1_000_000_000;
            if seconds > told {
                progress.advance(seconds - told);
                told = seconds;
            }
        }
        samples
    }

    /// What is asked of the system.
    #[must_use]
    pub fn demand(&self) -> Demand {
        Demand {
            p99_s: self.load.p99.seconds(),
            growth: self.load.growth.get(),
        }
    }

    /// How fast rows are made, by one thread and for nobody.
    #[must_use]
    pub fn generator_alone(&self) -> Alone {
        let rows = Stream::new(&self.content, self.shaping);
        alone::generator(rows, &self.engine(), WATCHED_S)
    }

    /// How fast workers fold what lies ready in memory.
    ///
    /// # Errors
    /// When a model cannot be run online.
    pub fn engine_alone(&self) -> Result<Alone, LoadError> {
        let before = Stream::before(&self.content, self.shaping);
        let rows = Stream::new(&self.content, self.shaping);
        alone::engine(before, rows, READY, &self.engine())
    }
}
