//! Whether scenarios show what they say they show.
//!
//! A scenario lists what it expects of its own results, and published figures with the tolerance of
//! each. A figure about something that does not happen in a scenario, such as links out of a closed
//! app, is none of its figures. To [`examine`] it is to run it, at its own size and seed unless others are asked for, to
//! compare it with the scenarios that it names, and to hold the results against the lists. Published
//! figures are about large numbers: with fewer users than the scenario asks for they are left out.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::engine::compare::{CompareOptions, compare};
use crate::engine::{Outcome, Progress, RunOptions, run};
use crate::evaluate::expect::{Verdict, check, check_against};
use crate::scenario::{Scenario, ScenarioError};

use super::comparison;
use super::document::{Context, document};

/// Why a scenario cannot be examined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// It cannot be run.
    #[error(transparent)]
    Run(#[from] crate::engine::RunError),
    /// It cannot be compared.
    #[error(transparent)]
    Compare(Box<crate::engine::compare::CompareError>),
    /// The scenario that it is held against is not there, or not valid.
    #[error("expect[].against: {0}")]
    Against(#[from] ScenarioError),
}

/// A published figure, held against the simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Name.
    pub name: String,
    /// As published.
    pub published: f64,
    /// As simulated.
    pub simulated: f64,
    /// Whether it is within its tolerance.
    pub ok: bool,
}

/// What came of a scenario's expectations.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined {
    /// Scenario.
    pub name: String,
    /// Users simulated.
    pub users: u64,
    /// Seed.
    pub seed: u64,
    /// Expectations.
    pub verdicts: Vec<Verdict>,
    /// Published figures; empty where they were left out.
    pub figures: Vec<Figure>,
    /// Whether published figures were left out, for want of users.
    pub too_few: bool,
}

impl Examined {
    /// Expectations and figures that are not met.
    #[must_use]
    pub fn missed(&self) -> usize {
        let verdicts = self.verdicts.iter().filter(|v| !v.ok).count();
        verdicts + self.figures.iter().filter(|f| !f.ok).count()
    }
}

/// Runs a scenario and holds it against what it expects; `load` finds the scenarios that it names.
///
/// # Errors
/// When it, or a scenario that it is held against, cannot be loaded, run or compared.
pub fn examine(
    scenario: &Scenario,
    options: &RunOptions,
    load: &dyn Fn(&str) -> Result<Scenario, ScenarioError>,
    progress: &dyn Progress,
) -> Result<Examined, CheckError> {
    let wire = scenario.wire();
    let users = options.users.unwrap_or(wire.run.users);
    let seed = options.seed.unwrap_or(wire.run.seed);
    let outcome = run(scenario, options, progress)?;
    let mut verdicts = check(
        &wire.expect,
        &document(scenario, &outcome, &Context::default()),
    );
    let others = wire.expect.iter().filter_map(|e| e.against.as_deref());
    for other in others.collect::<BTreeSet<_>>() {
        let pair = [load(other)?, scenario.clone()];
        let options = CompareOptions {
            users: Some(users),
            seed: Some(seed),
            threads: options.threads,
            track: options.track,
        };
        progress.next("comparison", users);
        let found = compare(&pair, &options, progress);
        let found = found.map_err(|e| CheckError::Compare(Box::new(e)))?;
        let told = comparison::document(&pair, &found, &Context::default());
        let told = &told["comparisons"][0];
        verdicts.extend(check_against(&wire.expect, other, told));
    }
    let too_few = users < wire.run.users;
    Ok(Examined {
        name: wire.name.clone(),
        users,
        seed,
        verdicts,
        figures: if too_few {
            Vec::new()
        } else {
            figures(&outcome)
        },
        too_few,
    })
}

fn figures(outcome: &Outcome) -> Vec<Figure> {
    let facts = outcome.facts.iter();
    let figure = |f: &crate::evaluate::Fact| {
        Some(Figure {
            name: super::document::fact_name(f),
            published: f.published,
            simulated: f.simulated?,
            ok: f.ok(),
        })
    };
    facts.filter_map(figure).collect()
}

/// The `--json` document of a check.
#[must_use]
pub fn checks_document(all: &[Examined]) -> Value {
    let rows = all.iter().map(|e| {
        let figures = e.figures.iter().map(|f| {
            json!({
                "name": f.name, "published": f.published, "simulated": f.simulated, "ok": f.ok,
            })
        });
        json!({
            "scenario": e.name, "users": e.users, "seed": e.seed, "missed": e.missed(),
            "expect": e.verdicts.iter().map(super::document::verdict).collect::<Vec<_>>(),
            "facts": figures.collect::<Vec<_>>(),
            "facts_left_out": e.too_few,
        })
    });
    json!({
        "redcat": super::document::build(),
        "missed": all.iter().map(Examined::missed).sum::<usize>(),
        "scenarios": rows.collect::<Vec<_>>(),
    })
}

/// A line a scenario, then each miss, as text.
#[cfg(feature = "cli")]
#[must_use]
pub fn checks_table(all: &[Examined]) -> String {
    use super::figures::{count, significant};
    use std::fmt::Write as _;

    let met = |ok: &mut dyn Iterator<Item = bool>| {
        let all: Vec<bool> = ok.collect();
        format!("{} of {}", all.iter().filter(|ok| **ok).count(), all.len())
    };
    let rows = all.iter().map(|e| {
        let figures = met(&mut e.figures.iter().map(|f| f.ok));
        vec![
            e.name.clone(),
            count(e.users),
            e.seed.to_string(),
            met(&mut e.verdicts.iter().map(|v| v.ok)),
            if e.too_few { "–".to_owned() } else { figures },
            if e.missed() == 0 { "yes" } else { "NO" }.to_owned(),
        ]
    });
    let header = [
        "scenario",
        "users",
        "seed",
        "expected",
        "published",
        "holds",
    ];
    let mut out = super::layout::table(&header, 1, rows.collect());
    out.push('\n');
    for e in all {
        for v in e.verdicts.iter().filter(|v| !v.ok) {
            let found = v
                .found
                .map_or_else(|| "not there".to_owned(), |x| significant(x, 4));
            let Verdict {
                path,
                bounds,
                because,
                ..
            } = v;
            let _ = writeln!(
                out,
                "\n NO {}: {path}: {found}, not {bounds}; {because}",
                e.name
            );
        }
        for f in e.figures.iter().filter(|f| !f.ok) {
            let found = significant(f.simulated, 4);
            let published = significant(f.published, 4);
            let _ = writeln!(
                out,
                "\n NO {}: {}: {found}, published {published}",
                e.name, f.name
            );
        }
    }
    if all.iter().any(|e| e.too_few) {
        let _ = writeln!(
            out,
            "\n Published figures are held against runs of the scenario's own size only (–)."
        );
    }
    out
}
