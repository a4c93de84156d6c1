//! `redcat plan`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use redcat::engine::RunOptions;
use redcat::engine::forecast::{ForecastOptions, forecast};
use redcat::report::{document, forecast as told, tables};

use super::output::print;
use super::progress::Report;
use super::request::{Changes, Tracking, context, number};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario file, or the name of a shipped scenario
    scenario: PathBuf,
    /// Users of the run, such as 300M or 1B [default: the scenario's]
    #[arg(long, value_name = "N", value_parser = number)]
    users: Option<u64>,
    /// Cores that the run will have [default: those here]
    #[arg(long, value_name = "C", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    cores: Option<u64>,
    /// Seconds to measure for
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    time: u64,
    /// How sure figures are to be: half of the interval as a part of the figure, such as 1% or 0.005
    #[arg(long, value_name = "PART", default_value = "1%", value_parser = part)]
    within: f64,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    tracking: Tracking,
    /// Models to run, separated by commas [default: the scenario's]
    #[arg(long, value_name = "LIST")]
    models: Option<String>,
    /// Regimes of data sharing, separated by commas [default: the scenario's]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    regimes: Option<Vec<String>>,
    /// Print one JSON document instead of the summary
    #[arg(long)]
    json: bool,
    /// Say nothing about progress
    #[arg(long, short)]
    quiet: bool,
}

/// A part of something, as people write it: 1% or 0.01.
fn part(text: &str) -> Result<f64, String> {
    let (digits, unit) = match text.trim().strip_suffix('%') {
        Some(digits) => (digits, 0.01),
        None => (text, 1.0),
    };
    let part = digits.trim().parse::<f64>().map(|x| x * unit).ok();
    part.filter(|part| (1e-6..=1.0).contains(part))
        .ok_or_else(|| {
            "write a part above nothing and up to the whole, such as 1% or 0.005".to_owned()
        })
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let scenario = arguments.changes.load(&arguments.scenario)?;
    let seed = arguments.changes.seed(&scenario);
    let users = arguments.users.unwrap_or(scenario.wire().run.users);
    let options = ForecastOptions {
        run: RunOptions {
            users: Some(users),
            seed: Some(seed),
            threads: None,
            track: arguments.tracking.track(),
            models: arguments.models.clone(),
            regimes: arguments.regimes.clone(),
        },
        cores: arguments.cores,
        time: Duration::from_secs(arguments.time),
    };
    let progress = Report::new(users, arguments.quiet);
    let start = Instant::now();
    let found = forecast(&scenario, &options, &progress);
    progress.finish();
    let found = found?;
    // A run folder does not grow with users.
    let summary = document(&scenario, &found.outcome, &context(seed, start));
    let mut folder = serde_json::to_vec_pretty(&summary)?.len() + scenario.text().len();
    for table in tables::tables(&scenario, &found.outcome) {
        folder += table.parquet(false)?.len() + table.csv()?.len();
    }
    let (within, folder) = (arguments.within, folder as u64);
    if arguments.json {
        let document = told::document(&scenario, &found, within, folder);
        print(&serde_json::to_string_pretty(&document)?)?;
    } else {
        print(&told::summary(&scenario, &found, within, folder))?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a per cent sign that is lost, and nonsense that is taken for a part.
    #[test]
    fn parts_as_people_write_them() {
        assert_eq!(
            [part("1%"), part("0.5 %"), part("0.02")],
            [Ok(0.01), Ok(0.005), Ok(0.02)]
        );
        for bad in ["", "0", "-1%", "200%", "x", "nan", "1e-9"] {
            assert!(part(bad).is_err(), "{bad}");
        }
    }
}
