//! Floor 2: files. Run folders that appear whole or not at all, tables in Parquet and Arrow, logs that
//! people bring, and what the machine says about itself.

pub(crate) mod arrow;
pub mod folder;
mod guard;
pub mod log;
pub mod machine;
pub mod table;

pub use folder::{FolderError, RunFolder};
pub use log::{Log, LogError, LogOptions, LogShape, OnBadRow, Scratch};
pub use table::{Column, NO_LABEL, Table, TableError, TableFile};
