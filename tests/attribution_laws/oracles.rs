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

/// The last touch that passes; without one, the last.
fn naive_last(row: &Row, passes: fn(u16) -> bool) -> Vec<f64> {
    let found = row.touches.iter().rposition(|t| passes(t.0));
    at(row, found.or(row.touches.len().checked_sub(1)))
}

fn naive_w(row: &Row, [f, m, l, o]: [f64; 4]) -> Vec<f64> {
    match row.touches.len() {
        0 => vec![],
        1 => vec![1.0],
        2 => vec![f + (m + o) / 2.0, l + (m + o) / 2.0],
        3 => [f, m, l].map(|w| w + o / 3.0).to_vec(),
        n => {
            let click = row.touches.iter().position(|t| t.1);
            let inside = |place: &usize| (1..n - 1).contains(place);
            let middle = click
                .filter(inside)
                .unwrap_or(if n % 2 == 0 { n / 2 - 1 } else { n / 2 });
            let mut weights = vec![o / (n - 3) as f64; n];
            (weights[0], weights[middle], weights[n - 1]) = (f, m, l);
            weights
        }
    }
}

fn naive_geometric(row: &Row, ratio: f64) -> Vec<f64> {
    let later = (0..row.touches.len()).rev();
    scaled(later.map(|n| math::pow(ratio, n as f64)).collect())
}

/// Moments are told apart by comparing each with each.
fn naive_rank(row: &Row) -> Vec<f64> {
    let mut moments: Vec<f64> = row.touches.iter().map(|t| t.2).collect();
    moments.dedup();
    let later = |hours: f64| moments.iter().filter(|m| **m < hours).count();
    let touches = row.touches.iter();
    scaled(touches.map(|t| math::pow(0.5, later(t.2) as f64)).collect())
}

pub const NAIVE: [(&str, Naive); 18] = [
    ("first", |row| at(row, Some(0))),
    ("last", |row| at(row, row.touches.len().checked_sub(1))),
    ("last-click", |row| {
        at(row, row.touches.iter().rposition(|t| t.1))
    }),
    // Channel 3 is called direct; channels 0 and 1 are paid.
    ("last-non-direct", |row| naive_last(row, |c| c != 3)),
    ("last-paid:a+b", |row| naive_last(row, |c| c < 2)),
    ("position:w", |row| naive_w(row, [0.3, 0.3, 0.3, 0.1])),
    ("position:w:40/20/30/10", |row| {
        naive_w(row, [0.4, 0.2, 0.3, 0.1])
    }),
    ("position:decay", |row| {
        scaled((1..=row.touches.len()).map(|i| i as f64).collect())
    }),
    ("position:geometric", |row| naive_geometric(row, 0.5)),
    ("position:geometric:0.9", |row| naive_geometric(row, 0.9)),
    ("time-decay:rank", naive_rank),
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

/// The same for a chain whose states are the last `order` touches, written down as lists: conversions
/// and value that reach an end when every state that holds `removed` goes to null.
pub fn walk_of_order(
    rows: &[Row],
    (order, collapse): (usize, bool),
    removed: Option<u16>,
) -> (f64, f64) {
    let walks: Vec<(Vec<Vec<u16>>, &Row)> = rows
        .iter()
        .map(|row| {
            let mut touches: Vec<u16> = row.touches.iter().map(|t| t.0).collect();
            if collapse {
                touches.dedup();
            }
            let mut states: Vec<Vec<u16>> = match touches.len() {
                0 => Vec::new(),
                n if n < order => vec![touches],
                _ => touches.windows(order).map(<[u16]>::to_vec).collect(),
            };
            states.dedup();
            (states, row)
        })
        .filter(|(states, _)| !states.is_empty())
        .collect();
    let mut states: Vec<&Vec<u16>> = walks.iter().flat_map(|(s, _)| s).collect();
    states.sort();
    states.dedup();
    let n = states.len();
    let place = |state: &Vec<u16>| states.iter().position(|s| *s == state).unwrap();
    let mut system = vec![vec![0.0; n + 1]; n + 1];
    let (mut converts, mut brings) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    let mut out = vec![0.0; n + 1];
    for (walk, row) in &walks {
        let weight = (row.outcome.conversions + row.outcome.nulls) as f64;
        let mut from = n;
        for to in walk.iter().map(place) {
            system[from][to] -= weight;
            out[from] += weight;
            from = to;
        }
        out[from] += weight;
        converts[from] += row.outcome.conversions as f64;
        brings[from] += row.outcome.value as f64;
    }
    for i in 0..=n {
        let gone = removed.is_some_and(|c| i < n && states[i].contains(&c));
        if gone || out[i] == 0.0 {
            system[i].iter_mut().for_each(|x| *x = 0.0);
            (converts[i], brings[i], out[i]) = (0.0, 0.0, 1.0);
        }
        // What starts is counted, not its chance.
        let whole = if i == n { 1.0 } else { out[i] };
        system[i].iter_mut().for_each(|x| *x /= whole);
        system[i][i] += 1.0;
        converts[i] /= whole;
        brings[i] /= whole;
    }
    (solve(system.clone(), converts)[n], solve(system, brings)[n])
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
