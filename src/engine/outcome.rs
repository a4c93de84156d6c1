//! What a run comes to: totals, truth, credit and scores, each with its uncertainty.

use crate::attribute::Credit;
use crate::base::{Merge, Second};
use crate::evaluate::money::{Money, money};
use crate::evaluate::{Fact, Score, Truth, TruthState, facts, noise_floor, score};
use crate::observe::reports::ReportState;
use crate::scenario::Scenario;
use crate::world::{Counts, Panel};

use super::estimate::{Estimate, Jackknife, estimate};
use super::run::{RunError, Setup};
use super::state::RunState;

/// What a model says under a regime, and how wrong it is.
#[derive(Clone, Debug)]
pub struct Believed {
    /// Model.
    pub model: String,
    /// Credit given.
    pub credit: Credit,
    /// Share error.
    pub share_error: Estimate,
    /// Credited ÷ caused orders.
    pub overcount: Estimate,
}

/// All models under one regime.
#[derive(Clone, Debug)]
pub struct RegimeOutcome {
    /// Regime.
    pub name: String,
    /// One sentence about it.
    pub about: String,
    /// Journeys seen.
    pub journeys: u64,
    /// Touches in them.
    pub touches: u64,
    /// Whether orders outside can be joined to anything.
    pub reaches_outside: bool,
    /// What merchants are told.
    pub report: ReportState,
    /// Models.
    pub models: Vec<Believed>,
}

/// What a run comes to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Users simulated.
    pub users: u64,
    /// Users simulated again with channels switched off.
    pub sampled: u64,
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
    /// Causal truth.
    pub truth: Truth,
    /// Orders caused, by channel, then by all channels together.
    pub caused: Vec<Estimate>,
    /// Value caused in fen, by channel, then by all channels together.
    pub caused_fen: Vec<Estimate>,
    /// Share error that a perfect model would show, because the truth comes from a sample.
    pub noise_floor: f64,
    /// Regimes.
    pub regimes: Vec<RegimeOutcome>,
    /// Published figures and simulated ones.
    pub facts: Vec<Fact>,
    /// Digest of the latent world.
    pub latent: String,
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
        let truths: Vec<TruthState> = groups.iter().map(|g| g.truth.clone()).collect();
        let truths = Jackknife::new(&truths).unwrap_or_else(|| Jackknife {
            whole: TruthState::new(setup.shape.channels),
            without: Vec::new(),
        });
        let half = |parity: usize| {
            let mut half = TruthState::new(setup.shape.channels);
            let parts = groups.iter().skip(parity).step_by(2);
            parts.for_each(|g| half.merge(g.truth.clone()));
            truths.whole.with_sample_of(&half)
        };
        let noise_floor = noise_floor(&half(0), &half(1), truths.whole.sampled_share());
        let truth = truths.whole.estimate();
        let users = truths.whole.users as f64;
        // A total over fewer users is brought to the number of all, to be comparable.
        let raised = |of: &dyn Fn(&Truth) -> f64| {
            let without = truths.without.iter();
            let without = without.map(|t| of(&t.estimate()) * users / t.users as f64);
            estimate(of(&truth), &without.collect::<Vec<_>>())
        };
        let places = 0..=setup.shape.channels;
        let effect = |t: &Truth, place: usize| t.by_channel.get(place).copied().unwrap_or(t.all);
        let caused = places
            .clone()
            .map(|p| raised(&|t| effect(t, p).orders))
            .collect();
        let caused_fen = places.map(|p| raised(&|t| effect(t, p).gmv_fen)).collect();
        let mut regimes = Vec::new();
        for (place, regime) in setup.regimes.iter().enumerate() {
            let lineups: Vec<_> = groups.iter().map(|g| g.lineups[place].clone()).collect();
            let name = regime.name().to_owned();
            let credits = |state: &crate::attribute::LineupState| {
                let credits = setup.lineup.credits(state).into_iter();
                let named = credits.map(|(model, credit)| match credit {
                    Ok(credit) => Ok((model, credit)),
                    Err(source) => Err(RunError::Fit {
                        model,
                        regime: name.clone(),
                        source,
                    }),
                });
                named.collect::<Result<Vec<_>, _>>()
            };
            let Some(lineups) = Jackknife::new(&lineups) else {
                continue;
            };
            let whole = credits(&lineups.whole)?;
            let mut without: Vec<Vec<Score>> = vec![Vec::new(); whole.len()];
            for (state, truth) in lineups.without.iter().zip(&truths.without) {
                let truth = truth.estimate();
                for (scores, (_, credit)) in without.iter_mut().zip(credits(state)?) {
                    scores.push(score(&credit, &truth));
                }
            }
            let models = whole
                .into_iter()
                .zip(without)
                .map(|((model, credit), without)| {
                    let now = score(&credit, &truth);
                    let of = |f: &dyn Fn(&Score) -> f64| {
                        estimate(f(&now), &without.iter().map(f).collect::<Vec<_>>())
                    };
                    let (share_error, overcount) = (of(&|s| s.share_error), of(&|s| s.overcount));
                    Believed {
                        model,
                        credit,
                        share_error,
                        overcount,
                    }
                });
            let (journeys, touches) = state.journeys[place];
            regimes.push(RegimeOutcome {
                name: name.clone(),
                about: regime.about().to_owned(),
                journeys,
                touches,
                reaches_outside: regime.reaches_outside(),
                report: state.reports[place].clone(),
                models: models.collect(),
            });
        }
        Ok(Self {
            users: state.counts.users,
            sampled: truths.whole.sampled,
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
            truth,
            caused,
            caused_fen,
            noise_floor,
            regimes,
            latent: state.latent(),
            counts: state.counts,
            panel: state.panel,
        })
    }
}
