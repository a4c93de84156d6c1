//! Each model by its definition, as slowly and plainly as it reads. Nothing here is shared with the
//! crate.

use redcat::base::math;

use super::rows::{N, Row};

/// Weights of a journey's touches under a rule, by its definition.
pub type Naive = fn(&Row) -> Vec<f64>;

fn at(row: &Row, place: Option<usize>) -> Vec<f64> {
    let places = 0..row.touches.len();
    places.map(|i| f64::from(Some(i) == place)).collect()
}

fn scaled(weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / sum).collect()
}

fn naive_distinct(row: &Row) -> Vec<f64> {
    let first = |i: usize| row.touches[..i].iter().all(|t| t.0 != row.touches[i].0);
    let places = 0..row.touches.len();
    scaled(places.map(|i| f64::from(first(i))).collect())
}

fn naive_position(row: &Row, [f, m, l]: [f64; 3], renormalise: bool) -> Vec<f64> {
    match row.touches.len() {
        0 => vec![],
        1 => vec![1.0],
        2 if renormalise => vec![f / (f + l), l / (f + l)],
        2 => vec![f + m / 2.0, l + m / 2.0],
        n => {
            let mut weights = vec![m / (n - 2) as f64; n];
            weights[0] = f;
            weights[n - 1] = l;
            weights
        }
    }
}

pub const NAIVE: [(&str, Naive); 10] = [
    ("first", |row| at(row, Some(0))),
    ("last", |row| at(row, row.touches.len().checked_sub(1))),
    ("last-click", |row| {
        at(row, row.touches.iter().rposition(|t| t.1))
    }),
    ("linear", |row| scaled(vec![1.0; row.touches.len()])),
    ("linear:distinct", naive_distinct),
    ("shapley", naive_distinct),
    ("position", |row| {
        naive_position(row, [0.4, 0.2, 0.4], false)
    }),
    ("position:50/20/30:renormalise", |row| {
        naive_position(row, [0.5, 0.2, 0.3], true)
    }),
    ("time-decay", |row| {
        let touches = row.touches.iter();
        scaled(touches.map(|t| math::pow(0.5, t.2 / 168.0)).collect())
    }),
    ("time-decay:24h:floor", |row| {
        let steps = row.touches.iter().map(|t| (t.2 / 24.0).floor());
        scaled(steps.map(|s| math::pow(0.5, s)).collect())
    }),
];

/// Solves `m·x = b` by elimination with partial pivoting.
pub fn solve(mut m: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for k in 0..n {
        let best = (k..n).max_by(|i, j| m[*i][k].abs().total_cmp(&m[*j][k].abs()));
        m.swap(k, best.unwrap());
        b.swap(k, best.unwrap());
        for i in k + 1..n {
            let factor = m[i][k] / m[k][k];
            let pivot = m[k].clone();
            for (x, y) in m[i].iter_mut().zip(&pivot).skip(k) {
                *x -= factor * y;
            }
            b[i] -= factor * b[k];
        }
    }
    for k in (0..n).rev() {
        let later: f64 = (k + 1..n).map(|j| m[k][j] * b[j]).sum();
        b[k] = (b[k] - later) / m[k][k];
    }
    b
}

/// Probability of conversion and expected value from the start of the chain, in which `removed`
/// goes to null. Self-loops are kept if asked.
pub fn walk(rows: &[Row], removed: Option<usize>, loops: bool) -> (f64, f64) {
    let (start, conversion, null) = (N, N + 1, N + 2);
    let mut counts = vec![vec![0.0; N + 3]; N + 1];
    let mut value = [0.0; N + 1];
    for row in rows {
        let weight = (row.outcome.conversions + row.outcome.nulls) as f64;
        let mut from = start;
        for touch in &row.touches {
            let to = usize::from(touch.0);
            if loops || to != from {
                counts[from][to] += weight;
            }
            from = to;
        }
        counts[from][conversion] += row.outcome.conversions as f64;
        counts[from][null] += row.outcome.nulls as f64;
        value[from] += row.outcome.value as f64;
    }
    let mut system = vec![vec![0.0; N + 1]; N + 1];
    let (mut converts, mut brings) = (vec![0.0; N + 1], vec![0.0; N + 1]);
    for i in 0..=N {
        system[i][i] = 1.0;
        let out: f64 = counts[i].iter().sum();
        if Some(i) == removed || out == 0.0 {
            continue;
        }
        for j in 0..N {
            system[i][j] -= counts[i][j] / out;
        }
        converts[i] = counts[i][conversion] / out;
        brings[i] = value[i] / out;
    }
    let chance = solve(system.clone(), converts);
    (chance[start], solve(system, brings)[start])
}

/// The Shapley value by averaging over all orders of arrival.
pub fn by_permutations(v: &[f64]) -> Vec<f64> {
    fn go(v: &[f64], left: &[usize], set: usize, sums: &mut [f64], orders: &mut f64) {
        if left.is_empty() {
            *orders += 1.0;
        }
        for player in left {
            let rest: Vec<usize> = left.iter().copied().filter(|p| p != player).collect();
            let grown = set | 1 << player;
            // All orders of the rest share this step.
            let times: f64 = (1..=rest.len()).map(|n| n as f64).product();
            sums[*player] += times * (v[grown] - v[set]);
            go(v, &rest, grown, sums, orders);
        }
    }
    let (mut sums, mut orders) = (vec![0.0; N], 0.0);
    let all: Vec<usize> = (0..N).collect();
    go(v, &all, 0, &mut sums, &mut orders);
    sums.into_iter().map(|s| s / orders).collect()
}

/// The Shapley value by its formula over all coalitions.
pub fn by_subsets(v: &[f64]) -> Vec<f64> {
    let factorial = |n: usize| (1..=n).map(|n| n as f64).product::<f64>();
    let weight = |size: usize| factorial(size) * factorial(N - size - 1) / factorial(N);
    let without = |c: usize| (0..1_usize << N).filter(move |set| set & (1 << c) == 0);
    let adds = |c: usize, set: usize| v[set | 1 << c] - v[set];
    let worth = |c, set: usize| weight(set.count_ones() as usize) * adds(c, set);
    (0..N)
        .map(|c| without(c).map(|set| worth(c, set)).sum())
        .collect()
}

/// The additive hazard by its definition: nested loops over channels, journeys and touches.
#[derive(Clone)]
pub struct NaiveHazard {
    pub beta: Vec<f64>,
    pub omega: Vec<f64>,
    /// A mistake, for tests that must notice it: exposure of nulls is left out.
    pub blind: bool,
}

impl NaiveHazard {
    pub fn new(channels: usize) -> Self {
        Self {
            beta: vec![0.1; channels],
            omega: vec![1.0 / 168.0; channels],
            blind: false,
        }
    }

    fn fade(&self, c: usize, hours: f64) -> f64 {
        math::exp(-self.omega[c] * hours)
    }

    fn lambda(&self, row: &Row) -> Vec<f64> {
        let touches = row.touches.iter().map(|t| (usize::from(t.0), t.2));
        let rate = |(c, h)| self.beta[c] * self.omega[c] * self.fade(c, h);
        touches.map(rate).collect()
    }

    pub fn shares(&self, row: &Row) -> Vec<f64> {
        if row.outcome.conversions > 0 {
            scaled(self.lambda(row))
        } else {
            vec![0.0; row.touches.len()]
        }
    }

    pub fn likelihood(&self, rows: &[Row]) -> f64 {
        let mut sum = 0.0;
        for row in rows {
            let (wins, nulls) = (row.outcome.conversions as f64, row.outcome.nulls as f64);
            if wins > 0.0 && !row.touches.is_empty() {
                sum += wins * math::ln(self.lambda(row).iter().sum());
            }
            for touch in &row.touches {
                let c = usize::from(touch.0);
                sum -= (wins + nulls) * self.beta[c] * (1.0 - self.fade(c, touch.2));
            }
        }
        sum
    }

    pub fn step(&mut self, rows: &[Row]) {
        let old = self.clone();
        for c in 0..old.beta.len() {
            let (mut won, mut exposed, mut weighed) = (0.0, 0.0, 0.0);
            for row in rows {
                let wins = row.outcome.conversions as f64;
                let nulls = if old.blind {
                    0.0
                } else {
                    row.outcome.nulls as f64
                };
                for (p, touch) in old.shares(row).iter().zip(&row.touches) {
                    if usize::from(touch.0) == c {
                        let (h, fade) = (touch.2, old.fade(c, touch.2));
                        won += wins * p;
                        exposed += (wins + nulls) * (1.0 - fade);
                        weighed += wins * p * h + (wins + nulls) * old.beta[c] * h * fade;
                    }
                }
            }
            if won > 0.0 {
                self.beta[c] = (won / exposed).min(1e9);
                self.omega[c] = (won / weighed).clamp(1e-9, 3_600.0);
            } else {
                self.beta[c] = 0.0;
            }
        }
    }
}
