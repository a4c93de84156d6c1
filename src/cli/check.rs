//! `redcat check`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use redcat::engine::RunOptions;
use redcat::report::checks::{checks_document, checks_table, examine};
use redcat::scenario::load::Library;
use redcat::scenario::{Catalogue, Scenario};

use super::output::{print, tell};
use super::progress::Report;
use super::request::{Changes, number};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenarios (files or names of shipped ones) [default: all shipped ones]
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<PathBuf>,
    /// Users to simulate, such as 200000 or 1e6 [default: each scenario's]
    #[arg(long, value_name = "N", value_parser = number)]
    users: Option<u64>,
    #[command(flatten)]
    changes: Changes,
    /// Threads; the result does not depend on it [default: one a core]
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print one JSON document instead of the table
    #[arg(long)]
    json: bool,
    /// Say nothing about progress
    #[arg(long, short)]
    quiet: bool,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut wanted = arguments.scenarios.clone();
    if wanted.is_empty() {
        wanted.extend(Catalogue.names().into_iter().map(PathBuf::from));
    }
    // All are read before the first is run: better refused early.
    let scenarios = wanted.iter().map(|path| arguments.changes.load(path));
    let scenarios: Vec<Scenario> = scenarios.collect::<Result<_, _>>()?;
    let load = |name: &str| arguments.changes.load(name.as_ref());
    let mut all = Vec::new();
    for scenario in &scenarios {
        let wire = scenario.wire();
        let users = arguments.users.unwrap_or(wire.run.users);
        if !arguments.quiet {
            tell(&format!("{}:", wire.name));
        }
        let progress = Report::new(users, arguments.quiet);
        let options = RunOptions {
            users: Some(users),
            seed: Some(arguments.changes.seed(scenario)),
            threads: arguments.threads.map(usize::from),
            ..RunOptions::default()
        };
        let examined = examine(scenario, &options, &load, &progress);
        progress.finish();
        all.push(examined?);
    }
    if arguments.json {
        print(&serde_json::to_string_pretty(&checks_document(&all))?)?;
    } else {
        print(&checks_table(&all))?;
    }
    let missed = all.iter().any(|e| e.missed() > 0);
    Ok(ExitCode::from(u8::from(missed)))
}
