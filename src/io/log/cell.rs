//! One cell of a log, and what it can be read as.
//!
//! A text file knows only text, a Parquet file has types: a [`Cell`] is either, and the readings
//! below take both. A reading that fails says what is wrong and what would do.

use std::borrow::Cow;

/// Units of value in one of the log's currency: a millionth, so that sums are exact integers and
/// cents, and what spreadsheets make of cents, come back as they were.
pub const VALUE_UNITS: f64 = 1e6;
/// The largest value of one row: sums of a hundred million such rows still fit.
const MAX_VALUE: f64 = 1e12;
/// The largest count of one row.
const MAX_COUNT: f64 = 1e12;

/// A cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Cell<'a> {
    /// Nothing there.
    #[default]
    Missing,
    Text(Cow<'a, str>),
    /// Bytes that are not UTF-8.
    Broken(&'a [u8]),
    Whole(i64),
    Float(f64),
    Flag(bool),
    /// A time with a unit of its own, in microseconds since 1970.
    Micros(i64),
    List(Vec<Cell<'a>>),
}

/// What is wrong with a cell, and what would do.
pub(super) type Wrong = (&'static str, &'static str);

const NOT_UTF8: Wrong = ("is not UTF-8", "save the file as UTF-8");
const MISSING: Wrong = ("nothing is there", "fill it in");
const NUMBER: Wrong = (
    "is not a number",
    "write a plain number such as 19.90, without signs of currency or thousands",
);
const COUNT: Wrong = ("is not a count", "write a whole number from 0 to 10^12");
const FLAG: Wrong = ("is neither yes nor no", "write true or false, or 1 or 0");
const TEXT: Wrong = ("is a list", "write a single value");
const TIME: Wrong = (
    "is not a time",
    "write Unix seconds or milliseconds, 2025-06-18T08:30:00Z, or 2025-06-18 08:30:00",
);

impl<'a> Cell<'a> {
    pub fn bytes(bytes: &'a [u8]) -> Self {
        let bytes = bytes.trim_ascii();
        match std::str::from_utf8(bytes) {
            Ok("") => Self::Missing,
            Ok(text) => Self::Text(Cow::Borrowed(text)),
            Err(_) => Self::Broken(bytes),
        }
    }

    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// The cell as people see it, shortened.
    pub fn shown(&self) -> String {
        let text = match self {
            Self::Missing => String::new(),
            Self::Text(text) => text.clone().into_owned(),
            Self::Broken(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Whole(n) | Self::Micros(n) => n.to_string(),
            Self::Float(x) => x.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::List(cells) => {
                let cells: Vec<String> = cells.iter().take(20).map(Self::shown).collect();
                cells.join(" > ")
            }
        };
        match text.char_indices().nth(80) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }

    /// As a name; numbers are names too.
    pub fn text(&self) -> Result<Cow<'_, str>, Wrong> {
        match self {
            Self::Missing => Err(MISSING),
            Self::Broken(_) => Err(NOT_UTF8),
            Self::Text(text) => Ok(Cow::Borrowed(text)),
            Self::List(_) => Err(TEXT),
            other => Ok(Cow::Owned(other.shown())),
        }
    }

    pub fn number(&self) -> Result<f64, Wrong> {
        let number = match self {
            Self::Missing => return Err(MISSING),
            Self::Broken(_) => return Err(NOT_UTF8),
            Self::Text(text) => text.parse().map_err(|_| NUMBER)?,
            Self::Whole(n) => *n as f64,
            Self::Float(x) => *x,
            Self::Flag(flag) => f64::from(u8::from(*flag)),
            Self::Micros(_) | Self::List(_) => return Err(NUMBER),
        };
        Some(number).filter(|x| x.is_finite()).ok_or(NUMBER)
    }

    /// As value in [`VALUE_UNITS`], and whether it was rounded to them.
    pub fn value(&self) -> Result<(i64, bool), Wrong> {
        let value = self.number()?;
        if value < 0.0 {
            return Err(("is negative", "a conversion's value is 0 or more"));
        }
        if value > MAX_VALUE {
            return Err(("does not fit", "give it in a larger unit: at most 10^12"));
        }
        let units = value * VALUE_UNITS;
        let whole = units.round();
        // What a sum of cents is off by in floats is no rounding.
        Ok((whole as i64, (units - whole).abs() > 1e-3 + units * 1e-14))
    }

    pub fn count(&self) -> Result<u64, Wrong> {
        let number = self.number()?;
        let fits = number.fract() == 0.0 && (0.0..=MAX_COUNT).contains(&number);
        fits.then_some(number as u64).ok_or(COUNT)
    }

    pub fn flag(&self) -> Result<bool, Wrong> {
        if let Self::Text(text) = self {
            for (word, flag) in [
                ("true", true),
                ("false", false),
                ("yes", true),
                ("no", false),
            ] {
                if text.eq_ignore_ascii_case(word) {
                    return Ok(flag);
                }
            }
        }
        match self.number() {
            Ok(1.0) => Ok(true),
            Ok(0.0) => Ok(false),
            Err(MISSING) => Err(MISSING),
            Err(NOT_UTF8) => Err(NOT_UTF8),
            _ => Err(FLAG),
        }
    }

    /// As microseconds since 1970. A time of day without a zone is `zone` seconds east of UTC.
    pub fn time(&self, zone: i64) -> Result<i64, Wrong> {
        match self {
            Self::Missing => Err(MISSING),
            Self::Broken(_) => Err(NOT_UTF8),
            Self::Micros(micros) => Ok(*micros),
            Self::Text(text) => match calendar(text.as_bytes(), zone) {
                Some(micros) => Ok(micros),
                None => text.parse().ok().and_then(unix).ok_or(TIME),
            },
            _ => self.number().ok().and_then(unix).ok_or(TIME),
        }
    }
}

/// Seconds up to the year 5138, milliseconds from 1973 on: no log holds both sides of that.
pub(super) fn unix(number: f64) -> Option<i64> {
    let micros = if number.abs() < 1e11 {
        number * 1e6
    } else {
        number * 1e3
    };
    (micros.abs() < 4e17).then_some(micros.round() as i64)
}

/// `YYYY-MM-DD[( |T)HH:MM[:SS[.fraction]]][Z|±HH[:]MM]`.
fn calendar(text: &[u8], zone: i64) -> Option<i64> {
    let two = |at: usize| -> Option<i64> {
        let (a, b) = (*text.get(at)?, *text.get(at + 1)?);
        (a.is_ascii_digit() && b.is_ascii_digit())
            .then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
    };
    let (year, month, day) = (two(0)? * 100 + two(2)?, two(5)?, two(8)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if text[4] != b'-' || text[7] != b'-' || !(1..=days).contains(&day) {
        return None;
    }
    let (mut seconds, mut micros, mut at) = (0, 0, 10);
    if matches!(text.get(10), Some(b' ' | b'T' | b't')) {
        let (hour, minute) = (two(11)?, two(14)?);
        at = 16;
        let mut second = 0;
        if text.get(16) == Some(&b':') {
            second = two(17)?;
            at = 19;
            if text.get(19) == Some(&b'.') {
                let digits = text[20..].iter().take_while(|b| b.is_ascii_digit());
                let mut unit = 100_000;
                for digit in digits {
                    micros += i64::from(digit - b'0') * unit;
                    unit /= 10;
                    at += 1;
                }
                at += 1;
            }
        }
        if text[13] != b':' || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        seconds = hour * 3_600 + minute * 60 + second;
    }
    let east = match &text[at..] {
        [] => zone,
        [b'Z' | b'z'] => 0,
        rest => offset(std::str::from_utf8(rest).ok()?)?,
    };
    let since = days_from_1970(year, month, day) * 86_400 + seconds - east;
    Some(since * 1_000_000 + micros)
}

/// `+08:00`, `-0530`, `+08`, `Z` as seconds east of UTC.
#[must_use]
pub fn offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z" | "UTC") {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes() {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let digits: Vec<i64> = match rest {
        [a, b] => vec![*a, *b, b'0', b'0'],
        [a, b, c, d] | [a, b, b':', c, d] => vec![*a, *b, *c, *d],
        _ => return None,
    }
    .into_iter()
    .filter(u8::is_ascii_digit)
    .map(|b| i64::from(b - b'0'))
    .collect();
    let [a, b, c, d] = digits[..] else {
        return None;
    };
    let (hours, minutes) = (a * 10 + b, c * 10 + d);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// Days of the Gregorian calendar (Hinnant, *chrono-compatible low-level date algorithms*).
fn days_from_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str, zone: i64) -> Option<i64> {
        Cell::bytes(text.as_bytes()).time(zone).ok()
    }

    /// Would catch a wrong calendar: compared with a library that shares no code.
    #[test]
    fn times_are_those_of_the_calendar() {
        for text in [
            "2024-02-29T23:59:59.25Z",
            "1969-12-31T00:00:01Z",
            "2000-03-01T08:00:00+05:30",
            "2100-12-31T12:30:00-08:00",
        ] {
            let known: jiff::Timestamp = text.parse().unwrap();
            assert_eq!(time(text, 99), Some(known.as_microsecond()), "{text}");
        }
        let eight = 8 * 3_600;
        assert_eq!(time("1970-01-01 08:00:00", eight), Some(0));
        assert_eq!(time("1970-01-02", 0), Some(86_400_000_000));
        assert_eq!(time("1718700000", 0), time("1718700000000", 0));
        assert_eq!(offset("-0530"), Some(-19_800));
    }

    /// Would catch nonsense that is read as a time or a value, and a panic on text cut short.
    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "2024-02-30",
            "2023-02-29",
            "2024-13-01",
            "2024-01-01T25:00:00Z",
            "yesterday",
            "inf",
            "2024-01-01T",
            "2024-01-01 10",
            "2024-01-01 10:00:0",
            "2024-01-01Tx",
            "NaN",
            "1e300",
            "2024-01-01 10:00:00+8",
            "2024-01-0é",
            "2024-01-01 10:00:00+é",
        ] {
            assert_eq!(time(bad, 0), None, "{bad}");
        }
        let value = |text: &str| Cell::bytes(text.as_bytes()).value();
        assert_eq!(value("33.49"), Ok((33_490_000, false)));
        assert_eq!(value("151.64000000000001"), Ok((151_640_000, false)));
        assert!(value("0.1234567").unwrap().1);
        for bad in ["-1", "1e13", "¥3", "1,000", ""] {
            assert!(value(bad).is_err(), "{bad}");
        }
    }
}
