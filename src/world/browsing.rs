//! All browsing of a user on the panel, tracked or not.
//!
//! The life of a user needs only the sessions and requests that show a tracked note. The panel looks
//! at the others too. They are put back here, from their law given the tracked ones, and so is how
//! many notes of each request are opened.

use crate::base::{DAY, Person, Purpose, Second, Stream, math};

use super::World;
use super::agenda::Agenda;
use super::panel::{Panel, Seen};
use super::people::halves;
use super::walk::Before;

const UNTRACKED: Purpose = Purpose::named("panel-sessions");
const OPENED: Purpose = Purpose::named("panel-reads");

/// Days on which "monthly active" is measured.
const MONTH: u32 = 30;

/// One user's browsing as the panel takes it down.
struct Browser<'a> {
    world: &'a World,
    panel: &'a mut Panel,
    /// Draws of what is put back, and of which notes are opened.
    back: Stream,
    opened: Stream,
    /// Factor of trust on reading, today.
    reading: f32,
    recent: bool,
    /// Where the session stands.
    before: Before,
    recent_searches: u64,
}

impl Agenda {
    /// Puts back what was passed over and counts *all* notes of all requests. The panel's draws are
    /// its own: being on it changes nothing.
    pub(super) fn on_panel(&self, world: &World, person: Person, panel: &mut Panel) {
        let last_month = (world.season.end() / DAY).saturating_sub(MONTH);
        let browsing = world.exposure.browsing(self.traits.searches);
        let (mut days, mut recent_days) = (0, 0);
        let mut browser = Browser {
            world,
            panel,
            back: person.stream(UNTRACKED, 0),
            opened: person.stream(OPENED, 0),
            reading: 1.0,
            recent: false,
            before: Before::Start,
            recent_searches: 0,
        };
        let mut tracked = self.tracked.iter().peekable();
        let mut sessions = self.there.sessions.iter().zip(0..).peekable();
        for (day, place) in self.there.days.iter().zip(0..) {
            browser.recent = day.number >= last_month;
            browser.reading = day.reading;
            days += 1;
            recent_days += u64::from(browser.recent);
            while let Some((session, s)) = sessions.next_if(|(s, _)| s.day == place) {
                browser.begin(session.start);
                while let Some(t) = tracked.next_if(|t| t.found.session == s) {
                    let next = t.found.next;
                    let before = browser.before;
                    let mut back = browser.back;
                    let walk = &browsing.walk;
                    walk.bridge(before, next, &mut back, |search| browser.passed(search));
                    browser.back = back;
                    browser.request(next.search, t.depth, t.opens);
                }
                browser.end(&browsing.walk);
            }
            for _ in 0..browsing.others(day.tracked, &mut browser.back) {
                let bits = halves(browser.back.next()).0;
                browser.begin(world.season.time_of_day(bits));
                browser.end(&browsing.walk);
            }
        }
        let recent_searches = browser.recent_searches;
        panel.close_user(Seen {
            days,
            recent_days,
            recent_searches,
        });
    }
}

impl Browser<'_> {
    fn begin(&mut self, start: Second) {
        self.panel.sessions += 1;
        self.panel.by_hour[(start % DAY / 3_600) as usize] += 1;
        self.before = Before::Start;
    }

    /// A request without tracked notes.
    fn passed(&mut self, search: bool) {
        let law = self.world.exposure.surface(search);
        let (depth, propensity) = halves(self.opened.next());
        let depth = law.depth(false, depth >> 16);
        self.request(
            search,
            depth,
            law.propensity(depth, propensity.into()) * self.reading,
        );
    }

    fn request(&mut self, search: bool, depth: u32, opens: f32) {
        if self.before != Before::Start {
            let was_search = usize::from(self.before == Before::Search);
            self.panel.pairs[was_search * 2 + usize::from(search)] += 1;
        }
        self.before = Before::after(search);
        self.recent_searches += u64::from(search && self.recent);
        let opened = binomial(&mut self.opened, depth, opens);
        self.panel.requests[usize::from(search)].take(depth, opened);
    }

    /// What comes after the last tracked request.
    fn end(&mut self, walk: &super::walk::Walk) {
        let mut back = self.back;
        walk.rest(self.before, &mut back, |search| self.passed(search));
        self.back = back;
    }
}

/// How many of `n` notes are opened, each with probability `p`: inversion of the binomial law from
/// zero on (Kachitvichyanukul and Schmeiser, 1988, algorithm BINV).
fn binomial(draws: &mut Stream, n: u32, p: f32) -> u32 {
    let (n, p) = (
        i32::try_from(n).unwrap_or(i32::MAX),
        f64::from(p.min(0.999)),
    );
    let odds = p / (1.0 - p);
    let (mut left, mut chance) = (draws.next_unit(), math::pow(1.0 - p, f64::from(n)));
    let mut k = 0;
    while left >= chance && k < n {
        left -= chance;
        k += 1;
        chance *= odds * f64::from(n - k + 1) / f64::from(k);
    }
    k as u32
}

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
