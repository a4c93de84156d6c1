//! Money and seasons.

use redcat::base::DAY;
use redcat::evaluate::money::money;
use redcat::scenario::wire::Cost;
use redcat::world::{Intervention, Route};

use super::{Group, clearly, groups, live, load, more, sure};

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

/// Would catch advertising that is charged by another event than its channel says: by impression, by
/// read or by engagement, tier by tier rounded once.
#[test]
fn advertising_costs_what_its_channel_says() {
    let scenario = load("red-cat-618", &[]);
    let counts = live(&scenario, 20_000, |_, _| {});
    let money = money(&scenario, &counts);
    let mut kinds = [0; 3];
    for (place, channel) in scenario.channels().iter().enumerate() {
        let of = counts.channel_total(place);
        let (kind, due) = match channel.cost {
            Cost::Impressions { per_thousand } => {
                (0, of.impressions as f64 * per_thousand.fen_f64() / 1_000.0)
            }
            Cost::Read { each } => (1, of.reads as f64 * each.fen_f64()),
            Cost::Engagement { each } => {
                let done: u64 = of.engagements.iter().sum();
                (2, done as f64 * each.fen_f64())
            }
            Cost::Free | Cost::Commission { .. } => {
                assert_eq!(money.ads_by_channel_fen[place], 0, "{}", channel.name);
                continue;
            }
        };
        let off = money.ads_by_channel_fen[place] as f64 - due;
        let rounding = scenario.tiers().len() as f64;
        assert!(
            due > 10_000.0 && off.abs() <= rounding,
            "{}: {off}",
            channel.name
        );
        kinds[kind] += 1;
    }
    assert!(kinds.iter().all(|n| *n > 0), "{kinds:?}");
}

/// Would catch creators who are paid nothing, or for what they have not sold: of an order whose need
/// their note triggered and that came by its card and is kept, they get the channel's part, and
/// merchants pay it.
#[test]
fn creators_are_paid_for_what_their_cards_sell() {
    let strong = [
        "channels[creator-card].trigger=0.4",
        "channels[live].trigger=0.4",
    ];
    let scenario = sure("red-cat-618", &strong);
    let (mut due, mut orders) = (0.0, 0);
    let counts = live(&scenario, 20_000, |_, h| {
        for order in h
            .orders()
            .iter()
            .filter(|o| o.route == Route::Card && !o.refunded)
        {
            let channel = &scenario.channels()[order.cause.unwrap().index()];
            if let Cost::Commission { rate } = channel.cost {
                due += order.value as f64 * rate.get();
                orders += 1;
            }
        }
    });
    let money = money(&scenario, &counts);
    let off = money.creators_fen as f64 - due;
    assert!(
        orders > 200 && off.abs() <= f64::from(orders),
        "{orders}: {off}"
    );
    let paid = money.tiers.iter().map(|t| t.creator_fen).sum::<i64>();
    assert_eq!(paid, money.creators_fen);
}

/// Would catch a peak that comes from busy days alone: where every day is as busy as any other and
/// prices and rates stay, more is ordered in the twelve hours after an opening because people wait,
/// and less in the day before. They wait for their love of deals and with limited patience.
#[test]
fn people_wait_for_openings() {
    let quiet = ["presale", "spot-sale", "second-wave", "eve", "festival"]
        .map(|day| format!("calendar.busy_days[{day}].needs=1"));
    let mut quiet: Vec<&str> = quiet.iter().map(String::as_str).collect();
    quiet.extend([
        "behaviour.choice.price=0",
        "behaviour.funnel.promotion_lift=1",
    ]);
    let with = |set: &str| {
        groups(
            &sure("red-cat-618", &[&quiet[..], &[set]].concat()),
            10_000,
            Intervention::NONE,
        )
    };
    let [never, often] = ["0", "0.8"].map(|s| with(&format!("behaviour.waiting.strength={s}")));
    let waited = |g: &Group| g.counts.needs.waited as f64;
    assert!(never.iter().all(|g| waited(g) == 0.0));
    let scenario = load("red-cat-618", &[]);
    for opening in &scenario.calendar().openings[1..] {
        let within =
            |from: u32, until: u32| move |g: &Group| g.orders(|o, _| (from..until).contains(&o.at));
        let rush = more(&never, &often, within(opening.at, opening.at + DAY / 2));
        assert!(clearly(rush), "{}: {rush:?}", opening.at);
        let lull = more(&often, &never, within(opening.at - DAY, opening.at));
        assert!(clearly(lull), "{}: {lull:?}", opening.at);
    }
    let none = with("people.deal_seeking=0");
    assert!(none.iter().all(|g| waited(g) == 0.0));
    let patience = ["1d", "4d"].map(|p| with(&format!("behaviour.waiting.patience={p}")));
    let more = more(&patience[0], &patience[1], waited);
    assert!(clearly(more), "{more:?}");
}

/// Would catch prices that fall for nobody, in the wrong place or at the wrong time: where prices decide
/// nothing, each order costs less by the promotion's discount of its side, and outside promotions the
/// same.
#[test]
fn prices_fall_with_promotions() {
    let names = ["presale", "spot-sale", "second-wave", "festival"];
    let orders = |outside: f64, in_app: f64, price: &str| {
        let sets = names.map(|n| {
            [
                format!("calendar.openings[{n}].discount={outside}"),
                format!("calendar.openings[{n}].in_app_discount={in_app}"),
            ]
        });
        let mut sets: Vec<&str> = sets.iter().flatten().map(String::as_str).collect();
        sets.push(price);
        let mut all = Vec::new();
        live(&sure("red-cat-618", &sets), 5_000, |_, h| {
            all.extend(h.orders().to_vec())
        });
        all
    };
    let indifferent = "behaviour.choice.price=0";
    let (full, less) = (orders(0.0, 0.0, indifferent), orders(0.4, 0.2, indifferent));
    let openings = load("red-cat-618", &[]).calendar().openings.clone();
    let cheap = |at: u32| openings.iter().any(|o| (o.at..o.until).contains(&at));
    assert_eq!(full.len(), less.len());
    let mut seen = [0; 3];
    for (a, b) in full.iter().zip(&less) {
        assert_eq!((a.need, a.at, a.destination), (b.need, b.at, b.destination));
        let kind = match (cheap(a.at), a.destination.0) {
            (false, _) => 0,
            (true, 0) => 1,
            (true, _) => 2,
        };
        let due = a.value as f64 * [1.0, 0.8, 0.6][kind];
        assert!((b.value as f64 - due).abs() < 2.0, "{a:?} {b:?}");
        seen[kind] += 1;
    }
    assert!(seen.iter().all(|n| *n > 100), "{seen:?}");
    // Where prices decide, a discount of the marketplaces brings them more orders, by six standard
    // errors of both counts, though the numbers are of the same people and vary less.
    let outside = |discount| {
        let all = orders(discount, 0.0, "behaviour.choice.price=2");
        all.iter()
            .filter(|o| o.destination.0 != 0 && cheap(o.at))
            .count() as f64
    };
    let (dear, cheaper) = (outside(0.0), outside(0.4));
    assert!(
        cheaper - dear > 6.0 * (cheaper + dear).sqrt(),
        "{dear} {cheaper}"
    );
}

/// Would catch promotions that make no visitor decide: as many orders a visit more as the scenario says
/// while one lasts, and no others otherwise. Nothing else differs, because nobody learns from buying.
#[test]
fn promotions_turn_more_visits_into_orders() {
    let orders = |lift: &str| {
        let lift = format!("behaviour.funnel.promotion_lift={lift}");
        let mut all = Vec::new();
        let scenario = load("red-cat-618", &[&lift, "behaviour.habit.step=0"]);
        live(&scenario, 40_000, |_, h| all.extend(h.orders().to_vec()));
        let openings = &scenario.calendar().openings;
        let on = |at: u32| openings.iter().any(|o| (o.at..o.until).contains(&at));
        let within = all.iter().filter(|o| on(o.at)).count();
        [within, all.len() - within].map(|n| n as f64)
    };
    let ([plain, other], [lifted, same]) = (orders("1"), orders("3"));
    assert_eq!(other, same);
    // The plain orders are among the lifted ones, each a third of the time.
    let six = 6.0 * (lifted * (1.0 / 3.0) * (2.0 / 3.0)).sqrt();
    assert!(
        plain > 300.0 && (plain - lifted / 3.0).abs() < six,
        "{plain} {lifted}"
    );
}
