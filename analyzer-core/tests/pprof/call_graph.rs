//! Call graphs beside those of `go tool pprof -dot`.

use std::collections::BTreeSet;
use std::path::Path;

use analyzer_core::session::{CallGraph, Query, Session, Trim};

fn list() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pprof/list")
}

fn graph(trim: Trim) -> CallGraph {
    let mut session = Session::default();
    let source = session.add("cpu.pb.gz", std::fs::read(list().join("cpu.pb.gz")).unwrap())[0];
    session.call_graph(&Query::new(source), trim).unwrap()
}

/// As pprof's tooltips have amounts.
fn amount(nanos: i64) -> String {
    if nanos >= 1_000_000_000 {
        format!("{}s", nanos / 10_000_000 * 10)
    } else {
        format!("{}ms", nanos / 1_000_000)
    }
}

#[test]
fn nodes_and_edges_are_those_of_pprof() {
    for count in [80, 25] {
        let stored = std::fs::read_to_string(list().join(format!("cpu.graph-{count}.txt"))).unwrap();
        let (edges, nodes): (Vec<&str>, Vec<&str>) =
            stored.lines().partition(|line| line.contains(" -> ") || line.contains(" ... "));
        let graph = graph(Trim { node_count: count, ..Trim::default() });
        let own: Vec<String> =
            graph.nodes.iter().map(|node| format!("{} ({})", node.name, amount(node.cum))).collect();
        assert_eq!(own, nodes, "{count}");
        let name = |at: u32| graph.nodes[usize::try_from(at).unwrap()].name.as_str();
        let own: BTreeSet<String> = graph
            .edges
            .iter()
            .map(|edge| {
                let arrow = if edge.is_residual { "..." } else { "->" };
                let inline = if edge.is_inlined { " inline" } else { "" };
                format!(
                    "{} {arrow} {} ({}){inline}",
                    name(edge.caller),
                    name(edge.callee),
                    amount(edge.weight)
                )
            })
            .collect();
        let edges: BTreeSet<String> = edges.into_iter().map(str::to_owned).collect();
        assert_eq!(own, edges, "{count}");
        assert_eq!(graph.more_nodes, 99 - count);
    }
}

#[test]
fn what_is_below_the_fractions_is_counted_and_not_drawn() {
    let coarse = graph(Trim { node_parts: 100_000, edge_parts: 150_000, ..Trim::default() });
    assert!(coarse.nodes.iter().all(|node| node.cum.abs() * 10 >= coarse.total));
    assert!(coarse.edges.iter().all(|edge| edge.weight.abs() * 100 >= coarse.total * 15));
    assert!(coarse.dropped_nodes > 50 && coarse.dropped_edges > 0);
    assert!(graph(Trim { node_count: 1, ..Trim::default() }).edges.is_empty());
}
