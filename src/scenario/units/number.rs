//! Plain numbers that know their range.
//!
//! A probability of 24 or a rate of NaN would surface far from its cause, as a nonsense result or
//! a hang. The range is therefore part of the type, checked once where the value is read.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{Raw, UnitError, decimal, refuse, shown};

const LARGEST_POSITIVE: f64 = 1e12;
const SHARE_REMEDY: &str = "write a share from 0 to 1, such as 0.2413 or \"24.13%\"";
const POSITIVE_REMEDY: &str = "write a number above 0 and up to 1e12, without quotes";
const NON_NEGATIVE_REMEDY: &str = "write a number of 0 or more, without quotes";
const REAL_REMEDY: &str = "write a finite number, without quotes";

/// A finite number, or the problem with it.
fn number(raw: &Raw, remedy: &'static str) -> Result<f64, UnitError> {
    match raw {
        Raw::Whole(value) => Ok(*value as f64),
        Raw::Real(value) => finite(*value, remedy),
        Raw::Text(_) => refuse(format!("`{raw}` is a text, not a number"), remedy),
    }
}

fn finite(value: f64, remedy: &'static str) -> Result<f64, UnitError> {
    if !value.is_finite() {
        return refuse(format!("`{value}` is not a finite number"), remedy);
    }
    // Adding zero turns -0.0 into 0.0, so that equal values print alike.
    Ok(value + 0.0)
}

/// A probability or a share of a whole, from 0 to 1: `0.2413` or `"24.13%"`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Share(f64);

impl Share {
    /// The share `value`, a fraction of 1.
    ///
    /// # Errors
    /// Refuses a number outside 0 to 1, and NaN.
    pub fn new(value: f64) -> Result<Self, UnitError> {
        let value = finite(value, SHARE_REMEDY)?;
        if !(0.0..=1.0).contains(&value) {
            return refuse(format!("`{value}` is outside 0 to 1"), SHARE_REMEDY);
        }
        Ok(Share(value))
    }
    /// The share as a fraction of 1.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl FromStr for Share {
    type Err = UnitError;
    /// Reads `"24.13%"`, and also `"0.2413"` as a command line has no numbers.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let digits = text.trim();
        let (digits, exponent) = match digits.strip_suffix('%') {
            Some(percent) => (percent.trim_end(), "e-2"),
            None => (digits, ""),
        };
        let (sign, digits) = match digits.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", digits),
        };
        // Shifting the exponent in the text, not dividing, gives 24.13% the very bits of 0.2413.
        let value = decimal(digits).and_then(|d| format!("{sign}{d}{exponent}").parse().ok());
        match value {
            Some(value) if (0.0..=1.0).contains(&value) => Share::new(value),
            Some(_) => refuse(format!("`{}` is outside 0 to 1", shown(text)), SHARE_REMEDY),
            None => refuse(format!("`{}` is not a share", shown(text)), SHARE_REMEDY),
        }
    }
}

impl TryFrom<Raw> for Share {
    type Error = UnitError;
    fn try_from(raw: Raw) -> Result<Self, UnitError> {
        match &raw {
            // Quotes without a percent sign leave open whether 24 or 0.24 was meant.
            Raw::Text(text) if !text.trim_end().ends_with('%') => refuse(
                format!("`{raw}` is a text without a percent sign"),
                SHARE_REMEDY,
            ),
            Raw::Text(text) => text.parse(),
            _ => Share::new(number(&raw, SHARE_REMEDY)?),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A probability or a share of a whole: 0.2413 or \"24.13%\".",
            "anyOf": [
                { "type": "number", "minimum": 0, "maximum": 1 },
                { "type": "string", "pattern": r"^\s*[0-9]*\.?[0-9]*\s*%\s*$" },
            ],
        })
    }
}

/// A number above zero and at most 1e12.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Positive(f64);

impl Positive {
    /// The number `value`, in the unit its key states.
    ///
    /// # Errors
    /// Refuses zero, negative and non-finite numbers, and numbers above 1e12.
    pub fn new(value: f64) -> Result<Self, UnitError> {
        let value = finite(value, POSITIVE_REMEDY)?;
        if value <= 0.0 {
            return refuse(format!("`{value}` is not above 0"), POSITIVE_REMEDY);
        }
        if value > LARGEST_POSITIVE {
            return refuse(format!("`{value}` is above 1e12"), POSITIVE_REMEDY);
        }
        Ok(Positive(value))
    }
    /// The number itself.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<Raw> for Positive {
    type Error = UnitError;
    fn try_from(raw: Raw) -> Result<Self, UnitError> {
        Positive::new(number(&raw, POSITIVE_REMEDY)?)
    }
}

impl JsonSchema for Positive {
    fn schema_name() -> Cow<'static, str> {
        "Positive".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number",
            "description": "A number above 0 and up to 1e12.",
            "exclusiveMinimum": 0,
            "maximum": LARGEST_POSITIVE,
        })
    }
}

/// A finite number of zero or more.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct NonNegative(f64);

impl NonNegative {
    /// The number `value`, in the unit its key states.
    ///
    /// # Errors
    /// Refuses negative and non-finite numbers.
    pub fn new(value: f64) -> Result<Self, UnitError> {
        let value = finite(value, NON_NEGATIVE_REMEDY)?;
        if value < 0.0 {
            return refuse(format!("`{value}` is negative"), NON_NEGATIVE_REMEDY);
        }
        Ok(NonNegative(value))
    }
    /// The number itself.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<Raw> for NonNegative {
    type Error = UnitError;
    fn try_from(raw: Raw) -> Result<Self, UnitError> {
        NonNegative::new(number(&raw, NON_NEGATIVE_REMEDY)?)
    }
}

impl JsonSchema for NonNegative {
    fn schema_name() -> Cow<'static, str> {
        "NonNegative".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number",
            "description": "A number of 0 or more.",
            "minimum": 0,
        })
    }
}

/// Any finite number.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Real(f64);

impl Real {
    /// The number `value`, in the unit its key states.
    ///
    /// # Errors
    /// Refuses NaN and the infinities.
    pub fn new(value: f64) -> Result<Self, UnitError> {
        finite(value, REAL_REMEDY).map(Real)
    }
    /// The number itself.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<Raw> for Real {
    type Error = UnitError;
    fn try_from(raw: Raw) -> Result<Self, UnitError> {
        Real::new(number(&raw, REAL_REMEDY)?)
    }
}

impl JsonSchema for Real {
    fn schema_name() -> Cow<'static, str> {
        "Real".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "description": "A finite number." })
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{read, refused, write};
    use super::*;

    /// Catches an integer refused where a float is meant, and a percentage off by rounding.
    #[test]
    fn numbers_read_from_integers_floats_and_percentages() {
        for (literal, value) in [
            ("0", 0.0),
            ("1", 1.0),
            ("-0.0", 0.0),
            ("0.2413", 0.2413),
            ("\"24.13%\"", 0.2413),
            ("\"0.7 %\"", 0.007),
            ("\"100%\"", 1.0),
            ("\"0%\"", 0.0),
        ] {
            let share: Share = read(literal).expect(literal);
            assert_eq!(share.get().to_bits(), f64::to_bits(value), "{literal}");
        }
        assert_eq!("0.2413".parse(), Share::new(0.2413));
        assert_eq!(read::<Positive>("1e12").map(Positive::get), Ok(1e12));
        assert_eq!(read::<Positive>("5e-324").map(Positive::get), Ok(5e-324));
        assert_eq!(read::<Positive>("7").map(Positive::get), Ok(7.0));
        assert_eq!(read::<NonNegative>("0").map(NonNegative::get), Ok(0.0));
        assert_eq!(read::<NonNegative>("1.5").map(NonNegative::get), Ok(1.5));
        assert_eq!(read::<Real>("-3").map(Real::get), Ok(-3.0));
        assert_eq!(read::<Real>("-1e300").map(Real::get), Ok(-1e300));
    }

    /// Catches a number outside its range, or NaN, getting past the reader.
    #[test]
    fn numbers_outside_the_range_are_refused_with_the_remedy() {
        refused::<Share>(&[
            (
                "24.13",
                &["`24.13` is outside 0 to 1", "0.2413 or \"24.13%\""],
            ),
            ("-0.1", &["`-0.1` is outside"]),
            ("1.0000000000000002", &["is outside"]),
            ("nan", &["`NaN` is not a finite number"]),
            ("inf", &["`inf` is not a finite number"]),
            ("\"100.01%\"", &["`100.01%` is outside"]),
            ("\"-1%\"", &["`-1%` is outside"]),
            ("\"0.5\"", &["`0.5` is a text without a percent sign"]),
            ("\"%\"", &["`%` is not a share"]),
            ("\"nan%\"", &["`nan%` is not a share"]),
        ]);
        refused::<Positive>(&[
            ("0", &["`0` is not above 0", "up to 1e12"]),
            ("-2", &["`-2` is not above 0"]),
            ("1.0000001e12", &["is above 1e12"]),
            ("nan", &["`NaN`"]),
            ("\"5\"", &["`5` is a text", "without quotes"]),
        ]);
        refused::<NonNegative>(&[
            ("-1", &["`-1` is negative", "0 or more"]),
            ("inf", &["`inf` is not a finite number"]),
            ("\"x\"", &["`x` is a text"]),
        ]);
        refused::<Real>(&[
            ("-inf", &["`-inf` is not a finite number"]),
            ("nan", &["`NaN`"]),
            ("\"7d\"", &["`7d` is a text"]),
        ]);
    }

    /// Catches a value that is written in another form than it reads.
    #[test]
    fn numbers_write_as_numbers() {
        assert_eq!(write(Share::new(0.25).ok()), "v = 0.25");
        assert_eq!(write(Positive::new(2.0).ok()), "v = 2.0");
        assert_eq!(write(NonNegative::new(-0.0).ok()), "v = 0.0");
        assert_eq!(write(Real::new(-1.5).ok()), "v = -1.5");
    }
}
