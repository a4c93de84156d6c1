//! A system at the other end of a pipe.
//!
//! Rows are written as JSON Lines when they are due, those that fill the state before all others. Nothing
//! comes back, so what can be told is whether the reader keeps up: when it does not, the pipe is full and
//! the player waits. Latency is the reader's to measure, who has the time of the event and its own clock.

use std::io::Write;
use std::time::Instant;

use jiff::Timestamp;

use crate::world::{EVENT_KINDS, EventKind};

use super::stream::Row;
use super::system::{Gauge, Reading, System, SystemError};

/// Bytes that are written together.
const TOGETHER: usize = 1 << 16;
/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// Writes rows to whoever reads them.
pub struct Piped<'a, W> {
    out: W,
    channels: &'a [String],
    gauge: &'a Gauge,
    buffer: Vec<u8>,
    begun: bool,
    /// Rows and orders in the buffer.
    rows: u64,
    orders: u64,
    /// The second that was written last, and how it is written.
    second: (i64, String),
    waited: u64,
}

impl<'a, W: Write> Piped<'a, W> {
    /// A pipe; channels are called by their names.
    pub fn new(out: W, channels: &'a [String], gauge: &'a Gauge) -> Self {
        Self {
            out,
            channels,
            gauge,
            buffer: Vec::with_capacity(2 * TOGETHER),
            begun: false,
            rows: 0,
            orders: 0,
            second: (i64::MIN, String::new()),
            waited: 0,
        }
    }

    fn send(&mut self) -> Result<(), SystemError> {
        let since = Instant::now();
        let written = self.out.write_all(&self.buffer);
        let written = written.and_then(|()| self.out.flush());
        self.waited += since.elapsed().as_nanos() as u64;
        self.buffer.clear();
        self.gauge.tell(self.rows, self.orders, 0);
        (self.rows, self.orders) = (0, 0);
        Ok(written?)
    }

    /// A row as a line. Names of channels are plain, so nothing has to be escaped but by the writer of
    /// JSON itself.
    fn line(&mut self, row: &Row) -> std::io::Result<()> {
        let second = row.at.div_euclid(SECOND);
        if second != self.second.0 {
            let told =
                Timestamp::from_second(second).map_or_else(|_| String::new(), |t| t.to_string());
            self.second = (second, told.trim_end_matches('Z').to_owned());
        }
        let micros = row.at.rem_euclid(SECOND);
        let (_, kind) = EVENT_KINDS[row.kind as usize];
        let out = &mut self.buffer;
        write!(
            out,
            "{{\"id\":{},\"user\":{},\"time\":\"{}.{micros:06}Z\",\"event\":\"{kind}\"",
            row.id, row.user, self.second.1
        )?;
        // The first line tells all columns, others leave out what is nothing.
        let first = !std::mem::replace(&mut self.begun, true);
        let channel = row.channel.and_then(|c| self.channels.get(usize::from(c)));
        match channel {
            Some(channel) => write!(out, ",\"channel\":\"{channel}\"")?,
            None if first => out.write_all(b",\"channel\":null")?,
            None => {}
        }
        write!(out, ",\"merchant\":{}", row.merchant)?;
        if row.is_sale() && row.order != u64::MAX {
            write!(out, ",\"order\":{}", row.order)?;
        } else if first {
            out.write_all(b",\"order\":null")?;
        }
        if row.is_sale() {
            write!(out, ",\"value_fen\":{}", row.value)?;
        } else if first {
            out.write_all(b",\"value_fen\":null")?;
        }
        out.write_all(b"}\n")
    }
}

impl<W: Write> System for Piped<'_, W> {
    fn offer(&mut self, row: &Row, due: Option<u64>) -> Result<(), SystemError> {
        self.line(row)?;
        self.rows += 1;
        self.orders += u64::from(due.is_some() && row.kind == EventKind::Order);
        if self.buffer.len() >= TOGETHER {
            return self.send();
        }
        Ok(())
    }

    fn flush(&mut self, _next: Option<i64>) -> Result<(), SystemError> {
        if self.rows > 0 { self.send() } else { Ok(()) }
    }

    fn waited(&self) -> u64 {
        self.waited
    }

    fn reading(&self) -> Reading {
        Gauge::all([self.gauge])
    }
}
