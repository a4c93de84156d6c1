//! Opening a file: what it is, is read off its first bytes, whatever it is called.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use super::arrow::Kind;
use super::fault::LogError;
use crate::io::arrow::{FILE_MAGIC, STREAM_MAGIC};

/// How much of a file is looked at before it is read.
const HEAD: usize = 1 << 16;

/// A text: its first bytes, and all of it.
pub(super) struct Text {
    pub head: Vec<u8>,
    pub all: Box<dyn Read>,
}

/// What a file is.
pub(super) enum Source {
    Parquet(File),
    Arrow(File, Kind),
    Lines(Text),
    Delimited(Text),
}

pub(super) fn open(path: &Path) -> Result<Source, LogError> {
    let refused = |source| LogError::Io {
        path: PathBuf::from(path),
        source,
    };
    let mut file = File::open(path).map_err(refused)?;
    if file.metadata().map_err(refused)?.is_dir() {
        let file = path.display().to_string();
        return Err(LogError::file(
            &file,
            "is a directory; name its files, such as 'logs/*.csv'",
        ));
    }
    let (head, all) = peek(&mut file).map_err(refused)?;
    if head.starts_with(b"PAR1") {
        return Ok(Source::Parquet(File::open(path).map_err(refused)?));
    }
    for (magic, kind) in [(&FILE_MAGIC[..], Kind::File), (&STREAM_MAGIC, Kind::Stream)] {
        if head.starts_with(magic) {
            return Ok(Source::Arrow(File::open(path).map_err(refused)?, kind));
        }
    }
    let rest = all.chain(file);
    let mut text: Box<dyn Read> = if head.starts_with(&[0x1F, 0x8B]) {
        Box::new(flate2::read::MultiGzDecoder::new(rest))
    } else if head.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
        Box::new(zstd::Decoder::new(rest).map_err(refused)?)
    } else {
        Box::new(rest)
    };
    let (mut head, _) = peek(&mut text).map_err(|e| broken(path, e))?;
    if head.starts_with(&[0xEF, 0xBB, 0xBF]) {
        head.drain(..3);
    }
    let all = Box::new(BufReader::with_capacity(
        1 << 18,
        Cursor::new(head.clone()).chain(text),
    ));
    let lines = head.trim_ascii_start().starts_with(b"{");
    let text = Text { head, all };
    Ok(if lines {
        Source::Lines(text)
    } else {
        Source::Delimited(text)
    })
}

/// A text that ends or breaks in the middle is a bad file, not a failing disk.
pub(super) fn broken(path: &Path, source: io::Error) -> LogError {
    match source.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            let problem = format!("breaks off or is damaged ({source}); fetch it again");
            LogError::file(&path.display().to_string(), problem)
        }
        _ => LogError::Io {
            path: path.to_path_buf(),
            source,
        },
    }
}

fn peek(from: &mut impl Read) -> io::Result<(Vec<u8>, Cursor<Vec<u8>>)> {
    let mut head = Vec::new();
    from.take(HEAD as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head)))
}
