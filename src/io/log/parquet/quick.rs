//! Row groups in bulk: events whose columns have the usual types and whose cells are all in order.
//!
//! Names of channels and events come as the file's own dictionaries, so each is looked at once and not
//! once a row. A batch is taken whole or not at all.

use std::fs::File;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type,
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
            let before = (sink.events.len(), sink.values.len());
            match self.batch(&batch, &mut known, sink)? {
                Some(rounded) => {
                    sink.rounded += rounded;
                    sink.rows += batch.num_rows() as u64;
                    sink.used += batch.num_rows() as u64;
                    done += batch.num_rows();
                    sink.deal_if_full()?;
                }
                None => {
                    sink.events.truncate(before.0);
                    sink.values.truncate(before.1);
                    break;
                }
            }
        }
        Ok(done)
    }

    /// Takes a batch, and says how many values were rounded; none if anything is not plainly right.
    fn batch(
        &self,
        batch: &RecordBatch,
        known: &mut Known,
        sink: &mut Gather<'_>,
    ) -> Result<Option<u64>, LogError> {
        let column = |field: Field| self.at[field as usize].map(|at| batch.column(at));
        let (Some(users), Some(times)) = (column(Field::User), column(Field::Time)) else {
            return Ok(None);
        };
        let zone = sink.shared.options.zone_seconds;
        let read = known.read_users(users, sink)? && known.read_times(times, zone);
        let role = sink.layout.role;
        let events = match (role, column(Field::Event)) {
            (Role::Conversions, _) => None,
            (Role::Touches, None) => None,
            (_, Some(events)) => Some(events),
            (_, None) => return Ok(None),
        };
        if !read || !known.read_events(events, role, batch.num_rows(), sink) {
            return Ok(None);
        }
        let (channels, groups) = (column(Field::Channel), column(Field::Merchant));
        if !known.read_channels(channels, sink)? || !known.read_groups(groups, sink)? {
            return Ok(None);
        }
        known.take(column(Field::Value), sink)
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

/// Columns of a batch as numbers, and names that have been looked up.
#[derive(Default)]
struct Known {
    who: Vec<Identity>,
    times: Vec<i64>,
    /// The low words of rows.
    lows: Vec<u32>,
    groups: Vec<u16>,
    /// Places of conversions.
    conversions: Vec<u32>,
    events: Dictionary,
    channel: Dictionary,
    group: Dictionary,
}

impl Known {
    /// Each of these says whether the column is plainly right.
    fn read_users(&mut self, users: &ArrayRef, sink: &mut Gather<'_>) -> Result<bool, LogError> {
        fn whole<T: ArrowPrimitiveType<Native: Into<i64>>>(
            who: &mut Vec<Identity>,
            users: &ArrayRef,
        ) {
            let users: &PrimitiveArray<T> = users.as_primitive();
            who.extend(
                users
                    .values()
                    .iter()
                    .map(|n| Identity::of_whole((*n).into())),
            );
        }
        self.who.clear();
        if users.null_count() > 0 {
            return Ok(false);
        }
        match users.data_type() {
            DataType::Int64 => whole::<Int64Type>(&mut self.who, users),
            DataType::Int32 => whole::<Int32Type>(&mut self.who, users),
            DataType::Int16 => whole::<Int16Type>(&mut self.who, users),
            DataType::Int8 => whole::<Int8Type>(&mut self.who, users),
            DataType::UInt32 => whole::<UInt32Type>(&mut self.who, users),
            DataType::UInt16 => whole::<UInt16Type>(&mut self.who, users),
            DataType::UInt8 => whole::<UInt8Type>(&mut self.who, users),
            DataType::Utf8View => {
                for name in users.as_string_view().iter() {
                    let name = name.unwrap_or_default().trim_ascii();
                    if name.is_empty() {
                        return Ok(false);
                    }
                    let who = Identity::of_text(name);
                    sink.meet(who, name)?;
                    self.who.push(who);
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn read_times(&mut self, times: &ArrayRef, zone: i64) -> bool {
        self.times.clear();
        if times.null_count() > 0 {
            return false;
        }
        if let DataType::Timestamp(unit, named) = times.data_type() {
            let (times_, parts) = match unit {
                TimeUnit::Second => (1_000_000, 1),
                TimeUnit::Millisecond => (1_000, 1),
                TimeUnit::Microsecond => (1, 1),
                TimeUnit::Nanosecond => (1, 1_000),
            };
            let east = if named.is_some() { 0 } else { zone * 1_000_000 };
            let data = times.to_data();
            let stored: &[i64] = &data.buffer::<i64>(0)[..times.len()];
            if (times_, parts, east) == (1, 1, 0) {
                self.times.extend_from_slice(stored);
            } else {
                let micros = |n: &i64| (n.saturating_mul(times_) / parts).saturating_sub(east);
                self.times.extend(stored.iter().map(micros));
            }
            return true;
        }
        let whole = |n: i64| unix(n as f64);
        let read: Option<Vec<i64>> = match times.data_type() {
            DataType::Int64 => {
                let times = times.as_primitive::<Int64Type>().values().iter();
                times.map(|n| whole(*n)).collect()
            }
            DataType::Int32 => {
                let times = times.as_primitive::<Int32Type>().values().iter();
                times.map(|n| whole(i64::from(*n))).collect()
            }
            _ => None,
        };
        let right = read.is_some();
        self.times.extend(read.unwrap_or_default());
        right
    }

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
        self.channel.begin(channels, ODD);
        let met = &mut self.channel.met;
        let nulls = channels.nulls();
        let keys = channels.keys().values().iter().zip(&mut self.lows);
        for (place, (key, low)) in keys.enumerate() {
            // The channel of a conversion is not looked at.
            if *low == row::CONVERSION_LOW {
                continue;
            }
            let key = *key as usize;
            if nulls.is_some_and(|nulls| nulls.is_null(place)) || key >= met.len() {
                return Ok(false);
            }
            if met[key] == ODD {
                let Some(name) = name(values, key) else {
                    return Ok(false);
                };
                met[key] = u32::from(sink.channel(name)?);
            }
            *low |= met[key];
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

    /// All columns but that of value are known: the events are added.
    fn take(
        &self,
        values: Option<&ArrayRef>,
        sink: &mut Gather<'_>,
    ) -> Result<Option<u64>, LogError> {
        let first = sink.events.len();
        let rows = self.who.iter().zip(&self.times).zip(&self.lows);
        let row = |((who, time), low): ((&Identity, &i64), &u32)| row::of(*who, 0, *time, *low);
        sink.events.extend(rows.map(row));
        let added = &mut sink.events[first..];
        for (row, group) in added.iter_mut().zip(&self.groups) {
            row::set_group(row, *group);
        }
        let mut rounded = 0;
        for place in &self.conversions {
            let place = *place as usize;
            let (worth, off) = match values.map(|v| value(v, place)) {
                None => (0, false),
                Some(Some(Ok(found))) => found,
                Some(_) => return Ok(None),
            };
            rounded += u64::from(off);
            added[place] = row::with_payload(&added[place], sink.values.len());
            sink.values.push(worth);
        }
        let last = self.times.iter().copied().max();
        sink.end = sink.end.max(last.unwrap_or(i64::MIN));
        Ok(Some(rounded))
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
