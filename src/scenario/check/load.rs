//! The stream of a load test: a span within the season, and times that fit together.

use crate::base::Second;
use crate::scenario::checked::LoadSpan;
use crate::scenario::wire::Wire;

use super::{Checked, Checker};

/// Most people that a simulated user stands for.
const MAX_COPIES: u64 = 1_000_000;
/// Longest time that a stream is played.
const MAX_DAYS: f64 = 30.0;

impl Checker<'_> {
    /// The span of the stream, if there is one.
    pub fn load(&self, wire: &Wire) -> Checked<Option<LoadSpan>> {
        let Some(load) = &wire.load else {
            return Ok(None);
        };
        let from = self.second(&wire.calendar, "load.from", load.from)?;
        let until = self.second(&wire.calendar, "load.until", load.until)?;
        if until <= from {
            let remedy = "write a moment after `from`";
            return self.refuse("load.until", load.until, "is not after `from`", remedy);
        }
        let length = f64::from(until - from);
        let repeat = load.repeat.seconds();
        if repeat < length || repeat.fract() != 0.0 {
            let remedy = format!("write whole seconds, at least {length}s");
            let problem = "is shorter than the stream, or not in seconds";
            return self.refuse("load.repeat", load.repeat, problem, remedy);
        }
        if load.delay.seconds() > length {
            let remedy = "write at most the time from `from` to `until`";
            return self.refuse(
                "load.delay",
                load.delay,
                "is longer than the stream",
                remedy,
            );
        }
        self.within("load.copies", u64::from(load.copies), 1, MAX_COPIES)?;
        for (key, time) in [
            ("load.warm_up", load.warm_up),
            ("load.duration", load.duration),
            ("load.p99", load.p99),
        ] {
            if time.days() > MAX_DAYS {
                let remedy = format!("write at most {MAX_DAYS}d");
                return self.refuse(key, time, "is too long", remedy);
            }
        }
        if load.duration.seconds() <= 0.0 {
            let remedy = "write a time, such as \"10s\"";
            return self.refuse("load.duration", load.duration, "measures nothing", remedy);
        }
        if load.models.is_empty() {
            let remedy = "name a rule, such as \"last\"";
            return self.refuse("load.models", "[]", "is empty", remedy);
        }
        Ok(Some(LoadSpan {
            from,
            until,
            repeat: repeat as Second,
        }))
    }
}
