//! A smooth function by a table, where calling it would cost more than all around it.

/// A function on [0, `end`], tabulated at equal steps, linear in between, constant outside.
///
/// The error of an interpolated exponential e^(−x/τ) is at most (step/τ)²/8 of its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    values: Vec<f32>,
    per_unit: f32,
}

impl Curve {
    /// Tabulates `f` in `cells` steps. `end` must be positive.
    #[must_use]
    pub fn new(end: f64, cells: u32, f: impl Fn(f64) -> f64) -> Self {
        let cells = cells.max(1);
        let step = end / f64::from(cells);
        let values = (0..=cells).map(|i| f(f64::from(i) * step) as f32);
        Self {
            values: values.collect(),
            per_unit: (1.0 / step) as f32,
        }
    }

    /// The function at `x`.
    #[inline(always)]
    #[must_use]
    pub fn at(&self, x: f32) -> f32 {
        let place = (x * self.per_unit).max(0.0);
        // A float beyond the range of integers saturates, NaN becomes 0. 32 bits leave room to add.
        let cell = place as u32 as usize;
        match self.values.get(cell..cell + 2) {
            Some(pair) => pair[0] + (pair[1] - pair[0]) * (place - cell as f32),
            None => self.values[self.values.len() - 1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::math;
    use super::*;

    /// Would catch an index that is off, and an end that is read past.
    #[test]
    fn follows_the_function_and_holds_at_the_ends() {
        let curve = Curve::new(10.0, 1_000, |x| math::exp(-x));
        for i in 0..100 {
            let x = f64::from(i) * 0.0999;
            assert!((f64::from(curve.at(x as f32)) - math::exp(-x)).abs() < 2e-5);
        }
        assert_eq!(curve.at(-5.0), 1.0);
        assert_eq!(curve.at(1e30), curve.at(10.0));
        assert_eq!(curve.at(f32::NAN), 1.0);
    }
}
