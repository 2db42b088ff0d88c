//! Sites, delays, wake-ups, processors, annotations and samples as the report shows them.

use std::collections::BTreeMap;

use super::Scope;
use super::groups::start_of;
use super::reasons::{is_synchronization, reason};
use super::spread;
use crate::analysis::trace::summary::{
    self, Annotation, RunnableCause, Site as SiteRow, SiteId, SiteKind as Kind,
};
use crate::base::convert::{to_u64, total};
use crate::base::intern::StrId;
use crate::base::order::StableOrder;
use crate::evidence::trace::names::{Names, StackRef};
use crate::report::trace::{
    AnnotationKind, AnnotationRow, CpuSamples, DelayCause, Delays, GoToolProfile, Interval, LogCategory,
    LogLine, Proc, Site, SiteKind, Wake,
};

/// Sites of each kind in a report.
const SITES: usize = 400;
/// Wake-up pairs in a report.
const WAKES: usize = 400;
/// Logs in a report.
const LOGS: usize = 2_000;

/// Sites by kind, then by time, open stays included.
pub(super) fn sites(scope: &mut Scope<'_>) -> Vec<Site> {
    let total = |site: &SiteRow| site.done.total.saturating_add(site.open.total);
    let mut rows = Vec::new();
    for kind in [SiteKind::Wait, SiteKind::Syscall, SiteKind::Runnable] {
        let mut of_kind: Vec<(SiteId, &SiteRow)> = scope
            .summary
            .sites
            .iter_enumerated()
            .filter(|(_, site)| kind_of(site.key.kind).0 == kind && site.done.count + site.open.count > 0)
            .collect();
        of_kind.order_by_key(|(id, site)| (std::cmp::Reverse(total(site)), *id));
        rows.extend(of_kind.into_iter().take(SITES).map(|(id, site)| site_row(scope, id, site)));
    }
    rows
}

fn site_row(scope: &mut Scope<'_>, id: SiteId, site: &SiteRow) -> Site {
    let (kind, cause) = kind_of(site.key.kind);
    let why = match kind {
        SiteKind::Wait => reason(scope.names, site.key.reason, site.key.stack),
        _ => super::reasons::Reason { word: scope.names.strings.get(site.key.reason), is_inferred: false },
    };
    let is_syscall = kind == SiteKind::Syscall;
    Site {
        id: id.0,
        kind,
        cause,
        reason: why.word.to_owned(),
        is_inferred: why.is_inferred,
        stack: scope.stacks.index(site.key.stack),
        done: spread(&site.done),
        open: spread(&site.open),
        lost_processor: is_syscall.then_some(site.without_proc.0),
        without_processor: is_syscall.then_some(site.without_proc.1),
    }
}

fn kind_of(kind: Kind) -> (SiteKind, Option<DelayCause>) {
    match kind {
        Kind::Wait => (SiteKind::Wait, None),
        Kind::Syscall => (SiteKind::Syscall, None),
        Kind::Runnable(cause) => (SiteKind::Runnable, Some(cause_of(cause))),
    }
}

pub(super) fn cause_of(cause: RunnableCause) -> DelayCause {
    match cause {
        RunnableCause::Created => DelayCause::Created,
        RunnableCause::Woken => DelayCause::Woken,
        RunnableCause::Preempted => DelayCause::Preempted,
        RunnableCause::SyscallReturn => DelayCause::SyscallReturn,
        RunnableCause::Existed => DelayCause::Existed,
    }
}

/// Delays by cause.
pub(super) fn delays(scope: &Scope<'_>) -> Vec<Delays> {
    let rows = RunnableCause::ALL.into_iter().zip(&scope.summary.delays).zip(scope.summary.starved);
    rows.map(|((cause, delays), (starved, starved_total))| Delays {
        cause: cause_of(cause),
        spread: spread(delays),
        starved,
        starved_total,
    })
    .collect()
}

/// The four profiles of `go tool trace -pprof`.
pub(super) fn go_tool_profiles(scope: &Scope<'_>) -> Vec<GoToolProfile> {
    let matches = |name: &str, site: &SiteRow| match (name, site.key.kind) {
        ("sched", Kind::Runnable(_)) | ("syscall", Kind::Syscall) => true,
        ("net", Kind::Wait) => scope.names.strings.get(site.key.reason) == "network",
        ("sync", Kind::Wait) => is_synchronization(scope.names.strings.get(site.key.reason)),
        _ => false,
    };
    ["net", "sync", "syscall", "sched"]
        .into_iter()
        .map(|name| {
            let counted: Vec<_> = scope
                .summary
                .sites
                .iter()
                .filter(|site| site.as_go_tool.0 > 0 && matches(name, site))
                .collect();
            let stacks: std::collections::BTreeSet<StackRef> =
                counted.iter().map(|site| site.key.stack).collect();
            GoToolProfile {
                name: name.to_owned(),
                stacks: to_u64(stacks.len()),
                count: counted.iter().map(|site| site.as_go_tool.0).sum(),
                delay: total(counted.iter().map(|site| site.as_go_tool.1)),
            }
        })
        .collect()
}

/// Who wakes whom.
pub(super) fn wakes(scope: &mut Scope<'_>) -> Vec<Wake> {
    let summary = scope.summary;
    let rows = summary.wakes.iter().take(WAKES);
    rows.map(|wake| {
        let key = summary.sites.get(wake.site).map(|site| site.key);
        let stack = key.map_or(Names::NO_STACK, |key| key.stack);
        Wake {
            waker_stack: scope.stacks.index(wake.waker),
            waker: wake.waker_group.and_then(|group| start_of(scope, group)),
            reason: key
                .map_or_else(String::new, |key| reason(scope.names, key.reason, stack).word.to_owned()),
            stack: scope.stacks.index(stack),
            count: wake.count,
            total: wake.total,
            max: wake.max,
        }
    })
    .collect()
}

/// The longest stays.
pub(super) fn stays(scope: &mut Scope<'_>, stays: &[summary::Interval]) -> Vec<Interval> {
    let summary = scope.summary;
    stays
        .iter()
        .map(|stay| {
            let key = summary.sites.get(stay.site).map(|site| site.key);
            let stack = key.map_or(Names::NO_STACK, |key| key.stack);
            let cause = key.and_then(|key| kind_of(key.kind).1);
            let word = key.map_or("", |key| match cause {
                Some(_) => scope.names.strings.get(key.reason),
                None => reason(scope.names, key.reason, stack).word,
            });
            Interval {
                nanos: stay.nanos,
                from: stay.from,
                began_before: stay.began_before,
                goroutine: stay.go,
                start: start_of(scope, stay.group),
                reason: word.to_owned(),
                cause,
                stack: scope.stacks.index(stack),
            }
        })
        .collect()
}

/// Processors by id.
pub(super) fn procs(scope: &Scope<'_>) -> Vec<Proc> {
    let rows = scope.summary.procs.iter();
    rows.map(|proc| Proc {
        id: proc.id,
        running: proc.running,
        gc: proc.gc,
        syscall: proc.syscall,
        scheduler: proc.scheduler,
        idle: proc.idle,
        starts: proc.starts,
        steals: proc.steals,
    })
    .collect()
}

/// Tasks or regions by name, the most time first.
pub(super) fn annotations(scope: &Scope<'_>, kinds: &BTreeMap<StrId, Annotation>) -> Vec<AnnotationKind> {
    let mut rows: Vec<AnnotationKind> = kinds
        .iter()
        .map(|(&name, kind)| AnnotationKind {
            name: scope.text(name),
            done: spread(&kind.done),
            open: kind.open,
            ended_only: kind.ended_only,
            histogram: kind.done.histogram.by_power(),
        })
        .collect();
    rows.order_by(|a, b| b.done.total.cmp(&a.done.total).then_with(|| a.name.cmp(&b.name)));
    rows
}

/// Tasks or regions one by one.
pub(super) fn annotation_rows(scope: &Scope<'_>, rows: &[summary::AnnotationRow]) -> Vec<AnnotationRow> {
    rows.iter()
        .map(|row| AnnotationRow {
            name: scope.text(row.name),
            task: row.task,
            parent: row.parent,
            goroutine: row.go,
            begin: row.begin,
            end: row.end,
        })
        .collect()
}

/// Log categories, most first.
pub(super) fn log_categories(scope: &Scope<'_>) -> Vec<LogCategory> {
    let categories = scope.summary.log_categories.iter();
    let mut rows: Vec<_> =
        categories.map(|(&category, &count)| LogCategory { category: scope.text(category), count }).collect();
    rows.order_by(|a, b| b.count.cmp(&a.count).then_with(|| a.category.cmp(&b.category)));
    rows
}

/// The first logs.
pub(super) fn logs(scope: &Scope<'_>) -> Vec<LogLine> {
    let rows = scope.summary.logs.iter().take(LOGS);
    rows.map(|row| LogLine {
        time: row.time,
        goroutine: row.go,
        task: row.task,
        category: scope.text(row.category),
        message: scope.text(row.message),
    })
    .collect()
}

/// CPU samples.
pub(super) fn cpu_samples(scope: &Scope<'_>) -> CpuSamples {
    let stacks: std::collections::BTreeSet<StackRef> =
        scope.summary.samples.iter().map(|(stack, ..)| *stack).collect();
    CpuSamples { count: scope.summary.samples.iter().map(|row| row.2).sum(), stacks: to_u64(stacks.len()) }
}
