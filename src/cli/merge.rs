//! `redcat merge`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use redcat::engine::Job;
use redcat::engine::part::{PartError, Slice, Together};

use super::progress::Report;
use super::request::Results;
use super::run::conclude;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Parts that `redcat run --part` has written, in any order; of a folder all that it has
    #[arg(required = true, value_name = "PART")]
    parts: Vec<PathBuf>,
    #[command(flatten)]
    results: Results,
    /// Exit with 1 if the run does not show what the scenario expects
    #[arg(long)]
    fail_if_unexpected: bool,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let results = &arguments.results;
    let start = Instant::now();
    let mut paths = Vec::new();
    for path in &arguments.parts {
        if path.is_dir() {
            paths.extend(parts_in(path)?);
        } else {
            paths.push(path.clone());
        }
    }
    let together = Together::look(&paths)?;
    let scenario = together.scenario()?;
    let options = together.options(results.threads.map(usize::from));
    let folder = results.folder()?;
    let job = Job::new(&scenario, &options, Slice::WHOLE)?;
    let gathered = together.gathered(&job)?;
    // All has been simulated; what may take time is comparing budgets.
    let progress = Report::new(job.users(), results.quiet);
    let told = conclude(
        &job,
        gathered,
        folder,
        (results, &progress),
        (start, job.users()),
    )?;
    Ok(told.code(arguments.fail_if_unexpected))
}

/// The parts in a folder, in the order of their names.
fn parts_in(folder: &Path) -> Result<Vec<PathBuf>, PartError> {
    let failed = |source| PartError::Io {
        path: folder.to_path_buf(),
        source,
    };
    let mut parts = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|end| end == "redcat") {
            parts.push(path);
        }
    }
    parts.sort();
    if parts.is_empty() {
        let path = folder.to_path_buf();
        return Err(PartError::Empty { path });
    }
    Ok(parts)
}
