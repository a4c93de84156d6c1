//! Tables in Parquet: what a run folder holds beside its summary, for notebooks.

use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

/// A column, all values present.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Text.
    Text(Vec<String>),
    /// Whole numbers.
    Whole(Vec<i64>),
    /// Floats; NaN where there is nothing to say.
    Float(Vec<f64>),
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Self::Text(v) => v.len(),
            Self::Whole(v) => v.len(),
            Self::Float(v) => v.len(),
        }
    }
}

/// A table: a name and its columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Name, as of its file.
    pub name: String,
    columns: Vec<(String, Column)>,
}

/// Why a table cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// Columns differ in length.
    #[error("table {table}: column {column} has {found} rows, the first has {expected}")]
    Ragged {
        /// Table.
        table: String,
        /// Column.
        column: String,
        /// Its rows.
        found: usize,
        /// Rows of the first column.
        expected: usize,
    },
    /// The encoder refused.
    #[error("table: {0}")]
    Parquet(#[from] ParquetError),
}

impl Table {
    /// A table without columns.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            columns: Vec::new(),
        }
    }

    /// Adds a column.
    #[must_use]
    pub fn with(mut self, name: &str, column: Column) -> Self {
        self.columns.push((name.to_owned(), column));
        self
    }

    /// The table as a Parquet file.
    ///
    /// # Errors
    /// When columns differ in length, or the encoder refuses.
    pub fn parquet(&self) -> Result<Vec<u8>, TableError> {
        let rows = self.columns.first().map_or(0, |(_, c)| c.len());
        if let Some((column, c)) = self.columns.iter().find(|(_, c)| c.len() != rows) {
            return Err(TableError::Ragged {
                table: self.name.clone(),
                column: column.clone(),
                found: c.len(),
                expected: rows,
            });
        }
        let field = |(name, column): &(String, Column)| {
            let (physical, logical) = match column {
                Column::Text(_) => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
                Column::Whole(_) => (PhysicalType::INT64, None),
                Column::Float(_) => (PhysicalType::DOUBLE, None),
            };
            Type::primitive_type_builder(name, physical)
                .with_logical_type(logical)
                .with_repetition(Repetition::REQUIRED)
                .build()
                .map(Arc::new)
        };
        let fields = self.columns.iter().map(field).collect::<Result<_, _>>()?;
        let schema = Type::group_type_builder(&self.name)
            .with_fields(fields)
            .build()?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::UNCOMPRESSED)
            .set_created_by(format!("redcat {}", env!("CARGO_PKG_VERSION")))
            .build();
        let mut out = Vec::new();
        let mut file = SerializedFileWriter::new(&mut out, Arc::new(schema), Arc::new(properties))?;
        let mut group = file.next_row_group()?;
        for (_, column) in &self.columns {
            let Some(mut writer) = group.next_column()? else {
                break;
            };
            match column {
                Column::Text(values) => {
                    let bytes: Vec<ByteArray> = values.iter().map(|v| v.as_str().into()).collect();
                    writer
                        .typed::<ByteArrayType>()
                        .write_batch(&bytes, None, None)?;
                }
                Column::Whole(values) => {
                    writer
                        .typed::<Int64Type>()
                        .write_batch(values, None, None)?;
                }
                Column::Float(values) => {
                    writer
                        .typed::<DoubleType>()
                        .write_batch(values, None, None)?;
                }
            }
            writer.close()?;
        }
        group.close()?;
        file.close()?;
        Ok(out)
    }
}
