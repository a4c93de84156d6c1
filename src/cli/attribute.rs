//! `redcat attribute`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, ValueEnum};
use redcat::attribute::Lineup;
use redcat::engine::attribute::attribute;
use redcat::engine::exec::{Command, ExecOptions};
use redcat::engine::journeys::by_journey;
use redcat::io::TableFile;
use redcat::io::log::{Log, LogError, LogOptions, LogShape, OnBadRow, offset};
use redcat::io::machine::peak_memory;
use redcat::report::attribution::{document, journey_table, table, text};

use super::exec;
use super::output::{print, tell};
use super::request::memory;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shape {
    /// One row a touch or conversion: user, time, event, channel, value
    Events,
    /// One row a journey: path, hours, conversion, value
    Journeys,
    /// One row a path: path, conversions, value, nulls
    Paths,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Preset {
    /// Impressions of Criteo's attribution data set: uid, timestamp, campaign, click, conversion, …
    Criteo,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum BadRow {
    Stop,
    Skip,
}

#[derive(Debug, Args)]
pub struct Arguments {
    /// Files or quoted patterns such as 'logs/*.csv.gz': CSV, JSON Lines (.gz, .zst), Parquet or Arrow
    #[arg(required_unless_present = "touches", value_name = "LOG")]
    logs: Vec<String>,
    /// In place of LOG: files of touches, from one system
    #[arg(long, value_name = "FILES", num_args = 1.., requires = "conversions", conflicts_with_all = ["logs", "shape", "preset"])]
    touches: Vec<String>,
    /// And files of conversions, from another, joined by user
    #[arg(long, value_name = "FILES", num_args = 1.., requires = "touches")]
    conversions: Vec<String>,
    /// Columns of a well-known data set
    #[arg(long, value_enum, conflicts_with = "shape")]
    preset: Option<Preset>,
    /// How the log is written down [default: what its columns fit]
    #[arg(long, value_enum)]
    shape: Option<Shape>,
    /// Delimiter of text: a character, or tab [default: what the file shows]
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// Columns by field, such as user=uid,time=ts; of two logs also touches.user=uid
    #[arg(long, value_name = "FIELD=COLUMN", value_delimiter = ',', value_parser = pair)]
    map: Vec<(String, String)>,
    /// Keep the merchants (or campaigns) of this column apart
    #[arg(long, value_name = "COLUMN")]
    merchant: Option<String>,
    /// Events that are conversions
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "conversion"
    )]
    conversion_event: Vec<String>,
    /// Events that are touches, beside touch, click, impression, view, read and engage
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    touch_event: Vec<String>,
    /// Touches older than this do not count, such as 30d, 12h or 45m
    #[arg(long, value_name = "SPAN", value_parser = span)]
    window: Option<i64>,
    /// The same for touches that are no clicks [default: as --window]
    #[arg(long, value_name = "SPAN", value_parser = span)]
    view_window: Option<i64>,
    /// Zone of times that name none, such as +08:00
    #[arg(long, value_name = "OFFSET", default_value = "Z", allow_hyphen_values = true, value_parser = zone)]
    zone: i64,
    /// Models to run, separated by commas (docs/models.md) [default: first, last, last-click, linear,
    /// position, time-decay, markov:1, shapley]
    #[arg(long, value_name = "LIST")]
    models: Option<String>,
    /// A command that is a model: it reads journeys as an Arrow stream and answers with credit; may be
    /// repeated (also exec:CMD in --models, for commands without commas)
    #[arg(long, value_name = "[NAME=]CMD")]
    exec: Vec<String>,
    /// How many of each command run at a time, each with a part of the journeys
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1024))]
    exec_workers: u16,
    /// Stop a command that reads and writes nothing for so long
    #[arg(long, value_name = "SPAN", default_value = "60s", value_parser = span)]
    exec_timeout: i64,
    /// What to do with rows that cannot be used
    #[arg(long, value_enum, default_value = "stop")]
    on_bad_row: BadRow,
    /// Write rows that are left out, with the reason, to this CSV file
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Most memory for the log, such as 500MiB, 2GiB or 8G; events that do not fit go to a temporary file
    #[arg(long, value_name = "BYTES", default_value = "2GiB", value_parser = memory)]
    memory: u64,
    /// Folder of the temporary file [default: the system's]
    #[arg(long, value_name = "DIR")]
    temp: Option<PathBuf>,
    /// Threads; the result does not depend on it [default: one a core]
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Write the credit to this file: .csv, .parquet, .arrow or .json
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write what each channel gets of each conversion to this file: .csv, .jsonl, .parquet or .arrow
    #[arg(long, value_name = "FILE")]
    by_journey: Option<PathBuf>,
    /// Replace the files to be written if they are there
    #[arg(long)]
    force: bool,
    /// Print one JSON document instead of the tables
    #[arg(long)]
    json: bool,
    /// Do not say how the log is read
    #[arg(long, short)]
    quiet: bool,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    let (mut lineup, commands) = arguments.models()?;
    let (logs, conversions) = arguments.files()?;
    arguments.may_write()?;
    let options = arguments.options()?;
    let log = if conversions.is_empty() {
        Log::read(&logs, &options)?
    } else {
        Log::read_two(&logs, &conversions, &options)?
    };
    lineup.bind(&log.channels).context("--models")?;
    if !arguments.quiet {
        let shape = log.shape.name();
        let how = if arguments.shape.is_some() {
            "as asked"
        } else {
            "by their columns"
        };
        let count = logs.len() + conversions.len();
        let files = if count == 1 { "file" } else { "files" };
        tell(&format!("read {count} {files} as {shape}, {how}"));
        if log.spilled > 0 {
            let mib = log.spilled.div_ceil(1 << 20);
            tell(&format!(
                "{mib} MiB of events did not fit into memory and went to a temporary file"
            ));
        }
        if let (0, Some(path)) = (log.rejected, &arguments.rejects) {
            tell(&format!(
                "no row was left out; {} is not written",
                path.display()
            ));
        }
    }
    let threads = arguments.threads.map(usize::from);
    let own = exec::run(&log, &commands, &arguments.exec_options(), arguments.quiet)?;
    let (mut found, state) = attribute(&log, &lineup, threads)?;
    if let Some(path) = &arguments.by_journey {
        let write = || -> anyhow::Result<Vec<String>> {
            let mut file = TableFile::create(path)?;
            file.append(&journey_table(&found, &[]))?;
            let others = by_journey(&log, &lineup, &state, threads, |rows| {
                file.append(&journey_table(&found, &rows))?;
                anyhow::Ok(())
            })?;
            file.finish()?;
            Ok(others)
        };
        let others = write().with_context(|| format!("--by-journey {}", path.display()))?;
        if !others.is_empty() {
            tell(&format!(
                "not in {}, since they divide no single journeys: {}",
                path.display(),
                others.join(", ")
            ));
        }
    }
    exec::place(&mut found, arguments.models.as_deref(), own);
    let (elapsed, memory) = (start.elapsed().as_secs_f64(), peak_memory());
    let summary = document(&found, elapsed, memory);
    let pretty = serde_json::to_string_pretty(&summary)? + "\n";
    if let Some(path) = &arguments.out {
        let bytes = match extension(path) {
            "json" => pretty.clone().into_bytes(),
            "parquet" => table(&found).parquet(true)?,
            "arrow" => table(&found).arrow(true)?,
            _ => table(&found).csv()?.into_bytes(),
        };
        write(path, &bytes).with_context(|| path.display().to_string())?;
    }
    if arguments.json {
        print(&pretty)?;
    } else {
        print(&text(&found, elapsed, memory))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    /// The models that are built in, and those that are commands.
    fn models(&self) -> anyhow::Result<(Lineup, Vec<Command>)> {
        let (lineup, mut commands) = match &self.models {
            Some(list) => {
                let (list, commands) = exec::split(list).context("--models")?;
                let parsed = list.map_or_else(|| Ok(Lineup::empty()), |list| Lineup::parse(&list));
                (parsed.context("--models")?, commands)
            }
            None => (Lineup::default(), Vec::new()),
        };
        for text in &self.exec {
            commands.push(exec::named(text).context("--exec")?);
        }
        exec::distinct(&commands, lineup.names())?;
        Ok((lineup, commands))
    }

    fn exec_options(&self) -> ExecOptions {
        ExecOptions {
            workers: self.exec_workers.into(),
            timeout: Duration::from_secs(self.exec_timeout.unsigned_abs()),
            ..ExecOptions::default()
        }
    }

    fn options(&self) -> anyhow::Result<LogOptions> {
        let on_bad_row = match (self.on_bad_row, &self.rejects) {
            (BadRow::Skip, rejects) => OnBadRow::Skip(rejects.clone()),
            (BadRow::Stop, None) => OnBadRow::Stop,
            (BadRow::Stop, Some(_)) => {
                bail!("--rejects: nothing is left out; add --on-bad-row skip")
            }
        };
        let map: BTreeMap<String, String> = self.map.iter().cloned().collect();
        Ok(LogOptions {
            shape: self.shape.map(|shape| match shape {
                Shape::Events => LogShape::Events,
                Shape::Journeys => LogShape::Journeys,
                Shape::Paths => LogShape::Paths,
            }),
            delimiter: self.delimiter,
            map,
            merchant: self.merchant.clone(),
            conversion_events: self.conversion_event.clone(),
            touch_events: self.touch_event.clone(),
            window_seconds: self.window,
            view_window_seconds: self.view_window,
            criteo: self.preset.is_some(),
            name_journeys: self.by_journey.is_some(),
            zone_seconds: self.zone,
            on_bad_row,
            memory_bytes: self.memory,
            spill_folder: self.temp.clone(),
            threads: self.threads.map(usize::from),
        })
    }

    /// Logs, or touches and conversions.
    fn files(&self) -> anyhow::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
        let logs = if self.touches.is_empty() {
            &self.logs
        } else {
            &self.touches
        };
        Ok((files(logs)?, files(&self.conversions)?))
    }

    /// Refuses before the work what could not be written after it.
    fn may_write(&self) -> anyhow::Result<()> {
        if let Some(path) = &self.out
            && !["csv", "parquet", "arrow", "json"].contains(&extension(path))
        {
            bail!(
                "--out {}: write a name that ends in .csv, .parquet, .arrow or .json",
                path.display()
            );
        }
        if let Some(path) = &self.by_journey
            && !TableFile::KINDS.contains(&extension(path))
        {
            bail!(
                "--by-journey {}: write a name that ends in .csv, .jsonl, .parquet or .arrow",
                path.display()
            );
        }
        for (option, path) in [
            ("--out", &self.out),
            ("--rejects", &self.rejects),
            ("--by-journey", &self.by_journey),
        ] {
            if let Some(path) = path
                && path.exists()
                && !self.force
            {
                let path = path.display();
                bail!(
                    "{option} {path}: is there already; choose another, or add --force to replace it"
                );
            }
        }
        Ok(())
    }
}

/// The files named, and those that patterns match, in order and each once.
fn files(logs: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for log in logs {
        let pattern = log.contains(['*', '?', '[']) && !Path::new(log).exists();
        if !pattern {
            files.push(PathBuf::from(log));
            continue;
        }
        let before = files.len();
        for path in glob::glob(log).map_err(|e| anyhow!("{log}: {e}"))? {
            let path = path.map_err(|e| LogError::Io {
                path: e.path().to_path_buf(),
                source: e.into(),
            })?;
            if path.is_file() {
                files.push(path);
            }
        }
        if files.len() == before {
            bail!("{log}: no file matches this pattern");
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    if let Some(twice) = files.iter().find(|f| !seen.insert((*f).clone())) {
        bail!(
            "{}: is named twice, and its rows would count twice",
            twice.display()
        );
    }
    Ok(files)
}

/// Writes beside the name and renames, so that no half a file stands under it.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = path.as_os_str().to_os_string();
    name.push(".inprogress");
    std::fs::write(&name, bytes)?;
    std::fs::rename(&name, path)
}

fn extension(path: &Path) -> &str {
    path.extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default()
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [b'\\', b't'] | b"tab" => Ok(b'\t'),
        [one] if one.is_ascii() && !matches!(one, b'"' | b'\n' | b'\r') => Ok(*one),
        _ => Err("write one character, or tab".to_owned()),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, column) = text
        .split_once('=')
        .ok_or("write FIELD=COLUMN, such as user=uid")?;
    Ok((field.trim().to_owned(), column.trim().to_owned()))
}

fn span(text: &str) -> Result<i64, String> {
    let wrong = || "write a span above zero, such as 30d, 12h, 45m or 90s".to_owned();
    let unit = match text.chars().last() {
        Some('d') => 86_400.0,
        Some('h') => 3_600.0,
        Some('m') => 60.0,
        Some('s') => 1.0,
        _ => return Err(wrong()),
    };
    let number: f64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let seconds = (number * unit).round();
    (1.0..1e10)
        .contains(&seconds)
        .then_some(seconds as i64)
        .ok_or_else(wrong)
}

fn zone(text: &str) -> Result<i64, String> {
    offset(text).ok_or_else(|| "write an offset from UTC, such as +08:00".to_owned())
}
