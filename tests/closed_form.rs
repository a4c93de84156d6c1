//! Whole simulations against closed forms that are written down here, from the scenario's numbers
//! and `statrs` alone.
//!
//! Trust, habit, memory of brands, fatigue, waiting and the noise of choice are switched off
//! (`degenerate`), every merchant has a store in the app and on one marketplace, and notes trigger
//! no needs unless a test says so. What is left can be worked out by hand.
//!
//! Every bound is 6.5 standard errors, measured between batches of users: a false alarm once in 10⁹
//! for each of about 70 bounds, and the seed is fixed. Each test also says how narrow the bound has to
//! be, so that none passes because it sees nothing.

use redcat::base::{UserId, math};
use redcat::scenario::wire::{Link, Surface, SurfaceExposure};
use redcat::scenario::{Override, Scenario};
use redcat::world::{History, Intervention, World};
use statrs::distribution::{ContinuousCDF, Normal};

const ERRORS: f64 = 6.5;
const BATCHES: usize = 400;

/// The scenario without state, with stores everywhere, with no channel so rare that few users would
/// not show its rates, and changed by `sets`.
fn plain(policy: &str, sets: &[&str]) -> Scenario {
    let base = Scenario::load("degenerate".as_ref()).unwrap();
    let channels = base.channels().iter();
    let still = channels.map(|c| format!("channels[{}].trigger=0", c.name));
    let rare = base.channels().iter().filter(|c| c.share_of_shown < 0.001);
    let shown = rare.map(|c| format!("channels[{}].share_of_shown=0.001", c.name));
    let tiers = base.wire().tiers.iter();
    let stores = tiers.map(|t| format!("tiers[{}].stores={{ in-app = 1, tmall = 1 }}", t.name));
    let sets = sets.iter().map(|s| (*s).to_owned());
    let all: Vec<Override> = still
        .chain(shown)
        .chain(stores)
        .chain(sets)
        .map(|s| Override::parse(&s).unwrap())
        .collect();
    let text = format!("extends = 'degenerate'\nname = 'plain'\n{policy}");
    Scenario::from_text("plain.toml", &text, &all).unwrap()
}

/// Sums over batches of users, each a row of numbers; what a user adds is taken down by `look`.
fn live(
    scenario: &Scenario,
    users: usize,
    panel: bool,
    mut look: impl FnMut(&History, &mut [f64]),
    width: usize,
) -> Vec<Vec<f64>> {
    let world = World::new(scenario, 618);
    let mut history = world.start();
    history.decisions = Some(Vec::new());
    let mut rows = vec![vec![0.0; width]; BATCHES];
    for user in 0..users {
        history.counts = world.counts();
        history.panel = panel.then(Box::default);
        world.history(UserId(user as u64), Intervention::NONE, &mut history);
        look(&history, &mut rows[user % BATCHES]);
    }
    rows
}

/// Standard error of the sum of as many independent numbers.
fn error(parts: &[f64]) -> f64 {
    let n = parts.len() as f64;
    let mean = parts.iter().sum::<f64>() / n;
    let squares: f64 = parts.iter().map(|x| (x - mean) * (x - mean)).sum();
    (squares * n / (n - 1.0)).sqrt()
}

/// Column `part` over column `whole` is as expected, by a bound of at most `within` of it.
fn holds(rows: &[Vec<f64>], [part, whole]: [usize; 2], expected: f64, within: f64, what: &str) {
    let off: Vec<f64> = rows.iter().map(|r| r[part] - expected * r[whole]).collect();
    let all: f64 = rows.iter().map(|r| r[whole]).sum();
    let bound = ERRORS * error(&off) / all;
    let ratio = expected + off.iter().sum::<f64>() / all;
    let seen = format!("{what}: {ratio} ± {bound}, expected {expected}");
    assert!((ratio - expected).abs() <= bound, "{seen}");
    assert!(bound <= within * expected, "too wide to see: {seen}");
}

/// Probability of each depth of a request: a page and a lognormal number more, rounded, at most `max`.
fn depths(law: &SurfaceExposure) -> Vec<(f64, f64)> {
    let depth = &law.depth;
    let normal = Normal::standard();
    let at_least = |d: f64| {
        let more = d - 0.5 - depth.page.get();
        if more <= 0.0 {
            return 1.0;
        }
        1.0 - normal.cdf(math::ln(more / depth.median.get()) / depth.sigma.get())
    };
    let most = f64::from(depth.max);
    (1..=depth.max)
        .map(f64::from)
        .map(|d| {
            (
                d,
                at_least(d) - if d < most { at_least(d + 1.0) } else { 0.0 },
            )
        })
        .collect()
}

fn mean(law: &[(f64, f64)], of: impl Fn(f64) -> f64) -> f64 {
    law.iter().map(|(d, p)| p * of(*d)).sum()
}

/// Requests of a user by surface, feed and search: days · P(active) · sessions · requests, shared
/// out by the chain of those who search and of those who never do.
fn requests(scenario: &Scenario) -> [f64; 2] {
    let wire = scenario.wire();
    let (activity, t) = (&wire.people.activity, &wire.exposure.transitions);
    let days = f64::from(wire.calendar.days);
    let sessions = days * activity.daily.get() * activity.sessions.get();
    let a_session = activity.requests.get();
    let [ss, fs, ff, sf] = [
        &t.search_search,
        &t.feed_search,
        &t.feed_feed,
        &t.search_feed,
    ]
    .map(|share| share.get());
    let all = ss + fs + ff + sf;
    let (search, users) = ((ss + sf) / all, wire.people.search_users.get());
    // By who searches at all: a session begins like any request, then follows the pairs.
    let (start, after_feed, after_search) =
        (search / users, fs / all / (users - search), ss / (ss + sf));
    let (mut searching, mut still_there, mut searches) = (start, 1.0, 0.0);
    for _ in 0..2_000 {
        searches += still_there * searching;
        still_there *= 1.0 - 1.0 / a_session;
        searching = searching * after_search + (1.0 - searching) * after_feed;
    }
    let searches = sessions * users * searches;
    [sessions * a_session - searches, searches]
}

/// Surface of a channel: 0 the feed, 1 search.
fn place(surface: Surface) -> usize {
    usize::from(surface == Surface::Search)
}

/// Would catch a thinning that shows too many or too few of the tracked notes: impressions a user are
/// days · P(active) · sessions · requests on the surface · mean depth · share of the channel.
#[test]
fn impressions_are_what_attendance_and_shares_make_them() {
    let scenario = plain("", &[]);
    let channels = scenario.channels();
    let look = |h: &History, row: &mut [f64]| {
        row[0] += 1.0;
        for (c, channel) in channels.iter().enumerate() {
            let shown = h.counts.channel_total(c).impressions as f64;
            row[1 + place(channel.surface)] += shown;
            row[3 + c] += shown;
        }
    };
    let rows = live(&scenario, 120_000, false, look, 3 + channels.len());
    let exposure = &scenario.wire().exposure;
    let requests = requests(&scenario);
    let shown: Vec<f64> = [&exposure.feed, &exposure.search]
        .iter()
        .zip(requests)
        .map(|(law, requests)| requests * mean(&depths(law), |d| d))
        .collect();
    let mut all = [0.0; 2];
    for (c, channel) in channels.iter().enumerate() {
        let s = place(channel.surface);
        let expected = shown[s] * channel.share_of_shown;
        all[s] += expected;
        holds(&rows, [3 + c, 0], expected, 0.06, &channel.name);
    }
    holds(&rows, [1, 0], all[0], 0.025, "feed");
    holds(&rows, [2, 0], all[1], 0.04, "search");
}

/// Would catch tracked notes that are read by another law than all notes: reads ÷ impressions are
/// opened ÷ shown of the panel, and both are E[X] · E[D·(D/D₀)^−η] ÷ E[D].
#[test]
fn tracked_notes_are_opened_like_all_notes() {
    let scenario = plain("", &["measure.panel=1"]);
    let channels = scenario.channels();
    let look = |h: &History, row: &mut [f64]| {
        for (c, channel) in channels.iter().enumerate() {
            let counts = h.counts.channel_total(c);
            let at = 4 * place(channel.surface);
            row[at] += counts.reads as f64;
            row[at + 1] += counts.impressions as f64;
        }
        for (s, requests) in h.panel.as_ref().unwrap().requests.iter().enumerate() {
            row[4 * s + 2] += requests.opened as f64;
            row[4 * s + 3] += requests.shown as f64;
        }
    };
    let rows = live(&scenario, 6_000, true, look, 8);
    let exposure = &scenario.wire().exposure;
    for (s, law) in [&exposure.feed, &exposure.search].into_iter().enumerate() {
        let name = ["feed", "search"][s];
        let depths = depths(law);
        let p = &law.propensity;
        let skim = |d: f64| math::pow(d / p.reference.get(), -p.slope.get());
        let taken = mean(&depths, |d| d * skim(d)) / mean(&depths, |d| d);
        let expected = p.a.get() / (p.a.get() + p.b.get()) * taken;
        let [reads, impressions, opened, shown] = [0, 1, 2, 3].map(|k| 4 * s + k);
        holds(&rows, [reads, impressions], expected, 0.05, name);
        holds(&rows, [opened, shown], expected, 0.01, name);
        // Users are the same: what they share drops out of the difference.
        let sum = |k: usize| rows.iter().map(|r| r[k]).sum::<f64>();
        let ratio = |a: usize, b: usize| sum(a) / sum(b);
        let (tracked, all) = (ratio(reads, impressions), ratio(opened, shown));
        let parts = rows.iter().map(|r| {
            (r[reads] - tracked * r[impressions]) / sum(impressions)
                - (r[opened] - all * r[shown]) / sum(shown)
        });
        let bound = ERRORS * error(&parts.collect::<Vec<_>>());
        assert!((tracked - all).abs() <= bound, "{name}: {tracked} {all}");
    }
}

/// Would catch a link that is followed at another rate, by people without the app, or where there
/// is none: clicks ÷ reads are the channel's rate, and out of the app that times the share of users
/// who have the marketplace's app.
#[test]
fn links_are_followed_by_those_who_have_the_app() {
    let open = "[[policy.outbound]]\nname = 'all'\ndestination = 'tmall'\nmin_score = 0\n\
                min_daily_budget = '¥0'\n";
    let scenario = plain(open, &["destinations[tmall].installed=0.7"]);
    let channels = scenario.channels();
    let look = |h: &History, row: &mut [f64]| {
        for c in 0..channels.len() {
            let counts = h.counts.channel_total(c);
            row[2 * c] += counts.clicks as f64;
            row[2 * c + 1] += counts.reads as f64;
        }
    };
    let rows = live(&scenario, 120_000, false, look, 2 * channels.len());
    for (c, channel) in channels.iter().enumerate() {
        let part = match channel.link {
            Link::None => 0.0,
            Link::Direct => 0.7,
            Link::Card | Link::Blue => 1.0,
        };
        holds_or_none(&rows, c, channel.click * part, &channel.name);
    }
}

fn holds_or_none(rows: &[Vec<f64>], c: usize, expected: f64, name: &str) {
    if expected > 0.0 {
        holds(rows, [2 * c, 2 * c + 1], expected, 0.22, name);
    } else {
        assert!(rows.iter().all(|r| r[2 * c] == 0.0), "{name}");
        assert!(rows.iter().any(|r| r[2 * c + 1] > 0.0), "{name}");
    }
}

/// Ordinary days of own needs in the season: busy days count for more.
fn demand(scenario: &Scenario) -> f64 {
    let calendar = &scenario.wire().calendar;
    let more = calendar.busy_days.iter().map(|d| d.needs.get() - 1.0);
    f64::from(calendar.days) + more.sum::<f64>()
}

/// Mean over the segments of a power of their multiple of needs.
fn segments(scenario: &Scenario, of: impl Fn(f64) -> f64) -> f64 {
    let all = &scenario.wire().people.segments;
    let total: f64 = all.iter().map(|s| s.share.get()).sum();
    let parts = all.iter().map(|s| s.share.get() * of(s.needs.get()));
    parts.sum::<f64>() / total
}

/// Would catch needs that come too often, are lost, or are decided twice; orders at another rate
/// than the category's; and returns at another: needs a user are needs a day · days · mean of the
/// segments, orders ÷ decisions `order_per_visit`, refunds ÷ orders `returns`.
#[test]
fn needs_orders_and_returns_have_their_rates() {
    let base = plain("", &[]);
    let names = base.wire().categories.iter().enumerate();
    // More orders than in earnest, to see something; another rate in each category.
    let often: Vec<String> = names
        .map(|(k, c)| {
            format!(
                "categories[{}].order_per_visit={}",
                c.name,
                0.18 + 0.02 * k as f64
            )
        })
        .collect();
    let often: Vec<&str> = often.iter().map(String::as_str).collect();
    let scenario = plain("", &often);
    let world = World::new(&scenario, 618);
    let categories = &scenario.wire().categories;
    let look = |h: &History, row: &mut [f64]| {
        row[0] += 1.0;
        for decision in h.decisions.as_deref().unwrap() {
            assert!(decision.own);
            row[1 + 3 * decision.category.index()] += 1.0;
        }
        for order in h.orders() {
            let category = world.supply().merchant(order.merchant).category.index();
            row[2 + 3 * category] += 1.0;
            row[3 + 3 * category] += f64::from(u8::from(order.refunded));
        }
    };
    let rows = live(&scenario, 90_000, false, look, 1 + 3 * categories.len());
    let season = demand(&scenario) * segments(&scenario, |s| s);
    for (k, category) in categories.iter().enumerate() {
        let [needs, orders, refunds] = [1, 2, 3].map(|c| c + 3 * k);
        let name = category.name.as_str();
        let rate = category.needs_per_month.get() / 30.0 * season;
        holds(&rows, [needs, 0], rate, 0.10, name);
        let per_visit = category.order_per_visit.get();
        holds(&rows, [orders, needs], per_visit, 0.15, name);
        holds(&rows, [refunds, orders], category.returns.get(), 0.25, name);
    }
}

/// Would catch own needs that are no Poisson process, and notes that trigger at another rate than
/// theirs: with equal interests the variance of needs is mean + mean² · variance of the segments,
/// and needs ÷ reads are the trigger, raised for those who visited the store by the link.
#[test]
fn needs_are_poisson_and_triggers_have_their_rates() {
    let base = plain("", &[]);
    let triggers = base.channels().iter().enumerate();
    let mut sets: Vec<String> = triggers
        .map(|(k, c)| format!("channels[{}].trigger={}", c.name, 0.20 + 0.02 * k as f64))
        .collect();
    sets.push("people.interest_spread=0".to_owned());
    sets.push("exposure.notes.appeal_spread=0".to_owned());
    let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    let scenario = plain("", &sets);
    let (channels, wire) = (scenario.channels(), scenario.wire());
    let season = demand(&scenario) * segments(&scenario, |s| s);
    let means: Vec<f64> = wire
        .categories
        .iter()
        .map(|c| c.needs_per_month.get() / 30.0 * season)
        .collect();
    let after = 1 + means.len();
    let look = |h: &History, row: &mut [f64]| {
        row[0] += 1.0;
        let mut own = vec![0.0; means.len()];
        let decisions = h.decisions.as_deref().unwrap().iter();
        decisions
            .filter(|d| d.own)
            .for_each(|d| own[d.category.index()] += 1.0);
        for (k, (n, mean)) in own.iter().zip(&means).enumerate() {
            row[1 + k] += (n - mean) * (n - mean);
        }
        for c in 0..channels.len() {
            let counts = h.counts.channel_total(c);
            row[after + 2 * c] += counts.needs as f64;
            row[after + 2 * c + 1] += counts.reads as f64;
        }
    };
    let rows = live(&scenario, 40_000, false, look, after + 2 * channels.len());
    let once = segments(&scenario, |s| s);
    let spread = segments(&scenario, |s| s * s) / (once * once) - 1.0;
    for (k, (category, mean)) in wire.categories.iter().zip(&means).enumerate() {
        let variance = mean + mean * mean * spread;
        holds(&rows, [1 + k, 0], variance, 0.10, &category.name);
    }
    let funnel = &wire.behaviour.funnel;
    let visits = funnel.open.get() * funnel.visit.get();
    for (c, channel) in channels.iter().enumerate() {
        let carried = f64::from(u8::from(channel.link != Link::None));
        let visits = carried * channel.click * visits;
        let expected = channel.trigger * (1.0 + funnel.visit_lift.get() * visits);
        let at = [after + 2 * c, after + 2 * c + 1];
        holds(&rows, at, expected, 0.12, &channel.name);
    }
}
