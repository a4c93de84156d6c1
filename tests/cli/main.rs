//! The command as its users meet it: what they type, what they read, and what is left on disk.
//!
//! Each command runs in a folder of its own. A request that cannot be met must be refused with an
//! exit code, a remedy and not a byte changed; one that can must print what others will parse.

mod arrow;
mod arrow_damaged;
mod attribute;
mod attribute_refused;
mod attribute_sources;
mod bench;
mod by_time;
mod compare;
mod document;
mod exec;
mod exec_refused;
mod folder;
mod gate;
mod kept;
mod load;
mod market;
mod measures;
mod other_verbs;
mod page;
mod parts;
mod refused;
mod request;
mod track;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// Longer than any of these commands takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// What every small run is given.
const SMALL: [&str; 5] = ["--users", "2000", "--threads", "1", "--quiet"];

/// A folder to run commands in.
struct Place(TempDir);

impl Place {
    fn empty() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// A folder with these files in it.
    fn with(files: &[(&str, &str)]) -> Self {
        let place = Self::empty();
        for (name, text) in files {
            fs::write(place.path().join(name), text).expect("written");
        }
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs the command here.
    fn run(&self, arguments: &[&str]) -> Said {
        let mut command: Command = assert_cmd::cargo::cargo_bin_cmd!("redcat");
        let command = command.current_dir(self.path()).args(arguments);
        let output = command.timeout(PATIENCE).output().expect("starts");
        Said::new(arguments, output)
    }

    /// Runs a scenario at small size and reads the document it prints.
    fn document(&self, scenario: &str, more: &[&str]) -> Value {
        let mut arguments = vec!["run", scenario, "--json"];
        arguments.extend(SMALL);
        arguments.extend(more);
        self.run(&arguments).done().json()
    }

    /// Every file and folder here with the bytes of the files, of large ones the length.
    fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.path().to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                let size = fs::metadata(&path).map_or(0, |m| m.len());
                let bytes = match path.is_file() {
                    true if size < 1 << 20 => fs::read(&path).expect("a file"),
                    true => size.to_string().into_bytes(),
                    false => Vec::new(),
                };
                if path.is_dir() {
                    open.push(path.clone());
                }
                found.insert(path.display().to_string(), bytes);
            }
        }
        found
    }

    /// Runs the command, which must refuse with this code, say each of the parts on stderr and
    /// nothing on stdout, and leave the folder as it was.
    #[track_caller]
    fn refuses(&self, arguments: &[&str], code: i32, parts: &[&str]) {
        let before = self.contents();
        let said = self.run(arguments);
        assert_eq!(said.code, Some(code), "{said:?}");
        assert_eq!(said.stdout, "", "stdout is for results: {said:?}");
        for part in parts {
            assert!(said.stderr.contains(part), "no `{part}` in {said:?}");
        }
        let after = self.contents();
        let (before, after) = (before.keys().zip(before.values()), &after);
        assert!(before.eq(after.iter()), "changed files: {said:?}");
    }
}

/// What a command has said.
struct Said {
    arguments: Vec<String>,
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// For the messages of failed assertions: documents are long.
impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begins: String = self.stdout.chars().take(400).collect();
        let arguments = self.arguments.join(" ");
        let (code, stderr) = (self.code, &self.stderr);
        write!(f, "redcat {arguments}: {code:?}\n{begins}\n{stderr}")
    }
}

impl Said {
    #[track_caller]
    fn new(arguments: &[&str], output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let said = Self {
            arguments: arguments.iter().map(|a| (*a).to_owned()).collect(),
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        assert!(!said.stderr.contains("panicked"), "{said:?}");
        said
    }

    /// The command has done what it was asked to.
    #[track_caller]
    fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// It was refused, with this code and not a word on stdout.
    #[track_caller]
    fn refused(self, code: i32) -> Self {
        assert_eq!(
            (self.code, self.stdout.as_str()),
            (Some(code), ""),
            "{self:?}"
        );
        self
    }

    /// Stdout, which must be one JSON document and nothing else.
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }
}

/// Asks for a run of this text as `case.toml`, which must be refused with code 2 and these parts.
#[track_caller]
fn refused(text: &str, parts: &[&str]) {
    let place = Place::with(&[("case.toml", text)]);
    let mut arguments = vec!["run", "case.toml", "--json", "--out", "result"];
    arguments.extend(SMALL);
    let parts = [&["error: case.toml: "], parts].concat();
    place.refuses(&arguments, 2, &parts);
}

/// As [`refused`], of a change to the shipped scenario.
#[track_caller]
fn refused_change(text: &str, parts: &[&str]) {
    refused(&format!("extends = 'red-cat-618'\n{text}"), parts);
}
