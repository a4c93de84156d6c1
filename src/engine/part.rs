//! Parts of a run: which there are, the file that one is kept in, and how they are put together.
//!
//! A part and a checkpoint are the same thing: what was gathered of some consecutive blocks, with all
//! that has to agree before it may be merged with others. A checkpoint is a part that is not finished.

mod file;
mod saved;
mod together;

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use file::{About, PartFile};
pub use together::Together;

/// One of so many slices of a run's users, as even as whole blocks allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    part: u64,
    of: u64,
}

/// Most slices: as many as there are blocks of the largest run.
const MOST: u64 = 1 << 30;

impl Slice {
    /// All users.
    pub const WHOLE: Self = Self { part: 1, of: 1 };

    /// Which one, from 1 on.
    #[must_use]
    pub const fn part(self) -> u64 {
        self.part
    }

    /// Of how many.
    #[must_use]
    pub const fn parts(self) -> u64 {
        self.of
    }

    /// The slice of so many blocks.
    #[must_use]
    pub fn of(self, blocks: u64) -> Range<u64> {
        let upto = |part: u64| (u128::from(blocks) * u128::from(part) / u128::from(self.of)) as u64;
        upto(self.part - 1)..upto(self.part)
    }
}

impl FromStr for Slice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let slice = text.split_once('/').and_then(|(part, of)| {
            Some(Self {
                part: part.trim().parse().ok()?,
                of: of.trim().parse().ok()?,
            })
        });
        slice
            .filter(|s| (1..=s.of).contains(&s.part) && s.of <= MOST)
            .ok_or_else(|| "write I/N with I from 1 to N, such as 2/7".to_owned())
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

/// What is wrong with a part, or with parts that are to become a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// The file system refused.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else.
    #[error("{path}: is not a part of a run", path = path.display())]
    NotAPart {
        /// Which file.
        path: PathBuf,
    },
    /// It is not as it was written.
    #[error("{path}: is damaged ({why}); make this part again", path = path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// How that is known.
        why: String,
    },
    /// It belongs to another run.
    #[error(
        "{path}: is of another run: its {what} is {found}, that of {with} is {wanted}",
        path = path.display()
    )]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// What the file has.
        found: String,
        /// What it would have to have.
        wanted: String,
        /// Who says so.
        with: String,
    },
    /// It was stopped before it was done.
    #[error(
        "{path}: is not finished: it has {done} of {users} users; go on with it by --resume",
        path = path.display(),
        done = grouped(*done),
        users = grouped(*users)
    )]
    Checkpoint {
        /// Which file.
        path: PathBuf,
        /// Users in it.
        done: u64,
        /// Users of the part.
        users: u64,
    },
    /// The same users are in two parts.
    #[error(
        "{a} and {b}: both have users {first} to {last}; leave one of them out",
        a = a.display(),
        b = b.display(),
        first = grouped(*first),
        last = grouped(*last)
    )]
    Doubled {
        /// One.
        a: PathBuf,
        /// The other.
        b: PathBuf,
        /// First user that is in both.
        first: u64,
        /// Last such user.
        last: u64,
    },
    /// Some users are in no part.
    #[error(
        "users {first} to {last} are in none of the parts{}",
        hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default(),
        first = grouped(*first),
        last = grouped(*last)
    )]
    Missing {
        /// First such user.
        first: u64,
        /// Last such user.
        last: u64,
        /// Which part that would be.
        hint: Option<String>,
    },
    /// A folder has none.
    #[error("{path}: has no parts (files that end in .redcat)", path = path.display())]
    Empty {
        /// Which folder.
        path: PathBuf,
    },
    /// No parts are given.
    #[error("no parts to merge")]
    None,
    /// A run is to be concluded of which something is missing.
    #[error("{} users have not been simulated yet", grouped(*missing))]
    Unfinished {
        /// How many.
        missing: u64,
    },
    /// A state does not become bytes.
    #[error(transparent)]
    Saved(#[from] crate::attribute::SavedError),
    /// The scenario in a part is not valid.
    #[error("{path}: {source}", path = path.display())]
    Scenario {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Box<crate::scenario::ScenarioError>,
    },
}

impl PartError {
    /// Whether the system refused, and not the contents of a part.
    #[must_use]
    pub const fn is_io(&self) -> bool {
        matches!(self, Self::Io { .. })
    }

    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io {
            path: path.to_path_buf(),
            source,
        }
    }
}

/// A number with its digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch slices that overlap, leave blocks out, or differ by more than a block.
    #[test]
    fn slices_cover_all_blocks_once() {
        for blocks in [0, 1, 5, 64, 292_969, u64::MAX / 2] {
            for of in [1, 2, 3, 7, 64] {
                let mut next = 0;
                for part in 1..=of {
                    let slice = Slice { part, of }.of(blocks);
                    assert_eq!(slice.start, next);
                    assert!((blocks / of..=blocks / of + 1).contains(&(slice.end - slice.start)));
                    next = slice.end;
                }
                assert_eq!(next, blocks);
            }
        }
    }

    /// Would catch nonsense that is taken for a slice.
    #[test]
    fn slices_are_read_as_people_write_them() {
        assert_eq!("2/7".parse(), Ok(Slice { part: 2, of: 7 }));
        assert_eq!("1/1".parse(), Ok(Slice::WHOLE));
        assert_eq!(Slice { part: 2, of: 7 }.to_string(), "2/7");
        for bad in [
            "",
            "2",
            "0/7",
            "8/7",
            "1/0",
            "-1/3",
            "a/b",
            "1/2/3",
            "1/9999999999999",
        ] {
            assert!(bad.parse::<Slice>().is_err(), "{bad}");
        }
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!(
            [7, 999, 1_000, 1_234_567].map(grouped),
            ["7", "999", "1,000", "1,234,567"]
        );
    }
}
