//! Rows that were left out: counted, and written down with their reason, so that none vanishes.
//!
//! Several threads read, and the file of rejects is in the order of the logs all the same: a thread
//! whose turn has not come holds its lines back, a bounded number of them.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::fault::{BadRow, LogError};

/// The most lines that a thread holds back.
const HELD: usize = 1 << 14;

/// What to do with a row that cannot be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OnBadRow {
    /// Read no further.
    #[default]
    Stop,
    /// Leave it out, and write it to this file if there is one.
    Skip(Option<PathBuf>),
}

/// Where rejects of all threads go.
#[derive(Debug)]
pub(super) struct Rejects {
    on: OnBadRow,
    book: Mutex<Book>,
    turned: Condvar,
}

#[derive(Debug, Default)]
struct Book {
    /// The first task that has not ended.
    turn: u32,
    ended: BTreeSet<u32>,
    file: Option<BufWriter<File>>,
}

/// Rejects of one task.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub count: u64,
    lines: Vec<String>,
}

impl Rejects {
    pub fn new(on: OnBadRow) -> Self {
        Self {
            on,
            book: Mutex::default(),
            turned: Condvar::new(),
        }
    }

    /// Counts a row of a task, or stops at it.
    pub fn add(
        &self,
        task: u32,
        held: &mut Held,
        bad: BadRow,
        raw: &dyn Fn() -> String,
    ) -> Result<(), LogError> {
        let OnBadRow::Skip(path) = &self.on else {
            return Err(LogError::Row(Box::new(bad)));
        };
        held.count += 1;
        if path.is_some() {
            let cells = [
                &bad.file,
                &bad.at,
                &bad.column,
                &bad.value,
                &bad.problem,
                &raw(),
            ];
            let cells = cells.map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
            held.lines.push(cells.join(","));
            if held.lines.len() >= HELD {
                self.write(task, held)?;
            }
        }
        Ok(())
    }

    /// A task has ended: what it held back is written, and the next one may write.
    pub fn end(&self, task: u32, held: &mut Held) -> Result<(), LogError> {
        let written = self.write(task, held);
        let mut book = self.book();
        book.ended.insert(task);
        while let turn = book.turn
            && book.ended.remove(&turn)
        {
            book.turn += 1;
        }
        drop(book);
        self.turned.notify_all();
        written
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tasks are taken in order, so the thread that is waited for is always at work.
    fn write(&self, task: u32, held: &mut Held) -> Result<(), LogError> {
        let OnBadRow::Skip(Some(path)) = &self.on else {
            return Ok(());
        };
        if held.lines.is_empty() {
            return Ok(());
        }
        let mut book = self.book();
        while book.turn != task {
            let woken = self.turned.wait(book);
            book = woken.unwrap_or_else(PoisonError::into_inner);
        }
        let mut write = || -> std::io::Result<()> {
            if book.file.is_none() {
                let mut file = BufWriter::new(File::create(path)?);
                writeln!(file, "file,at,column,value,reason,row")?;
                book.file = Some(file);
            }
            if let Some(file) = &mut book.file {
                for line in held.lines.drain(..) {
                    writeln!(file, "{line}")?;
                }
            }
            Ok(())
        };
        write().map_err(|source| self.refused(source))
    }

    /// All tasks have ended.
    pub fn finish(&self) -> Result<(), LogError> {
        match self.book().file.take() {
            Some(mut file) => file.flush().map_err(|source| self.refused(source)),
            None => Ok(()),
        }
    }

    fn refused(&self, source: std::io::Error) -> LogError {
        let path = match &self.on {
            OnBadRow::Skip(Some(path)) => path.clone(),
            _ => PathBuf::new(),
        };
        LogError::Io { path, source }
    }
}
