//! Runs in parts and runs that go on: where a part and a checkpoint lie, and what to say of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Args;
use redcat::engine::part::{PartError, PartFile, Slice};
use redcat::engine::{Gathered, Job, Keeping, RunError};
use redcat::io::FolderError;
use redcat::report::figures::count;

use super::interrupt;
use super::output::tell;
use super::progress::Report;

#[derive(Debug, Args)]
pub struct Keep {
    /// Simulate only part I of N, and write it to a file in --out for `redcat merge`
    #[arg(long, value_name = "I/N", requires = "out")]
    part: Option<Slice>,
    /// Go on with a run that was stopped, if there is a checkpoint of it
    #[arg(long, requires = "out")]
    resume: bool,
    /// Seconds between checkpoints, which are written beside --out; 0: only when stopped
    #[arg(long, value_name = "SECONDS", default_value = "60", requires = "out", value_parser = seconds)]
    checkpoint: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().map(Duration::try_from_secs_f64);
    seconds
        .and_then(Result::ok)
        .ok_or_else(|| "write seconds, such as 60 or 0.5".to_owned())
}

/// What became of a job.
pub enum Done {
    /// All of a run was gathered, so many users of it before.
    Whole(Box<Gathered>, u64),
    /// A part was written, or had been before.
    Part(PathBuf),
    /// It was stopped.
    Stopped,
}

/// Where a job is kept.
pub struct Kept<'a> {
    keep: &'a Keep,
    /// The file of a part.
    part: Option<PathBuf>,
    checkpoint: PathBuf,
    stop: &'static AtomicBool,
}

impl Keep {
    /// The slice that is asked for.
    pub fn slice(&self) -> Slice {
        self.part.unwrap_or(Slice::WHOLE)
    }

    /// Whether the run is only a part.
    pub const fn is_part(&self) -> bool {
        self.part.is_some()
    }

    /// Finds the places beside the run folder, or in it for parts, and takes signals from now on as a
    /// wish to stop.
    pub fn at(&self, out: &Path, force: bool) -> anyhow::Result<Kept<'_>> {
        // Without the slash that shells put behind folders: the checkpoint lies beside, not within.
        let out: &Path = &out.components().collect::<PathBuf>();
        let mut part = None;
        let mut checkpoint = out.as_os_str().to_os_string();
        if let Some(slice) = self.part {
            fs::create_dir_all(out).map_err(|source| FolderError::Io {
                path: out.to_path_buf(),
                source,
            })?;
            let name = format!("part-{}-of-{}.redcat", slice.part(), slice.parts());
            let file = out.join(name);
            if file.exists() && !force && !self.resume {
                return Err(FolderError::Exists(file).into());
            }
            checkpoint = file.as_os_str().to_os_string();
            part = Some(file);
        }
        checkpoint.push(".checkpoint");
        let checkpoint = PathBuf::from(checkpoint);
        if checkpoint.exists() && !self.resume && !force {
            anyhow::bail!(
                "{}: a run was stopped here; add --resume to go on with it, or --force to begin again",
                checkpoint.display()
            );
        }
        Ok(Kept {
            keep: self,
            part,
            checkpoint,
            stop: interrupt::listen()?,
        })
    }
}

impl Kept<'_> {
    /// Gathers what is missing.
    pub fn gather(&self, job: &Job<'_>, progress: &Report) -> anyhow::Result<Done> {
        if let Some(part) = self
            .part
            .as_ref()
            .filter(|p| self.keep.resume && p.exists())
        {
            let gathered = PartFile::read(part)?.resumed(job)?;
            if job.is_whole(&gathered) {
                return Ok(Done::Part(part.clone()));
            }
        }
        let before = if self.keep.resume && self.checkpoint.exists() {
            PartFile::read(&self.checkpoint)?.resumed(job)?
        } else {
            job.start()
        };
        let users_before = before.users();
        progress.before(users_before);
        let keeping = Keeping {
            path: &self.checkpoint,
            every: Some(self.keep.checkpoint).filter(|time| !time.is_zero()),
            stop: self.stop,
        };
        let gathered = job.gather(before, Some(&keeping), progress)?;
        if !job.is_whole(&gathered) {
            progress.finish();
            self.tell_how_to_go_on(job, &gathered);
            return Ok(Done::Stopped);
        }
        interrupt::ignore();
        let Some(part) = &self.part else {
            return Ok(Done::Whole(Box::new(gathered), users_before));
        };
        PartFile::write(job, &gathered, part)?;
        self.forget()?;
        Ok(Done::Part(part.clone()))
    }

    fn tell_how_to_go_on(&self, job: &Job<'_>, gathered: &Gathered) {
        let arguments = std::env::args_os().map(|a| a.to_string_lossy().into_owned());
        let mut arguments: Vec<String> = arguments.filter(|a| a != "--force").collect();
        if !self.keep.resume {
            arguments.push("--resume".to_owned());
        }
        let command = shlex::try_join(arguments.iter().map(String::as_str));
        tell(&format!(
            "stopped: {} of {} users are kept in {}; go on with\n  {}",
            count(gathered.users()),
            count(job.users()),
            self.checkpoint.display(),
            command.unwrap_or_else(|_| "the same command and --resume".to_owned()),
        ));
    }

    /// Removes the checkpoint of a job whose results have been written.
    pub fn forget(&self) -> Result<(), RunError> {
        match fs::remove_file(&self.checkpoint) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(PartError::Io {
                path: self.checkpoint.clone(),
                source,
            }
            .into()),
            _ => Ok(()),
        }
    }
}
