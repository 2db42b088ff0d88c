//! Stacks that Go's profilers cut.

use analyzer_core::analysis::profile::{Query, details};
use analyzer_core::base::source::SourceId;

use crate::support::fixture;

/// Samples and amount of the stacks that were cut, and the depth they were cut at.
fn cut(name: &str, sample_type: &str) -> (Option<u64>, u64, i64) {
    let query = Query { sample_type: Some(sample_type.to_owned()), ..Query::new(SourceId(0)) };
    let details = details(&fixture(name).evidence, &query).unwrap();
    (details.depth_limit, details.truncated_samples, details.truncated_amount)
}

#[test]
fn recursion_past_the_profilers_depth_is_known_to_be_cut() {
    // 600 calls deep: 100 allocations, 25 blocks that hold 100 tiny strings, and
    // 21 times that the slices of the results grew. Others are ten calls deep.
    let (limit, _, objects) = cut("go1.26.6/deep-heap", "alloc_objects");
    assert_eq!((limit, objects), (Some(128), 146));
    assert_eq!(cut("go1.26.6/goroutine", "goroutine"), (Some(128), 2, 6));
    assert_eq!(cut("go1.21.13/goroutine", "goroutine"), (Some(32), 2, 6));
}

#[test]
fn profiles_of_shallow_stacks_have_none_cut() {
    for (name, sample_type) in
        [("go1.26.6/heap", "alloc_space"), ("go1.26.6/cpu", "cpu"), ("go1.26.6/block", "delay")]
    {
        assert_eq!(cut(name, sample_type), (None, 0, 0), "{name}");
    }
}
