//! Journeys as an Arrow stream: what a command that is a model reads.
//!
//! One row a journey, lists in the order of time. Channels, kinds and merchants are dictionaries:
//! their names are sent once, and rows hold numbers.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use arrow_array::types::{Int8Type, Int16Type, Int32Type};
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int8Array, Int16Array, Int32Array, ListArray,
    RecordBatch, StringArray, UInt64Array,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use super::ArrowFault;
use crate::journey::JourneyBatch;

/// The version of what is written, told in the schema's metadata.
pub(crate) const PROTOCOL: &str = "1";

/// The names of what touches are numbered by, in the order of their numbers.
#[derive(Clone, Debug)]
pub(crate) struct TouchNames {
    schema: SchemaRef,
    channels: ArrayRef,
    kinds: ArrayRef,
    merchants: ArrayRef,
}

/// Kinds of touch by depth, as [`TouchKind`](crate::journey::TouchKind) numbers them.
const KINDS: [&str; 4] = ["view", "read", "engage", "click"];

fn dictionary(keys: DataType) -> DataType {
    DataType::Dictionary(Box::new(keys), Box::new(DataType::Utf8))
}

fn item(of: DataType, nullable: bool) -> Arc<Field> {
    Arc::new(Field::new("item", of, nullable))
}

impl TouchNames {
    pub fn new(channels: &[String], merchants: &[String], model: &str) -> Self {
        let list = |name: &str, item| Field::new(name, DataType::List(item), false);
        let fields = vec![
            Field::new("journey", DataType::UInt64, false),
            list("channels", item(dictionary(DataType::Int16), false)),
            list("kinds", item(dictionary(DataType::Int8), false)),
            list("hours_before_end", item(DataType::Float64, true)),
            Field::new("merchant", dictionary(DataType::Int32), false),
            Field::new("conversions", DataType::UInt64, false),
            Field::new("nulls", DataType::UInt64, false),
            Field::new("value", DataType::Float64, false),
        ];
        let told = [("redcat.protocol", PROTOCOL), ("redcat.model", model)];
        let told = told.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let names =
            |names: &[String]| -> ArrayRef { Arc::new(StringArray::from_iter_values(names)) };
        Self {
            schema: Arc::new(Schema::new(fields).with_metadata(HashMap::from(told))),
            channels: names(channels),
            kinds: Arc::new(StringArray::from_iter_values(KINDS)),
            merchants: names(merchants),
        }
    }

    /// A batch of journeys, numbered from `first` on.
    fn batch(
        &self,
        first: u64,
        units: f64,
        batch: &JourneyBatch,
    ) -> Result<RecordBatch, ArrowError> {
        let (mut channels, mut kinds) = (Vec::new(), Vec::new());
        let (mut hours, mut lengths) = (Vec::new(), Vec::new());
        for journey in batch.iter() {
            channels.extend(journey.channels.iter().map(|c| *c as i16));
            kinds.extend(journey.kinds.iter().map(|k| *k as i8));
            hours.extend(
                journey
                    .hours_before_end
                    .iter()
                    .map(|h| Some(*h).filter(|h| !h.is_nan())),
            );
            lengths.push(journey.channels.len());
        }
        let ends = OffsetBuffer::<i32>::from_lengths(lengths);
        let channels = DictionaryArray::<Int16Type>::try_new(
            Int16Array::from(channels),
            Arc::clone(&self.channels),
        )?;
        let kinds =
            DictionaryArray::<Int8Type>::try_new(Int8Array::from(kinds), Arc::clone(&self.kinds))?;
        let list = |place: usize, values: ArrayRef| -> Result<ArrayRef, ArrowError> {
            let item = match self.schema.field(place).data_type() {
                DataType::List(item) => Arc::clone(item),
                other => item(other.clone(), true),
            };
            Ok(Arc::new(ListArray::try_new(
                item,
                ends.clone(),
                values,
                None,
            )?))
        };
        let outcomes = || batch.iter().map(|j| j.outcome);
        let groups: ScalarBuffer<i32> = outcomes().map(|o| i32::from(o.group)).collect();
        let merchants = DictionaryArray::<Int32Type>::try_new(
            Int32Array::new(groups, None),
            Arc::clone(&self.merchants),
        )?;
        let numbers = UInt64Array::from_iter_values(first..first + batch.len() as u64);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(numbers),
            list(1, Arc::new(channels))?,
            list(2, Arc::new(kinds))?,
            list(3, Arc::new(Float64Array::from(hours)))?,
            Arc::new(merchants),
            Arc::new(UInt64Array::from_iter_values(
                outcomes().map(|o| o.conversions),
            )),
            Arc::new(UInt64Array::from_iter_values(outcomes().map(|o| o.nulls))),
            Arc::new(Float64Array::from_iter_values(
                outcomes().map(|o| o.value as f64 / units),
            )),
        ];
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}

/// Writes journeys.
pub(crate) struct JourneyWriter<'a, W: Write> {
    names: &'a TouchNames,
    units: f64,
    to: StreamWriter<W>,
}

impl<'a, W: Write> JourneyWriter<'a, W> {
    /// Begins the stream. Values are told in `units`-ths of what journeys hold.
    pub fn new(names: &'a TouchNames, units: f64, to: W) -> Result<Self, ArrowFault> {
        let to = StreamWriter::try_new(to, &names.schema)?;
        Ok(Self { names, units, to })
    }

    /// Writes a batch, whose journeys are numbered from `first` on.
    pub fn write(&mut self, first: u64, batch: &JourneyBatch) -> Result<(), ArrowFault> {
        let batch = self.names.batch(first, self.units, batch)?;
        Ok(self.to.write(&batch)?)
    }

    /// Says that there are no more.
    pub fn finish(self) -> Result<(), ArrowFault> {
        Ok(self.to.into_inner()?.flush()?)
    }
}
