//! What a stream tells, how long it counts, and how far it has come.

use crate::journey::TouchKind;

use super::open::Taken;

/// Something that happened, as a stream tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose journey it belongs to: an identity, or an identity and a merchant as one number.
    pub key: u64,
    /// When, in microseconds.
    pub at: i64,
    /// Its number in the stream: doubles have the same, and of two events of one moment that with the
    /// lower one was first.
    pub id: u64,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A touch.
    Touch {
        /// Channel, in `0..channels`.
        channel: u16,
        /// What was done.
        kind: TouchKind,
    },
    /// An order. Its event number is its own.
    Order {
        /// Group of merchants, in `0..groups`.
        group: u16,
        /// Value in the smallest unit of the currency.
        value: i64,
    },
    /// An order is sent back. The event has the key of the order.
    Refund {
        /// The number of the order's event.
        order: u64,
    },
}

/// How long things count, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Look-back for clicks.
    pub click: i64,
    /// Look-back for touches that are no clicks.
    pub view: i64,
    /// How long after its order a refund is matched with it; 0 where refunds are not looked at.
    pub refund: i64,
}

impl Windows {
    /// Whether nothing after the watermark can look back as far as to this touch.
    pub(super) fn expired(&self, touch: &Taken, watermark: i64) -> bool {
        touch.at.saturating_add(self.of(touch.kind)) < watermark
    }

    pub(super) fn of(&self, kind: TouchKind) -> i64 {
        if kind == TouchKind::Click {
            self.click
        } else {
            self.view
        }
    }
}

/// How far the stream has come: the latest event time less the lateness allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermark {
    latest: i64,
    lateness: i64,
}

impl Watermark {
    /// Before the first event. Lateness in microseconds.
    #[must_use]
    pub const fn new(lateness: i64) -> Self {
        Self {
            latest: i64::MIN,
            lateness,
        }
    }

    /// Takes in an event's time; whether the event is late.
    #[inline]
    pub fn passes(&mut self, at: i64) -> bool {
        let late = at < self.at();
        self.latest = self.latest.max(at);
        late
    }

    /// Nothing before this time is used any more.
    #[inline]
    #[must_use]
    pub const fn at(&self) -> i64 {
        self.latest.saturating_sub(self.lateness)
    }
}
