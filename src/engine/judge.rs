//! Each model under each regime, held against the truth.

use crate::attribute::{Credit, LineupState};
use crate::base::Merge;
use crate::evaluate::score::unsteadiness;
use crate::evaluate::{Score, Spend, score};
use crate::observe::reports::ReportState;

use super::estimate::{Estimate, Jackknife, estimate};
use super::outcome::Truths;
use super::run::{RunError, Setup};
use super::state::{Group, RunState};

/// What a model says under a regime, and how wrong it is: see [`mod@crate::evaluate::score`].
#[derive(Clone, Debug)]
pub struct Believed {
    /// Model.
    pub model: String,
    /// Credit given.
    pub credit: Credit,
    /// Share error over channels.
    pub share_error: Estimate,
    /// Share error over groups of merchants.
    pub group_error: Estimate,
    /// Rank agreement.
    pub rank: Estimate,
    /// Credited ÷ caused orders.
    pub overcount: Estimate,
    /// Measured return on advertising.
    pub roi: Estimate,
    /// Measured less incremental return.
    pub roi_bias: Estimate,
    /// Root mean square of the same over groups of merchants.
    pub roi_rmse: Estimate,
    /// Credited less caused orders, by channel.
    pub bias: Vec<Estimate>,
    /// How far shares of credit would move with other users; NaN where they cannot be told.
    pub unsteadiness: f64,
    /// Sales lost by spending as the model says, in fen, where the scenario asks.
    pub regret_fen: Option<Estimate>,
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

/// Credits of a lineup by model, or why one cannot be had.
fn credits(setup: &Setup, regime: &str, state: &LineupState) -> Result<Credits, RunError> {
    let credits = setup.lineup.credits(state).into_iter();
    let named = credits.map(|(model, credit)| match credit {
        Ok(credit) => Ok((model, credit)),
        Err(source) => Err(RunError::Fit {
            model,
            regime: regime.to_owned(),
            source,
        }),
    });
    named.collect()
}

type Credits = Vec<(String, Credit)>;

/// Fits all models under each regime and scores them.
pub(super) fn judge(
    setup: &Setup,
    groups: &[&Group],
    state: &RunState,
    truths: &Truths<'_>,
    spend: &Spend,
) -> Result<Vec<RegimeOutcome>, RunError> {
    let mut regimes = Vec::new();
    for (place, (regime, (journeys, touches))) in
        setup.regimes.iter().zip(&state.journeys).enumerate()
    {
        let lineups: Vec<_> = groups.iter().map(|g| g.lineups[place].clone()).collect();
        let Some(states) = Jackknife::new(&lineups) else {
            continue;
        };
        let name = regime.name();
        let whole = credits(setup, name, &states.whole)?;
        let mut without: Vec<Vec<Score>> = vec![Vec::new(); whole.len()];
        let left = states.without.iter().zip(&truths.without);
        for ((state, truth), kept) in left.zip(truths.kept()) {
            let spend = spend.part(kept);
            for (scores, (_, credit)) in without.iter_mut().zip(credits(setup, name, state)?) {
                scores.push(score(&credit, truth, &spend));
            }
        }
        let halves = halves(setup, name, &lineups)?;
        let models = whole.into_iter().zip(without).enumerate();
        let models = models.map(|(m, ((model, credit), without))| {
            let halves = halves.as_ref().map(|[a, b]| unsteadiness(&a[m].1, &b[m].1));
            let kept: Vec<f64> = truths.kept().collect();
            Believed {
                unsteadiness: halves.unwrap_or(f64::NAN),
                ..believed(
                    model,
                    score(&credit, &truths.whole, spend),
                    &without,
                    &kept,
                    credit,
                )
            }
        });
        regimes.push(RegimeOutcome {
            name: name.to_owned(),
            about: regime.about().to_owned(),
            journeys: *journeys,
            touches: *touches,
            reaches_outside: regime.reaches_outside(),
            report: state.reports[place].clone(),
            models: models.collect(),
        });
    }
    Ok(regimes)
}

/// Credits from the even and from the odd groups; none where there is only one.
fn halves(
    setup: &Setup,
    regime: &str,
    lineups: &[LineupState],
) -> Result<Option<[Credits; 2]>, RunError> {
    let half = |parity: usize| {
        let parts = lineups.iter().skip(parity).step_by(2).cloned();
        parts.reduce(|mut sum, part| {
            sum.merge(part);
            sum
        })
    };
    let (Some(even), Some(odd)) = (half(0), half(1)) else {
        return Ok(None);
    };
    let both = [
        credits(setup, regime, &even)?,
        credits(setup, regime, &odd)?,
    ];
    Ok(Some(both))
}

fn believed(
    model: String,
    now: Score,
    without: &[Score],
    kept: &[f64],
    credit: Credit,
) -> Believed {
    let of =
        |f: &dyn Fn(&Score) -> f64| estimate(f(&now), &without.iter().map(f).collect::<Vec<_>>());
    let bias = |channel: usize| {
        // A total over fewer users is brought to the number of all, to be comparable.
        let scaled = without.iter().zip(kept);
        let scaled: Vec<f64> = scaled.map(|(s, kept)| s.bias[channel] / kept).collect();
        estimate(now.bias[channel], &scaled)
    };
    Believed {
        model,
        credit,
        share_error: of(&|s| s.share_error),
        group_error: of(&|s| s.group_error),
        rank: of(&|s| s.rank),
        overcount: of(&|s| s.overcount),
        roi: of(&|s| s.roi),
        roi_bias: of(&|s| s.roi_bias),
        roi_rmse: of(&|s| s.roi_rmse),
        bias: (0..now.bias.len()).map(bias).collect(),
        unsteadiness: f64::NAN,
        regret_fen: None,
    }
}
