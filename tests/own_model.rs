//! The models of `examples/own_model`, held to what every model promises. They are written outside of
//! the crate, so this also shows that what it exports is enough.

#[path = "../examples/own_model/models.rs"]
mod models;

use models::{AssistedLast, Probabilistic};
use redcat::attribute::{Lineup, Model, Shape};
use redcat::base::merge::merge_laws;
use redcat::engine::bench::Journeys;
use redcat::journey::{JourneyBatch, Outcome, Touch, TouchKind};

const SHAPE: Shape = Shape {
    channels: 3,
    groups: 1,
};

/// A path, how often it converted and how often it did not.
type Path<'a> = (&'a [(u16, TouchKind)], u64, u64);

fn journeys(paths: &[Path<'_>]) -> JourneyBatch {
    let mut batch = JourneyBatch::new();
    for (path, conversions, nulls) in paths {
        for (channel, kind) in *path {
            batch.touch(Touch {
                channel: *channel,
                kind: *kind,
                hours_before_end: 1.0,
            });
        }
        batch.end(Outcome {
            conversions: *conversions,
            nulls: *nulls,
            value: 100 * *conversions as i64,
            ..Outcome::default()
        });
    }
    batch
}

fn credited(model: impl Model, batch: &JourneyBatch) -> [f64; 3] {
    let mut state = model.start(SHAPE);
    model.fold(&mut state, batch);
    let found = model.credit(state).unwrap().by_channel();
    [0, 1, 2].map(|channel| found[channel].conversions)
}

/// Would catch a rule that forgets one of its three cases.
#[test]
fn the_rule_divides_as_it_says() {
    use TouchKind::{Click, Engage, Read, View};
    let of = |path: &[(u16, TouchKind)]| credited(AssistedLast, &journeys(&[(path, 4, 0)]));
    assert_eq!(of(&[(0, Click), (1, Engage)]), [0.0, 4.0, 0.0]);
    assert_eq!(of(&[(0, Click), (1, Read), (2, View)]), [2.0, 2.0, 0.0]);
    assert_eq!(of(&[(0, View), (2, View)]), [2.0, 0.0, 2.0]);
    assert_eq!(of(&[]), [0.0; 3]);
}

/// Would catch a formula other than that of the paper. By hand: p(0) = 6/12, p(1) = 4/8,
/// p(0,1) = 2/4, so C(0) = C(1) = 1/2 + (1/2 − 1)/2 = 1/4; channel 2 never converts. Journeys with 0
/// convert 6 times, with 1 4 times: of 8 conversions 4.8 and 3.2. Five more
/// without a touch are nobody's.
#[test]
fn the_fit_is_that_of_the_paper() {
    let read = |c| (c, TouchKind::Read);
    let batch = journeys(&[
        (&[read(0)], 4, 4),
        (&[read(1), read(1)], 2, 2),
        (&[read(1), read(0)], 2, 2),
        (&[read(2)], 0, 7),
        (&[], 5, 0),
    ]);
    let found = credited(Probabilistic, &batch);
    for (found, expected) in found.iter().zip([4.8, 3.2, 0.0]) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
}

/// Would catch credit that is lost or made, and a state whose sum depends on how journeys are split.
#[test]
fn they_keep_the_laws() {
    let batches = Journeys {
        journeys: 12_288,
        touches: [1, 6],
        channels: 7,
        converting: 0.3,
    }
    .batches();
    let shape = Shape {
        channels: 7,
        groups: 4,
    };
    let of = |batch| {
        let mut state = Probabilistic.start(shape);
        Probabilistic.fold(&mut state, batch);
        state
    };
    let [a, b, c] = [0, 1, 2].map(|place| of(&batches[place]));
    merge_laws(&Probabilistic.start(shape), &a, &b, &c);

    let mut lineup = Lineup::parse("linear").unwrap();
    lineup.add(AssistedLast).unwrap();
    lineup.add(Probabilistic).unwrap();
    assert!(lineup.add(Probabilistic).is_err(), "a name is taken once");
    let mut state = lineup.start(shape);
    batches.iter().for_each(|b| lineup.fold(&mut state, b));
    let credits = lineup.credits(&state);
    let [(_, linear), others @ ..] = &credits[..] else {
        panic!("three models");
    };
    let all = linear.as_ref().unwrap().total();
    for (model, credit) in others {
        let total = credit.as_ref().unwrap().total();
        assert!(
            (total.conversions / all.conversions - 1.0).abs() < 1e-12,
            "{model}"
        );
        assert!((total.value / all.value - 1.0).abs() < 1e-12, "{model}");
    }
}

/// Would catch a channel outside of the shape that is counted somewhere else in silence.
#[test]
fn what_is_out_of_shape_is_refused() {
    let batch = journeys(&[(&[(9, TouchKind::Read)], 1, 0)]);
    let mut state = Probabilistic.start(SHAPE);
    Probabilistic.fold(&mut state, &batch);
    let refusal = Probabilistic.credit(state).unwrap_err().to_string();
    assert!(refusal.contains("touches channel 9"), "{refusal}");
}
