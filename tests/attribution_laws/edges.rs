//! The cases that chance does not draw: degenerate data, hostile numbers, many channels, very long
//! paths, models from outside, and states that are mixed up.

use redcat::attribute::{
    Amount, FitError, Lineup, Markov, Note, Rule, Shape, Shapley, Split, TimeDecay,
};
use redcat::base::Merge;
use redcat::journey::{Journey, JourneyBatch, Outcome, Touch};

use super::rows::{ALL, NAMES, Row, SHAPE, batch, credit, credits, lineup, path};

fn conversions(credit: &redcat::attribute::Credit) -> Vec<f64> {
    let amounts = credit.by_channel().into_iter();
    amounts.map(|a| a.conversions).collect()
}

/// Would catch a 0/0 that ends as NaN, and a missing remark, where nothing was seen or nothing
/// converted.
#[test]
fn nothing_gives_nothing() {
    for rows in [vec![], vec![path(&[0, 1], 0, 5, 0), path(&[], 0, 1, 0)]] {
        for (name, credit) in credits(&rows) {
            let credit = credit.unwrap();
            assert_eq!(credit.total(), Amount::default(), "{name}");
            assert_eq!(credit.shares(), vec![Amount::default(); 6], "{name}");
            assert_eq!(credit.notes(), [Note::NoConversions], "{name}");
        }
    }
}

/// Would catch credit for channels in journeys that had none.
#[test]
fn empty_journeys_credit_nobody() {
    for (name, credit) in credits(&[path(&[], 2, 1, 90), path(&[3], 1, 0, 10)]) {
        let credit = credit.unwrap();
        let clicks = name == "last-click";
        assert_eq!(
            credit.unattributed(0).conversions,
            2.0 + f64::from(clicks),
            "{name}"
        );
        assert_eq!(
            conversions(&credit)[3],
            1.0 - f64::from(clicks),
            "{name}: only channel 3 was touched"
        );
        assert_eq!(credit.total().value, 100.0, "{name}");
    }
}

/// Would catch a chain that divides by the nulls it does not have, and a warning that is missing
/// there or given where there are nulls.
#[test]
fn markov_without_nulls_answers_and_warns() {
    let blind = credit(&Markov, SHAPE, &[path(&[0, 1], 3, 0, 30)]).unwrap();
    assert_eq!(conversions(&blind)[..3], [1.5, 1.5, 0.0]);
    assert_eq!(blind.notes(), [Note::NoNulls]);
    let seeing = credit(&Markov, SHAPE, &[path(&[0, 1], 3, 1, 30)]).unwrap();
    assert_eq!(seeing.notes(), []);
}

/// Would catch a single channel that does not get everything, and a channel never seen converting
/// that gets something.
#[test]
fn one_channel_and_useless_channels() {
    for (name, credit) in credits(&[path(&[4, 4, 4], 2, 3, 50), path(&[1], 0, 7, 0)]) {
        if name != "last-click" {
            let found = conversions(&credit.unwrap());
            assert_eq!(found, [0.0, 0.0, 0.0, 0.0, 2.0, 0.0], "{name}");
        }
    }
}

/// Would catch a group that is divided by its own few journeys, or not at all.
#[test]
fn groups_share_one_chain() {
    let mut rows = vec![path(&[0], 3, 1, 30), path(&[1], 1, 3, 10)];
    rows[1].outcome.group = 1;
    let credit = credit(&Markov, SHAPE, &rows).unwrap();
    // Channel 0 is behind three of four conversions, so it gets three quarters in both groups.
    assert!((credit.cell(0, 0).conversions - 2.25).abs() < 1e-12);
    assert!((credit.cell(1, 0).conversions - 0.75).abs() < 1e-12);
    assert!((credit.shares_in(1)[0].value - 0.75).abs() < 1e-12);
}

/// Would catch refunds that turn into shares of hundreds of percent.
#[test]
fn values_that_cancel_stay_unattributed() {
    let rows = [path(&[0], 1, 1, 500), path(&[1], 1, 1, -500)];
    let mut two_groups = rows.to_vec();
    two_groups[1].outcome.group = 1;
    let credit = credit(&Markov, SHAPE, &two_groups).unwrap();
    assert_eq!(credit.notes(), [Note::ValueCancels]);
    assert_eq!(credit.unattributed(0).value, 500.0);
    assert_eq!(credit.unattributed(1).value, -500.0);
    assert_eq!(conversions(&credit)[..2], [1.0, 1.0]);
    // Without channel 1 all of 70 is lost, without 0 it is 49: −119 leaves rounding alone.
    for n in 1..200 {
        let rows = [
            path(&[0, 1], 3, 4, 70),
            path(&[0], 0, n, 0),
            path(&[1], 0, 3, 0),
            path(&[2], 1, n, -119),
        ];
        let credit = super::rows::credit(&Markov, SHAPE, &rows).unwrap();
        assert_eq!(credit.notes(), [Note::ValueCancels], "{n}");
    }
}

/// Would catch counts or sums that wrap.
#[test]
fn enormous_counts_do_not_wrap() {
    let row = path(&[0, 1, 0], u64::MAX, u64::MAX, i64::MAX);
    for (name, credit) in credits(&[row.clone(), row.clone(), row]) {
        let total = credit.unwrap().total();
        assert!(total.conversions > 2e19, "{name}: {}", total.conversions);
        assert!(total.value > 2e19, "{name}");
    }
}

/// Would catch a count of steps that wraps to a small number when a channel is passed again and
/// again: the chain would send nearly everything elsewhere.
#[test]
fn enormous_steps_saturate() {
    let many = u64::MAX / 2 + 1;
    let rows = [
        path(&[0], 1, 1, 0),
        path(&[0, 1], many, 0, 0),
        path(&[0, 1], many, 0, 0),
    ];
    let found = conversions(&credit(&Markov, SHAPE, &rows).unwrap());
    assert!((found[1] / found[0] - 1.0).abs() < 1e-9, "{found:?}");
}

/// Would catch a shard without strays that wipes out what another shard met.
#[test]
fn strays_survive_a_merge() {
    let lineup = Lineup::parse("last,markov").unwrap();
    let fold = |group, channel| {
        let mut row = path(&[channel], 1, 1, 0);
        row.outcome.group = group;
        let mut state = lineup.start(SHAPE);
        lineup.fold(&mut state, &batch(&[row]));
        state
    };
    for (group, channel) in [(9, 0), (0, 9)] {
        let (fine, stray) = (fold(0, 0), fold(group, channel));
        for (mut left, right) in [(fine.clone(), stray.clone()), (stray, fine)] {
            left.merge(right);
            assert!(lineup.credits(&left).iter().all(|(_, c)| c.is_err()));
        }
    }
}

/// Would catch a correction of value without a conversion (a refund, booked later) being skipped.
#[test]
fn corrections_of_value_are_handed_out() {
    let rows = [path(&[2, 3], 1, 1, 900), path(&[2, 3], 0, 0, -300)];
    for (name, credit) in credits(&rows) {
        let credit = credit.unwrap();
        assert_eq!(credit.total().value, 600.0, "{name}");
        assert_eq!(credit.total().conversions, 1.0, "{name}");
    }
}

/// Would catch time decay that underflows to 0/0 in an old journey, or gives to a touch without a
/// time.
#[test]
fn time_decay_survives_any_times() {
    let decay = TimeDecay::new(1e-6, false).unwrap();
    let mut far = path(&[0, 1], 1, 0, 0);
    far.touches.iter_mut().for_each(|touch| touch.2 = 1e308);
    let mut row = path(&[0, 1, 2, 3], 1, 0, 0);
    let mut shares = |hours: [f64; 4]| {
        let touches = row.touches.iter_mut().zip(hours);
        touches.for_each(|(touch, hours)| touch.2 = hours);
        let found = credit(&decay, SHAPE, std::slice::from_ref(&row)).unwrap();
        conversions(&found)[..4].to_vec()
    };
    assert_eq!(shares([9e9, 8e9, 7e9, 7e9]), [0.0, 0.0, 0.5, 0.5]);
    assert_eq!(
        shares([f64::NAN, 5.0, f64::INFINITY, 5.0]),
        [0.0, 0.5, 0.0, 0.5]
    );
    assert_eq!(shares([1e308, 1e308, 1e308, 1e308]), [0.25; 4]);
    assert_eq!(shares([f64::NAN; 4]), [0.0; 4]);
    assert_eq!(shares([-1e308, 1.0, 1.0, 1e308]), [1.0, 0.0, 0.0, 0.0]);
    let steps = TimeDecay::new(1e-6, true).unwrap();
    let found = credit(&steps, SHAPE, &[path(&[0], 1, 0, 0), far.clone()]).unwrap();
    assert_eq!(conversions(&found)[..2], [1.5, 0.5]);
    assert_eq!(shares([f64::NEG_INFINITY, 1.0, 1.0, 1.0]), [0.0; 4]);
}

/// Would catch touches of one moment that are ranked by their order in the file, and a moment of its own
/// for a time that is known.
#[test]
fn touches_of_one_moment_rank_alike() {
    let lineup = lineup("time-decay:rank,time-decay,position:geometric", &[]);
    let shares = |hours: [f64; 4]| {
        let mut row = path(&[0, 1, 2, 3], 1, 0, 0);
        let touches = row.touches.iter_mut().zip(hours);
        touches.for_each(|(touch, hours)| touch.2 = hours);
        let mut state = lineup.start(SHAPE);
        lineup.fold(&mut state, &batch(&[row]));
        let credits = lineup.credits(&state).into_iter();
        let credits = credits.map(|(_, credit)| conversions(&credit.unwrap())[..4].to_vec());
        credits.collect::<Vec<_>>()
    };
    let near = |found: &[f64], expected: [f64; 4]| {
        let pairs = found.iter().zip(expected);
        assert!(
            pairs.clone().all(|(a, b)| (a - b).abs() < 1e-11),
            "{found:?}"
        );
    };
    let one = shares([5.0; 4]);
    near(&one[0], [0.25; 4]);
    near(&one[1], [0.25; 4]);
    near(&one[2], [1.0, 2.0, 4.0, 8.0].map(|w| w / 15.0));
    near(
        &shares([9.0, 9.0, 1.0, 1.0])[0],
        [1.0, 1.0, 2.0, 2.0].map(|w| w / 6.0),
    );
    near(
        &shares([f64::NAN; 4])[0],
        [1.0, 2.0, 4.0, 8.0].map(|w| w / 15.0),
    );
}

/// Would catch weights that vanish or overflow in a path of ten thousand touches, and a click in the
/// middle of it that is overlooked.
#[test]
fn positions_of_very_long_paths() {
    let mut row = path(&[0; 10_000], 1, 0, 0);
    row.touches[9_999].0 = 1;
    row.touches[7_000] = (2, true, 2_999.0);
    let list =
        "position:geometric,position:geometric:0.001,time-decay:rank,position:decay,position:w";
    let lineup = lineup(list, &[]);
    let mut state = lineup.start(SHAPE);
    lineup.fold(&mut state, &batch(&[row]));
    let credits = lineup.credits(&state).into_iter();
    let found: Vec<Vec<f64>> = credits.map(|(_, c)| conversions(&c.unwrap())).collect();
    let sum = 10_000.0 * 10_001.0 / 2.0;
    for (found, [last, click]) in found.iter().zip([
        [0.5, 0.0],
        [0.999, 0.0],
        [0.5, 0.0],
        [10_000.0 / sum, 7_001.0 / sum],
        [0.3, 0.3],
    ]) {
        assert!((found[1] - last).abs() < 1e-11, "{found:?}");
        assert!((found[2] - click).abs() < 1e-11, "{found:?}");
        assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}

/// Would catch quadratic time in touches, a chain that fails at 500 channels, and rounding that
/// piles up over a long path.
#[test]
fn many_channels_and_long_paths() {
    let shape = Shape {
        channels: 500,
        groups: 1,
    };
    let mut rows: Vec<Row> = (0..2_000_u32)
        .map(|i| {
            let step = |k: u32| ((i * 7 + k * k * 13 + k) % 500) as u16;
            let channels: Vec<u16> = (0..5).map(step).collect();
            path(&channels, u64::from(i % 20 == 0), u64::from(i % 20 != 0), 0)
        })
        .collect();
    let long: Vec<u16> = (0..10_000_u32).map(|i| (i * 17 % 500) as u16).collect();
    rows.extend([path(&long, 1, 0, 1_000_000), path(&long, 0, 1, 0)]);
    let lineup = lineup(ALL, &NAMES);
    let mut state = lineup.start(shape);
    lineup.fold(&mut state, &batch(&rows));
    for (name, credit) in lineup.credits(&state) {
        let total = credit.unwrap().total();
        assert!((total.conversions - 101.0).abs() < 1e-10, "{name}");
        assert!((total.value - 1e6).abs() < 1e-6, "{name}");
    }
    let alone = credit(&Shapley, shape, &[path(&long, 1, 0, 0)]).unwrap();
    for share in conversions(&alone) {
        assert!((share - 1.0 / 500.0).abs() < 2e-12);
    }
}

/// Would catch a table of billions of cells, or a channel that lands in another's cell.
#[test]
fn what_does_not_fit_is_refused() {
    let wide = Shape {
        channels: 2_000,
        groups: 1,
    };
    let refusal = credit(&Markov, wide, &[path(&[0], 1, 1, 0)]).unwrap_err();
    assert!(matches!(refusal, FitError::TooManyChannels { .. }));
    assert!(refusal.to_string().contains("at most 1024 channels"));
    let stray = credits(&[path(&[0, 6], 1, 0, 0), path(&[7, 0], 1, 0, 0)]);
    for (name, credit) in stray {
        // All these look at one touch.
        let fits = name == "first" || name.starts_with("last");
        assert!(
            fits || credit.is_err(),
            "{name} took a channel out of shape"
        );
    }
    let mut elsewhere = path(&[0], 1, 0, 0);
    elsewhere.outcome.group = 2;
    for (name, credit) in credits(&[elsewhere]) {
        let (group, groups) = (2, 2);
        let refusal = credit.unwrap_err();
        assert_eq!(refusal, FitError::StrayGroup { group, groups }, "{name}");
    }
}

/// A rule written outside of the crate: the touch in the middle.
struct Middle;

impl Rule for Middle {
    type Scratch = ();

    fn label(&self) -> String {
        "middle".into()
    }

    fn divide(&self, journey: &Journey<'_>, split: &mut Split<'_>, (): &mut ()) {
        if let Some(channel) = journey.channels.get(journey.channels.len() / 2) {
            split.rest(*channel);
        }
    }
}

/// Would catch a lineup that only takes models of its own, or reports a wrong size of state.
#[test]
fn foreign_models_run_in_a_lineup() {
    let mut lineup = Lineup::parse("last,markov").unwrap();
    lineup.add(Middle).unwrap();
    let twice = lineup.add(Middle).unwrap_err().to_string();
    assert!(twice.contains("`middle` is in the lineup twice"), "{twice}");
    let mut state = lineup.start(SHAPE);
    let before = lineup.bytes(&state);
    lineup.fold(&mut state, &batch(&[path(&[0, 5, 1], 1, 0, 0)]));
    let (name, credit) = lineup.credits(&state).pop().unwrap();
    assert_eq!(name, "middle");
    assert_eq!(conversions(&credit.unwrap())[5], 1.0);
    // 6 channels, 2 groups: a state's size depends on these alone.
    assert_eq!(lineup.bytes(&state), before);
    assert!(before.iter().all(|(_, bytes)| (100..2_000).contains(bytes)));
}

/// Would catch a clone that shares what it should copy.
#[test]
fn a_cloned_state_is_its_own() {
    let lineup = Lineup::default();
    let mut state = lineup.start(SHAPE);
    lineup.fold(&mut state, &batch(&[path(&[0, 1], 1, 0, 7)]));
    let copy = state.clone();
    state.merge(copy.clone());
    let last = |state| lineup.credits(state)[1].1.clone().unwrap().total();
    assert_eq!(last(&copy).value, 7.0);
    assert_eq!(last(&state).value, 14.0);
}

/// Would catch states of different models that are added up in silence.
#[test]
#[should_panic(expected = "was handed to the lineup")]
fn another_lineups_state_is_not_folded_into() {
    let mut state = Lineup::parse("time-decay:7d").unwrap().start(SHAPE);
    let other = Lineup::parse("time-decay:24h").unwrap();
    other.fold(&mut state, &JourneyBatch::new());
}

/// Would catch states of different models that are merged in silence.
#[test]
#[should_panic(expected = "cannot merge")]
fn states_of_other_shapes_are_not_merged() {
    let lineup = Lineup::default();
    let wider = Shape {
        channels: 7,
        groups: 2,
    };
    lineup.start(SHAPE).merge(lineup.start(wider));
}

/// Would catch a reused batch that leaves touches behind for the next journey.
#[test]
fn batches_can_be_reused() {
    let lineup = Lineup::default();
    let mut state = lineup.start(SHAPE);
    let mut reused = JourneyBatch::new();
    for channel in 0..2 {
        reused.clear();
        reused.touch(Touch {
            channel,
            kind: redcat::journey::TouchKind::Click,
            hours_before_end: 0.0,
        });
        reused.end(Outcome {
            conversions: 1,
            ..Outcome::default()
        });
        lineup.fold(&mut state, &reused);
    }
    for (name, credit) in lineup.credits(&state) {
        assert_eq!(conversions(&credit.unwrap())[..2], [1.0, 1.0], "{name}");
    }
}
