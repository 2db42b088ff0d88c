//! The call tree of every fixture against its top table.

use std::collections::HashMap;

use analyzer_core::analysis::profile::{
    CallTree, Direction, Granularity, Order, Query, TreeOptions, View, call_tree, top,
};
use analyzer_core::base::source::SourceId;

use crate::support::{fixture, fixture_names};

/// Flat and cum by name, from a tree: a recursive node counts at its outermost call.
fn sums(tree: &CallTree) -> HashMap<&str, (i64, i64)> {
    let mut sums = HashMap::<_, (i64, i64)>::new();
    for node in 1..tree.name.0.len() {
        let name = tree.name.0[node];
        let sum = sums.entry(tree.names.name[name as usize].as_str()).or_default();
        sum.0 += tree.own.0[node];
        let mut above = tree.parent.0[node] as usize;
        while above != 0 && tree.name.0[above] != name {
            above = tree.parent.0[above] as usize;
        }
        sum.1 += if above == 0 { tree.total.0[node] } else { 0 };
    }
    sums.retain(|_, &mut sum| sum != (0, 0));
    sums
}

fn queries() -> Vec<(String, Query)> {
    let mut queries = Vec::new();
    for name in fixture_names() {
        for sample_type in 0..fixture(&name).profile().sample_types.len() {
            for granularity in [Granularity::Functions, Granularity::Lines] {
                let sample_type = Some(sample_type.to_string());
                queries.push((name.clone(), Query { sample_type, granularity, ..Query::new(SourceId(0)) }));
            }
        }
    }
    queries
}

#[test]
fn the_tree_adds_up_to_the_top_table() {
    for (name, query) in queries() {
        let loaded = fixture(&name);
        let view = View::new(&loaded.evidence, &query).unwrap();
        let table = top(&view, Order::Flat);
        let expected: HashMap<_, _> = table.rows().map(|row| (row.name, (row.flat, row.cum))).collect();
        let tree = call_tree(&view, &TreeOptions::default());
        assert_eq!(sums(&tree), expected, "{name} {query:?}");
    }
}

#[test]
fn boxes_lie_within_their_parents_and_beside_their_siblings() {
    for (name, query) in queries() {
        let loaded = fixture(&name);
        let view = View::new(&loaded.evidence, &query).unwrap();
        for direction in [Direction::Callees, Direction::Callers] {
            let tree = call_tree(&view, &TreeOptions { direction, ..TreeOptions::default() });
            for depth in tree.rows.0.windows(2) {
                let mut right = 0;
                for node in depth[0] as usize..depth[1] as usize {
                    let parent = tree.parent.0[node] as usize;
                    assert!(tree.x.0[node] >= right.max(tree.x.0[parent]), "{name}");
                    right = tree.x.0[node] + tree.width.0[node];
                    assert!(right <= tree.x.0[parent] + tree.width.0[parent], "{name}");
                    assert!(parent < node || node == 0, "{name}");
                }
            }
            assert_eq!(*tree.rows.0.last().unwrap() as usize, tree.x.0.len(), "{name}");
        }
    }
}

#[test]
fn callers_and_callees_of_a_node_both_add_up_to_its_cum() {
    let loaded = fixture("go1.26.6/goroutine");
    let view = View::new(&loaded.evidence, &Query::new(SourceId(0))).unwrap();
    for row in top(&view, Order::Cum).rows() {
        for direction in [Direction::Callees, Direction::Callers] {
            let options =
                TreeOptions { direction, pivot: Some(row.name.to_owned()), ..TreeOptions::default() };
            let tree = call_tree(&view, &options);
            assert_eq!((tree.total.0[1], tree.rows.0[2]), (row.cum, 2), "{}", row.name);
        }
    }
}
