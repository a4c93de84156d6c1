//! What became of each need, taken down where somebody compares two worlds.
//!
//! A decision is addressed by its need, and a need has the same address in every world. So what one
//! and the same wish came to under two policies can be laid side by side.
//!
//! # What a choice was worth
//!
//! A choice among options of systematic utility V, each with Gumbel noise of scale μ, is worth
//! before the noise is known
//!
//! ```text
//! E max = μ · ln Σ exp(V/μ) + const                         (Small and Rosen, 1981)
//! ```
//!
//! in units of utility. The price enters utility with a known weight, which makes it money: a unit
//! of utility is the price of an order divided by (weight · the user's price sensitivity). Only some
//! visits end in an order, so it is multiplied by the chance of one. The constant is the same in all
//! worlds: only differences mean anything.

use crate::base::{CategoryId, Fen};

use super::choice::Situation;
use super::history::NeedId;
use super::life::Life;

/// What became of a need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The need.
    pub need: NeedId,
    /// Its category.
    pub category: CategoryId,
    /// Nobody's note triggered it.
    pub own: bool,
    /// What the choice was worth to the user, in fen, up to a constant.
    pub worth: Fen,
}

impl Life<'_> {
    /// What a choice is worth in fen. Zero where prices do not enter utility: then nothing does.
    pub(super) fn worth(&self, s: &Situation<'_>) -> Fen {
        let world = self.world;
        let category = &world.categories[s.need.category.index()];
        let per_unit = world.choice.price_weight() * f64::from(s.traits.price_sensitivity);
        if per_unit <= 0.0 {
            return 0;
        }
        let value = category.mean_value * f64::from(s.traits.basket);
        let chance = f64::from(category.order_per_visit);
        (world.choice.logsum(s) * chance * value / per_unit).round() as Fen
    }
}
