//! `redcat report`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use redcat::io::write_whole;
use redcat::report::load::{PAGE, page};
use serde_json::Value;

use super::output::tell;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder that redcat load has written with --out
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = &arguments.folder;
    if !folder.is_dir() {
        bail!(
            "{}: is not a folder; name one that redcat load SCENARIO --out DIR has written",
            folder.display()
        );
    }
    let summary = folder.join("summary.json");
    let shown = summary.display();
    if !summary.exists() {
        bail!(
            "{shown}: is not there; name a folder that redcat load SCENARIO --out DIR has written"
        );
    }
    let text = std::fs::read(&summary).with_context(|| shown.to_string())?;
    let document: Value = serde_json::from_slice(&text).map_err(|error| {
        anyhow!(
            "{shown}: {error}; it is damaged: play the test again with redcat load SCENARIO --out DIR"
        )
    })?;
    let page = page(&document).map_err(|error| anyhow!("{shown}: {error}"))?;
    let path = folder.join(PAGE);
    write_whole(&path, &[page.as_bytes()]).with_context(|| path.display().to_string())?;
    tell(&format!("page: {}", path.display()));
    Ok(ExitCode::SUCCESS)
}
