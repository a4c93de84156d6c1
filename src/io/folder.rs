//! A run folder: written beside its final name and renamed when whole.
//!
//! Whoever finds a folder finds a finished run. A run that fails, or is killed, leaves at most a
//! folder named `….inprogress`, which the next run of that name replaces.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why a folder cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Something is there already.
    #[error("{0}: is there already; choose another --out, or add --force to replace it")]
    Exists(PathBuf),
    /// Something that no run has written is there already: it is not replaced by force either.
    #[error("{0}: is there already and is not a run folder; choose another --out")]
    NotARun(PathBuf),
    /// The path has no last part to name a folder by.
    #[error("{0}: is not a name for a folder; write --out NAME")]
    NoName(PathBuf),
    /// The file system refused.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// What could not be written.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl FolderError {
    fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, source }
    }
}

/// A run folder being written.
#[derive(Debug)]
pub struct RunFolder {
    target: PathBuf,
    temporary: PathBuf,
    force: bool,
    finished: bool,
    /// Folders on the way that were made, innermost first.
    made: Vec<PathBuf>,
}

impl RunFolder {
    /// Begins a folder, before the run, so that a path that cannot be written fails at once.
    ///
    /// # Errors
    /// When the target exists and `force` is not set, or the file system refuses.
    pub fn begin(target: &Path, force: bool) -> Result<Self, FolderError> {
        let no_name = || FolderError::NoName(target.to_path_buf());
        let name = target.file_name().ok_or_else(no_name)?.to_os_string();
        if target.exists() && !force {
            return Err(FolderError::Exists(target.to_path_buf()));
        }
        if target.exists() && !is_run(target) {
            return Err(FolderError::NotARun(target.to_path_buf()));
        }
        let mut temporary = name;
        temporary.push(".inprogress");
        let temporary = target.with_file_name(temporary);
        if temporary.exists() {
            fs::remove_dir_all(&temporary).map_err(FolderError::at(&temporary))?;
        }
        let way = temporary.ancestors().skip(1);
        let made = way.take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let made = made.map(Path::to_path_buf).collect();
        fs::create_dir_all(&temporary).map_err(FolderError::at(&temporary))?;
        Ok(Self {
            made,
            target: target.to_path_buf(),
            temporary,
            force,
            finished: false,
        })
    }

    /// Writes a file into the folder; folders on the way are made.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), FolderError> {
        let path = self.place(name)?;
        fs::write(&path, content).map_err(FolderError::at(&path))
    }

    /// Where a file of the folder is until the folder gets its name, for those who write it piece by
    /// piece; folders on the way are made.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn place(&self, name: &str) -> Result<PathBuf, FolderError> {
        let path = self.temporary.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(FolderError::at(parent))?;
        }
        Ok(path)
    }

    /// Gives the folder its name.
    ///
    /// # Errors
    /// When the target has appeared in the meantime and `force` is not set, or the file system
    /// refuses.
    pub fn finish(mut self) -> Result<PathBuf, FolderError> {
        if self.target.exists() {
            if !self.force {
                return Err(FolderError::Exists(self.target.clone()));
            }
            let remove = if self.target.is_dir() {
                fs::remove_dir_all
            } else {
                fs::remove_file
            };
            remove(&self.target).map_err(FolderError::at(&self.target))?;
        }
        fs::rename(&self.temporary, &self.target).map_err(FolderError::at(&self.target))?;
        self.finished = true;
        Ok(self.target.clone())
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if !self.finished {
            // The run has failed already; that it leaves something behind is not worth a second
            // error.
            let _ = fs::remove_dir_all(&self.temporary);
            for folder in &self.made {
                // Only if it is empty.
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

/// Whether a run has written this folder, or nobody anything into it.
fn is_run(folder: &Path) -> bool {
    let empty = || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    folder.join("manifest.json").is_file() || empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a half-written folder under the final name, and a silent overwrite.
    #[test]
    fn appears_whole_or_not_at_all() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("run");
        let folder = RunFolder::begin(&target, false).unwrap();
        folder.write("tables/a.txt", b"1").unwrap();
        assert!(!target.exists());
        drop(folder);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
        let folder = RunFolder::begin(&target, false).unwrap();
        folder.write("a.txt", b"1").unwrap();
        folder.finish().unwrap();
        assert!(target.join("a.txt").exists());
        assert!(matches!(
            RunFolder::begin(&target, true),
            Err(FolderError::NotARun(_))
        ));
        fs::write(target.join("manifest.json"), "{}").unwrap();
        assert!(matches!(
            RunFolder::begin(&target, false),
            Err(FolderError::Exists(_))
        ));
        RunFolder::begin(&target, true).unwrap().finish().unwrap();
        assert!(!target.join("a.txt").exists());
    }
}
