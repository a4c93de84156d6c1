//! `redcat compare`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use redcat::engine::compare::{CompareOptions, compare};
use redcat::report::comparison;
use redcat::scenario::Scenario;

use super::output::print;
use super::progress::Report;
use super::request::{Request, context};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenarios (files or names of shipped ones); the others are held against the first
    #[arg(required = true, num_args = 2.., value_name = "SCENARIO")]
    scenarios: Vec<PathBuf>,
    #[command(flatten)]
    request: Request,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let request = &arguments.request;
    let scenarios: Vec<Scenario> = arguments
        .scenarios
        .iter()
        .map(|path| request.changes.load(path))
        .collect::<Result<_, _>>()?;
    let folder = request.results.folder()?;
    let seed = request.changes.seed(&scenarios[0]);
    let options = CompareOptions {
        users: request.users,
        seed: Some(seed),
        threads: request.results.threads.map(usize::from),
        track: request.tracking.track(),
    };
    let users = request.users.unwrap_or(scenarios[0].wire().run.users);
    let progress = Report::new(users, request.results.quiet);
    let start = Instant::now();
    let outcome = compare(&scenarios, &options, &progress);
    progress.finish();
    let outcome = outcome?;
    let context = context(seed, start);
    let document = comparison::document(&scenarios, &outcome, &context);
    if let Some(folder) = folder {
        let tables = comparison::tables(&scenarios, &outcome);
        request
            .results
            .write(folder, &scenarios, &document, &tables)?;
    }
    if request.results.json {
        print(&serde_json::to_string_pretty(&document)?)?;
    } else {
        let digest = document["digest"].as_str().unwrap_or_default();
        print(&comparison::summary(&scenarios, &outcome, &context, digest))?;
    }
    Ok(ExitCode::SUCCESS)
}
