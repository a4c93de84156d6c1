//! Tables as Parquet files.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::{Column, NO_LABEL, Table, TableError};

impl Column {
    /// How a file describes it.
    fn field(&self, name: &str) -> Result<Type, ParquetError> {
        let (physical, logical) = match self {
            Self::Text(_) | Self::Label(..) => {
                (PhysicalType::BYTE_ARRAY, Some(LogicalType::String))
            }
            Self::Whole(_) | Self::Maybe(_) => (PhysicalType::INT64, None),
            Self::Float(_) => (PhysicalType::DOUBLE, None),
            Self::Time(_) => {
                let time = LogicalType::timestamp(true, TimeUnit::MILLIS);
                (PhysicalType::INT64, Some(time))
            }
            Self::Micros(_) => {
                let time = LogicalType::timestamp(true, TimeUnit::MICROS);
                (PhysicalType::INT64, Some(time))
            }
        };
        let always = !matches!(self, Self::Maybe(_) | Self::Label(..));
        Type::primitive_type_builder(name, physical)
            .with_logical_type(logical)
            .with_repetition(if always {
                Repetition::REQUIRED
            } else {
                Repetition::OPTIONAL
            })
            .build()
    }

    fn write(&self, writer: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
        let there = |it: bool| i16::from(it);
        match (self, writer) {
            (Self::Text(values), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                let bytes: Vec<ByteArray> = values.iter().map(|v| v.as_str().into()).collect();
                writer.write_batch(&bytes, None, None)?;
            }
            (Self::Label(codes, names), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                // Cells share the bytes of their name.
                let names: Vec<ByteArray> = names.iter().map(|n| n.as_str().into()).collect();
                let levels: Vec<i16> = codes.iter().map(|c| there(*c != NO_LABEL)).collect();
                let cells = codes
                    .iter()
                    .filter_map(|c| names.get(usize::from(*c)).cloned());
                let cells: Vec<ByteArray> = cells.collect();
                writer.write_batch(&cells, Some(&levels), None)?;
            }
            (
                Self::Whole(values) | Self::Time(values) | Self::Micros(values),
                ColumnWriter::Int64ColumnWriter(writer),
            ) => {
                writer.write_batch(values, None, None)?;
            }
            (Self::Maybe(values), ColumnWriter::Int64ColumnWriter(writer)) => {
                let levels: Vec<i16> = values.iter().map(|v| there(v.is_some())).collect();
                let cells: Vec<i64> = values.iter().copied().flatten().collect();
                writer.write_batch(&cells, Some(&levels), None)?;
            }
            (Self::Float(values), ColumnWriter::DoubleColumnWriter(writer)) => {
                writer.write_batch(values, None, None)?;
            }
            _ => return Err(ParquetError::General("a column of another type".to_owned())),
        }
        Ok(())
    }
}

/// A Parquet file that grows by row groups.
pub(super) struct Groups<W: Write + Send> {
    out: Option<W>,
    file: Option<SerializedFileWriter<W>>,
    compression: Compression,
}

impl<W: Write + Send> std::fmt::Debug for Groups<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Groups").finish_non_exhaustive()
    }
}

impl<W: Write + Send> Groups<W> {
    /// Compressed by Snappy.
    pub fn new(out: W) -> Self {
        Self {
            out: Some(out),
            file: None,
            compression: Compression::SNAPPY,
        }
    }

    /// Appends a table as a row group.
    pub fn write(&mut self, table: &Table) -> Result<(), TableError> {
        table.rows()?;
        if let Some(out) = self.out.take() {
            let fields = table.columns.iter();
            let fields = fields.map(|(name, column)| column.field(name).map(Arc::new));
            let schema = Type::group_type_builder(&table.name)
                .with_fields(fields.collect::<Result<_, _>>()?)
                .build()?;
            let properties = WriterProperties::builder()
                .set_compression(self.compression)
                .set_created_by(format!("redcat {}", env!("CARGO_PKG_VERSION")))
                .build();
            let file = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?;
            self.file = Some(file);
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let mut group = file.next_row_group()?;
        for (_, column) in &table.columns {
            let Some(mut writer) = group.next_column()? else {
                break;
            };
            column.write(writer.untyped())?;
            writer.close()?;
        }
        group.close()?;
        Ok(())
    }

    /// Writes the footer. At least one table has been written.
    pub fn finish(self) -> Result<W, TableError> {
        match (self.file, self.out) {
            (Some(file), _) => Ok(file.into_inner()?),
            (None, Some(out)) => Ok(out),
            (None, None) => Err(ParquetError::General("the file has failed".to_owned()).into()),
        }
    }
}

impl Table {
    /// The table as a Parquet file of one row group, as it is or compressed (Snappy).
    ///
    /// # Errors
    /// When columns differ in length, or the encoder refuses.
    pub fn parquet(&self, compressed: bool) -> Result<Vec<u8>, TableError> {
        let mut groups = Groups::new(Vec::new());
        if !compressed {
            groups.compression = Compression::UNCOMPRESSED;
        }
        groups.write(self)?;
        groups.finish()
    }
}
