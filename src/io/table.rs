//! Tables in Parquet, Arrow, CSV and JSON lines: what a run folder holds beside its summary, and logs.

mod arrow;
mod file;
mod parquet;

use std::sync::Arc;

use ::parquet::errors::ParquetError;
use jiff::Timestamp;
use serde_json::{Map, Value};

pub use arrow::TableStream;
pub use file::TableFile;

/// The label of nothing.
pub const NO_LABEL: u16 = u16::MAX;

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Text.
    Text(Vec<String>),
    /// Whole numbers.
    Whole(Vec<i64>),
    /// Whole numbers, or nothing.
    Maybe(Vec<Option<i64>>),
    /// Floats; NaN where there is nothing to say.
    Float(Vec<f64>),
    /// Text out of few: places in a list of names, [`NO_LABEL`] for nothing.
    Label(Vec<u16>, Arc<[String]>),
    /// Moments, in milliseconds since 1970 UTC.
    Time(Vec<i64>),
    /// Moments, in microseconds since 1970 UTC.
    Micros(Vec<i64>),
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Self::Text(v) => v.len(),
            Self::Whole(v) => v.len(),
            Self::Maybe(v) => v.len(),
            Self::Float(v) => v.len(),
            Self::Label(v, _) => v.len(),
            Self::Time(v) | Self::Micros(v) => v.len(),
        }
    }

    /// A cell as text; empty where there is nothing.
    fn text(&self, row: usize) -> String {
        match self {
            Self::Text(v) => quoted(&v[row]),
            Self::Whole(v) => v[row].to_string(),
            Self::Maybe(v) => v[row].map(|n| n.to_string()).unwrap_or_default(),
            Self::Float(v) if v[row].is_finite() => v[row].to_string(),
            Self::Float(_) => String::new(),
            Self::Label(v, names) => names
                .get(usize::from(v[row]))
                .map_or_else(String::new, |name| quoted(name)),
            Self::Time(v) => moment(Timestamp::from_millisecond(v[row])),
            Self::Micros(v) => moment(Timestamp::from_microsecond(v[row])),
        }
    }

    /// A cell as JSON; none where there is nothing.
    fn json(&self, row: usize) -> Option<Value> {
        match self {
            Self::Text(v) => Some(Value::from(v[row].as_str())),
            Self::Whole(v) => Some(Value::from(v[row])),
            Self::Maybe(v) => v[row].map(Value::from),
            Self::Float(v) => v[row].is_finite().then(|| Value::from(v[row])),
            Self::Label(v, names) => names
                .get(usize::from(v[row]))
                .map(|n| Value::from(n.as_str())),
            Self::Time(_) | Self::Micros(_) => Some(Value::from(self.text(row))),
        }
    }
}

/// A moment as RFC 3339; nothing for one that no calendar has.
fn moment(at: Result<Timestamp, jiff::Error>) -> String {
    at.map_or_else(|_| String::new(), |t| t.to_string())
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
    /// The disk refused.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The encoder of Arrow files refused.
    #[error("table: {0}")]
    Arrow(String),
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
            line(&mut self.columns.iter().map(|(_, column)| column.text(row)));
        }
        Ok(out)
    }

    /// The table as JSON, an object a line. The first tells all columns, with null for what is nothing:
    /// readers learn them from the first lines. In the others what is nothing is left out.
    ///
    /// # Errors
    /// When columns differ in length.
    pub fn jsonl(&self) -> Result<String, TableError> {
        self.lines(true)
    }

    /// The table as JSON, with or without a first line that tells all columns.
    fn lines(&self, told: bool) -> Result<String, TableError> {
        let mut out = String::new();
        for row in 0..self.rows()? {
            let nothing = || (told && row == 0).then_some(Value::Null);
            let cells = self.columns.iter();
            let cells =
                cells.filter_map(|(name, c)| Some((name.clone(), c.json(row).or_else(nothing)?)));
            out += &Value::Object(cells.collect::<Map<_, _>>()).to_string();
            out.push('\n');
        }
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

    /// Would catch a cell that runs into the next, a number that is rounded, and JSON whose first line
    /// hides a column.
    #[test]
    fn csv_keeps_cells_apart() {
        let table = Table::new("t")
            .with("name", Column::Text(vec!["a, \"b\"".into(), "c".into()]))
            .with("n", Column::Whole(vec![-1, 2]))
            .with("x", Column::Float(vec![0.1 + 0.2, f64::NAN]));
        let text = "name,n,x\n\"a, \"\"b\"\"\",-1,0.30000000000000004\nc,2,\n";
        assert_eq!(table.csv().unwrap(), text);
        assert_eq!(
            table.jsonl().unwrap(),
            "{\"name\":\"a, \\\"b\\\"\",\"n\":-1,\"x\":0.30000000000000004}\n{\"name\":\"c\",\"n\":2}\n"
        );
        let names: Arc<[String]> = ["read".to_owned()].into();
        let times = Table::new("t")
            .with("at", Column::Time(vec![1_747_065_600_000, 0]))
            .with("fine", Column::Micros(vec![1_747_065_600_000_001, 0]))
            .with("kind", Column::Label(vec![0, NO_LABEL], names))
            .with("n", Column::Maybe(vec![None, Some(7)]));
        let text = "at,fine,kind,n\n2025-05-12T16:00:00Z,2025-05-12T16:00:00.000001Z,read,\n\
                    1970-01-01T00:00:00Z,1970-01-01T00:00:00Z,,7\n";
        assert_eq!(times.csv().unwrap(), text);
        assert_eq!(
            times.jsonl().unwrap(),
            "{\"at\":\"2025-05-12T16:00:00Z\",\"fine\":\"2025-05-12T16:00:00.000001Z\",\
             \"kind\":\"read\",\"n\":null}\n\
             {\"at\":\"1970-01-01T00:00:00Z\",\"fine\":\"1970-01-01T00:00:00Z\",\"n\":7}\n"
        );
        let ragged = table.with("y", Column::Whole(vec![1]));
        assert!(matches!(ragged.csv(), Err(TableError::Ragged { .. })));
    }
}
