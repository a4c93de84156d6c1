//! Rows of a stream as Arrow batches.

use std::io::Write;
use std::sync::Arc;

use crate::io::{Column, NO_LABEL, Table, TableError, TableStream};
use crate::load::stream::Row;
use crate::world::EVENT_KINDS;

/// Rows that wait to be a batch, and the stream that they go to.
#[derive(Debug)]
pub(super) struct Batches {
    rows: Vec<Row>,
    kinds: Arc<[String]>,
    channels: Arc<[String]>,
    /// Its bytes are taken out of the buffer by whoever sends them on.
    stream: Option<TableStream<Vec<u8>>>,
}

impl Batches {
    pub fn new(channels: &[String]) -> Self {
        Self {
            rows: Vec::new(),
            kinds: EVENT_KINDS.map(|(_, name)| name.to_owned()).into(),
            channels: channels.into(),
            stream: None,
        }
    }

    pub fn push(&mut self, row: &Row) {
        self.rows.push(*row);
    }

    pub const fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Appends what waits, encoded, to bytes. The first time the columns are told, too, also where nothing
    /// waits; with `last`, that nothing more comes.
    pub fn encode(&mut self, last: bool, out: &mut Vec<u8>) -> Result<(), TableError> {
        let table = self.table();
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => none.insert(TableStream::begin(Vec::new(), &table)?),
        };
        if !self.rows.is_empty() {
            stream.append(&table)?;
            self.rows.clear();
        }
        if last {
            stream.finish()?;
        }
        out.write_all(stream.out())?;
        stream.out().clear();
        Ok(())
    }

    fn table(&self) -> Table {
        let rows = || self.rows.iter();
        let whole = |of: &dyn Fn(&Row) -> i64| Column::Whole(rows().map(of).collect());
        let maybe = |of: &dyn Fn(&Row) -> Option<i64>| Column::Maybe(rows().map(of).collect());
        let label = |names: &Arc<[String]>, of: &dyn Fn(&Row) -> u16| {
            Column::Label(rows().map(of).collect(), Arc::clone(names))
        };
        Table::new("stream")
            .with("id", whole(&|row| row.id.cast_signed()))
            .with("user", whole(&|row| row.user.cast_signed()))
            .with("time", Column::Micros(rows().map(|row| row.at).collect()))
            .with("event", label(&self.kinds, &|row| row.kind as u16))
            .with(
                "channel",
                label(&self.channels, &|row| row.channel.unwrap_or(NO_LABEL)),
            )
            .with("merchant", whole(&|row| i64::from(row.merchant)))
            .with(
                "order",
                maybe(&|row| row.told_order().map(u64::cast_signed)),
            )
            .with(
                "value_fen",
                maybe(&|row| row.is_sale().then_some(row.value)),
            )
    }
}
