//! Values that carry their unit.
//!
//! A bare `7` in a scenario could be days, hours or yuan, and a wrong guess moves every result
//! without a sound. So each quantity is a type that reads one spelling, refuses a number whose
//! unit is missing, and says what to write instead.
//!
//! A scenario reaches these types as parsed TOML values. A TOML date-time arrives there as its
//! text, so one reader, `Raw`, serves all of them; each type then only states which raw values
//! it accepts. Messages have the shape `problem: write ...`: the loader splits them at that seam
//! into the problem and the remedy it reports.

mod duration;
mod money;
mod number;
mod rate;
mod time;

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Unexpected, Visitor};

pub use duration::Span;
pub use money::Yuan;
pub use number::{NonNegative, Positive, Real, Share};
pub use rate::Rate;
pub use time::{Clock, Moment};

/// Why a text or number is not a value of some unit, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}: {remedy}")]
pub struct UnitError {
    /// What is wrong with the value that was found.
    pub problem: String,
    /// What to write instead; starts with `write`.
    pub remedy: &'static str,
}

fn refuse<T>(problem: String, remedy: &'static str) -> Result<T, UnitError> {
    Err(UnitError { problem, remedy })
}

/// A scalar as the file has it, before a unit type judges it.
#[derive(Clone, Debug, PartialEq)]
enum Raw {
    Whole(i64),
    Real(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;
        impl Visitor<'_> for Scalar {
            type Value = Raw;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a text with a unit")
            }
            fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
                Ok(Raw::Whole(value))
            }
            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Raw, E> {
                i64::try_from(value)
                    .map(Raw::Whole)
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &"a smaller number"))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
                Ok(Raw::Real(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
                Ok(Raw::Text(value.to_owned()))
            }
        }
        deserializer.deserialize_any(Scalar)
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Raw::Whole(value) => write!(f, "{value}"),
            Raw::Real(value) => write!(f, "{value}"),
            Raw::Text(text) => f.write_str(&shown(text)),
        }
    }
}

/// Keeps a message short and free of line breaks whatever the file holds.
fn shown(text: &str) -> String {
    let mut chars = text.trim().chars();
    let mut out = String::new();
    for c in chars.by_ref().take(40) {
        match c.is_control() {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    if chars.next().is_some() {
        out.push('…');
    }
    out
}

/// The text itself if it is an unsigned decimal: no sign, no exponent, no separators.
fn decimal(text: &str) -> Option<&str> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let digit = text.bytes().any(|b| b.is_ascii_digit());
    (plain && digit && text.matches('.').count() <= 1).then_some(text)
}

/// What the tests of every unit share: reading one value as a scenario does.
#[cfg(test)]
mod trial {
    use serde::{Deserialize, Serialize, de::DeserializeOwned};

    #[derive(Debug, Deserialize, Serialize)]
    pub struct Holder<T> {
        pub v: T,
    }

    /// Reads `v = <literal>` through a TOML table; the error is the message alone.
    pub fn read<T: DeserializeOwned>(literal: &str) -> Result<T, String> {
        let table: toml::Table = toml::from_str(&format!("v = {literal}")).expect("valid TOML");
        let read: Result<Holder<T>, _> = table.try_into();
        read.map(|holder| holder.v)
            .map_err(|e| e.message().to_owned())
    }

    /// Writes the value as a scenario would hold it.
    pub fn write<T: Serialize>(value: T) -> String {
        toml::to_string(&Holder { v: value })
            .expect("serialisable")
            .trim()
            .to_owned()
    }

    /// Asserts that each literal is refused, with a message that holds every part.
    pub fn refused<T: DeserializeOwned + std::fmt::Debug>(cases: &[(&str, &[&str])]) {
        for (literal, parts) in cases {
            let message = read::<T>(literal).expect_err(literal);
            for part in *parts {
                assert!(
                    message.contains(part),
                    "{literal}: `{message}` lacks `{part}`"
                );
            }
            assert!(
                message.contains(": write "),
                "{literal}: `{message}` has no remedy"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a message that breaks the terminal because it repeats the file's own text.
    #[test]
    fn hostile_text_is_shown_short_and_on_one_line() {
        let long = format!("a\n\u{1b}[31m{}", "x".repeat(10_000));
        let text = shown(&long);
        assert!(text.chars().count() < 80, "{text}");
        assert!(!text.contains(['\n', '\u{1b}']), "{text}");
        assert_eq!(shown("¥5000"), "¥5000");
    }

    /// Catches a value of the wrong kind passing, or failing without saying what is expected.
    #[test]
    fn tables_lists_and_booleans_are_refused_by_every_unit() {
        for literal in ["true", "[1]", "{ a = 1 }"] {
            let messages = [
                trial::read::<Span>(literal).map(|_| ()),
                trial::read::<Yuan>(literal).map(|_| ()),
                trial::read::<Share>(literal).map(|_| ()),
                trial::read::<Real>(literal).map(|_| ()),
                trial::read::<Moment>(literal).map(|_| ()),
                trial::read::<Clock>(literal).map(|_| ()),
            ];
            for message in messages {
                let message = message.expect_err(literal);
                assert!(
                    message.contains("a number or a text with a unit"),
                    "{message}"
                );
            }
        }
    }
}
