//! How fast a stream is played.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

use super::{Raw, UnitError, decimal, refuse, shown};

const REMEDY: &str =
    "write \"500k\" (events a second), \"583k orders\", \"60x\", \"true\", \"max\" or \"search\"";
/// Beyond it a rate is a slip of the pen.
const FASTEST: f64 = 1e12;

/// How fast a stream is played: `"500k"` events a second, `"583k orders"` a second, `"60x"` as fast as it
/// happened, `"true"` for its own speed, `"max"` for as fast as can be, `"search"` for the fastest that
/// is held.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Raw")]
pub enum Rate {
    /// Events a second.
    Events(f64),
    /// Orders a second, with the events that come with them.
    Orders(f64),
    /// So many times as fast as it happened.
    Times(f64),
    /// As fast as the system takes it.
    Max,
    /// The largest rate that is held is looked for.
    Search,
}

impl FromStr for Rate {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let plain = text.trim().to_ascii_lowercase().replace(['_', ','], "");
        let read = |digits: &str, times: f64| {
            let value = decimal(digits.trim()).and_then(|d| d.parse::<f64>().ok());
            let value = value.map(|v| v * times);
            match value.filter(|v| *v > 0.0 && *v <= FASTEST) {
                Some(value) => Ok(value),
                None => refuse(format!("`{}` is not a rate", shown(text.trim())), REMEDY),
            }
        };
        let scaled = |digits: &str| match digits.trim().strip_suffix(['k', 'm', 'g', 'b']) {
            Some(rest) if digits.trim().ends_with('k') => read(rest, 1e3),
            Some(rest) if digits.trim().ends_with('m') => read(rest, 1e6),
            Some(rest) => read(rest, 1e9),
            None => read(digits, 1.0),
        };
        match plain.as_str() {
            "max" => return Ok(Self::Max),
            "search" => return Ok(Self::Search),
            "true" => return Ok(Self::Times(1.0)),
            _ => {}
        }
        if let Some(times) = plain.strip_suffix('x') {
            return read(times, 1.0).map(Self::Times);
        }
        if let Some(orders) = plain.strip_suffix("orders") {
            return scaled(orders).map(Self::Orders);
        }
        scaled(&plain).map(Self::Events)
    }
}

impl TryFrom<Raw> for Rate {
    type Error = UnitError;

    fn try_from(raw: Raw) -> Result<Self, UnitError> {
        raw.to_string().parse()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events(rate) => write!(f, "{rate}"),
            Self::Orders(rate) => write!(f, "{rate} orders"),
            Self::Times(1.0) => f.write_str("true"),
            Self::Times(times) => write!(f, "{times}x"),
            Self::Max => f.write_str("max"),
            Self::Search => f.write_str("search"),
        }
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Rate {
    fn schema_name() -> Cow<'static, str> {
        "Rate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number"],
            "description": "How fast a stream is played: events a second (500k), orders a second (583k orders), times its own speed (60x), true, max or search.",
            "examples": ["500k", "583k orders", "60x", "true", "max", "search"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{read, refused, write};
    use super::*;

    /// Catches a rate that is read as another, and one that does not read back as itself.
    #[test]
    fn rates_read_every_spelling_and_write_back() {
        for (text, rate, canonical) in [
            ("500k", Rate::Events(500_000.0), "500000"),
            ("6.4M", Rate::Events(6_400_000.0), "6400000"),
            ("1_000", Rate::Events(1_000.0), "1000"),
            ("0.5", Rate::Events(0.5), "0.5"),
            ("583k orders", Rate::Orders(583_000.0), "583000 orders"),
            ("60x", Rate::Times(60.0), "60x"),
            ("true", Rate::Times(1.0), "true"),
            ("max", Rate::Max, "max"),
            (" Search ", Rate::Search, "search"),
        ] {
            let found: Rate = read(&format!("\"{text}\"")).expect(text);
            assert_eq!(found, rate, "{text}");
            assert_eq!(write(found), format!("v = \"{canonical}\""));
            assert_eq!(canonical.parse(), Ok(found));
        }
        assert_eq!(read::<Rate>("250000"), Ok(Rate::Events(250_000.0)));
    }

    /// Catches nonsense that is read as a rate.
    #[test]
    fn doubtful_rates_are_refused_with_the_remedy() {
        let not = &["is not a rate: write \"500k\""];
        refused::<Rate>(&[
            ("\"0\"", not),
            ("\"-5\"", not),
            ("\"x\"", not),
            ("\"k\"", not),
            ("\"fast\"", not),
            ("\"1e99\"", not),
            ("\"10 reads\"", not),
            ("nan", not),
        ]);
    }
}
