//! Stable sorting in little code.
//!
//! The standard library's sort is made anew, two to three kilobytes of it, for
//! each type and each comparison, which were an eighth of the page's module.
//! Here one sort of row numbers serves all; what is sorted often, or holds
//! numbers alone, stays with the standard library.

use std::cmp::Ordering;

/// Sorts that share their code.
pub trait StableOrder {
    /// What is sorted.
    type Item;

    /// As [`slice::sort_by`].
    fn order_by(&mut self, compare: impl FnMut(&Self::Item, &Self::Item) -> Ordering);

    /// As [`slice::sort`].
    fn order(&mut self)
    where
        Self::Item: Ord,
    {
        self.order_by(Ord::cmp);
    }

    /// As [`slice::sort_by_key`].
    fn order_by_key<K: Ord>(&mut self, mut key: impl FnMut(&Self::Item) -> K) {
        self.order_by(|a, b| key(a).cmp(&key(b)));
    }
}

impl<T> StableOrder for [T] {
    type Item = T;

    fn order_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let rows = sorted_rows(self.len(), &mut |a, b| compare(&self[a], &self[b]));
        arrange(rows, &mut |a, b| self.swap(a, b));
    }
}

/// Row numbers in the order of what they stand for.
fn sorted_rows(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..count).collect();
    rows.sort_by(|&a, &b| compare(a, b));
    rows
}

/// Moves what stands at `rows[i]` to `i`, for each `i`, cycle by cycle.
fn arrange(mut rows: Vec<usize>, swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..rows.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut rows[at], at);
            // The first of the cycle has been moved along, to where the last is due.
            if from == start || from == at {
                break;
            }
            swap(at, from);
            at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pseudo-random numbers below `below`.
    fn numbers(count: usize, below: u64) -> Vec<(u64, usize)> {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        (0..count).map(|at| (next(), at)).collect()
    }

    #[test]
    fn the_order_is_that_of_the_standard_library() {
        for count in [0, 1, 2, 3, 7, 20, 21, 1000] {
            let items = numbers(count, 50);
            let (mut expected, mut by_key, mut by) = (items.clone(), items.clone(), items);
            expected.sort_by_key(|item| item.0);
            by_key.order_by_key(|item| item.0);
            assert_eq!(by_key, expected, "{count} items");
            expected.sort_by_key(|item| std::cmp::Reverse(item.0));
            by.order_by(|a, b| b.0.cmp(&a.0));
            // Equals keep their order; that of `expected` went through the first sort unchanged.
            assert_eq!(by, expected, "{count} items");
        }
    }
}
