//! Sums, digests and the laws of merging, against plain arithmetic on cases drawn at random.

use proptest::prelude::*;
use redcat::base::digest::SetDigest;
use redcat::base::merge::merge_laws;
use redcat::base::{Digest, Exact, GuideTable, Merge, Weight};

use super::{WHOLE, stream};

/// Weights that are whole numbers of 2⁻⁴⁰, times an integer.
fn terms() -> impl Strategy<Value = Vec<(u64, i64)>> {
    prop::collection::vec(
        (0..=1_u64 << 40, -1_000_000_000_000..1_000_000_000_000_i64),
        0..60,
    )
}

/// The sum of weights in units of 2⁻⁴⁰ times integers.
pub fn exact(terms: &[(u64, i64)]) -> Exact {
    let mut sum = Exact::ZERO;
    terms
        .iter()
        .for_each(|(w, n)| sum.add(Weight::new(*w as f64 / (1_u64 << 40) as f64), *n));
    sum
}

/// The digest of a set of words.
pub fn set(words: &[u64]) -> SetDigest {
    let mut set = SetDigest::default();
    words.iter().for_each(|w| set.add(digest(&[*w])));
    set
}

/// The digest of a sequence of words.
pub fn digest(words: &[u64]) -> Digest {
    let mut digest = Digest::new();
    words.iter().for_each(|w| digest.word(*w));
    digest
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(618),
        ..ProptestConfig::with_cases(512)
    })]

    /// Would catch a sum that depends on order or grouping, or is not the rational number it stands
    /// for; and a float of it that is off by more than its own rounding.
    #[test]
    fn exact_sums_are_rational_sums((terms, other) in terms().prop_flat_map(|t| (Just(t.clone()), Just(t).prop_shuffle())), cut in 0..60_usize) {
        let sum = exact(&terms);
        let rational: i128 = terms.iter().map(|(w, n)| i128::from(*w) * i128::from(*n)).sum();
        prop_assert_eq!(sum.raw(), rational);
        prop_assert_eq!(sum, exact(&other));
        let (a, b) = other.split_at(cut.min(other.len()));
        let mut parts = exact(b);
        parts.merge(exact(a));
        prop_assert_eq!(sum, parts);
        let one = (1_u64 << 40) as f64;
        let floats = || terms.iter().map(|(w, n)| *w as f64 / one * *n as f64);
        let size: f64 = floats().map(f64::abs).sum();
        prop_assert!((sum.get() - floats().sum::<f64>()).abs() <= 60.0 * f64::EPSILON * size);
    }

    /// Would catch a weight rounded by more than half of 2⁻⁴⁰, and shares that do not add up.
    #[test]
    fn weights_are_rounded_once(w in 0.0..=1.0_f64) {
        let weight = Weight::new(w);
        prop_assert!((weight.get() - w).abs() <= 0.5 / (1_u64 << 40) as f64);
        prop_assert_eq!(weight.plus(weight.rest()), Weight::ONE);
    }

    /// Would catch probabilities that are not the weights to 2⁻³² or do not sum to one, and picks
    /// that go down as the bits go up.
    #[test]
    fn probabilities_are_the_weights(weights in prop::collection::vec(prop_oneof![Just(0.0), 0.0..1.0_f64, 0.0..1e-9_f64], 1..40), bits in any::<[u32; 2]>()) {
        let total: f64 = weights.iter().sum();
        let Some(table) = GuideTable::new(&weights) else {
            prop_assert_eq!(total, 0.0);
            return Ok(());
        };
        let all: f64 = (0..table.len()).map(|i| table.probability(i)).sum();
        prop_assert_eq!(all, 1.0);
        for (i, w) in weights.iter().enumerate() {
            prop_assert!((table.probability(i) - w / total).abs() <= 1.001 / WHOLE);
        }
        let (low, high) = (bits[0].min(bits[1]), bits[0].max(bits[1]));
        prop_assert!(table.split(low) <= table.split(high));
        prop_assert!(weights[table.pick(low)] > 0.0);
    }

    /// Would catch a base type that breaks the algebra on which parallel runs stand.
    #[test]
    fn base_types_obey_the_merge_laws(v in any::<[[u32; 3]; 3]>(), lengths in any::<[prop::sample::Index; 3]>(), t in [terms(), terms(), terms()]) {
        let whole = |i: usize| v[i].map(u64::from);
        let signed = |i: usize| v[i].map(|x| i64::from(x) - (1 << 31));
        let some = |i: usize| whole(i)[..lengths[i].index(4)].to_vec();
        merge_laws(&0, &whole(0)[0], &whole(1)[0], &whole(2)[0]);
        merge_laws(&0, &signed(0)[0], &signed(1)[0], &signed(2)[0]);
        merge_laws(&[0; 3], &signed(0), &signed(1), &signed(2));
        merge_laws(&vec![], &some(0), &some(1), &some(2));
        merge_laws(&Exact::ZERO, &exact(&t[0]), &exact(&t[1]), &exact(&t[2]));
        merge_laws(&set(&[]), &set(&some(0)), &set(&some(1)), &set(&some(2)));
        let pair = |i: usize| (some(i), exact(&t[i]));
        merge_laws(&(vec![], Exact::ZERO), &pair(0), &pair(1), &pair(2));
    }
}

/// Would catch a digest blind to some bit of some word: 1e5 flips, and each turns half of the
/// digest (the mean of 32 has a standard deviation of 0.013; a false alarm at 0.1 is 1e-14).
#[test]
fn digests_feel_every_bit() {
    let (mut stream, mut turned) = (stream("digests"), 0);
    for case in 0..100_000 {
        let mut sequence: Vec<u64> = (0..=case % 8)
            .map(|_| stream.next() >> (case % 64))
            .collect();
        let before = digest(&sequence);
        let place = (stream.next() as usize) % sequence.len();
        sequence[place] ^= 1 << (case / 8 % 64);
        let after = digest(&sequence);
        assert_ne!(before, after, "{case}");
        turned += (before.get() ^ after.get()).count_ones();
    }
    let mean = f64::from(turned) / 1e5;
    assert!((mean - 32.0).abs() < 0.1, "{mean}");
}
