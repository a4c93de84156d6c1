//! Two models that the crate does not have.
//!
//! # A rule
//!
//! [`AssistedLast`] reads one journey at a time, so it implements [`Rule`]: it says how to divide a
//! journey, and the crate keeps the books.
//!
//! # A model with a fit
//!
//! [`Probabilistic`] is the second-order model of Shao and Li (2011, *Data-driven multi-touch
//! attribution models*, equation 6). With p(i) the part of the journeys with channel `i` that convert,
//! and p(i,j) that of the journeys with both, a channel's contribution is
//!
//! ```text
//! C(i) = p(i) + Σ over j≠i of [ p(i,j) − p(i) − p(j) ] / (2·N)
//! ```
//!
//! over the N other channels that `i` was ever seen with. Conversions are then divided in proportion to
//! `C(i)` times the conversions of journeys with `i`, group by group; those of journeys without a touch go
//! to nobody. What is gathered is counts of
//! channels and of pairs: integers that merge exactly and do not grow with the journeys. Dividing comes
//! at the end, in [`Model::credit`].

use serde::{Deserialize, Serialize};

use redcat::attribute::{
    Amount, Credit, Distinct, FitError, Model, Note, Rule, Shape, Split, Stray,
};
use redcat::base::Merge;
use redcat::journey::{Journey, JourneyBatch, TouchKind};

/// The last touch takes all if the user did something there: engaged or clicked. If not, it was a
/// bystander, and credit goes evenly to the touches that were at least opened; if none was, evenly to
/// all.
#[derive(Clone, Copy, Debug, Default)]
pub struct AssistedLast;

impl Rule for AssistedLast {
    /// Channels that share a journey; kept from one to the next to save the allocation.
    type Scratch = Vec<u16>;

    fn label(&self) -> String {
        "assisted-last".to_owned()
    }

    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, sharing: &mut Vec<u16>) {
        // A journey without touches: what is not given goes to nobody.
        let Some((last, kind)) = journey.channels.last().zip(journey.kinds.last()) else {
            return;
        };
        if *kind >= TouchKind::Engage {
            split.rest(*last);
            return;
        }
        let touches = journey.channels.iter().zip(journey.kinds);
        sharing.clear();
        sharing.extend(
            touches
                .filter(|(_, kind)| **kind >= TouchKind::Read)
                .map(|(channel, _)| *channel),
        );
        if sharing.is_empty() {
            sharing.extend(journey.channels);
        }
        // Shares are given out cumulated, so that rounding loses nothing; the last takes the rest.
        let parts = sharing.len() as f64;
        if let Some((last, earlier)) = sharing.split_last() {
            for (place, channel) in earlier.iter().enumerate() {
                split.upto(*channel, (place + 1) as f64 / parts);
            }
            split.rest(*last);
        }
    }
}

/// The second-order probabilistic model.
#[derive(Clone, Copy, Debug, Default)]
pub struct Probabilistic;

/// What [`Probabilistic`] gathers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    shape: Shape,
    /// Journeys with channels i ≤ j, at `i · channels + j`; with i alone, at `i · channels + i`.
    journeys: Vec<u64>,
    /// Those that converted.
    converted: Vec<u64>,
    /// Conversions of journeys with a channel, group by group, and their value.
    with: Vec<(u64, i64)>,
    /// Conversions of a group whose journeys have touches, and of those that have none.
    all: Vec<(u64, i64)>,
    untouched: Vec<(u64, i64)>,
    stray: Stray,
}

impl Merge for Counts {
    fn merge(&mut self, other: Self) {
        let add = |mine: &mut [(u64, i64)], theirs: &[(u64, i64)]| {
            for (a, b) in mine.iter_mut().zip(theirs) {
                *a = (a.0 + b.0, a.1 + b.1);
            }
        };
        self.journeys.merge(other.journeys);
        self.converted.merge(other.converted);
        add(&mut self.with, &other.with);
        add(&mut self.all, &other.all);
        add(&mut self.untouched, &other.untouched);
        self.stray.merge(other.stray);
    }
}

impl Counts {
    fn rate(&self, a: usize, b: usize) -> Option<f64> {
        let place = a.min(b) * self.shape.channels + a.max(b);
        let journeys = self.journeys[place];
        (journeys > 0).then(|| self.converted[place] as f64 / journeys as f64)
    }

    /// C(i), not below zero.
    fn contribution(&self, i: usize) -> f64 {
        let Some(alone) = self.rate(i, i) else {
            return 0.0;
        };
        let others = (0..self.shape.channels).filter(|j| *j != i);
        let pair = |j| Some(self.rate(i, j)? - alone - self.rate(j, j)?);
        let pairs: Vec<f64> = others.filter_map(pair).collect();
        let both = pairs.iter().sum::<f64>() / (2 * pairs.len().max(1)) as f64;
        (alone + both).max(0.0)
    }
}

impl Model for Probabilistic {
    type State = Counts;

    fn name(&self) -> String {
        "probabilistic".to_owned()
    }

    fn start(&self, shape: Shape) -> Counts {
        let pairs = shape.channels * shape.channels;
        Counts {
            shape,
            journeys: vec![0; pairs],
            converted: vec![0; pairs],
            with: vec![(0, 0); shape.groups * shape.channels],
            all: vec![(0, 0); shape.groups],
            untouched: vec![(0, 0); shape.groups],
            stray: Stray::default(),
        }
    }

    fn fold(&self, state: &mut Counts, batch: &JourneyBatch) {
        let channels = state.shape.channels;
        let mut distinct = Distinct::default();
        for journey in batch.iter() {
            let outcome = journey.outcome;
            let group = usize::from(outcome.group);
            // What does not fit is remembered, and refused when the model is fitted.
            let all = match journey.channels {
                [] => &mut state.untouched,
                _ => &mut state.all,
            };
            let Some(all) = all.get_mut(group) else {
                state.stray.group(outcome.group);
                continue;
            };
            *all = (all.0 + outcome.conversions, all.1 + outcome.value);
            let seen = distinct.of(journey.channels);
            if let Some(stray) = seen.iter().find(|c| usize::from(**c) >= channels) {
                state.stray.channel(*stray);
                continue;
            }
            for (place, i) in seen.iter().enumerate() {
                let i = usize::from(*i);
                let with = &mut state.with[group * channels + i];
                *with = (with.0 + outcome.conversions, with.1 + outcome.value);
                for j in &seen[place..] {
                    let j = usize::from(*j);
                    let pair = i.min(j) * channels + i.max(j);
                    state.journeys[pair] += outcome.conversions + outcome.nulls;
                    state.converted[pair] += outcome.conversions;
                }
            }
        }
    }

    fn credit(&self, state: Counts) -> Result<Credit, FitError> {
        state.stray.check(state.shape)?;
        let Shape { channels, groups } = state.shape;
        let contributions: Vec<f64> = (0..channels).map(|i| state.contribution(i)).collect();
        let mut credit = Credit::new(state.shape);
        for group in 0..groups {
            let with = &state.with[group * channels..][..channels];
            let amount = |(conversions, value): (u64, i64)| Amount {
                conversions: conversions as f64,
                value: value as f64,
            };
            let all = amount(state.all[group]);
            credit.leave(group, amount(state.untouched[group]));
            let weights = with.iter().zip(&contributions);
            let weights: Vec<f64> = weights.map(|(with, c)| with.0 as f64 * c).collect();
            let sum: f64 = weights.iter().sum();
            if sum <= 0.0 {
                credit.leave(group, all);
                continue;
            }
            for (channel, weight) in weights.iter().enumerate() {
                let part = Amount {
                    conversions: all.conversions * weight / sum,
                    value: all.value * weight / sum,
                };
                credit.give(group, channel, part);
            }
        }
        if credit.total().conversions == 0.0 {
            credit.note(Note::NoConversions);
        }
        Ok(credit)
    }

    fn bytes(&self, state: &Counts) -> usize {
        let cells = size_of_val(&state.with[..]) + 2 * size_of_val(&state.all[..]);
        size_of::<Counts>() + cells + 16 * state.journeys.len()
    }
}
