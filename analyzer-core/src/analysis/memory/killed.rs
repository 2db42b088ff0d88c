//! The container as memory ran out: the figures that the kernel prints with the
//! kill, which are often all that is left of it.
//!
//! Version 1 prints its own names up to 5.2 and from 6.12 on, and version 2's
//! between, with kernel memory in a line of its own.

use super::cgroup::{Cgroup, Version};
use super::kills;
use super::moment::Moment;
use super::term::{Term, sum};
use super::things::Thing;
use crate::base::source::{Position, SourceSpan};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::UNLIMITED;
use crate::evidence::oom::{OomEvent, UsageLine};
use crate::report::{AT_OOM_KILL, Citation, Subject};

/// Parts of kernel memory that do not overlap, where the log has no sum.
const KERNEL_PARTS: [&str; 6] = ["kernel_stack", "pagetables", "sec_pagetables", "percpu", "vmalloc", "slab"];

const LRU: [&str; 5] = ["inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable"];

/// The moment of the last kill of the subject's own whose statistics the log has.
pub fn moment<'a>(evidence: &'a Evidence, subject: &Subject) -> Option<Moment<'a>> {
    let kills = kills::of_subject(evidence, subject);
    let own = kills.iter().rev().filter(|kill| kill.is_own);
    let cgroup = own.filter_map(|kill| cgroup(evidence, kill.event)).next()?;
    Some(Moment::of_group(subject.id, AT_OOM_KILL.to_owned(), cgroup))
}

/// What the log says of the group; `None` without its usage and its anonymous memory.
pub fn cgroup<'a>(evidence: &'a Evidence, event: &OomEvent) -> Option<Cgroup<'a>> {
    let memory = event.memory?;
    let one = |name: &str| {
        let key = evidence.strings.find(name)?;
        let figure = event.stats.iter().find(|figure| figure.key == key)?;
        Some(Term::of_figure(evidence, event.source, figure, name))
    };
    // Version 1's totals cover the group and its children, as the usage does.
    let stat = |name: &str| one(&format!("total_{name}")).or_else(|| one(name));
    let anon = one("total_rss").or_else(|| one("anon")).or_else(|| one("rss"))?;
    let kmem = event.kmem.map(|line| term(event, line.at, "kmem: usage", line.usage.0));
    let parts = || sum(KERNEL_PARTS.map(one).iter().flatten().map(Some));
    let whole = one("kernel").or(kmem);
    let version = if event.kmem.is_some() || one("total_rss").is_some() { Version::V1 } else { Version::V2 };
    let thing = Thing { place: super::things::Place::default(), files: Vec::new() };
    Some(Cgroup {
        usage: Some(term(event, memory.at, "memory: usage", memory.usage.0)),
        anon: Some(anon),
        file: one("total_cache").or_else(|| one("file")).or_else(|| one("cache")),
        shmem: stat("shmem"),
        file_mapped: stat("mapped_file").or_else(|| one("file_mapped")),
        dirty: stat("dirty").or_else(|| one("file_dirty")),
        kernel_is_whole: whole.is_some(),
        kernel: whole.or_else(parts),
        sock: one("sock"),
        swapcached: stat("swapcached"),
        swap: event
            .swap
            .filter(|_| version == Version::V2)
            .map(|line| term(event, line.at, "swap: usage", line.usage.0)),
        lru: sum(LRU.map(stat).iter().map(Option::as_ref)),
        inactive_file: stat("inactive_file"),
        unevictable: stat("unevictable"),
        slab_reclaimable: one("slab_reclaimable"),
        anon_huge: stat("rss_huge").or_else(|| one("anon_thp")),
        limit: limit(event, memory),
        ..Cgroup::empty(thing, version)
    })
}

fn limit(event: &OomEvent, line: UsageLine) -> Option<Term> {
    let bytes = line.limit.map_or(UNLIMITED, |limit| limit.0);
    Some(term(event, line.at, "memory: limit", bytes))
}

fn term(event: &OomEvent, at: Position, quantity: &str, value: i64) -> Term {
    let span = SourceSpan { source: event.source, at };
    Term { value, from: vec![Citation::figure(span, quantity, value, Unit::Bytes)] }
}

#[cfg(test)]
mod tests {
    use crate::report::{AT_OOM_KILL, LayerId, Report};
    use crate::session::Session;

    const LOG: &str = "\
[  100.000001] app invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
[  100.000002] memory: usage 204800kB, limit 204800kB, failcnt 31
[  100.000003] swap: usage 0kB, limit 0kB, failcnt 0
[  100.000004] Memory cgroup stats for /pod/app:
[  100.000005] anon 188743680
[  100.000006] file 8388608
[  100.000007] kernel 10485760
[  100.000008] sock 0
[  100.000009] shmem 4194304
[  100.000010] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/pod/app,task_memcg=/pod/app,task=app,pid=42,uid=0
[  100.000011] Memory cgroup out of memory: Killed process 42 (app) total-vm:900000kB, anon-rss:184000kB, file-rss:100kB, shmem-rss:0kB, UID:0 pgtables:500kB oom_score_adj:0
";

    fn report(log: &str) -> Report {
        let mut session = Session::default();
        session.add("dmesg.txt", log.as_bytes().to_vec());
        session.report()
    }

    #[test]
    fn a_log_alone_gives_the_ledger_of_the_container_at_the_kill() {
        let memory = report(LOG).memory.expect("a memory section");
        let [moment] = memory.snapshots.as_slice() else { panic!("one moment") };
        assert_eq!(moment.snapshot, AT_OOM_KILL);
        assert_eq!(
            moment.layers.iter().map(|layer| (layer.id, layer.bytes.0)).collect::<Vec<_>>(),
            [(LayerId::Cgroup, 200 << 20)]
        );
        let amount = |id: &str| moment.ledger.iter().find(|row| row.id == id).map(|row| row.bytes.0 >> 20);
        assert_eq!(
            ["cgroup-anon", "file-cache", "shmem", "kernel", "stock", "charge", "headroom"].map(amount),
            [180, 4, 4, 10, 2, 200, 0].map(Some)
        );
        assert!(moment.ledger.iter().all(|row| !row.citations.is_empty()));
        assert_eq!(moment.limit.map(|limit| limit.0), Some(200 << 20));
    }

    #[test]
    fn a_log_without_statistics_gives_no_moment() {
        let cut: String =
            LOG.lines().filter(|line| !line.contains(" anon ")).map(|line| format!("{line}\n")).collect();
        assert_eq!(report(&cut).memory, None);
    }
}
