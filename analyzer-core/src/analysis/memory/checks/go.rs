//! Identities of `MemStats` and `runtime/metrics`.

use super::{CheckText, Checks};
use crate::analysis::memory::mappings::MappingClass;
use crate::analysis::memory::moment::Moment;
use crate::analysis::memory::term::{Term, View, sum};

pub fn run(moment: &Moment<'_>, checks: &mut Checks) {
    let Some(go) = &moment.go else { return };
    let get = |key: &str| go.view.get(key);
    sums(&get, checks);
    for reading in std::iter::once(go).chain(&moment.other_readings) {
        both_accounts(&reading.view, checks);
    }
    if let Some(fit) = &moment.arenas {
        checks.add(ARENA, &fit.difference, fit.holds(), fit.most.0);
        named_metadata(moment, &fit.difference, fit.holds(), checks);
    }
}

fn sums(get: &impl Fn(&str) -> Option<Term>, checks: &mut Checks) {
    const PARTS: [&str; 7] =
        ["HeapSys", "StackSys", "MSpanSys", "MCacheSys", "BuckHashSys", "GCSys", "OtherSys"];
    let of = |keys: &[&str]| {
        let terms: Vec<Option<Term>> = keys.iter().map(|key| get(key)).collect();
        sum(terms.iter().map(Option::as_ref))
    };
    checks.equal(SYS, get("Sys").as_ref(), of(&PARTS).as_ref());
    checks.equal(HEAP_SYS, get("HeapSys").as_ref(), of(&["HeapInuse", "HeapIdle"]).as_ref());
    checks.at_most(RELEASED, get("HeapReleased").as_ref(), get("HeapIdle").as_ref(), 0);
    checks.equal(ALLOC, get("HeapAlloc").as_ref(), get("Alloc").as_ref());
    checks.at_most(INUSE, get("HeapAlloc").as_ref(), get("HeapInuse").as_ref(), 0);
    let objects = get("Mallocs").zip(get("Frees")).map(|(mallocs, frees)| &mallocs - &frees);
    checks.equal(OBJECTS, get("HeapObjects").as_ref(), objects.as_ref());
}

/// Fields of `MemStats` against the memory classes of `runtime/metrics`, where
/// one file has both, read one after the other.
fn both_accounts(view: &View<'_>, checks: &mut Checks) {
    let class = |short: &str| view.get(&format!("/memory/classes/{short}:bytes"));
    let pairs = [
        (TOTAL_CLASS, "Sys", class("total")),
        (RELEASED_CLASS, "HeapReleased", class("heap/released")),
        (OBJECTS_CLASS, "HeapAlloc", class("heap/objects")),
        (STACKS_CLASS, "StackInuse", class("heap/stacks")),
    ];
    for (text, field, metric) in pairs {
        checks.equal(text, view.get(field).as_ref(), metric.as_ref());
    }
}

/// With names, what Go calls metadata must be what it says that it took.
fn named_metadata(moment: &Moment<'_>, buffers: &Term, is_joined: bool, checks: &mut Checks) {
    // A chunk of 256 KiB may be mapped and not yet counted, and smaller tails are always there.
    const CHUNK_TAIL: i64 = (256 + 32) << 10;
    let Some(process) = moment.process.as_ref() else { return };
    let has_names = process.mappings.as_ref().is_some_and(|mappings| mappings.has_go_names);
    let (Some(metadata), Some(mapped)) =
        (moment.go.as_ref().and_then(|go| go.metadata()), process.class_size(MappingClass::GoMetadata))
    else {
        return;
    };
    // Runtimes before 1.25.2 name few of their mappings.
    let is_named = has_names && mapped.value > metadata.value / 2;
    if is_named && is_joined {
        let counted = &metadata - buffers;
        // A program that ran may have mapped a chunk between the two reads.
        let below = if moment.is_frozen() { 32 << 10 } else { CHUNK_TAIL };
        checks.within(NAMED, Some(&mapped), Some(&counted), below, CHUNK_TAIL);
    }
}

const SYS: CheckText = CheckText {
    id: "go-sys",
    identity: "Sys = HeapSys + StackSys + MSpanSys + MCacheSys + BuckHashSys + GCSys + OtherSys",
    note: "MemStats is read with the world stopped: a mismatch means a damaged file.",
};
const HEAP_SYS: CheckText =
    CheckText { id: "go-heap-sys", identity: "HeapSys = HeapInuse + HeapIdle", note: "" };
const RELEASED: CheckText = CheckText { id: "go-released", identity: "HeapReleased ≤ HeapIdle", note: "" };
const ALLOC: CheckText = CheckText { id: "go-alloc", identity: "HeapAlloc = Alloc", note: "" };
const INUSE: CheckText = CheckText { id: "go-inuse", identity: "HeapAlloc ≤ HeapInuse", note: "" };
const OBJECTS: CheckText =
    CheckText { id: "go-objects", identity: "HeapObjects = Mallocs − Frees", note: "" };
const TOTAL_CLASS: CheckText = CheckText {
    id: "go-metrics-total",
    identity: "Sys = /memory/classes/total",
    note: "The two are read one after the other: a running program may allocate between them.",
};
const RELEASED_CLASS: CheckText = CheckText {
    id: "go-metrics-released",
    identity: "HeapReleased = /memory/classes/heap/released",
    note: "The two are read one after the other: a running program may allocate between them.",
};
const OBJECTS_CLASS: CheckText = CheckText {
    id: "go-metrics-objects",
    identity: "HeapAlloc = /memory/classes/heap/objects",
    note: "The two are read one after the other: a running program may allocate between them.",
};
const STACKS_CLASS: CheckText = CheckText {
    id: "go-metrics-stacks",
    identity: "StackInuse = /memory/classes/heap/stacks",
    note: "The two are read one after the other: a running program may allocate between them.",
};
const ARENA: CheckText = CheckText {
    id: "arena",
    identity: "Σ size of arenas (smaps) = HeapSys + StackInuse + W, 0 ≤ W ≤ GCSys",
    note: "W is the GC's work buffers. Arenas are never unmapped. Below zero: smaps was read before the heap grew. Above GCSys: it was read after. In both cases, the files may also come from two processes.",
};
const NAMED: CheckText = CheckText {
    id: "go-named-metadata",
    identity: "Σ size of mappings named Go, without heap and heap index = Sys − HeapSys − StackInuse − W",
    note: "The heap index (32 MiB, mostly untouched) is not counted anywhere; the tails of chunks are mapped but not counted.",
};
