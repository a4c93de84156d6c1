//! What a scenario expects of its own results, checked against the `--json` document.

use serde_json::Value;

use crate::scenario::wire::Expect;

/// An expectation, held against a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Why it is expected.
    pub because: String,
    /// What was looked at.
    pub path: String,
    /// What was found; none when the document has no such number.
    pub found: Option<f64>,
    /// The bounds, in words.
    pub bounds: String,
    /// Whether it holds.
    pub ok: bool,
}

/// The number at a dotted path of a document. Keys that hold a dot are not reachable.
#[must_use]
pub fn number_at(document: &Value, path: &str) -> Option<f64> {
    path.split('.')
        .try_fold(document, |value, key| match value {
            Value::Array(items) => items.get(key.parse::<usize>().ok()?),
            _ => value.get(key),
        })?
        .as_f64()
}

/// Holds expectations against a document.
#[must_use]
pub fn check(expectations: &[Expect], document: &Value) -> Vec<Verdict> {
    expectations
        .iter()
        .map(|expect| verdict(expect, document))
        .collect()
}

fn verdict(expect: &Expect, document: &Value) -> Verdict {
    let found = number_at(document, &expect.value);
    let mut bounds = Vec::new();
    let mut ok = found.is_some();
    let mut hold = |words: String, holds: &dyn Fn(f64) -> bool| {
        bounds.push(words);
        ok &= found.is_some_and(holds);
    };
    if let Some(low) = expect.at_least {
        hold(format!("≥ {low}"), &|v| v >= low);
    }
    if let Some(high) = expect.at_most {
        hold(format!("≤ {high}"), &|v| v <= high);
    }
    if let Some(path) = &expect.below {
        let other = number_at(document, path);
        let words = match other {
            Some(other) => format!("< {path} ({other})"),
            None => format!("< {path}, which is not there"),
        };
        hold(words, &|v| other.is_some_and(|o| v < o));
    }
    Verdict {
        because: expect.because.clone(),
        path: expect.value.clone(),
        found,
        bounds: bounds.join(" and "),
        ok,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expect(value: &str, at_least: Option<f64>, below: Option<&str>) -> Expect {
        Expect {
            because: String::new(),
            value: value.to_owned(),
            at_least,
            at_most: None,
            below: below.map(str::to_owned),
        }
    }

    /// Would catch an expectation that holds because its number is missing.
    #[test]
    fn what_is_not_there_does_not_hold() {
        let document = serde_json::json!({"a": {"b": 3, "c": [1, 5]}});
        let ok = |e: Expect| check(&[e], &document)[0].ok;
        assert!(ok(expect("a.b", Some(3.0), None)));
        assert!(!ok(expect("a.b", Some(4.0), None)));
        assert!(ok(expect("a.b", None, Some("a.c.1"))));
        assert!(!ok(expect("a.b", None, Some("a.c.0"))));
        assert!(!ok(expect("a.b", None, Some("a.nothing"))));
        assert!(!ok(expect("a.x", None, None)));
    }
}
