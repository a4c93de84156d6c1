//! `redcat load`.

#[cfg(feature = "kafka")]
mod kafka;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;
use clap::{Args, ValueEnum};
use redcat::load::piped::Format;
use redcat::load::{ContentOptions, Found, LoadError, LoadOptions, LoadTest};
use redcat::report::load::{Loaded, PAGE, Under, document, line, page, summary, tables};
use redcat::scenario::units::{Rate, Span};
use redcat::scenario::{Override, Scenario};

use super::output::{print, tell};
use super::progress::Report;
use super::request::{Changes, Results, context, memory, number};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario file, or the name of a shipped scenario; steady, 618-opening-minute, 618-day and
    /// double11-record are made for this
    scenario: PathBuf,
    /// How fast the stream is played: events a second (500k), orders a second ("583k orders"), times its
    /// own speed (60x), true, max, or search for the largest rate that is held [default: the scenario's]
    #[arg(long, value_name = "RATE")]
    rate: Option<Rate>,
    /// Hours that are played, such as 2025-06-17T19:30..20:30 [default: the scenario's]
    #[arg(long, value_name = "FROM..UNTIL")]
    span: Option<String>,
    /// A rate is held only if 99 of a hundred orders are credited within this time, such as 50ms
    /// [default: the scenario's]
    #[arg(long, value_name = "TIME")]
    p99: Option<Span>,
    /// Time that is measured, such as 10s [default: the scenario's]
    #[arg(long, value_name = "TIME")]
    duration: Option<Span>,
    /// Workers of the built-in system; its credit does not depend on it [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
    /// System under test
    #[arg(long, value_enum, value_name = "SYSTEM", default_value = "built-in")]
    into: Into,
    /// How the stream is written to stdout
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "jsonl")]
    format: Written,
    /// Also measure the generator and the built-in system each by itself
    #[arg(long)]
    alone: bool,
    /// Exit with code 1 if the rate is not held
    #[arg(long)]
    fail_if_not_held: bool,
    /// Users to simulate, such as 200000, 300M or 1e6 [default: the scenario's]
    #[arg(long, value_name = "N", value_parser = number)]
    users: Option<u64>,
    /// Most memory for the events that are played, such as 500MiB, 2GiB or 8G
    #[arg(long, value_name = "BYTES", default_value = "2GiB", value_parser = memory)]
    memory: u64,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    results: Results,
    #[cfg(feature = "kafka")]
    #[command(flatten)]
    broker: kafka::Broker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Into {
    /// Redcat's own
    BuiltIn,
    /// Whoever reads stdout; the summary goes to stderr
    Stdout,
    /// Whoever reads one topic of a broker and writes to another
    #[cfg(feature = "kafka")]
    Kafka,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Written {
    /// A JSON object a line
    Jsonl,
    /// An Arrow IPC stream
    Arrow,
}

impl Written {
    const fn format(self) -> Format {
        match self {
            Self::Jsonl => Format::Lines,
            Self::Arrow => Format::Arrow,
        }
    }
}

/// `2025-06-17T19:30..20:30`, or with the day of the end as well, as overrides of the scenario.
fn span(text: &str) -> anyhow::Result<[String; 2]> {
    let Some((from, until)) = text.split_once("..") else {
        bail!("--span {text}: write two moments, such as 2025-06-17T19:30..20:30");
    };
    let day = from.split(['T', 't', ' ']).next().unwrap_or_default();
    let until = if until.contains('-') {
        until.to_owned()
    } else {
        format!("{day}T{until}")
    };
    Ok([
        format!("load.from=\"{from}\""),
        format!("load.until=\"{until}\""),
    ])
}

impl Arguments {
    fn scenario(&self) -> anyhow::Result<Scenario> {
        let mut more: Vec<String> = Vec::new();
        if let Some(text) = &self.span {
            more.extend(span(text)?);
        }
        let texts = [
            ("p99", self.p99.map(|t| t.to_string())),
            ("duration", self.duration.map(|t| t.to_string())),
            ("rate", self.rate.map(|r| r.to_string())),
        ];
        for (key, text) in texts {
            more.extend(text.map(|text| format!("load.{key}=\"{text}\"")));
        }
        let more: Result<Vec<Override>, _> = more.iter().map(|s| Override::parse(s)).collect();
        Ok(self.changes.load_with(&self.scenario, more?)?)
    }

    /// What is under test, as it is called.
    fn under(&self) -> Under {
        match self.into {
            Into::BuiltIn => Under::BuiltIn,
            Into::Stdout => Under::Pipe,
            #[cfg(feature = "kafka")]
            Into::Kafka => self.broker.under(),
        }
    }
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let results = &arguments.results;
    if arguments.into == Into::Stdout && results.json {
        bail!("--json: stdout is the stream; write --out DIR for summary.json");
    }
    #[cfg(feature = "kafka")]
    if let Some(option) = arguments.broker.given()
        && arguments.into != Into::Kafka
    {
        bail!("{option}: only with --into kafka");
    }
    if arguments.into != Into::Stdout && arguments.format != Written::Jsonl {
        bail!("--format arrow: only with --into stdout");
    }
    let scenario = arguments.scenario()?;
    let folder = results.folder()?;
    let start = Instant::now();
    let seed = arguments.changes.seed(&scenario);
    let options = LoadOptions {
        content: ContentOptions {
            users: arguments.users,
            seed: Some(seed),
            threads: results.threads.map(usize::from),
            memory_bytes: arguments.memory,
        },
        workers: arguments.workers.map(usize::from),
    };
    let users = arguments.users.unwrap_or(scenario.wire().run.users);
    let progress = Report::new(users, results.quiet);
    let test = LoadTest::prepare(&scenario, &options, &progress);
    progress.finish();
    let test = test?;
    let playing = Report::new(0, results.quiet).of("seconds of the stream");
    let own = test.own_speed();
    let rate = test.asked().rate;
    let piped = arguments.into == Into::Stdout;
    let play = |per_s: Option<f64>| match arguments.into {
        Into::BuiltIn => test.measure(per_s, &playing),
        Into::Stdout => {
            let out = std::io::stdout().lock();
            test.write(per_s, (out, arguments.format.format()), &playing)
        }
        #[cfg(feature = "kafka")]
        Into::Kafka => test.broker(per_s, &arguments.broker.options(), &playing),
    };
    let (found, measured) = match rate {
        Rate::Search if piped => bail!(
            "--rate search begins again with an empty system, and a pipe cannot; write a rate, or max"
        ),
        Rate::Search => {
            let play_and_tell = |per_s: Option<f64>| {
                let measured = play(per_s)?;
                if !results.quiet {
                    tell(&line(&measured));
                }
                Ok(measured)
            };
            (Some(Found::of(&play_and_tell)?), None)
        }
        Rate::Max => (None, Some(play(None)?)),
        _ => {
            let users = test.content().users();
            let per_s = own.at(rate).ok_or(LoadError::NoOrders { users })?;
            (None, Some(play(Some(per_s))?))
        }
    };
    playing.finish();
    let alone = if arguments.alone {
        Some((test.generator_alone(), test.engine_alone()?))
    } else {
        None
    };
    let told = match (&found, &measured) {
        (_, Some(measured)) => measured,
        (Some(found), None) => found.told(),
        (None, None) => bail!("nothing was played"),
    };
    let loaded = Loaded {
        scenario: &scenario,
        test: &test,
        measured: told,
        search: found.as_ref(),
        under: arguments.under(),
        alone,
    };
    let context = context(seed, start);
    let document = document(&loaded, &context);
    if let Some(folder) = folder {
        let scenarios = std::slice::from_ref(&scenario);
        folder.write(PAGE, page(&document)?.as_bytes())?;
        results.write(folder, scenarios, &document, &tables(&loaded))?;
    }
    if piped {
        if !results.quiet {
            tell(&summary(&loaded, &context));
        }
    } else if results.json {
        print(&serde_json::to_string_pretty(&document)?)?;
    } else {
        print(&summary(&loaded, &context))?;
    }
    let held = found
        .as_ref()
        .map_or(told.is_held(), |found| found.held.is_some());
    if arguments.fail_if_not_held && !held {
        return Ok(ExitCode::from(1));
    }
    Ok(ExitCode::SUCCESS)
}
