//! `redcat generate`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;
use clap::{Args, ValueEnum};
use redcat::engine::generate::{GenerateError, GenerateOptions, Room, generate, generate_by_time};
use redcat::io::{FolderError, Table, TableError, TableFile};
use redcat::report::generated;
use redcat::world::{EVENT_KINDS, EventKind, Track};

use super::output::{print, tell};
use super::progress::Report;
use super::request::{Request, context, memory};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario file, or the name of a shipped scenario
    scenario: PathBuf,
    #[command(flatten)]
    request: Request,
    /// Format of the parts
    #[arg(long, value_enum, default_value = "parquet")]
    format: Format,
    /// What the log is sorted by: by user and then by time, or all of it by time and then by user
    #[arg(long, value_enum, default_value = "user")]
    order: Order,
    /// For --order time, most memory, such as 500MiB, 2GiB or 8G; rows that do not fit go to a temporary
    /// file
    #[arg(long, value_name = "BYTES", default_value = "1GiB", value_parser = memory)]
    memory: u64,
    /// Folder of the temporary file [default: the system's]
    #[arg(long, value_name = "DIR")]
    temp: Option<PathBuf>,
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

impl Format {
    /// How names of its files end.
    fn end(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Arrow => "arrow",
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Order {
    User,
    Time,
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
    #[error("{path}: {source}", path = path.display())]
    Part { path: PathBuf, source: TableError },
}

impl Arguments {
    fn room(&self) -> Room {
        let mut room = Room {
            memory_bytes: self.memory,
            ..Room::default()
        };
        if let Some(temp) = &self.temp {
            room.temp.clone_from(temp);
        }
        room
    }
}

/// Writes a part of several tables.
fn write(path: &Path, tables: &mut dyn Iterator<Item = Table>) -> Result<(), TableError> {
    let mut file = TableFile::create(path)?;
    for table in tables {
        file.append(&table)?;
    }
    file.finish()
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let request = &arguments.request;
    let scenario = request.changes.load(&arguments.scenario)?;
    let Some(folder) = request.results.folder()? else {
        bail!("generate: a log needs a place; write --out DIR");
    };
    let impressions = |kinds: &[EventKind]| kinds.contains(&EventKind::Impression);
    if request.tracking.track() == Track::Reads
        && arguments.events.as_deref().is_some_and(impressions)
    {
        bail!("generate: --track reads has no impressions; write no `impression` in --events");
    }
    let seed = request.changes.seed(&scenario);
    let options = GenerateOptions {
        users: request.users,
        seed: Some(seed),
        threads: request.results.threads.map(usize::from),
        track: request.tracking.track(),
        kinds: arguments.events.clone(),
        truth: arguments.truth,
    };
    let users = request.users.unwrap_or(scenario.wire().run.users);
    let progress = Report::new(users, request.results.quiet);
    let start = Instant::now();
    let end = arguments.format.end();
    let name = |part: u64| format!("events/part-{part:06}.{end}");
    let done = match arguments.order {
        Order::User => {
            let keep = |part: u64, table: Table| -> Result<(), KeepError> {
                let bytes = match arguments.format {
                    Format::Parquet => table.parquet(true)?,
                    Format::Csv => table.csv()?.into_bytes(),
                    Format::Jsonl => table.jsonl()?.into_bytes(),
                    Format::Arrow => table.arrow(true)?,
                };
                Ok(folder.write(&name(part), &bytes)?)
            };
            generate(&scenario, &options, &keep, &progress)
        }
        Order::Time => {
            let keep = |part: u64, tables: &mut dyn Iterator<Item = Table>| {
                let path = folder.place(&name(part))?;
                write(&path, tables).map_err(|source| KeepError::Part { path, source })
            };
            generate_by_time(&scenario, &options, &arguments.room(), &keep, &progress)
        }
    };
    progress.finish();
    let done = match done {
        Ok(done) => done,
        Err(GenerateError::Keep(KeepError::Folder(error))) => return Err(error.into()),
        Err(GenerateError::Keep(KeepError::Table(error))) => return Err(error.into()),
        Err(error) => return Err(error.into()),
    };
    if done.spilled > 0 && !request.results.quiet {
        let mib = done.spilled.div_ceil(1 << 20);
        tell(&format!(
            "{mib} MiB of rows did not fit into memory and waited in a temporary file"
        ));
    }
    let document = generated::document(&scenario, &done, &context(seed, start));
    request
        .results
        .write(folder, std::slice::from_ref(&scenario), &document, &[])?;
    if request.results.json {
        print(&serde_json::to_string_pretty(&document)?)?;
    } else {
        print(&generated::summary(&scenario, &done, &context(seed, start)))?;
    }
    Ok(ExitCode::SUCCESS)
}
