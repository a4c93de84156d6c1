//! `redcat generate`.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;
use clap::{Args, ValueEnum};
use redcat::engine::generate::{GenerateError, GenerateOptions, generate};
use redcat::io::{FolderError, Table, TableError};
use redcat::report::generated;
use redcat::world::{EVENT_KINDS, EventKind};

use super::output::print;
use super::progress::Report;
use super::request::{Request, context};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario file, or the name of a shipped scenario
    scenario: std::path::PathBuf,
    #[command(flatten)]
    request: Request,
    /// Format of the parts
    #[arg(long, value_enum, default_value = "parquet")]
    format: Format,
    /// Kinds of events to write, separated by commas [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = kind)]
    events: Option<Vec<EventKind>>,
    /// Also write what only the world knows: the need behind a visit and the channel that triggered it
    #[arg(long)]
    truth: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Parquet,
    Csv,
    Jsonl,
    Arrow,
}

fn kind(name: &str) -> Result<EventKind, String> {
    let known = EVENT_KINDS.iter().find(|(_, known)| *known == name);
    known.map(|(kind, _)| *kind).ok_or_else(|| {
        let names: Vec<&str> = EVENT_KINDS.iter().map(|(_, name)| *name).collect();
        format!("write one or more of: {}", names.join(", "))
    })
}

/// Why a part could not be kept.
#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Table(#[from] TableError),
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let request = &arguments.request;
    let scenario = request.changes.load(&arguments.scenario)?;
    let Some(folder) = request.folder()? else {
        bail!("generate: a log needs a place; write --out DIR");
    };
    let seed = request.changes.seed(&scenario);
    let options = GenerateOptions {
        users: request.users,
        seed: Some(seed),
        threads: request.threads.map(usize::from),
        kinds: arguments.events.clone(),
        truth: arguments.truth,
    };
    let users = request.users.unwrap_or(scenario.wire().run.users);
    let progress = Report::new(users, request.quiet);
    let start = Instant::now();
    let keep = |part: u64, table: Table| -> Result<(), KeepError> {
        let (bytes, end) = match arguments.format {
            Format::Parquet => (table.parquet(true)?, "parquet"),
            Format::Csv => (table.csv()?.into_bytes(), "csv"),
            Format::Jsonl => (table.jsonl()?.into_bytes(), "jsonl"),
            Format::Arrow => (table.arrow(true)?, "arrow"),
        };
        Ok(folder.write(&format!("events/part-{part:06}.{end}"), &bytes)?)
    };
    let done = generate(&scenario, &options, &keep, &progress);
    progress.finish();
    let done = match done {
        Ok(done) => done,
        Err(GenerateError::Keep(KeepError::Folder(error))) => return Err(error.into()),
        Err(GenerateError::Keep(KeepError::Table(error))) => return Err(error.into()),
        Err(GenerateError::Run(error)) => return Err(error.into()),
        Err(error) => return Err(error.into()),
    };
    let document = generated::document(&scenario, &done, &context(seed, start));
    request.write(folder, std::slice::from_ref(&scenario), &document, &[])?;
    if request.json {
        print(&serde_json::to_string_pretty(&document)?)?;
    } else {
        print(&generated::summary(&scenario, &done, &context(seed, start)))?;
    }
    Ok(ExitCode::SUCCESS)
}
