//! Sockets, descriptors, threads and processors of each snapshot, joined.
//!
//! ```text
//! descriptors ─► whose sockets ─┐
//! tables of sockets ────────────┴─► connections by side, state and peer; accept queues; rowless
//! threads, limits, pids ──────────► threads by where they wait, and what bounds them
//! cpu.*, traces, metrics ─────────► quota, periods, GOMAXPROCS
//! goroutine groups ───────────────► what stands for them in the program
//! lists of registries ────────────► which instances are reached, and what is dialed beside them
//! ```
//!
//! `/proc/net` is the network namespace's, not the process's: what is the process's own is said by
//! inodes of its descriptors, or by the process ids that `ss`, `netstat` and `lsof` print. Where
//! nothing says it, everything counts, and the section says that it is the pod's.

mod cpu;
mod descriptors;
mod files;
mod registry;
mod sockets;
mod threads;

use crate::base::source::SourceId;
use crate::evidence::Evidence;
use crate::report::trace::Trace;
use crate::report::{Counterpart, GoroutinePairs, Goroutines, ResourceSnapshot, Resources, Subject};

use files::Files;

/// The section; `None` if nothing tells of any of it.
pub fn analyze(
    evidence: &Evidence,
    subjects: &[Subject],
    goroutines: Option<&Goroutines>,
    traces: &[Trace],
) -> Option<Resources> {
    let mut snapshots = Vec::new();
    for subject in subjects {
        let mut before = None;
        for info in &subject.snapshots {
            let sources: Vec<SourceId> = info.sources.iter().chain(&subject.spanning).copied().collect();
            let files = Files::of(evidence, &sources);
            let open = descriptors::of(evidence, &info.sources, subject.pid);
            let held = sockets::of(evidence, &info.sources, &open, &files, before.as_ref());
            let snapshot = ResourceSnapshot {
                subject: subject.id,
                snapshot: info.label.clone(),
                descriptors: descriptors::section(evidence, &open, &held, &files),
                sockets: held.section.clone(),
                threads: threads::of(evidence, &info.sources, &files, open.pid),
                goroutines: goroutines.and_then(|section| pairs(section, subject, &info.label)),
                cpu: cpu::of(evidence, subject, &info.sources, &files, traces),
                registries: registry::of(evidence, subject, info, &held),
            };
            before = Some(held);
            let has_any = snapshot.sockets.is_some()
                || snapshot.descriptors.is_some()
                || snapshot.threads.is_some()
                || snapshot.cpu.is_some();
            if has_any {
                snapshots.push(snapshot);
            }
        }
    }
    (!snapshots.is_empty()).then_some(Resources { snapshots })
}

/// Goroutines of a moment that stand for connections, listeners and threads.
fn pairs(section: &Goroutines, subject: &Subject, label: &str) -> Option<GoroutinePairs> {
    let mut own = section.snapshots.iter().filter(|snapshot| snapshot.subject == subject.id);
    let at = own.position(|snapshot| snapshot.snapshot == label)?;
    let mut pairs = GoroutinePairs::default();
    for group in section.groups.iter().filter(|group| group.subject == subject.id) {
        let count = group.counts.get(at).copied().unwrap_or(0);
        let of = |part: Counterpart| if part.has(group) { count } else { 0 };
        pairs.read_loops += of(Counterpart::Transport);
        pairs.unread_bodies += if group.state == "select" { of(Counterpart::Transport) } else { 0 };
        pairs.serving += of(Counterpart::Server);
        pairs.accepting += of(Counterpart::Listener);
        pairs.in_syscall += of(Counterpart::Thread);
        pairs.on_pipes += of(Counterpart::Pipe);
        pairs.on_children += of(Counterpart::Child);
    }
    Some(pairs)
}
