//! Spans joined over all files: which calls have their callee, which parents are missing, whose clock is off.

mod edges;
mod lost;
mod skew;

use std::collections::HashMap;

use crate::base::convert::to_u64;
use crate::evidence::Evidence;
use crate::evidence::spans::{Span, SpanKind};

pub use edges::{CutEdge, Edge, LEAST_CALLS, LEAST_PERCENT};
pub use lost::{Missing, MissingRole};
pub use skew::ClockOffset;

/// What spans show of services.
#[derive(Clone, Debug, Default)]
pub struct SpanFacts {
    /// Spans, each once.
    pub spans: u64,
    /// Traces.
    pub traces: u64,
    /// Calls from service to service, by caller and callee.
    pub edges: Vec<Edge>,
    /// Edges at which propagation is cut.
    pub cuts: Vec<CutEdge>,
    /// Missing parents, by the service that they are of.
    pub missing: Vec<Missing>,
    /// Callees whose caller is in none of the files: no loss.
    pub outside: u64,
    /// Clocks that differ from most.
    pub clocks: Vec<ClockOffset>,
}

/// The spans, each once, with their parents.
struct Tree<'e> {
    spans: Vec<&'e Span>,
    /// The index of each one's parent; `None` for a root, and where the parent is missing.
    parents: Vec<Option<usize>>,
}

impl<'e> Tree<'e> {
    fn new(evidence: &'e Evidence) -> Self {
        // Of an id, the caller's end (or work within) and the callee's: Zipkin shares ids.
        let mut by_id: HashMap<(u128, u64), [Option<usize>; 2]> = HashMap::new();
        let mut spans: Vec<&Span> = Vec::new();
        for span in &evidence.spans.spans {
            let ends = by_id.entry((span.trace, span.id)).or_default();
            let end = &mut ends[usize::from(span.kind.is_callee())];
            // The same span in another file, or twice in one.
            if end.is_none() {
                *end = Some(spans.len());
                spans.push(span);
            }
        }
        let parent = |span: &&Span| {
            let is_callee = span.kind.is_callee();
            let shared = by_id.get(&(span.trace, span.id)).and_then(|ends| ends[0]).filter(|_| is_callee);
            shared.or_else(|| {
                let ends = by_id.get(&(span.trace, span.parent?))?;
                if is_callee { ends[0].or(ends[1]) } else { ends[1].or(ends[0]) }
            })
        };
        let parents = spans.iter().map(parent).collect();
        Self { spans, parents }
    }

    fn get(&self, index: usize) -> Option<&'e Span> {
        self.spans.get(index).copied()
    }

    /// Calls that have their callee: indices of caller and callee.
    fn calls(&self) -> impl Iterator<Item = (usize, usize)> {
        self.parents.iter().enumerate().filter_map(|(callee, caller)| {
            let (callee_span, caller_span) = (self.get(callee)?, self.get((*caller)?)?);
            let is_call = callee_span.kind.is_callee() && !caller_span.kind.is_callee();
            is_call.then_some(((*caller)?, callee))
        })
    }

    fn is_root(&self, index: usize) -> bool {
        self.parents.get(index).is_some_and(Option::is_none)
            && self.get(index).is_some_and(|span| span.parent.is_none())
    }
}

/// The facts; `None` without spans.
pub fn analyze(evidence: &Evidence) -> Option<SpanFacts> {
    if evidence.spans.spans.is_empty() {
        return None;
    }
    let tree = Tree::new(evidence);
    let mut traces: Vec<u128> = tree.spans.iter().map(|span| span.trace).collect();
    traces.sort_unstable();
    traces.dedup();
    let (missing, outside) = lost::find(evidence, &tree);
    Some(SpanFacts {
        spans: to_u64(tree.spans.len()),
        traces: to_u64(traces.len()),
        edges: edges::all(evidence, &tree),
        cuts: edges::cut(evidence, &tree),
        missing,
        outside,
        clocks: skew::find(evidence, &tree),
    })
}

/// True for a synchronous call's caller.
fn is_client(span: &Span) -> bool {
    span.kind == SpanKind::Client
}

#[cfg(test)]
mod tests;
