//! Delimited text: comma, semicolon, tab or bar; with a line of names, or without.

use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use super::Sink;
use super::cell::Cell;
use super::columns::{Columns, FIELDS, Layout};
use super::fault::LogError;
use super::source::{Text, broken};

/// The delimiters that are looked for.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How a text is to be taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    delimiter: u8,
    header: bool,
    cells: usize,
}

/// What the first bytes of a text say.
pub(super) fn inspect(
    path: &Path,
    head: &[u8],
    delimiter: Option<u8>,
    columns: &Columns,
) -> Result<(Layout, Dialect), LogError> {
    let file = path.display().to_string();
    let first = |delimiter: u8| {
        let mut reader = builder(delimiter).from_reader(head);
        let mut record = ByteRecord::new();
        let found = reader.read_byte_record(&mut record).unwrap_or(false);
        let cells = record
            .iter()
            .map(|c| String::from_utf8_lossy(c.trim_ascii()).into_owned());
        (if found { cells.collect() } else { Vec::new() }, delimiter)
    };
    // The one that finds most names; of equals the one that finds most cells.
    let score = |(cells, _): &(Vec<String>, u8)| {
        let known = cells.iter().filter(|c| columns.knows(c)).count();
        (known, cells.len())
    };
    let wanted: Vec<u8> = delimiter.map_or(DELIMITERS.to_vec(), |d| vec![d]);
    let mut tried = wanted.into_iter().rev().map(first);
    let best = tried
        .by_ref()
        .max_by_key(score)
        .filter(|(c, _)| !c.is_empty());
    let Some((mut names, delimiter)) = best else {
        let problem = "is empty; a log begins with a line of column names";
        return Err(LogError::file(&file, problem));
    };
    let number = |cell: &String| Cell::bytes(cell.as_bytes()).time(0).is_ok();
    // No header holds a number; two names that are known outweigh one that looks like it.
    let known = names.iter().filter(|n| columns.knows(n)).count();
    let header = known > 1 || !names.iter().any(number);
    if !header {
        names = (1..=names.len()).map(|n| n.to_string()).collect();
    }
    let dialect = Dialect {
        delimiter,
        header,
        cells: names.len(),
    };
    Ok((columns.resolve(&file, &names)?, dialect))
}

pub(super) fn read(
    path: &Path,
    text: Text,
    dialect: Dialect,
    layout: &Layout,
    sink: &mut dyn Sink,
) -> Result<(), LogError> {
    let mut reader = builder(dialect.delimiter).from_reader(text.all);
    let mut record = ByteRecord::new();
    if dialect.header {
        let read = reader.read_byte_record(&mut record);
        read.map_err(|e| refused(path, e))?;
    }
    while reader
        .read_byte_record(&mut record)
        .map_err(|e| refused(path, e))?
    {
        let line = record.position().map_or(0, csv::Position::line);
        let raw = || {
            let cells: Vec<_> = record.iter().map(String::from_utf8_lossy).collect();
            cells.join(&char::from(dialect.delimiter).to_string())
        };
        if record.len() != dialect.cells {
            let problem = format!("has {} cells instead of {}", record.len(), dialect.cells);
            let remedy = "put cells that hold the delimiter in quotes";
            sink.unreadable(line, &problem, remedy, &raw)?;
            continue;
        }
        let cells: [Cell<'_>; FIELDS] = cells(layout, &record);
        sink.row("line", line, &cells, &raw)?;
    }
    Ok(())
}

fn cells<'a>(layout: &Layout, record: &'a ByteRecord) -> [Cell<'a>; FIELDS] {
    layout.places.map(|place| {
        place
            .and_then(|p| record.get(p))
            .map_or(Cell::Missing, Cell::bytes)
    })
}

fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 18);
    builder
}

fn refused(path: &Path, error: csv::Error) -> LogError {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => broken(path, source),
        other => LogError::file(&path.display().to_string(), format!("{other:?}")),
    }
}
