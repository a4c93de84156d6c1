//! Arrow IPC, files and streams: a batch at a time, and of it only the columns that mean something.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use super::Sink;
use super::cell::Cell;
use super::columns::{Columns, FIELDS, Layout};
use super::fault::LogError;
use crate::io::arrow::{ArrowFault, FileBatches, StreamBatches, Value, Values};

/// How the batches are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Stream,
}

/// Either.
enum Open {
    File(FileBatches<BufReader<File>>),
    Stream(StreamBatches<BufReader<File>>),
}

impl Open {
    fn new(file: File, kind: Kind) -> Result<Self, ArrowFault> {
        let file = BufReader::with_capacity(1 << 16, file);
        Ok(match kind {
            Kind::File => Self::File(FileBatches::new(file)?),
            Kind::Stream => Self::Stream(StreamBatches::new(file)?),
        })
    }

    fn schema(&self) -> &Schema {
        match self {
            Self::File(batches) => batches.schema(),
            Self::Stream(batches) => batches.schema(),
        }
    }

    fn next(&mut self) -> Result<Option<RecordBatch>, ArrowFault> {
        match self {
            Self::File(batches) => batches.next(),
            Self::Stream(batches) => batches.next(),
        }
    }
}

fn refused(path: &Path, fault: ArrowFault) -> LogError {
    match fault {
        ArrowFault::Broken(what) => {
            let problem = format!("cannot be read as Arrow ({what}); write or fetch it again");
            LogError::file(&path.display().to_string(), problem)
        }
        ArrowFault::Io(source) => LogError::Io {
            path: PathBuf::from(path),
            source,
        },
    }
}

/// Reads the schema.
pub(super) fn inspect(
    path: &Path,
    file: File,
    kind: Kind,
    columns: &Columns,
) -> Result<Layout, LogError> {
    let open = Open::new(file, kind).map_err(|fault| refused(path, fault))?;
    let fields = open.schema().fields().iter();
    let names: Vec<String> = fields.map(|f| f.name().clone()).collect();
    columns.resolve(&path.display().to_string(), &names)
}

/// Reads the rows. Times that name no zone are `zone` seconds east of UTC.
pub(super) fn read(
    path: &Path,
    (file, kind): (File, Kind),
    layout: &Layout,
    zone: i64,
    sink: &mut dyn Sink,
) -> Result<(), LogError> {
    let name = path.display().to_string();
    let refused = |fault| refused(path, fault);
    let mut open = Open::new(file, kind).map_err(refused)?;
    let mut number = 0;
    while let Some(batch) = open.next().map_err(refused)? {
        rows(&name, &batch, layout, zone, &mut number, sink)?;
    }
    Ok(())
}

fn rows(
    file: &str,
    batch: &RecordBatch,
    layout: &Layout,
    zone: i64,
    number: &mut u64,
    sink: &mut dyn Sink,
) -> Result<(), LogError> {
    let mut open = Vec::new();
    for (field, place) in layout.places.iter().enumerate() {
        let Some(place) = *place else { continue };
        let Some(values) = batch
            .columns()
            .get(place)
            .and_then(|c| Values::new(c.as_ref()))
        else {
            let schema = batch.schema();
            let column = schema.field(place);
            let (column, kind) = (column.name(), column.data_type());
            let problem = format!(
                "column `{column}` is of a type that is not read ({kind}); write it as text, \
                 numbers, times, or a list of these"
            );
            return Err(LogError::file(file, problem));
        };
        open.push((field, values));
    }
    for row in 0..batch.num_rows() {
        *number += 1;
        let mut cells: [Cell<'_>; FIELDS] = Default::default();
        for (field, values) in &open {
            cells[*field] = cell(values.at(row), zone);
        }
        sink.row("row", *number, &cells, &String::new)?;
    }
    Ok(())
}

fn cell(value: Value<'_>, zone: i64) -> Cell<'_> {
    match value {
        Value::Missing => Cell::Missing,
        Value::Bytes(bytes) => Cell::bytes(bytes),
        Value::Digits(digits) => Cell::Text(digits.into()),
        Value::Whole(n) => Cell::Whole(n),
        Value::Float(x) => Cell::Float(x),
        Value::Flag(flag) => Cell::Flag(flag),
        Value::Micros(micros) => Cell::Micros(micros),
        Value::Local(micros) => Cell::Micros(micros.saturating_sub(zone * 1_000_000)),
        Value::List(items) => Cell::List(items.into_iter().map(|i| cell(i, zone)).collect()),
    }
}
