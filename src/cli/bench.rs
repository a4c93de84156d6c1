//! `redcat bench`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Args;
use redcat::engine::bench::{BenchOptions, Journeys, bench};
use redcat::io::machine::{Machine, load, peak_memory};
use redcat::report::bench::{Comparison, Earlier, Setting, Timed, comparison, document, table};
use redcat::scenario::Scenario;
use serde_json::Value;

use super::output::{print, tell};
use super::progress::Report;
use super::request::number;

/// Most channels of the journeys.
const MOST_CHANNELS: i64 = 1_024;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Models to measure, separated by commas, each by itself and all in one pass; without
    /// --scenario nothing else is measured [default: the usual ones]
    #[arg(long, value_name = "LIST")]
    models: Option<String>,
    /// Scenario to measure; without --models nothing else is [default: red-cat-618]
    #[arg(long, value_name = "SCENARIO")]
    scenario: Option<PathBuf>,
    /// Journeys in memory that models take in; several sizes with commas
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = number, default_value = "1M")]
    journeys: Vec<u64>,
    /// Touches of a journey: 5, or from 1 to 9 as 1-9
    #[arg(long, value_name = "N", value_parser = span, default_value = "5")]
    touches: Span,
    /// Channels of the journeys
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_CHANNELS), default_value = "20")]
    channels: u16,
    /// Parts of the journeys that convert, with commas
    #[arg(long, value_name = "PART", value_delimiter = ',', value_parser = part, default_value = "5%")]
    converting: Vec<f64>,
    /// Users of the scenario
    #[arg(long, value_name = "N", value_parser = number, default_value = "50k")]
    users: u64,
    /// Numbers of threads, with commas [default: 1 and one a core]
    #[arg(long, value_name = "T", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Vec<u16>,
    /// Least time of all rounds of one measurement, such as 500ms or 2s
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "500ms")]
    time: Duration,
    /// Rounds; in each, everything is measured once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(8..=1000), default_value = "15")]
    rounds: u16,
    /// Hold the result against an earlier one, written with --out or --json
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Compare this earlier result instead of measuring
    #[arg(long, value_name = "FILE", requires = "compare", conflicts_with_all = ["models", "scenario", "out"])]
    result: Option<PathBuf>,
    /// Compare times in units of the yardstick, which a change of the machine's speed moves as well
    #[arg(long, requires = "compare")]
    relative: bool,
    /// Compare with the result of another machine
    #[arg(long, requires = "compare")]
    other_machine: bool,
    /// Exit with 1 if something is really slower by more than so many percent
    #[arg(long, value_name = "PERCENT", requires = "compare", value_parser = percentage)]
    fail_if_slower: Option<f64>,
    /// Write the JSON document to this file as well
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long, requires = "out")]
    force: bool,
    /// Print one JSON document instead of the tables
    #[arg(long)]
    json: bool,
    /// Say nothing about progress
    #[arg(long, short)]
    quiet: bool,
}

/// The fewest and the most touches.
#[derive(Clone, Copy, Debug)]
struct Span([u32; 2]);

fn span(text: &str) -> Result<Span, String> {
    let (fewest, most) = text.split_once('-').unwrap_or((text, text));
    match (fewest.parse(), most.parse()) {
        (Ok(fewest), Ok(most)) if (1..=most).contains(&fewest) && most <= 10_000 => {
            Ok(Span([fewest, most]))
        }
        _ => {
            Err("write touches from 1 to 10000, such as 5, or from few to many, such as 1-9".into())
        }
    }
}

fn part(text: &str) -> Result<f64, String> {
    let value = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|p| p / 100.0),
        None => text.parse(),
    };
    let value = value.ok().filter(|v| (0.0..=1.0).contains(v));
    value.ok_or_else(|| "write a part from 0 to 1, or a percentage, such as 0.05 or 5%".to_owned())
}

fn percentage(text: &str) -> Result<f64, String> {
    let value = text.trim_end_matches('%').trim().parse::<f64>().ok();
    let value = value.filter(|v| v.is_finite() && *v >= 0.0);
    value.ok_or_else(|| "write a percentage, such as 10".to_owned())
}

fn time(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1e-3), ("s", 1.0), ("m", 60.0)];
    let one = |(unit, seconds): (&str, f64)| {
        let value = text.strip_suffix(unit)?.trim().parse::<f64>().ok()? * seconds;
        (0.0..=3_600.0)
            .contains(&value)
            .then(|| Duration::from_secs_f64(value))
    };
    let found = units.into_iter().find_map(one);
    found.ok_or_else(|| "write a time up to an hour, such as 20ms, 0.5s or 1m".to_owned())
}

impl Arguments {
    fn options(&self) -> BenchOptions {
        let mut threads: Vec<usize> = self.threads.iter().map(|t| usize::from(*t)).collect();
        if threads.is_empty() {
            threads = vec![1, Machine::here().cores];
        }
        threads.sort_unstable();
        threads.dedup();
        let wanted = self.models.is_some() || self.scenario.is_none();
        let journeys = self.journeys.iter().filter(|_| wanted);
        let mut journeys: Vec<Journeys> = journeys
            .flat_map(|journeys| {
                self.converting
                    .iter()
                    .map(move |converting| (journeys, converting))
            })
            .map(|(journeys, converting)| Journeys {
                journeys: *journeys,
                touches: self.touches.0,
                channels: self.channels,
                converting: *converting,
            })
            .collect();
        let mut seen = Vec::new();
        journeys.retain(|j| {
            !seen.contains(j) && {
                seen.push(*j);
                true
            }
        });
        BenchOptions {
            models: self.models.clone(),
            journeys,
            threads,
            rounds: usize::from(self.rounds),
            time: self.time,
            users: self.users,
        }
    }

    /// The scenario, if one is to be measured.
    fn scenario(&self) -> anyhow::Result<Option<Scenario>> {
        let usual = self.models.is_none().then(|| Path::new("red-cat-618"));
        let path = self.scenario.as_deref().or(usual);
        Ok(path.map(Scenario::load).transpose()?)
    }

    /// The earlier result, if there is one and it can be compared with one of this machine.
    fn earlier(&self, here: &Machine) -> anyhow::Result<Option<Earlier>> {
        let Some(path) = &self.compare else {
            return Ok(None);
        };
        let (name, text) = read("--compare", path)?;
        let earlier = Earlier::parse(&name, &text)?;
        match earlier.same_machine(here) {
            Err(error) if !self.other_machine => return Err(error.into()),
            Err(_) if !self.quiet => tell(&format!(
                "{name}: was measured on another machine: ratios below are of machines as much as of \
                 programs"
            )),
            _ => {}
        }
        Ok(Some(earlier))
    }
}

/// A file's name and text.
fn read(option: &str, path: &Path) -> anyhow::Result<(String, String)> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("{option} {name}"))?;
    Ok((name, text))
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(path) = &arguments.result {
        return held_against(arguments, path);
    }
    // All that can be refused is, before time is spent.
    if let Some(path) = &arguments.out
        && path.exists()
        && !arguments.force
    {
        let path = path.display();
        bail!("--out {path}: is there already; choose another, or add --force to replace it");
    }
    if arguments.journeys.contains(&0) {
        bail!("--journeys: 0 is out of range; write a number from 1");
    }
    let machine = Machine::here();
    let earlier = arguments.earlier(&machine)?;
    let scenario = arguments.scenario()?;
    let options = arguments.options();
    let load = load();
    let start = Instant::now();
    let progress = Report::new(options.rounds as u64, arguments.quiet).of("rounds");
    let measured = bench(scenario.as_ref(), &options, &progress);
    progress.finish();
    let measured = measured?;
    let given = std::env::args_os().skip(1);
    let setting = Setting {
        machine,
        load,
        arguments: given.map(|a| a.to_string_lossy().into_owned()).collect(),
        elapsed_s: start.elapsed().as_secs_f64(),
        peak_rss_bytes: peak_memory(),
    };
    let written = document(&measured, &options, &setting);
    // The measurements are kept even if there is nothing to hold them against.
    if let Some(path) = &arguments.out {
        let text = serde_json::to_string_pretty(&written)? + "\n";
        std::fs::write(path, text).with_context(|| format!("--out {}", path.display()))?;
    }
    let timed: Vec<Timed> = measured.iter().map(Timed::from).collect();
    let compared = earlier.map(|e| e.compare(&timed, arguments.relative));
    let told = table(&measured, &options, &setting);
    arguments.tell(written, &told, compared.transpose()?.as_ref())
}

/// Compares two earlier results.
fn held_against(arguments: &Arguments, path: &Path) -> anyhow::Result<ExitCode> {
    let (name, text) = read("--result", path)?;
    let result = Earlier::parse(&name, &text)?;
    let earlier = arguments.earlier(result.machine())?;
    let compared = earlier.map(|e| e.compare(result.measurements(), arguments.relative));
    arguments.tell(
        serde_json::from_str(&text)?,
        "",
        compared.transpose()?.as_ref(),
    )
}

impl Arguments {
    /// Prints what was found; the exit code says whether something is slower that must not be.
    fn tell(
        &self,
        mut document: Value,
        table: &str,
        compared: Option<&Comparison>,
    ) -> anyhow::Result<ExitCode> {
        if self.json {
            if let Some(compared) = compared {
                document["comparison"] = compared.document();
            }
            print(&serde_json::to_string_pretty(&document)?)?;
        } else {
            print(&(table.to_owned() + &compared.map(comparison).unwrap_or_default()))?;
        }
        let Some((compared, percent)) = compared.zip(self.fail_if_slower) else {
            return Ok(ExitCode::SUCCESS);
        };
        let mut code = ExitCode::SUCCESS;
        for slower in compared.slower_than(percent / 100.0) {
            tell(&format!("slower by more than {percent} %: {}", slower.key));
            code = ExitCode::from(1);
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a unit that is read as another, and nonsense that is read as something.
    #[test]
    fn arguments_as_people_write_them() {
        assert_eq!(time("20ms"), Ok(Duration::from_millis(20)));
        assert_eq!(time("0.5s"), Ok(Duration::from_millis(500)));
        assert_eq!(time("1m"), Ok(Duration::from_secs(60)));
        assert_eq!(
            (part("5%"), part("0.05"), part("1")),
            (Ok(0.05), Ok(0.05), Ok(1.0))
        );
        assert_eq!(span("5").map(|s| s.0), Ok([5, 5]));
        assert_eq!(span("1-9").map(|s| s.0), Ok([1, 9]));
        assert_eq!((percentage("10"), percentage("2.5 %")), (Ok(10.0), Ok(2.5)));
        for bad in ["", "5", "-1s", "nans", "2h", "1e9s", "s"] {
            assert!(time(bad).is_err(), "{bad}");
        }
        for bad in ["", "101%", "-1", "nan", "%"] {
            assert!(part(bad).is_err(), "{bad}");
        }
        for bad in ["", "0", "9-1", "1-", "-", "1-100000"] {
            assert!(span(bad).is_err(), "{bad}");
        }
        assert!(percentage("-1").is_err() && percentage("inf").is_err());
    }
}
