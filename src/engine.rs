//! Floor 6: running it all.
//!
//! A [`Plan`] says what is to be done, as data: which users, in which blocks. It comes from the
//! scenario and the number of users alone, never from the machine. [`run()`] does it: threads take
//! blocks as they come, each gathers into a state of its own, and the states are merged. Since
//! every state is exact and obeys the laws of [`Merge`](crate::base::Merge), neither the number of
//! threads nor the order of blocks can be seen in the result. [`mod@compare`] does the same for several
//! scenarios at once, user by user. [`mod@attribute`] runs models over a log that somebody brings,
//! [`mod@exec`] does so with commands that are models, and [`journeys`] tells credit journey by journey. A
//! [`Job`] is a run in pieces, and [`part`] what a piece is kept in;
//! [`mod@forecast`] says what a large one will take.

mod again;
pub mod attribute;
pub mod bench;
pub mod compare;
mod estimate;
pub mod exec;
pub mod forecast;
pub mod generate;
mod job;
pub mod journeys;
mod judge;
mod outcome;
pub mod part;
mod plan;
pub mod regret;
mod run;
mod state;

pub use estimate::Estimate;
pub use job::{Gathered, Job, Keeping};
pub use judge::{Believed, RegimeOutcome};
pub use outcome::{Caused, Experiment, Outcome};
pub use plan::{Block, GROUPS, Plan};
pub use run::{Progress, RunError, RunOptions, Setup, Silent, run};
pub use state::RunState;
