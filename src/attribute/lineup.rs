//! Many models over the same journeys.
//!
//! A [`Lineup`] is what a run carries: it makes one [`LineupState`] for each shard, folds batches
//! into it, and the states merge like any other. Erasure costs one dynamic call for each model and
//! batch, so batches of a thousand journeys make it invisible, and each model's inner loop is
//! compiled for that model alone. A batch that fits into the cache is read by all models in turn.
//!
//! ```text
//! lineup.start(shape) ─┬─ fold fold fold ─┐
//!                      └─ fold fold ──────┴─ merge ─ credits
//! ```
//!
//! # Mixing lineups up
//!
//! A state knows the names and the shape it was made for. Folding or merging across different ones
//! would add numbers that mean different things; there is no right answer to return, and no input
//! can cause it, since a program has its lineup before it reads data. So it panics, and says which
//! two met.

use std::fmt;
use std::sync::Arc;

use crate::base::Merge;
use crate::journey::JourneyBatch;

use super::converting::ConversionsOnly;
use super::credit::Credit;
use super::ends::{First, Last, LastClick};
use super::erased::{ErasedModel, ErasedState};
use super::inside::{Effects, PerJourney};
use super::linear::{Linear, LinearDistinct};
use super::markov::Markov;
use super::model::{FitError, Model, Shape};
use super::names::{ModelError, Request, Use, requests};
use super::order::MarkovAuto;
use super::position::Position;
use super::shapley::Shapley;
use super::within::Within;

/// A model that divides single journeys, none if it cannot, or why it has no fit.
pub type FittedWithin<'a> = Result<Option<Box<dyn Within + 'a>>, FitError>;

/// Models that run together.
pub struct Lineup {
    models: Vec<Box<dyn ErasedModel>>,
    names: Arc<[String]>,
}

impl Lineup {
    /// A lineup without models; add to it.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            models: Vec::new(),
            names: Arc::from([]),
        }
    }

    /// The models of a list of names, separated by commas.
    ///
    /// # Errors
    ///
    /// When a name or a parameter is not known, a model is named twice, or the list is empty.
    pub fn parse(list: &str) -> Result<Self, ModelError> {
        let mut lineup = Self::empty();
        for request in requests(list)? {
            match request {
                Request::First => lineup.add(First),
                Request::Last => lineup.add(Last),
                Request::LastClick => lineup.add(LastClick),
                Request::LastNonDirect(model) => lineup.add(model),
                Request::LastPaid(model) => lineup.add(model),
                Request::Linear => lineup.add(Linear),
                Request::LinearDistinct => lineup.add(LinearDistinct),
                Request::Position(model) => lineup.add(model),
                Request::WShape(model) => lineup.add(model),
                Request::PositionDecay(model) => lineup.add(model),
                Request::Geometric(model) => lineup.add(model),
                Request::TimeDecay(model) => lineup.add(model),
                Request::TimeRank(model) => lineup.add(model),
                Request::Markov(wanted) => lineup.add_chain(Markov, wanted),
                Request::MarkovAuto(wanted) => lineup.add_chain(MarkovAuto, wanted),
                Request::MarkovGrams(model, wanted) => lineup.add_chain(model, wanted),
                Request::ByPattern(model) => model.add(&mut lineup),
                Request::Hazard(model) => lineup.add(model),
            }?;
        }
        Ok(lineup)
    }

    /// Adds a model, of this crate or any other.
    ///
    /// # Errors
    ///
    /// When there is one of the same name already.
    pub fn add<M: Model + 'static>(&mut self, model: M) -> Result<(), ModelError> {
        let name = Model::name(&model);
        if self.names.contains(&name) {
            return Err(ModelError::Twice { name });
        }
        self.push(model);
        Ok(())
    }

    fn add_chain<M: Effects + 'static>(&mut self, model: M, wanted: Use) -> Result<(), ModelError> {
        match (wanted.conversions_only, wanted.within) {
            (false, false) => self.add(model),
            (true, false) => self.add(ConversionsOnly(model)),
            (false, true) => self.add(PerJourney(model)),
            (true, true) => self.add(PerJourney(ConversionsOnly(model))),
        }
    }

    /// Tells the models the channels' names, in the order of their numbers, before any journey is
    /// folded. Models that know no channel by name do not need it; one that does, such as
    /// `last-non-direct`, has no fit without.
    ///
    /// # Errors
    ///
    /// When a model names a channel that is not there.
    ///
    /// # Example
    ///
    /// ```
    /// # use redcat::attribute::Lineup;
    /// let mut lineup = Lineup::parse("last-paid:serch")?;
    /// let error = lineup.bind(&["search", "direct"]).unwrap_err();
    /// assert!(error.to_string().contains("did you mean `search`?"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bind(&mut self, channels: &[impl AsRef<str>]) -> Result<(), ModelError> {
        let channels: Vec<&str> = channels.iter().map(AsRef::as_ref).collect();
        let mut models = self.models.iter_mut();
        models.try_for_each(|model| model.bind(&channels))
    }

    fn push<M: Model + 'static>(&mut self, model: M) {
        let name = Model::name(&model);
        self.models.push(Box::new(model));
        self.names = self.names.iter().cloned().chain([name]).collect();
    }

    /// The models' names, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether journeys without a conversion make a difference to any of the models.
    #[must_use]
    pub fn reads_nulls(&self) -> bool {
        self.models.iter().any(|model| model.reads_nulls())
    }

    /// The first model, if any, that does not divide each journey by itself.
    pub(super) fn needs_all_journeys(&self) -> Option<&str> {
        let mut models = self.models.iter().zip(&*self.names);
        models
            .find(|(model, _)| !model.journey_by_journey())
            .map(|(_, name)| name.as_str())
    }

    /// A state that knows of no journey.
    #[must_use]
    pub fn start(&self, shape: Shape) -> LineupState {
        self.with(shape, self.models.iter().map(|m| m.start(shape)).collect())
    }

    /// Takes a batch into all models.
    ///
    /// # Panics
    ///
    /// When the state was made by a lineup of other models.
    pub fn fold(&self, state: &mut LineupState, batch: &JourneyBatch) {
        self.check(state);
        for (model, state) in self.models.iter().zip(&mut state.states) {
            model.fold(state.as_mut(), batch);
        }
    }

    /// Each model's credit, or why it has none, by name.
    ///
    /// # Panics
    ///
    /// When the state was made by a lineup of other models.
    #[must_use]
    pub fn credits(&self, state: &LineupState) -> Vec<(String, Result<Credit, FitError>)> {
        self.check(state);
        self.each(state, |model, state| model.credit(state))
    }

    /// Each model as one that divides single journeys, by name; none where it cannot.
    ///
    /// # Panics
    ///
    /// When the state was made by a lineup of other models.
    #[must_use]
    pub fn within(&self, state: &LineupState) -> Vec<(String, FittedWithin<'_>)> {
        self.check(state);
        let pairs = self.models.iter().zip(&state.states);
        pairs
            .zip(self.names.iter())
            .map(|((model, state), name)| (name.clone(), model.within(state.as_ref())))
            .collect()
    }

    /// Memory that each model's state holds, in bytes, by name.
    ///
    /// # Panics
    ///
    /// When the state was made by a lineup of other models.
    #[must_use]
    pub fn bytes(&self, state: &LineupState) -> Vec<(String, usize)> {
        self.check(state);
        self.each(state, |model, state| model.bytes(state))
    }

    fn each<T>(
        &self,
        state: &LineupState,
        ask: impl Fn(&dyn ErasedModel, &dyn ErasedState) -> T,
    ) -> Vec<(String, T)> {
        let pairs = self.models.iter().zip(&state.states);
        pairs
            .zip(self.names.iter())
            .map(|((model, state), name)| (name.clone(), ask(model.as_ref(), state.as_ref())))
            .collect()
    }

    /// The models with their names.
    pub(super) fn models(&self) -> impl Iterator<Item = (&str, &dyn ErasedModel)> {
        let models = self.models.iter().map(AsRef::as_ref);
        self.names.iter().map(String::as_str).zip(models)
    }

    /// These states, one a model.
    pub(super) fn with(&self, shape: Shape, states: Vec<Box<dyn ErasedState>>) -> LineupState {
        LineupState {
            names: Arc::clone(&self.names),
            shape,
            states,
        }
    }

    fn check(&self, state: &LineupState) {
        assert!(
            same(&self.names, &state.names),
            "the state of the lineup {:?} was handed to the lineup {:?}",
            state.names,
            self.names
        );
    }
}

/// `first`, `last`, `last-click`, `linear`, `position`, `time-decay`, `markov:1`, `shapley`.
impl Default for Lineup {
    fn default() -> Self {
        let mut lineup = Self::empty();
        lineup.push(First);
        lineup.push(Last);
        lineup.push(LastClick);
        lineup.push(Linear);
        lineup.push(Position::default());
        lineup.push(super::decay::TimeDecay::default());
        lineup.push(Markov);
        lineup.push(Shapley);
        lineup
    }
}

impl fmt::Debug for Lineup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lineup").field(&self.names).finish()
    }
}

/// What a lineup knows of the journeys folded so far.
pub struct LineupState {
    names: Arc<[String]>,
    shape: Shape,
    states: Vec<Box<dyn ErasedState>>,
}

impl LineupState {
    /// The shape it was made for.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The states with the names of their models.
    pub(super) fn each(&self) -> impl Iterator<Item = (&str, &dyn ErasedState)> {
        let states = self.states.iter().map(AsRef::as_ref);
        self.names.iter().map(String::as_str).zip(states)
    }
}

impl Clone for LineupState {
    fn clone(&self) -> Self {
        Self {
            names: Arc::clone(&self.names),
            shape: self.shape,
            states: self.states.iter().map(|s| s.boxed_clone()).collect(),
        }
    }
}

impl fmt::Debug for LineupState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("LineupState");
        out.field("names", &self.names).field("shape", &self.shape);
        out.finish_non_exhaustive()
    }
}

/// # Panics
///
/// When the states were made by lineups of other models, or for other shapes.
impl Merge for LineupState {
    fn merge(&mut self, other: Self) {
        assert!(
            same(&self.names, &other.names) && self.shape == other.shape,
            "cannot merge {self:?} with {other:?}"
        );
        for (mine, theirs) in self.states.iter_mut().zip(other.states) {
            mine.merge_erased(theirs);
        }
    }
}

fn same(a: &Arc<[String]>, b: &Arc<[String]>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}
