//! Markov chain attribution: what is lost without the channel.
//!
//! Anderl, Becker, von Wangenheim and Schumann (2016, *Mapping the customer journey*) read all
//! journeys, converting or not, as walks of one chain: start, the channels, conversion, null. A
//! channel's *removal effect* is the part of the conversions that the fitted chain loses when every
//! walk that reaches the channel ends in null; credit is in proportion:
//!
//! ```text
//! RE(c)     = 1 − P(conversion without c) / P(conversion)
//! credit(c) = RE(c) / Σ RE · conversions
//! ```
//!
//! [`Chain`](super::Chain) tells how all of them come from one factorisation.
//!
//! # Choices
//!
//! * Equal channels in a row are one state. A self-loop does not change where a walk goes when it
//!   leaves, so no removal effect depends on this; the tests show it.
//! * Value has its own removal effect. The walk is the same; a conversion from channel `i` brings
//!   the mean value of the conversions made from `i`.
//! * Aggregated rows count with their weights: a step is taken `conversions + nulls` times.
//! * Empty journeys go from the start straight to an end. They belong to the base probability,
//!   which then equals conversions / (conversions + nulls) on any data; their conversions are
//!   unattributed.
//! * The chain is one for all groups of merchants: a group has too few journeys for a chain of its
//!   own. Each group's conversions are divided by the global shares, so a channel may be given
//!   credit in a group that it never touched.
//!
//! # Degenerate data
//!
//! No conversions: no credit, and a note. No nulls: the answer is defined, but a chain that has
//! only seen success measures presence, not effect; a note says so. One channel: it takes all. A
//! channel that no journey touched: nothing. Values of both signs that cancel: their split is not
//! defined, so they stay unattributed, with a note.

use serde::{Deserialize, Serialize};

use crate::base::Merge;
use crate::journey::JourneyBatch;

use super::chain::{Chain, Flows, Solved};
use super::credit::{Amount, Credit, Note};
use super::inside::{ByEffect, Effects, spread};
use super::model::{FitError, Model, Shape, Stray};
use super::within::Within;

/// The table of steps is dense and the solution cubic; beyond this, neither is a good idea.
const MAX_CHANNELS: usize = 1_024;

/// The chain of order 1, solved exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Markov;

/// How often each step was taken: the state of [`Markov`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transitions {
    shape: Shape,
    /// From each channel, and from the start in the last row: to each channel, to a conversion, to
    /// null. Counts saturate, which is as associative as adding is.
    steps: Vec<u64>,
    /// Value of the conversions made from each channel, and of those of empty journeys.
    value: Vec<i128>,
    groups: Vec<Totals>,
    stray: Stray,
}

/// What one group of merchants brought, in journeys with touches and in empty ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Totals {
    conversions: i128,
    value: i128,
    empty_conversions: i128,
    empty_value: i128,
}

impl Transitions {
    fn new(shape: Shape) -> Self {
        let n = shape.channels;
        let (rows, columns) = if n > MAX_CHANNELS {
            (0, 0)
        } else {
            (n + 1, n + 2)
        };
        Self {
            shape,
            steps: vec![0; rows * columns],
            value: vec![0; rows],
            groups: vec![Totals::default(); shape.groups],
            stray: Stray::default(),
        }
    }

    fn fold(&mut self, batch: &JourneyBatch) {
        let n = self.shape.channels;
        if n > MAX_CHANNELS {
            return;
        }
        let columns = n + 2;
        'journeys: for journey in batch.iter() {
            let outcome = journey.outcome;
            let times = outcome.conversions.saturating_add(outcome.nulls);
            let mut at = n;
            for channel in journey.channels {
                let to = usize::from(*channel);
                if to >= n {
                    // The fit will refuse, so that it does not matter what was counted so far.
                    self.stray.channel(*channel);
                    continue 'journeys;
                }
                if to != at {
                    add(&mut self.steps[at * columns + to], times);
                    at = to;
                }
            }
            add(&mut self.steps[at * columns + n + 1], outcome.nulls);
            if outcome.conversions != 0 || outcome.value != 0 {
                add(&mut self.steps[at * columns + n], outcome.conversions);
                self.value[at] += i128::from(outcome.value);
                match self.groups.get_mut(usize::from(outcome.group)) {
                    Some(group) => group.add(outcome.conversions, outcome.value, at == n),
                    None => self.stray.group(outcome.group),
                }
            }
        }
    }

    /// The chain in floats, over the channels that were seen at all.
    fn flows(&self, seen: &[usize]) -> Flows {
        let n = self.shape.channels;
        let from = |at: usize| &self.steps[at * (n + 2)..(at + 1) * (n + 2)];
        let column = |to: usize| seen.iter().map(|c| from(*c)[to] as f64).collect();
        let steps = |at: usize| seen.iter().map(move |c| from(at)[*c] as f64);
        Flows {
            n: seen.len(),
            steps: seen.iter().flat_map(|c| steps(*c)).collect(),
            starts: steps(n).collect(),
            conversions: column(n),
            nulls: column(n + 1),
            value: seen.iter().map(|c| self.value[*c] as f64).collect(),
        }
    }

    /// Channels with a step out of them. A channel that was stepped into was also left.
    fn seen(&self) -> Vec<usize> {
        let columns = self.shape.channels + 2;
        let row = |c: &usize| &self.steps[c * columns..(c + 1) * columns];
        (0..self.shape.channels)
            .filter(|c| row(c).iter().any(|count| *count > 0))
            .collect()
    }

    fn solve(&self) -> Result<(Vec<usize>, Solved), FitError> {
        let channels = self.shape.channels;
        if channels > MAX_CHANNELS {
            return Err(FitError::TooManyChannels {
                model: Markov.name(),
                channels,
                limit: MAX_CHANNELS,
            });
        }
        self.stray.check(self.shape)?;
        let seen = self.seen();
        let solved = self.flows(&seen).solve().map_err(|error| match error {
            FitError::Singular { channel } => FitError::Singular {
                channel: seen[channel],
            },
            other => other,
        })?;
        Ok((seen, solved))
    }

    /// Conversions and nulls of the journeys that ended in each channel, and of empty ones.
    pub(super) fn outcomes(&self) -> Vec<[u64; 2]> {
        let n = self.shape.channels;
        let rows = self.steps.chunks_exact(n + 2);
        rows.map(|row| [row[n], row[n + 1]]).collect()
    }

    /// Sums of a column: all conversions, or all nulls.
    fn ends(&self, column: usize) -> f64 {
        let columns = self.shape.channels + 2;
        let ends = self.steps.iter().skip(column).step_by(columns);
        ends.map(|count| *count as f64).sum()
    }
}

/// Counts of 2⁶⁴ only come from hostile files; they must not wrap.
#[inline]
fn add(count: &mut u64, times: u64) {
    *count = count.saturating_add(times);
}

impl Totals {
    pub(super) fn add(
        &mut self,
        conversions: impl Into<i128>,
        value: impl Into<i128>,
        empty: bool,
    ) {
        let (conversions, value) = (conversions.into(), value.into());
        if empty {
            self.empty_conversions += conversions;
            self.empty_value += value;
        } else {
            self.conversions += conversions;
            self.value += value;
        }
    }
}

impl Merge for Totals {
    fn merge(&mut self, other: Self) {
        self.conversions += other.conversions;
        self.value += other.value;
        self.empty_conversions += other.empty_conversions;
        self.empty_value += other.empty_value;
    }
}

/// # Panics
///
/// When the shapes differ: steps between different channels would be added. Only a program that
/// mixes up its own states gets there.
impl Merge for Transitions {
    fn merge(&mut self, other: Self) {
        assert_eq!(
            self.shape, other.shape,
            "transitions of different shapes cannot be merged"
        );
        for (mine, theirs) in self.steps.iter_mut().zip(other.steps) {
            add(mine, theirs);
        }
        for (mine, theirs) in self.value.iter_mut().zip(other.value) {
            *mine += theirs;
        }
        self.groups.merge(other.groups);
        self.stray.merge(other.stray);
    }
}

impl Markov {
    /// The fitted chain: base probability and removal effects.
    ///
    /// # Errors
    ///
    /// As [`Model::credit`].
    pub fn fit(&self, state: &Transitions) -> Result<Chain, FitError> {
        let (seen, solved) = state.solve()?;
        let n = state.shape.channels;
        let empty = (state.steps[n * (n + 2) + n] as f64, state.value[n] as f64);
        let conversions = solved.conversions + empty.0;
        let value = solved.value + empty.1;
        let journeys = state.ends(n) + state.ends(n + 1);
        let part = |a: f64, b: f64| if b == 0.0 { 0.0 } else { a / b };
        let mut chain = Chain {
            base_probability: part(conversions, journeys),
            base_value: part(value, journeys),
            removal: vec![0.0; n],
            removal_value: vec![0.0; n],
        };
        for (i, channel) in seen.into_iter().enumerate() {
            chain.removal[channel] = part(solved.lost[i], conversions);
            chain.removal_value[channel] = part(solved.lost_value[i], value);
        }
        Ok(chain)
    }
}

/// Divides by the sum, or says that there is no sensible sum to divide by.
fn shares(lost: &[f64]) -> Option<Vec<f64>> {
    let sum: f64 = lost.iter().sum();
    let size: f64 = lost.iter().map(|x| x.abs()).sum();
    // What is left when signs cancel this far is the noise of the last digits.
    (sum.abs() > 1e-9 * size).then(|| lost.iter().map(|x| x / sum).collect())
}

/// What is to be said of so many conversions and nulls.
pub(super) fn remarks([conversions, nulls]: [u64; 2]) -> Vec<Note> {
    match (conversions, nulls) {
        (0, _) => vec![Note::NoConversions],
        (_, 0) => vec![Note::NoNulls],
        _ => Vec::new(),
    }
}

/// Gives each group's conversions and value to channels in proportion to what is lost without them, and
/// says what is to be said of it; `ends` are all conversions and all nulls.
pub(super) fn share_out(
    credit: &mut Credit,
    channels: &[usize],
    [lost, lost_value]: [&[f64]; 2],
    groups: &[Totals],
    ends: [u64; 2],
) {
    let (conversions, value) = (shares(lost), shares(lost_value));
    for (group, totals) in groups.iter().enumerate() {
        let touched = Amount {
            conversions: totals.conversions as f64,
            value: totals.value as f64,
        };
        for (i, channel) in channels.iter().enumerate() {
            let share = |shares: &Option<Vec<f64>>| shares.as_ref().map_or(0.0, |s| s[i]);
            let amount = Amount {
                conversions: share(&conversions) * touched.conversions,
                value: share(&value) * touched.value,
            };
            credit.give(group, *channel, amount);
        }
        let left = |shares: &Option<Vec<f64>>, all| if shares.is_some() { 0.0 } else { all };
        let nobody = Amount {
            conversions: totals.empty_conversions as f64 + left(&conversions, touched.conversions),
            value: totals.empty_value as f64 + left(&value, touched.value),
        };
        credit.leave(group, nobody);
    }
    remarks(ends).into_iter().for_each(|note| credit.note(note));
    if value.is_none() && groups.iter().any(|g| g.value != 0) {
        credit.note(Note::ValueCancels);
    }
}

impl Effects for Markov {
    fn effects(&self, state: &Transitions) -> Result<Vec<f64>, FitError> {
        let (seen, solved) = state.solve()?;
        Ok(spread(&seen, &solved.lost, state.shape.channels))
    }

    fn remarks(&self, state: &Transitions) -> Vec<Note> {
        let n = state.shape.channels;
        remarks([state.ends(n), state.ends(n + 1)].map(|sum| sum as u64))
    }
}

impl Model for Markov {
    type State = Transitions;

    fn name(&self) -> String {
        "markov:1".into()
    }

    fn start(&self, shape: Shape) -> Transitions {
        Transitions::new(shape)
    }

    fn fold(&self, state: &mut Transitions, batch: &JourneyBatch) {
        state.fold(batch);
    }

    fn credit(&self, state: Transitions) -> Result<Credit, FitError> {
        let (seen, solved) = state.solve()?;
        let n = state.shape.channels;
        let mut credit = Credit::new(state.shape);
        let ends = [state.ends(n), state.ends(n + 1)].map(|sum| sum as u64);
        let lost = [&solved.lost[..], &solved.lost_value[..]];
        share_out(&mut credit, &seen, lost, &state.groups, ends);
        Ok(credit)
    }

    fn within(&self, state: &Transitions) -> Result<Option<Box<dyn Within + '_>>, FitError> {
        Ok(Some(Box::new(ByEffect::of(self, state)?)))
    }

    fn bytes(&self, state: &Transitions) -> usize {
        size_of_val(state)
            + size_of_val(state.steps.as_slice())
            + size_of_val(state.value.as_slice())
            + size_of_val(state.groups.as_slice())
    }
}
