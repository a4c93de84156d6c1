//! A row of a stream as a line of JSON: what a system of anybody's reads.
//!
//! Names of channels, events and runs are plain by the rules of scenarios, so nothing has to be escaped.

use std::io::Write;

use jiff::Timestamp;

use crate::world::EVENT_KINDS;

use super::stream::Row;

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// Writes rows as JSON.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    channels: &'a [String],
    /// The second that was written last, and how it is written.
    second: (i64, String),
}

impl<'a> Lines<'a> {
    /// Channels are called by their names.
    pub fn new(channels: &'a [String]) -> Self {
        Self {
            channels,
            second: (i64::MIN, String::new()),
        }
    }

    /// Appends a row as an object, without the end of a line. With `all` it tells all keys, with null for
    /// nothing; otherwise what is nothing is left out. `run` is told first, where there is one.
    pub fn write(
        &mut self,
        row: &Row,
        (all, run): (bool, Option<&str>),
        out: &mut Vec<u8>,
    ) -> std::io::Result<()> {
        let second = row.at.div_euclid(SECOND);
        if second != self.second.0 {
            let told =
                Timestamp::from_second(second).map_or_else(|_| String::new(), |t| t.to_string());
            self.second = (second, told.trim_end_matches('Z').to_owned());
        }
        let micros = row.at.rem_euclid(SECOND);
        let (_, kind) = EVENT_KINDS[row.kind as usize];
        out.push(b'{');
        if let Some(run) = run {
            write!(out, "\"run\":\"{run}\",")?;
        }
        write!(
            out,
            "\"id\":{},\"user\":{},\"time\":\"{}.{micros:06}Z\",\"event\":\"{kind}\"",
            row.id, row.user, self.second.1
        )?;
        let channel = row.channel.and_then(|c| self.channels.get(usize::from(c)));
        match channel {
            Some(channel) => write!(out, ",\"channel\":\"{channel}\"")?,
            None if all => out.write_all(b",\"channel\":null")?,
            None => {}
        }
        write!(out, ",\"merchant\":{}", row.merchant)?;
        match row.told_order() {
            Some(order) => write!(out, ",\"order\":{order}")?,
            None if all => out.write_all(b",\"order\":null")?,
            None => {}
        }
        if row.is_sale() {
            write!(out, ",\"value_fen\":{}", row.value)?;
        } else if all {
            out.write_all(b",\"value_fen\":null")?;
        }
        out.push(b'}');
        Ok(())
    }
}
