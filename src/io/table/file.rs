//! Tables too long for memory, written piece by piece.
//!
//! The file is written beside its name and renamed when it is whole, so that no half of it is taken for
//! all of it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::arrow::Batches;
use super::parquet::Groups;
use super::{Table, TableError};

/// A table being written.
#[derive(Debug)]
pub struct TableFile {
    path: PathBuf,
    partial: PathBuf,
    out: Option<Out>,
}

#[derive(Debug)]
enum Out {
    Csv(BufWriter<File>, bool),
    Lines(BufWriter<File>, bool),
    Parquet(Box<Groups<BufWriter<File>>>),
    Arrow(Box<Batches<BufWriter<File>>>),
}

impl TableFile {
    /// The kinds of file, by what follows the last dot of the name.
    pub const KINDS: [&str; 4] = ["csv", "jsonl", "parquet", "arrow"];

    /// Begins a file, whose kind its name tells.
    ///
    /// # Errors
    /// When it cannot be written, or its name tells no kind.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut partial = path.as_os_str().to_os_string();
        partial.push(".inprogress");
        let kind = path.extension().and_then(|e| e.to_str());
        let wanted = kind.filter(|kind| Self::KINDS.contains(kind));
        let Some(kind) = wanted else {
            let text = "write a name that ends in .csv, .jsonl, .parquet or .arrow";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        };
        let file = BufWriter::with_capacity(1 << 18, File::create(&partial)?);
        let out = match kind {
            "csv" => Out::Csv(file, false),
            "jsonl" => Out::Lines(file, false),
            "arrow" => Out::Arrow(Box::new(Batches::new(file, true))),
            _ => Out::Parquet(Box::new(Groups::new(file))),
        };
        Ok(Self {
            path: path.to_path_buf(),
            partial: PathBuf::from(partial),
            out: Some(out),
        })
    }

    /// Appends rows. All tables of one file have the same columns; in Parquet each is a row
    /// group, in Arrow a batch.
    ///
    /// # Errors
    /// When columns differ in length, the encoder refuses, or the disk does.
    pub fn append(&mut self, table: &Table) -> Result<(), TableError> {
        match &mut self.out {
            Some(Out::Csv(file, begun)) => {
                let text = table.csv()?;
                let names = text.find('\n').map_or(0, |end| end + 1);
                let from = if *begun { names } else { 0 };
                *begun = true;
                file.write_all(&text.as_bytes()[from..])?;
            }
            Some(Out::Lines(file, begun)) => {
                let text = table.lines(!*begun)?;
                *begun |= !text.is_empty();
                file.write_all(text.as_bytes())?;
            }
            Some(Out::Parquet(groups)) => groups.write(table)?,
            Some(Out::Arrow(batches)) => batches.write(table)?,
            None => {}
        }
        Ok(())
    }

    /// Ends the file and gives it its name. At least one table, be it without rows, has been appended.
    ///
    /// # Errors
    /// When the encoder or the disk refuses.
    pub fn finish(mut self) -> Result<(), TableError> {
        let mut file = match self.out.take() {
            Some(Out::Csv(file, _) | Out::Lines(file, _)) => file,
            Some(Out::Parquet(groups)) => groups.finish()?,
            Some(Out::Arrow(batches)) => batches.finish()?,
            None => return Ok(()),
        };
        file.flush()?;
        std::fs::rename(&self.partial, &self.path)?;
        Ok(())
    }
}

/// What was not finished is not kept.
impl Drop for TableFile {
    fn drop(&mut self) {
        if self.out.take().is_some() {
            // It may be gone already; there is nobody to tell.
            let _ = std::fs::remove_file(&self.partial);
        }
    }
}
