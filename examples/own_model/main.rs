//! Two attribution models written outside of the crate, run beside its own.
//!
//! ```text
//! cargo run --release --example own_model
//! ```
//!
//! simulates some users of a shipped scenario, looks at them under the regime that shares most, folds
//! all models over the same journeys and prints whom each credits. The models are in `models.rs`:
//! [`AssistedLast`] is a rule, [`Probabilistic`] is fitted. `benches/models.rs` times them beside the
//! crate's own; `tests/own_model.rs` holds them to the laws of a model.

mod models;

use std::error::Error;
use std::path::Path;

use models::{AssistedLast, Probabilistic};
use redcat::attribute::{Amount, Lineup, Shape};
use redcat::base::UserId;
use redcat::journey::JourneyBatch;
use redcat::observe::{Lens, Regime, Scratch};
use redcat::scenario::Scenario;
use redcat::world::{Intervention, World};

const SCENARIO: &str = "red-cat-618";
const REGIME: &str = "full_path";
const USERS: u64 = 20_000;
/// Users whose journeys are folded together.
const TOGETHER: u64 = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let scenario = Scenario::load(Path::new(SCENARIO))?;
    let world = World::new(&scenario, scenario.wire().run.seed);
    let regimes = Regime::all(&scenario, &world);
    let regime = regimes
        .iter()
        .find(|r| r.name() == REGIME)
        .ok_or("the scenario has no such regime")?;

    // One's own models are added to those that have a name.
    let mut lineup = Lineup::parse("last,linear,markov:1")?;
    lineup.add(AssistedLast)?;
    lineup.add(Probabilistic)?;

    let mut state = lineup.start(Shape {
        channels: scenario.channels().len(),
        groups: scenario.tiers().len(),
    });
    let (mut history, mut scratch) = (world.start(), Scratch::new(&world));
    let mut batch = JourneyBatch::new();
    for user in 0..USERS {
        world.history(UserId(user), Intervention::NONE, &mut history);
        regime.observe(&history, &mut scratch, &mut batch);
        if (user + 1) % TOGETHER == 0 || user + 1 == USERS {
            lineup.fold(&mut state, &batch);
            batch.clear();
        }
    }

    let mut columns: Vec<(String, Vec<Amount>)> = Vec::new();
    for (model, credit) in lineup.credits(&state) {
        columns.push((model, credit?.by_channel()));
    }
    println!("Orders by channel, {USERS} users of {SCENARIO} under {REGIME}");
    print!("{:20}", "");
    for (model, _) in &columns {
        print!("{model:>16}");
    }
    println!();
    for (place, channel) in scenario.channels().iter().enumerate() {
        print!("{:20}", channel.name);
        for (_, credit) in &columns {
            print!("{:>16.1}", credit[place].conversions);
        }
        println!();
    }
    Ok(())
}
