//! Links out of the app: direct links, and the marketplaces that they lead to.

use redcat::base::math;
use redcat::world::{Intervention, Route};

use super::{
    Group, category, clearly, destination, extended, groups, live, load, mean, more, sure,
};

const OPEN: &str = "min_score = 0\nmin_daily_budget = '¥0'\n";

/// Would catch a direct link that is followed on top of searching instead of in its place: of all
/// visits to stores, a smaller part is searched for on marketplaces when links open.
#[test]
fn a_direct_link_takes_the_place_of_searching() {
    let [closed, open] = ["closed-loop-618", "open-all-618"]
        .map(|name| groups(&load(name, &[]), 60_000, Intervention::NONE));
    let searched = |g: &Group| {
        let all: u64 = g.counts.visits.iter().sum();
        g.counts.visits_by(Route::MarketplaceSearch) as f64 / all as f64
    };
    let less = more(&open, &closed, searched);
    assert!(clearly(less), "{less:?}");
}

/// Would catch a grant to one marketplace that opens another, and a link to a store that is not
/// there: a grant to JD (小红盟) or Vipshop (小红链) brings direct visits there and nowhere else, only
/// from merchants with a store there.
#[test]
fn a_grant_leads_to_its_own_marketplace_only() {
    for market in ["jd", "vipshop"] {
        let grant = format!("[[policy.outbound]]\nname = 'a'\ndestination = '{market}'\n{OPEN}");
        let scenario = extended("world-618", &grant);
        let to = destination(&scenario, market);
        let home = scenario.home();
        let mut followed = 0;
        let counts = live(&scenario, 20_000, |world, history| {
            for contact in history.contacts() {
                if let Some(place) = contact.clicked.filter(|d| *d != home) {
                    followed += 1;
                    assert_eq!(place.index(), to);
                    assert!(world.supply().merchant(contact.merchant).sells_at(place));
                }
            }
            let direct = history.orders().iter().filter(|o| o.route == Route::Direct);
            assert!(direct.into_iter().all(|o| o.destination.index() == to));
        });
        let places = scenario.wire().destinations.len();
        let visits = &counts.visits[Route::Direct as usize * places..][..places];
        assert!(visits[to] > 50 && followed > 50, "{visits:?} {followed}");
        assert_eq!(visits.iter().sum::<u64>(), visits[to]);
    }
}

/// Would catch friction that is added where it should be taken away: the harder direct links are to
/// follow, the fewer visits come by them.
#[test]
fn friction_keeps_people_from_links() {
    let sides = [0.0, 1.0, 3.0].map(|friction| {
        let set = format!("behaviour.choice.friction.direct={friction}");
        groups(&load("open-all-618", &[&set]), 30_000, Intervention::NONE)
    });
    let direct = |g: &Group| g.counts.visits_by(Route::Direct) as f64;
    for pair in sides.windows(2) {
        let fewer = more(&pair[1], &pair[0], direct);
        assert!(clearly(fewer), "{fewer:?}");
    }
}

/// Would catch an app that sells nothing once its doors are open, or a world outside that sells
/// nothing while they are shut: whatever links are allowed, stores in the app sell (号店一体: account and
/// store are one), and so do marketplaces.
#[test]
fn both_sides_sell_under_every_policy() {
    for (name, sets) in [
        ("closed-loop-618", &[][..]),
        ("closed-loop-618", &["policy.blue_links=false"]),
        ("red-cat-618", &[]),
        ("open-all-618", &[]),
        ("open-all-618", &["policy.blue_links=false"]),
    ] {
        let scenario = load(name, sets);
        let counts = live(&scenario, 10_000, |_, _| {});
        let home = scenario.home().index();
        for place in 0..scenario.wire().destinations.len() {
            let sold = counts.sales_total(place).gmv_fen;
            assert!(sold > 0, "{name} {sets:?}: {place}");
        }
        for tier in 0..scenario.tiers().len() {
            assert!(counts.sales_at(tier, home).orders > 0, "{name}: {tier}");
        }
    }
}

/// Would catch an advantage of marketplaces that has nothing to do with how standardised the goods
/// are: where they are, more is sold by direct links, and the app loses less by them. Only beauty
/// differs; the people are the same.
#[test]
fn direct_links_suit_what_is_standardised() {
    let worlds = ["0", "1"].map(|standardised| {
        let standardised = format!("categories[beauty].standardised={standardised}");
        let sets = [
            &standardised,
            "behaviour.choice.standardised=2",
            "channels[feed-ad].trigger=0.3",
            "channels[kol-note].trigger=0.3",
        ];
        ["closed-loop-618", "open-all-618"]
            .map(|name| groups(&sure(name, &sets), 30_000, Intervention::NONE))
    });
    let beauty = category(&load("open-all-618", &[]), "beauty");
    let by_link = |g: &Group| g.orders(|o, c| c == beauty && o.route == Route::Direct);
    let in_app = |g: &Group| g.orders(|o, c| c == beauty && o.destination.0 == 0);
    let [[low_closed, low], [high_closed, high]] = &worlds;
    let direct = more(low, high, by_link);
    assert!(clearly(direct), "{direct:?}");
    let lost = |closed: &[Group], open: &[Group]| -> Vec<f64> {
        let pairs = closed.iter().zip(open);
        pairs.map(|(a, b)| in_app(a) - in_app(b)).collect()
    };
    let pairs = lost(low_closed, low)
        .into_iter()
        .zip(lost(high_closed, high));
    let spared = mean(pairs.map(|(low, high)| low - high));
    assert!(clearly(spared), "{spared:?}");
}

/// Would catch a link that is one store more to choose from: where all ways are equally hard, it does
/// not matter to any order whether the way back to the note is remembered. (A link that is followed
/// late counts as meeting the merchant again, so nobody's memory of meetings decides here.)
#[test]
fn a_link_is_a_way_and_no_store_more() {
    let orders = |recall: &str| {
        let recall = format!("behaviour.choice.link_recall={recall}");
        let mut sets = vec![recall.as_str(), "behaviour.choice.remembered=0"];
        let equal = ["direct", "card", "app_search", "marketplace_search"]
            .map(|way| format!("behaviour.choice.friction.{way}=1"));
        sets.extend(equal.iter().map(String::as_str));
        let (mut all, mut direct) = (Vec::new(), 0);
        live(&sure("open-all-618", &sets), 10_000, |_, h| {
            let key = |o: &redcat::world::Order| (o.need, o.at, o.merchant, o.destination, o.value);
            all.extend(h.orders().iter().map(key));
            let by_link = h.orders().iter().filter(|o| o.route == Route::Direct);
            direct += by_link.count();
        });
        (all, direct)
    };
    let (forgotten, remembered) = (orders("1s"), orders("1000d"));
    assert_eq!(forgotten.0, remembered.0);
    assert!(
        forgotten.1 < 10 && remembered.1 > 200,
        "{} {}",
        forgotten.1,
        remembered.1
    );
}

/// Would catch a link that is never forgotten: the longer the way back to a note is remembered, the
/// more is bought by it.
#[test]
fn links_are_forgotten() {
    let sides = ["2h", "1d", "12d"].map(|recall| {
        let recall = format!("behaviour.choice.link_recall={recall}");
        groups(
            &sure("open-all-618", &[&recall]),
            40_000,
            Intervention::NONE,
        )
    });
    let direct = |g: &Group| g.orders(|o, _| o.route == Route::Direct);
    for pair in sides.windows(2) {
        let more = more(&pair[0], &pair[1], direct);
        assert!(clearly(more), "{more:?}");
    }
}

/// Would catch needs that ripen no sooner for a link, or by another law than the scenario's: parts of
/// the delays within an hour and a day with a link, over a week without, by six standard errors of a
/// binomial.
#[test]
fn needs_ripen_sooner_with_a_link() {
    let scenario = load("open-all-618", &["channels[feed-ad].trigger=0.5"]);
    let needs = live(&scenario, 20_000, |_, _| {}).needs;
    let law = &scenario.wire().behaviour.delay;
    let hour = law.direct_within_hour.get();
    let week = math::exp(-7.0 * 86_400.0 / law.seeding.seconds());
    let [all, within_hour, within_day] = needs.direct_delays;
    let [others, over_week] = needs.seeding_delays;
    for (part, of, expected) in [
        (within_hour, all, hour),
        (within_day, all, hour + law.direct_within_day.get()),
        (over_week, others, week),
    ] {
        let (part, of) = (part as f64, of as f64);
        let six = 6.0 * (of * expected * (1.0 - expected)).sqrt();
        assert!(
            of > 1_000.0 && (part - of * expected).abs() < six,
            "{part} {of} {expected}"
        );
    }
}

/// Would catch a note that carries nothing because it may not link out, and a card into a shop that is
/// not there: in the closed loop notes with a link are followed into the app's own shops.
#[test]
fn a_note_that_may_not_link_out_carries_a_card() {
    let scenario = load("closed-loop-618", &[]);
    let home = scenario.home();
    let linking = scenario.channels().iter().enumerate();
    let linking = linking.filter(|(_, c)| c.link == redcat::scenario::wire::Link::Direct);
    let linking: Vec<usize> = linking.map(|(place, _)| place).collect();
    let mut followed = 0;
    live(&scenario, 20_000, |world, h| {
        for contact in h.contacts().iter().filter(|c| c.clicked.is_some()) {
            assert_eq!(contact.clicked, Some(home));
            assert!(world.supply().merchant(contact.merchant).sells_at(home));
            followed += u32::from(linking.contains(&contact.channel.index()));
        }
    });
    assert!(followed > 200, "{followed}");
}

/// Would catch leakage that is no search: the harder it is to search on marketplaces, the less they
/// sell in the closed loop.
#[test]
fn leakage_falls_with_the_friction_of_searching() {
    let sides = [0.5, 1.7, 3.0].map(|friction| {
        let set = format!("behaviour.choice.friction.marketplace_search={friction}");
        groups(&sure("closed-loop-618", &[&set]), 5_000, Intervention::NONE)
    });
    let outside = |g: &Group| g.orders(|o, _| o.destination.0 != 0);
    for pair in sides.windows(2) {
        let less = more(&pair[1], &pair[0], outside);
        assert!(clearly(less), "{less:?}");
    }
}
