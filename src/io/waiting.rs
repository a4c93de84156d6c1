//! Rows that wait until their slice is written, in memory and past it.
//!
//! Rows come in one order and are wanted in another, slice by slice. Threads gather them in batches;
//! a full batch is dealt to slices and handed in. When memory is used up, all that was handed in goes
//! to a temporary file, slice by slice, as one *block* a slice. A block tells where the block before
//! it of the same slice is, so memory holds only where each slice's last block is, however often this
//! happens. The file has no name and vanishes with the process.
//!
//! A row is four words, of which the low half of the last is not the caller's: few rows have two more
//! words beside them, and there stands which.
//!
//! Rows of a slice come back in no order worth naming. Whoever wants one sorts them.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytemuck::{cast_slice, cast_slice_mut};

/// A row. The low half of the last word is zero when it is handed in.
pub(crate) type Waiter = [u64; 4];
/// What few rows have beside them.
pub(crate) type Beside = [u64; 2];

/// Where the place of what is beside stands in the last word.
const PLACE: u64 = 0xffff_ffff;
/// Words at the head of a block: where the one before it begins, and how long that is.
const HEAD: usize = 2;

/// Rows of one thread that are not dealt yet.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    rows: Vec<Waiter>,
    slices: Vec<u32>,
    beside: Vec<Beside>,
}

impl Batch {
    pub fn push(&mut self, slice: usize, mut row: Waiter, beside: Option<Beside>) {
        if let Some(beside) = beside {
            self.beside.push(beside);
            row[3] |= self.beside.len() as u64;
        }
        self.rows.push(row);
        self.slices.push(slice as u32);
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Bytes that a row takes in a batch, and once more when the batch is dealt.
    pub const ROW: u64 = 2 * size_of::<Waiter>() as u64 + 4;
}

/// A batch, dealt to slices.
#[derive(Debug)]
struct Dealt {
    rows: Vec<Waiter>,
    beside: Vec<Beside>,
    /// Where each slice's rows begin and what is beside them; and behind the last one their number.
    starts: Vec<[u32; 2]>,
}

impl Dealt {
    fn new(slices: usize, batch: &Batch) -> Self {
        let mut starts = vec![[0_u32; 2]; slices + 1];
        let place = |row: &Waiter| (row[3] & PLACE) as usize;
        for (row, slice) in batch.rows.iter().zip(&batch.slices) {
            let start = &mut starts[*slice as usize + 1];
            start[0] += 1;
            start[1] += u32::from(place(row) > 0);
        }
        for slice in 0..slices {
            let before = starts[slice];
            starts[slice + 1][0] += before[0];
            starts[slice + 1][1] += before[1];
        }
        let mut next = starts.clone();
        let mut rows = vec![[0; 4]; batch.rows.len()];
        let mut beside = vec![[0; 2]; batch.beside.len()];
        for (row, slice) in batch.rows.iter().zip(&batch.slices) {
            let slice = *slice as usize;
            let next = &mut next[slice];
            let mut moved = *row;
            if place(row) > 0 {
                beside[next[1] as usize] = batch.beside[place(row) - 1];
                next[1] += 1;
                moved[3] = row[3] & !PLACE | u64::from(next[1] - starts[slice][1]);
            }
            rows[next[0] as usize] = moved;
            next[0] += 1;
        }
        Self {
            rows,
            beside,
            starts,
        }
    }

    fn bytes(&self) -> u64 {
        let of = |bytes: usize| bytes as u64;
        of(size_of_val(&self.rows[..]))
            + of(size_of_val(&self.beside[..]))
            + of(size_of_val(&self.starts[..]))
    }

    fn piece(&self, slice: usize) -> (&[Waiter], &[Beside]) {
        let (from, to) = (self.starts[slice], self.starts[slice + 1]);
        (
            &self.rows[from[0] as usize..to[0] as usize],
            &self.beside[from[1] as usize..to[1] as usize],
        )
    }
}

/// A block in the file: its first byte, and its words, those of its head included; none if zero.
type Block = [u64; 2];

/// Everything that waits.
#[derive(Debug)]
pub(crate) struct Waiting {
    limit: u64,
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    dealt: Vec<Dealt>,
    bytes: u64,
    spilled: u64,
    rows: Vec<u64>,
    last: Vec<Block>,
    file: Option<File>,
}

impl Waiting {
    /// So many slices, so many bytes of memory, and a folder for what is more.
    pub fn new(slices: usize, limit: u64, folder: &Path) -> Self {
        Self {
            limit,
            folder: folder.to_path_buf(),
            state: Mutex::new(State {
                dealt: Vec::new(),
                bytes: 0,
                spilled: 0,
                rows: vec![0; slices],
                last: vec![[0; 2]; slices],
                file: None,
            }),
        }
    }

    /// Hands a batch in, and empties it.
    pub fn add(&self, batch: &mut Batch) -> io::Result<()> {
        let slices = self.state().rows.len();
        let dealt = Dealt::new(slices, batch);
        batch.rows.clear();
        batch.slices.clear();
        batch.beside.clear();
        let mut state = self.state();
        for (rows, starts) in state.rows.iter_mut().zip(dealt.starts.windows(2)) {
            *rows += u64::from(starts[1][0] - starts[0][0]);
        }
        state.bytes += dealt.bytes();
        state.dealt.push(dealt);
        if state.bytes > self.limit {
            state.spill(&self.folder)?;
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything has been handed in.
    pub fn finish(self) -> Waited {
        let state = self.state.into_inner();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        Waited {
            dealt: state.dealt,
            spilled: state.spilled,
            rows: state.rows,
            last: state.last,
            file: state.file.map(Mutex::new),
        }
    }
}

impl State {
    /// All that is in memory goes to the file.
    fn spill(&mut self, folder: &Path) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => tempfile::tempfile_in(folder)?,
        };
        let mut at = (&file).seek(SeekFrom::End(0))?;
        let begun = at;
        let mut out = BufWriter::with_capacity(1 << 20, &file);
        for (slice, last) in self.last.iter_mut().enumerate() {
            let pieces = self.dealt.iter().map(|dealt| dealt.piece(slice));
            let pieces = pieces.filter(|(rows, _)| !rows.is_empty());
            let words =
                |(rows, beside): (&[Waiter], &[Beside])| 2 + 4 * rows.len() + 2 * beside.len();
            let words = pieces.clone().map(words).sum::<usize>();
            if words == 0 {
                continue;
            }
            out.write_all(cast_slice(&last[..]))?;
            for (rows, beside) in pieces {
                let lengths = [rows.len() as u64, beside.len() as u64];
                out.write_all(cast_slice(&lengths[..]))?;
                out.write_all(cast_slice(rows))?;
                out.write_all(cast_slice(beside))?;
            }
            let words = (HEAD + words) as u64;
            *last = [at, words];
            at += words * 8;
        }
        out.flush()?;
        drop(out);
        self.spilled += at - begun;
        self.dealt.clear();
        self.bytes = 0;
        self.file = Some(file);
        Ok(())
    }
}

/// Everything that has waited, ready to be read by slice.
#[derive(Debug)]
pub(crate) struct Waited {
    dealt: Vec<Dealt>,
    spilled: u64,
    rows: Vec<u64>,
    last: Vec<Block>,
    file: Option<Mutex<File>>,
}

/// Rows of one slice.
#[derive(Debug, Default)]
pub(crate) struct Slice {
    pub rows: Vec<Waiter>,
    beside: Vec<Beside>,
    block: Vec<u64>,
}

impl Slice {
    /// Bytes that a row takes: in the slice, and in the block that it came from.
    pub const ROW: u64 = 2 * size_of::<Waiter>() as u64;

    /// What is beside a row of this slice.
    pub fn beside(&self, row: &Waiter) -> Option<Beside> {
        let place = (row[3] & PLACE).checked_sub(1)?;
        self.beside.get(place as usize).copied()
    }
}

/// Takes a piece's rows over.
fn take(all: &mut Vec<Waiter>, all_beside: &mut Vec<Beside>, rows: &[Waiter], beside: &[Beside]) {
    let before = all_beside.len() as u64;
    all_beside.extend_from_slice(beside);
    all.extend(rows.iter().map(|row| {
        let [a, b, c, last] = *row;
        let moved = if last & PLACE > 0 { before } else { 0 };
        [a, b, c, last + moved]
    }));
}

impl Waited {
    /// Rows of each slice.
    pub fn rows(&self) -> &[u64] {
        &self.rows
    }

    /// Bytes that did not stay in memory.
    pub fn spilled(&self) -> u64 {
        self.spilled
    }

    /// Reads a slice.
    pub fn read(&self, slice: usize, into: &mut Slice) -> io::Result<()> {
        let Slice {
            rows,
            beside,
            block,
        } = into;
        rows.clear();
        beside.clear();
        rows.reserve(self.rows[slice] as usize);
        let mut next = self.last[slice];
        while next[1] > 0
            && let Some(file) = &self.file
        {
            block.resize(next[1] as usize, 0);
            {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(next[0]))?;
                file.read_exact(cast_slice_mut(&mut block[..]))?;
            }
            next = [block[0], block[1]];
            let mut rest = &block[HEAD..];
            while let [many, few, words @ ..] = rest {
                let (piece, words) = words.split_at(4 * *many as usize);
                let (with, words) = words.split_at(2 * *few as usize);
                take(rows, beside, cast_slice(piece), cast_slice(with));
                rest = words;
            }
        }
        for (piece, with) in self.dealt.iter().map(|dealt| dealt.piece(slice)) {
            take(rows, beside, piece, with);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a row that is lost, doubled, changed or in another slice, or that has another's
    /// words beside it; and any difference between what stayed in memory and what did not.
    #[test]
    fn what_waits_comes_back() {
        const SLICES: usize = 7;
        let folder = tempfile::tempdir().unwrap();
        for limit in [u64::MAX, 100_000, 0] {
            let waiting = Waiting::new(SLICES, limit, folder.path());
            let mut batch = Batch::default();
            for i in 0..10_000_u64 {
                let with = (i % 5 == 0).then_some([i, !i]);
                // One slice has no rows.
                batch.push((i * i % 6) as usize, [i, i % 3, 9, i << 32], with);
                if batch.len() == 1_234 {
                    waiting.add(&mut batch).unwrap();
                }
            }
            waiting.add(&mut batch).unwrap();
            let waited = waiting.finish();
            assert_eq!(waited.spilled() > 0, limit < u64::MAX);
            let (mut slice, mut seen) = (Slice::default(), Vec::new());
            for number in 0..SLICES {
                waited.read(number, &mut slice).unwrap();
                assert_eq!(slice.rows.len() as u64, waited.rows()[number]);
                for row in &slice.rows {
                    let i = row[0];
                    assert_eq!(number as u64, i * i % 6);
                    assert_eq!((row[1], row[2], row[3] >> 32), (i % 3, 9, i));
                    assert_eq!(slice.beside(row), (i % 5 == 0).then_some([i, !i]));
                    seen.push(i);
                }
            }
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..10_000), "{limit}");
            assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
        }
    }
}
