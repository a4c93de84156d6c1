//! Absorbing chains, solved without a subtraction.
//!
//! # The problem
//!
//! A walk starts in channel `i` with frequency `sᵢ`, steps from `i` to `j` with frequency `cᵢⱼ`, and
//! ends from `i` in a conversion or in null. With `dᵢ` for all that leaves `i`, `A = D − C` is the
//! chain's matrix in units of journeys rather than of probabilities, and `M = A⁻¹` answers
//! everything (Kemeny and Snell, 1960, *Finite Markov chains*, chapter 3; `N = (I − Q)⁻¹ = M·D`):
//!
//! ```text
//! u = sᵀM        uᵢ·dᵢ = expected visits of i
//! w = M·conv     wᵢ    = chance to convert, once in i
//! ```
//!
//! # All removals from one factorisation
//!
//! Removing channel `c` sends every walk that reaches it to null. What is lost is the flow that
//! ever reaches `c`, times the chance to convert from there. The chance to reach `c` is the
//! expected number of visits over the expected number of visits *given one*, so
//!
//! ```text
//! lost(c) = (N[start, c] / N[c, c]) · P(conversion | c) = u_c · w_c / M[c, c]
//! ```
//!
//! (the Sherman–Morrison formula for a removed row says the same). One factorisation serves all
//! channels; solving each reduced chain anew would cost n times as much. With the mean value of the
//! conversions made from `i` as a reward in place of the count, the same line gives the lost value.
//!
//! # Why no pivoting
//!
//! `A` has a positive diagonal, no positive entry beside it, and row sums that are the frequencies
//! of ending: an M-matrix. Grassmann, Taksar and Heyman (1985, *Regenerative analysis and steady
//! state distributions for Markov chains*) eliminate states in turn and recompute each pivot as the
//! sum of what leaves the state, instead of subtracting from the diagonal. Every number is then a
//! sum, product or quotient of non-negative numbers: nothing cancels, each entry keeps nearly all
//! of its digits whatever the condition of the matrix (O'Cinneide, 1993, *Entrywise perturbation
//! theory and error analysis for Markov chains*), and pivoting has nothing to improve.
//!
//! # Why it is never singular
//!
//! A pivot is zero only for a set of states that nothing leaves. Every channel in the table was put
//! there by a journey, and that journey ended: from each channel a path leads to an end.

use super::model::FitError;

/// A fitted chain of order 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// The chance that a journey converts, by the chain. Equals conversions over journeys.
    pub base_probability: f64,
    /// Expected value of a journey, by the chain, in fen.
    pub base_value: f64,
    /// By channel, the part of the conversions lost when the channel is removed.
    pub removal: Vec<f64>,
    /// By channel, the part of the value lost when the channel is removed.
    pub removal_value: Vec<f64>,
}

/// Frequencies of a chain. Rows and columns are the channels seen, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Flows {
    /// How many channels.
    pub n: usize,
    /// Row by row, from channel to channel; the diagonal is not read.
    pub steps: Vec<f64>,
    /// From the start.
    pub starts: Vec<f64>,
    /// To a conversion.
    pub conversions: Vec<f64>,
    /// To null.
    pub nulls: Vec<f64>,
    /// Value of those conversions.
    pub value: Vec<f64>,
}

/// What comes of it: flows through the chain, and flows lost by each channel's removal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Solved {
    pub conversions: f64,
    pub value: f64,
    pub lost: Vec<f64>,
    pub lost_value: Vec<f64>,
}

impl Flows {
    /// Solves the chain.
    ///
    /// # Errors
    ///
    /// When nothing leaves a set of channels; the number is a row's.
    pub fn solve(self) -> Result<Solved, FitError> {
        let (starts, conversions) = (self.starts.clone(), self.conversions.clone());
        let value = self.value.clone();
        let factors = Factors::of(self)?;
        let reached = factors.solve_left(&starts);
        let (convert, worth) = (
            factors.solve_right(&conversions),
            factors.solve_right(&value),
        );
        let mut scratch = vec![0.0; factors.n];
        let (lost, lost_value) = (0..factors.n)
            .map(|c| {
                let ever = reached[c] / factors.diagonal_of_inverse(c, &mut scratch);
                (ever * convert[c], ever * worth[c])
            })
            .unzip();
        Ok(Solved {
            conversions: dot(&starts, &convert),
            value: dot(&starts, &worth),
            lost,
            lost_value,
        })
    }
}

/// `A = L·U` with `L` = 1 on the diagonal and `−below` under it, `U` = `pivots` on the diagonal and
/// `−above` over it; `below` and `above` share one matrix of non-negative numbers.
struct Factors {
    n: usize,
    matrix: Vec<f64>,
    pivots: Vec<f64>,
}

impl Factors {
    fn of(flows: Flows) -> Result<Self, FitError> {
        let n = flows.n;
        let mut matrix = flows.steps;
        let mut ends: Vec<f64> = plus(&flows.conversions, &flows.nulls);
        let mut pivots = vec![0.0; n];
        for k in 0..n {
            let (upper, lower) = matrix.split_at_mut((k + 1) * n);
            let out = &upper[k * n + k + 1..];
            let pivot = sum(out) + ends[k];
            if pivot.is_nan() || pivot <= 0.0 {
                return Err(FitError::Singular { channel: k });
            }
            pivots[k] = pivot;
            let end = ends[k];
            for (row, i) in lower.chunks_exact_mut(n).zip(k + 1..) {
                if row[k] > 0.0 {
                    // What went from i to k now goes on from i as it does from k.
                    let factor = row[k] / pivot;
                    row[k] = factor;
                    for (to, from) in row[k + 1..].iter_mut().zip(out) {
                        *to += factor * from;
                    }
                    ends[i] += factor * end;
                }
            }
        }
        Ok(Self { n, matrix, pivots })
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.matrix[i * self.n..(i + 1) * self.n]
    }

    /// `xᵀ` with `xᵀA = bᵀ`.
    fn solve_left(&self, b: &[f64]) -> Vec<f64> {
        let mut x = b.to_vec();
        for k in 0..self.n {
            x[k] /= self.pivots[k];
            let from = x[k];
            for (to, step) in x[k + 1..].iter_mut().zip(&self.row(k)[k + 1..]) {
                *to += from * step;
            }
        }
        for i in (0..self.n).rev() {
            let from = x[i];
            for (to, step) in x[..i].iter_mut().zip(self.row(i)) {
                *to += from * step;
            }
        }
        x
    }

    /// `x` with `A·x = b`.
    fn solve_right(&self, b: &[f64]) -> Vec<f64> {
        let mut x = b.to_vec();
        for i in 0..self.n {
            x[i] += dot(&self.row(i)[..i], &x[..i]);
        }
        self.back(&mut x, 0);
        x
    }

    /// Back substitution, down to place `until`.
    fn back(&self, x: &mut [f64], until: usize) {
        for k in (until..self.n).rev() {
            let later = dot(&self.row(k)[k + 1..], &x[k + 1..]);
            x[k] = (x[k] + later) / self.pivots[k];
        }
    }

    /// `A⁻¹[c, c]`: column c of the inverse, from the first place that is not zero, upwards to c.
    fn diagonal_of_inverse(&self, c: usize, x: &mut [f64]) -> f64 {
        x[c] = 1.0;
        for i in c + 1..self.n {
            x[i] = dot(&self.row(i)[c..i], &x[c..i]);
        }
        self.back(x, c);
        x[c]
    }
}

fn plus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn sum(a: &[f64]) -> f64 {
    a.iter().sum()
}

/// Eight partial sums, in a fixed order: as many as a vector unit holds, and the same everywhere.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a
        .remainder()
        .iter()
        .zip(b.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in a.zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    sum(&lanes) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// start → 0, 0 ⇄ 1, both may end; worked by hand.
    fn two() -> Flows {
        Flows {
            n: 2,
            steps: vec![0.0, 2.0, 1.0, 0.0],
            starts: vec![3.0, 0.0],
            conversions: vec![1.0, 1.0],
            nulls: vec![1.0, 0.0],
            value: vec![10.0, 40.0],
        }
    }

    /// Would catch a wrong removal formula: without N[c,c], channel 0 would lose more than all.
    #[test]
    fn removal_by_hand() {
        let solved = two().solve().unwrap();
        assert!((solved.conversions - 2.0).abs() < 1e-12);
        assert!((solved.value - 50.0).abs() < 1e-12);
        // Every walk starts in 0. Without 1, what is left of 3 is 3 · 1/4 converted in 0.
        assert!((solved.lost[0] - 2.0).abs() < 1e-12);
        assert!((solved.lost[1] - 1.25).abs() < 1e-12);
        assert!((solved.lost_value[1] - 42.5).abs() < 1e-12);
    }

    /// Would catch a division by zero that turns into a credit of NaN.
    #[test]
    fn a_state_without_an_end_is_refused() {
        let mut flows = two();
        flows.conversions = vec![0.0; 2];
        flows.nulls = vec![0.0; 2];
        assert_eq!(flows.solve(), Err(FitError::Singular { channel: 1 }));
    }

    /// Would catch cancellation: pairs that hand over to each other 10¹⁵ times for each exit. The
    /// usual elimination subtracts nearly equal numbers here and keeps no digit.
    #[test]
    fn nearly_closed_pairs_keep_their_digits() {
        let far = 1e15;
        let flows = Flows {
            n: 2,
            steps: vec![0.0, far, far, 0.0],
            starts: vec![1.0, 1.0],
            conversions: vec![0.3, 0.0],
            nulls: vec![0.0, 0.7],
            value: vec![0.0; 2],
        };
        let solved = flows.solve().unwrap();
        // By symmetry of the two starts, up to 10⁻¹⁵: 2 · 0.3 / (0.3 + 0.7).
        assert!((solved.conversions - 0.6).abs() < 1e-13);
    }
}
