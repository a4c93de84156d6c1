//! Who bought because of what.
//!
//! Two definitions, both exact in a simulated world:
//!
//! - the **pointer**: a need that a read triggered names its channel, so an order does. It is known
//!   for every order at no cost, and it is naive: it ignores that the need could have arisen from
//!   another note, that a read moved the choice of somebody who would have bought anyway, and that
//!   what one merchant gains another may lose;
//! - the **switch-off**: the same users live the season again without a channel, everything else
//!   addressed alike. What is ordered with the channel and not without it is *caused* by it; net of
//!   what is ordered only without it. This is the reference.
//!
//! The switch-off is simulated for an addressed sample of users and brought to the whole population
//! by a difference estimator, with the pointer as its companion variable (Särndal, Swensson and
//! Wretman, 1992, *Model Assisted Survey Sampling*, ch. 6):
//!
//! ```text
//! truth = Σ over all users of pointer + (N/n) · Σ over the sample of (switch-off − pointer)
//! ```
//!
//! It is unbiased whatever the pointer is worth, and the better the two agree, the narrower.
//!
//! Several channels may be switched off together ([`Players`]), and every effect is also told by the
//! group of the merchant who sold. The effects of single channels do not add up to that of all of
//! them; their Shapley values do: [`game`].

pub mod game;

mod effect;
mod estimate;
mod players;
mod state;

pub use effect::{Effect, Tally};
pub use estimate::{ChannelTruth, Truth};
pub use game::GameState;
pub use players::{Players, place_of};
pub use state::TruthState;
