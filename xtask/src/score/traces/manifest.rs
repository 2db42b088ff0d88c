//! The truths of `traces/manifest.json`: what `go tool trace` of Go 1.27
//! prints, and what the traced program knew.

use std::collections::BTreeMap;

use analyzer_core::report::trace::{Existence, LeakSign, Metric, Trace};
use analyzer_core::report::{NoteSeverity, Report, SourceStatus};
use serde_json::Value;

use super::checks::Checks;
use super::go_clock;

/// Compares one trace with its entry.
pub fn check(report: &Report, bytes: &[u8], truth: &Value, checks: &mut Checks) {
    let source = &report.sources[0];
    checks.equal("bytes", source.decoded_bytes, truth.get("bytes"));
    let format =
        truth["header"].as_str().and_then(|header| header.get(5..7)).and_then(|n| n.parse::<u32>().ok());
    let Some(trace) = super::trace(report) else {
        let advises = source.notes.iter().any(|note| note.message.contains("Go 1.22 or later"));
        let is_old = format.is_some_and(|format| format < 22);
        checks.holds("the old format is refused with advice", is_old && advises, || {
            format!("{:?}", source.notes)
        });
        return;
    };
    checks.equal("format", u64::from(trace.format), format.map(Value::from).as_ref());
    let go_failed = truth["go_tool_trace_exit"].as_i64() != Some(0);
    if go_failed {
        let noted = source.notes.iter().any(|note| note.severity >= NoteSeverity::DataLoss);
        checks.holds("the cut is noted", noted && source.status == SourceStatus::Partial, || {
            format!("{:?}", source.status)
        });
        let theirs = truth["parsed_events"].as_u64().unwrap_or(0);
        checks
            .holds("events", trace.events.total >= theirs, || format!("{} of {theirs}", trace.events.total));
        checks.remark(format!("go tool trace stops after {theirs} events, here {}", trace.events.total));
        let reads_no_generation = truth["generations"].as_u64() == Some(0);
        if reads_no_generation {
            return;
        }
    }
    totals(trace, truth, checks);
    events(trace, truth, checks);
    goroutines(trace, truth, checks);
    collector(trace, truth, checks);
    profiles(trace, bytes, truth, checks);
    program(trace, &truth["program_truth"], checks);
}

fn totals(trace: &Trace, truth: &Value, checks: &mut Checks) {
    checks.equal("events", trace.events.total, truth.get("parsed_events"));
    let generations = trace.generations.len() as u64;
    checks.equal("generations", generations, truth.get("generations"));
    checks.equal("first_ns", trace.start_nanos, truth.get("first_ns"));
    // Go's tool moves its last Sync, and one of a generation without events, on by a nanosecond each.
    checks.near("last_ns", trace.start_nanos + trace.to, truth.get("last_ns"), 2);
}

fn events(trace: &Trace, truth: &Value, checks: &mut Checks) {
    let events = &trace.events;
    checks.equal_counts("kind", &events.kinds, truth.get("by_kind"));
    // Where the file is cut, -d=wire also counts what stands in the torn batch.
    let is_cut = truth["go_tool_trace_exit"].as_i64() != Some(0);
    checks.equal_counts("record", &events.records, truth.get("wire_events").filter(|_| !is_cut));
    checks.equal_counts("block", &events.blocks, truth.get("blocks_by_reason"));
    checks.equal_counts("range", &events.ranges, truth.get("ranges"));
    // The truth leaves out what only restates a state.
    let changes: BTreeMap<String, u64> = events
        .transitions
        .iter()
        .filter(|(name, _)| name.split_once("->").is_none_or(|(from, to)| from != to))
        .map(|(name, count)| (name.clone(), *count))
        .collect();
    checks.equal_counts("transition", &changes, truth.get("go_transitions"));
    for (name, count) in truth["annotations"].as_object().into_iter().flatten() {
        checks.equal(name, events.kinds.get(name).copied().unwrap_or(0), Some(count));
    }
    let metrics: [(&str, Option<Metric>); 3] = [
        ("/sched/gomaxprocs:threads", trace.heap.gomaxprocs),
        ("/gc/heap/goal:bytes", trace.heap.goal),
        ("/memory/classes/heap/objects:bytes", trace.heap.live),
    ];
    for (name, metric) in metrics {
        let (Some(truth), Some(metric)) = (truth["metrics"].get(name), metric) else { continue };
        checks.equal(&format!("{name} n"), metric.count, truth.get("n"));
        checks.equal(&format!("{name} min"), metric.min, truth.get("min"));
        checks.equal(&format!("{name} max"), metric.max, truth.get("max"));
        checks.equal(&format!("{name} last"), metric.last, truth.get("last"));
    }
    checks.equal("CPU samples", trace.cpu_samples.count, truth["annotations"].get("StackSample"));
}

fn goroutines(trace: &Trace, truth: &Value, checks: &mut Checks) {
    checks.equal("created", trace.goroutines_created, truth.get("goroutines_created"));
    checks.equal("ended", trace.goroutines_ended, truth.get("goroutines_ended"));
    checks.equal("existed", trace.goroutines_existed, truth.get("goroutines_existing_at_start"));
    let mut created = BTreeMap::new();
    let mut ended = BTreeMap::new();
    let mut alive = BTreeMap::new();
    for group in &trace.groups {
        let existed = group.existence == Existence::Existed;
        let start = group.start.clone().unwrap_or_else(|| "(unknown)".to_owned());
        // The truth names goroutines at their creation; those of C threads have no name yet.
        let from_c = !existed && group.created_by.is_none() && start == "runtime.cgocallback";
        let at_creation = if from_c { "(none)".to_owned() } else { start.clone() };
        *created.entry(at_creation).or_insert(0) += group.created;
        // And it has another word for nameless ones that ended.
        let at_end = if group.start.is_none() { "(none)".to_owned() } else { start.clone() };
        *ended.entry(at_end).or_insert(0) += group.ended;
        for state in &group.alive_states {
            let reason = if state.is_inferred { "" } else { state.reason.as_str() };
            let what = format!("{} {reason}", state.state).trim_end().to_owned();
            let since = if existed { "existed" } else { "created in trace" };
            *alive.entry(format!("{start} | {what} | {since}")).or_insert(0) += state.count;
        }
    }
    let positive =
        |counts: BTreeMap<String, u64>| counts.into_iter().filter(|(_, count)| *count > 0).collect();
    checks.equal_counts("created", &positive(created), truth.get("created_by_start_func"));
    checks.equal_counts("ended", &positive(ended), truth.get("ended_by_start_func"));
    checks.equal_counts("alive", &alive, truth.get("alive_at_end"));
}

fn collector(trace: &Trace, truth: &Value, checks: &mut Checks) {
    checks.equal("GC cycles begun", trace.gc.begun, truth.get("gc_cycles_begun"));
    checks.equal("GC cycles ended", trace.gc.ended, truth.get("gc_cycles_ended"));
    let counts = |value: fn(&analyzer_core::report::trace::PauseKind) -> u64| -> BTreeMap<String, u64> {
        trace.pause_kinds.iter().map(|kind| (kind.kind.clone(), value(kind))).collect()
    };
    checks.equal_counts("pauses", &counts(|kind| kind.spread.count), truth.get("stw_by_kind"));
    checks.equal_counts("pause time", &counts(|kind| kind.spread.total), truth.get("stw_total_ns_by_kind"));
}

/// The profiles of Go's tool are from times that it moves: never two events at
/// one nanosecond, and none before one that was read before. With its clock
/// they must be equal; the report has them from the times of the file.
fn profiles(trace: &Trace, bytes: &[u8], truth: &Value, checks: &mut Checks) {
    let theirs = go_clock::profiles(bytes);
    for profile in &trace.go_tool_profiles {
        let name = &profile.name;
        let truth = &truth["pprof_totals"][name];
        let emulated = theirs.get(name.as_str()).cloned().unwrap_or_default();
        let stacks = emulated.stacks.len() as u64;
        checks.equal(&format!("-pprof={name} stacks with Go's clock"), stacks, truth.get("stacks"));
        checks.equal(&format!("-pprof={name} count with Go's clock"), emulated.count, truth.get("count"));
        checks.equal(&format!("-pprof={name} delay with Go's clock"), emulated.delay, truth.get("delay_ns"));
        if profile.count != emulated.count
            || profile.stacks != stacks
            || profile.delay.abs_diff(emulated.delay) > 2 * profile.count
        {
            checks.remark(format!(
                "-pprof={name}: from the file's own times {} in {} ns, where Go's tool has {} in {} ns",
                profile.count, profile.delay, emulated.count, emulated.delay
            ));
        }
    }
}

/// What the program knew of itself.
fn program(trace: &Trace, truth: &Value, checks: &mut Checks) {
    if !truth.is_object() {
        return;
    }
    let sum = |kinds: &[analyzer_core::report::trace::AnnotationKind], open: bool| -> u64 {
        kinds.iter().map(|kind| if open { kind.open } else { kind.done.count }).sum()
    };
    checks.equal("tasks finished", sum(&trace.tasks, false), truth.get("tasks_finished"));
    checks.equal("tasks open", sum(&trace.tasks, true), truth.get("tasks_open"));
    checks.equal("regions finished", sum(&trace.regions, false), truth.get("regions_finished"));
    checks.equal("regions open", sum(&trace.regions, true), truth.get("regions_open"));
    checks.equal("logs", trace.log_categories.iter().map(|row| row.count).sum(), truth.get("logs"));
    let pauses =
        |kind: &str| trace.pause_kinds.iter().find(|row| row.kind == kind).map_or(0, |row| row.spread.count);
    checks.equal("ReadMemStats pauses", pauses("read mem stats"), truth.get("readmemstats_stw"));
    checks.equal("GOMAXPROCS pauses", pauses("GOMAXPROCS"), truth.get("gomaxprocs_changes_stw"));
    checks.equal("GC cycles", trace.gc.begun, truth.get("memstats_gcs_between_reads"));
    let of = |start: &str| {
        trace.groups.iter().filter(|group| group.start.as_deref() == Some(start)).collect::<Vec<_>>()
    };
    let workers = of("main.worker");
    checks.equal(
        "workers",
        workers.iter().map(|row| row.created).sum(),
        truth.get("workers_created_and_ended"),
    );
    checks.equal(
        "workers",
        workers.iter().map(|row| row.ended).sum(),
        truth.get("workers_created_and_ended"),
    );
    let requests = of("net/http.(*connReader).backgroundRead").iter().map(|row| row.created).sum();
    checks.equal("HTTP requests", requests, truth.get("http_requests"));
    let coroutines = of("runtime.corostart").iter().map(|row| row.created).sum();
    checks.equal("coroutines", coroutines, truth.get("iter_pull_coroutines"));
    leaks(trace, truth, checks);
}

fn leaks(trace: &Trace, truth: &Value, checks: &mut Checks) {
    for (start, count) in truth["leaked_in_trace"].as_object().into_iter().flatten() {
        let found = trace.leaks.iter().filter(|leak| leak.start.as_deref() == Some(start));
        checks.equal(&format!("leak sign of {start}"), found.map(|leak| leak.count).sum(), Some(count));
    }
    let planted = |start: &str| truth["leaked_in_trace"].get(start).is_some();
    let others = trace.leaks.iter().filter(|leak| {
        leak.sign != LeakSign::WaitedThroughout && !leak.start.as_deref().is_some_and(planted)
    });
    let others: Vec<_> = others.map(|leak| leak.start.clone().unwrap_or_default()).collect();
    checks.holds("no sign of a leak elsewhere", others.is_empty(), || others.join(", "));
    let is_known = trace.groups.iter().any(|group| group.start.as_deref() == Some("main.preLeak"));
    if is_known {
        let before = trace.groups.iter().filter(|group| group.start.as_deref() == Some("main.preLeak"));
        checks.equal(
            "leaked before",
            before.map(|group| group.alive).sum(),
            truth["leaked_before_trace"].get("main.preLeak"),
        );
    }
}
