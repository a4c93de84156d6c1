//! Load tests: the stream against the log, the player against a clock of its own, the built-in system
//! against one that takes events one by one.

#[path = "load/builtin.rs"]
mod builtin;
#[path = "load/player.rs"]
mod player;
#[path = "load/stream.rs"]
mod stream;

use redcat::engine::Silent;
use redcat::load::{Content, ContentOptions};
use redcat::scenario::wire::LoadWire;
use redcat::scenario::{Override, Scenario};

/// A scenario whose stream is changed by these keys.
fn scenario(sets: &[&str]) -> Scenario {
    let sets = sets.iter().map(|set| Override::parse(set).unwrap());
    let sets: Vec<Override> = sets.collect();
    Scenario::load_with("steady".as_ref(), &sets).unwrap()
}

/// What is played of so many users.
fn content(scenario: &Scenario, users: u64, threads: usize) -> (Content, LoadWire) {
    let load = scenario.wire().load.clone().unwrap();
    let options = ContentOptions {
        users: Some(users),
        seed: None,
        threads: Some(threads),
        memory_bytes: 1 << 30,
    };
    let span = scenario.load_span().unwrap();
    let content = Content::gather(scenario, &load, span, &options, &Silent).unwrap();
    (content, load)
}
