//! Floor 3: who gets the credit.
//!
//! An attribution model reads journeys and says how many conversions, and how much value, each
//! channel brought. This floor holds the models and nothing of what they are judged by: it imports
//! the journeys and the base and cannot name a latent cause, so a model here knows no more than a
//! model in an analyst's notebook would.
//!
//! # How a model is built
//!
//! A [`Model`] is three steps. [`Model::start`] makes an empty state; [`Model::fold`] takes
//! batches in; [`Model::credit`] turns the state into a [`Credit`]. All data goes through the
//! middle step, so the state must be a *mergeable sufficient statistic*: as large as the channels
//! demand, never as large as the users, and made of integers or [`Exact`](crate::base::Exact)
//! sums. Any split of the journeys over threads, shards, files or days then gives the same credit
//! to the last bit.
//!
//! Models that look at one journey at a time (first touch, last touch, linear, ...) implement the
//! smaller [`Rule`] instead and share the [`Ledger`] as their state.
//!
//! A [`Lineup`] runs many models over the same batches, with one dynamic call for each model and
//! batch. [`Lineup::parse`] reads the names people type: `first,position:30/40/30,markov:1`.
//!
//! Journeys have channels by number. A rule that knows some by name, such as `last-non-direct`, has
//! to be told all names first: [`Lineup::bind`].
//!
//! [`online`] gives credit while events come in, with those models that divide each journey by itself.
//!
//! # The law of credit
//!
//! Summed over channels, and with what the model could credit to nobody
//! ([`Credit::unattributed`]), every model hands out exactly the conversions that it was shown,
//! group by group, and exactly their value.
//!
//! ```
//! use redcat::attribute::{Lineup, Shape};
//! use redcat::journey::{JourneyBatch, Outcome, Touch};
//!
//! let mut batch = JourneyBatch::new();
//! for channel in [0, 1] {
//!     batch.touch(Touch { channel, kind: Default::default(), hours_before_end: 1.0 });
//! }
//! batch.end(Outcome { conversions: 1, value: 2_000, ..Outcome::default() });
//!
//! let lineup = Lineup::parse("first,linear")?;
//! let mut state = lineup.start(Shape { channels: 2, groups: 1 });
//! lineup.fold(&mut state, &batch);
//! for (model, credit) in lineup.credits(&state) {
//!     let opener = credit?.by_channel()[0];
//!     assert_eq!(opener.value, if model == "first" { 2_000.0 } else { 1_000.0 });
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chain;
mod climb;
mod converting;
mod credit;
mod decay;
mod distinct;
mod divided;
mod ends;
mod erased;
mod game;
mod grams;
mod halving;
mod hazard;
mod inside;
mod ledger;
mod linear;
mod lineup;
mod logistic;
mod markov;
mod milestones;
mod model;
mod named;
mod names;
pub mod online;
mod order;
mod patterns;
mod position;
mod removal;
mod room;
mod rule;
mod saved;
mod shao_li;
mod shapley;
mod within;

pub use chain::Chain;
pub use climb::{Geometric, PositionDecay, TimeRank};
pub use converting::ConversionsOnly;
pub use credit::{Amount, Credit, Note};
pub use decay::TimeDecay;
pub use distinct::Distinct;
pub use ends::{First, Last, LastClick};
pub use grams::{Grams, MarkovGrams};
pub use hazard::{Hazard, HazardFit, Response, Timed};
pub use inside::{Effects, PerJourney};
pub use ledger::{Ledger, Split};
pub use linear::{Linear, LinearDistinct};
pub use lineup::{FittedWithin, Lineup, LineupState};
pub use logistic::{Logistic, LogisticFit};
pub use markov::{Markov, Transitions};
pub use milestones::WShape;
pub use model::{FitError, Model, Shape, Stray};
pub use named::{LastNonDirect, LastPaid};
pub use names::ModelError;
pub use order::MarkovAuto;
pub use patterns::{Maker, Pattern, Patterns, Seen, Sorted, Tally, counts};
pub use position::{Position, TwoTouches};
pub use removal::{Reading, Removal};
pub use rule::Rule;
pub use saved::{SavedError, SavedLineup};
pub use shao_li::{ShaoLi, ShaoLiFit};
pub use shapley::{
    Estimate, Places, Shapley, ShapleyExactSet, ShapleyOrdered, ShapleyOwn, ShapleyRate,
    ShapleyRateFit,
};
pub use within::{Share, Within};
