//! What the kernel wrote when it ran out of memory: one row a time that the OOM
//! killer was invoked, with the state at that moment.

use crate::base::intern::StrId;
use crate::base::source::{Position, SourceId};
use crate::base::units::{Bytes, Nanos};

use super::memory::Figure;

/// Usage against limit, as the dump prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageLine {
    /// What was charged.
    pub usage: Bytes,
    /// The limit; `None` if unlimited.
    pub limit: Option<Bytes>,
    /// Times that the limit was hit.
    pub failcnt: i64,
    /// Where it stands.
    pub at: Position,
}

/// One row of the task table. Sizes were pages of 4 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OomTask {
    /// Process id on the host.
    pub pid: u64,
    /// Thread group: the process that a thread's row is of.
    pub tgid: u64,
    /// Resident pages.
    pub rss: Bytes,
    /// Resident anonymous pages (6.12 and later).
    pub rss_anon: Option<Bytes>,
    /// Resident file pages (6.12 and later).
    pub rss_file: Option<Bytes>,
    /// Resident shared memory (6.12 and later).
    pub rss_shmem: Option<Bytes>,
    /// Page tables.
    pub pagetables: Bytes,
    /// Pages in swap.
    pub swap: Bytes,
    /// Adjustment; -1000 cannot be killed.
    pub oom_score_adj: i64,
    /// Command, cut at 15 characters.
    pub name: StrId,
    /// Where it stands.
    pub at: Position,
}

/// One `Killed process` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OomKill {
    /// Process or thread id on the host.
    pub pid: u64,
    /// Command.
    pub name: StrId,
    /// Resident anonymous pages of the process.
    pub anon_rss: Bytes,
    /// Resident file pages.
    pub file_rss: Bytes,
    /// Resident shared memory.
    pub shmem_rss: Bytes,
    /// True if the whole machine was out of memory, not a control group.
    pub is_global: bool,
    /// Where it stands.
    pub at: Position,
}

/// One invocation of the OOM killer.
///
/// Every part may be missing: logs are cut, and ring buffers wrap.
#[derive(Clone, Debug)]
pub struct OomEvent {
    /// The log.
    pub source: SourceId,
    /// Its first line.
    pub at: Position,
    /// Time since boot, as the prefix says.
    pub since_boot: Option<Nanos>,
    /// Command whose allocation failed.
    pub invoked_by: Option<StrId>,
    /// `CONSTRAINT_MEMCG`, `CONSTRAINT_NONE`, ...
    pub constraint: Option<StrId>,
    /// Control group whose limit was hit.
    pub oom_memcg: Option<StrId>,
    /// Control group of the victim.
    pub task_memcg: Option<StrId>,
    /// Control group that the statistics are of.
    pub stats_memcg: Option<StrId>,
    /// `memory:` line.
    pub memory: Option<UsageLine>,
    /// `swap:` (v2) or `memory+swap:` (v1) line.
    pub swap: Option<UsageLine>,
    /// `kmem:` line (v1).
    pub kmem: Option<UsageLine>,
    /// Lines of `memory.stat` at that moment.
    pub stats: Vec<Figure>,
    /// Tasks that could be chosen.
    pub tasks: Vec<OomTask>,
    /// Who was killed; with `memory.oom.group` the first one comes twice.
    pub kills: Vec<OomKill>,
    /// Control group all of whose tasks were killed (`memory.oom.group`).
    pub group: Option<StrId>,
    /// "no killable processes": nothing could be killed.
    pub is_unkillable: bool,
    /// The `global_oom` mark: the machine was out of memory.
    pub is_global: bool,
}
