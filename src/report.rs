//! Floor 7: results for people and programs.

pub mod document;
pub mod figures;
pub mod tables;
#[cfg(feature = "cli")]
pub mod terminal;

pub use document::{Context, document};
