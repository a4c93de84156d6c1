//! What a stream at one rate came to.

use crate::attribute::online::Tally;
use crate::attribute::{Amount, Credit};
use crate::base::Digest;

use super::LoadError;
use super::answers::{Book, Counts};
use super::builtin::Finished;
use super::judge::{Evidence, Fault, Sample, Unanswered, slope};
use super::measure::LoadTest;
use super::meter::{Latency, Ticks};
use super::player::{Played, Playing};

/// What a stream at one rate came to.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Rows a second that were asked for; none if as fast as can be.
    pub target_per_s: Option<f64>,
    /// Rows a second that were done in the time measured.
    pub achieved_per_s: f64,
    /// Orders a second that were credited in the time measured.
    pub orders_per_s: f64,
    /// From the time at which an order was meant to be sent to its credit, of those that were due in
    /// the time measured.
    pub latency: Latency,
    /// Rows a second by which the backlog grew, by the slope of a line through it, in the time measured.
    pub growth_per_s: f64,
    /// Largest backlog in the time measured, in rows.
    pub backlog_most: u64,
    /// Why the rate is not held; empty if it is.
    pub faults: Vec<Fault>,
    /// What the player says of itself.
    pub played: Played,
    /// Rows of the look-back that the state was filled with.
    pub filled: u64,
    /// What the built-in system has credited.
    pub credited: Option<Credited>,
    /// What another system has answered, where it can.
    pub answered: Option<Answered>,
    /// Most bytes of state that were seen.
    pub bytes_most: u64,
    /// How it went on.
    pub series: Vec<Tick>,
}

/// What a system has credited.
#[derive(Clone, Debug)]
pub struct Credited {
    /// What became of the rows, with those that filled the state.
    pub tally: Tally,
    /// Rows that are no business of attribution.
    pub others: u64,
    /// Credit by model, after refunds.
    pub credits: Vec<(String, Credit)>,
    /// Of all credit.
    pub digest: String,
}

/// What a system behind a broker has answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Events that were acknowledged, those that filled the state included.
    pub acknowledged: u64,
    /// Events that were sent, and not acknowledged by the end.
    pub unacknowledged: u64,
    /// From the time at which an event was meant to be sent to the broker's word for it, of those that
    /// were due in the time measured.
    pub until_acknowledged: Latency,
    /// What became of orders and answers.
    pub counts: Counts,
    /// Credit by the system's models, after refunds, and redcat's own of the same events where it has a
    /// rule of that name.
    pub books: Vec<(Book, Option<Vec<Amount>>)>,
}

/// A piece of a stream's time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tick {
    /// Seconds from the start to its end.
    pub until_s: f64,
    /// Rows that were due in it; none where there is no timetable.
    pub due: Option<u64>,
    /// Rows that were sent in it.
    pub sent: u64,
    /// Rows that were done in it.
    pub done: u64,
    /// Backlog at its end, in rows.
    pub backlog: u64,
    /// Bytes of state at its end.
    pub bytes: u64,
    /// Latency of the orders that were due in it.
    pub latency: Latency,
}

/// What has been seen of a stream.
pub(super) struct Found {
    pub filled: u64,
    pub played: Played,
    pub samples: Vec<Sample>,
    /// What the built-in system came to.
    pub finished: Option<Finished>,
    /// What another system has answered, and its latencies.
    pub answered: Option<(Answered, Ticks)>,
}

impl Measured {
    /// Whether the rate is held: always, where none was asked for.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        self.faults.is_empty()
    }
}

impl LoadTest {
    pub(super) fn told(
        &self,
        target_per_s: Option<f64>,
        playing: &Playing,
        found: Found,
    ) -> Result<Measured, LoadError> {
        let Found {
            filled,
            played,
            samples,
            finished,
            answered,
        } = found;
        let (start, end) = (self.asked().warm_up.seconds(), playing.nanos as f64 / 1e9);
        let within = |s: &&Sample| (start..=end).contains(&s.at_s);
        let measured: Vec<Sample> = samples.iter().filter(within).copied().collect();
        let per_s = |of: &dyn Fn(&Sample) -> u64| match (measured.first(), measured.last()) {
            (Some(first), Some(last)) if last.at_s > first.at_s => {
                (of(last) - of(first)) as f64 / (last.at_s - first.at_s)
            }
            _ => 0.0,
        };
        let credited = finished.as_ref().map(|finished| {
            let credits = finished.streamed.credits(self.lineup())?;
            Ok::<_, LoadError>(Credited {
                tally: finished.streamed.tally,
                others: finished.others,
                digest: digest(&credits),
                credits,
            })
        });
        let (answered, answers) = answered.unzip();
        let ticks = match finished.map(|finished| finished.latency).or(answers) {
            Some(latency) => played.with(latency),
            None => Ticks::over(playing.nanos)?,
        };
        let latency = ticks.since((start * 1e9) as u64);
        let growth_per_s = slope(&measured, &Sample::backlog);
        let faults = target_per_s.map(|target_per_s| {
            self.demand().faults(&Evidence {
                target_per_s,
                growth_per_s,
                unsent: played.unsent,
                latency: (credited.is_some() || answered.is_some())
                    .then_some((latency.orders, latency.p99)),
                player_s: played.own_lateness.0,
                answers: answered.as_ref().map(|answered: &Answered| Unanswered {
                    growth_per_s: slope(&measured, &|sample| sample.open),
                    over_s: (end - start).max(1e-9),
                    p50_s: latency.p50,
                    orders_per_s: target_per_s * self.own_speed().orders_share(),
                    events: answered.unacknowledged,
                    orders: answered.counts.unanswered,
                }),
            })
        });
        Ok(Measured {
            target_per_s,
            achieved_per_s: per_s(&|s| s.done),
            orders_per_s: per_s(&|s| s.orders),
            latency,
            growth_per_s,
            backlog_most: measured.iter().map(Sample::backlog).max().unwrap_or(0),
            faults: faults.unwrap_or_default(),
            filled,
            credited: credited.transpose()?,
            answered,
            bytes_most: samples.iter().map(|s| s.bytes).max().unwrap_or(0),
            series: series(&samples, &ticks, playing),
            played,
        })
    }
}

/// A digest of all credit: names, and every amount to the last bit.
fn digest(credits: &[(String, Credit)]) -> String {
    let mut digest = Digest::new();
    for (model, credit) in credits {
        digest.text(model);
        for amount in credit.by_channel() {
            digest.float(amount.conversions);
            digest.float(amount.value);
        }
    }
    digest.to_string()
}

/// Samples by tick.
fn series(samples: &[Sample], ticks: &Ticks, playing: &Playing) -> Vec<Tick> {
    let count = playing.nanos.div_ceil(ticks.width());
    let mut before = Sample::default();
    let tick = |number: u64| {
        let until_s = ((number + 1) * ticks.width()).min(playing.nanos) as f64 / 1e9;
        let last = at(samples, until_s);
        let tick = Tick {
            until_s,
            due: last.due.map(|due| due - before.due.unwrap_or(0)),
            sent: last.sent - before.sent,
            done: last.done - before.done,
            backlog: last.backlog(),
            bytes: last.bytes,
            latency: ticks.tick(number as usize),
        };
        before = last;
        tick
    };
    (0..count).map(tick).collect()
}

/// How a system stood at a time, in a straight line between the samples before and after it: samples
/// come when a thread wakes, and a tick would else have what was done in another's time.
fn at(samples: &[Sample], at_s: f64) -> Sample {
    let place = samples.partition_point(|sample| sample.at_s <= at_s);
    let before = place
        .checked_sub(1)
        .map_or(Sample::default(), |p| samples[p]);
    let Some(after) = samples.get(place) else {
        return before;
    };
    let part = (at_s - before.at_s) / (after.at_s - before.at_s);
    let between = |of: &dyn Fn(&Sample) -> u64| {
        let (from, to) = (of(&before) as f64, of(after) as f64);
        (from + part * (to - from)).round() as u64
    };
    Sample {
        at_s,
        due: after.due.map(|_| between(&|s| s.due.unwrap_or(0))),
        sent: between(&|s| s.sent),
        done: between(&|s| s.done),
        orders: between(&|s| s.orders),
        bytes: between(&|s| s.bytes),
        open: between(&|s| s.open),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::schedule::Schedule;

    /// Would catch a piece that has what was done in another's time: at an even rate all are alike,
    /// whenever samples were taken.
    #[test]
    fn pieces_of_an_even_stream_are_alike() {
        let sample = |i: u32| {
            let at_s = f64::from(i) * 0.02 + f64::from(i * 7 % 11) * 0.001;
            let rows = (at_s * 1e6) as u64;
            Sample {
                at_s,
                due: Some(rows),
                sent: rows,
                done: rows - 100.min(rows),
                bytes: 1_000,
                ..Sample::default()
            }
        };
        let samples: Vec<Sample> = (1..=52).map(sample).collect();
        let playing = Playing {
            schedule: Schedule::AtOnce,
            nanos: 1_000_000_000,
            grace: 0,
        };
        let ticks = Ticks::over(playing.nanos).unwrap();
        let series = series(&samples, &ticks, &playing);
        assert_eq!(series.len(), 10);
        for tick in &series {
            let (due, done) = (tick.due.unwrap(), tick.done);
            assert!((99_990..=100_010).contains(&due), "{tick:?}");
            assert!((99_880..=100_010).contains(&done), "{tick:?}");
            assert!((90..=110).contains(&tick.backlog), "{tick:?}");
        }
        let due: u64 = series.iter().filter_map(|tick| tick.due).sum();
        assert!((999_990..=1_000_010).contains(&due));
        assert_eq!(at(&samples, 5.0), samples[51]);
    }
}
