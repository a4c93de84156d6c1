//! What the latent world must do, whoever looks.

use redcat::base::{DestinationId, MerchantId, UserId};
use redcat::scenario::{Override, Scenario};
use redcat::world::{History, Intervention, Route, World};

fn load(name: &str, sets: &[&str]) -> Scenario {
    let sets: Vec<Override> = sets.iter().map(|s| Override::parse(s).unwrap()).collect();
    Scenario::load_with(name.as_ref(), &sets).unwrap()
}

/// Lives the first `users` users and looks at each history.
fn live(world: &World, users: u64, mut look: impl FnMut(&History)) -> History {
    let mut history = world.start();
    for user in 0..users {
        world.history(UserId(user), Intervention::NONE, &mut history);
        look(&history);
    }
    history
}

fn digests(scenario: &Scenario, users: u64) -> Vec<u64> {
    let mut out = Vec::new();
    live(&World::new(scenario, 618), users, |h| {
        out.push(h.digest().get())
    });
    out
}

/// Would catch a draw that depends on how many channels there are, or on their places.
#[test]
fn a_channel_that_does_nothing_changes_nothing() {
    let idle = r#"
        extends = "red-cat-618"
        [[channels]]
        name = "idle"
        surface = "feed"
        paid = true
        share_of_shown = 0
        link = "direct"
        click = 0.5
        trigger = 1
        targeting = 1
        retargeting = 1
        cost = { by = "free" }
        tiers = { ka = 1 }
    "#;
    let with = Scenario::from_text("idle.toml", idle, &[]).unwrap();
    let without = load("red-cat-618", &[]);
    assert_eq!(with.channels().len(), without.channels().len() + 1);
    assert_eq!(digests(&with, 2_000), digests(&without, 2_000));
}

/// Would catch a user that lives on what another left behind in the buffers.
#[test]
fn a_history_is_a_function_of_its_user_alone() {
    let scenario = load("red-cat-618", &[]);
    let world = World::new(&scenario, 618);
    let forward = digests(&scenario, 500);
    let mut history = world.start();
    for user in (0..500).rev() {
        world.history(UserId(user), Intervention::NONE, &mut history);
        assert_eq!(history.digest().get(), forward[user as usize]);
    }
}

/// Would catch a history that is not in the order of time, or chains that lead elsewhere.
#[test]
fn contacts_and_orders_are_in_the_order_of_time() {
    let world = World::new(&load("red-cat-618", &[]), 1);
    live(&world, 3_000, |h| {
        assert!(h.contacts().windows(2).all(|w| w[0].at <= w[1].at));
        assert!(h.orders().windows(2).all(|w| w[0].at <= w[1].at));
        assert!(h.contacts().iter().all(|c| c.at < world.end() + 86_400));
        for (place, contact) in h.contacts().iter().enumerate() {
            if let Some(previous) = h.contacts().get(contact.previous as usize) {
                assert!((contact.previous as usize) < place);
                assert_eq!(previous.merchant, contact.merchant);
            }
        }
        for order in h.orders() {
            assert!(order.value > 0);
            if let Some(last) = h.contacts().get(order.last_contact as usize) {
                assert_eq!(last.merchant, order.merchant);
                assert!(last.at <= order.at);
            }
        }
    });
}

/// The gate of the pilot, written down once more from the announcement.
fn admitted(scenario: &Scenario, world: &World, merchant: MerchantId) -> bool {
    let m = world.supply().merchant(merchant);
    let category = &scenario.wire().categories[m.category.index()].name;
    let mut destinations = scenario.wire().destinations.iter();
    let tmall = destinations.position(|d| d.name == "tmall").unwrap();
    ["beauty", "sports", "health"].contains(&category.as_str())
        && m.sells_at(DestinationId(tmall as u8))
        && m.score >= 4.5
        && m.daily_budget_fen >= 500_000.0
}

/// Would catch a link out of the app of a merchant that the gate does not admit.
#[test]
fn no_outbound_link_from_an_ineligible_merchant() {
    let scenario = load("red-cat-618", &[]);
    let world = World::new(&scenario, 618);
    let home = scenario.home();
    let mut outbound = 0;
    live(&world, 20_000, |h| {
        for contact in h.contacts() {
            if contact.clicked.is_some_and(|d| d != home) {
                outbound += 1;
                assert!(admitted(&scenario, &world, contact.merchant));
            }
        }
        for order in h.orders().iter().filter(|o| o.route == Route::Direct) {
            assert!(admitted(&scenario, &world, order.merchant));
        }
    });
    assert!(outbound > 100, "{outbound}");
}

/// Would catch a policy that opens too early or closes too late: a link of the pilot followed
/// outside its dates.
#[test]
fn a_grant_holds_between_its_dates_only() {
    let dates = [
        "policy.outbound[red-cat].from=2025-05-20 12:00",
        "policy.outbound[red-cat].until=2025-05-30 06:00",
    ];
    let scenario = load("red-cat-618", &dates);
    let world = World::new(&scenario, 618);
    let home = scenario.home();
    let (from, until) = (7 * 86_400 + 12 * 3_600, 17 * 86_400 + 6 * 3_600);
    let (mut inside, mut first, mut last) = (0, u32::MAX, 0);
    live(&world, 20_000, |h| {
        for contact in h
            .contacts()
            .iter()
            .filter(|c| c.clicked.is_some_and(|d| d != home))
        {
            assert!((from..until).contains(&contact.at));
            inside += 1;
            first = first.min(contact.at);
            last = last.max(contact.at);
        }
    });
    assert!(inside > 50, "{inside}");
    // Links are followed soon after the opening and until shortly before the end.
    assert!(first < from + 86_400 && last > until - 86_400);
}

/// Would catch a closed app that leaks links, or an outside world that closes with it.
#[test]
fn closed_loop_leaks_by_own_search_only() {
    let scenario = load("closed-loop-618", &[]);
    let world = World::new(&scenario, 618);
    let home = scenario.home();
    let mut outside = 0;
    let history = live(&world, 10_000, |h| {
        assert!(
            h.contacts()
                .iter()
                .all(|c| c.clicked.is_none_or(|d| d == home))
        );
        outside += h.orders().iter().filter(|o| o.destination != home).count();
    });
    assert_eq!(history.counts.visits_by(Route::Direct), 0);
    assert!(outside > 100, "{outside}");
}

/// Would catch a link that does not make the way shorter: of needs that a note of a brand has
/// triggered, those that can follow its link visit the brand oftener than those that must search.
/// Both shares are from thousands of needs and differ by more than ten standard errors.
#[test]
fn a_direct_link_is_visited_oftener_than_one_searches() {
    let world = World::new(&load("open-all-618", &[]), 618);
    let needs = live(&world, 60_000, |_| {}).counts.needs;
    let share = |visits: u64, all: u64| visits as f64 / all as f64;
    let linked = share(needs.linked_visits, needs.linked);
    let searching = share(needs.searching_visits, needs.searching);
    assert!(needs.linked > 1_000, "{}", needs.linked);
    assert!(linked > searching + 0.05, "{linked} {searching}");
}

/// Would catch an agenda that depends on what is seen, and a choice taken over from a world that is
/// another by then: a second life must be what a life from nothing would be, from whichever world it
/// is repeated, and must differ from the first where it should.
#[test]
fn living_again_is_as_living_from_nothing() {
    let world = World::new(&load("red-cat-618", &[]), 618);
    let [mut base, mut again, mut fresh] = [world.start(), world.start(), world.start()];
    let masks = [0, 0b1, 0b10, 0b101, u64::MAX].map(Intervention::without);
    let mut other_orders = 0;
    for user in (0..800).map(UserId) {
        for from in masks {
            world.history(user, from, &mut base);
            for to in masks {
                world.again(&base, to, &mut again);
                world.history(user, to, &mut fresh);
                assert_eq!(again.digest(), fresh.digest(), "{user:?} {from:?} {to:?}");
                let needs = |h: &redcat::world::History| {
                    h.orders()
                        .iter()
                        .map(|o| (o.need, o.merchant))
                        .collect::<Vec<_>>()
                };
                other_orders += u32::from(needs(&base) != needs(&again));
            }
        }
    }
    assert!(other_orders > 100, "{other_orders}");
}

/// Would catch an agenda that is given to another user, or lost where the last users are few.
#[test]
fn users_together_live_as_each_alone() {
    let world = World::new(&load("red-cat-618", &[]), 618);
    let [mut together, mut alone] = [world.start(), world.start()];
    for users in [5..5, 0..1, 7..34, 100..116] {
        let mut seen = users.start;
        world.histories(users.clone(), &mut together, |h| {
            world.history(UserId(seen), Intervention::NONE, &mut alone);
            assert_eq!((h.user(), h.digest()), (UserId(seen), alone.digest()));
            assert_eq!(h.trust(), alone.trust());
            seen += 1;
        });
        assert_eq!(seen, users.end);
    }
    assert_eq!(together.counts, alone.counts);
}

/// Would catch a switched-off channel that shifts another draw: where notes trigger nothing, the
/// contacts of all other channels stay exactly as they were.
#[test]
fn switching_a_channel_off_takes_its_contacts_and_no_others() {
    let scenario = load("red-cat-618", &[]);
    let quiet: Vec<String> = scenario
        .channels()
        .iter()
        .map(|c| format!("channels[{}].trigger=0", c.name))
        .collect();
    let quiet: Vec<&str> = quiet.iter().map(String::as_str).collect();
    let world = World::new(&load("red-cat-618", &quiet), 618);
    let mut without = world.start();
    live(&world, 2_000, |h| {
        for channel in 0..3_u16 {
            world.again(h, Intervention::without(1 << channel), &mut without);
            let key = |c: &redcat::world::Contact| (c.at, c.merchant, c.note, c.channel, c.kind);
            let kept = h
                .contacts()
                .iter()
                .filter(|c| c.channel.0 != channel)
                .map(key);
            assert!(kept.eq(without.contacts().iter().map(key)));
        }
    });
}

/// Would catch any change of any draw: the first users' histories, pinned.
#[test]
fn first_users_are_pinned() {
    let scenario = load("red-cat-618", &[]);
    let mut all = redcat::base::digest::SetDigest::default();
    live(&World::new(&scenario, 618), 1_000, |h| all.add(h.digest()));
    assert_eq!(
        all.to_string(),
        PINNED,
        "every world changes: say so in the CHANGELOG"
    );
}
const PINNED: &str = "f91b2f79d16c1ea1";
