//! A model as a command, in Rust: all credit to the last touch.
//!
//! ```text
//! cargo build --release --example exec_last
//! redcat attribute log.csv --exec mine=target/release/examples/exec_last
//! ```
//!
//! It answers each batch as it reads it, so it needs no more memory than one batch does.

use std::error::Error;
use std::io::{BufWriter, stdin, stdout};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int16Type, UInt64Type};
use arrow_array::{Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};

fn main() -> Result<(), Box<dyn Error>> {
    let field = |name: &str, kind| Field::new(name, kind, false);
    let schema = Arc::new(Schema::new(vec![
        field("journey", DataType::UInt64),
        field("channel", DataType::Utf8),
        field("conversions", DataType::Float64),
        field("value", DataType::Float64),
    ]));
    let mut answer = StreamWriter::try_new(BufWriter::new(stdout()), &schema)?;
    for batch in StreamReader::try_new_buffered(stdin(), None)? {
        answer.write(&last(&batch?, &schema)?)?;
    }
    answer.finish()?;
    Ok(())
}

fn last(batch: &RecordBatch, schema: &Arc<Schema>) -> Result<RecordBatch, Box<dyn Error>> {
    let column = |name: &str| batch.column_by_name(name).ok_or(format!("no {name}"));
    let journeys = column("journey")?.as_primitive::<UInt64Type>();
    let paths = column("channels")?.as_list::<i32>();
    let sold = column("conversions")?.as_primitive::<UInt64Type>();
    let value = column("value")?.as_primitive::<Float64Type>();
    // Channels are numbers, whose names stand in a dictionary.
    let touches = paths.values().as_dictionary::<Int16Type>();
    let names = touches.values().as_string::<i32>();
    let keys = touches.keys();
    let ends = paths.value_offsets();
    let rows = (0..batch.num_rows()).filter(|row| sold.value(*row) > 0);
    let rows: Vec<usize> = rows.filter(|row| ends[*row] < ends[*row + 1]).collect();
    let channel = |row: &usize| names.value(keys.value(ends[row + 1] as usize - 1) as usize);
    Ok(RecordBatch::try_new(
        Arc::clone(schema),
        vec![
            Arc::new(UInt64Array::from_iter_values(
                rows.iter().map(|row| journeys.value(*row)),
            )),
            Arc::new(StringArray::from_iter_values(rows.iter().map(channel))),
            Arc::new(Float64Array::from_iter_values(
                rows.iter().map(|row| sold.value(*row) as f64),
            )),
            Arc::new(Float64Array::from_iter_values(
                rows.iter().map(|row| value.value(*row)),
            )),
        ],
    )?)
}
