//! Tables in Parquet and CSV: what a run folder holds beside its summary, for notebooks.

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

    /// How many rows all columns have.
    fn rows(&self) -> Result<usize, TableError> {
        let rows = self.columns.first().map_or(0, |(_, c)| c.len());
        if let Some((column, c)) = self.columns.iter().find(|(_, c)| c.len() != rows) {
            return Err(TableError::Ragged {
                table: self.name.clone(),
                column: column.clone(),
                found: c.len(),
                expected: rows,
            });
        }
        Ok(rows)
    }

    /// The table as CSV (RFC 4180 with line feeds): a line of names, then the rows. Floats in full
    /// precision, nothing where there is nothing to say.
    ///
    /// # Errors
    /// When columns differ in length.
    pub fn csv(&self) -> Result<String, TableError> {
        let rows = self.rows()?;
        let mut out = String::new();
        let mut line = |cells: &mut dyn Iterator<Item = String>| {
            let cells: Vec<String> = cells.collect();
            out += &cells.join(",");
            out.push('\n');
        };
        line(&mut self.columns.iter().map(|(name, _)| quoted(name)));
        for row in 0..rows {
            line(&mut self.columns.iter().map(|(_, column)| match column {
                Column::Text(values) => quoted(&values[row]),
                Column::Whole(values) => values[row].to_string(),
                Column::Float(values) if values[row].is_finite() => values[row].to_string(),
                Column::Float(_) => String::new(),
            }));
        }
        Ok(out)
    }

    /// The table as a Parquet file.
    ///
    /// # Errors
    /// When columns differ in length, or the encoder refuses.
    pub fn parquet(&self) -> Result<Vec<u8>, TableError> {
        self.rows()?;
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

/// A cell of text, in quotes where it must be.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a cell that runs into the next, and a number that is rounded.
    #[test]
    fn csv_keeps_cells_apart() {
        let table = Table::new("t")
            .with("name", Column::Text(vec!["a, \"b\"".into(), "c".into()]))
            .with("n", Column::Whole(vec![-1, 2]))
            .with("x", Column::Float(vec![0.1 + 0.2, f64::NAN]));
        let text = "name,n,x\n\"a, \"\"b\"\"\",-1,0.30000000000000004\nc,2,\n";
        assert_eq!(table.csv().unwrap(), text);
        let ragged = table.with("y", Column::Whole(vec![1]));
        assert!(matches!(ragged.csv(), Err(TableError::Ragged { .. })));
    }
}
