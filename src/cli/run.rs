//! `redcat run`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use redcat::engine::{self, RunOptions};
use redcat::evaluate::expect::check;
use redcat::report::{document, tables, terminal};

use super::output::print;
use super::progress::Report;
use super::request::{Request, context};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario file, or the name of a shipped scenario
    scenario: PathBuf,
    #[command(flatten)]
    request: Request,
    /// Models to run, separated by commas [default: the scenario's]
    #[arg(long, value_name = "LIST")]
    models: Option<String>,
    /// Regimes of data sharing, separated by commas [default: the scenario's]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    regimes: Option<Vec<String>>,
    /// Exit with 1 if the run does not show what the scenario expects
    #[arg(long)]
    fail_if_unexpected: bool,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let request = &arguments.request;
    let scenario = request.changes.load(&arguments.scenario)?;
    let folder = request.folder()?;
    let wire = scenario.wire();
    let seed = request.changes.seed(&scenario);
    let options = RunOptions {
        users: request.users,
        seed: Some(seed),
        threads: request.threads.map(usize::from),
        models: arguments.models.clone(),
        regimes: arguments.regimes.clone(),
        track: request.track(),
    };
    let progress = Report::new(request.users.unwrap_or(wire.run.users), request.quiet);
    let start = Instant::now();
    let outcome = engine::run(&scenario, &options, &progress);
    progress.finish();
    let outcome = outcome?;
    let context = context(seed, start);
    let summary = document(&scenario, &outcome, &context);
    let verdicts = check(&wire.expect, &summary);
    if let Some(folder) = folder {
        let tables = tables::tables(&scenario, &outcome);
        request.write(folder, std::slice::from_ref(&scenario), &summary, &tables)?;
    }
    if request.json {
        print(&serde_json::to_string_pretty(&summary)?)?;
    } else {
        let digest = summary["digest"].as_str().unwrap_or_default();
        print(&terminal::summary(
            &scenario, &outcome, &context, digest, &verdicts,
        ))?;
    }
    let missed = verdicts.iter().any(|v| !v.ok);
    Ok(ExitCode::from(u8::from(
        missed && arguments.fail_if_unexpected,
    )))
}
