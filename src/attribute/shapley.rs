//! The Shapley value of the channels, in closed form.
//!
//! Take the channels for players, and let a coalition `S` be worth the conversions that it could
//! have brought alone: `v(S)` = conversions of journeys whose channel set lies within `S`. The
//! Shapley value (Shapley, 1953, *A value for n-person games*) averages what a player adds over
//! all orders of arrival. By definition that needs all 2ⁿ coalitions; here it does not.
//!
//! *Why.* A journey with channel set `T` adds one to `v(S)` for just those `S ⊇ T`. So `v` is a sum
//! of *unanimity games*, one for each converting journey, and the Shapley value is linear: it is
//! enough to solve one of them. In the game of `T`, a channel outside of `T` never changes
//! anything and gets nothing; the channels within `T` are interchangeable, hence get the same; and
//! all of it is handed out. So each gets 1/|T|:
//!
//! ```text
//! φ(c) = Σ over converting journeys that hold c of  1 / |T|
//! ```
//!
//! That is [`LinearDistinct`](super::LinearDistinct), touch for touch, and the two give the same
//! bits. It stands here under its own name because people ask for it under that name, and should
//! know what they get: journeys that did not convert play no part, and neither do order,
//! repetition and time. Zhao, Mahboobi and Bagheri (2018, *Shapley value methods for attribution
//! modeling in online advertising*) use the same shortcut.
//!
//! With 500 channels it costs what it costs with five; the tests compare it with the definition.
//!
//! # Other games
//!
//! "The Shapley value" is not one model: all depends on what a coalition is worth. `rate` takes the
//! conversion *rate* of the journeys within, so that nulls count; `exact_set` the conversions of journeys
//! with just these channels; `own` plays inside each journey; `ordered` tells at which touchpoint this
//! game's credit was earned. Their modules say what each adds up to.

mod exact_set;
mod lattice;
mod ordered;
mod own;
mod rate;
mod sampled;

use crate::journey::Journey;

use super::distinct::Distinct;
use super::ledger::Split;
use super::linear::evenly;
use super::rule::Rule;

pub use exact_set::ShapleyExactSet;
pub use ordered::{Places, ShapleyOrdered};
pub use own::ShapleyOwn;
pub use rate::{Estimate, ShapleyRate, ShapleyRateFit};

/// The Shapley value where a coalition is worth the conversions of the journeys within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shapley;

impl Rule for Shapley {
    type Scratch = Distinct;

    fn label(&self) -> String {
        "shapley".into()
    }

    #[inline(always)]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, distinct: &mut Distinct) {
        evenly(distinct.of(journey.channels), split);
    }
}
