//! Files that are there whole or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Writes pieces one after the other to a file. They are written beside it, brought to the disk, and
/// get their name when all is there: whoever finds the file finds all of it, also after a power cut,
/// and what was there before stays until then.
///
/// # Errors
/// When the file system refuses; nothing of what was written is left behind then.
pub fn write_whole(path: &Path, pieces: &[&[u8]]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".redcat-");
    // A temporary file is its owner's alone; this one will be a file as any other.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    for piece in pieces {
        file.write_all(piece)?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The name itself lies in the folder. Not every system can bring one to the disk.
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Would catch what is left behind by a write that fails, a file that is replaced before its
    /// successor is whole, and one that nobody else may read.
    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_whole(&path, &[b"one", b" two"]).unwrap();
        write_whole(&path, &[b"three"]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        let may = |path| fs::metadata(path).unwrap().permissions();
        assert_eq!(
            may(&path),
            may(&plain),
            "others may read it as any other file"
        );
        fs::remove_file(plain).unwrap();
        // A folder is in the way: it cannot be replaced by a file.
        let blocked = folder.path().join("b");
        fs::create_dir(&blocked).unwrap();
        assert!(write_whole(&blocked, &[b"x"]).is_err());
        assert!(write_whole(&folder.path().join("none/c"), &[b"x"]).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
