//! Floor 5: how wrong is a model, measured against what it cannot see.
//!
//! [`truth`] knows who bought because of what; [`mod@score`] holds the credit of each model under each
//! regime against it, and [`uplift`] is what an experiment by lot would say; [`mod@facts`] holds the simulation itself against what has been published.
//! [`flows`] follows the same needs through two worlds; [`gate`] counts whom a policy lets link out.

pub mod concentration;
pub mod expect;
pub mod facts;
pub mod flows;
pub mod gate;
pub mod money;
pub mod score;
pub mod truth;
pub mod uplift;

pub use facts::{Fact, facts};
pub use flows::{CHANGES, Change, End, Flow, Flows, Lived};
pub use gate::Gate;
pub use score::{Score, Spend, noise_floor, score};
pub use truth::{ChannelTruth, Players, Tally, Truth, TruthState};
pub use uplift::{Cell, Design, UpliftState};
