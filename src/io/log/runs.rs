//! Events dealt out by identity, in memory and past it.
//!
//! Events come in any order and have to be put together by identity. Sorting all of them would wait
//! for memory at every step; so they are first dealt to *partitions* by the leading bits of their
//! identity's key, each small enough for the processor's cache, and only partitions are sorted,
//! later and one by one.
//!
//! A *run* is what one thread has read in one go, dealt out: rows in the order of partitions, within
//! one as they were read. Runs have a place in the order of files, so that events of one moment
//! keep it, whoever read them. When memory for runs is used up, all of them go to a temporary file,
//! partition by partition, so that a partition is read back in few pieces; the file has no name and
//! vanishes with the process.

mod run;

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::row::Row;
use run::{Columns, Held, Run};

pub(super) use run::{Piece, Place};

/// Everything that was dealt.
#[derive(Debug)]
pub(super) struct Runs {
    bits: u32,
    limit: u64,
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    runs: Vec<Run>,
    bytes: u64,
    spilled: u64,
    file: Option<File>,
}

/// Memory for the events of one partition that are read back.
#[derive(Debug, Default)]
pub(super) struct Partition {
    pieces: Vec<Columns>,
}

impl Runs {
    /// `2^bits` partitions, so many bytes of memory, and a folder for what is more.
    pub fn new(bits: u32, limit: u64, folder: &Path) -> Self {
        Self {
            bits,
            limit,
            folder: folder.to_path_buf(),
            state: Mutex::default(),
        }
    }

    fn partitions(&self) -> usize {
        1 << self.bits
    }

    /// Deals out what was read. Conversions say by their payload where their value is in `values`.
    pub fn add(&self, place: Place, rows: &[Row], values: &[i64]) -> io::Result<()> {
        let run = Run::new(place, rows, values, self.bits);
        let mut state = self.state();
        state.bytes += run.bytes();
        state.runs.push(run);
        if state.bytes > self.limit {
            state.spill(self.partitions(), &self.folder)?;
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything has been added: runs are put in the order of the files.
    pub fn finish(self) -> Dealt {
        let mut state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        state.runs.sort_by_key(|run| run.place);
        Dealt {
            bits: self.bits,
            runs: state.runs,
            spilled: state.spilled,
            file: state.file.map(Mutex::new),
        }
    }
}

impl State {
    /// All that is in memory goes to the file.
    fn spill(&mut self, partitions: usize, folder: &Path) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => tempfile::tempfile_in(folder)?,
        };
        let mut at = (&file).seek(SeekFrom::End(0))?;
        let mut out = BufWriter::with_capacity(1 << 20, &file);
        let inside = |run: &&mut Run| matches!(run.held, Held::Memory(_));
        let mut runs: Vec<&mut Run> = self.runs.iter_mut().filter(inside).collect();
        runs.sort_by_key(|run| run.place);
        let mut places = vec![Vec::with_capacity(partitions); runs.len()];
        for partition in 0..partitions {
            for (run, places) in runs.iter().zip(&mut places) {
                places.push(at);
                for bytes in run.piece(partition).bytes() {
                    out.write_all(bytes)?;
                    at += bytes.len() as u64;
                }
            }
        }
        out.flush()?;
        drop(out);
        for (run, places) in runs.into_iter().zip(places) {
            self.spilled += run.bytes();
            run.held = Held::Disk(places);
        }
        self.bytes = 0;
        self.file = Some(file);
        Ok(())
    }
}

/// Everything dealt out, ready to be looked at by partition.
#[derive(Debug)]
pub(super) struct Dealt {
    bits: u32,
    runs: Vec<Run>,
    spilled: u64,
    file: Option<Mutex<File>>,
}

impl Dealt {
    pub fn bits(&self) -> u32 {
        self.bits
    }

    pub fn partitions(&self) -> usize {
        1 << self.bits
    }

    /// Bytes that did not stay in memory.
    pub fn spilled(&self) -> u64 {
        self.spilled
    }

    /// Rows of the largest partition.
    pub fn largest(&self) -> u64 {
        let rows = |run: &Run, p: usize| u64::from(run.starts[p + 1] - run.starts[p]);
        let sum = |p| self.runs.iter().map(|run| rows(run, p)).sum();
        (0..self.partitions()).map(sum).max().unwrap_or(0)
    }

    /// The pieces of a partition, one after the other, in the order of the files.
    pub fn visit<'a>(
        &'a self,
        partition: usize,
        scratch: &'a mut Partition,
    ) -> io::Result<impl Iterator<Item = Piece<'a>> + Clone> {
        if let Some(file) = &self.file {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            scratch
                .pieces
                .resize_with(self.runs.len(), Columns::default);
            let mut at = u64::MAX;
            for (run, columns) in self.runs.iter().zip(&mut scratch.pieces) {
                run.read_back(partition, &mut file, &mut at, columns)?;
            }
        }
        let read = &scratch.pieces;
        let runs = self.runs.iter().enumerate();
        Ok(runs.map(move |(place, run)| match run.held {
            Held::Memory(_) => run.piece(partition),
            Held::Disk(_) => read[place].whole(run.first),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::log::identity::Identity;
    use crate::io::log::row;
    use crate::journey::TouchKind;

    fn rows() -> (Vec<Row>, Vec<i64>) {
        let mut values = Vec::new();
        let rows = (0..20_000_i64).map(|i| {
            let who = match i % 3 {
                0 => Identity::of_text(&format!("user {i}")),
                _ => Identity::of_whole(i / 10),
            };
            // Times near each other, and as far apart as they can be.
            let time = match i % 1_000 {
                0 => i64::MIN + i,
                1 => i64::MAX - i,
                _ => i * 1_000_003,
            };
            let group = (i % 7) as u16 * 9_000;
            if i % 11 == 0 {
                values.push(i);
                let row = row::conversion(who, group, time, i % 2 == 0);
                row::with_payload(&row, values.len() - 1)
            } else {
                row::touch(who, group, time, (i % 1_024) as u16, TouchKind::Engage)
            }
        });
        (rows.collect(), values)
    }

    /// All rows by partition, each with its value.
    fn back(dealt: &Dealt) -> Vec<(usize, Row, Option<i64>)> {
        let mut scratch = Partition::default();
        let mut back = Vec::new();
        for partition in 0..dealt.partitions() {
            for piece in dealt.visit(partition, &mut scratch).unwrap() {
                let mut values = piece.values.iter();
                piece.each(|row| {
                    let value = row::is_conversion(&row).then(|| *values.next().unwrap());
                    back.push((partition, row, value));
                });
                assert_eq!(values.next(), None);
            }
        }
        back
    }

    /// Would catch a row that is lost, changed, out of order or in two partitions; with a value of
    /// another; and any difference between what stayed in memory and what did not.
    #[test]
    fn what_is_dealt_comes_back() {
        let (rows, values) = rows();
        let folder = tempfile::tempdir().unwrap();
        let mut found = Vec::new();
        for limit in [u64::MAX, 200_000, 0] {
            let runs = Runs::new(5, limit, folder.path());
            for (number, part) in rows.chunks(3_000).enumerate().rev() {
                let mut with = Vec::new();
                let part: Vec<Row> = part
                    .iter()
                    .map(|row| {
                        if !row::is_conversion(row) {
                            return *row;
                        }
                        with.push(values[row::payload(row)]);
                        row::with_payload(row, with.len() - 1)
                    })
                    .collect();
                runs.add((0, number as u32), &part, &with).unwrap();
            }
            let dealt = runs.finish();
            assert_eq!(dealt.spilled() > 0, limit < u64::MAX, "{limit}");
            let back = back(&dealt);
            let largest = (0..32)
                .map(|p| back.iter().filter(|b| b.0 == p).count())
                .max();
            assert_eq!(dealt.largest() as usize, largest.unwrap());
            found.push(back);
        }
        assert!(found[1..].iter().all(|other| *other == found[0]));
        let mut expected: Vec<_> = rows
            .iter()
            .map(|row| {
                let value = row::is_conversion(row).then(|| values[row::payload(row)]);
                let row = if value.is_some() {
                    row::with_payload(row, 0)
                } else {
                    *row
                };
                ((row[0] >> 59) as usize, row, value)
            })
            .collect();
        expected.sort_by_key(|e| e.0);
        assert_eq!(found[0], expected);
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
    }
}
