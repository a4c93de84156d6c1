//! From a file to a wire value: read, extend, override, check, deserialise.
//!
//! A scenario may extend another and state only what differs, so one document is a chain of
//! layers. The chain is merged into a single table first, and every check is made on that table:
//! a key is unknown, or a value wrong, whichever layer it came from. The layers are kept until
//! the end only to name the file a mistake is in.
//!
//! The merged table is also written out again with its keys sorted. That text is the same
//! whatever the order and comments of the files, so that a digest of it identifies a scenario.

mod fault;
mod layers;
mod merge;
mod read;

use std::fs;
use std::path::Path;

use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::error::ScenarioError;
use super::keys::{Guide, first_unknown};
use super::overrides::Override;
use fault::{History, wrong_value};
use layers::{Source, absent, layers, suggestion};
use merge::merge;
pub(super) use read::{MAX_DEPTH, parse_value};

/// The largest scenario accepted, in bytes: a scenario is written by a person.
pub const MAX_BYTES: u64 = 4 << 20;

/// The shipped scenarios, as texts held in memory.
pub trait Library {
    /// The text of the scenario called `name`, either its stem or its file name.
    fn find(&self, name: &str) -> Option<&str>;
    /// The names of all scenarios, for suggestions.
    fn names(&self) -> Vec<&str>;
}

/// A scenario that has been read, merged, overridden and deserialised.
#[derive(Clone, Debug)]
pub struct Resolved<W> {
    /// The document as its wire type.
    pub wire: W,
    /// The name of the file that was asked for, for messages.
    pub origin: String,
    /// The merged document as TOML with sorted keys: equal for equal content.
    pub text: String,
    /// The merged document.
    pub table: Table,
}

/// Loads the scenario at `path`, or the shipped one of that name if there is no such file.
///
/// # Errors
/// Says what is wrong with the file, one of its parents or an override; see [`ScenarioError`].
pub fn load<W: DeserializeOwned + JsonSchema>(
    path: &Path,
    library: &dyn Library,
    overrides: &[Override],
) -> Result<Resolved<W>, ScenarioError> {
    // A path with folders in it is meant as a path and never as a name.
    let name = path.to_str().filter(|_| path.components().count() == 1);
    let shipped = || name.and_then(|name| Source::shipped(library, name));
    let file = || path.display().to_string();
    let found = match fs::metadata(path) {
        // A folder of results may bear the name of the scenario that made them.
        Ok(metadata) if metadata.is_dir() => shipped(),
        Ok(_) => None,
        Err(error) if absent(&error) => match shipped() {
            Some(source) => Some(source),
            None => {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                let (nearest, shipped) = suggestion(library, &stem);
                let file = file();
                return Err(ScenarioError::NotFound {
                    file,
                    nearest,
                    shipped,
                });
            }
        },
        Err(source) => {
            return Err(ScenarioError::Read {
                file: file(),
                source,
            });
        }
    };
    let source = match found {
        Some(source) => source,
        None => Source::file(path)?,
    };
    resolve(source, library, overrides)
}

/// Loads a scenario from `text`; `origin` names it in messages. Its parents are shipped ones.
///
/// # Errors
/// Says what is wrong with the text, one of its parents or an override; see [`ScenarioError`].
pub fn from_text<W: DeserializeOwned + JsonSchema>(
    origin: &str,
    text: &str,
    library: &dyn Library,
    overrides: &[Override],
) -> Result<Resolved<W>, ScenarioError> {
    read::check_size(origin, text.len())?;
    let source = Source::text(origin, text);
    resolve(source, library, overrides)
}

fn resolve<W: DeserializeOwned + JsonSchema>(
    top: Source,
    library: &dyn Library,
    overrides: &[Override],
) -> Result<Resolved<W>, ScenarioError> {
    let schema = SchemaGenerator::default().into_root_schema_for::<W>();
    let guide = Guide::new(&schema);
    let origin = top.origin.clone();
    let layers = layers(top, library)?;
    let mut table = Table::new();
    for layer in layers.iter().rev() {
        table = merge(&guide, table, layer)?;
    }
    let mut set = Vec::new();
    for change in overrides {
        set.push((change.apply(&guide, &mut table)?, change));
    }
    let history = History {
        layers: &layers,
        set: &set,
    };
    if let Some(unknown) = first_unknown(&schema, &table) {
        return Err(ScenarioError::UnknownKey {
            file: history.owner(&unknown.path),
            key: unknown.path.to_string(),
            nearest: unknown.nearest,
            known: unknown.known,
        });
    }
    let table = sorted(table);
    let wire = serde_path_to_error::deserialize::<_, W>(table.clone())
        .map_err(|error| wrong_value(&guide, &history, &table, &error))?;
    let text = toml::to_string(&table).map_err(|error| {
        ScenarioError::value(
            &origin,
            "(whole document)",
            "",
            error.to_string(),
            "simplify it",
        )
    })?;
    Ok(Resolved {
        wire,
        origin,
        text,
        table,
    })
}

/// The table with its keys in order, also where a build of the TOML reader keeps the file's own.
fn sorted(table: Table) -> Table {
    fn value(item: Value) -> Value {
        match item {
            Value::Table(table) => Value::Table(sorted(table)),
            Value::Array(items) => Value::Array(items.into_iter().map(value).collect()),
            scalar => scalar,
        }
    }
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    entries
        .into_iter()
        .map(|(key, item)| (key, value(item)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::keys::sample::Sample;

    struct Shelf(Vec<(&'static str, &'static str)>);

    impl Library for Shelf {
        fn find(&self, name: &str) -> Option<&str> {
            self.0
                .iter()
                .find(|(stem, _)| *stem == name)
                .map(|(_, text)| *text)
        }
        fn names(&self) -> Vec<&str> {
            self.0.iter().map(|(stem, _)| *stem).collect()
        }
    }

    fn shelf() -> Shelf {
        Shelf(vec![
            ("base", "name = 'base'\nseed = 1\n[policy]\nwindow = '7d'\n"),
            ("red-cat-618", "extends = 'base.toml'\nname = '红猫'\n"),
        ])
    }

    fn read(text: &str) -> Result<Resolved<Sample>, ScenarioError> {
        from_text("a.toml", text, &shelf(), &[])
    }

    fn set(texts: &[&str]) -> Vec<Override> {
        texts
            .iter()
            .map(|text| Override::parse(text).expect(text))
            .collect()
    }

    /// A folder of scenario files, each a name and a text.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("written");
        }
        folder
    }

    fn load_in(folder: &tempfile::TempDir, name: &str) -> Result<Resolved<Sample>, ScenarioError> {
        load(&folder.path().join(name), &shelf(), &[])
    }

    /// Catches a parent or an override that is lost on the way to the wire type.
    #[test]
    fn a_document_is_extended_overridden_and_read() {
        let text = "extends = 'red-cat-618'\n[policy.gate]\nmin_score = 3\n";
        let changes = set(&["policy.gate.min_score=4.5", "seed=9", "policy.window=2w"]);
        let found = from_text::<Sample>("a.toml", text, &shelf(), &changes).expect("reads");
        assert_eq!(found.wire.name, "红猫");
        assert_eq!(found.wire.seed, Some(9));
        assert_eq!(
            found.wire.policy.gate.as_ref().map(|gate| gate.min_score),
            Some(4.5)
        );
        assert_eq!(found.wire.policy.window.map(|span| span.days()), Some(14.0));
        assert_eq!(found.origin, "a.toml");
        assert!(!found.text.contains("extends"), "{}", found.text);
    }

    /// Catches a digest that changes with the layout of a file.
    #[test]
    fn the_text_is_the_same_for_the_same_content() {
        let one = read("name = 'x'\nseed = 0x10\n[policy.gate]\nstrict = true\nmin_score = 1.50\n");
        let two = read(
            "# why\npolicy = { gate = { min_score = 1.5, strict = true } }\n\nseed=16\nname = \"x\" # so",
        );
        let (one, two) = (one.expect("reads"), two.expect("reads"));
        assert_eq!(one.text, two.text);
        let again = read(&one.text).expect("the text reads back");
        assert_eq!((&again.text, &again.wire), (&one.text, &one.wire));
        let parent = read("extends = 'base'").expect("reads");
        let base = load::<Sample>(Path::new("base"), &shelf(), &[]).expect("reads");
        assert_eq!(parent.text, base.text, "an empty child is its parent");
    }

    /// Catches a parent sought in the wrong place, and a shipped name that cannot be used.
    #[test]
    fn parents_are_beside_the_file_first_and_then_shipped() {
        let files = folder(&[
            ("child.toml", "extends = 'base.toml'"),
            ("other.toml", "extends = 'red-cat-618.toml'"),
            ("red-cat-618.toml", "extends = 'red-cat-618.toml'\nseed = 5"),
        ]);
        assert_eq!(
            load_in(&files, "child.toml").expect("shipped").wire.name,
            "base"
        );
        fs::write(files.path().join("base.toml"), "name = 'beside'").expect("written");
        assert_eq!(
            load_in(&files, "child.toml").expect("beside").wire.name,
            "beside"
        );
        // The file bears the name of the shipped scenario that it extends.
        let other = load_in(&files, "other.toml").expect("both").wire;
        assert_eq!((other.name.as_str(), other.seed), ("红猫", Some(5)));
        for name in ["red-cat-618", "red-cat-618.toml"] {
            let found = load::<Sample>(Path::new(name), &shelf(), &[]).expect("shipped");
            assert_eq!(found.origin, "red-cat-618 (shipped)");
        }
    }

    /// Catches an endless chain, and a missing file that is reported as a failing disk.
    #[test]
    fn broken_chains_and_missing_files_say_what_to_do() {
        let mut files = vec![
            ("a.toml".to_owned(), "extends = 'b.toml'".to_owned()),
            ("b.toml".to_owned(), "extends = './a.toml'".to_owned()),
            ("self.toml".to_owned(), "extends = 'self.toml'".to_owned()),
            ("lost.toml".to_owned(), "extends = 'red-cat-168'".to_owned()),
            ("number.toml".to_owned(), "extends = 7".to_owned()),
        ];
        files.extend(
            (0..12).map(|n| (format!("n{n}.toml"), format!("extends = 'n{}.toml'", n + 1))),
        );
        let borrowed: Vec<_> = files
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        let files = folder(&borrowed);
        for (name, parts) in [
            ("a.toml", ["goes round in a circle", "a.toml → "]),
            ("self.toml", ["goes round in a circle", "self.toml → "]),
            ("n0.toml", ["more than 8 parents", "n8.toml → "]),
            (
                "lost.toml",
                ["`extends` = \"red-cat-168\"", "did you mean `red-cat-618`?"],
            ),
            (
                "number.toml",
                ["`extends` = 7", "write extends = \"parent.toml\""],
            ),
            (
                "red-cat-168.toml",
                ["no such file", "did you mean `red-cat-618`?"],
            ),
            (
                "number.toml/x",
                ["no such file", "one of: base, red-cat-618"],
            ),
        ] {
            let error = load_in(&files, name).expect_err(name);
            let message = error.to_string();
            for part in parts {
                assert!(message.contains(part), "{name}: {message}");
            }
            assert!(
                message.contains(&files.path().display().to_string()),
                "{message}"
            );
            assert!(!error.is_io(), "{message}");
        }
        let deepest = load_in(&files, "n4.toml")
            .expect_err("n12 is missing")
            .to_string();
        assert!(
            deepest.contains("n11.toml: `extends` = \"n12.toml\""),
            "{deepest}"
        );
    }

    /// Catches a mistake laid at the wrong file, key or value.
    #[test]
    fn mistakes_name_file_key_value_and_remedy() {
        for (text, parts) in [
            (
                "seed = 1",
                vec![
                    "a.toml: missing key `name` at the top level",
                    "What the scenario is called",
                ],
            ),
            (
                "name = 'x'\n[policy.gate]\nstrict = true",
                vec![
                    "missing key `min_score` in `policy.gate`",
                    "The score below",
                ],
            ),
            (
                "name = 'x'\nseed = 'one'",
                vec!["a.toml: `seed` = \"one\"", "a whole number of 0 or more"],
            ),
            (
                "name = 'x'\nseed = -1",
                vec!["`seed` = -1", "whole number of 0 or more"],
            ),
            (
                "name = 7",
                vec![
                    "`name` = 7",
                    "write a text in quotes: What the scenario is called",
                ],
            ),
            (
                "extends = 'base'\n[policy]\nwindow = 7",
                vec![
                    "a.toml: `policy.window` = 7",
                    "`7` has no unit",
                    "write \"7d\"",
                ],
            ),
            (
                "name = 'x'\n[[channels]]\nname = 'feed-ad'\nread_lift = 2",
                vec![
                    "`channels[feed-ad].read_lift` = 2",
                    "outside 0 to 1",
                    "24.13%",
                ],
            ),
            (
                "name = 'x'\n[[channels]]\nenabled = true",
                vec!["missing key `name` in `channels[0]`"],
            ),
            (
                "name = 'x'\nprices = { food = 5 }",
                vec!["`prices.food` = 5", "has no currency", "¥5000"],
            ),
            (
                "name = 'x'\nread = { kind = 'linear', slope = 'steep' }",
                vec!["`read.slope` = \"steep\"", "a number"],
            ),
            (
                "name = 'x'\n[[channels]]\nname = 'ad'\ncpm = 3",
                vec!["`channels[ad].cpm` = 3", "`3` has no currency"],
            ),
            (
                "name = 'x'\nread = { kind = 'lineer' }",
                vec!["`read.kind` = \"lineer\"", "did you mean \"linear\"?"],
            ),
            (
                "name = 'x'\nread = { kind = 'linear' }",
                vec!["missing key `slope` in `read`"],
            ),
            (
                "name = 'x'\nshape = 'rund'",
                vec!["`shape` = \"rund\"", "did you mean \"round\"?"],
            ),
            (
                "name = 'x'\nshape = { round = { radius = 'big' } }",
                vec!["`shape.round.radius` = \"big\"", "a number"],
            ),
            (
                "name = 'x'\npoints = [[1, 2], [3, 'x']]",
                vec!["`points[1][1]` = \"x\"", "a number"],
            ),
            (
                "name = 'x'\npoints = [[1, 2, 3]]",
                vec!["`points[0]` = [1, 2, 3]"],
            ),
            (
                "name = 'x'\npolicy = { gaet = 1 }",
                vec![
                    "a.toml: unknown key `policy.gaet`",
                    "did you mean `policy.gate`?",
                ],
            ),
            ("name = 'x'\nx = [1", vec!["a.toml: line 2, column"]),
        ] {
            let message = read(text).expect_err(text).to_string();
            for part in &parts {
                assert!(message.contains(part), "{text}: {message}");
            }
            assert!(message.lines().count() <= 4, "{message}");
            assert!(message.starts_with("a.toml: "), "{message}");
        }
    }

    /// Catches blame on the child for what its parent or an override says.
    #[test]
    fn the_layer_at_fault_is_named() {
        let library = Shelf(vec![("base", "name = 'x'\nseed = 'bad'\nodd = 1")]);
        let child = "extends = 'base'\nname = 'child'";
        let error = from_text::<Sample>("a.toml", child, &library, &[]).expect_err("odd");
        assert!(
            error
                .to_string()
                .starts_with("base (shipped): unknown key `odd`"),
            "{error}"
        );
        let library = Shelf(vec![("base", "name = 'x'\nseed = 'bad'")]);
        let error = from_text::<Sample>("a.toml", child, &library, &[]).expect_err("bad seed");
        assert!(
            error
                .to_string()
                .starts_with("base (shipped): `seed` = \"bad\""),
            "{error}"
        );
        let changes = set(&["seed=worse"]);
        let error = from_text::<Sample>("a.toml", child, &library, &changes).expect_err("bad seed");
        assert!(
            error
                .to_string()
                .starts_with("--set seed=\"worse\": `seed`"),
            "{error}"
        );
        let huge = " ".repeat(MAX_BYTES as usize + 1);
        let error = from_text::<Sample>("a.toml", &huge, &library, &[]).expect_err("too large");
        assert!(matches!(error, ScenarioError::TooLarge { .. }), "{error}");
    }
}
