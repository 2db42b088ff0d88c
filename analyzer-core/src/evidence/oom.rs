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

/// Who ran out of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OomScope {
    /// A control group, at its limit.
    Group,
    /// The machine, or the nodes that an allocation may use.
    Machine,
}

/// One row of the task table, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OomTask {
    /// Process id on the host.
    pub pid: u64,
    /// Thread group: the process that a thread's row is of.
    pub tgid: u64,
    /// Address space.
    pub total_vm: Bytes,
    /// Resident pages.
    pub rss: Bytes,
    /// Resident anonymous pages (6.8 and later).
    pub rss_anon: Option<Bytes>,
    /// Resident file pages (6.8 and later).
    pub rss_file: Option<Bytes>,
    /// Resident shared memory (6.8 and later).
    pub rss_shmem: Option<Bytes>,
    /// Page tables.
    pub pagetables: Option<Bytes>,
    /// Pages in swap.
    pub swap: Bytes,
    /// Adjustment; -1000 cannot be killed.
    pub oom_score_adj: i64,
    /// Command, cut at 15 characters.
    pub name: StrId,
    /// Where it stands.
    pub at: Position,
}

/// A process that was killed, or chosen to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OomKill {
    /// Process or thread id on the host.
    pub pid: u64,
    /// Command.
    pub name: StrId,
    /// Address space of the process.
    pub total_vm: Option<Bytes>,
    /// Resident anonymous pages.
    pub anon_rss: Option<Bytes>,
    /// Resident file pages.
    pub file_rss: Option<Bytes>,
    /// Resident shared memory (4.5 and later).
    pub shmem_rss: Option<Bytes>,
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
    /// Date and time as the log prints them.
    pub stamp: Option<StrId>,
    /// Command whose allocation failed.
    pub invoked_by: Option<StrId>,
    /// Who ran out, by the kernel's words.
    pub said: Option<OomScope>,
    /// Who ran out, by what called the OOM killer: the call trace, or the tables of the machine's memory.
    pub traced: Option<OomScope>,
    /// True if the tables of the machine's memory say so, and no function of the trace.
    pub is_by_tables: bool,
    /// A control group that statistics are of; the limit may be that of a group around it.
    pub counted_memcg: Option<StrId>,
    /// `CONSTRAINT_MEMCG`, `CONSTRAINT_NONE`, ... (5.0 and later).
    pub constraint: Option<StrId>,
    /// Control group whose limit was hit.
    pub oom_memcg: Option<StrId>,
    /// Control group of the victim.
    pub task_memcg: Option<StrId>,
    /// Control group that the statistics are of: the one at its limit, and the sum of those within it.
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
    /// Whom the kernel chose, where it says so before the kill.
    pub chosen: Option<OomKill>,
    /// Who was killed; with `memory.oom.group` the first one comes twice.
    pub kills: Vec<OomKill>,
    /// Control group all of whose tasks were killed (`memory.oom.group`).
    pub group: Option<StrId>,
    /// Pages of what ran out (a control group's limit, or the machine), where a tracer (oomkill) says it and not
    /// the kernel's log: then its time and its victim are all else that is known.
    pub domain_pages: Option<u64>,
    /// "no killable processes": nothing could be killed.
    pub is_unkillable: bool,
}

impl OomEvent {
    /// An event of which nothing but its first line is known.
    pub const fn new(
        source: SourceId,
        at: Position,
        since_boot: Option<Nanos>,
        stamp: Option<StrId>,
    ) -> Self {
        Self {
            source,
            at,
            since_boot,
            stamp,
            invoked_by: None,
            said: None,
            traced: None,
            is_by_tables: false,
            counted_memcg: None,
            constraint: None,
            oom_memcg: None,
            task_memcg: None,
            stats_memcg: None,
            memory: None,
            swap: None,
            kmem: None,
            stats: Vec::new(),
            tasks: Vec::new(),
            chosen: None,
            kills: Vec::new(),
            group: None,
            domain_pages: None,
            is_unkillable: false,
        }
    }

    /// The processes that were killed, or the one that was chosen if the log ends before its kill.
    pub fn victims(&self) -> &[OomKill] {
        if self.kills.is_empty() { self.chosen.as_slice() } else { &self.kills }
    }
}
