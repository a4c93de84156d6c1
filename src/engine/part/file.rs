//! The file that a part is kept in.
//!
//! ```text
//! "redcat part 1\n"   what it is, and the number of the format
//! u32                 length of what follows, little endian
//! JSON                what it is a part of, and which
//! postcard            what was gathered
//! 16 bytes            XXH3-128 of all that is before, big endian
//! ```
//!
//! The scenario is in it as a whole, with all that it extends and all overrides, so that parts can be
//! put together where nothing but the parts is.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_128;

use super::super::job::{Gathered, Job};
use super::super::run::RunOptions;
use super::super::state::RunState;
use super::{PartError, Slice};
use crate::io::write_whole;
use crate::scenario::Scenario;
use crate::world::Track;

const KIND: &[u8] = b"redcat part ";
const MAGIC: &[u8] = b"redcat part 1\n";
const CHECK: usize = 16;

/// What a part is a part of, and which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Version of the program.
    pub redcat: String,
    /// The scenario's name.
    pub scenario: String,
    /// Where it was read from.
    pub origin: String,
    /// All of it.
    pub text: String,
    /// Seed.
    pub seed: u64,
    /// Users of the whole run.
    pub users: u64,
    /// Which notes are counted.
    pub track: Track,
    /// Models as asked for; the scenario's own if absent.
    pub models_asked: Option<String>,
    /// Models.
    pub models: Vec<String>,
    /// Regimes.
    pub regimes: Vec<String>,
    /// Which part, and of how many.
    pub part: [u64; 2],
    /// First block, and the one after the last.
    pub blocks: [u64; 2],
    /// The block after the last that is done.
    pub done: u64,
}

impl About {
    fn of(job: &Job<'_>, gathered: &Gathered) -> Self {
        let (scenario, blocks) = (job.scenario, job.blocks());
        let regimes = job.setup.regimes.iter().map(|r| r.name().to_owned());
        Self {
            redcat: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.wire().name.clone(),
            origin: scenario.origin().to_owned(),
            text: scenario.text().to_owned(),
            seed: job.setup.seed,
            users: job.plan.users(),
            track: job.options.track,
            models_asked: job.options.models.clone(),
            models: job.setup.lineup.names().to_vec(),
            regimes: regimes.collect(),
            part: [job.slice.part(), job.slice.parts()],
            blocks: [blocks.start, blocks.end],
            done: gathered.blocks.end,
        }
    }

    /// The first thing in which the run of this part is another than that run: what it is, what this
    /// has, and what the other has.
    fn differs(&self, run: &Self) -> Option<(&'static str, String, String)> {
        let text = |about: &Self| {
            let digest = XxHash3_128::oneshot(about.text.as_bytes()) as u64;
            format!("`{}` with digest {digest:016x}", about.scenario)
        };
        let one = |what, of: &dyn Fn(&Self) -> String| (what, of(self), of(run));
        [
            one("version of redcat", &|a| a.redcat.clone()),
            one("scenario", &text),
            one("seed", &|a| a.seed.to_string()),
            one("number of users", &|a| super::grouped(a.users)),
            one("tracking", &|a| a.track.name().to_owned()),
            one("list of models", &|a| a.models.join(",")),
            one("list of regimes", &|a| a.regimes.join(",")),
        ]
        .into_iter()
        .find(|(_, mine, theirs)| mine != theirs)
    }

    /// Refuses a part of another run.
    pub(super) fn same_run(
        &self,
        path: &Path,
        run: &Self,
        with: &dyn Fn() -> String,
    ) -> Result<(), PartError> {
        match self.differs(run) {
            None => Ok(()),
            Some((what, found, wanted)) => Err(PartError::Foreign {
                path: path.to_path_buf(),
                what,
                found,
                wanted,
                with: with(),
            }),
        }
    }

    /// Which part, as it was asked for.
    #[must_use]
    pub fn slice(&self) -> Option<Slice> {
        format!("{}/{}", self.part[0], self.part[1]).parse().ok()
    }

    /// The scenario.
    pub(super) fn scenario(&self, path: &Path) -> Result<Scenario, PartError> {
        Scenario::from_text(&self.origin, &self.text, &[]).map_err(|source| PartError::Scenario {
            path: path.to_path_buf(),
            source: Box::new(source),
        })
    }

    /// The options that make the same run.
    pub(super) fn options(&self, threads: Option<usize>) -> RunOptions {
        RunOptions {
            users: Some(self.users),
            seed: Some(self.seed),
            threads,
            track: self.track,
            models: self.models_asked.clone(),
            regimes: Some(self.regimes.clone()),
        }
    }
}

/// A part as it lies in a file: whole and undamaged.
#[derive(Debug)]
pub struct PartFile {
    path: PathBuf,
    about: About,
    bytes: Vec<u8>,
    /// Where what was gathered begins in the bytes.
    state: usize,
}

impl PartFile {
    /// Writes what a job has gathered. The file is there whole or not at all.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write(job: &Job<'_>, gathered: &Gathered, path: &Path) -> Result<(), PartError> {
        let damaged = |why: String| PartError::Damaged {
            path: path.to_path_buf(),
            why,
        };
        let about = serde_json::to_vec(&About::of(job, gathered))
            .map_err(|error| damaged(error.to_string()))?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend((about.len() as u32).to_le_bytes());
        bytes.extend(about);
        let bytes = gathered.state.save(bytes).map_err(damaged)?;
        let check = XxHash3_128::oneshot(&bytes).to_be_bytes();
        write_whole(path, &[&bytes, &check]).map_err(PartError::io(path))
    }

    /// Reads a part.
    ///
    /// # Errors
    /// When it cannot be read, is something else, or is damaged.
    pub fn read(path: &Path) -> Result<Self, PartError> {
        let mut bytes = fs::read(path).map_err(PartError::io(path))?;
        let damaged = |why: &str| PartError::Damaged {
            path: path.to_path_buf(),
            why: why.to_owned(),
        };
        if !bytes.starts_with(KIND) {
            let path = path.to_path_buf();
            return Err(PartError::NotAPart { path });
        }
        if !bytes.starts_with(MAGIC) {
            return Err(PartError::Foreign {
                path: path.to_path_buf(),
                what: "format",
                found: line(&bytes[KIND.len()..]),
                wanted: line(&MAGIC[KIND.len()..]),
                with: "this version".to_owned(),
            });
        }
        let Some(end) = bytes
            .len()
            .checked_sub(CHECK)
            .filter(|n| *n >= MAGIC.len() + 4)
        else {
            return Err(damaged("it ends too early"));
        };
        if XxHash3_128::oneshot(&bytes[..end]).to_be_bytes() != bytes[end..] {
            return Err(damaged("its checksum is another"));
        }
        bytes.truncate(end);
        let (length, rest) = bytes[MAGIC.len()..].split_at(4);
        let length = length.try_into().map_or(0, u32::from_le_bytes) as usize;
        let about = rest.get(..length).map(serde_json::from_slice);
        let about = about.and_then(Result::ok);
        Ok(Self {
            about: about.ok_or_else(|| damaged("what it says of itself cannot be read"))?,
            state: MAGIC.len() + 4 + length,
            path: path.to_path_buf(),
            bytes,
        })
    }

    /// What it is a part of.
    #[must_use]
    pub const fn about(&self) -> &About {
        &self.about
    }

    /// What was gathered, to go on with in a job of the same slice of the same run.
    ///
    /// # Errors
    /// When it is of another run or slice.
    pub fn resumed(&self, job: &Job<'_>) -> Result<Gathered, PartError> {
        let here = About::of(job, &job.start());
        let with = || "what is asked for".to_owned();
        self.about.same_run(&self.path, &here, &with)?;
        if self.about.blocks != here.blocks {
            let name = |about: &About| format!("{}/{}", about.part[0], about.part[1]);
            return Err(PartError::Foreign {
                path: self.path.clone(),
                what: "part",
                found: name(&self.about),
                wanted: name(&here),
                with: with(),
            });
        }
        self.gathered(job)
    }

    /// What was gathered, in a job of the same run.
    pub(super) fn gathered(&self, job: &Job<'_>) -> Result<Gathered, PartError> {
        let state = RunState::load(&job.setup, &self.bytes[self.state..]);
        let state = state.map_err(|why| PartError::Damaged {
            path: self.path.clone(),
            why,
        })?;
        Ok(Gathered {
            state,
            blocks: self.about.blocks[0]..self.about.done,
        })
    }
}

/// The first line of bytes that may be anything.
fn line(bytes: &[u8]) -> String {
    let line = bytes.split(|byte| *byte == b'\n').next();
    let line = line.unwrap_or_default();
    String::from_utf8_lossy(&line[..line.len().min(20)]).into_owned()
}
