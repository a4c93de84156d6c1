//! Arrow IPC, the format in which programs hand each other tables: files and streams of batches.
//!
//! The decoder is that of the Arrow project. It checks much, but it was made for data that one
//! trusts; a log may be damaged, and a command may answer anything. So what could make it ask for
//! memory without end, or panic, is checked before it sees a byte ([`mod@framing`]), and a panic
//! that is left is caught and told as a damaged file ([`mod@super::guard`]).

mod file;
mod framing;
mod journeys;
mod stream;
mod values;

use super::guard;
use std::io;

use arrow_schema::ArrowError;

pub(crate) use file::{FILE_MAGIC, FileBatches};
pub(crate) use journeys::{JourneyWriter, TouchNames};
pub(crate) use stream::{STREAM_MAGIC, StreamBatches};
pub(crate) use values::{Value, Values};

/// Why batches cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArrowFault {
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// This is no Arrow, or not whole.
    #[error("{0}")]
    Broken(String),
}

impl ArrowFault {
    fn broken(what: &str) -> Self {
        Self::Broken(what.to_owned())
    }

    /// Does work that may panic on damaged data.
    fn guarded<T>(work: impl FnOnce() -> Result<T, Self>) -> Result<T, Self> {
        guard::guarded(work).unwrap_or_else(|| Err(Self::broken(guard::CONTRADICTION)))
    }

    /// What the decoder says of bytes that it has; its errors of input are errors of unpacking.
    fn damaged(error: ArrowError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<ArrowError> for ArrowFault {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::IoError(_, error) => Self::Io(error),
            error => Self::Broken(error.to_string()),
        }
    }
}
