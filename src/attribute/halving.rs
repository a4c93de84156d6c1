//! `2ˣ` for `x ≤ 0`, quickly.
//!
//! Time decay asks for one power a touch, and a general `exp2` is most of its cost. Here `x` is at
//! most zero and the result is a weight that will be rounded to 2⁻⁴⁰, so the usual reduction can be
//! taken to its end: with `n` = ⌈256·x⌉,
//!
//! ```text
//! x = n/256 + r,   −1/256 < r ≤ 0        2ˣ = 2^⌊n/256⌋ · table[n mod 256] · e^(r·ln 2)
//! ```
//!
//! The first factor is an exponent, the second a table of 2 KiB made by the compiler, and for the
//! third five terms of the series leave 10⁻¹⁸. Only the four operations are used, so the bits are
//! the same on every machine. Whole `x` come out exact.

const SIXTH: f64 = 1.0 / 6.0;
const BITS: u32 = 8;
const STEPS: usize = 1 << BITS;
const TABLE: [f64; STEPS] = table();

/// `2^(i/256)`, by the exponential series to beyond the last digit.
const fn table() -> [f64; STEPS] {
    let mut table = [0.0; STEPS];
    let mut i = 0;
    while i < STEPS {
        let y = i as f64 / STEPS as f64 * std::f64::consts::LN_2;
        let mut sum = 1.0;
        let mut k = 24;
        while k > 0 {
            sum = 1.0 + y / k as f64 * sum;
            k -= 1;
        }
        table[i] = sum;
        i += 1;
    }
    table
}

/// `2ˣ` for `x ≤ 0`, to a few units of the last place; 0 below 2⁻¹⁰⁰⁰ and for NaN.
#[inline(always)]
pub(super) fn power_of_two(x: f64) -> f64 {
    if x >= -1_000.0 {
        let n = (x * STEPS as f64) as i32;
        let y = (x - f64::from(n) / STEPS as f64) * std::f64::consts::LN_2;
        let series =
            1.0 + y * (1.0 + y * (0.5 + y * (SIXTH + y * (SIXTH / 4.0 + y * (SIXTH / 20.0)))));
        let exponent = f64::from_bits(((1_023 + (n >> BITS)) as u64) << 52);
        exponent * TABLE[(n & (STEPS as i32 - 1)) as usize] * series
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::math;

    /// Would catch a wrong entry, a wrong seam between two entries, and a series that is too short.
    #[test]
    fn equals_the_general_function() {
        for i in 0..200_000 {
            let x = f64::from(i) * -0.004_999_3;
            let (fast, slow) = (power_of_two(x), math::exp2(x));
            assert!((fast / slow - 1.0).abs() < 1e-15, "{x}: {fast}, {slow}");
        }
        for i in 0..=1_000 {
            let x = f64::from(-i);
            assert_eq!(power_of_two(x), math::exp2(x));
        }
        assert_eq!(power_of_two(f64::NEG_INFINITY), 0.0);
        assert_eq!(power_of_two(f64::NAN), 0.0);
    }
}
