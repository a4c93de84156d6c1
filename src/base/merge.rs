//! [`Merge`]: the algebra that lets a run be split among threads, shards and machines.

/// A state that can be gathered in parts and put together.
///
/// # Laws
///
/// With `T::default()` as the empty state and `a ⊕ b` for `{ let mut a = a; a.merge(b); a }`:
///
/// 1. *associative*: `(a ⊕ b) ⊕ c = a ⊕ (b ⊕ c)`, bit for bit;
/// 2. *commutative*: `a ⊕ b = b ⊕ a`, bit for bit;
/// 3. *identity*: `a ⊕ empty = a`.
///
/// Floats break the first, so a state that sums holds integers or [`Exact`](super::Exact)
/// numbers. Every implementer is tested against the laws ([`merge_laws`]).
pub trait Merge {
    /// Takes the other part in.
    fn merge(&mut self, other: Self);
}

impl Merge for u64 {
    fn merge(&mut self, other: Self) {
        *self += other;
    }
}

impl Merge for i64 {
    fn merge(&mut self, other: Self) {
        *self += other;
    }
}

/// Vectors merge place by place; the shorter is as if filled with empty states.
impl<T: Merge> Merge for Vec<T> {
    fn merge(&mut self, other: Self) {
        let mut rest = other.into_iter();
        for (mine, theirs) in self.iter_mut().zip(rest.by_ref()) {
            mine.merge(theirs);
        }
        self.extend(rest);
    }
}

impl<T: Merge, const N: usize> Merge for [T; N] {
    fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.iter_mut().zip(other) {
            mine.merge(theirs);
        }
    }
}

impl<A: Merge, B: Merge> Merge for (A, B) {
    fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
        self.1.merge(other.1);
    }
}

/// Checks the three laws on one triple.
///
/// # Panics
///
/// When a law does not hold: it is meant for tests, of this crate and of models written outside.
pub fn merge_laws<T: Merge + Clone + PartialEq + std::fmt::Debug>(empty: &T, a: &T, b: &T, c: &T) {
    let join = |x: &T, y: &T| {
        let mut x = x.clone();
        x.merge(y.clone());
        x
    };
    assert_eq!(join(&join(a, b), c), join(a, &join(b, c)), "associative");
    assert_eq!(join(a, b), join(b, a), "commutative");
    assert_eq!(&join(a, empty), a, "identity");
    assert_eq!(&join(empty, a), a, "identity");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a vector merge that drops the longer side's tail.
    #[test]
    fn vectors_obey_the_laws() {
        let (a, b, c) = (vec![1_u64, 2], vec![3, 4, 5], vec![9]);
        merge_laws(&Vec::new(), &a, &b, &c);
        merge_laws(&[0_u64; 2], &[1, 2], &[3, 4], &[5, 6]);
        merge_laws(&(0_u64, 0_i64), &(1, -1), &(2, 5), &(3, 9));
    }
}
