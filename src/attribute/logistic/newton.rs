//! Newton's method for the log likelihood of a logistic regression.
//!
//! The likelihood is concave, so a step solves `H·step = gradient` with `H` the curvature at hand. A step that would lower the likelihood is halved until it does not. Near
//! the maximum the gain of a step shrinks like a square, and a few steps are enough. Where there is no
//! maximum it shrinks by a factor of e a step, which takes more than [`STEPS`]: that is how separation by
//! several channels together is noticed. Separation by one channel is seen in the counts beforehand.
//!
//! All sums run in the order of the patterns and of the channels.

use crate::base::math;

use super::super::model::FitError;

/// Most steps.
const STEPS: u32 = 25;
/// A step that gains less of the log likelihood than this is the last.
const TOLERANCE: f64 = 1e-12;
/// A pivot that is less than this of its diagonal is rounding.
const SINGULAR: f64 = 1e-10;

/// Journeys of one pattern.
pub(super) struct Trial {
    /// Columns that are not zero, and what they are.
    pub x: Vec<(usize, f64)>,
    pub wins: f64,
    pub losses: f64,
}

/// The maximum.
pub(super) struct Found {
    pub beta: Vec<f64>,
    pub intercept: f64,
    pub steps: u32,
}

/// Why there is none.
pub(super) enum Fault {
    NoLosses,
    /// Journeys with this column always convert, or never.
    OneSided(usize),
    /// This column says nothing that those before it do not say.
    Repeats(usize),
    /// Columns together tell wins from losses.
    Separated,
}

impl Fault {
    /// For people, who know channels by their names if the model was told them.
    pub fn told(&self, model: &str, channels: &[u16], names: &[String]) -> FitError {
        let name = |column: &usize| match channels.get(*column) {
            Some(channel) => match names.get(usize::from(*channel)) {
                Some(name) => format!("the channel `{name}`"),
                None => format!("channel {channel}"),
            },
            None => "the intercept".to_owned(),
        };
        let why = match self {
            Self::NoLosses => {
                let needs = "needs journeys without a conversion: there are none to compare with";
                return FitError::Other(format!("{model} {needs}"));
            }
            Self::OneSided(column) => {
                format!("journeys with {} always convert, or never", name(column))
            }
            Self::Repeats(column) => {
                format!("{} cannot be told apart from other channels", name(column))
            }
            Self::Separated => "channels together tell all conversions from nulls".to_owned(),
        };
        let remedy = "take a penalty, as in `logistic:l2=1`, or group rare channels together";
        FitError::Other(format!("{model} has no maximum, {why}: {remedy}"))
    }
}

fn odds(trial: &Trial, beta: &[f64], intercept: f64) -> f64 {
    let terms = trial.x.iter().map(|(column, x)| beta[*column] * x);
    intercept + terms.sum::<f64>()
}

/// ln(1 + e^x)
fn softplus(x: f64) -> f64 {
    x.max(0.0) + math::ln_1p(math::exp(-x.abs()))
}

/// The log likelihood, without a penalty.
pub(super) fn likelihood(trials: &[Trial], beta: &[f64], intercept: f64) -> f64 {
    let mut sum = 0.0;
    for trial in trials {
        let odds = odds(trial, beta, intercept);
        sum -= trial.wins * softplus(-odds) + trial.losses * softplus(odds);
    }
    sum
}

/// Solves `m·x = b` for a symmetric positive `m` of `n` rows, lower half, in place: by `m = L·D·Lᵀ`, which
/// takes no root, so that twice the journeys give the same step to the last bit.
fn solve(m: &mut [f64], b: &mut [f64]) -> Result<(), usize> {
    let n = b.len();
    let mut scaled = vec![0.0; n];
    for j in 0..n {
        let (above, rest) = m.split_at_mut((j + 1) * n);
        let (earlier, row) = above.split_at_mut(j * n);
        for k in 0..j {
            scaled[k] = row[k] * earlier[k * n + k];
        }
        let dot: f64 = row[..j].iter().zip(&scaled).map(|(x, y)| x * y).sum();
        let pivot = row[j] - dot;
        // Written so that a pivot that is no number stops it, too.
        let sound = pivot > SINGULAR * row[j];
        if !sound {
            return Err(j);
        }
        row[j] = pivot;
        for below in rest.chunks_exact_mut(n) {
            let dot: f64 = below[..j].iter().zip(&scaled).map(|(x, y)| x * y).sum();
            below[j] = (below[j] - dot) / pivot;
        }
    }
    for i in 0..n {
        let dot: f64 = (0..i).map(|k| m[i * n + k] * b[k]).sum();
        b[i] -= dot;
    }
    for i in (0..n).rev() {
        let dot: f64 = (i + 1..n).map(|k| m[k * n + i] * b[k]).sum();
        b[i] = b[i] / m[i * n + i] - dot;
    }
    Ok(())
}

/// Refuses what has no maximum for a reason that counts show.
fn check(trials: &[Trial], columns: usize, penalty: f64) -> Result<f64, Fault> {
    let mut ends = vec![[0.0; 2]; columns];
    let (mut wins, mut losses) = (0.0, 0.0);
    for trial in trials {
        wins += trial.wins;
        losses += trial.losses;
        for (column, _) in &trial.x {
            ends[*column][0] += trial.wins;
            ends[*column][1] += trial.losses;
        }
    }
    if losses == 0.0 || wins == 0.0 {
        return Err(Fault::NoLosses);
    }
    let one_sided = |[wins, losses]: &[f64; 2]| *wins == 0.0 || *losses == 0.0;
    match ends.iter().position(one_sided) {
        Some(column) if penalty == 0.0 => Err(Fault::OneSided(column)),
        _ => Ok(math::ln(wins / losses)),
    }
}

/// The maximum of the log likelihood less ½·penalty·Σβ².
pub(super) fn fit(trials: &[Trial], columns: usize, penalty: f64) -> Result<Found, Fault> {
    let mut intercept = check(trials, columns, penalty)?;
    let mut beta = vec![0.0; columns];
    let size = columns + 1;
    let goal = |beta: &[f64], intercept: f64| {
        let squares: f64 = beta.iter().map(|b| b * b).sum();
        likelihood(trials, beta, intercept) - 0.5 * penalty * squares
    };
    let mut now = goal(&beta, intercept);
    for steps in 1..=STEPS {
        let mut curvature = vec![0.0; size * size];
        let mut step = vec![0.0; size];
        for trial in trials {
            let chance = 1.0 / (1.0 + math::exp(-odds(trial, &beta, intercept)));
            let times = trial.wins + trial.losses;
            let pull = trial.wins - times * chance;
            let weight = times * chance * (1.0 - chance);
            for (place, (i, x)) in trial.x.iter().enumerate() {
                step[*i] += pull * x;
                for (j, y) in &trial.x[..=place] {
                    curvature[i * size + j] += weight * x * y;
                }
                curvature[columns * size + i] += weight * x;
            }
            step[columns] += pull;
            curvature[columns * size + columns] += weight;
        }
        for i in 0..columns {
            step[i] -= penalty * beta[i];
            curvature[i * size + i] += penalty;
        }
        let gradient = step.clone();
        solve(&mut curvature, &mut step).map_err(Fault::Repeats)?;
        let gain: f64 = gradient.iter().zip(&step).map(|(g, s)| g * s).sum();
        // Near the maximum the likelihood is flat to the last digits: so much less is no less.
        let least = now - 1e-10 * now.abs();
        let mut part = 1.0;
        loop {
            let moved: Vec<f64> = beta.iter().zip(&step).map(|(b, s)| b + part * s).collect();
            let free = intercept + part * step[columns];
            let there = goal(&moved, free);
            if there >= least || part < 1e-9 {
                (beta, intercept, now) = (moved, free, there);
                break;
            }
            part /= 2.0;
        }
        if 0.5 * gain <= TOLERANCE * now.abs() {
            return Ok(Found {
                beta,
                intercept,
                steps,
            });
        }
    }
    Err(Fault::Separated)
}

#[cfg(test)]
mod tests {
    use super::solve;

    /// Would catch a factorisation that does not solve, and a singular matrix that is solved.
    #[test]
    fn solves_what_can_be_solved() {
        // The upper half is not looked at.
        let mut m = [4.0, 9.9, 9.9, 2.0, 5.0, 9.9, 1.0, 3.0, 6.0];
        let mut b = [9.0, 16.0, 19.0];
        assert_eq!(solve(&mut m, &mut b), Ok(()));
        let found = b;
        let check = [
            4.0 * found[0] + 2.0 * found[1] + found[2],
            2.0 * found[0] + 5.0 * found[1] + 3.0 * found[2],
            found[0] + 3.0 * found[1] + 6.0 * found[2],
        ];
        for (a, b) in check.iter().zip([9.0, 16.0, 19.0]) {
            assert!((a - b).abs() < 1e-12, "{check:?}");
        }
        let mut m = [1.0, 0.0, 1.0, 1.0];
        assert_eq!(solve(&mut m, &mut [1.0, 1.0]), Err(1));
    }
}
