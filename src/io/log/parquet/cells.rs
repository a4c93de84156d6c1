//! Row groups cell by cell: any column, every fault found where it is.

use std::borrow::Cow;
use std::fs::File;
use std::sync::Arc;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::metadata::page_index::RowGroupPageIndex;
use parquet::file::properties::ReaderProperties;
use parquet::file::reader::RowGroupReader;
use parquet::file::serialized_reader::SerializedRowGroupReader;
use parquet::schema::types::ColumnDescriptor;

use super::super::Sink;
use super::super::cell::Cell;
use super::super::columns::FIELDS;
use super::super::fault::LogError;
use super::super::gather::Gather;
use super::{Opened, decoded};
use crate::base::math::pow;

/// Rows that are held at a time.
const ROWS: usize = 8_192;

/// What a stored number means.
#[derive(Clone, Copy)]
enum Unit {
    /// Itself.
    None,
    /// So many parts of one.
    Parts(f64),
    /// Microseconds = number · times ÷ parts; later by the zone's seconds if it names no zone.
    Time { times: i64, parts: i64, local: bool },
}

/// Reads a row group from the row at `skip` on, which has the number `number`.
pub(super) fn read(
    name: &str,
    file: File,
    opened: &Opened,
    (group, skip): (usize, usize),
    mut number: u64,
    sink: &mut Gather<'_>,
) -> Result<(), LogError> {
    let zone = sink.shared.options.zone_seconds;
    let (layout, metadata) = (&opened.layout, opened.metadata());
    let schema = metadata.file_metadata().schema_descr();
    let pages = RowGroupPageIndex::new(group, None);
    let properties = Arc::new(ReaderProperties::builder().build());
    let of_group = metadata.row_group(group);
    let reader = decoded(name, || {
        SerializedRowGroupReader::new(Arc::new(file), of_group, pages, properties)
    })?;
    let short = || {
        let problem = "ends before its rows do; write or fetch it again";
        LogError::file(name, problem)
    };
    let mut open = Vec::new();
    for (field, place) in layout.places.iter().enumerate() {
        let Some(place) = *place else { continue };
        let kind = schema.column(place);
        if kind.max_rep_level() > 1 {
            let problem = format!("column `{}` is a list of lists", layout.names[place]);
            return Err(LogError::file(name, problem));
        }
        let mut column = decoded(name, || reader.get_column_reader(place))?;
        if decoded(name, || skip_rows(&mut column, skip))? < skip {
            return Err(short());
        }
        open.push((field, column, kind));
    }
    let rows = opened.rows(group);
    let mut done = skip;
    while done < rows {
        let wanted = ROWS.min(rows - done);
        let mut held = Vec::with_capacity(open.len());
        for (field, column, kind) in &mut open {
            let values = decoded(name, || chunk(column, kind, wanted, zone))?;
            if values.len() != wanted {
                return Err(short());
            }
            held.push((*field, values.into_iter()));
        }
        for _ in 0..wanted {
            let mut cells: [Cell<'_>; FIELDS] = Default::default();
            for (field, values) in &mut held {
                cells[*field] = values.next().unwrap_or_default();
            }
            sink.row("row", number, &cells, &String::new)?;
            number += 1;
        }
        done += wanted;
    }
    Ok(())
}

fn skip_rows(column: &mut ColumnReader, rows: usize) -> Result<usize, ParquetError> {
    match column {
        ColumnReader::BoolColumnReader(c) => c.skip_records(rows),
        ColumnReader::Int32ColumnReader(c) => c.skip_records(rows),
        ColumnReader::Int64ColumnReader(c) => c.skip_records(rows),
        ColumnReader::Int96ColumnReader(c) => c.skip_records(rows),
        ColumnReader::FloatColumnReader(c) => c.skip_records(rows),
        ColumnReader::DoubleColumnReader(c) => c.skip_records(rows),
        ColumnReader::ByteArrayColumnReader(c) => c.skip_records(rows),
        ColumnReader::FixedLenByteArrayColumnReader(c) => c.skip_records(rows),
    }
}

/// The next rows of a column.
fn chunk(
    column: &mut ColumnReader,
    kind: &ColumnDescriptor,
    rows: usize,
    zone: i64,
) -> Result<Vec<Cell<'static>>, ParquetError> {
    let unit = unit(kind);
    let whole = |n: i64| match unit {
        Unit::Time {
            times,
            parts,
            local,
        } => {
            let east = if local { zone * 1_000_000 } else { 0 };
            Cell::Micros((n.saturating_mul(times) / parts).saturating_sub(east))
        }
        Unit::Parts(parts) => Cell::Float(n as f64 / parts),
        Unit::None => Cell::Whole(n),
    };
    let bytes = |bytes: &[u8]| match unit {
        Unit::Parts(parts) => {
            big_endian(bytes).map_or(Cell::Float(f64::NAN), |n| Cell::Float(n as f64 / parts))
        }
        _ => text(bytes),
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
        ColumnReader::ByteArrayColumnReader(c) => cells(c, kind, rows, |v| bytes(v.data())),
        ColumnReader::FixedLenByteArrayColumnReader(c) => cells(c, kind, rows, |v| bytes(v.data())),
    }
}

fn text(bytes: &[u8]) -> Cell<'static> {
    match Cell::bytes(bytes) {
        Cell::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
        Cell::Broken(_) => Cell::Broken(b"\xFF"),
        _ => Cell::Missing,
    }
}

/// A number as decimals are stored: two's complement, the highest byte first.
fn big_endian(bytes: &[u8]) -> Option<i128> {
    let first = *bytes.first()?;
    let mut all = [if first & 0x80 == 0 { 0 } else { 0xFF }; 16];
    let at = all.len().checked_sub(bytes.len())?;
    all[at..].copy_from_slice(bytes);
    Some(i128::from_be_bytes(all))
}

fn unit(kind: &ColumnDescriptor) -> Unit {
    let decimal = matches!(kind.logical_type_ref(), Some(LogicalType::Decimal(_)));
    if decimal || kind.converted_type() == ConvertedType::DECIMAL {
        return Unit::Parts(pow(10.0, f64::from(kind.type_scale())));
    }
    let time = |times, parts, local| Unit::Time {
        times,
        parts,
        local,
    };
    match (kind.logical_type_ref(), kind.converted_type()) {
        (Some(LogicalType::Timestamp(stamp)), _) => {
            let local = !stamp.is_adjusted_to_u_t_c;
            match stamp.unit {
                TimeUnit::MILLIS => time(1_000, 1, local),
                TimeUnit::MICROS => time(1, 1, local),
                TimeUnit::NANOS => time(1, 1_000, local),
            }
        }
        (_, ConvertedType::TIMESTAMP_MILLIS) => time(1_000, 1, false),
        (_, ConvertedType::TIMESTAMP_MICROS) => time(1, 1, false),
        (Some(LogicalType::Date), _) | (_, ConvertedType::DATE) => time(86_400_000_000, 1, true),
        _ => Unit::None,
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
