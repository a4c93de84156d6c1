//! The season in the order of nature, as an oracle: every session, request, depth, propensity,
//! tracked note and reader's choice drawn one after the other, nothing passed over.

#[cfg(test)]
mod tests {
    use super::super::*;
    use crate::base::{Root, UserId};
    use crate::scenario::{Override, Scenario};
    use crate::world::agenda::Wanted;
    use crate::world::surface::SurfaceLaw;
    use crate::world::tempting::DEEPEST;

    /// Numbers of one day that are compared.
    const CELLS: usize = 86;
    const NATURE: Purpose = Purpose::named("the order of nature");

    /// One day's requests: surface, depth, tracked notes and opened ones.
    type Day = Vec<(bool, u32, u32, u32)>;

    /// What is drawn from the scenario's own numbers and from no table of conditional laws.
    struct Nature {
        search: [f64; 3],
        stop: f64,
        more: f64,
        share: [f64; 2],
    }

    impl Nature {
        fn new(scenario: &Scenario, searches: [f64; 3]) -> Self {
            let activity = &scenario.wire().people.activity;
            let share = |surface| {
                let channels = scenario.channels().iter();
                let here = channels.filter(|c| c.surface == surface);
                here.map(|c| c.share_of_shown).sum()
            };
            use crate::scenario::wire::Surface::{Feed, Search};
            Self {
                search: searches,
                stop: 1.0 / activity.requests.get(),
                more: activity.sessions.get() - 1.0,
                share: [share(Feed), share(Search)],
            }
        }

        fn request(
            &self,
            law: &SurfaceLaw,
            search: bool,
            reading: f32,
            draws: &mut Stream,
        ) -> [u32; 3] {
            let mut left = draws.next_unit();
            let depth = law.requests.depths.iter().position(|p| {
                left -= p;
                left < 0.0
            });
            let depth = depth.unwrap_or(DEEPEST) as u32;
            // Nothing known: any of the equally likely values.
            let chance = law.requests.propensity(depth, [0, 0], draws);
            let (mut tracked, mut opened) = (0, 0);
            for _ in 0..depth {
                let is_tracked = draws.next_unit() < self.share[usize::from(search)];
                let opens = draws.next_unit() < f64::from(chance * reading);
                tracked += u32::from(is_tracked);
                opened += u32::from(is_tracked & opens);
            }
            [depth, tracked, opened]
        }

        fn day(&self, world: &World, reading: f32, draws: &mut Stream) -> Day {
            let mut day = Vec::new();
            // Poisson by multiplication.
            let (mut product, mut sessions, none) = (draws.next_unit(), 1, math::exp(-self.more));
            while product > none {
                sessions += 1;
                product *= draws.next_unit();
            }
            for _ in 0..sessions {
                let mut before = Before::Start;
                loop {
                    let search = draws.next_unit() < self.search[before as usize];
                    let law = world.exposure.surface(search);
                    let [depth, tracked, opened] = self.request(law, search, reading, draws);
                    day.push((search, depth, tracked, opened));
                    before = Before::after(search);
                    if draws.next_unit() < self.stop {
                        break;
                    }
                }
            }
            day
        }
    }

    /// A day as numbers: how many requests have how many opened notes, by surface and depth; how many
    /// notes were shown and opened, each by itself, together, and as squares; requests in all.
    fn numbers(day: &[(bool, u32, u32, u32)]) -> [f64; CELLS] {
        let mut row = [0.0; CELLS];
        let (mut shown, mut opened, mut with) = (0, 0, 0);
        for (search, depth, tracked, opens) in day {
            (shown, opened) = (shown + tracked, opened + opens);
            with += usize::from(*opens > 0);
            if *opens > 0 {
                let deep = [8, 12, 40].iter().filter(|d| depth >= d).count();
                let place = usize::from(*search) * 12 + deep * 3 + (*opens as usize - 1).min(2);
                row[place] += 1.0;
            }
        }
        let (few, some) = ((opened as usize).min(4), (shown as usize).min(7));
        row[24 + few] = 1.0;
        row[29 + some] = 1.0;
        row[37 + few * 8 + some] = 1.0;
        row[77 + with.min(3)] = 1.0;
        let whole = [
            shown,
            opened,
            shown * shown,
            opened * opened,
            shown * opened,
        ];
        whole
            .iter()
            .zip(81..)
            .for_each(|(x, at)| row[at] = f64::from(*x));
        row
    }

    /// Would catch tempting notes, or what is put back around them, that have another law than drawing
    /// everything in the order of nature, on the same days with the same trust: numbers of each day (see
    /// [`numbers`]) are compared in pairs. 86 bounds of 7 standard errors, once in 10⁹ by chance. Trust
    /// wears fast here and tracked notes are ten times as many, so that all of them are seen.
    #[test]
    fn reads_first_is_the_order_of_nature() {
        const USERS: u64 = 6_000;
        let base = Scenario::load("red-cat-618".as_ref()).unwrap();
        let more = base.channels().iter();
        let more = more.map(|c| {
            format!(
                "channels[{}].share_of_shown={}",
                c.name,
                4.0 * c.share_of_shown
            )
        });
        let sets = [
            "behaviour.trust.reading=2",
            "behaviour.trust.erosion=0.3",
            "people.tolerance=0.03",
        ];
        let sets = sets.into_iter().map(str::to_owned).chain(more);
        let sets: Vec<Override> = sets.map(|s| Override::parse(&s).unwrap()).collect();
        let scenario = Scenario::from_text(
            "test.toml",
            "extends = 'red-cat-618'\nname = 'more'\n",
            &sets,
        );
        let scenario = scenario.unwrap();
        let world = World::new(&scenario, 5);
        let searches = crate::world::exposure::searches(&scenario);
        let nature = [[0.0; 3], searches].map(|s| Nature::new(&scenario, s));
        let mut agenda = Agenda::default();
        let wanted = Wanted {
            counted: true,
            in_full: true,
        };
        let (mut sums, mut squares, mut seen) = ([0.0; CELLS], [0.0; CELLS], [0.0; CELLS]);
        let mut worn = 0;
        for user in 0..USERS {
            let person = Root::new(5).user(UserId(user));
            agenda.draw_up(&world, UserId(user), wanted);
            agenda.put_back_in_full(&world, person, None);
            for (day, place) in agenda.there.days.iter().zip(0_u32..) {
                worn += u32::from(day.reading < 0.8);
                // Requests with an opened note as they are, all other notes shown in one row.
                let sessions = &agenda.there.sessions;
                let of_day = agenda
                    .requests
                    .iter()
                    .filter(|r| r.opened > 0 && sessions[r.found.session as usize].day == place);
                let mut mine: Day = Vec::new();
                for r in of_day {
                    mine.push((r.found.next.search, r.depth, 0, r.opened));
                }
                let slots = agenda.slots.iter().filter(|s| s.day == day.number);
                let all = slots.count() as u32;
                mine.push((false, 0, all, 0));
                let mut draws = person.stream(NATURE, u64::from(day.number));
                let drawn = &nature[usize::from(agenda.traits.searches)];
                let theirs = drawn.day(&world, day.reading, &mut draws);
                let (mine, theirs) = (numbers(&mine), numbers(&theirs));
                for (k, (a, b)) in mine.iter().zip(&theirs).enumerate() {
                    sums[k] += a - b;
                    squares[k] += (a - b) * (a - b);
                    seen[k] += a + b;
                }
            }
        }
        assert!(worn > 5_000, "{worn}");
        let often = seen.iter().filter(|n| **n > 200.0).count();
        assert!(often > 50, "{often}");
        for (k, (sum, square)) in sums.iter().zip(&squares).enumerate() {
            let error = f64::sqrt(f64::max(*square, 25.0));
            assert!(
                sum.abs() < 7.0 * error,
                "cell {k}: {sum} ± {error} of {}",
                seen[k]
            );
        }
    }
}
