//! `redcat run`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use redcat::engine::part::Slice;
use redcat::engine::{Gathered, Job, RunOptions};
use redcat::evaluate::expect::check;
use redcat::io::RunFolder;
use redcat::report::figures::of_them;
use redcat::report::{Context, document, tables, terminal};
use redcat::scenario::Scenario;
use serde_json::json;

use super::interrupt;
use super::keep::{Done, Keep};
use super::output::print;
use super::progress::Report;
use super::request::{Request, Results, context};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario file, or the name of a shipped scenario
    scenario: PathBuf,
    #[command(flatten)]
    request: Request,
    #[command(flatten)]
    keep: Keep,
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
    let (request, keep) = (&arguments.request, &arguments.keep);
    let results = &request.results;
    let scenario = request.changes.load(&arguments.scenario)?;
    let options = RunOptions {
        users: request.users,
        seed: Some(request.changes.seed(&scenario)),
        threads: results.threads.map(usize::from),
        models: arguments.models.clone(),
        regimes: arguments.regimes.clone(),
        track: request.tracking.track(),
    };
    let folder = if keep.is_part() {
        None
    } else {
        results.folder()?
    };
    let job = Job::new(&scenario, &options, keep.slice())?;
    let kept = results.out.as_ref().map(|out| keep.at(out, results.force));
    let kept = kept.transpose()?;
    let progress = Report::new(job.users(), results.quiet);
    let start = Instant::now();
    let done = match &kept {
        Some(kept) => kept.gather(&job, &progress),
        None => {
            let gathered = job.gather(job.start(), None, &progress)?;
            Ok(Done::Whole(Box::new(gathered), 0))
        }
    };
    let (gathered, before) = match done? {
        Done::Whole(gathered, before) => (gathered, before),
        Done::Part(file) => {
            progress.finish();
            tell_of_part(&job, keep.slice(), &file, results.json)?;
            return Ok(ExitCode::SUCCESS);
        }
        Done::Stopped => return Ok(ExitCode::from(interrupt::code())),
    };
    let told = conclude(
        &job,
        *gathered,
        folder,
        (results, &progress),
        (start, before),
    )?;
    if let Some(kept) = kept {
        kept.forget()?;
    }
    Ok(told.code(arguments.fail_if_unexpected))
}

/// Whether everything was as the scenario expects.
pub struct Told {
    missed: bool,
}

impl Told {
    pub fn code(&self, fail_if_unexpected: bool) -> ExitCode {
        ExitCode::from(u8::from(self.missed && fail_if_unexpected))
    }
}

/// Draws the conclusions of a whole run, of which so many users had been simulated before the start, writes
/// and prints them.
pub fn conclude(
    job: &Job<'_>,
    gathered: Gathered,
    folder: Option<RunFolder>,
    (results, progress): (&Results, &Report),
    (start, before): (Instant, u64),
) -> anyhow::Result<Told> {
    let scenario: &Scenario = job.scenario();
    let outcome = job.conclude(gathered, progress);
    progress.finish();
    let outcome = outcome?;
    let context = Context {
        before,
        ..context(job.seed(), start)
    };
    let summary = document(scenario, &outcome, &context);
    let verdicts = check(&scenario.wire().expect, &summary);
    if let Some(folder) = folder {
        let tables = tables::tables(scenario, &outcome);
        results.write(folder, std::slice::from_ref(scenario), &summary, &tables)?;
    }
    if results.json {
        print(&serde_json::to_string_pretty(&summary)?)?;
    } else {
        let digest = summary["digest"].as_str().unwrap_or_default();
        print(&terminal::summary(
            scenario, &outcome, &context, digest, &verdicts,
        ))?;
    }
    Ok(Told {
        missed: verdicts.iter().any(|v| !v.ok),
    })
}

fn tell_of_part(job: &Job<'_>, slice: Slice, file: &Path, json: bool) -> anyhow::Result<()> {
    let scenario = job.scenario();
    if json {
        return print(&serde_json::to_string_pretty(&json!({
            "redcat": env!("CARGO_PKG_VERSION"),
            "scenario": scenario.wire().name,
            "seed": job.seed(),
            "part": slice.part(),
            "parts": slice.parts(),
            "users": job.users(),
            "file": file.display().to_string(),
        }))?);
    }
    print(&format!(
        "part {slice} of {}: {}, in {}\nOnce all parts are there: redcat merge {}",
        scenario.wire().name,
        of_them(job.users(), "user"),
        file.display(),
        file.parent().unwrap_or(file).display(),
    ))
}
