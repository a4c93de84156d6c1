//! Money and seasons.

use redcat::evaluate::money::money;

use super::{live, load, sure};

/// Would catch income of the platform that is in no part, or in two; and a platform that lives on
/// commission, where the real one lives on advertising (up to 80 %).
#[test]
fn the_platform_lives_on_advertising() {
    let scenario = load("red-cat-618", &[]);
    let counts = live(&scenario, 40_000, |_, _| {});
    let money = money(&scenario, &counts);
    assert_eq!(money.ads_by_channel_fen.iter().sum::<i64>(), money.ads_fen);
    assert_eq!(
        money.tiers.iter().map(|t| t.ads_fen).sum::<i64>(),
        money.ads_fen
    );
    let home = counts.sales_total(scenario.home().index());
    assert_eq!(money.commission_fen, home.commission_fen);
    assert_eq!(money.balance(), 0);
    let part = money.ads_fen as f64 / (money.ads_fen + money.commission_fen) as f64;
    assert!(part > 0.5 && money.commission_fen > 0, "{part}");
}

/// Would catch a festival like any other day: on the days of the openings that people wait for, and on
/// the festival itself, more is ordered than on any ordinary day; at the presale, which nobody could
/// wait for, more than on most. By six standard errors of both counts.
#[test]
fn orders_peak_at_the_openings() {
    let scenario = sure("red-cat-618", &[]);
    let by_day = live(&scenario, 20_000, |_, _| {}).orders_by_day;
    let openings = [0, 3, 18, 35, 36];
    let names = scenario.wire().calendar.openings.iter();
    let names: Vec<&str> = names.map(|o| o.name.as_str()).collect();
    assert_eq!(names, ["presale", "spot-sale", "second-wave", "festival"]);
    let ordinary = (0..by_day.len()).filter(|day| !openings.contains(day));
    let mut ordinary: Vec<u64> = ordinary.map(|day| by_day[day]).collect();
    ordinary.sort_unstable();
    let above = |day: usize, other: u64| {
        let [a, b] = [by_day[day], other].map(|n| n as f64);
        assert!(a - b > 6.0 * (a + b).sqrt(), "day {day}: {a} {b}");
    };
    for day in &openings[1..] {
        above(*day, ordinary[ordinary.len() - 1]);
    }
    above(0, ordinary[ordinary.len() / 2]);
}
