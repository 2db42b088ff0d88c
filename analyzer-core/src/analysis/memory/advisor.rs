//! What the limit advisor computes with, taken from a moment.

use super::Reviewed;
use super::cgroup::Cgroup;
use super::term::Term;
use crate::base::units::Bytes;
use crate::evidence::memory::UNLIMITED;
use crate::report::advisor::{AdvisorInputs, OutsideGo};

/// The inputs; `None` without `MemStats`.
pub fn inputs(reviewed: &Reviewed<'_>) -> Option<AdvisorInputs> {
    let moment = &reviewed.moment;
    let go = moment.go.as_ref()?;
    let objects = go.heap_alloc.as_ref()?.bytes();
    let live = moment.live();
    let globals = go.view.value("/gc/scan/globals:bytes");
    let finite = |value: i64| (value != UNLIMITED).then_some(value);
    Some(AdvisorInputs {
        // A collection may have freed what is counted here since.
        live: live.as_ref().map_or(objects, |live| Bytes(live.value.min(objects.0))),
        live_is_upper_bound: live.is_none(),
        stacks: go.stack_inuse.as_ref()?.bytes(),
        globals: Bytes(globals.unwrap_or(0)),
        metadata: go.metadata()?.bytes(),
        span_waste: go.heap_inuse.as_ref()?.bytes() - objects,
        objects,
        beside: beside(reviewed),
        limit: moment.limit().map(|limit| limit.bytes()),
        gomemlimit: moment.gomemlimit().and_then(|limit| finite(limit.value)).map(Bytes),
        gogc: moment.gogc().map(|gogc| finite(gogc.value).unwrap_or(-1)),
    })
}

/// Everything that stays beside what Go's pacer steers. Page cache is not among
/// it: the kernel drops it first.
fn beside(reviewed: &Reviewed<'_>) -> Vec<OutsideGo> {
    let moment = &reviewed.moment;
    let mut parts = Vec::new();
    let mut add = |id: &str, label: &str, bytes: Option<i64>| {
        if let Some(bytes) = bytes.filter(|bytes| *bytes > 0) {
            parts.push(OutsideGo { id: id.to_owned(), label: label.to_owned(), bytes: Bytes(bytes) });
        }
    };
    let outside = reviewed.outside.as_ref();
    add("native", "Native memory", outside.map(|outside| outside.native.high));
    add("exe-data", "Program data", outside.map(|outside| outside.executable.value));
    let others: i64 =
        moment.others.iter().filter_map(|process| process.anon.as_ref()).map(|anon| anon.value).sum();
    add("other-processes", "Other processes", Some(others));
    if let Some(cgroup) = &moment.cgroup {
        let value = |term: &Option<Term>| term.as_ref().map(|term| term.value);
        add("shmem", "Shared memory and tmpfs", value(&cgroup.shmem));
        add("kernel", "Unreclaimable kernel memory", kernel(cgroup));
        add("sock", "Socket buffers", value(&cgroup.sock));
    }
    parts
}

/// Kernel memory without what shrinkers free.
fn kernel(cgroup: &Cgroup<'_>) -> Option<i64> {
    let freed = cgroup.slab_reclaimable.as_ref().map_or(0, |slab| slab.value);
    Some(cgroup.kernel.as_ref()?.value - freed)
}
