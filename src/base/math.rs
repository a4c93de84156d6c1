//! Floating functions that give the same bits everywhere.
//!
//! `f64::ln` and its like come from the platform's C library and may differ in the last place from
//! one machine to the next; a world built on them would not be reproducible. All of redcat calls
//! these instead (`clippy.toml` forbids the platform's). `sqrt` and the four operations are exact
//! by IEEE 754 and need no replacement.

pub use libm::{cos, erf, exp, exp2, expm1, lgamma, log as ln, log1p as ln_1p, pow, tgamma};

/// A whole power, by squaring: some ten multiplications where `pow` takes logarithms.
#[inline]
#[must_use]
pub fn whole_power(x: f64, n: u32) -> f64 {
    let (mut power, mut square, mut left) = (1.0, x, n);
    while left > 0 {
        if left & 1 == 1 {
            power *= square;
        }
        square *= square;
        left >>= 1;
    }
    power
}

/// The quantile function of the standard normal distribution.
///
/// Wichura (1988), algorithm AS 241 (PPND16), relative accuracy about 1e-16.
/// Returns −∞ and +∞ at 0 and 1, NaN outside.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * horner(r, &CENTRE.0) / horner(r, &CENTRE.1);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-ln(tail)).sqrt();
    let x = if r <= 5.0 {
        horner(r - 1.6, &MIDDLE.0) / horner(r - 1.6, &MIDDLE.1)
    } else {
        horner(r - 5.0, &FAR.0) / horner(r - 5.0, &FAR.1)
    };
    if q < 0.0 { -x } else { x }
}

/// The distribution function of the standard normal distribution.
#[must_use]
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The quantile function of Student's t with `df` degrees of freedom.
///
/// Hill (1970), algorithm 396: the Cornish–Fisher form. For p ≤ 0.975 the relative error is below
/// 1e-3 from `df` = 4 on and below 1 % from 2, which is enough for the width of an interval.
#[must_use]
pub fn student_quantile(p: f64, df: f64) -> f64 {
    let z = normal_quantile(p);
    let z2 = z * z;
    let g1 = (z2 + 1.0) * z / 4.0;
    let g2 = ((5.0 * z2 + 16.0) * z2 + 3.0) * z / 96.0;
    let g3 = (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) * z / 384.0;
    let g4 = ((((79.0 * z2 + 776.0) * z2 + 1482.0) * z2 - 1920.0) * z2 - 945.0) * z / 92_160.0;
    z + (g1 + (g2 + (g3 + g4 / df) / df) / df) / df
}

fn horner(x: f64, coefficients: &[f64; 8]) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

type Ratio = ([f64; 8], [f64; 8]);
#[expect(
    clippy::excessive_precision,
    clippy::unreadable_literal,
    reason = "as published"
)]
const CENTRE: Ratio = (
    [
        3.3871328727963666080,
        133.14166789178437745,
        1971.5909503065514427,
        13731.693765509461125,
        45921.953931549871457,
        67265.770927008700853,
        33430.575583588128105,
        2509.0809287301226727,
    ],
    [
        1.0,
        42.313330701600911252,
        687.18700749205790830,
        5394.1960214247511077,
        21213.794301586595867,
        39307.895800092710610,
        28729.085735721942674,
        5226.4952788528545610,
    ],
);
#[expect(
    clippy::excessive_precision,
    clippy::unreadable_literal,
    reason = "as published"
)]
const MIDDLE: Ratio = (
    [
        1.42343711074968357734,
        4.63033784615654529590,
        5.76949722146069140550,
        3.64784832476320460504,
        1.27045825245236838258,
        0.241780725177450611770,
        0.0227238449892691845833,
        7.74545014278341407640e-4,
    ],
    [
        1.0,
        2.05319162663775882187,
        1.67638483018380384940,
        0.689767334985100004550,
        0.148103976427480074590,
        0.0151986665636164571966,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ],
);
#[expect(
    clippy::excessive_precision,
    clippy::unreadable_literal,
    reason = "as published"
)]
const FAR: Ratio = (
    [
        6.65790464350110377720,
        5.46378491116411436990,
        1.78482653991729133580,
        0.296560571828504891230,
        0.0265321895265761230930,
        0.00124266094738807843860,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ],
    [
        1.0,
        0.599832206555887937690,
        0.136929880922735805310,
        0.0148753612908506148525,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a factor too many or too few.
    #[test]
    fn whole_powers_are_powers() {
        for n in 0..200 {
            for x in [0.0, 0.31, 0.999, 1.0, 1.7] {
                let (mine, theirs) = (whole_power(x, n), pow(x, f64::from(n)));
                assert!((mine - theirs).abs() <= 1e-13 * theirs, "{x} {n}");
            }
        }
    }

    /// Would catch a wrong digit in any of the coefficient tables.
    #[test]
    fn normal_quantile_inverts_the_distribution_function() {
        for i in 1..2_000 {
            let p = f64::from(i) / 2_000.0;
            assert!((normal_cdf(normal_quantile(p)) - p).abs() < 1e-15 * 10.0);
        }
        for exponent in 4..15 {
            let p = pow(10.0, -f64::from(exponent));
            let back = normal_cdf(normal_quantile(p));
            assert!((back / p - 1.0).abs() < 1e-10, "{p}: {back}");
        }
        assert!(normal_quantile(-0.1).is_nan());
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
    }

    /// Would catch a wrong term of the expansion; values from printed tables.
    #[test]
    fn student_quantile_matches_the_tables() {
        for (df, expected) in [(5.0, 2.571), (10.0, 2.228), (31.0, 2.040), (1e9, 1.960)] {
            assert!(
                (student_quantile(0.975, df) - expected).abs() < 2e-3,
                "{df}"
            );
        }
    }
}
