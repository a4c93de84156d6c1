//! Imports go down, and what models see has no words for the truth.

use std::fs;
use std::path::Path;

use super::source::{code, line, paths, without_tests, words};
use super::{module_of, rust_files};

/// The floors, lowest first: a module and the modules that it may name. Each row names only rows
/// above it, so there is no cycle.
const FLOORS: [(&str, &[&str]); 12] = [
    ("base", &[]),
    ("scenario", &["base"]),
    ("journey", &["base"]),
    ("io", &["base", "journey"]),
    ("world", &["scenario", "base", "journey"]),
    ("observe", &["world", "journey", "scenario", "base"]),
    // The scientific claim: a model cannot name the world it is judged against.
    ("attribute", &["journey", "base"]),
    (
        "evaluate",
        &["world", "attribute", "journey", "scenario", "base"],
    ),
    (
        "engine",
        &[
            "evaluate",
            "attribute",
            "observe",
            "world",
            "io",
            "journey",
            "scenario",
            "base",
        ],
    ),
    (
        "load",
        &[
            "engine",
            "attribute",
            "world",
            "io",
            "journey",
            "scenario",
            "base",
        ],
    ),
    (
        "report",
        &[
            "load",
            "engine",
            "evaluate",
            "attribute",
            "observe",
            "world",
            "io",
            "journey",
            "scenario",
            "base",
        ],
    ),
    (
        "cli",
        &[
            "report",
            "load",
            "engine",
            "evaluate",
            "attribute",
            "observe",
            "world",
            "io",
            "journey",
            "scenario",
            "base",
        ],
    ),
];

/// Where a floor takes only a part of another: (module, of module, names).
const PARTS: [(&str, &str, &[&str]); 1] = [("world", "journey", &["TouchKind"])];

/// What a file does against the floors, as `file:line: edge`.
fn floor_faults(file: &str, text: &str) -> Vec<String> {
    let (module, depth) = module_of(file);
    let code = without_tests(&code(text));
    let mut faults = Vec::new();
    for evasion in ["#[path", "include!", "extern crate"] {
        for (place, _) in code.match_indices(evasion) {
            faults.push(format!(
                "{file}:{}: {evasion} evades the floors",
                line(&code, place)
            ));
        }
    }
    if file == "src/lib.rs" {
        return faults;
    }
    let Some((_, allowed)) = FLOORS.iter().find(|(m, _)| *m == module) else {
        faults.push(format!("{file}:1: {module} is on no floor"));
        return faults;
    };
    let root = if module == "cli" { "redcat" } else { "crate" };
    for (line, path) in paths(&code, root, depth) {
        let to = path.first().map_or("*", String::as_str);
        if to != module && !allowed.contains(&to) {
            faults.push(format!("{file}:{line}: {module} -> {}", path.join("::")));
        }
        let part = PARTS
            .iter()
            .find(|(from, of, _)| *from == module && *of == to);
        let name = path.get(1).map_or("*", String::as_str);
        if part.is_some_and(|(_, _, names)| !names.contains(&name)) {
            faults.push(format!("{file}:{line}: {module} -> {}", path.join("::")));
        }
    }
    faults
}

/// Rows of a table of floors that name a row not above them.
fn upward<'a>(floors: &[(&'a str, &'a [&'a str])]) -> Vec<(&'a str, &'a str)> {
    let edges = floors
        .iter()
        .enumerate()
        .flat_map(|(i, (from, to))| to.iter().map(move |to| (i, *from, *to)));
    edges
        .filter(|(i, _, to)| !floors[..*i].iter().any(|(m, _)| m == to))
        .map(|(_, from, to)| (from, to))
        .collect()
}

/// Would catch an import that goes up, or around by `super`, a glob or a renamed root; and a module
/// that nobody has put on a floor.
#[test]
fn imports_go_down() {
    let files = rust_files("src");
    let faults: Vec<_> = files
        .iter()
        .flat_map(|(file, text)| floor_faults(file, text))
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    let library =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let code = code(&library);
    let modules = words(&code)
        .windows(2)
        .filter(|w| w[0].1 == "mod")
        .map(|w| w[1].1)
        .collect::<Vec<_>>();
    assert!(modules.len() >= 9, "{modules:?}");
    for module in modules {
        assert!(
            FLOORS.iter().any(|(m, _)| *m == module),
            "src/lib.rs: {module} is on no floor"
        );
    }
}

/// Would catch a table of floors that itself allows a cycle.
#[test]
fn the_floors_have_no_cycle() {
    assert_eq!(upward(&FLOORS), []);
    let cycle: [(&str, &[&str]); 2] = [("a", &["b"]), ("b", &["a"])];
    assert_eq!(upward(&cycle), [("a", "b")]);
}

/// Would catch a reader that overlooks an edge, or sees one where there is none.
#[test]
fn the_reader_of_source_sees_what_is_code() {
    let bad = [
        ("src/attribute/x.rs", "use crate::world::World;", 1),
        ("src/attribute/x.rs", "\nfn f() { crate::scenario::x() }", 2),
        (
            "src/attribute/x.rs",
            "use crate::{base::{self, Merge as M}, journey, world};",
            1,
        ),
        (
            "src/attribute/x.rs",
            "use crate :: { base , \n evaluate :: truth };",
            1,
        ),
        ("src/attribute/x.rs", "use super::super::world::History;", 1),
        ("src/attribute.rs", "use super::world;", 1),
        ("src/attribute.rs", "use super::*;", 1),
        ("src/attribute.rs", "use crate as root;", 1),
        ("src/attribute.rs", "use crate::{self as root};", 1),
        ("src/attribute.rs", "use crate::*;", 1),
        ("src/attribute.rs", "#[path = \"world.rs\"] mod mine;", 1),
        (
            "src/attribute/x.rs",
            "#[cfg(test)]\nmod tests { }\nuse crate::world::X;",
            3,
        ),
        (
            "src/attribute/x.rs",
            "#[cfg(test)]\nuse crate::world;\nfn f(c: char) { c == '\"'; crate::world::f() }",
            3,
        ),
        (
            "src/attribute/x.rs",
            "/* /* */ */ fn f<'a>(s: &'a str) { r#\"\"\"#; crate::engine::g() }",
            1,
        ),
        (
            "src/attribute/x.rs",
            "const S: &str = \"\\\\\"; use crate::world::X;",
            1,
        ),
        (
            "src/attribute/x.rs",
            "fn f() { b\"\\\"\"; '\\''; br\"\\\"; '→'; crate::io::x() }",
            1,
        ),
        (
            "src/world/x.rs",
            "use crate::journey::{JourneyBatch, TouchKind};",
            1,
        ),
        ("src/base/x.rs", "use crate::scenario::Scenario;", 1),
        ("src/cli/x.rs", "use redcat::secret::Thing;", 1),
        (
            "src/attribute/x.rs",
            "fn f() { \"\"; '\"'; b'x'; crate::io::x(); \"\" }",
            1,
        ),
        ("src/new.rs", "", 1),
    ];
    for (file, text, line) in bad {
        let faults = floor_faults(file, text);
        assert_eq!(faults.len(), 1, "{file}: {text}: {faults:?}");
        assert!(
            faults[0].starts_with(&format!("{file}:{line}: ")),
            "{faults:?}"
        );
    }
    let good = [
        (
            "src/attribute/x.rs",
            "//! [`crate::world`]\n/// `use crate::world`\nuse crate::base::Merge; // crate::world",
        ),
        (
            "src/attribute/x.rs",
            "const S: &str = \"use crate::world\"; const T: &str = r#\"crate::world \" \"#;",
        ),
        (
            "src/attribute/x.rs",
            "use super::world; pub(crate) fn f(_: crate::journey::Journey) {}",
        ),
        (
            "src/attribute/x.rs",
            "#[cfg(test)]\n#[expect(dead_code)]\nmod tests { fn f(_: [u8; 3]) {} use crate::world; }",
        ),
        ("src/world/x.rs", "use crate::journey::TouchKind;"),
        (
            "src/cli/x.rs",
            "use redcat::report::terminal; use crate::whatever;",
        ),
        ("src/main.rs", "mod cli;"),
    ];
    for (file, text) in good {
        assert_eq!(floor_faults(file, text), Vec::<String>::new(), "{text}");
    }
}

/// What a file of the sighted floors says that it must not be able to say.
fn sighted(file: &str, text: &str) -> Vec<String> {
    let code = without_tests(&code(text));
    let named = |word: &str| {
        let small = word.to_lowercase();
        ["world", "pointer", "truth"]
            .iter()
            .any(|latent| small.contains(latent))
            || word.contains("Cause")
    };
    let found = words(&code).into_iter().filter(|(_, word)| named(word));
    found
        .map(|(place, word)| format!("{file}:{}: {word}", line(&code, place)))
        .collect()
}

/// Would catch a latent field that has got into what models see.
#[test]
fn models_have_no_words_for_the_truth() {
    let files = rust_files("src");
    let seen = files
        .iter()
        .filter(|(file, _)| ["attribute", "journey"].contains(&module_of(file).0));
    let faults: Vec<_> = seen.flat_map(|(file, text)| sighted(file, text)).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert_eq!(
        sighted(
            "a.rs",
            "// the world\nstruct X { truth: u8, by: NeedCause }"
        )
        .len(),
        2
    );
}
