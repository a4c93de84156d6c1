//! Reading many files with many threads.
//!
//! Every file is looked at first, in order, so that one that is no log is refused before work
//! begins. Then threads take *tasks*: a row group of a Parquet file, or a whole file of
//! another kind. What a task
//! reads has its place in the order of files, and so have its faults: the one that is told is the
//! first one in that order, not the first one found.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::columns::{Columns, Layout, Role};
use super::fault::LogError;
use super::gather::{Gather, Gathered, Shared};
use super::reject::Held;
use super::source::{self, Source};
use super::{LogOptions, arrow, delimited, lines, parquet};

/// A file that was looked at.
pub(super) struct Opened {
    path: PathBuf,
    name: String,
    how: How,
}

enum How {
    Parquet(Box<parquet::Opened>),
    Arrow(Layout, arrow::Kind),
    Lines(Layout),
    Delimited(Layout, delimited::Dialect),
}

impl Opened {
    pub fn layout(&self) -> &Layout {
        match &self.how {
            How::Parquet(opened) => &opened.layout,
            How::Arrow(layout, _) | How::Lines(layout) | How::Delimited(layout, _) => layout,
        }
    }

    /// About how many rows it has: exact for Parquet, by size for text.
    fn rows(&self) -> u64 {
        match &self.how {
            How::Parquet(opened) => (0..opened.groups()).map(|g| opened.rows(g) as u64).sum(),
            _ => {
                let packed = matches!(self.path.extension(), Some(e) if e == "gz" || e == "zst");
                let bytes = std::fs::metadata(&self.path).map_or(0, |m| m.len());
                bytes * if packed { 8 } else { 1 } / 40
            }
        }
    }
}

/// About how many rows all files have together.
pub(super) fn rows(files: &[Opened]) -> u64 {
    files.iter().map(Opened::rows).sum()
}

/// Bits that the whole numbers of identities take at most, as far as files tell; 64 if one does not.
pub(super) fn width(files: &[Opened]) -> u32 {
    let most = files.iter().try_fold(0, |most, file| match &file.how {
        How::Parquet(opened) => opened.largest_user().map(|user| most.max(user)),
        _ => None,
    });
    most.map_or(64, |most: u64| (64 - most.leading_zeros()).max(1))
}

/// Looks at the files of one role. All must have the same columns.
pub(super) fn inspect(
    paths: &[PathBuf],
    role: Role,
    options: &LogOptions,
) -> Result<Vec<Opened>, LogError> {
    let merchant = options.merchant.as_deref();
    let columns = Columns::new(&options.map, merchant, options.shape, role)?;
    let mut files: Vec<Opened> = Vec::new();
    for path in paths {
        let how = match source::open(path)? {
            Source::Parquet(file) => {
                How::Parquet(Box::new(parquet::inspect(path, &file, &columns)?))
            }
            Source::Arrow(file, kind) => {
                How::Arrow(arrow::inspect(path, file, kind, &columns)?, kind)
            }
            Source::Lines(text) => How::Lines(lines::inspect(path, &text.head, &columns)?),
            Source::Delimited(text) => {
                let found = delimited::inspect(path, &text.head, options.delimiter, &columns)?;
                How::Delimited(found.0, found.1)
            }
        };
        let opened = Opened {
            path: path.clone(),
            name: path.display().to_string(),
            how,
        };
        if let Some(before) = files.last() {
            alike(before, &opened)?;
        }
        files.push(opened);
    }
    Ok(files)
}

fn alike(before: &Opened, opened: &Opened) -> Result<(), LogError> {
    let (a, b) = (before.layout(), opened.layout());
    let has = |layout: &Layout| layout.places.map(|p| p.is_some());
    if a.shape == b.shape && has(a) == has(b) {
        return Ok(());
    }
    let problem = format!(
        "has other columns ({}) than {} ({}); hand in files of one kind at a time",
        b.shape.name(),
        before.name,
        a.shape.name()
    );
    Err(LogError::file(&opened.name, problem))
}

/// A part of a file that one thread reads.
struct Task<'f> {
    file: &'f Opened,
    /// Row groups of a Parquet file, and the number of the first row.
    groups: Range<usize>,
    number: u64,
}

/// Small row groups are taken together, up to so many rows.
fn tasks(files: &[Opened], most: u64) -> Vec<Task<'_>> {
    let mut tasks: Vec<Task<'_>> = Vec::new();
    for file in files {
        let first = tasks.len();
        let How::Parquet(opened) = &file.how else {
            tasks.push(Task {
                file,
                groups: 0..0,
                number: 1,
            });
            continue;
        };
        let (mut number, mut held) = (1, 0);
        for group in 0..opened.groups() {
            let rows = opened.rows(group) as u64;
            match tasks[first..].last_mut() {
                Some(task) if held + rows <= most => {
                    task.groups.end = group + 1;
                    held += rows;
                }
                _ => {
                    tasks.push(Task {
                        file,
                        groups: group..group + 1,
                        number,
                    });
                    held = rows;
                }
            }
            number += rows;
        }
    }
    tasks
}

/// Reads everything, in the order of tasks.
pub(super) fn read(
    files: &[Opened],
    shared: &Shared<'_>,
    pool: &rayon::ThreadPool,
) -> Result<Vec<Gathered>, LogError> {
    // Few rows are still shared out to all threads.
    let each = rows(files) / (4 * pool.current_num_threads() as u64);
    let tasks = tasks(files, each.min(shared.run as u64 + shared.run as u64 / 8));
    let next = AtomicUsize::new(0);
    let stop = AtomicUsize::new(usize::MAX);
    let done: Mutex<Vec<(usize, Result<Gathered, LogError>)>> = Mutex::default();
    pool.broadcast(|_| {
        let mut pending = shared.runs.pending();
        loop {
            let number = next.fetch_add(1, Relaxed);
            if number >= tasks.len() {
                return;
            }
            let task = &tasks[number];
            let place = u32::try_from(number).unwrap_or(u32::MAX);
            if number > stop.load(Relaxed) {
                // What comes after a fault will not be told; whoever waits to write rejects need not wait for this one.
                let nothing = shared.rejects.end(place, &mut Held::default());
                debug_assert!(nothing.is_ok());
                continue;
            }
            let (name, layout) = (&task.file.name, task.file.layout());
            let mut gather = Gather::new(shared, place, name, layout, &mut pending);
            let read = one(task, &mut gather);
            let ended = gather.finish(read);
            if ended.is_err() {
                stop.fetch_min(number, Relaxed);
            }
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((number, ended));
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    let read = done.into_iter().map(|(_, ended)| ended).collect();
    shared.rejects.finish()?;
    read
}

fn one(task: &Task<'_>, gather: &mut Gather<'_>) -> Result<(), LogError> {
    let path: &Path = &task.file.path;
    let changed = || {
        let problem = "became a file of another kind while it was read; hand it in again";
        LogError::file(&task.file.name, problem)
    };
    match &task.file.how {
        How::Parquet(opened) => {
            let mut number = task.number;
            for group in task.groups.clone() {
                parquet::read(path, opened, group, number, gather)?;
                number += opened.rows(group) as u64;
            }
            Ok(())
        }
        How::Arrow(layout, kind) => match source::open(path)? {
            Source::Arrow(file, now) if now == *kind => {
                let zone = gather.shared.options.zone_seconds;
                arrow::read(path, (file, now), layout, zone, gather)
            }
            _ => Err(changed()),
        },
        How::Lines(layout) => match source::open(path)? {
            Source::Lines(text) => lines::read(path, text, layout, gather),
            _ => Err(changed()),
        },
        How::Delimited(layout, dialect) => match source::open(path)? {
            Source::Delimited(text) => delimited::read(path, text, *dialect, layout, gather),
            _ => Err(changed()),
        },
    }
}
