//! What a user's season holds before anything is read: traits, own needs, and for every tempting
//! note its place in time, its channel and tier, and whether it is opened.
//!
//! None of it depends on what the user wants or buys. Trust wears with the app's whole advertising
//! load, to which the scenario's merchants contribute little and whose places others fill when they
//! are switched off; so sessions and requests are known in advance. A note is opened with a
//! probability that does not depend on whose it is (*which* one is opened does: see
//! [`Supply::opened`](super::supply::Supply::opened)). That buys three things. Sessions, requests and
//! notes run through short loops without unpredictable branches; notes that nobody opens, four of
//! five, are not drawn at all where nobody asks for them; and a world with a channel switched off
//! reuses the agenda and repeats only the life in it.
//!
//! A note *tempts* if a reader of full trust opens it: only such notes can be opened, and each is
//! with a probability by the trust of its day. What does not tempt is put back by `browsing`.

use crate::base::{CategoryId, ChannelId, Person, Purpose, Second, Stream, TierId, UserId};

use super::World;
use super::attendance::{Attendance, Day};
use super::browsing::Passed;
use super::exposure::{Exposure, FEW};
use super::needs::Need;
use super::people::{Traits, halves};
use super::surface::{Aim, Impression, SurfaceLaw};
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
    /// Whether it is opened, and whether a reader of full trust opens it.
    pub opened: bool,
    pub tempts: bool,
    /// If it does not tempt, the probability with which it would have, before its appeal.
    pub chance: f32,
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

/// A request with at least one tempting note, as it is found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    word: u64,
    pub session: u32,
    /// Its number among the session's tempting requests, and among all.
    place: u32,
    pub request: u32,
    pub next: Next,
}

/// The same with its notes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Request {
    pub found: Found,
    /// Tempting notes, when the first is shown, and how long after it each of the others.
    pub tempting: u32,
    first: Second,
    step: Second,
    /// When it begins.
    pub begins: Second,
    /// Notes shown, tracked or not.
    pub depth: u32,
    /// Factor of trust on reading, in units of 2⁻¹⁶.
    opens_below: u32,
    /// Its tempting notes that are opened.
    pub opened: u32,
}

/// A tempting note that is opened: its request, its number in it, and its word.
#[derive(Clone, Copy, Debug, Default)]
struct Opened {
    request: u32,
    note: u32,
    word: u64,
}

/// What a user's season holds. Buffers are reused from user to user.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    pub user: UserId,
    /// All tracked notes have their slots, those that nobody opens, too.
    pub in_full: bool,
    pub traits: Traits,
    pub own_needs: Vec<Need>,
    /// All tracked notes shown, where they are asked for.
    pub shown: Vec<Impression>,
    /// Those that are opened, or all where that is asked for, in the order of time.
    pub slots: Vec<Slot>,
    pub there: Attendance,
    /// Requests with a tempting note in the order of time, and as they are found.
    pub requests: Vec<Request>,
    found: Vec<Found>,
    /// Sessions that go on.
    going: Vec<u32>,
    opened: Vec<Opened>,
    /// Requests that were passed over and put back.
    pub passed: Vec<Passed>,
}

/// Which notes are wanted beside those that are opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// All that are shown, as far as counters need them.
    pub counted: bool,
    /// All that are shown, each with its slot.
    pub in_full: bool,
}

/// One of the four 16-bit lanes of a draw.
#[inline(always)]
pub(super) const fn lane(word: u64, place: u32) -> u32 {
    (word >> (16 * place)) as u32 & 0xFFFF
}

impl Agenda {
    /// Draws up a user's agenda. What is wanted besides changes nothing of what is opened.
    pub fn draw_up(&mut self, world: &World, user: UserId, wanted: Wanted) {
        let person = world.root().user(user);
        (self.user, self.in_full) = (user, wanted.in_full);
        world.people.traits(person, &world.supply, &mut self.traits);
        self.own_needs.clear();
        world
            .needs
            .own(person, &self.traits, &world.season, &mut self.own_needs);
        self.there.draw_up(world, person, &self.traits);
        self.find(&world.exposure);
        let total = self.places(world);
        let opened = self.notes(world, total, wanted.in_full);
        self.slots(world, person, opened);
        if wanted.counted {
            self.put_back(world, person);
        } else {
            self.shown.clear();
        }
    }

    /// Walks through the tempting requests of all sessions, a step of each session at a time: what
    /// follows in one session waits for what went before, what happens in another does not. Then puts
    /// them in order.
    #[inline(never)]
    fn find(&mut self, exposure: &Exposure) {
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
                session.tempting += going as u32;
                kept += going;
                self.going[still] = s;
                still += going;
            }
            self.going.truncate(still);
            place += 1;
        }
        self.in_order(kept);
    }

    /// Puts the requests in the order of sessions: each has told how many it has.
    #[inline(always)]
    fn in_order(&mut self, kept: usize) {
        let mut first = 0;
        for session in &mut self.there.sessions {
            session.first = first;
            first += session.tempting;
        }
        self.requests.resize(kept, Request::default());
        for found in &self.found[..kept] {
            let session = &self.there.sessions[found.session as usize];
            self.requests[(session.first + found.place) as usize].found = *found;
        }
    }

    /// Gives requests their depth and their places in time. Returns how many tempting notes they show.
    ///
    /// A request is taken to begin as long after its session as the requests before it last on
    /// average: their depths are not drawn. What it shows does not begin before what was shown last
    /// has ended.
    #[inline(never)]
    fn places(&mut self, world: &World) -> usize {
        let (mut clock, mut total) = (0, 0);
        for r in &mut self.requests {
            let Found {
                word,
                session,
                place,
                request,
                next,
            } = r.found;
            let session = &self.there.sessions[session as usize];
            let day = &self.there.days[session.day as usize];
            let law = world.exposure.surface(next.search);
            r.depth = law.requests.depth(lane(word, 1));
            let (count, within) = halves(session.word(place, true));
            r.begins = clock.max(session.start + request * law.mean);
            let lasts = law.lasts[r.depth as usize];
            clock = r.begins + lasts;
            r.tempting = law.requests.tempting(r.depth, count);
            // Notes of a request are passed one after the other.
            r.step = lasts / r.tempting;
            r.first = r.begins + ((u64::from(within) * u64::from(r.step)) >> 32) as Second;
            r.opens_below = (day.reading * 65_536.0) as u32;
            r.opened = 0;
            total += r.tempting as usize;
        }
        total
    }

    /// Draws all tempting notes in one flat loop: channel and tier of each, and which are opened.
    /// Returns how many of them, or how many there are where all are wanted.
    #[inline(never)]
    fn notes(&mut self, world: &World, total: usize, all: bool) -> usize {
        self.shown.resize(total, Impression::default());
        self.opened.resize(total, Opened::default());
        let taste = self.traits.taste;
        let (mut r, mut note, mut shown, mut kept) = (0, 0, 0, 0);
        for _ in 0..total {
            let request = &mut self.requests[r];
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
            self.opened[kept] = Opened {
                request: r as u32,
                note,
                word,
            };
            let opened = lane(word, 1) < request.opens_below;
            request.opened += u32::from(opened);
            kept += usize::from(here & (all | opened));
            note += 1;
            let over = note == request.tempting;
            r += usize::from(over);
            note &= u32::from(over).wrapping_sub(1);
        }
        self.shown.truncate(shown);
        kept
    }

    /// Draws what an opened note is about.
    #[inline(never)]
    fn slots(&mut self, world: &World, person: Person, kept: usize) {
        self.slots.clear();
        for Opened {
            request,
            note,
            word,
        } in &self.opened[..kept]
        {
            let request = &self.requests[*request as usize];
            let found = &request.found;
            let session = &self.there.sessions[found.session as usize];
            let day = &self.there.days[session.day as usize];
            let place = session.place(found.place) << 8 | u64::from(*note);
            let entity = u64::from(day.number) << 32 | place;
            self.slots.push(Slot {
                entity,
                at: request.first + note * request.step,
                opened: lane(*word, 1) < request.opens_below,
                tempts: true,
                ..self.about(
                    world,
                    (day, found.next.search),
                    *word,
                    person.stream(READ, entity),
                )
            });
        }
    }

    /// What a note is about, by its word and the draws at its address.
    #[inline(always)]
    pub fn about(
        &self,
        world: &World,
        (day, search): (&Day, bool),
        word: u64,
        draws: Stream,
    ) -> Slot {
        let law: &SurfaceLaw = world.exposure.surface(search);
        let kind = law.kind(halves(word).0);
        let aim = kind.aim(lane(word, 0), self.traits.taste);
        let tier = kind.shown(lane(word, 0), self.traits.taste).tier;
        let (category, merchant) = halves(draws.draw(4));
        Slot {
            entity: 0,
            draws,
            at: 0,
            opened: false,
            tempts: false,
            chance: 0.0,
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
            search,
        }
    }
}
