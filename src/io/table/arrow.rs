//! Tables as Arrow files and streams.
//!
//! Labels are written as plain text: some readers know no dictionaries. Compressed (Zstandard),
//! they take little more room than as numbers.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use arrow_array::TimestampMicrosecondArray;
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};

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
            Self::Time(_) | Self::Micros(_) => {
                DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
            }
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
            Self::Micros(values) => {
                let micros = values.iter().copied();
                Arc::new(TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC"))
            }
        }
    }
}

/// An Arrow file that grows by batches.
pub(super) struct Batches<W: Write> {
    out: Option<W>,
    file: Option<FileWriter<W>>,
    compressed: bool,
}

impl<W: Write> std::fmt::Debug for Batches<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches").finish_non_exhaustive()
    }
}

impl<W: Write> Batches<W> {
    /// As they are, or compressed.
    pub fn new(out: W, compressed: bool) -> Self {
        Self {
            out: Some(out),
            file: None,
            compressed,
        }
    }

    /// Appends a table as a batch.
    pub fn write(&mut self, table: &Table) -> Result<(), TableError> {
        table.rows()?;
        if let Some(out) = self.out.take() {
            self.file = Some(begun(out, table, self.compressed).map_err(refused)?);
        }
        if let Some(file) = &mut self.file
            && !table.columns.is_empty()
        {
            let batch = table.batch(Arc::clone(file.schema()));
            file.write(&batch.map_err(refused)?).map_err(refused)?;
        }
        Ok(())
    }

    /// Writes the footer. At least one table has been written.
    pub fn finish(self) -> Result<W, TableError> {
        match (self.file, self.out) {
            (Some(mut file), _) => {
                file.finish().map_err(refused)?;
                file.into_inner().map_err(refused)
            }
            (None, Some(out)) => Ok(out),
            (None, None) => Err(TableError::Arrow("the file has failed".to_owned())),
        }
    }
}

/// What the encoder says; what the disk says is told as such.
fn refused(error: ArrowError) -> TableError {
    match error {
        ArrowError::IoError(_, error) => TableError::Io(error),
        error => TableError::Arrow(error.to_string()),
    }
}

/// A file with the columns of a table, and no batch yet.
fn begun<W: Write>(out: W, table: &Table, compressed: bool) -> Result<FileWriter<W>, ArrowError> {
    let mut options = IpcWriteOptions::default();
    if compressed {
        options = options
            .try_with_compression(Some(CompressionType::ZSTD))?
            .try_with_compression_level(Some(LEVEL))?;
    }
    FileWriter::try_new_with_options(out, &table.schema(), options)
}

/// Tables as a stream of Arrow batches, for a reader who takes them as they come. Not compressed: a
/// pipe is fast, and the reader should not have to wait.
pub struct TableStream<W: Write> {
    stream: StreamWriter<W>,
    schema: SchemaRef,
}

impl<W: Write> std::fmt::Debug for TableStream<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableStream").finish_non_exhaustive()
    }
}

impl<W: Write> TableStream<W> {
    /// Begins a stream with the columns of a table, of which no row is written yet.
    ///
    /// # Errors
    /// When the other end or the encoder refuses.
    pub fn begin(out: W, columns: &Table) -> Result<Self, TableError> {
        let schema = Arc::new(columns.schema());
        let stream = StreamWriter::try_new(out, &schema).map_err(refused)?;
        Ok(Self { stream, schema })
    }

    /// Appends a table of the same columns as a batch.
    ///
    /// # Errors
    /// When columns differ, or the other end or the encoder refuses.
    pub fn append(&mut self, table: &Table) -> Result<(), TableError> {
        table.rows()?;
        let batch = table.batch(Arc::clone(&self.schema));
        self.stream.write(&batch.map_err(refused)?).map_err(refused)
    }

    /// What is written to.
    pub fn out(&mut self) -> &mut W {
        self.stream.get_mut()
    }

    /// Says that nothing more comes.
    ///
    /// # Errors
    /// When the other end refuses.
    pub fn finish(&mut self) -> Result<(), TableError> {
        self.stream.finish().map_err(refused)
    }
}

impl Table {
    /// How Arrow describes the columns.
    fn schema(&self) -> Schema {
        let fields = self.columns.iter();
        let fields = fields.map(|(name, column)| column.arrow_field(name));
        let by = format!("redcat {}", env!("CARGO_PKG_VERSION"));
        let told = HashMap::from([("created_by".to_owned(), by)]);
        Schema::new(fields.collect::<Vec<_>>()).with_metadata(told)
    }

    /// The rows as a batch.
    fn batch(&self, schema: SchemaRef) -> Result<RecordBatch, ArrowError> {
        let columns = self.columns.iter().map(|(_, column)| column.arrow());
        RecordBatch::try_new(schema, columns.collect())
    }

    /// The table as an Arrow file of one batch, as it is or compressed.
    ///
    /// # Errors
    /// When columns differ in length, or the encoder refuses.
    pub fn arrow(&self, compressed: bool) -> Result<Vec<u8>, TableError> {
        let mut batches = Batches::new(Vec::new(), compressed);
        batches.write(self)?;
        batches.finish()
    }
}
