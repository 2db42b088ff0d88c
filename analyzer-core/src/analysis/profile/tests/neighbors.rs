//! Callers and callees, and several profiles side by side.

use super::{add, evidence, view};
use crate::analysis::profile::{Filters, Nodes, Order, PeekNode, Query, View, details, peek, top, trend};
use crate::base::source::SourceId;
use crate::evidence::Evidence;

fn node(evidence: &Evidence, name: &str) -> PeekNode {
    let view = view(evidence, Filters::default());
    let table = top(&view, Order::Flat);
    let mut peek = peek(&view, &table, &Nodes::Named(name.to_owned())).unwrap();
    assert_eq!(peek.nodes.len(), 1);
    peek.nodes.remove(0)
}

#[test]
fn a_call_counts_once_in_a_stack_and_a_call_of_itself_apart() {
    let evidence = evidence(&[("main f g f f g", 5), ("f h", 2), ("main+f", 1)]);
    let f = node(&evidence, "f");
    assert_eq!((f.flat, f.cum, f.recursive, f.without_caller), (1, 8, 5, 2));
    assert_eq!((f.callers.name, f.callers.amount.0), (vec!["main".into(), "g".into()], vec![6, 5]));
    assert_eq!((f.callees.name, f.callees.amount.0), (vec!["g".into(), "h".into()], vec![5, 2]));
    assert_eq!(f.callers.inlined.0, [0, 0]);
    let alone = node(&super::evidence(&[("main+f g", 3), ("main+f", 1)]), "f");
    assert_eq!((alone.callers.inlined.0, alone.callees.inlined.0), (vec![1], vec![0]));
}

#[test]
fn a_trend_has_a_value_for_every_profile_and_the_most_grown_first() {
    let mut evidence = Evidence::default();
    add(&mut evidence, &[("main a", &[], 10), ("main b", &[], 1)]);
    add(&mut evidence, &[("main a", &[], 8), ("main c", &[], 2)]);
    add(&mut evidence, &[("main a", &[], 9), ("main c", &[], 5)]);
    let sources = [0, 1, 2].map(SourceId);
    let trend = trend(&evidence, &Query::new(SourceId(0)), &sources, Order::Flat).unwrap();
    assert_eq!(trend.name, ["c", "main", "a", "b"]);
    assert_eq!(trend.flat.0, [0, 2, 5, 0, 0, 0, 10, 8, 9, 1, 0, 0]);
    assert_eq!(trend.cum.0.get(3..6), Some(&[11, 10, 14][..]));
    assert_eq!(trend.total.0, [11, 10, 14]);
}

#[test]
fn stacks_cut_by_the_profiler_are_told_by_depth_and_start() {
    let deep = |start: usize| (start..start + 32).map(|n| format!("f{n}")).collect::<Vec<_>>().join(" ");
    let (cut, whole) = (deep(100), format!("main {}", deep(200).rsplit_once(' ').unwrap().0));
    // As deep to the profiler: the runtime's frames of the allocation are left out.
    let allocating = cut.rsplitn(4, ' ').last().unwrap();
    let stacks = evidence(&[(&cut, 7), (allocating, 2), (&whole, 5), ("main x", 1)]);
    let details = details(&stacks, &Query::new(SourceId(0))).unwrap();
    assert_eq!((details.depth_limit, details.truncated_samples, details.truncated_amount), (Some(32), 2, 9));
    assert_eq!((details.samples_by_depth.0[2], details.amount_by_depth.0[32]), (1, 12));
    let view = View::new(&stacks, &Query::new(SourceId(0))).unwrap();
    assert_eq!(view.total(), details.total);
}
