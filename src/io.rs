//! Floor 2: files. Run folders that appear whole or not at all, tables in Parquet and Arrow, logs that
//! people bring, rows that wait for their turn, and what the machine says about itself.

pub(crate) mod arrow;
pub mod folder;
mod guard;
pub mod log;
pub mod machine;
pub mod table;
mod waiting;
mod whole;

pub use folder::{FolderError, RunFolder};
pub use log::{Log, LogError, LogOptions, LogShape, OnBadRow, Scratch};
pub use table::{Column, NO_LABEL, Table, TableError, TableFile, TableStream};
pub(crate) use waiting::{Batch, Beside, Slice, Waited, Waiter, Waiting};
pub use whole::write_whole;
