//! States of a lineup as bytes, so that they can wait in a file or come from another machine.
//!
//! Each model's state is written by itself. What is read is trusted to be what was written: whoever
//! keeps states keeps a checksum with them.

use serde::{Deserialize, Serialize};

use super::lineup::{Lineup, LineupState};
use super::model::Shape;

/// Why a state cannot be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SavedError {
    /// It does not become bytes, or bytes do not become it.
    #[error("the state of {model}: {why}")]
    State {
        /// The model.
        model: String,
        /// What its serialiser said.
        why: String,
    },
    /// The states are those of another number of models.
    #[error("states of {found} models, but the lineup has {models}")]
    Models {
        /// How many states there are.
        found: usize,
        /// How many models.
        models: usize,
    },
}

/// What a lineup knows of the journeys folded so far, as bytes: one string of bytes a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedLineup(Vec<Vec<u8>>);

impl LineupState {
    /// Writes the states down.
    ///
    /// # Errors
    /// When a state does not become bytes; none of this crate's does.
    pub fn save(&self) -> Result<SavedLineup, SavedError> {
        let states = self.each().map(|(name, state)| {
            state.save().map_err(|error| SavedError::State {
                model: name.to_owned(),
                why: error.to_string(),
            })
        });
        states.collect::<Result<_, _>>().map(SavedLineup)
    }
}

impl Lineup {
    /// Reads states that a lineup of the same models has written, for the same shape.
    ///
    /// # Errors
    /// When bytes do not become a model's state, or there are more or fewer than models.
    pub fn load(&self, shape: Shape, saved: &SavedLineup) -> Result<LineupState, SavedError> {
        let (found, models) = (saved.0.len(), self.names().len());
        if found != models {
            return Err(SavedError::Models { found, models });
        }
        let states = self.models().zip(&saved.0).map(|((name, model), bytes)| {
            model.load(bytes).map_err(|error| SavedError::State {
                model: name.to_owned(),
                why: error.to_string(),
            })
        });
        Ok(self.with(shape, states.collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Merge;
    use crate::journey::{JourneyBatch, Outcome, Touch, TouchKind};

    /// All kinds of state that this crate has.
    const MODELS: &str = "first,last,linear:distinct,time-decay,markov:1,markov:3,markov-auto,\
        shapley,shapley:ordered,hazard,markov:1:conversions-only,removal";

    fn journeys(seed: u64) -> JourneyBatch {
        let mut batch = JourneyBatch::new();
        for i in 0..200 {
            let word = crate::base::address::mix(seed + i);
            for k in 0..word % 6 {
                batch.touch(Touch {
                    channel: (word >> (8 * k)) as u16 % 5,
                    kind: TouchKind::Read,
                    hours_before_end: (6 - k) as f64 * 1.5,
                });
            }
            let conversions = word >> 60 & 1;
            batch.end(Outcome {
                group: (word >> 58) as u16 % 2,
                conversions,
                nulls: 1 - conversions,
                value: (conversions * (word % 9_999)) as i64,
            });
        }
        batch
    }

    /// Would catch a field that is left behind: a state that went through bytes goes on as the one that
    /// did not, whatever comes after, down to the last bit of credit.
    #[test]
    fn a_state_that_was_kept_goes_on_as_if_it_had_not_been() {
        let known: Vec<&str> = MODELS
            .split(',')
            .filter(|name| Lineup::parse(name).is_ok())
            .collect();
        assert!(known.len() > 8, "{known:?}");
        let lineup = Lineup::parse(&known.join(",")).unwrap();
        let shape = Shape {
            channels: 5,
            groups: 2,
        };
        let (mut straight, mut other) = (lineup.start(shape), lineup.start(shape));
        lineup.fold(&mut straight, &journeys(1));
        let mut kept = lineup.load(shape, &straight.save().unwrap()).unwrap();
        lineup.fold(&mut other, &journeys(2));
        for state in [&mut straight, &mut kept] {
            lineup.fold(state, &journeys(3));
            state.merge(other.clone());
        }
        for ((name, a), (_, b)) in lineup
            .credits(&straight)
            .into_iter()
            .zip(lineup.credits(&kept))
        {
            assert_eq!(format!("{a:?}"), format!("{b:?}"), "{name}");
        }
    }

    /// Would catch bytes of something else that become a state, and a panic on cut ones.
    #[test]
    fn bytes_that_are_no_state_are_refused() {
        let lineup = Lineup::parse("last,markov:1").unwrap();
        let shape = Shape {
            channels: 5,
            groups: 2,
        };
        let SavedLineup(saved) = lineup.start(shape).save().unwrap();
        let fewer = SavedLineup(saved[..1].to_vec());
        let error = lineup.load(shape, &fewer).unwrap_err();
        assert!(error.to_string().contains("states of 1 models"), "{error}");
        for cut in 0..saved[1].len() {
            let short = SavedLineup(vec![saved[0].clone(), saved[1][..cut].to_vec()]);
            let error = lineup.load(shape, &short).unwrap_err();
            assert!(error.to_string().contains("markov:1"), "{error}");
        }
    }
}
