//! `redcat run`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use clap::Args;
use redcat::engine::{self, RunOptions};
use redcat::evaluate::expect::check;
use redcat::io::RunFolder;
use redcat::io::machine::{Machine, peak_memory};
use redcat::report::{Context, document, tables, terminal};
use redcat::scenario::{Override, Scenario};
use serde_json::{Value, json};

use super::output::{print, tell};
use super::progress::Report;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario file, or the name of a shipped scenario
    scenario: PathBuf,
    /// Users to simulate, such as 200000, 300M or 1e6 [default: the scenario's]
    #[arg(long, value_name = "N", value_parser = number)]
    users: Option<u64>,
    /// Seed of all randomness [default: the scenario's]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Threads; the result does not depend on it [default: one a core]
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Change a key of the scenario, such as policy.blue_links=false; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Models to run, separated by commas [default: the scenario's]
    #[arg(long, value_name = "LIST")]
    models: Option<String>,
    /// Regimes of data sharing, separated by commas [default: the scenario's]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    regimes: Option<Vec<String>>,
    /// Write a run folder: manifest, summary and tables
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace the run folder if it is there
    #[arg(long, requires = "out")]
    force: bool,
    /// Print one JSON document instead of the summary
    #[arg(long)]
    json: bool,
    /// Say nothing about progress
    #[arg(long, short)]
    quiet: bool,
    /// Exit with 1 if the run does not show what the scenario expects
    #[arg(long)]
    fail_if_unexpected: bool,
}

/// A whole number as people write large ones: 300M, 1e6, 1_000_000.
fn number(text: &str) -> Result<u64, String> {
    let plain = text.replace(['_', ','], "");
    let (digits, times) = match plain.to_ascii_lowercase().chars().last() {
        Some('k') => (&plain[..plain.len() - 1], 1e3),
        Some('m') => (&plain[..plain.len() - 1], 1e6),
        Some('b' | 'g') => (&plain[..plain.len() - 1], 1e9),
        _ => (&plain[..], 1.0),
    };
    if times == 1.0
        && let Ok(whole) = digits.parse()
    {
        return Ok(whole);
    }
    let value = digits.parse::<f64>().map(|x| x * times).unwrap_or(f64::NAN);
    if value.fract() == 0.0 && (0.0..9e15).contains(&value) {
        Ok(value as u64)
    } else {
        Err("write a whole number, such as 200000, 300M or 1e6".to_owned())
    }
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let overrides: Vec<Override> = arguments
        .set
        .iter()
        .map(|s| Override::parse(s))
        .collect::<Result<_, _>>()?;
    let scenario = Scenario::load_with(&arguments.scenario, &overrides)?;
    let out = arguments.out.as_ref();
    let folder = out
        .map(|dir| RunFolder::begin(dir, arguments.force))
        .transpose()?;
    let wire = scenario.wire();
    let seed = arguments.seed.unwrap_or(wire.run.seed);
    let options = RunOptions {
        users: arguments.users,
        seed: Some(seed),
        threads: arguments.threads.map(usize::from),
        models: arguments.models.clone(),
        regimes: arguments.regimes.clone(),
    };
    let progress = Report::new(options.users.unwrap_or(wire.run.users), arguments.quiet);
    let start = Instant::now();
    let outcome = engine::run(&scenario, &options, &progress);
    progress.finish();
    let outcome = outcome?;
    let context = Context {
        seed,
        elapsed_s: start.elapsed().as_secs_f64(),
        peak_rss_bytes: peak_memory(),
    };
    let summary = document(&scenario, &outcome, &context);
    let verdicts = check(&wire.expect, &summary);
    if let Some(folder) = folder {
        write(&folder, &scenario, &outcome, &summary)?;
        let path = folder.finish()?;
        if !arguments.quiet {
            tell(&format!("run folder: {}", path.display()));
        }
    }
    if arguments.json {
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

fn write(
    folder: &RunFolder,
    scenario: &Scenario,
    outcome: &engine::Outcome,
    summary: &Value,
) -> anyhow::Result<()> {
    // A path on the command line need not be text.
    let arguments = std::env::args_os().skip(1);
    let arguments: Vec<String> = arguments
        .map(|a| a.to_string_lossy().into_owned())
        .collect();
    let manifest = json!({
        "redcat": summary["redcat"],
        "arguments": arguments,
        "machine": Machine::here(),
        "scenario": { "name": scenario.wire().name, "origin": scenario.origin(), "text": scenario.text() },
        "seed": summary["seed"],
        "users": summary["users"],
        "threads": summary["threads"],
        "digest": summary["digest"],
        "latent_digest": summary["latent_digest"],
    });
    folder.write("manifest.json", pretty(&manifest)?.as_bytes())?;
    folder.write("summary.json", pretty(summary)?.as_bytes())?;
    for table in tables::tables(scenario, outcome) {
        let bytes = table
            .parquet()
            .with_context(|| format!("table {}", table.name))?;
        folder.write(&format!("tables/{}.parquet", table.name), &bytes)?;
    }
    Ok(())
}

fn pretty(value: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a large number that is read as another, or nonsense that is read as a number.
    #[test]
    fn numbers_as_people_write_them() {
        assert_eq!(number("300M"), Ok(300_000_000));
        assert_eq!(number("1e6"), Ok(1_000_000));
        assert_eq!(number("1_000"), Ok(1_000));
        assert_eq!(number("2.5k"), Ok(2_500));
        assert_eq!(number("18446744073709551615"), Ok(u64::MAX));
        for bad in ["", "-1", "x", "1.5", "nan", "M", "1e400"] {
            assert!(number(bad).is_err(), "{bad}");
        }
    }
}
