//! The ordered Shapley value: a channel's credit by the place of its touches.
//!
//! Zhao, Mahboobi and Bagheri (2018, *Shapley value methods for attribution modeling in online
//! advertising*, section 4) ask not only how much a channel brings but at which touchpoint. A converting
//! journey over the channels `T` still gives 1/|T| to each, as in [`Shapley`](super::Shapley); a
//! channel's part is then divided evenly over the touchpoints at which the channel stood:
//!
//! ```text
//! φ(c, i) = Σ over converting journeys with c at touchpoint i of  1 / (|T| · touches of c)
//! ```
//!
//! So credit by channel is that of `shapley`; what is new is [`ShapleyOrdered::fit`], the table by
//! touchpoint. It is exact, as books are: journeys need not be kept.
//!
//! The first [`MOST_PLACES`] touchpoints are told apart, and fewer if channels and groups are very many;
//! what comes later counts with the last of them.

use serde::{Deserialize, Serialize};

use crate::base::Merge;
use crate::journey::JourneyBatch;

use super::super::credit::{Amount, Credit, Note};
use super::super::distinct::Distinct;
use super::super::ledger::Ledger;
use super::super::model::{FitError, Model, Shape, Stray};
use super::super::within::{ByRule, Within};
use super::Shapley;

/// Most touchpoints that are told apart.
const MOST_PLACES: usize = 32;
/// Most cells of places, channels and groups.
const MOST_CELLS: usize = 1 << 22;

/// The Shapley value of channels at touchpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShapleyOrdered;

/// Books by touchpoint and channel: the state of [`ShapleyOrdered`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    shape: Shape,
    /// How many touchpoints are told apart.
    places: usize,
    /// Place by place, the channels of each.
    books: Ledger,
    stray: Stray,
}

impl Merge for Places {
    fn merge(&mut self, other: Self) {
        self.books.merge(other.books);
        self.stray.merge(other.stray);
    }
}

impl ShapleyOrdered {
    /// What each channel gets at each touchpoint: by place, then by channel.
    ///
    /// # Errors
    ///
    /// As [`Model::credit`].
    pub fn fit(&self, state: &Places) -> Result<Vec<Vec<Amount>>, FitError> {
        state.stray.check(state.shape)?;
        let cells = state.books.credit()?.by_channel();
        let rows = cells.chunks(state.shape.channels.max(1));
        Ok(rows.map(<[Amount]>::to_vec).collect())
    }
}

impl Model for ShapleyOrdered {
    type State = Places;

    fn name(&self) -> String {
        "shapley:ordered".into()
    }

    fn start(&self, shape: Shape) -> Places {
        let channels = shape.channels.max(1);
        let most = MOST_CELLS / (channels * shape.groups.max(1));
        // A cell is named by a channel's number.
        let named = usize::from(u16::MAX) / channels;
        let places = MOST_PLACES.min(most).min(named).max(1);
        Places {
            shape,
            places,
            books: Ledger::new(Shape {
                channels: shape.channels * places,
                groups: shape.groups,
            }),
            stray: Stray::default(),
        }
    }

    fn fold(&self, state: &mut Places, batch: &JourneyBatch) {
        let mut distinct = Distinct::default();
        let channels = state.shape.channels;
        let mut touches = vec![0_u32; channels];
        for journey in batch.converting() {
            let most = journey.channels.iter().copied().max();
            if let Some(most) = most.filter(|c| usize::from(*c) >= channels) {
                state.stray.channel(most);
                continue;
            }
            let mut split = state.books.split(&journey.outcome);
            let set = distinct.of(journey.channels);
            let share = 1.0 / set.len() as f64;
            for channel in set {
                touches[usize::from(*channel)] = 0;
            }
            for channel in journey.channels {
                touches[usize::from(*channel)] += 1;
            }
            let cell = |place: usize, channel: &u16| {
                let place = place.min(state.places - 1);
                (place * channels + usize::from(*channel)) as u16
            };
            if let Some((last, earlier)) = journey.channels.split_last() {
                let mut upto = 0.0;
                for (place, channel) in earlier.iter().enumerate() {
                    upto += share / f64::from(touches[usize::from(*channel)]);
                    split.upto(cell(place, channel), upto);
                }
                split.rest(cell(earlier.len(), last));
            }
        }
    }

    fn credit(&self, state: Places) -> Result<Credit, FitError> {
        state.stray.check(state.shape)?;
        let books = state.books.credit()?;
        let mut credit = Credit::new(state.shape);
        for group in 0..state.shape.groups {
            for place in 0..state.places {
                for channel in 0..state.shape.channels {
                    let cell = books.cell(group, place * state.shape.channels + channel);
                    credit.give(group, channel, cell);
                }
            }
            credit.leave(group, books.unattributed(group));
        }
        if credit.total().conversions == 0.0 {
            credit.note(Note::NoConversions);
        }
        Ok(credit)
    }

    fn within(&self, _: &Places) -> Result<Option<Box<dyn Within + '_>>, FitError> {
        Ok(Some(Box::new(ByRule(&Shapley))))
    }

    fn bytes(&self, state: &Places) -> usize {
        size_of_val(state) + state.books.bytes()
    }
}
