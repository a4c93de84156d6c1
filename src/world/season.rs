//! The season: hours of the day, busy days, and the openings that people wait for.

use crate::base::{Curve, DAY, GuideTable, QuantileTable, Second, Stretches, math};
use crate::scenario::{Opening, Scenario};

/// Times of day, demand by day and prices by date.
#[derive(Debug)]
pub struct Season {
    /// Second of the day by probability.
    hour: QuantileTable,
    /// Day of an own need.
    day: GuideTable,
    /// Own needs of the whole season, in ordinary days.
    demand: f32,
    /// The stretches between openings and ends of promotions, and what holds in each: the promotion
    /// that is on, and the opening to come.
    stretches: Stretches,
    openings: Vec<[Option<Opening>; 2]>,
    end: Second,
    wait: Curve,
    wait_strength: f32,
    rush: QuantileTable,
}

impl Season {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let calendar = scenario.calendar();
        let waiting = &scenario.wire().behaviour.waiting;
        let (from, until) = (waiting.rush_from.seconds(), waiting.rush_until.seconds());
        let patience = waiting.patience.seconds();
        let openings = &calendar.openings;
        let stretches = Stretches::new(openings.iter().flat_map(|o| [o.at, o.until]));
        let stretch = |at: &Second| {
            let on = openings.iter().find(|o| (o.at..o.until).contains(at));
            [on, openings.iter().find(|o| o.at > *at)].map(Option::<&Opening>::cloned)
        };
        Self {
            openings: stretches.starts().iter().map(stretch).collect(),
            stretches,
            hour: QuantileTable::new(12, |p| second_of_day(&calendar.hour_of_day, p)),
            day: GuideTable::new(&calendar.needs_by_day).unwrap_or_else(GuideTable::certain),
            demand: calendar.needs_by_day.iter().sum::<f64>() as f32,
            end: calendar.end(),
            wait: Curve::new(10.0 * patience, 1_000, |gap| math::exp(-gap / patience)),
            wait_strength: waiting.strength.get() as f32,
            rush: QuantileTable::new(12, |p| from * math::pow(until / from, p)),
        }
    }

    /// First second after the season.
    #[must_use]
    pub const fn end(&self) -> Second {
        self.end
    }

    /// A time of day, drawn by the hour's shape.
    #[inline(always)]
    pub(super) fn time_of_day(&self, bits: u32) -> Second {
        self.hour.pick(bits) as Second
    }

    /// Ordinary days of own needs that the season holds.
    #[inline(always)]
    pub(super) const fn demand(&self) -> f32 {
        self.demand
    }

    /// The moment by which so many ordinary days of own needs have passed.
    #[inline]
    pub(super) fn moment(&self, demand: f32) -> Second {
        let bits = (demand / self.demand * 4_294_967_296.0) as u32;
        let (day, within) = self.day.split(bits);
        day as Second * DAY + self.time_of_day(within)
    }

    /// The next opening after a moment.
    #[inline]
    pub(super) fn next_opening(&self, at: Second) -> Option<&Opening> {
        self.openings[self.stretches.at(at)][1].as_ref()
    }

    /// Probability that somebody of this deal seeking waits for an opening so many seconds ahead.
    #[inline]
    pub(super) fn waits(&self, deal_seeking: f32, gap: Second) -> f32 {
        self.wait_strength * deal_seeking * self.wait.at(gap as f32)
    }

    /// Delay of a visit after the opening it waited for.
    #[inline]
    pub(super) fn rush(&self, bits: u32) -> Second {
        self.rush.pick(bits) as Second
    }

    /// The promotion that is on at a moment.
    #[inline]
    pub(super) fn promotion(&self, at: Second) -> Option<&Opening> {
        self.openings[self.stretches.at(at)][0].as_ref()
    }
}

/// Inverts a day's shape of 24 hourly rates with mean 1.
fn second_of_day(rates: &[f64; 24], p: f64) -> f64 {
    let mut left = p * 24.0;
    for (hour, rate) in rates.iter().enumerate() {
        if left < *rate {
            return (hour as f64 + left / rate) * 3600.0;
        }
        left -= rate;
    }
    f64::from(DAY) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch an inversion that is off by an hour or runs into the next day.
    #[test]
    fn the_day_is_inverted() {
        let mut rates = [1.0; 24];
        rates[3] = 0.0;
        rates[20] = 2.0;
        assert!((second_of_day(&rates, 0.5 / 24.0) - 1800.0).abs() < 1e-6);
        assert!((second_of_day(&rates, 3.0 / 24.0) - 4.0 * 3600.0).abs() < 1e-6);
        assert!((second_of_day(&rates, 20.0 / 24.0) - 20.5 * 3600.0).abs() < 1e-6);
        assert!(second_of_day(&rates, 1.0) < f64::from(DAY));
    }
}
