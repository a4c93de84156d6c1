//! What can go wrong with a command, and what to do about it.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::io::LogError;

/// Why a command's credit cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("model {model}: {fault}")]
pub struct ExecError {
    /// The model.
    pub model: String,
    /// What went wrong.
    pub fault: ExecFault,
}

impl ExecError {
    /// Whether the system is to blame, and not the command.
    #[must_use]
    pub fn is_io(&self) -> bool {
        matches!(
            self.fault,
            ExecFault::Pipe(_) | ExecFault::Log(_) | ExecFault::Lost
        )
    }
}

/// What went wrong with a command.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExecFault {
    /// It cannot be started.
    Start {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// It ended with another status than 0.
    Status {
        /// Status or signal.
        status: String,
        /// The last that it said on stderr.
        said: String,
    },
    /// It neither read nor wrote anything for so long.
    Silent {
        /// For how long.
        timeout: Duration,
        /// The last that it said on stderr.
        said: String,
    },
    /// Its answer is no credit.
    Answer {
        /// What is wrong.
        problem: String,
        /// The last that it said on stderr.
        said: String,
    },
    /// It stopped reading.
    Unread {
        /// The last that it said on stderr.
        said: String,
    },
    /// There are more cells of credit than fit.
    Cells {
        /// Channels.
        channels: usize,
        /// Merchants.
        groups: usize,
    },
    /// The log cannot be read back.
    Log(LogError),
    /// The system refused.
    Pipe(io::Error),
    /// A thread of ours was lost.
    Lost,
}

impl fmt::Display for ExecFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = match self {
            Self::Start { program, source } => {
                return write!(
                    f,
                    "`{program}` cannot be started ({source}); name a program that can, with its \
                     arguments and without what only a shell knows"
                );
            }
            Self::Cells { channels, groups } => {
                return write!(
                    f,
                    "{channels} channels of {groups} merchants make too many cells of credit: group \
                     merchants into campaigns, or leave --merchant out"
                );
            }
            Self::Log(error) => return write!(f, "{error}"),
            Self::Pipe(error) => return write!(f, "its pipes failed: {error}"),
            Self::Lost => return write!(f, "it was lost: a thread that attends it ended"),
            Self::Status { status, said } => {
                write!(f, "the command ended with {status}")?;
                said
            }
            Self::Silent { timeout, said } => {
                let seconds = timeout.as_secs_f64();
                write!(
                    f,
                    "the command read and wrote nothing for {seconds} s and was stopped; give it \
                     longer with --exec-timeout"
                )?;
                said
            }
            Self::Answer { problem, said } => {
                write!(f, "the command's answer cannot be used: {problem}")?;
                said
            }
            Self::Unread { said } => {
                write!(
                    f,
                    "the command stopped reading before the end of the journeys; read stdin to its end"
                )?;
                said
            }
        };
        match &said[..] {
            "" => write!(f, "; it said nothing on stderr"),
            said => write!(f, "; it said last:\n{said}"),
        }
    }
}

impl std::error::Error for ExecFault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start { source, .. } | Self::Pipe(source) => Some(source),
            _ => None,
        }
    }
}
