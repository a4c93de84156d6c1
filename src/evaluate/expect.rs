//! What a scenario expects of its own results, checked against the `--json` document of its run, or
//! of its comparison with another scenario.

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

/// The number at a dotted path of a document. Keys may hold dots themselves.
#[must_use]
pub fn number_at(document: &Value, path: &str) -> Option<f64> {
    let below = |key: &str| match document {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => document.get(key),
    };
    if let Some(end) = below(path).and_then(Value::as_f64) {
        return Some(end);
    }
    let dots = path.match_indices('.').map(|(at, _)| at);
    let mut steps = dots.filter_map(|at| Some((below(&path[..at])?, &path[at + 1..])));
    steps.find_map(|(below, rest)| number_at(below, rest))
}

/// Holds what is expected of the run itself against its document.
#[must_use]
pub fn check(expectations: &[Expect], document: &Value) -> Vec<Verdict> {
    let of_run = expectations.iter().filter(|e| e.against.is_none());
    of_run.map(|expect| verdict(expect, document)).collect()
}

/// Holds what is expected against another scenario to the comparison of the two.
#[must_use]
pub fn check_against(expectations: &[Expect], other: &str, comparison: &Value) -> Vec<Verdict> {
    let named = |e: &&Expect| e.against.as_deref() == Some(other);
    let against = expectations.iter().filter(named);
    against.map(|expect| verdict(expect, comparison)).collect()
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
            against: None,
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
        let document = serde_json::json!({"gmv": {"x": 1}, "gmv.in-app": {"low.est": 2}});
        assert_eq!(number_at(&document, "gmv.in-app.low.est"), Some(2.0));
        assert_eq!(number_at(&document, "gmv.x"), Some(1.0));
        assert_eq!(number_at(&document, "gmv.in-app"), None);
    }
}
