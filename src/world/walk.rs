//! How the requests of a session follow each other, seen by those that show a tracked note.
//!
//! A session is a Markov chain: each request is to the feed or a search, by where the one before it
//! was; each may be the last, with the same probability; and each shows a tracked note with the
//! probability of its surface. Two requests of three show none, and nothing but the panel ever asks
//! about those. So they are not drawn. What is drawn, from a table worked out beforehand, is *how
//! many requests are passed over until the next tracked one, and on which surface it is*, or that
//! the session ends before there is another. The chain of tracked requests has exactly the law that
//! it has in the full chain.
//!
//! For users on the panel the requests that were passed over are put back ([`Walk::bridge`],
//! [`Walk::rest`]): drawn from the law of the full chain *given* the tracked ones (Doob's
//! h-transform: each step is weighted by the probability that what is already known follows it).

use crate::base::{GuideTable, Stream};

/// Most requests passed over between two tracked ones; the probability of more is added to this
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

/// The next request of a session that shows a tracked note.
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
    /// By where one stands and surface: probability that a request comes and is not tracked.
    untracked: [[f64; 2]; 3],
    /// Probability that a request is the session's last.
    stop: f64,
    /// By where one stands, given that a request comes: probability that nothing tracked follows.
    none: [f64; 3],
    /// By number passed over, where one stands, and surface: probability that the next tracked
    /// request is this one.
    ahead: Vec<[[f64; 2]; 3]>,
    /// By where one stands; at the start given that there is any.
    next: [GuideTable; 3],
}

impl Walk {
    /// `search` is the probability of a search by where one stands, in the order of [`Before`];
    /// `tracked` that a request to the feed, or a search, shows a tracked note.
    pub fn new(search: [f64; 3], tracked: [f64; 2], stop: f64) -> Self {
        let to = search.map(|p| [1.0 - p, p]);
        let untracked = to.map(|to| [to[0] * (1.0 - tracked[0]), to[1] * (1.0 - tracked[1])]);
        let arrives = to.map(|to| [to[0] * tracked[0], to[1] * tracked[1]]);
        let go = 1.0 - stop;
        // The least fixed point: its error shrinks by `go` at least in each round.
        let mut none = [0.0; 3];
        for _ in 0..2_000 {
            let after = [0, 1].map(|x| stop + go * none[x]);
            none = untracked.map(|u| u[0] * after[0] + u[1] * after[1]);
        }
        let mut ahead = vec![arrives];
        for passed in 1..MOST_PASSED {
            let last: [[f64; 2]; 3] = ahead[passed - 1];
            ahead
                .push(untracked.map(|u| {
                    std::array::from_fn(|x| go * (u[0] * last[0][x] + u[1] * last[1][x]))
                }));
        }
        let next = std::array::from_fn(|before| {
            let start = before == Before::Start as usize;
            let ends = if start { 0.0 } else { stop + go * none[before] };
            let goes = if start { 1.0 } else { go };
            let steps = ahead.iter().flat_map(|step| step[before]);
            let weights: Vec<f64> = [ends].into_iter().chain(steps.map(|p| goes * p)).collect();
            // Where nothing is tracked no session is ever looked into.
            GuideTable::new(&weights).unwrap_or_else(GuideTable::certain)
        });
        Self {
            untracked,
            stop,
            none,
            ahead,
            next,
        }
    }

    /// Probability that a session shows any tracked note.
    pub const fn any(&self) -> f64 {
        1.0 - self.none[Before::Start as usize]
    }

    /// The next tracked request, by 32 uniform bits. At the start there is one: sessions without
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

    /// Puts back the requests passed over on the way to a tracked one: tells of each whether it was
    /// a search.
    pub fn bridge(
        &self,
        mut before: Before,
        to: Next,
        draws: &mut Stream,
        mut tell: impl FnMut(bool),
    ) {
        for left in (0..(to.passed as usize).min(MOST_PASSED - 1)).rev() {
            let x = usize::from(to.search);
            let u = self.untracked[before as usize];
            let weight = |y: usize| u[y] * self.ahead[left][y][x];
            let search = second(weight(0), weight(1), draws);
            tell(search);
            before = Before::after(search);
        }
    }

    /// Puts back the requests after the last tracked one, or all those of a session that shows
    /// none.
    pub fn rest(&self, mut before: Before, draws: &mut Stream, mut tell: impl FnMut(bool)) {
        let go = 1.0 - self.stop;
        loop {
            let more = go * self.none[before as usize];
            if before != Before::Start && second(more, self.stop, draws) {
                return;
            }
            let u = self.untracked[before as usize];
            let weight = |y: usize| u[y] * (self.stop + go * self.none[y]);
            let search = second(weight(0), weight(1), draws);
            tell(search);
            before = Before::after(search);
        }
    }
}

/// The second of two possibilities, by their weights.
fn second(first: f64, second: f64, draws: &mut Stream) -> bool {
    draws.next_unit() * (first + second) >= first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Purpose, Root, UserId};

    const SEARCH: [f64; 3] = [0.09, 0.92, 0.54];
    const TRACKED: [f64; 2] = [0.27, 0.41];
    const STOP: f64 = 0.38;

    fn draws(run: u64, of: &str) -> Stream {
        Root::new(3).user(UserId(run)).stream(Purpose::named(of), 0)
    }

    /// A session as (search, tracked) by request: the plain chain.
    fn plain(run: u64) -> Vec<(bool, bool)> {
        let mut draws = draws(run, "plain");
        let (mut before, mut session) = (Before::Start, Vec::new());
        loop {
            let search = draws.next_unit() < SEARCH[before as usize];
            let tracked = draws.next_unit() < TRACKED[usize::from(search)];
            session.push((search, tracked));
            before = Before::after(search);
            if draws.next_unit() < STOP {
                return session;
            }
        }
    }

    /// The same by its tracked requests first, the others put back.
    fn thinned(walk: &Walk, run: u64) -> Vec<(bool, bool)> {
        let (mut draws, mut back) = (draws(run, "thinned"), draws(run, "back"));
        let (mut before, mut session) = (Before::Start, Vec::new());
        if draws.next_unit() < walk.any() {
            loop {
                let next = walk.next(before, (draws.next() >> 32) as u32);
                if next.over {
                    break;
                }
                walk.bridge(before, next, &mut back, |search| {
                    session.push((search, false))
                });
                session.push((next.search, true));
                before = Before::after(next.search);
            }
        }
        walk.rest(before, &mut back, |search| session.push((search, false)));
        session
    }

    /// Would catch a thinned chain that is not the chain: the frequencies of whole sessions (up to
    /// four requests, each on a surface and tracked or not) are compared with those of drawing
    /// request by request. 340 kinds of session, 400,000 runs each: a difference of 7 standard errors
    /// comes about by chance less than once in 10⁹.
    #[test]
    fn thinning_leaves_the_law_of_sessions_as_it_is() {
        const RUNS: u64 = 400_000;
        let walk = Walk::new(SEARCH, TRACKED, STOP);
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

    /// Would catch a table that ends sessions where nothing is tracked on one surface, or none at
    /// all.
    #[test]
    fn surfaces_without_tracked_notes_are_passed_over() {
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
