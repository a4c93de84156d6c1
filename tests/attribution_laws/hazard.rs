//! The additive hazard: against nested loops, at the corners of its formulas, and beyond its bound.

use proptest::prelude::*;
use redcat::attribute::{Credit, FitError, Hazard, Lineup, Model, Note, Shape};
use redcat::base::merge::merge_laws;
use redcat::base::{Merge, Purpose, Root};

use super::oracles::NaiveHazard;
use super::rows::{N, Row, SHAPE, batch, close, config, credit, path, rows, sums};

proptest! {
    #![proptest_config(config())]

    /// Would catch a wrong step, a row that does not count with its conversions and nulls, and value
    /// or groups that do not follow the shares of their own journeys.
    #[test]
    fn follows_its_definition(rows in rows(), steps in 0..30_u32) {
        let model = Hazard::new(steps, true, 32).unwrap();
        let mut state = model.start(SHAPE);
        model.fold(&mut state, &batch(&rows));
        let fit = model.fit(&state).unwrap();
        let mut naive = NaiveHazard::new(N);
        (0..steps).for_each(|_| naive.step(&rows));
        let likelihood = naive.likelihood(&rows);
        prop_assert!(close(fit.log_likelihood, likelihood, likelihood));
        for (c, found) in fit.responses.iter().enumerate() {
            prop_assert!(close(found.beta, naive.beta[c], naive.beta[c]));
            prop_assert!(close(found.omega, naive.omega[c], naive.omega[c]));
        }
        let found = model.credit(state).unwrap();
        let mut expected = [[[0.0; 2]; N]; 2];
        for row in &rows {
            for (share, touch) in naive.shares(row).iter().zip(&row.touches) {
                let cell = &mut expected[usize::from(row.outcome.group)][usize::from(touch.0)];
                cell[0] += share * row.outcome.conversions as f64;
                cell[1] += share * row.outcome.value as f64;
            }
        }
        let whole = sums(&rows);
        for (group, channel) in (0..2).flat_map(|g| (0..N).map(move |c| (g, c))) {
            let (amount, [conversions, value]) =
                (found.cell(group, channel), expected[group][channel]);
            prop_assert!(close(amount.conversions, conversions, whole.conversions));
            prop_assert!(close(amount.value, value, whole.value));
        }
    }

    /// Would catch a default fit that is not finite, or that loses credit, on whatever data.
    #[test]
    fn always_answers(rows in rows()) {
        let found = credit(&Hazard::default(), SHAPE, &rows).unwrap();
        let (total, whole) = (found.total(), sums(&rows));
        prop_assert!(close(total.conversions, whole.conversions, whole.conversions));
        prop_assert!(close(total.value, whole.value, whole.value));
    }
}

fn at(touches: &[(u16, f64)], conversions: u64, nulls: u64) -> Row {
    let mut row = path(&[], conversions, nulls, 100 * conversions as i64);
    row.touches = touches.iter().map(|(c, h)| (*c, true, *h)).collect();
    row
}

fn shares(rows: &[Row]) -> Vec<f64> {
    let credit = credit(&Hazard::default(), SHAPE, rows).unwrap();
    let amounts = credit.by_channel().into_iter();
    amounts.map(|a| a.conversions).collect()
}

/// Would catch ω that becomes 0/0 where a channel never converts, β and ω that become infinite where
/// it is only seen in the second of the conversion, and a journey whose λ underflows.
#[test]
fn the_corners_of_the_formulas() {
    let never = [at(&[(0, 5.0)], 1, 0), at(&[(1, 3.0), (2, 0.0)], 0, 9)];
    assert_eq!(shares(&never), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    let at_once = [at(&[(0, 5.0), (1, 0.0)], 3, 0), at(&[(0, 8.0)], 0, 1)];
    let found = shares(&at_once);
    assert!(found[1] > 2.999 && found[0] + found[1] == 3.0, "{found:?}");
    let model = Hazard::new(3_000, true, 32).unwrap();
    let mut state = model.start(SHAPE);
    let both = [
        at(&[(0, 0.0)], 7, 0),
        at(&[(0, 1e9)], 1, 1),
        at(&[(0, 1e9), (1, 1e9)], 1, 0),
    ];
    model.fold(&mut state, &batch(&[&at_once[..], &never, &both].concat()));
    let fit = model.fit(&state).unwrap();
    assert!(fit.log_likelihood.is_finite());
    for response in fit.responses {
        assert!(response.beta.is_finite() && response.omega.is_finite());
        assert!(response.beta >= 0.0 && response.omega > 0.0);
    }
    // Fast at first sight, and then alone in a journey of long ago: nothing is left of λ but its
    // logarithm.
    let mut fast = vec![at(&[(0, 0.0), (1, 50.0)], 1_000_000, 0)];
    fast.push(at(&[(0, 9e5), (0, 8e5)], 1, 0));
    let found = shares(&fast);
    assert!((found.iter().sum::<f64>() - 1_000_001.0).abs() < 1e-6);
    assert!(found[0] > 1.0, "{found:?}");
}

/// Would catch a touch without a time that is taken for one, the two zeros as two contents, and a
/// correction of value on touches that never convert being lost.
#[test]
fn touches_without_a_time_are_none() {
    let timed = [
        at(&[(0, 5.0), (1, 0.0)], 2, 1),
        at(&[(1, 7.0)], 0, 4),
        at(&[], 1, 0),
    ];
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 2e9];
    let mut odd: Vec<(u16, f64)> = odd.into_iter().map(|h| (3, h)).collect();
    odd.extend([(0, 5.0), (1, -0.0)]);
    let same = [at(&odd, 2, 1), at(&[(1, 7.0)], 0, 4), at(&odd[..5], 1, 0)];
    let find = |rows: &[Row]| credit(&Hazard::default(), SHAPE, rows).unwrap();
    assert_eq!(find(&timed), find(&same));
    assert_eq!(find(&same).unattributed(0).conversions, 1.0);
    let mut correction = at(&[(4, 1.0)], 0, 0);
    correction.outcome.value = -30;
    let found = find(&[at(&[(0, 5.0)], 1, 1), correction]);
    assert_eq!(found.unattributed(0).value, -30.0);
    assert_eq!(found.total().value, 70.0);
}

/// Would catch a missing remark, or one where there is nothing to remark.
#[test]
fn notes() {
    let find = |rows: &[Row]| {
        credit(&Hazard::default(), SHAPE, rows)
            .unwrap()
            .notes()
            .to_vec()
    };
    assert_eq!(find(&[at(&[(0, 1.0)], 0, 3)]), [Note::NoConversions]);
    assert_eq!(find(&[at(&[(0, 1.0)], 3, 0)]), [Note::NoNulls]);
    assert_eq!(find(&[at(&[(0, 1.0)], 3, 1)]), []);
    assert_eq!(find(&[at(&[], 3, 1)]), []);
    let long: Vec<(u16, f64)> = (0..5_000_u16)
        .map(|i| (i % 3, f64::from(6_000 - i)))
        .collect();
    let touches = 2_000;
    assert_eq!(find(&[at(&long, 1, 1)]), [Note::Shortened { touches }]);
    let latest = [at(&long[3_000..], 1, 1)];
    assert_eq!(shares(&[at(&long, 1, 1)]), shares(&latest));
    assert!(find(&latest).is_empty());
}

/// Would catch a channel or a group out of shape that a fit runs over.
#[test]
fn strays_are_refused() {
    let refused = |row: Row| credit(&Hazard::default(), SHAPE, &[row]).unwrap_err();
    let stray = refused(at(&[(6, 1.0)], 0, 1));
    assert!(matches!(stray, FitError::StrayChannel { channel: 6, .. }));
    let mut row = at(&[(0, 1.0)], 1, 1);
    row.outcome.group = 2;
    assert!(matches!(
        refused(row),
        FitError::StrayGroup { group: 2, .. }
    ));
}

const WIDE: Shape = Shape {
    channels: 4,
    groups: 3,
};

/// Journeys of one to six touches; two groups of three, one of them rare; one in eight converts.
fn many(number: u64) -> Vec<Row> {
    let mut draws = Root::new(7).common(Purpose::named("hazard bound"), 0);
    (0..number)
        .map(|i| {
            let touches = 1 + draws.next() % 6;
            let mut hours: Vec<f64> = (0..touches).map(|_| draws.next_unit() * 300.0).collect();
            hours.sort_by(|a, b| b.total_cmp(a));
            let touches = hours.into_iter().map(|h| ((draws.next() % 4) as u16, h));
            let touches: Vec<(u16, f64)> = touches.collect();
            let converts = u64::from(draws.next().is_multiple_of(8));
            let mut row = at(&touches, converts, 1 - converts);
            row.outcome.value *= 1 + (draws.next() % 50) as i64;
            row.outcome.group = if i == 1_234 { 2 } else { (i % 2) as u16 };
            row
        })
        .collect()
}

fn bounded(parts: &[&[Row]]) -> (Credit, usize) {
    let lineup = Lineup::parse("hazard:30:4k").unwrap();
    let mut whole = lineup.start(WIDE);
    for part in parts {
        let mut state = lineup.start(WIDE);
        part.chunks(97)
            .for_each(|rows| lineup.fold(&mut state, &batch(rows)));
        whole.merge(state);
    }
    let bytes = lineup.bytes(&whole)[0].1;
    (lineup.credits(&whole).remove(0).1.unwrap(), bytes)
}

/// Would catch a sample that depends on the order, the split or the tree of merges; a total that is
/// the sample's; a missing note; and memory that grows.
#[test]
fn beyond_the_bound() {
    let rows = many(20_000);
    let (one, bytes) = bounded(&[&rows]);
    let mut turned: Vec<Row> = rows.iter().rev().cloned().collect();
    turned.rotate_left(4_711);
    let thirds: Vec<&[Row]> = turned.chunks(7_000).collect();
    let (three, _) = bounded(&thirds);
    assert_eq!(one, three);
    let pieces: Vec<&[Row]> = turned.chunks(150).collect();
    assert_eq!(one, bounded(&pieces).0);
    // 15 bytes for each of 4,000 touches, and what a vector may hold in reserve.
    assert!(bytes < 4_000 * 18, "{bytes}");
    let [Note::Sampled { kept, of: 20_000 }] = one.notes() else {
        panic!("{:?}", one.notes());
    };
    assert!(
        (450..620).contains(kept),
        "{kept}: 4,000 by 3.5 touches and 4"
    );
    for group in 0..3 {
        let own = |row: &&Row| usize::from(row.outcome.group) == group;
        let own: Vec<Row> = rows.iter().filter(own).cloned().collect();
        let (found, whole) = (one.by_group()[group], sums(&own));
        assert!((found.conversions - whole.conversions).abs() < 1e-9 * whole.conversions.max(1.0));
        assert!((found.value - whole.value).abs() < 1e-9 * whole.value.max(1.0));
    }
}

/// Would catch a threshold that is lost in a merge, where what was dropped would be taken for never
/// seen, and a merge tree that can be told from another once samples are full and in order.
#[test]
fn full_samples_obey_the_merge_laws() {
    let model = Hazard::new(1, true, 1).unwrap();
    let empty = model.start(WIDE);
    let rows = many(4_000);
    // Of most different rates: the small one's threshold says little of the whole's.
    let parts = [&rows[..3_000], &rows[3_000..3_300], &rows[3_300..]];
    let [a, b, c] = parts.map(|rows| {
        let mut state = model.start(WIDE);
        model.fold(&mut state, &batch(rows));
        let mut settled = empty.clone();
        settled.merge(state);
        settled
    });
    merge_laws(&empty, &a, &b, &c);
    let mut whole = model.start(WIDE);
    model.fold(&mut whole, &batch(&rows));
    let mut merged = c;
    merged.merge(a);
    merged.merge(b);
    assert_eq!(merged, whole);
}

/// Would catch a sample that prefers some journeys (those that convert, those of a channel): its
/// shares, and the strength of all channels together, are those of all journeys, within five standard
/// errors of a sample of that size.
#[test]
fn the_sample_is_even() {
    let rows = many(20_000);
    let (found, _) = bounded(&[&rows]);
    let [Note::Sampled { kept, .. }] = found.notes() else {
        panic!("not sampled");
    };
    // By symmetry each of the four channels deserves a quarter.
    let conversions = sums(&rows).conversions;
    let converting = *kept as f64 * conversions / 20_000.0;
    for amount in found.shares() {
        let error = (0.25_f64 * 0.75 / converting).sqrt();
        assert!(
            (amount.conversions - 0.25).abs() < 5.0 * error,
            "{amount:?}"
        );
    }
    let strength = |thousands| {
        let model = Hazard::new(5, true, thousands).unwrap();
        let mut state = model.start(WIDE);
        model.fold(&mut state, &batch(&rows));
        let fit = model.fit(&state).unwrap();
        fit.responses.iter().map(|r| r.beta).sum::<f64>()
    };
    let off = strength(4) / strength(1_000) - 1.0;
    assert!(off.abs() < 5.0 / converting.sqrt(), "off by {off}");
}

/// Would catch journeys of one content that take the place of several, so that aggregated data is
/// sampled though it would fit.
#[test]
fn equal_contents_are_kept_once() {
    let rows: Vec<Row> = many(200).into_iter().cycle().take(40_000).collect();
    let (found, _) = bounded(&[&rows]);
    let mut aggregated = many(200);
    for row in &mut aggregated {
        row.outcome.conversions *= 200;
        row.outcome.nulls *= 200;
        row.outcome.value *= 200;
    }
    assert_eq!(found, bounded(&[&aggregated]).0);
    assert_eq!(found.notes(), []);
    let exact = 200.0 * sums(&many(200)).conversions;
    assert_eq!(found.total().conversions, exact);
}
