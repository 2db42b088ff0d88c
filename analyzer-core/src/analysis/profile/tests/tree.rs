//! Call trees of drawn stacks.

use super::{add, evidence, text, view};
use crate::analysis::profile::{
    Base, CallTree, Direction, Filters, Query, TreeOptions, View, Viewport, call_tree,
};
use crate::base::convert::id_to_usize;
use crate::base::source::SourceId;
use crate::evidence::Evidence;

/// The tree as lines: depth as indentation, name, where it lies, own amount.
fn drawn(tree: &CallTree) -> Vec<String> {
    let mut lines = Vec::new();
    let mut pending = vec![(0_usize, 0_usize)];
    while let Some((node, depth)) = pending.pop() {
        let name = &tree.names.name[id_to_usize(tree.name.0[node])];
        let (x, width, own, total) =
            (tree.x.0[node], tree.width.0[node], tree.own.0[node], tree.total.0[node]);
        let end = x + width;
        let inlined = if tree.inlined.0[node] == 1 { " inlined" } else { "" };
        let signed = if total == width { String::new() } else { format!(" total {total}") };
        lines.push(format!("{}{name} {x}..{end} own {own}{signed}{inlined}", "  ".repeat(depth)));
        let children =
            (1..tree.parent.0.len()).rev().filter(|&child| id_to_usize(tree.parent.0[child]) == node);
        pending.extend(children.map(|child| (child, depth + 1)));
    }
    lines
}

fn tree(evidence: &Evidence, options: TreeOptions) -> Vec<String> {
    drawn(&call_tree(&view(evidence, Filters::default()), &options))
}

#[test]
fn siblings_are_widest_first_and_own_amounts_are_the_room_to_their_right() {
    let evidence = evidence(&[("main a", 1), ("main b c", 5), ("main", 2), ("main b", 3), ("other", 20)]);
    assert_eq!(
        tree(&evidence, TreeOptions::default()),
        [
            "root 0..31 own 0",
            "  other 0..20 own 20",
            "  main 20..31 own 2",
            "    b 20..28 own 3",
            "      c 20..25 own 5",
            "    a 28..29 own 1",
        ]
    );
}

#[test]
fn inlined_calls_are_frames_and_marked_unless_some_call_was_not() {
    let evidence = evidence(&[("main+a+b", 1), ("main c+d", 2), ("main c d", 3)]);
    assert_eq!(
        tree(&evidence, TreeOptions::default()),
        [
            "root 0..6 own 0",
            "  main 0..6 own 0",
            "    c 0..5 own 0",
            "      d 0..5 own 5",
            "    a 5..6 own 0 inlined",
            "      b 5..6 own 1 inlined",
        ]
    );
}

#[test]
fn what_is_too_narrow_stands_together_under_its_caller() {
    let evidence =
        evidence(&[("main a x", 93), ("main b y", 1), ("main a z", 1), ("main c", 2), ("main d", 3)]);
    let options = TreeOptions { min_width_ppm: 30_000, ..TreeOptions::default() };
    let tree = call_tree(&view(&evidence, Filters::default()), &options);
    assert_eq!(
        drawn(&tree),
        [
            "root 0..100 own 0",
            "  main 0..100 own 0",
            "    a 0..94 own 0",
            "      x 0..93 own 93",
            "    d 94..97 own 3",
            "    (smaller) 97..100 own 0",
        ]
    );
    // `z`, alone under `a`, is narrower than what is drawn, and nothing stands for it.
    assert_eq!(tree.merged.0, [0, 0, 0, 0, 2, 0]);
    assert_eq!(tree.min_width, 3);
}

#[test]
fn a_closer_look_tells_more_apart_in_one_place() {
    let evidence =
        evidence(&[("main a x", 90), ("main b y", 3), ("main b z", 1), ("main c y", 3), ("b z", 3)]);
    // Of `b`, the first half.
    let viewport = Some(Viewport { from: 90, to: 92, min_width: 1 });
    let options = TreeOptions { viewport, min_width_ppm: 40_000, ..TreeOptions::default() };
    assert_eq!(
        tree(&evidence, options),
        [
            "root 0..100 own 0",
            "  main 0..97 own 0",
            "    a 0..90 own 0",
            "      x 0..90 own 90",
            "    b 90..94 own 0",
            "      y 90..93 own 3",
            "      z 93..94 own 1",
            "    (smaller) 94..97 own 0",
            "  (smaller) 97..100 own 0",
        ]
    );
}

/// The same place and the same amounts, whether or not the rest is told apart.
#[test]
fn what_is_told_apart_lies_where_it_lies_in_the_whole_tree() {
    let stacks: Vec<(String, i64)> =
        (0..400).map(|n| (format!("main f{} g{} h{n}", n % 7, n % 31), (n * n) % 97 - 20)).collect();
    let stacks: Vec<(&str, i64)> = stacks.iter().map(|(stack, amount)| (stack.as_str(), *amount)).collect();
    let evidence = evidence(&stacks);
    let whole = tree(&evidence, TreeOptions::default());
    for viewport in [None, Some(Viewport { from: 1_000, to: 3_000, min_width: 20 })] {
        let options = TreeOptions { viewport, min_width_ppm: 10_000, ..TreeOptions::default() };
        let part = call_tree(&view(&evidence, Filters::default()), &options);
        let lines = drawn(&part);
        assert!(lines.len() < whole.len() / 2);
        assert!(lines.iter().filter(|line| !line.contains("(smaller)")).all(|line| whole.contains(line)));
        // Own amounts and children make up a node, but for what is narrower than a node.
        for node in (0..part.x.0.len()).filter(|&node| part.merged.0[node] == 0) {
            let children = (1..part.x.0.len()).filter(|&child| id_to_usize(part.parent.0[child]) == node);
            let inside = children.map(|child| part.width.0[child]).sum::<i64>() + part.own.0[node].abs();
            let lost = part.width.0[node] - inside;
            assert!((0..part.min_width).contains(&lost), "{lost} of node {node}");
        }
    }
}

/// ```text
/// f    f
/// a    g
/// f    h
/// b
/// ```
#[test]
fn callees_and_callers_of_a_recursive_node_count_each_stack_once() {
    let evidence = evidence(&[("main f a f b", 5), ("main g f h", 3), ("main g", 9)]);
    let pivot = text("f");
    assert_eq!(
        tree(&evidence, TreeOptions { pivot: pivot.clone(), ..TreeOptions::default() }),
        [
            "root 0..8 own 0",
            "  f 0..8 own 0",
            "    a 0..5 own 0",
            "      f 0..5 own 0",
            "        b 0..5 own 5",
            "    h 5..8 own 3",
        ]
    );
    assert_eq!(
        tree(&evidence, TreeOptions { pivot, direction: Direction::Callers, ..TreeOptions::default() }),
        [
            "root 0..8 own 0",
            "  f 0..8 own 0",
            "    main 0..5 own 5",
            "    g 5..8 own 0",
            "      main 5..8 own 3",
        ]
    );
}

#[test]
fn callers_of_an_inlined_node_start_inside_of_its_location() {
    let evidence = evidence(&[("main a+b+c", 2), ("main a+b+d", 1)]);
    let pivot = text("b");
    assert_eq!(
        tree(&evidence, TreeOptions { pivot, direction: Direction::Callers, ..TreeOptions::default() })[1..],
        ["  b 0..3 own 0 inlined", "    a 0..3 own 0", "      main 0..3 own 3"]
    );
}

#[test]
fn the_inverted_tree_starts_at_the_leaves() {
    let evidence = evidence(&[("main a x", 1), ("main b x", 2), ("x", 4)]);
    assert_eq!(
        tree(&evidence, TreeOptions { direction: Direction::Callers, ..TreeOptions::default() }),
        [
            "root 0..7 own 0",
            "  x 0..7 own 4",
            "    b 0..2 own 0",
            "      main 0..2 own 2",
            "    a 2..3 own 0",
            "      main 2..3 own 1",
        ]
    );
}

#[test]
fn recursion_can_be_shown_as_one_frame() {
    let evidence = evidence(&[("main f f f g f", 5), ("main f f", 3)]);
    let options = TreeOptions { collapse_recursion: true, ..TreeOptions::default() };
    assert_eq!(
        tree(&evidence, options),
        [
            "root 0..8 own 0",
            "  main 0..8 own 0",
            "    f 0..8 own 3",
            "      g 0..5 own 0",
            "        f 0..5 own 5"
        ]
    );
}

#[test]
fn negative_amounts_have_room_of_their_own() {
    let evidence = evidence(&[("main a", 5), ("main b", -3), ("main c x", 4), ("main c x", -4)]);
    assert_eq!(
        tree(&evidence, TreeOptions::default()),
        [
            "root 0..8 own 0 total 2",
            "  main 0..8 own 0 total 2",
            "    a 0..5 own 5",
            "    b 5..8 own -3 total -3"
        ]
    );
}

#[test]
fn a_difference_shows_what_changed_and_what_the_base_had() {
    let mut evidence = evidence(&[("main a", 10), ("main b", 4), ("main same", 7)]);
    let base = add(&mut evidence, &[("main a", &[], 4), ("main gone", &[], 2), ("main same", &[], 7)]);
    let base = Some(Base { source: base, is_subtracted: false, is_normalized: false });
    let view = View::new(&evidence, &Query { base, ..Query::new(SourceId(0)) }).unwrap();
    let tree = call_tree(&view, &TreeOptions::default());
    assert_eq!(
        drawn(&tree),
        [
            "root 0..12 own 0 total 8",
            "  main 0..12 own 0 total 8",
            "    a 0..6 own 6",
            "    b 6..10 own 4",
            "    gone 10..12 own -2 total -2",
            "    same 12..12 own 0",
        ]
    );
    assert_eq!(tree.base_total.0, [13, 13, 4, 0, 2, 7]);
    assert_eq!(tree.base_own.0, [0, 0, 4, 0, 2, 7]);
}

#[test]
fn a_stack_of_100_000_frames_is_a_tree_of_that_depth() {
    let deep = "f ".repeat(100_000);
    let evidence = evidence(&[(&deep, 1), ("f", 1)]);
    let tree = call_tree(&view(&evidence, Filters::default()), &TreeOptions::default());
    assert_eq!(tree.rows.0.len(), 100_002);
    assert_eq!(tree.own.0.last(), Some(&1));
}

#[test]
fn an_empty_view_is_a_lone_root() {
    let evidence = evidence(&[("main a", 1)]);
    let view = view(&evidence, Filters { focus: text("nothing"), ..Filters::default() });
    assert_eq!(drawn(&call_tree(&view, &TreeOptions::default())), ["root 0..0 own 0"]);
}

/// Samples of `perf script` on threads 1 and 2, ten nanoseconds each.
fn sampled(samples: &[(u32, &str)]) -> Evidence {
    let mut text = String::new();
    for (number, (thread, stack)) in samples.iter().enumerate() {
        text.push_str(&format!("shop {thread} 1.{number:06}: 10 cpu-clock: \n"));
        let leaf_first = stack.split(' ').rev();
        text.extend(leaf_first.enumerate().map(|(at, name)| format!("\t {at} {name}+0x1 (/bin/shop)\n")));
        text.push('\n');
    }
    crate::formats::sampled::testing::read("perf.txt", text.as_bytes()).evidence
}

#[test]
fn a_chart_has_boxes_in_the_order_of_time() {
    let evidence = sampled(&[(1, "main a"), (1, "main b"), (1, "main"), (1, "main a"), (1, "main a c")]);
    let in_time = TreeOptions { in_time: true, ..TreeOptions::default() };
    assert_eq!(
        tree(&evidence, in_time),
        [
            "root 0..50 own 0",
            "  main 0..50 own 10",
            "    a 0..10 own 10",
            "    b 10..20 own 10",
            "    a 30..50 own 10",
            "      c 40..50 own 10",
        ]
    );
    assert_eq!(tree(&evidence, TreeOptions::default())[2], "    a 0..30 own 20");
}

#[test]
fn threads_stand_one_after_the_other() {
    let evidence = sampled(&[(1, "main a"), (2, "main a"), (1, "main a")]);
    let in_time = TreeOptions { in_time: true, ..TreeOptions::default() };
    assert_eq!(
        tree(&evidence, in_time),
        [
            "root 0..30 own 0",
            "  main 0..20 own 0",
            "    a 0..20 own 20",
            "  main 20..30 own 0",
            "    a 20..30 own 10"
        ]
    );
}

#[test]
fn what_is_too_narrow_stands_together_where_it_is() {
    let samples: Vec<(u32, &str)> = (0..40)
        .map(|number| {
            (
                1,
                match number {
                    0..20 => "main a",
                    20 => "main b",
                    21 => "main c",
                    _ => "main d",
                },
            )
        })
        .collect();
    let evidence = sampled(&samples);
    let options = TreeOptions { in_time: true, min_width_ppm: 100_000, ..TreeOptions::default() };
    let drawn = tree(&evidence, options);
    assert_eq!(
        drawn[2..],
        ["    a 0..200 own 200", "    (smaller) 200..220 own 0", "    d 220..400 own 180"]
    );
    let viewport = Some(Viewport { from: 190, to: 230, min_width: 1 });
    let options = TreeOptions { in_time: true, min_width_ppm: 100_000, viewport, ..TreeOptions::default() };
    assert_eq!(tree(&evidence, options)[3], "    b 200..210 own 10");
}

#[test]
fn profiles_without_times_are_drawn_by_weight() {
    let evidence = crate::formats::sampled::testing::read("x", b"main;a 1\nmain;b 5\n").evidence;
    let in_time = TreeOptions { in_time: true, ..TreeOptions::default() };
    assert_eq!(tree(&evidence, in_time)[2], "    b 0..5 own 5");
}
