//! What can be wrong with a scenario, in words a person can act on.
//!
//! Every message names the file, the key, the value that was found, what is wrong with it and
//! what to write instead, in at most four lines. Only a failing disk or network is an
//! input/output error; everything else, a missing file included, is a mistake in the request.

use std::fmt::Write as _;

use super::keys::nearest;

/// Why a scenario could not be loaded.
#[derive(thiserror::Error, Debug)]
#[non_exhaustive]
pub enum ScenarioError {
    /// Neither a file nor a shipped scenario has the name.
    #[error("{file}: no such file, and no shipped scenario of that name\n  {}", shipped_hint(.nearest, .shipped))]
    NotFound {
        /// The path or name that was asked for.
        file: String,
        /// The shipped scenario whose name is nearest, if one is near.
        nearest: Option<String>,
        /// The names of all shipped scenarios.
        shipped: Vec<String>,
    },
    /// The path leads to something that cannot hold a scenario, such as a directory or a pipe.
    #[error("{file}: this is {what}, not a scenario file\n  give the path of a regular TOML file")]
    NotAFile {
        /// The path that was asked for.
        file: String,
        /// What the path leads to, with its article.
        what: &'static str,
    },
    /// The operating system failed to read the file.
    #[error("{file}: cannot be read: {source}\n  check the path and its permissions")]
    Read {
        /// The path that was asked for.
        file: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is not text.
    #[error("{file}: line {line} is not UTF-8 text\n  save the file as UTF-8")]
    NotUtf8 {
        /// The file that was read.
        file: String,
        /// The line of the first wrong byte, from 1.
        line: usize,
    },
    /// The file is far larger than a scenario written by a person.
    #[error(
        "{file}: {bytes} bytes or more, and a scenario has at most {limit}\n  give the scenario file, not a log or a result"
    )]
    TooLarge {
        /// The file that was asked for.
        file: String,
        /// Its size in bytes, or as much of it as was seen.
        bytes: u64,
        /// The largest size accepted, in bytes.
        limit: u64,
    },
    /// The file is not TOML.
    #[error("{file}: line {line}, column {column}: {message}{}", quoted_line(.excerpt))]
    Syntax {
        /// The file that was read.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// What the reader expected.
        message: String,
        /// The line itself, shortened.
        excerpt: String,
    },
    /// Tables or lists are nested more deeply than a scenario has any use for.
    #[error(
        "{file}: nested more than {limit} levels deep\n  a scenario is flatter than that: check the brackets and dots"
    )]
    TooDeep {
        /// The file that was read.
        file: String,
        /// The deepest nesting accepted.
        limit: usize,
    },
    /// A key that no scenario has.
    #[error("{file}: unknown key `{key}`\n  {}", hint(.nearest, .known))]
    UnknownKey {
        /// The file, or the override, that has the key.
        file: String,
        /// The full dotted path of the key.
        key: String,
        /// The full dotted path that was probably meant.
        nearest: Option<String>,
        /// The keys that may stand in its place.
        known: Vec<String>,
    },
    /// A key that must be there is not.
    #[error("{file}: missing key `{key}`{}\n  {remedy}", place(.within))]
    MissingKey {
        /// The file that has the incomplete table.
        file: String,
        /// The key, without the path of its table.
        key: String,
        /// The dotted path of the incomplete table; empty for the top level.
        within: String,
        /// What to write.
        remedy: String,
    },
    /// A key whose value cannot be used.
    #[error("{file}: `{key}` = {value}\n  {problem}\n  {remedy}")]
    Value {
        /// The file, or the override, that has the value.
        file: String,
        /// The full dotted path of the key.
        key: String,
        /// The value that was found, as TOML.
        value: String,
        /// What is wrong with it.
        problem: String,
        /// What to write instead.
        remedy: String,
    },
    /// A file extends itself, directly or through others.
    #[error("{file}: `extends` goes round in a circle: {}\n  remove one `extends` of the circle", .chain.join(" → "))]
    ExtendsLoop {
        /// The file whose `extends` closes the circle.
        file: String,
        /// The files in order; the last one appears earlier as well.
        chain: Vec<String>,
    },
    /// A chain of parents is longer than anyone can follow.
    #[error("{file}: more than {limit} parents by `extends`: {}\n  copy what is needed from the far ancestors into one parent", .chain.join(" → "))]
    ExtendsTooLong {
        /// The file whose `extends` is one too many.
        file: String,
        /// The files in order, from the one that was asked for.
        chain: Vec<String>,
        /// The largest number of parents accepted.
        limit: usize,
    },
    /// The parent a file extends is nowhere to be found.
    #[error("{file}: `extends` = {parent:?}: neither a file beside this one nor a shipped scenario\n  {}", shipped_hint(.nearest, .shipped))]
    ExtendsMissing {
        /// The file that has the `extends`.
        file: String,
        /// The parent it names.
        parent: String,
        /// The shipped scenario whose name is nearest, if one is near.
        nearest: Option<String>,
        /// The names of all shipped scenarios.
        shipped: Vec<String>,
    },
    /// An override on the command line that cannot be understood or applied.
    #[error("--set {text}: {problem}\n  {remedy}")]
    BadOverride {
        /// The override as it was given.
        text: String,
        /// What is wrong with it.
        problem: String,
        /// What to write instead.
        remedy: String,
    },
}

impl ScenarioError {
    /// A value that cannot be used: for checks made after the file has been read.
    pub fn value(
        file: impl Into<String>,
        key: impl Into<String>,
        value: impl ToString,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        ScenarioError::Value {
            file: file.into(),
            key: key.into(),
            value: value.to_string(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// Whether the operating system failed, rather than the request being wrong.
    pub fn is_io(&self) -> bool {
        matches!(self, ScenarioError::Read { .. })
    }

    pub(super) fn bad_override(
        text: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        ScenarioError::BadOverride {
            text: text.into(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }
}

/// Turns the words of a deserialiser into a problem and a remedy.
///
/// `about` is what the schema says of the key; it completes a remedy that would be bare.
pub(super) fn problem_and_remedy(message: &str, about: Option<&str>) -> (String, String) {
    // The units speak in this shape; the last seam is theirs even if a text in the file has one.
    if let Some((problem, remedy)) = message.rsplit_once(": write ") {
        return (problem.to_owned(), format!("write {remedy}"));
    }
    let described = |remedy: String| match about {
        Some(about) => format!("{remedy}: {about}"),
        None => remedy,
    };
    if let Some((found, rest)) = message
        .strip_prefix("unknown variant `")
        .and_then(|rest| rest.split_once("`, expected "))
    {
        let choices: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
        let meant = match nearest(found, choices.iter().copied()) {
            Some(choice) => format!("did you mean {choice:?}? "),
            None => String::new(),
        };
        let list: Vec<String> = choices.iter().map(|c| format!("{c:?}")).collect();
        let remedy = format!("{meant}write one of {}", list.join(", "));
        return (format!("{found:?} is not one of the choices"), remedy);
    }
    for (prefix, kind) in [("invalid type: ", "type"), ("invalid value: ", "value")] {
        let parts = message
            .strip_prefix(prefix)
            .and_then(|m| m.split_once(", expected "));
        if let Some((found, expected)) = parts {
            let expected = plain(expected);
            let problem = format!("wrong {kind}: {found}, where {expected} belongs");
            return (problem, described(format!("write {expected}")));
        }
    }
    (
        message.to_owned(),
        described("write a value of the right form".to_owned()),
    )
}

/// The beginning of a text, without the control characters that could break or recolour a message.
pub(super) fn one_line(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut short = String::new();
    for c in text.chars().take(LONGEST) {
        match c.is_control() {
            true => short.extend(c.escape_default()),
            false => short.push(c),
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

/// The name of a type as someone who does not program would say it.
fn plain(expected: &str) -> String {
    match expected {
        "f32" | "f64" => "a number".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of 0 or more".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" => "a text in quotes".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other => other.to_owned(),
    }
}

fn hint(nearest: &Option<String>, known: &[String]) -> String {
    const SHOWN: usize = 16;
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if known.is_empty() => "nothing is known here: remove it".to_owned(),
        None => {
            let mut text = format!("known here: {}", known[..known.len().min(SHOWN)].join(", "));
            if known.len() > SHOWN {
                // Writing to a string cannot fail.
                let _ = write!(text, " and {} more", known.len() - SHOWN);
            }
            text
        }
    }
}

fn shipped_hint(nearest: &Option<String>, shipped: &[String]) -> String {
    match (nearest, shipped) {
        (Some(nearest), _) => format!("did you mean `{nearest}`?"),
        (None, []) => "give the path of a file that is there".to_owned(),
        (None, names) => format!("give a path, or one of: {}", names.join(", ")),
    }
}

fn place(within: &str) -> String {
    match within {
        "" => " at the top level".to_owned(),
        path => format!(" in `{path}`"),
    }
}

fn quoted_line(excerpt: &str) -> String {
    match excerpt {
        "" => String::new(),
        line => format!("\n  {line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a message that leaves out the file, the key, the value or the remedy.
    #[test]
    fn every_message_names_what_it_is_about_in_four_lines_at_most() {
        let text = |text: &str| text.to_owned();
        let names = || vec![text("alpha"), text("beta")];
        let cases: Vec<(ScenarioError, &[&str])> = vec![
            (
                ScenarioError::NotFound {
                    file: text("x"),
                    nearest: None,
                    shipped: names(),
                },
                &["x: no such file", "one of: alpha, beta"],
            ),
            (
                ScenarioError::NotFound {
                    file: text("x"),
                    nearest: None,
                    shipped: vec![],
                },
                &["x: no such file", "give the path"],
            ),
            (
                ScenarioError::NotAFile {
                    file: text("x"),
                    what: "a directory",
                },
                &["x: this is a directory", "regular TOML file"],
            ),
            (
                ScenarioError::Read {
                    file: text("x"),
                    source: std::io::Error::other("worn out"),
                },
                &["x: cannot be read: worn out", "permissions"],
            ),
            (
                ScenarioError::NotUtf8 {
                    file: text("x"),
                    line: 3,
                },
                &["x: line 3", "UTF-8"],
            ),
            (
                ScenarioError::TooLarge {
                    file: text("x"),
                    bytes: 9,
                    limit: 4,
                },
                &["x: 9 bytes", "at most 4", "give the scenario file"],
            ),
            (
                ScenarioError::TooDeep {
                    file: text("x"),
                    limit: 32,
                },
                &["x: nested more than 32", "check the brackets"],
            ),
            (
                ScenarioError::MissingKey {
                    file: text("x"),
                    key: text("k"),
                    within: text("a[b]"),
                    remedy: text("write k = ..."),
                },
                &["x: missing key `k` in `a[b]`", "write k = ..."],
            ),
            (
                ScenarioError::UnknownKey {
                    file: text("x"),
                    key: text("a.k"),
                    nearest: None,
                    known: (0..20).map(|n| format!("k{n}")).collect(),
                },
                &[
                    "x: unknown key `a.k`",
                    "known here: k0, k1",
                    "k15 and 4 more",
                ],
            ),
            (
                ScenarioError::value("x", "a.k", 7, "it is odd", "write 8"),
                &["x: `a.k` = 7", "it is odd", "write 8"],
            ),
            (
                ScenarioError::ExtendsLoop {
                    file: text("x"),
                    chain: names(),
                },
                &["x: `extends` goes round", "alpha → beta", "remove one"],
            ),
            (
                ScenarioError::ExtendsTooLong {
                    file: text("x"),
                    chain: names(),
                    limit: 8,
                },
                &[
                    "x: more than 8 parents",
                    "alpha → beta",
                    "copy what is needed",
                ],
            ),
            (
                ScenarioError::ExtendsMissing {
                    file: text("x"),
                    parent: text("bta"),
                    nearest: Some(text("beta")),
                    shipped: names(),
                },
                &["x: `extends` = \"bta\"", "did you mean `beta`?"],
            ),
            (
                ScenarioError::bad_override("a=", "there is no value", "write a=1"),
                &["--set a=: there is no value", "write a=1"],
            ),
        ];
        for (error, parts) in cases {
            let message = error.to_string();
            for part in parts {
                assert!(message.contains(part), "`{message}` lacks `{part}`");
            }
            assert!(message.lines().count() <= 4, "{message}");
            assert_eq!(error.is_io(), matches!(error, ScenarioError::Read { .. }));
        }
    }

    /// Catches a deserialiser's own jargon reaching the reader.
    #[test]
    fn serde_is_put_into_plain_words() {
        let cases = [
            (
                "`7` has no unit: write \"7d\"",
                None,
                "`7` has no unit",
                "write \"7d\"",
            ),
            (
                "invalid type: string \"x\", expected f64",
                Some("The lift"),
                "wrong type: string \"x\", where a number belongs",
                "write a number: The lift",
            ),
            (
                "invalid value: integer `-1`, expected u32",
                None,
                "wrong value: integer `-1`, where a whole number of 0 or more belongs",
                "write a whole number of 0 or more",
            ),
            (
                "unknown variant `lineer`, expected one of `linear`, `flat`",
                None,
                "\"lineer\" is not one of the choices",
                "did you mean \"linear\"? write one of \"linear\", \"flat\"",
            ),
            ("odd", None, "odd", "write a value of the right form"),
        ];
        for (message, about, problem, remedy) in cases {
            let expected = (problem.to_owned(), remedy.to_owned());
            assert_eq!(problem_and_remedy(message, about), expected);
        }
    }
}
