//! Models in any language: a command that reads journeys and answers with credit.
//!
//! The command gets an Arrow stream of journeys on its stdin and writes one of credit to its stdout,
//! of each journey or of each channel (`docs/exec.md` has the columns). It knows what any other
//! model knows, and is believed no more than one: credit is checked against the conversions and
//! the value that were handed out.
//!
//! # Exactness
//!
//! What a command answers is rounded once, by journey, and summed in integers. So with several
//! workers, each of which sees a part of the journeys, the credit of a model that treats each
//! journey by itself is the same to the last bit. A model that must be fitted needs all journeys in
//! one process: there is one worker unless more are asked for.
//!
//! # Commands are the user's own
//!
//! Only a caller of this module names commands. A scenario cannot: the list of models in it is
//! parsed by [`Lineup::parse`](crate::attribute::Lineup::parse), which refuses them.
//!
//! ```text
//! Log ─ parts ─┬─ stdin → worker 1 → stdout ─┐
//!              └─ stdin → worker 2 → stdout ─┴─ check → Books ─ merge → Credit
//! ```

mod answer;
mod books;
mod fault;
mod process;
mod sent;
mod worker;

use std::time::Duration;

use crate::attribute::{Credit, Note};
use crate::base::Merge;
use crate::io::Log;
use crate::io::arrow::TouchNames;

pub use fault::{ExecError, ExecFault};
pub use process::Running;

use super::attribute::MAX_CELLS;
use books::Books;
use worker::Worker;

/// A command that is a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The model's name.
    pub name: String,
    /// The program, and its arguments: no shell sees them.
    pub words: Vec<String>,
}

/// How commands are run.
#[derive(Clone, Debug)]
pub struct ExecOptions {
    /// How many of a command run at a time, each with a part of the journeys.
    pub workers: usize,
    /// How long a command may go without reading or writing a byte.
    pub timeout: Duration,
    /// Those that run now, for whoever must stop them.
    pub running: Running,
}

impl Default for ExecOptions {
    fn default() -> Self {
        Self {
            workers: 1,
            timeout: Duration::from_secs(60),
            running: Running::default(),
        }
    }
}

/// Credit of a command. `tell` is given what it says on stderr, line by line.
///
/// # Errors
/// When the command cannot be started or fails, is silent for too long, or answers what cannot be
/// credit.
pub fn credit(
    log: &Log,
    command: &Command,
    options: &ExecOptions,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<Credit, ExecError> {
    let (channels, groups) = (log.channels.len(), log.groups.len());
    if (channels + 1).saturating_mul(groups) > MAX_CELLS {
        return Err(ExecError {
            model: command.name.clone(),
            fault: ExecFault::Cells { channels, groups },
        });
    }
    let names = TouchNames::new(&log.channels, &log.groups, &command.name);
    let workers = options.workers.clamp(1, log.parts().max(1));
    let work = |number| {
        let worker = Worker {
            log,
            command,
            options,
            names: &names,
            tell,
            number,
            of: workers,
        };
        worker.run()
    };
    let gathered: Vec<Result<Books, ExecFault>> = std::thread::scope(|scope| {
        let work = &work;
        let handles: Vec<_> = (0..workers).map(|n| scope.spawn(move || work(n))).collect();
        let lost = |_| Err(ExecFault::Lost);
        handles
            .into_iter()
            .map(|h| h.join().unwrap_or_else(lost))
            .collect()
    });
    let mut books = Books::new(channels, groups);
    for part in gathered {
        let part = part.map_err(|fault| ExecError {
            model: command.name.clone(),
            fault,
        })?;
        books.merge(part);
    }
    let mut credit = books.credit();
    if books.fitted() && workers > 1 {
        credit.note(Note::Other(format!(
            "the sum of {workers} answers, each of a command that saw a part of the journeys"
        )));
    }
    Ok(credit)
}
