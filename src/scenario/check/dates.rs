//! Dates to seconds: the calendar, its busy days and its openings.

use crate::base::{DAY, Second};
use crate::scenario::checked::{Calendar, Opening};
use crate::scenario::units::Moment;
use crate::scenario::wire::CalendarWire;

use super::{Checked, Checker};

impl Checker<'_> {
    /// Dates to seconds.
    pub fn calendar(&self, wire: &CalendarWire) -> Checked<Calendar> {
        self.within("calendar.days", u64::from(wire.days), 1, 400)?;
        if wire.start.second_of_day() != 0 {
            let remedy = "write a date without a time";
            return self.refuse("calendar.start", wire.start, "is not a midnight", remedy);
        }
        let hours: Option<[f64; 24]> = wire.hour_of_day.clone().try_into().ok();
        let mean = wire.hour_of_day.iter().sum::<f64>() / 24.0;
        let rates = |h: &[f64; 24]| h.iter().all(|r| r.is_finite() && *r >= 0.0) && mean > 0.0;
        let Some(hours) = hours.filter(rates) else {
            let value = format!("{:?}", wire.hour_of_day);
            let problem = "is not a day's shape";
            let remedy = "write 24 numbers, none below 0, not all 0";
            return self.refuse("calendar.hour_of_day", value, problem, remedy);
        };
        let mut needs_by_day = vec![1.0; wire.days as usize];
        for day in &wire.busy_days {
            let key = format!("calendar.busy_days[{}].date", day.name);
            let second = self.second(wire, &key, day.date)?;
            match needs_by_day.get_mut((second / DAY) as usize) {
                Some(level) => *level = day.needs.get(),
                None => return self.outside(wire, &key, day.date),
            }
        }
        let mut openings: Vec<Opening> = Vec::new();
        for opening in &wire.openings {
            let key = |k: &str| format!("calendar.openings[{}].{k}", opening.name);
            let at = self.second(wire, &key("at"), opening.at)?;
            let until = self.second(wire, &key("until"), opening.until)?;
            if until <= at {
                let remedy = "write a moment after `at`";
                return self.refuse(key("until"), opening.until, "is not after `at`", remedy);
            }
            if openings.last().is_some_and(|before| before.until > at) {
                let problem = "comes before the promotion listed above it has ended";
                let remedy = "list openings in the order of time, without overlap";
                return self.refuse(key("at"), opening.at, problem, remedy);
            }
            openings.push(Opening {
                name: opening.name.clone(),
                at,
                until,
                discount: opening.discount.get(),
                in_app_discount: opening.in_app_discount.get(),
            });
        }
        Ok(Calendar {
            start: wire.start,
            days: wire.days,
            hour_of_day: hours.map(|rate| rate / mean),
            needs_by_day,
            openings,
        })
    }

    pub(super) fn second(&self, wire: &CalendarWire, key: &str, at: Moment) -> Checked<Second> {
        let since = at.seconds() - wire.start.seconds();
        match Second::try_from(since) {
            Ok(second) if second <= wire.days * DAY => Ok(second),
            _ => self.outside(wire, key, at),
        }
    }

    fn outside<T>(&self, wire: &CalendarWire, key: &str, at: Moment) -> Checked<T> {
        let problem = "is outside the calendar";
        let remedy = format!(
            "take it out, or lengthen calendar.days: it is {} from {}",
            wire.days, wire.start
        );
        self.refuse(key, at, problem, remedy)
    }
}
