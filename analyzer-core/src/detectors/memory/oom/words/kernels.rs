//! What the record's words were in each kernel; the source is mm/oom_kill.c and
//! mm/memcontrol.c of the version that is named.

/// How a kernel prints the statistics of a group.
#[derive(Clone, Copy, PartialEq)]
pub enum Stats {
    /// In one line, in KiB, of each group within the one at its limit.
    Inline { has_shmem: bool },
    /// One message of several lines, with version 2's names.
    Lines,
    /// A message a line.
    Messages,
    /// A message a line, with version 1's names.
    MessagesV1,
}

/// What differs between kernels; the source is mm/oom_kill.c and mm/memcontrol.c of the version.
pub struct Kernel {
    pub version: &'static str,
    /// `dump_header`: what follows `invoked oom-killer: `.
    pub invoked: &'static str,
    /// `dump_header` up to 4.20: `cpuset_print_current_mems_allowed`.
    pub has_cpuset_line: bool,
    /// Addresses before the functions of the trace: up to 4.9.
    pub has_addresses: bool,
    /// `mem_cgroup_print_oom_info`: `Task in A killed as a result of limit of B`; up to 4.20.
    pub has_limit_line: bool,
    pub stats: Stats,
    /// `dump_tasks`: the heading, and what a row has between `rss` and `oom_score_adj`.
    pub columns: &'static str,
    pub cells: &'static str,
    /// `dump_oom_summary`: `oom-kill:constraint=`; from 5.0.
    pub has_constraint: bool,
    /// `oom_kill_process`: the line before the kill; up to 5.0.
    pub has_choice: bool,
    /// `__oom_kill_process`: the kill from the pid on.
    pub killed: &'static str,
    /// `oom_reap_task`; from 4.6.
    pub has_reaper: bool,
}

const HEX: &str = "gfp_mask=0xd0, order=0, oom_score_adj=968";
const NAMES: &str = "gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968";
const BYTES: &str = "  uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name";
const SHORT: &str = "42 (svc) total-vm:900000kB, anon-rss:184000kB, file-rss:0kB";
const SHMEM: &str = "42 (svc) total-vm:900000kB, anon-rss:184000kB, file-rss:0kB, shmem-rss:0kB";
const LONG: &str = "42 (svc) total-vm:900000kB, anon-rss:184000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:500kB oom_score_adj:968";

const OLD: Kernel = Kernel {
    version: "3.10",
    invoked: HEX,
    has_cpuset_line: true,
    has_addresses: true,
    has_limit_line: true,
    stats: Stats::Inline { has_shmem: false },
    columns: "  uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name",
    cells: "    125        0",
    has_constraint: false,
    has_choice: true,
    killed: SHORT,
    has_reaper: false,
};

const MIDDLE: Kernel = Kernel {
    version: "4.19",
    invoked: "gfp_mask=0x6000c0(GFP_KERNEL), nodemask=(null), order=0, oom_score_adj=968",
    has_addresses: false,
    stats: Stats::Inline { has_shmem: true },
    columns: BYTES,
    cells: " 512000        0",
    killed: SHMEM,
    has_reaper: true,
    ..OLD
};

const NEW: Kernel = Kernel {
    version: "5.4",
    invoked: NAMES,
    has_cpuset_line: false,
    has_limit_line: false,
    stats: Stats::Lines,
    has_constraint: true,
    has_choice: false,
    killed: LONG,
    ..MIDDLE
};

const SPLIT: Kernel = Kernel {
    version: "6.8",
    stats: Stats::Messages,
    columns: "  uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name",
    cells: " 46000        0        0   512000        0",
    ..NEW
};

pub const KERNELS: [Kernel; 14] = [
    Kernel {
        // Red Hat's 2.6.32-754.el6: the user stands before the name.
        version: "2.6.32-el6",
        invoked: "gfp_mask=0xd0, order=0, oom_adj=0, oom_score_adj=968",
        columns: "  uid  tgid total_vm      rss cpu oom_adj oom_score_adj name",
        cells: "   1       0",
        killed: "42, UID 0, (svc) total-vm:900000kB, anon-rss:184000kB, file-rss:0kB",
        ..OLD
    },
    OLD,
    // Red Hat's 3.10.0-1160.el7.
    Kernel {
        version: "3.10-el7",
        killed: "42 (svc), UID 0, total-vm:900000kB, anon-rss:184000kB, file-rss:0kB, shmem-rss:0kB",
        ..OLD
    },
    // nr_pmds.
    Kernel {
        version: "4.4",
        columns: "  uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name",
        cells: "    125       4        0",
        ..OLD
    },
    // Names of the flags (4.6), the node mask (4.9), the reaper (4.6).
    Kernel {
        version: "4.9",
        invoked: "gfp_mask=0x24000c0(GFP_KERNEL), nodemask=0, order=0, oom_score_adj=968",
        columns: "  uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name",
        cells: "    125       4        0",
        killed: SHMEM,
        has_reaper: true,
        ..OLD
    },
    Kernel {
        version: "4.14",
        columns: "  uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name",
        cells: "    125       4        0",
        ..MIDDLE
    },
    MIDDLE,
    // The summary line replaces `Task in`; two lines for the kill.
    Kernel {
        version: "5.0",
        has_choice: true,
        killed: SHMEM,
        stats: Stats::Inline { has_shmem: true },
        ..NEW
    },
    // One line for the kill (5.1).
    Kernel { version: "5.2", killed: SHMEM, stats: Stats::Inline { has_shmem: true }, ..NEW },
    NEW,
    Kernel { version: "6.1", ..NEW },
    SPLIT,
    Kernel { version: "6.12, cgroup v1", stats: Stats::MessagesV1, ..SPLIT },
    Kernel { version: "6.18", ..SPLIT },
];
