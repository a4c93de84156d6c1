//! `redcat schema`.

use std::process::ExitCode;

use redcat::scenario::schema;

use super::output::print;

pub fn run() -> anyhow::Result<ExitCode> {
    print(&serde_json::to_string_pretty(&schema())?)?;
    Ok(ExitCode::SUCCESS)
}
