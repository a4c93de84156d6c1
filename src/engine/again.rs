//! Who lives the season again, and without what.
//!
//! Truth and experiments need lives that nobody lived: the same user without a channel. Most users
//! live once; an addressed sample lives on, without each channel in turn (truth), in every coalition
//! of channels (its Shapley values), or without the one channel that an experiment holds back.

use crate::base::{Person, Purpose};
use crate::evaluate::{Cell, Design, Players, TruthState, UpliftState};
use crate::scenario::Scenario;
use crate::world::{History, Intervention, World};

const TRUTH_SAMPLE: Purpose = Purpose::named("truth-sample");

/// The lots of living again.
#[derive(Debug)]
pub(super) struct Again {
    /// Whom to switch off.
    pub players: Players,
    /// Share of users in the truth sample, in units of 2⁻³².
    sample: u64,
    /// The same for those whose game is played.
    games: u64,
    pub experiments: Vec<Design>,
}

impl Again {
    pub fn new(scenario: &Scenario) -> Self {
        let measure = &scenario.wire().measure;
        let share = |share: f64| (share * 4_294_967_296.0) as u64;
        let players = Players::of(scenario);
        let experiments = measure.experiments.iter();
        let experiments = experiments.map(|e| Design::of(scenario, &players, e));
        Self {
            experiments: experiments.collect(),
            sample: share(measure.truth.sample.get()),
            games: share(measure.truth.shapley.map_or(0.0, |s| s.get())),
            players,
        }
    }

    /// Takes in a user who lived as `with`; `without` is for other lives.
    #[inline]
    pub fn user(
        &self,
        world: &World,
        (with, without): (&History, &mut History),
        truth: &mut TruthState,
        uplifts: &mut [UpliftState],
    ) {
        let person = world.root().user(with.user());
        let lot = person.stream(TRUTH_SAMPLE, 0).draw(0) >> 32;
        truth.user(&self.players, with, lot < self.sample);
        if lot < self.sample {
            self.switch_off(world, with, without, truth);
        }
        if lot < self.games {
            truth.game.play(world, with, without);
        }
        for (design, state) in self.experiments.iter().zip(uplifts) {
            experiment(design, world, person, (with, without), state);
        }
    }

    /// Lives the season again without each channel, or set of them, that reached the user. Channels
    /// that no note of was read can have changed nothing.
    fn switch_off(
        &self,
        world: &World,
        with: &History,
        without: &mut History,
        truth: &mut TruthState,
    ) {
        let reached = with.channels_read();
        for (place, off) in self.players.masks().iter().enumerate() {
            if reached & off != 0 {
                world.again(with, Intervention::without(*off), without);
                truth.switched_off(place, with.orders(), without.orders());
            }
        }
    }
}

fn experiment(
    design: &Design,
    world: &World,
    person: Person,
    (with, without): (&History, &mut History),
    state: &mut UpliftState,
) {
    let reached = with.channels_read();
    if reached == 0 {
        return;
    }
    let cell = design.cell(person);
    match cell {
        Cell::Held(own) if reached & design.held()[own].1 != 0 => {
            let off = Intervention::without(design.held()[own].1);
            world.again(with, off, without);
            design.user(state, cell, reached, without.orders());
        }
        _ => design.user(state, cell, reached, with.orders()),
    }
}
