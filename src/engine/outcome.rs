//! What a run comes to: totals, truth, credit and scores, each with its uncertainty.

use crate::base::{Merge, Second};
use crate::evaluate::money::{Money, ads_told, advertising, money};
use crate::evaluate::score::of_channels;
use crate::evaluate::{
    Design, Fact, Players, Score, Spend, Truth, TruthState, UpliftState, facts, noise_floor,
};
use crate::scenario::Scenario;
use crate::world::{Counts, Panel, Track};

use super::estimate::{Estimate, Jackknife, estimate};
use super::judge::{RegimeOutcome, judge};
use super::regret::Regret;
use super::run::{RunError, Setup};
use super::state::RunState;

/// Orders and value caused.
#[derive(Clone, Debug)]
pub struct Caused {
    /// What caused them.
    pub name: String,
    /// Orders.
    pub orders: Estimate,
    /// Value in fen.
    pub gmv_fen: Estimate,
}

/// What an experiment by lot says.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Name.
    pub name: String,
    /// By holdout.
    pub found: Vec<Caused>,
    /// What the truth says about the same, by holdout.
    pub caused: Vec<Caused>,
    /// Users of each holdout, among those who would have been reached.
    pub held: Vec<u64>,
    /// Share error and found ÷ caused orders, where every channel has a holdout.
    pub scores: Option<[Estimate; 2]>,
}

/// What a run comes to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Users simulated.
    pub users: u64,
    /// Users simulated again with channels switched off.
    pub sampled: u64,
    /// Users whose Shapley values were worked out.
    pub games: u64,
    /// Threads used.
    pub threads: usize,
    /// Totals.
    pub counts: Counts,
    /// What the panel saw.
    pub panel: Panel,
    /// Stretches of the policy: first second, and the phases and grants that are on.
    pub stretches: Vec<(Second, Vec<String>)>,
    /// Money by actor.
    pub money: Money,
    /// What merchants spend, by tier and channel.
    pub spend: Spend,
    /// Which notes were counted.
    pub track: Track,
    /// Whether advertising is known, and with it all that hangs on what it costs.
    pub ads_told: bool,
    /// Causal truth.
    pub truth: Truth,
    /// Caused by each channel.
    pub caused: Vec<Caused>,
    /// Caused by each channel, by tier of the merchant who sold.
    pub caused_by_tier: Vec<Vec<Caused>>,
    /// Caused by all channels together.
    pub all: Caused,
    /// Caused by the sets of channels that the scenario names.
    pub sets: Vec<Caused>,
    /// Due to each channel in the switch-off game; empty where it was not played.
    pub shapley: Vec<Caused>,
    /// Incremental return on advertising.
    pub incremental_roi: Estimate,
    /// Share error that a perfect model would show, because the truth comes from a sample.
    pub noise_floor: f64,
    /// Regimes.
    pub regimes: Vec<RegimeOutcome>,
    /// Experiments that the scenario asks for.
    pub experiments: Vec<Experiment>,
    /// What it costs to spend by each model's word, if the scenario asks.
    pub regret: Option<Regret>,
    /// Published figures and simulated ones.
    pub facts: Vec<Fact>,
    /// Digest of the latent world.
    pub latent: String,
}

/// Truth of all users and of all but one group of them.
pub(super) struct Truths<'a> {
    players: &'a Players,
    states: Jackknife<TruthState>,
    pub whole: Truth,
    pub without: Vec<Truth>,
}

impl<'a> Truths<'a> {
    fn new(players: &'a Players, groups: &[TruthState]) -> Self {
        let states = Jackknife::new(groups).unwrap_or_else(|| Jackknife {
            whole: TruthState::new(players),
            without: Vec::new(),
        });
        let without = states.without.iter();
        Self {
            whole: states.whole.estimate(players),
            without: without.map(|t| t.estimate(players)).collect(),
            players,
            states,
        }
    }

    /// The share of all users that is left without each group.
    pub fn kept(&self) -> impl Iterator<Item = f64> {
        let users = self.states.whole.users as f64;
        self.states
            .without
            .iter()
            .map(move |t| t.users as f64 / users)
    }

    /// A total; over fewer users it is brought to the number of all, to be comparable.
    fn total(&self, of: &dyn Fn(&Truth) -> f64) -> Estimate {
        let without = self.without.iter().zip(self.kept());
        let without: Vec<f64> = without.map(|(t, kept)| of(t) / kept).collect();
        estimate(of(&self.whole), &without)
    }

    fn caused(&self, name: &str, of: &dyn Fn(&Truth) -> [f64; 2]) -> Caused {
        Caused {
            name: name.to_owned(),
            orders: self.total(&|t| of(t)[0]),
            gmv_fen: self.total(&|t| of(t)[1]),
        }
    }

    fn noise_floor(&self, groups: &[TruthState]) -> f64 {
        let whole = &self.states.whole;
        let half = |parity: usize| {
            let mut half = TruthState::new(self.players);
            let parts = groups.iter().skip(parity).step_by(2);
            parts.for_each(|g| half.merge(g.clone()));
            whole.with_sample_of(&half, self.players)
        };
        noise_floor(&half(0), &half(1), whole.sampled_share())
    }
}

impl Outcome {
    /// Draws the conclusions from what a run has gathered.
    ///
    /// # Errors
    /// When a model cannot be fitted.
    pub fn new(
        scenario: &Scenario,
        setup: &Setup,
        state: RunState,
        threads: usize,
    ) -> Result<Self, RunError> {
        // Groups that nobody fell into say nothing about the spread.
        let groups: Vec<_> = state.groups.iter().filter(|g| g.truth.users > 0).collect();
        let of_groups: Vec<TruthState> = groups.iter().map(|g| g.truth.clone()).collect();
        let truths = Truths::new(&setup.again.players, &of_groups);
        let names: Vec<&str> = scenario
            .channels()
            .iter()
            .map(|c| c.name.as_str())
            .collect();
        let each = |of: &dyn Fn(&Truth, usize) -> [f64; 2]| -> Vec<Caused> {
            let places = names.iter().enumerate();
            let caused = places.map(|(place, name)| truths.caused(name, &|t| of(t, place)));
            caused.collect()
        };
        let sets = scenario.wire().measure.truth.sets.iter().enumerate();
        let played = !truths.whole.shapley.is_empty();
        let ads_told = ads_told(scenario, setup.track);
        let mut ads = advertising(scenario, &state.counts);
        if !ads_told {
            // Of a return on part of what is spent nothing could be learned.
            ads.iter_mut().flatten().for_each(|fen| *fen = 0);
        }
        let spend = Spend::new(&ads);
        let experiments = scenario.wire().measure.experiments.iter().enumerate();
        let experiments = experiments.filter_map(|(place, wire)| {
            let states = groups.iter().map(|g| g.uplifts[place].clone());
            let states: Vec<UpliftState> = states.collect();
            let design = &setup.again.experiments[place];
            experimented(scenario, wire.name.clone(), design, &states, &truths)
        });
        let roi = |truth: &Truth, share: f64| spend.part(share).incremental_roi(truth);
        let roi_without = truths.without.iter().zip(truths.kept());
        let roi_without: Vec<f64> = roi_without.map(|(t, kept)| roi(t, kept)).collect();
        Ok(Self {
            users: state.counts.users,
            sampled: truths.states.whole.sampled,
            games: truths.states.whole.game.users,
            threads,
            stretches: setup
                .world
                .timeline()
                .stretches()
                .iter()
                .map(|rules| (rules.from, rules.on.clone()))
                .collect(),
            money: money(scenario, &state.counts),
            facts: facts(scenario, &setup.world, &state.counts, &state.panel),
            caused: each(&|t, place| t.by_channel[place].caused()),
            caused_by_tier: (0..names.len())
                .map(|channel| {
                    let tiers = scenario.tiers().iter().enumerate();
                    let cell = |t: &Truth, tier: usize| t.by_group[channel][tier].caused();
                    tiers
                        .map(|(tier, of)| truths.caused(&of.wire.name, &|t| cell(t, tier)))
                        .collect()
                })
                .collect(),
            all: truths.caused("(all)", &|t| t.all.caused()),
            sets: sets
                .map(|(place, set)| truths.caused(&set.name, &|t| t.sets[place].caused()))
                .collect(),
            shapley: if played {
                // A replicate can be left without a game, and so without an interval.
                let due = |t: &Truth, place: usize| t.shapley.get(place).copied();
                each(&|t, place| due(t, place).unwrap_or([f64::NAN; 2]))
            } else {
                Vec::new()
            },
            incremental_roi: estimate(roi(&truths.whole, 1.0), &roi_without),
            noise_floor: truths.noise_floor(&of_groups),
            regimes: judge(setup, &groups, &state, &truths, &spend)?,
            experiments: experiments.collect(),
            regret: None,
            track: setup.track,
            ads_told,
            truth: truths.whole,
            spend,
            latent: state.latent(),
            counts: state.counts,
            panel: state.panel,
        })
    }
}

fn experimented(
    scenario: &Scenario,
    name: String,
    design: &Design,
    states: &[UpliftState],
    truths: &Truths<'_>,
) -> Option<Experiment> {
    let states = Jackknife::new(states)?;
    let whole = states.whole.estimate();
    let without: Vec<_> = states.without.iter().map(UpliftState::estimate).collect();
    let total = |place: usize, kind: usize| {
        let scaled = without.iter().zip(truths.kept());
        let scaled: Vec<f64> = scaled.map(|(w, kept)| w[place][kind] / kept).collect();
        estimate(whole[place][kind], &scaled)
    };
    let channels = scenario.channels().iter().map(|c| &c.name);
    let sets = scenario.wire().measure.truth.sets.iter().map(|s| &s.name);
    let names: Vec<&String> = channels.chain(sets).collect();
    let of = |t: &Truth, player: usize| match t.by_channel.get(player) {
        Some(channel) => channel.caused(),
        None => t.sets[player - t.by_channel.len()].caused(),
    };
    let players = || design.held().iter().map(|(player, _)| *player);
    let found = players().enumerate().map(|(place, player)| Caused {
        name: names[player].clone(),
        orders: total(place, 0),
        gmv_fen: total(place, 1),
    });
    let caused = players().map(|p| truths.caused(names[p], &|t| of(t, p)));
    let each = players().eq(0..scenario.channels().len());
    let scores = each.then(|| {
        let orders = |of: &[[f64; 2]]| of.iter().map(|[orders, _]| *orders).collect::<Vec<_>>();
        let now = of_channels(&orders(&whole), &truths.whole);
        let then = without.iter().zip(&truths.without);
        let then: Vec<_> = then.map(|(w, t)| of_channels(&orders(w), t)).collect();
        let of =
            |f: &dyn Fn(&Score) -> f64| estimate(f(&now), &then.iter().map(f).collect::<Vec<_>>());
        [of(&|s| s.share_error), of(&|s| s.overcount)]
    });
    Some(Experiment {
        name,
        found: found.collect(),
        caused: caused.collect(),
        held: states.whole.held(),
        scores,
    })
}
