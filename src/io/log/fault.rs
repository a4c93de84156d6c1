//! What is wrong with a log, and where: file, row, column, value, and what to do about it.
//!
//! A bad *row* may be skipped if the reader so wishes; a bad *file* may not, since nobody could say
//! how many rows were lost with it.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A row that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// File.
    pub file: String,
    /// Line of a text file, or row of a Parquet file; both count from 1.
    pub at: String,
    /// Column as the file names it.
    pub column: String,
    /// What stands there, shortened.
    pub value: String,
    /// What is wrong with it.
    pub problem: String,
    /// What would do.
    pub remedy: &'static str,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            at,
            column,
            value,
            problem,
            remedy,
        } = self;
        write!(
            f,
            "{file}, {at}, column `{column}`: {problem}: `{value}`; {remedy}, or leave such rows out \
             with --on-bad-row skip"
        )
    }
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// A row is bad, and bad rows are not to be skipped.
    #[error("{0}")]
    Row(Box<BadRow>),
    /// A file is bad as a whole.
    #[error("{file}: {problem}")]
    File {
        /// File.
        file: String,
        /// What is wrong, and what to do about it.
        problem: String,
    },
    /// An option cannot be used with this log.
    #[error("{0}")]
    Option(String),
    /// The log needs more memory than it may have.
    #[error(
        "the log needs more than the {limit} bytes of memory it may have: journeys and paths are kept \
         there, and so are all events of one identity; give more with --memory, hand in fewer files at \
         a time, or look for one identity that stands for many"
    )]
    Memory {
        /// Bytes.
        limit: u64,
    },
    /// The file system refused.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl LogError {
    /// Whether the system is to blame, and not what was asked for.
    #[must_use]
    pub fn is_io(&self) -> bool {
        let user = [io::ErrorKind::NotFound, io::ErrorKind::IsADirectory];
        matches!(self, Self::Io { source, .. } if !user.contains(&source.kind()))
    }

    pub(super) fn file(file: &str, problem: impl Into<String>) -> Self {
        Self::File {
            file: file.to_owned(),
            problem: problem.into(),
        }
    }
}
