//! The shipped scenarios: no number without a tag, no scenario without a question.

use std::fs;
use std::path::Path;

use redcat::scenario::Catalogue;
use redcat::scenario::load::Library;
use toml::{Table, Value};

/// Keys of running, not of the world.
const UNTAGGED: [&str; 3] = ["schema_version", "users", "seed"];
/// Keys of prose, which may begin with a digit and assign none.
const PROSE: [&str; 6] = ["name", "question", "analysis", "about", "source", "because"];

/// Whether a value assigns a number, or a text that stands for one ("¥40", "7.6d", a date).
fn is_number(value: &Value) -> bool {
    match value {
        Value::Integer(_) | Value::Float(_) | Value::Datetime(_) => true,
        Value::String(text) => text
            .trim_start_matches(['¥', '+', '-', '.'])
            .starts_with(|c: char| c.is_ascii_digit()),
        Value::Array(items) => items.iter().any(is_number),
        Value::Table(table) => table.values().any(is_number),
        Value::Boolean(_) => false,
    }
}

/// Where the comment of a line begins.
fn comment(line: &str) -> Option<&str> {
    let mut quoted = false;
    let at = line.find(|c| {
        quoted ^= c == '"';
        c == '#' && !quoted
    });
    at.map(|at| &line[at + 1..])
}

/// Whether a comment begins with a tag: the source article, published, industry, assumption, derived.
fn tagged(comment: &str) -> bool {
    let mut words = comment.split_whitespace();
    words
        .next()
        .is_some_and(|word| ["S", "P", "I", "A", "D"].contains(&word))
}

/// Lines that assign a number and do not say where it comes from, as `file:line: text`.
fn untagged(file: &str, text: &str) -> Vec<String> {
    let (mut table, mut prose, mut above) = (String::new(), false, "");
    let mut faults = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let fault = || format!("{file}:{}: {line}", i + 1);
        let was_prose = prose;
        prose ^= line.matches("\"\"\"").count() % 2 == 1;
        if was_prose || prose {
            continue;
        }
        let trimmed = line.trim();
        if trimmed.starts_with('[') {
            table = trimmed
                .trim_start_matches('[')
                .split(']')
                .next()
                .unwrap_or("")
                .to_owned();
        } else if !trimmed.is_empty() && !trimmed.starts_with('#') {
            match line.parse::<Table>() {
                Err(_) => faults.push(format!("{}: not an assignment on one line", fault())),
                Ok(assigned) => {
                    let exempt = |key: &str| {
                        let fact = table == "facts" && ["published", "tolerance"].contains(&key);
                        fact || table == "expect" || UNTAGGED.contains(&key) || PROSE.contains(&key)
                    };
                    let number = assigned
                        .iter()
                        .any(|(key, value)| !exempt(key) && is_number(value));
                    // A long row carries its tag on the line above.
                    let on_top = assigned.contains_key("hour_of_day")
                        && above.starts_with('#')
                        && tagged(&above[1..]);
                    if number && !on_top && !comment(line).is_some_and(tagged) {
                        faults.push(fault());
                    }
                }
            }
        }
        above = trimmed;
    }
    faults
}

/// What a scenario leaves unsaid. `base` has no policy of its own, and nothing to expect.
fn unsaid(file: &str, text: &str) -> Vec<String> {
    let table: Table = text.parse().unwrap();
    let said = |key: &str| {
        table
            .get(key)
            .and_then(Value::as_str)
            .is_some_and(|text| !text.trim().is_empty())
    };
    let mut faults: Vec<_> = ["question", "analysis"]
        .iter()
        .filter(|key| !said(key))
        .map(|key| format!("{file}: no {key}"))
        .collect();
    let expects = table
        .get("expect")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    if expects == 0 && file != "world-618.toml" {
        faults.push(format!("{file}: no expect"));
    }
    for fact in table
        .get("facts")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|fact| fact.get("remove").is_none())
    {
        if !fact.get("tag").and_then(Value::as_str).is_some_and(tagged)
            || fact.get("source").is_none()
        {
            faults.push(format!(
                "{file}: fact without tag or source: {}",
                fact["name"]
            ));
        }
    }
    faults
}

fn shipped() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

/// Would catch a number that does not say whether it is measured or assumed.
#[test]
fn every_number_of_a_scenario_has_a_tag() {
    let faults: Vec<_> = shipped()
        .iter()
        .flat_map(|(file, text)| untagged(file, text))
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    for bad in [
        "a = 1",
        "a = 1 # because",
        "a = { b = \"¥4\" }",
        "a = \"7d\" # Probably",
        "a = \"2025-05-13 20:00\"",
        "a = [0, 1]",
    ] {
        assert_eq!(untagged("a", bad).len(), 1, "{bad}");
    }
    let good = "a = 1 # A\nb = \"#1\"\nc = true\nsource = \"70 % of users\"\nmodels = [\"markov:1\"]\n# A  measured\nhour_of_day = [1]\n[[facts]]\npublished = 3\nd = \"\"\"\n5 = 4\n\"\"\"\n[[expect]]\nat_least = 3";
    assert_eq!(untagged("a", good), Vec::<String>::new());
    assert_eq!(
        untagged("a", "[people]\ntolerance = 1\n# note\nhour_of_day = [1]").len(),
        2
    );
}

/// Would catch a scenario that asks nothing, or does not say what it expects.
#[test]
fn every_scenario_states_its_question_and_what_it_expects() {
    let faults: Vec<_> = shipped()
        .iter()
        .flat_map(|(file, text)| unsaid(file, text))
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert_eq!(unsaid("a", "question = \"\"").len(), 3);
}

/// Would catch a scenario that lies in the folder and is not in the command.
#[test]
fn the_catalogue_is_the_folder() {
    let mut names: Vec<_> = Catalogue.names().into_iter().map(str::to_owned).collect();
    names.sort();
    assert_eq!(
        names,
        shipped()
            .into_iter()
            .map(|(file, _)| file)
            .collect::<Vec<_>>()
    );
}
