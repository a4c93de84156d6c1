//! Models that work on patterns of journeys: each against its definition, written down anew, and the
//! laws. `pattern_edges` has the degenerate cases.

use std::collections::BTreeSet;

use proptest::prelude::*;
use redcat::attribute::{
    Credit, FitError, Lineup, Logistic, Model, Pattern, Patterns, Reading, Removal, ShaoLi,
    ShapleyExactSet, ShapleyOrdered, ShapleyOwn, ShapleyRate,
};
use redcat::base::math;
use redcat::base::merge::merge_laws;

use super::rows::{N, Row, SHAPE, batch, close, config, credit, rows, sums};

pub const MODELS: &str = "shapley:rate,shapley:rate:sampled:40,shapley:exact-set,shapley:own,\
                      shapley:ordered,shao-li,shao-li:global,removal,removal:collapse,\
                      removal:first,logistic,logistic:l2=1,logistic:counts:l2=0.5,\
                      logistic:counts:bagged:5";

pub type Credits = Vec<(String, Result<Credit, FitError>)>;

pub fn credits(rows: &[Row]) -> Credits {
    let lineup = Lineup::parse(MODELS).unwrap();
    let mut state = lineup.start(SHAPE);
    lineup.fold(&mut state, &batch(rows));
    lineup.credits(&state)
}

fn path(row: &Row) -> Vec<u16> {
    row.touches.iter().map(|t| t.0).collect()
}

fn set(row: &Row) -> BTreeSet<u16> {
    path(row).into_iter().collect()
}

/// Conversions per journey of some rows.
fn rate<'a>(rows: impl Iterator<Item = &'a Row>) -> f64 {
    let (mut wins, mut journeys) = (0.0, 0.0);
    for row in rows {
        wins += row.outcome.conversions as f64;
        journeys += (row.outcome.conversions + row.outcome.nulls) as f64;
    }
    if journeys == 0.0 {
        0.0
    } else {
        wins / journeys
    }
}

/// The Shapley value: what each player adds, averaged over all orders, one after the other.
fn over_orders(players: &[u16], v: &dyn Fn(&BTreeSet<u16>) -> f64) -> Vec<f64> {
    fn orders(left: Vec<u16>) -> Vec<Vec<u16>> {
        if left.is_empty() {
            return vec![vec![]];
        }
        let starts = left.iter().flat_map(|first| {
            let rest = left.iter().copied().filter(|p| p != first).collect();
            let ends = orders(rest).into_iter();
            ends.map(move |end| [vec![*first], end].concat())
        });
        starts.collect()
    }
    let n = players.len();
    let coalition = |mask: usize| {
        let inside = (0..n).filter(|i| mask >> i & 1 == 1).map(|i| players[i]);
        inside.collect::<BTreeSet<u16>>()
    };
    let worth: Vec<f64> = (0..1 << n)
        .map(|mask| if mask == 0 { 0.0 } else { v(&coalition(mask)) })
        .collect();
    let orders = orders((0..n as u16).collect());
    let mut sums = vec![0.0; n];
    for order in &orders {
        let mut mask = 0;
        for player in order {
            let after = mask | 1 << player;
            sums[usize::from(*player)] += worth[after] - worth[mask];
            mask = after;
        }
    }
    sums.into_iter().map(|s| s / orders.len() as f64).collect()
}

/// Channels that any journey touched.
fn players(rows: &[Row]) -> Vec<u16> {
    let played = rows
        .iter()
        .filter(|r| r.outcome.conversions + r.outcome.nulls > 0 || r.outcome.value != 0);
    let all: BTreeSet<u16> = played.flat_map(path).collect();
    all.into_iter().collect()
}

/// Credit of all rows, each divided by these parts of its channels.
fn divided(rows: &[Row], parts: impl Fn(&Row) -> Vec<(u16, f64)>) -> Vec<[f64; 2]> {
    let mut found = vec![[0.0; 2]; N];
    for row in rows.iter().filter(|r| r.outcome.conversions > 0) {
        for (channel, part) in parts(row) {
            found[usize::from(channel)][0] += part * row.outcome.conversions as f64;
            found[usize::from(channel)][1] += part * row.outcome.value as f64;
        }
    }
    found
}

fn same(credit: &Credit, expected: &[[f64; 2]], rows: &[Row]) -> Result<(), TestCaseError> {
    let whole = sums(rows);
    for (channel, (found, expected)) in credit.by_channel().iter().zip(expected).enumerate() {
        let [conversions, value] = *expected;
        prop_assert!(
            close(found.conversions, conversions, whole.conversions),
            "{}: {:?} {:?}",
            channel,
            found,
            expected
        );
        prop_assert!(
            close(found.value, value, whole.value),
            "{}: {:?}",
            channel,
            found
        );
    }
    Ok(())
}

fn fold<M: Model>(model: &M, rows: &[Row]) -> M::State {
    let mut state = model.start(SHAPE);
    model.fold(&mut state, &batch(rows));
    state
}

proptest! {
    #![proptest_config(config())]

    /// Would catch a transform that sums wrong coalitions, wrong weights of arrivals, empty journeys
    /// that play, and credit that is not in proportion to φ.
    #[test]
    fn rates_are_the_value_of_their_game(rows in rows()) {
        let model = ShapleyRate::new();
        let fit = model.fit(&fold(&model, &rows)).unwrap();
        let players = players(&rows);
        let within = |s: &BTreeSet<u16>| {
            rows.iter().filter(|r| !r.touches.is_empty() && set(r).is_subset(s)).collect::<Vec<_>>()
        };
        let phi = over_orders(&players, &|s| rate(within(s).into_iter()));
        let mean_value = over_orders(&players, &|s| {
            let rows = within(s);
            let ends = rows.iter().map(|r| r.outcome.conversions + r.outcome.nulls);
            let value: f64 = rows.iter().map(|r| r.outcome.value as f64).sum();
            match ends.sum::<u64>() {
                0 => 0.0,
                journeys => value / journeys as f64,
            }
        });
        let touched: Vec<Row> = rows.iter().filter(|r| !r.touches.is_empty()).cloned().collect();
        let whole: f64 = phi.iter().sum();
        let credit = model.credit(fold(&model, &rows)).unwrap().by_channel();
        for (player, channel) in players.iter().enumerate() {
            let channel = usize::from(*channel);
            prop_assert!(close(fit.phi[channel], phi[player], 1.0));
            prop_assert!(close(fit.phi_value[channel], mean_value[player], 1e5));
            let part = if whole == 0.0 { 0.0 } else { phi[player] / whole };
            let expected = part * sums(&touched).conversions;
            prop_assert!(close(credit[channel].conversions, expected, expected));
        }
    }

    /// Would catch sums over coalitions that were not seen, and players that were not there.
    #[test]
    fn exact_sets_are_the_value_of_their_game(rows in rows()) {
        let players = players(&rows);
        let exactly = |s: &BTreeSet<u16>| {
            let rows: Vec<Row> = rows.iter().filter(|r| set(r) == *s).cloned().collect();
            sums(&rows)
        };
        let phi = over_orders(&players, &|s| exactly(s).conversions);
        let phi_value = over_orders(&players, &|s| exactly(s).value);
        let mut expected = vec![[0.0; 2]; N];
        for (player, channel) in players.iter().enumerate() {
            expected[usize::from(*channel)] = [phi[player], phi_value[player]];
        }
        same(&credit(&ShapleyExactSet, SHAPE, &rows).unwrap(), &expected, &rows)?;
    }

    /// Would catch a game of other journeys' channels, and a subset that is missed by either way of
    /// looking for them.
    #[test]
    fn own_games_are_solved_journey_by_journey(rows in rows()) {
        let expected = divided(&rows, |row| {
            let own: Vec<u16> = set(row).into_iter().collect();
            let phi = over_orders(&own, &|s| rate(rows.iter().filter(|r| set(r) == *s)));
            let whole: f64 = phi.iter().sum();
            own.into_iter().zip(phi.iter().map(|p| p / whole)).collect()
        });
        same(&credit(&ShapleyOwn, SHAPE, &rows).unwrap(), &expected, &rows)?;
    }

    /// Would catch a touchpoint that gets what another has earned.
    #[test]
    fn ordered_values_are_told_by_touchpoint(rows in rows()) {
        let fit = ShapleyOrdered.fit(&fold(&ShapleyOrdered, &rows)).unwrap();
        for (place, found) in fit.iter().enumerate() {
            let expected = divided(&rows, |row| {
                let (path, set) = (path(row), set(row));
                let Some(channel) = path.get(place) else { return vec![] };
                let times = path.iter().filter(|c| *c == channel).count();
                vec![(*channel, 1.0 / (set.len() * times) as f64)]
            });
            for (found, expected) in found.iter().zip(expected) {
                prop_assert!(close(found.conversions, expected[0], 28.0));
                prop_assert!(close(found.value, expected[1], 1e6));
            }
        }
    }

    /// Would catch rates of other journeys than those that hold a channel or a pair, and other pairs
    /// than those of the journey.
    #[test]
    fn shao_li_counts_pairs(rows in rows()) {
        let p = |channels: &[u16]| rate(rows.iter().filter(|r| channels.iter().all(|c| set(r).contains(c))));
        let c = |i: u16, others: Vec<u16>| {
            let sum: f64 = others.iter().map(|j| p(&[i, *j]) - p(&[i]) - p(&[*j])).sum();
            p(&[i]) + if others.is_empty() { 0.0 } else { sum / (2.0 * others.len() as f64) }
        };
        let expected = divided(&rows, |row| {
            let of = |i: &u16| (*i, c(*i, set(row).into_iter().filter(|j| j != i).collect()));
            set(row).iter().map(of).collect()
        });
        same(&credit(&ShaoLi::new(false), SHAPE, &rows).unwrap(), &expected, &rows)?;
        let model = ShaoLi::new(true);
        let fit = model.fit(&fold(&model, &rows)).unwrap();
        for i in 0..N as u16 {
            let counts = |r: &&Row| r.outcome.conversions + r.outcome.nulls > 0 && set(r).contains(&i);
            let beside: BTreeSet<u16> = rows.iter().filter(counts).flat_map(set).collect();
            let expected = c(i, beside.into_iter().filter(|j| *j != i).collect());
            prop_assert!(close(fit.coefficient[usize::from(i)], expected, 1.0));
            prop_assert!(close(fit.rate[usize::from(i)], p(&[i]), 1.0));
        }
    }

    /// Would catch a path that is shortened at the wrong touch, and one that is found where it is not.
    #[test]
    fn removal_leaves_one_touch_out(rows in rows(), reading in 0..3_usize) {
        // Two channels, so that shortened paths are there.
        let mut rows = rows;
        rows.iter_mut().flat_map(|r| &mut r.touches).for_each(|t| t.0 %= 2);
        let read = |row: &Row| {
            let mut path = path(row);
            match reading {
                0 => {}
                1 => path.dedup(),
                _ => {
                    let mut seen = BTreeSet::new();
                    path.retain(|c| seen.insert(*c));
                }
            }
            path
        };
        let reading = [Reading::Path, Reading::Collapsed, Reading::First][reading];
        let expected = divided(&rows, |row| {
            let path = read(row);
            let of = |path: &[u16]| rate(rows.iter().filter(|r| read(r) == path));
            let mut drops: Vec<f64> = (0..path.len())
                .map(|i| {
                    let mut left = path.clone();
                    left.remove(i);
                    (of(&path) - of(&left)).max(0.0)
                })
                .collect();
            if drops.iter().all(|d| *d == 0.0)
                && let Some(last) = drops.last_mut()
            {
                *last = 1.0;
            }
            let whole: f64 = drops.iter().sum();
            path.into_iter().zip(drops.into_iter().map(|d| d / whole)).collect()
        });
        same(&credit(&Removal::new(reading), SHAPE, &rows).unwrap(), &expected, &rows)?;
    }

    /// Would catch a fit that is not at the maximum (where the likelihood's slope, less the penalty's,
    /// is zero), and credit that is not in proportion to what channels add.
    #[test]
    fn logistic_is_at_its_maximum(rows in rows(), counted in any::<bool>(), penalty in 0..3_u8) {
        let penalty = f64::from(penalty) / 2.0;
        let model = Logistic::new(counted, penalty).unwrap();
        let x = |row: &Row, c: usize| {
            let times = row.touches.iter().filter(|t| usize::from(t.0) == c).count();
            if counted { times as f64 } else { times.min(1) as f64 }
        };
        let fit = match model.fit(&fold(&model, &rows)) {
            Ok(fit) => fit,
            Err(error) => {
                let nulls: u64 = rows.iter().map(|r| r.outcome.nulls).sum();
                let wins = sums(&rows).conversions;
                prop_assert!(penalty == 0.0 || nulls == 0 || wins == 0.0, "{}", error);
                return Ok(());
            }
        };
        let (mut slopes, mut likelihood) = (vec![0.0; N + 1], 0.0);
        for row in &rows {
            let (wins, nulls) = (row.outcome.conversions as f64, row.outcome.nulls as f64);
            let terms = (0..N).map(|c| fit.coefficients[c] * x(row, c));
            let p = 1.0 / (1.0 + math::exp(-fit.intercept - terms.sum::<f64>()));
            likelihood += wins * math::ln(p) + nulls * math::ln(1.0 - p);
            slopes[N] += wins - (wins + nulls) * p;
            for (c, slope) in slopes[..N].iter_mut().enumerate() {
                *slope += (wins - (wins + nulls) * p) * x(row, c);
            }
        }
        for (c, beta) in fit.coefficients.iter().enumerate() {
            slopes[c] -= penalty * beta;
        }
        prop_assert!(slopes.iter().all(|s| s.abs() < 1e-6), "{:?}", slopes);
        prop_assert!(close(fit.log_likelihood, likelihood, likelihood));
        let expected = divided(&rows, |row| {
            let adds = (0..N).map(|c| (fit.coefficients[c] * x(row, c)).max(0.0));
            let whole: f64 = adds.clone().sum();
            let part = |a: f64| if whole > 0.0 { a / whole } else { 0.0 };
            (0..).zip(adds.map(part)).collect()
        });
        same(&credit(&model, SHAPE, &rows).unwrap(), &expected, &rows)?;
    }

    /// Would catch credit that is lost or made, in any model and any group.
    #[test]
    fn everything_is_accounted_for(rows in rows()) {
        for (name, credit) in credits(&rows) {
            let Ok(credit) = credit else {
                prop_assert!(name.starts_with("logistic"), "{}", name);
                continue;
            };
            for group in 0..2 {
                let own = rows.iter().filter(|r| usize::from(r.outcome.group) == group);
                let whole = sums(&own.cloned().collect::<Vec<Row>>());
                let (found, left) = (credit.by_group()[group], credit.unattributed(group));
                let sum = found.conversions + left.conversions;
                prop_assert!((sum - whole.conversions).abs() <= 1e-12 * whole.conversions, "{}", name);
                prop_assert!((found.value + left.value - whole.value).abs() <= 1e-12 * whole.value);
            }
        }
    }

    /// Would catch a credit that depends on the order of journeys or on how they were split: equal to
    /// the last bit.
    #[test]
    fn splits_do_not_matter(
        (rows, shuffled) in rows().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
        at in 0..14_usize,
    ) {
        let lineup = Lineup::parse(MODELS).unwrap();
        let at = at.min(rows.len());
        let [mut left, right] = [&shuffled[at..], &shuffled[..at]].map(|rows| {
            let mut state = lineup.start(SHAPE);
            lineup.fold(&mut state, &batch(rows));
            state
        });
        redcat::base::Merge::merge(&mut left, right);
        prop_assert_eq!(lineup.credits(&left), credits(&rows));
    }

    /// Would catch a nonlinear slip: everything twice is twice the credit, exactly. Under a penalty it
    /// is not (data speak louder), and bags draw other journeys.
    #[test]
    fn twice_the_journeys_twice_the_credit(rows in rows()) {
        let twice = [rows.clone(), rows.clone()].concat();
        for ((name, one), (_, two)) in credits(&rows).into_iter().zip(credits(&twice)) {
            if name.contains("l2") || name.contains("bagged") {
                continue;
            }
            let (Ok(one), Ok(two)) = (one, two) else {
                prop_assert_eq!(name, "logistic");
                continue;
            };
            for (one, two) in one.by_channel().into_iter().zip(two.by_channel()) {
                prop_assert_eq!(2.0 * one.conversions, two.conversions, "{}", &name);
                prop_assert_eq!(2.0 * one.value, two.value, "{}", &name);
            }
        }
    }

    /// Would catch a model that looks at a channel's number. Random orders and bags are drawn by number,
    /// so these may differ.
    #[test]
    fn renamed_channels_rename_their_credit(
        rows in rows(),
        names in Just((0..N as u16).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut renamed = rows.clone();
        for touch in renamed.iter_mut().flat_map(|r| &mut r.touches) {
            touch.0 = names[usize::from(touch.0)];
        }
        for ((name, old), (_, new)) in credits(&rows).into_iter().zip(credits(&renamed)) {
            if name.contains("sampled") || name.contains("bagged") {
                continue;
            }
            prop_assert_eq!(old.is_ok(), new.is_ok(), "{}", &name);
            let (Ok(old), Ok(new)) = (old, new) else { continue };
            let total = old.total();
            for (group, channel) in (0..2).flat_map(|g| (0..N).map(move |c| (g, c))) {
                let a = old.cell(group, channel);
                let b = new.cell(group, usize::from(names[channel]));
                // A fit is exact to its tolerance only.
                let size = if name.starts_with("logistic") { 1e3 } else { 1.0 };
                prop_assert!(close(a.conversions, b.conversions, size * (1.0 + total.conversions)), "{}", name);
                prop_assert!(close(a.value, b.value, size * (1.0 + total.value)), "{}", name);
            }
        }
    }

    /// Would catch journeys that are divided in another way one at a time than in sum.
    #[test]
    fn single_journeys_add_up_to_the_credit(rows in rows()) {
        let lineup = Lineup::parse(MODELS).unwrap();
        let mut state = lineup.start(SHAPE);
        lineup.fold(&mut state, &batch(&rows));
        let mut dividing = Vec::new();
        for ((name, credit), (_, within)) in lineup.credits(&state).into_iter().zip(lineup.within(&state)) {
            let (Ok(credit), Ok(within)) = (&credit, within) else {
                prop_assert!(credit.is_err(), "{}", name);
                continue;
            };
            let Some(within) = within else { continue };
            let mut shares = Vec::new();
            within.divide(&batch(&rows), &mut shares);
            let mut found = vec![[0.0; 2]; N];
            for share in &shares {
                found[usize::from(share.channel)][0] += share.amount.conversions;
                found[usize::from(share.channel)][1] += share.amount.value;
            }
            same(credit, &found, &rows)?;
            let places: Vec<_> = shares.iter().map(|s| (s.journey, s.channel)).collect();
            let unique: BTreeSet<_> = places.iter().copied().collect();
            prop_assert_eq!(places.len(), unique.len(), "{}", &name);
            prop_assert!(places.is_sorted_by_key(|p| p.0));
            dividing.push(name);
        }
        prop_assert!(dividing.iter().filter(|n| !n.starts_with("logistic")).count() == 6, "{:?}", dividing);
    }

    /// Would catch a state that breaks the merge laws, or a start that is not their identity.
    #[test]
    fn pattern_states_obey_the_merge_laws(a in rows(), b in rows(), c in rows()) {
        for pattern in [Pattern::Set, Pattern::Bag, Pattern::Path, Pattern::Collapsed, Pattern::First] {
            let [a, b, c] = [&a, &b, &c].map(|rows| {
                let mut state = Patterns::new(SHAPE, pattern);
                state.fold(&batch(rows));
                state
            });
            merge_laws(&Patterns::new(SHAPE, pattern), &a, &b, &c);
        }
        let [a, b, c] = [&a, &b, &c].map(|rows| fold(&ShapleyOrdered, rows));
        merge_laws(&ShapleyOrdered.start(SHAPE), &a, &b, &c);
    }
}
