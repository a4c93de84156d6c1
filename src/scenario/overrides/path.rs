//! The path of an override, taken apart.
//!
//! Brackets and dots mean the same here, because both forms are natural to type; what a part is,
//! a key, a name or a position, shows only against the document.

use crate::scenario::load::MAX_DEPTH;

const UNCLOSED: &str = "the path has a bracket that is not closed";

/// The names and positions of a path, in order.
pub(super) fn split_path(path: &str) -> Result<Vec<String>, &'static str> {
    let mut parts = Vec::new();
    let mut rest = path.trim();
    while !rest.is_empty() {
        let part;
        if let Some(inside) = rest.strip_prefix('[') {
            (part, rest) = match quoted(inside) {
                Some((name, rest)) => (name, rest.strip_prefix(']').ok_or(UNCLOSED)?),
                None => inside.split_once(']').ok_or(UNCLOSED)?,
            };
        } else {
            (part, rest) = match quoted(rest) {
                Some(split) => split,
                None => rest.split_at(rest.find(['.', '[', ']']).unwrap_or(rest.len())),
            };
        }
        if part.trim().is_empty() {
            return Err("the path has an empty part");
        }
        parts.push(part.trim().to_owned());
        rest = match rest.strip_prefix('.') {
            Some("") => return Err("the path ends in a dot"),
            Some(rest) => rest,
            None if rest.is_empty() || rest.starts_with('[') => rest,
            None => return Err("the path has something between two parts that is not a dot"),
        };
    }
    match parts.len() {
        0 => Err("the path is empty"),
        1..=MAX_DEPTH => Ok(parts),
        _ => Err("the path has more parts than a scenario has levels"),
    }
}

/// A part in double quotes and what follows; such a part may hold dots and brackets.
fn quoted(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('"')?.split_once('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::overrides::Override;

    /// Catches two spellings of one path that part ways.
    #[test]
    fn dots_brackets_and_quotes_split_alike() {
        for text in [
            "a.b-c.0",
            "a[b-c][0]",
            "a[b-c].0",
            " a.\"b-c\"[\"0\"] ",
            "a.b-c[ 0 ]",
        ] {
            let parts = split_path(text).map(|parts| parts.join("/"));
            assert_eq!(parts.as_deref(), Ok("a/b-c/0"), "{text}");
        }
        let odd = split_path("a[b.c].\"d]e\"").map(|parts| parts.join("/"));
        assert_eq!(odd.as_deref(), Ok("a/b.c/d]e"));
    }

    /// Catches a malformed override that is half understood.
    #[test]
    fn malformed_overrides_are_refused_with_the_form() {
        let deep = format!("{}=1", vec!["a"; 33].join("."));
        let nested = format!("a={}", "[".repeat(100_000));
        for (text, part) in [
            ("name", "there is no `=`"),
            ("=1", "the path is empty"),
            ("a..b=1", "an empty part"),
            (".a=1", "an empty part"),
            ("a.=1", "ends in a dot"),
            ("a[b=1", "a bracket that is not closed"),
            ("a[]=1", "an empty part"),
            ("a]=1", "something between two parts"),
            ("a=", "there is no value"),
            ("a=\"x", "the value is not TOML"),
            ("a=[1", "the value is not TOML"),
            (deep.as_str(), "more parts than a scenario has levels"),
            (nested.as_str(), "the value is not TOML"),
        ] {
            let message = Override::parse(text).expect_err(text).to_string();
            assert!(message.contains(part), "{text}: {message}");
            assert!(
                message.starts_with("--set ") && message.contains("write path=value"),
                "{message}"
            );
            assert!(message.len() < 600, "{message}");
        }
    }
}
