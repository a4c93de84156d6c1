//! What merchants are told must be what was seen: later, in windows, in cells large enough.

use std::collections::{BTreeMap, BTreeSet};

use redcat::base::merge::merge_laws;
use redcat::base::{DAY, Fen};
use redcat::journey::JourneyBatch;
use redcat::observe::reports::{Part, Reading, ReportState};
use redcat::observe::{Regime, Scratch};
use redcat::scenario::{ReportRule, Scenario};
use redcat::world::{Order, World};

use super::seen::lively;
use super::{SEED, live, load};

/// Reports that differ in every rule.
const RULES: [&str; 5] = [
    "{windows=['7d','15d','30d']}",
    "{windows=['7d','15d','30d'], delay='1d', suppress_below=3}",
    "{windows=['1d','4d','15d'], delay='3d', include_refunds=false}",
    "{windows=['7d','15d'], delay='1d', back_fill=false, suppress_below=2}",
    "{windows=['7d','30d'], delay='2d', back_fill=false, include_refunds=false}",
];

/// A joined order and its touches: channel and second, the last one first.
type Seen = (Order, Vec<(usize, u32)>);

fn told(rule: &str) -> Scenario {
    lively(&[&format!("measure.regimes[full_path].report={rule}")])
}

/// What a regime's report gathers of some users, and the journeys from which anybody could.
fn gather(scenario: &Scenario, regime: &str, users: u64) -> (ReportState, Vec<Seen>) {
    let world = World::new(scenario, SEED);
    let regimes = Regime::all(scenario, &world);
    let regime = regimes.iter().find(|r| r.name() == regime).unwrap();
    let days = scenario.calendar().days as usize;
    let shape = [days, scenario.channels().len(), scenario.tiers().len()];
    let mut state = ReportState::new(regime.report(), shape);
    let (mut scratch, mut batch) = (Scratch::new(&world), JourneyBatch::new());
    let mut all = Vec::new();
    live(scenario, users, |_, history| {
        batch.clear();
        regime.look(history, &mut scratch, &mut batch, Some(&mut state));
        for (order, journey) in history.orders().iter().zip(batch.iter()) {
            let at = |hours: f64| order.at - (hours * 3_600.0).round() as u32;
            let touches = journey.channels.iter().zip(journey.hours_before_end);
            let mut touches: Vec<_> = touches
                .map(|(c, hours)| (usize::from(*c), at(*hours)))
                .collect();
            touches.reverse();
            if !touches.is_empty() {
                all.push((*order, touches));
            }
        }
    });
    (state, all)
}

/// Orders and value of each cell, from journeys alone: the report as somebody else would write it.
fn rewritten(
    rule: &ReportRule,
    seen: &[Seen],
    window: u32,
    as_of: Option<u32>,
    each_channel: bool,
) -> BTreeMap<(usize, usize, usize), (u64, Fen)> {
    let mut cells = BTreeMap::new();
    for (order, touches) in seen {
        let mut done = BTreeSet::new();
        let counted = if each_channel { touches.len() } else { 1 };
        for (channel, at) in touches.iter().take(counted) {
            let (day, of_order) = (at / DAY, order.at / DAY);
            if !done.insert(*channel) || of_order > day + window {
                continue;
            }
            let told_on = of_order + rule.delay;
            let gone_on = told_on + rule.refund_after;
            let gone = order.refunded && !rule.include_refunds;
            let there = as_of.is_none_or(|today| told_on <= today);
            if there && !(gone && as_of.is_none_or(|today| gone_on <= today)) {
                let cohort = if rule.back_fill { day } else { of_order };
                let cell = (cohort as usize, *channel, usize::from(order.tier.0));
                let sum: &mut (u64, Fen) = cells.entry(cell).or_default();
                *sum = (sum.0 + 1, sum.1 + order.value);
            }
        }
    }
    cells
}

/// Would catch a report that is not what was seen: one with orders on another day, of another channel
/// or tier, too early or too late, outside of the window, twice, or with what was sent back; and
/// values that go astray. Every cell of every report is held against one written from the journeys.
#[test]
fn a_report_is_what_anybody_would_write_from_the_journeys() {
    for text in RULES {
        let (state, seen) = gather(&told(text), "full_path", 3_000);
        let rule = state.rule().clone();
        let joined = state.joined();
        assert_eq!(joined.inside + joined.outside, seen.len() as u64);
        assert!(joined.inside > 100 && joined.outside > 100, "{joined:?}");
        let mut differed = 0;
        for (place, window) in rule.windows.iter().enumerate() {
            for as_of in [Some(0), Some(9), Some(20), Some(38), Some(60), None] {
                let cells: Vec<_> = state.cells(place, as_of).collect();
                for each_channel in [false, true] {
                    let part = |r: &Reading| {
                        if each_channel {
                            r.each_channel
                        } else {
                            r.deduplicated
                        }
                    };
                    let found = cells.iter().map(|(cell, reading)| {
                        let part = part(reading);
                        let fen = part.gmv_fen + part.withheld_fen;
                        ((cell.day, cell.channel, cell.tier), (part.all(), fen))
                    });
                    let found: BTreeMap<_, _> = found.filter(|(_, (n, _))| *n > 0).collect();
                    let mut expected = rewritten(&rule, &seen, *window, as_of, each_channel);
                    if as_of.is_some() {
                        expected.values_mut().for_each(|(_, fen)| *fen = 0);
                    }
                    assert_eq!(found, expected, "{text} {window} {as_of:?} {each_channel}");
                    differed += u32::from(!found.is_empty());
                }
            }
        }
        assert!(differed > 10, "{text}");
    }
}

/// What is told, counted both ways.
fn orders(reading: &Reading) -> [u64; 2] {
    [reading.deduplicated.orders, reading.each_channel.orders]
}

/// Would catch a longer window that attributes less than a shorter, a report without duplicates that
/// is larger than one with them, and one that is larger than what was sold: in every cell, as of every
/// day, with small cells withheld or not.
#[test]
fn longer_windows_and_duplicates_only_add() {
    for text in RULES {
        let scenario = told(text);
        let (state, _) = gather(&scenario, "full_path", 3_000);
        let counts = live(&scenario, 3_000, |_, _| {});
        for as_of in (0..45).step_by(4).map(Some).chain([None]) {
            let windows = 0..state.rule().windows.len();
            let reports: Vec<BTreeMap<_, _>> = windows
                .clone()
                .map(|window| {
                    let cells = state.cells(window, as_of);
                    cells
                        .map(|(c, r)| ((c.day, c.channel, c.tier), r))
                        .collect()
                })
                .collect();
            for pair in reports.windows(2) {
                for (cell, short) in &pair[0] {
                    let (short, long) = (orders(short), orders(&pair[1][cell]));
                    assert!(
                        short[0] <= long[0] && short[1] <= long[1],
                        "{text} {cell:?}"
                    );
                }
            }
            for reading in reports.iter().flat_map(BTreeMap::values) {
                let [once, each] = orders(reading);
                assert!(once <= each, "{text}: {reading:?}");
            }
            for window in windows {
                let sum = state.read(window, as_of);
                let all = sum.deduplicated.all();
                assert!(all <= sum.each_channel.all(), "{text}");
                assert!(all <= counts.events().orders, "{text}");
            }
        }
        // With duplicates more is told than was joined.
        let widest = state.read(state.rule().windows.len() - 1, None);
        assert!(
            widest.each_channel.all() * 10 > widest.deduplicated.all() * 11,
            "{text}: {widest:?}"
        );
    }
}

/// Would catch a day of spend that loses orders on a later report, though none were sent back; a
/// report that never comes to rest; and one in which what is sent back stays, or goes at once.
#[test]
fn a_cohort_never_shrinks_before_refunds() {
    for text in RULES {
        let (state, _) = gather(&told(text), "full_path", 3_000);
        let rule = state.rule();
        let widest = rule.windows.len() - 1;
        let by_cell = |as_of| -> BTreeMap<_, _> {
            let cells = state.cells(widest, as_of);
            cells
                .map(|(c, r)| ((c.day, c.channel, c.tier), r))
                .collect()
        };
        let (mut grown, mut shrunk) = (0_u32, 0_u32);
        let mut before = by_cell(Some(0));
        for today in 1..120 {
            let now = by_cell(Some(today));
            for (cell, then) in &before {
                let now = now.get(cell).copied().unwrap_or_default();
                let (then, now) = (orders(then), orders(&now));
                shrunk += u32::from(now[0] < then[0] || now[1] < then[1]);
                grown += u32::from(now[0] > then[0]);
            }
            before = now;
        }
        assert_eq!(shrunk == 0, rule.include_refunds, "{text}: {shrunk}");
        // Not back-filled, a day is told at once and whole.
        assert_eq!(grown > 20, rule.back_fill, "{text}: {grown}");
        assert_eq!(
            state.read(widest, Some(200)).deduplicated.all(),
            state.read(widest, None).deduplicated.all()
        );
    }
}

/// Would catch a small cell that is told, a large one that is withheld, and withheld orders that are
/// lost from the count.
#[test]
fn small_cells_are_withheld_and_counted() {
    let of = |below: u32| {
        let rule = format!("{{windows=['7d','30d'], suppress_below={below}}}");
        gather(&told(&rule), "full_path", 3_000).0
    };
    let all = of(0).read(1, None);
    assert_eq!(
        (
            all.deduplicated.withheld_cells,
            all.each_channel.withheld_cells
        ),
        (0, 0)
    );
    let mut before = all.deduplicated.orders;
    for below in [1, 2, 5, 10] {
        let state = of(below);
        let sum = state.read(1, None);
        let whole = |p: &Part| (p.all(), p.gmv_fen + p.withheld_fen);
        assert_eq!(whole(&sum.deduplicated), whole(&all.deduplicated));
        assert_eq!(whole(&sum.each_channel), whole(&all.each_channel));
        for (_, reading) in state.cells(1, None) {
            for part in [reading.deduplicated, reading.each_channel] {
                assert!(part.orders == 0 || part.orders >= u64::from(below));
                assert!(part.withheld < u64::from(below));
                assert!(part.orders == 0 || part.withheld_cells == 0);
            }
        }
        assert!(sum.deduplicated.orders <= before);
        before = sum.deduplicated.orders;
    }
    assert!(
        before * 2 < all.deduplicated.orders,
        "{before} of {}",
        all.deduplicated.orders
    );
}

/// Would catch reports that cannot be gathered in parts: by the laws of merging, on three parts.
#[test]
fn reports_merge() {
    for text in [RULES[1], RULES[2]] {
        let scenario = told(text);
        let part = |users| gather(&scenario, "full_path", users).0;
        let [empty, a, b, c] = [0, 100, 250, 700].map(part);
        assert_ne!(a, b);
        merge_laws(&empty, &a, &b, &c);
    }
}

/// Would catch reports that no longer fit into a corner of memory: a few MiB for a history of 240
/// days, for each regime and thread.
#[test]
fn reports_are_small() {
    let mib = |name: &str| {
        let (state, _) = gather(&load(name, &[]), "full_path", 0);
        state.bytes() as f64 / f64::from(1 << 20)
    };
    assert!(mib("red-cat-618") < 1.0, "{}", mib("red-cat-618"));
    assert!(mib("closed-history") < 6.0, "{}", mib("closed-history"));
}

/// Would catch orders that are told as attributed though they were made where the regime is blind.
#[test]
fn a_walled_report_is_of_the_app_alone() {
    let (state, seen) = gather(&lively(&[]), "walled", 3_000);
    let joined = state.joined();
    assert_eq!((joined.outside, joined.inside), (0, seen.len() as u64));
    assert!(joined.inside > 100);
    let (monitor, _) = gather(&lively(&[]), "monitor", 3_000);
    assert!(monitor.joined().outside > 100);
}
