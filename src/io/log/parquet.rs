//! Parquet: only the columns that mean something are read, one row group a task.
//!
//! A row group is read column by column and checked in bulk ([`quick`]), which is what most logs
//! allow. Where a batch holds anything that is not plainly right, the rest of its group is read cell by
//! cell ([`cells`]), which finds the fault, the row and the column. So the quick way knows nothing of
//! faults, and the thorough one need not be quick.
//!
//! Columns are flat, or lists of flat values. The footer stands at the end of the file, so one that
//! was cut short is refused as a whole.

mod cells;
mod quick;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::statistics::Statistics;

use super::columns::{Columns, Field, Layout};
use super::fault::LogError;
use super::gather::Gather;
use crate::io::guard::{CONTRADICTION, guarded};

/// What the footer says.
#[derive(Debug)]
pub(super) struct Opened {
    pub layout: Layout,
    metadata: Arc<ParquetMetaData>,
    quick: Option<quick::Plan>,
}

impl Opened {
    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }

    pub fn groups(&self) -> usize {
        self.metadata.num_row_groups()
    }

    /// Rows of a group.
    pub fn rows(&self, group: usize) -> usize {
        usize::try_from(self.metadata.row_group(group).num_rows()).unwrap_or(0)
    }

    /// The largest identity, if all are whole numbers, none is negative, and the file's statistics say so.
    pub fn largest_user(&self) -> Option<u64> {
        let user = self.layout.places[Field::User as usize]?;
        let mut largest = 0;
        for group in self.metadata.row_groups() {
            let (least, most) = match group.columns().get(user)?.statistics()? {
                Statistics::Int32(found) => {
                    let [least, most] = [found.min_opt()?, found.max_opt()?];
                    (i64::from(*least), i64::from(*most))
                }
                Statistics::Int64(found) => (*found.min_opt()?, *found.max_opt()?),
                _ => return None,
            };
            let (_, most) = (u64::try_from(least).ok()?, u64::try_from(most).ok()?);
            largest = largest.max(most);
        }
        Some(largest)
    }
}

/// Reads the footer.
pub(super) fn inspect(path: &Path, file: &File, columns: &Columns) -> Result<Opened, LogError> {
    let name = path.display().to_string();
    let parse = || ParquetMetaDataReader::new().parse_and_finish(file);
    let metadata = decoded(&name, parse)?;
    let metadata = Arc::new(metadata);
    let schema = metadata.file_metadata().schema_descr();
    let tops = schema.columns().iter().map(|c| c.path().parts().first());
    let names: Vec<String> = tops.map(|top| top.cloned().unwrap_or_default()).collect();
    let layout = columns.resolve(&name, &names)?;
    Ok(Opened {
        quick: guarded(|| quick::Plan::new(&metadata, &layout)).flatten(),
        layout,
        metadata,
    })
}

/// Reads one row group, whose first row has the number `number`.
pub(super) fn read(
    path: &Path,
    opened: &Opened,
    group: usize,
    number: u64,
    sink: &mut Gather<'_>,
) -> Result<(), LogError> {
    let name = path.display().to_string();
    let open = || {
        File::open(path).map_err(|source| LogError::Io {
            path: path.to_path_buf(),
            source,
        })
    };
    let mut done = 0;
    if let Some(plan) = &opened.quick {
        done = plan.read(open()?, group, sink)?;
    }
    if done < opened.rows(group) {
        let number = number + done as u64;
        cells::read(&name, open()?, opened, (group, done), number, sink)?;
    }
    Ok(())
}

/// What the decoder makes of the file; it panics on some that are damaged.
fn decoded<T>(name: &str, work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, LogError> {
    match guarded(work) {
        Some(done) => done.map_err(|error| refused(name, &error)),
        None => Err(refused(name, &CONTRADICTION)),
    }
}

fn refused(name: &str, error: &dyn std::fmt::Display) -> LogError {
    let problem = format!("cannot be read as Parquet ({error}); write or fetch it again");
    LogError::file(name, problem)
}
