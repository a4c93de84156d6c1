//! `redcat scenarios`.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use redcat::scenario::load::Library;
use redcat::scenario::{Catalogue, Scenario};

use super::output::print;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Print this scenario as it is written
    name: Option<String>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Some(name) = &arguments.name else {
        let mut out = String::new();
        for name in Catalogue.names() {
            let text = Catalogue.find(name).unwrap_or_default();
            let scenario = Scenario::from_text(name, text, &[])?;
            out.push_str(&format!("{name:24} {}\n", scenario.wire().question));
        }
        print(&out)?;
        return Ok(ExitCode::SUCCESS);
    };
    match Catalogue.find(name) {
        Some(text) => print(text)?,
        None => bail!(
            "`{name}` is not a shipped scenario; there are: {}",
            Catalogue.names().join(", ")
        ),
    }
    Ok(ExitCode::SUCCESS)
}
