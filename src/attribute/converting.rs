//! A model that is shown conversions alone.
//!
//! Many logs hold buyers only: an export of orders with the touches before them. A chain fitted to
//! them has never seen a walk fail, and what it calls an effect is presence. To compare with an
//! analysis made that way, `:conversions-only` fits a model as if nulls had never been recorded.
//!
//! It is a choice for comparison, not for use: the [note](super::Note::NoNulls) that the model is
//! blind stays on it.

use crate::journey::{JourneyBatch, Outcome, Touch};

use super::credit::{Credit, Note};
use super::inside::Effects;
use super::model::{FitError, Model, Shape};
use super::names::ModelError;
use super::within::Within;

/// A model that does not see nulls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConversionsOnly<M>(pub M);

/// The converting journeys of a batch, without nulls. Few journeys convert, so that what is copied is
/// little.
pub(super) fn converting(batch: &JourneyBatch) -> JourneyBatch {
    let mut converting = JourneyBatch::new();
    for journey in batch.converting() {
        let times = journey.hours_before_end.iter().zip(journey.kinds);
        for (channel, (hours, kind)) in journey.channels.iter().zip(times) {
            converting.touch(Touch {
                channel: *channel,
                kind: *kind,
                hours_before_end: *hours,
            });
        }
        converting.end(Outcome {
            nulls: 0,
            ..journey.outcome
        });
    }
    converting
}

impl<M: Effects> Effects for ConversionsOnly<M> {
    fn effects(&self, state: &M::State) -> Result<Vec<f64>, FitError> {
        self.0.effects(state)
    }

    fn remarks(&self, state: &M::State) -> Vec<Note> {
        self.0.remarks(state)
    }
}

impl<M: Model> Model for ConversionsOnly<M> {
    type State = M::State;

    fn name(&self) -> String {
        format!("{}:conversions-only", self.0.name())
    }

    fn bind(&mut self, channels: &[&str]) -> Result<(), ModelError> {
        self.0.bind(channels)
    }

    fn start(&self, shape: Shape) -> M::State {
        self.0.start(shape)
    }

    fn fold(&self, state: &mut M::State, batch: &JourneyBatch) {
        self.0.fold(state, &converting(batch));
    }

    fn credit(&self, state: M::State) -> Result<Credit, FitError> {
        self.0.credit(state)
    }

    fn within(&self, state: &M::State) -> Result<Option<Box<dyn Within + '_>>, FitError> {
        self.0.within(state)
    }

    fn bytes(&self, state: &M::State) -> usize {
        self.0.bytes(state)
    }
}
