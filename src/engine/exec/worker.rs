//! One run of a command: written to, read from and watched at the same time.
//!
//! A command may answer while it reads, or read all first; so one thread writes, one reads, one
//! listens to stderr, and the fourth watches that bytes move. What went wrong first is told: a
//! command that fails also breaks off its answer, and one whose answer is refused is stopped.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::process::{ChildStderr, ChildStdin, ChildStdout, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::io::Log;
use crate::io::arrow::{ArrowFault, JourneyWriter, TouchNames};
use crate::io::log::Scratch;
use crate::io::log::{LogError, VALUE_UNITS};
use crate::journey::JourneyBatch;

use super::answer::{Bad, Names, Reader};
use super::books::Books;
use super::fault::ExecFault;
use super::process::{Pipes, Process};
use super::sent::{Sent, first};
use super::{Command, ExecOptions};

/// How often the watch looks.
const TICK: Duration = Duration::from_millis(10);
/// The last lines of stderr that are kept, and the longest of them in bytes.
const LINES: usize = 12;
const LINE: u64 = 4_096;

/// A command over the parts `number`, `number + of`, … of a log.
pub(super) struct Worker<'a> {
    pub log: &'a Log,
    pub command: &'a Command,
    pub options: &'a ExecOptions,
    pub names: &'a TouchNames,
    pub tell: &'a (dyn Fn(&str) + Sync),
    pub number: usize,
    pub of: usize,
}

/// What the threads of a worker share.
#[derive(Default)]
struct Shared {
    /// Bytes that have moved, in any direction.
    moved: AtomicU64,
    /// Whether the answer has come to its end.
    ended: AtomicBool,
    said: Mutex<VecDeque<String>>,
}

/// Why not all journeys were written.
enum Unsent {
    Pipe(ArrowFault),
    Log(LogError),
}

impl From<ArrowFault> for Unsent {
    fn from(fault: ArrowFault) -> Self {
        Self::Pipe(fault)
    }
}

/// A thread is done.
enum Done<'a> {
    Written(Result<(), Unsent>),
    Read(Result<Box<Reader<'a>>, Bad>),
    Heard,
}

/// That nobody waits any more changes nothing.
fn say<'a>(done: &Sender<Done<'a>>, what: Done<'a>) {
    let _ = done.send(what);
}

/// How it came out.
#[derive(Default)]
struct Outcome<'a> {
    written: Option<Result<(), Unsent>>,
    read: Option<Result<Box<Reader<'a>>, Bad>>,
    status: Option<ExitStatus>,
    silent: bool,
}

/// A pipe whose bytes are counted, and where its end is told.
struct Counted<'a, P>(P, &'a AtomicU64, Option<&'a AtomicBool>);

impl<P: Read> Read for Counted<'_, P> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(into)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        if let (Some(ended), 0, false) = (self.2, read, into.is_empty()) {
            ended.store(true, Ordering::Relaxed);
        }
        Ok(read)
    }
}

impl<P: Write> Write for Counted<'_, P> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.write(bytes)?;
        self.1.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Worker<'_> {
    /// Runs the command to its end.
    pub fn run(&self) -> Result<Books, ExecFault> {
        let program = || self.command.words.first().cloned().unwrap_or_default();
        let started = Process::start(&self.command.words, &self.options.running);
        let (mut process, pipes) = started.map_err(|source| ExecFault::Start {
            program: program(),
            source,
        })?;
        let shared = Shared::default();
        let sent = Sent::new(self.log.parts());
        let names = Names::new(&self.log.channels, &self.log.groups);
        let (done, wait) = channel();
        let Pipes {
            stdin,
            stdout,
            stderr,
        } = pipes;
        let outcome = std::thread::scope(|scope| {
            let (shared, sent, names) = (&shared, &sent, &names);
            let (one, two, three) = (done.clone(), done.clone(), done);
            scope.spawn(move || say(&one, Done::Written(self.write(stdin, sent, shared))));
            scope.spawn(move || say(&two, Done::Read(read(stdout, names, sent, shared))));
            scope.spawn(move || {
                self.listen(stderr, shared);
                say(&three, Done::Heard);
            });
            let mut outcome = Outcome::default();
            let mut last = (0, Instant::now());
            loop {
                let gone = match wait.recv_timeout(TICK) {
                    Ok(Done::Written(result)) => {
                        outcome.written = Some(result);
                        false
                    }
                    Ok(Done::Read(result)) => {
                        // At its end it may tell more by its status.
                        if result.is_err() && !shared.ended.load(Ordering::Relaxed) {
                            process.stop();
                        }
                        outcome.read = Some(result);
                        false
                    }
                    Ok(Done::Heard) | Err(RecvTimeoutError::Timeout) => false,
                    Err(RecvTimeoutError::Disconnected) => true,
                };
                outcome.status = process.ended().map_err(ExecFault::Pipe)?;
                if gone && outcome.status.is_some() {
                    return Ok(outcome);
                }
                if gone {
                    std::thread::sleep(TICK);
                }
                let moved = shared.moved.load(Ordering::Relaxed);
                if moved != last.0 {
                    last = (moved, Instant::now());
                } else if last.1.elapsed() >= self.options.timeout && !outcome.silent {
                    outcome.silent = true;
                    process.stop();
                }
            }
        });
        let said = shared
            .said
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let said = Vec::from(said).join("\n");
        let ended = shared.ended.load(Ordering::Relaxed);
        judge(outcome?, ended, self.options.timeout, said)
    }

    fn write(&self, stdin: ChildStdin, sent: &Sent, shared: &Shared) -> Result<(), Unsent> {
        let to = BufWriter::with_capacity(1 << 16, Counted(stdin, &shared.moved, None));
        let mut writer = JourneyWriter::new(self.names, VALUE_UNITS, to)?;
        let (mut scratch, mut batch) = (Scratch::default(), JourneyBatch::new());
        for part in (self.number..self.log.parts()).step_by(self.of) {
            self.log
                .part(part, &mut scratch, &mut batch)
                .map_err(Unsent::Log)?;
            sent.keep(part, &batch);
            writer.write(first(part), &batch)?;
        }
        Ok(writer.finish()?)
    }

    fn listen(&self, stderr: ChildStderr, shared: &Shared) {
        let mut from = BufReader::new(Counted(stderr, &shared.moved, None));
        let mut line = Vec::new();
        loop {
            line.clear();
            match from.by_ref().take(LINE).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
            (self.tell)(&text);
            let mut said = shared.said.lock().unwrap_or_else(PoisonError::into_inner);
            if said.len() == LINES {
                said.pop_front();
            }
            said.push_back(text);
        }
    }
}

fn read<'a>(
    stdout: ChildStdout,
    names: &'a Names<'a>,
    sent: &'a Sent,
    shared: &Shared,
) -> Result<Box<Reader<'a>>, Bad> {
    let mut reader = Box::new(Reader::new(names, sent));
    let stdout = Counted(stdout, &shared.moved, Some(&shared.ended));
    reader.read(BufReader::with_capacity(1 << 16, stdout))?;
    Ok(reader)
}

/// The credit, or what went wrong first.
fn judge(
    outcome: Outcome<'_>,
    ended: bool,
    timeout: Duration,
    said: String,
) -> Result<Books, ExecFault> {
    let failed = outcome.status.filter(|s| !s.success());
    let failed = failed.map(|status| status.to_string());
    let read = outcome
        .read
        .unwrap_or(Err(Bad::Answer("it was lost".to_owned())));
    let answer = |bad: Bad, said| match bad {
        Bad::Answer(problem) => ExecFault::Answer { problem, said },
        Bad::Io(error) => ExecFault::Pipe(error),
    };
    if outcome.silent {
        return Err(ExecFault::Silent { timeout, said });
    }
    let reader = match (read, failed) {
        (Err(bad), _) if !ended => return Err(answer(bad, said)),
        (_, Some(status)) => return Err(ExecFault::Status { status, said }),
        (Err(bad), None) => return Err(answer(bad, said)),
        (Ok(reader), None) => reader,
    };
    match outcome.written {
        Some(Ok(())) => reader.finish().map_err(|bad| answer(bad, said)),
        Some(Err(Unsent::Log(error))) => Err(ExecFault::Log(error)),
        Some(Err(Unsent::Pipe(ArrowFault::Io(error))))
            if error.kind() != io::ErrorKind::BrokenPipe =>
        {
            Err(ExecFault::Pipe(error))
        }
        _ => Err(ExecFault::Unread { said }),
    }
}
