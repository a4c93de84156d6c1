//! Logistic regression: which channels are found in journeys that convert.
//!
//! Each journey is a trial, converting or not, and its odds are a product over its channels:
//!
//! ```text
//! ln( p / (1 − p) ) = β₀ + Σ over channels of β_c · x_c
//! ```
//!
//! where `x_c` says whether the journey touched `c`, or with `counts` how often. β is fitted by maximum
//! likelihood; with `l2=λ` less ½·λ·Σβ², the intercept left free. Coefficients, intercept and likelihood
//! are in [`LogisticFit`].
//!
//! # From coefficients to credit
//!
//! A regression says nothing of credit; there are several ways on. Here a converting journey is divided
//! among its channels in proportion to `max(0, β_c · x_c)`, what each adds to its log odds. A channel that
//! lowers the odds gets nothing, nor does one whose coefficient is below 10⁻⁹: its sign is rounding. A
//! journey in which no channel raises the odds is unattributed.
//!
//! # When there is no maximum
//!
//! If journeys with a channel never convert, or always do, the likelihood rises for ever as its β runs
//! away; if two channels always come together, nothing tells their β apart. Both are refused, with the
//! advice to take a penalty (`logistic:l2=1`), under which there is always one answer. Without nulls not
//! even the intercept has one. Without conversions there is nothing to divide, and a note.
//!
//! # Fitting
//!
//! Newton's method over patterns with their counts, from β = 0: `newton` has the step. It stops when
//! the last step has gained less than 10⁻¹² of the log likelihood. At most [`MOST_CHANNELS`] channels that
//! journeys touch.
//!
//! # Bagged
//!
//! Where channels go together, coefficients of one fit are unsteady. Shao and Li (2011, section 3.1)
//! average over *bags*: each has half of the channels and half of the journeys, drawn at random, and β_c
//! is the mean over the bags that `c` was in. `logistic:bagged` takes 100, `logistic:bagged:500` takes
//! 500. Draws are addressed by bag and pattern, so that the order of journeys does not matter. Rare
//! channels would stop a bag as above, so bags have λ = 1 unless another is asked for.

mod bags;
mod newton;

use crate::journey::JourneyBatch;

use super::credit::{Credit, Note};
use super::divided::Divided;
use super::model::{FitError, Model, Shape};
use super::names::ModelError;
use super::patterns::{Pattern, Patterns, Seen, Sorted, counts};
use super::within::Within;

use newton::Trial;

/// Most channels that journeys touch: a step is cubic in them.
const MOST_CHANNELS: usize = 1_024;
/// Most bags: as many as take minutes.
const MOST_BAGS: u32 = 100_000;
const BAGS: u32 = 100;
/// A coefficient below this is zero.
const NOTHING: f64 = 1e-9;

/// Logistic regression on channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    counts: bool,
    penalty: f64,
    bags: Option<u32>,
    /// Of channels, for refusals.
    names: Vec<String>,
}

/// What [`Logistic`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticFit {
    /// Log odds of a journey without a channel.
    pub intercept: f64,
    /// What each channel adds to them; zero if no journey touched it.
    pub coefficients: Vec<f64>,
    /// Of all journeys, without the penalty.
    pub log_likelihood: f64,
    /// Newton steps taken, in all bags together.
    pub steps: u32,
}

impl Logistic {
    pub(super) const EXPECTED: &'static str = "give, in this order, `counts` if touches count and not just presence, a penalty that is not \
         negative as in `logistic:l2=1`, and `bagged` or a number of bags from 1 to 100000 as in \
         `logistic:bagged:100`";

    /// With touches counted or not, and a penalty; none if the penalty is negative or no number.
    #[must_use]
    pub fn new(counts: bool, penalty: f64) -> Option<Self> {
        let known = penalty >= 0.0 && penalty.is_finite();
        known.then_some(Self {
            counts,
            // Not the negative zero, which has another name.
            penalty: penalty.abs(),
            bags: None,
            names: Vec::new(),
        })
    }

    /// The mean over so many bags; none if there are none or more than a hundred thousand.
    #[must_use]
    pub fn bagged(self, bags: u32) -> Option<Self> {
        let known = (1..=MOST_BAGS).contains(&bags);
        known.then_some(Self {
            bags: Some(bags),
            ..self
        })
    }

    pub(super) fn parse(options: &[&str]) -> Option<Self> {
        let (counts, options) = match options {
            ["counts", rest @ ..] => (true, rest),
            all => (false, all),
        };
        let (penalty, options) = match options {
            [first, rest @ ..] if first.starts_with("l2=") => {
                (Some(first[3..].parse().ok()?), rest)
            }
            all => (None, all),
        };
        let bags = match options {
            [] => None,
            ["bagged"] => Some(BAGS),
            ["bagged", bags] if bags.bytes().all(|b| b.is_ascii_digit()) => {
                Some(bags.parse().ok()?)
            }
            _ => return None,
        };
        let usual = if bags.is_some() { 1.0 } else { 0.0 };
        let model = Self::new(counts, penalty.unwrap_or(usual))?;
        match bags {
            Some(bags) => model.bagged(bags),
            None => Some(model),
        }
    }

    fn pattern(&self) -> Pattern {
        if self.counts {
            Pattern::Bag
        } else {
            Pattern::Set
        }
    }

    /// Channels of a pattern with their `x`; one that was touched very often may come twice.
    fn touched<'a>(&self, seen: &Seen<'a>) -> impl Iterator<Item = (u16, f64)> + use<'a> {
        let (set, bag) = if self.counts {
            (&[][..], seen.key)
        } else {
            (seen.key, &[][..])
        };
        let bag = counts(bag).map(|(channel, times)| (channel, f64::from(times)));
        set.iter().map(|channel| (*channel, 1.0)).chain(bag)
    }

    /// Fits the coefficients.
    ///
    /// # Errors
    ///
    /// As [`Model::credit`].
    pub fn fit(&self, state: &Patterns) -> Result<LogisticFit, FitError> {
        let sorted = state.sorted(&self.name())?;
        self.solve(&sorted, state.shape())
    }

    fn solve(&self, sorted: &Sorted<'_>, shape: Shape) -> Result<LogisticFit, FitError> {
        let mut places = vec![None; shape.channels];
        let mut channels = Vec::new();
        for seen in sorted.seen.iter().filter(|s| s.all.journeys() > 0) {
            for (channel, _) in self.touched(seen) {
                let place = &mut places[usize::from(channel)];
                if place.is_none() {
                    *place = Some(0);
                    channels.push(channel);
                }
            }
        }
        channels.sort_unstable();
        if channels.len() > MOST_CHANNELS {
            return Err(FitError::TooManyChannels {
                model: self.name(),
                channels: channels.len(),
                limit: MOST_CHANNELS,
            });
        }
        for (place, channel) in channels.iter().enumerate() {
            places[usize::from(*channel)] = Some(place);
        }
        let played = sorted.seen.iter().filter(|s| s.all.journeys() > 0);
        let trials = played.map(|seen| {
            let mut x: Vec<(usize, f64)> = Vec::new();
            for (channel, times) in self.touched(seen) {
                let place = places[usize::from(channel)].unwrap_or_default();
                match x.last_mut().filter(|(last, _)| *last == place) {
                    Some((_, sum)) => *sum += times,
                    None => x.push((place, times)),
                }
            }
            Trial {
                x,
                wins: seen.all.conversions as f64,
                losses: seen.all.nulls as f64,
            }
        });
        let trials: Vec<Trial> = trials.collect();
        let found = match self.bags {
            None => newton::fit(&trials, channels.len(), self.penalty),
            Some(bags) => bags::fit(&trials, &channels, self.penalty, bags),
        };
        let found = found.map_err(|fault| fault.told(&self.name(), &channels, &self.names))?;
        let mut coefficients = vec![0.0; shape.channels];
        for (channel, beta) in channels.iter().zip(&found.beta) {
            coefficients[usize::from(*channel)] = *beta;
        }
        Ok(LogisticFit {
            intercept: found.intercept,
            coefficients,
            log_likelihood: newton::likelihood(&trials, &found.beta, found.intercept),
            steps: found.steps,
        })
    }

    fn divided(&self, sorted: &Sorted<'_>, shape: Shape) -> Result<Divided, FitError> {
        if sorted.all().conversions == 0 {
            return Divided::new(sorted, true, |_, _| Ok(()));
        }
        let fit = self.solve(sorted, shape)?;
        Divided::new(sorted, true, |seen, shares| {
            let start = shares.len();
            let mut whole = 0.0;
            for (channel, x) in self.touched(seen) {
                let beta = fit.coefficients[usize::from(channel)];
                if beta > NOTHING {
                    let adds = x * beta;
                    whole += adds;
                    match shares[start..].last_mut().filter(|(c, _)| *c == channel) {
                        Some((_, sum)) => *sum += adds,
                        None => shares.push((channel, adds)),
                    }
                }
            }
            shares[start..]
                .iter_mut()
                .for_each(|(_, share)| *share /= whole);
            Ok(())
        })
    }
}

/// Presence, without a penalty.
impl Default for Logistic {
    fn default() -> Self {
        Self {
            counts: false,
            penalty: 0.0,
            bags: None,
            names: Vec::new(),
        }
    }
}

impl Model for Logistic {
    type State = Patterns;

    fn name(&self) -> String {
        let mut name = String::from("logistic");
        if self.counts {
            name += ":counts";
        }
        if self.penalty != if self.bags.is_some() { 1.0 } else { 0.0 } {
            name += &format!(":l2={}", self.penalty);
        }
        match self.bags {
            Some(BAGS) => name += ":bagged",
            Some(bags) => name += &format!(":bagged:{bags}"),
            None => {}
        }
        name
    }

    fn bind(&mut self, channels: &[&str]) -> Result<(), ModelError> {
        self.names = channels.iter().map(|name| (*name).to_owned()).collect();
        Ok(())
    }

    fn start(&self, shape: Shape) -> Patterns {
        Patterns::new(shape, self.pattern())
    }

    fn fold(&self, state: &mut Patterns, batch: &JourneyBatch) {
        state.fold(batch);
    }

    fn credit(&self, state: Patterns) -> Result<Credit, FitError> {
        let sorted = state.sorted(&self.name())?;
        let mut credit = self
            .divided(&sorted, state.shape())?
            .credit(state.shape(), &sorted);
        if sorted.all().conversions == 0 {
            credit.note(Note::NoConversions);
        }
        Ok(credit)
    }

    fn within(&self, state: &Patterns) -> Result<Option<Box<dyn Within + '_>>, FitError> {
        let sorted = state.sorted(&self.name())?;
        let divided = self.divided(&sorted, state.shape())?;
        Ok(Some(Box::new(divided.within(self.pattern(), &sorted))))
    }

    fn bytes(&self, state: &Patterns) -> usize {
        state.bytes()
    }
}
