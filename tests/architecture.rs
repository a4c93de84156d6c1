//! The house is executable: floors, sizes, names and panics, read off the source as text, and the
//! tags of the shipped scenarios.

#[path = "architecture/floors.rs"]
mod floors;
#[path = "architecture/scenarios.rs"]
mod scenarios;
#[path = "architecture/source.rs"]
mod source;

use std::fs;
use std::path::Path;

use source::{code, line, without_tests, words};

/// Names that say nothing.
const VAGUE: [&str; 8] = [
    "types", "utils", "util", "common", "manager", "managers", "helpers", "misc",
];

/// What may panic outside tests: (file, call, how often, reason).
const PANICS: [(&str, &str, usize, &str); 10] = [
    (
        "src/attribute/credit.rs",
        "assert!",
        1,
        "a place outside of the table: documented, a programmer's error",
    ),
    (
        "src/attribute/credit.rs",
        "assert_eq!",
        1,
        "credit of another shape: documented, a programmer's error",
    ),
    (
        "src/attribute/erased.rs",
        "panic!",
        1,
        "a state of another model: documented at `Lineup`",
    ),
    (
        "src/attribute/hazard/timed.rs",
        "assert_eq!",
        1,
        "states of different shapes: documented",
    ),
    (
        "src/attribute/grams.rs",
        "assert_eq!",
        1,
        "states of different shapes: documented",
    ),
    (
        "src/attribute/ledger.rs",
        "assert_eq!",
        1,
        "states of different shapes: documented",
    ),
    (
        "src/attribute/lineup.rs",
        "assert!",
        2,
        "a state of another lineup: documented",
    ),
    (
        "src/attribute/markov.rs",
        "assert_eq!",
        1,
        "states of different shapes: documented",
    ),
    (
        "src/attribute/patterns.rs",
        "assert_eq!",
        1,
        "states of different shapes: documented",
    ),
    (
        "src/base/merge.rs",
        "assert_eq!",
        4,
        "`merge_laws` is for tests, of models written outside too",
    ),
];

/// Where `unsafe` may stand: (file, reason).
const UNSAFE: [(&str, &str); 0] = [];

/// (path from the crate's folder, text) of every Rust file under a folder, in order.
fn rust_files(folder: &str) -> Vec<(String, String)> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut open, mut files) = (vec![home.join(folder)], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path
                .strip_prefix(home)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            if path.is_dir() {
                open.push(path);
            } else if name.ends_with(".rs") {
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// The top-level module of a file under `src`, and how deep the file lies below the root.
fn module_of(file: &str) -> (&str, usize) {
    let inside = file.trim_start_matches("src/").trim_end_matches(".rs");
    let module = inside.split('/').next().unwrap();
    let module = if module == "main" { "cli" } else { module };
    (
        module,
        inside.split('/').filter(|part| *part != "mod").count(),
    )
}

/// Would catch a file that has grown past reading, and names that say nothing.
#[test]
fn files_are_short_and_named_for_what_they_hold() {
    for (file, text) in ["src", "tests", "benches", "examples"]
        .iter()
        .flat_map(|folder| rust_files(folder))
    {
        assert!(
            text.lines().count() <= 500,
            "{file}: {} lines",
            text.lines().count()
        );
        let mut parts = file.trim_end_matches(".rs").split('/');
        assert!(
            !parts.any(|part| VAGUE.contains(&part)),
            "{file}: named by kind"
        );
    }
}

/// Calls that can panic, as (line, call).
fn panics(text: &str) -> Vec<(usize, &'static str)> {
    const CALLS: [&str; 9] = [
        ".unwrap()",
        ".expect(",
        "panic!",
        "todo!",
        "unimplemented!",
        "unreachable!",
        "assert!",
        "assert_eq!",
        "assert_ne!",
    ];
    let code = without_tests(&code(text));
    // The compiler's own, as `const _: () = assert!(…)`, happens before anything runs.
    let whole = |place: usize, call: &str| {
        let before = &code[..place];
        let in_word = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        call.starts_with('.') || !(in_word || before.ends_with("const _: () = "))
    };
    let of = |call: &'static str| {
        let places = code
            .match_indices(call)
            .filter(|(place, _)| whole(*place, call));
        places
            .map(|(place, _)| (line(&code, place), call))
            .collect::<Vec<_>>()
    };
    CALLS.into_iter().flat_map(of).collect()
}

/// Would catch a panic that input could reach, and a reason that has outlived its panic.
#[test]
fn nothing_panics_without_a_reason() {
    let mut excused: Vec<_> = PANICS
        .iter()
        .map(|(file, call, often, _)| (*file, *call, *often))
        .collect();
    let mut faults = Vec::new();
    for (file, text) in rust_files("src") {
        for (line, call) in panics(&text) {
            match excused
                .iter_mut()
                .find(|(f, c, left)| *f == file && *c == call && *left > 0)
            {
                Some((_, _, left)) => *left -= 1,
                None => faults.push(format!("{file}:{line}: {call}")),
            }
        }
    }
    excused.retain(|(_, _, left)| *left > 0);
    assert!(
        faults.is_empty() && excused.is_empty(),
        "\n{}\nno longer there: {excused:?}",
        faults.join("\n")
    );
    let sample = "const _: () = assert!(true); /// x.unwrap()\nfn f() { x.unwrap(); debug_assert!(true); x.expect_err(\"\");\n assert!(y) }";
    assert_eq!(panics(sample), [(2, ".unwrap()"), (3, "assert!")]);
}

/// Would catch `unsafe` that nobody has given a reason for.
#[test]
fn nothing_is_unsafe() {
    for (file, text) in rust_files("src") {
        let code = code(&text);
        let found = words(&code).into_iter().find(|(_, word)| *word == "unsafe");
        let excused = UNSAFE.iter().any(|(f, _)| *f == file);
        assert_eq!(
            found.is_some(),
            excused,
            "{file}: {:?}",
            found.map(|(place, _)| line(&code, place))
        );
    }
}
