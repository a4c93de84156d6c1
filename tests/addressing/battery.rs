//! Tests of randomness, two-sided, on a sequence of 64-bit words.

use statrs::distribution::{ChiSquared, ContinuousCDF, DiscreteCDF, Normal, Poisson};

/// False-alarm rate of each single statistic.
pub const ALPHA: f64 = 1e-10;

fn two_sided(below: f64, above: f64) -> f64 {
    (2.0 * below.min(above)).min(1.0)
}

fn chi_square(statistic: f64, freedom: f64) -> f64 {
    let law = ChiSquared::new(freedom).unwrap();
    two_sided(law.cdf(statistic), law.sf(statistic))
}

fn normal(z: f64) -> f64 {
    let law = Normal::new(0.0, 1.0).unwrap();
    two_sided(law.cdf(z), law.sf(z))
}

/// Pearson's test of counts against probabilities.
fn pearson(counts: &[u64], probability: impl Fn(usize) -> f64) -> f64 {
    let n = counts.iter().sum::<u64>() as f64;
    let term = |(i, c): (usize, &u64)| {
        let expected = n * probability(i);
        (*c as f64 - expected) * (*c as f64 - expected) / expected
    };
    let statistic = counts.iter().enumerate().map(term).sum();
    chi_square(statistic, counts.len() as f64 - 1.0)
}

fn flat(cells: usize, values: impl Iterator<Item = u64>) -> f64 {
    let mut counts = vec![0; cells];
    values.for_each(|v| counts[v as usize] += 1);
    pearson(&counts, |_| 1.0 / cells as f64)
}

/// All 64 bits at once: each is set half the time.
fn bits(words: impl Iterator<Item = u64>) -> f64 {
    let mut set = [0_u64; 64];
    let mut n = 0.0;
    for word in words {
        n += 1.0;
        (0..64).for_each(|b| set[b] += word >> b & 1);
    }
    let square = |c: &u64| (2.0 * *c as f64 - n) * (2.0 * *c as f64 - n) / n;
    chi_square(set.iter().map(square).sum(), 64.0)
}

/// Gaps between hits of probability 1/16 (Knuth, 3.3.2 D).
fn gaps(hits: impl Iterator<Item = bool>) -> f64 {
    let (mut counts, mut gap) = ([0; 49], 0);
    for hit in hits {
        if hit {
            counts[gap.min(48)] += 1;
            gap = 0;
        } else {
            gap += 1;
        }
    }
    let miss = |g: usize| (0..g).fold(1.0, |p, _| p * 15.0 / 16.0);
    pearson(&counts, |g| if g < 48 { miss(g) / 16.0 } else { miss(48) })
}

/// Lengths of ascending runs, the word after each run thrown away (Knuth, 3.3.2 G, exercise 14).
fn runs(words: &[u64]) -> f64 {
    let (mut counts, mut at) = ([0; 6], 0);
    while at < words.len() {
        let ascending = words[at..].windows(2).take_while(|w| w[0] < w[1]).count();
        counts[ascending.min(5)] += 1;
        at += ascending + 2;
    }
    let factorial = |n: usize| (1..=n).product::<usize>() as f64;
    pearson(&counts, |i| match i {
        5 => 1.0 / factorial(6),
        _ => 1.0 / factorial(i + 1) - 1.0 / factorial(i + 2),
    })
}

/// Equal values among words cut to 28 bits: Poisson with n(n−1)/2m to be expected.
fn birthdays(words: &[u64], shift: u32) -> f64 {
    let mut cut: Vec<u32> = words
        .iter()
        .map(|w| (w >> shift) as u32 & 0x0FFF_FFFF)
        .collect();
    cut.sort_unstable();
    let equal = cut.windows(2).filter(|w| w[0] == w[1]).count() as u64;
    let n = words.len() as f64;
    let law = Poisson::new(n * (n - 1.0) / 2.0 / f64::from(1_u32 << 28)).unwrap();
    let above = if equal == 0 { 1.0 } else { law.sf(equal - 1) };
    two_sided(law.cdf(equal), above)
}

/// Every statistic of a sequence of words with its p-value.
fn battery(words: &[u64]) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    let mut add = |name: String, p: f64| found.push((name, p));
    let root_n = (words.len() as f64).sqrt();
    for byte in 0..8 {
        let values = words.iter().map(|w| w >> (8 * byte) & 255);
        add(format!("byte {byte}"), flat(256, values));
    }
    add("bits".into(), bits(words.iter().copied()));
    for (name, shift) in [("high", 58), ("low", 0)] {
        let six = |w: u64| w >> shift & 63;
        let pairs = words.chunks_exact(2).map(|w| six(w[0]) << 6 | six(w[1]));
        add(format!("pairs of {name} bits"), flat(4096, pairs));
    }
    let centred = |w: u64| (w >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
    for lag in [1, 2, 3, 4, 7, 64, 512] {
        let both = || words.iter().zip(&words[lag..]);
        add(
            format!("bits at lag {lag}"),
            bits(both().map(|(a, b)| a ^ b)),
        );
        let sum: f64 = both().map(|(a, b)| centred(*a) * centred(*b)).sum();
        add(
            format!("correlation at lag {lag}"),
            normal(12.0 * sum / root_n),
        );
    }
    for (i, j) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
        let lane = |w: u64, i: u64| w >> (16 * i) & 0xFFFF;
        let centred = |w, i| (lane(w, i) as f64 - 32_767.5) / 65_536.0;
        let sum: f64 = words.iter().map(|w| centred(*w, i) * centred(*w, j)).sum();
        add(
            format!("correlation of lanes {i}, {j}"),
            normal(12.0 * sum / root_n),
        );
        let cells = words
            .iter()
            .map(|w| lane(*w, i) >> 11 << 5 | lane(*w, j) >> 11);
        add(format!("square of lanes {i}, {j}"), flat(1024, cells));
    }
    add(
        "gaps of high bits".into(),
        gaps(words.iter().map(|w| w >> 60 == 0)),
    );
    add(
        "gaps of low bits".into(),
        gaps(words.iter().map(|w| w & 15 == 0)),
    );
    add("runs".into(), runs(words));
    for shift in [0, 18, 36] {
        add(format!("birthdays at {shift}"), birthdays(words, shift));
    }
    found
}

/// The statistics that no random words would give.
pub fn rejected(words: &[u64]) -> Vec<(String, f64)> {
    let all = battery(words).into_iter();
    all.filter(|(_, p)| p.is_nan() || *p < ALPHA).collect()
}
