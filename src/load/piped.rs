//! A system at the other end of a pipe.
//!
//! Rows are written when they are due, those that fill the state before all others: as JSON Lines, or
//! as an Arrow stream. Nothing comes back, so what can be told is whether the reader keeps up: when it does
//! not, the pipe is full and the player waits. Latency is the reader's to measure, who has the time of
//! the event and its own clock.

mod batch;

use std::io::Write;
use std::time::Instant;

use crate::io::TableError;
use crate::world::EventKind;

use super::line::Lines;
use super::stream::Row;
use super::system::{Gauge, Reading, System, SystemError};

use batch::Batches;

/// Bytes that are written together, at least while the player is behind.
const TOGETHER: usize = 1 << 16;
/// Rows of a batch at most.
const MOST_ROWS: usize = 8_192;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line.
    Lines,
    /// An Arrow IPC stream.
    Arrow,
}

#[derive(Debug)]
enum Encoder<'a> {
    Lines(Lines<'a>),
    Arrow(Box<Batches>),
}

/// Writes rows to whoever reads them.
pub struct Piped<'a, W> {
    out: W,
    encoder: Encoder<'a>,
    gauge: &'a Gauge,
    buffer: Vec<u8>,
    begun: bool,
    /// Rows and orders that have not been sent.
    rows: u64,
    orders: u64,
    waited: u64,
}

impl<'a, W: Write> Piped<'a, W> {
    /// A pipe; channels are called by their names.
    pub fn new(out: W, format: Format, channels: &'a [String], gauge: &'a Gauge) -> Self {
        Self {
            out,
            encoder: match format {
                Format::Lines => Encoder::Lines(Lines::new(channels)),
                Format::Arrow => Encoder::Arrow(Box::new(Batches::new(channels))),
            },
            gauge,
            buffer: Vec::with_capacity(2 * TOGETHER),
            begun: false,
            rows: 0,
            orders: 0,
            waited: 0,
        }
    }

    /// Sends what waits; with `last`, says that nothing more comes.
    fn send(&mut self, last: bool) -> Result<(), SystemError> {
        if let Encoder::Arrow(batches) = &mut self.encoder {
            let encoded = batches.encode(last, &mut self.buffer);
            encoded.map_err(|error| match error {
                TableError::Io(error) => error,
                error => std::io::Error::other(error),
            })?;
        }
        let since = Instant::now();
        let written = self.out.write_all(&self.buffer);
        let written = written.and_then(|()| self.out.flush());
        self.waited += since.elapsed().as_nanos() as u64;
        self.buffer.clear();
        self.gauge.tell(self.rows, self.orders, 0);
        (self.rows, self.orders) = (0, 0);
        Ok(written?)
    }

    /// The end of the stream.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn finish(mut self) -> Result<(), SystemError> {
        self.send(true)
    }
}

impl<W: Write> System for Piped<'_, W> {
    fn offer(&mut self, row: &Row, due: Option<u64>) -> Result<(), SystemError> {
        let full = match &mut self.encoder {
            Encoder::Lines(lines) => {
                // The first line tells all keys: readers learn them from it.
                let first = !std::mem::replace(&mut self.begun, true);
                lines.write(row, (first, None), &mut self.buffer)?;
                self.buffer.push(b'\n');
                self.buffer.len() >= TOGETHER
            }
            Encoder::Arrow(batches) => {
                batches.push(row);
                batches.rows() >= MOST_ROWS
            }
        };
        self.rows += 1;
        self.orders += u64::from(due.is_some() && row.kind == EventKind::Order);
        if full { self.send(false) } else { Ok(()) }
    }

    fn flush(&mut self, _next: Option<i64>) -> Result<(), SystemError> {
        if self.rows > 0 {
            self.send(false)
        } else {
            Ok(())
        }
    }

    fn settle(&mut self, _rows: u64) -> Result<(), SystemError> {
        // What is written is done: nobody says what the reader does with it.
        self.flush(None)
    }

    fn waited(&self) -> u64 {
        self.waited
    }

    fn reading(&self) -> Reading {
        Gauge::all([self.gauge])
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Int64Type, TimestampMicrosecondType};
    use arrow_array::{Array, RecordBatch};
    use arrow_ipc::reader::StreamReader;
    use serde_json::{Value, json};

    use super::*;

    fn rows() -> Vec<Row> {
        let kinds = [EventKind::Read, EventKind::Order, EventKind::Refund];
        let row = |id: u64| Row {
            id,
            at: 1_749_553_200_000_001 + id as i64 * 400_000,
            comes: 0,
            user: id * 7,
            merchant: 3,
            channel: [Some(1), None, Some(0)][id as usize % 3],
            kind: kinds[id as usize % 3],
            group: 0,
            value: 100 + id as i64,
            order: if id.is_multiple_of(2) { id } else { u64::MAX },
        };
        (0..20_000).map(row).collect()
    }

    fn written(format: Format, rows: &[Row]) -> Vec<u8> {
        let (mut out, gauge) = (Vec::new(), Gauge::default());
        let channels = ["feed".to_owned(), "search".to_owned()];
        let mut pipe = Piped::new(&mut out, format, &channels, &gauge);
        for (place, row) in rows.iter().enumerate() {
            pipe.offer(row, None).unwrap();
            if place == 5 {
                pipe.flush(None).unwrap();
            }
        }
        pipe.finish().unwrap();
        assert_eq!(gauge.reading().rows, rows.len() as u64);
        out
    }

    /// A row of a batch as it would be as a line.
    fn line(batch: &RecordBatch, row: usize) -> Value {
        let mut told = json!({});
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            if column.is_null(row) {
                continue;
            }
            told[field.name()] = match field.name().as_str() {
                "event" | "channel" => json!(column.as_string::<i32>().value(row)),
                "time" => {
                    let at = column.as_primitive::<TimestampMicrosecondType>().value(row);
                    let at = jiff::Timestamp::from_microsecond(at).unwrap();
                    json!(format!("{at:.6}"))
                }
                _ => json!(column.as_primitive::<Int64Type>().value(row)),
            };
        }
        told
    }

    /// Would catch a batch that leaves a row out, a cell that differs from that of the lines, and a stream
    /// that has no end or, without a row, no columns.
    #[test]
    fn batches_say_what_lines_say() {
        let rows = rows();
        let lines = String::from_utf8(written(Format::Lines, &rows)).unwrap();
        let mut lines = lines.lines().map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            line.as_object_mut().unwrap().retain(|_, v| !v.is_null());
            line
        });
        let bytes = written(Format::Arrow, &rows);
        assert!(bytes.ends_with(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]));
        let batches = StreamReader::try_new(&bytes[..], None).unwrap();
        let mut lengths = Vec::new();
        for batch in batches {
            let batch = batch.unwrap();
            for row in 0..batch.num_rows() {
                assert_eq!(Some(line(&batch, row)), lines.next());
            }
            lengths.push(batch.num_rows());
        }
        assert_eq!(lines.next(), None);
        assert_eq!(lengths, [6, 8_192, 8_192, 3_610]);
        let nothing = written(Format::Arrow, &[]);
        let nothing = StreamReader::try_new(&nothing[..], None).unwrap();
        assert_eq!(nothing.schema().fields().len(), 8);
        assert_eq!(nothing.count(), 0);
    }
}
