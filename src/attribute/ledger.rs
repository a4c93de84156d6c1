//! The books of the models that credit each journey by itself.
//!
//! One cell for each group and channel, two exact sums in a cell. The work is in the rounding. A
//! share such as 1/3 has no finite binary form; three of them, each rounded, do not make one
//! conversion. So a journey is given out by its *cumulated* shares `0 = c₀ ≤ c₁ ≤ … ≤ cₙ = 1`:
//! each `cᵢ` is rounded and touch `i` receives `round(cᵢ) − round(cᵢ₋₁)`. The differences
//! telescope, so a journey's weights make exactly one; none is negative; none is off by more than
//! one unit of 2⁻⁴⁰, even in a path of ten thousand touches, where one touch that took all the
//! remainders could be off by ten thousand units.

use serde::{Deserialize, Serialize};

use crate::base::{Exact, Merge, Weight};
use crate::journey::Outcome;

use super::credit::{Amount, Credit, Note};
use super::model::{FitError, Shape, Stray};

/// Exact sums of one group and channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Cell {
    conversions: Exact,
    value: Exact,
}

impl Cell {
    #[inline]
    fn add(&mut self, weight: Weight, conversions: i64, value: i64) {
        self.conversions.add(weight, conversions);
        self.value.add(weight, value);
    }

    fn get(self) -> Amount {
        Amount {
            conversions: self.conversions.get(),
            value: self.value.get(),
        }
    }
}

impl Merge for Cell {
    fn merge(&mut self, other: Self) {
        self.conversions.merge(other.conversions);
        self.value.merge(other.value);
    }
}

/// Exact credit by group and channel: the state of every [`Rule`](super::Rule).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    shape: Shape,
    /// Group by group: one cell a channel, then one for what no channel got.
    cells: Vec<Cell>,
    stray: Stray,
}

impl Ledger {
    /// Empty books.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        Self {
            shape,
            cells: vec![Cell::default(); shape.groups * (shape.channels + 1)],
            stray: Stray::default(),
        }
    }

    /// Opens the books for one journey. What the returned [`Split`] does not give to a channel
    /// stays unattributed.
    #[inline(always)]
    pub fn split(&mut self, outcome: &Outcome) -> Split<'_> {
        let width = self.shape.channels + 1;
        let start = usize::from(outcome.group) * width;
        let row = self.cells.get_mut(start..start + width);
        if row.is_none() {
            self.stray.group(outcome.group);
        }
        Split {
            row: row.unwrap_or_default(),
            stray: &mut self.stray,
            conversions: i64::try_from(outcome.conversions).unwrap_or(i64::MAX),
            value: outcome.value,
            given: Weight::ZERO,
        }
    }

    /// The books as a credit.
    ///
    /// # Errors
    ///
    /// When a journey named a channel or a group that the shape does not have.
    pub fn credit(&self) -> Result<Credit, FitError> {
        self.check()?;
        let mut credit = Credit::new(self.shape);
        let width = self.shape.channels + 1;
        for (place, cell) in self.cells.iter().enumerate() {
            match (place / width, place % width) {
                (group, channel) if channel < self.shape.channels => {
                    credit.give(group, channel, cell.get());
                }
                (group, _) => credit.leave(group, cell.get()),
            }
        }
        if credit.total().conversions == 0.0 {
            credit.note(Note::NoConversions);
        }
        Ok(credit)
    }

    /// Whether all that was booked can be trusted.
    pub(super) fn check(&self) -> Result<(), FitError> {
        self.stray.check(self.shape)
    }

    /// Remembers that a journey came before channels had names.
    pub(super) fn nameless(&mut self) {
        self.stray.nameless();
    }

    /// Makes the books of one group wide enough for that many channels. They must be empty.
    pub(super) fn widen(&mut self, channels: usize) {
        if channels > self.shape.channels || self.shape.groups == 0 {
            *self = Self::new(Shape {
                channels,
                groups: 1,
            });
        }
    }

    /// What a channel of the first group got; it and what nobody got are cleared.
    pub(super) fn take(&mut self, channel: u16) -> Amount {
        let cell = std::mem::take(&mut self.cells[usize::from(channel)]);
        self.cells[self.shape.channels] = Cell::default();
        cell.get()
    }

    /// Memory held, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(self.cells.as_slice())
    }
}

/// # Panics
///
/// When the shapes differ: cells of different channels would be added. Only a program that mixes
/// up its own states gets there.
impl Merge for Ledger {
    fn merge(&mut self, other: Self) {
        assert_eq!(
            self.shape, other.shape,
            "ledgers of different shapes cannot be merged"
        );
        self.cells.merge(other.cells);
        self.stray.merge(other.stray);
    }
}

/// One journey being given out.
///
/// All of it is compiled into the loop of each rule, where it lives in registers. Called, it would live
/// in memory, and cost as much again.
#[derive(Debug)]
pub struct Split<'a> {
    /// The group's cells; the last is for what nobody gets. Empty for a group out of shape.
    row: &'a mut [Cell],
    stray: &'a mut Stray,
    conversions: i64,
    value: i64,
    given: Weight,
}

impl Split<'_> {
    /// Gives a channel everything that was not given yet.
    #[inline(always)]
    pub fn rest(&mut self, channel: u16) {
        self.give(channel, Weight::ONE);
    }

    /// Gives a channel what lies between the shares given so far and the cumulated share
    /// `upto`. Shares run from 0 to 1; one that falls back, or is no number, gives nothing.
    #[inline(always)]
    pub fn upto(&mut self, channel: u16, upto: f64) {
        self.upto_weight(channel, Weight::new(upto).min(Weight::ONE));
    }

    /// As [`Split::upto`], of a share that is rounded already.
    #[inline(always)]
    pub(super) fn upto_weight(&mut self, channel: u16, upto: Weight) {
        if upto > self.given {
            self.give(channel, upto);
        }
    }

    #[inline(always)]
    fn give(&mut self, channel: u16, upto: Weight) {
        let weight = minus(upto, self.given);
        self.given = upto;
        let Some((_, channels)) = self.row.split_last_mut() else {
            return;
        };
        match channels.get_mut(usize::from(channel)) {
            Some(cell) => cell.add(weight, self.conversions, self.value),
            None => self.stray.channel(channel),
        }
    }
}

impl Drop for Split<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.given != Weight::ONE
            && let Some(nobody) = self.row.last_mut()
        {
            nobody.add(self.given.rest(), self.conversions, self.value);
        }
    }
}

/// `a − b`, by way of the complement: 1 − ((1 − a) + b).
#[inline]
fn minus(a: Weight, b: Weight) -> Weight {
    a.rest().plus(b).rest()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        channels: 3,
        groups: 2,
    };

    fn one(group: u16) -> Outcome {
        Outcome {
            group,
            conversions: 1,
            value: 7,
            nulls: 0,
        }
    }

    /// Would catch rounding that loses or makes a part of a conversion in a very long path.
    #[test]
    fn ten_thousand_parts_make_one() {
        for parts in [3, 7, 10_000_u32] {
            let mut ledger = Ledger::new(SHAPE);
            let mut split = ledger.split(&one(1));
            for i in 1..parts {
                split.upto((i % 3) as u16, f64::from(i) / f64::from(parts));
            }
            split.rest(0);
            drop(split);
            let mut sum = Cell::default();
            ledger.cells.iter().for_each(|cell| sum.merge(*cell));
            assert_eq!(sum.conversions, Exact::whole(1));
            assert_eq!(sum.value, Exact::whole(7));
        }
    }

    /// Would catch what is given to nobody being lost, or being given to a neighbour's group.
    #[test]
    fn what_is_not_given_is_unattributed() {
        let mut ledger = Ledger::new(SHAPE);
        ledger.split(&one(0)).upto(2, 0.25);
        drop(ledger.split(&one(1)));
        let credit = ledger.credit().unwrap();
        assert_eq!(credit.cell(0, 2).conversions, 0.25);
        assert_eq!(credit.unattributed(0).conversions, 0.75);
        assert_eq!(credit.unattributed(1).value, 7.0);
    }

    /// Would catch a share that falls back taking credit away again.
    #[test]
    fn shares_never_fall_back() {
        let mut ledger = Ledger::new(SHAPE);
        let mut split = ledger.split(&one(0));
        split.upto(0, 0.5);
        split.upto(1, 0.25);
        split.upto(1, f64::NAN);
        split.upto(2, 7.0);
        drop(split);
        let found = ledger.credit().unwrap().by_channel();
        assert_eq!([0, 1, 2].map(|c| found[c].conversions), [0.5, 0.0, 0.5]);
    }

    /// Would catch a channel or a group out of shape that lands in another cell in silence.
    #[test]
    fn what_is_out_of_shape_is_refused() {
        let mut ledger = Ledger::new(SHAPE);
        ledger.split(&one(0)).rest(3);
        let refusal = ledger.credit().unwrap_err();
        assert!(refusal.to_string().contains("touches channel 3"));
        let mut ledger = Ledger::new(SHAPE);
        ledger.split(&one(2)).rest(0);
        let refusal = ledger.credit().unwrap_err();
        assert!(refusal.to_string().contains("merchant group 2"));
    }
}
