//! What was planted in each case of a memory corpus, by the case's name: the
//! amounts that the programs allocate, not what any tool says of them.

/// What a planted amount counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// MiB.
    Mib,
    /// Things.
    Count,
    /// Only the name is judged.
    Any,
}

/// A finding that must be there.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Its code, or one of several that say the same.
    pub codes: &'static [&'static str],
    /// Least and greatest true amount, in units of `scale`: what the program
    /// asked for, with what allocators and page granularity may add.
    pub amount: (i64, i64),
    /// What `amount` counts.
    pub scale: Scale,
}

/// The truth of a case.
#[derive(Clone, Copy, Debug)]
pub struct Truth {
    /// Findings that must be there.
    pub expected: &'static [Expected],
    /// Codes of warnings that are true of the case besides.
    pub also: &'static [&'static str],
}

const fn mib(codes: &'static [&'static str], low: i64, high: i64) -> Expected {
    Expected { codes, amount: (low, high), scale: Scale::Mib }
}

const fn count(codes: &'static [&'static str], low: i64, high: i64) -> Expected {
    Expected { codes, amount: (low, high), scale: Scale::Count }
}

const fn named(codes: &'static [&'static str]) -> Expected {
    Expected { codes, amount: (0, 0), scale: Scale::Any }
}

const fn truth(expected: &'static [Expected], also: &'static [&'static str]) -> Truth {
    Truth { expected, also }
}

/// Nothing but a live heap, or something that no rule is about.
const PLAIN: Truth = truth(&[], &[]);

const PRESSURE: &[&str] = &["mem.pressure"];

/// Both cgroup versions. A case's amounts are those of its own program.
const CASES: &[(&str, Truth)] = &[
    ("burst", truth(&[mib(&["mem.overshoot"], 300, 450)], &[])),
    ("busy", PLAIN),
    ("cgo-frag", truth(&[mib(&["mem.native"], 120, 150), mib(&["mem.glibc.arenas"], 120, 150)], &[])),
    ("cgo-malloc", truth(&[mib(&["mem.native"], 150, 153)], &["mem.glibc.arenas"])),
    ("cow", truth(&[mib(&["mem.cow"], 32, 33)], &[])),
    ("dirty", truth(&[mib(&["mem.cache.dominant"], 60, 75)], &[])),
    ("fork-shared", truth(&[mib(&["mem.other_proc"], 58, 66)], &[])),
    ("high-recovered", truth(&[], &["mem.pressure", "mem.high_throttle"])),
    ("high-throttle", truth(&[mib(&["mem.high_throttle"], 89, 92)], PRESSURE)),
    ("hugetlb", truth(&[mib(&["mem.hugetlb"], 64, 64)], &[])),
    ("iouring", truth(&[mib(&["mem.kernel.other"], 30, 36)], &[])),
    (
        "limit-livelock",
        truth(&[mib(&["mem.limit_livelock"], 110, 120)], &["mem.pressure", "mem.risk.unreclaimable"]),
    ),
    ("manyfds", truth(&[mib(&["mem.slab"], 36, 46)], &[])),
    ("migrated", truth(&[mib(&["mem.elsewhere"], 80, 110)], &[])),
    ("mlock", truth(&[mib(&["mem.native"], 31, 33), mib(&["mem.locked"], 64, 66)], &[])),
    ("mmap-anon", truth(&[mib(&["mem.native"], 164, 165)], &[])),
    ("names-go", truth(&[mib(&["mem.stacks"], 38, 42)], &[])),
    ("names-", PLAIN),
    ("nested-cgroups", PLAIN),
    ("oom-gomemlimit", truth(&[mib(&["mem.oom.cgroup"], 119, 121)], PRESSURE)),
    ("oom-global", truth(&[named(&["mem.oom.global"])], PRESSURE)),
    ("oom-group", truth(&[mib(&["mem.oom.cgroup"], 119, 121)], PRESSURE)),
    ("oom-nested", truth(&[mib(&["mem.oom.ancestor"], 149, 151)], PRESSURE)),
    ("oom-pagecache", truth(&[mib(&["mem.oom.cgroup"], 149, 151)], PRESSURE)),
    ("oom-plain", truth(&[mib(&["mem.oom.cgroup"], 199, 201)], PRESSURE)),
    ("oom-swap", truth(&[mib(&["mem.oom.cgroup"], 119, 121)], &["mem.pressure", "mem.swap"])),
    ("oom-unkillable", truth(&[named(&["mem.oom.unkillable"])], PRESSURE)),
    ("pagecache", truth(&[mib(&["mem.cache.dominant"], 300, 335)], &[])),
    // One 4 KiB page of data for each page of tables: both are the plant.
    ("pagetables", truth(&[mib(&["mem.pagetables"], 32, 33)], &["mem.native"])),
    ("percpu-hash", truth(&[mib(&["mem.percpu"], 64, 65)], &[])),
    ("percpu", truth(&[mib(&["mem.kernel.vmalloc"], 24, 25)], &[])),
    ("pidns", PLAIN),
    ("pipes", truth(&[mib(&["mem.kernel.other"], 32, 33)], &[])),
    ("plain-gogcoff", truth(&[named(&["mem.gogc.off"])], &[])),
    ("plain", PLAIN),
    ("pressure-thrash", truth(&[mib(&["mem.cache.thrash"], 45, 60)], &["mem.pressure", "mem.risk.pacing"])),
    ("psi-thrash", truth(&[mib(&["mem.cache.thrash"], 60, 90)], &["mem.pressure", "mem.risk.pacing"])),
    ("released-dontneed", PLAIN),
    ("sidecar-sharedfile", PLAIN),
    ("subcgroups", PLAIN),
    ("swap-limit", truth(&[mib(&["mem.swap"], 30, 60)], &["mem.pressure", "mem.risk.pacing"])),
    ("swap-", truth(&[mib(&["mem.swap"], 65, 85)], &[])),
    ("thp-always", PLAIN),
    ("thp-collapsed", truth(&[mib(&["mem.thp"], 40, 55)], &[])),
    ("thp-partial-max", PLAIN),
    ("thp-partial-reclaim", truth(&[], &["mem.unmapped"])),
    ("thp-partial", truth(&[mib(&["mem.unmapped"], 16, 50)], &[])),
    ("thp-refill-none0", truth(&[mib(&["mem.unmapped"], 16, 50)], &[])),
    ("thp-refill", truth(&[mib(&["mem.thp"], 16, 25)], &[])),
    ("threads", truth(&[count(&["mem.threads"], 300, 312)], &[])),
    ("tmpfs-map", truth(&[mib(&["mem.shmem"], 72, 73)], &[])),
    ("tmpfs", truth(&[mib(&["mem.shmem"], 182, 183)], &[])),
    ("two-process", truth(&[mib(&["mem.other_proc"], 60, 68)], &[])),
    ("unixsock", truth(&[mib(&["mem.kernel.other"], 28, 34)], &[])),
    ("untouched", truth(&[mib(&["mem.untouched"], 70, 85)], &[])),
    ("zeropage", PLAIN),
    ("zswap", truth(&[mib(&["mem.swap"], 65, 100)], &[])),
];

/// Version 1: cases of the same name with other sizes, or another kernel's view.
const V1: &[(&str, Truth)] = &[
    ("dentry", truth(&[mib(&["mem.slab"], 37, 40)], &[])),
    ("goroutines", truth(&[mib(&["mem.stacks"], 468, 471)], &[])),
    ("idle-retained", truth(&[mib(&["mem.idle"], 270, 300)], &[])),
    ("madvfree", truth(&[mib(&["mem.lazyfree"], 280, 300)], &[])),
    ("oom-shm", truth(&[mib(&["mem.oom.cgroup"], 199, 201), mib(&["mem.shmem"], 150, 150)], &[])),
    ("oom-gomemlimit", truth(&[named(&["mem.oom.cgroup"])], PRESSURE)),
    ("shm", truth(&[mib(&["mem.shmem"], 182, 183)], &[])),
    ("sockets", truth(&[mib(&["mem.sock"], 280, 430)], &[])),
    ("gctrace-logs", truth(&[named(&["mem.overshoot"])], &["mem.gomemlimit.below_live"])),
    ("finalizer", truth(&[named(&["mem.finalizer"]), mib(&["mem.untouched"], 70, 85)], &[])),
];

/// Version 2: likewise.
const V2: &[(&str, Truth)] = &[
    ("dentry", truth(&[mib(&["mem.slab"], 18, 21)], &[])),
    ("goroutines", truth(&[mib(&["mem.stacks"], 156, 158)], &[])),
    ("idle-retained", truth(&[mib(&["mem.idle"], 180, 260)], &[])),
    ("released-madvfree", truth(&[mib(&["mem.lazyfree"], 185, 260)], &[])),
    ("oom-shm", truth(&[mib(&["mem.oom.cgroup"], 179, 181), mib(&["mem.shmem"], 120, 121)], PRESSURE)),
    // Booted with cgroup.memory=nosocket, nothing of it is charged.
    ("sockets", truth(&[mib(&["mem.sock"], 148, 160)], &[])),
];

/// The truth of a case: the longest name that its own begins with.
pub fn of_case(name: &str, is_v1: bool) -> Option<Truth> {
    let own = if is_v1 { V1 } else { V2 };
    let fitting = own.iter().chain(CASES).filter(|(case, _)| name.starts_with(case));
    // Of equal names the version's own comes first.
    fitting.rev().max_by_key(|(case, _)| case.len()).map(|(_, truth)| *truth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_wins_and_the_own_version_before_both() {
        let codes = |name: &str, is_v1: bool| {
            of_case(name, is_v1).and_then(|truth| truth.expected.first()?.codes.first())
        };
        assert_eq!(codes("thp-refill-none0", false), Some(&"mem.unmapped"));
        assert_eq!(codes("percpu-hash", false), Some(&"mem.percpu"));
        assert_eq!(codes("no-such-case", false), None);
        let amount = |is_v1| of_case("dentry-slab", is_v1).map(|truth| truth.expected[0].amount);
        assert_eq!((amount(true), amount(false)), (Some((37, 40)), Some((18, 21))));
        assert_eq!(of_case("oom-gomemlimit", true).map(|truth| truth.expected[0].scale), Some(Scale::Any));
    }
}
