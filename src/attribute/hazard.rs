//! The additive hazard: each touch brings a chance of converting that fades.
//!
//! Zhang, Wei and Ren (2014, *Multi-touch attribution in online advertising with survival theory*)
//! read a journey as a race against time. A touch of channel `c` adds to the rate at which the user
//! converts, at once and less and less; the rates of all touches add up:
//!
//! ```text
//! λ(t) = Σ over touches before t of  β_c ω_c e^(−ω_c (t − tᵢ))
//! ```
//!
//! β is the *strength* (what a touch brings if it is given all time), ω the *speed*. A converting
//! journey says what λ was at its end; every touch, converting or not, says for how long it brought
//! nothing: a converting journey up to its conversion, a null one up to the end of observation.
//! Credit is what the fit says of each conversion: a touch gets its share of λ at that moment.
//!
//! So it differs from time decay in three ways. The half-lives are fitted, one a channel. Channels
//! differ in strength. And nulls count: a channel that is everywhere and moves nobody gets little.
//! `em` has the iteration and the corners where its formulas end.
//!
//! # Fitting
//!
//! It starts from β = 0.1 and 1/ω = 168 hours for all channels, and stops when a step raises the log
//! likelihood by less than 10⁻⁶ of itself, or after 1,000 steps. `hazard:50` stops after 50;
//! `hazard:50:fixed` takes all of them, whatever they gain. The likelihood is flat where a channel is
//! slow against the time it was observed for: then only β·ω is known, β grows and ω falls as long as
//! one iterates, and credit has long been settled. Read credit, not β, of such a channel.
//!
//! # Bounded memory
//!
//! The iteration needs all times again and again. `sample` keeps 32 thousand touches, a journey itself
//! counting as four; `hazard:64k` keeps 64. At 12 bytes each, and a quarter more that waits to be
//! brought in order, a state holds some 480 kB.
//!
//! As long as everything fits, the fit is exact. Beyond that it is a fit of an even sample of the
//! contents, and a [`Note::Sampled`] says of how many. Its credit is then raised group by group to
//! all conversions with touches, and to their value; so the total is exact, the split is an estimate.
//! Where the sample has no conversion of a group, the group is divided as all groups are; where its
//! value is no measure of the whole (it cancels, or is off by a factor of four), value follows
//! conversions. A journey longer than a sixteenth of the bound enters with its latest touches, and
//! [`Note::Shortened`] says so.
//!
//! A jackknife over such samples errs on the safe side: a group that is left out is replaced by
//! journeys that the bound kept out, so it moves the fit by √2 more than leaving it out would.
//!
//! # Choices
//!
//! * Rows may be aggregated: a content counts with its conversions and its nulls.
//! * A touch without a time (NaN, infinite, negative, or beyond 10⁹ hours) is no touch. A journey with
//!   none left, like an empty one, is unattributed.
//! * Value follows the shares of its own journeys. A correction of value on touches that never
//!   convert is unattributed.
//! * No conversions: no credit, and a note. No nulls: defined, with a note. One channel: it takes all.

mod em;
mod raise;
mod sample;
mod store;
mod timed;

use crate::journey::{JourneyBatch, Outcome};

use super::credit::{Credit, Note};
use super::ledger::Ledger;
use super::model::{FitError, Model, Shape};
use super::names::ModelError;

use em::Em;
pub use em::Response;
use store::Store;
use timed::Sold;
pub use timed::Timed;

const START: Response = Response {
    beta: 0.1,
    omega: 1.0 / 168.0,
};
/// A step that gains less of the log likelihood than this is the last.
const TOLERANCE: f64 = 1e-6;
/// A store counts its touches in 32 bits.
const MOST_THOUSANDS: u32 = 1_000_000;

/// The additive hazard of each channel, fitted by expectation and maximisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hazard {
    iterations: u32,
    fixed: bool,
    thousands: u32,
}

impl Hazard {
    pub(super) const ITERATIONS: u32 = 1_000;
    pub(super) const THOUSANDS: u32 = 32;

    /// At most so many iterations, or `fixed`: just so many. Keeps so many thousand touches.
    ///
    /// # Errors
    ///
    /// When no touches, or more than a thousand million, are to be kept.
    pub fn new(iterations: u32, fixed: bool, thousands: u32) -> Result<Self, ModelError> {
        if !(1..=MOST_THOUSANDS).contains(&thousands) {
            return Err(ModelError::kept(thousands));
        }
        Ok(Self {
            iterations,
            fixed,
            thousands,
        })
    }

    const fn capacity(self) -> usize {
        self.thousands as usize * 1_000
    }

    /// Fits the channels' responses.
    ///
    /// # Errors
    ///
    /// As [`Model::credit`].
    pub fn fit(&self, state: &Timed) -> Result<HazardFit, FitError> {
        state.stray.check(state.shape)?;
        let mut sample = state.sample.clone();
        sample.settle();
        Ok(self.iterate(state.shape, sample.journeys()).0)
    }

    fn iterate(self, shape: Shape, journeys: &Store) -> (HazardFit, Em) {
        let mut em = Em::new(shape.channels, START);
        let mut likelihood = em.pass(journeys);
        let mut iterations = 0;
        while iterations < self.iterations {
            em.step();
            iterations += 1;
            let before = likelihood;
            likelihood = em.pass(journeys);
            // Written so that a likelihood that is no number stops it, too.
            let gains = likelihood - before > TOLERANCE * likelihood.abs();
            if !gains && !self.fixed {
                break;
            }
        }
        let fit = HazardFit {
            responses: em.responses.clone(),
            log_likelihood: likelihood,
            iterations,
        };
        (fit, em)
    }
}

/// 1,000 iterations at most, 32 thousand touches.
impl Default for Hazard {
    fn default() -> Self {
        Self {
            iterations: Self::ITERATIONS,
            fixed: false,
            thousands: Self::THOUSANDS,
        }
    }
}

/// What [`Hazard`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct HazardFit {
    /// Channel by channel.
    pub responses: Vec<Response>,
    /// Of the journeys fitted, without the constant for those that had no touch.
    pub log_likelihood: f64,
    /// Steps taken.
    pub iterations: u32,
}

impl Model for Hazard {
    type State = Timed;

    fn name(&self) -> String {
        let mut name = String::from("hazard");
        if self.iterations != Self::ITERATIONS {
            name += &format!(":{}", self.iterations);
        }
        if self.fixed {
            name += ":fixed";
        }
        if self.thousands != Self::THOUSANDS {
            name += &format!(":{}k", self.thousands);
        }
        name
    }

    fn start(&self, shape: Shape) -> Timed {
        Timed::new(shape, self.capacity())
    }

    fn fold(&self, state: &mut Timed, batch: &JourneyBatch) {
        for journey in batch.iter() {
            state.take(&journey);
        }
    }

    fn credit(&self, mut state: Timed) -> Result<Credit, FitError> {
        state.stray.check(state.shape)?;
        state.sample.settle();
        let journeys = state.sample.journeys();
        let (_, mut em) = self.iterate(state.shape, journeys);
        let mut ledger = Ledger::new(state.shape);
        let mut given = vec![Sold::default(); state.shape.groups];
        let (mut kept, mut nulls) = (0_u64, 0_u64);
        for entry in &journeys.entries {
            kept = kept.saturating_add(entry.conversions.saturating_add(entry.nulls));
            nulls = nulls.saturating_add(entry.nulls);
            if entry.conversions == 0 && entry.value == 0 {
                continue;
            }
            let limits = (i128::from(i64::MIN), i128::from(i64::MAX));
            let outcome = Outcome {
                group: entry.group,
                conversions: entry.conversions.min(i64::MAX as u64),
                nulls: 0,
                value: entry.value.clamp(limits.0, limits.1) as i64,
            };
            given[usize::from(entry.group)].add(outcome.conversions, i128::from(outcome.value));
            let shares = em.shares(journeys, entry);
            let last = shares.iter().rposition(|share| *share > 0.0);
            let mut split = ledger.split(&outcome);
            let mut upto = 0.0;
            for (i, channel) in journeys.touches(entry).0.iter().enumerate() {
                if Some(i) == last {
                    split.rest(*channel);
                    break;
                }
                upto += shares[i];
                split.upto(*channel, upto);
            }
        }
        let mut credit = raise::to_all(&state, &ledger.credit()?, &given);
        let all = |sold: &[Sold]| sold.iter().any(|s| s.conversions > 0);
        if !all(&state.touched) && !all(&state.empty) {
            credit.note(Note::NoConversions);
        }
        if all(&given) && nulls == 0 {
            credit.note(Note::NoNulls);
        }
        if !state.sample.is_whole() {
            let of = state.journeys;
            credit.note(Note::Sampled { kept, of });
        }
        if state.shortened {
            let touches = state.longest;
            credit.note(Note::Shortened { touches });
        }
        Ok(credit)
    }

    fn bytes(&self, state: &Timed) -> usize {
        state.bytes()
    }
}
