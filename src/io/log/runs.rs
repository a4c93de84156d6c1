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

mod packed;
mod pending;
mod run;

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::identity::Scramble;
use super::row;
use run::{Columns, Held, Run};

pub(super) use pending::Pending;
pub(super) use run::{Piece, Place};

/// Everything that was dealt.
#[derive(Debug)]
pub(super) struct Runs {
    bits: u32,
    pub scramble: Scramble,
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
    /// The earliest time and the latest one.
    span: Option<(u64, u64)>,
}

/// Memory for the events of one partition that are read back.
#[derive(Debug, Default)]
pub(super) struct Partition {
    pieces: Vec<Columns>,
}

impl Runs {
    /// `2^bits` partitions, so many bytes of memory, and a folder for what is more.
    pub fn new(bits: u32, scramble: Scramble, limit: u64, folder: &Path) -> Self {
        Self {
            bits,
            scramble,
            limit,
            folder: folder.to_path_buf(),
            state: Mutex::default(),
        }
    }

    fn partitions(&self) -> usize {
        1 << self.bits
    }

    /// For what a thread will read.
    pub fn pending(&self) -> Pending {
        Pending::new(self.bits, self.scramble)
    }

    /// Deals out what was read, and clears it.
    pub fn add(&self, place: Place, pending: &mut Pending) -> io::Result<()> {
        let span = pending.span;
        let run = Run::new(place, pending, self.bits, self.scramble.width());
        let mut state = self.state();
        state.span = [state.span, span]
            .into_iter()
            .flatten()
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
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
        let (base, latest) = state.span.unwrap_or_default();
        let narrow = state.runs.iter().all(|run| !run.wide);
        Dealt {
            bits: self.bits,
            scramble: self.scramble,
            base,
            narrow: narrow && (latest - base) >> row::TIME == 0,
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
    pub scramble: Scramble,
    /// Time of the first event, as rows have it: narrow ones count from it.
    pub base: u64,
    /// Whether nothing is beside any row, and no two times are too far apart for narrow rows.
    pub narrow: bool,
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
            Held::Disk(_) => run.piece_of(partition, &read[place]),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::log::identity::{Identity, Scramble};
    use crate::io::log::row::{Narrow, Row, Wide};
    use crate::journey::TouchKind;

    /// Who, group, time, low bits.
    type Given = (Identity, u16, i64, u32);

    /// Rows, and the value of each that is a conversion. Narrow: whole numbers, near times, no groups.
    fn rows(narrow: bool, scramble: Scramble) -> Vec<(Given, Option<i64>)> {
        let rows = (0..20_000_i64).map(|i| {
            let who = match i % 3 {
                0 if !narrow => scramble.text(&format!("user {i}")),
                _ => scramble.whole(i / 10),
            };
            // Times near each other, and as far apart as they can be.
            let time = match i % 1_000 {
                0 if !narrow => i64::MIN + i,
                1 if !narrow => i64::MAX - i,
                _ => (10_000 - i) * 1_000_003,
            };
            let group = if narrow { 0 } else { (i % 7) as u16 * 9_000 };
            if i % 11 == 0 {
                ((who, group, time, row::conversion_low(i % 2 == 0)), Some(i))
            } else {
                let low = row::touch_low((i % 1_024) as u16, TouchKind::Engage);
                ((who, group, time, low), None)
            }
        });
        rows.collect()
    }

    /// All rows by partition, wide, each with its value.
    fn back<R: Row>(dealt: &Dealt) -> Vec<(usize, Given, Option<i64>)> {
        let mut scratch = Partition::default();
        let mut back = Vec::new();
        for partition in 0..dealt.partitions() {
            for piece in dealt.visit(partition, &mut scratch).unwrap() {
                let mut values = piece.values.iter();
                piece.each(dealt.base, |row: R| {
                    let low = if row.is_conversion() {
                        row::conversion_low(row.is_implied())
                    } else {
                        row::touch_low(row.payload() as u16, row.kind())
                    };
                    let time = row::micros(row.time(dealt.base));
                    let value = row.is_conversion().then(|| *values.next().unwrap());
                    back.push((partition, (row.identity(), row.group(), time, low), value));
                });
                assert_eq!(values.next(), None);
            }
        }
        back
    }

    /// Would catch a row that is lost, changed, out of order or in two partitions; with a value of
    /// another; any difference between what stayed in memory and what did not, and between rows that
    /// were pushed and those that came in bulk, or between runs in one word a row, in two and in three.
    #[test]
    fn what_is_dealt_comes_back() {
        for (narrow, width) in [(false, 64), (false, 11), (true, 64), (true, 11)] {
            let scramble = Scramble::new(width);
            let rows = rows(narrow, scramble);
            let mut expected: Vec<_> = rows
                .iter()
                .map(|(row, value)| ((row.0.key >> 59) as usize, *row, *value))
                .collect();
            expected.sort_by_key(|e| e.0);
            let folder = tempfile::tempdir().unwrap();
            for limit in [u64::MAX, 100_000, 0] {
                let runs = Runs::new(5, scramble, limit, folder.path());
                let mut pending = runs.pending();
                for (number, part) in rows.chunks(3_000).enumerate().rev() {
                    for some in part.chunks(100) {
                        let users = some.iter().map(|r| scramble.number(r.0.0));
                        let users: Option<Vec<i64>> = users.collect();
                        match users {
                            Some(users) if narrow && number % 2 == 0 => {
                                let times: Vec<i64> = some.iter().map(|r| r.0.2).collect();
                                let lows: Vec<u32> = some.iter().map(|r| r.0.3).collect();
                                pending.extend(&users, &times, &lows);
                            }
                            _ => {
                                for ((who, group, time, low), _) in some {
                                    pending.push(*who, *group, *time, *low);
                                }
                            }
                        }
                        pending.values.extend(some.iter().filter_map(|r| r.1));
                    }
                    assert_eq!(pending.len(), part.len());
                    runs.add((0, number as u32), &mut pending).unwrap();
                    assert!(pending.is_empty());
                }
                let dealt = runs.finish();
                assert_eq!(dealt.spilled() > 0, limit < u64::MAX, "{limit}");
                assert_eq!(dealt.narrow, narrow);
                let back = if narrow {
                    back::<Narrow>(&dealt)
                } else {
                    back::<Wide>(&dealt)
                };
                assert!(back == expected, "{narrow} {limit}");
                let largest = (0..32)
                    .map(|p| back.iter().filter(|b| b.0 == p).count())
                    .max();
                assert_eq!(dealt.largest() as usize, largest.unwrap());
            }
            assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
        }
    }

    /// Would catch a row in bulk that is far from the first one, or comes after one with something
    /// beside it, and is cut to what a narrow row holds.
    #[test]
    fn far_times_in_bulk_are_kept() {
        let runs = Runs::new(0, Scramble::new(3), u64::MAX, Path::new("."));
        let mut pending = runs.pending();
        let times = [0, i64::MAX, 1 << 45, -(1 << 45), i64::MIN, -1];
        let lows = [row::touch_low(3, TouchKind::Click); 6];
        for at in [0..1, 1..3, 3..6] {
            pending.extend(&[5; 6][at.clone()], &times[at.clone()], &lows[at]);
        }
        runs.add((0, 0), &mut pending).unwrap();
        let dealt = runs.finish();
        let back: Vec<i64> = back::<Wide>(&dealt).iter().map(|b| b.1.2).collect();
        assert_eq!(back, times);
    }
}
