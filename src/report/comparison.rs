//! A comparison for people and programs.

mod document;
mod stretches;
mod tables;
#[cfg(feature = "cli")]
mod terminal;
mod verdict;

pub use document::document;
pub use tables::tables;
#[cfg(feature = "cli")]
pub use terminal::summary;
pub use verdict::verdict;

use crate::evaluate::End;
use crate::scenario::Scenario;

/// An end of a need in words: destination and way.
fn end_name(scenario: &Scenario, end: End) -> String {
    let destinations = &scenario.wire().destinations;
    match end.destination().and_then(|d| destinations.get(d)) {
        None => "no order".to_owned(),
        Some(d) if end.by_link() => format!("{}, link", d.name),
        Some(d) => format!("{}, search", d.name),
    }
}

/// All ends of a scenario's needs.
fn ends(scenario: &Scenario) -> impl Iterator<Item = End> + Clone {
    End::all(scenario.wire().destinations.len())
}
