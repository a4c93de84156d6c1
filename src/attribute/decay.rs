//! Time decay: the nearer to the end, the more.
//!
//! A touch `h` hours before the end weighs `0.5^(h/H)` with half-life `H`, seven days unless told
//! otherwise; a journey's weights are scaled to make one. With `floor`, age counts in whole
//! half-lives, `0.5^⌊h/H⌋`, as suites do that bill by day or week.
//!
//! Scaling makes the zero point of time free: `0.5^(h/H)` and `0.5^((h−h₀)/H)` give the same
//! shares. Taking the youngest touch for `h₀` keeps its weight at one, so an old journey with a
//! short half-life cannot underflow to 0/0.
//!
//! A touch whose time is not known (NaN or infinite: journeys that were aggregated into paths) has
//! no place on the scale and gets nothing; a journey with only such touches goes to nobody. So does
//! one with a touch at −∞, which is no time to count from.

use crate::journey::Journey;

use super::halving::power_of_two;
use super::ledger::Split;
use super::names::ModelError;
use super::room::Room;
use super::rule::Rule;

const WEEK: f64 = 168.0;

/// Weights that halve with every half-life before the end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeDecay {
    half_life: f64,
    floor: bool,
}

impl TimeDecay {
    /// With a half-life in hours; `floor` counts age in whole half-lives.
    ///
    /// # Errors
    ///
    /// When the half-life is not a positive finite number.
    pub fn new(half_life: f64, floor: bool) -> Result<Self, ModelError> {
        if half_life.is_finite() && half_life > 0.0 {
            Ok(Self { half_life, floor })
        } else {
            Err(ModelError::half_life(half_life))
        }
    }

    /// Age in whole half-lives. Bounded, so that the difference of two ages is a number.
    #[inline]
    fn steps(self, hours: f64) -> f64 {
        (hours / self.half_life).floor().clamp(-1e300, 1e300)
    }
}

/// Seven days, continuous.
impl Default for TimeDecay {
    fn default() -> Self {
        Self {
            half_life: WEEK,
            floor: false,
        }
    }
}

impl Rule for TimeDecay {
    type Scratch = Room<f64>;

    fn label(&self) -> String {
        let mut name = String::from("time-decay");
        if self.half_life != WEEK {
            name += &if self.half_life % 24.0 == 0.0 && self.half_life != 24.0 {
                format!(":{}d", self.half_life / 24.0)
            } else {
                format!(":{}h", self.half_life)
            };
        }
        if self.floor {
            name += ":floor";
        }
        name
    }

    #[inline(always)]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, room: &mut Room<f64>) {
        let hours = journey.hours_before_end;
        let cumulated = room.of(hours.len());
        let sum = if self.floor {
            self.floored(hours, cumulated)
        } else {
            let youngest = youngest(hours);
            let per_hour = 1.0 / self.half_life;
            cumulate(hours, cumulated, |h| {
                power_of_two((youngest - h) * per_hour)
            })
        };
        if sum == 0.0 {
            return;
        }
        let scale = 1.0 / sum;
        for (channel, upto) in journey.channels.iter().zip(&*cumulated) {
            // The last touch with a weight has `upto == sum`, and takes the rest.
            if *upto == sum {
                split.rest(*channel);
                break;
            }
            split.upto(*channel, upto * scale);
        }
    }
}

impl TimeDecay {
    /// A function of its own, so that the loop of the usual case has the registers for itself.
    #[inline(never)]
    fn floored(self, hours: &[f64], cumulated: &mut [f64]) -> f64 {
        let zero = self.steps(youngest(hours));
        cumulate(hours, cumulated, |h| power_of_two(zero - self.steps(h)))
    }
}

/// Hours before the end of the youngest touch whose time is known.
#[inline(always)]
fn youngest(hours: &[f64]) -> f64 {
    // Not `f64::min`, whose care for NaN costs more than the comparison, which skips it too.
    let younger = |a: f64, b: &f64| if *b < a { *b } else { a };
    hours.iter().fold(f64::INFINITY, younger)
}

/// Weights of the touches' times, each with those before it, and their sum.
#[inline(always)]
fn cumulate(hours: &[f64], cumulated: &mut [f64], weight: impl Fn(f64) -> f64) -> f64 {
    let mut sum = 0.0;
    for (upto, hours) in cumulated.iter_mut().zip(hours) {
        sum += weight(*hours);
        *upto = sum;
    }
    sum
}
