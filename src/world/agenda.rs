//! What a user's season holds before anything is shown: traits, own needs, and a place in time for
//! every tracked note, with all about it that does not depend on what the user wants.
//!
//! None of it depends on what the user sees or buys. Trust wears with the app's whole advertising
//! load, to which the scenario's merchants contribute little and whose places others fill when they
//! are switched off; so sessions, requests and the number of tracked notes in each are known in
//! advance. That buys two things. The many sessions and requests run through short loops without
//! unpredictable branches; and a world with a channel switched off reuses the agenda and repeats
//! only the life in it.

use crate::base::{CategoryId, ChannelId, Person, Second, TierId};

use super::World;
use super::attendance::{Attendance, Session};
use super::exposure::{Before, Exposure};
use super::needs::Need;
use super::panel::Panel;
use super::people::{Traits, halves};

/// A tracked note to be shown. Whose it is is known but for the category, which an open need may
/// decide.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot {
    /// Address of what the user does with the note.
    pub entity: u64,
    pub at: Second,
    /// Probability that the note is opened, before its appeal, and the draw that it is held to.
    pub opens: f32,
    pub opening: u32,
    /// Factor of trust on the triggering of needs.
    pub trust: f32,
    /// The merchant's place within its category.
    pub merchant: u32,
    /// Draws of the note's age and rank.
    pub age: u16,
    pub rank: u16,
    pub day: u16,
    pub channel: ChannelId,
    pub tier: TierId,
    /// Category, unless there is an open need that the note is aimed at.
    pub category: CategoryId,
    pub at_need: bool,
    /// Shows the user's favourite merchant, if the note is aimed at an open need or at interests.
    pub favourite: bool,
    pub by_interest: bool,
    pub search: bool,
}

/// A request with at least one tracked note.
#[derive(Clone, Copy, Debug, Default)]
struct Tracked {
    word: u64,
    session: u32,
    request: u32,
    search: bool,
    /// Tracked notes, when the first is shown, and how long after it each of the others.
    count: u32,
    first: Second,
    step: Second,
    /// Probability that one is opened, before its appeal.
    opens: f32,
}

/// What a user's season holds. Buffers are reused from user to user.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    pub traits: Traits,
    pub own_needs: Vec<Need>,
    pub slots: Vec<Slot>,
    pub there: Attendance,
    /// The first `kept` are of this user.
    tracked: Vec<Tracked>,
    kept: usize,
}

/// One of the four 16-bit lanes of a draw.
#[inline(always)]
pub(super) const fn lane(word: u64, place: u32) -> u32 {
    (word >> (16 * place)) as u32 & 0xFFFF
}

impl Agenda {
    /// Draws up a user's agenda; `panel` gathers what the panel sees, if the user is on it.
    pub fn draw_up(&mut self, world: &World, person: Person, panel: Option<&mut Panel>) {
        world.people.traits(person, &world.supply, &mut self.traits);
        self.own_needs.clear();
        world
            .needs
            .own(person, &self.traits, &world.season, &mut self.own_needs);
        self.there.draw_up(world, person, &self.traits);
        self.requests(&world.exposure);
        let total = self.places(world);
        self.slots(world, total);
        if let Some(panel) = panel {
            self.on_panel(world, person, panel);
        }
    }

    /// Runs through all requests of the season in one flat loop and keeps those that show a tracked
    /// note. The loop turns to the next session by arithmetic, not by a branch.
    #[inline(never)]
    fn requests(&mut self, exposure: &Exposure) {
        let there = &self.there;
        if self.tracked.len() < there.requests {
            self.tracked.resize(there.requests, Tracked::default());
        }
        let walk = exposure.walk(self.traits.searches);
        let (mut s, mut r, mut kept) = (0_usize, 0_u32, 0_usize);
        let mut before = Before::Start;
        for _ in 0..there.requests {
            let session = &there.sessions[s];
            let word = session.word(r, false);
            let (search, tracked) = walk.step(before, lane(word, 3));
            self.tracked[kept] = Tracked {
                word,
                session: s as u32,
                request: r,
                search,
                ..Tracked::default()
            };
            kept += usize::from(tracked);
            r += 1;
            let over = r == session.requests;
            s += usize::from(over);
            r = if over { 0 } else { r };
            before = if over {
                Before::Start
            } else {
                Before::after(search)
            };
        }
        self.kept = kept;
    }

    /// Gives tracked notes their places in time. Returns how many there are.
    ///
    /// A request is taken to begin as long after its session as the requests before it last on
    /// average: their depths are never drawn. What it shows does not begin before what was shown
    /// last has ended.
    #[inline(never)]
    fn places(&mut self, world: &World) -> usize {
        let (mut clock, mut total) = (0, 0);
        for t in &mut self.tracked[..self.kept] {
            let session = &self.there.sessions[t.session as usize];
            let law = world.exposure.surface(t.search);
            let depth = law.depth(true, lane(t.word, 2));
            let (propensity, within) = halves(session.word(t.request, true));
            let begins = clock.max(self.there.start(world, session) + t.request * law.mean);
            let lasts = law.lasts[depth as usize];
            clock = begins + lasts;
            t.count = law.tracked(depth, t.word as u32);
            // Notes of a request are passed one after the other.
            t.step = lasts / t.count;
            t.first = begins + ((u64::from(within) * u64::from(t.step)) >> 32) as Second;
            t.opens = law.propensity(depth, propensity);
            total += t.count as usize;
        }
        total
    }

    /// Draws all tracked notes in one flat loop.
    #[inline(never)]
    fn slots(&mut self, world: &World, total: usize) {
        self.slots.resize(total, Slot::default());
        let (mut t, mut j) = (0, 0);
        for slot in &mut self.slots {
            let request = &self.tracked[t];
            let session = &self.there.sessions[request.session as usize];
            let day = &self.there.days[session.day as usize];
            let place = u64::from(day.number) << 32 | session.place(request.request) << 8;
            let shown = Shown {
                entity: place | u64::from(j),
                at: request.first + j * request.step,
                opens: request.opens * day.reading,
                trust: day.needs,
                search: request.search,
            };
            let words = session.note_words(request.request, j);
            *slot = shown.draw(world, &self.traits, day.number, words);
            j += 1;
            let over = j == request.count;
            t += usize::from(over);
            j &= u32::from(over).wrapping_sub(1);
        }
    }

    /// A request's surface and depth, as drawn.
    #[inline]
    pub(super) fn request(
        &self,
        exposure: &Exposure,
        session: &Session,
        r: u32,
        before: Before,
    ) -> (bool, u32) {
        let word = session.word(r, false);
        let (search, tracked) = exposure
            .walk(self.traits.searches)
            .step(before, lane(word, 3));
        (
            search,
            exposure.surface(search).depth(tracked, lane(word, 2)),
        )
    }
}

/// A place for a tracked note.
struct Shown {
    entity: u64,
    at: Second,
    opens: f32,
    trust: f32,
    search: bool,
}

impl Shown {
    /// Draws the note that takes the place: aimed at an open need, at the user's interests, or at
    /// the market at large.
    #[inline(always)]
    fn draw(self, world: &World, traits: &Traits, day: u32, words: [u64; 3]) -> Slot {
        let (channel, category) = halves(words[0]);
        let channel = world.exposure.surface(self.search).channel(channel);
        let law = &world.channels[usize::from(channel)];
        let by_interest = traits.aimed_category(category);
        let by_market = world.supply.category.pick(category);
        let aimed = lane(words[1], 1) < law.targeting;
        let at_need = if self.search {
            world.exposure.search_intent
        } else {
            law.retargeting
        };
        let tier = world.supply.tier_shown(channel.into(), lane(words[1], 3));
        Slot {
            entity: self.entity,
            at: self.at,
            opens: self.opens,
            opening: words[2] as u32,
            trust: self.trust,
            merchant: world.supply.merchant_in(tier, lane(words[2], 3)),
            age: lane(words[1], 0) as u16,
            rank: lane(words[2], 2) as u16,
            day: day as u16,
            channel: ChannelId(channel),
            tier,
            category: CategoryId(if aimed { by_interest } else { by_market as u8 }),
            at_need: lane(words[1], 2) < at_need,
            // The channel hangs on the upper half of its bits, but for one part in 65,536.
            favourite: lane(words[0], 2) < world.exposure.favourites,
            by_interest: aimed,
            search: self.search,
        }
    }
}
