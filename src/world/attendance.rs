//! When a user is there: active days, and the sessions that show a tempting note.
//!
//! Everything here runs over all users. So it is made of flat loops that the processor need not
//! guess at.

use crate::base::{DAY, Person, Purpose, QuantileTable, Second, Stream};

use super::World;
use super::agenda::lane;
use super::exposure::FEW;
use super::people::{Traits, halves};
use super::walk::Before;

const ACTIVE: Purpose = Purpose::named("active-day");
const SESSIONS: Purpose = Purpose::named("day");

/// Room in an address for a session's tempting requests.
const ROOM: u32 = 64;
const _: () = assert!(
    FEW < ROOM as usize,
    "addresses must have room for every request"
);

/// Sessions that a day makes room for without being asked.
const USUAL: usize = 2;

/// A day on which the app is opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Day {
    /// All draws of the day; see [`Session`] for who owns which.
    draws: Stream,
    pub number: u32,
    /// Sessions that show a tempting note.
    pub tempting: u32,
    /// Sum of the gaps before, between and after the sessions.
    gaps: f32,
    last_gap: f32,
    /// Factors of trust on reading and on the triggering of needs.
    pub reading: f32,
    pub needs: f32,
}

/// A session that shows a tempting note.
///
/// A day's draws are shared out by number: 0 is the day's own; 1 to 63 belong to its sessions; each
/// request with a tempting note has two from 4,096 on; each tempting note has one from 65,536 on, and
/// one more from 262,144 on where advertising is capped. All other sessions and requests, and tracked
/// notes that do not tempt, have streams of their own (see `browsing`): nothing here moves where they
/// are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Session {
    draws: Stream,
    /// Place of the day in the list.
    pub day: u32,
    /// The first request's place in the address space of the day.
    place: u32,
    /// Sum of the gaps before the session.
    gaps: f32,
    pub start: Second,
    /// Where it stands, requests until now, those with a tempting note until now, and the place of
    /// the first of those among all.
    pub before: Before,
    pub requests: u32,
    pub tempting: u32,
    pub first: u32,
}

impl Session {
    /// Where a request with a tempting note stands among those of its day.
    #[inline(always)]
    pub const fn place(&self, request: u32) -> u64 {
        (self.place + request) as u64
    }

    /// The two words of a request with a tempting note. The first also tells whether there is one.
    #[inline(always)]
    pub const fn word(&self, request: u32, second: bool) -> u64 {
        self.draws
            .draw(4_096 + 2 * self.place(request) + second as u64)
    }

    /// The word that says whether a tempting note is shown where advertising is capped.
    #[inline(always)]
    pub const fn cap_word(&self, request: u32, note: u32) -> u64 {
        self.draws
            .draw(262_144 + (self.place(request) << 4 | note as u64))
    }

    /// The word of a tempting note.
    #[inline(always)]
    pub const fn note_word(&self, request: u32, note: u32) -> u64 {
        self.draws
            .draw(65_536 + (self.place(request) << 4 | note as u64))
    }
}

/// Days and sessions of one user. Buffers are reused from user to user.
#[derive(Clone, Debug, Default)]
pub(super) struct Attendance {
    pub days: Vec<Day>,
    pub sessions: Vec<Session>,
    /// Trust after the last day.
    pub trust: f32,
    candidates: Vec<(u32, u32)>,
    /// The day of each session, and its number in the day.
    places: Vec<(u32, u32)>,
}

impl Attendance {
    /// Draws a user's days and sessions.
    pub fn draw_up(&mut self, world: &World, person: Person, traits: &Traits) {
        self.candidates(world.season.end() / DAY, person, traits.daily);
        let sessions = self.days(world, person, traits);
        self.sessions(sessions, &world.unit_gap);
        for session in &mut self.sessions {
            let day = &self.days[session.day as usize];
            let bits = (session.gaps / day.gaps * 4_294_967_296.0) as u32;
            session.start = day.number * DAY + world.season.time_of_day(bits);
        }
    }

    /// Days on which a user of full trust would open the app.
    #[inline(never)]
    fn candidates(&mut self, days: u32, person: Person, daily: f32) {
        self.candidates.resize(days as usize + 4, (0, 0));
        let active = person.stream(ACTIVE, 0);
        let limit = (daily * 65_536.0) as u32;
        let mut kept = 0;
        for four in 0..days.div_ceil(4) {
            let word = active.draw(u64::from(four));
            for place in 0..4 {
                let (day, bits) = (4 * four + place, lane(word, place));
                // Written always, kept by arithmetic: activity is too even a coin to be guessed.
                self.candidates[kept] = (day, bits);
                kept += usize::from((bits < limit) & (day < days));
            }
        }
        self.candidates.truncate(kept);
    }

    /// Thins the candidates by trust, which never raises activity, and draws how many sessions of
    /// each day show a tempting note. Returns their sum.
    #[inline(never)]
    fn days(&mut self, world: &World, person: Person, traits: &Traits) -> usize {
        self.days.clear();
        let exposure = &world.exposure;
        let browsing = exposure.browsing(traits.searches);
        let (mut trust, mut total) = (1.0, 0);
        let candidates = std::mem::take(&mut self.candidates);
        for (number, bits) in &candidates {
            if *bits as f32 >= traits.daily * 65_536.0 * exposure.by_trust.at(trust) {
                continue;
            }
            trust = world.state.trust_after_day(
                trust,
                traits.tolerance,
                world.timeline.ad_load(*number),
            );
            let draws = person.stream(SESSIONS, u64::from(*number));
            let (count, gap) = halves(draws.draw(0));
            let tempting = browsing.tempting(count);
            let place = self.days.len() as u32;
            total = self.make_room(total, place, tempting as usize);
            self.days.push(Day {
                draws,
                number: *number,
                tempting,
                gaps: 1.0,
                last_gap: world.unit_gap.pick(gap),
                reading: world.state.reading.at(trust),
                needs: world.state.needs.at(trust),
            });
        }
        self.candidates = candidates;
        self.trust = trust;
        total
    }

    /// Gives a day's sessions their places in the list: the usual number of them is written always,
    /// and kept by arithmetic.
    #[inline(always)]
    fn make_room(&mut self, from: usize, day: u32, sessions: usize) -> usize {
        let needed = from + sessions.max(USUAL);
        if self.places.len() < needed {
            self.places.resize(needed * 2, (0, 0));
        }
        let usual: [_; USUAL] = std::array::from_fn(|k| (day, k as u32));
        self.places[from..from + USUAL].copy_from_slice(&usual);
        for k in USUAL..sessions {
            self.places[from + k] = (day, k as u32);
        }
        from + sessions
    }

    /// Draws all sessions in one flat loop.
    ///
    /// Sorted uniform times need no sorting: n of them are the partial sums of n + 1 exponential
    /// gaps, divided by the sum of all.
    #[inline(never)]
    fn sessions(&mut self, total: usize, unit_gap: &QuantileTable) {
        self.sessions.resize(total, Session::default());
        let mut gaps = 0.0_f32;
        for (session, (d, k)) in self.sessions.iter_mut().zip(&self.places) {
            let day = &mut self.days[*d as usize];
            // Nothing is left at the first session of a day. By multiplication, since a select would be
            // made a branch, and where a day ends cannot be guessed.
            let stays = (*k).min(1) as f32;
            gaps = gaps * stays + unit_gap.pick(halves(day.draws.draw(u64::from(*k) + 1)).0);
            day.gaps = gaps + day.last_gap;
            *session = Session {
                draws: day.draws,
                day: *d,
                place: k * ROOM,
                gaps,
                ..Session::default()
            };
        }
    }
}

/// The gap between two events of a Poisson process of rate 1.
pub(super) fn unit_gap() -> QuantileTable {
    QuantileTable::exponential(10, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Root, UserId};

    /// Would catch times that are not those of sorted independent uniform draws: every order
    /// statistic is compared with sorting.
    #[test]
    fn gaps_give_sorted_uniform_times() {
        const RUNS: u64 = 40_000;
        let unit_gap = unit_gap();
        for n in [1_u32, 2, 5] {
            let mut times = vec![Vec::new(); n as usize];
            let mut sorted = times.clone();
            for run in 0..RUNS {
                let draws = Root::new(1)
                    .user(UserId(run))
                    .stream(SESSIONS, u64::from(n));
                let mut there = Attendance::default();
                let last_gap = unit_gap.pick(halves(draws.draw(0)).1);
                // A day without such sessions comes before.
                for tempting in [0, n] {
                    there.days.push(Day {
                        draws,
                        number: 0,
                        tempting,
                        gaps: 1.0,
                        last_gap,
                        reading: 1.0,
                        needs: 1.0,
                    });
                }
                let total = there.make_room(0, 0, 0);
                let total = there.make_room(total, 1, n as usize);
                there.sessions(total, &unit_gap);
                assert_eq!(there.sessions.len(), n as usize);
                for (k, s) in there.sessions.iter().enumerate() {
                    assert_eq!((s.day, s.place), (1, k as u32 * ROOM));
                    times[k].push(f64::from(s.gaps / there.days[1].gaps));
                }
                let oracle = Root::new(2).user(UserId(run)).stream(SESSIONS, 0);
                let mut uniform: Vec<f64> = (0..n)
                    .map(|k| crate::base::address::unit(oracle.draw(k.into())))
                    .collect();
                uniform.sort_by(f64::total_cmp);
                uniform
                    .into_iter()
                    .enumerate()
                    .for_each(|(k, x)| sorted[k].push(x));
            }
            for (mine, oracle) in times.iter_mut().zip(&mut sorted) {
                assert!(distance(mine, oracle) < 0.015, "{n} sessions");
            }
        }
    }

    /// Largest distance between two empirical distribution functions (Kolmogorov and Smirnov); by
    /// chance above 0.015 once in 5,000 for 40,000 against 40,000.
    fn distance(a: &mut [f64], b: &mut [f64]) -> f64 {
        a.sort_by(f64::total_cmp);
        b.sort_by(f64::total_cmp);
        let below = |x: &f64| b.partition_point(|y| y <= x) as f64 / b.len() as f64;
        let at = |(i, x): (usize, &f64)| ((i as f64 + 0.5) / a.len() as f64 - below(x)).abs();
        a.iter().enumerate().map(at).fold(0.0, f64::max)
    }
}
