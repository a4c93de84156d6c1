//! Whether two scenarios are about the same people, merchants and days.
//!
//! Anything may differ between scenarios that are compared but who is there: then one user would
//! stand for two different people, and a difference would be a matter of names.

use serde_json::Value;

use crate::scenario::Scenario;

/// Two scenarios are not about the same people.
#[derive(Debug, thiserror::Error)]
#[error(
    "compare: {b} is not about the same people as {a}: `{key}` is {found} and not {expected}; give \
     both the same, or let one extend the other"
)]
pub struct NotAlike {
    /// Name of the first.
    pub a: String,
    /// Name of the other.
    pub b: String,
    /// What differs.
    pub key: String,
    /// As in the first.
    pub expected: String,
    /// As in the other.
    pub found: String,
}

/// What has to be equal, as paths; `[]` goes through a list.
const ALIKE: [&str; 12] = [
    "people",
    "calendar.start",
    "calendar.days",
    "categories[].name",
    "categories[].weight",
    "tiers[].name",
    "tiers[].merchants",
    "tiers[].popularity",
    "tiers[].zipf",
    "destinations[].name",
    "destinations[].marketplace",
    "destinations[].installed",
];

/// Checks that what makes a population is the same in both.
pub(super) fn check(a: &Scenario, b: &Scenario) -> Result<(), NotAlike> {
    let wires = [a, b].map(|s| serde_json::to_value(s.wire()).unwrap_or_default());
    for path in ALIKE {
        let steps: Vec<&str> = path.split('.').collect();
        let [in_a, in_b] = [0, 1].map(|i| at(&wires[i], &steps));
        if let Some((key, expected, found)) = differs(path, &in_a, &in_b) {
            return Err(NotAlike {
                a: a.wire().name.clone(),
                b: b.wire().name.clone(),
                key,
                expected: short(&expected),
                found: short(&found),
            });
        }
    }
    Ok(())
}

fn at(value: &Value, steps: &[&str]) -> Value {
    let Some((step, rest)) = steps.split_first() else {
        return value.clone();
    };
    match step.strip_suffix("[]") {
        None => at(&value[*step], rest),
        Some(list) => {
            let items = value[list].as_array().into_iter().flatten();
            items.map(|item| at(item, rest)).collect()
        }
    }
}

/// The first place at which two values differ, and both values there.
fn differs(path: &str, a: &Value, b: &Value) -> Option<(String, Value, Value)> {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys = x.keys().chain(y.keys().filter(|k| !x.contains_key(*k)));
            keys.into_iter()
                .find_map(|k| differs(&format!("{path}.{k}"), &a[k.as_str()], &b[k.as_str()]))
        }
        _ if a != b => Some((path.to_owned(), a.clone(), b.clone())),
        _ => None,
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 120 {
        let head: String = text.chars().take(117).collect();
        return format!("{head}…");
    }
    text
}
