//! How the requests of a session follow each other, seen by those that show a tempting note.
//!
//! A session is a Markov chain: each request is to the feed or a search, by where the one before it
//! was; each may be the last, with the same probability; and each shows a tempting note with the
//! probability of its surface. Fourteen requests of fifteen show none, and no life hangs on those. So
//! they are not drawn. What is drawn, from a table worked out beforehand, is *how many requests are
//! passed over until the next tempting one, and on which surface it is*, or that the session ends
//! before there is another. The chain of tempting requests has exactly the law that it has in the full
//! chain.
//!
//! Where somebody asks for the requests that were passed over, they are put back ([`Walk::bridge`],
//! [`Walk::rest`], [`Walk::sessions`]): drawn from the law of the full chain *given* the tempting ones
//! (Doob's h-transform: each step is weighted by the probability that what is already known follows
//! it).

use crate::base::{GuideTable, Stream};

use super::people::{halves, yes};

/// Most requests passed over between two tempting ones; the probability of more is added to this
/// many.
const MOST_PASSED: usize = 32;

/// Where a user stands before a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Before {
    /// After a request to the feed.
    Feed,
    /// After a search.
    Search,
    /// At the start of a session.
    #[default]
    Start,
}

impl Before {
    /// Before the request that follows one to this surface.
    #[inline(always)]
    pub const fn after(search: bool) -> Self {
        if search { Self::Search } else { Self::Feed }
    }
}

/// The next request of a session that shows a tempting note.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Next {
    /// There is none: the session ends first.
    pub over: bool,
    /// Requests passed over before it.
    pub passed: u32,
    /// It is a search.
    pub search: bool,
}

/// The law of a session's requests.
#[derive(Debug)]
pub(super) struct Walk {
    /// Probability that a session shows any tempting note.
    any: f64,
    /// Bits below which what is passed over goes to the feed, by number of requests to come before
    /// the tempting one, where one stands, and the tempting one's surface.
    bridges: Vec<[[u64; 2]; 3]>,
    /// If nothing tempting follows: bits below which the request before was the last, by its surface.
    over: [u64; 2],
    /// Bits below which the next request is to the feed and not the last; to the feed at all; or a
    /// search and not the last: by where one stands, given that there is one and nothing tempting
    /// follows.
    plain: [[u64; 3]; 3],
    /// By where one stands; at the start given that there is any.
    next: [GuideTable; 3],
}

impl Walk {
    /// `search` is the probability of a search by where one stands, in the order of [`Before`];
    /// `tempting` that a request to the feed, or a search, shows a tempting note.
    pub fn new(search: [f64; 3], tempting: [f64; 2], stop: f64) -> Self {
        let to = search.map(|p| [1.0 - p, p]);
        let passes = to.map(|to| [to[0] * (1.0 - tempting[0]), to[1] * (1.0 - tempting[1])]);
        let arrives = to.map(|to| [to[0] * tempting[0], to[1] * tempting[1]]);
        let go = 1.0 - stop;
        // The least fixed point: its error shrinks by `go` at least in each round.
        let mut none = [0.0; 3];
        for _ in 0..2_000 {
            let after = [0, 1].map(|x| stop + go * none[x]);
            none = passes.map(|u| u[0] * after[0] + u[1] * after[1]);
        }
        // By number passed over, where one stands, and surface: the next tempting request is this one.
        let mut ahead = vec![arrives];
        for passed in 1..MOST_PASSED {
            let last: [[f64; 2]; 3] = ahead[passed - 1];
            ahead
                .push(passes.map(|u| {
                    std::array::from_fn(|x| go * (u[0] * last[0][x] + u[1] * last[1][x]))
                }));
        }
        let next = std::array::from_fn(|before| {
            let start = before == Before::Start as usize;
            let ends = if start { 0.0 } else { stop + go * none[before] };
            let goes = if start { 1.0 } else { go };
            let steps = ahead.iter().flat_map(|step| step[before]);
            let weights: Vec<f64> = [ends].into_iter().chain(steps.map(|p| goes * p)).collect();
            // Where nothing tempts no session is ever looked into.
            GuideTable::new(&weights).unwrap_or_else(GuideTable::certain)
        });
        let part = |first: f64, all: f64| yes(if all > 0.0 { first / all } else { 1.0 });
        let bridge = |ahead: &[[f64; 2]; 3]| {
            passes.map(|u| {
                std::array::from_fn(|x| {
                    let feed = u[0] * ahead[0][x];
                    part(feed, feed + u[1] * ahead[1][x])
                })
            })
        };
        let plain = |u: [f64; 2]| {
            let parts = [0, 1].map(|x| [u[x] * go * none[x], u[x] * stop]);
            let all: f64 = parts.as_flattened().iter().sum();
            let feed = parts[0][0] + parts[0][1];
            let uppers = [parts[0][0], feed, feed + parts[1][0]].map(|upper| part(upper, all));
            // What never happens would never end.
            if all > 0.0 {
                uppers
            } else {
                [0, uppers[1], uppers[2]]
            }
        };
        Self {
            any: 1.0 - none[Before::Start as usize],
            bridges: ahead.iter().map(bridge).collect(),
            over: [0, 1].map(|x| part(stop, stop + go * none[x])),
            plain: passes.map(plain),
            next,
        }
    }

    /// Probability that a session shows any tempting note.
    pub const fn any(&self) -> f64 {
        self.any
    }

    /// The next tempting request, by 32 uniform bits. At the start there is one: sessions without
    /// are not looked into.
    #[inline(always)]
    pub fn next(&self, before: Before, bits: u32) -> Next {
        let code = self.next[before as usize].pick(bits) as u32;
        let place = code.wrapping_sub(1);
        Next {
            over: code == 0,
            passed: place >> 1,
            search: place & 1 == 1,
        }
    }

    /// Puts back the requests passed over on the way to a tempting one: tells of each whether it was
    /// a search, with a word whose lower half is left to what the request holds.
    #[inline(always)]
    pub fn bridge(
        &self,
        mut before: Before,
        to: Next,
        draws: &mut Stream,
        mut tell: impl FnMut(bool, u64),
    ) {
        for left in (0..(to.passed as usize).min(MOST_PASSED - 1)).rev() {
            let word = draws.next();
            let feed = self.bridges[left][before as usize][usize::from(to.search)];
            let search = u64::from(halves(word).0) >= feed;
            tell(search, word);
            before = Before::after(search);
        }
    }

    /// Puts back the requests after the last tempting one.
    #[inline(always)]
    pub fn rest(&self, mut before: Before, draws: &mut Stream, mut tell: impl FnMut(bool, u64)) {
        let bits = u64::from(halves(draws.next()).0);
        let mut over = bits < self.over[usize::from(before == Before::Search)];
        while !over {
            let word = draws.next();
            let (search, last) = self.passed(before as usize, word);
            tell(search, word);
            before = Before::after(search);
            over = last;
        }
    }

    /// Puts back whole sessions that show no tempting note: tells of each request whether it is a
    /// search, whether it begins a session, and a word of which the lower half is left.
    #[inline(always)]
    pub fn sessions(&self, count: u32, draws: &mut Stream, mut tell: impl FnMut(bool, bool, u64)) {
        // Where one stands as a number: that a session ends cannot be guessed, so it is no branch.
        let (mut left, mut before) = (count, Before::Start as usize);
        while left > 0 {
            let word = draws.next();
            let (search, last) = self.passed(before, word);
            tell(search, before == Before::Start as usize, word);
            before = usize::from(search & !last) | usize::from(last) << 1;
            left -= u32::from(last);
        }
    }

    /// A request after which nothing tempting follows: whether it is a search, and whether it is the
    /// last.
    #[inline(always)]
    fn passed(&self, before: usize, word: u64) -> (bool, bool) {
        let bits = u64::from(halves(word).0);
        let [goes, feed, search] = self.plain[before];
        let last = (bits >= goes) ^ (bits >= feed) ^ (bits >= search);
        (bits >= feed, last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Purpose, Root, UserId};

    const SEARCH: [f64; 3] = [0.09, 0.92, 0.54];
    const TEMPTING: [f64; 2] = [0.27, 0.41];
    const STOP: f64 = 0.38;

    fn draws(run: u64, of: &str) -> Stream {
        Root::new(3).user(UserId(run)).stream(Purpose::named(of), 0)
    }

    /// A session as (search, tempting) by request: the plain chain.
    fn plain(run: u64) -> Vec<(bool, bool)> {
        let mut draws = draws(run, "plain");
        let (mut before, mut session) = (Before::Start, Vec::new());
        loop {
            let search = draws.next_unit() < SEARCH[before as usize];
            let tempting = draws.next_unit() < TEMPTING[usize::from(search)];
            session.push((search, tempting));
            before = Before::after(search);
            if draws.next_unit() < STOP {
                return session;
            }
        }
    }

    /// The same by its tempting requests first, the others put back.
    fn thinned(walk: &Walk, run: u64) -> Vec<(bool, bool)> {
        let (mut draws, mut back) = (draws(run, "thinned"), draws(run, "back"));
        let (mut before, mut session) = (Before::Start, Vec::new());
        if draws.next_unit() >= walk.any() {
            let put_back = |search, _, _| session.push((search, false));
            walk.sessions(1, &mut back, put_back);
            return session;
        }
        loop {
            let next = walk.next(before, (draws.next() >> 32) as u32);
            if next.over {
                break;
            }
            walk.bridge(before, next, &mut back, |search, _| {
                session.push((search, false))
            });
            session.push((next.search, true));
            before = Before::after(next.search);
        }
        walk.rest(before, &mut back, |search, _| session.push((search, false)));
        session
    }

    /// Would catch sessions put back together that are not as many, or begin where none does.
    #[test]
    fn sessions_put_back_begin_as_often_as_there_are() {
        for (stop, tempting) in [(STOP, TEMPTING), (1.0, [0.0; 2]), (STOP, [0.0, 1.0])] {
            let walk = Walk::new(SEARCH, tempting, stop);
            for count in 0..20 {
                let (mut begun, mut requests) = (0, 0);
                walk.sessions(count, &mut draws(count.into(), "back"), |_, first, _| {
                    begun += u32::from(first);
                    requests += 1;
                });
                assert_eq!(begun, count);
                assert!(requests >= count && (stop < 1.0 || requests == count));
            }
        }
    }

    /// Would catch a thinned chain that is not the chain: the frequencies of whole sessions (up to
    /// four requests, each on a surface and tempting or not) are compared with those of drawing
    /// request by request. 340 kinds of session, 400,000 runs each: a difference of 7 standard errors
    /// comes about by chance less than once in 10⁹.
    #[test]
    fn thinning_leaves_the_law_of_sessions_as_it_is() {
        const RUNS: u64 = 400_000;
        let walk = Walk::new(SEARCH, TEMPTING, STOP);
        let mut counts = std::collections::BTreeMap::<Vec<(bool, bool)>, [f64; 2]>::new();
        for run in 0..RUNS {
            for (place, mut session) in [plain(run), thinned(&walk, run)].into_iter().enumerate() {
                session.truncate(4);
                counts.entry(session).or_default()[place] += 1.0;
            }
        }
        assert!(counts.len() > 200);
        for (session, [a, b]) in counts {
            assert!((a - b).abs() < 7.0 * (a + b).sqrt(), "{session:?}: {a} {b}");
        }
    }

    /// Would catch a table that ends sessions where nothing tempts on one surface, or none at
    /// all.
    #[test]
    fn surfaces_without_tempting_notes_are_passed_over() {
        assert!(Walk::new(SEARCH, [0.0; 2], STOP).any().abs() < 1e-12);
        let walk = Walk::new(SEARCH, [0.0, 0.5], STOP);
        for bits in (0..u32::MAX).step_by(65_537) {
            let next = walk.next(Before::Search, bits);
            assert!(next.over || next.search);
        }
        assert!(
            Walk::new([0.0; 3], [1.0, 0.0], 1.0)
                .next(Before::Feed, 9)
                .over
        );
    }
}
