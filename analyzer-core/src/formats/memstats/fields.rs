//! Names of the runtime's figures: fields of `runtime.MemStats`, names of
//! `runtime/metrics`, and what client_golang calls them.

use crate::base::units::Unit;

/// Numeric fields of `MemStats` that are kept, with client_golang's name (after
/// `go_memstats_`, empty if it has none) and their unit.
pub const MEMSTATS: [(&str, &str, Unit); 27] = [
    ("Alloc", "alloc_bytes", Unit::Bytes),
    ("TotalAlloc", "alloc_bytes_total", Unit::Bytes),
    ("Sys", "sys_bytes", Unit::Bytes),
    ("Mallocs", "mallocs_total", Unit::Count),
    ("Frees", "frees_total", Unit::Count),
    ("HeapAlloc", "heap_alloc_bytes", Unit::Bytes),
    ("HeapSys", "heap_sys_bytes", Unit::Bytes),
    ("HeapIdle", "heap_idle_bytes", Unit::Bytes),
    ("HeapInuse", "heap_inuse_bytes", Unit::Bytes),
    ("HeapReleased", "heap_released_bytes", Unit::Bytes),
    ("HeapObjects", "heap_objects", Unit::Count),
    ("StackInuse", "stack_inuse_bytes", Unit::Bytes),
    ("StackSys", "stack_sys_bytes", Unit::Bytes),
    ("MSpanInuse", "mspan_inuse_bytes", Unit::Bytes),
    ("MSpanSys", "mspan_sys_bytes", Unit::Bytes),
    ("MCacheInuse", "mcache_inuse_bytes", Unit::Bytes),
    ("MCacheSys", "mcache_sys_bytes", Unit::Bytes),
    ("BuckHashSys", "buck_hash_sys_bytes", Unit::Bytes),
    ("GCSys", "gc_sys_bytes", Unit::Bytes),
    ("OtherSys", "other_sys_bytes", Unit::Bytes),
    ("NextGC", "next_gc_bytes", Unit::Bytes),
    ("LastGC", "last_gc_time_seconds", Unit::Nanoseconds),
    ("PauseTotalNs", "", Unit::Nanoseconds),
    ("NumGC", "", Unit::Count),
    ("NumForcedGC", "", Unit::Count),
    ("Lookups", "lookups_total", Unit::Count),
    ("MaxRSS", "", Unit::Bytes),
];

/// Names of `runtime/metrics` that are looked for in Prometheus text, where the
/// signs between words are lost. True for cumulative ones.
const METRICS: [(&str, bool); 44] = [
    ("/cpu/classes/gc/mark/assist:cpu-seconds", true),
    ("/cpu/classes/gc/mark/dedicated:cpu-seconds", true),
    ("/cpu/classes/gc/mark/idle:cpu-seconds", true),
    ("/cpu/classes/gc/total:cpu-seconds", true),
    ("/cpu/classes/total:cpu-seconds", true),
    ("/gc/cleanups/executed:cleanups", true),
    ("/gc/cleanups/queued:cleanups", true),
    ("/gc/cycles/automatic:gc-cycles", true),
    ("/gc/cycles/forced:gc-cycles", true),
    ("/gc/cycles/total:gc-cycles", true),
    ("/gc/finalizers/executed:finalizers", true),
    ("/gc/finalizers/queued:finalizers", true),
    ("/gc/gogc:percent", false),
    ("/gc/gomemlimit:bytes", false),
    ("/gc/heap/allocs:bytes", true),
    ("/gc/heap/allocs:objects", true),
    ("/gc/heap/frees:bytes", true),
    ("/gc/heap/frees:objects", true),
    ("/gc/heap/goal:bytes", false),
    ("/gc/heap/live:bytes", false),
    ("/gc/heap/objects:objects", false),
    ("/gc/heap/tiny/allocs:objects", true),
    ("/gc/limiter/last-enabled:gc-cycle", false),
    ("/gc/scan/globals:bytes", false),
    ("/gc/scan/heap:bytes", false),
    ("/gc/scan/stack:bytes", false),
    ("/gc/stack/starting-size:bytes", false),
    ("/memory/classes/heap/free:bytes", false),
    ("/memory/classes/heap/objects:bytes", false),
    ("/memory/classes/heap/released:bytes", false),
    ("/memory/classes/heap/stacks:bytes", false),
    ("/memory/classes/heap/unused:bytes", false),
    ("/memory/classes/metadata/mcache/free:bytes", false),
    ("/memory/classes/metadata/mcache/inuse:bytes", false),
    ("/memory/classes/metadata/mspan/free:bytes", false),
    ("/memory/classes/metadata/mspan/inuse:bytes", false),
    ("/memory/classes/metadata/other:bytes", false),
    ("/memory/classes/os-stacks:bytes", false),
    ("/memory/classes/other:bytes", false),
    ("/memory/classes/profiling/buckets:bytes", false),
    ("/memory/classes/total:bytes", false),
    ("/sched/gomaxprocs:threads", false),
    ("/sched/goroutines:goroutines", false),
    ("/sched/threads/total:threads", false),
];

/// What a `runtime/metrics` name counts: the part after the colon says it.
pub fn metric_unit(name: &str) -> Unit {
    match name.rsplit_once(':').map_or("", |(_, unit)| unit) {
        "bytes" => Unit::Bytes,
        "seconds" | "cpu-seconds" => Unit::Nanoseconds,
        _ => Unit::Count,
    }
}

/// The key and unit of a Prometheus metric of the Go collectors.
pub fn prometheus_key(metric: &str) -> Option<(&'static str, Unit)> {
    if let Some(short) = metric.strip_prefix("go_memstats_") {
        // client_golang counted what was released up to 0.8.
        let short = if short == "heap_released_bytes_total" { "heap_released_bytes" } else { short };
        let field = MEMSTATS.iter().find(|(_, prometheus, _)| *prometheus == short);
        return field.map(|(name, _, unit)| (*name, *unit));
    }
    match metric {
        "go_goroutines" => return Some(("/sched/goroutines:goroutines", Unit::Count)),
        "go_threads" => return Some(("/sched/threads/total:threads", Unit::Count)),
        "go_sched_gomaxprocs_threads" => return Some(("/sched/gomaxprocs:threads", Unit::Count)),
        "go_gc_duration_seconds_count" => return Some(("NumGC", Unit::Count)),
        _ => {}
    }
    let (name, _) = METRICS.iter().find(|(name, is_cumulative)| is_called(name, *is_cumulative, metric))?;
    Some((name, metric_unit(name)))
}

/// `/a/b-c:unit` becomes `go_a_b_c_unit`, with `_total` if it only grows.
fn is_called(name: &str, is_cumulative: bool, metric: &str) -> bool {
    let Some(rest) = metric.strip_prefix("go_") else { return false };
    let Some(rest) = (if is_cumulative { rest.strip_suffix("_total") } else { Some(rest) }) else {
        return false;
    };
    let name = name.strip_prefix('/').unwrap_or(name);
    name.len() == rest.len()
        && name
            .bytes()
            .zip(rest.bytes())
            .all(|(a, b)| a == b || (b == b'_' && matches!(a, b'/' | b'-' | b':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_names_lead_back_to_the_runtime() {
        let key = |metric| prometheus_key(metric).map(|(key, _)| key);
        assert_eq!(key("go_memstats_heap_inuse_bytes"), Some("HeapInuse"));
        assert_eq!(key("go_memory_classes_os_stacks_bytes"), Some("/memory/classes/os-stacks:bytes"));
        assert_eq!(key("go_gc_heap_allocs_bytes_total"), Some("/gc/heap/allocs:bytes"));
        assert_eq!(key("go_gc_heap_allocs_bytes"), None, "cumulative metrics end in _total");
        assert_eq!(key("go_gc_heap_live_bytes"), Some("/gc/heap/live:bytes"));
        assert_eq!(key("go_memstats_heap_released_bytes_total"), Some("HeapReleased"));
        assert_eq!(key("http_requests_total"), None);
    }
}
