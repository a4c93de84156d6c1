//! What the models that work on patterns of journeys must say of the public set.

use redcat::attribute::{Logistic, Model, ShaoLi, ShapleyRate};
use redcat::journey::JourneyBatch;

use super::{SHAPE, assert_close, assert_credit, credits, expected, list, shapes};

fn folded<M: Model>(model: &M, batch: &JourneyBatch) -> M::State {
    let mut state = model.start(SHAPE);
    model.fold(&mut state, batch);
    state
}

/// Would catch a game of rates that is worth something else, a value that is not scaled to the total, and
/// the games of exact sets, of all journeys and within each. The reference's games of the last four
/// channels by alphabet are a library's habit, and no model here.
#[test]
fn shapley_of_other_games() {
    let expected = &expected()["shapley"];
    let names = "shapley:rate,shapley:exact-set,shapley:own,shapley:ordered";
    for (shape, batch) in shapes() {
        let model = ShapleyRate::new();
        let fit = model.fit(&folded(&model, &batch)).unwrap();
        assert_eq!(fit.estimate, None);
        let phi = list(&expected["v_conversion_rate_of_journeys_with_set_subset_of_S"]);
        assert_close(&format!("rates from {shape}"), &fit.phi, &phi);
        let credits = credits(names, &batch);
        for (model, key, total) in [
            (
                "shapley:rate",
                "v_conversion_rate_subset_scaled_to_total_conversions",
                642.0,
            ),
            (
                "shapley:exact-set",
                "v_conversions_of_journeys_with_set_exactly_S",
                // Nobody touched all eight channels.
                0.0,
            ),
            (
                "shapley:own",
                "per_journey_set_conversion_rate_unlimited",
                642.0,
            ),
            (
                "shapley:ordered",
                "v_sum_of_conversions_of_journeys_with_set_subset_of_S",
                642.0,
            ),
        ] {
            let (credit, expected) = (&credits[model], list(&expected[key]));
            for (a, b) in credit.by_channel().iter().zip(expected) {
                let off = (a.conversions - b).abs();
                assert!(off < 642e-9, "{model} from {shape}: {off:e}");
            }
            assert!((credit.credited().conversions - total).abs() < 1e-9);
            assert!((credit.total().conversions - 642.0).abs() < 1e-9, "{model}");
        }
    }
}

/// Would catch coefficients over other pairs than were seen, and sums over journeys that are scaled.
#[test]
fn shao_li() {
    let expected = &expected()["shao_li_probabilistic"];
    for (shape, batch) in shapes() {
        let model = ShaoLi::new(true);
        let fit = model.fit(&folded(&model, &batch)).unwrap();
        let coefficients = list(&expected["global_coefficients_paper_eq"]);
        let what = format!("shao-li from {shape}");
        assert_close(&what, &fit.coefficient, &coefficients);
        let credits = credits("shao-li,shao-li:global", &batch);
        let key = &expected["per_converting_journey_sum"];
        assert_credit(&what, &credits["shao-li"], key, None);
        let whole: f64 = coefficients.iter().sum();
        let scaled: Vec<f64> = coefficients.iter().map(|c| c / whole * 642.0).collect();
        let found = credits["shao-li:global"].by_channel().into_iter();
        let found: Vec<f64> = found.map(|a| a.conversions).collect();
        assert_close(&what, &found, &scaled);
        let total = credits["shao-li"].total();
        assert!((total.conversions - 642.0).abs() < 1e-9);
    }
}

/// Would catch a path that is read in another way, is collapsed again when a touch is out, or credits
/// another touch than the last where nothing drops.
#[test]
fn removal() {
    let expected = &expected()["leave_one_out_exact_path_rate"];
    for (shape, batch) in shapes() {
        // The reference's "unique" paths are paths as they are.
        for (model, key) in [
            ("removal", "unique"),
            ("removal:collapse", "exposure"),
            ("removal:first", "first"),
        ] {
            let credit = &credits(model, &batch)[model];
            assert_credit(
                &format!("{model} from {shape}"),
                credit,
                &expected[key],
                None,
            );
        }
    }
}

/// Would catch a fit that stops before the maximum, a penalised intercept, a penalty without its half and
/// a likelihood with the penalty in it. Each number to 1e-8; the reference is no more exact.
#[test]
fn logistic() {
    let expected = &expected()["logistic_mle"];
    for (shape, batch) in shapes() {
        for (counts, penalty, key, likelihood) in [
            (false, 0.0, "presence", "log_likelihood"),
            (true, 0.0, "counts", "log_likelihood"),
            (false, 1.0, "presence_l2_1.0", "unpenalised_log_likelihood"),
        ] {
            let key = &expected[key];
            let model = Logistic::new(counts, penalty).unwrap();
            let fit = model.fit(&folded(&model, &batch)).unwrap();
            let mut off = (fit.intercept - key["intercept"].as_f64().unwrap()).abs();
            for (a, b) in fit.coefficients.iter().zip(list(&key["coef"])) {
                off = off.max((a - b).abs());
            }
            let likelihood = key[likelihood].as_f64().unwrap();
            off = off.max((fit.log_likelihood - likelihood).abs());
            assert!(off < 1e-8, "{} from {shape}: {off:e}", model.name());
        }
    }
}
