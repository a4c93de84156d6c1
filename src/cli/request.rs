//! What verbs are asked alike. All that make a world are asked how to change it and for its luck;
//! `run` and `compare` also whom to simulate and where results go.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use redcat::io::machine::{Machine, peak_memory};
use redcat::io::{RunFolder, Table};
use redcat::report::Context;
use redcat::scenario::{Override, Scenario, ScenarioError};
use redcat::world::Track;
use serde_json::{Value, json};

use super::output::tell;

/// Changes to the scenario as it is written.
#[derive(Debug, Args)]
pub struct Changes {
    /// Seed of all randomness [default: the scenario's]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Change a key of the scenario, such as policy.blue_links=false; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
}

impl Changes {
    /// Loads a scenario with the keys that are set.
    pub fn load(&self, path: &Path) -> Result<Scenario, ScenarioError> {
        self.load_with(path, Vec::new())
    }

    /// The same, with more keys that are set, after those.
    pub fn load_with(&self, path: &Path, more: Vec<Override>) -> Result<Scenario, ScenarioError> {
        let overrides: Result<Vec<Override>, ScenarioError> =
            self.set.iter().map(|s| Override::parse(s)).collect();
        let mut overrides = overrides?;
        overrides.extend(more);
        Scenario::load_with(path, &overrides)
    }

    /// The seed asked for, or else the scenario's.
    pub fn seed(&self, scenario: &Scenario) -> u64 {
        self.seed.unwrap_or(scenario.wire().run.seed)
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tracked {
    Impressions,
    Reads,
}

/// Which notes are counted.
#[derive(Debug, Args)]
pub struct Tracking {
    /// Which notes of the scenario's merchants are counted: all that are shown, or those that are read.
    /// People do the same under both. `reads` is faster; impressions are then not told, nor is what
    /// hangs on their price
    #[arg(long, value_enum, value_name = "WHAT", default_value = "impressions")]
    track: Tracked,
}

impl Tracking {
    /// Which notes are counted.
    pub const fn track(&self) -> Track {
        match self.track {
            Tracked::Impressions => Track::Impressions,
            Tracked::Reads => Track::Reads,
        }
    }
}

#[derive(Debug, Args)]
pub struct Request {
    /// Users to simulate, such as 200000, 300M or 1e6 [default: the scenario's]
    #[arg(long, value_name = "N", value_parser = number)]
    pub users: Option<u64>,
    #[command(flatten)]
    pub changes: Changes,
    #[command(flatten)]
    pub tracking: Tracking,
    #[command(flatten)]
    pub results: Results,
}

/// How results come about and where they go.
#[derive(Debug, Args)]
pub struct Results {
    /// Threads; the result does not depend on it [default: one a core]
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Write a run folder: manifest, summary and tables
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace the run folder if it is there
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Print one JSON document instead of the summary
    #[arg(long)]
    pub json: bool,
    /// Say nothing about progress
    #[arg(long, short)]
    pub quiet: bool,
}

/// A whole number as people write large ones: 300M, 1e6, 1_000_000.
pub fn number(text: &str) -> Result<u64, String> {
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

/// Bytes as people write them: 500MiB, 2GiB, 8G.
pub fn memory(text: &str) -> Result<u64, String> {
    let lower = text.to_ascii_lowercase();
    let units = [("kib", 10), ("mib", 20), ("gib", 30)];
    let found = units
        .iter()
        .find_map(|(unit, bits)| Some((lower.strip_suffix(unit)?, bits)));
    let bytes = match found {
        Some((digits, bits)) => number(digits.trim())?
            .checked_shl(*bits)
            .unwrap_or(u64::MAX),
        None => number(text)?,
    };
    Some(bytes)
        .filter(|b| *b > 0)
        .ok_or_else(|| "write bytes, such as 2GiB".to_owned())
}

impl Results {
    /// The run folder, if one is asked for. Begun before the work: better refused early.
    pub fn folder(&self) -> anyhow::Result<Option<RunFolder>> {
        let begin = |dir: &PathBuf| RunFolder::begin(dir, self.force);
        Ok(self.out.as_ref().map(begin).transpose()?)
    }

    /// Writes manifest, summary and tables, and says where.
    pub fn write(
        &self,
        folder: RunFolder,
        scenarios: &[Scenario],
        summary: &Value,
        tables: &[Table],
    ) -> anyhow::Result<()> {
        folder.write(
            "manifest.json",
            pretty(&manifest(scenarios, summary))?.as_bytes(),
        )?;
        folder.write("summary.json", pretty(summary)?.as_bytes())?;
        for table in tables {
            let name = &table.name;
            let bytes = table
                .parquet(false)
                .with_context(|| format!("table {name}"))?;
            folder.write(&format!("tables/{name}.parquet"), &bytes)?;
            let text = table.csv().with_context(|| format!("table {name}"))?;
            folder.write(&format!("tables/{name}.csv"), text.as_bytes())?;
        }
        let path = folder.finish()?;
        if !self.quiet {
            tell(&format!("run folder: {}", path.display()));
        }
        Ok(())
    }
}

/// What is told beside the results of work that began then.
pub fn context(seed: u64, start: Instant) -> Context {
    Context {
        seed,
        before: 0,
        elapsed_s: start.elapsed().as_secs_f64(),
        peak_rss_bytes: peak_memory(),
    }
}

fn manifest(scenarios: &[Scenario], summary: &Value) -> Value {
    // A path on the command line need not be text.
    let arguments = std::env::args_os().skip(1);
    let arguments: Vec<String> = arguments.map(|a| masked(&a.to_string_lossy())).collect();
    let texts: Vec<Value> = scenarios
        .iter()
        .map(|s| json!({ "name": s.wire().name, "origin": s.origin(), "text": s.text() }))
        .collect();
    let mut manifest = json!({
        "redcat": summary["redcat"],
        "arguments": arguments,
        "machine": Machine::here(),
        "seed": summary["seed"],
        "users": summary["users"],
        "threads": summary["threads"],
        "digest": summary["digest"],
    });
    match &texts[..] {
        [only] => {
            manifest["scenario"] = only.clone();
            manifest["latent_digest"] = summary["latent_digest"].clone();
        }
        _ => manifest["scenarios"] = Value::Array(texts),
    }
    manifest
}

/// An argument as it may be kept: the value of a key that says it is a secret is left out.
pub fn masked(argument: &str) -> String {
    const SECRETS: [&str; 5] = [
        "password",
        "passphrase",
        "secret",
        "key.pem",
        "oauthbearer.config",
    ];
    // `--kafka=KEY=VALUE`, too.
    let option = argument
        .split_once('=')
        .filter(|(o, _)| o.starts_with("--"));
    let (before, setting) = argument.split_at(option.map_or(0, |(option, _)| option.len() + 1));
    match setting.split_once('=') {
        Some((key, _)) if SECRETS.iter().any(|secret| key.contains(secret)) => {
            format!("{before}{key}=***")
        }
        _ => argument.to_owned(),
    }
}

fn pretty(value: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a password that is kept in a folder, and an argument that is changed without need.
    #[test]
    fn secrets_are_not_kept() {
        let kept = [
            ("sasl.password=a=b", "sasl.password=***"),
            ("--kafka=ssl.key.password=x", "--kafka=ssl.key.password=***"),
            ("ssl.key.pem=x", "ssl.key.pem=***"),
            ("linger.ms=5", "linger.ms=5"),
            ("--exec=tokens=python3 m.py", "--exec=tokens=python3 m.py"),
            ("--rate=20k", "--rate=20k"),
            ("--set", "--set"),
        ];
        for (given, told) in kept {
            assert_eq!(masked(given), told);
        }
    }

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
