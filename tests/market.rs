//! Who is there to buy from, who delivers where, and which marketplaces watch.

use redcat::base::UserId;
use redcat::engine::{RunOptions, Silent, run};
use redcat::report::{Context, document};
use redcat::scenario::{Override, Scenario};
use redcat::world::{History, Intervention, World};

fn load(name: &str, sets: &[&str]) -> Scenario {
    let sets: Vec<Override> = sets.iter().map(|s| Override::parse(s).unwrap()).collect();
    Scenario::load_with(name.as_ref(), &sets).unwrap()
}

fn text(text: &str) -> Result<Scenario, String> {
    let text = format!("extends = 'red-cat-618'\nname = 'changed'\n{text}");
    Scenario::from_text("changed.toml", &text, &[]).map_err(|e| e.to_string())
}

fn live(scenario: &Scenario, users: u64, mut look: impl FnMut(&World, &History)) -> History {
    let world = World::new(scenario, 618);
    let mut history = world.start();
    for user in 0..users {
        world.history(UserId(user), Intervention::NONE, &mut history);
        look(&world, &history);
    }
    history
}

fn digests(scenario: &Scenario, users: u64) -> Vec<u64> {
    let mut all = Vec::new();
    live(scenario, users, |_, h| all.push(h.digest().get()));
    all
}

fn destination(scenario: &Scenario, name: &str) -> usize {
    let mut names = scenario.wire().destinations.iter();
    names.position(|d| d.name == name).unwrap()
}

/// Would catch a region that changes anybody's season at home: without users abroad nothing differs
/// at all; with them, everybody at home lives exactly as before.
#[test]
fn the_programme_overseas_leaves_the_home_market_alone() {
    let home = digests(&load("red-cat-618", &[]), 2_000);
    let nobody = ["us", "hong-kong", "macau"].map(|r| format!("people.regions[{r}].share=0"));
    let nobody: Vec<&str> = nobody.iter().map(String::as_str).collect();
    assert_eq!(home, digests(&load("overseas-618", &nobody), 2_000));
    let many = load("overseas-618", &["people.regions[hong-kong].share=0.3"]);
    let abroad = digests(&many, 2_000);
    let changed = home.iter().zip(&abroad).filter(|(a, b)| a != b).count();
    // About 640 live abroad; most of them would not have bought or followed a link at home either.
    assert!((50..800).contains(&changed), "{changed}");
}

/// Would catch an order delivered where nobody delivers, a store that delivers and never sells, and sales
/// abroad that are not counted: everybody lives in one region, then in the next.
#[test]
fn orders_abroad_are_made_where_somebody_delivers() {
    let regions = ["us", "hong-kong", "macau"];
    for (place, (region, delivers)) in [
        ("us", &["in-app"][..]),
        ("hong-kong", &["in-app", "taobao"]),
        ("macau", &["in-app"]),
    ]
    .into_iter()
    .enumerate()
    {
        let shares =
            regions.map(|r| format!("people.regions[{r}].share={}", u8::from(r == region)));
        let everybody: Vec<&str> = shares.iter().map(String::as_str).collect();
        let scenario = load("overseas-618", &everybody);
        let mut at = vec![0; scenario.wire().destinations.len()];
        let history = live(&scenario, 5_000, |_, h| {
            h.orders()
                .iter()
                .for_each(|o| at[o.destination.index()] += 1);
        });
        let allowed: Vec<usize> = delivers.iter().map(|d| destination(&scenario, d)).collect();
        for (d, orders) in at.iter().enumerate() {
            assert_eq!(*orders > 0, allowed.contains(&d), "{region}: {at:?}");
        }
        let orders: u64 = at.iter().sum();
        assert!(orders > 50, "{region}: {orders}");
        assert_eq!(history.counts.by_region[1 + place].0, orders);
        let dear = format!("policy.overseas[{region}].friction=5");
        let dear = [&everybody[..], &[dear.as_str()]].concat();
        let fewer = live(&load("overseas-618", &dear), 5_000, |_, _| {}).counts;
        assert!(
            fewer.by_region[1 + place].0 * 2 < orders,
            "delivery that costs more sells less"
        );
    }
}

/// Would catch sales abroad that are told in another currency at another rate than the scenario's.
#[test]
fn sales_abroad_are_told_in_their_currency() {
    let scenario = load("overseas-618", &["people.regions[us].share=0.5"]);
    let options = RunOptions {
        users: Some(5_000),
        regimes: Some(vec!["walled".to_owned()]),
        models: Some("last".to_owned()),
        ..RunOptions::default()
    };
    let outcome = run(&scenario, &options, &Silent).unwrap();
    let told = document(&scenario, &outcome, &Context::default());
    let us = &told["regions"]["us"];
    assert_eq!(us["currency"], "USD");
    let [fen, charged] = ["gmv_fen", "gmv"].map(|key| us[key].as_f64().unwrap());
    assert!(
        fen > 10_000.0 && (charged - fen / 720.0).abs() < 1e-6,
        "{fen} {charged}"
    );
}

/// Would catch merchants that sell, or whose notes are shown, before they are there, and newcomers
/// that never sell.
#[test]
fn nobody_sells_before_they_enter() {
    let tiers = ["ka", "mid", "small", "buyer", "creator"];
    let entering = tiers.map(|tier| format!("tiers[{tier}].entering=0.8"));
    let entering: Vec<&str> = entering.iter().map(String::as_str).collect();
    let scenario = load("red-cat-618", &entering);
    let (mut by_newcomers, mut all) = (0, 0);
    live(&scenario, 20_000, |world, h| {
        let enters = |merchant| world.supply().merchant(merchant).enters;
        for order in h.orders() {
            assert!(enters(order.merchant) <= order.at);
            by_newcomers += u32::from(enters(order.merchant) > 0);
            all += 1;
        }
        assert!(h.contacts().iter().all(|c| enters(c.merchant) <= c.at));
    });
    assert!(
        all > 1_000 && by_newcomers * 10 > all,
        "{by_newcomers} of {all}"
    );
}

/// Would catch a tail that does not grow as merchants enter: in the second half of the season more
/// merchants sell than in the first, by a quarter and more; without entry about as many.
#[test]
fn sellers_grow_as_merchants_enter() {
    let growth = |sets: &[&str]| {
        let scenario = load("red-cat-618", sets);
        let half = scenario.calendar().end() / 2;
        let mut sold = [vec![], vec![]];
        live(&scenario, 30_000, |world, h| {
            for order in h.orders() {
                let part = &mut sold[usize::from(order.at >= half)];
                part.resize(world.supply().merchants().len(), 0);
                part[order.merchant.index()] += 1;
            }
        });
        let sellers = sold.map(|part| part.iter().filter(|n| **n > 0).count() as f64);
        sellers[1] / sellers[0]
    };
    let entering = ["tiers[small].entering=0.9", "tiers[mid].entering=0.9"];
    let (with, without) = (growth(&entering), growth(&[]));
    assert!(with > 1.25, "{with}");
    assert!((0.85..1.15).contains(&without), "{without}");
}

/// Would catch entry that is on by default.
#[test]
fn nobody_enters_unless_it_is_said() {
    let none = load("red-cat-618", &["tiers[small].entering=0"]);
    assert_eq!(digests(&none, 500), digests(&load("red-cat-618", &[]), 500));
    let world = World::new(&none, 1);
    assert!(world.supply().merchants().iter().all(|m| m.enters == 0));
}

/// Would catch a monitor that looks into another marketplace, one that sees nothing of spillover by
/// search, and a sample of readers that does not halve what is seen. Monitors change nothing in the
/// world.
#[test]
fn a_monitor_sees_its_own_marketplace() {
    let options = |regimes: &[&str]| RunOptions {
        users: Some(30_000),
        regimes: Some(regimes.iter().map(|r| (*r).to_owned()).collect()),
        models: Some("last".to_owned()),
        ..RunOptions::default()
    };
    let monitors = ["walled", "xiaohongxing", "xiaohongmeng", "xiaohonglian"];
    let credited = |sets: &[&str]| {
        let scenario = load("monitors-618", sets);
        let outcome = run(&scenario, &options(&monitors), &Silent).unwrap();
        let models = outcome.regimes.iter().map(|r| &r.models[0]);
        let orders = models.map(|m| m.credit.credited().conversions);
        (orders.collect::<Vec<f64>>(), outcome.latent)
    };
    let (half, latent) = credited(&[]);
    // What is credited beyond the app's own orders was seen at the marketplace of the monitor.
    let seen: Vec<f64> = half[1..].iter().map(|orders| orders - half[0]).collect();
    assert!(
        seen[0] > seen[1] && seen[1] > seen[2] && seen[2] > 0.0,
        "{seen:?}"
    );
    let whole = ["xiaohongxing", "xiaohongmeng", "xiaohonglian"]
        .map(|m| format!("measure.regimes[{m}].reader_sample=1"));
    let whole: Vec<&str> = whole.iter().map(String::as_str).collect();
    let (all, same) = credited(&whole);
    assert_eq!(latent, same);
    for (place, name) in monitors.iter().enumerate().skip(1) {
        let (sampled, all) = (half[place] - half[0], all[place] - all[0]);
        // Half of the readers, within seven standard errors of the orders seen.
        assert!(
            (sampled - all / 2.0).abs() < 7.0 * all.sqrt(),
            "{name}: {sampled} {all}"
        );
    }
    let closed = run(
        &load("closed-loop-618", &[]),
        &options(&["walled"]),
        &Silent,
    )
    .unwrap();
    assert_eq!(latent, closed.latent);
}

/// Would catch regions and monitors that name what is not there.
#[test]
fn what_is_not_there_is_refused() {
    let region =
        "[[people.regions]]\nname = 'us'\nshare = 0.5\ncurrency = 'USD'\nexchange = '¥7'\n";
    let with = |more: &str| text(&format!("{region}{more}")).map(|_| ()).unwrap_err();
    for (more, part) in [
        (
            "[[policy.overseas]]\nname = 'uk'\ndelivers = []\nfriction = 0\n",
            "uk",
        ),
        (
            "[[policy.overseas]]\nname = 'us'\ndelivers = ['tmal']\nfriction = 0\n",
            "tmall",
        ),
        (
            "[[people.regions]]\nname = 'hk'\nshare = 0.6\ncurrency = 'HKD'\nexchange = '¥1'\n",
            "add up to over 1",
        ),
        (
            "[[people.regions]]\nname = 'hk'\nshare = 0.1\ncurrency = 'dollar'\nexchange = '¥1'\n",
            "three letters",
        ),
        (
            "[[measure.regimes]]\nname = 'oracle'\ndestinations = ['ebay']\n",
            "ebay",
        ),
    ] {
        let said = with(more);
        assert!(said.contains(part), "{more}: {said}");
    }
}
