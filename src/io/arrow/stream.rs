//! Batches of a stream, as they come.
//!
//! A stream that ends between two messages is whole: not every writer says that it is done.

use std::collections::VecDeque;
use std::io::Read;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_schema::SchemaRef;

use super::ArrowFault;
use super::framing::{MARK, Message, message, schema};

/// What a stream begins with.
pub(crate) const STREAM_MAGIC: [u8; 4] = MARK;

/// Reads a stream.
pub(crate) struct StreamBatches<R> {
    from: R,
    decoder: StreamDecoder,
    schema: SchemaRef,
    ready: VecDeque<RecordBatch>,
    ended: bool,
}

impl<R: Read> StreamBatches<R> {
    /// Reads the beginning.
    pub fn new(mut from: R) -> Result<Self, ArrowFault> {
        let Some(first) = message(&mut from)? else {
            return Err(ArrowFault::broken("there is nothing in it"));
        };
        let schema = first.parsed(|parsed| {
            let none = || ArrowFault::broken("it does not begin with a schema");
            schema(parsed.header_as_schema().ok_or_else(none)?)
        })?;
        let mut batches = Self {
            from,
            decoder: StreamDecoder::new(),
            schema,
            ready: VecDeque::new(),
            ended: false,
        };
        batches.decode(first.bytes)?;
        Ok(batches)
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Gives the reader back, after the end.
    pub fn into_inner(self) -> R {
        self.from
    }

    fn decode(&mut self, mut bytes: Buffer) -> Result<(), ArrowFault> {
        let (decoder, ready) = (&mut self.decoder, &mut self.ready);
        ArrowFault::guarded(|| {
            while !bytes.is_empty() {
                ready.extend(decoder.decode(&mut bytes).map_err(ArrowFault::damaged)?);
            }
            Ok(())
        })
    }

    /// The next batch.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, ArrowFault> {
        while self.ready.is_empty() && !self.ended {
            match message(&mut self.from)? {
                Some(Message { bytes, .. }) => self.decode(bytes)?,
                None => {
                    // A message without a body waits in the decoder for what comes after it.
                    self.ended = true;
                    self.decode(Buffer::from_vec([MARK, [0; 4]].concat()))?;
                }
            }
        }
        Ok(self.ready.pop_front())
    }
}
