//! What a system behind a broker has answered, as tables.

use crate::report::figures::{count, decimals, percent};
use crate::report::load::words::CAME_BACK;
use crate::report::page::block::Table;
use crate::report::page::markup::Markup;

use super::figures::{not_told, quantiles};
use super::told::{Against, Answers, Latency};

/// Latencies, what came back, and how credit compares.
pub(super) fn tables(out: &mut Markup, credited: &Latency, answers: &Answers) {
    let row = |name: &str, latency: &Latency| {
        let mut row = vec![name.to_owned(), count(latency.orders)];
        row.extend(quantiles(latency));
        row
    };
    let latencies = Table {
        caption: "From the time it was meant to be sent, ms",
        header: &["until", "of", "p50", "p90", "p99", "p99.9", "longest"],
        named: true,
        words_last: false,
        rows: vec![
            row(
                "an event is acknowledged by the broker",
                &answers.acknowledged_ms,
            ),
            row("credit of an order is read", credited),
        ],
    };
    latencies.write(out);
    let row = |(name, n): (&&str, u64)| vec![(*name).to_owned(), count(n)];
    let numbers = [
        answers.acknowledged,
        answers.unacknowledged,
        answers.orders,
        answers.unanswered,
        answers.doubles,
        answers.strangers,
        answers.of_other_runs,
        answers.unreadable,
    ];
    let came = Table {
        caption: "What came back",
        header: &["", "number"],
        named: true,
        words_last: false,
        rows: CAME_BACK.iter().zip(numbers).map(row).collect(),
    };
    came.write(out);
    if let Some(problem) = &answers.first_unreadable {
        let told = format!("The first message that is no answer: {problem}");
        out.leaf("p", &[], &told);
    }
    if answers.against_own.is_empty() {
        return;
    }
    let row = |(model, against): (&String, &Against)| {
        vec![
            model.clone(),
            decimals(against.conversions, 1),
            decimals(against.own_conversions, 1),
            against.difference.map_or_else(not_told, percent),
        ]
    };
    let compared = Table {
        caption: "Credit after refunds, beside redcat\u{2019}s own of the same events",
        header: &[
            "model",
            "credited",
            "redcat\u{2019}s own",
            "apart by channel",
        ],
        named: true,
        words_last: false,
        rows: answers.against_own.iter().map(row).collect(),
    };
    compared.write(out);
}

#[cfg(test)]
mod tests {
    use serde_json::from_value;

    use super::*;
    use crate::attribute::Amount;
    use crate::load::Answered;
    use crate::load::answers::{Book, Counts};
    use crate::load::meter;
    use crate::report::load::answered::told;

    /// Would catch a key of the document that the page does not know by this name, and numbers in the rows
    /// of others.
    #[test]
    fn the_page_tells_what_was_answered() {
        let amount = |conversions| Amount {
            conversions,
            value: 0.0,
        };
        let channels = vec![amount(30.0), amount(10.0)];
        let book = |model: &str| Book {
            model: model.to_owned(),
            channels: channels.clone(),
        };
        let document = told(&Answered {
            acknowledged: 1_001,
            unacknowledged: 1_002,
            until_acknowledged: meter::Latency {
                orders: 7,
                p99: 0.25,
                ..meter::Latency::default()
            },
            counts: Counts {
                orders: 1_003,
                unanswered: 1_004,
                doubles: 1_005,
                strangers: 1_006,
                of_other_runs: 1_007,
                unreadable: 1_008,
                first_unreadable: Some("not <JSON>".to_owned()),
            },
            books: vec![
                (book("last"), Some(vec![amount(20.0), amount(20.0)])),
                (book("own"), None),
            ],
        });
        let answers: Answers = from_value(document).expect("read");
        let mut out = Markup::default();
        let credited = from_value(crate::report::load::document::latency(
            &meter::Latency::default(),
        ));
        tables(&mut out, &credited.expect("read"), &answers);
        let out = out.written();
        let numbers = out.match_indices("<td class=\"number\">1,00");
        let numbers: Vec<&str> = numbers
            .map(|(at, tag)| &out[at + tag.len()..][..1])
            .collect();
        assert_eq!(numbers.concat(), "12345678");
        for part in [
            ">7</td><td class=\"number\">",
            ">250</td>",
            "not &lt;JSON&gt;",
            ">40.0</td><td class=\"number\">40.0</td><td class=\"number\">50.0 %</td>",
        ] {
            assert!(out.contains(part), "no {part} in {out}");
        }
    }
}
