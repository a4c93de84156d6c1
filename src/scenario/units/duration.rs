//! Durations.
//!
//! `m` is refused because it could be minutes or months, and months because they have no length.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

use super::{Raw, UnitError, decimal, refuse, shown};

const DAY: f64 = 86_400.0;
/// About a thousand years: beyond it a duration is a slip of the pen.
const LONGEST: f64 = 365_250.0 * DAY;
const REMEDY: &str = "write \"7d\", \"7h\", \"7min\" or \"7s\"";

/// A duration of zero or more, stored in seconds: `"7d"`, `"15min"`, `"1.5h"`, `"2w"`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Span(f64);

impl Span {
    /// A duration of `seconds`.
    ///
    /// # Errors
    /// Refuses a negative or non-finite number, and one above a thousand years.
    pub fn from_seconds(seconds: f64) -> Result<Self, UnitError> {
        if !seconds.is_finite() || seconds < 0.0 {
            return refuse(
                format!("`{seconds}` seconds is not a duration of zero or more"),
                REMEDY,
            );
        }
        if seconds > LONGEST {
            return refuse(
                format!("`{seconds}` seconds is more than 1000 years"),
                REMEDY,
            );
        }
        Ok(Span(seconds + 0.0))
    }
    /// Length in seconds.
    pub fn seconds(self) -> f64 {
        self.0
    }
    /// Length in days of 86,400 seconds.
    pub fn days(self) -> f64 {
        self.0 / DAY
    }
    /// Length in hours.
    pub fn hours(self) -> f64 {
        self.0 / 3600.0
    }
}

impl FromStr for Span {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let trimmed = text.trim();
        let show = shown(trimmed);
        if trimmed.starts_with('-') {
            return refuse(format!("`{show}` is negative"), REMEDY);
        }
        let end = trimmed
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(trimmed.len());
        let (digits, unit) = trimmed.split_at(end);
        let Some(value) = decimal(digits).and_then(|d| d.parse::<f64>().ok()) else {
            return refuse(format!("`{show}` is not a duration"), REMEDY);
        };
        let scale = match unit.trim_start() {
            "" => return refuse(format!("`{show}` has no unit"), REMEDY),
            "w" => 7.0 * DAY,
            "d" => DAY,
            "h" => 3600.0,
            "min" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "m" => return refuse(format!("`{show}` could be minutes or months"), REMEDY),
            other => {
                return refuse(format!("`{}` is not a unit of time", shown(other)), REMEDY);
            }
        };
        Span::from_seconds(value * scale)
    }
}

impl TryFrom<Raw> for Span {
    type Error = UnitError;
    fn try_from(raw: Raw) -> Result<Self, UnitError> {
        match &raw {
            Raw::Text(text) => text.parse(),
            Raw::Whole(n) if *n < 0 => refuse(format!("`{raw}` is negative"), REMEDY),
            Raw::Real(x) if !x.is_finite() => refuse(format!("`{raw}` is not a duration"), REMEDY),
            Raw::Real(x) if *x < 0.0 => refuse(format!("`{raw}` is negative"), REMEDY),
            _ => refuse(format!("`{raw}` has no unit"), REMEDY),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The largest unit that leaves a whole number keeps the text short and exact.
        let units = [(DAY, "d"), (3600.0, "h"), (60.0, "min")];
        let whole = |size: &&(f64, &str)| self.0 > 0.0 && self.0 % size.0 == 0.0;
        let (size, name) = units.iter().find(whole).copied().unwrap_or((1.0, "s"));
        write!(f, "{}{name}", self.0 / size)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A duration with its unit: w, d, h, min, s or ms.",
            "pattern": r"^\s*[0-9]*\.?[0-9]*\s*(w|d|h|min|s|ms)\s*$",
            "examples": ["7d", "15min", "1.5h"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{read, refused, write};
    use super::*;

    /// Catches a unit with the wrong length, and a text that does not read back as itself.
    #[test]
    fn spans_read_every_unit_and_write_back() {
        for (text, seconds, canonical) in [
            ("7d", 604_800.0, "7d"),
            ("2w", 1_209_600.0, "14d"),
            ("15min", 900.0, "15min"),
            ("90s", 90.0, "90s"),
            ("1.5h", 5_400.0, "90min"),
            (" 36 h ", 129_600.0, "36h"),
            ("0.25s", 0.25, "0.25s"),
            ("250ms", 0.25, "0.25s"),
            ("0s", 0.0, "0s"),
            ("365250d", 365_250.0 * DAY, "365250d"),
        ] {
            let span: Span = read(&format!("\"{text}\"")).expect(text);
            assert_eq!(span.seconds(), seconds, "{text}");
            assert_eq!(write(span), format!("v = \"{canonical}\""));
            assert_eq!(canonical.parse(), Ok(span));
        }
        let day = Span::from_seconds(DAY).expect("a day");
        assert_eq!((day.days(), day.hours()), (1.0, 24.0));
        for bad in [-1.0, f64::NAN, f64::INFINITY, 1e12] {
            assert!(Span::from_seconds(bad).is_err(), "{bad}");
        }
    }

    /// Catches a duration whose unit is guessed, or a negative one.
    #[test]
    fn doubtful_spans_are_refused_with_the_remedy() {
        refused::<Span>(&[
            (
                "7",
                &["`7` has no unit: write \"7d\", \"7h\", \"7min\" or \"7s\""],
            ),
            ("7.5", &["`7.5` has no unit"]),
            ("\"7\"", &["`7` has no unit"]),
            ("-7", &["`-7` is negative"]),
            ("-7.5", &["`-7.5` is negative"]),
            ("\"-7d\"", &["`-7d` is negative"]),
            ("nan", &["`NaN` is not a duration"]),
            ("inf", &["`inf` is not a duration"]),
            ("\"5m\"", &["`5m` could be minutes or months"]),
            ("\"7天\"", &["`天` is not a unit of time"]),
            ("\"7D\"", &["`D` is not a unit"]),
            ("\"d\"", &["`d` is not a duration"]),
            ("\"\"", &["is not a duration"]),
            ("\"1.2.3d\"", &["is not a duration"]),
            ("\"1e3s\"", &["is not a unit"]),
            ("\"365251d\"", &["more than 1000 years"]),
            ("20:00:00", &["`:00:00` is not a unit"]),
        ]);
    }
}
