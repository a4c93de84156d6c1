//! How many journeys a second each model takes in.
//!
//! One million journeys of five touches over twenty channels, one in twenty of which converts, drawn
//! at addresses so that every run sees the same. They lie in batches of 4,096, as a run folds them.
//! They are those of `redcat bench`. `rules` is all rule models in one pass; `default` adds the chain and the Shapley value. Fits are
//! timed apart: they do not depend on how many journeys there are. `hazard` is timed with a sample that
//! is full and one that is not, and merged as the jackknife merges: 32 full samples. `own` is models
//! written outside of the crate (`examples/own_model`) beside those of the crate that do most like it.

#[path = "../examples/own_model/models.rs"]
mod own;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use redcat::attribute::{Hazard, Lineup, Markov, Model, Shape};
use redcat::base::{Merge, Purpose, Root};
use redcat::engine::bench::{GROUPS, Journeys, RULES};
use redcat::journey::{JourneyBatch, Outcome, Touch, TouchKind};

const JOURNEYS: u64 = 1_000_000;
const TOUCHES: usize = 5;
const SHAPE: Shape = Shape {
    channels: 20,
    groups: GROUPS,
};

fn journeys(conversion: f64) -> Vec<JourneyBatch> {
    let touches = TOUCHES as u32;
    let journeys = Journeys {
        journeys: JOURNEYS,
        touches: [touches, touches],
        channels: SHAPE.channels as u16,
        converting: conversion,
    };
    journeys.batches()
}

fn folds(criterion: &mut Criterion) {
    for (label, conversion) in [("one in twenty", 0.05), ("all convert", 1.0)] {
        let batches = journeys(conversion);
        let mut group = criterion.benchmark_group(format!("fold, {label}"));
        group
            .throughput(Throughput::Elements(JOURNEYS))
            .sample_size(10);
        let single = RULES.split(',').chain([
            "markov:1",
            "markov:2",
            "markov:3",
            "hazard",
            "hazard:20000k",
            "shapley:rate",
            "shao-li",
            "removal",
            "logistic:counts",
        ]);
        let several = [
            ("rules", RULES.to_owned()),
            ("default", Lineup::default().names().join(",")),
        ];
        for (name, list) in single.map(|n| (n, n.to_owned())).chain(several) {
            let lineup = Lineup::parse(&list).expect("known names");
            group.bench_function(BenchmarkId::from_parameter(name), |bench| {
                bench.iter(|| {
                    let mut state = lineup.start(SHAPE);
                    for batch in &batches {
                        lineup.fold(&mut state, black_box(batch));
                    }
                    state
                });
            });
        }
        group.finish();
    }
}

fn own(criterion: &mut Criterion) {
    let batches = journeys(0.05);
    let mut group = criterion.benchmark_group("own");
    group
        .throughput(Throughput::Elements(JOURNEYS))
        .sample_size(10);
    let lineups = ["last", "linear", "markov:1"].map(|name| Lineup::parse(name).expect("known"));
    let mut more = [Lineup::empty(), Lineup::empty()];
    more[0].add(own::AssistedLast).expect("the first");
    more[1].add(own::Probabilistic).expect("the first");
    for lineup in lineups.iter().chain(&more) {
        group.bench_function(BenchmarkId::from_parameter(&lineup.names()[0]), |bench| {
            bench.iter(|| {
                let mut state = lineup.start(SHAPE);
                for batch in &batches {
                    lineup.fold(&mut state, black_box(batch));
                }
                state
            });
        });
    }
    group.finish();
}

fn fits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("markov fit");
    group.sample_size(10);
    for channels in [20, 100, 500] {
        let mut batch = JourneyBatch::new();
        let mut draws = Root::new(2).common(Purpose::named("bench chain"), channels);
        for journey in 0..channels * 100 {
            for _ in 0..TOUCHES {
                batch.touch(Touch {
                    channel: (draws.next() % channels) as u16,
                    kind: TouchKind::Read,
                    hours_before_end: 0.0,
                });
            }
            batch.end(Outcome {
                conversions: u64::from(journey % 20 == 0),
                nulls: u64::from(journey % 20 != 0),
                ..Outcome::default()
            });
        }
        let mut state = Markov.start(Shape {
            channels: channels as usize,
            groups: 1,
        });
        Markov.fold(&mut state, &batch);
        group.bench_function(BenchmarkId::from_parameter(channels), |bench| {
            bench.iter(|| Markov.fit(&state));
        });
    }
    group.finish();
}

fn hazard(criterion: &mut Criterion) {
    let model = Hazard::default();
    let batches = journeys(0.05);
    let parts: Vec<_> = batches.chunks(batches.len().div_ceil(32)).collect();
    let parts: Vec<_> = parts
        .into_iter()
        .map(|part| {
            let mut state = model.start(SHAPE);
            part.iter().for_each(|batch| model.fold(&mut state, batch));
            state
        })
        .collect();
    let merged = || {
        let mut sum = model.start(SHAPE);
        parts.iter().for_each(|part| sum.merge(part.clone()));
        sum
    };
    let mut group = criterion.benchmark_group("hazard");
    group.sample_size(10);
    group.bench_function("merge of 32", |bench| bench.iter(merged));
    let whole = merged();
    let fit = model.fit(&whole).expect("it fits");
    group.bench_function(format!("fit, {} iterations", fit.iterations), |bench| {
        bench.iter(|| model.fit(&whole));
    });
    println!("hazard: a full state holds {} bytes", model.bytes(&whole));
    group.finish();
}

criterion_group!(benches, folds, own, fits, hazard);
criterion_main!(benches);
