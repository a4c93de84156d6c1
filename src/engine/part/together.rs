//! Parts of a run put together: all of them, each once, and all of the same run.

use std::path::{Path, PathBuf};

use super::super::job::{Gathered, Job};
use super::super::plan::Plan;
use super::super::run::{RunError, RunOptions};
use super::{About, PartError, PartFile, Slice};
use crate::base::Merge;
use crate::scenario::Scenario;

/// Parts that make a whole run.
#[derive(Debug)]
pub struct Together {
    parts: Vec<(PathBuf, About)>,
}

impl Together {
    /// Looks at parts, in any order, and sees to it that they are all of one run.
    ///
    /// One is held in memory at a time.
    ///
    /// # Errors
    /// When one cannot be read, is damaged, not finished or of another run, two have users in common,
    /// or users are missing.
    pub fn look(paths: &[PathBuf]) -> Result<Self, PartError> {
        let read = |path: &PathBuf| Ok((path.clone(), PartFile::read(path)?.about().clone()));
        let parts: Result<Vec<_>, PartError> = paths.iter().map(read).collect();
        let mut parts = parts?;
        let (first, run) = parts.first().cloned().ok_or(PartError::None)?;
        for (path, about) in &parts {
            let with = || first.display().to_string();
            about.same_run(path, &run, &with)?;
        }
        let plan = Plan::new(run.users);
        let user = |block| plan.block(block).map_or(run.users, |b| b.first.0);
        for (path, about) in &parts {
            if about.done != about.blocks[1] {
                return Err(PartError::Checkpoint {
                    path: path.clone(),
                    done: user(about.done) - user(about.blocks[0]),
                    users: user(about.blocks[1]) - user(about.blocks[0]),
                });
            }
        }
        parts.sort_by_key(|(_, about)| about.blocks);
        // A slice of a small run may be empty; it has nothing in common with any.
        let full = parts
            .iter()
            .filter(|(_, about)| about.blocks[0] < about.blocks[1]);
        let mut next = (0, None::<&Path>);
        for (path, about) in full {
            let [from, to] = about.blocks;
            match next.1 {
                Some(before) if from < next.0 => {
                    return Err(PartError::Doubled {
                        a: before.to_path_buf(),
                        b: path.clone(),
                        first: user(from),
                        last: user(to.min(next.0)) - 1,
                    });
                }
                _ if from > next.0 => return Err(missing(&parts, plan, [next.0, from])),
                _ => {}
            }
            next = (to, Some(path));
        }
        if next.0 < plan.len() {
            return Err(missing(&parts, plan, [next.0, plan.len()]));
        }
        Ok(Self { parts })
    }

    /// What the run is.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.parts[0].1
    }

    /// The scenario of the run.
    ///
    /// # Errors
    /// When it is not valid.
    pub fn scenario(&self) -> Result<Scenario, PartError> {
        let (path, about) = &self.parts[0];
        about.scenario(path)
    }

    /// The options that make the same run.
    #[must_use]
    pub fn options(&self, threads: Option<usize>) -> RunOptions {
        self.about().options(threads)
    }

    /// What all parts have gathered, to draw conclusions from in a job of the whole run.
    ///
    /// # Errors
    /// When a part has changed since it was looked at.
    pub fn gathered(&self, job: &Job<'_>) -> Result<Gathered, RunError> {
        let mut all = job.start();
        for (path, about) in &self.parts {
            let part = PartFile::read(path)?;
            if part.about() != about {
                return Err(PartError::Damaged {
                    path: path.clone(),
                    why: "it has changed in the meantime".to_owned(),
                }
                .into());
            }
            all.state.merge(part.gathered(job)?.state);
        }
        all.blocks = job.blocks();
        Ok(all)
    }
}

/// What to do about blocks that are in no part.
fn missing(parts: &[(PathBuf, About)], plan: Plan, [from, to]: [u64; 2]) -> PartError {
    let user = |block| plan.block(block).map_or(plan.users(), |b| b.first.0);
    let of = parts[0].1.part[1];
    let even = parts.iter().all(|(_, about)| about.part[1] == of);
    let slices = (1..=of.min(1 << 16)).filter_map(|part| format!("{part}/{of}").parse().ok());
    let lacking: Vec<String> = slices
        .filter(|slice: &Slice| {
            let blocks = slice.of(plan.len());
            !blocks.is_empty() && blocks.start >= from && blocks.end <= to
        })
        .map(|slice| slice.to_string())
        .collect();
    let hint = (even && !lacking.is_empty()).then(|| match &lacking[..] {
        [one] => format!("part {one} is missing"),
        [first, .., last] => format!("parts {first} to {last} are missing"),
        [] => String::new(),
    });
    PartError::Missing {
        first: user(from),
        last: user(to) - 1,
        hint,
    }
}
