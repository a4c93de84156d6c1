//! What the systems of the content community must do, whoever looks at them: docs/systems.md says
//! which test belongs to which.
//!
//! Where luck enters, users are counted in groups, and a difference must be six standard errors away
//! from nothing.

mod app;
mod laws;
mod links;
mod market;
mod monitors;
mod reports;
mod seen;

use redcat::base::UserId;
use redcat::scenario::{Override, Scenario};
use redcat::world::{Counts, History, Intervention, Order, World};

const SEED: u64 = 618;
const GROUPS: u64 = 32;

/// A shipped scenario, changed.
fn load(name: &str, sets: &[&str]) -> Scenario {
    let sets: Vec<Override> = sets.iter().map(|s| Override::parse(s).unwrap()).collect();
    Scenario::load_with(name.as_ref(), &sets).unwrap()
}

/// A shipped scenario, changed, in which every decision for a store ends in an order: the same people
/// decide, and the luck that comes after is taken out.
fn sure(name: &str, sets: &[&str]) -> Scenario {
    let plain = load(name, &[]);
    let certain = plain.wire().categories.iter();
    let certain: Vec<String> = certain
        .map(|c| format!("categories[{}].order_per_visit=1", c.name))
        .collect();
    let certain = certain.iter().map(String::as_str);
    load(
        name,
        &certain.chain(sets.iter().copied()).collect::<Vec<_>>(),
    )
}

/// A scenario that extends a shipped one.
fn extended(name: &str, text: &str) -> Scenario {
    let text = format!("extends = '{name}'\nname = 'changed'\n{text}");
    Scenario::from_text("changed.toml", &text, &[]).unwrap()
}

/// Lives the first `users` users and looks at each history.
fn live(scenario: &Scenario, users: u64, mut look: impl FnMut(&World, &History)) -> Counts {
    let world = World::new(scenario, SEED);
    let mut history = world.start();
    for user in 0..users {
        world.history(UserId(user), Intervention::NONE, &mut history);
        look(&world, &history);
    }
    history.counts
}

fn digests(scenario: &Scenario, users: u64) -> Vec<u64> {
    let mut all = Vec::new();
    live(scenario, users, |_, h| all.push(h.digest().get()));
    all
}

fn channel(scenario: &Scenario, name: &str) -> usize {
    let mut channels = scenario.channels().iter();
    channels.position(|c| c.name == name).unwrap()
}

fn destination(scenario: &Scenario, name: &str) -> usize {
    let mut all = scenario.wire().destinations.iter();
    all.position(|d| d.name == name).unwrap()
}

fn category(scenario: &Scenario, name: &str) -> usize {
    let mut all = scenario.wire().categories.iter();
    all.position(|c| c.name == name).unwrap()
}

fn tier(scenario: &Scenario, name: &str) -> usize {
    let mut all = scenario.tiers().iter();
    all.position(|t| t.wire.name == name).unwrap()
}

/// What a group of users did.
struct Group {
    counts: Counts,
    /// Orders, each with its category.
    orders: Vec<(Order, usize)>,
}

impl Group {
    /// How many orders are wanted, by order and category.
    fn orders(&self, wanted: impl Fn(&Order, usize) -> bool) -> f64 {
        self.orders.iter().filter(|(o, c)| wanted(o, *c)).count() as f64
    }
}

/// Lives the first `users` users, in groups; the same users stand in the same group of any scenario.
fn groups(scenario: &Scenario, users: u64, intervention: Intervention) -> Vec<Group> {
    let world = World::new(scenario, SEED);
    let mut history = world.start();
    let group = |number: u64| {
        history.counts = world.counts();
        let mut orders = Vec::new();
        for user in (number..users).step_by(GROUPS as usize) {
            world.history(UserId(user), intervention, &mut history);
            let of = |o: &Order| world.supply().merchant(o.merchant).category.index();
            orders.extend(history.orders().iter().map(|o| (*o, of(o))));
        }
        let counts = history.counts.clone();
        Group { counts, orders }
    };
    (0..GROUPS).map(group).collect()
}

/// The mean over groups of a number, and how many standard errors it is above zero.
fn mean(of: impl Iterator<Item = f64>) -> (f64, f64) {
    let all: Vec<f64> = of.collect();
    let n = all.len() as f64;
    let mean = all.iter().sum::<f64>() / n;
    let squares: f64 = all.iter().map(|x| (x - mean) * (x - mean)).sum();
    (mean, mean / (squares / (n - 1.0) / n).sqrt())
}

/// The mean over groups of what the second world has more of, and its standard errors above zero.
fn more(a: &[Group], b: &[Group], of: impl Fn(&Group) -> f64) -> (f64, f64) {
    mean(a.iter().zip(b).map(|(a, b)| of(b) - of(a)))
}

/// Something that is clearly above zero.
fn clearly((value, errors): (f64, f64)) -> bool {
    value > 0.0 && errors > 6.0
}

/// Would catch a test that docs/systems.md names and that is not there, a test of this file's modules
/// that it does not name, and a scenario that is not shipped.
#[test]
fn the_table_of_systems_names_what_there_is() {
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(home.join(file)).unwrap();
    let table = read("docs/systems.md");
    let quoted: Vec<&str> = table.split('`').skip(1).step_by(2).collect();
    let tests = quoted.iter().filter_map(|q| q.split_once("::"));
    for (file, test) in tests.clone() {
        let there = read(file).contains(&format!("#[test]\nfn {test}() {{"));
        assert!(there, "{file}::{test}");
    }
    for module in [
        "app", "laws", "links", "market", "monitors", "reports", "seen",
    ] {
        let file = format!("tests/systems/{module}.rs");
        let text = read(&file);
        for test in text.split("#[test]\nfn ").skip(1) {
            let test = test.split('(').next().unwrap();
            let named = tests.clone().any(|t| t == (file.as_str(), test));
            assert!(named, "{file}::{test}");
        }
    }
    for scenario in quoted
        .iter()
        .filter(|q| q.ends_with("-618") || q.ends_with("-history"))
    {
        load(scenario, &[]);
    }
}
