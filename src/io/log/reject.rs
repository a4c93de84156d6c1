//! Rows that were left out: counted, and written down with their reason, so that none vanishes.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::fault::{BadRow, LogError};

/// What to do with a row that cannot be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OnBadRow {
    /// Read no further.
    #[default]
    Stop,
    /// Leave it out, and write it to this file if there is one.
    Skip(Option<PathBuf>),
}

/// Counts and writes.
pub(super) struct Rejects {
    on: OnBadRow,
    file: Option<(PathBuf, BufWriter<File>)>,
    pub count: u64,
}

impl Rejects {
    pub fn new(on: OnBadRow) -> Self {
        Self {
            on,
            file: None,
            count: 0,
        }
    }

    pub fn add(&mut self, bad: BadRow, raw: &dyn Fn() -> String) -> Result<(), LogError> {
        let OnBadRow::Skip(path) = &self.on else {
            return Err(LogError::Row(Box::new(bad)));
        };
        self.count += 1;
        if let Some(path) = path.clone() {
            let line = [
                &bad.file,
                &bad.at,
                &bad.column,
                &bad.value,
                &bad.problem,
                &raw(),
            ]
            .map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
            self.write(&path, &line.join(","))
                .map_err(|source| LogError::Io { path, source })?;
        }
        Ok(())
    }

    fn write(&mut self, path: &Path, line: &str) -> std::io::Result<()> {
        if self.file.is_none() {
            let mut file = BufWriter::new(File::create(path)?);
            writeln!(file, "file,at,column,value,reason,row")?;
            self.file = Some((path.to_path_buf(), file));
        }
        match &mut self.file {
            Some((_, file)) => writeln!(file, "{line}"),
            None => Ok(()),
        }
    }

    pub fn finish(&mut self) -> Result<(), LogError> {
        match self.file.take() {
            Some((path, mut file)) => {
                let flushed = file.flush();
                flushed.map_err(|source| LogError::Io { path, source })
            }
            None => Ok(()),
        }
    }
}
