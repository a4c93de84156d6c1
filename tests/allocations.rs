//! Memory is asked for while buffers grow, and not for events or users.
//!
//! The count is of the thread that works, so that it is the same in every run. Buffers still grow when a
//! user comes who lives more than anyone before; that gets rarer the longer the run, where an
//! allocation by user or event stays as frequent as it is.

use std::path::Path;

use allocation_counter::measure;
use redcat::engine::{Plan, RunOptions, Setup};
use redcat::scenario::Scenario;

fn setup(name: &str) -> Setup {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.toml"));
    let scenario = Scenario::load(&path).unwrap();
    Setup::new(&scenario, &RunOptions::default()).unwrap()
}

/// Allocations of so many blocks from the first one on, and their users.
fn allocations(setup: &Setup, blocks: u64) -> (u64, u64) {
    let plan = Plan::new(1 << 20);
    let mut users = 0;
    let found = measure(|| users = setup.gather(plan, 0..blocks).users());
    (found.count_total, users)
}

/// Would catch a vector, a string or a box that is made anew for each user, journey or event.
///
/// `worth-618` plays the game of channels for one user in a hundred, who lives the season up to a
/// thousand times for it: that may ask for the game's own few lists.
#[test]
fn users_are_free() {
    let per_thousand = [
        ("red-cat-618", 2),
        ("closed-loop-618", 2),
        ("overseas-618", 2),
        ("worth-618", 10 * 10),
    ];
    for (name, per_thousand) in per_thousand {
        let setup = setup(name);
        let [(few, some), (more, all)] = [16, 80].map(|blocks| allocations(&setup, blocks));
        let (more, users) = (more - few, all - some);
        println!("{name}: {few} by {some} users, {more} by {users} more");
        assert!(users >= 60_000);
        assert!(
            more * 1_000 < users * per_thousand,
            "{name}: {more} allocations, {users} users"
        );
    }
}
