//! An earlier document, and what has changed since.
//!
//! Only like is held against like. A measurement's key says what was done, to which data, on how many
//! threads; keys that only one side has are counted and left out. Another machine is refused unless the
//! reader insists, since the difference of two machines says nothing about the program.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::base::median::{Change, Verdict};
use crate::engine::bench::{Measured, Part};
use crate::io::machine::Machine;

/// A median that has moved by less than this part is not told as a change.
pub const FLOOR: f64 = 0.03;

/// Why an earlier document cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EarlierError {
    /// It is not one.
    #[error("{of}: is not a document of `redcat bench --json`: {why}")]
    Malformed {
        /// The file.
        of: String,
        /// Why.
        why: String,
    },
    /// It was made elsewhere.
    #[error(
        "{of}: was measured on another machine ({there}; this is {here}): times of two machines \
         say nothing about a change of the program; add --other-machine to see them all the same"
    )]
    Machine {
        /// The file.
        of: String,
        /// That machine.
        there: String,
        /// This one.
        here: String,
    },
    /// It shares no measurement with this one.
    #[error(
        "{of}: has no measurement in common with this one; measure the same, with its arguments: {arguments}"
    )]
    Nothing {
        /// The file.
        of: String,
        /// How it was made.
        arguments: String,
    },
}

/// What is read of an earlier document.
#[derive(Clone, Debug, Deserialize)]
pub struct Earlier {
    redcat: Build,
    machine: Machine,
    #[serde(default)]
    arguments: Vec<String>,
    measurements: Vec<Timed>,
    #[serde(skip)]
    of: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Build {
    version: String,
    revision: Option<String>,
}

/// A measurement, as far as a comparison looks at it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Timed {
    key: String,
    part: Part,
    name: String,
    data: String,
    threads: usize,
    seconds: Vec<f64>,
}

impl From<&Measured> for Timed {
    fn from(measured: &Measured) -> Self {
        let work = &measured.work;
        Self {
            key: work.key(),
            part: work.part,
            name: work.name.clone(),
            data: work.data.clone(),
            threads: work.threads,
            seconds: measured.seconds.clone(),
        }
    }
}

impl Earlier {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// When it is no such document, or holds times that are none.
    pub fn parse(of: &str, text: &str) -> Result<Self, EarlierError> {
        let malformed = |why: String| EarlierError::Malformed {
            of: of.to_owned(),
            why,
        };
        let mut earlier: Self = serde_json::from_str(text).map_err(|e| malformed(e.to_string()))?;
        let bad = |t: &&Timed| t.seconds.is_empty() || t.seconds.iter().any(|s| *s <= 0.0);
        if let Some(timed) = earlier.measurements.iter().find(bad) {
            let key = &timed.key;
            return Err(malformed(format!(
                "`{key}`: seconds: write times above zero"
            )));
        }
        of.clone_into(&mut earlier.of);
        Ok(earlier)
    }

    /// Where it was measured.
    #[must_use]
    pub const fn machine(&self) -> &Machine {
        &self.machine
    }

    /// What was measured.
    #[must_use]
    pub fn measurements(&self) -> &[Timed] {
        &self.measurements
    }

    /// Refuses the document of another machine. Memory is not looked at: it differs by what firmware
    /// and virtual machines keep.
    ///
    /// # Errors
    /// When platform, processor or cores differ.
    pub fn same_machine(&self, here: &Machine) -> Result<(), EarlierError> {
        let plain = |m: &Machine| {
            let processor = m.processor.as_deref().unwrap_or("unknown processor");
            format!("{}, {processor}, {} cores", m.platform, m.cores)
        };
        let (there, here) = (plain(&self.machine), plain(here));
        if there == here {
            return Ok(());
        }
        let of = self.of.clone();
        Err(EarlierError::Machine { of, there, here })
    }

    /// Holds new times against these; with `relative`, in units of the yardstick on as many threads,
    /// round by round.
    ///
    /// # Errors
    /// When no measurement is in both.
    pub fn compare(&self, new: &[Timed], relative: bool) -> Result<Comparison, EarlierError> {
        let old = self.measurements.iter();
        let old: BTreeMap<&str, &[f64]> = old.map(|t| (&*t.key, &*t.seconds)).collect();
        let rods = new.iter().filter(|t| t.part == Part::Yardstick);
        let rods: BTreeMap<usize, (&[f64], &[f64])> = rods
            .filter_map(|t| Some((t.threads, (*old.get(&*t.key)?, &*t.seconds))))
            .collect();
        let one = |t: &Timed| {
            let before = *old.get(&*t.key)?;
            let change = match rods.get(&t.threads) {
                Some((then, now)) if relative && t.part != Part::Yardstick => {
                    Change::between(&over(before, then), &over(&t.seconds, now), FLOOR)
                }
                _ => Change::between(before, &t.seconds, FLOOR),
            };
            Some(Compared {
                key: t.key.clone(),
                part: t.part,
                name: t.name.clone(),
                data: t.data.clone(),
                threads: t.threads,
                change: change?,
            })
        };
        let compared: Vec<Compared> = new.iter().filter_map(one).collect();
        if !compared.iter().any(|c| c.part != Part::Yardstick) {
            let quoted = self.arguments.join(" ");
            return Err(EarlierError::Nothing {
                of: self.of.clone(),
                arguments: if quoted.is_empty() {
                    "unknown".to_owned()
                } else {
                    quoted
                },
            });
        }
        let version = &self.redcat.version;
        let revision = self.redcat.revision.as_deref();
        Ok(Comparison {
            of: self.of.clone(),
            program: revision.map_or(version.clone(), |r| format!("{version} ({r})")),
            relative,
            only_new: new.len() - compared.len(),
            only_old: self.measurements.len().saturating_sub(compared.len()),
            compared,
        })
    }
}

/// Times over those of the yardstick in the same round.
fn over(times: &[f64], rod: &[f64]) -> Vec<f64> {
    times.iter().zip(rod).map(|(t, r)| t / r).collect()
}

/// One measurement, then and now.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// By what it was found.
    pub key: String,
    /// Kind.
    pub part: Part,
    /// Name.
    pub name: String,
    /// Data.
    pub data: String,
    /// Threads.
    pub threads: usize,
    /// What became of its time.
    pub change: Change,
}

/// All that both sides have measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The earlier document.
    pub of: String,
    /// The program that made it.
    pub program: String,
    /// Whether times are in units of the yardstick.
    pub relative: bool,
    /// Measurements of both.
    pub compared: Vec<Compared>,
    /// How many only this one has.
    pub only_new: usize,
    /// How many only the earlier one has.
    pub only_old: usize,
}

impl Comparison {
    /// Whether the machine itself ran at another speed: a yardstick has changed.
    #[must_use]
    pub fn machine_moved(&self) -> bool {
        let mut rods = self.compared.iter().filter(|c| c.part == Part::Yardstick);
        rods.any(|c| matches!(c.change.verdict, Verdict::Faster | Verdict::Slower))
    }

    /// What has really become slower by more than a part (0.1: 10 %). The yardstick is no part of it.
    pub fn slower_than(&self, part: f64) -> impl Iterator<Item = &Compared> {
        let work = self.compared.iter().filter(|c| c.part != Part::Yardstick);
        work.filter(move |c| c.change.verdict == Verdict::Slower && c.change.ratio > 1.0 + part)
    }

    /// The comparison as a part of the document.
    #[must_use]
    pub fn document(&self) -> Value {
        let one = |c: &Compared| {
            let interval = c.change.interval;
            json!({
                "key": c.key, "ratio": c.change.ratio,
                "low": interval.map(|i| i.low), "high": interval.map(|i| i.high),
                "verdict": c.change.verdict.name(),
            })
        };
        json!({
            "of": self.of, "program": self.program, "relative": self.relative,
            "floor": FLOOR, "confidence": crate::base::median::DECIDING,
            "machine_moved": self.machine_moved(),
            "only_new": self.only_new, "only_old": self.only_old,
            "changes": self.compared.iter().map(one).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::bench::Work;

    fn measured(part: Part, name: &str, seconds: f64) -> Timed {
        let measured = Measured {
            work: Work {
                part,
                name: name.to_owned(),
                data: "data".to_owned(),
                threads: 1,
                items: 10,
                touches: None,
                state_bytes: None,
            },
            repeats: 1,
            seconds: vec![seconds; 15],
            core_seconds: None,
        };
        Timed::from(&measured)
    }

    fn earlier(all: &[Timed]) -> Earlier {
        let timed = |t: &Timed| {
            json!({
                "key": t.key, "part": t.part, "name": t.name, "data": t.data, "threads": t.threads,
                "seconds": t.seconds,
            })
        };
        let text = json!({
            "redcat": { "version": "0.0.9", "revision": null },
            "machine": Machine::here(),
            "measurements": all.iter().map(timed).collect::<Vec<_>>(),
        });
        Earlier::parse("old.json", &text.to_string()).unwrap()
    }

    fn verdicts(comparison: &Comparison) -> Vec<&'static str> {
        comparison
            .compared
            .iter()
            .map(|c| c.change.verdict.name())
            .collect()
    }

    /// Would catch verdicts the wrong way round, a gate that the yardstick can trip, and a machine that
    /// has slowed down taken for the program.
    #[test]
    fn changes_are_told() {
        let old = earlier(&[
            measured(Part::Yardstick, "draws", 1.0),
            measured(Part::Fold, "a", 1.0),
            measured(Part::Fold, "b", 1.0),
            measured(Part::Fold, "gone", 1.0),
        ]);
        let new = [
            measured(Part::Yardstick, "draws", 2.0),
            measured(Part::Fold, "a", 2.0),
            measured(Part::Fold, "b", 0.5),
            measured(Part::Fit, "new", 1.0),
        ];
        let plain = old.compare(&new, false).unwrap();
        assert_eq!(verdicts(&plain), ["slower", "slower", "faster"]);
        assert!(plain.machine_moved());
        assert_eq!((plain.only_new, plain.only_old), (1, 1));
        let names = |part| {
            plain
                .slower_than(part)
                .map(|c| c.name.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(0.5), ["a"]);
        assert!(names(1.0).is_empty());
        let relative = old.compare(&new, true).unwrap();
        assert_eq!(verdicts(&relative), ["slower", "no change", "faster"]);
        assert_eq!(relative.compared[2].change.ratio, 0.25);
    }

    /// Would catch a comparison of nothing told as "nothing has changed", and of two machines.
    #[test]
    fn what_cannot_be_compared_is_refused() {
        let old = earlier(&[
            measured(Part::Yardstick, "draws", 1.0),
            measured(Part::Fold, "a", 1.0),
        ]);
        let new = [
            measured(Part::Yardstick, "draws", 1.0),
            measured(Part::Fold, "b", 1.0),
        ];
        let refusal = old.compare(&new, false).unwrap_err().to_string();
        assert!(refusal.contains("no measurement in common"), "{refusal}");
        let mut there = Machine::here();
        assert!(old.same_machine(&there).is_ok());
        there.memory_bytes = None;
        assert!(old.same_machine(&there).is_ok());
        there.cores += 1;
        let refusal = old.same_machine(&there).unwrap_err().to_string();
        assert!(refusal.contains("--other-machine"), "{refusal}");
        for text in ["", "{}", "[1]"] {
            assert!(Earlier::parse("x", text).is_err());
        }
    }
}
