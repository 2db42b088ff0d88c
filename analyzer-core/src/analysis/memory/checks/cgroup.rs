//! Identities of a control group, and between it and its processes.

use super::{CheckText, Checks};
use crate::analysis::memory::cgroup::{Cgroup, Version, stock_bound};
use crate::analysis::memory::ledger::{explained, shared_between};
use crate::analysis::memory::moment::Moment;
use crate::analysis::memory::process::{Process, UNKNOWN_CPUS};
use crate::analysis::memory::term::{Term, sum};

pub fn run(moment: &Moment<'_>, checks: &mut Checks) {
    let Some(cgroup) = &moment.cgroup else { return };
    let bound = stock_bound(moment.cpus().unwrap_or(UNKNOWN_CPUS)).0;
    charge(cgroup, bound, CHARGE, checks);
    lists(cgroup, bound, checks);
    kernel(moment, cgroup, bound, checks);
    exact_parts(cgroup, checks);
    counts(moment, cgroup, checks);
    with_processes(moment, cgroup, bound, checks);
    numa(cgroup, bound, checks);
    outer(moment, cgroup, bound, checks);
    again(moment, bound, checks);
}

/// The usage and everything that it is made of.
fn charge(cgroup: &Cgroup<'_>, bound: i64, text: CheckText, checks: &mut Checks) {
    if cgroup.kernel.is_none() {
        return;
    }
    // Before 5.18 other kernel memory is part of the difference.
    let above = if cgroup.kernel_is_whole { bound.saturating_mul(2) } else { i64::MAX };
    let below = if cgroup.version == Version::V1 { 0 } else { bound };
    checks.within(text, cgroup.usage.as_ref(), explained(cgroup).as_ref(), below, above);
}

/// The lists hold what is counted, up to batches not yet added.
fn lists(cgroup: &Cgroup<'_>, bound: i64, checks: &mut Checks) {
    if let Some(unmapped) = cgroup.unmapped() {
        let holds = unmapped.value >= -bound;
        checks.add(LISTS, &unmapped, holds, bound);
    }
    let memsw = cgroup.thing.get("memory.memsw.usage_in_bytes", "");
    let with_swap = cgroup.usage.as_ref().zip(cgroup.swap.as_ref()).map(|(usage, swap)| usage + swap);
    checks.within(MEMSW, memsw.as_ref(), with_swap.as_ref(), bound, bound);
}

fn kernel(moment: &Moment<'_>, cgroup: &Cgroup<'_>, bound: i64, checks: &mut Checks) {
    if cgroup.version == Version::V2 && cgroup.kernel_is_whole {
        let parts = sum(cgroup.kernel_parts.iter().map(|(_, term)| Some(term)));
        checks.at_most(KERNEL, parts.as_ref(), cgroup.kernel.as_ref(), bound);
    }
    let part = |name: &str| cgroup.kernel_parts.iter().find(|(key, _)| *key == name).map(|(_, term)| term);
    if !moment.has_all_processes() {
        return;
    }
    let tables = sum(all(moment).map(|process| process.pagetables.as_ref()));
    checks.within(PAGETABLES, part("pagetables"), tables.as_ref(), bound, bound);
    if let (Some(stacks), Some(threads)) =
        (part("kernel_stack"), sum(all(moment).map(|p| p.threads.as_ref())))
    {
        // A process that was started from outside has its first stack charged there.
        let leaders = i64::try_from(all(moment).count()).unwrap_or(i64::MAX);
        let most = threads.value.saturating_mul(KERNEL_STACK);
        let least = (threads.value - leaders).saturating_mul(KERNEL_STACK);
        let difference = stacks - &threads.with_value(most);
        let skew = if moment.is_frozen() { 0 } else { bound };
        let holds = (least - skew..=most + skew).contains(&stacks.value);
        checks.add(KERNEL_STACKS, &difference, holds, most - least + skew);
    }
}

/// Kernel stack of a thread on amd64.
const KERNEL_STACK: i64 = 16 << 10;

/// Sums that the kernel makes of the same counters.
fn exact_parts(cgroup: &Cgroup<'_>, checks: &mut Checks) {
    let stat = |key: &str| cgroup.thing.get("memory.stat", key);
    let halves = || Some(&stat("slab_reclaimable")? + &stat("slab_unreclaimable")?);
    checks.equal(SLAB, stat("slab").as_ref(), halves().as_ref());
    checks.at_most(SHMEM, cgroup.shmem.as_ref(), cgroup.file.as_ref(), 0);
    checks.at_most(PEAK, cgroup.usage.as_ref(), cgroup.peak.as_ref(), 0);
}

fn all<'m, 'a>(moment: &'m Moment<'a>) -> impl Iterator<Item = &'m Process<'a>> {
    moment.process.iter().chain(&moment.others)
}

fn counts(moment: &Moment<'_>, cgroup: &Cgroup<'_>, checks: &mut Checks) {
    if !moment.has_all_processes() {
        return;
    }
    let threads = sum(all(moment).map(|process| process.threads.as_ref()));
    checks.equal(PIDS, cgroup.thing.get("pids.current", "").as_ref(), threads.as_ref());
}

fn with_processes(moment: &Moment<'_>, cgroup: &Cgroup<'_>, bound: i64, checks: &mut Checks) {
    let anon = || sum(all(moment).map(|process| process.anon.as_ref()));
    let is_exact = all(moment).all(|process| process.anon_slack.is_none());
    if moment.process.is_none() || !is_exact {
        return;
    }
    let below = match (moment.is_frozen(), cgroup.version) {
        (true, Version::V1) => 0,
        (true, Version::V2) => bound,
        (false, _) => bound.saturating_mul(2),
    };
    let counted = anon();
    match counted.as_ref().and_then(|counted| shared_between(moment, counted)) {
        Some(_) => {
            let proportional = sum(all(moment).map(|process| process.pss_anon.as_ref()));
            let rounding = 1024 * i64::try_from(all(moment).count()).unwrap_or(i64::MAX);
            let tolerance = below + rounding;
            checks.within(PSS_ANON, cgroup.anon.as_ref(), proportional.as_ref(), tolerance, tolerance);
        }
        None if moment.has_all_processes()
            || cgroup.procs.is_empty() && cgroup.thing.file("cgroup.procs").is_some() =>
        {
            checks.within(ANON, cgroup.anon.as_ref(), counted.as_ref(), below, below);
        }
        None => checks.at_most(ANON_PART, counted.as_ref(), cgroup.anon.as_ref(), below),
    }
    let huge = sum(all(moment).map(|process| process.anon_huge.as_ref()));
    let tolerance = if moment.is_frozen() { 0 } else { bound };
    if moment.has_all_processes() {
        checks.within(HUGE, cgroup.anon_huge.as_ref(), huge.as_ref(), tolerance, tolerance);
    }
    swap(moment, cgroup, bound, checks);
}

/// Swap that the group uses, less what its processes have there, is swap cache
/// that is mapped, and what each processor allocated in advance.
fn swap(moment: &Moment<'_>, cgroup: &Cgroup<'_>, bound: i64, checks: &mut Checks) {
    if cgroup.version == Version::V1 || cgroup.swap.as_ref().is_none_or(|swap| swap.value == 0) {
        return;
    }
    let of_processes = sum(all(moment).map(|process| process.swap.as_ref()));
    let mapped = cgroup.swapcached.as_ref().zip(cgroup.unmapped()).map(|(cached, unmapped)| {
        let unmapped = unmapped.with_value(unmapped.value.max(0));
        cached - &unmapped
    });
    let right: Option<Term> = of_processes.zip(mapped).map(|(swap, mapped)| &swap + &mapped);
    checks.within(SWAP, cgroup.swap.as_ref(), right.as_ref(), bound, bound);
}

fn numa(cgroup: &Cgroup<'_>, bound: i64, checks: &mut Checks) {
    let key = |v1: &'static str, v2: &'static str| if cgroup.version == Version::V1 { v1 } else { v2 };
    let by_node = cgroup.thing.get("memory.numa_stat", key("hierarchical_anon", "anon"));
    // Version 1 counts its lists, where anonymous pages that were given back have left.
    let is_same = cgroup.version == Version::V2;
    if is_same {
        checks.within(NUMA, by_node.as_ref(), cgroup.anon.as_ref(), bound, bound);
    }
}

/// A group is part of the groups around it.
fn outer(moment: &Moment<'_>, cgroup: &Cgroup<'_>, bound: i64, checks: &mut Checks) {
    for ancestor in &moment.ancestors {
        checks.at_most(OUTER, cgroup.usage.as_ref(), ancestor.usage.as_ref(), bound);
    }
}

/// Readings of the same group at other moments: charges again, and, while the
/// processes stood still, their anonymous memory to the byte once the kernel
/// has added up its statistics.
fn again(moment: &Moment<'_>, bound: i64, checks: &mut Checks) {
    for reading in &moment.rereadings {
        let pool = moment.cgroup.as_ref().and_then(|cgroup| cgroup.hugetlb_current.clone());
        let whole = Cgroup { hugetlb_current: reading.hugetlb_current.clone().or(pool), ..reading.clone() };
        charge(&whole, bound, CHARGE_AGAIN, checks);
        if reading.thing.place.moment == SETTLED && moment.is_frozen() && moment.others.is_empty() {
            let anon = moment.process.as_ref().filter(|process| process.anon_slack.is_none());
            checks.equal(ANON_SETTLED, reading.anon.as_ref(), anon.and_then(|process| process.anon.as_ref()));
        }
    }
}

/// The suffix of files that were read again three seconds later: the kernel adds
/// up its statistics every two.
const SETTLED: &str = "3s";

const CHARGE: CheckText = CheckText {
    id: "charge",
    identity: "usage = anon + file + max(0, ΣLRU − anon − file) + kernel + sock + hugetlb + ε",
    note: "ε is charges cached per CPU (up to 64 pages) and statistics that are not flushed yet.",
};
const CHARGE_AGAIN: CheckText = CheckText { id: "charge-again", ..CHARGE };
const LISTS: CheckText = CheckText {
    id: "lru",
    identity: "Σ LRU lists ≥ anon + file, up to batches",
    note: "A surplus is charged but not mapped: partly freed huge pages, or swap cache.",
};
const MEMSW: CheckText = CheckText {
    id: "memsw",
    identity: "memory.memsw.usage_in_bytes = memory.usage_in_bytes + swap",
    note: "",
};
const KERNEL: CheckText = CheckText {
    id: "kernel-parts",
    identity: "kernel ≥ kernel_stack + pagetables + sec_pagetables + percpu + vmalloc + slab + zswap",
    note: "The rest is other kernel memory: pipes, io_uring, BPF.",
};
const PAGETABLES: CheckText = CheckText {
    id: "pagetables",
    identity: "pagetables = Σ VmPTE",
    note: "Equal on Linux 6.12; kernels up to 6.1 count some page tables in only one of them.",
};
const KERNEL_STACKS: CheckText = CheckText {
    id: "kernel-stack",
    identity: "kernel_stack = 16 KiB × threads, minus one for each process that was started from outside",
    note: "16 KiB is the size on amd64.",
};
const SLAB: CheckText =
    CheckText { id: "slab", identity: "slab = slab_reclaimable + slab_unreclaimable", note: "" };
const SHMEM: CheckText = CheckText { id: "shmem", identity: "shmem ≤ file", note: "" };
const PEAK: CheckText = CheckText { id: "peak", identity: "usage ≤ peak", note: "" };
const PIDS: CheckText = CheckText { id: "pids", identity: "pids.current = Σ Threads", note: "" };
const ANON: CheckText = CheckText {
    id: "anon",
    identity: "anon (v1: total_rss) = Σ Anonymous of the processes",
    note: "Above: a process is missing. Below: pages are shared after a fork, or charged to another cgroup.",
};
const ANON_PART: CheckText = CheckText {
    id: "anon-part",
    identity: "Σ Anonymous of the captured processes ≤ anon (v1: total_rss)",
    note: "It is not known whether all processes of the cgroup were captured.",
};
const ANON_SETTLED: CheckText = CheckText {
    id: "anon-settled",
    identity: "anon, read again after the statistics were flushed = Σ Anonymous of the processes",
    note: "The processes were frozen between the two reads.",
};
const PSS_ANON: CheckText = CheckText {
    id: "pss-anon",
    identity: "anon (v1: total_rss) = Σ Pss_Anon of the processes",
    note: "The processes share pages after a fork: each of them counts these pages, but they are charged once.",
};
const HUGE: CheckText =
    CheckText { id: "anon-huge", identity: "anon_thp (v1: total_rss_huge) = Σ AnonHugePages", note: "" };
const SWAP: CheckText = CheckText {
    id: "swap",
    identity: "memory.swap.current = Σ Swap + swapcached − unmapped",
    note: "Each CPU reserves swap slots in advance.",
};
const NUMA: CheckText = CheckText {
    id: "numa",
    identity: "Σ over nodes of memory.numa_stat = memory.stat (anon)",
    note: "The two files are read one after the other.",
};
const OUTER: CheckText =
    CheckText { id: "outer", identity: "usage ≤ usage of the parent cgroup", note: "" };
