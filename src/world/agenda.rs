//! What a user's season holds before anything is shown: traits, own needs, and a place in time for
//! every tracked note.
//!
//! None of it depends on what the user sees or buys. Trust wears with the app's whole advertising
//! load, to which the scenario's merchants contribute little and whose places others fill when they
//! are switched off; so sessions, requests and the number of tracked notes in each are known in
//! advance. That buys two things. The many sessions and requests run through short loops without
//! unpredictable branches; and a world with a channel switched off reuses the agenda and repeats
//! only the life in it.

use crate::base::{DAY, Person, Purpose, Second, Stream};

use super::World;
use super::exposure::Exposure;
use super::needs::Need;
use super::panel::{Panel, Seen};
use super::people::{Traits, halves};

const ACTIVE: Purpose = Purpose::named("active-day");
const DAY_SESSIONS: Purpose = Purpose::named("day-sessions");
const SESSION: Purpose = Purpose::named("session");
const UNTRACKED: Purpose = Purpose::named("panel-reads");

/// Days on which "monthly active" is measured.
const MONTH: u32 = 30;

/// A place for one tracked note.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// Address of the impression's draws.
    pub entity: u64,
    pub at: Second,
    /// Probability that the note is opened, before its appeal.
    pub opens: f32,
    /// Factor of trust on the triggering of needs.
    pub trust: f32,
    pub day: u16,
    pub search: bool,
}

/// A session to come.
#[derive(Clone, Copy, Debug)]
struct Session {
    draws: Stream,
    entity: u64,
    at: Second,
    requests: u32,
    starts_with_search: bool,
    trust: f32,
}

/// A request with at least one tracked note.
#[derive(Clone, Copy, Debug, Default)]
struct Tracked {
    session: u32,
    request: u32,
    at: Second,
    bits: u32,
    depth: u8,
    search: bool,
}

/// What a user's season holds. Buffers are reused from user to user.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    pub traits: Traits,
    pub own_needs: Vec<Need>,
    pub slots: Vec<Slot>,
    sessions: Vec<Session>,
    tracked: Vec<Tracked>,
    times: Vec<(Second, u32)>,
}

/// One of the four 16-bit lanes of a draw.
#[inline(always)]
pub(super) const fn lane(word: u64, place: u32) -> u32 {
    (word >> (16 * place)) as u32 & 0xFFFF
}

impl Agenda {
    /// Draws up a user's agenda; `panel` gathers what the panel sees, if the user is on it.
    pub fn draw_up(&mut self, world: &World, person: Person, panel: Option<&mut Panel>) {
        world.people.traits(person, &mut self.traits);
        self.own_needs.clear();
        world.needs.own(person, &self.traits, &world.season, &mut self.own_needs);
        let total = self.days(world, person);
        self.requests(&world.exposure, total);
        self.slots(world);
        if let Some(panel) = panel {
            self.on_panel(world, person, panel);
        }
    }

    /// Days on which the app is opened, and their sessions. Returns the number of requests.
    fn days(&mut self, world: &World, person: Person) -> usize {
        self.sessions.clear();
        let exposure = &world.exposure;
        let active = person.stream(ACTIVE, 0);
        let daily = self.traits.daily * 65_536.0;
        let (mut trust, mut word, mut total) = (1.0, 0, 0);
        for day in 0..world.season.end() / DAY {
            if day % 4 == 0 {
                word = active.draw(u64::from(day / 4));
            }
            if lane(word, day % 4) as f32 >= daily * exposure.by_trust.at(trust) {
                continue;
            }
            trust = world.state.trust_after_day(trust, self.traits.tolerance, exposure.ad_load);
            let draws = person.stream(DAY_SESSIONS, u64::from(day));
            let count = exposure.sessions(halves(draws.draw(0)).0).min(63);
            self.times.clear();
            for k in 0..count {
                let bits = halves(draws.draw(u64::from(k) + 1)).0;
                self.times.push((world.season.time_of_day(bits), k));
            }
            sort_few(&mut self.times);
            for (time, k) in &self.times {
                let entity = u64::from(day) << 6 | u64::from(*k);
                let draws = person.stream(SESSION, entity);
                let (length, first) = halves(draws.draw(0));
                let requests = exposure.requests(length);
                total += requests as usize;
                self.sessions.push(Session {
                    draws,
                    entity,
                    at: day * DAY + time,
                    requests,
                    starts_with_search: exposure.starts_with_search(first),
                    trust,
                });
            }
        }
        total
    }

    /// Runs through all requests of the season in one flat loop and keeps those that show a tracked
    /// note. The loop turns to the next session by arithmetic, not by a branch.
    fn requests(&mut self, exposure: &Exposure, total: usize) {
        self.tracked.clear();
        self.tracked.resize(total, Tracked::default());
        let searches = self.traits.searches;
        let (mut s, mut r, mut kept) = (0_usize, 0_u32, 0_usize);
        let (mut clock, mut search) = (0, false);
        let pace = exposure.seconds_per_note;
        for _ in 0..total {
            let session = &self.sessions[s];
            let first = r == 0;
            let word = session.draws.draw(2 * u64::from(r) + 1);
            let next = exposure.goes_to_search(search, lane(word, 3));
            search = searches & if first { session.starts_with_search } else { next };
            // One session ends before the next begins.
            clock = if first { session.at.max(clock) } else { clock };
            let law = exposure.surface(search);
            let depth = law.depth(lane(word, 2));
            let bits = word as u32;
            self.tracked[kept] = Tracked {
                session: s as u32,
                request: r,
                at: clock,
                bits,
                depth: depth as u8,
                search,
            };
            kept += usize::from(law.any_tracked(depth, bits));
            clock += (depth as f32 * pace) as Second;
            r += 1;
            let over = r == session.requests;
            s += usize::from(over);
            r = if over { 0 } else { r };
        }
        self.tracked.truncate(kept);
    }

    /// Gives each tracked note its place in time.
    fn slots(&mut self, world: &World) {
        self.slots.clear();
        let pace = world.exposure.seconds_per_note;
        for t in &self.tracked {
            let session = &self.sessions[t.session as usize];
            let law = world.exposure.surface(t.search);
            let depth = u32::from(t.depth);
            let count = law.tracked(depth, t.bits);
            let (bits, places) = halves(session.draws.draw(2 * u64::from(t.request) + 2));
            let opens = law.propensity(depth, bits) * world.state.reading.at(session.trust);
            let span = depth as f32 * pace / count as f32;
            let within = places as f32 * (1.0 / 4_294_967_296.0);
            let entity = session.entity << 16 | u64::from(t.request) << 8;
            for j in 0..count {
                self.slots.push(Slot {
                    entity: entity | u64::from(j),
                    // Notes of a request are passed one after the other.
                    at: t.at + ((j as f32 + within) * span) as Second,
                    opens,
                    trust: world.state.needs.at(session.trust),
                    day: (session.entity >> 6) as u16,
                    search: t.search,
                });
            }
        }
    }

    /// Draws what happened to *all* notes of all requests, tracked or not, and counts it. The
    /// panel's draws are its own: being on it changes nothing.
    fn on_panel(&self, world: &World, person: Person, panel: &mut Panel) {
        let days = world.season.end() / DAY;
        let mut seen = Seen::default();
        let mut last_day = None;
        for session in &self.sessions {
            let day = (session.entity >> 6) as u32;
            let recent = day + MONTH >= days;
            if last_day != Some(day) {
                last_day = Some(day);
                seen.days += 1;
                seen.recent_days += u64::from(recent);
            }
            panel.sessions += 1;
            panel.by_hour[(session.at % DAY / 3_600) as usize] += 1;
            let mut search = self.traits.searches && session.starts_with_search;
            for r in 0..session.requests {
                let word = session.draws.draw(2 * u64::from(r) + 1);
                if r > 0 {
                    let before = usize::from(search);
                    let next = world.exposure.goes_to_search(search, lane(word, 3));
                    search = self.traits.searches && next;
                    panel.pairs[before * 2 + usize::from(search)] += 1;
                }
                let law = world.exposure.surface(search);
                let depth = law.depth(lane(word, 2));
                let bits = halves(session.draws.draw(2 * u64::from(r) + 2)).0;
                let opens = law.propensity(depth, bits) * world.state.reading.at(session.trust);
                let entity = session.entity << 16 | u64::from(r);
                let opened = binomial(person.stream(UNTRACKED, entity), depth, opens);
                seen.recent_searches += u64::from(search && recent);
                panel.requests[usize::from(search)].take(depth, opened);
            }
        }
        panel.close_user(seen);
    }
}

/// How many of `n` notes are opened, note by note.
fn binomial(mut draws: Stream, n: u32, opens: f32) -> u32 {
    let limit = (opens * 65_536.0) as u32;
    let (mut opened, mut word) = (0, 0);
    for i in 0..n {
        if i % 4 == 0 {
            word = draws.next();
        }
        opened += u32::from(lane(word, i % 4) < limit);
    }
    opened
}

/// Sorts a handful of times, ties by their number.
#[inline]
fn sort_few(times: &mut [(Second, u32)]) {
    for i in 1..times.len() {
        let mut j = i;
        while j > 0 && times[j - 1] > times[j] {
            times.swap(j - 1, j);
            j -= 1;
        }
    }
}
