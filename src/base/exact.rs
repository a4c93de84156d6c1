//! Exact sums: fixed point in place of floats, so that the order of addition does not matter.
//!
//! A touch's share of an order is a real number in [0, 1]; it is rounded once, to 2⁻⁴⁰ (9·10⁻¹³),
//! and from there on everything is integer addition in 128 bits. Twenty decimal digits above the
//! point are left: no run can overflow it.

use serde::{Deserialize, Serialize};

use super::merge::Merge;

/// Binary digits after the point.
const SCALE_BITS: u32 = 40;
const ONE: f64 = (1_u64 << SCALE_BITS) as f64;

/// A weight in [0, 1], rounded to 2⁻⁴⁰: what a touch gets of one conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(i64);

impl Weight {
    /// The whole conversion.
    pub const ONE: Self = Self(1 << SCALE_BITS);
    /// Nothing of it.
    pub const ZERO: Self = Self(0);

    /// Rounds a weight. Values outside [0, 1] are not weights; NaN becomes 0.
    #[inline]
    #[must_use]
    pub const fn new(weight: f64) -> Self {
        // Adding 0.5 and truncating is one instruction where `round` is a call; weights are not
        // negative, and a tie rounded up is as good as one rounded away.
        Self((weight * ONE + 0.5) as i64)
    }

    /// What is left of the whole after `self`.
    #[inline]
    #[must_use]
    pub const fn rest(self) -> Self {
        Self(Self::ONE.0 - self.0)
    }

    /// The sum of two weights.
    #[inline]
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    /// The weight as a float.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0 as f64 / ONE
    }
}

/// An exact sum of weights, or of weights times integers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exact(i128);

impl Exact {
    /// Nothing yet.
    pub const ZERO: Self = Self(0);

    /// A whole number.
    #[must_use]
    pub const fn whole(n: i64) -> Self {
        Self((n as i128) << SCALE_BITS)
    }

    /// The nearest sum to a float. What is no number, or beyond any sum, is cut to what fits.
    #[must_use]
    pub fn nearest(x: f64) -> Self {
        Self((x * ONE).round() as i128)
    }

    /// What is left of it without `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }

    /// Adds `weight · times`, exactly.
    #[inline]
    pub const fn add(&mut self, weight: Weight, times: i64) {
        self.0 += weight.0 as i128 * times as i128;
    }

    /// The sum as the nearest float.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0 as f64 / ONE
    }

    /// The raw integer, in units of 2⁻⁴⁰, for digests.
    #[must_use]
    pub const fn raw(self) -> i128 {
        self.0
    }
}

impl Merge for Exact {
    fn merge(&mut self, other: Self) {
        self.0 += other.0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::merge::merge_laws;
    use super::*;

    /// Would catch rounding that does not keep whole numbers whole.
    #[test]
    fn whole_numbers_stay_whole() {
        let mut sum = Exact::ZERO;
        sum.add(Weight::new(1.0), 7);
        assert_eq!(sum, Exact::whole(7));
        assert_eq!(Weight::new(0.25).rest(), Weight::new(0.75));
        assert_eq!(Weight::new(f64::NAN), Weight::ZERO);
    }

    /// Would catch a float that is read as another number, and a rest that is off.
    #[test]
    fn floats_become_the_nearest_sum() {
        assert_eq!(Exact::nearest(7.0), Exact::whole(7));
        let third = Exact::nearest(1.0 / 3.0);
        assert!((third.get() - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(Exact::whole(1).without(third).get(), 1.0 - third.get());
        assert_eq!(Exact::nearest(1e18).get(), 1e18);
    }

    /// Would catch an overflow: every order of the world's largest festival, a million times over.
    #[test]
    fn large_values_do_not_overflow() {
        let mut sum = Exact::ZERO;
        for _ in 0..1_000 {
            sum.add(Weight::ONE, i64::MAX / 2);
        }
        assert!((sum.get() / (i64::MAX as f64 * 500.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn laws() {
        let e = |w: f64, n| {
            let mut sum = Exact::ZERO;
            sum.add(Weight::new(w), n);
            sum
        };
        merge_laws(&Exact::ZERO, &e(0.1, 3), &e(1.0 / 3.0, 1), &e(0.7, -9));
    }
}
