//! The process layer: what of Go's memory is resident, and what else is.

use super::Reconciliation;
use crate::analysis::memory::moment::Moment;
use crate::analysis::memory::native::{Bounded, OutsideArenas, outside_arenas};
use crate::analysis::memory::process::Process;
use crate::analysis::memory::rows::RowText;
use crate::analysis::memory::term::Term;
use crate::base::units::{Bytes, Nanos};
use crate::report::number_format::duration;
use crate::report::{Disagreement, LayerId, Reclaim};

const LAYER: LayerId = LayerId::Process;

pub fn rows(moment: &Moment<'_>, result: &mut Reconciliation) {
    let Some(process) = &moment.process else {
        result.missing.push("The process layer needs /proc/PID/smaps, smaps_rollup or status.".to_owned());
        return;
    };
    let Some(anon) = &process.anon else { return resident_alone(moment, process, result) };
    match outside_arenas(moment) {
        Some(outside) => by_mappings(moment, &outside, result),
        None => by_totals(moment, anon, result),
    }
    let total = match process.anon_slack {
        // What is resident is never below nothing.
        Some(slack) => {
            Bounded { term: anon.clone(), low: (anon.value - slack.0).max(0), high: anon.value + slack.0 }
        }
        None => Bounded::exact(anon.clone()),
    };
    result.ledger.layer_total(LAYER, PROCESS_ANON, &total);
}

/// Where only the resident size is known: file pages are in it, so that it is
/// no part of what the container is charged for.
fn resident_alone(moment: &Moment<'_>, process: &Process<'_>, result: &mut Reconciliation) {
    let Some(resident) = &process.rss else { return };
    let needed = "To show how much of the process is anonymous memory, capture /proc/PID/smaps, smaps_rollup or status.";
    result.missing.push(needed.to_owned());
    if let Some(committed) = moment.go.as_ref().and_then(|go| go.committed()) {
        result.ledger.residual(LAYER, NOT_GO_BY_RESIDENT, &(resident - &committed));
    } else if let Some(arenas) = &process.printed_arenas {
        result.ledger.exact(LAYER, ARENAS_RESIDENT, arenas);
        result.ledger.residual(LAYER, OUTSIDE_ARENAS, &(resident - arenas));
    }
    result.ledger.layer_total(LAYER, PROCESS_RESIDENT, &Bounded::exact(resident.clone()));
}

/// With `smaps`: arenas, metadata, the program's data and the rest, each by itself.
fn by_mappings(moment: &Moment<'_>, outside: &OutsideArenas, result: &mut Reconciliation) {
    let Some(arenas) = moment.arena_resident() else { return };
    not_resident(moment, &arenas, outside, result);
    let metadata = &outside.metadata;
    let resident = Bounded {
        low: arenas.value + metadata.low,
        high: arenas.value + metadata.high,
        term: &arenas + &metadata.term,
    };
    let ledger = &mut result.ledger;
    ledger.total(LAYER, GO_RESIDENT, &resident);
    ledger.exact(LAYER, EXECUTABLE, &outside.executable);
    // Memory is never less than none, whatever the margins.
    let native = &outside.native;
    let low = native.low.max(0).min(native.term.value);
    ledger.bounded(LAYER, NATIVE, &Bounded { low, ..native.clone() });
}

/// Steps from what Go committed to what of it is resident: exact only if both
/// are of one process and moment, which the arenas' size proves.
fn not_resident(moment: &Moment<'_>, arenas: &Term, outside: &OutsideArenas, result: &mut Reconciliation) {
    let Some(go) = &moment.go else { return };
    let (Some(mapped), Some(released), Some(metadata)) =
        (go.arena_mapped(), &go.heap_released, go.metadata())
    else {
        return;
    };
    let buffers = match &moment.arenas {
        Some(fit) if fit.holds() => fit.difference.value,
        Some(fit) => {
            result.disagreements.push(skew(&fit.difference, fit.most, moment.skew));
            return;
        }
        None => {
            result.missing.push(
                "No Go arenas were recognized in smaps, so the runtime and process layers are not joined."
                    .to_owned(),
            );
            return;
        }
    };
    let expected = &mapped - released;
    let step = &(arenas - &expected) - &Term { value: buffers, from: Vec::new() };
    result.ledger.exact(LAYER, ARENA_NOT_RESIDENT, &step);
    // Work buffers are counted as metadata and lie in the arenas: they move from one to the other.
    let moved = Term { value: buffers, from: Vec::new() };
    let change = &(&outside.metadata.term - &metadata) + &moved;
    let by = change.value - outside.metadata.term.value;
    let bounds = Bounded { low: outside.metadata.low + by, high: outside.metadata.high + by, term: change };
    result.ledger.bounded(LAYER, METADATA_NOT_RESIDENT, &bounds);
}

/// Why runtime and process cannot be joined.
fn skew(difference: &Term, most: Bytes, read_within: Option<Nanos>) -> Disagreement {
    let later = difference.value > 0;
    let order = if later { "later" } else { "earlier" };
    let reading = match read_within {
        // Address space comes and goes with whole arenas of 64 MiB: one of them may do so in any time.
        Some(skew) => format!(
            "both were read within {}, smaps {order}: the heap changed in between, or smaps belongs to another process",
            duration(skew)
        ),
        None => format!("smaps was read {order} than MemStats, or belongs to another process"),
    };
    Disagreement {
        between: [LayerId::Go, LayerId::Process],
        reason: format!(
            "The arenas of the process do not match HeapSys + StackInuse: {reading}. It is unknown how much of Go's memory is not resident."
        ),
        difference: difference.bytes(),
        tolerance: most,
        citations: difference.from.clone(),
    }
}

/// Without `smaps`: one signed step from what Go committed to what is resident.
fn by_totals(moment: &Moment<'_>, anon: &Term, result: &mut Reconciliation) {
    let is_rollup = moment.process.as_ref().is_some_and(|process: &Process<'_>| process.anon_slack.is_none());
    let needed = "To separate native memory from non-resident Go memory, capture /proc/PID/smaps.";
    result.missing.push(needed.to_owned());
    let Some(committed) = moment.go.as_ref().and_then(|go| go.committed()) else { return };
    let text = if is_rollup { NOT_GO } else { NOT_GO_BY_STATUS };
    result.ledger.residual(LAYER, text, &(anon - &committed));
}

const ARENA_NOT_RESIDENT: RowText = RowText {
    id: "arena-not-resident",
    reclaim: Some(Reclaim::NotCharged),
    label: "Arenas: not resident",
    formula: "Anonymous of arenas − (HeapSys + StackInuse − HeapReleased)",
    meaning: "Negative: committed but never touched, or swapped out. Positive: released but still resident (MADV_FREE, or huge pages that the kernel filled again).",
};

const METADATA_NOT_RESIDENT: RowText = RowText {
    id: "metadata-not-resident",
    reclaim: Some(Reclaim::NotCharged),
    label: "Metadata: not resident",
    formula: "resident metadata − (Sys − HeapSys − StackInuse)",
    meaning: "Metadata that is mapped but was never touched.",
};

const GO_RESIDENT: RowText = RowText {
    id: "go-resident",
    reclaim: None,
    label: "Go resident",
    formula: "Anonymous of arenas + resident metadata",
    meaning: "The runtime's memory that is resident.",
};

const EXECUTABLE: RowText = RowText {
    id: "exe-data",
    reclaim: Some(Reclaim::Stays),
    label: "Program data",
    formula: "Anonymous of file mappings + bss",
    meaning: "Global variables of the program and its libraries, and private copies of mapped file pages.",
};

const NATIVE: RowText = RowText {
    id: "native",
    reclaim: Some(Reclaim::Stays),
    label: "Native memory",
    formula: "ΣAnonymous − arenas − program data − resident metadata",
    meaning: "Memory that Go did not allocate: C, mmap, thread stacks.",
};

const NOT_GO: RowText = RowText {
    id: "not-go",
    reclaim: None,
    label: "Process minus Go committed",
    formula: "ΣAnonymous − (Sys − HeapReleased)",
    meaning: "Native memory and program data, minus Go memory that is not resident. smaps would separate them.",
};

const NOT_GO_BY_STATUS: RowText = RowText { formula: "RssAnon − (Sys − HeapReleased)", ..NOT_GO };

const NOT_GO_BY_RESIDENT: RowText = RowText {
    formula: "Rss − (Sys − HeapReleased)",
    meaning: "Native memory, program code and data, minus Go memory that is not resident. smaps would separate them.",
    ..NOT_GO
};

const ARENAS_RESIDENT: RowText = RowText {
    id: "arenas-resident",
    reclaim: None,
    label: "Go heap arenas",
    formula: "RSS of anonymous mappings from 0xc000000000 (pmap)",
    meaning: "Go objects, garbage, goroutine stacks and free spans. MemStats of the same moment would separate them.",
};

const OUTSIDE_ARENAS: RowText = RowText {
    id: "outside-arenas",
    reclaim: None,
    label: "Memory outside the Go heap arenas",
    formula: "Rss − RSS of the arenas",
    meaning: "Native memory of cgo or mmap, runtime metadata, program code and data. smaps would separate them.",
};

const PROCESS_RESIDENT: RowText = RowText {
    id: "process-resident",
    reclaim: None,
    label: "Process resident",
    formula: "Rss (ps, top, pmap; process_resident_memory_bytes)",
    meaning: "All resident pages of the process, including file pages.",
};

const PROCESS_ANON: RowText = RowText {
    id: "process-anon",
    reclaim: None,
    label: "Process anonymous",
    formula: "ΣAnonymous (smaps, smaps_rollup; else RssAnon of status)",
    meaning: "All resident anonymous memory of the process.",
};
