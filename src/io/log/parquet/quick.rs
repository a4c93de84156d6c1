//! Row groups in bulk: events whose columns have the usual types and whose cells are all in order.
//!
//! Names of channels and events come as the file's own dictionaries, so each is looked at once and not
//! once a row. A batch is taken whole or not at all.

use std::borrow::Cow;
use std::fs::File;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, DictionaryArray, PrimitiveArray, RecordBatch, StringArray,
};
use arrow_schema::{DataType, Field as Column, Schema, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::ParquetMetaData;

use super::super::LogShape;
use super::super::cell::{Cell, unix};
use super::super::columns::{FIELDS, Field, Layout, Role};
use super::super::fault::LogError;
use super::super::gather::Gather;
use super::super::identity::Identity;
use super::super::row;
use super::super::said::Meaning;
use crate::base::math::pow;
use crate::io::guard::guarded;
use crate::journey::TouchKind;

/// Rows of a batch.
const ROWS: usize = 8_192;

/// How to read the columns of a file in bulk.
#[derive(Debug)]
pub(super) struct Plan {
    metadata: ArrowReaderMetadata,
    mask: ProjectionMask,
    /// Where in a batch each field stands.
    at: [Option<usize>; FIELDS],
}

impl Plan {
    /// None where the file has to be read cell by cell.
    pub fn new(metadata: &Arc<ParquetMetaData>, layout: &Layout) -> Option<Self> {
        if layout.shape != LogShape::Events || layout.role == Role::Criteo {
            return None;
        }
        let parquet = metadata.file_metadata().schema_descr();
        let wanted: Vec<usize> = layout.places.iter().flatten().copied().collect();
        let flat = |c: &usize| parquet.column(*c).path().parts().len() == 1;
        // Nested columns would make places in the schema differ from places among the leaves.
        if !(0..parquet.num_columns()).all(|c| flat(&c)) {
            return None;
        }
        let plain = ArrowReaderMetadata::try_new(Arc::clone(metadata), ArrowReaderOptions::new());
        let plain = plain.ok()?;
        let mut columns: Vec<Column> = Vec::new();
        for (place, column) in plain.schema().fields().iter().enumerate() {
            let field = layout.places.iter().position(|p| *p == Some(place));
            let kind = match field {
                Some(field) if text(column.data_type()) => names(field),
                _ => column.data_type().clone(),
            };
            columns.push(Column::new(column.name(), kind, column.is_nullable()));
        }
        let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(columns)));
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata), options).ok()?;
        let mut sorted = wanted.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let at = layout
            .places
            .map(|place| place.and_then(|p| sorted.iter().position(|s| *s == p)));
        Some(Self {
            mask: ProjectionMask::leaves(metadata.parquet_schema(), wanted),
            metadata,
            at,
        })
    }

    /// Reads the batches of a group as long as they are plainly right, and says how many rows that were.
    pub fn read(&self, file: File, group: usize, sink: &mut Gather<'_>) -> Result<usize, LogError> {
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let build = || {
            builder
                .with_projection(self.mask.clone())
                .with_row_groups(vec![group])
                .with_batch_size(ROWS)
                .build()
        };
        let mut done = 0;
        let mut known = Known::default();
        let Some(Ok(mut reader)) = guarded(build) else {
            return Ok(done);
        };
        // What is wrong with a batch is found, and said, by who reads cell by cell.
        while let Some(Some(Ok(batch))) = guarded(|| reader.next()) {
            if !self.batch(&batch, &mut known, sink)? {
                break;
            }
            sink.rows += batch.num_rows() as u64;
            sink.used += batch.num_rows() as u64;
            done += batch.num_rows();
            sink.deal_if_full()?;
        }
        Ok(done)
    }

    /// Takes a batch, unless anything is not plainly right.
    fn batch(
        &self,
        batch: &RecordBatch,
        known: &mut Known,
        sink: &mut Gather<'_>,
    ) -> Result<bool, LogError> {
        let column = |field: Field| self.at[field as usize].map(|at| batch.column(at));
        let (Some(users), Some(times)) = (column(Field::User), column(Field::Time)) else {
            return Ok(false);
        };
        let Some(times) = read_times(times, sink.shared.options.zone_seconds) else {
            return Ok(false);
        };
        let role = sink.layout.role;
        let events = match (role, column(Field::Event)) {
            (Role::Conversions, _) => None,
            (Role::Touches, None) => None,
            (_, Some(events)) => Some(events),
            (_, None) => return Ok(false),
        };
        if !known.read_events(events, role, batch.num_rows(), sink) {
            return Ok(false);
        }
        let (channels, groups) = (column(Field::Channel), column(Field::Merchant));
        if !known.read_channels(channels, sink)?
            || !known.read_groups(groups, sink)?
            || !known.read_values(column(Field::Value))
        {
            return Ok(false);
        }
        known.take(users, &times, sink)
    }
}

/// Whether a type is text, or bytes that may be text.
fn text(kind: &DataType) -> bool {
    use DataType::{Binary, BinaryView, LargeBinary, LargeUtf8, Utf8, Utf8View};
    match kind {
        Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView => true,
        DataType::Dictionary(_, value) => text(value),
        _ => false,
    }
}

/// How a column of text is to be read: few names as a dictionary, many as they are.
fn names(field: usize) -> DataType {
    let key = Box::new(DataType::Int32);
    if field == Field::User as usize {
        DataType::Utf8View
    } else {
        DataType::Dictionary(key, Box::new(DataType::Utf8))
    }
}

/// What became of the names of a dictionary. Batches of one group share it.
#[derive(Default)]
struct Dictionary {
    of: Option<ArrayRef>,
    met: Vec<u32>,
}

type Keyed = DictionaryArray<Int32Type>;

impl Dictionary {
    /// Forgets what was met if this is another dictionary, and says whether it is.
    fn begin(&mut self, array: &Keyed, nothing: u32) -> bool {
        let values = array.values();
        let other = !self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, values));
        if other {
            self.met = vec![nothing; values.len()];
            self.of = Some(Arc::clone(values));
        }
        other
    }
}

fn keyed(column: &ArrayRef) -> Option<(&Keyed, &StringArray)> {
    let array = column.as_dictionary_opt::<Int32Type>()?;
    Some((array, array.values().as_string_opt::<i32>()?))
}

/// The name behind a key, as cells are read: without the blanks around it.
fn name(values: &StringArray, key: usize) -> Option<&str> {
    let present = key < values.len() && values.is_valid(key);
    let name = if present { values.value(key) } else { "" };
    let name = name.trim_ascii();
    (!name.is_empty()).then_some(name)
}

/// In place of what has not been looked up, or is not plainly right.
const ODD: u32 = u32::MAX;

/// Whole numbers of a column; none if these are not what it holds.
fn whole(column: &ArrayRef) -> Option<Cow<'_, [i64]>> {
    fn each<T: ArrowPrimitiveType<Native: Into<i64>>>(column: &ArrayRef) -> Cow<'_, [i64]> {
        let column: &PrimitiveArray<T> = column.as_primitive();
        column.values().iter().map(|n| (*n).into()).collect()
    }
    Some(match column.data_type() {
        DataType::Int64 => Cow::Borrowed(column.as_primitive::<Int64Type>().values()),
        DataType::Int32 => each::<Int32Type>(column),
        DataType::Int16 => each::<Int16Type>(column),
        DataType::Int8 => each::<Int8Type>(column),
        DataType::UInt32 => each::<UInt32Type>(column),
        DataType::UInt16 => each::<UInt16Type>(column),
        DataType::UInt8 => each::<UInt8Type>(column),
        _ => return None,
    })
}

/// Times in microseconds; none if the column is not plainly right.
fn read_times(times: &ArrayRef, zone: i64) -> Option<Cow<'_, [i64]>> {
    if times.null_count() > 0 {
        return None;
    }
    let DataType::Timestamp(unit, named) = times.data_type() else {
        let times = match times.data_type() {
            DataType::Int64 | DataType::Int32 => whole(times)?,
            _ => return None,
        };
        return times.iter().map(|n| unix(*n as f64)).collect();
    };
    let (stored, factor, parts): (&[i64], _, _) = match unit {
        TimeUnit::Second => (
            times.as_primitive::<TimestampSecondType>().values(),
            1_000_000,
            1,
        ),
        TimeUnit::Millisecond => (
            times.as_primitive::<TimestampMillisecondType>().values(),
            1_000,
            1,
        ),
        TimeUnit::Microsecond => (
            times.as_primitive::<TimestampMicrosecondType>().values(),
            1,
            1,
        ),
        TimeUnit::Nanosecond => (
            times.as_primitive::<TimestampNanosecondType>().values(),
            1,
            1_000,
        ),
    };
    let east = if named.is_some() { 0 } else { zone * 1_000_000 };
    if (factor, parts, east) == (1, 1, 0) {
        return Some(Cow::Borrowed(stored));
    }
    let micros = |n: &i64| (n.saturating_mul(factor) / parts).saturating_sub(east);
    Some(stored.iter().map(micros).collect())
}

/// Columns of a batch as numbers, and names that have been looked up.
#[derive(Default)]
struct Known {
    /// The low bits of rows.
    lows: Vec<u32>,
    groups: Vec<u16>,
    /// Places of conversions, and their values.
    conversions: Vec<u32>,
    values: Vec<i64>,
    /// How many of these were rounded.
    rounded: u64,
    events: Dictionary,
    channel: Dictionary,
    group: Dictionary,
}

impl Known {
    /// Each of these says whether the column is plainly right.
    fn read_events(
        &mut self,
        events: Option<&ArrayRef>,
        role: Role,
        rows: usize,
        sink: &Gather<'_>,
    ) -> bool {
        self.lows.clear();
        self.conversions.clear();
        let Some(events) = events else {
            if role == Role::Conversions {
                self.lows.resize(rows, row::CONVERSION_LOW);
                self.conversions.extend(0..rows as u32);
            } else {
                self.lows.resize(rows, row::touch_low(0, TouchKind::Click));
            }
            return true;
        };
        let Some((events, values)) = keyed(events) else {
            return false;
        };
        if events.null_count() > 0 {
            return false;
        }
        if self.events.begin(events, ODD) {
            for (key, met) in self.events.met.iter_mut().enumerate() {
                let meaning = name(values, key).and_then(|n| sink.shared.options.meaning(n));
                *met = match meaning {
                    Some(Meaning::Touch(kind)) => row::touch_low(0, kind),
                    Some(Meaning::Conversion) if role == Role::Both => row::CONVERSION_LOW,
                    _ => ODD,
                };
            }
        }
        let met = &self.events.met;
        let mut odd = false;
        let keys = events.keys().values().iter();
        self.lows.extend(keys.map(|key| {
            let low = met.get(*key as usize).copied().unwrap_or(ODD);
            odd |= low == ODD;
            low
        }));
        let lows = (0..).zip(&self.lows);
        let conversions = lows.filter(|(_, low)| **low == row::CONVERSION_LOW);
        self.conversions
            .extend(conversions.map(|(place, _): (u32, _)| place));
        !odd
    }

    fn read_channels(
        &mut self,
        channels: Option<&ArrayRef>,
        sink: &mut Gather<'_>,
    ) -> Result<bool, LogError> {
        let Some(channels) = channels else {
            return Ok(self.conversions.len() == self.lows.len());
        };
        let Some((channels, values)) = keyed(channels) else {
            return Ok(false);
        };
        // The channel of a conversion is not looked at, and nothing else may be without one.
        let nulls = channels.nulls();
        let null = |place: &&u32| nulls.is_some_and(|nulls| nulls.is_null(**place as usize));
        if channels.null_count() > self.conversions.iter().filter(null).count() {
            return Ok(false);
        }
        self.channel.begin(channels, ODD);
        let met = &mut self.channel.met;
        for (key, low) in channels.keys().values().iter().zip(&mut self.lows) {
            if *low == row::CONVERSION_LOW {
                continue;
            }
            let key = *key as usize;
            let known = met.get(key).copied().unwrap_or(ODD);
            *low |= if known == ODD {
                let Some(name) = name(values, key) else {
                    return Ok(false);
                };
                met[key] = u32::from(sink.channel(name)?);
                met[key]
            } else {
                known
            };
        }
        Ok(true)
    }

    fn read_groups(
        &mut self,
        groups: Option<&ArrayRef>,
        sink: &mut Gather<'_>,
    ) -> Result<bool, LogError> {
        self.groups.clear();
        let Some(groups) = groups else {
            return Ok(true);
        };
        let Some((groups, values)) = keyed(groups) else {
            return Ok(false);
        };
        if groups.null_count() > 0 {
            return Ok(false);
        }
        self.group.begin(groups, ODD);
        let met = &mut self.group.met;
        for key in groups.keys().values() {
            let key = *key as usize;
            if met.get(key).is_none_or(|met| *met == ODD) {
                let Some(name) = name(values, key) else {
                    return Ok(false);
                };
                met[key] = u32::from(sink.group(name)?);
            }
            self.groups.push(met[key] as u16);
        }
        Ok(true)
    }

    /// The values of conversions only.
    fn read_values(&mut self, column: Option<&ArrayRef>) -> bool {
        self.values.clear();
        self.rounded = 0;
        let Some(column) = column else {
            self.values.resize(self.conversions.len(), 0);
            return true;
        };
        for place in &self.conversions {
            let Some(Ok((worth, rounded))) = value(column, *place as usize) else {
                return false;
            };
            self.values.push(worth);
            self.rounded += u64::from(rounded);
        }
        true
    }

    /// All columns but that of users are known and right: the events are added.
    fn take(
        &self,
        users: &ArrayRef,
        times: &[i64],
        sink: &mut Gather<'_>,
    ) -> Result<bool, LogError> {
        if users.null_count() > 0 {
            return Ok(false);
        }
        let scramble = sink.shared.runs.scramble;
        if let Some(users) = whole(users) {
            if self.groups.is_empty() {
                if !sink.pending.extend(&users, times, &self.lows) {
                    return Ok(false);
                }
            } else if !users.iter().all(|user| scramble.fits(*user)) {
                return Ok(false);
            } else {
                for (place, user) in users.iter().enumerate() {
                    self.push(place, scramble.whole(*user), times, sink);
                }
            }
        } else {
            let Some(names) = users.as_string_view_opt() else {
                return Ok(false);
            };
            let names = names
                .iter()
                .map(|name| name.unwrap_or_default().trim_ascii());
            if names.clone().any(str::is_empty) {
                return Ok(false);
            }
            for (place, name) in names.enumerate() {
                let who = scramble.text(name);
                sink.meet(who, name)?;
                self.push(place, who, times, sink);
            }
        }
        sink.pending.values.extend_from_slice(&self.values);
        sink.rounded += self.rounded;
        Ok(true)
    }

    #[inline]
    fn push(&self, place: usize, who: Identity, times: &[i64], sink: &mut Gather<'_>) {
        let group = self.groups.get(place).copied().unwrap_or(0);
        sink.pending
            .push(who, group, times[place], self.lows[place]);
    }
}

/// The value of a row; none if the column's type has to be read cell by cell.
fn value(column: &ArrayRef, row: usize) -> Option<Result<(i64, bool), super::super::cell::Wrong>> {
    if column.is_null(row) {
        return Some(Cell::Missing.value());
    }
    let cell = match column.data_type() {
        DataType::Float64 => Cell::Float(column.as_primitive::<Float64Type>().value(row)),
        // As it is written, not as its nearest double: 0.1 is 0.1.
        DataType::Float32 => {
            let short = column.as_primitive::<Float32Type>().value(row);
            Cell::Float(short.to_string().parse().unwrap_or(f64::NAN))
        }
        DataType::Int64 => Cell::Whole(column.as_primitive::<Int64Type>().value(row)),
        DataType::Int32 => Cell::Whole(column.as_primitive::<Int32Type>().value(row).into()),
        DataType::Decimal128(_, scale) => {
            let stored = column.as_primitive::<Decimal128Type>().value(row);
            Cell::Float(stored as f64 / pow(10.0, f64::from(*scale)))
        }
        _ => return None,
    };
    Some(cell.value())
}
