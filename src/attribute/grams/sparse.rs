//! The chain of k-grams in floats, and its solution by sweeps.

use std::collections::{BTreeMap, BTreeSet};

use super::{Gram, Grams, MOST_ORDER, NEAR, NONE, SWEEPS};
use crate::attribute::model::FitError;

/// A chain in floats: states in order, and from each the steps that were taken.
pub(super) struct Chain {
    pub(super) grams: Vec<Gram>,
    /// Where the steps of each state begin, and end behind the last.
    rows: Vec<usize>,
    to: Vec<u32>,
    times: Vec<f64>,
    starts: Vec<f64>,
    leaving: Vec<f64>,
    pub(super) conversions: Vec<f64>,
    pub(super) value: Vec<f64>,
}

impl Chain {
    pub(super) fn new(state: &Grams) -> Self {
        let mut from: BTreeMap<Gram, BTreeMap<Gram, u64>> = BTreeMap::new();
        let mut starts: BTreeMap<Gram, u64> = BTreeMap::new();
        for ((a, b), times) in &state.steps {
            if *a == Gram::MAX {
                starts.insert(*b, *times);
            } else {
                from.entry(*a).or_default().insert(*b, *times);
            }
        }
        let grams: Vec<Gram> = {
            let all: BTreeSet<Gram> = state.ends.keys().chain(from.keys()).copied().collect();
            all.into_iter().filter(|g| *g != Gram::MAX).collect()
        };
        // Every state is left, by a step or by an end, so it is in the list.
        let place = |gram: &Gram| grams.binary_search(gram).unwrap_or_default();
        let mut chain = Self {
            rows: vec![0],
            to: Vec::new(),
            times: Vec::new(),
            starts: vec![0.0; grams.len()],
            leaving: Vec::with_capacity(grams.len()),
            conversions: Vec::with_capacity(grams.len()),
            value: Vec::with_capacity(grams.len()),
            grams: Vec::new(),
        };
        for (gram, times) in &starts {
            chain.starts[place(gram)] = *times as f64;
        }
        for gram in &grams {
            let end = state.ends.get(gram).copied().unwrap_or_default();
            let mut leaving = end.conversions as f64 + end.nulls as f64;
            for (to, times) in from.get(gram).into_iter().flatten() {
                chain.to.push(place(to) as u32);
                chain.times.push(*times as f64);
                leaving += *times as f64;
            }
            chain.rows.push(chain.to.len());
            chain.leaving.push(leaving);
            chain.conversions.push(end.conversions as f64);
            // A row that stands for nobody leaves a state that nobody was in.
            let there = if leaving > 0.0 { 1.0 } else { 0.0 };
            chain.value.push(there * end.value as f64);
        }
        chain.grams = grams;
        chain
    }

    /// Conversions and value that reach an end without a state that holds the channel.
    pub(super) fn without(&self, channel: u16) -> Result<[f64; 2], FitError> {
        let states = self.grams.iter().zip(&self.leaving);
        let on = states.map(|(gram, leaving)| *leaving > 0.0 && !holds(*gram, channel));
        let on: Vec<bool> = on.collect();
        let mut w = vec![[0.0_f64; 2]; self.grams.len()];
        // The last rises, the latest first.
        let mut rises = [f64::INFINITY; 4];
        for _ in 0..SWEEPS {
            let mut rise = 0.0_f64;
            for s in (0..self.grams.len()).rev().filter(|s| on[*s]) {
                let mut sum = [self.conversions[s], self.value[s]];
                for step in self.rows[s]..self.rows[s + 1] {
                    let ahead = w[self.to[step] as usize];
                    sum[0] += self.times[step] * ahead[0];
                    sum[1] += self.times[step] * ahead[1];
                }
                let now = [sum[0] / self.leaving[s], sum[1] / self.leaving[s]];
                // Value may have either sign; chances tell when the walk has been followed far enough.
                rise = rise.max(now[0] - w[s][0]);
                w[s] = now;
            }
            rises = [rise, rises[0], rises[1], rises[2]];
            // What is still to come is a geometric tail of the last rise, if rises shrink; the slowest
            // of the last three tells how fast.
            let rates = rises.windows(2).map(|w| w[0] / w[1]);
            let rate = rates.fold(0.0, f64::max);
            let settled = rises[3].is_finite() && rate < 1.0 && rise * rate / (1.0 - rate) < NEAR;
            if rise == 0.0 || settled {
                let total = |kind: usize| {
                    let starts = self.starts.iter().zip(&w).zip(&on).filter(|(_, on)| **on);
                    starts.map(|((times, w), _)| times * w[kind]).sum()
                };
                return Ok([total(0), total(1)]);
            }
        }
        let problem = "does not settle: journeys are too long for this order; take markov:1";
        Err(FitError::Other(format!("the chain {problem}")))
    }
}

/// Whether a state holds a channel.
pub(super) fn holds(gram: Gram, channel: u16) -> bool {
    (0..MOST_ORDER).any(|place| gram >> (16 * place) & NONE == u64::from(channel))
}
