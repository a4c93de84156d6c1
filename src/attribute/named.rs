//! Last touch, but not of every channel.
//!
//! Last touch has one answer that nobody can use: *direct*. Whoever types an address, or whose trail
//! was lost, was brought by something that the log does not name, and a rule that pays `direct` pays
//! nobody. So the suites leave it out of the race:
//!
//! * `last-non-direct` gives all to the last touch of a channel that is not on a list; if all
//!   touches are on it, to the last touch. This is the "last non-direct click" of Google Analytics,
//!   where "direct traffic is ignored". The list is `direct` unless another is given.
//! * `last-paid` gives all to the last touch of a channel that *is* on a list, the paid ones;
//!   without such a touch, to the last touch. This is the "Ads-preferred last click" of Google
//!   Analytics, which credits an ad wherever there was one.
//!
//! The two are one rule: some channels come first, and who comes second still counts when nobody
//! else is there. So an order is never left to nobody, other than under
//! [`LastClick`](super::LastClick), which tells by kind and not by channel.
//!
//! # Names
//!
//! Journeys name channels by number; a list has names. [`Lineup::bind`](super::Lineup::bind) brings
//! the two together. A name on a list that no channel has is a typing error and refused; only the
//! list that nobody typed may find nothing: a log without `direct` has nothing to skip. Since logs
//! write it in several ways, that list skips `direct` in small or large letters and with or without
//! brackets, as in Google's exports. A rule that was not bound refuses to fit.

use std::collections::BTreeSet;

use crate::journey::Journey;

use super::ledger::Split;
use super::names::ModelError;
use super::rule::Rule;

/// Channels by name and, once bound, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Listed {
    names: BTreeSet<String>,
    by_number: Option<Vec<bool>>,
}

impl Listed {
    fn new<S: Into<String>>(
        model: &'static str,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, ModelError> {
        let names: BTreeSet<String> = names.into_iter().map(Into::into).collect();
        if names.is_empty() || names.contains("") {
            let given = names.into_iter().collect::<Vec<_>>().join("+");
            return Err(ModelError::listed(model, given));
        }
        Ok(Self {
            names,
            by_number: None,
        })
    }

    fn bind(&mut self, label: String, channels: &[&str]) -> Result<(), ModelError> {
        if let Some(name) = self.names.iter().find(|n| !channels.contains(&n.as_str())) {
            return Err(ModelError::channel(label, name, channels));
        }
        let listed = channels.iter().map(|c| self.names.contains(*c));
        self.by_number = Some(listed.collect());
        Ok(())
    }

    /// Whether it is on the list. A channel out of shape is not, and the books refuse it.
    #[inline]
    fn holds(&self, channel: u16) -> bool {
        let listed = self.by_number.as_deref().unwrap_or_default();
        listed.get(usize::from(channel)).is_some_and(|on| *on)
    }

    fn label(&self, model: &str) -> String {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        if names.is_empty() {
            model.to_owned()
        } else {
            format!("{model}:{}", names.join("+"))
        }
    }
}

/// All to the last touch that passes, or else to the last.
#[inline]
fn last(journey: &Journey<'_>, split: &mut Split<'_>, passes: impl Fn(u16) -> bool) {
    let touches = journey.channels;
    let found = touches.iter().rfind(|channel| passes(**channel));
    if let Some(channel) = found.or(touches.last()) {
        split.rest(*channel);
    }
}

/// All to the last touch that is not of a channel to be skipped; if all are, to the last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastNonDirect(Listed);

impl LastNonDirect {
    /// Skips the channels of these names; the default skips `direct`.
    ///
    /// # Errors
    ///
    /// When there is no name, or one of no letters.
    pub fn skipping<S: Into<String>>(
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, ModelError> {
        Listed::new("last-non-direct", names).map(Self)
    }
}

impl Rule for LastNonDirect {
    type Scratch = ();

    fn label(&self) -> String {
        self.0.label("last-non-direct")
    }

    fn recognise(&mut self, channels: &[&str]) -> Result<(), ModelError> {
        if self.0.names.is_empty() {
            let direct = |name: &&str| {
                let inner = name.strip_prefix('(').and_then(|n| n.strip_suffix(')'));
                inner.unwrap_or(name).eq_ignore_ascii_case("direct")
            };
            self.0.by_number = Some(channels.iter().map(direct).collect());
            return Ok(());
        }
        let label = self.label();
        self.0.bind(label, channels)
    }

    fn unbound(&self) -> bool {
        self.0.by_number.is_none()
    }

    #[inline]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, (): &mut ()) {
        last(journey, split, |channel| !self.0.holds(channel));
    }
}

/// All to the last touch of a paid channel; without one, to the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastPaid(Listed);

impl LastPaid {
    /// The channels of these names are paid.
    ///
    /// # Errors
    ///
    /// When there is no name, or one of no letters.
    pub fn new<S: Into<String>>(paid: impl IntoIterator<Item = S>) -> Result<Self, ModelError> {
        Listed::new("last-paid", paid).map(Self)
    }
}

impl Rule for LastPaid {
    type Scratch = ();

    fn label(&self) -> String {
        self.0.label("last-paid")
    }

    fn recognise(&mut self, channels: &[&str]) -> Result<(), ModelError> {
        let label = self.label();
        self.0.bind(label, channels)
    }

    fn unbound(&self) -> bool {
        self.0.by_number.is_none()
    }

    #[inline]
    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, (): &mut ()) {
        last(journey, split, |channel| self.0.holds(channel));
    }
}
