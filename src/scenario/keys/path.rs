//! Where a value stands in a document, as a person would write it: `channels[feed-ad].read_lift`.
//!
//! Items of a list are shown by their name where they have one, because a position changes when
//! someone adds an item above it.

use std::fmt;

use toml::{Table, Value};

/// One step down into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a table, by key.
    Key(String),
    /// Into a list.
    Item {
        /// The position, from 0.
        index: usize,
        /// The item's `name`, where it is a table that has one.
        name: Option<String>,
    },
}

/// The steps from the top of a document to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPath(Vec<Step>);

impl KeyPath {
    /// The path to the value under `key` of the table this path leads to.
    pub fn key(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }

    /// The path to the item at `index` of the list this path leads to.
    pub fn item(&self, index: usize, item: &Value) -> Self {
        let name = name_of(item).map(str::to_owned);
        self.then(Step::Item { index, name })
    }

    /// The path one step further.
    pub fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        KeyPath(steps)
    }

    /// The steps, from the top down.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this path leads to `other` or to something that holds it.
    pub fn leads_to(&self, other: &KeyPath) -> bool {
        other.0.starts_with(&self.0)
    }

    /// The path with `[]` for any item, as a schema's paths are written.
    pub fn template(&self) -> String {
        let mut text = String::new();
        for step in &self.0 {
            match step {
                Step::Key(key) if text.is_empty() => text.push_str(key),
                Step::Key(key) => {
                    text.push('.');
                    text.push_str(key);
                }
                Step::Item { .. } => text.push_str("[]"),
            }
        }
        text
    }

    /// The value at this path of `table`; items with a name are found by it, wherever they stand.
    pub fn find<'t>(&self, table: &'t Table) -> Option<&'t Value> {
        let (first, rest) = self.0.split_first()?;
        let Step::Key(key) = first else { return None };
        rest.iter()
            .try_fold(table.get(key)?, |value, step| match step {
                Step::Key(key) => value.as_table()?.get(key),
                Step::Item { index, name: None } => value.as_array()?.get(*index),
                Step::Item { name, .. } => {
                    let named = |item: &&Value| name_of(item) == name.as_deref();
                    value.as_array()?.iter().find(named)
                }
            })
    }
}

/// The `name` of a list's item, if it is a table that has one.
pub fn name_of(item: &Value) -> Option<&str> {
    item.as_table()?.get("name")?.as_str()
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) => {
                    f.write_str(if position == 0 { "" } else { "." })?;
                    write_name(f, key)?;
                }
                Step::Item { index, name: None } => write!(f, "[{index}]")?,
                Step::Item {
                    name: Some(name), ..
                } => {
                    f.write_str("[")?;
                    write_name(f, name)?;
                    f.write_str("]")?;
                }
            }
        }
        Ok(())
    }
}

/// Quotes a name only where its characters would read as part of the path, or hide it.
fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ');
    if !name.is_empty() && name.trim() == name && name.chars().all(plain) {
        f.write_str(name)
    } else {
        write!(f, "{name:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str) -> Value {
        Value::Table(toml::toml! { name = name })
    }

    /// Catches paths that a person could not type back, or that hide what they point at.
    #[test]
    fn paths_read_like_the_file() {
        let top = KeyPath::default();
        assert_eq!(top.to_string(), "");
        let channel = top.key("channels").item(3, &item("feed-ad"));
        assert_eq!(
            channel.key("read_lift").to_string(),
            "channels[feed-ad].read_lift"
        );
        assert_eq!(channel.key("read_lift").template(), "channels[].read_lift");
        let other = top.key("小红书").item(1, &Value::Integer(7));
        assert_eq!(other.to_string(), "小红书[1]");
        assert_eq!(top.key("a.b").key("c\nd").to_string(), r#""a.b"."c\nd""#);
        assert_eq!(
            top.key("x").item(0, &item("a]b")).to_string(),
            r#"x["a]b"]"#
        );
    }

    /// Catches an item sought by its position after a merge has moved it.
    #[test]
    fn named_items_are_found_wherever_they_stand() {
        let path = KeyPath::default().key("c").item(0, &item("b")).key("x");
        let table: Table = toml::from_str("c = [{ name = 'a', x = 1 }, { name = 'b', x = 2 }]")
            .expect("valid TOML");
        assert_eq!(path.find(&table), Some(&Value::Integer(2)));
        assert_eq!(path.key("deeper").find(&table), None);
        assert_eq!(KeyPath::default().find(&table), None);
        assert!(KeyPath::default().key("c").leads_to(&path));
        assert!(!path.leads_to(&KeyPath::default().key("c")));
    }
}
