//! Which keys a scenario may have, read from the schema of its wire type.
//!
//! Serde's own answer to a misspelt key stops at the first table it meets and falls silent for
//! tagged enums and flattened tables. The JSON schema knows every key of every variant, so one
//! walk over document and schema side by side finds the key, its full path, and the right
//! spelling. The same schema tells a merge when a child picks another variant of a choice, and
//! tells an override which keys exist that the file has left out.
//!
//! Anything the schema leaves open is left alone here; whether a *value* fits is serde's business.

mod guide;
mod path;

use schemars::Schema;
use toml::Table;

pub(super) use guide::{Guide, Place};
pub use path::{KeyPath, Step, name_of};

/// A key that the schema does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Where the key stands.
    pub path: KeyPath,
    /// The path that was probably meant.
    pub nearest: Option<String>,
    /// The keys that may stand in its place.
    pub known: Vec<String>,
}

/// The first key of `table` that `schema` does not have, in the order of the keys.
pub fn first_unknown(schema: &Schema, table: &Table) -> Option<Unknown> {
    let guide = Guide::new(schema);
    guide.unknown_in_table(&guide.top(), table, &KeyPath::default())
}

/// Every key of a schema as a dotted path, such as `policy.gate.min_score` or `channels[].name`;
/// `*` stands for a key of the reader's choice. In the order of the schema, without repeats.
pub fn known_paths(schema: &Schema) -> Vec<String> {
    let guide = Guide::new(schema);
    let mut paths = Vec::new();
    guide.paths_into(&guide.top(), "", &mut Vec::new(), &mut paths);
    let mut seen = std::collections::HashSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    paths
}

/// The choice nearest to `word`, if any is near enough to be what was meant.
pub fn nearest<'a>(word: &str, choices: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // The distance takes time in proportion to the product of the lengths.
    if word.len() > 200 {
        return None;
    }
    let fold = |text: &str| text.to_lowercase().replace('-', "_");
    let word = fold(word);
    let near = choices.filter_map(|choice| {
        let folded = fold(choice);
        let distance = strsim::damerau_levenshtein(&word, &folded);
        let likeness = strsim::jaro_winkler(&word, &folded);
        let length = word.chars().count().max(folded.chars().count());
        (distance * 3 <= length || likeness > 0.88).then_some((distance, likeness, choice))
    });
    near.min_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)))
        .map(|(_, _, choice)| choice)
}

/// A wire type with every shape a scenario uses, for the tests of this folder.
#[cfg(test)]
pub(super) mod sample {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;
    use serde::Deserialize;

    use crate::scenario::units::{Share, Span, Yuan};

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    pub struct Sample {
        /// What the scenario is called. It is shown in reports.
        pub name: String,
        pub seed: Option<u64>,
        #[serde(default)]
        pub policy: Policy,
        #[serde(default)]
        pub channels: Vec<Channel>,
        #[serde(default)]
        pub prices: BTreeMap<String, Yuan>,
        pub read: Option<Read>,
        pub shape: Option<Shape>,
        #[serde(default)]
        pub points: Vec<[f64; 2]>,
        pub tree: Option<Box<Tree>>,
        pub free: Option<serde_json::Map<String, serde_json::Value>>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
    pub struct Policy {
        pub gate: Option<Gate>,
        pub window: Option<Span>,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct Gate {
        /// The score below which a note is not shown.
        pub min_score: f64,
        pub strict: Option<bool>,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    pub struct Channel {
        pub name: String,
        #[serde(default)]
        pub enabled: bool,
        pub read_lift: Option<Share>,
        #[serde(flatten)]
        pub cost: Cost,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    pub struct Cost {
        pub cpm: Option<Yuan>,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    pub enum Read {
        Linear {
            slope: f64,
        },
        /// One level for all.
        Flat(Level),
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    pub struct Level {
        pub level: f64,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum Shape {
        None,
        Round { radius: f64 },
        Flat(Level),
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    pub struct Tree {
        pub leaf: Option<f64>,
        pub left: Option<Box<Tree>>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::schema_for;

    fn unknown(text: &str) -> Option<Unknown> {
        let table: Table = toml::from_str(text).expect("valid TOML");
        first_unknown(&schema_for!(sample::Sample), &table)
    }

    /// Catches a shape of schema whose good keys are refused.
    #[test]
    fn every_shape_of_the_sample_is_known() {
        let text = "
            name = 'x'
            seed = 1
            points = [[1.0, 2.0]]
            policy = { window = '7d', gate = { min_score = 4.0, strict = true } }
            channels = [{ name = 'a', enabled = true, read_lift = 0.5, cpm = '¥3' }]
            prices = { food = '¥5', 'any thing' = '¥6' }
            read = { kind = 'flat', level = 1.0 }
            shape = { round = { radius = 2.0 } }
            tree = { left = { left = { leaf = 1.0 } } }
            free = { whatever = { it = 'is' } }
        ";
        assert_eq!(unknown(text), None);
        assert_eq!(
            unknown("shape = 'none'\nread = { kind = 'linear', slope = 1.0 }"),
            None
        );
        assert_eq!(unknown("shape = { flat = { level = 1 } }"), None);
        // Not tables at all: the types are for serde to judge.
        assert_eq!(
            unknown("policy = 3\nchannels = 'x'\nread = []\nname = { a = 1 }"),
            None
        );
    }

    /// Catches a misspelt key that passes, or is reported in the wrong place.
    #[test]
    fn a_misspelt_key_is_found_at_any_depth_with_the_right_one() {
        for (text, path, near) in [
            ("sead = 1", "sead", Some("seed")),
            (
                "policy = { gate = { min_scoer = 4 } }",
                "policy.gate.min_scoer",
                Some("policy.gate.min_score"),
            ),
            (
                "policy = { Window = '7d' }",
                "policy.Window",
                Some("policy.window"),
            ),
            (
                "channels = [{ name = 'a' }, { name = 'b', read-lift = 1 }]",
                "channels[b].read-lift",
                Some("channels[b].read_lift"),
            ),
            (
                "channels = [{ cmp = 1 }]",
                "channels[0].cmp",
                Some("channels[0].cpm"),
            ),
            ("read = { kind = 'linear', level = 1 }", "read.level", None),
            ("read = { kind = 'flat', slope = 1 }", "read.slope", None),
            (
                "shape = { roun = { radius = 1 } }",
                "shape.roun",
                Some("shape.round"),
            ),
            (
                "shape = { round = { radios = 1 } }",
                "shape.round.radios",
                Some("shape.round.radius"),
            ),
            (
                "tree = { left = { lea = 1 } }",
                "tree.left.lea",
                Some("tree.left.leaf"),
            ),
            ("min_score = 3", "min_score", Some("policy.gate.min_score")),
            ("'小红书' = 1", "小红书", None),
            ("xyzzy = 1", "xyzzy", None),
        ] {
            let found = unknown(text).expect(text);
            assert_eq!(found.path.to_string(), path, "{text}");
            assert_eq!(found.nearest.as_deref(), near, "{text}");
        }
        let found = unknown("policy = { xyzzy = 1 }").expect("unknown");
        assert_eq!(found.known, ["gate", "window"]);
        let found = unknown("read = { kind = 'flat', xyzzy = 1 }").expect("unknown");
        assert_eq!(
            found.known,
            ["kind", "level"],
            "only the keys of the chosen variant"
        );
    }

    /// Catches a path left out, repeated, or without end in a type that holds itself.
    #[test]
    fn known_paths_lists_each_key_once() {
        let paths = known_paths(&schema_for!(sample::Sample));
        for path in [
            "name",
            "policy.gate.min_score",
            "policy.window",
            "channels",
            "channels[].name",
            "channels[].cpm",
            "prices.*",
            "read.kind",
            "read.slope",
            "read.level",
            "shape.round",
            "shape.round.radius",
            "tree.leaf",
            "tree.left",
        ] {
            assert_eq!(
                paths.iter().filter(|p| *p == path).count(),
                1,
                "{path} in {paths:#?}"
            );
        }
        assert!(paths.len() < 60, "{paths:#?}");
        assert_eq!(paths[0], "name", "the order of the schema");
    }

    /// Catches a far-fetched suggestion, which is worse than none.
    #[test]
    fn only_a_near_word_is_suggested() {
        let words = ["min_score", "max_score", "window"];
        let near = |word: &str| nearest(word, words.iter().copied());
        assert_eq!(near("min-score"), Some("min_score"));
        assert_eq!(near("MAX_SCORE"), Some("max_score"));
        assert_eq!(near("widnow"), Some("window"));
        assert_eq!(near("price"), None);
        assert_eq!(near(""), None);
        assert_eq!(near(&"window".repeat(100_000)), None);
        assert_eq!(nearest("x", ["y"].into_iter()), None);
    }

    /// Catches a remedy that is taken from the wrong key, or lost behind a reference.
    #[test]
    fn what_the_schema_says_of_a_key_is_found() {
        let schema = schema_for!(sample::Sample);
        let guide = Guide::new(&schema);
        let table: Table = toml::from_str("policy = { gate = {} }").expect("valid TOML");
        let top = KeyPath::default();
        let about = |path: &KeyPath| guide.about(path, &table);
        assert_eq!(
            about(&top.key("name")).as_deref(),
            Some("What the scenario is called")
        );
        let score = top.key("policy").key("gate").key("min_score");
        assert_eq!(
            about(&score).as_deref(),
            Some("The score below which a note is not shown")
        );
        let price = about(&top.key("prices").key("any"));
        assert_eq!(
            price.as_deref(),
            Some("An amount of money in yuan, zero or more")
        );
        assert_eq!(about(&top.key("nothing")), None);
    }
}
