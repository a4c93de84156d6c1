//! How a child document changes the parent it extends.
//!
//! Tables merge key by key, so a child states only what differs. Lists of named items merge by
//! name for the same reason; any other list is a value like a number and is replaced whole. A
//! table that picks another variant of a choice replaces the parent's, since the parent's keys
//! belong to the variant that was left. `remove = true` takes a named item out.

use std::collections::HashMap;

use toml::{Table, Value};

use crate::scenario::error::{ScenarioError, one_line};
use crate::scenario::keys::{Guide, KeyPath, Place, name_of, nearest};

/// One document of a chain: where it came from, and what it says without its `extends`.
pub(super) struct Layer {
    pub(super) origin: String,
    pub(super) table: Table,
}

/// The parent as the child changes it.
pub(super) fn merge(guide: &Guide, parent: Table, child: &Layer) -> Result<Table, ScenarioError> {
    let merger = Merger {
        guide,
        file: &child.origin,
    };
    merger.tables(
        &guide.top(),
        parent,
        child.table.clone(),
        &KeyPath::default(),
    )
}

struct Merger<'g, 's> {
    guide: &'g Guide<'s>,
    file: &'g str,
}

impl<'s> Merger<'_, 's> {
    fn tables(
        &self,
        place: &Place<'s>,
        mut parent: Table,
        child: Table,
        path: &KeyPath,
    ) -> Result<Table, ScenarioError> {
        let level = self.guide.level(place, Some(&child));
        for (key, value) in child {
            let path = path.key(&key);
            let old = parent.remove(&key);
            let value = self.values(&level.child(&key), old, value, &path)?;
            parent.insert(key, value);
        }
        Ok(parent)
    }

    fn values(
        &self,
        place: &Place<'s>,
        parent: Option<Value>,
        child: Value,
        path: &KeyPath,
    ) -> Result<Value, ScenarioError> {
        Ok(match (parent, child) {
            (Some(Value::Table(parent)), Value::Table(child))
                if !self.guide.other_variant(place, &parent, &child) =>
            {
                Value::Table(self.tables(place, parent, child, path)?)
            }
            // A table without a parent may still hold lists with `remove` in them.
            (_, Value::Table(child)) => {
                Value::Table(self.tables(place, Table::new(), child, path)?)
            }
            (parent, Value::Array(child)) if all_named(&child) => {
                let parent = match parent {
                    Some(Value::Array(parent)) if all_named(&parent) => parent,
                    _ => Vec::new(),
                };
                Value::Array(self.items(place, parent, child, path)?)
            }
            (_, Value::Array(child)) => {
                let level = self.guide.level(place, None);
                let items = child.into_iter().enumerate().map(|(index, item)| {
                    let path = path.item(index, &item);
                    self.values(&level.items(index), None, item, &path)
                });
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            (_, scalar) => scalar,
        })
    }

    fn items(
        &self,
        place: &Place<'s>,
        parent: Vec<Value>,
        child: Vec<Value>,
        path: &KeyPath,
    ) -> Result<Vec<Value>, ScenarioError> {
        let level = self.guide.level(place, None);
        let mut positions: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, name) in parent.iter().map(name_of).enumerate() {
            positions
                .entry(name.unwrap_or_default().to_owned())
                .or_default()
                .push(index);
        }
        let mut merged: Vec<Option<Value>> = parent.into_iter().map(Some).collect();
        for (index, mut item) in child.into_iter().enumerate() {
            let path = path.item(index, &item);
            let name = name_of(&item).unwrap_or_default().to_owned();
            let remove = self.take_remove(&mut item, &path)?;
            // Taking the positions out makes a second item of the name in the child an error.
            let found = positions.get_mut(&name).map(std::mem::take);
            let position = match found.as_deref() {
                None => None,
                Some([position]) => Some(*position),
                Some(_) => return Err(self.ambiguous(&path, &name)),
            };
            match (position, remove) {
                (Some(position), true) => merged[position] = None,
                (None, true) => return Err(self.nothing_to_remove(&path, &name, &positions)),
                (Some(position), false) => {
                    let old = merged[position].take();
                    merged[position] = Some(self.values(&level.items(index), old, item, &path)?);
                }
                (None, false) => {
                    merged.push(Some(self.values(&level.items(index), None, item, &path)?));
                }
            }
        }
        Ok(merged.into_iter().flatten().collect())
    }

    /// Takes the mark out of the item, so that it does not survive the merge.
    fn take_remove(&self, item: &mut Value, path: &KeyPath) -> Result<bool, ScenarioError> {
        match item.as_table_mut().and_then(|table| table.remove("remove")) {
            None => Ok(false),
            Some(Value::Boolean(remove)) => Ok(remove),
            Some(other) => Err(ScenarioError::value(
                self.file,
                path.key("remove").to_string(),
                one_line(&other.to_string()),
                "`remove` takes an item out of the parent's list, and is true or false",
                "write remove = true, or leave it out",
            )),
        }
    }

    fn ambiguous(&self, path: &KeyPath, name: &str) -> ScenarioError {
        ScenarioError::value(
            self.file,
            path.key("name").to_string(),
            format!("{name:?}"),
            "two items of the list have this name, so it is open which one is meant",
            "write a name of its own for each item, and each name once",
        )
    }

    fn nothing_to_remove(
        &self,
        path: &KeyPath,
        name: &str,
        positions: &HashMap<String, Vec<usize>>,
    ) -> ScenarioError {
        let mut names: Vec<&str> = positions.keys().map(String::as_str).collect();
        names.sort_unstable();
        let remedy = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None if names.is_empty() => "remove this item: the list has no parent".to_owned(),
            None => format!("the parent has: {}", names.join(", ")),
        };
        ScenarioError::value(
            self.file,
            path.key("remove").to_string(),
            "true",
            "the parent has no item of this name",
            remedy,
        )
    }
}

/// Whether every item has a name; an empty list has none, and so clears the parent's.
fn all_named(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(|item| name_of(item).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::json_schema;

    fn table(text: &str) -> Table {
        toml::from_str(text).expect("valid TOML")
    }

    fn merged(parent: &str, child: &str) -> Result<Table, String> {
        // A choice of two variants under `read` and one under `shape`, as schemars writes them.
        let schema = json_schema!({
            "type": "object",
            "properties": {
                "read": { "anyOf": [{ "$ref": "#/$defs/Read" }, { "type": "null" }] },
                "shape": { "oneOf": [
                    { "type": "object", "properties": { "round": {} }, "required": ["round"],
                      "additionalProperties": false },
                    { "type": "object", "properties": { "flat": {} }, "required": ["flat"],
                      "additionalProperties": false },
                ] },
            },
            "$defs": { "Read": { "oneOf": [
                { "type": "object", "properties": { "kind": { "const": "linear" }, "slope": {} } },
                { "type": "object", "properties": { "kind": { "const": "flat" }, "level": {} } },
            ] } },
        });
        let child = Layer {
            origin: "child.toml".to_owned(),
            table: table(child),
        };
        merge(&Guide::new(&schema), table(parent), &child).map_err(|error| error.to_string())
    }

    const PARENT: &str = "
        a = 1
        list = [1, 2, 3]
        [deep.er]
        x = 1
        y = 2
        [[item]]
        name = 'one'
        v = 1
        w = { p = 1, q = 2 }
        [[item]]
        name = 'two'
        v = 2
    ";

    /// Catches a merge that changes what the child does not mention.
    #[test]
    fn an_empty_child_is_its_parent_and_an_empty_parent_its_child() {
        assert_eq!(merged(PARENT, ""), Ok(table(PARENT)));
        assert_eq!(merged("", PARENT), Ok(table(PARENT)));
        assert_eq!(merged(PARENT, PARENT), Ok(table(PARENT)));
    }

    /// Catches tables replaced whole, and plain lists glued together.
    #[test]
    fn tables_merge_and_plain_lists_are_replaced() {
        let child = "list = [9]\nextra = true\n[deep.er]\ny = 7";
        let result = merged(PARENT, child).expect("merges");
        assert_eq!(result["list"], Value::Array(vec![Value::Integer(9)]));
        assert_eq!(result["extra"], Value::Boolean(true));
        assert_eq!(result["deep"], Value::Table(table("er = { x = 1, y = 7 }")));
        assert_eq!(merged("a = { b = 1 }", "a = 2"), Ok(table("a = 2")));
        assert_eq!(merged("a = 2", "a = { b = 1 }"), Ok(table("a = { b = 1 }")));
    }

    /// Catches named items duplicated, reordered or replaced instead of changed.
    #[test]
    fn named_items_merge_by_name_and_new_ones_follow() {
        let child = "item = [{ name = 'three' }, { name = 'one', v = 7, w = { q = 9 } }]";
        let result = merged(PARENT, child).expect("merges");
        let expected = table(
            "item = [{ name = 'one', v = 7, w = { p = 1, q = 9 } }, { name = 'two', v = 2 },
                     { name = 'three' }]",
        );
        assert_eq!(result["item"], expected["item"]);
    }

    /// Catches an item that cannot be taken out, or a mark that survives.
    #[test]
    fn remove_takes_an_item_out_and_leaves_no_mark() {
        let result = merged(PARENT, "item = [{ name = 'one', remove = true }]").expect("merges");
        assert_eq!(
            result["item"],
            table("item = [{ name = 'two', v = 2 }]")["item"]
        );
        let kept = merged("", "item = [{ name = 'one', remove = false }]").expect("merges");
        assert_eq!(kept, table("item = [{ name = 'one' }]"));
        assert_eq!(
            merged(PARENT, "item = []").expect("merges")["item"],
            Value::Array(vec![])
        );
    }

    /// Catches a removal or a doubtful name that passes without a word.
    #[test]
    fn a_wrong_removal_says_which_names_there_are() {
        let cases = [
            (
                "item = [{ name = 'onne', remove = true }]",
                "did you mean \"one\"?",
            ),
            (
                "item = [{ name = 'xyz', remove = true }]",
                "the parent has: one, two",
            ),
            (
                "new = [{ name = 'x', remove = true }]",
                "the list has no parent",
            ),
            (
                "t = { new = [{ name = 'x', remove = true }] }",
                "`t.new[x].remove` = true",
            ),
            (
                "item = [{ name = 'one', remove = 1 }]",
                "`item[one].remove` = 1",
            ),
            (
                "item = [{ name = 'one' }, { name = 'one' }]",
                "two items of the list",
            ),
        ];
        for (child, part) in cases {
            let message = merged(PARENT, child).expect_err(child);
            assert!(message.contains(part), "{message}");
            assert!(message.contains("child.toml"), "{message}");
        }
    }

    /// Catches keys of the parent's variant left behind when the child picks another.
    #[test]
    fn another_variant_replaces_the_parents() {
        let parent = "read = { kind = 'linear', slope = 1 }";
        let flat = "read = { kind = 'flat', level = 2 }";
        assert_eq!(merged(parent, flat), Ok(table(flat)));
        let changed = table("read = { kind = 'linear', slope = 5 }");
        assert_eq!(merged(parent, "read = { slope = 5 }"), Ok(changed.clone()));
        assert_eq!(
            merged(parent, "read = { kind = 'linear', slope = 5 }"),
            Ok(changed)
        );
        let flat = "shape = { flat = { y = 1 } }";
        assert_eq!(
            merged("shape = { round = { x = 1 } }", flat),
            Ok(table(flat))
        );
        let both = table("shape = { flat = { x = 2, y = 1 } }");
        assert_eq!(merged("shape = { flat = { x = 2 } }", flat), Ok(both));
    }

    /// Catches a merge whose time grows with the square of the list.
    #[test]
    fn long_lists_merge_quickly() {
        let list = |value: i64| {
            let items = (0..50_000).map(|i| format!("{{ name = 'n{i}', v = {value} }}"));
            format!("item = [{}]", items.collect::<Vec<_>>().join(","))
        };
        let started = std::time::Instant::now();
        let result = merged(&list(1), &list(2)).expect("merges");
        assert_eq!(result, table(&list(2)));
        assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
    }
}
