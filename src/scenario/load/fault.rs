//! Which file is at fault, for which key, and in what words.
//!
//! A mistake shows only in the merged document, but a person mends it in a file. So the layers
//! and the overrides are searched for the last one that had a say in the key.

use serde_path_to_error::Segment;
use toml::{Table, Value};

use super::merge::Layer;
use crate::scenario::error::{ScenarioError, one_line, problem_and_remedy};
use crate::scenario::keys::{Guide, KeyPath};
use crate::scenario::overrides::Override;

/// Where each part of the merged document came from.
pub(super) struct History<'h> {
    pub(super) layers: &'h [Layer],
    pub(super) set: &'h [(KeyPath, &'h Override)],
}

impl History<'_> {
    /// The override or the file that said last what stands at `path`.
    pub(super) fn owner(&self, path: &KeyPath) -> String {
        let set = self.set.iter().rev().find(|(set, _)| set.leads_to(path));
        if let Some((_, change)) = set {
            return format!("--set {change}");
        }
        let holds = |layer: &&Layer| path.find(&layer.table).is_some();
        let layer = self.layers.iter().find(holds).or(self.layers.first());
        layer.map(|layer| layer.origin.clone()).unwrap_or_default()
    }
}

pub(super) fn wrong_value(
    guide: &Guide,
    history: &History,
    table: &Table,
    error: &serde_path_to_error::Error<toml::de::Error>,
) -> ScenarioError {
    let path = document_path(error.path(), table);
    let message = error.inner().message();
    let missing = message
        .strip_prefix("missing field `")
        .and_then(|m| m.strip_suffix('`'));
    if let Some(key) = missing {
        let remedy = match guide.about(&path.key(key), table) {
            Some(about) => format!("write {key} = ... there: {about}"),
            None => format!("write {key} = ... there"),
        };
        let file = history.owner(&path);
        let (key, within) = (key.to_owned(), path.to_string());
        return ScenarioError::MissingKey {
            file,
            key,
            within,
            remedy,
        };
    }
    let path = narrowed(path, table, message);
    let file = history.owner(&path);
    let about = guide.about(&path, table);
    let (problem, remedy) = problem_and_remedy(message, about.as_deref());
    let value = path
        .find(table)
        .map(|v| one_line(&v.to_string()))
        .unwrap_or_else(|| "(the document)".to_owned());
    let key = match path.steps() {
        [] => "(top level)".to_owned(),
        _ => path.to_string(),
    };
    ScenarioError::value(file, key, value, problem, remedy)
}

/// The path serde reports, with the names of list items, as far as the document has it.
fn document_path(path: &serde_path_to_error::Path, table: &Table) -> KeyPath {
    let mut found = KeyPath::default();
    let mut here = None;
    for segment in path {
        let below = match segment {
            Segment::Map { key } | Segment::Enum { variant: key } => {
                let holder = here.map_or(Some(table), Value::as_table);
                holder
                    .and_then(|holder| holder.get(key))
                    .map(|below| (found.key(key), below))
            }
            Segment::Seq { index } => {
                let item = here.and_then(|list: &Value| list.get(*index));
                item.map(|item| (found.item(*index, item), item))
            }
            Segment::Unknown => None,
        };
        // A variant that is written as a bare text has no key of its own.
        let Some((path, value)) = below else { continue };
        (found, here) = (path, Some(value));
    }
    found
}

/// The path to the one value below `path` that the message quotes, if it is the only one.
///
/// Serde reads a tagged choice or a flattened table into a buffer first, and the path it reports
/// ends there. Every message quotes the value it refuses, so the value leads the rest of the way.
fn narrowed(path: KeyPath, table: &Table, message: &str) -> KeyPath {
    let top;
    let start = match path.steps() {
        [] => {
            top = Value::Table(table.clone());
            &top
        }
        _ => match path.find(table) {
            Some(value) => value,
            None => return path,
        },
    };
    let Some(quote) = message.find(['`', '"']) else {
        return path;
    };
    let (mark, text) = message[quote..].split_at(1);
    let found = text.find(mark).map_or("", |end| &text[..end]);
    let mut same = Vec::new();
    leaves(start, &path, &mut |path, value| {
        let quoted = match value {
            Value::String(text) => text == found,
            // Rust and TOML differ over whether a whole float has a point.
            Value::Float(number) => number.to_string() == found || value.to_string() == found,
            other => other.to_string() == found,
        };
        if quoted {
            same.push(path.clone());
        }
    });
    match same.pop() {
        Some(only) if same.is_empty() => only,
        _ => path,
    }
}

/// Shows each scalar at or below a value.
fn leaves(value: &Value, path: &KeyPath, show: &mut impl FnMut(&KeyPath, &Value)) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                leaves(value, &path.key(key), show);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &path.item(index, item), show);
            }
        }
        scalar => show(path, scalar),
    }
}
