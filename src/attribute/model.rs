//! What a model is: the trait, the shape of its data, and the ways in which a fit can fail.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::base::Merge;
use crate::journey::JourneyBatch;

use super::credit::Credit;
use super::names::ModelError;
use super::patterns::{MOST_PATTERNS, MOST_TOUCHES};
use super::within::Within;

/// How many channels and groups of merchants there are. Journeys name both by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// Channels are `0..channels`.
    pub channels: usize,
    /// Groups of merchants ([`Outcome::group`](crate::journey::Outcome::group)) are `0..groups`.
    pub groups: usize,
}

/// An attribution model.
///
/// It can be implemented outside of this crate; a [`Lineup`](super::Lineup) takes foreign models
/// beside its own. A model that treats each journey by itself is easier written as a
/// [`Rule`](super::Rule).
///
/// # Laws
///
/// 1. Folding commutes with merging: for any split of the journeys into `A` and `B`,
///    `fold(start, A) ⊕ fold(start, B) = fold(start, A + B)`, bit for bit.
/// 2. `start` is the identity of [`Merge`] among states of the same shape. States of different
///    shapes are never merged: a model may panic there.
/// 3. [`Model::bytes`] does not grow with the number of journeys.
/// 4. A state that was written and read again is the same state.
/// 5. [`Credit::total`] equals what was folded, unless the model's documentation says otherwise.
///
/// # Example
///
/// Every conversion to channel 0, whatever happened:
///
/// ```
/// use redcat::attribute::{Amount, Credit, FitError, Lineup, Model, Shape};
/// use redcat::base::Merge;
/// use redcat::journey::JourneyBatch;
///
/// struct Flattery;
///
/// #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// struct Counts(Shape, Vec<u64>);
///
/// impl Merge for Counts {
///     fn merge(&mut self, other: Self) {
///         self.1.merge(other.1);
///     }
/// }
///
/// impl Model for Flattery {
///     type State = Counts;
///     fn name(&self) -> String {
///         "flattery".into()
///     }
///     fn start(&self, shape: Shape) -> Counts {
///         Counts(shape, vec![0; shape.groups])
///     }
///     fn fold(&self, state: &mut Counts, batch: &JourneyBatch) {
///         for journey in batch.iter() {
///             state.1[usize::from(journey.outcome.group)] += journey.outcome.conversions;
///         }
///     }
///     fn credit(&self, state: Counts) -> Result<Credit, FitError> {
///         let mut credit = Credit::new(state.0);
///         for (group, n) in state.1.iter().enumerate() {
///             credit.give(group, 0, Amount { conversions: *n as f64, value: 0.0 });
///         }
///         Ok(credit)
///     }
///     fn bytes(&self, state: &Counts) -> usize {
///         8 * state.1.len()
///     }
/// }
///
/// let mut lineup = Lineup::parse("last")?;
/// lineup.add(Flattery)?;
/// assert_eq!(lineup.names(), ["last", "flattery"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Model: Send + Sync {
    /// What is known of the journeys folded so far. It can be written down: a long run keeps what it
    /// has, and the parts of a run are made on many machines.
    type State: Merge + Clone + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The name, with the parameters that differ from the defaults: `markov:1`,
    /// `time-decay:24h`. Two models of one lineup have different names.
    fn name(&self) -> String;

    /// Learns the channels' names, in the order of their numbers, before any journey is folded. Only
    /// models that know a channel by name have use for it.
    ///
    /// # Errors
    ///
    /// When the model names a channel that is not among them.
    fn bind(&mut self, channels: &[&str]) -> Result<(), ModelError> {
        let _ = channels;
        Ok(())
    }

    /// The state that knows of no journey.
    fn start(&self, shape: Shape) -> Self::State;

    /// Takes a batch in.
    fn fold(&self, state: &mut Self::State, batch: &JourneyBatch);

    /// Whether each journey is divided by itself, whatever other journeys there are: then it can be done
    /// while journeys come in. Every [`Rule`](super::Rule) does so.
    fn journey_by_journey(&self) -> bool {
        false
    }

    /// Whether journeys without a conversion make a difference. Whoever knows that they do not may
    /// leave them out.
    fn reads_nulls(&self) -> bool {
        true
    }

    /// Fits the model. All iteration happens here.
    ///
    /// # Errors
    ///
    /// When the data admits no answer. An answer that is defined but weak carries a
    /// [`Note`](super::Note) instead.
    fn credit(&self, state: Self::State) -> Result<Credit, FitError>;

    /// The fitted model as one that divides single journeys, if it can be read that way.
    ///
    /// # Errors
    ///
    /// As [`Model::credit`].
    fn within(&self, state: &Self::State) -> Result<Option<Box<dyn Within + '_>>, FitError> {
        let _ = state;
        Ok(None)
    }

    /// Memory held by a state, in bytes.
    fn bytes(&self, state: &Self::State) -> usize;
}

/// Why a model could not be fitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// A journey named a channel that the shape does not have.
    #[error("a journey touches channel {channel}, but there are only {channels} channels")]
    StrayChannel {
        /// The largest such channel.
        channel: u16,
        /// How many channels the shape has.
        channels: usize,
    },
    /// A journey named a group of merchants that the shape does not have.
    #[error("a journey belongs to merchant group {group}, but there are only {groups} groups")]
    StrayGroup {
        /// The largest such group.
        group: u16,
        /// How many groups the shape has.
        groups: usize,
    },
    /// More channels than the model can take.
    #[error("{model} takes at most {limit} channels, not {channels}: group the rare ones together")]
    TooManyChannels {
        /// Which model.
        model: String,
        /// How many channels the shape has.
        channels: usize,
        /// The most it takes.
        limit: usize,
    },
    /// The chain holds a channel that no path leaves.
    #[error("from channel {channel} neither a conversion nor a null can be reached")]
    Singular {
        /// The channel.
        channel: usize,
    },
    /// The model knows channels by name, and took journeys before it was told names.
    #[error(
        "it knows channels by name and was not told their names: bind the lineup to the channels \
         before the first journey (`Lineup::bind`)"
    )]
    Unbound,
    /// More different journeys than the model's table can hold.
    #[error(
        "{model} has met more different journeys than it can keep (some {MOST_PATTERNS} patterns, or \
         {MOST_TOUCHES} touches in them): group rare channels together, or take a shorter window"
    )]
    TooManyPatterns {
        /// Which model.
        model: String,
    },
    /// For models outside of this crate.
    #[error("{0}")]
    Other(String),
}

/// The largest channel and group seen outside of the shape, if any.
///
/// A fold has no way to refuse, and an index into the wrong cell would be silent. So states keep
/// what did not fit (the maximum is as mergeable as a sum) and the fit refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stray {
    channel: Option<u16>,
    group: Option<u16>,
    nameless: bool,
}

impl Stray {
    /// Remembers that a journey came before channels had names.
    #[cold]
    pub fn nameless(&mut self) {
        self.nameless = true;
    }

    /// Remembers a channel that is not in the shape.
    #[cold]
    pub fn channel(&mut self, channel: u16) {
        self.channel = self.channel.max(Some(channel));
    }

    /// Remembers a group that is not in the shape.
    #[cold]
    pub fn group(&mut self, group: u16) {
        self.group = self.group.max(Some(group));
    }

    /// Refuses if anything was out of shape.
    ///
    /// # Errors
    ///
    /// [`FitError::Unbound`], [`FitError::StrayChannel`] or [`FitError::StrayGroup`].
    pub fn check(self, shape: Shape) -> Result<(), FitError> {
        if self.nameless {
            return Err(FitError::Unbound);
        }
        if let Some(channel) = self.channel {
            let channels = shape.channels;
            return Err(FitError::StrayChannel { channel, channels });
        }
        if let Some(group) = self.group {
            let groups = shape.groups;
            return Err(FitError::StrayGroup { group, groups });
        }
        Ok(())
    }
}

impl Merge for Stray {
    fn merge(&mut self, other: Self) {
        self.channel = self.channel.max(other.channel);
        self.group = self.group.max(other.group);
        self.nameless |= other.nameless;
    }
}
