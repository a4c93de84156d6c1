//! What was passed over, put back where somebody asks.
//!
//! No life hangs on sessions and requests without a tempting note, nor on tracked notes that do not
//! tempt. Counters of impressions, logs and the panel ask for them all the same. They are drawn here,
//! from their law given the tempting ones, at two resolutions with the same words: *counters* need to
//! know of each tracked note on which surface it was, and so what it was shown as; *logs* and the
//! *panel* need every request's depth, and of each note its time, its merchant and which note it was.
//!
//! Draws have streams of their own, a day at a time: one for sessions, requests and how many notes
//! they hold, one for details. The word of a request is the key of its notes' words. So putting back
//! changes nothing of what is read, and details nothing of what is counted.

use crate::base::{ChannelId, DAY, Person, Purpose, Second, Stream, TierId, math};

use super::World;
use super::agenda::{Agenda, Request, Slot, lane};
use super::attendance::Day;
use super::panel::{Panel, Seen};
use super::people::halves;
use super::surface::Impression;
use super::walk::Before;

const PASSED: Purpose = Purpose::named("passed-over");
const DETAILS: Purpose = Purpose::named("passed-over-details");
const LEFT: Purpose = Purpose::named("left");
const OPENED: Purpose = Purpose::named("panel-reads");

/// Days on which "monthly active" is measured.
const MONTH: u32 = 30;

/// Who is told what was passed over, in the order of sessions and requests.
trait Teller {
    /// A day begins.
    fn day(&mut self, day: &Day);
    /// A session begins; when it does is known of those that show a tempting note.
    fn session(&mut self, start: Option<Second>);
    /// A request without a tempting note. The lower half of the word says how many are tracked.
    fn passed(&mut self, search: bool, word: u64);
    /// A request with one. The lower half of the word says how many others are tracked.
    fn known(&mut self, request: &Request, word: u64);
}

/// A request without a tempting note that shows tracked ones.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Passed {
    /// The key of its notes' words; the lower half says how many they are.
    word: u64,
    day: u32,
    search: bool,
}

/// The word of a tracked note that does not tempt, by its request's.
#[inline(always)]
const fn note_word(request: u64, note: u32) -> u64 {
    Stream::beneath(request).draw(note as u64)
}

/// Takes down what tracked notes that do not tempt are shown as, and nothing else.
struct Counter<'a> {
    world: &'a World,
    taste: TierId,
    shown: Vec<Impression>,
    /// Requests until now, of which so many are kept.
    passed: Vec<Passed>,
    kept: usize,
    /// By surface: the last bits that mean a request without tracked notes.
    none: [u32; 2],
    day: u32,
}

impl Counter<'_> {
    #[inline(always)]
    fn notes(&mut self, (search, day): (bool, u32), request: u64, notes: u32) {
        let (world, law) = (self.world, self.world.exposure.surface(search));
        for note in 0..notes {
            let word = note_word(request, note);
            let kind = law.kind(halves(word).0);
            if world.shows(kind.channel, day, lane(word, 1)) {
                self.shown.push(kind.shown(lane(word, 0), self.taste));
            }
        }
    }
}

impl Teller for Counter<'_> {
    #[inline(always)]
    fn day(&mut self, day: &Day) {
        self.day = day.number;
    }

    #[inline(always)]
    fn session(&mut self, _: Option<Second>) {}

    /// Written always and kept by arithmetic: whether a request shows tracked notes cannot be guessed.
    #[inline(always)]
    fn passed(&mut self, search: bool, word: u64) {
        let request = Passed {
            word,
            day: self.day,
            search,
        };
        if let Some(place) = self.passed.get_mut(self.kept) {
            *place = request;
        } else {
            self.passed.push(request);
        }
        self.kept += usize::from(halves(word).1 > self.none[usize::from(search)]);
    }

    #[inline(always)]
    fn known(&mut self, request: &Request, word: u64) {
        let search = request.found.next.search;
        let law = &self.world.exposure.surface(search).requests;
        let notes = law.beside(request.depth, request.tempting, halves(word).1);
        self.notes((search, self.day), word, notes);
    }
}

impl World {
    /// Whether a note of a channel is shown on a day, by 16 uniform bits: all are but paid ones where
    /// advertising is capped. By arithmetic: whether a note is paid cannot be guessed.
    #[inline(always)]
    fn shows(&self, channel: ChannelId, day: u32, bits: u32) -> bool {
        !self.timeline.capped()
            || !self.channels[channel.index()].paid | self.timeline.shows_paid(day, bits)
    }
}

impl Agenda {
    /// Tells all sessions and requests, those that were passed over and those that were not.
    #[inline(always)]
    fn tell(&self, world: &World, person: Person, to: &mut impl Teller) {
        let browsing = world.exposure.browsing(self.traits.searches);
        let walk = &browsing.walk;
        let mut requests = self.requests.iter();
        let mut sessions = self.there.sessions.iter();
        for day in &self.there.days {
            let mut draws = person.stream(PASSED, u64::from(day.number));
            to.day(day);
            for session in sessions.by_ref().take(day.tempting as usize) {
                to.session(Some(session.start));
                let mut before = Before::Start;
                for request in requests.by_ref().take(session.tempting as usize) {
                    let next = request.found.next;
                    walk.bridge(before, next, &mut draws, |search, word| {
                        to.passed(search, word)
                    });
                    to.known(request, draws.next());
                    before = Before::after(next.search);
                }
                walk.rest(before, &mut draws, |search, word| to.passed(search, word));
            }
            let others = browsing.others(day.tempting, halves(draws.next()).0);
            walk.sessions(others, &mut draws, |search, first, word| {
                if first {
                    to.session(None);
                }
                to.passed(search, word);
            });
        }
    }

    /// Puts back the tracked notes that do not tempt, as far as counters need them.
    #[inline(never)]
    pub(super) fn put_back(&mut self, world: &World, person: Person) {
        let mut counter = Counter {
            world,
            taste: self.traits.taste,
            shown: std::mem::take(&mut self.shown),
            passed: std::mem::take(&mut self.passed),
            kept: 0,
            none: [false, true].map(|search| world.exposure.surface(search).requests.none()),
            day: 0,
        };
        self.tell(world, person, &mut counter);
        for place in 0..counter.kept {
            let Passed { word, day, search } = counter.passed[place];
            let law = &world.exposure.surface(search).requests;
            counter.notes((search, day), word, law.plain(halves(word).1));
        }
        (self.shown, self.passed) = (counter.shown, counter.passed);
    }

    /// Puts back every tracked note with its slot, and shows the panel, if the user is on it, *all*
    /// notes of all requests.
    pub(super) fn put_back_in_full(
        &mut self,
        world: &World,
        person: Person,
        panel: Option<&mut Panel>,
    ) {
        let slots = std::mem::take(&mut self.slots);
        let nowhere = person.stream(DETAILS, 0);
        let mut browser = Browser {
            world,
            person,
            agenda: self,
            slots,
            panel,
            details: nowhere,
            opened: nowhere,
            day: None,
            notes: 0,
            start: 0,
            number: 0,
            before: Before::Start,
            recent: false,
            seen: Seen::default(),
        };
        self.tell(world, person, &mut browser);
        let Browser {
            mut slots,
            panel,
            seen,
            ..
        } = browser;
        if let Some(panel) = panel {
            panel.close_user(seen);
        }
        // What tempts is in order already, by its address within a second, and stays in it.
        slots.sort_unstable_by_key(|slot| (slot.at, !slot.tempts, slot.entity));
        self.slots = slots;
    }
}

/// Takes down everything.
struct Browser<'a> {
    world: &'a World,
    person: Person,
    agenda: &'a Agenda,
    slots: Vec<Slot>,
    panel: Option<&'a mut Panel>,
    /// Draws of the day: of what nobody counts, and of which notes are opened that are not tracked.
    details: Stream,
    opened: Stream,
    day: Option<Day>,
    /// Notes put back today.
    notes: u64,
    /// When the session began, its requests until now, and where it stands.
    start: Second,
    number: u32,
    before: Before,
    recent: bool,
    seen: Seen,
}

impl Teller for Browser<'_> {
    fn day(&mut self, day: &Day) {
        let last_month = (self.world.season.end() / DAY).saturating_sub(MONTH);
        let number = u64::from(day.number);
        self.details = self.person.stream(DETAILS, number);
        self.opened = self.person.stream(OPENED, number);
        self.recent = day.number >= last_month;
        self.seen.days += 1;
        self.seen.recent_days += u64::from(self.recent);
        self.day = Some(*day);
        self.notes = 0;
    }

    fn session(&mut self, start: Option<Second>) {
        let bits = halves(self.details.next()).0;
        let today = self.day.map_or(0, |day| day.number * DAY);
        self.start = start.unwrap_or_else(|| today + self.world.season.time_of_day(bits));
        (self.number, self.before) = (0, Before::Start);
        if let Some(panel) = &mut self.panel {
            panel.sessions += 1;
            panel.by_hour[(self.start % DAY / 3_600) as usize] += 1;
        }
    }

    fn passed(&mut self, search: bool, word: u64) {
        let law = self.world.exposure.surface(search);
        let left = law.requests.plain(halves(word).1);
        let depth = law.requests.plain_depth(left, &mut self.details);
        let begins = self.start + self.number * law.mean;
        self.request((search, depth, begins), [0, 0, left], word);
    }

    fn known(&mut self, request: &Request, word: u64) {
        let (search, depth) = (request.found.next.search, request.depth);
        let law = &self.world.exposure.surface(search).requests;
        let left = law.beside(depth, request.tempting, halves(word).1);
        let notes = [request.tempting, request.opened, left];
        self.request((search, depth, request.begins), notes, word);
    }
}

impl Browser<'_> {
    /// A request with so many tempting notes, opened ones among them, and tracked ones that do not
    /// tempt.
    fn request(
        &mut self,
        (search, depth, begins): (bool, u32, Second),
        [tempting, opened, left]: [u32; 3],
        word: u64,
    ) {
        let Some(day) = self.day else { return };
        self.number += 1;
        let law = self.world.exposure.surface(search);
        let chance = law
            .requests
            .propensity(depth, [tempting, left], &mut self.details);
        for note in 0..left {
            let word = note_word(word, note);
            self.left(
                &day,
                search,
                word,
                (begins, law.lasts[depth as usize]),
                chance,
            );
        }
        if let Some(panel) = &mut self.panel {
            if self.before != Before::Start {
                let was_search = usize::from(self.before == Before::Search);
                panel.pairs[was_search * 2 + usize::from(search)] += 1;
            }
            let others = depth.saturating_sub(tempting + left);
            let opened = opened + binomial(&mut self.opened, others, chance * day.reading);
            panel.requests[usize::from(search)].take(depth, opened);
        }
        self.before = Before::after(search);
        self.seen.recent_searches += u64::from(search && self.recent);
    }

    /// A tracked note that does not tempt.
    fn left(
        &mut self,
        day: &Day,
        search: bool,
        word: u64,
        (begins, lasts): (Second, Second),
        chance: f32,
    ) {
        let entity = u64::from(day.number) << 32 | self.notes;
        self.notes += 1;
        let draws = self.person.stream(LEFT, entity);
        let slot = self.agenda.about(self.world, (day, search), word, draws);
        if !self.world.shows(slot.channel, day.number, lane(word, 1)) {
            return;
        }
        let within = u64::from(lane(draws.draw(4), 0)) * u64::from(lasts);
        self.slots.push(Slot {
            entity,
            at: begins + (within >> 16) as Second,
            chance,
            ..slot
        });
    }
}

/// How many of `n` notes are opened, each with probability `p`: inversion of the binomial law from
/// zero on (Kachitvichyanukul and Schmeiser, 1988, algorithm BINV).
fn binomial(draws: &mut Stream, n: u32, p: f32) -> u32 {
    let p = f64::from(p.min(0.999));
    let odds = p / (1.0 - p);
    let (mut left, mut chance) = (draws.next_unit(), math::whole_power(1.0 - p, n));
    let mut k = 0;
    while left >= chance && k < n {
        left -= chance;
        k += 1;
        chance *= odds * f64::from(n - k + 1) / f64::from(k);
    }
    k
}

#[cfg(test)]
mod nature;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Root, UserId};

    /// Would catch an inversion that is off by one: mean and variance over 200,000 draws, and the
    /// ends. Six standard errors, once in 10⁸ by chance.
    #[test]
    fn binomial_has_its_moments() {
        const RUNS: u64 = 200_000;
        for (n, p) in [(7, 0.2_f32), (120, 0.19), (30, 0.95), (1, 0.5)] {
            let mut draws = Root::new(7).user(UserId(n.into())).stream(OPENED, 1);
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..RUNS {
                let k = f64::from(binomial(&mut draws, n, p));
                (sum, squares) = (sum + k, squares + k * k);
            }
            let (runs, n, p) = (RUNS as f64, f64::from(n), f64::from(p));
            let (mean, variance) = (n * p, n * p * (1.0 - p));
            let measured = sum / runs;
            assert!((measured - mean).abs() < 6.0 * (variance / runs).sqrt());
            let spread = squares / runs - measured * measured;
            assert!((spread / variance - 1.0).abs() < 0.03, "{n} {p}: {spread}");
        }
        let mut draws = Root::new(7).user(UserId(0)).stream(OPENED, 1);
        assert_eq!(binomial(&mut draws, 50, 0.0), 0);
        assert_eq!(binomial(&mut draws, 0, 0.5), 0);
    }
}
