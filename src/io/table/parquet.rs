//! Tables as Parquet files.

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
            (Self::Whole(values) | Self::Time(values), ColumnWriter::Int64ColumnWriter(writer)) => {
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

impl Table {
    /// The table as a Parquet file of one row group, as it is or compressed (Snappy).
    ///
    /// # Errors
    /// When columns differ in length, or the encoder refuses.
    pub fn parquet(&self, compressed: bool) -> Result<Vec<u8>, TableError> {
        self.rows()?;
        let fields = self.columns.iter();
        let fields = fields.map(|(name, column)| column.field(name).map(Arc::new));
        let schema = Type::group_type_builder(&self.name)
            .with_fields(fields.collect::<Result<_, _>>()?)
            .build()?;
        let properties = WriterProperties::builder()
            .set_compression(if compressed {
                Compression::SNAPPY
            } else {
                Compression::UNCOMPRESSED
            })
            .set_created_by(format!("redcat {}", env!("CARGO_PKG_VERSION")))
            .build();
        let mut out = Vec::new();
        let mut file = SerializedFileWriter::new(&mut out, Arc::new(schema), Arc::new(properties))?;
        let mut group = file.next_row_group()?;
        for (_, column) in &self.columns {
            let Some(mut writer) = group.next_column()? else {
                break;
            };
            column.write(writer.untyped())?;
            writer.close()?;
        }
        group.close()?;
        file.close()?;
        Ok(out)
    }
}
