//! What a user's season holds before anything is read: traits, own needs, and for every tracked
//! note its place in time, its channel and tier, and whether it is opened.
//!
//! None of it depends on what the user wants or buys. Trust wears with the app's whole advertising
//! load, to which the scenario's merchants contribute little and whose places others fill when they
//! are switched off; so sessions and requests are known in advance. A note is opened with a
//! probability that does not depend on whose it is (*which* one is opened does: see
//! [`Supply::opened`](super::supply::Supply::opened)). That buys three things. Sessions, requests and
//! notes run through short loops without unpredictable branches; four notes of five, which nobody
//! opens, are only counted; and a world with a channel switched off reuses the agenda and repeats
//! only the life in it.

use crate::base::{CategoryId, ChannelId, Person, Purpose, Second, Stream, TierId};

use super::World;
use super::attendance::Attendance;
use super::exposure::{Exposure, FEW};
use super::needs::Need;
use super::people::{Traits, halves};
use super::surface::{Aim, Impression};
use super::walk::{Before, Next};

const READ: Purpose = Purpose::named("read");

/// A tracked note that is opened, or one to be shown in full though it is not. Whose it is is known
/// but for the category, which an open need may decide.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// Address of what the user does with the note, and the draws at that address.
    pub entity: u64,
    pub draws: Stream,
    pub at: Second,
    /// Probability that the note is opened, before its appeal, and whether one is.
    pub opens: f32,
    pub opened: bool,
    /// Factor of trust on the triggering of needs.
    pub trust: f32,
    /// The merchant's place within its category, unless it is the favourite.
    pub merchant: u32,
    pub day: u32,
    pub channel: ChannelId,
    pub tier: TierId,
    /// Category, unless there is an open need that the note is aimed at.
    pub category: CategoryId,
    pub aim: Aim,
    pub search: bool,
}

/// A request with at least one tracked note, as it is found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    word: u64,
    pub session: u32,
    /// Its number among the session's tracked requests, and among all.
    place: u32,
    request: u32,
    pub next: Next,
}

/// The same with its notes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tracked {
    pub found: Found,
    /// Tracked notes, when the first is shown, and how long after it each of the others.
    count: u32,
    first: Second,
    step: Second,
    /// Notes shown, tracked or not.
    pub depth: u32,
    /// Probability that one is opened, before its appeal; the same in units of 2⁻¹⁶.
    pub opens: f32,
    opens_below: u32,
}

/// An opened note: its request and its number in it, and what it is shown as.
#[derive(Clone, Copy, Debug, Default)]
struct Opened {
    request: u32,
    note: u32,
    word: u64,
}

/// What a user's season holds. Buffers are reused from user to user.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    pub traits: Traits,
    pub own_needs: Vec<Need>,
    /// All tracked notes shown.
    pub shown: Vec<Impression>,
    /// Those that are opened, or all.
    pub slots: Vec<Slot>,
    pub there: Attendance,
    /// Tracked requests in the order of time, and as they are found.
    pub tracked: Vec<Tracked>,
    found: Vec<Found>,
    /// Sessions that go on.
    going: Vec<u32>,
    opened: Vec<Opened>,
}

/// One of the four 16-bit lanes of a draw.
#[inline(always)]
pub(super) const fn lane(word: u64, place: u32) -> u32 {
    (word >> (16 * place)) as u32 & 0xFFFF
}

impl Agenda {
    /// Draws up a user's agenda. Notes that nobody opens get a slot only where `all` is asked for.
    pub fn draw_up(&mut self, world: &World, person: Person, all: bool) {
        world.people.traits(person, &world.supply, &mut self.traits);
        self.own_needs.clear();
        world
            .needs
            .own(person, &self.traits, &world.season, &mut self.own_needs);
        self.there.draw_up(world, person, &self.traits);
        self.requests(&world.exposure);
        let total = self.places(world);
        let opened = self.notes(world, total, all);
        self.slots(world, person, opened);
    }

    /// Walks through the tracked requests of all sessions, a step of each session at a time: what
    /// follows in one session waits for what went before, what happens in another does not. Then puts
    /// them in order.
    #[inline(never)]
    fn requests(&mut self, exposure: &Exposure) {
        let sessions = &mut self.there.sessions;
        let walk = &exposure.browsing(self.traits.searches).walk;
        self.going.clear();
        self.going.extend(0..sessions.len() as u32);
        let (mut kept, mut place) = (0, 0);
        // Addresses have room for so many; nobody gets there.
        while !self.going.is_empty() && place < FEW as u32 {
            if self.found.len() < kept + self.going.len() {
                self.found
                    .resize(2 * (kept + self.going.len()), Found::default());
            }
            let mut still = 0;
            for i in 0..self.going.len() {
                let s = self.going[i];
                let session = &mut sessions[s as usize];
                let word = session.word(place, false);
                let next = walk.next(session.before, halves(word).0);
                let going = usize::from(!next.over);
                self.found[kept] = Found {
                    word,
                    session: s,
                    place,
                    request: session.requests + next.passed,
                    next,
                };
                session.before = Before::after(next.search);
                session.requests += next.passed.wrapping_add(1);
                session.tracked += going as u32;
                kept += going;
                self.going[still] = s;
                still += going;
            }
            self.going.truncate(still);
            place += 1;
        }
        self.in_order(kept);
    }

    /// Puts the tracked requests in the order of sessions: each has told how many it has.
    #[inline(always)]
    fn in_order(&mut self, kept: usize) {
        let mut first = 0;
        for session in &mut self.there.sessions {
            session.first = first;
            first += session.tracked;
        }
        self.tracked.resize(kept, Tracked::default());
        for found in &self.found[..kept] {
            let session = &self.there.sessions[found.session as usize];
            self.tracked[(session.first + found.place) as usize].found = *found;
        }
    }

    /// Gives requests their depth and their places in time. Returns how many notes they show.
    ///
    /// A request is taken to begin as long after its session as the requests before it last on
    /// average: their depths are never drawn. What it shows does not begin before what was shown
    /// last has ended.
    #[inline(never)]
    fn places(&mut self, world: &World) -> usize {
        let (mut clock, mut total) = (0, 0);
        for t in &mut self.tracked {
            let Found {
                word,
                session,
                place,
                request,
                next,
            } = t.found;
            let session = &self.there.sessions[session as usize];
            let day = &self.there.days[session.day as usize];
            let law = world.exposure.surface(next.search);
            t.depth = law.depth(true, lane(word, 1));
            let (count, within) = halves(session.word(place, true));
            let begins = clock.max(session.start + request * law.mean);
            let lasts = law.lasts[t.depth as usize];
            clock = begins + lasts;
            t.count = law.tracked(t.depth, count);
            // Notes of a request are passed one after the other.
            t.step = lasts / t.count;
            t.first = begins + ((u64::from(within) * u64::from(t.step)) >> 32) as Second;
            t.opens = law.propensity(t.depth, word) * day.reading;
            t.opens_below = (t.opens * 65_536.0) as u32;
            total += t.count as usize;
        }
        total
    }

    /// Draws all tracked notes in one flat loop: channel and tier of each, and which are opened.
    /// Returns how many of them.
    #[inline(never)]
    fn notes(&mut self, world: &World, total: usize, all: bool) -> usize {
        self.shown.resize(total, Impression::default());
        self.opened.resize(total, Opened::default());
        let taste = self.traits.taste;
        let (mut t, mut note, mut shown, mut opened) = (0, 0, 0, 0);
        for _ in 0..total {
            let request = &self.tracked[t];
            let Found {
                session,
                place,
                next,
                ..
            } = request.found;
            let session = &self.there.sessions[session as usize];
            let word = session.note_word(place, note);
            let kind = world.exposure.surface(next.search).kind(halves(word).0);
            let mut here = true;
            if world.timeline.capped() && world.channels[kind.channel.index()].paid {
                let day = self.there.days[session.day as usize].number;
                let bits = lane(session.cap_word(place, note), 3);
                here = world.timeline.shows_paid(day, bits);
            }
            self.shown[shown] = kind.shown(lane(word, 0), taste);
            shown += usize::from(here);
            self.opened[opened] = Opened {
                request: t as u32,
                note,
                word,
            };
            opened += usize::from(here & (all | (lane(word, 1) < request.opens_below)));
            note += 1;
            let over = note == request.count;
            t += usize::from(over);
            note &= u32::from(over).wrapping_sub(1);
        }
        self.shown.truncate(shown);
        opened
    }

    /// Draws what an opened note is about.
    #[inline(never)]
    fn slots(&mut self, world: &World, person: Person, opened: usize) {
        self.slots.clear();
        for Opened {
            request,
            note,
            word,
        } in &self.opened[..opened]
        {
            let request = &self.tracked[*request as usize];
            let found = &request.found;
            let session = &self.there.sessions[found.session as usize];
            let day = &self.there.days[session.day as usize];
            let law = world.exposure.surface(found.next.search);
            let kind = law.kind(halves(*word).0);
            let aim = kind.aim(lane(*word, 0), self.traits.taste);
            let tier = kind.shown(lane(*word, 0), self.traits.taste).tier;
            let place = session.place(found.place) << 8 | u64::from(*note);
            let entity = u64::from(day.number) << 32 | place;
            let draws = person.stream(READ, entity);
            let (category, merchant) = halves(draws.draw(4));
            self.slots.push(Slot {
                entity,
                draws,
                at: request.first + note * request.step,
                opens: request.opens,
                opened: lane(*word, 1) < request.opens_below,
                trust: day.needs,
                merchant: world.supply.merchant_in(tier, merchant >> 16),
                day: day.number,
                channel: kind.channel,
                tier,
                category: CategoryId(if aim.by_interest {
                    self.traits.aimed_category(category)
                } else {
                    world.supply.category.pick(category) as u8
                }),
                aim,
                search: found.next.search,
            });
        }
    }
}
