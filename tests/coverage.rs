//! Whether the 95 % intervals of a comparison hold what they promise: over many seeds they contain
//! what a much larger world shows.
//!
//! An interval speaks of users: merchants, their prices and their stores are taken as given. They
//! are drawn from the seed, so another seed is another market, and an interval need not contain what
//! another market shows: with merchants as
//! shipped 178 of 200 intervals of visits by own search have held the large world of another seed, not
//! 191. Here all merchants of a tier are alike, so that seeds differ by users alone.
//! Notes trigger needs more often than in the shipped scenarios, so that few users show a difference.

use redcat::engine::Silent;
use redcat::engine::compare::{CompareOptions, Comparison, compare};
use redcat::scenario::{Override, Scenario};

/// Differences whose intervals are tested.
const TESTED: [&str; 3] = ["gmv.in-app", "visits.marketplace-search", "needs.triggered"];
const USERS: u64 = 3_000;
const LARGE: u64 = 600_000;

/// Closed and open links, for the same kind of market whatever the seed.
fn scenarios() -> [Scenario; 2] {
    let channels = ["feed-ad", "video-ad", "kol-note", "search-ad"];
    let mut sets: Vec<String> = channels
        .iter()
        .map(|c| format!("channels[{c}].trigger=0.3"))
        .collect();
    sets.push("exposure.notes.appeal_spread=0".to_owned());
    for tier in ["ka", "mid", "small", "buyer", "creator"] {
        sets.push(format!("tiers[{tier}].price_spread=0"));
        sets.push(format!("tiers[{tier}].score.sd=0"));
        sets.push(format!("tiers[{tier}].daily_budget.sigma=0"));
    }
    let stores = "{ in-app = 1, tmall = 1, taobao = 0, jd = 1, vipshop = 0 }";
    for tier in ["ka", "mid", "small"] {
        sets.push(format!("tiers[{tier}].stores={stores}"));
    }
    sets.push("tiers[creator].stores={ in-app = 1, taobao = 1 }".to_owned());
    let sets: Vec<Override> = sets.iter().map(|s| Override::parse(s).unwrap()).collect();
    ["closed-loop-618", "open-all-618"]
        .map(|name| Scenario::load_with(name.as_ref(), &sets).unwrap())
}

fn compared(scenarios: &[Scenario], users: u64, seed: u64) -> Comparison {
    let options = CompareOptions {
        users: Some(users),
        seed: Some(seed),
        threads: None,
        ..CompareOptions::default()
    };
    compare(scenarios, &options, &Silent).unwrap()
}

/// How many seeds have an interval that contains the difference of the large world, and how many
/// lie wholly below it and above it, by difference.
fn coverage(seeds: u64, large: u64) -> [[u64; 3]; TESTED.len()] {
    let scenarios = scenarios();
    let place = |c: &Comparison, name: &str| {
        let found = c.metrics.iter().position(|m| m.name == name);
        found.unwrap_or_else(|| panic!("{name}"))
    };
    let world = compared(&scenarios, large, 1_000_000);
    let places = TESTED.map(|name| place(&world, name));
    let scale = USERS as f64 / large as f64;
    let truths = places.map(|p| world.pairs[0].differences[p].estimate.value * scale);
    let mut found = [[0; 3]; TESTED.len()];
    for seed in 1..=seeds {
        let small = compared(&scenarios, USERS, seed);
        for ((found, place), truth) in found.iter_mut().zip(places).zip(truths) {
            let interval = small.pairs[0].differences[place].estimate.interval;
            let interval = interval.unwrap();
            let side = if interval.high < truth {
                1
            } else if interval.low > truth {
                2
            } else {
                0
            };
            found[side] += 1;
        }
    }
    found
}

/// Would catch intervals that are too narrow or too wide: a jackknife factor that is wrong, groups
/// that share users, totals that are not raised.
///
/// The long version (`REDCAT_LONG` is set) wants 92 to 98 % of 200 seeds; the short one at least 28 of
/// 40. Of intervals that cover 95 % so few come less than once in 10⁶ (Binomial(40, 0.95)). The short
/// version sees intervals of a third of the width, and those of half the width about every other
/// time; the long one is there for the rest.
///
/// Known limit: the long version has found 186, 191 and 191 of 200. The value of sales in the app is
/// covered least, and nearly all its misses lie above: few orders change, their values are skewed, and
/// an interval from few large orders that happen to be missing is too narrow.
#[test]
fn intervals_cover_what_a_large_world_shows() {
    let long = std::env::var_os("REDCAT_LONG").is_some();
    if !long {
        eprintln!("the long version (200 seeds) is skipped: set REDCAT_LONG to run it");
    }
    let (seeds, large) = if long { (200, LARGE) } else { (40, LARGE / 6) };
    for (name, [inside, below, above]) in TESTED.iter().zip(coverage(seeds, large)) {
        eprintln!("{name}: {inside} of {seeds} cover, {below} lie below, {above} above");
        let enough = if long { 184..=196 } else { 28..=40 };
        assert!(enough.contains(&inside), "{name}: {inside} of {seeds}");
    }
}
