//! Money, held exactly.
//!
//! Floating point would make the books of a large run fail to balance in the last digits, so an
//! amount is an integer from the moment it is read.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

use super::{Raw, UnitError, decimal, refuse, shown};

const MILLI_FEN_PER_YUAN: i64 = 100_000;
const REMEDY: &str = "write \"¥5000\", \"¥0.6\" or \"5000 CNY\"";

/// An amount of money of zero or more: `"¥5000"`, `"¥0.6"`, `"5000 CNY"`.
///
/// Stored exactly, in thousandths of a fen: ¥1 is 100 fen is 100,000 milli-fen. A cost per
/// thousand impressions then divides without rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Yuan(i64);

impl Yuan {
    /// An amount of `milli_fen` thousandths of a fen.
    ///
    /// # Errors
    /// Refuses a negative amount.
    pub fn from_milli_fen(milli_fen: i64) -> Result<Self, UnitError> {
        if milli_fen < 0 {
            return refuse(format!("`{milli_fen}` milli-fen is negative"), REMEDY);
        }
        Ok(Yuan(milli_fen))
    }
    /// The amount in thousandths of a fen; exact.
    pub fn milli_fen(self) -> i64 {
        self.0
    }
    /// The amount in fen (¥1 is 100 fen).
    pub fn fen_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl FromStr for Yuan {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let trimmed = text.trim();
        let show = shown(trimmed);
        let amount = trimmed
            .strip_prefix(['¥', '￥'])
            .or_else(|| trimmed.strip_suffix("CNY"))
            .map(str::trim);
        if trimmed.starts_with('-') || amount.is_some_and(|a| a.starts_with('-')) {
            return refuse(format!("`{show}` is negative"), REMEDY);
        }
        let Some(amount) = amount else {
            let problem = match decimal(trimmed) {
                Some(_) => "has no currency",
                None => "is not an amount of money",
            };
            return refuse(format!("`{show}` {problem}"), REMEDY);
        };
        let Some(amount) = decimal(amount) else {
            return refuse(format!("`{show}` is not an amount of money"), REMEDY);
        };
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 5 {
            return refuse(format!("`{show}` is finer than ¥0.00001"), REMEDY);
        }
        // The digits are checked above, so a failed parse can only mean too many of them.
        let yuan = if whole.is_empty() {
            Some(0)
        } else {
            whole.parse::<i64>().ok()
        };
        let part = format!("{fraction:0<5}").parse::<i64>().ok();
        let total = yuan
            .zip(part)
            .and_then(|(yuan, part)| yuan.checked_mul(MILLI_FEN_PER_YUAN)?.checked_add(part));
        match total {
            Some(total) => Ok(Yuan(total)),
            None => refuse(format!("`{show}` is too large an amount"), REMEDY),
        }
    }
}

impl TryFrom<Raw> for Yuan {
    type Error = UnitError;
    fn try_from(raw: Raw) -> Result<Self, UnitError> {
        match &raw {
            Raw::Text(text) => text.parse(),
            _ => refuse(format!("`{raw}` has no currency"), REMEDY),
        }
    }
}

impl fmt::Display for Yuan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (yuan, part) = (self.0 / MILLI_FEN_PER_YUAN, self.0 % MILLI_FEN_PER_YUAN);
        let digits = format!("{part:05}");
        match digits.trim_end_matches('0') {
            "" => write!(f, "¥{yuan}"),
            digits => write!(f, "¥{yuan}.{digits}"),
        }
    }
}

impl Serialize for Yuan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Yuan {
    fn schema_name() -> Cow<'static, str> {
        "Yuan".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "An amount of money in yuan, zero or more.",
            "pattern": r"^\s*([¥￥]\s*[0-9]*\.?[0-9]*|[0-9]*\.?[0-9]*\s*CNY)\s*$",
            "examples": ["¥5000", "¥0.6", "5000 CNY"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{read, refused, write};
    use super::*;

    /// Catches a spelling read with the wrong scale, and a text that does not read back as itself.
    #[test]
    fn each_spelling_reads_exactly_and_writes_back() {
        let cases = [
            ("¥5000", 500_000_000, "¥5000"),
            ("￥5000", 500_000_000, "¥5000"),
            ("5000 CNY", 500_000_000, "¥5000"),
            ("5000CNY", 500_000_000, "¥5000"),
            (" ¥ 0.6 ", 60_000, "¥0.6"),
            ("¥0.00001", 1, "¥0.00001"),
            ("¥.5", 50_000, "¥0.5"),
            ("¥1.2000000000", 120_000, "¥1.2"),
            ("¥0", 0, "¥0"),
            ("¥92233720368547.75807", i64::MAX, "¥92233720368547.75807"),
        ];
        for (text, milli_fen, canonical) in cases {
            let amount: Yuan = read(&format!("\"{text}\"")).expect(text);
            assert_eq!(amount.milli_fen(), milli_fen, "{text}");
            assert_eq!(write(amount), format!("v = \"{canonical}\""));
            assert_eq!(canonical.parse(), Ok(amount));
        }
        assert_eq!("¥0.6".parse::<Yuan>().map(Yuan::fen_f64), Ok(60.0));
        assert_eq!(Yuan::from_milli_fen(7).map(Yuan::milli_fen), Ok(7));
        assert!(Yuan::from_milli_fen(-1).is_err());
    }

    /// Catches an amount that is guessed, rounded, wrapped around or taken as a debt.
    #[test]
    fn doubtful_amounts_are_refused_with_the_remedy() {
        refused::<Yuan>(&[
            ("5000", &["`5000` has no currency", "\"¥5000\""]),
            ("0.6", &["`0.6` has no currency"]),
            ("\"5000\"", &["`5000` has no currency"]),
            ("\"$5\"", &["`$5` is not an amount of money"]),
            ("\"¥\"", &["is not an amount"]),
            ("\"¥1,000\"", &["`¥1,000` is not an amount"]),
            ("\"¥1e3\"", &["is not an amount"]),
            ("\"¥1.2.3\"", &["is not an amount"]),
            ("\"¥-5\"", &["`¥-5` is negative"]),
            ("\"-¥5\"", &["is negative"]),
            ("\"-5 CNY\"", &["is negative"]),
            ("\"¥0.000001\"", &["is finer than ¥0.00001"]),
            ("\"¥92233720368547.75808\"", &["too large"]),
            ("\"¥99999999999999999999999\"", &["too large"]),
            ("\"五元\"", &["`五元`"]),
            ("2025-05-13", &["`2025-05-13` is not an amount"]),
        ]);
    }
}
