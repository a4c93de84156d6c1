//! The Shapley value of conversion rates.
//!
//! In [`Shapley`](super::Shapley)'s game nulls play no part, so a channel that is merely everywhere gets
//! as much as one that moves people. Here a coalition is worth the *rate* of the journeys within it:
//!
//! ```text
//! v(S) = conversions / (conversions + nulls)  of journeys whose channel set ⊆ S,      v(∅) = 0
//! ```
//!
//! so a channel that drags the rate down has a negative value. φ adds up to `v` of all channels, the
//! overall rate; credit is φ in proportion, scaled to the conversions. Value is divided by a game of its
//! own, of value per journey. The division is one for all groups of merchants, as a group has too few
//! journeys for a game of its own. Journeys without a channel do not play: theirs is unattributed.
//!
//! # Exact, and estimated
//!
//! Up to [`MOST_EXACT`] channels that journeys touched, all 2ⁿ coalitions are summed: the conversions
//! within each by one transform of n·2ⁿ additions (`lattice`). Beyond that, or when asked to
//! (`shapley:rate:sampled`), φ is averaged over random orders of arrival (`sampled`), with its
//! standard error in [`ShapleyRateFit`] and in a note.

use crate::journey::JourneyBatch;

use super::super::credit::{Credit, Note};
use super::super::game::{players, totals};
use super::super::markov::share_out;
use super::super::model::{FitError, Model, Shape};
use super::super::patterns::{Pattern, Patterns, Sorted};
use super::lattice;
use super::sampled;

/// Most channels for which all coalitions are summed.
pub const MOST_EXACT: usize = 20;
/// Most pairs of orders: as many as take minutes.
const MOST_PAIRS: u32 = 1_000_000;

/// The Shapley value where a coalition is worth the conversion rate of the journeys within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapleyRate {
    sampled: bool,
    pairs: u32,
}

/// What [`ShapleyRate`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapleyRateFit {
    /// φ of the game of conversion rates, channel by channel.
    pub phi: Vec<f64>,
    /// φ of the game of value per journey.
    pub phi_value: Vec<f64>,
    /// How it was estimated; none if it is exact.
    pub estimate: Option<Estimate>,
}

/// How sure an estimate from random orders is.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Pairs of an order and its reverse.
    pub pairs: u32,
    /// Standard error of each φ.
    pub error: Vec<f64>,
    /// Standard error of each φ of value.
    pub error_value: Vec<f64>,
}

/// Patterns over the players alone.
pub(super) struct Sets {
    /// How many play.
    pub players: usize,
    /// The players of each set, and what it brought: conversions, journeys, value.
    pub sets: Vec<(Vec<u16>, [f64; 3])>,
}

/// Worth of a coalition, in conversions and in value, from what lies within it.
#[inline]
pub(super) fn worth([wins, journeys, value]: [f64; 3]) -> [f64; 2] {
    if journeys == 0.0 {
        [0.0; 2]
    } else {
        [wins / journeys, value / journeys]
    }
}

impl Sets {
    fn new(sorted: &Sorted<'_>, players: &[usize], shape: Shape) -> Self {
        let mut places = vec![None; shape.channels];
        for (place, channel) in (0..).zip(players) {
            places[*channel] = Some(place);
        }
        let played = sorted.seen.iter().filter(|seen| !seen.key.is_empty());
        let sets = played.filter_map(|seen| {
            let set: Option<Vec<u16>> = seen.key.iter().map(|c| places[usize::from(*c)]).collect();
            let all = seen.all;
            let journeys = all.conversions + all.nulls;
            let sums = [all.conversions, journeys, all.value].map(|sum| sum as f64);
            set.map(|set| (set, sums))
        });
        Self {
            players: players.len(),
            sets: sets.collect(),
        }
    }
}

impl ShapleyRate {
    pub(in crate::attribute) const PAIRS: u32 = 1_000;

    /// Exact for up to 20 channels, estimated from 1,000 pairs of orders for more.
    #[must_use]
    pub fn new() -> Self {
        Self {
            sampled: false,
            pairs: Self::PAIRS,
        }
    }

    /// Estimated from so many pairs of orders; none if there are none or more than a million.
    #[must_use]
    pub fn sampled(pairs: u32) -> Option<Self> {
        let known = (1..=MOST_PAIRS).contains(&pairs);
        known.then_some(Self {
            sampled: true,
            pairs,
        })
    }

    pub(in crate::attribute) fn parse(options: &[&str]) -> Option<Self> {
        match options {
            [] => Some(Self::new()),
            ["sampled"] => Self::sampled(Self::PAIRS),
            ["sampled", pairs] if pairs.bytes().all(|b| b.is_ascii_digit()) => {
                Self::sampled(pairs.parse().ok()?)
            }
            _ => None,
        }
    }

    /// Solves the game.
    ///
    /// # Errors
    ///
    /// As [`Model::credit`].
    pub fn fit(&self, state: &Patterns) -> Result<ShapleyRateFit, FitError> {
        let sorted = state.sorted(&self.name())?;
        Ok(self.solve(&sorted, state.shape()).1)
    }

    fn solve(self, sorted: &Sorted<'_>, shape: Shape) -> (Vec<usize>, ShapleyRateFit) {
        let players = players(sorted, shape);
        let sets = Sets::new(sorted, &players, shape);
        let spread = |column: usize, found: &[[f64; 2]]| {
            let mut all = vec![0.0; shape.channels];
            for (channel, phi) in players.iter().zip(found) {
                all[*channel] = phi[column];
            }
            all
        };
        let fit = if self.sampled || players.len() > MOST_EXACT {
            let (phi, error) = sampled::value(&sets, self.pairs);
            ShapleyRateFit {
                phi: spread(0, &phi),
                phi_value: spread(1, &phi),
                estimate: Some(Estimate {
                    pairs: self.pairs,
                    error: spread(0, &error),
                    error_value: spread(1, &error),
                }),
            }
        } else {
            let phi = lattice::value(&sets);
            ShapleyRateFit {
                phi: spread(0, &phi),
                phi_value: spread(1, &phi),
                estimate: None,
            }
        };
        (players, fit)
    }
}

/// Exact for up to 20 channels.
impl Default for ShapleyRate {
    fn default() -> Self {
        Self::new()
    }
}

impl Model for ShapleyRate {
    type State = Patterns;

    fn name(&self) -> String {
        let mut name = String::from("shapley:rate");
        if self.sampled {
            name += ":sampled";
            if self.pairs != Self::PAIRS {
                name += &format!(":{}", self.pairs);
            }
        }
        name
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
        let (players, fit) = self.solve(&sorted, shape);
        let of = |phi: &[f64]| players.iter().map(|c| phi[*c]).collect::<Vec<f64>>();
        let (phi, phi_value) = (of(&fit.phi), of(&fit.phi_value));
        let (groups, ends) = totals(&sorted, shape);
        let mut credit = Credit::new(shape);
        share_out(&mut credit, &players, [&phi, &phi_value], &groups, ends);
        if let Some(estimate) = fit.estimate.filter(|_| ends[0] > 0) {
            let whole: f64 = phi.iter().sum();
            let worst = estimate.error.iter().fold(0.0_f64, |w, e| w.max(*e));
            let part = if whole > 0.0 { worst / whole } else { 0.0 };
            credit.note(Note::Permutations {
                pairs: estimate.pairs,
                error: (part * 1e6).ceil() as u64,
            });
        }
        Ok(credit)
    }

    fn bytes(&self, state: &Patterns) -> usize {
        state.bytes()
    }
}
