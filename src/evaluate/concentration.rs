//! How unequally sales are spread over merchants.

/// The Herfindahl–Hirschman index: the sum of squared shares in per cent, from 10,000/n (all alike)
/// to 10,000 (one has all). NaN where nothing was sold.
#[must_use]
pub fn herfindahl(sales: &[i64]) -> f64 {
    let total: f64 = sales.iter().map(|s| *s as f64).sum();
    sales
        .iter()
        .map(|s| 100.0 * *s as f64 / total)
        .map(|s| s * s)
        .sum()
}

/// The Gini coefficient: half the mean difference between two merchants over the mean, from 0 (all
/// alike) towards 1 (one has all). NaN where nothing was sold.
#[must_use]
pub fn gini(sales: &[i64]) -> f64 {
    let mut sorted: Vec<i64> = sales.to_vec();
    sorted.sort_unstable();
    let n = sorted.len() as f64;
    let total: f64 = sorted.iter().map(|s| *s as f64).sum();
    let ranked = sorted
        .iter()
        .zip(1..)
        .map(|(s, rank)| *s as f64 * f64::from(rank));
    2.0 * ranked.sum::<f64>() / (n * total) - (n + 1.0) / n
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a wrong rank or a wrong scale: textbook cases.
    #[test]
    fn concentration_by_hand() {
        assert!((herfindahl(&[5, 5, 5, 5]) - 2_500.0).abs() < 1e-9);
        assert!((herfindahl(&[0, 0, 9]) - 10_000.0).abs() < 1e-12);
        assert!(gini(&[7, 7, 7]).abs() < 1e-12);
        assert!((gini(&[0, 0, 0, 1]) - 0.75).abs() < 1e-12);
        assert!((gini(&[1, 3]) - 0.25).abs() < 1e-12);
        assert!(herfindahl(&[0, 0]).is_nan() && gini(&[0]).is_nan());
    }
}
