//! What commands hand out, checked and summed exactly.
//!
//! An account is what one answer divides: a journey, or all that one merchant sold. What is given
//! may make up less than the whole, and the rest goes to nobody. It may be more, or fall short, by
//! what sums of floats are off by; then it is stretched to be the whole. The shares are rounded as
//! running sums, so that what was given out whole is whole to the last bit.

use std::collections::HashSet;

use crate::attribute::{Amount, Credit, Note, Shape};
use crate::base::{Exact, Merge};

/// How far a sum may lie above the whole, as a part of it.
const OVER: f64 = 1e-6;
/// How far below the whole a sum still means the whole: floats, not a decision.
const UNDER: f64 = 1e-9;

/// Sums by group and channel, and what there was to give in each group.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Books {
    shape: Shape,
    cells: Vec<[Exact; 2]>,
    totals: Vec<(u64, i128)>,
    fitted: bool,
}

/// What is wrong with an account.
pub(super) type Wrong = String;

/// One account while its rows come in.
#[derive(Debug, Default)]
pub(super) struct Account {
    rows: Vec<(usize, [f64; 2])>,
    channels: HashSet<usize>,
}

impl Account {
    /// Adds a row.
    pub fn add(&mut self, channel: usize, amounts: [f64; 2]) -> Result<(), Twice> {
        if !self.channels.insert(channel) {
            return Err(Twice);
        }
        self.rows.push((channel, amounts));
        Ok(())
    }
}

/// A channel that an account names twice.
#[derive(Debug)]
pub(super) struct Twice;

impl Books {
    pub fn new(channels: usize, groups: usize) -> Self {
        Self {
            shape: Shape { channels, groups },
            cells: vec![[Exact::ZERO; 2]; channels * groups],
            totals: vec![(0, 0); groups],
            fitted: false,
        }
    }

    /// Whether credit came by channel.
    pub fn fitted(&self) -> bool {
        self.fitted
    }

    /// Remembers that it did.
    pub fn fit(&mut self) {
        self.fitted = true;
    }

    /// Sets what there was to give.
    pub fn total(&mut self, totals: Vec<(u64, i128)>) {
        self.totals = totals;
    }

    /// Closes an account of a group, and forgets its rows.
    pub fn close(
        &mut self,
        group: usize,
        whole: [f64; 2],
        units: f64,
        account: &mut Account,
    ) -> Result<(), Wrong> {
        account.channels.clear();
        for (what, whole) in whole.into_iter().enumerate() {
            let given: f64 = account.rows.iter().map(|(_, a)| a[what]).sum();
            let scale = if given > whole * (1.0 + OVER) {
                let (name, unit) = [("conversions", 1.0), ("value", units)][what];
                let (given, whole) = (given / unit, whole / unit);
                return Err(format!(
                    "credits of `{name}` make {given}, but there is only {whole} to give"
                ));
            } else if given >= whole * (1.0 - UNDER) && given > 0.0 {
                whole / given
            } else {
                1.0
            };
            let (mut sum, mut before, exact) = (0.0, Exact::ZERO, Exact::nearest(whole));
            let last = account.rows.len().saturating_sub(1);
            for (place, (channel, amounts)) in account.rows.iter().enumerate() {
                sum += amounts[what];
                let upto = match scale != 1.0 || given == whole {
                    true if place == last => exact,
                    _ => Exact::nearest(sum * scale).min(exact),
                };
                let cell = group * self.shape.channels + channel;
                if let Some(cell) = self.cells.get_mut(cell) {
                    cell[what].merge(upto.without(before));
                }
                before = upto;
            }
        }
        account.rows.clear();
        Ok(())
    }

    /// The credit, with what nobody got.
    pub fn credit(&self) -> Credit {
        let mut credit = Credit::new(self.shape);
        let amount = |[conversions, value]: [Exact; 2]| Amount {
            conversions: conversions.get(),
            value: value.get(),
        };
        for (group, (conversions, value)) in self.totals.iter().enumerate() {
            let start = group * self.shape.channels;
            let mut rest = [
                Exact::whole(i64::try_from(*conversions).unwrap_or(i64::MAX)),
                Exact::whole(i64::try_from(*value).unwrap_or(i64::MAX)),
            ];
            for channel in 0..self.shape.channels {
                let cell = self.cells[start + channel];
                rest = [rest[0].without(cell[0]), rest[1].without(cell[1])];
                credit.give(group, channel, amount(cell));
            }
            credit.leave(group, amount(rest));
        }
        if credit.total().conversions == 0.0 {
            credit.note(Note::NoConversions);
        }
        credit
    }
}

/// Books of one log.
impl Merge for Books {
    fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.cells.iter_mut().zip(other.cells) {
            mine[0].merge(theirs[0]);
            mine[1].merge(theirs[1]);
        }
        for (mine, theirs) in self.totals.iter_mut().zip(other.totals) {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
        }
        self.fitted |= other.fitted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(rows: &[(usize, f64)], whole: f64) -> Result<Credit, Wrong> {
        let (mut books, mut account) = (Books::new(3, 1), Account::default());
        for (channel, amount) in rows {
            account.add(*channel, [*amount, *amount]).unwrap();
        }
        books.total(vec![(whole as u64, whole as i128)]);
        books.close(0, [whole, whole], 1.0, &mut account)?;
        Ok(books.credit())
    }

    /// Would catch thirds that do not make a whole, a rest that is lost or made up, and a sum that is
    /// too large by more than floats are off by.
    #[test]
    fn what_is_given_and_the_rest_make_the_whole() {
        let third = 1.0 / 3.0;
        for whole in [1.0, 7.0, 1e6] {
            let rows = [0, 1, 2].map(|c| (c, whole * third));
            let credit = closed(&rows, whole).unwrap();
            assert_eq!(credit.unattributed(0), Amount::default(), "{whole}");
            assert_eq!(credit.total().conversions, whole);
            let over = rows.map(|(c, x)| (c, x * (1.0 + 5e-7)));
            assert_eq!(
                closed(&over, whole).unwrap().unattributed(0),
                Amount::default()
            );
            let over = rows.map(|(c, x)| (c, x * (1.0 + 2e-6)));
            assert!(closed(&over, whole).unwrap_err().contains("only"));
            let half = closed(&[(1, whole / 2.0)], whole).unwrap();
            assert_eq!(half.unattributed(0).value, whole / 2.0);
        }
        assert!(closed(&[(0, 1e-9)], 0.0).is_err());
        assert_eq!(closed(&[(0, 0.0)], 0.0).unwrap().total().value, 0.0);
        let mut account = Account::default();
        account.add(2, [0.0; 2]).unwrap();
        assert!(account.add(2, [0.0; 2]).is_err());
    }
}
