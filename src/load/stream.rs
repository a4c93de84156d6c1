//! A stream without end from the rows of a span.
//!
//! Each simulated user stands for several people: copies of an event are spread evenly over the time
//! until anybody's next event, so the stream has the span's profile at every number of copies, and each
//! copy has its events in order. When the span has ended the same people live it again, later on the
//! stream's clock. So state is bounded by what the windows hold, however long the stream is played.
//!
//! Some events come late and some come twice, drawn by their number. Nothing hangs on the clock of the
//! machine: the stream is the same event by event at any rate.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::attribute::online::{Event, What};
use crate::base::address::{below, mix};
use crate::journey::TouchKind;
use crate::scenario::wire::{JourneyKey, LoadWire};
use crate::world::EventKind;

use super::content::{Content, Item, NO_CHANNEL, NOT_PLAYED};

/// Places of a merchant in a key.
const MERCHANTS: u64 = 1 << 24;

/// The end of the year 9999, in microseconds since 1970: later moments cannot be written down.
const LAST: i64 = 253_402_300_799_000_000;

/// How a span becomes a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shaping {
    /// People a user.
    pub copies: u64,
    /// Share of events that come late.
    pub disorder: f64,
    /// Share of events that come twice.
    pub doubles: f64,
    /// Microseconds that they come late at most.
    pub delay: i64,
}

impl Shaping {
    /// As a scenario says.
    #[must_use]
    pub fn of(load: &LoadWire) -> Self {
        Self {
            copies: u64::from(load.copies),
            disorder: load.disorder.get(),
            doubles: load.doubles.get(),
            delay: micros(load.delay.seconds()),
        }
    }
}

/// Whole microseconds.
pub(super) fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}

/// A row of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number in the order of time; the second of a double has the same.
    pub id: u64,
    /// When it happened, in microseconds since 1970, UTC.
    pub at: i64,
    /// When it comes, in microseconds since the stream began, on the clock of the stream without the
    /// gaps between one time of the span and the next.
    pub comes: i64,
    /// Who.
    pub user: u64,
    /// Whose note or store.
    pub merchant: u32,
    /// Which channel; none where no note is behind it.
    pub channel: Option<u16>,
    /// What.
    pub kind: EventKind,
    /// Tier of the merchant.
    pub group: u16,
    /// Fen, of orders and refunds.
    pub value: i64,
    /// The number of the order, of orders and refunds; [`u64::MAX`] where it came before all that is
    /// played.
    pub order: u64,
}

impl Row {
    /// Whether it is an order or what became of one.
    #[must_use]
    pub const fn is_sale(&self) -> bool {
        matches!(self.kind, EventKind::Order | EventKind::Refund)
    }

    /// The number of its order, if it has one that is known.
    #[must_use]
    pub fn told_order(&self) -> Option<u64> {
        Some(self.order).filter(|order| self.is_sale() && *order != NOT_PLAYED)
    }

    /// What attribution sees of it, if it is any of its business.
    #[inline]
    #[must_use]
    pub fn event(&self, key: JourneyKey) -> Option<Event> {
        let kind = match self.kind {
            EventKind::Impression => Some(TouchKind::View),
            EventKind::Read => Some(TouchKind::Read),
            EventKind::Click => Some(TouchKind::Click),
            EventKind::Visit | EventKind::Cart | EventKind::Order | EventKind::Refund => None,
            _ => Some(TouchKind::Engage),
        };
        let what = match (self.kind, kind, self.channel) {
            (EventKind::Order, ..) => What::Order {
                group: self.group,
                value: self.value,
            },
            (EventKind::Refund, ..) => What::Refund { order: self.order },
            (_, Some(kind), Some(channel)) => What::Touch { channel, kind },
            _ => return None,
        };
        let key = match key {
            JourneyKey::User => self.user,
            JourneyKey::UserAndMerchant => self.user * MERCHANTS + u64::from(self.merchant),
        };
        Some(Event {
            key,
            at: self.at,
            id: self.id,
            what,
        })
    }
}

/// A row that comes later than it happened. The order is that in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held(Row, bool);

impl Ord for Held {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = |held: &Self| (held.0.comes, held.0.id, held.1);
        order(self).cmp(&order(other))
    }
}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The rows of a stream, one after the other.
#[derive(Clone, Debug)]
pub struct Stream<'a> {
    content: &'a Content,
    shaping: Shaping,
    late_below: u64,
    double_below: u64,
    /// Items that are played, from where on, and how often they have been.
    items: &'a [Item],
    first: u64,
    lap: u64,
    laps: u64,
    /// Where the time of the last item ends.
    end: i64,
    /// The item, the copy of it, and the time until the next item.
    place: usize,
    copy: u64,
    gap: i64,
    held: BinaryHeap<Reverse<Held>>,
    /// The next in the order of time, where it has been looked at.
    next: Option<Row>,
}

impl<'a> Stream<'a> {
    /// The span, again and again, until the stream's clock would leave the year 9999.
    #[must_use]
    pub fn new(content: &'a Content, shaping: Shaping) -> Self {
        let places = content.before..content.items.len();
        let laps = (LAST - content.until).max(0) / content.repeat + 1;
        Self::over(
            content,
            shaping,
            places,
            (laps.cast_unsigned(), content.until),
        )
    }

    /// What went before the span, once, in the order of time and without doubles.
    #[must_use]
    pub fn before(content: &'a Content, shaping: Shaping) -> Self {
        let plain = Shaping {
            disorder: 0.0,
            doubles: 0.0,
            ..shaping
        };
        Self::over(content, plain, 0..content.before, (1, content.from))
    }

    fn over(
        content: &'a Content,
        shaping: Shaping,
        places: std::ops::Range<usize>,
        (laps, end): (u64, i64),
    ) -> Self {
        let below = |share: f64| (share * u64::MAX as f64) as u64;
        let mut stream = Self {
            content,
            shaping,
            late_below: below(shaping.disorder),
            double_below: below(shaping.doubles),
            first: places.start as u64 * shaping.copies,
            items: &content.items[places],
            lap: 0,
            laps,
            end,
            place: 0,
            copy: 0,
            gap: 0,
            held: BinaryHeap::new(),
            next: None,
        };
        stream.gap = stream.gap();
        stream
    }

    fn gap(&self) -> i64 {
        let at = |place: usize| self.items.get(place).map(|item| item.at);
        at(self.place).map_or(0, |this| at(self.place + 1).unwrap_or(self.end) - this)
    }

    /// The next row in the order of time.
    #[inline]
    fn in_order(&mut self) -> Option<Row> {
        if self.place == self.items.len() {
            self.lap += 1;
            self.place = 0;
            self.gap = self.gap();
            if self.items.is_empty() {
                return None;
            }
        }
        if self.lap == self.laps {
            return None;
        }
        let item = &self.items[self.place];
        let copies = self.shaping.copies;
        let of_laps = self.lap * self.items.len() as u64 * copies;
        let id = self.first + of_laps + self.place as u64 * copies + self.copy;
        let shift = match self.gap.checked_mul(self.copy as i64) {
            Some(all) => all / copies as i64,
            None => (i128::from(self.gap) * i128::from(self.copy) / i128::from(copies)) as i64,
        };
        let since = item.at + shift - self.content.from;
        let length = self.content.until - self.content.from;
        let row = Row {
            id,
            at: item.at + shift + self.lap as i64 * self.content.repeat,
            comes: since + self.lap as i64 * length,
            user: u64::from(item.user) + self.copy * self.content.users(),
            merchant: item.merchant,
            channel: Some(item.channel).filter(|c| *c != NO_CHANNEL),
            kind: item.kind,
            group: u16::from(item.group),
            value: item.value,
            order: match item.kind {
                EventKind::Order => id,
                EventKind::Refund if item.order != NOT_PLAYED => {
                    let played = item.order >= self.content.before as u64;
                    item.order * copies + self.copy + if played { of_laps } else { 0 }
                }
                _ => NOT_PLAYED,
            },
        };
        self.copy += 1;
        if self.copy == copies {
            self.copy = 0;
            self.place += 1;
            self.gap = self.gap();
        }
        Some(row)
    }

    /// How late an event comes, drawn by its number; never later than its time of the span ends, or it
    /// would come a whole repetition late.
    fn delayed(&self, mut row: Row, luck: u64) -> Row {
        let length = self.content.until - self.content.from;
        let end = (row.comes.div_euclid(length) + 1) * length;
        let delay = below(luck, self.shaping.delay.cast_unsigned()).cast_signed() + 1;
        row.comes = (row.comes + delay.min(self.shaping.delay)).min(end);
        row
    }
}

impl Iterator for Stream<'_> {
    type Item = Row;

    #[inline]
    fn next(&mut self) -> Option<Row> {
        if self.late_below == 0 && self.double_below == 0 {
            return self.in_order();
        }
        loop {
            if self.next.is_none() {
                self.next = self.in_order();
            }
            let comes = self.next.map_or(i64::MAX, |row| row.comes);
            if let Some(Reverse(Held(first, _))) = self.held.peek()
                && first.comes <= comes
            {
                return self.held.pop().map(|Reverse(Held(row, _))| row);
            }
            let row = self.next.take()?;
            let luck = mix(mix(self.content.seed() ^ row.id));
            let again = mix(luck);
            if again < self.double_below {
                let double = self.delayed(row, mix(again));
                self.held.push(Reverse(Held(double, true)));
            }
            if luck < self.late_below {
                let late = self.delayed(row, mix(luck ^ again));
                self.held.push(Reverse(Held(late, false)));
            } else {
                return Some(row);
            }
        }
    }
}
