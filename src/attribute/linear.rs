//! Equal shares.
//!
//! `linear` divides by touches, so ten views of one channel count ten times; `linear:distinct`
//! divides by the distinct channels, so repetition buys nothing. The second is also the Shapley
//! value of a natural game ([`Shapley`](super::Shapley)).

use crate::journey::Journey;

use super::distinct::Distinct;
use super::ledger::Split;
use super::rule::Rule;

/// The same share for every touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Linear;

/// The same share for every distinct channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinearDistinct;

/// Divides a journey evenly among a list, entry by entry.
#[inline]
pub(super) fn evenly(channels: &[u16], split: &mut Split<'_>) {
    let Some((last, earlier)) = channels.split_last() else {
        return;
    };
    let step = 1.0 / channels.len() as f64;
    for (i, channel) in earlier.iter().enumerate() {
        split.upto(*channel, (i + 1) as f64 * step);
    }
    split.rest(*last);
}

impl Rule for Linear {
    type Scratch = ();

    fn label(&self) -> String {
        "linear".into()
    }

    #[inline]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, (): &mut ()) {
        evenly(journey.channels, split);
    }
}

impl Rule for LinearDistinct {
    type Scratch = Distinct;

    fn label(&self) -> String {
        "linear:distinct".into()
    }

    #[inline]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, distinct: &mut Distinct) {
        evenly(distinct.of(journey.channels), split);
    }
}
