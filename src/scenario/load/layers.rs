//! The chain of documents that `extends` spells out.
//!
//! A parent is looked for beside its child first, so that a folder of scenarios is complete in
//! itself, and then among the shipped ones, so that a single small file can change one of those.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml::Value;

use super::Library;
use super::merge::Layer;
use super::read;
use crate::scenario::error::{ScenarioError, one_line};
use crate::scenario::keys::nearest;

/// More parents than anyone can keep in mind.
const MAX_PARENTS: usize = 8;

/// What makes two sources the same document, however they were named.
#[derive(Clone, PartialEq, Eq)]
enum Identity {
    Text,
    File(PathBuf),
    Shipped(String),
}

/// The text of a document, and where it came from.
pub(super) struct Source {
    pub(super) origin: String,
    /// Where its parents are looked for first.
    folder: Option<PathBuf>,
    identity: Identity,
    text: String,
}

impl Source {
    pub(super) fn text(origin: &str, text: &str) -> Self {
        Source {
            origin: origin.to_owned(),
            folder: None,
            identity: Identity::Text,
            text: text.to_owned(),
        }
    }

    pub(super) fn file(path: &Path) -> Result<Self, ScenarioError> {
        let origin = path.display().to_string();
        let text = read::read(path)?;
        // Through links, so that a circle is seen however its files are named.
        let canonical = fs::canonicalize(path).map_err(|source| ScenarioError::Read {
            file: origin.clone(),
            source,
        })?;
        Ok(Source {
            origin,
            folder: path.parent().map(Path::to_path_buf),
            identity: Identity::File(canonical),
            text,
        })
    }

    pub(super) fn shipped(library: &dyn Library, name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".toml").unwrap_or(name);
        let text = library
            .find(stem)
            .or_else(|| library.find(&format!("{stem}.toml")))?;
        Some(Source {
            origin: format!("{stem} (shipped)"),
            folder: None,
            identity: Identity::Shipped(stem.to_owned()),
            text: text.to_owned(),
        })
    }

    fn is_file(&self, canonical: &Path) -> bool {
        matches!(&self.identity, Identity::File(own) if own == canonical)
    }

    /// The document that this one extends under `name`.
    fn parent(&self, name: &str, library: &dyn Library) -> Result<Source, ScenarioError> {
        let shipped = Source::shipped(library, name);
        if let Some(folder) = &self.folder {
            let beside = folder.join(name);
            match fs::canonicalize(&beside) {
                Ok(found) if found.is_dir() => {}
                // A file may bear the name of the shipped scenario that it extends.
                Ok(found) if self.is_file(&found) && shipped.is_some() => {}
                Ok(_) => return Source::file(&beside),
                Err(error) if absent(&error) => {}
                Err(source) => {
                    let file = beside.display().to_string();
                    return Err(ScenarioError::Read { file, source });
                }
            }
        }
        shipped.ok_or_else(|| {
            let (nearest, shipped) = suggestion(library, name);
            let (file, parent) = (self.origin.clone(), name.to_owned());
            ScenarioError::ExtendsMissing {
                file,
                parent,
                nearest,
                shipped,
            }
        })
    }
}

pub(super) fn absent(error: &io::Error) -> bool {
    // `file.toml/x` is as absent as `x`, and so is a name no file system can hold.
    matches!(
        error.kind(),
        io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidFilename
    )
}

pub(super) fn suggestion(library: &dyn Library, name: &str) -> (Option<String>, Vec<String>) {
    let name = name.strip_suffix(".toml").unwrap_or(name);
    let names = library.names();
    let near = nearest(name, names.iter().copied()).map(str::to_owned);
    (near, names.into_iter().map(str::to_owned).collect())
}

/// Follows `extends` to the end; the document that was asked for comes first.
pub(super) fn layers(top: Source, library: &dyn Library) -> Result<Vec<Layer>, ScenarioError> {
    let mut layers: Vec<Layer> = Vec::new();
    let mut seen: Vec<Identity> = Vec::new();
    let mut next = Some(top);
    while let Some(source) = next.take() {
        let mut table = read::parse(&source.origin, &source.text)?;
        let extends = table.remove("extends");
        layers.push(Layer {
            origin: source.origin.clone(),
            table,
        });
        seen.push(source.identity.clone());
        let name = match extends {
            None => break,
            Some(Value::String(name)) => name,
            Some(other) => {
                return Err(ScenarioError::value(
                    source.origin,
                    "extends",
                    one_line(&other.to_string()),
                    "a scenario extends one other scenario, named by a text",
                    "write extends = \"parent.toml\"",
                ));
            }
        };
        let parent = source.parent(&name, library)?;
        let chain = || {
            let names = layers.iter().map(|layer| layer.origin.clone());
            names.chain([parent.origin.clone()]).collect()
        };
        let file = source.origin.clone();
        if seen.contains(&parent.identity) {
            return Err(ScenarioError::ExtendsLoop {
                file,
                chain: chain(),
            });
        }
        if layers.len() > MAX_PARENTS {
            let (chain, limit) = (chain(), MAX_PARENTS);
            return Err(ScenarioError::ExtendsTooLong { file, chain, limit });
        }
        next = Some(parent);
    }
    Ok(layers)
}
