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
        "File and shared pages that the process maps, less those charged here: the first to touch a page is charged, for program text often another container.",
    );
    add(
        "lazyfree",
        "Given back, still resident",
        process.and_then(|p| p.lazy_free.clone()),
        Unit::Bytes,
        "Pages of MADV_FREE: resident and charged until the kernel wants them; the working set leaves them out.",
    );
    add(
        "anon-huge",
        "In huge pages",
        process.and_then(|p| p.anon_huge.clone()),
        Unit::Bytes,
        "Part of the anonymous memory.",
    );
    add(
        "process-swap",
        "Process: in swap",
        process.and_then(|p| p.swap.clone()),
        Unit::Bytes,
        "Not resident, and not charged as memory.",
    );
    add(
        "process-peak",
        "Process: greatest resident size",
        process.and_then(|p| p.high_water.clone()),
        Unit::Bytes,
        "VmHWM, since the program started.",
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
        "Each costs about 22 KiB of kernel memory and 50 KiB of Go's stacks.",
    );
    add(
        "cgroup-swap",
        "Container: in swap",
        cgroup.and_then(|c| c.swap.clone()),
        Unit::Bytes,
        "Charged as swap, not as memory.",
    );
    add(
        "cgroup-peak",
        "Container: greatest charge",
        cgroup.and_then(|c| c.peak.clone()),
        Unit::Bytes,
        "Since the container started, or since it was reset.",
    );
    add(
        "file-mapped",
        "Page cache that is mapped",
        cgroup.and_then(|c| c.file_mapped.clone()),
        Unit::Bytes,
        "Part of the page cache and of shared memory.",
    );
    add(
        "dirty",
        "Page cache to be written",
        cgroup.and_then(|c| c.dirty.clone()),
        Unit::Bytes,
        "Part of the page cache; reclaimed only after it is written.",
    );
    add(
        "high",
        "Throttling threshold (memory.high)",
        cgroup.and_then(|c| c.high.clone()),
        Unit::Bytes,
        "Above it the kernel slows the container down and reclaims.",
    );
    add(
        "slab-reclaimable",
        "Kernel objects that can be freed",
        cgroup.and_then(|c| c.slab_reclaimable.clone()),
        Unit::Bytes,
        "Part of the kernel memory: directory entries and inodes, dropped under pressure.",
    );
    add(
        "zswap",
        "Compressed swap in memory",
        cgroup.and_then(|c| c.thing.get("memory.stat", "zswap")),
        Unit::Bytes,
        "Part of the kernel memory; what it holds uncompressed counts as swap.",
    );
    add(
        "locked",
        "Locked pages",
        cgroup.and_then(|c| c.unevictable.clone()).filter(|locked| locked.value > 0),
        Unit::Bytes,
        "mlock and ramfs: part of the memory above, page cache among it, and never reclaimed.",
    );
    add(
        "tcp",
        "TCP buffers of the network namespace",
        moment.things.host_file("sockstat").and_then(|view| view.get("TCP mem")),
        Unit::Bytes,
        "All containers that share the network; version 1 does not charge them to memory.",
    );
    add(
        "max-rss",
        "Process: greatest resident size, as the runtime saw it",
        moment.go.as_ref().and_then(|go| go.max_rss.clone()),
        Unit::Bytes,
        "MaxRSS of heap?debug=1, since the program started.",
    );
    for (id, key, label) in PRESSURE {
        let term = cgroup.and_then(|cgroup| cgroup.thing.get("memory.pressure", key));
        add(
            id,
            label,
            term,
            Unit::BasisPoints,
            "Share of wall time in which tasks of the container waited for memory.",
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
        "Times that the limit was hit",
        failcnt,
        Unit::Count,
        "Each time the kernel reclaimed; only if it could not, it killed.",
    );
    let kills = cgroup.and_then(|cgroup| cgroup.thing.get("memory.oom_control", "oom_kill"));
    add("oom-kill", "Processes killed for memory", kills, Unit::Count, "Since the container started.");
    side
}

/// What becomes of the memory that a figure is of.
fn reclaim(id: &str) -> Option<Reclaim> {
    match id {
        "lazyfree" | "file-mapped" | "dirty" | "slab-reclaimable" => Some(Reclaim::Reclaimable),
        "file-elsewhere" | "process-swap" | "cgroup-swap" | "tcp" => Some(Reclaim::NotCharged),
        "pagetables" | "locked" | "zswap" => Some(Reclaim::Stays),
        _ => None,
    }
}

const PRESSURE: [(&str, &str, &str); 4] = [
    ("psi-some-10", "some avg10", "Pressure: some, 10 s"),
    ("psi-full-10", "full avg10", "Pressure: all, 10 s"),
    ("psi-some-60", "some avg60", "Pressure: some, 60 s"),
    ("psi-full-60", "full avg60", "Pressure: all, 60 s"),
];

const EVENTS: [(&str, &str, &str); 4] = [
    ("events-high", "high", "Times over memory.high"),
    ("events-max", "max", "Times that the limit was hit"),
    ("events-oom", "oom", "Times that memory ran out at the limit"),
    ("events-oom-kill", "oom_kill", "Processes killed for memory, whoever ran out"),
];
