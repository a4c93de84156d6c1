//! Parquet: only the columns that mean something are read, some thousand rows at a time.
//!
//! Columns are flat, or lists of flat values. The footer stands at the end of the file, so one that
//! was cut short is refused as a whole.

use std::borrow::Cow;
use std::fs::File;
use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::Sink;
use super::cell::Cell;
use super::columns::{Columns, FIELDS};
use super::fault::LogError;

/// Rows that are held at a time.
const ROWS: usize = 8_192;

/// Microseconds = stored number · times ÷ parts.
type Unit = Option<(i64, i64)>;

pub(super) fn read(
    path: &Path,
    file: File,
    columns: &Columns,
    sink: &mut dyn Sink,
) -> Result<(), LogError> {
    let name = path.display().to_string();
    let refused = |error: ParquetError| {
        let problem = format!("cannot be read as Parquet ({error}); write or fetch it again");
        LogError::file(&name, problem)
    };
    let reader = SerializedFileReader::new(file).map_err(refused)?;
    let schema = reader.metadata().file_metadata().schema_descr();
    let tops = schema.columns().iter().map(|c| c.path().parts().first());
    let names: Vec<String> = tops.map(|top| top.cloned().unwrap_or_default()).collect();
    let layout = columns.resolve(&name, &names)?;
    sink.file(&name, &layout)?;
    let mut number = 0;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(refused)?;
        let mut open = Vec::new();
        for (field, place) in layout.places.iter().enumerate() {
            let Some(place) = *place else { continue };
            let kind = schema.column(place);
            if kind.max_rep_level() > 1 {
                let problem = format!("column `{}` is a list of lists", names[place]);
                return Err(LogError::file(&name, problem));
            }
            let column = group.get_column_reader(place).map_err(refused)?;
            open.push((field, column, kind));
        }
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        let mut done = 0;
        while done < rows {
            let wanted = ROWS.min(rows - done);
            let mut held = Vec::with_capacity(open.len());
            for (field, column, kind) in &mut open {
                let values = chunk(column, kind, wanted).map_err(refused)?;
                if values.len() != wanted {
                    let problem = "ends before its rows do; write or fetch it again";
                    return Err(LogError::file(&name, problem));
                }
                held.push((*field, values.into_iter()));
            }
            for _ in 0..wanted {
                number += 1;
                let mut cells: [Cell<'_>; FIELDS] = Default::default();
                for (field, values) in &mut held {
                    cells[*field] = values.next().unwrap_or_default();
                }
                sink.row("row", number, &cells, &String::new)?;
            }
            done += wanted;
        }
    }
    Ok(())
}

/// The next rows of a column.
fn chunk(
    column: &mut ColumnReader,
    kind: &ColumnDescriptor,
    rows: usize,
) -> Result<Vec<Cell<'static>>, ParquetError> {
    let unit = unit(kind);
    let whole = |n: i64| match unit {
        Some((times, parts)) => Cell::Micros(n.saturating_mul(times) / parts),
        None => Cell::Whole(n),
    };
    match column {
        ColumnReader::BoolColumnReader(c) => cells(c, kind, rows, |v| Cell::Flag(*v)),
        ColumnReader::Int32ColumnReader(c) => cells(c, kind, rows, |v| whole(i64::from(*v))),
        ColumnReader::Int64ColumnReader(c) => cells(c, kind, rows, |v| whole(*v)),
        ColumnReader::Int96ColumnReader(c) => cells(c, kind, rows, |v| Cell::Micros(v.to_micros())),
        ColumnReader::FloatColumnReader(c) => {
            // As it is written, not as its nearest double: 0.1 is 0.1.
            cells(c, kind, rows, |v| {
                Cell::Float(v.to_string().parse().unwrap_or(f64::NAN))
            })
        }
        ColumnReader::DoubleColumnReader(c) => cells(c, kind, rows, |v| Cell::Float(*v)),
        ColumnReader::ByteArrayColumnReader(c) => cells(c, kind, rows, |v| text(v.data())),
        ColumnReader::FixedLenByteArrayColumnReader(c) => cells(c, kind, rows, |v| text(v.data())),
    }
}

fn text(bytes: &[u8]) -> Cell<'static> {
    match Cell::bytes(bytes) {
        Cell::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
        Cell::Broken(_) => Cell::Broken(b"\xFF"),
        _ => Cell::Missing,
    }
}

fn unit(kind: &ColumnDescriptor) -> Unit {
    match (kind.logical_type_ref(), kind.converted_type()) {
        (Some(LogicalType::Timestamp(time)), _) => Some(match time.unit {
            TimeUnit::MILLIS => (1_000, 1),
            TimeUnit::MICROS => (1, 1),
            TimeUnit::NANOS => (1, 1_000),
        }),
        (_, ConvertedType::TIMESTAMP_MILLIS) => Some((1_000, 1)),
        (_, ConvertedType::TIMESTAMP_MICROS) => Some((1, 1)),
        (Some(LogicalType::Date), _) | (_, ConvertedType::DATE) => Some((86_400_000_000, 1)),
        _ => None,
    }
}

/// One cell a row: what is defined is a value, what begins a row has repetition level 0.
fn cells<T: DataType>(
    column: &mut ColumnReaderImpl<T>,
    kind: &ColumnDescriptor,
    rows: usize,
    cell: impl Fn(&T::T) -> Cell<'static>,
) -> Result<Vec<Cell<'static>>, ParquetError> {
    let (mut defined, mut repeated, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let mut found = 0;
    while found < rows {
        let (records, _, _) = column.read_records(
            rows - found,
            Some(&mut defined),
            Some(&mut repeated),
            &mut values,
        )?;
        if records == 0 {
            break;
        }
        found += records;
    }
    let full = kind.max_def_level();
    let mut values = values.iter();
    let mut next = |present: bool| {
        let value = if present { values.next() } else { None };
        value.map_or(Cell::Missing, &cell)
    };
    if full == 0 {
        return Ok((0..found).map(|_| next(true)).collect());
    }
    if kind.max_rep_level() == 0 {
        return Ok(defined.iter().map(|d| next(*d == full)).collect());
    }
    let mut out: Vec<Cell<'static>> = Vec::with_capacity(rows);
    for (level, repetition) in defined.iter().zip(&repeated) {
        if *repetition == 0 {
            out.push(Cell::List(Vec::new()));
        }
        // A value, or an element that is null; anything less defined is an empty list.
        if *level + 1 >= full
            && let Some(Cell::List(items)) = out.last_mut()
            && (*level == full || *repetition != 0)
        {
            items.push(next(*level == full));
        }
    }
    Ok(out)
}
