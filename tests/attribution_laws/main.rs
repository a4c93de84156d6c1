//! What must hold on any journeys: each model against its definition, and the algebra that lets a
//! run be split. `edges` has the cases that chance does not draw.

mod chains;
mod edges;
mod hazard;
mod named;
mod oracles;
mod pattern_edges;
mod patterns;
mod recovery;
mod rows;

use oracles::{NAIVE, by_permutations, by_subsets, walk, walk_of_order};
use proptest::prelude::*;
use redcat::attribute::{
    Amount, ConversionsOnly, Credit, First, Geometric, Hazard, Last, LastClick, Linear,
    LinearDistinct, Markov, MarkovGrams, Model, PerJourney, Position, Shapley, TimeDecay,
    TwoTouches,
};
use redcat::base::Merge;
use redcat::base::merge::merge_laws;
use rows::{
    ALL, N, NAMES, Row, SHAPE, batch, close, config, credit, credits, credits_of, lineup, rows,
    sums,
};

proptest! {
    #![proptest_config(config())]

    /// Would catch any rule that departs from its definition, group by group, conversions and value.
    #[test]
    fn rules_follow_their_definitions(rows in rows()) {
        let found = credits(&rows);
        for (name, naive) in NAIVE {
            let (_, found) = found.iter().find(|(n, _)| n == name).unwrap();
            let found = found.as_ref().unwrap();
            let mut expected = Credit::new(SHAPE);
            for row in &rows {
                let group = usize::from(row.outcome.group);
                let whole = sums(std::slice::from_ref(row));
                let weights = naive(row);
                for (weight, touch) in weights.iter().zip(&row.touches) {
                    let conversions = weight * whole.conversions;
                    let amount = Amount { conversions, value: weight * whole.value };
                    expected.give(group, usize::from(touch.0), amount);
                }
                if weights.iter().all(|w| *w == 0.0) {
                    expected.leave(group, whole);
                }
            }
            let total = expected.total();
            for group in 0..2 {
                for channel in 0..N {
                    let (a, b) = (found.cell(group, channel), expected.cell(group, channel));
                    prop_assert!(close(a.conversions, b.conversions, total.conversions), "{}", name);
                    prop_assert!(close(a.value, b.value, total.value), "{}", name);
                }
                prop_assert_eq!(found.unattributed(group), expected.unattributed(group));
            }
        }
    }

    /// Would catch a wrong removal formula, self-loops that matter, value that follows the wrong
    /// chain, and a base probability that is not the observed rate.
    #[test]
    fn markov_is_what_removal_does(rows in rows()) {
        let mut state = Markov.start(SHAPE);
        Markov.fold(&mut state, &batch(&rows));
        let chain = Markov.fit(&state).unwrap();
        let ends: u64 = rows.iter().map(|r| r.outcome.conversions + r.outcome.nulls).sum();
        let rate = sums(&rows).conversions / (ends.max(1)) as f64;
        prop_assert!(close(chain.base_probability, rate, 1.0));
        for loops in [false, true] {
            let (chance, value) = walk(&rows, None, loops);
            prop_assert!(close(chain.base_probability, chance, 1.0));
            prop_assert!(close(chain.base_value, value, value));
            for c in 0..N {
                let (without, value_without) = walk(&rows, Some(c), loops);
                let lost = if chance == 0.0 { 0.0 } else { 1.0 - without / chance };
                let lost_value = if value == 0.0 { 0.0 } else { 1.0 - value_without / value };
                prop_assert!(close(chain.removal[c], lost, 1.0), "{:?} {}", chain, lost);
                prop_assert!(close(chain.removal_value[c], lost_value, 1.0));
            }
        }
        let credit = Markov.credit(state).unwrap();
        let sum: f64 = chain.removal.iter().sum();
        for (c, amount) in credit.by_channel().iter().enumerate() {
            let share = if sum == 0.0 { 0.0 } else { chain.removal[c] / sum };
            let touched = credit.credited().conversions;
            prop_assert!(close(amount.conversions, share * touched, touched));
        }
    }

    /// Would catch states that are not the last touches, short journeys that are lost, a removal that
    /// leaves states standing, and sweeps that stop too soon.
    #[test]
    fn chains_of_higher_order_are_what_removal_does(
        rows in rows(),
        order in 2..5_usize,
        collapse in any::<bool>(),
    ) {
        // Three channels, so that states come again.
        let mut rows = rows;
        rows.iter_mut().flat_map(|r| &mut r.touches).for_each(|t| t.0 %= 3);
        let model = MarkovGrams::new(order, collapse).unwrap();
        let credit = credit(&model, SHAPE, &rows).unwrap();
        let all = walk_of_order(&rows, (order, collapse), None);
        let lost: Vec<(f64, f64)> = (0..3)
            .map(|c| walk_of_order(&rows, (order, collapse), Some(c)))
            .map(|(conversions, value)| (all.0 - conversions, all.1 - value))
            .collect();
        let sums = lost.iter().fold((0.0, 0.0), |s, l| (s.0 + l.0, s.1 + l.1));
        let part = |lost: f64, sum: f64, all: f64| if sum <= 1e-9 { 0.0 } else { lost / sum * all };
        for (channel, amount) in credit.by_channel().iter().enumerate() {
            let (conversions, value) = lost.get(channel).copied().unwrap_or_default();
            let expected = part(conversions, sums.0, all.0);
            prop_assert!(close(amount.conversions, expected, all.0), "{:?} {:?}", amount, lost);
            prop_assert!(close(amount.value, part(value, sums.1, all.1), all.1));
        }
    }

    /// Would catch a closed form that is not the Shapley value of the game it is said to solve.
    #[test]
    fn shapley_is_the_value_of_its_game(rows in rows()) {
        let set = |row: &Row| row.touches.iter().fold(0_usize, |set, t| set | 1 << t.0);
        let v: Vec<f64> = (0..1_usize << N)
            .map(|coalition| {
                // Journeys that nobody touched belong to nobody.
                let held = rows.iter().filter(|r| set(r) != 0 && set(r) & !coalition == 0);
                held.map(|r| r.outcome.conversions as f64).sum()
            })
            .collect();
        let credit = credit(&Shapley, SHAPE, &rows).unwrap();
        let (permutations, subsets) = (by_permutations(&v), by_subsets(&v));
        for (c, amount) in credit.by_channel().iter().enumerate() {
            prop_assert!(close(amount.conversions, permutations[c], v[(1 << N) - 1]));
            prop_assert!(close(amount.conversions, subsets[c], v[(1 << N) - 1]));
        }
    }

    /// Would catch credit that is lost or made, in any model and any group.
    #[test]
    fn everything_is_handed_out_once(rows in rows()) {
        for (name, credit) in credits(&rows) {
            let credit = credit.unwrap();
            for group in 0..2 {
                let own: Vec<Row> = rows
                    .iter()
                    .filter(|r| usize::from(r.outcome.group) == group)
                    .cloned()
                    .collect();
                let (found, left) = (credit.by_group()[group], credit.unattributed(group));
                let whole = sums(&own);
                let off = found.conversions + left.conversions - whole.conversions;
                prop_assert!(off.abs() <= 1e-12 * whole.conversions, "{} {}", name, off);
                let off = found.value + left.value - whole.value;
                prop_assert!(off.abs() <= 1e-12 * whole.value, "{} {}", name, off);
            }
        }
    }

    /// Would catch a float in a state, or a credit that depends on the order of journeys, on where
    /// batches end, or on the order in which shards are merged: equal to the last bit.
    #[test]
    fn order_and_splits_do_not_matter(
        (rows, shuffled) in rows().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
        size in 1..5_usize,
        turn in 0..7_usize,
    ) {
        let lineup = lineup(ALL, &NAMES);
        let mut parts: Vec<_> = shuffled
            .chunks(size)
            .map(|part| {
                let mut state = lineup.start(SHAPE);
                lineup.fold(&mut state, &batch(part));
                state
            })
            .collect();
        let places = parts.len().max(1);
        parts.rotate_left(turn % places);
        let mut whole = lineup.start(SHAPE);
        // Pairs first, then all: another tree than a plain left fold.
        for pair in parts.chunks(2) {
            let mut left = pair[0].clone();
            pair[1..].iter().for_each(|right| left.merge(right.clone()));
            whole.merge(left);
        }
        prop_assert_eq!(lineup.credits(&whole), credits(&rows));
    }

    /// Would catch a nonlinear slip: everything twice is twice the credit, exactly.
    #[test]
    fn twice_the_journeys_twice_the_credit(rows in rows()) {
        let twice = [rows.clone(), rows.clone()].concat();
        for ((name, one), (_, two)) in credits(&rows).into_iter().zip(credits(&twice)) {
            let (one, two) = (one.unwrap(), two.unwrap());
            for (one, two) in one.by_channel().into_iter().zip(two.by_channel()) {
                prop_assert_eq!(2.0 * one.conversions, two.conversions, "{}", &name);
                prop_assert_eq!(2.0 * one.value, two.value, "{}", &name);
            }
        }
    }

    /// Would catch a model that looks at a channel's number: exact for rules, and for fitted
    /// models up to the order of their sums.
    #[test]
    fn renamed_channels_rename_their_credit(
        rows in rows(),
        names in Just((0..N as u16).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut renamed = rows.clone();
        for touch in renamed.iter_mut().flat_map(|r| &mut r.touches) {
            touch.0 = names[usize::from(touch.0)];
        }
        let mut called = NAMES;
        for (old, new) in names.iter().enumerate() {
            called[usize::from(*new)] = NAMES[old];
        }
        let new = credits_of(&renamed, &called);
        let fitted = |name: &str| name.starts_with("markov") || name.starts_with("hazard");
        for ((name, old), (_, new)) in credits(&rows).into_iter().zip(new) {
            let (old, new) = (old.unwrap(), new.unwrap());
            for (group, channel) in (0..2).flat_map(|g| (0..N).map(move |c| (g, c))) {
                let a = old.cell(group, channel);
                let b = new.cell(group, usize::from(names[channel]));
                let total = old.total();
                prop_assert!(fitted(&name) || a == b, "{}", name);
                prop_assert!(close(a.conversions, b.conversions, total.conversions));
                prop_assert!(close(a.value, b.value, total.value));
            }
        }
    }

    /// Would catch a state that breaks the merge laws, or a start that is not their identity.
    #[test]
    fn states_obey_the_merge_laws(a in rows(), b in rows(), c in rows()) {
        fn laws<M: Model<State: PartialEq + std::fmt::Debug>>(model: &M, parts: [&[Row]; 3]) {
            let empty = model.start(SHAPE);
            let [a, b, c] = parts.map(|rows| {
                let mut state = empty.clone();
                model.fold(&mut state, &batch(rows));
                state
            });
            merge_laws(&empty, &a, &b, &c);
        }
        let parts = [&a[..], &b[..], &c[..]];
        laws(&First, parts);
        laws(&Last, parts);
        laws(&LastClick, parts);
        laws(&Linear, parts);
        laws(&LinearDistinct, parts);
        laws(&Position::new([50.0, 20.0, 30.0], TwoTouches::Renormalise).unwrap(), parts);
        laws(&TimeDecay::default(), parts);
        laws(&Markov, parts);
        laws(&ConversionsOnly(Markov), parts);
        laws(&Geometric::default(), parts);
        laws(&PerJourney(Markov), parts);
        laws(&MarkovGrams::new(3, false).unwrap(), parts);
        laws(&Shapley, parts);
        laws(&Hazard::default(), parts);
    }
}
