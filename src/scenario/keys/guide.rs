//! The walk of a document and a schema, side by side.
//!
//! A schema says what may stand at a place through references, through parts that all hold
//! (`allOf`) and through choices (`anyOf`, `oneOf`). [`Guide::level`] resolves all of these into
//! the keys and items of one place; every question about keys is then a short walk over levels.

use schemars::Schema;
use serde_json::{Map, Value as Json};
use toml::{Table, Value};

use super::{KeyPath, Step, Unknown};

/// Deeper than any chain of references between definitions that does not go round in circles.
const MOST_REFERENCES: usize = 32;
/// Keywords any of which limits a value; a schema without them accepts anything.
const LIMITS: [&str; 10] = [
    "type",
    "$ref",
    "allOf",
    "anyOf",
    "oneOf",
    "enum",
    "const",
    "properties",
    "items",
    "not",
];

/// The schemas that together describe one place of a document.
pub(in crate::scenario) type Place<'s> = Vec<&'s Json>;

/// Walks a schema beside a document.
pub(in crate::scenario) struct Guide<'s> {
    root: &'s Json,
}

/// What one place's schemas say of its keys and items, references and choices resolved.
#[derive(Default)]
pub(in crate::scenario) struct Level<'s> {
    open: bool,
    objects: Vec<&'s Map<String, Json>>,
    lists: Vec<&'s Map<String, Json>>,
}

impl<'s> Guide<'s> {
    pub(in crate::scenario) fn new(schema: &'s Schema) -> Self {
        Guide {
            root: schema.as_value(),
        }
    }

    /// The place of the whole document.
    pub(in crate::scenario) fn top(&self) -> Place<'s> {
        vec![self.root]
    }

    /// What is known of a place; a table that stands there narrows a choice to what fits its tags.
    pub(in crate::scenario) fn level(
        &self,
        place: &[&'s Json],
        table: Option<&Table>,
    ) -> Level<'s> {
        let mut level = Level::default();
        for schema in place {
            self.gather(schema, table, MOST_REFERENCES, &mut level);
        }
        level
    }

    fn gather(
        &self,
        schema: &'s Json,
        table: Option<&Table>,
        references: usize,
        level: &mut Level<'s>,
    ) {
        let Some(node) = schema.as_object() else {
            level.open |= schema.as_bool() == Some(true);
            return;
        };
        let Some(references) = references.checked_sub(1) else {
            return;
        };
        let object = ["properties", "additionalProperties", "patternProperties"];
        if object.iter().any(|word| node.contains_key(*word)) || has_type(node, "object") {
            level.objects.push(node);
        }
        for part in self.target(node).into_iter().chain(list(node, "allOf")) {
            self.gather(part, table, references, level);
        }
        for branch in list(node, "anyOf").chain(list(node, "oneOf")) {
            if table.is_none_or(|table| self.fits(branch, table)) {
                self.gather(branch, table, references, level);
            }
        }
        if node.contains_key("items") || node.contains_key("prefixItems") {
            level.lists.push(node);
        }
        level.open |= !LIMITS.iter().any(|word| node.contains_key(*word));
    }

    /// The definition a node refers to.
    fn target(&self, node: &Map<String, Json>) -> Option<&'s Json> {
        let pointer = node.get("$ref")?.as_str()?.strip_prefix('#')?;
        self.root.pointer(pointer)
    }

    /// Whether no tag of `branch` contradicts the table.
    fn fits(&self, branch: &'s Json, table: &Table) -> bool {
        let mut node = branch.as_object();
        for _ in 0..MOST_REFERENCES {
            let Some(now) = node else { return true };
            let contradicted = tags(now).any(|(key, tag)| {
                table
                    .get(key)
                    .and_then(Value::as_str)
                    .is_some_and(|found| found != tag)
            });
            if contradicted {
                return false;
            }
            node = self.target(now).and_then(Json::as_object);
        }
        true
    }

    /// Whether two tables choose different variants of the choice at this place.
    pub(in crate::scenario) fn other_variant(
        &self,
        place: &[&'s Json],
        one: &Table,
        two: &Table,
    ) -> bool {
        let mut variants = Vec::new();
        for schema in place {
            self.variants(schema, MOST_REFERENCES, &mut variants);
        }
        let chosen_by = |table: &Table| {
            variants
                .iter()
                .filter(|node| chooses(node, table))
                .copied()
                .collect::<Vec<_>>()
        };
        let (one, two) = (chosen_by(one), chosen_by(two));
        let shared = one.iter().any(|a| two.iter().any(|b| std::ptr::eq(*a, *b)));
        !one.is_empty() && !two.is_empty() && !shared
    }

    fn variants(&self, schema: &'s Json, references: usize, out: &mut Vec<&'s Map<String, Json>>) {
        let (Some(node), Some(references)) = (schema.as_object(), references.checked_sub(1)) else {
            return;
        };
        for word in ["anyOf", "oneOf"] {
            out.extend(list(node, word).filter_map(Json::as_object));
        }
        let parts = ["anyOf", "oneOf", "allOf"]
            .into_iter()
            .flat_map(|word| list(node, word));
        for part in parts.chain(self.target(node)) {
            self.variants(part, references, out);
        }
    }

    /// What the schema says of the value at `path` of `table`: its first sentence.
    pub(in crate::scenario) fn about(&self, path: &KeyPath, table: &Table) -> Option<String> {
        let mut place = self.top();
        let mut here = Some(Value::Table(table.clone()));
        for step in path.steps() {
            let level = self.level(&place, here.as_ref().and_then(Value::as_table));
            (place, here) = match step {
                Step::Key(key) => (
                    level.child(key),
                    here.as_ref().and_then(|v| v.get(key).cloned()),
                ),
                Step::Item { index, .. } => (
                    level.items(*index),
                    here.as_ref().and_then(|v| v.get(*index).cloned()),
                ),
            };
        }
        let described = |schema: &Json| schema.get("description")?.as_str().map(first_sentence);
        let own = place.iter().find_map(|schema| described(schema));
        own.or_else(|| {
            let target = |schema: &&'s Json| self.target(schema.as_object()?);
            place.iter().filter_map(target).find_map(described)
        })
    }

    /// The first unknown key of a table or below it.
    pub(super) fn unknown_in_table(
        &self,
        place: &[&'s Json],
        table: &Table,
        path: &KeyPath,
    ) -> Option<Unknown> {
        let level = self.level(place, Some(table));
        if level.open || level.objects.is_empty() {
            return None;
        }
        table.iter().find_map(|(key, value)| {
            let child = level.child(key);
            if child.is_empty() {
                return Some(self.unknown(&level, path, key));
            }
            self.unknown_in(&child, value, &path.key(key))
        })
    }

    fn unknown_in(&self, place: &[&'s Json], value: &Value, path: &KeyPath) -> Option<Unknown> {
        match value {
            Value::Table(table) => self.unknown_in_table(place, table, path),
            Value::Array(items) => {
                let level = self.level(place, None);
                items.iter().enumerate().find_map(|(index, item)| {
                    let place = level.items(index);
                    self.unknown_in(&place, item, &path.item(index, item))
                })
            }
            _ => None,
        }
    }

    /// Reports `key` as unknown among the keys of `level`, which stands at `path`.
    pub(in crate::scenario) fn unknown(
        &self,
        level: &Level<'s>,
        path: &KeyPath,
        key: &str,
    ) -> Unknown {
        let known = level.keys();
        let sibling =
            super::nearest(key, known.iter().copied()).map(|near| path.key(near).to_string());
        let elsewhere = || {
            let mut paths = Vec::new();
            self.paths_into(&self.top(), "", &mut Vec::new(), &mut paths);
            // A key of another variant of this very table belongs nowhere else either.
            let own = path.key(key).template();
            let same = |path: &String| path.rsplit('.').next() == Some(key);
            let misplaced = !paths.contains(&own);
            misplaced.then(|| paths.into_iter().find(same)).flatten()
        };
        Unknown {
            path: path.key(key),
            nearest: sibling.or_else(elsewhere),
            known: known.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Adds the paths of all keys at and below a place.
    pub(super) fn paths_into(
        &self,
        place: &[&'s Json],
        prefix: &str,
        trail: &mut Vec<&'s Map<String, Json>>,
        out: &mut Vec<String>,
    ) {
        let mut level = self.level(place, None);
        // A type that holds itself would have paths without end.
        level
            .objects
            .retain(|node| !trail.iter().any(|above| std::ptr::eq(*above, *node)));
        let depth = trail.len();
        trail.extend(&level.objects);
        let mut keys: Vec<&str> = level.keys();
        if level.is_map() {
            keys.push("*");
        }
        for key in keys {
            let path = match prefix {
                "" => key.to_owned(),
                prefix => format!("{prefix}.{key}"),
            };
            let child = level.child(key);
            out.push(path.clone());
            self.paths_into(&child, &path, trail, out);
        }
        if !prefix.is_empty() && !level.lists.is_empty() {
            self.paths_into(&level.items(0), &format!("{prefix}[]"), trail, out);
        }
        trail.truncate(depth);
    }
}

impl<'s> Level<'s> {
    /// Whether the schema leaves this place to the reader's choice.
    pub(in crate::scenario) fn is_open(&self) -> bool {
        self.open
    }

    /// The keys with a name of their own, in the order of the schema.
    pub(in crate::scenario) fn keys(&self) -> Vec<&'s str> {
        let mut keys: Vec<&str> = Vec::new();
        for key in self
            .objects
            .iter()
            .flat_map(|node| properties(node))
            .map(|(key, _)| key)
        {
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
        keys
    }

    /// The place under `key`; empty where there is no such key.
    pub(in crate::scenario) fn child(&self, key: &str) -> Place<'s> {
        let mut place = Vec::new();
        for node in &self.objects {
            if let Some(own) = node.get("properties").and_then(|map| map.get(key)) {
                place.push(own);
            } else {
                place.extend(free_keys(node));
            }
        }
        place
    }

    /// The place of the item at `index` of a list.
    pub(in crate::scenario) fn items(&self, index: usize) -> Place<'s> {
        let item = |node: &&'s Map<String, Json>| {
            let fixed = node.get("prefixItems").and_then(|items| items.get(index));
            fixed.or_else(|| node.get("items"))
        };
        self.lists.iter().filter_map(item).collect()
    }

    /// Whether a list may stand here.
    pub(in crate::scenario) fn is_list(&self) -> bool {
        !self.lists.is_empty()
    }

    fn is_map(&self) -> bool {
        self.objects
            .iter()
            .any(|node| free_keys(node).next().is_some())
    }
}

/// What a node says of keys it does not name; `false` says there are none.
fn free_keys(node: &Map<String, Json>) -> impl Iterator<Item = &Json> {
    let patterns = node.get("patternProperties").and_then(Json::as_object);
    let rest = node
        .get("additionalProperties")
        .filter(|schema| schema.as_bool() != Some(false));
    patterns.into_iter().flat_map(Map::values).chain(rest)
}

fn properties(node: &Map<String, Json>) -> impl Iterator<Item = (&String, &Json)> {
    node.get("properties")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
}

fn list<'s>(node: &'s Map<String, Json>, word: &str) -> impl Iterator<Item = &'s Json> {
    node.get(word)
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
}

fn has_type(node: &Map<String, Json>, name: &str) -> bool {
    match node.get("type") {
        Some(Json::String(only)) => only == name,
        Some(Json::Array(several)) => several.iter().any(|one| one == name),
        _ => false,
    }
}

/// The keys whose value is fixed, which is how a schema marks the variants of a choice.
fn tags(node: &Map<String, Json>) -> impl Iterator<Item = (&str, &str)> {
    properties(node).filter_map(|(key, schema)| {
        let only = || match schema.get("enum")?.as_array()?.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        let tag = schema.get("const").or_else(only)?.as_str()?;
        Some((key.as_str(), tag))
    })
}

/// Whether the table picks this variant, by its tag or by being `{ variant = ... }`.
fn chooses(node: &Map<String, Json>, table: &Table) -> bool {
    let tagged = |(key, tag): (&str, &str)| table.get(key).and_then(Value::as_str) == Some(tag);
    // A variant with a tag is chosen by its tag alone, even if that is all it has.
    if tags(node).next().is_some() {
        return tags(node).any(tagged);
    }
    let mut keys = properties(node).map(|(key, _)| key);
    match (keys.next(), keys.next()) {
        (Some(only), None) => {
            let closed = node.get("additionalProperties") == Some(&Json::Bool(false));
            closed && list(node, "required").any(|key| key == only) && table.contains_key(only)
        }
        _ => false,
    }
}

fn first_sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = text.find(". ").unwrap_or(text.len());
    text[..end].trim_end_matches('.').to_owned()
}
