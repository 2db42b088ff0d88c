//! `mem.slab`, `mem.percpu`, `mem.kernel.*`: memory that the kernel keeps for the container.

use super::support::{Draft, LEAST_EFFECT, Reclaim, exact, latest, list, needs, percent, share_text, text};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::cgroup::{Cgroup, Version};
use crate::analysis::memory::term::{Term, sum};
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

/// Share of the charge from which reclaimable slab explains it.
const LEAST_SLAB_PERCENT: i64 = 10;

/// Share of the charge from which other kernel memory needs a word.
const LEAST_PART_PERCENT: i64 = 5;

/// Kernel memory of a thread, to be left out of version 1's single figure.
const THREAD: i64 = 22 << 10;

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[SLAB.rule, PERCPU.rule, VMALLOC.rule, OTHER.rule],
    missing_inputs: |case| {
        needs(case, usable, &["the cgroup's kernel memory (memory.stat; v1: memory.kmem.usage_in_bytes)"])
    },
    detect: |case: &Case<'_>| latest(case, usable).into_iter().flat_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    reviewed.moment.cgroup.as_ref().is_some_and(|cgroup| cgroup.usage.is_some() && cgroup.kernel.is_some())
}

/// A kind of kernel memory.
struct Kind {
    rule: Rule,
    confidence: Confidence,
    what: &'static str,
    least_percent: i64,
    reclaim: Reclaim,
    against: &'static [&'static str],
    advice: &'static [&'static str],
}

fn find(reviewed: &Reviewed<'_>) -> Vec<Finding> {
    let Some(cgroup) = &reviewed.moment.cgroup else { return Vec::new() };
    let part =
        |name: &str| cgroup.kernel_parts.iter().find(|(key, _)| *key == name).map(|(_, term)| term.clone());
    let kinds = match cgroup.version {
        Version::V1 => vec![(&SLAB_V1, v1_rest(reviewed, cgroup))],
        Version::V2 => vec![
            (&SLAB, cgroup.slab_reclaimable.clone()),
            (&PERCPU, part("percpu")),
            (&VMALLOC, part("vmalloc")),
            (&OTHER, other(cgroup)),
        ],
    };
    kinds.into_iter().filter_map(|(kind, amount)| one(reviewed, cgroup, kind, &amount?)).collect()
}

/// Kernel memory in no named part: pipes, io_uring, Unix sockets.
fn other(cgroup: &Cgroup<'_>) -> Option<Term> {
    let parts = sum(cgroup.kernel_parts.iter().map(|(_, term)| Some(term)))?;
    cgroup.kernel_is_whole.then(|| cgroup.kernel.as_ref().map(|kernel| kernel - &parts))?
}

/// Version 1 has one figure for all: without page tables and threads, mostly slab.
fn v1_rest(reviewed: &Reviewed<'_>, cgroup: &Cgroup<'_>) -> Option<Term> {
    let kernel = cgroup.kernel.as_ref()?;
    let processes = || reviewed.moment.process.iter().chain(&reviewed.moment.others);
    let tables = sum(processes().map(|process| process.pagetables.as_ref()))?;
    let threads = sum(processes().map(|process| process.threads.as_ref()))?;
    Some(&(kernel - &tables) - &threads.with_value(threads.value.saturating_mul(THREAD)))
}

fn one(reviewed: &Reviewed<'_>, cgroup: &Cgroup<'_>, kind: &Kind, amount: &Term) -> Option<Finding> {
    let usage = cgroup.usage.as_ref()?;
    if amount.value < LEAST_EFFECT.0 || amount.value < percent(usage.value, kind.least_percent) {
        return None;
    }
    let draft = Draft {
        rule: kind.rule,
        reclaim: Some(kind.reclaim),
        condition: format!(
            "It is at least {} and {}% of the charge.",
            text(LEAST_EFFECT.0),
            kind.least_percent
        ),
        severity: kind.rule.severity,
        confidence: kind.confidence,
        title: kind.rule.title.to_owned(),
        claim: format!(
            "{} of the {} charged ({}) is {}.",
            text(amount.value),
            text(usage.value),
            share_text(amount.value, usage.value),
            kind.what
        ),
        amount: exact(amount.value),
        citations: (amount + usage).from,
        against: list(kind.against),
        advice: list(kind.advice),
    };
    draft.about(reviewed.moment.subject)
}

const SLAB: Kind = Kind {
    rule: Rule {
        code: "mem.slab",
        severity: Severity::Info,
        title: "Dentries and inodes",
        meaning: "Reclaimable slab (dentries, inodes) is a large part of the charge.",
    },
    confidence: Confidence::Certain,
    what: "reclaimable slab: dentries, inodes and structures of open files",
    least_percent: LEAST_SLAB_PERCENT,
    reclaim: Reclaim::Reclaimable,
    against: &["The kernel counts the structures of open files here as well, although they cannot be freed."],
    advice: &[
        "Each failed lookup of a new path leaves a negative dentry of about 200 bytes: find what probes the file system.",
        "If the process has very many open file descriptors, look for ones that are never closed.",
    ],
};

const SLAB_V1: Kind = Kind { confidence: Confidence::Likely, ..SLAB };

const PERCPU: Kind = Kind {
    rule: Rule {
        code: "mem.percpu",
        severity: Severity::Warning,
        title: "Per-CPU kernel memory",
        meaning: "Per-CPU kernel memory is a large part of the charge: many cgroups, or BPF maps.",
    },
    confidence: Confidence::Certain,
    what: "per-CPU kernel memory: many cgroups, or BPF maps",
    least_percent: LEAST_PART_PERCENT,
    reclaim: Reclaim::Stays,
    against: &[],
    advice: &[
        "A per-CPU BPF hash takes its size times the number of CPUs: check bpftool map, and the child cgroups of this one.",
    ],
};

const VMALLOC: Kind = Kind {
    rule: Rule {
        code: "mem.kernel.vmalloc",
        severity: Severity::Warning,
        title: "vmalloc memory",
        meaning: "Memory that the kernel allocated with vmalloc is a large part of the charge: mostly BPF maps and programs.",
    },
    confidence: Confidence::Certain,
    what: "vmalloc memory: mostly BPF maps and programs",
    least_percent: LEAST_PART_PERCENT,
    reclaim: Reclaim::Stays,
    against: &[],
    advice: &["Check bpftool map, and find what created the maps."],
};

const OTHER: Kind = Kind {
    rule: Rule {
        code: "mem.kernel.other",
        severity: Severity::Warning,
        title: "Unattributed kernel memory",
        meaning: "Kernel memory that memory.stat does not break down is a large part of the charge: pipes, io_uring, Unix sockets.",
    },
    confidence: Confidence::Certain,
    what: "kernel memory that memory.stat does not attribute: pipe buffers, io_uring rings, Unix socket buffers",
    least_percent: LEAST_PART_PERCENT,
    reclaim: Reclaim::Stays,
    against: &["Kernels before 5.18 print no total, so this amount is unknown there."],
    advice: &[
        "Look for pipes and Unix sockets whose reader has stopped reading (ls -l /proc/PID/fd), and for io_uring.",
    ],
};

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::{Certain, Likely};
    use crate::report::Severity::{Info, Warning};

    fn stat(parts: &str) -> String {
        format!("anon 0\nfile 0\nfile_mapped 0\n{parts}\n")
    }

    #[test]
    fn each_part_is_said_from_its_share_of_the_charge_on() {
        for (current, parts, code, severity) in [
            ("<160MiB>", "slab_reclaimable <16MiB>\nslab_unreclaimable 0", &["mem.slab"], Info),
            ("<320MiB>", "percpu <16MiB>", &["mem.percpu"], Warning),
            ("<320MiB>", "vmalloc <16MiB>", &["mem.kernel.vmalloc"], Warning),
            ("<320MiB>", "kernel <17MiB>\nkernel_stack <1MiB>", &["mem.kernel.other"], Warning),
        ] {
            let files = [("memory.current", current), ("memory.stat", &stat(parts))];
            let found = check("mem", &files, code);
            assert_eq!(verdicts(&found), [(severity, Certain, Some(16 << 20))]);
        }
    }

    #[test]
    fn less_than_the_share_or_sixteen_megabytes_is_not_said() {
        let files = |current: &str, parts: &str| {
            [("memory.current", current.to_owned()), ("memory.stat", stat(parts))]
        };
        let slab = |amount: &str| format!("slab_reclaimable {amount}\nslab_unreclaimable 0");
        let other = |kernel: &str| format!("kernel {kernel}\nkernel_stack <1MiB>");
        check("mem.slab", &files("<160MiB>", &slab("<16MiB-1>")), &[]);
        check("mem.slab", &files("<161MiB>", &slab("<16MiB>")), &[]);
        check("mem.percpu", &files("<320MiB>", "percpu <16MiB-1>"), &[]);
        check("mem.percpu", &files("<321MiB>", "percpu <16MiB>"), &[]);
        check("mem.kernel.vmalloc", &files("<320MiB>", "vmalloc <16MiB-1>"), &[]);
        check("mem.kernel.vmalloc", &files("<321MiB>", "vmalloc <16MiB>"), &[]);
        check("mem.kernel.other", &files("<320MiB>", &other("<17MiB-1>")), &[]);
        check("mem.kernel.other", &files("<321MiB>", &other("<17MiB>")), &[]);
    }

    #[test]
    fn version_1_has_one_figure_that_is_slab_after_page_tables_and_threads() {
        let status = "Name:\tapp\nVmRSS:\t4 kB\nVmPTE:\t1024 kB\nThreads:\t2\n";
        let of = |kernel: &'static str| {
            [
                ("memory.usage_in_bytes", "<160MiB>"),
                ("memory.stat", "total_rss 0\n"),
                ("memory.kmem.usage_in_bytes", kernel),
                ("status", status),
            ]
        };
        // 16 MiB, 1 MiB of page tables, 44 KiB of two threads.
        let found = check("mem", &of("<17452KiB>"), &["mem.slab"]);
        assert_eq!(verdicts(&found), [(Info, Likely, Some(16 << 20))]);
        check("mem", &of("<17452KiB-1>"), &[]);
    }
}
