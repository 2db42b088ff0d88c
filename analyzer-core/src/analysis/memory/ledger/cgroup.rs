//! The control group layer: what the kernel charges to the container.

use super::Reconciliation;
use crate::analysis::memory::cgroup::{Cgroup, Version, stock_bound};
use crate::analysis::memory::moment::Moment;
use crate::analysis::memory::native::Bounded;
use crate::analysis::memory::process::UNKNOWN_CPUS;
use crate::analysis::memory::rows::RowText;
use crate::analysis::memory::term::{Term, sum};
use crate::base::units::Bytes;
use crate::report::{Disagreement, LayerId, Reclaim};

const LAYER: LayerId = LayerId::Cgroup;

pub fn rows(moment: &Moment<'_>, result: &mut Reconciliation) {
    let Some(cgroup) = &moment.cgroup else {
        result.missing.push("The container layer needs the cgroup's memory.current and memory.stat (v1: memory.usage_in_bytes).".to_owned());
        return;
    };
    if let Some(anon) = &cgroup.anon {
        from_processes(moment, anon, result);
        result.ledger.total(LAYER, CGROUP_ANON, &Bounded::exact(anon.clone()));
    }
    let steps = charges(cgroup, result);
    total(moment, cgroup, steps, result);
}

/// Steps from the main process's anonymous memory to the group's.
fn from_processes(moment: &Moment<'_>, anon: &Term, result: &mut Reconciliation) {
    let Some(own) = moment.process.as_ref().and_then(|process| process.anon.as_ref()) else { return };
    let mut covered = own.clone();
    if !moment.others.is_empty()
        && let Some(others) = sum(moment.others.iter().map(|process| process.anon.as_ref()))
    {
        result.ledger.exact(LAYER, OTHER_PROCESSES, &others);
        covered = &covered + &others;
        if let Some(shared) = shared_between(moment, &covered) {
            result.ledger.exact(LAYER, SHARED_ANON, &shared);
            covered = &covered + &shared;
        }
    }
    let rest = anon - &covered;
    result.ledger.residual(LAYER, ANON_RESIDUAL, &rest);
    let tolerance = skew_tolerance(moment);
    if rest.value < -tolerance.0 {
        result.disagreements.push(Disagreement {
            between: [LayerId::Process, LayerId::Cgroup],
            reason: "The processes hold more anonymous memory than is charged to the cgroup: pages are charged to another cgroup (the process was moved, or they were first touched elsewhere) or shared after a fork, or the files come from different containers or times.".to_owned(),
            difference: rest.bytes(),
            tolerance,
            citations: rest.from.clone(),
        });
    }
    match moment.missing_processes() {
        0 => {}
        1 => result.missing.push("One process of cgroup.procs was not captured.".to_owned()),
        count => result.missing.push(format!("{count} processes of cgroup.procs were not captured.")),
    }
}

/// Pages that several captured processes map count once for each of them, and
/// are charged once: the excess over the proportional set, as a negative step.
pub fn shared_between(moment: &Moment<'_>, counted: &Term) -> Option<Term> {
    if moment.others.is_empty() {
        return None;
    }
    let processes = || moment.process.iter().chain(&moment.others);
    let proportional = sum(processes().map(|process| process.pss_anon.as_ref()))?;
    // Each process's Pss is cut to KiB for each of its mappings.
    let rounding = 1024 * i64::try_from(processes().count()).unwrap_or(i64::MAX);
    let excess = &proportional - counted;
    (excess.value < -rounding).then_some(excess)
}

/// Steps from the group's anonymous memory to what it is charged for; gives their sum.
fn charges(cgroup: &Cgroup<'_>, result: &mut Reconciliation) -> Option<Term> {
    let ledger = &mut result.ledger;
    match (&cgroup.file, &cgroup.shmem) {
        (Some(file), Some(shmem)) => {
            ledger.exact(LAYER, FILE_CACHE, &(file - shmem));
            ledger.exact(LAYER, SHMEM, shmem);
        }
        (Some(file), None) => ledger.exact(LAYER, FILE_AND_SHMEM, file),
        (None, _) => {}
    }
    if let Some(kernel) = &cgroup.kernel {
        ledger.exact(LAYER, if cgroup.kernel_is_whole { KERNEL } else { KERNEL_PARTS }, kernel);
    } else if cgroup.version == Version::V1 && cgroup.usage.is_some() {
        result.missing.push(
            "Kernel memory under cgroup v1 needs memory.kmem.usage_in_bytes; it is part of the last residual."
                .to_owned(),
        );
    }
    if let Some(sock) = &cgroup.sock {
        ledger.exact(LAYER, SOCK, sock);
    }
    if let Some(unmapped) = cgroup.unmapped() {
        let step = unmapped.with_value(unmapped.value.max(0));
        ledger.exact(LAYER, UNMAPPED, &step);
    }
    if let Some(hugetlb) = charged_hugetlb(cgroup) {
        ledger.exact(LAYER, HUGETLB, &hugetlb);
    }
    explained(cgroup)
}

/// Everything of the usage that has a name.
pub fn explained(cgroup: &Cgroup<'_>) -> Option<Term> {
    let mut total = cgroup.anon.as_ref()? + cgroup.file.as_ref()?;
    let unmapped = cgroup.unmapped().map(|term| term.with_value(term.value.max(0)));
    for part in
        [cgroup.kernel.clone(), cgroup.sock.clone(), unmapped, charged_hugetlb(cgroup)].into_iter().flatten()
    {
        total = &total + &part;
    }
    Some(total)
}

/// hugetlb pages, if this group's memory controller charges them: the
/// row of 6.18 says so; before, the usage leaves room for exactly them.
pub fn charged_hugetlb(cgroup: &Cgroup<'_>) -> Option<Term> {
    if let Some(stated) = &cgroup.hugetlb {
        return Some(stated.clone());
    }
    let used = cgroup.hugetlb_current.as_ref().filter(|used| used.value > 0)?;
    let named = [cgroup.kernel.as_ref(), cgroup.sock.as_ref()].into_iter().flatten();
    let counted: i64 = named.map(|term| term.value).sum();
    let base = cgroup.anon.as_ref()?.value + cgroup.file.as_ref()?.value + counted;
    let room = cgroup.usage.as_ref()?.value - base;
    (room >= used.value).then(|| used.clone())
}

/// The last residual, the charge, and what is left to the limit.
fn total(moment: &Moment<'_>, cgroup: &Cgroup<'_>, explained: Option<Term>, result: &mut Reconciliation) {
    let Some(usage) = &cgroup.usage else {
        result.missing.push("The charge needs memory.current (v1: memory.usage_in_bytes).".to_owned());
        return;
    };
    if let Some(explained) = explained {
        let rest = usage - &explained;
        let tolerance = skew_tolerance(moment);
        if rest.value < -tolerance.0 {
            result.disagreements.push(Disagreement {
                between: [LayerId::Cgroup, LayerId::Cgroup],
                reason: "The usage is below the amounts in memory.stat: the two files come from different cgroups or times.".to_owned(),
                difference: rest.bytes(),
                tolerance,
                citations: rest.from.clone(),
            });
        } else {
            result.ledger.residual(
                LAYER,
                if cgroup.kernel.is_some() { STOCK } else { STOCK_AND_KERNEL },
                &rest,
            );
        }
    }
    result.ledger.layer_total(LAYER, CHARGE, &Bounded::exact(usage.clone()));
    if let Some(limit) = moment.limit() {
        result.ledger.exact(LAYER, HEADROOM, &(&limit - usage));
    }
}

/// How far files of one idle moment may be apart: charges cached by each
/// processor, and statistics that each has not added up yet.
pub fn skew_tolerance(moment: &Moment<'_>) -> Bytes {
    let bound = stock_bound(moment.cpus().unwrap_or(UNKNOWN_CPUS));
    bound + bound
}

const OTHER_PROCESSES: RowText = RowText {
    id: "other-processes",
    reclaim: Some(Reclaim::Stays),
    label: "Other processes",
    formula: "ΣAnonymous of the other processes",
    meaning: "Anonymous memory of the other processes in the same container.",
};

const SHARED_ANON: RowText = RowText {
    id: "shared-anon",
    reclaim: None,
    label: "Shared after fork",
    formula: "ΣPss_Anon − ΣAnonymous",
    meaning: "Pages that several processes map: counted for each of them, but charged once.",
};

const ANON_RESIDUAL: RowText = RowText {
    id: "anon-residual",
    reclaim: None,
    label: "Anonymous, unexplained",
    formula: "anon − ΣAnonymous of the captured processes",
    meaning: "Zero if all processes were captured at the same moment. Positive: a process is missing. Negative: pages are charged elsewhere.",
};

const CGROUP_ANON: RowText = RowText {
    id: "cgroup-anon",
    reclaim: None,
    label: "Container anonymous",
    formula: "anon (v1: total_rss)",
    meaning: "Anonymous memory charged to the container.",
};

const FILE_CACHE: RowText = RowText {
    id: "file-cache",
    reclaim: Some(Reclaim::Reclaimable),
    label: "Page cache",
    formula: "file − shmem (v1: total_cache − total_shmem)",
    meaning: "File pages that this container touched first. Under memory pressure, the kernel reclaims clean pages.",
};

const FILE_AND_SHMEM: RowText = RowText {
    label: "Page cache, shared memory and tmpfs",
    formula: "container_memory_cache",
    reclaim: None,
    meaning: "The metric does not distinguish page cache, which is reclaimable, from shared memory, which is not.",
    ..FILE_CACHE
};

const SHMEM: RowText = RowText {
    id: "shmem",
    reclaim: Some(Reclaim::Stays),
    label: "Shared memory and tmpfs",
    formula: "shmem (v1: total_shmem)",
    meaning: "tmpfs files, memfd and shared mappings: stay charged until the file is deleted, even after the process exits.",
};

const KERNEL: RowText = RowText {
    id: "kernel",
    reclaim: Some(Reclaim::Stays),
    label: "Kernel memory",
    formula: "kernel (v1: memory.kmem.usage_in_bytes)",
    meaning: "Kernel stacks, page tables, dentries, pipes and other structures that the kernel allocates for the container.",
};

const KERNEL_PARTS: RowText = RowText {
    id: "kernel",
    reclaim: Some(Reclaim::Stays),
    label: "Kernel memory, known parts",
    formula: "kernel_stack + pagetables + sec_pagetables + percpu + vmalloc + slab + zswap",
    meaning: "This kernel prints no total: other kernel memory is part of the last residual.",
};

const SOCK: RowText = RowText {
    id: "sock",
    reclaim: Some(Reclaim::Stays),
    label: "Socket buffers",
    formula: "sock",
    meaning: "Network buffers. cgroup v1 does not charge them here.",
};

const UNMAPPED: RowText = RowText {
    id: "unmapped",
    reclaim: Some(Reclaim::Reclaimable),
    label: "Charged but not mapped",
    formula: "max(0, Σ LRU lists − anon − file)",
    meaning: "Partly freed huge pages, or swap cache that no process maps; reclaimable.",
};

const HUGETLB: RowText = RowText {
    id: "hugetlb",
    reclaim: Some(Reclaim::Stays),
    label: "hugetlb pages",
    formula: "hugetlb (before Linux 6.18: hugetlb.*.current, if the usage is large enough to contain it)",
    meaning: "Pages of the hugetlb pool, if the memory controller is configured to charge them.",
};

const STOCK: RowText = RowText {
    id: "stock",
    reclaim: None,
    label: "Per-CPU charge cache and skew",
    formula: "usage − everything above",
    meaning: "Pages that the kernel charges per CPU in advance (up to 64), and changes between the two reads.",
};

const STOCK_AND_KERNEL: RowText = RowText {
    id: "stock",
    reclaim: None,
    label: "Kernel memory and per-CPU charge cache",
    formula: "usage − everything above",
    meaning: "Kernel memory is not known separately here; this also contains pages charged per CPU in advance.",
};

const CHARGE: RowText = RowText {
    id: "charge",
    reclaim: None,
    label: "Charged to the container",
    formula: "memory.current (v1: memory.usage_in_bytes)",
    meaning: "The amount that is compared with the limit.",
};

const HEADROOM: RowText = RowText {
    id: "headroom",
    reclaim: None,
    label: "Headroom",
    formula: "limit − charge",
    meaning: "What is left until the kernel reclaims memory, and kills a process if it cannot.",
};
