//! From a path or a text to a TOML table, whatever the file turns out to be.
//!
//! The file is named by a person on a command line and may be anything: a log of a hundred
//! gigabytes, a directory, a pipe nobody writes to, a device without end, a million brackets.
//! Size and kind are therefore looked at before the first byte is read, and the text is parsed
//! where deep nesting cannot exhaust the stack.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use toml::{Table, Value};

use super::MAX_BYTES;
use crate::scenario::error::{ScenarioError, one_line};

/// Deeper nesting than any scenario has a use for.
pub(in crate::scenario) const MAX_DEPTH: usize = 32;
/// The parser bounds brackets and dots at 80 each, so a text can nest some 6,400 levels, and
/// building or dropping a level takes a few kilobytes of stack. The memory is only reserved.
const STACK_BYTES: usize = 128 << 20;

/// The text of the regular file at `path`.
pub(super) fn read(path: &Path) -> Result<String, ScenarioError> {
    let file = path.display().to_string();
    let failed = |source| ScenarioError::Read {
        file: file.clone(),
        source,
    };
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(ScenarioError::NotAFile {
            file,
            what: "a directory",
        });
    }
    if !metadata.is_file() {
        // Opening a pipe that nobody writes to would wait for ever.
        return Err(ScenarioError::NotAFile {
            file,
            what: "a device, pipe or socket",
        });
    }
    if metadata.len() > MAX_BYTES {
        return Err(ScenarioError::TooLarge {
            file,
            bytes: metadata.len(),
            limit: MAX_BYTES,
        });
    }
    let mut bytes = Vec::new();
    // Some files grow while they are read, or state no size at all.
    let mut source = File::open(path).map_err(failed)?.take(MAX_BYTES + 1);
    source.read_to_end(&mut bytes).map_err(failed)?;
    check_size(&file, bytes.len())?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        ScenarioError::NotUtf8 { file, line }
    })
}

/// Refuses a text that is longer than a scenario may be.
pub(super) fn check_size(file: &str, bytes: usize) -> Result<(), ScenarioError> {
    let bytes = bytes as u64;
    if bytes > MAX_BYTES {
        return Err(ScenarioError::TooLarge {
            file: file.to_owned(),
            bytes,
            limit: MAX_BYTES,
        });
    }
    Ok(())
}

/// The text as a table of at most [`MAX_DEPTH`] levels.
pub(super) fn parse(file: &str, text: &str) -> Result<Table, ScenarioError> {
    let parsed = with_deep_stack(|| match text.parse::<Table>() {
        Ok(table) if depth(&table) > MAX_DEPTH => Err(ScenarioError::TooDeep {
            file: file.to_owned(),
            limit: MAX_DEPTH,
        }),
        Ok(table) => Ok(table),
        Err(error) => Err(syntax(file, text, &error)),
    });
    parsed.map_err(|source| ScenarioError::Read {
        file: file.to_owned(),
        source,
    })?
}

/// The text as one TOML value of at most [`MAX_DEPTH`] levels.
///
/// # Errors
/// What the TOML reader has to say, in a line.
pub(in crate::scenario) fn parse_value(text: &str) -> Result<Value, String> {
    let parsed = with_deep_stack(|| {
        let value = text
            .parse::<Value>()
            .map_err(|error| error.message().to_owned())?;
        let table = Table::from_iter([("value".to_owned(), value)]);
        match depth(&table) > MAX_DEPTH {
            true => Err(format!("nested more than {MAX_DEPTH} levels deep")),
            false => Ok(table),
        }
    });
    let table = parsed.map_err(|error| error.to_string())??;
    table
        .into_iter()
        .next()
        .map(|(_, value)| value)
        .ok_or_else(|| "no value".to_owned())
}

/// Does the work on a thread whose stack holds the deepest nesting the parser lets through.
fn with_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)?;
        let failed = |_| io::Error::other("the TOML reader failed");
        thread.join().map_err(failed)
    })
}

fn depth(table: &Table) -> usize {
    fn below(value: &Value) -> usize {
        match value {
            Value::Table(table) => depth(table),
            Value::Array(items) => 1 + items.iter().map(below).max().unwrap_or(0),
            _ => 0,
        }
    }
    1 + table.values().map(below).max().unwrap_or(0)
}

fn syntax(file: &str, text: &str, error: &toml::de::Error) -> ScenarioError {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    ScenarioError::Syntax {
        file: file.to_owned(),
        line: 1 + before.matches('\n').count(),
        column: 1 + before[line_start..].chars().count(),
        message: error.message().trim().replace('\n', "; "),
        excerpt: one_line(line.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a position that is off by a line, a byte or a character.
    #[test]
    fn a_syntax_error_names_line_and_column_in_characters() {
        let error = parse("a.toml", "x = 1\ny = \"小红书\" z\n").expect_err("two values");
        let message = error.to_string();
        assert!(
            message.starts_with("a.toml: line 2, column 11: "),
            "{message}"
        );
        assert!(message.contains("y = \"小红书\" z"), "{message}");
        assert!(message.lines().count() <= 4, "{message}");
        let last = parse("a.toml", "x = ").expect_err("no value").to_string();
        assert!(last.starts_with("a.toml: line 1, column "), "{last}");
        let twice = parse("a.toml", "x = 1\nx = 2")
            .expect_err("twice")
            .to_string();
        assert!(twice.contains("line 2, column 1: duplicate key"), "{twice}");
    }

    /// Catches a stack overflow, or minutes of work, on nested garbage.
    #[test]
    fn nested_garbage_is_an_error_and_not_a_crash() {
        let dotted = vec!["a"; 79].join(".");
        let tables = |open: &str| format!("{dotted} = {{").repeat(78) + open;
        let texts = [
            "[".repeat(100_000),
            format!("x = {}", "[".repeat(100_000)),
            format!("x = {}", "{a=".repeat(100_000)),
            format!("x = {}1{}", "[".repeat(70), "]".repeat(70)),
            format!("{} = 1", vec!["a"; 100_000].join(".")),
            format!("[{}]", vec!["a"; 79].join(".")),
            "[[a]]\n".repeat(100_000) + "!",
            tables(""),
            tables(&format!("x=1{}", "}".repeat(78))),
            "\u{0}".repeat(100_000),
            "'''".to_owned(),
        ];
        for text in texts {
            let start: String = text.chars().take(40).collect();
            let error = parse("a.toml", &text).expect_err(&start);
            assert!(
                error.to_string().starts_with("a.toml: "),
                "{start}: {error}"
            );
            assert!(error.to_string().len() < 700, "{start}: {error}");
            assert!(!error.is_io(), "{start}: {error}");
            assert!(parse_value(&text).is_err(), "{start}");
        }
        let fine = format!(
            "x = {}1{}",
            "[".repeat(MAX_DEPTH - 1),
            "]".repeat(MAX_DEPTH - 1)
        );
        assert!(parse("a.toml", &fine).is_ok());
    }

    /// Catches a file that is read before its size or kind is known, or an endless wait.
    #[test]
    fn only_small_regular_text_files_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let refused = |path: &Path, part: &str| {
            let error = read(path).expect_err(part);
            let message = error.to_string();
            assert!(message.contains(part), "{message}");
            assert!(message.contains(&path.display().to_string()), "{message}");
            assert!(!error.is_io(), "{message}");
        };
        refused(folder.path(), "a directory, not a scenario file");
        // A sparse file: reading this terabyte would take hours.
        let huge = folder.path().join("huge.toml");
        File::create(&huge)
            .and_then(|f| f.set_len(1 << 40))
            .expect("a sparse file");
        refused(&huge, "1099511627776 bytes or more");
        let limit = folder.path().join("limit.toml");
        fs::write(&limit, " ".repeat(MAX_BYTES as usize)).expect("written");
        assert!(read(&limit).is_ok());
        let latin = folder.path().join("latin.toml");
        fs::write(&latin, b"a = 1\nb = 'caf\xe9'\n").expect("written");
        refused(&latin, "line 2 is not UTF-8");
        let mark = folder.path().join("mark.toml");
        fs::write(&mark, "\u{feff}a = 1").expect("written");
        let table = read(&mark).and_then(|text| parse("mark.toml", &text));
        assert_eq!(table.expect("a byte order mark is fine").len(), 1);
        #[cfg(unix)]
        {
            refused(Path::new("/dev/zero"), "a device, pipe or socket");
            let socket = folder.path().join("socket");
            let _open = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
            refused(&socket, "a device, pipe or socket");
        }
        let gone = read(&folder.path().join("gone.toml")).expect_err("no file");
        assert!(gone.is_io(), "{gone}");
    }
}
