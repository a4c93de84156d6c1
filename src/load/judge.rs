//! Whether a rate is held.
//!
//! A system that cannot keep up shows it in its backlog: rows that are due and not done. It may look
//! good for a while, so what counts is not how large the backlog is but whether it grows: the slope of
//! a line through it (least squares) after the warm-up. And latency must be what was asked for.

/// How a system stood at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Seconds since the stream was started.
    pub at_s: f64,
    /// Rows that were due by then; none where there is no timetable.
    pub due: Option<u64>,
    /// Rows that had been sent.
    pub sent: u64,
    /// Rows that were done.
    pub done: u64,
    /// Orders that were credited.
    pub orders: u64,
    /// Bytes of state.
    pub bytes: u64,
    /// Orders that were taken, and whose credit has not come back.
    pub open: u64,
}

impl Sample {
    /// Rows that were due, or else sent, and not done.
    #[must_use]
    pub fn backlog(&self) -> u64 {
        self.due.unwrap_or(self.sent).saturating_sub(self.done)
    }
}

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Longest 99th percentile, in seconds.
    pub p99_s: f64,
    /// Largest growth of the backlog, as a share of the rate.
    pub growth: f64,
}

/// Why a rate is not held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// The backlog grows, by so many rows a second.
    Backlog(f64),
    /// Some of what was due was never sent.
    Unsent(u64),
    /// The 99th percentile is too long, in seconds.
    Latency(f64),
    /// The player itself came late, by so many seconds: this says nothing of the system.
    Player(f64),
    /// No order was due in the time measured.
    NoOrders,
    /// Credit of orders falls behind, by so many orders a second.
    Answers(f64),
    /// So many events were sent and never acknowledged.
    Unacknowledged(u64),
    /// So many orders were never credited.
    Unanswered(u64),
}

/// How much something grows in a second: the slope of a line through it.
#[must_use]
pub fn slope(samples: &[Sample], of: &dyn Fn(&Sample) -> u64) -> f64 {
    let n = samples.len() as f64;
    if samples.len() < 2 {
        return 0.0;
    }
    let mean = |of: &dyn Fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / n;
    let (at, level) = (mean(&|s| s.at_s), mean(&|s| of(s) as f64));
    let moment = |of: &dyn Fn(&Sample) -> f64| {
        let terms = samples.iter().map(|s| (s.at_s - at) * of(s));
        terms.sum::<f64>()
    };
    let spread = moment(&|s| s.at_s - at);
    if spread > 0.0 {
        moment(&|s| of(s) as f64 - level) / spread
    } else {
        0.0
    }
}

/// Standard errors of a growth that are taken for more than chance.
const SURE: f64 = 4.0;

/// What a measured time came to, as far as a judge looks at it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// Rows a second that were asked for.
    pub target_per_s: f64,
    /// Rows a second by which the backlog grew.
    pub growth_per_s: f64,
    /// Rows that were due and never sent.
    pub unsent: u64,
    /// Orders that were due, and the 99th percentile of their latency in seconds; none where no credit
    /// comes back.
    pub latency: Option<(u64, f64)>,
    /// 99th percentile of how late the player itself was, in seconds.
    pub player_s: f64,
    /// What is known of credit that comes back from elsewhere.
    pub answers: Option<Unanswered>,
}

/// What has not come back from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unanswered {
    /// Orders a second by which those that wait for credit grew.
    pub growth_per_s: f64,
    /// Seconds in which that was measured.
    pub over_s: f64,
    /// Median of the seconds that credit took.
    pub p50_s: f64,
    /// Orders a second that were asked for.
    pub orders_per_s: f64,
    /// Events that were never acknowledged.
    pub events: u64,
    /// Orders that were never credited.
    pub orders: u64,
}

impl Unanswered {
    /// Standard error of the growth where nothing grows. Orders that come by chance and wait for some time
    /// are, at a moment, rate × time in number, with as large a variance, and hang together for about that
    /// time; a line through them over T then has a slope with this error.
    fn noise_per_s(&self) -> f64 {
        self.p50_s * (12.0 * self.orders_per_s / self.over_s).sqrt() / self.over_s
    }
}

impl Demand {
    /// Why a rate is not held; nothing if it is.
    ///
    /// A player that was late by more than half of the latency allowed is told first: what was measured
    /// then is the machine, not the system.
    #[must_use]
    pub fn faults(&self, found: &Evidence) -> Vec<Fault> {
        let growth = found.growth_per_s;
        let (orders, p99_s) = found.latency.unwrap_or((1, 0.0));
        let all = [
            (found.player_s > self.p99_s / 2.0).then_some(Fault::Player(found.player_s)),
            (growth > self.growth * found.target_per_s).then_some(Fault::Backlog(growth)),
            (found.unsent > 0).then_some(Fault::Unsent(found.unsent)),
            (orders == 0 && found.unsent == 0).then_some(Fault::NoOrders),
            (p99_s > self.p99_s).then_some(Fault::Latency(p99_s)),
        ];
        let answers = found.answers.iter().flat_map(|answers| {
            let growth = answers.growth_per_s;
            let allowed = self.growth * answers.orders_per_s;
            let behind = growth > allowed.max(SURE * answers.noise_per_s());
            [
                behind.then_some(Fault::Answers(growth)),
                (answers.events > 0).then_some(Fault::Unacknowledged(answers.events)),
                (answers.orders > 0).then_some(Fault::Unanswered(answers.orders)),
            ]
        });
        all.into_iter().chain(answers).flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(growth: f64) -> Vec<Sample> {
        let sample = |i: u32| Sample {
            at_s: f64::from(i) / 10.0,
            due: Some(1_000_000 + u64::from(i) * 100_000),
            done: 1_000_000 + (f64::from(i) * (100_000.0 - growth / 10.0)) as u64,
            ..Sample::default()
        };
        (0..100).map(sample).collect()
    }

    /// Would catch a slope of the wrong sign, in the wrong unit, or one that a single stall makes.
    #[test]
    fn a_slope_is_rows_a_second() {
        let slope = |samples: &[Sample]| slope(samples, &Sample::backlog);
        assert!((slope(&line(5_000.0)) - 5_000.0).abs() < 10.0);
        assert!(slope(&line(0.0)).abs() < 1e-6);
        let mut stalled = line(0.0);
        stalled[50].done -= 200_000;
        assert!(slope(&stalled).abs() < 500.0, "{}", slope(&stalled));
        assert_eq!(slope(&stalled[..1]), 0.0);
    }

    /// Would catch a fault that is not seen, and a good run that is called bad.
    #[test]
    fn each_fault_is_told() {
        let demand = Demand {
            p99_s: 0.05,
            growth: 0.01,
        };
        let good = Evidence {
            target_per_s: 1e6,
            growth_per_s: 9_000.0,
            unsent: 0,
            latency: Some((1_000, 0.049)),
            player_s: 0.02,
            answers: None,
        };
        assert_eq!(demand.faults(&good), []);
        let with = |change: &dyn Fn(&mut Evidence)| {
            let mut evidence = good;
            change(&mut evidence);
            demand.faults(&evidence)
        };
        assert_eq!(
            with(&|e| e.growth_per_s = 11_000.0),
            [Fault::Backlog(11_000.0)]
        );
        assert_eq!(with(&|e| e.unsent = 1), [Fault::Unsent(1)]);
        assert_eq!(with(&|e| e.latency = Some((0, 0.0))), [Fault::NoOrders]);
        assert_eq!(
            with(&|e| e.latency = Some((9, 0.051))),
            [Fault::Latency(0.051)]
        );
        let both = with(&|e| (e.player_s, e.latency) = (0.06, Some((9, 0.07))));
        assert_eq!(both, [Fault::Player(0.06), Fault::Latency(0.07)]);
        assert_eq!(with(&|e| e.latency = None), []);
        let answers = |growth_per_s, events, orders| Unanswered {
            growth_per_s,
            over_s: 10.0,
            p50_s: 0.01,
            orders_per_s: 1e5,
            events,
            orders,
        };
        assert_eq!(with(&|e| e.answers = Some(answers(900.0, 0, 0))), []);
        assert_eq!(
            with(&|e| e.answers = Some(answers(1_100.0, 2, 3))),
            [
                Fault::Answers(1_100.0),
                Fault::Unacknowledged(2),
                Fault::Unanswered(3)
            ]
        );
        // Ten orders a second that take a second each: a growth of a third of one is chance.
        let few = |growth_per_s| Unanswered {
            p50_s: 1.0,
            orders_per_s: 10.0,
            ..answers(growth_per_s, 0, 0)
        };
        assert_eq!(with(&|e| e.answers = Some(few(1.3))), []);
        assert_eq!(with(&|e| e.answers = Some(few(1.5))), [Fault::Answers(1.5)]);
    }
}
