//! The greatest of many, in the order of their size.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Keeps the `limit` greatest values that were offered.
#[derive(Debug)]
pub(super) struct Longest<T> {
    limit: usize,
    heap: BinaryHeap<Reverse<T>>,
}

impl<T: Ord> Longest<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, heap: BinaryHeap::new() }
    }

    /// Offers a value.
    #[inline]
    pub(super) fn offer(&mut self, value: T) {
        if self.heap.len() < self.limit {
            self.heap.push(Reverse(value));
        } else if self.heap.peek().is_some_and(|least| least.0 < value) {
            self.heap.pop();
            self.heap.push(Reverse(value));
        }
    }

    /// What was kept, greatest first.
    pub(super) fn into_sorted(self) -> impl Iterator<Item = T> {
        self.heap.into_sorted_vec().into_iter().map(|value| value.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_are_kept_greatest_first() {
        let mut longest = Longest::new(3);
        [5, 1, 9, 7, 3].into_iter().for_each(|n| longest.offer(n));
        assert_eq!(longest.into_sorted().collect::<Vec<_>>(), [9, 7, 5]);
    }
}
