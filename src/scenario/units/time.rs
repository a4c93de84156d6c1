//! Moments and times of day.
//!
//! The world runs on China Standard Time, which has had no summer time since 1991. A moment is
//! therefore a plain count of civil seconds: no zone table, and a day is always 86,400 seconds.
//! An offset in the file is refused, because honouring it would hide a conversion and ignoring
//! it would be wrong.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

use super::{Raw, UnitError, refuse, shown};

const DAY_SECONDS: i64 = 86_400;
const EPOCH: Date = jiff::civil::date(1970, 1, 1);
/// The years a moment may lie in; the end leaves room for the midnight after the last day.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2999;
const MOMENT_REMEDY: &str =
    "write China Standard Time without a zone, such as \"2025-05-13 20:00\"";
const CLOCK_REMEDY: &str = "write a time from \"00:00\" to \"24:00\", such as \"20:00\"";

/// Two digits, no more and no fewer, below `limit`.
fn two(text: &str, limit: u32) -> Option<u32> {
    let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    let value = digits.then(|| text.parse().ok()).flatten()?;
    (value < limit).then_some(value)
}

/// Seconds after midnight of `HH:MM` or `HH:MM:SS`, up to and including `24:00:00`.
fn second_of_day(text: &str) -> Option<u32> {
    let mut parts = text.split(':');
    let hour = two(parts.next()?, 25)?;
    let minute = two(parts.next()?, 60)?;
    let second = match parts.next() {
        // TOML writes whole seconds with a fraction of zeros when it was given one.
        Some(second) => two(second.strip_suffix(".0").unwrap_or(second), 60)?,
        None => 0,
    };
    let total = hour * 3600 + minute * 60 + second;
    (parts.next().is_none() && total <= 86_400).then_some(total)
}

/// Writes `HH:MM`, and the seconds only where they say something.
fn write_clock(f: &mut fmt::Formatter<'_>, seconds: u32) -> fmt::Result {
    write!(f, "{:02}:{:02}", seconds / 3600, seconds / 60 % 60)?;
    match seconds % 60 {
        0 => Ok(()),
        second => write!(f, ":{second:02}"),
    }
}

/// A date and time of China Standard Time: `"2025-05-13 20:00"`, `2025-05-13T20:00:30`.
///
/// A date alone is its midnight, and `24:00` is the midnight that ends the day. Stored as civil
/// seconds since 1970-01-01 00:00 on the same clock; to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Moment(i64);

impl Moment {
    /// The moment `seconds` civil seconds after 1970-01-01 00:00.
    ///
    /// # Errors
    /// Refuses a moment outside the years 1970 to 2999.
    pub fn from_seconds(seconds: i64) -> Result<Self, UnitError> {
        let last = jiff::civil::date(*YEARS.end() + 1, 1, 1).duration_since(EPOCH);
        if !(0..=last.as_secs()).contains(&seconds) {
            let problem = format!("second `{seconds}` is outside the years 1970 to 2999");
            return refuse(problem, MOMENT_REMEDY);
        }
        Ok(Moment(seconds))
    }
    /// Civil seconds since 1970-01-01 00:00.
    pub fn seconds(self) -> i64 {
        self.0
    }
    /// Whole days since 1970-01-01.
    pub fn day(self) -> i64 {
        self.0.div_euclid(DAY_SECONDS)
    }
    /// Seconds since the midnight that began the day, below 86,400.
    pub fn second_of_day(self) -> u32 {
        self.0.rem_euclid(DAY_SECONDS) as u32
    }
    /// The moment on the calendar, for its weekday, month and so on.
    pub fn civil(self) -> DateTime {
        // The range of the type lies well inside the calendar's, so nothing saturates.
        EPOCH
            .at(0, 0, 0, 0)
            .saturating_add(jiff::SignedDuration::from_secs(self.0))
    }
}

impl FromStr for Moment {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let trimmed = text.trim();
        let fail = |problem| refuse(format!("`{}` {problem}", shown(trimmed)), MOMENT_REMEDY);
        let (date, time) = match trimmed.split_once(['T', 't', ' ']) {
            Some((date, time)) => (date, Some(time.trim_start())),
            None => (trimmed, None),
        };
        let mut parts = date.split('-');
        let fields = (parts.next(), parts.next(), parts.next(), parts.next());
        let (Some(year), Some(month), Some(day), None) = fields else {
            return fail("is not a date and time");
        };
        let digits = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
        let year = digits.then(|| year.parse::<i16>().ok()).flatten();
        let (Some(year), Some(month), Some(day)) = (year, two(month, 13), two(day, 32)) else {
            return fail("is not a date and time");
        };
        if !YEARS.contains(&year) {
            return fail("is outside the years 1970 to 2999");
        }
        let Ok(date) = Date::new(year, month as i8, day as i8) else {
            return fail("is not a day of the calendar");
        };
        if time.is_some_and(|t| t.ends_with(['Z', 'z']) || t.contains(['+', '-'])) {
            return fail("has an offset from UTC");
        }
        let Some(second) = time.map_or(Some(0), second_of_day) else {
            return fail("has no time of day from 00:00 to 24:00, to the second");
        };
        Ok(Moment(
            date.duration_since(EPOCH).as_secs() + i64::from(second),
        ))
    }
}

impl TryFrom<Raw> for Moment {
    type Error = UnitError;
    fn try_from(raw: Raw) -> Result<Self, UnitError> {
        match &raw {
            Raw::Text(text) => text.parse(),
            _ => refuse(
                format!("`{raw}` is a number, not a date and time"),
                MOMENT_REMEDY,
            ),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.civil().date())?;
        write_clock(f, self.second_of_day())
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A date and time of China Standard Time, without a zone.",
            "pattern": r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ]\s*[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?\s*$",
            "examples": ["2025-05-13 20:00", "2025-06-18 24:00", "2025-05-13"],
        })
    }
}

/// A time of day, from `"00:00"` to `"24:00"`: `"20:00"`, `"09:30:15"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Clock(u32);

impl Clock {
    /// The time `seconds` seconds after midnight.
    ///
    /// # Errors
    /// Refuses more than 86,400 seconds.
    pub fn from_seconds(seconds: u32) -> Result<Self, UnitError> {
        if seconds > 86_400 {
            return refuse(format!("second `{seconds}` is after 24:00"), CLOCK_REMEDY);
        }
        Ok(Clock(seconds))
    }
    /// Seconds since midnight, from 0 to 86,400.
    pub fn seconds(self) -> u32 {
        self.0
    }
}

impl FromStr for Clock {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        match second_of_day(text.trim()) {
            Some(seconds) => Ok(Clock(seconds)),
            None => refuse(
                format!("`{}` is not a time of day", shown(text)),
                CLOCK_REMEDY,
            ),
        }
    }
}

impl TryFrom<Raw> for Clock {
    type Error = UnitError;
    fn try_from(raw: Raw) -> Result<Self, UnitError> {
        match &raw {
            Raw::Text(text) => text.parse(),
            _ => refuse(
                format!("`{raw}` is a number, not a time of day"),
                CLOCK_REMEDY,
            ),
        }
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_clock(f, self.0)
    }
}

impl Serialize for Clock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Clock {
    fn schema_name() -> Cow<'static, str> {
        "Clock".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A time of day, from 00:00 to 24:00.",
            "pattern": r"^\s*[0-9]{2}:[0-9]{2}(:[0-9]{2})?\s*$",
            "examples": ["20:00", "09:30:15"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{read, refused, write};
    use super::*;

    /// Catches a date off by a day, a lost second, or a native TOML date read differently.
    #[test]
    fn moments_read_texts_and_native_dates() {
        for (literal, seconds, canonical) in [
            ("\"1970-01-01 00:00\"", 0, "1970-01-01 00:00"),
            ("\"2025-05-13 20:00\"", 1_747_166_400, "2025-05-13 20:00"),
            (
                "\"2025-05-13T20:00:30\"",
                1_747_166_430,
                "2025-05-13 20:00:30",
            ),
            ("2025-05-13T20:00:30", 1_747_166_430, "2025-05-13 20:00:30"),
            ("2025-05-13 20:00:00.0", 1_747_166_400, "2025-05-13 20:00"),
            ("2025-05-13", 1_747_094_400, "2025-05-13 00:00"),
            ("\"2025-05-13\"", 1_747_094_400, "2025-05-13 00:00"),
            ("\"2025-06-18 24:00\"", 1_750_291_200, "2025-06-19 00:00"),
            (
                "\"2024-02-29 23:59:59\"",
                1_709_251_199,
                "2024-02-29 23:59:59",
            ),
            ("\"2999-12-31 24:00\"", 32_503_680_000, "3000-01-01 00:00"),
        ] {
            let moment: Moment = read(literal).expect(literal);
            assert_eq!(moment.seconds(), seconds, "{literal}");
            assert_eq!(write(moment), format!("v = \"{canonical}\""));
            assert_eq!(Moment::from_seconds(seconds), Ok(moment));
        }
        let opening: Moment = read("\"2025-05-13 20:00\"").expect("a moment");
        assert_eq!((opening.day(), opening.second_of_day()), (20_221, 72_000));
        assert_eq!(opening.civil().weekday(), jiff::civil::Weekday::Tuesday);
        assert!(Moment::from_seconds(-1).is_err());
        assert!(Moment::from_seconds(i64::MAX).is_err());
    }

    /// Catches an offset silently dropped, and dates that no calendar has.
    #[test]
    fn doubtful_moments_are_refused_with_the_remedy() {
        refused::<Moment>(&[
            (
                "2025-05-13T20:00:00Z",
                &["has an offset", "\"2025-05-13 20:00\""],
            ),
            ("2025-05-13T20:00:00+08:00", &["has an offset"]),
            ("\"2025-05-13 20:00-07:00\"", &["has an offset"]),
            (
                "\"2025-02-29\"",
                &["`2025-02-29` is not a day of the calendar"],
            ),
            ("\"2025-13-01\"", &["is not a date and time"]),
            ("\"2025-05-13 24:01\"", &["has no time of day"]),
            ("\"2025-05-13 20\"", &["has no time of day"]),
            ("2025-05-13T20:00:00.5", &["to the second"]),
            ("20:00:00", &["is not a date and time"]),
            ("\"1969-12-31\"", &["outside the years 1970 to 2999"]),
            ("\"3000-01-01\"", &["outside the years 1970 to 2999"]),
            ("\"13/05/2025\"", &["is not a date and time"]),
            ("\"二〇二五-五-一\"", &["is not a date and time"]),
            ("1747166400", &["`1747166400` is a number"]),
        ]);
    }

    /// Catches a time of day past the end of the day, and a lost midnight.
    #[test]
    fn clocks_read_from_midnight_to_midnight() {
        for (literal, seconds, canonical) in [
            ("\"00:00\"", 0, "00:00"),
            ("\"20:00\"", 72_000, "20:00"),
            ("\"09:30:15\"", 34_215, "09:30:15"),
            ("09:30:15", 34_215, "09:30:15"),
            ("\"24:00\"", 86_400, "24:00"),
        ] {
            let clock: Clock = read(literal).expect(literal);
            assert_eq!(clock.seconds(), seconds, "{literal}");
            assert_eq!(write(clock), format!("v = \"{canonical}\""));
            assert_eq!(Clock::from_seconds(seconds), Ok(clock));
        }
        assert!(Clock::from_seconds(86_401).is_err());
        refused::<Clock>(&[
            (
                "\"24:00:01\"",
                &["`24:00:01` is not a time of day", "\"20:00\""],
            ),
            ("\"25:00\"", &["`25:00`"]),
            ("\"9:30\"", &["`9:30`"]),
            ("\"20:60\"", &["`20:60`"]),
            ("\"20:00:00:00\"", &["is not a time of day"]),
            ("2025-05-13", &["is not a time of day"]),
            ("20", &["`20` is a number, not a time of day"]),
        ]);
    }
}
