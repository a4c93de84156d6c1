//! Models and states behind one pointer, so that different ones stand in one list.
//!
//! [`Model`] has an associated type and cannot be a trait object. Its erased twin takes and gives
//! states as [`ErasedState`], and finds the concrete type again by a checked downcast. The check
//! costs nanoseconds and is paid once a batch.

use std::any::Any;

use serde::Serialize;

use crate::base::Merge;
use crate::journey::JourneyBatch;

use super::credit::Credit;
use super::model::{FitError, Model, Shape};
use super::names::ModelError;
use super::within::Within;

/// Any model's state.
pub(super) trait ErasedState: Any + Send + Sync {
    fn boxed_clone(&self) -> Box<dyn ErasedState>;

    /// Merges with a state of the same type.
    fn merge_erased(&mut self, other: Box<dyn ErasedState>);

    /// Writes itself as bytes.
    fn save(&self) -> Result<Vec<u8>, postcard::Error>;
}

impl<S: Merge + Clone + Serialize + Send + Sync + 'static> ErasedState for S {
    fn boxed_clone(&self) -> Box<dyn ErasedState> {
        Box::new(self.clone())
    }

    fn merge_erased(&mut self, other: Box<dyn ErasedState>) {
        let other: Box<dyn Any> = other;
        match other.downcast::<S>() {
            Ok(other) => self.merge(*other),
            Err(_) => foreign(),
        }
    }

    fn save(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_stdvec(self)
    }
}

/// [`Model`], object-safe.
pub(super) trait ErasedModel: Send + Sync {
    fn bind(&mut self, channels: &[&str]) -> Result<(), ModelError>;
    fn start(&self, shape: Shape) -> Box<dyn ErasedState>;
    fn fold(&self, state: &mut dyn ErasedState, batch: &JourneyBatch);
    fn journey_by_journey(&self) -> bool;
    fn reads_nulls(&self) -> bool;
    fn credit(&self, state: &dyn ErasedState) -> Result<Credit, FitError>;
    fn within(&self, state: &dyn ErasedState) -> Result<Option<Box<dyn Within + '_>>, FitError>;
    fn bytes(&self, state: &dyn ErasedState) -> usize;
    /// Reads a state of its own; what is left over is not one.
    fn load(&self, bytes: &[u8]) -> Result<Box<dyn ErasedState>, postcard::Error>;
}

impl<M: Model> ErasedModel for M {
    fn bind(&mut self, channels: &[&str]) -> Result<(), ModelError> {
        Model::bind(self, channels)
    }

    fn start(&self, shape: Shape) -> Box<dyn ErasedState> {
        Box::new(Model::start(self, shape))
    }

    fn fold(&self, state: &mut dyn ErasedState, batch: &JourneyBatch) {
        let state: &mut dyn Any = state;
        match state.downcast_mut() {
            Some(state) => Model::fold(self, state, batch),
            None => foreign(),
        }
    }

    fn journey_by_journey(&self) -> bool {
        Model::journey_by_journey(self)
    }

    fn reads_nulls(&self) -> bool {
        Model::reads_nulls(self)
    }

    fn credit(&self, state: &dyn ErasedState) -> Result<Credit, FitError> {
        Model::credit(self, own::<M>(state).clone())
    }

    fn within(&self, state: &dyn ErasedState) -> Result<Option<Box<dyn Within + '_>>, FitError> {
        Model::within(self, own::<M>(state))
    }

    fn bytes(&self, state: &dyn ErasedState) -> usize {
        Model::bytes(self, own::<M>(state))
    }

    fn load(&self, bytes: &[u8]) -> Result<Box<dyn ErasedState>, postcard::Error> {
        match postcard::take_from_bytes::<M::State>(bytes)? {
            (state, []) => Ok(Box::new(state)),
            _ => Err(postcard::Error::DeserializeBadEncoding),
        }
    }
}

fn own<M: Model>(state: &dyn ErasedState) -> &M::State {
    let state: &dyn Any = state;
    match state.downcast_ref() {
        Some(state) => state,
        None => foreign(),
    }
}

/// The lineup compares names before it comes here, so only two models of one name with different
/// states, in two lineups of one program, end up here.
fn foreign() -> ! {
    panic!("a model was handed the state of another model of the same name")
}
