//! First and last touch: all to one.
//!
//! The oldest rules and still the most used. `first` rewards whoever opened the journey, `last`
//! whoever stood at the door. `last-click` is what a platform that only hands over click ids can
//! compute: it is blind to everything that was seen or read, so a conversion without a click goes
//! to nobody, and the size of that remainder is worth reading.

use crate::journey::{Journey, TouchKind};

use super::ledger::Split;
use super::rule::Rule;

/// All to the first touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct First;

/// All to the last touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Last;

/// All to the last touch that was a click; without one, to nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastClick;

impl Rule for First {
    type Scratch = ();

    fn label(&self) -> String {
        "first".into()
    }

    #[inline(always)]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, (): &mut ()) {
        if let Some(channel) = journey.channels.first() {
            split.rest(*channel);
        }
    }
}

impl Rule for Last {
    type Scratch = ();

    fn label(&self) -> String {
        "last".into()
    }

    #[inline(always)]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, (): &mut ()) {
        if let Some(channel) = journey.channels.last() {
            split.rest(*channel);
        }
    }
}

impl Rule for LastClick {
    type Scratch = ();

    fn label(&self) -> String {
        "last-click".into()
    }

    #[inline(always)]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, (): &mut ()) {
        let click = journey.kinds.iter().rposition(|k| *k == TouchKind::Click);
        if let Some(at) = click {
            split.rest(journey.channels[at]);
        }
    }
}
