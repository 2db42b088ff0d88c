//! A call tree of groups, laid out as the flame graph draws it.
//!
//! Every stack ends in a frame of its own that says how it waits and what is
//! thought of it, so that neither needs a color.

use std::collections::HashMap;

use analyzer_core::base::convert::{id_to_usize, to_u32};
use analyzer_core::base::order::StableOrder;
use analyzer_core::base::packed::{PackedI64, PackedU8, PackedU32};
use analyzer_core::report::{GoroutineGroup, Verdict};
use analyzer_core::session::{CallTree, TreeNames};

use super::trend::last_count;
use super::words;

/// What the width of a frame means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    /// How many goroutines.
    #[default]
    Count,
    /// Wait time together, in minutes, as far as it is printed.
    Wait,
}

impl Width {
    /// Of a group.
    fn of(self, group: &GoroutineGroup) -> i64 {
        let amount = match self {
            Self::Count => last_count(group),
            Self::Wait => {
                group.waits.iter().map(|wait| u64::from(wait.minutes.unwrap_or(0)) * wait.count).sum()
            }
        };
        i64::try_from(amount).unwrap_or(i64::MAX)
    }
}

/// What stands under a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// All of it has this verdict.
    As(Verdict),
    /// There are several verdicts.
    Mixed,
}

/// The tree, with what only goroutines have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupTree {
    /// As the flame graph takes it.
    pub tree: CallTree,
    /// The verdict of each node.
    pub judged: Vec<Option<Judged>>,
    /// The group whose stack ends at the node, by its place in the list.
    pub group: Vec<Option<usize>>,
}

#[derive(Debug, Default)]
struct Builder {
    names: Vec<String>,
    name_ids: HashMap<String, u32>,
    files: Vec<String>,
    places: HashMap<(u32, u32), u32>,
    parent: Vec<u32>,
    name: Vec<u32>,
    total: Vec<i64>,
    own: Vec<i64>,
    judged: Vec<Option<Judged>>,
    group: Vec<Option<usize>>,
}

impl Builder {
    fn name_id(&mut self, name: &str, file: &str) -> u32 {
        if let Some(&id) = self.name_ids.get(name) {
            return id;
        }
        let id = to_u32(self.names.len());
        self.names.push(name.to_owned());
        self.files.push(file.to_owned());
        self.name_ids.insert(name.to_owned(), id);
        id
    }

    fn push(&mut self, parent: u32, name: u32) -> u32 {
        let node = to_u32(self.parent.len());
        self.parent.push(parent);
        self.name.push(name);
        self.total.push(0);
        self.own.push(0);
        self.judged.push(None);
        self.group.push(None);
        node
    }

    fn child(&mut self, parent: u32, name: u32) -> u32 {
        if let Some(&node) = self.places.get(&(parent, name)) {
            return node;
        }
        let node = self.push(parent, name);
        self.places.insert((parent, name), node);
        node
    }

    fn add(&mut self, node: u32, weight: i64, verdict: Verdict) {
        let node = id_to_usize(node);
        self.total[node] = self.total[node].saturating_add(weight);
        self.judged[node] = match self.judged[node] {
            None => Some(Judged::As(verdict)),
            Some(Judged::As(known)) if known == verdict => Some(Judged::As(known)),
            Some(_) => Some(Judged::Mixed),
        };
    }

    fn add_group(&mut self, index: usize, group: &GoroutineGroup, weight: i64) {
        let mut node = 0;
        self.add(node, weight, group.verdict);
        for frame in group.stack.iter().rev() {
            let name = self.name_id(&frame.function, frame.file.as_deref().unwrap_or_default());
            node = self.child(node, name);
            self.add(node, weight, group.verdict);
        }
        let name = self.name_id(&end_name(group), "");
        // Two groups may differ in nothing but lines or creator: each has an end of its own.
        node = self.push(node, name);
        self.add(node, weight, group.verdict);
        self.own[id_to_usize(node)] = weight;
        self.group[id_to_usize(node)] = Some(index);
    }

    fn finish(self) -> GroupTree {
        let count = self.parent.len();
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); count];
        for (node, &parent) in (0_u32..).zip(&self.parent).skip(1) {
            children[id_to_usize(parent)].push(node);
        }
        for siblings in &mut children {
            siblings.order_by(|&a, &b| {
                let (total, name) = (
                    |node: u32| self.total[id_to_usize(node)],
                    |node: u32| &self.names[id_to_usize(self.name[id_to_usize(node)])],
                );
                total(b).cmp(&total(a)).then_with(|| name(a).cmp(name(b))).then(a.cmp(&b))
            });
        }
        let mut order: Vec<u32> = vec![0];
        let mut rows = vec![0];
        let mut x = vec![0_i64; count];
        let mut begin = 0;
        while begin < order.len() {
            let end = order.len();
            rows.push(to_u32(end));
            for index in begin..end {
                let node = id_to_usize(order[index]);
                let mut at = x[node];
                for &child in &children[node] {
                    x[id_to_usize(child)] = at;
                    at = at.saturating_add(self.total[id_to_usize(child)]);
                    order.push(child);
                }
            }
            begin = end;
        }
        let mut place = vec![0_u32; count];
        for (index, &node) in (0..).zip(&order) {
            place[id_to_usize(node)] = index;
        }
        let amounts =
            |values: &[i64]| PackedI64(order.iter().map(|&node| values[id_to_usize(node)]).collect());
        let of_node =
            |values: &[u32]| order.iter().map(|&node| values[id_to_usize(node)]).collect::<Vec<_>>();
        let tree = CallTree {
            view_total: self.total[0],
            rows: PackedU32(rows),
            parent: PackedU32(
                of_node(&self.parent).into_iter().map(|parent| place[id_to_usize(parent)]).collect(),
            ),
            name: PackedU32(of_node(&self.name)),
            x: amounts(&x),
            width: amounts(&self.total),
            own: amounts(&self.own),
            total: amounts(&self.total),
            inlined: PackedU8(vec![0; count]),
            names: TreeNames { name: self.names, file: self.files },
            ..CallTree::default()
        };
        GroupTree {
            tree,
            judged: order.iter().map(|&node| self.judged[id_to_usize(node)]).collect(),
            group: order.iter().map(|&node| self.group[id_to_usize(node)]).collect(),
        }
    }
}

/// The frame that a stack ends in: `▲ leak: chan send`.
fn end_name(group: &GoroutineGroup) -> String {
    let (mark, word) = words::verdict_words(group.verdict);
    format!("{mark} {word}: {}", group.state)
}

/// The tree of these groups.
pub fn call_tree(groups: &[&GoroutineGroup], width: Width) -> GroupTree {
    let mut builder = Builder::default();
    let root = builder.name_id("all goroutines", "");
    builder.push(0, root);
    for (index, group) in groups.iter().enumerate() {
        let weight = width.of(group);
        if weight > 0 {
            builder.add_group(index, group, weight);
        }
    }
    let mut tree = builder.finish();
    let (sample_type, unit) = match width {
        Width::Count => ("goroutines", "count"),
        Width::Wait => ("wait", "minutes"),
    };
    tree.tree.sample_type = sample_type.to_owned();
    tree.tree.unit = unit.to_owned();
    tree
}

#[cfg(test)]
mod tests {
    use super::super::samples::parse;
    use super::*;

    fn stack(id: u32, state: &str, functions: &[&str]) -> String {
        let frames: String =
            functions.iter().map(|function| format!("main.{function}()\n\t/app/main.go:7 +0x1d\n")).collect();
        format!("goroutine {id} [{state}]:\n{frames}\n")
    }

    /// ```text
    /// main.run 4
    /// main.send 3                     main.wait 1
    /// ▲ leak: chan send 3             ○ not classified: select 1
    /// ```
    fn sample(width: Width) -> GroupTree {
        let mut goroutines = parse(&[[
            stack(1, "chan send, 4 minutes", &["send", "run"]),
            stack(2, "chan send, 4 minutes", &["send", "run"]),
            stack(3, "chan send", &["send", "run"]),
            stack(4, "select, 2 minutes", &["wait", "run"]),
        ]
        .concat()]);
        for group in &mut goroutines.groups {
            if group.state == "chan send" {
                group.verdict = Verdict::Leak;
            }
        }
        let groups: Vec<_> = goroutines.groups.iter().collect();
        call_tree(&groups, width)
    }

    fn names(tree: &GroupTree) -> Vec<&str> {
        tree.tree.name.0.iter().map(|&name| tree.tree.names.name[id_to_usize(name)].as_str()).collect()
    }

    #[test]
    fn stacks_share_their_outer_frames_and_end_in_state_and_verdict() {
        let tree = sample(Width::Count);
        assert_eq!(
            names(&tree),
            [
                "all goroutines",
                "main.run",
                "main.send",
                "main.wait",
                "▲ leak: chan send",
                "○ not classified: select",
            ]
        );
        assert_eq!(tree.tree.total.0, [4, 4, 3, 1, 3, 1]);
        assert_eq!(tree.tree.x.0, [0, 0, 0, 3, 0, 3]);
        assert_eq!(tree.tree.parent.0, [0, 0, 1, 1, 2, 3]);
        assert_eq!(tree.tree.rows.0, [0, 1, 2, 4, 6]);
        assert_eq!(tree.judged[1], Some(Judged::Mixed));
        assert_eq!(tree.judged[2], Some(Judged::As(Verdict::Leak)));
        assert_eq!(tree.group.iter().flatten().count(), 2);
    }

    #[test]
    fn waits_that_are_not_printed_take_no_room() {
        let tree = sample(Width::Wait);
        assert_eq!(tree.tree.total.0, [10, 10, 8, 2, 8, 2]);
    }

    #[test]
    fn nothing_is_a_root_alone() {
        let tree = call_tree(&[], Width::Count);
        assert_eq!((tree.tree.total.0, tree.tree.rows.0), (vec![0], vec![0, 1]));
    }
}
