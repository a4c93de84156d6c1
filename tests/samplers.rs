//! The samplers against slow oracles: `statrs` for distribution functions, `rand_distr` for draws,
//! plain arithmetic for exact sums.
//!
//! Every statistical bound has a false-alarm rate of at most 1e-7, sixteen of them: 1.7e-6 for the
//! file, and the seeds are fixed, so what passes once passes always. Pins: all floats come from
//! `libm` or IEEE operations, so the bits are the same on every machine.

#[path = "samplers/algebra.rs"]
mod algebra;

use algebra::{digest, exact, set};
use rand_distr::Distribution;
use redcat::base::math::{ln, normal_cdf, normal_quantile, student_quantile};
use redcat::base::{Curve, GuideTable, Purpose, QuantileTable, Root, Stream, math};
use statrs::distribution::{Beta, ChiSquared, ContinuousCDF, Exp, LogNormal, Normal, StudentsT};

/// False-alarm rate of each statistical bound.
const ALPHA: f64 = 1e-7;
const DRAWS: usize = 200_000;
const WHOLE: f64 = 4_294_967_296.0;

fn stream(name: &str) -> Stream {
    Root::new(618).common(Purpose::named(name), 0)
}

/// 32-bit words of a stream of that name.
fn words(name: &str) -> impl Iterator<Item = u32> {
    let mut stream = stream(name);
    std::iter::repeat_with(move || (stream.next() >> 32) as u32)
}

fn zipf(n: u32, exponent: f64) -> Vec<f64> {
    (1..=n)
        .map(|i| math::pow(f64::from(i), -exponent))
        .collect()
}

/// Lists that are hard in different ways: flat, steep, with holes, beyond the resolution.
fn lists() -> Vec<Vec<f64>> {
    vec![
        vec![1.0],
        vec![0.0, 1.0, 0.0, 2.0, 0.0],
        vec![1e-12, 1.0, 1e-12],
        vec![1e-9, 3.0, 1e-7, 0.0, 1e-6, 2.0],
        vec![1e-300, 1e-300],
        vec![0.2; 5],
        zipf(1000, 1.0),
        zipf(5_000, 1.6),
    ]
}

/// Upper ends of the outcomes in units of 2⁻³²: the definition.
fn thresholds(weights: &[f64]) -> Vec<u64> {
    let total: f64 = weights.iter().sum();
    let last = weights.iter().rposition(|w| *w > 0.0).unwrap();
    let mut sum = 0.0;
    let upper = |(i, w): (usize, &f64)| {
        sum += w;
        if i >= last {
            1 << 32
        } else {
            (sum / total * WHOLE).floor() as u64
        }
    };
    weights.iter().enumerate().map(upper).collect()
}

/// Would catch an outcome that starts or ends one step of 2⁻³² off, a probability that is not what
/// is drawn, and a split that is not the place within the outcome.
#[test]
fn guide_tables_invert_the_distribution_function_to_the_bit() {
    for weights in lists() {
        let (table, upper) = (GuideTable::new(&weights).unwrap(), thresholds(&weights));
        assert_eq!(table.len(), weights.len());
        let check = |bits: u32| {
            let at = upper.partition_point(|u| *u <= u64::from(bits));
            let from = if at == 0 { 0 } else { upper[at - 1] };
            let within = ((u64::from(bits) - from) << 32) / (upper[at] - from);
            assert_eq!(table.pick(bits), at, "{bits}");
            assert_eq!(table.split(bits), (at, within as u32), "{bits}");
        };
        words("places").take(100_000).for_each(check);
        let mut from = 0;
        for (i, to) in upper.iter().enumerate() {
            assert_eq!(table.probability(i), (to - from) as f64 / WHOLE, "{i}");
            [from, *to]
                .into_iter()
                .flat_map(|edge| [edge.wrapping_sub(1), edge])
                .for_each(|edge| {
                    u32::try_from(edge).into_iter().for_each(check);
                });
            from = *to;
        }
    }
    let certain = GuideTable::certain();
    assert_eq!((certain.len(), certain.probability(0)), (1, 1.0));
    assert_eq!(
        [0, 1 << 31, u32::MAX].map(|bits| certain.pick(bits)),
        [0; 3]
    );
}

/// Would catch draws that do not follow the weights: χ² of a million, one-sided, for four lists.
#[test]
fn guide_tables_draw_by_weight() {
    let lists = [
        zipf(1000, 1.0),
        vec![0.2; 5],
        zipf(300, 0.7),
        vec![1e-3, 1.0, 0.0, 1e-3, 5.0],
    ];
    for (weights, name) in lists.iter().zip(["a", "b", "c", "d"]) {
        let table = GuideTable::new(weights).unwrap();
        let mut counts = vec![0_u32; weights.len()];
        words(name)
            .take(1_000_000)
            .for_each(|bits| counts[table.pick(bits)] += 1);
        let (mut statistic, mut freedom, total) = (0.0, -1.0, weights.iter().sum::<f64>());
        for (count, weight) in counts.iter().zip(weights) {
            if *weight == 0.0 {
                assert_eq!(*count, 0);
                continue;
            }
            let expected = weight / total * 1e6;
            statistic += (f64::from(*count) - expected) * (f64::from(*count) - expected) / expected;
            freedom += 1.0;
        }
        let p = ChiSquared::new(freedom).unwrap().sf(statistic);
        assert!(p > ALPHA, "{name}: {p}");
    }
}

/// Kolmogorov–Smirnov distance of sorted values from a distribution function.
fn distance(sorted: &[f64], cdf: impl Fn(f64) -> f64) -> f64 {
    let n = sorted.len() as f64;
    let off = |(i, x): (usize, &f64)| {
        let p = cdf(*x);
        (p - i as f64 / n).max((i + 1) as f64 / n - p)
    };
    sorted.iter().enumerate().map(off).fold(0.0, f64::max)
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.take(DRAWS).collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// Holds a table of 2¹² cells against its law and against another sampler of it.
fn agrees(
    name: &str,
    table: &QuantileTable,
    law: impl ContinuousCDF<f64, f64>,
    other: impl Distribution<f64>,
    mean: f64,
    off: f64,
) {
    // The function itself: in the outer half cells the tails are cut, and nowhere is it further off
    // than there (1e-5 for the density integrated in steps, and the mean restored).
    let half_cell = 0.5 / 4096.0;
    for i in 0..1_u32 << 18 {
        let bits = i << 14 | 1 << 13;
        let p = law.cdf(f64::from(table.pick(bits)));
        assert!(
            (p - f64::from(bits) / WHOLE).abs() <= half_cell + 1e-5,
            "{name}: {bits} {p}"
        );
    }
    assert!(table.pick(0) < table.pick(u32::MAX));
    // Draws against the law: the bound of Dvoretzky, Kiefer, Wolfowitz and Massart.
    let n = DRAWS as f64;
    let ours = sorted(words(name).map(|bits| f64::from(table.pick(bits))));
    let d = distance(&ours, |x| law.cdf(x));
    assert!(
        d < (ln(2.0 / ALPHA) / (2.0 * n)).sqrt() + half_cell,
        "{name}: {d}"
    );
    // Draws against draws: Wei and Dudley (2012), for two samples of one size.
    let theirs = sorted(other.sample_iter(stream("other")));
    let below = |x: f64| theirs.partition_point(|t| *t <= x) as f64 / n;
    let d = distance(&ours, below);
    assert!(
        d < (ln(2.0 / ALPHA) / n).sqrt() + half_cell + 1.0 / n,
        "{name}: {d}"
    );
    // The mean: of the table against the law, of the draws against the table (6σ, 2e-9).
    assert!(
        (table.mean() / mean - 1.0).abs() < off,
        "{name}: {}",
        table.mean()
    );
    let drawn = ours.iter().sum::<f64>() / n;
    let variance = ours.iter().map(|x| (x - drawn) * (x - drawn)).sum::<f64>() / n;
    assert!(
        (drawn - table.mean()).abs() < 6.0 * (variance / n).sqrt(),
        "{name}: {drawn}"
    );
}

/// Would catch a table shifted, not monotone, wrongly scaled, or of another law.
#[test]
fn quantile_tables_follow_their_laws() {
    let mean = math::exp(5.3 + 0.67 * 0.67 / 2.0);
    let (ours, law) = (
        QuantileTable::lognormal(12, 5.3, 0.67),
        LogNormal::new(5.3, 0.67).unwrap(),
    );
    // The tails that are cut held 0.05 % of the mean.
    agrees(
        "lognormal",
        &ours,
        law,
        rand_distr::LogNormal::new(5.3, 0.67).unwrap(),
        mean,
        5e-4,
    );
    let (ours, law) = (
        QuantileTable::exponential(12, 7.6),
        Exp::new(1.0 / 7.6).unwrap(),
    );
    agrees(
        "exponential",
        &ours,
        law,
        rand_distr::Exp::new(1.0 / 7.6).unwrap(),
        7.6,
        1e-6,
    );
    for (a, b) in [(2.0, 5.0), (0.6, 0.9), (30.0, 2.0), (1.146, 1.854)] {
        let (ours, law) = (QuantileTable::beta(12, a, b), Beta::new(a, b).unwrap());
        let other = rand_distr::Beta::new(a, b).unwrap();
        agrees(
            &format!("beta {a} {b}"),
            &ours,
            law,
            other,
            a / (a + b),
            1e-6,
        );
    }
    let squares = QuantileTable::exponential(12, 7.6).map(|x| x * x);
    let root = f64::from(squares.pick(3 << 30)).sqrt();
    assert!((root / (7.6 * ln(4.0)) - 1.0).abs() < 1e-3, "{root}");
}

/// Would catch a curve less exact than it says: (step/τ)²/8 of an exponential, and f32's own error;
/// and a bound so loose that it says nothing.
#[test]
fn curves_keep_their_error_bound() {
    for (end, cells, tau) in [
        (30.0, 64, 5.0),
        (30.0, 1024, 5.0),
        (30.0, 4096, 5.0),
        (8.0, 16, 2.0),
    ] {
        let (curve, step) = (
            Curve::new(end, cells, |x| math::exp(-x / tau)),
            end / f64::from(cells) / tau,
        );
        let mut worst = 0.0_f64;
        for i in 0..=200_000_u32 {
            let x = (f64::from(i) / 200_000.0 * end) as f32;
            let exact = math::exp(-f64::from(x) / tau);
            // The bound is of the value where the cell begins.
            let bound = step * step / 8.0 * math::exp(step);
            let off = (f64::from(curve.at(x)) / exact - 1.0).abs();
            assert!(
                off <= bound + 3e-7 * (1.0 + f64::from(x) / tau),
                "{cells} {x}: {off}"
            );
            worst = worst.max(off / bound);
        }
        assert!(cells > 100 || worst > 0.7, "{worst}");
        assert_eq!(curve.at(end as f32 * 2.0), curve.at(end as f32));
    }
}

/// Would catch a wrong digit, or a tail that is less exact than the middle.
#[test]
fn quantiles_of_the_normal_and_of_student_s_t() {
    let normal = Normal::new(0.0, 1.0).unwrap();
    for i in 1..4_000 {
        let p = f64::from(i) / 4_000.0;
        for p in [p, math::pow(p, 12.0)] {
            let (x, oracle) = (normal_quantile(p), normal.inverse_cdf(p));
            assert!(
                (x - oracle).abs() <= 1e-13 * (1.0 + x.abs()),
                "{p}: {x} {oracle}"
            );
            // The oracle's own distribution function is good to 1e-10.
            assert!((normal_cdf(x) - normal.cdf(x)).abs() < 1e-10, "{x}");
            assert!((normal_cdf(x) / p - 1.0).abs() < 1e-12, "{x}");
        }
    }
    for df in [3.0, 4.0, 5.0, 7.0, 15.0, 31.0, 100.0, 1e4] {
        let law = StudentsT::new(0.0, 1.0, df).unwrap();
        for p in [0.6, 0.9, 0.95, 0.975] {
            let (x, oracle) = (student_quantile(p, df), law.inverse_cdf(p));
            let bound = if df > 3.0 { 1e-3 } else { 2e-3 };
            assert!((x / oracle - 1.0).abs() < bound, "{p} {df}: {x} {oracle}");
            assert_eq!(student_quantile(p, df), -student_quantile(1.0 - p, df));
        }
    }
}

/// Would catch any change of what a sampler gives for given bits: every world changes with it.
#[test]
fn values_are_pinned() {
    let bits: Vec<u32> = words("pin").take(4).collect();
    let picks =
        |table: &QuantileTable| -> Vec<f32> { bits.iter().map(|b| table.pick(*b)).collect() };
    let table = GuideTable::new(&zipf(1000, 1.0)).unwrap();
    let guide: Vec<_> = bits.iter().map(|b| table.split(*b)).collect();
    assert_eq!(
        guide,
        [
            (3, 3_342_329_260),
            (83, 207_070_336),
            (6, 1_177_637_034),
            (3, 4_172_562_660)
        ]
    );
    let lognormal = QuantileTable::lognormal(12, 5.3, 0.67);
    assert_eq!(
        picks(&lognormal),
        [133.12067, 268.17108, 149.89548, 134.86035]
    );
    let exponential = QuantileTable::exponential(12, 7.6);
    assert_eq!(
        picks(&exponential),
        [2.4016082, 8.38827, 3.072852, 2.469214]
    );
    let beta = QuantileTable::beta(12, 0.6, 0.9);
    assert_eq!(picks(&beta), [0.1273713, 0.5539162, 0.17859943, 0.13242462]);
    let curve = Curve::new(30.0, 64, |x| math::exp(-x / 5.0));
    assert_eq!(
        [0.1, 7.77, 29.9].map(|x| curve.at(x)),
        [0.9809089, 0.21162869, 0.0025307245]
    );
    let normal = [-5.9978070150076865, -1.2815515655446008, 1.9599639845400536];
    assert_eq!([1e-9, 0.1, 0.975].map(normal_quantile), normal);
    let student = [3.178616995054061, 2.03951342008691];
    assert_eq!([3.0, 31.0].map(|df| student_quantile(0.975, df)), student);
    let digests = [digest(&[1, 2, 3]).to_string(), set(&[1, 2, 3]).to_string()];
    assert_eq!(digests, ["af2cf67f1da91fac", "1de500fe4beff926"]);
    assert_eq!(exact(&[(1 << 39, 7), (3, -5)]).raw(), (7 << 39) - 15);
}
