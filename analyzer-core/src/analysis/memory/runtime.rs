//! One reading of a Go runtime: `MemStats`, from whichever source, with what
//! `runtime/metrics` adds.

use super::term::{Term, View, sum};
use crate::evidence::memory::UNLIMITED;

/// A Go runtime's own account at one moment. Every field is a `MemStats` field
/// or made of `runtime/metrics` of the same meaning.
#[derive(Clone, Debug)]
pub struct GoRuntime<'a> {
    /// The file it was read from.
    pub view: View<'a>,
    /// Heap in use, dead objects that were not swept yet among it.
    pub heap_alloc: Option<Term>,
    /// Spans in use.
    pub heap_inuse: Option<Term>,
    /// Spans not in use, given back or not.
    pub heap_idle: Option<Term>,
    /// Idle spans that were given back to the system.
    pub heap_released: Option<Term>,
    /// Address space of the heap that was made ready.
    pub heap_sys: Option<Term>,
    /// Spans of goroutine stacks.
    pub stack_inuse: Option<Term>,
    /// Everything obtained from the system.
    pub sys: Option<Term>,
    /// Structures of the collector, work buffers among them.
    pub gc_sys: Option<Term>,
    /// Heap marked live by the last cycle.
    pub live: Option<Term>,
    /// Heap size at which the next cycle ends.
    pub next_gc: Option<Term>,
    /// Completed cycles.
    pub num_gc: Option<Term>,
    /// GOMEMLIMIT; [`UNLIMITED`] if none is set.
    pub gomemlimit: Option<Term>,
    /// GOGC in percent; [`UNLIMITED`] if off.
    pub gogc: Option<Term>,
    /// Greatest resident size that the kernel saw, at the time of a heap?debug=1.
    pub max_rss: Option<Term>,
}

impl<'a> GoRuntime<'a> {
    /// Reads a record; `None` if it tells nothing of the heap.
    pub fn of(view: View<'a>) -> Option<Self> {
        let field = |name: &str, metrics: &[&str]| {
            view.get(name).or_else(|| {
                let parts: Vec<Option<Term>> =
                    metrics.iter().map(|metric| view.get(&class(metric))).collect();
                if metrics.is_empty() { None } else { sum(parts.iter().map(Option::as_ref)) }
            })
        };
        let runtime = Self {
            view,
            heap_alloc: field("HeapAlloc", &["heap/objects"]).or_else(|| view.get("Alloc")),
            heap_inuse: field("HeapInuse", &["heap/objects", "heap/unused"]),
            heap_idle: field("HeapIdle", &["heap/free", "heap/released"]),
            heap_released: field("HeapReleased", &["heap/released"]),
            heap_sys: field("HeapSys", &["heap/objects", "heap/unused", "heap/free", "heap/released"]),
            stack_inuse: field("StackInuse", &["heap/stacks"]),
            sys: field("Sys", &["total"]),
            gc_sys: field("GCSys", &["metadata/other"]),
            live: view.get("/gc/heap/live:bytes"),
            next_gc: view.get("NextGC").or_else(|| view.get("/gc/heap/goal:bytes")),
            num_gc: view.get("NumGC").or_else(|| view.get("/gc/cycles/total:gc-cycles")),
            gomemlimit: view.get("/gc/gomemlimit:bytes"),
            gogc: view.get("/gc/gogc:percent"),
            max_rss: view.get("MaxRSS"),
        };
        let sizes = [&runtime.heap_sys, &runtime.heap_alloc, &runtime.heap_inuse, &runtime.sys];
        sizes.iter().any(|size| size.is_some()).then_some(runtime)
    }

    /// Metadata: what the runtime took besides heap and stacks.
    pub fn metadata(&self) -> Option<Term> {
        let (sys, heap, stacks) = (self.sys.as_ref()?, self.heap_sys.as_ref()?, self.stack_inuse.as_ref()?);
        Some(&(sys - heap) - stacks)
    }

    /// What the runtime holds and has not given back: the quantity that GOMEMLIMIT limits.
    pub fn committed(&self) -> Option<Term> {
        Some(self.sys.as_ref()? - self.heap_released.as_ref()?)
    }

    /// Heap and stacks: what lies in arenas.
    pub fn arena_mapped(&self) -> Option<Term> {
        Some(self.heap_sys.as_ref()? + self.stack_inuse.as_ref()?)
    }

    /// True if GOGC is off: the metric says so, or the goal is beyond every heap.
    pub fn is_gogc_off(&self) -> bool {
        const BEYOND: i64 = 1 << 62;
        let stated = self.gogc.as_ref().map(|term| term.value == UNLIMITED);
        stated.unwrap_or_else(|| self.next_gc.as_ref().is_some_and(|goal| goal.value > BEYOND))
    }

    /// How whole a reading is: `MemStats` fields read at one instant before sums of metrics.
    pub fn rank(&self) -> u32 {
        match (self.view.file(), self.view.moment()) {
            ("heap.debug1", "before") => 0,
            ("expvar", "") => 1,
            ("expvar", _) => 2,
            ("runtime_metrics", _) => 3,
            ("heap.debug1", _) => 4,
            ("memstats", moment) if !moment.is_empty() => 6,
            _ => 5,
        }
    }
}

/// The full name of a memory class.
fn class(short: &str) -> String {
    format!("/memory/classes/{short}:bytes")
}
