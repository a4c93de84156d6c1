//! Batches of a file, by its table of contents.
//!
//! The table stands at the end, so a file that was cut short is refused as a whole. Of what stands
//! at its beginning only the magic is looked at: not all writers agree on the rest.

use std::collections::VecDeque;
use std::io::{Read, Seek, SeekFrom};

use arrow_array::RecordBatch;
use arrow_ipc::reader::FileDecoder;
use arrow_ipc::{Block, root_as_footer};
use arrow_schema::SchemaRef;

use super::ArrowFault;
use super::framing::{Message, message, schema};

/// What a file begins and ends with.
pub(crate) const FILE_MAGIC: &[u8; 6] = b"ARROW1";

/// Reads a file.
pub(crate) struct FileBatches<R> {
    from: R,
    decoder: FileDecoder,
    schema: SchemaRef,
    places: VecDeque<u64>,
}

impl<R: Read + Seek> FileBatches<R> {
    /// Reads the table of contents, and the dictionaries.
    pub fn new(mut from: R) -> Result<Self, ArrowFault> {
        let cut = || ArrowFault::broken("it was cut short, or is damaged at its end");
        let size = from.seek(SeekFrom::End(0))?;
        from.seek(SeekFrom::Start(size.checked_sub(10).ok_or_else(cut)?))?;
        let mut end = [0; 10];
        from.read_exact(&mut end)?;
        let [a, b, c, d, magic @ ..] = end;
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        let start = (size - 10).checked_sub(length);
        let (true, Some(start)) = (magic == *FILE_MAGIC, start) else {
            return Err(cut());
        };
        from.seek(SeekFrom::Start(start))?;
        let mut footer = Vec::new();
        from.by_ref().take(length).read_to_end(&mut footer)?;
        let footer = root_as_footer(&footer).map_err(|_| cut())?;
        let schema = schema(footer.schema().ok_or_else(cut)?)?;
        let place = |block: &Block| u64::try_from(block.offset()).ok().filter(|p| *p < size);
        let places = footer.recordBatches().into_iter().flatten().map(place);
        let mut batches = Self {
            from,
            decoder: FileDecoder::new(SchemaRef::clone(&schema), footer.version()),
            schema,
            places: places.collect::<Option<_>>().ok_or_else(cut)?,
        };
        for block in footer.dictionaries().into_iter().flatten() {
            let message = batches.message(place(block).ok_or_else(cut)?)?;
            let decoder = &mut batches.decoder;
            ArrowFault::guarded(|| {
                let read = decoder.read_dictionary(&message.block(), &message.bytes);
                read.map_err(ArrowFault::damaged)
            })?;
        }
        Ok(batches)
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn message(&mut self, place: u64) -> Result<Message, ArrowFault> {
        self.from.seek(SeekFrom::Start(place))?;
        let nothing = || ArrowFault::broken("a part of it is not where it should be");
        message(&mut self.from)?.ok_or_else(nothing)
    }

    /// The next batch.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, ArrowFault> {
        while let Some(place) = self.places.pop_front() {
            let message = self.message(place)?;
            let batch = ArrowFault::guarded(|| {
                let read = self
                    .decoder
                    .read_record_batch(&message.block(), &message.bytes);
                read.map_err(ArrowFault::damaged)
            })?;
            if batch.is_some() {
                return Ok(batch);
            }
        }
        Ok(None)
    }
}
