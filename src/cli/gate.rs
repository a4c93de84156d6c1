//! `redcat gate`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use redcat::evaluate::Gate;
use redcat::report::gate;
use redcat::world::World;

use super::output::print;
use super::request::Changes;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario file, or the name of a shipped scenario
    scenario: PathBuf,
    #[command(flatten)]
    changes: Changes,
    /// List every merchant with what each grant says to it
    #[arg(long)]
    merchants: bool,
    /// Print one JSON document instead of the tables
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let scenario = arguments.changes.load(&arguments.scenario)?;
    let seed = arguments.changes.seed(&scenario);
    let all = Gate::new(&scenario, &World::new(&scenario, seed));
    if arguments.json {
        let document = gate::document(&scenario, &all, seed, arguments.merchants);
        print(&serde_json::to_string_pretty(&document)?)?;
    } else {
        print(&gate::summary(&scenario, &all, seed, arguments.merchants))?;
    }
    Ok(ExitCode::SUCCESS)
}
