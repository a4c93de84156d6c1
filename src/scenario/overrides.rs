//! Changes to a scenario from the command line: `--set policy.gate.min_score=4`.
//!
//! An override says where and what. Where is a dotted path; an item of a list is picked by its
//! name, `channels[feed-ad].enabled` or `channels.feed-ad.enabled`, or by its position. What is a
//! TOML value if it reads as one, and otherwise a text, so that `7d` needs no quotes in a shell.
//!
//! A path may lead to a key that the file leaves out, as long as the schema has it: most keys
//! have a default, and those are the ones people vary. The schema also finds the right path when
//! a part of it is misspelt.

mod path;

use std::fmt;
use std::str::FromStr;

use toml::{Table, Value};

use super::error::{ScenarioError, one_line};
use super::keys::{Guide, KeyPath, Place, name_of, nearest};
use super::load::parse_value;
use path::split_path;

const SYNTAX: &str =
    "write path=value, such as policy.gate.min_score=4 or channels[feed-ad].enabled=false";

/// One change: the path of a key and its new value.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    path: String,
    parts: Vec<String>,
    value: Value,
}

impl Override {
    /// Reads `path=value`; the path ends at the first `=`.
    ///
    /// # Errors
    /// [`ScenarioError::BadOverride`] if there is no `=`, the path is malformed, or a value that
    /// begins like a quoted text, a list or a table does not end like one.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let bad = |problem: &str| ScenarioError::bad_override(one_line(text), problem, SYNTAX);
        let (path, value) = text.split_once('=').ok_or_else(|| bad("there is no `=`"))?;
        let parts = split_path(path).map_err(bad)?;
        let value = value.trim();
        if value.is_empty() {
            return Err(bad("there is no value after the `=`"));
        }
        let value = match parse_value(value) {
            Ok(value) => value,
            Err(problem) if value.starts_with(['"', '\'', '[', '{']) => {
                return Err(bad(&format!("the value is not TOML: {problem}")));
            }
            Err(_) => Value::String(value.to_owned()),
        };
        Ok(Override {
            path: path.trim().to_owned(),
            parts,
            value,
        })
    }

    /// Sets the key at `path` to `value`.
    ///
    /// # Errors
    /// [`ScenarioError::BadOverride`] if the path is malformed.
    pub fn new(path: &str, value: Value) -> Result<Self, ScenarioError> {
        let parts = split_path(path)
            .map_err(|problem| ScenarioError::bad_override(one_line(path), problem, SYNTAX))?;
        Ok(Override {
            path: path.trim().to_owned(),
            parts,
            value,
        })
    }

    /// The path as it was given.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The new value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Changes the table, and returns where.
    pub(super) fn apply(&self, guide: &Guide, table: &mut Table) -> Result<KeyPath, ScenarioError> {
        let mut top = Value::Table(std::mem::take(table));
        let set = self.set(
            guide,
            &guide.top(),
            &mut top,
            &self.parts,
            KeyPath::default(),
        );
        if let Value::Table(changed) = top {
            *table = changed;
        }
        set
    }

    fn set<'s>(
        &self,
        guide: &Guide<'s>,
        place: &Place<'s>,
        here: &mut Value,
        parts: &[String],
        path: KeyPath,
    ) -> Result<KeyPath, ScenarioError> {
        let Some((part, rest)) = parts.split_first() else {
            *here = self.value.clone();
            return Ok(path);
        };
        match here {
            Value::Array(items) => {
                let index = self.select(items, part, &path)?;
                let place = guide.level(place, None).items(index);
                let path = path.item(index, &items[index]);
                self.set(guide, &place, &mut items[index], rest, path)
            }
            Value::Table(table) => {
                let level = guide.level(place, Some(table));
                let child = level.child(part);
                if child.is_empty() && !level.is_open() {
                    let unknown = guide.unknown(&level, &path, part);
                    return Err(ScenarioError::UnknownKey {
                        file: format!("--set {self}"),
                        key: unknown.path.to_string(),
                        nearest: unknown.nearest.map(|near| complete(guide, &near, rest)),
                        known: unknown.known,
                    });
                }
                let blank = || match guide.level(&child, None).is_list() {
                    true => Value::Array(Vec::new()),
                    false => Value::Table(Table::new()),
                };
                let below = table.entry(part.clone()).or_insert_with(blank);
                self.set(guide, &child, below, rest, path.key(part))
            }
            scalar => Err(ScenarioError::bad_override(
                self.to_string(),
                format!(
                    "`{path}` is {}, which has no keys",
                    one_line(&scalar.to_string())
                ),
                format!("write {path}={{ ... }} to put a table in its place"),
            )),
        }
    }

    /// The position of the item that `part` names, or counts to.
    fn select(&self, items: &[Value], part: &str, path: &KeyPath) -> Result<usize, ScenarioError> {
        let named = |item: &Value| name_of(item) == Some(part);
        let mut matches = items.iter().enumerate().filter(|(_, item)| named(item));
        let bad = |problem, remedy| {
            Err(ScenarioError::bad_override(
                self.to_string(),
                problem,
                remedy,
            ))
        };
        match (matches.next(), matches.next()) {
            (Some((index, _)), None) => return Ok(index),
            (Some(_), Some(_)) => {
                let problem = format!("several items of `{path}` are called `{part}`");
                return bad(problem, format!("write a position, such as {path}[0]"));
            }
            (None, _) => {}
        }
        let position = part.parse::<usize>().ok();
        if let Some(index) = position.filter(|index| *index < items.len()) {
            return Ok(index);
        }
        let problem = format!("`{path}` has no item `{part}`");
        let names: Vec<&str> = items.iter().filter_map(name_of).collect();
        let remedy = match items.len() {
            0 => "the list is empty: put the item into the scenario file".to_owned(),
            count if names.is_empty() => {
                format!(
                    "its items have no names: write a position from 0 to {}",
                    count - 1
                )
            }
            _ => match nearest(part, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? the items are: {}", names.join(", ")),
                None => format!("the items are: {}", names.join(", ")),
            },
        };
        bad(problem, remedy)
    }
}

impl FromStr for Override {
    type Err = ScenarioError;
    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        Override::parse(text)
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.path, one_line(&self.value.to_string()))
    }
}

/// Adds the rest of a path to its corrected beginning, correcting what the schema can.
fn complete(guide: &Guide, beginning: &str, rest: &[String]) -> String {
    let mut path = beginning.to_owned();
    let mut place = guide.top();
    let mut known = true;
    for part in split_path(&beginning.replace("[]", "[0]")).unwrap_or_default() {
        let level = guide.level(&place, None);
        place = match level.is_list() {
            true => level.items(0),
            false => level.child(&part),
        };
    }
    for part in rest {
        let level = guide.level(&place, None);
        if level.is_list() {
            place = level.items(0);
            path = format!("{path}[{part}]");
            continue;
        }
        let child = level.child(part);
        let near = || nearest(part, level.keys().into_iter()).unwrap_or(part);
        let key = match child.is_empty() && known {
            true => near(),
            false => part,
        };
        place = level.child(key);
        known &= !place.is_empty();
        path = format!("{path}.{key}");
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::keys::sample::Sample;

    const DOCUMENT: &str = "
        name = 'x'
        points = [[1.0, 2.0], [3.0, 4.0]]
        [[channels]]
        name = 'feed-ad'
        enabled = true
        [[channels]]
        name = 'search.ad'
        [[channels]]
        name = 'twin'
        [[channels]]
        name = 'twin'
    ";

    fn apply(text: &str) -> Result<(String, Table), String> {
        let schema = schemars::schema_for!(Sample);
        let mut table: Table = toml::from_str(DOCUMENT).expect("valid TOML");
        let change: Override = text
            .parse()
            .map_err(|error: ScenarioError| error.to_string())?;
        let path = change.apply(&Guide::new(&schema), &mut table);
        path.map(|path| (path.to_string(), table))
            .map_err(|error| error.to_string())
    }

    /// Catches a form of path that does not reach its key, or reaches another.
    #[test]
    fn every_form_of_path_reaches_its_key() {
        for (text, path, pointer) in [
            ("name=y", "name", vec!["name"]),
            (
                "policy.gate.min_score=4.0",
                "policy.gate.min_score",
                vec!["policy", "gate", "min_score"],
            ),
            (
                "channels[feed-ad].enabled=false",
                "channels[feed-ad].enabled",
                vec!["channels", "0", "enabled"],
            ),
            (
                "channels.feed-ad.enabled=false",
                "channels[feed-ad].enabled",
                vec!["channels", "0", "enabled"],
            ),
            (
                "channels[0].cpm=¥3",
                "channels[feed-ad].cpm",
                vec!["channels", "0", "cpm"],
            ),
            (
                " channels[\"search.ad\"].cpm = ¥3 ",
                "channels[\"search.ad\"].cpm",
                vec!["channels", "1", "cpm"],
            ),
            (
                "channels[search.ad].cpm=¥3",
                "channels[\"search.ad\"].cpm",
                vec!["channels", "1", "cpm"],
            ),
            ("points[1][0]=9.0", "points[1][0]", vec!["points", "1", "0"]),
            (
                "prices.小红书=¥1",
                "prices.小红书",
                vec!["prices", "小红书"],
            ),
            (
                "free.any.thing=1",
                "free.any.thing",
                vec!["free", "any", "thing"],
            ),
        ] {
            let (found, table) = apply(text).expect(text);
            assert_eq!(found, path, "{text}");
            let value = pointer.iter().fold(Value::Table(table), |value, step| {
                let below = match step.parse::<usize>() {
                    Ok(index) => value.get(index).cloned(),
                    Err(_) => value.get(*step).cloned(),
                };
                below.expect(text)
            });
            assert_eq!(
                Some(value),
                text.parse().ok().map(|change: Override| change.value)
            );
        }
    }

    /// Catches a value taken as a text that is not one, or the other way round.
    #[test]
    fn values_are_toml_where_they_can_be() {
        for (text, value) in [
            ("4", Value::Integer(4)),
            ("4.5", Value::Float(4.5)),
            ("true", Value::Boolean(true)),
            ("\"true\"", Value::String("true".to_owned())),
            (
                "[1, 2]",
                Value::Array(vec![Value::Integer(1), Value::Integer(2)]),
            ),
            ("{ a = 1 }", Value::Table(toml::toml! { a = 1 })),
            ("7d", Value::String("7d".to_owned())),
            ("¥5000", Value::String("¥5000".to_owned())),
            ("24.13%", Value::String("24.13%".to_owned())),
            (
                "2025-06-18 24:00",
                Value::String("2025-06-18 24:00".to_owned()),
            ),
            ("a=b", Value::String("a=b".to_owned())),
            ("1\nb = 2", Value::String("1\nb = 2".to_owned())),
        ] {
            let change = Override::parse(&format!("key={text}")).expect(text);
            assert_eq!(change.value(), &value, "{text}");
            assert_eq!(change.path(), "key");
            assert_eq!(Override::new("key", value).ok(), Some(change));
        }
        let moment = Override::parse("key=2025-05-13 20:00").expect("a date");
        assert!(
            moment.value().is_datetime(),
            "TOML has minutes without seconds"
        );
    }

    /// Catches a wrong key that is set in silence, or that leads nowhere.
    #[test]
    fn a_wrong_key_suggests_the_nearest_right_path() {
        for (text, near) in [
            ("sead=1", "did you mean `seed`?"),
            (
                "policy.gate.min_scoer=4",
                "did you mean `policy.gate.min_score`?",
            ),
            (
                "polcy.gate.min_score=4",
                "did you mean `policy.gate.min_score`?",
            ),
            (
                "polcy.gaet.min_scoer=4",
                "did you mean `policy.gate.min_score`?",
            ),
            (
                "policy.gaet.min_score=4",
                "did you mean `policy.gate.min_score`?",
            ),
            ("gate.min_score=4", "did you mean `policy.gate.min_score`?"),
            ("min_score=4", "did you mean `policy.gate.min_score`?"),
            (
                "channel[feed-ad].enabld=1",
                "did you mean `channels[feed-ad].enabled`?",
            ),
            (
                "channels[feed-ad].enabld=1",
                "did you mean `channels[feed-ad].enabled`?",
            ),
            ("policy.xyzzy=1", "known here: gate, window"),
        ] {
            let message = apply(text).expect_err(text);
            assert!(message.contains(near), "{text}: {message}");
            assert!(message.contains("unknown key `"), "{text}: {message}");
            assert!(message.contains("--set "), "{text}: {message}");
        }
    }

    /// Catches an item that is guessed, invented or picked from several.
    #[test]
    fn a_wrong_item_lists_the_right_ones() {
        for (text, parts) in [
            (
                "channels[feed-add].cpm=1",
                ["no item `feed-add`", "did you mean `feed-ad`?"],
            ),
            (
                "channels.xyzzy.cpm=1",
                ["no item `xyzzy`", "the items are: feed-ad, search.ad"],
            ),
            (
                "channels[9].cpm=1",
                ["no item `9`", "the items are: feed-ad"],
            ),
            ("channels[twin].cpm=1", ["several items", "channels[0]"]),
            ("points[2]=1", ["no item `2`", "a position from 0 to 1"]),
            ("points[-1]=1", ["no item `-1`", "a position from 0 to 1"]),
            (
                "name.first=1",
                ["`name` is \"x\", which has no keys", "write name={ ... }"],
            ),
        ] {
            let message = apply(text).expect_err(text);
            for part in parts {
                assert!(message.contains(part), "{text}: {message}");
            }
            assert!(message.contains("--set "), "{message}");
        }
    }
}
