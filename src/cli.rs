//! One small file a command. Each turns its arguments into a typed request, calls the library and
//! renders what comes back.
//!
//! Results go to stdout, progress and errors to stderr. Exit codes: 0 done; 1 the run finished and
//! something it must show is missing (`check`, `--fail-if-unexpected`, `--fail-if-slower`, `--fail-if-not-held`); 2 usage, scenario or input error; 3
//! input/output error; 128 and the signal's number when a
//! run that keeps checkpoints, or commands that are models, are stopped by it.

mod attribute;
mod bench;
mod check;
mod compare;
mod exec;
mod gate;
mod generate;
mod interrupt;
mod keep;
mod load;
mod merge;
mod output;
mod plan;
mod progress;
mod report;
mod request;
mod run;
mod scenarios;
mod schema;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use redcat::engine::RunError;
use redcat::engine::compare::CompareError;
use redcat::engine::exec::ExecError;
use redcat::engine::part::PartError;
use redcat::io::{FolderError, LogError, TableError};
use redcat::load::LoadError;
use redcat::load::system::SystemError;
use redcat::report::checks::CheckError;
use redcat::scenario::ScenarioError;

#[derive(Debug, Parser)]
#[command(name = "redcat", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulate a scenario, observe it under each regime, attribute, and hold it against the truth
    Run(Box<run::Arguments>),
    /// Put the parts of a run together, and say what the whole run would have said
    Merge(merge::Arguments),
    /// Say what a large run will take and how sure its figures will be, from a short measurement
    Plan(plan::Arguments),
    /// Simulate the same people under several scenarios and say what changes, for whom
    Compare(compare::Arguments),
    /// Run attribution models over a log of your own: events, journeys or paths
    Attribute(Box<attribute::Arguments>),
    /// Show who may link out of the app under a scenario's policy and who may not, and why
    Gate(gate::Arguments),
    /// Write the log of a scenario: one row an event, in parts that other tools read
    Generate(generate::Arguments),
    /// Play hours of a scenario as a stream, by a timetable, into a system that has to keep up
    Load(Box<load::Arguments>),
    /// Write the page of a load test again, from what its folder says
    Report(report::Arguments),
    /// Measure how fast models and simulation run on this machine, and hold it against an earlier result
    Bench(bench::Arguments),
    /// Run scenarios and say whether they show what they expect of themselves
    Check(check::Arguments),
    /// List the scenarios that come with redcat, or print one
    Scenarios(scenarios::Arguments),
    /// Print the JSON schema of scenario files
    Schema,
}

/// Parses the command line, does what it says, and turns errors into exit codes.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Merge(arguments) => merge::run(&arguments),
        Command::Plan(arguments) => plan::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Attribute(arguments) => attribute::run(&arguments),
        Command::Gate(arguments) => gate::run(&arguments),
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Load(arguments) => load::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Scenarios(arguments) => scenarios::run(&arguments),
        Command::Schema => schema::run(),
    };
    match done {
        Ok(code) => code,
        Err(error) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::tell(&format!("error: {}", output::causes(&error)));
            ExitCode::from(code_of(&error))
        }
    }
}

/// 2 for what the user can mend in what they wrote, 3 for what the system refused.
fn code_of(error: &anyhow::Error) -> u8 {
    for cause in error.chain() {
        if let Some(error) = cause.downcast_ref::<ScenarioError>() {
            return if error.is_io() { 3 } else { 2 };
        }
        if let Some(error) = cause.downcast_ref::<LogError>() {
            return if error.is_io() { 3 } else { 2 };
        }
        if let Some(RunError::Part(error)) = cause.downcast_ref() {
            return if error.is_io() { 3 } else { 2 };
        }
        if let Some(error) = cause.downcast_ref::<PartError>() {
            return if error.is_io() { 3 } else { 2 };
        }
        if let Some(error) = cause.downcast_ref::<ExecError>() {
            return if error.is_io() { 3 } else { 2 };
        }
        if let Some(CheckError::Against(error)) = cause.downcast_ref() {
            return if error.is_io() { 3 } else { 2 };
        }
        if let Some(error) = cause.downcast_ref::<FolderError>() {
            return if matches!(error, FolderError::Io { .. }) {
                3
            } else {
                2
            };
        }
        if let Some(LoadError::System(SystemError::Broker { .. })) = cause.downcast_ref() {
            return 3;
        }
        if cause.is::<std::io::Error>() || cause.is::<TableError>() {
            return 3;
        }
        if cause.is::<RunError>() || cause.is::<CompareError>() || cause.is::<CheckError>() {
            return 2;
        }
    }
    2
}
