//! Journeys as the tests think of them, and what the crate says of them.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use redcat::attribute::{Amount, Credit, FitError, Lineup, Model, Shape};
use redcat::journey::{JourneyBatch, Outcome, Touch, TouchKind};

pub const ALL: &str = "first,last,last-click,last-non-direct,last-paid:a+b,linear,linear:distinct,position,\
                   position:50/20/30:renormalise,position:w,position:w:40/20/30/10,position:decay,\
                   position:geometric,position:geometric:0.9,time-decay:rank,\
                   time-decay,time-decay:24h:floor,markov:1,markov:1:conversions-only,markov:1:within,\
                   markov:2:conversions-only:within,shapley,\
                   hazard:20:fixed,markov:2,markov:3:collapse,markov:4";
pub const N: usize = 6;
pub const NAMES: [&str; N] = ["a", "b", "c", "(Direct)", "e", "f"];
pub const SHAPE: Shape = Shape {
    channels: N,
    groups: 2,
};

/// A journey as a test thinks of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// Channel, whether clicked, hours before the end.
    pub touches: Vec<(u16, bool, f64)>,
    pub outcome: Outcome,
}

fn row() -> impl Strategy<Value = Row> {
    let touch = (0..N as u16, any::<bool>(), 0..2_000_u32);
    let touches = prop::collection::vec(touch, 0..8);
    (touches, 0..2_u16, 0..3_u64, 0..3_u64, 0..100_000_i64).prop_map(
        |(touches, group, conversions, nulls, value)| {
            let mut touches: Vec<_> = touches
                .into_iter()
                .map(|(channel, click, hours)| (channel, click, f64::from(hours) / 4.0))
                .collect();
            touches.sort_by(|a, b| b.2.total_cmp(&a.2));
            let value = if conversions > 0 { value } else { 0 };
            let outcome = Outcome {
                group,
                conversions,
                nulls,
                value,
            };
            Row { touches, outcome }
        },
    )
}

pub fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(row(), 0..14)
}

/// The same cases on every run and machine.
pub fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(20_240_901),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

pub fn batch(rows: &[Row]) -> JourneyBatch {
    let mut batch = JourneyBatch::new();
    for row in rows {
        for (channel, click, hours_before_end) in &row.touches {
            batch.touch(Touch {
                channel: *channel,
                kind: if *click {
                    TouchKind::Click
                } else {
                    TouchKind::View
                },
                hours_before_end: *hours_before_end,
            });
        }
        batch.end(row.outcome);
    }
    batch
}

/// A journey of first-named channels, none clicked, an hour apart.
pub fn path(channels: &[u16], conversions: u64, nulls: u64, value: i64) -> Row {
    let touches = channels.iter().rev().zip(0_u32..);
    let mut touches: Vec<_> = touches.map(|(c, h)| (*c, false, f64::from(h))).collect();
    touches.reverse();
    let outcome = Outcome {
        group: 0,
        conversions,
        nulls,
        value,
    };
    Row { touches, outcome }
}

pub fn credit<M: Model>(model: &M, shape: Shape, rows: &[Row]) -> Result<Credit, FitError> {
    let mut state = model.start(shape);
    model.fold(&mut state, &batch(rows));
    model.credit(state)
}

pub type Credits = Vec<(String, Result<Credit, FitError>)>;

/// Models over channels of those names.
pub fn lineup(list: &str, names: &[&str]) -> Lineup {
    let mut lineup = Lineup::parse(list).unwrap();
    lineup.bind(names).unwrap();
    lineup
}

pub fn credits(rows: &[Row]) -> Credits {
    credits_of(rows, &NAMES)
}

pub fn credits_of(rows: &[Row], names: &[&str]) -> Credits {
    let lineup = lineup(ALL, names);
    let mut state = lineup.start(SHAPE);
    lineup.fold(&mut state, &batch(rows));
    lineup.credits(&state)
}

pub fn close(a: f64, b: f64, size: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + size.abs())
}

pub fn sums(rows: &[Row]) -> Amount {
    Amount {
        conversions: rows.iter().map(|r| r.outcome.conversions as f64).sum(),
        value: rows.iter().map(|r| r.outcome.value as f64).sum(),
    }
}
