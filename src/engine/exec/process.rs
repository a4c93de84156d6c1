//! A process and all that it starts.
//!
//! A command may be a script that starts others. So it gets a process group of its own, and is
//! stopped with everything in it. The price is that the terminal's Ctrl-C does not reach it: whoever
//! catches the signal has [`Running`] to stop what runs.

use std::io;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The processes that run, shared by all clones.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    stopped: bool,
    groups: Vec<u32>,
}

impl Running {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops those that run, and any that is started later.
    pub fn stop(&self) {
        let mut state = self.state();
        state.stopped = true;
        state.groups.iter().for_each(|group| kill(*group));
    }
}

#[cfg(unix)]
fn kill(group: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let group = i32::try_from(group).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // It may have ended by itself.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill(_: u32) {}

/// A process; dropped, it is stopped.
pub(super) struct Process {
    child: Child,
    running: Running,
    ended: Option<ExitStatus>,
}

/// What it reads and writes.
pub(super) struct Pipes {
    pub stdin: ChildStdin,
    pub stdout: ChildStdout,
    pub stderr: ChildStderr,
}

impl Process {
    /// Starts a program; `words` are it and its arguments.
    pub fn start(words: &[String], running: &Running) -> io::Result<(Self, Pipes)> {
        let none = || io::Error::new(io::ErrorKind::InvalidInput, "there is no program");
        let (program, arguments) = words.split_first().ok_or_else(none)?;
        let mut command = Command::new(program);
        command.args(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        // Under the lock, so that none is started behind the back of who stops all.
        let mut state = running.state();
        if state.stopped {
            return Err(io::Error::new(
                io::ErrorKind::Interrupted,
                "all are being stopped",
            ));
        }
        let mut child = command.spawn()?;
        state.groups.push(child.id());
        drop(state);
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let process = Self {
            child,
            running: running.clone(),
            ended: None,
        };
        match pipes {
            (Some(stdin), Some(stdout), Some(stderr)) => Ok((
                process,
                Pipes {
                    stdin,
                    stdout,
                    stderr,
                },
            )),
            _ => Err(io::Error::other("a pipe is missing")),
        }
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            // Once it is waited for, its number may be another's.
            let mut state = self.running.state();
            self.ended = self.child.try_wait()?;
            if self.ended.is_some() {
                let own = self.child.id();
                state.groups.retain(|group| *group != own);
            }
        }
        Ok(self.ended)
    }

    /// Stops it and all that it has started, if it has not ended.
    pub fn stop(&mut self) {
        if let Ok(None) = self.ended() {
            kill(self.child.id());
            let _ = self.child.kill();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
        if self.ended.is_none() {
            let _ = self.child.wait();
            let own = self.child.id();
            self.running.state().groups.retain(|group| *group != own);
        }
    }
}
