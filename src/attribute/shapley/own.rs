//! The Shapley value within each journey's own channels.
//!
//! Each converting journey plays a game of its own. The players are its channels `T`; a coalition of them
//! is worth the conversion rate of the journeys that touched just these channels,
//!
//! ```text
//! v(S) = conversions / (conversions + nulls)  of journeys whose channel set = S ⊆ T,      v(∅) = 0
//! ```
//!
//! and zero if there were none. φ adds up to `v(T)`, the rate of journeys like this one, and the journey
//! is divided in proportion: so credit adds up, but a part may be negative where a channel makes sets
//! convert less. Some libraries solve it for the last four channels of a journey alone, in the order of
//! the alphabet; here all play.
//!
//! Value follows the parts of its journeys. Value without any conversion (a correction, booked later)
//! of a set that never converted is unattributed, as is what journeys without channels brought.
//!
//! # Cost
//!
//! `v` is zero but for sets that were seen. So for each `T` that converted either its 2ᵗ subsets are
//! looked up, or all seen sets are looked through, whichever is less. More than [`MOST_LOOKS`] looks in
//! all are refused.

use crate::journey::JourneyBatch;

use super::super::credit::Credit;
use super::super::divided::{Divided, remark};
use super::super::game::weights;
use super::super::model::{FitError, Model, Shape};
use super::super::patterns::{Pattern, Patterns, Seen, Sorted};
use super::super::within::Within;

/// Most looks at sets: as many as take minutes.
const MOST_LOOKS: u64 = 1 << 32;

/// The Shapley value of rates among the channels of each journey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShapleyOwn;

/// Solves the games of sets, one after the other.
struct Games<'a, 's> {
    sorted: &'a Sorted<'s>,
    /// Place of each channel in the set that plays, and one.
    places: Vec<u32>,
    looks: u64,
    subset: Vec<u16>,
}

impl Games<'_, '_> {
    fn divide(&mut self, set: &Seen<'_>, shares: &mut Vec<(u16, f64)>) -> Result<(), FitError> {
        // A set that never converted divides nothing, and its game may be worth nothing.
        if set.all.conversions == 0 {
            return Ok(());
        }
        let players = set.key;
        let n = players.len();
        let all = self.sorted.seen.len();
        let few = n < 20 && 1 << n <= all;
        self.looks += if few { 1 << n } else { all as u64 };
        if self.looks > MOST_LOOKS {
            return Err(FitError::Other(
                "shapley:own has too many sets of channels to look through: group rare channels \
                 together, or take `shapley:rate`"
                    .into(),
            ));
        }
        let weights = weights(n);
        let mut phi = vec![0.0; n];
        let mut lost = 0.0;
        for (player, place) in players.iter().zip(1..) {
            self.places[usize::from(*player)] = place;
        }
        let mut take = |part: &Seen<'_>, places: &[u32]| {
            let (size, worth) = (part.key.len(), part.all.rate());
            // As if nobody were in the part; who is gets it back.
            lost += weights[size] * worth;
            for player in part.key {
                let place = places[usize::from(*player)] as usize - 1;
                phi[place] += (weights[size - 1] + weights[size]) * worth;
            }
        };
        if few {
            for mask in 1_u32..1 << n {
                let there = players.iter().enumerate();
                let there = there.filter(|(place, _)| mask >> place & 1 == 1);
                self.subset.clear();
                self.subset.extend(there.map(|(_, player)| *player));
                if let Some(part) = self.sorted.find(&self.subset) {
                    take(part, &self.places);
                }
            }
        } else {
            for part in self.sorted.seen.iter().filter(|part| !part.key.is_empty()) {
                let inside = |player: &u16| self.places[usize::from(*player)] != 0;
                if part.key.len() <= n && part.key.iter().all(inside) {
                    take(part, &self.places);
                }
            }
        }
        for player in players {
            self.places[usize::from(*player)] = 0;
        }
        phi.iter_mut().for_each(|phi| *phi -= lost);
        let whole: f64 = phi.iter().sum();
        let parts = players.iter().zip(phi);
        shares.extend(parts.map(|(player, phi)| (*player, phi / whole)));
        Ok(())
    }
}

fn divided(sorted: &Sorted<'_>, shape: Shape) -> Result<Divided, FitError> {
    let mut games = Games {
        sorted,
        places: vec![0; shape.channels],
        looks: 0,
        subset: Vec::new(),
    };
    Divided::new(sorted, true, |seen, shares| games.divide(seen, shares))
}

impl Model for ShapleyOwn {
    type State = Patterns;

    fn name(&self) -> String {
        "shapley:own".into()
    }

    fn start(&self, shape: Shape) -> Patterns {
        Patterns::new(shape, Pattern::Set)
    }

    fn fold(&self, state: &mut Patterns, batch: &JourneyBatch) {
        state.fold(batch);
    }

    fn credit(&self, state: Patterns) -> Result<Credit, FitError> {
        let sorted = state.sorted(&self.name())?;
        let mut credit = divided(&sorted, state.shape())?.credit(state.shape(), &sorted);
        remark(&mut credit, sorted.all());
        Ok(credit)
    }

    fn within(&self, state: &Patterns) -> Result<Option<Box<dyn Within + '_>>, FitError> {
        let sorted = state.sorted(&self.name())?;
        let within = divided(&sorted, state.shape())?.within(Pattern::Set, &sorted);
        Ok(Some(Box::new(within)))
    }

    fn bytes(&self, state: &Patterns) -> usize {
        state.bytes()
    }
}
