//! redcat simulates a content community and the marketplaces around it, knows who bought because
//! of what, and judges attribution models against that truth.
//!
//! One call does it all:
//!
//! ```
//! use redcat::engine::{RunOptions, Silent, run};
//! use redcat::scenario::Scenario;
//!
//! let scenario = Scenario::load("red-cat-618".as_ref())?;
//! let options = RunOptions { users: Some(2_000), ..RunOptions::default() };
//! let outcome = run(&scenario, &options, &Silent)?;
//! for regime in &outcome.regimes {
//!     for model in &regime.models {
//!         println!("{} {}: {:.3}", regime.name, model.model, model.share_error.value);
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The map
//!
//! Floors import only downward; `tests/architecture.rs` holds them to it.
//!
//! | Floor | Module | What stands there |
//! |---|---|---|
//! | 9 | the `redcat` command | `src/main.rs`, `src/cli/`: one small file a verb |
//! | 8 | [`report`] | results as text, JSON, tables and pages |
//! | 7 | [`load`] | load tests: a stream by its timetable, the system under test, latency and backlog |
//! | 6 | [`engine`] | the plan (data), the run (threads, exact merge), its parts and checkpoints, what it will take, the comparison of scenarios, the cost of believing a model, logs that are written, models over logs that are read |
//! | 5 | [`evaluate`] | truth, experiments, scores, money, facts, expectations, flows between two worlds, who passes the gate |
//! | 4 | [`observe`] | regimes: what of a history can be seen |
//! | 4 | [`attribute`] | models, over batches and while events come in; sees only [`journey`] and [`base`] |
//! | 3 | [`world`] | the latent world: one user's history at a time |
//! | 2 | [`journey`], [`io`] | what models eat; files, logs that people bring |
//! | 1 | [`scenario`] | the file that describes a world, always valid |
//! | 0 | [`base`] | addressed randomness, samplers, exact sums, `Merge` |
//!
//! ```text
//! scenario file → World → History → Regime → JourneyBatch → Lineup of models → Credit ┐
//!                   └──────────── the same users, channels switched off ────→ Truth ───┴→ Scores → Report
//! ```
//!
//! That a model cannot look at the latent world is held by the layout: a journey has no field that
//! knows a cause.
//!
//! ```compile_fail,E0609
//! fn peek(journey: &redcat::journey::Journey<'_>) -> Option<u16> {
//!     journey.cause
//! }
//! ```
//!
//! # Features
//!
//! `cli` (default): the command and the terminal summary. A library user turns it off with
//! `default-features = false`.
//!
//! `kafka`: load tests of a system behind a broker, by librdkafka, which is built along and needs make and
//! a C compiler.

#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub mod attribute;
pub mod base;
pub mod engine;
pub mod evaluate;
pub mod io;
pub mod journey;
pub mod load;
pub mod observe;
pub mod report;
pub mod scenario;
pub mod world;
