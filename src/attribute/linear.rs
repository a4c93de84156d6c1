//! Equal shares.
//!
//! `linear` divides by touches, so ten views of one channel count ten times; `linear:distinct`
//! divides by the distinct channels, so repetition buys nothing. The second is also the Shapley
//! value of a natural game ([`Shapley`](super::Shapley)).

use crate::base::Weight;
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

/// Lists up to this long have their shares tabulated.
const SHORT: usize = 15;

/// Cumulated even shares, by the length of the list.
static EVEN: [[Weight; SHORT]; SHORT + 1] = even();

const fn even() -> [[Weight; SHORT]; SHORT + 1] {
    let mut table = [[Weight::ZERO; SHORT]; SHORT + 1];
    let mut parts = 2;
    while parts <= SHORT {
        let mut given = 1;
        while given < parts {
            table[parts][given - 1] = share(given, 1.0 / parts as f64);
            given += 1;
        }
        parts += 1;
    }
    table
}

#[inline(always)]
const fn share(given: usize, step: f64) -> Weight {
    Weight::new(given as f64 * step)
}

/// Divides a journey evenly among a list, entry by entry.
#[inline(always)]
pub(super) fn evenly(channels: &[u16], split: &mut Split<'_>) {
    let Some((last, earlier)) = channels.split_last() else {
        return;
    };
    if let Some(shares) = EVEN.get(channels.len()) {
        for (channel, upto) in earlier.iter().zip(shares) {
            split.upto_weight(*channel, *upto);
        }
    } else {
        let step = 1.0 / channels.len() as f64;
        for (i, channel) in earlier.iter().enumerate() {
            split.upto_weight(*channel, share(i + 1, step));
        }
    }
    split.rest(*last);
}

impl Rule for Linear {
    type Scratch = ();

    fn label(&self) -> String {
        "linear".into()
    }

    #[inline(always)]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, (): &mut ()) {
        evenly(journey.channels, split);
    }
}

impl Rule for LinearDistinct {
    type Scratch = Distinct;

    fn label(&self) -> String {
        "linear:distinct".into()
    }

    #[inline(always)]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, distinct: &mut Distinct) {
        evenly(distinct.of(journey.channels), split);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a tabulated share that is another one than that of long lists.
    #[test]
    fn shares_of_short_lists_are_those_of_long_ones() {
        for (parts, shares) in EVEN.iter().enumerate().skip(1) {
            let step = 1.0 / parts as f64;
            for (share, given) in shares.iter().zip(1..parts) {
                let upto = Weight::new(given as f64 * step);
                assert_eq!(*share, upto, "{given} of {parts}");
                assert!(upto < Weight::ONE);
            }
        }
    }
}
