//! Floor 8: results for people and programs.

pub mod attribution;
pub mod bench;
pub mod checks;
pub mod comparison;
pub mod document;
pub mod figures;
pub mod forecast;
pub mod gate;
pub mod generated;
#[cfg(feature = "cli")]
mod layout;
pub mod load;
mod page;
pub mod tables;
#[cfg(feature = "cli")]
pub mod terminal;
mod told;

pub use document::{Context, document};
