//! The lines of one function: what each costs, and whom it calls.

use std::cmp::Reverse;
use std::collections::HashMap;

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

use super::frames::FrameRef;
use super::listing::{ListedFunction, functions};
use super::nodes::KeyId;
use super::query::{Granularity, Query, QueryError};
use super::view::View;
use crate::base::index::Idx;
use crate::base::order::StableOrder;
use crate::evidence::Evidence;

/// A function of a profile line by line, with its calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionLines {
    /// What is counted ("inuse_space").
    pub sample_type: String,
    /// The unit of all amounts ("bytes").
    pub unit: String,
    /// What percentages are of, see [`View::total`].
    pub total: i64,
    /// The function in each file that has one of its name: one, but for package `main` of several programs.
    pub functions: Vec<ListedFunction>,
    /// Calls from its lines, the largest first.
    pub callees: Vec<LineCall>,
    /// Calls to it, the largest first.
    pub callers: Vec<LineCall>,
}

/// Calls between a line and another function. Each stack counts once, however often the call recurs in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCall {
    /// The line of the function that was asked for; of a caller, 0: it calls the whole.
    pub line: i64,
    /// The other function.
    pub function: String,
    /// Its file; empty if the profile names none.
    pub file: String,
    /// Its line: that of the call in a caller, and in a callee that of its own code where it was inlined; else 0.
    pub other_line: i64,
    /// The stacks that have the call.
    pub amount: i64,
    /// True if all the calls were inlined.
    pub is_inlined: bool,
}

/// The lines of the functions of exactly this name.
/// # Errors
/// As for [`View::new`].
pub fn function_lines(evidence: &Evidence, query: &Query, name: &str) -> Result<FunctionLines, QueryError> {
    let query = Query { granularity: Granularity::Lines, ..query.clone() };
    let view = View::new(evidence, &query)?;
    let functions = functions(evidence, &query, &view, |other| other == name);
    let mut calls = Calls::new(&view, name);
    if calls.is_wanted.iter().any(|&is_wanted| is_wanted) {
        for side in &view.sides {
            for row in &side.rows {
                calls.start_stack();
                side.walk(row, |frame| calls.frame(frame, row.weight));
            }
        }
    }
    let callees = calls.rows(&view, &calls.callees, false);
    let callers = calls.rows(&view, &calls.callers, true);
    Ok(FunctionLines {
        sample_type: view.sample_type().to_owned(),
        unit: view.unit().to_owned(),
        total: view.total(),
        functions,
        callees,
        callers,
    })
}

/// The calls of one node to another.
#[derive(Clone, Copy, Debug)]
struct Edge {
    amount: i64,
    is_inlined: bool,
    /// The last stack that had it.
    stack: u32,
}

type Edges = HashMap<(KeyId, KeyId), Edge, FxBuildHasher>;

/// Calls from and to the wanted lines while stacks are walked.
struct Calls {
    /// By node.
    is_wanted: Vec<bool>,
    /// By node: the first node of the same function and file. Calls to a function count as one, to
    /// whichever line of it.
    function_of: Vec<KeyId>,
    callees: Edges,
    callers: Edges,
    stack: u32,
    caller: Option<KeyId>,
}

impl Calls {
    fn new(view: &View<'_>, name: &str) -> Self {
        let mut first = HashMap::<_, KeyId, FxBuildHasher>::default();
        let mut function_of = Vec::with_capacity(view.key_count());
        let mut is_wanted = Vec::with_capacity(view.key_count());
        for id in view.keys.ids() {
            let key = view.keys.get(id);
            function_of.push(*first.entry((key.name, key.file)).or_insert(id));
            is_wanted.push(!name.is_empty() && view.names.get(key.name) == name);
        }
        let (callees, callers) = (Edges::default(), Edges::default());
        Self { is_wanted, function_of, callees, callers, stack: 0, caller: None }
    }

    fn start_stack(&mut self) {
        self.stack += 1;
        self.caller = None;
    }

    fn frame(&mut self, frame: FrameRef, weight: i64) {
        let key = frame.key();
        let Some(caller) = self.caller.replace(key) else { return };
        let is_wanted = |key: KeyId| self.is_wanted.get(key.index()) == Some(&true);
        let function = |key: KeyId| self.function_of.get(key.index()).copied().unwrap_or(key);
        let (calls, is_called) = (is_wanted(caller), is_wanted(key));
        // Inlined code has lines of its own beside the call.
        let callee = if frame.is_inlined() { key } else { function(key) };
        let (stack, is_inlined) = (self.stack, frame.is_inlined());
        if calls {
            add(&mut self.callees, (caller, callee), weight, stack, is_inlined);
        }
        if is_called && function(caller) != function(key) {
            add(&mut self.callers, (caller, function(key)), weight, stack, is_inlined);
        }
    }

    /// Edges as rows.
    fn rows(&self, view: &View<'_>, edges: &Edges, are_callers: bool) -> Vec<LineCall> {
        let row = |(&(caller, callee), edge): (&(KeyId, KeyId), &Edge)| {
            let (own, other) = if are_callers { (callee, caller) } else { (caller, callee) };
            let key = view.keys.get(other);
            let has_line = are_callers || edge.is_inlined;
            LineCall {
                line: if are_callers { 0 } else { view.keys.get(own).line },
                function: view.names.get(key.name).to_owned(),
                file: view.names.get(key.file).to_owned(),
                other_line: if has_line { key.line } else { 0 },
                amount: edge.amount,
                is_inlined: edge.is_inlined,
            }
        };
        let mut rows: Vec<LineCall> = edges.iter().map(row).collect();
        rows.retain(|call| call.amount != 0);
        rows.order_by(|a, b| {
            let order = |call: &LineCall| (Reverse(call.amount.unsigned_abs()), call.line, call.other_line);
            order(a).cmp(&order(b)).then_with(|| (&a.function, &a.file).cmp(&(&b.function, &b.file)))
        });
        rows
    }
}

fn add(edges: &mut Edges, ends: (KeyId, KeyId), weight: i64, stack: u32, is_inlined: bool) {
    let edge = edges.entry(ends).or_insert(Edge { amount: 0, is_inlined: true, stack: 0 });
    edge.is_inlined &= is_inlined;
    if std::mem::replace(&mut edge.stack, stack) != stack {
        edge.amount = edge.amount.saturating_add(weight);
    }
}
