//! Messages, one at a time, from a reader that nobody vouches for.
//!
//! A message is a length, a description of so many bytes, and a body of as many bytes as the
//! description says. Memory grows with what really arrives, never with what a length promises; a
//! part of the body that a description points to must lie in it; and what a compressed part claims
//! to unpack to must be memory that can be had.

use std::io::Read;
use std::sync::Arc;

use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::{Block, MessageHeader, RecordBatch, Schema, root_as_message};
use arrow_schema::SchemaRef;

use super::ArrowFault;

/// What every message begins with.
pub(crate) const MARK: [u8; 4] = [0xFF; 4];
/// The longest description: that of a batch of a hundred thousand columns.
const LONGEST: u64 = 1 << 26;

/// A message that holds what it says.
pub(super) struct Message {
    /// Mark, length, description, and body.
    pub bytes: Buffer,
    /// Where the body begins.
    body: usize,
}

impl Message {
    /// Asks the description.
    pub fn parsed<T>(
        &self,
        ask: impl FnOnce(arrow_ipc::Message<'_>) -> Result<T, ArrowFault>,
    ) -> Result<T, ArrowFault> {
        let description = self.bytes.get(8..self.body).unwrap_or_default();
        ask(root_as_message(description).map_err(|_| not_understood())?)
    }

    /// How a table of contents would name it.
    pub fn block(&self) -> Block {
        let body = self.bytes.len() - self.body;
        Block::new(0, self.body as i32, body as i64)
    }
}

fn not_understood() -> ArrowFault {
    ArrowFault::broken("a message cannot be understood")
}

/// A schema, whose bytes are in this machine's order.
pub(super) fn schema(schema: Schema<'_>) -> Result<SchemaRef, ArrowFault> {
    if !schema.endianness().equals_to_target_endianness() {
        return Err(ArrowFault::broken(
            "its bytes are in the order of another machine",
        ));
    }
    let schema = ArrowFault::guarded(|| try_fb_to_schema(schema).map_err(ArrowFault::damaged))?;
    Ok(Arc::new(schema))
}

/// The next message; none at the end, said or not.
pub(super) fn message(from: &mut impl Read) -> Result<Option<Message>, ArrowFault> {
    let mut bytes = Vec::new();
    take(from, 4, &mut bytes)?;
    if bytes == MARK {
        take(from, 4, &mut bytes)?;
    } else if !bytes.is_empty() {
        // Before 2019 there was no mark.
        bytes = [&MARK[..], &bytes].concat();
    }
    let length = match <[u8; 8]>::try_from(&bytes[..]) {
        Ok([_, _, _, _, a, b, c, d]) => u64::from(u32::from_le_bytes([a, b, c, d])),
        Err(_) if bytes.is_empty() => return Ok(None),
        Err(_) => return Err(ends_early()),
    };
    if length == 0 {
        return Ok(None);
    }
    if length > LONGEST {
        return Err(ArrowFault::broken(
            "a message's length is beyond all reason",
        ));
    }
    if take(from, length, &mut bytes)? != length {
        return Err(ends_early());
    }
    let body = bytes.len();
    let parsed = root_as_message(&bytes[8..]).map_err(|_| not_understood())?;
    let length = u64::try_from(parsed.bodyLength());
    let length = length.map_err(|_| ArrowFault::broken("a message is shorter than nothing"))?;
    if take(from, length, &mut bytes)? != length {
        return Err(ends_early());
    }
    let message = Message {
        bytes: Buffer::from_vec(bytes),
        body,
    };
    message.parsed(|parsed| {
        let batch = match parsed.header_type() {
            MessageHeader::RecordBatch => parsed.header_as_record_batch(),
            MessageHeader::DictionaryBatch => {
                parsed.header_as_dictionary_batch().and_then(|d| d.data())
            }
            _ => None,
        };
        let body = message.bytes.get(body..).unwrap_or_default();
        batch.map_or(Ok(()), |batch| parts(batch, body))
    })?;
    Ok(Some(message))
}

fn ends_early() -> ArrowFault {
    ArrowFault::broken("it ends in the middle")
}

/// Appends as many bytes, or what there is up to the end, and says how many.
fn take(from: &mut impl Read, bytes: u64, to: &mut Vec<u8>) -> Result<u64, ArrowFault> {
    Ok(from.take(bytes).read_to_end(to)? as u64)
}

/// Checks the parts of a body.
fn parts(batch: RecordBatch<'_>, body: &[u8]) -> Result<(), ArrowFault> {
    let outside = || ArrowFault::broken("a column lies outside of its message");
    let mut unpacked = 0_usize;
    for part in batch.buffers().iter().flatten() {
        let start = usize::try_from(part.offset()).map_err(|_| outside())?;
        let length = usize::try_from(part.length()).map_err(|_| outside())?;
        let end = start.checked_add(length).ok_or_else(outside)?;
        let bytes = body.get(start..end).ok_or_else(outside)?;
        if batch.compression().is_some()
            && let Some(&size) = bytes.first_chunk()
        {
            let size = usize::try_from(i64::from_le_bytes(size)).unwrap_or(0);
            unpacked = unpacked.saturating_add(size);
        }
    }
    let room = Vec::<u8>::new().try_reserve_exact(unpacked);
    room.map_err(|_| ArrowFault::broken("a column unpacks to more than fits into memory"))
}
