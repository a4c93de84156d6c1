//! Tables as Arrow files.
//!
//! Labels are written as plain text: some readers know no dictionaries. Compressed (Zstandard),
//! they take little more room than as numbers.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::TimestampMicrosecondArray;
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};

use super::{Column, Table, TableError};

/// Zstandard's fastest: a log is written once and read often, but it is long.
const LEVEL: i32 = 1;

impl Column {
    /// How an Arrow file describes it.
    fn arrow_field(&self, name: &str) -> Field {
        let kind = match self {
            Self::Text(_) | Self::Label(..) => DataType::Utf8,
            Self::Whole(_) | Self::Maybe(_) => DataType::Int64,
            Self::Float(_) => DataType::Float64,
            Self::Time(_) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        Field::new(name, kind, matches!(self, Self::Maybe(_) | Self::Label(..)))
    }

    fn arrow(&self) -> ArrayRef {
        match self {
            Self::Text(values) => Arc::new(StringArray::from_iter_values(values)),
            Self::Label(codes, names) => {
                let cells = codes.iter().map(|c| names.get(usize::from(*c)));
                Arc::new(StringArray::from_iter(cells))
            }
            Self::Whole(values) => Arc::new(Int64Array::from_iter_values(values.iter().copied())),
            Self::Maybe(values) => Arc::new(Int64Array::from_iter(values.iter().copied())),
            Self::Float(values) => Arc::new(Float64Array::from_iter_values(values.iter().copied())),
            Self::Time(values) => {
                let micros = values.iter().map(|ms| ms.saturating_mul(1_000));
                Arc::new(TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC"))
            }
        }
    }
}

impl Table {
    /// The table as an Arrow file of one batch, as it is or compressed.
    ///
    /// # Errors
    /// When columns differ in length, or the encoder refuses.
    pub fn arrow(&self, compressed: bool) -> Result<Vec<u8>, TableError> {
        self.rows()?;
        let refused = |error: ArrowError| TableError::Arrow(error.to_string());
        let fields = self
            .columns
            .iter()
            .map(|(name, column)| column.arrow_field(name));
        let by = format!("redcat {}", env!("CARGO_PKG_VERSION"));
        let told = HashMap::from([("created_by".to_owned(), by)]);
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()).with_metadata(told));
        let columns = self.columns.iter().map(|(_, column)| column.arrow());
        let mut options = IpcWriteOptions::default();
        if compressed {
            let zstd = Some(CompressionType::ZSTD);
            options = options.try_with_compression(zstd).map_err(refused)?;
            options = options
                .try_with_compression_level(Some(LEVEL))
                .map_err(refused)?;
        }
        let mut out = Vec::new();
        let file = FileWriter::try_new_with_options(&mut out, &schema, options);
        let mut file = file.map_err(refused)?;
        if !self.columns.is_empty() {
            let batch = RecordBatch::try_new(Arc::clone(&schema), columns.collect());
            file.write(&batch.map_err(refused)?).map_err(refused)?;
        }
        file.finish().map_err(refused)?;
        drop(file);
        Ok(out)
    }
}
