//! Markov chains: many channels, and what they say of single journeys.

use redcat::attribute::{
    Amount, ConversionsOnly, Credit, FitError, Markov, MarkovAuto, MarkovGrams, Model, Note,
    PerJourney, Shape, Share,
};
use redcat::base::Merge;
use redcat::base::address::mix;
use redcat::base::merge::merge_laws;
use redcat::journey::JourneyBatch;

use proptest::prelude::*;

use super::oracles::{walk, walk_of_order};
use super::rows::{N, Row, SHAPE, batch, close, config, path, rows};

fn within<M: Model>(model: &M, rows: &[Row]) -> Result<Vec<Share>, FitError> {
    let batch: JourneyBatch = batch(rows);
    let mut state = model.start(SHAPE);
    model.fold(&mut state, &batch);
    let mut shares = Vec::new();
    if let Some(within) = model.within(&state)? {
        within.divide(&batch, &mut shares);
    }
    Ok(shares)
}

/// Journeys over many channels, by a fixed draw.
fn journeys(channels: u64, many: u64) -> Vec<Row> {
    let draw = |journey: u64, place: u64| mix(mix(journey) ^ place);
    (0..many)
        .map(|journey| {
            let touches = 1 + draw(journey, 0) % 12;
            let step = |place| (draw(journey, place) % channels) as u16;
            let path: Vec<u16> = (1..=touches).map(step).collect();
            let won = u64::from(draw(journey, 100) % 10 < 3);
            super::rows::path(
                &path,
                won,
                1 - won,
                (won * (draw(journey, 101) % 1_000)) as i64,
            )
        })
        .collect()
}

/// Would catch a solution that loses digits, or hours, in a chain of 500 channels: its base
/// probability is the observed rate, removal effects are parts, and credit is all there is.
#[test]
fn five_hundred_channels() {
    let shape = Shape {
        channels: 500,
        groups: 1,
    };
    let rows = journeys(500, 40_000);
    let mut state = Markov.start(shape);
    Markov.fold(&mut state, &batch(&rows));
    let begin = std::time::Instant::now();
    let chain = Markov.fit(&state).unwrap();
    let took = begin.elapsed();
    let won = rows.iter().filter(|r| r.outcome.conversions > 0).count() as f64;
    assert!((chain.base_probability - won / 40_000.0).abs() < 1e-13);
    assert!(chain.removal.iter().all(|r| *r > 0.0 && *r < 0.1));
    let Amount { conversions, .. } = Markov.credit(state).unwrap().credited();
    assert!((conversions - won).abs() < 1e-9 * won);
    // It takes some 0.05 s; this is for machines in distress.
    assert!(took.as_secs() < 20, "{took:?}");
}

/// Would catch a journey that is split by somebody else's effects, a channel touched twice that is
/// counted once, and shares that do not make the whole.
#[test]
fn journeys_are_split_by_effects() {
    let rows = [
        path(&[0, 1], 2, 1, 900),
        path(&[1], 1, 1, 100),
        path(&[0], 1, 7, 50),
        path(&[2, 1, 2], 3, 0, 10),
        path(&[], 1, 0, 5),
        path(&[4], 0, 5, 0),
    ];
    fn check<M: Model>(model: &M, removal: &[f64], rows: &[Row]) {
        let shares = within(model, rows).unwrap();
        for (place, row) in rows.iter().enumerate() {
            let of = |channel: u16| {
                let own = |s: &&Share| s.journey as usize == place && s.channel == channel;
                shares
                    .iter()
                    .filter(own)
                    .map(|s| s.amount.conversions)
                    .sum::<f64>()
            };
            let weight = |c: u16| removal[usize::from(c)];
            let sum: f64 = row.touches.iter().map(|t| weight(t.0)).sum();
            for channel in 0..6 {
                let touches = row.touches.iter().filter(|t| t.0 == channel).count() as f64;
                let part = if sum > 0.0 {
                    touches * weight(channel) / sum
                } else {
                    0.0
                };
                let expected = part * row.outcome.conversions as f64;
                let name = model.name();
                assert!(
                    (of(channel) - expected).abs() < 1e-9,
                    "{name} {place} {channel}"
                );
            }
        }
    }
    fn effects<M: Model>(model: &M, rows: &[Row]) -> Vec<f64> {
        // Credit is in proportion to effects.
        let mut state = model.start(SHAPE);
        model.fold(&mut state, &batch(rows));
        let credit: Credit = model.credit(state).unwrap();
        credit.by_channel().iter().map(|a| a.conversions).collect()
    }
    check(&Markov, &effects(&Markov, &rows), &rows);
    let grams = MarkovGrams::new(2, false).unwrap();
    check(&grams, &effects(&grams, &rows), &rows);
    let blind = ConversionsOnly(Markov);
    check(&blind, &effects(&blind, &rows), &rows);
}

/// Would catch shares of hundreds of percent where effects on value cancel, NaN where nobody
/// converted, and a refusal to fit that is told as an empty answer.
#[test]
fn effects_that_are_none() {
    let rows = [
        path(&[0], 1, 1, 500),
        path(&[1], 1, 1, -500),
        path(&[0, 1], 1, 0, 0),
    ];
    let shares = within(&Markov, &rows).unwrap();
    let whole = |s: &Share| s.amount.value.abs() <= 500.0;
    assert!(shares.iter().all(whole), "{shares:?}");
    let credit = super::rows::credit(&PerJourney(Markov), SHAPE, &rows).unwrap();
    let value: Vec<f64> = credit.by_channel().iter().map(|a| a.value).collect();
    assert_eq!(value, [500.0, -500.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(within(&Markov, &[path(&[0, 1], 0, 3, 0)]), Ok(vec![]));
    assert!(within(&Markov, &[path(&[17], 1, 0, 0)]).is_err());
}

/// Would catch nulls, or rows of nulls alone, that reach a model which is not to see them.
#[test]
fn conversions_only_sees_no_null() {
    let rows = [
        path(&[0, 1], 2, 9, 30),
        path(&[2, 1], 0, 9, 0),
        path(&[1], 1, 1, 7),
    ];
    let mut buyers = vec![rows[0].clone(), rows[2].clone()];
    buyers.iter_mut().for_each(|r| r.outcome.nulls = 0);
    let credit = |blind: bool, rows: &[Row]| {
        if blind {
            super::rows::credit(&ConversionsOnly(Markov), SHAPE, rows)
        } else {
            super::rows::credit(&Markov, SHAPE, rows)
        }
    };
    assert_eq!(credit(true, &rows), credit(false, &buyers));
    assert_ne!(credit(true, &rows), credit(false, &rows));
}

/// Effects by brute force: the chain is written down and solved anew without each channel.
fn removed(rows: &[Row], order: usize) -> Vec<f64> {
    let chance = |c: Option<usize>| match order {
        1 => walk(rows, c, false).0,
        _ => walk_of_order(rows, (order, false), c.map(|c| c as u16)).0,
    };
    (0..N).map(|c| chance(None) - chance(Some(c))).collect()
}

fn won(rows: &[Row]) -> f64 {
    rows.iter().map(|r| r.outcome.conversions as f64).sum()
}

/// Journeys of three touches that convert by their last `memory` touches.
fn remembering(memory: usize, many: u64) -> Vec<Row> {
    let one = |journey: u64| {
        let path: Vec<u16> = (0..3).map(|i| (mix(journey * 3 + i) % 3) as u16).collect();
        let last = &path[3 - memory..];
        let key = last.iter().fold(1, |key, c| key * 3 + u64::from(*c));
        let rate = mix(key + 17) % 100;
        let won = u64::from(mix(journey + 1_000_000) % 100 < rate);
        super::rows::path(&path, won, 1 - won, 0)
    };
    (0..many).map(one).collect()
}

fn fold(model: &MarkovAuto, rows: &[Row]) -> <MarkovAuto as Model>::State {
    let mut state = model.start(SHAPE);
    model.fold(&mut state, &batch(rows));
    state
}

/// Would catch a choice by likelihood alone (the highest order always), one that sees no memory, and a
/// credit that is not the chosen order's, or does not say which that was.
#[test]
fn auto_finds_how_much_is_remembered() {
    for (memory, many) in [(1, 5_000), (2, 5_000), (3, 20_000)] {
        let rows = remembering(memory, many);
        let state = fold(&MarkovAuto, &rows);
        assert_eq!(MarkovAuto.order(&state), memory);
        let lists = [
            format!("markov:{memory}"),
            format!("markov:{memory}:within"),
        ];
        let auto = super::rows::lineup("markov:auto,markov:auto:within", &[]);
        let plain = super::rows::lineup(&lists.join(","), &[]);
        let credits = |lineup: &redcat::attribute::Lineup| {
            let mut state = lineup.start(SHAPE);
            lineup.fold(&mut state, &batch(&rows));
            let credits = lineup.credits(&state).into_iter();
            credits.map(|(_, c)| c.unwrap()).collect::<Vec<_>>()
        };
        for (auto, plain) in credits(&auto).iter().zip(credits(&plain)) {
            assert_eq!(auto.by_channel(), plain.by_channel());
            assert_eq!(auto.notes(), [Note::Order { order: memory }]);
        }
    }
    // Few journeys cannot afford what many can.
    assert_eq!(MarkovAuto.order(&fold(&MarkovAuto, &remembering(3, 50))), 1);
    let blind = [path(&[0, 1, 2], 5, 0, 0), path(&[1, 2], 5, 0, 0)];
    assert_eq!(MarkovAuto.order(&fold(&MarkovAuto, &blind)), 1);
}

proptest! {
    #![proptest_config(config())]

    /// Would catch a split by anything but removal effects, in any group, with nulls and without them, in
    /// conversions and in value.
    #[test]
    fn credit_within_is_what_removal_does(
        rows in rows(),
        order in 1..3_usize,
        blind in any::<bool>(),
    ) {
        // Three channels, so that states come again.
        let mut rows = rows;
        rows.iter_mut().flat_map(|r| &mut r.touches).for_each(|t| t.0 %= 3);
        let fit = |blind: bool| {
            let name = if blind { ":conversions-only" } else { "" };
            let list = format!("markov:{order}{name}:within");
            let lineup = super::rows::lineup(&list, &[]);
            let mut state = lineup.start(SHAPE);
            lineup.fold(&mut state, &batch(&rows));
            lineup.credits(&state).remove(0).1.unwrap()
        };
        let mut seen = rows.clone();
        if blind {
            seen.retain(|r| r.outcome.conversions > 0);
            seen.iter_mut().for_each(|r| r.outcome.nulls = 0);
        }
        let effects = removed(&seen, order);
        let mut expected = Credit::new(SHAPE);
        for row in &rows {
            let weight = |c: u16| effects[usize::from(c)].max(0.0);
            let sum: f64 = row.touches.iter().map(|t| weight(t.0)).sum();
            for touch in &row.touches {
                let share = if sum > 1e-12 { weight(touch.0) / sum } else { 0.0 };
                let amount = Amount {
                    conversions: share * row.outcome.conversions as f64,
                    value: share * row.outcome.value as f64,
                };
                expected.give(usize::from(row.outcome.group), usize::from(touch.0), amount);
            }
        }
        let (found, size) = (fit(blind), won(&rows));
        let value = expected.total().value;
        for (group, channel) in (0..2).flat_map(|g| (0..N).map(move |c| (g, c))) {
            let (a, b) = (found.cell(group, channel), expected.cell(group, channel));
            prop_assert!(close(a.conversions, b.conversions, size), "{:?} {:?}", a, b);
            prop_assert!(close(a.value, b.value, value), "{:?} {:?}", a, b);
        }
    }

    /// Would catch a choice that depends on how journeys are split or ordered.
    #[test]
    fn auto_chooses_alike_from_parts(rows in rows(), at in 0..14_usize) {
        let (a, b) = rows.split_at(at.min(rows.len()));
        let [a, b, whole] = [a, b, &rows[..]].map(|rows| fold(&MarkovAuto, rows));
        merge_laws(&MarkovAuto.start(SHAPE), &a, &b, &whole);
        let mut merged = b;
        merged.merge(a);
        prop_assert_eq!(MarkovAuto.credit(merged), MarkovAuto.credit(whole));
    }

    /// Would catch a null that reaches a chain which is not to see any, at any order.
    #[test]
    fn conversions_only_is_a_fit_to_buyers(rows in rows(), order in 1..5_usize) {
        let credit = |name: &str, rows: &[Row]| {
            let lineup = super::rows::lineup(&format!("markov:{order}{name}"), &[]);
            let mut state = lineup.start(SHAPE);
            lineup.fold(&mut state, &batch(rows));
            lineup.credits(&state).remove(0).1
        };
        let mut buyers = rows.clone();
        buyers.retain(|r| r.outcome.conversions > 0);
        buyers.iter_mut().for_each(|r| r.outcome.nulls = 0);
        prop_assert_eq!(credit(":conversions-only", &rows), credit("", &buyers));
    }
}
