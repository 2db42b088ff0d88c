//! The Go layer: what the runtime took from the system and has not given back.

use super::Reconciliation;
use crate::analysis::memory::moment::Moment;
use crate::analysis::memory::native::Bounded;
use crate::analysis::memory::rows::RowText;
use crate::analysis::memory::runtime::GoRuntime;
use crate::report::{LayerId, Reclaim};

const LAYER: LayerId = LayerId::Go;

pub fn rows(moment: &Moment<'_>, result: &mut Reconciliation) {
    let Some(go) = &moment.go else {
        result.missing.push("The Go layer needs MemStats: heap?debug=1, /debug/vars or /metrics.".to_owned());
        return;
    };
    heap(moment, go, result);
    let ledger = &mut result.ledger;
    if let Some(stacks) = &go.stack_inuse {
        ledger.exact(LAYER, STACKS, stacks);
    }
    if let Some(metadata) = go.metadata() {
        ledger.exact(LAYER, METADATA, &metadata);
    }
    if let (Some(idle), Some(released)) = (&go.heap_idle, &go.heap_released) {
        ledger.exact(LAYER, IDLE, &(idle - released));
    }
    if let Some(committed) = go.committed() {
        ledger.layer_total(LAYER, COMMITTED, &Bounded::exact(committed));
    }
}

/// The heap in use: live and not, if a cycle's count tells them apart.
fn heap(moment: &Moment<'_>, go: &GoRuntime<'_>, result: &mut Reconciliation) {
    let (alloc, inuse) = match (&go.heap_alloc, &go.heap_inuse) {
        (Some(alloc), Some(inuse)) => (alloc, inuse),
        (Some(alloc), None) => return result.ledger.exact(LAYER, HEAP_ALLOC, alloc),
        (None, Some(inuse)) => return result.ledger.exact(LAYER, HEAP_INUSE, inuse),
        (None, None) => return,
    };
    match moment.live() {
        Some(live) => {
            result.ledger.exact(LAYER, LIVE, &live);
            result.ledger.exact(LAYER, GARBAGE, &(alloc - &live));
        }
        None => {
            result.ledger.exact(LAYER, HEAP_ALLOC, alloc);
            result.missing.push(
                "To separate live heap and garbage, capture /gc/heap/live (runtime/metrics) or a gctrace log."
                    .to_owned(),
            );
        }
    }
    result.ledger.exact(LAYER, SPAN_WASTE, &(inuse - alloc));
}

const LIVE: RowText = RowText {
    id: "live",
    reclaim: Some(Reclaim::Stays),
    label: "Live heap",
    formula: "/gc/heap/live",
    meaning: "Objects that the last garbage collection found reachable: the only part that can leak.",
};

const GARBAGE: RowText = RowText {
    id: "garbage",
    reclaim: Some(Reclaim::Stays),
    label: "Garbage and new objects",
    formula: "HeapAlloc − /gc/heap/live",
    meaning: "Allocated since the last collection, or dead but not swept yet. Only the next collection can separate them.",
};

const HEAP_ALLOC: RowText = RowText {
    id: "heap-objects",
    reclaim: Some(Reclaim::Stays),
    label: "Heap objects",
    formula: "HeapAlloc",
    meaning: "Live objects and garbage together: the captures do not separate them.",
};

const HEAP_INUSE: RowText = RowText {
    id: "heap-inuse",
    reclaim: Some(Reclaim::Stays),
    label: "Heap in use",
    formula: "HeapInuse",
    meaning: "Spans with at least one object, including their free space, which HeapAlloc would separate.",
};

const SPAN_WASTE: RowText = RowText {
    id: "span-waste",
    reclaim: Some(Reclaim::Stays),
    label: "Free space in in-use spans",
    formula: "HeapInuse − HeapAlloc",
    meaning: "Heap fragmentation: free slots in in-use spans, and tails of large objects.",
};

const STACKS: RowText = RowText {
    id: "stacks",
    reclaim: Some(Reclaim::Stays),
    label: "Goroutine stacks",
    formula: "StackInuse",
    meaning: "Stacks of goroutines and of the runtime's own threads; not included in any heap profile.",
};

const METADATA: RowText = RowText {
    id: "metadata",
    reclaim: Some(Reclaim::Stays),
    label: "Runtime metadata",
    formula: "Sys − HeapSys − StackInuse",
    meaning: "Span and cache structures, the GC's bitmaps and buffers, profiling tables.",
};

const IDLE: RowText = RowText {
    id: "idle",
    reclaim: Some(Reclaim::Stays),
    label: "Idle heap, retained",
    formula: "HeapIdle − HeapReleased",
    meaning: "Free spans that the runtime keeps for later allocations; the scavenger returns them to the OS over time.",
};

const COMMITTED: RowText = RowText {
    id: "go-committed",
    reclaim: None,
    label: "Go committed",
    formula: "Sys − HeapReleased",
    meaning: "The memory that the runtime holds: the amount that GOMEMLIMIT limits.",
};
