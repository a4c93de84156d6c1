//! The "W": first touch, the touch that made a lead, last touch.
//!
//! The suites of business marketing (Bizible, now Adobe Marketo Measure; HubSpot) pay three
//! milestones, 30 % each, and share the remaining 10 % among all other touches. Their milestones are
//! stages of a funnel: first touch, creation of the lead, creation of the opportunity. A journey has
//! no such stages, but it knows what each touch was, so here they are
//!
//! ```text
//! first     the first touch
//! middle    the first click, where the visitor was first known; if that is the first or the last
//!           touch, or there is none, the touch in the middle (of two, the earlier)
//! last      the last touch
//! others    evenly
//! ```
//!
//! A log of paths has no kinds, all its steps are clicks, and it gets the touch in the middle.
//!
//! One touch takes all. What has no owner in a short journey is shared equally by the milestones
//! there are: with two touches the middle and the others' weight, with three the others'. So 30/30/30/10
//! gives halves, then thirds, as those suites do.

use crate::journey::{Journey, TouchKind};

use super::ledger::Split;
use super::names::ModelError;
use super::rule::Rule;

const USUAL: [f64; 4] = [30.0, 30.0, 30.0, 10.0];

/// Weights for the first touch, a milestone between, the last touch, and all others together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WShape {
    /// As given, for the name.
    weights: [f64; 4],
    /// As parts of one.
    parts: [f64; 4],
}

impl WShape {
    /// Weights of the first touch, the one between, the last, and the others together, in any unit.
    ///
    /// # Errors
    ///
    /// When a weight is negative or not finite, or all are zero.
    pub fn new(weights: [f64; 4]) -> Result<Self, ModelError> {
        let sum: f64 = weights.iter().sum();
        if weights.iter().any(|w| w.is_nan() || *w < 0.0) || !sum.is_finite() || sum <= 0.0 {
            return Err(ModelError::milestones(weights));
        }
        let parts = weights.map(|w| w / sum);
        Ok(Self { weights, parts })
    }
}

/// 30/30/30/10.
impl Default for WShape {
    fn default() -> Self {
        Self {
            weights: USUAL,
            parts: USUAL.map(|w| w / 100.0),
        }
    }
}

/// The place of the milestone between the first touch and the last.
#[inline]
fn between(journey: &Journey<'_>) -> usize {
    let places = journey.kinds.len();
    let click = journey.kinds.iter().position(|k| *k == TouchKind::Click);
    let inside = click.filter(|place| *place > 0 && place + 1 < places);
    inside.unwrap_or((places - 1) / 2)
}

impl Rule for WShape {
    type Scratch = ();

    fn label(&self) -> String {
        if self.weights == USUAL {
            return "position:w".into();
        }
        let [f, m, l, o] = self.weights;
        format!("position:w:{f}/{m}/{l}/{o}")
    }

    #[inline(always)]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, (): &mut ()) {
        let [f, m, _, o] = self.parts;
        match journey.channels {
            [] => {}
            [only] => split.rest(*only),
            [first, last] => {
                split.upto(*first, f + (m + o) / 2.0);
                split.rest(*last);
            }
            [first, middle, last] => {
                split.upto(*first, f + o / 3.0);
                split.upto(*middle, f + m + o * (2.0 / 3.0));
                split.rest(*last);
            }
            [first, inner @ .., last] => {
                split.upto(*first, f);
                let (milestone, step) = (between(journey), o / (inner.len() - 1) as f64);
                for (i, channel) in (1..).zip(inner) {
                    let (others, reached) = if i < milestone { (i, 0.0) } else { (i - 1, m) };
                    split.upto(*channel, f + reached + others as f64 * step);
                }
                split.rest(*last);
            }
        }
    }
}
