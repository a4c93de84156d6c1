//! Degenerate data for models that work on patterns, and how sure sampled values are.

use redcat::attribute::{
    Amount, FitError, Lineup, Logistic, Model, Note, Shape, ShapleyExactSet, ShapleyOwn,
    ShapleyRate,
};

use redcat::base::address::{Purpose, Root};

use super::patterns::{MODELS, credits};
use super::rows::{Row, SHAPE, batch, credit, path};

fn conversions(credit: &redcat::attribute::Credit) -> Vec<f64> {
    let amounts = credit.by_channel().into_iter();
    amounts.map(|a| a.conversions).collect()
}

/// 2,000 rows over many channels: 5 touches each, one in twenty converts.
fn many(channels: u32) -> Vec<Row> {
    let row = |i: u32| {
        let step = |k: u32| ((i * 7 + k * k * 13 + k) % channels) as u16;
        let touched: Vec<u16> = (0..5).map(step).collect();
        let wins = u64::from(i.is_multiple_of(20));
        path(&touched, wins, 1 - wins, 0)
    };
    (0..2_000).map(row).collect()
}

/// Would catch a 0/0 that ends as NaN, and a fit that fails where there is nothing to fit.
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

/// Would catch conversions of empty journeys that go to a channel, and one channel that does not get all
/// where credit adds up.
#[test]
fn empty_journeys_and_a_single_channel() {
    for (name, credit) in credits(&[path(&[], 2, 1, 90), path(&[3, 3], 3, 1, 10)]) {
        let credit = credit.unwrap();
        assert_eq!(credit.total().conversions, 5.0, "{name}");
        assert_eq!(credit.total().value, 100.0, "{name}");
        if name.contains("bagged") {
            // Coins decide whether a bag sees more than one journey.
            continue;
        }
        // The rate with the channel is 3/4, without it 2/3.
        let expected = if name == "shao-li" { 2.25 } else { 3.0 };
        assert!((conversions(&credit)[3] - expected).abs() < 1e-12, "{name}");
        assert!((credit.unattributed(0).conversions - (5.0 - expected)).abs() < 1e-12);
    }
}

/// Would catch a silent answer where there are no nulls to compare with, in models of rates.
#[test]
fn without_nulls_a_warning_or_a_refusal() {
    for (name, credit) in credits(&[path(&[0, 1], 3, 0, 30), path(&[1], 1, 0, 5)]) {
        match credit {
            Ok(credit) => {
                let blind = name.contains("exact-set") || name.contains("ordered");
                assert_eq!(credit.notes().contains(&Note::NoNulls), !blind, "{name}");
                assert_eq!(credit.total().conversions, 4.0, "{name}");
            }
            Err(error) => {
                assert!(name.starts_with("logistic"), "{name}");
                assert!(
                    error.to_string().contains("without a conversion"),
                    "{error}"
                );
            }
        }
    }
}

/// Would catch a channel that never converts and yet gets credit where only merit counts, and a value of
/// rates that does not hold it against the channel.
#[test]
fn a_channel_that_never_converts() {
    let rows = [path(&[4, 4, 4], 2, 3, 50), path(&[1], 0, 7, 0)];
    for (name, credit) in credits(&rows) {
        let Ok(credit) = credit else {
            assert_eq!(name, "logistic");
            continue;
        };
        let found = conversions(&credit);
        let negative = name.contains("rate") || name.contains("exact-set");
        assert_eq!(found[1] < 0.0, negative, "{name}: {found:?}");
        assert!(
            negative || found[1] == 0.0 || name == "shao-li:global",
            "{name}"
        );
        assert_eq!(credit.total().conversions, 2.0, "{name}");
    }
}

/// Would catch a refusal of a regression that does not say why and what would do.
#[test]
fn logistic_says_why_there_is_no_maximum() {
    let free = Logistic::default();
    let penalised = Logistic::new(false, 1.0).unwrap();
    let one_sided = [path(&[0], 2, 3, 0), path(&[1], 0, 4, 0)];
    let repeats = [
        path(&[0, 1], 2, 3, 0),
        path(&[2], 1, 4, 0),
        path(&[], 1, 1, 0),
    ];
    let together = [
        path(&[0, 1], 5, 0, 0),
        path(&[0], 0, 5, 0),
        path(&[1], 0, 5, 0),
        path(&[], 0, 9, 0),
    ];
    for (rows, why) in [
        (
            &one_sided[..],
            "journeys with channel 1 always convert, or never",
        ),
        (&repeats, "channel 1 cannot be told apart"),
        (&together, "channels together"),
    ] {
        let error = credit(&free, SHAPE, rows).unwrap_err().to_string();
        assert!(
            error.contains(why) && error.contains("logistic:l2=1"),
            "{error}"
        );
        credit(&penalised, SHAPE, rows).unwrap();
    }
    let mut lineup = Lineup::parse("logistic").unwrap();
    lineup.bind(&["ads", "mail", "c", "d", "e", "f"]).unwrap();
    let mut state = lineup.start(SHAPE);
    lineup.fold(&mut state, &batch(&one_sided));
    let error = lineup.credits(&state).remove(0).1.unwrap_err().to_string();
    assert!(error.contains("the channel `mail` always"), "{error}");
}

/// Would catch counts or sums that wrap, and a correction of value that is lost.
#[test]
fn enormous_counts_and_corrections() {
    let row = path(&[0, 1, 0], u64::MAX, u64::MAX, i64::MAX);
    let other = path(&[1], u64::MAX, u64::MAX, 0);
    let third = path(&[2], u64::MAX, u64::MAX, 0);
    let nobody = path(&[], u64::MAX, u64::MAX, 0);
    for (name, credit) in credits(&[row, other, third, nobody]) {
        let total = credit.unwrap().total();
        assert!(
            total.conversions > 2e19 && total.value > 9.2e18,
            "{name}: {total:?}"
        );
    }
    let rows = [
        path(&[2, 3], 1, 1, 900),
        path(&[2, 3], 0, 0, -300),
        path(&[3], 0, 0, 70),
    ];
    for (name, credit) in credits(&rows) {
        let Ok(credit) = credit else { continue };
        assert!((credit.total().value - 670.0).abs() < 1e-9, "{name}");
    }
}

/// Would catch tables of 2⁵⁰⁰ coalitions, quadratic time where it is not due, and rounding that piles up:
/// 500 channels, with a path of 10,000 touches among them.
#[test]
fn many_channels_and_long_paths() {
    let shape = Shape {
        channels: 500,
        groups: 1,
    };
    let long: Vec<u16> = (0..10_000_u32).map(|i| (i * 17 % 500) as u16).collect();
    let mut rows = many(500);
    rows.extend([path(&long, 1, 0, 1_000_000), path(&long[1..], 0, 1, 0)]);
    let names = MODELS.replace("shapley:rate,", "shapley:rate:sampled:3,");
    let lineup = Lineup::parse(&names).unwrap();
    let mut state = lineup.start(shape);
    lineup.fold(&mut state, &batch(&rows));
    for (name, credit) in lineup.credits(&state) {
        match credit {
            Ok(credit) => {
                assert!((credit.total().conversions - 101.0).abs() < 1e-9, "{name}");
                assert!((credit.total().value - 1e6).abs() < 1e-3, "{name}");
            }
            Err(error) => {
                assert_eq!(name, "logistic");
                assert!(error.to_string().contains("logistic:l2=1"), "{error}");
            }
        }
    }
}

/// Would catch a channel or a group out of shape that is taken in silence.
#[test]
fn what_does_not_fit_is_refused() {
    for (name, credit) in credits(&[path(&[0, 6], 1, 0, 0)]) {
        let channels = 6;
        let refusal = credit.unwrap_err();
        assert_eq!(
            refusal,
            FitError::StrayChannel {
                channel: 6,
                channels
            },
            "{name}"
        );
    }
    let mut elsewhere = path(&[0], 1, 0, 0);
    elsewhere.outcome.group = 2;
    for (name, credit) in credits(&[elsewhere]) {
        let refusal = credit.unwrap_err();
        assert_eq!(
            refusal,
            FitError::StrayGroup {
                group: 2,
                groups: 2
            },
            "{name}"
        );
    }
}

/// Would catch a note that is missing where credit does not add up.
#[test]
fn what_does_not_add_up_says_so() {
    for (name, credit) in credits(&[path(&[0, 1], 3, 4, 0), path(&[1], 1, 9, 0)]) {
        let Ok(credit) = credit else { continue };
        let told = credit.notes().contains(&Note::DoesNotAddUp);
        assert_eq!(
            told,
            ["shao-li", "shapley:exact-set"].contains(&name.as_str()),
            "{name}"
        );
    }
    let all = [path(&[0, 1], 3, 4, 0), path(&[1], 1, 9, 0)];
    let credit = credit(&ShapleyExactSet, SHAPE, &all).unwrap();
    // Three conversions touched all channels; of these φ is the sum.
    assert!((credit.credited().conversions - 3.0).abs() < 1e-12);
}

/// Would catch an estimate that is biased, and error bars that are too short or too long. Games of 4 to 17
/// channels (each draws orders of its own), four of a size: no value may be further from the exact one
/// than 6.5 standard errors (false alarm 588·8e-11 < 1e-7), and squares of distances in errors must
/// average to about one.
#[test]
fn sampled_values_are_within_their_error() {
    let (mut squares, mut count) = (0.0, 0.0);
    for world in 0..56_u64 {
        let channels = 4 + world % 14;
        let shape = Shape {
            channels: channels as usize,
            groups: 1,
        };
        let mut dice = Root::new(world).common(Purpose::named("test"), 0);
        let rows: Vec<Row> = (0..60)
            .map(|_| {
                let touches = 0..1 + dice.next() % 5;
                let touches: Vec<u16> = touches.map(|_| (dice.next() % channels) as u16).collect();
                path(&touches, dice.next() % 4, dice.next() % 9, 0)
            })
            .collect();
        let (exact, sampled) = (ShapleyRate::new(), ShapleyRate::sampled(400).unwrap());
        let mut state = exact.start(shape);
        exact.fold(&mut state, &batch(&rows));
        let truth = exact.fit(&state).unwrap();
        let fit = sampled.fit(&state).unwrap();
        let estimate = fit.estimate.unwrap();
        for channel in 0..shape.channels {
            let off = (fit.phi[channel] - truth.phi[channel]) / estimate.error[channel];
            assert!(
                off.abs() < 6.5,
                "world {world}, channel {channel}: {off} errors"
            );
            squares += off * off;
            count += 1.0;
        }
        let (a, b): (f64, f64) = (fit.phi.iter().sum(), truth.phi.iter().sum());
        assert!((a - b).abs() < 1e-12, "all orders add up to the same");
    }
    let mean: f64 = squares / count;
    println!("squares average to {mean}");
    assert!((0.7..1.4).contains(&mean), "squares average to {mean}");
}

/// Would catch a game of too many channels that is refused or summed, instead of estimated with its error.
#[test]
fn beyond_the_exact_limit_values_are_estimated() {
    let shape = Shape {
        channels: 30,
        groups: 1,
    };
    let rows = many(30);
    let found = credit(&ShapleyRate::new(), shape, &rows).unwrap();
    assert!(
        matches!(found.notes(), [Note::Permutations { pairs: 1_000, error }] if (100..100_000).contains(error))
    );
    assert!(found.notes()[0].to_string().contains("1000 pairs"));
    assert!((found.credited().conversions - 100.0).abs() < 1e-9);
    let few = credit(&ShapleyRate::new(), shape, &many(20)).unwrap();
    assert_eq!(few.notes(), []);
}

/// Would catch a search for subsets that depends on whether subsets or sets are looked through: a set of
/// three among few sets, and the same among many.
#[test]
fn own_games_do_not_depend_on_the_way_of_looking() {
    let shape = Shape {
        channels: 60,
        groups: 1,
    };
    let mut rows = vec![
        path(&[0, 1, 2], 3, 2, 0),
        path(&[0], 1, 4, 0),
        path(&[1, 2], 2, 3, 0),
        path(&[0, 2], 1, 1, 0),
    ];
    let few = conversions(&credit(&ShapleyOwn, shape, &rows).unwrap());
    rows.extend((3..59).map(|c| path(&[c, c + 1], 0, 1, 0)));
    let many = conversions(&credit(&ShapleyOwn, shape, &rows).unwrap());
    for (a, b) in few.iter().zip(&many) {
        assert!((a - b).abs() < 1e-12, "{few:?} {many:?}");
    }
}
