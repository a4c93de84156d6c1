//! All browsing of a user on the panel, tracked or not.
//!
//! The life of a user needs only the requests that show a tracked note. The panel looks at the
//! others too: their depth is drawn here, from its law given that no note is tracked, and so is how
//! many notes of each request are opened.

use crate::base::{DAY, Person, Purpose, Stream};

use super::World;
use super::agenda::{Agenda, lane};
use super::exposure::Before;
use super::panel::{Panel, Seen};
use super::people::halves;

const UNTRACKED: Purpose = Purpose::named("panel-reads");

/// Days on which "monthly active" is measured.
const MONTH: u32 = 30;

impl Agenda {
    /// Draws what happened to *all* notes of all requests and counts it. The panel's draws are its
    /// own: being on it changes nothing.
    pub(super) fn on_panel(&self, world: &World, person: Person, panel: &mut Panel) {
        let last_month = (world.season.end() / DAY).saturating_sub(MONTH);
        let is_recent = |day: u32| day >= last_month;
        let days = &self.there.days;
        let mut seen = Seen {
            days: days.len() as u64,
            recent_days: days.iter().filter(|d| is_recent(d.number)).count() as u64,
            recent_searches: 0,
        };
        for session in &self.there.sessions {
            let day = &days[session.day as usize];
            let recent = is_recent(day.number);
            panel.sessions += 1;
            panel.by_hour[(self.there.start(world, session) % DAY / 3_600) as usize] += 1;
            let mut before = Before::Start;
            for r in 0..session.requests {
                let (search, depth) = self.request(&world.exposure, session, r, before);
                if before != Before::Start {
                    let was_search = usize::from(before == Before::Search);
                    panel.pairs[was_search * 2 + usize::from(search)] += 1;
                }
                before = Before::after(search);
                let bits = halves(session.word(r, true)).0;
                let opens = world.exposure.surface(search).propensity(depth, bits) * day.reading;
                let entity = u64::from(day.number) << 32 | session.place(r);
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
