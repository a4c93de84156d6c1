//! The scenarios that come with redcat, embedded so that an installed command has them too.

use super::load::Library;

/// The shipped scenarios.
#[derive(Clone, Copy, Debug, Default)]
pub struct Catalogue;

/// File name and text of a shipped scenario.
macro_rules! shipped {
    ($($file:literal),* $(,)?) => {
        [$(($file, include_str!(concat!("../../scenarios/", $file)))),*]
    };
}

const SHIPPED: [(&str, &str); 14] = shipped![
    "world-618.toml",
    "red-cat-618.toml",
    "closed-loop-618.toml",
    "open-all-618.toml",
    "worth-618.toml",
    "monitors-618.toml",
    "overseas-618.toml",
    "closed-history.toml",
    "policy-history.toml",
    "618-opening-minute.toml",
    "618-day.toml",
    "steady.toml",
    "double11-record.toml",
    "degenerate.toml",
];

impl Library for Catalogue {
    fn find(&self, name: &str) -> Option<&str> {
        let stem = name.strip_suffix(".toml").unwrap_or(name);
        let same = |file: &str| file.strip_suffix(".toml") == Some(stem);
        SHIPPED
            .iter()
            .find(|(file, _)| same(file))
            .map(|(_, text)| *text)
    }

    fn names(&self) -> Vec<&str> {
        SHIPPED.iter().map(|(file, _)| *file).collect()
    }
}
