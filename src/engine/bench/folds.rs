//! Models over journeys in memory.

use rayon::ThreadPool;

use crate::attribute::{Lineup, LineupState};
use crate::base::Merge;

use super::journeys::Data;
use super::rounds::{Subject, each};
use super::{BenchError, Part, Work};

/// Models that are measured unless others are asked for.
pub const MODELS: &str = "first,last,last-click,linear,linear:distinct,position,time-decay,shapley,\
                          markov:1,markov:2,markov:3,hazard";

/// The rules that are measured in one pass.
pub const RULES: &str = "first,last,last-click,linear,linear:distinct,position,time-decay,shapley";

/// What is folded: its name and the models. Those that are named alone are also fitted.
fn lineups(models: Option<&str>) -> Result<Vec<(String, String)>, BenchError> {
    let names = Lineup::parse(models.unwrap_or(MODELS))?.names().to_vec();
    let together = match models {
        None => Some(("rules in one pass".to_owned(), RULES.to_owned())),
        Some(_) if names.len() < 2 => None,
        Some(_) => Some((format!("{} in one pass", names.join(",")), names.join(","))),
    };
    let single = names.into_iter().map(|name| (name.clone(), name));
    Ok(single.chain(together).collect())
}

/// Folds on each pool, and fits.
pub(super) fn subjects<'a>(
    data: &'a Data,
    models: Option<&str>,
    pools: &'a [ThreadPool],
) -> Result<Vec<Subject<'a>>, BenchError> {
    let names: Vec<String> = (0..data.of.channels)
        .map(|c| format!("channel-{c}"))
        .collect();
    let mut subjects = Vec::new();
    for (name, list) in lineups(models)? {
        let lineup = || {
            let mut lineup = Lineup::parse(&list)?;
            lineup.bind(&names)?;
            Ok::<_, BenchError>(lineup)
        };
        let fitted = lineup()?;
        let mut state = fitted.start(data.of.shape());
        data.batches.iter().for_each(|b| fitted.fold(&mut state, b));
        for (model, credit) in fitted.credits(&state) {
            credit.map_err(|source| BenchError::Fit { model, source })?;
        }
        let work = |part, threads| Work {
            part,
            name: name.clone(),
            data: data.of.data(),
            threads,
            items: if part == Part::Fit {
                1
            } else {
                data.of.journeys
            },
            touches: (part == Part::Fold).then_some(data.touches),
            state_bytes: Some(fitted.bytes(&state).iter().map(|(_, bytes)| bytes).sum()),
        };
        for pool in pools {
            let lineup = lineup()?;
            let work = work(Part::Fold, pool.current_num_threads());
            subjects.push(Subject::new(work, move || fold(&lineup, data, pool)));
        }
        let work = work(Part::Fit, 1);
        subjects.push(Subject::new(work, move || fitted.credits(&state)));
    }
    Ok(subjects)
}

fn fold(lineup: &Lineup, data: &Data, pool: &ThreadPool) -> Option<LineupState> {
    let start = || lineup.start(data.of.shape());
    let step = |state: &mut LineupState, task: usize| {
        // One task is one batch, so it is there.
        if let Some(batch) = data.batches.get(task) {
            lineup.fold(state, batch);
        }
    };
    let parts = each(pool, data.batches.len(), start, step, |state| state);
    parts.into_iter().reduce(|mut sum, part| {
        sum.merge(part);
        sum
    })
}
