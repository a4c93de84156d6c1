//! What one thread has read in one go, dealt to partitions.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use bytemuck::{cast_slice, cast_slice_mut};

use super::super::row::{CONVERSION_LOW, Narrow, Row};
use super::packed::Packing;
use super::pending::{Pending, partition};

/// Where a run stands: its task in the order of files, and its number in the task.
pub(in super::super) type Place = (u32, u32);

/// Rows of one thread, dealt to partitions.
#[derive(Debug)]
pub(in super::super) struct Run {
    pub place: Place,
    /// Time that rows count from.
    base: u64,
    /// Where each partition's rows begin, and behind the last one their number.
    pub starts: Vec<u32>,
    /// The same of its values.
    value_starts: Vec<u32>,
    /// Whether rows have anything beside them.
    pub wide: bool,
    /// If rows are in one word.
    packing: Option<Packing>,
    pub held: Held,
}

#[derive(Debug)]
pub(in super::super) enum Held {
    Memory(Columns),
    /// Where in the file each partition's rows begin; what is beside them, and values, follow.
    Disk(Vec<u64>),
}

#[derive(Debug, Default)]
pub(in super::super) struct Columns {
    /// One of them is empty.
    packed: Vec<u64>,
    rows: Vec<Narrow>,
    /// Empty if rows have nothing beside them.
    beside: Vec<u64>,
    values: Vec<i64>,
}

/// From how many there are to where they begin; with one place more, where the last ones end.
fn starts(counts: &mut [u32]) -> Vec<u32> {
    let mut sum = 0;
    for count in counts.iter_mut() {
        sum += std::mem::replace(count, sum);
    }
    counts.iter().copied().chain([sum]).collect()
}

/// Where the next row of each partition goes, and partitions of conversions as they come.
struct Deal<'a> {
    bits: u32,
    next: &'a mut [u32],
    conversions: Vec<usize>,
}

impl Deal<'_> {
    #[inline]
    fn rows<T>(&mut self, rows: &[Narrow], out: &mut [T], shape: impl Fn(&Narrow) -> T) {
        for row in rows {
            let partition = partition(row[0], self.bits);
            let at = &mut self.next[partition];
            out[*at as usize] = shape(row);
            *at += 1;
            if row[1] & u64::from(CONVERSION_LOW) != 0 {
                self.conversions.push(partition);
            }
        }
    }
}

impl Run {
    /// Deals rows out, and clears what has been dealt.
    pub fn new(place: Place, pending: &mut Pending, bits: u32, width: u32) -> Self {
        let starts = starts(&mut pending.counts);
        let wide = !pending.beside.is_empty();
        let packing = pending.span.filter(|_| !wide).and_then(|(first, last)| {
            let span = (first - pending.base, last - pending.base);
            Packing::new(width, bits, span, pending.lows)
        });
        let rows = &pending.rows;
        let mut columns = Columns {
            packed: vec![0; if packing.is_some() { rows.len() } else { 0 }],
            rows: vec![[0; 2]; if packing.is_none() { rows.len() } else { 0 }],
            beside: vec![0; pending.beside.len()],
            values: vec![0; pending.values.len()],
        };
        let mut deal = Deal {
            bits,
            next: &mut pending.counts,
            conversions: Vec::with_capacity(pending.values.len()),
        };
        match packing {
            Some(packing) => deal.rows(rows, &mut columns.packed, |row| packing.pack(row)),
            None => deal.rows(rows, &mut columns.rows, |row| *row),
        }
        let Deal { conversions, .. } = deal;
        let next = &mut pending.counts;
        if wide {
            next.copy_from_slice(&starts[..starts.len() - 1]);
            for (row, beside) in rows.iter().zip(&pending.beside) {
                let at = &mut next[partition(row[0], bits)];
                columns.beside[*at as usize] = *beside;
                *at += 1;
            }
        }
        next.fill(0);
        for partition in &conversions {
            next[*partition] += 1;
        }
        let value_starts = self::starts(next);
        for (partition, value) in conversions.iter().zip(&pending.values) {
            let at = &mut next[*partition];
            columns.values[*at as usize] = *value;
            *at += 1;
        }
        let base = pending.base;
        pending.clear();
        Self {
            place,
            base,
            starts,
            value_starts,
            wide,
            packing,
            held: Held::Memory(columns),
        }
    }

    /// Bytes that a row takes.
    fn row(&self) -> u64 {
        match (&self.packing, self.wide) {
            (Some(_), _) => 8,
            (None, false) => 16,
            (None, true) => 24,
        }
    }

    /// Memory that its rows and values take.
    pub fn bytes(&self) -> u64 {
        let rows = self.starts.last().copied().unwrap_or(0);
        let values = self.value_starts.last().copied().unwrap_or(0);
        u64::from(rows) * self.row() + u64::from(values) * 8
    }

    /// Rows and values of one partition, if they are in memory.
    pub fn piece(&self, partition: usize) -> Piece<'_> {
        let Held::Memory(columns) = &self.held else {
            return Piece::default();
        };
        let range = |starts: &[u32]| starts[partition] as usize..starts[partition + 1] as usize;
        let (rows, values) = (range(&self.starts), range(&self.value_starts));
        let piece = self.piece_of(partition, columns);
        let some = |there: bool| if there { rows.clone() } else { 0..0 };
        Piece {
            packed: &piece.packed[some(self.packing.is_some())],
            rows: &piece.rows[some(self.packing.is_none())],
            beside: &piece.beside[some(self.wide)],
            values: &piece.values[values],
            ..piece
        }
    }

    /// All rows of columns that hold one partition.
    pub fn piece_of<'a>(&self, partition: usize, columns: &'a Columns) -> Piece<'a> {
        Piece {
            base: self.base,
            partition,
            packing: self.packing,
            packed: &columns.packed,
            rows: &columns.rows,
            beside: &columns.beside,
            values: &columns.values,
        }
    }

    /// Reads a partition from the file, which stands at the place `at`, if it is there.
    pub fn read_back(
        &self,
        partition: usize,
        file: &mut File,
        at: &mut u64,
        columns: &mut Columns,
    ) -> io::Result<()> {
        let Held::Disk(places) = &self.held else {
            return Ok(());
        };
        let count = |starts: &[u32]| (starts[partition + 1] - starts[partition]) as usize;
        let rows = |there: bool| if there { count(&self.starts) } else { 0 };
        columns.packed.resize(rows(self.packing.is_some()), 0);
        columns.rows.resize(rows(self.packing.is_none()), [0; 2]);
        columns.beside.resize(rows(self.wide), 0);
        columns.values.resize(count(&self.value_starts), 0);
        if *at != places[partition] {
            file.seek(SeekFrom::Start(places[partition]))?;
            *at = places[partition];
        }
        let bytes: [&mut [u8]; 4] = [
            cast_slice_mut(&mut columns.packed),
            cast_slice_mut(&mut columns.rows),
            cast_slice_mut(&mut columns.beside),
            cast_slice_mut(&mut columns.values),
        ];
        for bytes in bytes {
            file.read_exact(bytes)?;
            *at += bytes.len() as u64;
        }
        Ok(())
    }
}

/// Rows of one run and partition.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Piece<'a> {
    base: u64,
    partition: usize,
    packing: Option<Packing>,
    /// One of them is empty.
    packed: &'a [u64],
    rows: &'a [Narrow],
    beside: &'a [u64],
    /// Values of the conversions, in their order.
    pub values: &'a [i64],
}

impl<'a> Piece<'a> {
    /// As a file holds them.
    pub fn bytes(&self) -> [&'a [u8]; 4] {
        [
            cast_slice(self.packed),
            cast_slice(self.rows),
            cast_slice(self.beside),
            cast_slice(self.values),
        ]
    }

    pub fn len(&self) -> usize {
        self.packed.len() + self.rows.len()
    }

    /// Shows the keys of the identities, without those first bits that number the `2^bits` partitions.
    #[inline]
    pub fn keys(&self, bits: u32, mut show: impl FnMut(u64)) {
        if let Some(packing) = self.packing {
            for packed in self.packed {
                show(packing.key(*packed));
            }
        }
        for [key, _] in self.rows {
            show(key << bits);
        }
    }

    /// Shows the rows, in order, narrow ones with times since `base`. Payloads of conversions are not set.
    #[inline]
    pub fn each<R: Row>(&self, base: u64, mut show: impl FnMut(R)) {
        let shift = self.base.wrapping_sub(base);
        if let Some(packing) = self.packing {
            for packed in self.packed {
                let row = packing.unpack(*packed, self.partition);
                show(R::of(&row, 0, self.base, shift));
            }
        } else if self.beside.is_empty() {
            for row in self.rows {
                show(R::of(row, 0, self.base, shift));
            }
        } else {
            for (row, beside) in self.rows.iter().zip(self.beside) {
                show(R::of(row, *beside, self.base, shift));
            }
        }
    }
}
