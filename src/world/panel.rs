//! The panel: a sample of users whose untracked browsing is counted too.
//!
//! Published figures about browsing (how many notes of a request are opened, how requests follow
//! each other) are about *all* notes, of which the scenario's merchants own one in fifty. Nothing
//! else reads the others, so they are drawn only for this addressed sample, from streams of their
//! own: being on the panel changes nothing in a user's life.

use serde::{Deserialize, Serialize};

use crate::base::{Exact, Merge, Weight};

/// Requests of one surface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// How many.
    pub count: u64,
    /// Notes shown.
    pub shown: u64,
    /// Notes opened.
    pub opened: u64,
    /// Sum over requests of opened ÷ shown.
    pub rate: Exact,
    /// Requests by the number of notes opened.
    pub by_opened: Vec<u64>,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            count: 0,
            shown: 0,
            opened: 0,
            rate: Exact::ZERO,
            by_opened: vec![0; 201],
        }
    }
}

impl Requests {
    pub(super) fn take(&mut self, shown: u32, opened: u32) {
        self.count += 1;
        self.shown += u64::from(shown);
        self.opened += u64::from(opened);
        self.rate
            .add(Weight::new(f64::from(opened) / f64::from(shown.max(1))), 1);
        self.by_opened[opened.min(200) as usize] += 1;
    }

    /// The smallest number of opened notes that a share `p` of the requests with any does not
    /// exceed.
    #[must_use]
    pub fn opened_quantile(&self, p: f64) -> Option<u64> {
        let clicked: u64 = self.by_opened[1..].iter().sum();
        let target = p * clicked as f64;
        let mut sum = 0;
        (1..self.by_opened.len()).find_map(|n| {
            sum += self.by_opened[n];
            (clicked > 0 && sum as f64 >= target).then_some(n as u64)
        })
    }
}

impl Merge for Requests {
    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.shown += other.shown;
        self.opened += other.opened;
        self.rate.merge(other.rate);
        self.by_opened.merge(other.by_opened);
    }
}

/// What the panel has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panel {
    /// Requests in the feed and in search.
    pub requests: [Requests; 2],
    /// Consecutive pairs of requests within a session: from feed to feed, feed to search, search
    /// to feed, search to search.
    pub pairs: [u64; 4],
    /// Users on the panel.
    pub users: u64,
    /// Of those, seen in the last 30 days.
    pub monthly: u64,
    /// Of the monthly ones, those who searched in those days.
    pub searchers: u64,
    /// Days on which a user was seen, over the last 30 days.
    pub active_days: u64,
    /// Days on which a user was seen.
    pub all_active_days: u64,
    /// Sessions.
    pub sessions: u64,
    /// Sessions by the hour of the day in which they start.
    pub by_hour: [u64; 24],
    /// Impressions by note, in the places of [`World::note_places`](super::World::note_places).
    pub notes: Vec<u64>,
}

impl Merge for Panel {
    fn merge(&mut self, other: Self) {
        self.requests.merge(other.requests);
        self.pairs.merge(other.pairs);
        self.users += other.users;
        self.monthly += other.monthly;
        self.searchers += other.searchers;
        self.active_days += other.active_days;
        self.all_active_days += other.all_active_days;
        self.sessions += other.sessions;
        self.by_hour.merge(other.by_hour);
        self.notes.merge(other.notes);
    }
}

impl Panel {
    /// Share of impressions that the top tenth of `notes` notes gets.
    #[must_use]
    pub fn top_tenth(&self, notes: u64) -> f64 {
        let mut counts = self.notes.clone();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let top = (notes / 10).max(1) as usize;
        let total: u64 = counts.iter().sum();
        let of_top: u64 = counts.iter().take(top).sum();
        of_top as f64 / total.max(1) as f64
    }
}

/// What is gathered about one user before it goes into the panel.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub days: u64,
    pub recent_days: u64,
    pub recent_searches: u64,
}

impl Panel {
    pub(super) fn close_user(&mut self, seen: Seen) {
        self.users += 1;
        self.all_active_days += seen.days;
        self.active_days += seen.recent_days;
        self.monthly += u64::from(seen.recent_days > 0);
        self.searchers += u64::from(seen.recent_searches > 0);
    }
}
