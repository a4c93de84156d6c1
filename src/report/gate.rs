//! The gate for people and programs: whom each grant admits, and what the others lack.

mod document;
#[cfg(feature = "cli")]
mod terminal;

pub use document::document;
#[cfg(feature = "cli")]
pub use terminal::summary;

use crate::base::{DestinationId, Second};
use crate::evaluate::gate::Applicant;
use crate::scenario::Scenario;
use crate::scenario::units::Moment;

/// A second of the season by the calendar.
fn moment(scenario: &Scenario, at: Second) -> String {
    let moment = Moment::from_seconds(scenario.calendar().start.seconds() + i64::from(at));
    // Only a season that begins in 2999 ends beyond what a moment can name.
    moment.map_or_else(|_| "the year 3000".to_owned(), |m| m.to_string())
}

/// Names of a merchant's category and tier.
fn names<'a>(scenario: &'a Scenario, applicant: &Applicant) -> [&'a str; 2] {
    let (wire, merchant) = (scenario.wire(), &applicant.merchant);
    let category = &wire.categories[merchant.category.index()];
    [&category.name, &wire.tiers[merchant.tier.index()].name]
}

/// Names of the destinations where a merchant has a store.
fn stores<'a>(scenario: &'a Scenario, applicant: &Applicant) -> Vec<&'a str> {
    let places = (0..).zip(&scenario.wire().destinations);
    let held = places.filter(|(place, _)| applicant.merchant.sells_at(DestinationId(*place)));
    held.map(|(_, d)| d.name.as_str()).collect()
}
