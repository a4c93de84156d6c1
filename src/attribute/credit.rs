//! [`Credit`]: what a model hands out, in one form for all models.
//!
//! Conversions and value are fractions by now, so they are floats; whatever had to be exact was
//! summed before. What a model could give to nobody is kept apart rather than spread over the
//! channels: an empty journey, or a conversion without a click under `last-click`, is a finding.

use std::fmt;

use super::model::Shape;

/// Some conversions and their value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Amount {
    /// Conversions, or a fraction of one.
    pub conversions: f64,
    /// Value in the smallest unit of the currency (fen).
    pub value: f64,
}

impl Amount {
    fn add(&mut self, other: Self) {
        self.conversions += other.conversions;
        self.value += other.value;
    }

    /// `self / whole`, place by place; nothing of nothing is nothing.
    fn part_of(self, whole: Self) -> Self {
        let part = |a: f64, b: f64| if b == 0.0 { 0.0 } else { a / b };
        Self {
            conversions: part(self.conversions, whole.conversions),
            value: part(self.value, whole.value),
        }
    }
}

/// A remark on a credit that is defined but should be read with care.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// There was no conversion: all credit is zero.
    NoConversions,
    /// There was no null journey: a model of chances sees only successes.
    NoNulls,
    /// Values of both signs cancel: their split is not defined, so they are left unattributed.
    ValueCancels,
    /// Memory is bounded, and not all journeys fitted in: the split is that of an even sample.
    Sampled {
        /// Journeys that the model was fitted on.
        kept: u64,
        /// Journeys with touches that there were.
        of: u64,
    },
    /// Some journeys had more touches than a model takes, and entered with their latest.
    Shortened {
        /// The most it takes.
        touches: usize,
    },
    /// A chain chose its order.
    Order {
        /// Which.
        order: usize,
    },
    /// By its definition the model's credit does not add up to the conversions: the rest, which is
    /// negative where credit exceeds them, is unattributed.
    DoesNotAddUp,
    /// Estimated from random orders of the channels.
    Permutations {
        /// Pairs of an order and its reverse.
        pairs: u32,
        /// The largest standard error of a channel's conversions, in millionths of all of them.
        error: u64,
    },
    /// For models outside of this crate.
    Other(String),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Sampled { kept, of } => {
                return write!(
                    f,
                    "fitted on a sample: {kept} of {of} journeys with touches"
                );
            }
            Self::Shortened { touches } => {
                return write!(
                    f,
                    "of longer journeys only the latest {touches} touches count"
                );
            }
            Self::Order { order } => return write!(f, "a chain of order {order}"),
            Self::Permutations { pairs, error } => {
                let error = *error as f64 / 10_000.0;
                return write!(
                    f,
                    "estimated from {pairs} pairs of random orders: the largest standard error of a \
                     channel's credit is {error} % of all conversions"
                );
            }
            Self::DoesNotAddUp => {
                "by its definition this credit does not add up to the conversions: the rest is left \
                 unattributed (it is negative where credit exceeds them)"
            }
            Self::NoConversions => "no journey converted, so there is nothing to hand out",
            Self::NoNulls => {
                "no journey without a conversion was seen: the model cannot tell \
                 a channel that converts from one that does not"
            }
            Self::ValueCancels => {
                "positive and negative values cancel, so the value is left unattributed"
            }
            Self::Other(text) => text,
        };
        f.write_str(text)
    }
}

/// Credit by group of merchants and channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Credit {
    shape: Shape,
    /// Group by group, and in each channel by channel.
    cells: Vec<Amount>,
    unattributed: Vec<Amount>,
    notes: Vec<Note>,
}

impl Credit {
    /// Nothing for anybody.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        Self {
            shape,
            cells: vec![Amount::default(); shape.channels * shape.groups],
            unattributed: vec![Amount::default(); shape.groups],
            notes: Vec::new(),
        }
    }

    /// Gives to a channel.
    ///
    /// # Panics
    ///
    /// When the group or the channel is not in the shape: a mistake in the model.
    pub fn give(&mut self, group: usize, channel: usize, amount: Amount) {
        let cell = self.place(group, channel);
        self.cells[cell].add(amount);
    }

    /// Leaves something that no channel gets.
    ///
    /// # Panics
    ///
    /// When the group is not in the shape: a mistake in the model.
    pub fn leave(&mut self, group: usize, amount: Amount) {
        self.unattributed[group].add(amount);
    }

    /// Takes back what was given too much: of orders, say, that were sent back. Remarks stay.
    ///
    /// # Panics
    ///
    /// When the other was made for another shape.
    pub fn take_back(&mut self, other: &Self) {
        assert_eq!(self.shape, other.shape, "credit of another shape");
        let cells = self.cells.iter_mut().zip(&other.cells);
        let unattributed = self.unattributed.iter_mut().zip(&other.unattributed);
        for (amount, back) in cells.chain(unattributed) {
            amount.conversions -= back.conversions;
            amount.value -= back.value;
        }
    }

    /// Adds a remark.
    pub fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// The shape it was made for.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// What to know when reading it.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// What one channel got in one group.
    ///
    /// # Panics
    ///
    /// When the group or the channel is not in the shape.
    #[must_use]
    pub fn cell(&self, group: usize, channel: usize) -> Amount {
        self.cells[self.place(group, channel)]
    }

    /// What no channel got in one group.
    ///
    /// # Panics
    ///
    /// When the group is not in the shape.
    #[must_use]
    pub fn unattributed(&self, group: usize) -> Amount {
        self.unattributed[group]
    }

    /// What each channel got, over all groups.
    #[must_use]
    pub fn by_channel(&self) -> Vec<Amount> {
        let mut sums = vec![Amount::default(); self.shape.channels];
        for (i, cell) in self.cells.iter().enumerate() {
            sums[i % self.shape.channels].add(*cell);
        }
        sums
    }

    /// What the channels got together, group by group.
    #[must_use]
    pub fn by_group(&self) -> Vec<Amount> {
        (0..self.shape.groups)
            .map(|group| {
                let start = group * self.shape.channels;
                sum(&self.cells[start..start + self.shape.channels])
            })
            .collect()
    }

    /// What all channels got together.
    #[must_use]
    pub fn credited(&self) -> Amount {
        sum(&self.cells)
    }

    /// Everything: what channels got, and what none got.
    #[must_use]
    pub fn total(&self) -> Amount {
        let mut total = self.credited();
        total.add(sum(&self.unattributed));
        total
    }

    /// Each channel's share of what the channels got together; zeros when that is nothing.
    #[must_use]
    pub fn shares(&self) -> Vec<Amount> {
        let whole = self.credited();
        let channels = self.by_channel();
        channels.into_iter().map(|a| a.part_of(whole)).collect()
    }

    /// Each channel's share within one group; zeros when the group got nothing.
    ///
    /// # Panics
    ///
    /// When the group is not in the shape.
    #[must_use]
    pub fn shares_in(&self, group: usize) -> Vec<Amount> {
        let row: Vec<Amount> = (0..self.shape.channels)
            .map(|channel| self.cell(group, channel))
            .collect();
        let whole = sum(&row);
        row.into_iter().map(|a| a.part_of(whole)).collect()
    }

    fn place(&self, group: usize, channel: usize) -> usize {
        assert!(
            channel < self.shape.channels && group < self.shape.groups,
            "group {group}, channel {channel} is outside of {:?}",
            self.shape
        );
        group * self.shape.channels + channel
    }
}

fn sum(amounts: &[Amount]) -> Amount {
    let mut total = Amount::default();
    for amount in amounts {
        total.add(*amount);
    }
    total
}
