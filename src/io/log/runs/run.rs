//! What one thread has read in one go, dealt to partitions: two words a row.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use bytemuck::{cast_slice, cast_slice_mut};

use super::super::row::{self, Row};

/// Where a run stands: its task in the order of files, and its number in the task.
pub(in super::super) type Place = (u32, u32);

/// A row in two words, as it waits: key; and time since the run's first 50 | conversion 1 | implied 1 |
/// kind 2 | channel 10. The value of a conversion is found by counting conversions.
type Narrow = [u64; 2];

/// Bits under the time of a narrow row.
const LOW: u32 = 14;
/// What does not fit into them is kept beside: of the time since the run's first what is above 50 bits.
const TIME: u32 = 50;

/// Rows of one thread, dealt to partitions.
#[derive(Debug)]
pub(in super::super) struct Run {
    pub place: Place,
    /// Time of the first event, as rows have it.
    pub first: u64,
    /// Where each partition's rows begin, and behind the last one their number.
    pub starts: Vec<u32>,
    /// The same of its values.
    value_starts: Vec<u32>,
    /// Whether rows have anything beside them: a check, a group, or a time far from the first.
    wide: bool,
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
    rows: Vec<Narrow>,
    /// High half of the last word 32 | high bits of the time 14; empty if all are zero.
    beside: Vec<u64>,
    values: Vec<i64>,
}

#[inline]
fn partition(row: &Row, bits: u32) -> usize {
    // In two steps, since all 64 bits are shifted away when there is one partition.
    (row[0] >> 1 >> (63 - bits)) as usize
}

/// From how many there are to where they begin; with one place more, where the last ones end.
fn starts(counts: &mut [u32]) -> Vec<u32> {
    let mut sum = 0;
    for count in counts.iter_mut() {
        sum += std::mem::replace(count, sum);
    }
    counts.iter().copied().chain([sum]).collect()
}

impl Run {
    /// Deals rows out. Conversions say by their payload where their value is.
    pub fn new(place: Place, rows: &[Row], values: &[i64], bits: u32) -> Self {
        let partitions = 1 << bits;
        let mut next = vec![0_u32; partitions];
        let (mut first, mut last, mut high) = (u64::MAX, 0, 0);
        for row in rows {
            next[partition(row, bits)] += 1;
            (first, last) = (first.min(row[1]), last.max(row[1]));
            high |= row[2] >> 32;
        }
        let starts = starts(&mut next);
        let wide = high != 0 || last.saturating_sub(first) >> TIME != 0;
        let mut columns = Columns {
            rows: vec![[0; 2]; rows.len()],
            beside: vec![0; if wide { rows.len() } else { 0 }],
            values: vec![0; values.len()],
        };
        let mut with = Vec::with_capacity(values.len());
        let slab: &mut [Narrow] = &mut columns.rows;
        for row in rows {
            let partition = partition(row, bits);
            let at = next[partition] as usize;
            next[partition] += 1;
            slab[at] = narrow(row, first);
            if wide {
                columns.beside[at] = beside(row, first);
            }
            if row::is_conversion(row) {
                with.push((partition, values[row::payload(row)]));
            }
        }
        next.fill(0);
        for (partition, _) in &with {
            next[*partition] += 1;
        }
        let value_starts = self::starts(&mut next);
        for (partition, value) in with {
            let at = &mut next[partition];
            columns.values[*at as usize] = value;
            *at += 1;
        }
        Self {
            place,
            first,
            starts,
            value_starts,
            wide,
            held: Held::Memory(columns),
        }
    }

    /// Memory that its rows and values take.
    pub fn bytes(&self) -> u64 {
        let rows = self.starts.last().copied().unwrap_or(0);
        let values = self.value_starts.last().copied().unwrap_or(0);
        let row = size_of::<Narrow>() as u64 + if self.wide { 8 } else { 0 };
        u64::from(rows) * row + u64::from(values) * 8
    }

    /// Rows and values of one partition, if they are in memory.
    pub fn piece(&self, partition: usize) -> Piece<'_> {
        match &self.held {
            Held::Memory(columns) => {
                let range =
                    |starts: &[u32]| starts[partition] as usize..starts[partition + 1] as usize;
                let rows = range(&self.starts);
                let beside = if self.wide { rows.clone() } else { 0..0 };
                Piece {
                    first: self.first,
                    rows: &columns.rows[rows],
                    beside: &columns.beside[beside],
                    values: &columns.values[range(&self.value_starts)],
                }
            }
            Held::Disk(_) => Piece::default(),
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
        let rows = count(&self.starts);
        columns.rows.resize(rows, [0; 2]);
        columns.beside.resize(if self.wide { rows } else { 0 }, 0);
        columns.values.resize(count(&self.value_starts), 0);
        if *at != places[partition] {
            file.seek(SeekFrom::Start(places[partition]))?;
            *at = places[partition];
        }
        let bytes: [&mut [u8]; 3] = [
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

impl Columns {
    /// All of them, with the time that they count from.
    pub fn whole(&self, first: u64) -> Piece<'_> {
        Piece {
            first,
            rows: &self.rows,
            beside: &self.beside,
            values: &self.values,
        }
    }
}

/// Rows of one run and partition.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Piece<'a> {
    first: u64,
    rows: &'a [Narrow],
    beside: &'a [u64],
    /// Values of the conversions, in their order.
    pub values: &'a [i64],
}

impl<'a> Piece<'a> {
    /// As a file holds them.
    pub fn bytes(&self) -> [&'a [u8]; 3] {
        [
            cast_slice(self.rows),
            cast_slice(self.beside),
            cast_slice(self.values),
        ]
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Keys of the identities.
    pub fn keys(&self) -> impl Iterator<Item = u64> + 'a {
        self.rows.iter().map(|row| row[0])
    }

    /// Shows the rows, in order. Payloads of conversions are not set.
    #[inline]
    pub fn each(&self, mut show: impl FnMut(Row)) {
        if self.beside.is_empty() {
            for row in self.rows {
                show(widen(row, 0, self.first));
            }
        } else {
            for (row, beside) in self.rows.iter().zip(self.beside) {
                show(widen(row, *beside, self.first));
            }
        }
    }
}

#[inline]
fn narrow(row: &Row, first: u64) -> Narrow {
    [row[0], (row[1] - first) << LOW | row::low_bits(row)]
}

/// What a narrow row has no place for.
#[inline]
fn beside(row: &Row, first: u64) -> u64 {
    (row[1] - first) >> TIME << 32 | row[2] >> 32
}

#[inline]
fn widen(narrow: &Narrow, beside: u64, first: u64) -> Row {
    let since = narrow[1] >> LOW | beside >> 32 << TIME;
    [
        narrow[0],
        first + since,
        row::from_low_bits(narrow[1]) | beside << 32,
    ]
}
