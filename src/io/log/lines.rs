//! JSON Lines: one object a line. Lists may be lists.

use std::borrow::Cow;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::{Map, Value};

use super::Sink;
use super::cell::Cell;
use super::columns::{Columns, FIELDS, Layout};
use super::fault::LogError;
use super::source::{Text, broken};

/// Keys may be left out where there is nothing to say, so the names are those of many lines.
const LOOKED_AT: usize = 1_000;

/// What the first lines of a text say.
pub(super) fn inspect(path: &Path, head: &[u8], columns: &Columns) -> Result<Layout, LogError> {
    let mut names: Vec<String> = Vec::new();
    for line in head.split(|b| *b == b'\n').take(LOOKED_AT) {
        let object: Map<String, Value> = serde_json::from_slice(line).unwrap_or_default();
        for name in object.into_iter().map(|(name, _)| name) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    columns.resolve(&path.display().to_string(), &names)
}

pub(super) fn read(
    path: &Path,
    text: Text,
    layout: &Layout,
    sink: &mut dyn Sink,
) -> Result<(), LogError> {
    let mut reader = BufReader::new(text.all);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = reader.read_until(b'\n', &mut line);
        if read.map_err(|e| broken(path, e))? == 0 {
            break;
        }
        let bytes = line.trim_ascii();
        if bytes.is_empty() {
            continue;
        }
        let raw = || String::from_utf8_lossy(bytes).into_owned();
        let object: Map<String, Value> = match serde_json::from_slice(bytes) {
            Ok(object) => object,
            Err(error) => {
                let remedy = "write one JSON object a line";
                sink.unreadable(number, &error.to_string(), remedy, &raw)?;
                continue;
            }
        };
        let cells: [Cell<'_>; FIELDS] = layout.places.map(|place| {
            let name = place.and_then(|p| layout.names.get(p));
            name.and_then(|n| object.get(n)).map_or(Cell::Missing, cell)
        });
        sink.row("line", number, &cells, &raw)?;
    }
    Ok(())
}

fn cell(value: &Value) -> Cell<'_> {
    match value {
        Value::Null => Cell::Missing,
        Value::Bool(flag) => Cell::Flag(*flag),
        Value::Number(n) => match n.as_i64() {
            Some(n) => Cell::Whole(n),
            None => Cell::Float(n.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Cell::bytes(text.as_bytes()),
        Value::Array(items) => Cell::List(items.iter().map(cell).collect()),
        Value::Object(_) => Cell::Text(Cow::Owned(value.to_string())),
    }
}
