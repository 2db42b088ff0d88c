//! `prof.*`: what pprof profiles prove of the code, by the line that costs or keeps.

mod contention;
#[cfg(test)]
pub(crate) mod drawn;
pub mod support;

detectors! {
    alloc_churn,
    block_chan,
    cpu_hot,
    cpu_known,
    cpu_quota,
    cpu_sched,
    cpu_spin,
    gc_cost,
    heap_growth,
    heap_oom,
    heap_retained,
    lock_mutex,
    pgo,
    stack_goroutines,
}
