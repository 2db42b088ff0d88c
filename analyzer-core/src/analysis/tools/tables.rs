//! Rows as tables.

use std::collections::BTreeMap;

use super::{churn, functions, native, path, row};
use crate::analysis::spans::SpanFacts;
use crate::base::convert::{clamp_i64, to_u32};
use crate::base::order::StableOrder;
use crate::base::source::SourceId;
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::probes::{StackTool, TopRow};
use crate::report::{TableColumn, TableRow, ToolTable};

fn whole(value: u64) -> Option<i64> {
    Some(clamp_i64(i128::from(value)))
}

fn columns(columns: &[(&str, Unit)]) -> Vec<TableColumn> {
    columns.iter().map(|&(title, unit)| TableColumn { title: title.to_owned(), unit }).collect()
}

fn table(
    source: SourceId,
    (title, says): (String, &str),
    of: &str,
    heads: &[(&str, Unit)],
    rows: Vec<TableRow>,
) -> ToolTable {
    ToolTable {
        source,
        title,
        says: says.to_owned(),
        of: of.to_owned(),
        columns: columns(heads),
        rows,
        rows_left_out: 0,
    }
}

/// Every table, by source and kind.
pub(super) fn all(evidence: &Evidence) -> Vec<ToolTable> {
    let mut tables: Vec<ToolTable> = Vec::new();
    tables.extend(memleak(evidence));
    tables.extend(maps(evidence));
    tables.extend(histograms(evidence));
    tables.extend(cache(evidence));
    tables.extend(sessions(evidence));
    tables.extend(retransmits(evidence));
    tables.extend(stacks(evidence));
    tables.extend(lives(evidence));
    tables.extend(tops(evidence));
    tables.order_by(|a, b| a.source.cmp(&b.source).then_with(|| a.title.cmp(&b.title)));
    tables
}

fn stack_of(evidence: &Evidence, stack: Option<crate::evidence::stacks::StackId>) -> Vec<String> {
    functions(evidence, stack).map(str::to_owned).collect()
}

fn memleak(evidence: &Evidence) -> Vec<ToolTable> {
    let of = |source: SourceId| {
        let rows = native::courses(evidence, source).into_iter().filter_map(|course| {
            let (first, last) = (course.rows.first()?, course.rows.last()?);
            let values = vec![whole(*course.bytes.first()?), whole(course.last()), whole(last.count)];
            Some(row(
                path(evidence, course.stack),
                values,
                stack_of(evidence, course.stack),
                source,
                first.at,
            ))
        });
        let says = "Memory that cgo and C libraries allocated after memleak attached and have not freed. It includes neither the Go heap nor earlier allocations: it explains native memory, but is not its total.";
        table(
            source,
            ("Native allocations not freed (memleak)".to_owned(), says),
            "Stack",
            &[("First list", Unit::Bytes), ("Last list", Unit::Bytes), ("Allocations", Unit::Count)],
            rows.collect(),
        )
    };
    native::sources(evidence).into_iter().map(of).collect()
}

fn maps(evidence: &Evidence) -> Vec<ToolTable> {
    let mut by_map: BTreeMap<(SourceId, &str), Vec<_>> = BTreeMap::new();
    for entry in &evidence.probes.entries {
        by_map.entry((entry.source, evidence.strings.get(entry.map))).or_default().push(entry);
    }
    let made = by_map.into_iter().filter_map(|((source, map), mut entries)| {
        entries.order_by(|a, b| b.value.cmp(&a.value).then(a.at.cmp(&b.at)).then(a.stack.cmp(&b.stack)));
        let unit = entries.first()?.unit;
        let rows = entries.iter().map(|entry| {
            let key = evidence.strings.get(entry.key);
            let name = match (entry.stack, key) {
                (None, "") => map.to_owned(),
                (None, key) => key.to_owned(),
                (stack, "") => path(evidence, stack),
                (stack, key) => format!("{} ({key})", path(evidence, stack)),
            };
            row(name, vec![Some(entry.value)], stack_of(evidence, entry.stack), source, entry.at)
        });
        let says = "What the script counted while it ran. Entries with the same key are summed. Thread waits are not goroutine waits, and libc's malloc is not the Go heap.";
        let head = if unit == Unit::Bytes { "Bytes" } else { "Value" };
        Some(table(source, (format!("{map} (bpftrace)"), says), "Key", &[(head, unit)], rows.collect()))
    });
    made.collect()
}

fn histograms(evidence: &Evidence) -> Vec<ToolTable> {
    let mut by_map: BTreeMap<(SourceId, &str, &str), Vec<_>> = BTreeMap::new();
    for bucket in &evidence.probes.buckets {
        let text = |id| evidence.strings.get(id);
        by_map.entry((bucket.source, text(bucket.map), text(bucket.key))).or_default().push(bucket);
    }
    let made = by_map.into_iter().map(|((source, map, key), buckets)| {
        let rows = buckets.iter().map(|bucket| {
            let name = match (bucket.low, bucket.high) {
                (Some(low), Some(high)) => format!("{low} to below {high}"),
                (Some(low), None) => format!("{low} or more"),
                (None, Some(high)) => format!("below {high}"),
                (None, None) => "all".to_owned(),
            };
            row(name, vec![whole(bucket.count)], Vec::new(), source, bucket.at)
        });
        let title = if key.is_empty() {
            format!("{map} (bpftrace histogram)")
        } else {
            format!("{map} of {key} (bpftrace histogram)")
        };
        let says = "Number of values in each interval, in the script's unit.";
        table(source, (title, says), "Interval", &[("Count", Unit::Count)], rows.collect())
    });
    made.collect()
}

/// Tables of pprof, in the order of their rows.
fn tops(evidence: &Evidence) -> Vec<ToolTable> {
    let mut by_table: BTreeMap<u32, Vec<&TopRow>> = BTreeMap::new();
    for row in &evidence.probes.top_rows {
        by_table.entry(row.table).or_default().push(row);
    }
    let made = evidence.probes.tops.iter().enumerate().map(|(index, top)| {
        let rows = by_table.remove(&to_u32(index)).unwrap_or_default();
        let rows = rows.into_iter().map(|of| {
            let name = evidence.strings.get(of.function).to_owned();
            row(name, vec![Some(of.flat), Some(of.cum)], Vec::new(), top.source, of.at)
        });
        let heads = [("flat", top.unit), ("cum", top.unit)];
        let kind = evidence.strings.get(top.kind);
        let of = if kind.is_empty() { String::new() } else { format!(" of {kind}") };
        let column = columns(&heads).into_iter().next();
        let all = top.total.zip(column).map_or_else(String::new, |(total, column)| {
            format!(", {} in total", column.text(Some(total)))
        });
        let says = if kind.starts_with("inuse") {
            "Objects that were live at the last garbage collection, by the functions that allocated them. Garbage, free spans, stacks and memory outside the Go heap are not included: the process holds more. To see which function grows, compare two profiles."
        } else {
            "The top functions as printed by pprof, without callers and without small entries. To see which function grows, compare two profiles."
        };
        table(top.source, (format!("pprof -top{of}{all}"), says), "Function", &heads, rows.collect())
    });
    made.collect()
}

fn ratio(hits: u64, misses: u64) -> Option<i64> {
    let all = i128::from(hits) + i128::from(misses);
    (all > 0).then(|| clamp_i64(i128::from(hits) * 10_000 / all))
}

fn cache(evidence: &Evidence) -> Vec<ToolTable> {
    let mut by_source: BTreeMap<SourceId, Vec<TableRow>> = BTreeMap::new();
    for interval in &evidence.probes.cache {
        let rows = by_source.entry(interval.source).or_default();
        let values = vec![
            whole(interval.hits),
            whole(interval.misses),
            ratio(interval.hits, interval.misses),
            interval.cached.and_then(whole),
        ];
        rows.push(row(
            format!("interval {}", rows.len() + 1),
            values,
            Vec::new(),
            interval.source,
            interval.at,
        ));
    }
    let says = "The page cache of the whole machine, not of the container. It can only support what the cgroup's own files show about a cache that does not fit.";
    let stat = by_source.into_iter().map(|(source, rows)| {
        let heads = [
            ("Hits", Unit::Count),
            ("Misses", Unit::Count),
            ("Hit ratio", Unit::BasisPoints),
            ("Cached", Unit::Bytes),
        ];
        table(source, ("Page cache of the machine (cachestat)".to_owned(), says), "Interval", &heads, rows)
    });
    let mut users: BTreeMap<(SourceId, u64, &str), (u64, u64, &crate::evidence::probes::CacheUser)> =
        BTreeMap::new();
    for user in &evidence.probes.cache_users {
        let row =
            users.entry((user.source, user.pid, evidence.strings.get(user.command))).or_insert((0, 0, user));
        row.0 = row.0.saturating_add(user.hits);
        row.1 = row.1.saturating_add(user.misses);
    }
    let mut of_users: BTreeMap<SourceId, Vec<TableRow>> = BTreeMap::new();
    for ((source, pid, command), (hits, misses, user)) in users {
        let values = vec![whole(hits), whole(misses), ratio(hits, misses)];
        of_users.entry(source).or_default().push(row(
            format!("{command} (pid {pid})"),
            values,
            Vec::new(),
            source,
            user.at,
        ));
    }
    let top = of_users.into_iter().map(|(source, mut rows)| {
        rows.order_by(|a, b| b.values.get(1).cmp(&a.values.get(1)).then_with(|| a.name.cmp(&b.name)));
        let heads = [("Hits", Unit::Count), ("Misses", Unit::Count), ("Hit ratio", Unit::BasisPoints)];
        let says = "Hits and misses by process, over all intervals. Process IDs are the machine's.";
        table(source, ("Page cache by process (cachetop)".to_owned(), says), "Process", &heads, rows)
    });
    stat.chain(top).collect()
}

fn sessions(evidence: &Evidence) -> Vec<ToolTable> {
    let mut by_source: BTreeMap<SourceId, Vec<TableRow>> = BTreeMap::new();
    for group in churn::sessions(evidence) {
        let arrow = if group.is_client { "to" } else { "on" };
        let name = format!("{} (pid {}) {arrow} {}", group.command, group.pid, group.peer);
        let nanos = |micros: u64| Some(clamp_i64(i128::from(micros) * 1000));
        let values = vec![whole(group.count), nanos(group.median_micros), nanos(group.longest_micros)];
        by_source.entry(group.source).or_default().push(row(
            name,
            values,
            Vec::new(),
            group.source,
            group.at,
        ));
    }
    let says = "TCP sessions that ended while tcplife ran; sessions that are still open are not included. Many short sessions to one remote mean that connections are not reused.";
    let made = by_source.into_iter().map(|(source, rows)| {
        let heads =
            [("Sessions", Unit::Count), ("Median", Unit::Nanoseconds), ("Longest", Unit::Nanoseconds)];
        table(
            source,
            ("TCP sessions that ended (tcplife)".to_owned(), says),
            "Process and remote",
            &heads,
            rows,
        )
    });
    made.collect()
}

fn retransmits(evidence: &Evidence) -> Vec<ToolTable> {
    let mut groups: BTreeMap<(SourceId, &str, &str, u16), (u64, &crate::evidence::probes::Retransmit)> =
        BTreeMap::new();
    for row in &evidence.probes.retransmits {
        let text = |id| evidence.strings.get(id);
        let group = groups
            .entry((row.source, text(row.state), text(row.remote), row.remote_port))
            .or_insert((0, row));
        group.0 = group.0.saturating_add(row.count);
    }
    let mut by_source: BTreeMap<SourceId, Vec<TableRow>> = BTreeMap::new();
    for ((source, state, remote, port), (count, first)) in groups {
        let name =
            if state.is_empty() { format!("{remote}:{port}") } else { format!("{remote}:{port} in {state}") };
        by_source.entry(source).or_default().push(row(
            name,
            vec![whole(count)],
            Vec::new(),
            source,
            first.at,
        ));
    }
    let says = "TCP segments that the machine retransmitted. In SYN_SENT, the peer does not answer; in ESTABLISHED, the network or the peer loses packets. The tool does not show which process owns the socket.";
    let made = by_source.into_iter().map(|(source, mut rows)| {
        rows.order_by(|a, b| b.values.cmp(&a.values).then_with(|| a.name.cmp(&b.name)));
        table(
            source,
            ("TCP retransmits (tcpretrans)".to_owned(), says),
            "Remote",
            &[("Segments", Unit::Count)],
            rows,
        )
    });
    made.collect()
}

/// True for the stack of a thread of the runtime that has nothing to do, or is woken for what a goroutine waits for.
fn is_parked(names: &[String]) -> bool {
    const PARKED: [&str; 7] = [
        "runtime.findRunnable",
        "runtime.findrunnable",
        "runtime.notesleep",
        "runtime.notetsleep_internal",
        "runtime.stopm",
        "runtime.sysmon",
        "runtime.netpoll",
    ];
    names.iter().any(|name| PARKED.contains(&name.as_str()))
}

fn stacks(evidence: &Evidence) -> Vec<ToolTable> {
    let mut by_source: BTreeMap<(SourceId, StackTool), Vec<_>> = BTreeMap::new();
    for counted in &evidence.probes.counted_stacks {
        by_source.entry((counted.source, counted.tool)).or_default().push(counted);
    }
    let made = by_source.into_iter().map(|((source, tool), rows)| {
        let mut parked: Option<TableRow> = None;
        let mut shown: Vec<TableRow> = Vec::new();
        for counted in rows {
            let stack = stack_of(evidence, counted.stack);
            if tool == StackTool::OffCpu && is_parked(&stack) {
                let sum = parked.get_or_insert_with(|| {
                    row("idle threads of the Go runtime".to_owned(), vec![Some(0)], Vec::new(), source, counted.at)
                });
                let before = sum.values.first().copied().flatten().unwrap_or(0);
                sum.values = vec![Some(before.saturating_add(counted.value))];
                continue;
            }
            let name = format!("{} ({})", path(evidence, counted.stack), evidence.strings.get(counted.task));
            shown.push(row(name, vec![Some(counted.value)], stack, source, counted.at));
        }
        shown.order_by(|a, b| b.values.cmp(&a.values).then(a.citation.at.cmp(&b.citation.at)));
        let all = parked.into_iter().chain(shown).collect();
        match tool {
            StackTool::OffCpu => table(
                source,
                ("Off-CPU time (offcputime)".to_owned(), "Of threads, not goroutines; idle runtime threads are one row. Useful for system calls, page faults and cgo. For goroutines, use a dump or a trace."),
                "Stack and task",
                &[("Time", Unit::Nanoseconds)],
                all,
            ),
            StackTool::OnCpu => table(
                source,
                ("On-CPU samples (profile)".to_owned(), "Includes kernel time. In folded format (profile -f), it is shown as a flame graph."),
                "Stack and task",
                &[("Samples", Unit::Count)],
                all,
            ),
        }
    });
    made.collect()
}

/// Calls between services, and which of them have their callee.
pub(super) fn spans(facts: &SpanFacts) -> Option<ToolTable> {
    let rows = facts.edges.iter().map(|edge| {
        let alone = edge.calls.saturating_sub(edge.answered);
        let (source, at) = edge.first;
        let values = vec![whole(edge.calls), whole(edge.answered), whole(alone), ratio(alone, edge.answered)];
        row(format!("{} → {}", edge.caller, edge.callee), values, Vec::new(), source, at)
    });
    let says = "Calls between services over all traces. If the callee's span is missing, the callee is not instrumented, not in the files, sampled out, or lost; the spans alone do not show which. For a single trace, use Jaeger, Tempo or Zipkin.";
    let heads = [
        ("Calls", Unit::Count),
        ("With callee span", Unit::Count),
        ("Without", Unit::Count),
        ("Share without", Unit::BasisPoints),
    ];
    let rows: Vec<TableRow> = rows.collect();
    let source = rows.first()?.citation.source;
    Some(table(source, ("Calls between services (spans)".to_owned(), says), "Edge", &heads, rows))
}

fn lives(evidence: &Evidence) -> Vec<ToolTable> {
    let mut by_source: BTreeMap<SourceId, Vec<_>> = BTreeMap::new();
    for life in &evidence.probes.lives {
        by_source.entry(life.source).or_default().push(life);
    }
    let made = by_source.into_iter().map(|(source, mut lives)| {
        lives.order_by(|a, b| {
            let open = |life: &crate::evidence::probes::GoroutineLife| life.births.saturating_sub(life.ends);
            open(b).cmp(&open(a)).then(b.births.cmp(&a.births)).then(a.function.cmp(&b.function)).then(a.creator.cmp(&b.creator))
        });
        let rows = lives.iter().map(|life| {
            let name = format!("{} by {}", evidence.strings.get(life.function), evidence.strings.get(life.creator));
            let values = vec![
                whole(life.births),
                whole(life.ends),
                whole(life.waiting),
                life.longest_wait.and_then(whole),
            ];
            row(name, values, stack_of(evidence, life.stack), source, life.at)
        });
        let says = "Goroutines started while the script ran, by the function of their go statement. Earlier goroutines are not included.";
        let heads = [
            ("Started", Unit::Count),
            ("Ended", Unit::Count),
            ("Waiting", Unit::Count),
            ("Longest wait", Unit::Nanoseconds),
        ];
        table(source, ("Goroutines started and exited (eBPF)".to_owned(), says), "Function", &heads, rows.collect())
    });
    made.collect()
}
