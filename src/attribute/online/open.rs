//! Open journeys: the touches of each key that no order has taken yet.
//!
//! Touches lie in the order in which they came, in a ring of blocks; each says how far back the one
//! before it of the same key lies, and a table has the last one of each key. So a touch that comes is
//! written at the ring's end, and costs one look into the table. What is too old lies at the ring's
//! front and is left behind there; nothing has to be looked up for it.
//!
//! A double has the time of the event that it doubles. Of two touches of one key the one that came
//! first is no younger than the other by more than `slack`, the most by which anything ever came out of
//! order; so touches are searched for a double only as far back as that. Mostly the table's word for
//! how old the last touch is says that nothing needs to be searched.

use crate::journey::TouchKind;

use super::lasts::{LONG_AGO, Last, Lasts, PLACE, PLACES};
use super::ring::Ring;

/// Bits of a time that a table leaves out: about a second.
const COARSE: u32 = 20;

/// A touch of the ring.
#[derive(Clone, Copy, Debug)]
struct Node {
    at: i64,
    id: u64,
    /// Distance to the touch before, 0 if there is none: 40 bits; then 16 of the channel, 2 of the kind,
    /// and whether an order has taken it.
    packed: u64,
}

/// A touch that an order takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub at: i64,
    pub id: u64,
    pub channel: u16,
    pub kind: TouchKind,
}

const TAKEN: u64 = 1 << 63;

impl Node {
    fn new(touch: &Taken, back: u64) -> Self {
        let kind = (touch.kind as u64) << (PLACE + 16);
        Self {
            at: touch.at,
            id: touch.id,
            packed: back | u64::from(touch.channel) << PLACE | kind,
        }
    }

    const fn back(&self) -> u64 {
        self.packed & PLACES
    }

    const fn set_back(&mut self, back: u64) {
        self.packed = self.packed & !PLACES | back;
    }

    const fn is_taken(&self) -> bool {
        self.packed & TAKEN > 0
    }

    const fn touch(&self) -> Taken {
        Taken {
            at: self.at,
            id: self.id,
            channel: (self.packed >> PLACE) as u16,
            kind: match self.packed >> (PLACE + 16) & 3 {
                0 => TouchKind::View,
                1 => TouchKind::Read,
                2 => TouchKind::Engage,
                _ => TouchKind::Click,
            },
        }
    }
}

/// What adding a touch has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// It is known already.
    Double,
    /// It is new.
    New,
}

#[derive(Debug)]
pub(super) struct Open {
    ring: Ring<Node>,
    lasts: Lasts,
    /// Time of the first touch, and of the latest.
    epoch: Option<i64>,
    latest: i64,
    /// The most by which a touch came after a later one.
    slack: i64,
}

impl Default for Open {
    fn default() -> Self {
        Self {
            ring: Ring::default(),
            lasts: Lasts::default(),
            epoch: None,
            latest: i64::MIN,
            slack: 0,
        }
    }
}

impl Open {
    /// Adds a touch, unless the key has it.
    #[inline]
    pub fn add(&mut self, key: u64, touch: &Taken) -> Added {
        if touch.at < self.latest {
            self.slack = self.slack.max(self.latest.saturating_sub(touch.at));
        } else {
            self.latest = touch.at;
        }
        let ring = self.ring.ends();
        let place = ring.1;
        let coarse = self.coarse(touch.at);
        let last = Last::new(place, coarse);
        let mut back = 0;
        if let Some(known) = self.lasts.replace(key, last, ring)
            && let Some(before) = self.place(known)
        {
            if self.may_be_double(known, coarse) && self.has(before, touch) {
                // As it was.
                self.lasts.replace(key, known, ring);
                return Added::Double;
            }
            back = place - before;
        }
        self.ring.push(Node::new(touch, back));
        Added::New
    }

    /// About how long after the first touch, in units of about a second.
    #[inline]
    fn coarse(&mut self, at: i64) -> u64 {
        let since = at.checked_sub(*self.epoch.get_or_insert(at));
        let coarse = since.map_or(LONG_AGO, |s| s.cast_unsigned() >> COARSE);
        coarse.min(LONG_AGO)
    }

    /// Where the last touch of a key lies, if it has not been left behind.
    #[inline]
    fn place(&self, last: Last) -> Option<u64> {
        last.place(self.ring.ends())
    }

    /// Whether a touch of that time may be known, as far as the table tells.
    #[inline]
    const fn may_be_double(&self, last: Last, coarse: u64) -> bool {
        let slack = (self.slack.cast_unsigned() >> COARSE) + 1;
        coarse == LONG_AGO || coarse <= last.time() + slack
    }

    /// Whether a touch is there, from a place back.
    fn has(&self, mut place: u64, touch: &Taken) -> bool {
        let front = self.ring.ends().0;
        loop {
            let node = self.ring.at(place);
            if node.id == touch.id {
                return true;
            }
            let back = node.back();
            let older = node.at.saturating_add(self.slack) < touch.at;
            if older || back == 0 || place - back < front {
                return false;
            }
            place -= back;
        }
    }

    /// Takes the touches of a key until a moment, that one included, in the order of time.
    pub fn take(&mut self, key: u64, until: i64, taken: &mut Vec<Taken>) {
        taken.clear();
        let Some(last) = self.lasts.of(key).copied() else {
            return;
        };
        // Those that are left are linked again, from the last to the first.
        let (mut last_left, mut above) = (None, None);
        let front = self.ring.ends().0;
        let mut place = self.place(last);
        while let Some(here) = place {
            let node = self.ring.at_mut(here);
            let back = node.back();
            if node.at <= until {
                node.packed |= TAKEN;
                taken.push(node.touch());
            } else {
                if let Some(above) = above {
                    self.ring.at_mut(above).set_back(above - here);
                }
                above = Some(here);
                last_left = last_left.or(above);
            }
            let before = here - back;
            place = (back > 0 && before >= front).then_some(before);
        }
        if let Some(oldest) = above {
            self.ring.at_mut(oldest).set_back(0);
        }
        // A key of which nothing is left has its last touch before the front, where nothing lies.
        let coarse = last_left.map(|place| self.coarse(self.ring.at(place).at));
        let left = match (last_left, coarse) {
            (Some(place), Some(coarse)) => Last::new(place, coarse),
            _ => Last::new(front.wrapping_sub(1), 0),
        };
        if let Some(last) = self.lasts.of(key) {
            *last = left;
        }
        taken.sort_unstable_by_key(|touch| (touch.at, touch.id));
    }

    /// Leaves behind what lies at the front and is of no use: at most so many touches. Returns how many of
    /// them no order has taken.
    pub fn leave(&mut self, most: usize, mut useless: impl FnMut(&Taken) -> bool) -> u64 {
        let mut open = 0;
        for _ in 0..most {
            let Some(node) = self.ring.oldest() else {
                break;
            };
            if !node.is_taken() {
                if !useless(&node.touch()) {
                    break;
                }
                open += 1;
            }
            self.ring.leave();
        }
        self.lasts.refresh(self.ring.ends());
        open
    }

    /// Looks at what is known of keys that come soon.
    #[inline]
    pub fn warm(&mut self, keys: impl Iterator<Item = u64>) {
        self.lasts.warm(keys);
    }

    /// The same, and at their last touches: for keys that are asked for all they have.
    pub fn warm_touches(&mut self, keys: impl Iterator<Item = u64> + Clone) {
        self.lasts.warm(keys.clone());
        let mut seen = 0;
        for key in keys {
            let last = self.lasts.of(key).copied();
            let place = last.and_then(|last| self.place(last));
            seen ^= place.map_or(0, |place| self.ring.at(place).id);
        }
        self.lasts.saw(seen);
    }

    /// All touches that no order has taken.
    pub fn rest(&self) -> impl Iterator<Item = Taken> {
        let nodes = self.ring.iter();
        nodes.filter(|node| !node.is_taken()).map(Node::touch)
    }

    pub fn bytes(&self) -> usize {
        self.ring.bytes() + self.lasts.bytes()
    }
}
