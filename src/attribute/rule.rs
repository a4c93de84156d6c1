//! Models that look at one journey at a time.
//!
//! Most of the models in daily use are rules: they read one journey and divide it. They need no
//! fitting, so their state is simply the credit given so far, and only journeys that bring
//! something have to be looked at. A rule says how to divide; everything else is shared.

use crate::journey::{Journey, JourneyBatch};

use super::credit::Credit;
use super::ledger::{Ledger, Split};
use super::model::{FitError, Model, Shape};
use super::names::ModelError;
use super::within::{ByRule, Within};

/// A model that divides each journey by itself. Every rule is a [`Model`].
pub trait Rule: Send + Sync {
    /// Memory reused from one journey of a batch to the next. It must not carry meaning.
    type Scratch: Default;

    /// The model's name ([`Model::name`]).
    fn label(&self) -> String;

    /// Learns the channels' names, in the order of their numbers ([`Model::bind`]).
    ///
    /// # Errors
    ///
    /// When the rule names a channel that is not among them.
    fn recognise(&mut self, channels: &[&str]) -> Result<(), ModelError> {
        let _ = channels;
        Ok(())
    }

    /// Whether the rule knows channels by name and has not learnt their names. It then refuses.
    fn unbound(&self) -> bool {
        false
    }

    /// Divides one journey, which may be empty. Called only when there is something to divide.
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, scratch: &mut Self::Scratch);
}

impl<R: Rule> Model for R {
    type State = Ledger;

    fn name(&self) -> String {
        self.label()
    }

    fn bind(&mut self, channels: &[&str]) -> Result<(), ModelError> {
        self.recognise(channels)
    }

    fn start(&self, shape: Shape) -> Ledger {
        Ledger::new(shape)
    }

    fn fold(&self, state: &mut Ledger, batch: &JourneyBatch) {
        if self.unbound() {
            // A fold cannot refuse; the books remember, even if names are learnt later on.
            state.nameless();
            return;
        }
        let mut scratch = R::Scratch::default();
        for journey in batch.converting() {
            let mut split = state.split(&journey.outcome);
            self.divide(&journey, &mut split, &mut scratch);
        }
    }

    fn journey_by_journey(&self) -> bool {
        true
    }

    fn reads_nulls(&self) -> bool {
        false
    }

    fn credit(&self, state: Ledger) -> Result<Credit, FitError> {
        if self.unbound() {
            return Err(FitError::Unbound);
        }
        state.credit()
    }

    fn within(&self, state: &Ledger) -> Result<Option<Box<dyn Within + '_>>, FitError> {
        if self.unbound() {
            return Err(FitError::Unbound);
        }
        state.check()?;
        Ok(Some(Box::new(ByRule(self))))
    }

    fn bytes(&self, state: &Ledger) -> usize {
        state.bytes()
    }
}
