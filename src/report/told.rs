//! What merchants are told under each regime: how many orders, how late, and how many are kept back.
//!
//! A model's credit is what could be known; this is what a merchant's table says. It is told per
//! window, once all is in; how much of it stood there earlier is told beside it.

mod document;
mod table;
#[cfg(feature = "cli")]
mod terminal;

pub(super) use document::document;
pub(super) use table::table;
#[cfg(feature = "cli")]
pub(super) use terminal::terminal;

use crate::engine::RegimeOutcome;

/// Days after which people ask how much of a report has come.
const ASKED_AFTER: [u32; 4] = [1, 7, 15, 30];

/// What must be said of a regime before its report is read.
fn note(regime: &RegimeOutcome) -> Option<&'static str> {
    let sentence =
        "orders outside cannot be attributed under this regime; only in-app credit is shown";
    (!regime.reaches_outside).then_some(sentence)
}
