//! What the additive hazard gathers: a sample of journeys, and exact totals of all of them.
//!
//! The sample may have to drop journeys, the totals never: whatever the fit says of the split, the sum
//! is that of everything folded.

use serde::{Deserialize, Serialize};

use crate::base::Merge;
use crate::journey::{Journey, Outcome};

use super::super::credit::Amount;
use super::super::model::{Shape, Stray};
use super::sample::{Sample, hash};
use super::store::Row;

/// Hours. Longer than any season; beyond it a number is no time.
const LATEST: f64 = 1e9;

/// What one group of merchants brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sold {
    pub conversions: i128,
    pub value: i128,
}

impl Sold {
    pub fn add(&mut self, conversions: u64, value: i128) {
        self.conversions += i128::from(conversions);
        self.value += value;
    }

    pub fn amount(self) -> Amount {
        Amount {
            conversions: self.conversions as f64,
            value: self.value as f64,
        }
    }
}

impl Merge for Sold {
    fn merge(&mut self, other: Self) {
        self.conversions += other.conversions;
        self.value += other.value;
    }
}

/// A bounded sample of journeys with their times, and exact totals of all: the state of
/// [`Hazard`](super::Hazard).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timed {
    pub(super) shape: Shape,
    pub(super) sample: Sample,
    /// Touches of the longest journey that enters whole.
    pub(super) longest: usize,
    pub(super) shortened: bool,
    /// Rows with touches, group by group, and rows without.
    pub(super) touched: Vec<Sold>,
    pub(super) empty: Vec<Sold>,
    /// Journeys with touches; saturates.
    pub(super) journeys: u64,
    pub(super) stray: Stray,
}

impl Timed {
    pub(super) fn new(shape: Shape, capacity: usize) -> Self {
        Self {
            shape,
            sample: Sample::new(capacity),
            longest: (capacity / 16).min(usize::from(u16::MAX)),
            shortened: false,
            touched: vec![Sold::default(); shape.groups],
            empty: vec![Sold::default(); shape.groups],
            journeys: 0,
            stray: Stray::default(),
        }
    }

    #[inline]
    pub(super) fn take(&mut self, journey: &Journey<'_>) {
        let channels = self.shape.channels;
        let (mut timed, mut fits) = (true, true);
        for (channel, hours) in journey.channels.iter().zip(journey.hours_before_end) {
            timed &= (0.0..=LATEST).contains(hours) && hours.is_sign_positive();
            fits &= usize::from(*channel) < channels;
        }
        if !fits {
            // The fit will refuse, so that it does not matter what was counted so far.
            let channels = journey.channels.iter();
            channels
                .max()
                .into_iter()
                .for_each(|c| self.stray.channel(*c));
        } else if timed && journey.channels.len() <= self.longest {
            self.keep(&journey.outcome, journey.channels, journey.hours_before_end);
        } else {
            self.keep_some(journey);
        }
    }

    /// Of a journey with touches that have no time, or with too many.
    #[cold]
    fn keep_some(&mut self, journey: &Journey<'_>) {
        let touches = journey.channels.iter().zip(journey.hours_before_end);
        let (mut channels, mut hours): (Vec<u16>, Vec<f64>) = touches
            .filter(|(_, hours)| (0.0..=LATEST).contains(*hours))
            // Both zeros are one.
            .map(|(channel, hours)| (*channel, hours + 0.0))
            .unzip();
        let early = channels.len().saturating_sub(self.longest);
        self.shortened |= early > 0;
        channels.drain(..early);
        hours.drain(..early);
        self.keep(&journey.outcome, &channels, &hours);
    }

    #[inline]
    fn keep(&mut self, outcome: &Outcome, channels: &[u16], hours: &[f64]) {
        let place = usize::from(outcome.group);
        if place >= self.shape.groups {
            self.stray.group(outcome.group);
            return;
        }
        let value = i128::from(outcome.value);
        if channels.is_empty() {
            self.empty[place].add(outcome.conversions, value);
            return;
        }
        let times = outcome.conversions.saturating_add(outcome.nulls);
        if times == 0 && value == 0 {
            return;
        }
        self.journeys = self.journeys.saturating_add(times);
        if outcome.conversions > 0 || value != 0 {
            self.touched[place].add(outcome.conversions, value);
        }
        self.sample.take(&Row {
            hash: hash(outcome.group, channels, hours),
            conversions: outcome.conversions,
            nulls: outcome.nulls,
            value,
            group: outcome.group,
            channels,
            hours,
        });
    }
}

/// # Panics
///
/// When the shapes differ. Only a program that mixes up its own states gets there.
impl Merge for Timed {
    fn merge(&mut self, other: Self) {
        assert_eq!(
            self.shape, other.shape,
            "journeys of different shapes cannot be merged"
        );
        self.sample.merge(other.sample);
        self.shortened |= other.shortened;
        self.touched.merge(other.touched);
        self.empty.merge(other.empty);
        self.journeys = self.journeys.saturating_add(other.journeys);
        self.stray.merge(other.stray);
    }
}

impl Timed {
    /// Memory held, in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.sample.bytes()
            + size_of_val(self.touched.as_slice())
            + size_of_val(self.empty.as_slice())
    }
}
