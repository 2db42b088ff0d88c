//! Figures beside the ledger, and the mappings of the main process.

use super::cgroup::Version;
use super::moment::Moment;
use super::term::Term;
use crate::base::units::Unit;
use crate::evidence::memory::UNLIMITED;
use crate::report::{Reclaim, SideFigure};

/// Everything beside the ledger.
pub fn figures(moment: &Moment<'_>) -> Vec<SideFigure> {
    let mut side = Vec::new();
    let mut add = |id: &str, label: &str, term: Option<Term>, unit: Unit, meaning: &str| {
        if let Some(term) = term.filter(|term| term.value != UNLIMITED) {
            side.push(SideFigure {
                id: id.to_owned(),
                label: label.to_owned(),
                value: term.value,
                unit,
                reclaim: reclaim(id),
                meaning: meaning.to_owned(),
                citations: term.from,
            });
        }
    };
    let process = moment.process.as_ref();
    let cgroup = moment.cgroup.as_ref();
    let elsewhere = process
        .and_then(|process| process.rss_file_shmem.as_ref())
        .zip(cgroup.and_then(|cgroup| cgroup.file_mapped.as_ref()))
        .map(|(resident, mapped)| resident - mapped);
    add(
        "file-elsewhere",
        "File pages charged elsewhere",
        elsewhere,
        Unit::Bytes,
        "File and shared pages that the process maps, minus those charged here. The container that first touches a page is charged for it; for program code, that is often another one.",
    );
    add(
        "lazyfree",
        "Freed with MADV_FREE, still resident",
        process.and_then(|p| p.lazy_free.clone()),
        Unit::Bytes,
        "Resident and charged until the kernel reclaims it; the working set does not include it.",
    );
    add(
        "anon-huge",
        "Transparent huge pages",
        process.and_then(|p| p.anon_huge.clone()),
        Unit::Bytes,
        "Part of the anonymous memory.",
    );
    add(
        "process-swap",
        "Process: swapped out",
        process.and_then(|p| p.swap.clone()),
        Unit::Bytes,
        "Not resident, and not charged as memory.",
    );
    add(
        "process-peak",
        "Process: peak RSS",
        process.and_then(|p| p.high_water.clone()),
        Unit::Bytes,
        "VmHWM, since process start.",
    );
    add(
        "pagetables",
        "Process: page tables",
        process.and_then(|p| p.pagetables.clone()),
        Unit::Bytes,
        "Part of the kernel memory.",
    );
    add(
        "threads",
        "Threads",
        process.and_then(|p| p.threads.clone()),
        Unit::Count,
        "Each thread takes about 22 KiB of kernel memory and 50 KiB of Go stack.",
    );
    add(
        "cgroup-swap",
        "Container: swapped out",
        cgroup.and_then(|c| c.swap.clone()),
        Unit::Bytes,
        "Charged as swap, not as memory.",
    );
    add(
        "cgroup-peak",
        "Container: peak charge",
        cgroup.and_then(|c| c.peak.clone()),
        Unit::Bytes,
        "Since the container started, or since the counter was reset.",
    );
    add(
        "file-mapped",
        "Mapped page cache",
        cgroup.and_then(|c| c.file_mapped.clone()),
        Unit::Bytes,
        "Part of the page cache and of shared memory.",
    );
    add(
        "dirty",
        "Dirty page cache",
        cgroup.and_then(|c| c.dirty.clone()),
        Unit::Bytes,
        "Part of the page cache; it can be reclaimed only after writeback.",
    );
    add(
        "high",
        "Throttling threshold (memory.high)",
        cgroup.and_then(|c| c.high.clone()),
        Unit::Bytes,
        "Above this charge, the kernel throttles the container and reclaims memory.",
    );
    add(
        "slab-reclaimable",
        "Reclaimable slab",
        cgroup.and_then(|c| c.slab_reclaimable.clone()),
        Unit::Bytes,
        "Part of the kernel memory: dentries and inodes, dropped under memory pressure.",
    );
    add(
        "zswap",
        "zswap (compressed swap in memory)",
        cgroup.and_then(|c| c.thing.get("memory.stat", "zswap")),
        Unit::Bytes,
        "Part of the kernel memory; its uncompressed contents count as swap.",
    );
    add(
        "locked",
        "Locked pages",
        cgroup.and_then(|c| c.unevictable.clone()).filter(|locked| locked.value > 0),
        Unit::Bytes,
        "mlock and ramfs: part of the memory above, including page cache, and never reclaimed.",
    );
    add(
        "tcp",
        "TCP buffers of the network namespace",
        moment.things.host_file("sockstat").and_then(|view| view.get("TCP mem")),
        Unit::Bytes,
        "Of all containers that share the network namespace; cgroup v1 does not charge them to memory.",
    );
    add(
        "go-sys",
        "Obtained from the OS by Go",
        moment.go.as_ref().filter(|go| go.committed().is_none()).and_then(|go| go.sys.clone()),
        Unit::Bytes,
        "Sys: address space that the runtime obtained. HeapReleased would tell how much of it was returned.",
    );
    add(
        "heap-released",
        "Go heap returned to the OS",
        moment.go.as_ref().and_then(|go| go.heap_released.clone()),
        Unit::Bytes,
        "HeapReleased. With MADV_FREE (Go 1.12 to 1.15), these pages stay in the RSS until the kernel needs them.",
    );
    add(
        "max-rss",
        "Process: peak RSS, according to the runtime",
        moment.go.as_ref().and_then(|go| go.max_rss.clone()),
        Unit::Bytes,
        "MaxRSS of heap?debug=1, since process start.",
    );
    for (id, key, label) in PRESSURE {
        let term = cgroup.and_then(|cgroup| cgroup.thing.get("memory.pressure", key));
        add(
            id,
            label,
            term,
            Unit::BasisPoints,
            "Share of time in which tasks of the container were stalled on memory.",
        );
    }
    for (id, key, label) in EVENTS {
        let term = cgroup.filter(|cgroup| cgroup.version == Version::V2).and_then(|cgroup| {
            cgroup.thing.get("memory.events.local", key).or_else(|| cgroup.thing.get("memory.events", key))
        });
        add(id, label, term, Unit::Count, "Since the container started.");
    }
    let failcnt = cgroup.and_then(|cgroup| cgroup.thing.get("memory.failcnt", ""));
    add(
        "failcnt",
        "Limit hits",
        failcnt,
        Unit::Count,
        "Each time, the kernel tried to reclaim memory; it kills a process only if that fails.",
    );
    let kills = cgroup.and_then(|cgroup| cgroup.thing.get("memory.oom_control", "oom_kill"));
    add("oom-kill", "OOM kills", kills, Unit::Count, "Since the container started.");
    side
}

/// What becomes of the memory that a figure is of.
fn reclaim(id: &str) -> Option<Reclaim> {
    match id {
        "lazyfree" | "file-mapped" | "dirty" | "slab-reclaimable" => Some(Reclaim::Reclaimable),
        "file-elsewhere" | "heap-released" | "process-swap" | "cgroup-swap" | "tcp" => {
            Some(Reclaim::NotCharged)
        }
        "pagetables" | "locked" | "zswap" => Some(Reclaim::Stays),
        _ => None,
    }
}

const PRESSURE: [(&str, &str, &str); 4] = [
    ("psi-some-10", "some avg10", "Memory pressure: some, 10 s average"),
    ("psi-full-10", "full avg10", "Memory pressure: full, 10 s average"),
    ("psi-some-60", "some avg60", "Memory pressure: some, 60 s average"),
    ("psi-full-60", "full avg60", "Memory pressure: full, 60 s average"),
];

const EVENTS: [(&str, &str, &str); 4] = [
    ("events-high", "high", "memory.high exceeded"),
    ("events-max", "max", "Limit hits"),
    ("events-oom", "oom", "Out of memory at the limit"),
    ("events-oom-kill", "oom_kill", "OOM kills, including those by the pod or node"),
];
