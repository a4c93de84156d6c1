//! Journeys to be folded: made up, the same on every machine.

use crate::attribute::Shape;
use crate::base::{Purpose, Root, UserId};
use crate::io::machine::Machine;
use crate::journey::{JourneyBatch, Outcome, Touch, TouchKind};

use super::BenchError;

/// Groups of merchants that the journeys belong to.
pub const GROUPS: usize = 4;

/// Journeys in a batch.
const TOGETHER: usize = 4_096;

const KINDS: [TouchKind; 4] = [
    TouchKind::View,
    TouchKind::Read,
    TouchKind::Engage,
    TouchKind::Click,
];

/// Journeys at addresses of seed 1: channels, kinds and groups are evenly likely and independent,
/// the hours before the end fall from 15 days, and some of the journeys convert, once, for ¥99.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Journeys {
    /// How many.
    pub journeys: u64,
    /// The fewest and the most touches of a journey; all between are evenly likely.
    pub touches: [u32; 2],
    /// Channels.
    pub channels: u16,
    /// The part of them that converts.
    pub converting: f64,
}

impl Journeys {
    /// The shape of a model's state.
    #[must_use]
    pub fn shape(&self) -> Shape {
        Shape {
            channels: usize::from(self.channels),
            groups: GROUPS,
        }
    }

    /// In words that tell two apart.
    #[must_use]
    pub fn data(&self) -> String {
        let Self {
            journeys,
            touches: [fewest, most],
            channels,
            converting,
        } = self;
        let touches = match fewest == most {
            true => fewest.to_string(),
            false => format!("{fewest}-{most}"),
        };
        format!(
            "{journeys} journeys of {touches} touches, {channels} channels, {converting} converting"
        )
    }

    /// The journeys, in batches as a run folds them.
    #[must_use]
    pub fn batches(&self) -> Vec<JourneyBatch> {
        let root = Root::new(1);
        let purpose = Purpose::named("bench journeys");
        let [fewest, most] = self.touches;
        let mut batches = Vec::new();
        let mut batch = JourneyBatch::new();
        for user in 0..self.journeys {
            let mut draws = root.user(UserId(user)).stream(purpose, 0);
            let more = f64::from(most.saturating_sub(fewest));
            let touches = match most > fewest {
                true => fewest + (draws.next_unit() * (more + 1.0)) as u32,
                false => fewest,
            };
            let mut hours = 360.0;
            for _ in 0..touches {
                hours *= draws.next_unit();
                batch.touch(Touch {
                    channel: (draws.next_unit() * f64::from(self.channels)) as u16,
                    kind: KINDS[(draws.next() >> 62) as usize],
                    hours_before_end: hours,
                });
            }
            let converts = draws.next_unit() < self.converting;
            batch.end(Outcome {
                group: (draws.next() >> 62) as u16,
                conversions: u64::from(converts),
                nulls: u64::from(!converts),
                value: if converts { 9_900 } else { 0 },
            });
            if batch.len() == TOGETHER {
                batches.push(std::mem::take(&mut batch));
            }
        }
        if !batch.is_empty() {
            batches.push(batch);
        }
        batches
    }

    /// Bytes that they take in memory, about: vectors grow to twice what they hold.
    fn bytes(&self) -> u64 {
        let touch = size_of::<u16>() + size_of::<TouchKind>() + size_of::<f64>();
        let end = 2 * size_of::<u32>() + size_of::<Outcome>();
        let touches = u64::from(self.touches[1]) * touch as u64;
        self.journeys
            .saturating_mul(touches + end as u64)
            .saturating_mul(2)
    }
}

/// Journeys in memory.
pub(super) struct Data {
    pub of: Journeys,
    pub batches: Vec<JourneyBatch>,
    pub touches: u64,
}

/// Makes journeys, if there is room.
pub(super) fn lay_out(all: &[Journeys]) -> Result<Vec<Data>, BenchError> {
    let memory = Machine::here().memory_bytes.unwrap_or(u64::MAX);
    let needed = all
        .iter()
        .fold(0_u64, |sum, j| sum.saturating_add(j.bytes()));
    if needed > memory / 2 {
        return Err(BenchError::Memory {
            journeys: all.iter().map(|j| j.journeys).max().unwrap_or(0),
            needed: needed >> 20,
            memory: memory >> 20,
        });
    }
    let one = |of: &Journeys| {
        let batches = of.batches();
        let touches = batches.iter().map(|b| b.touches() as u64).sum();
        Data {
            of: *of,
            batches,
            touches,
        }
    };
    Ok(all.iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch journeys that are not as they say: too few touches, a channel out of range, another
    /// part of them converting. Of 20,000 at 5 %, 1,000 ± 31: six standard deviations are allowed.
    #[test]
    fn journeys_are_as_they_say() {
        let journeys = Journeys {
            journeys: 20_000,
            touches: [1, 9],
            channels: 20,
            converting: 0.05,
        };
        let batches = journeys.batches();
        let all = || batches.iter().flat_map(JourneyBatch::iter);
        assert_eq!(all().count(), 20_000);
        for touches in 1..=9 {
            assert!(all().any(|j| j.channels.len() == touches), "{touches}");
        }
        assert!(all().all(|j| (1..=9).contains(&j.channels.len())));
        assert!(all().flat_map(|j| j.channels).all(|c| *c < 20));
        let converting = all().filter(|j| j.outcome.conversions == 1).count();
        assert!((814..=1_186).contains(&converting), "{converting}");
        assert_eq!(batches, journeys.batches());
        let fixed = Journeys {
            touches: [5, 5],
            converting: 1.0,
            ..journeys
        };
        let batches = fixed.batches();
        assert_eq!(
            batches.iter().map(JourneyBatch::touches).sum::<usize>(),
            100_000
        );
        assert!(
            batches
                .iter()
                .flat_map(JourneyBatch::iter)
                .all(|j| j.outcome.conversions == 1)
        );
    }

    /// Would catch a machine that is driven out of memory by a typing error.
    #[test]
    fn journeys_that_do_not_fit_are_refused() {
        let journeys = Journeys {
            journeys: u64::MAX,
            touches: [5, 5],
            channels: 20,
            converting: 0.05,
        };
        let refusal = lay_out(&[journeys]).err().map(|e| e.to_string());
        assert!(refusal.is_some_and(|r| r.contains("measure fewer")));
    }
}
