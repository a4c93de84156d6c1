//! What a system behind a broker has answered, as text and as JSON.

use serde_json::{Map, Value, json};

use crate::attribute::Amount;
use crate::load::Answered;
use crate::load::answers::Book;

use super::document::latency;

/// How far a model's credit is from redcat's own: the sum of all differences by channel, as a share of
/// all of redcat's; none where there is nothing to compare.
#[must_use]
pub fn difference(book: &Book, own: &[Amount]) -> Option<f64> {
    let all: f64 = own.iter().map(|amount| amount.conversions.abs()).sum();
    let both = book.channels.iter().zip(own);
    let apart = both.map(|(theirs, own)| (theirs.conversions - own.conversions).abs());
    (all > 0.0).then(|| apart.sum::<f64>() / all)
}

/// The part of the document.
pub(super) fn told(answered: &Answered) -> Value {
    let counts = &answered.counts;
    json!({
        "acknowledged": answered.acknowledged,
        "unacknowledged": answered.unacknowledged,
        "acknowledged_ms": latency(&answered.until_acknowledged),
        "orders": counts.orders,
        "unanswered": counts.unanswered,
        "doubles": counts.doubles,
        "strangers": counts.strangers,
        "of_other_runs": counts.of_other_runs,
        "unreadable": counts.unreadable,
        "first_unreadable": counts.first_unreadable,
        "against_own": answered.books.iter().filter_map(|(book, own)| {
            let own = own.as_deref()?;
            let told = json!({
                "conversions": conversions(&book.channels),
                "own_conversions": conversions(own),
                "difference": difference(book, own),
            });
            Some((book.model.clone(), told))
        }).collect::<Map<_, _>>(),
    })
}

pub(super) fn conversions(amounts: &[Amount]) -> f64 {
    amounts.iter().map(|amount| amount.conversions).sum()
}

#[cfg(feature = "cli")]
pub(super) mod terminal {
    use crate::load::Answered;
    use crate::report::figures::{count, decimals, percent};
    use crate::report::layout::{NOT_TOLD, section, table};

    use super::super::terminal::quantiles;
    use super::super::words::CAME_BACK;
    use super::{conversions, difference};
    use crate::load::meter::Latency;

    /// Latencies until an event was acknowledged and until an order was credited.
    pub fn latencies(until_credited: &Latency, answered: &Answered) -> String {
        let row = |name: &str, latency: &Latency| {
            let mut row = vec![name.to_owned(), count(latency.orders)];
            row.extend(quantiles(latency));
            row
        };
        let header = ["until", "of", "p50", "p90", "p99", "p99.9", "longest"];
        let rows = vec![
            row(
                "an event is acknowledged by the broker",
                &answered.until_acknowledged,
            ),
            row("credit of an order is read", until_credited),
        ];
        table(&header, 1, rows)
    }

    /// What came back, and how it compares.
    pub fn sections(out: &mut String, answered: &Answered) {
        let counts = &answered.counts;
        let rows = [
            answered.acknowledged,
            answered.unacknowledged,
            counts.orders,
            counts.unanswered,
            counts.doubles,
            counts.strangers,
            counts.of_other_runs,
            counts.unreadable,
        ];
        // What is wrong is told where there is some; what was done always.
        let rows = CAME_BACK
            .iter()
            .zip(rows)
            .enumerate()
            .filter(|(place, (_, n))| *n > 0 || [0, 2].contains(place));
        let rows = rows.map(|(_, (what, n))| vec![(*what).to_owned(), count(n)]);
        section(
            out,
            "What came back",
            &table(&["", "number"], 1, rows.collect()),
        );
        if let Some(problem) = &counts.first_unreadable {
            *out += &format!(" The first of these: {problem}\n");
        }
        if answered.books.is_empty() {
            return;
        }
        let row = |(book, own): &(crate::load::answers::Book, Option<Vec<_>>)| {
            let own = own.as_deref();
            let apart = own.and_then(|own| difference(book, own));
            let none = || NOT_TOLD.to_owned();
            vec![
                book.model.clone(),
                decimals(conversions(&book.channels), 1),
                own.map_or_else(none, |own| decimals(conversions(own), 1)),
                apart.map_or_else(none, percent),
            ]
        };
        let rows: Vec<_> = answered.books.iter().map(row).collect();
        let header = [
            "model",
            "conversions credited",
            "redcat's own",
            "apart by channel",
        ];
        let title = "Credit after refunds, beside redcat's own of the same events";
        section(out, title, &table(&header, 1, rows));
    }
}
