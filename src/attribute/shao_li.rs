//! The simple probabilistic model of Shao and Li, of second order.
//!
//! Shao and Li (2011, *Data-driven multi-touch attribution models*, section 3.2) count two things:
//! `P(i)`, the conversion rate of journeys that touched channel `i`, and `P(i,j)`, that of journeys
//! that touched both. What `i` brings beside `j` is `P(i,j) − P(i) − P(j)`, and half of it is its own:
//!
//! ```text
//! C(i) = P(i) + 1/(2N) · Σ_j [ P(i,j) − P(i) − P(j) ]        over the N channels j beside it
//! ```
//!
//! # Two readings
//!
//! *Journey by journey* (`shao-li`). The `j` are the other channels of the converting journey, `N` is
//! their number, and the journey's conversions times `C(i)` go to `i`; alone in a journey, a channel
//! gets `P(i)`. These parts are rates: *they do not add up to one*. They are given as they are, the rest
//! of each journey is unattributed, and a note says so. Where a rate is high and pairs do worse than
//! their parts, a part may be negative.
//!
//! *In sum* (`shao-li:global`). The `j` are all channels ever seen together with `i`, and the conversions
//! of all journeys that touched something are divided in proportion to `C(i)`. This adds up. Whoever
//! wants the coefficients themselves finds them in [`ShaoLiFit`].
//!
//! # Choices
//!
//! * Presence counts, not how often or in which order.
//! * Value follows the parts of its own journeys; in sum it is divided as conversions are.
//! * At most [`MOST_CHANNELS`] channels that were touched at all: pairs are kept in a square.

use crate::journey::JourneyBatch;

use super::credit::{Credit, Note};
use super::divided::{Divided, remark};
use super::game::totals;
use super::markov::share_out;
use super::model::{FitError, Model, Shape};
use super::patterns::{Pattern, Patterns, Sorted};
use super::within::Within;

/// Most channels that journeys touch.
const MOST_CHANNELS: usize = 2_048;

/// The probabilistic model of second order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShaoLi {
    global: bool,
}

/// The coefficients of [`ShaoLi`].
#[derive(Clone, Debug, PartialEq)]
pub struct ShaoLiFit {
    /// `P(i)`, channel by channel.
    pub rate: Vec<f64>,
    /// `C(i)` over all channels seen together with `i`, channel by channel. Zero if it was never seen.
    pub coefficient: Vec<f64>,
}

/// Conversion rates of channels and of pairs of them.
struct Rates {
    /// Place of each channel among those seen.
    places: Vec<Option<usize>>,
    seen: Vec<usize>,
    /// Conversions and journeys; of a channel on the diagonal.
    pairs: Vec<[f64; 2]>,
}

impl Rates {
    fn new(sorted: &Sorted<'_>, shape: Shape, model: &str) -> Result<Self, FitError> {
        let mut places = vec![None; shape.channels];
        let seen = super::game::players(sorted, shape);
        if seen.len() > MOST_CHANNELS {
            return Err(FitError::TooManyChannels {
                model: model.to_owned(),
                channels: seen.len(),
                limit: MOST_CHANNELS,
            });
        }
        for (place, channel) in seen.iter().enumerate() {
            places[*channel] = Some(place);
        }
        let n = seen.len();
        let mut pairs = vec![[0.0; 2]; n * n];
        let mut set = Vec::new();
        for pattern in &sorted.seen {
            set.clear();
            set.extend(pattern.key.iter().filter_map(|c| places[usize::from(*c)]));
            let all = pattern.all;
            let (wins, journeys) = (all.conversions as f64, (all.conversions + all.nulls) as f64);
            for i in &set {
                for j in &set {
                    let pair = &mut pairs[i * n + j];
                    pair[0] += wins;
                    pair[1] += journeys;
                }
            }
        }
        Ok(Self {
            places,
            seen,
            pairs,
        })
    }

    /// The rate of journeys that hold both; none if there are none.
    fn both(&self, i: usize, j: usize) -> Option<f64> {
        let [wins, journeys] = self.pairs[i * self.seen.len() + j];
        (journeys > 0.0).then(|| wins / journeys)
    }

    /// `C(i)` beside these channels.
    fn beside(&self, i: usize, others: impl Iterator<Item = usize>) -> f64 {
        let alone = |c| self.both(c, c).unwrap_or_default();
        let (mut sum, mut count) = (0.0, 0.0);
        for j in others.filter(|j| *j != i) {
            if let Some(both) = self.both(i, j) {
                sum += both - alone(i) - alone(j);
                count += 1.0;
            }
        }
        alone(i)
            + if count > 0.0 {
                sum / (2.0 * count)
            } else {
                0.0
            }
    }

    fn fit(&self) -> ShaoLiFit {
        let mut fit = ShaoLiFit {
            rate: vec![0.0; self.places.len()],
            coefficient: vec![0.0; self.places.len()],
        };
        for (place, channel) in self.seen.iter().enumerate() {
            fit.rate[*channel] = self.both(place, place).unwrap_or_default();
            fit.coefficient[*channel] = self.beside(place, 0..self.seen.len());
        }
        fit
    }

    fn divided(&self, sorted: &Sorted<'_>) -> Divided {
        let mut set = Vec::new();
        let divided = Divided::new(sorted, false, |seen, shares| {
            set.clear();
            set.extend(seen.key.iter().filter_map(|c| self.places[usize::from(*c)]));
            let part = |i: &usize| (self.seen[*i] as u16, self.beside(*i, set.iter().copied()));
            shares.extend(set.iter().map(part));
            Ok::<(), std::convert::Infallible>(())
        });
        match divided {
            Ok(divided) => divided,
        }
    }
}

impl ShaoLi {
    /// In sum if `global`, else journey by journey.
    #[must_use]
    pub fn new(global: bool) -> Self {
        Self { global }
    }

    /// The model of a name's options, if they are any of its.
    pub(super) fn parse(options: &[&str]) -> Option<Self> {
        match options {
            [] => Some(Self::new(false)),
            ["global"] => Some(Self::new(true)),
            _ => None,
        }
    }

    pub(super) const EXPECTED: &'static str = "its only option is `global`: the conversions of all journeys in proportion to the coefficients";

    /// The coefficients.
    ///
    /// # Errors
    ///
    /// As [`Model::credit`].
    pub fn fit(&self, state: &Patterns) -> Result<ShaoLiFit, FitError> {
        let sorted = state.sorted(&self.name())?;
        Ok(Rates::new(&sorted, state.shape(), &self.name())?.fit())
    }
}

impl Model for ShaoLi {
    type State = Patterns;

    fn name(&self) -> String {
        let global = if self.global { ":global" } else { "" };
        format!("shao-li{global}")
    }

    fn start(&self, shape: Shape) -> Patterns {
        Patterns::new(shape, Pattern::Set)
    }

    fn fold(&self, state: &mut Patterns, batch: &JourneyBatch) {
        state.fold(batch);
    }

    fn credit(&self, state: Patterns) -> Result<Credit, FitError> {
        let shape = state.shape();
        let sorted = state.sorted(&self.name())?;
        let rates = Rates::new(&sorted, shape, &self.name())?;
        if self.global {
            let fit = rates.fit();
            let of = |c: &usize| fit.coefficient[*c];
            let parts: Vec<f64> = rates.seen.iter().map(of).collect();
            let mut credit = Credit::new(shape);
            let (groups, ends) = totals(&sorted, shape);
            share_out(&mut credit, &rates.seen, [&parts, &parts], &groups, ends);
            return Ok(credit);
        }
        let mut credit = rates.divided(&sorted).credit(shape, &sorted);
        let all = sorted.all();
        remark(&mut credit, all);
        if all.conversions != 0 {
            credit.note(Note::DoesNotAddUp);
        }
        Ok(credit)
    }

    fn within(&self, state: &Patterns) -> Result<Option<Box<dyn Within + '_>>, FitError> {
        if self.global {
            return Ok(None);
        }
        let sorted = state.sorted(&self.name())?;
        let rates = Rates::new(&sorted, state.shape(), &self.name())?;
        let within = rates.divided(&sorted).within(Pattern::Set, &sorted);
        Ok(Some(Box::new(within)))
    }

    fn bytes(&self, state: &Patterns) -> usize {
        state.bytes()
    }
}
