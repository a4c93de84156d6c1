//! A load test as a page: whether the rate is held, how it went on, and the figures.

mod answered;
mod charts;
mod figures;
mod key;
mod told;

use serde_json::Value;

use crate::report::page::block::tiles;
use crate::report::page::markup::Markup;
use crate::report::page::page as shell;

use super::words::millis;
use charts::Drawn;
use told::Told;

/// The name of a page in its folder.
pub const PAGE: &str = "report.html";

/// Why a document has no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// It is of something else.
    #[error(
        "this is not of a load test, and only load tests have a page; make one with redcat load SCENARIO --out DIR"
    )]
    NotALoadTest,
    /// Something of it is lacking, or of the wrong kind.
    #[error(
        "{0}; it is damaged or of another version: play the test again with redcat load SCENARIO --out DIR"
    )]
    Damaged(String),
}

/// The page of a load test, from its document. Equal documents give equal pages, byte by byte.
///
/// # Errors
/// When the document is not of a load test, or lacks what a page tells.
pub fn page(document: &Value) -> Result<String, PageError> {
    let told = Told::read(document)?;
    let scenario = &told.test.scenario;
    let title = format!("{}: load test", scenario.name);
    Ok(shell(&title, |out| {
        out.element("header", &[], |out| {
            out.leaf("h1", &[], &title);
            out.leaf("p", &[("class", "question")], &scenario.question);
        });
        verdict(out, &told);
        tiles(out, &key::figures(&told));
        section(out, "Over time", |out| {
            let (rates, backlog) = (charts::rates(&told), charts::backlog(&told));
            let (latencies, state) = (charts::latencies(&told), charts::state(&told));
            show(out, &[rates, backlog, latencies, state]);
        });
        if let Some(curve) = &told.test.curve {
            section(out, "Latency against rate", |out| {
                show(out, &[charts::curve(&told, curve)]);
                figures::curve(out, curve);
            });
        }
        section(out, "Figures", |out| figures::all(out, &told));
        section(out, "What these figures do not say", |out| {
            notes(out, &told)
        });
    }))
}

fn section(out: &mut Markup, title: &str, inside: impl FnOnce(&mut Markup)) {
    out.element("section", &[], |out| {
        out.leaf("h2", &[], title);
        inside(out);
    });
}

/// Charts side by side, and why others are not there.
fn show(out: &mut Markup, drawn: &[Drawn]) {
    if drawn.iter().any(Result::is_ok) {
        out.element("div", &[("class", "charts")], |out| {
            let charts = drawn.iter().flatten();
            charts.for_each(|chart| chart.write(out));
        });
    }
    for why in drawn.iter().filter_map(|one| one.as_ref().err()) {
        out.leaf("p", &[], why);
    }
}

fn verdict(out: &mut Markup, told: &Told) {
    let (class, word) = match told.rate.sustainable {
        Some(true) => ("verdict held", "✓ "),
        Some(false) => ("verdict lost", "✗ "),
        None => ("verdict", ""),
    };
    out.element("div", &[("class", class)], |out| {
        for (place, line) in told.test.verdict.lines().enumerate() {
            let sign = if place == 0 { word } else { "" };
            out.leaf("p", &[], &format!("{sign}{line}"));
        }
    });
}

/// What a reader might take the figures for.
fn notes(out: &mut Markup, told: &Told) {
    let allowed = millis(told.test.demand.p99_ms);
    let mut notes = vec![
        "Stream time and clock time are two things. Windows are days of the stream, so the state is that \
         of the people who are played here, as often as they have lived their hours again, and not that \
         of a whole country."
            .to_owned(),
        "Where generator and system share a machine, much of the latency at high rates may be that they \
         take turns on its cores."
            .to_owned(),
        "Times of the simulated world are whole seconds. Within a second people act at a microsecond drawn \
         by user and second."
            .to_owned(),
    ];
    if told.is_credited() {
        notes.push(
            "Latency is counted from the time at which an order was meant to be sent, also where it was \
             sent later, to its credit in the books. It is kept to two significant digits."
                .to_owned(),
        );
    }
    notes.push(if told.rate.target_per_s.is_some() {
        format!(
            "A rate is held or not by what this test asked for: {allowed} ms for 99 of a hundred orders, \
             and a backlog that does not grow. Of other demands it says nothing."
        )
    } else {
        "Without a timetable nobody waits for anything, so this says how fast the system is, and not at \
         which latency."
            .to_owned()
    });
    out.element("ul", &[], |out| {
        for note in &notes {
            out.leaf("li", &[], note);
        }
    });
}
