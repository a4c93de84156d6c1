//! What it costs to believe a model.
//!
//! Each model under each regime gives every channel that money is spent on a return: value credited
//! by fen spent. A merchant who believes it moves the budget to where it sees most. Here that is
//! done: the channels in the order of their return get up to `most` times their budget, while the
//! others keep at least that part of theirs, until all that was spent before is spent again. Then
//! the same users live the season with the new budget, and with the one that the truth would have
//! chosen by the same rule. What they buy less is the **regret**.
//!
//! A budget buys exposure in proportion; prices stay as they are. Returns are averages, and what the
//! next fen brings may be less: a model that is wrong by luck can come out above the truth. So a
//! regret may be negative, and its interval says whether that means anything.

use crate::attribute::Credit;
use crate::scenario::wire::RegretWire;
use crate::scenario::{Override, Scenario};
use crate::world::Track;

use super::compare::{CompareOptions, MOST_SCENARIOS, compare};
use super::estimate::Estimate;
use super::outcome::Outcome;
use super::run::{Progress, RunError, Setup};

/// A division of the budget and what became of it.
#[derive(Clone, Debug)]
pub struct Budget {
    /// What each channel gets, as a multiple of what it has; 1 where nothing is spent.
    pub times: Vec<f64>,
    /// Sales lost against the budget of the truth, in fen.
    pub lost_fen: Estimate,
    /// What is spent, as a multiple of what was spent before.
    pub spent: f64,
}

/// What it costs to spend by somebody's word.
#[derive(Clone, Debug)]
pub struct Regret {
    /// Users who lived the season with each budget.
    pub users: u64,
    /// Largest multiple of a channel's budget.
    pub most: f64,
    /// The budget that the truth chooses; it has lost nothing.
    pub truth: Vec<f64>,
    /// The budget as it is.
    pub today: Budget,
    /// Other budgets that models choose, each once.
    pub chosen: Vec<Budget>,
    /// The place among `chosen` of each regime's models; none where a model chooses as the truth
    /// does, or leaves things as they are because it credits nothing that is paid for.
    pub choices: Vec<Vec<Choice>>,
}

/// Which budget a model chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// That of the truth.
    Truth,
    /// That of today: the model credits nothing that is paid for.
    Today,
    /// Another.
    Other(usize),
}

/// Moves a budget towards return, within bounds: multiples of what each channel has.
fn divide(spent: &[f64], returns: &[f64], most: f64) -> Vec<f64> {
    let mut times: Vec<f64> = spent
        .iter()
        .map(|s| if *s > 0.0 { 1.0 / most } else { 1.0 })
        .collect();
    let mut left: f64 = spent.iter().sum::<f64>() * (1.0 - 1.0 / most);
    let mut order: Vec<usize> = (0..spent.len()).filter(|c| spent[*c] > 0.0).collect();
    // Sorting is stable: of channels with the same return the first in the scenario comes first.
    order.sort_by(|a, b| returns[*b].total_cmp(&returns[*a]));
    for channel in order {
        let more = (spent[channel] * (most - 1.0 / most)).min(left);
        times[channel] += more / spent[channel];
        left -= more;
    }
    times
}

fn returns(value: impl Iterator<Item = f64>, spent: &[f64]) -> Vec<f64> {
    let by = |(value, spent): (f64, &f64)| if *spent > 0.0 { value / spent } else { 0.0 };
    value.zip(spent).map(by).collect()
}

/// The budget that a credit asks for; none where it credits nothing that money is spent on.
fn asked(credit: &Credit, spent: &[f64], most: f64) -> Option<Vec<f64>> {
    let value = credit.by_channel().into_iter().map(|a| a.value);
    let returns = returns(value, spent);
    let any = returns.iter().any(|r| *r > 0.0);
    any.then(|| divide(spent, &returns, most))
}

/// The scenario with other budgets.
fn spending(scenario: &Scenario, name: &str, times: &[f64]) -> Result<Scenario, RunError> {
    let mut changes = vec![format!("name=\"{name}\"")];
    for (channel, times) in scenario.channels().iter().zip(times) {
        let share = channel.share_of_shown * times;
        changes.push(format!(
            "channels[{}].share_of_shown={share:?}",
            channel.name
        ));
    }
    let changes: Result<Vec<Override>, _> = changes.iter().map(|c| Override::parse(c)).collect();
    let changed = changes.and_then(|c| Scenario::from_text(scenario.origin(), scenario.text(), &c));
    changed.map_err(|source| RunError::Budget { source })
}

/// Lets every model spend, and tells the outcome what it cost.
pub(super) fn judge(
    scenario: &Scenario,
    setup: &Setup,
    wanted: &RegretWire,
    outcome: &mut Outcome,
    progress: &dyn Progress,
) -> Result<(), RunError> {
    let most = wanted.most.get();
    let spent = outcome.spend.by_channel();
    let caused = outcome.truth.by_channel.iter().map(|t| t.gmv_fen);
    let truth = divide(&spent, &returns(caused, &spent), most);
    let today = vec![1.0; spent.len()];
    let mut budgets = vec![today.clone()];
    let choose = |credit: &Credit, budgets: &mut Vec<Vec<f64>>| match asked(credit, &spent, most) {
        None => Choice::Today,
        Some(times) if times == truth => Choice::Truth,
        Some(times) => {
            let known = budgets.iter().position(|b| *b == times);
            let place = known.unwrap_or_else(|| {
                budgets.push(times);
                budgets.len() - 1
            });
            // The first budget is today's.
            place.checked_sub(1).map_or(Choice::Today, Choice::Other)
        }
    };
    let regimes = outcome.regimes.iter();
    let choices: Vec<Vec<Choice>> = regimes
        .map(|r| {
            r.models
                .iter()
                .map(|m| choose(&m.credit, &mut budgets))
                .collect()
        })
        .collect();
    let mut lived = live(
        scenario,
        setup,
        wanted,
        outcome,
        (&truth, &budgets),
        progress,
    )?;
    let none = Estimate {
        value: 0.0,
        interval: None,
    };
    for (regime, choices) in outcome.regimes.iter_mut().zip(&choices) {
        for (model, choice) in regime.models.iter_mut().zip(choices) {
            model.regret_fen = Some(match choice {
                Choice::Truth => none,
                Choice::Today => lived[0].lost_fen,
                Choice::Other(place) => lived[place + 1].lost_fen,
            });
        }
    }
    let today = lived.remove(0);
    outcome.regret = Some(Regret {
        users: wanted.users,
        most,
        truth,
        today,
        chosen: lived,
        choices,
    });
    Ok(())
}

/// Lets the same users live the season with each budget, and holds their sales against those with
/// the truth's. Values are for all users of the run.
fn live(
    scenario: &Scenario,
    setup: &Setup,
    wanted: &RegretWire,
    outcome: &Outcome,
    (truth, budgets): (&[f64], &[Vec<f64>]),
    progress: &dyn Progress,
) -> Result<Vec<Budget>, RunError> {
    let options = CompareOptions {
        users: Some(wanted.users),
        seed: Some(setup.seed),
        threads: Some(outcome.threads),
        track: Track::Impressions,
    };
    let spent: f64 = outcome.spend.by_channel().iter().sum();
    let raise = outcome.users as f64 / wanted.users as f64;
    let mut lived = Vec::new();
    let chunks = budgets.chunks(MOST_SCENARIOS - 1);
    progress.next("budgets", wanted.users * chunks.len() as u64);
    for chunk in chunks {
        let mut worlds = vec![spending(scenario, "truth", truth)?];
        for (place, times) in chunk.iter().enumerate() {
            worlds.push(spending(scenario, &format!("budget-{place}"), times)?);
        }
        let found = compare(&worlds, &options, progress);
        let found = found.map_err(|source| RunError::Compare(Box::new(source)))?;
        let metrics = || found.metrics.iter();
        let gmv = metrics().position(|m| m.name == "gmv").unwrap_or_default();
        let ads = metrics().position(|m| m.name == "platform.ads");
        let ads = ads.unwrap_or_default();
        for ((pair, side), times) in found.pairs.iter().zip(&found.sides[1..]).zip(chunk) {
            lived.push(Budget {
                times: times.clone(),
                lost_fen: pair.differences[gmv].estimate.times(-raise),
                spent: side[ads].value * raise / spent,
            });
        }
    }
    Ok(lived)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a budget that is not kept, bounds that are passed, or money that goes to the
    /// lesser return.
    #[test]
    fn a_budget_moves_to_return_within_bounds() {
        let spent = [100.0, 0.0, 300.0, 100.0];
        let times = divide(&spent, &[1.0, 9.0, 3.0, 2.0], 2.0);
        // Half of everything is kept: 250 are left, all of which the best channel can take.
        assert_eq!(times, [0.5, 1.0, 0.5 + 250.0 / 300.0, 0.5]);
        let times = divide(&spent, &[3.0, 9.0, 1.0, 2.0], 2.0);
        // 150 for the best, 100 for the next.
        assert_eq!(times, [2.0, 1.0, 0.5, 1.5]);
        let sum: f64 = times.iter().zip(spent).map(|(t, s)| t * s).sum();
        assert_eq!(sum, 500.0);
        assert_eq!(divide(&spent, &[1.0, 1.0, 1.0, 1.0], 1.0), [1.0; 4]);
    }
}
