//! One thread of the bare loop.

use std::hint::black_box;

use redcat::base::{Exact, Purpose, Second, UserId, Weight};

use super::tally::{BOUGHT, NOTHING, START, Tally};
use super::{BUYS, BareLoop, CHANNELS, DAY_BITS, DAYS, END, LOOK_BACK, MERCHANTS, READS};

const SHOWN: Purpose = Purpose::named("bare impressions");
const WANTED: Purpose = Purpose::named("bare orders");

/// Most impressions of a user. 55 are expected; 256 would not be seen in 10⁶⁰ users.
const MOST: usize = 256;
/// No read: the end of a chain.
pub const NONE: u16 = u16::MAX;

/// An event: 16 bytes. The user is that of the block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Row {
    pub at: Second,
    pub note: u32,
    /// Which impression of the user it comes of.
    pub number: u32,
    pub merchant: u16,
    pub channel: u8,
    pub kind: u8,
}

/// One thread's buffers and what it has gathered.
pub struct Worker<'a> {
    tables: &'a BareLoop,
    pub tally: Tally,
    pub shown: [Row; MOST],
    pub reads: [Row; MOST],
    pub orders: [Row; MOST],
    /// By read: the read before it of the same merchant.
    previous: [u16; MOST],
    /// By merchant: the last read.
    pub last: [u16; MERCHANTS],
    /// The reads of a journey, the youngest first.
    journey: [(u8, Second); MOST],
}

impl<'a> Worker<'a> {
    /// A thread that has gathered nothing yet.
    pub fn new(tables: &'a BareLoop) -> Self {
        Self {
            tables,
            tally: Tally::new(),
            shown: [Row::default(); MOST],
            reads: [Row::default(); MOST],
            orders: [Row::default(); MOST],
            previous: [NONE; MOST],
            last: [NONE; MERCHANTS],
            journey: [(0, 0); MOST],
        }
    }

    /// Simulates and attributes a user. Returns how many impressions, reads and orders there were.
    pub fn user(&mut self, user: UserId) -> (usize, usize, usize) {
        let (shown, reads) = self.show(user);
        let orders = self.buy(user, reads);
        self.attribute(reads, orders);
        black_box((&self.shown[..shown], &self.orders[..orders]));
        black_box(&self.reads[..reads]);
        self.tally.users += 1;
        self.tally.impressions += shown as u64;
        self.tally.reads += reads as u64;
        self.tally.orders += orders as u64;
        (shown, reads, orders)
    }

    fn show(&mut self, user: UserId) -> (usize, usize) {
        let tables = self.tables;
        let draws = tables.root.user(user).stream(SHOWN, 0);
        let (mut time, mut reads) = (0, 0);
        for shown in 0..MOST {
            let word = draws.draw(2 * shown as u64);
            time += tables.gaps.pick(word as u32) as u32;
            if time >= DAYS << DAY_BITS {
                return (shown, reads);
            }
            let at = tables.at(time);
            let channel = tables.channels.pick((word >> 32) as u32 & 0xFFFF_0000) as u8;
            let note = tables.notes.pick(draws.draw(2 * shown as u64 + 1) as u32) as u32;
            let row = Row {
                at,
                note,
                number: shown as u32,
                merchant: (note % MERCHANTS as u32) as u16,
                channel,
                kind: 0,
            };
            self.shown[shown] = row;
            self.reads[reads & (MOST - 1)] = Row { kind: 1, ..row };
            let read = (word >> 32) as u32 & 0xFFFF;
            reads += usize::from(read < (READS * 65_536.0) as u32);
        }
        (MOST, reads)
    }

    fn buy(&mut self, user: UserId, reads: usize) -> usize {
        let tables = self.tables;
        let draws = tables.root.user(user).stream(WANTED, 0);
        let mut orders = 0;
        for (place, read) in self.reads[..reads].iter().enumerate() {
            let last = &mut self.last[usize::from(read.merchant)];
            self.previous[place] = std::mem::replace(last, place as u16);
            let word = draws.draw(u64::from(read.number));
            if (word as u32) < (BUYS * 4_294_967_296.0) as u32 {
                let at = read.at + tables.delays.pick((word >> 32) as u32) as Second;
                self.orders[orders] = Row {
                    at,
                    kind: 2,
                    ..*read
                };
                orders += usize::from(at < END);
            }
        }
        orders
    }

    fn attribute(&mut self, reads: usize, orders: usize) {
        for place in 0..orders {
            let Row { at, merchant, .. } = self.orders[place];
            let len = self.walk(
                self.last[usize::from(merchant)],
                (at.saturating_sub(LOOK_BACK), at),
            );
            self.count(len, BOUGHT);
            self.credit(at, len);
        }
        for place in 0..reads {
            let Row { at, merchant, .. } = self.reads[place];
            let last = &mut self.last[usize::from(merchant)];
            if usize::from(*last) != place {
                continue;
            }
            *last = NONE;
            let of_it = self.orders[..orders]
                .iter()
                .filter(|o| o.merchant == merchant);
            let since = of_it.map(|o| o.at + 1).max().unwrap_or(0);
            if since <= at {
                let from = since.max(at.saturating_sub(LOOK_BACK));
                let len = self.walk(place as u16, (from, at));
                self.tally.nulls += 1;
                self.count(len, NOTHING);
            }
        }
    }

    /// Writes the journey of the reads from the last one back, within a span of time.
    fn walk(&mut self, last: u16, (from, to): (Second, Second)) -> usize {
        let (mut place, mut len) = (last, 0);
        while place != NONE {
            let read = &self.reads[usize::from(place)];
            if read.at < from {
                break;
            }
            self.journey[len] = (read.channel, read.at);
            len += usize::from(read.at <= to);
            place = self.previous[usize::from(place)];
        }
        len
    }

    /// Counts a journey's steps and its set of channels.
    fn count(&mut self, len: usize, end: usize) {
        let (mut from, mut set) = (START, 0_usize);
        for (channel, _) in self.journey[..len].iter().rev() {
            let channel = usize::from(*channel);
            self.tally.steps[from][channel] += 1;
            set |= 1 << channel;
            from = channel;
        }
        self.tally.steps[from][end] += 1;
        self.tally.sets[set][end - BOUGHT] += 1;
    }

    fn credit(&mut self, at: Second, len: usize) {
        let journey = &self.journey[..len];
        let (Some(newest), Some(oldest)) = (journey.first(), journey.last()) else {
            self.tally.unattributed += 1;
            return;
        };
        let [first, last, linear, decay, position] = &mut self.tally.credit;
        first[usize::from(oldest.0)].add(Weight::ONE, 1);
        last[usize::from(newest.0)].add(Weight::ONE, 1);
        let each = 1.0 / len as f64;
        divide(linear, journey, |_| each);
        let weight = |then: Second| f64::from(self.tables.decay.at((at - then) as f32));
        let scale = 1.0 / journey.iter().map(|(_, then)| weight(*then)).sum::<f64>();
        divide(decay, journey, |place| weight(journey[place].1) * scale);
        let (ends, middle) = if len > 2 {
            (0.4, 0.2 / (len - 2) as f64)
        } else {
            (0.5, 0.0)
        };
        divide(position, journey, |place| {
            if place + 1 == len { ends } else { middle }
        });
    }
}

/// Divides an order: a weight to each older read, what is left to the youngest.
fn divide(credit: &mut [Exact; CHANNELS], journey: &[(u8, Second)], weight: impl Fn(usize) -> f64) {
    let mut given = Weight::ZERO;
    for (place, (channel, _)) in journey.iter().enumerate().skip(1) {
        let share = Weight::new(weight(place));
        given = given.plus(share);
        credit[usize::from(*channel)].add(share, 1);
    }
    credit[usize::from(journey[0].0)].add(given.rest(), 1);
}
