//! Credit by position: first, last, and the middle shared.
//!
//! The "U" of the web analytics suites: so much to the touch that opened the journey, so much to
//! the one that closed it, the rest evenly to those between. One touch takes all. Two touches
//! leave the middle's weight `m` without an owner, and the suites differ on what to do with it:
//!
//! ```text
//! split        f + m/2          l + m/2
//! renormalise  f / (f + l)      l / (f + l)
//! ```
//!
//! The two agree when `f = l`, as in the usual 40/20/40, which is why the difference is easy to
//! overlook.

use crate::journey::Journey;

use super::ledger::Split;
use super::names::ModelError;
use super::rule::Rule;

/// What becomes of the middle's weight in a journey of two touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TwoTouches {
    /// Half of it to each.
    #[default]
    Split,
    /// It is dropped, and the other two are scaled to make one.
    Renormalise,
}

/// Weights for the first touch, the middle, and the last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// As given, for the name.
    weights: [f64; 3],
    two: TwoTouches,
    first: f64,
    middle: f64,
    /// The first one's share when there are two.
    first_of_two: f64,
}

impl Position {
    /// Weights of the first touch, of the middle together, and of the last, in any unit.
    ///
    /// # Errors
    ///
    /// When a weight is negative or not finite, all are zero, or `two` asks for a division by
    /// first plus last where both are zero.
    pub fn new(weights: [f64; 3], two: TwoTouches) -> Result<Self, ModelError> {
        let [f, m, l] = weights;
        let sum = f + m + l;
        if weights.iter().any(|w| w.is_nan() || *w < 0.0) || !sum.is_finite() || sum <= 0.0 {
            return Err(ModelError::weights(weights));
        }
        if two == TwoTouches::Renormalise && f + l <= 0.0 {
            return Err(ModelError::nothing_to_renormalise(weights));
        }
        Ok(Self {
            weights,
            two,
            first: f / sum,
            middle: m / sum,
            first_of_two: match two {
                TwoTouches::Split => (f + m / 2.0) / sum,
                TwoTouches::Renormalise => f / (f + l),
            },
        })
    }
}

/// 40/20/40, the middle split when there are two touches.
impl Default for Position {
    fn default() -> Self {
        Self {
            weights: [40.0, 20.0, 40.0],
            two: TwoTouches::Split,
            first: 0.4,
            middle: 0.2,
            first_of_two: 0.5,
        }
    }
}

impl Rule for Position {
    type Scratch = ();

    fn label(&self) -> String {
        let mut name = String::from("position");
        if self.weights != Self::default().weights {
            let [f, m, l] = self.weights;
            name += &format!(":{f}/{m}/{l}");
        }
        if self.two == TwoTouches::Renormalise {
            name += ":renormalise";
        }
        name
    }

    #[inline(always)]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, (): &mut ()) {
        match journey.channels {
            [] => {}
            [only] => split.rest(*only),
            [first, last] => {
                split.upto(*first, self.first_of_two);
                split.rest(*last);
            }
            [first, middle @ .., last] => {
                split.upto(*first, self.first);
                let step = self.middle / middle.len() as f64;
                for (i, channel) in middle.iter().enumerate() {
                    split.upto(*channel, self.first + (i + 1) as f64 * step);
                }
                split.rest(*last);
            }
        }
    }
}
