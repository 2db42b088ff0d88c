//! All tables of one trace are sums of the same events, and agree with each other.

use analyzer_core::base::source::SourceId;
use analyzer_core::report::trace::{SiteKind, Trace, TraceGroup};
use analyzer_core::report::{NoteSeverity, Report, SourceStatus};
use analyzer_core::session::{Session, TraceQuery};

use super::{fixture, text};

const FIXTURES: [&str; 12] = [
    "small-go1.22.trace.gz",
    "small-go1.24.trace.gz",
    "small-go1.27.trace.gz",
    "flight-go1.25.trace.gz",
    "flight-go1.27.trace.gz",
    "cgo-callback-go1.24.trace.gz",
    "cgo-callback-running-zero.trace.gz",
    "allocfree-go1.27.trace.gz",
    "noexitstop-go1.25.trace.gz",
    "pricing-go1.26.trace.gz",
    "shop-go1.26.trace.gz",
    "assist-share-small.trace.gz",
];

fn report(bytes: Vec<u8>) -> Report {
    let mut session = Session::default();
    session.add("app.trace", bytes);
    session.report()
}

/// A trace of these events of one thread; a tick takes 64 ns.
fn hand_made(events: &str) -> Report {
    let text = format!(
        "Trace Go1.22
         EventBatch gen=1 m=1 time=0
         {events}
         EventBatch gen=1 m=18446744073709551615 time=0
         Frequency freq=15625000"
    );
    report(text::wire_measured(&text))
}

/// Goroutine 1 runs on the thread with a processor.
const RUNNING: &str = "ProcStatus dt=0 p=0 pstatus=1
         GoStatus dt=0 g=1 m=1 gstatus=2";

fn of_goroutine_1(events: &str) -> Report {
    hand_made(&format!("{RUNNING}\n{events}"))
}

/// Running, runnable, waiting, in system calls.
fn states(groups: &[TraceGroup]) -> [u64; 4] {
    let sum = |of: fn(&TraceGroup) -> u64| groups.iter().map(of).sum();
    [
        sum(|group| group.times.running.total),
        sum(|group| group.times.runnable.total),
        sum(|group| group.times.waiting.total),
        sum(|group| group.times.syscall.total),
    ]
}

fn sites(trace: &Trace, kind: SiteKind) -> u64 {
    let own = trace.sites.iter().filter(|site| site.kind == kind);
    own.map(|site| site.done.total + site.open.total).sum()
}

fn of_start<'a>(trace: &'a Trace, start: &'a str) -> impl Iterator<Item = &'a TraceGroup> {
    trace.groups.iter().filter(move |group| group.start.as_deref() == Some(start))
}

#[test]
fn groups_and_places_have_the_same_time_in_each_state() {
    for name in FIXTURES {
        let trace = report(fixture(name)).traces.remove(0);
        let [_, runnable, waiting, syscall] = states(&trace.groups);
        assert_eq!(sites(&trace, SiteKind::Runnable), runnable, "{name}");
        assert_eq!(sites(&trace, SiteKind::Wait), waiting, "{name}");
        assert_eq!(sites(&trace, SiteKind::Syscall), syscall, "{name}");
        for group in &trace.groups {
            let waits: u64 = group.waits.iter().map(|wait| wait.total).sum();
            assert_eq!(waits, group.times.waiting.total, "{name}: {:?}", group.start);
        }
        let delays: u64 = trace.delays.iter().map(|delays| delays.spread.total).sum();
        let done = trace.sites.iter().filter(|site| site.kind == SiteKind::Runnable);
        assert_eq!(delays, done.map(|site| site.done.total).sum::<u64>(), "{name}");
    }
}

/// One part of the overview is the mean over all of the trace, in thousandths.
#[test]
fn tracks_have_the_time_of_the_groups() {
    for name in FIXTURES {
        let mut session = Session::default();
        session.add("app.trace", fixture(name));
        let query = TraceQuery {
            source: SourceId(0),
            from: 0,
            to: u64::MAX,
            columns: 1,
            group: None,
            lanes: 0,
            pinned: Vec::new(),
        };
        let trace = session.trace_window(&query).unwrap().trace;
        let nanos = trace.to - trace.from;
        let time = |track: &[u64]| track[0] * nanos / 1_000;
        let overview = &trace.overview;
        let [running, runnable, waiting, syscall] = states(&trace.groups);
        let workers: u64 = trace.gc.workers.iter().sum();
        let assists = trace.gc.assists.total;
        for (what, track, sum) in [
            ("running", &overview.running, running - workers),
            ("GC workers", &overview.gc_workers, workers),
            ("runnable", &overview.runnable, runnable),
            ("waiting", &overview.waiting, waiting),
            ("in system calls", &overview.syscall, syscall),
            ("assists", &overview.assists, assists),
        ] {
            assert!(time(track).abs_diff(sum) <= nanos / 1_000, "{name} {what}: {} {sum}", time(track));
        }
    }
}

#[test]
fn processors_ran_what_ran() {
    for name in FIXTURES {
        let trace = report(fixture(name)).traces.remove(0);
        let workers: u64 = trace.gc.workers.iter().sum();
        assert_eq!(trace.procs.iter().map(|proc| proc.gc).sum::<u64>(), workers, "{name}");
        let running: u64 = trace.procs.iter().map(|proc| proc.running).sum();
        assert_eq!(running + workers, states(&trace.groups)[0], "{name}");
    }
}

#[test]
fn cycles_and_groups_have_the_work_of_the_collector() {
    for name in FIXTURES {
        let trace = report(fixture(name)).traces.remove(0);
        for mode in 0..3 {
            let of_cycles: u64 = trace.gc.cycles.iter().map(|cycle| cycle.workers[mode]).sum();
            assert_eq!(of_cycles, trace.gc.workers[mode], "{name} {mode}");
        }
        let labelled: u64 = trace.gc.workers.iter().sum();
        let of_group: u64 =
            of_start(&trace, "runtime.gcBgMarkWorker").map(|group| group.times.running.total).sum();
        assert!(labelled <= of_group, "{name}: {labelled} of {of_group}");
        let of_groups: u64 = trace.groups.iter().map(|group| group.assist).sum();
        assert_eq!(of_groups, trace.gc.assists.total, "{name}");
        let inside: u64 = trace.gc.cycles.iter().map(|cycle| cycle.assist).sum();
        assert_eq!(inside, trace.gc.assist_running, "{name}");
        for cycle in &trace.gc.cycles {
            assert!(cycle.assist <= cycle.mutator, "{name}: {} of {}", cycle.assist, cycle.mutator);
        }
    }
}

#[test]
fn the_share_of_assists_is_that_of_the_goroutines_inside_of_mark_phases() {
    let trace = report(fixture("assist-share-small.trace.gz")).traces.remove(0);
    // The overlap of runs, assists and mark phases in what `go tool trace -d=parsed` prints.
    assert_eq!(trace.gc.assist_share_basis_points, Some(828));
}

/// The goroutine allocates before, in and after the mark phase; its help began inside and ends after it.
const LATE_ASSIST: &str = "GCBegin dt=100 gc_seq=1 stack=0
     GCMarkAssistBegin dt=60 stack=0
     GCEnd dt=40 gc_seq=2
     GCMarkAssistEnd dt=900
     GoStop dt=100 reason_string=0 stack=0";

#[test]
fn an_assist_counts_inside_of_the_mark_phase_alone() {
    let trace = of_goroutine_1(LATE_ASSIST).traces.remove(0);
    let cycle = trace.gc.cycles[0];
    assert_eq!((cycle.mutator, cycle.assist), (100 * 64, 40 * 64));
    assert_eq!(trace.gc.assist_share_basis_points, Some(4_000));
    // How long it took is another question.
    assert_eq!(trace.gc.assists.total, 940 * 64);
}

/// While it helps, it is preempted, and runs on when the mark phase is over.
#[test]
fn an_assist_that_waits_for_a_processor_takes_none() {
    let trace = of_goroutine_1(
        "GCBegin dt=100 gc_seq=1 stack=0
         GCMarkAssistBegin dt=10 stack=0
         GoStop dt=20 reason_string=0 stack=0
         GCEnd dt=70 gc_seq=2
         GoStart dt=10 g=1 g_seq=1
         GCMarkAssistEnd dt=500
         GoDestroy dt=1",
    )
    .traces
    .remove(0);
    assert_eq!((trace.gc.cycles[0].mutator, trace.gc.cycles[0].assist), (30 * 64, 20 * 64));
}

/// Four mark phases of 100 ticks each, and an assist that begins in each and takes `inside` of it and
/// `after` more once it is over, in rounds of so many ticks.
fn rounds_with_assists(inside: u64, after: u64, ticks: u64) -> Report {
    let mut text = "ProcsChange dt=0 procs_value=1 stack=0\n".to_owned();
    for round in 0..4 {
        let (begin, end) = (2 * round + 1, 2 * round + 2);
        let (before, rest) = (100 - inside, ticks - 100 - after);
        text.push_str(&format!(
            "GCBegin dt=0 gc_seq={begin} stack=0
             GCMarkAssistBegin dt={before} stack=0
             GCEnd dt={inside} gc_seq={end}
             GCMarkAssistEnd dt={after}
             HeapAlloc dt={rest} heapalloc_value=4096\n"
        ));
    }
    of_goroutine_1(&text)
}

#[test]
fn help_that_ends_after_the_mark_phase_is_no_load_of_the_collector() {
    let has_load = |report: &Report| report.findings.iter().any(|finding| finding.code == "trace.gc-load");
    // 2 % of the processor's time in mark phases, 32 % after them.
    let late = rounds_with_assists(20, 300, 1_000);
    assert_eq!(late.traces[0].gc.assist_share_basis_points, Some(2_000));
    assert!(!has_load(&late));
    // A tenth of the processor's time is not much either; half of it is.
    assert!(!has_load(&rounds_with_assists(100, 0, 1_000)));
    assert!(has_load(&rounds_with_assists(100, 0, 200)));
}

/// An assist that is open at the trace's end is an assist.
#[test]
fn an_open_assist_is_in_every_sum() {
    let trace = of_goroutine_1(
        "GCBegin dt=100 gc_seq=1 stack=0
         GCMarkAssistBegin dt=50 stack=0
         HeapAlloc dt=50 heapalloc_value=4096",
    )
    .traces
    .remove(0);
    assert_eq!((trace.gc.cycles[0].assist, trace.gc.cycles[0].mutator), (50 * 64, 100 * 64));
    assert_eq!((trace.gc.assists.total, trace.gc.assists.count), (50 * 64, 1));
    assert_eq!(trace.groups.iter().map(|group| group.assist).sum::<u64>(), 50 * 64);
}

/// A goroutine of a C thread has no start function until a stack names it, and some never have one.
fn callbacks(rounds: usize, last: &str) -> Trace {
    let mut text = "ProcStatus dt=0 p=0 pstatus=2
         GoCreateSyscall dt=1 new_g=5\n"
        .to_owned();
    for round in 0..rounds {
        let sequence = if round == 0 { 1 } else { 2 * round + 1 };
        text.push_str(&format!(
            "ProcStart dt=1 p=0 p_seq={sequence}
             GoSyscallEndBlocked dt=1
             GoStart dt=2 g=5 g_seq={}
             GoSyscallBegin dt=10 p_seq={} stack=0
             ProcSteal dt=1 p=0 p_seq={} m=1\n",
            round + 1,
            2 * round + 2,
            2 * round + 3,
        ));
    }
    text.push_str(last);
    hand_made(&text).traces.remove(0)
}

#[test]
fn a_goroutine_that_no_stack_names_keeps_its_time() {
    let trace = callbacks(3, "GoDestroySyscall dt=1");
    assert_eq!(states(&trace.groups)[0], 3 * 10 * 64);
    assert_eq!(trace.groups.len(), 1);
}

#[test]
fn however_often_it_stops() {
    for rounds in [30, 100, 1_000] {
        let trace = callbacks(rounds, "GoDestroySyscall dt=1");
        let rounds = rounds as u64;
        let times = &trace.groups[0].times;
        assert_eq!((times.running.total, times.running.count), (rounds * 10 * 64, rounds), "{rounds}");
        assert_eq!(times.runnable.total, rounds * 2 * 64, "{rounds}");
        assert_eq!(times.syscall.count, rounds + 1, "{rounds}");
    }
}

#[test]
fn c_threads_that_call_into_go_run() {
    let trace = report(fixture("cgo-callback-running-zero.trace.gz")).traces.remove(0);
    let callers: Vec<_> = trace.groups.iter().filter(|group| group.start.is_none()).collect();
    assert_eq!(callers.iter().map(|group| group.created).sum::<u64>(), 8);
    // The sum over `go tool trace -d=parsed`.
    assert_eq!(callers.iter().map(|group| group.times.running.total).sum::<u64>(), 525_120);
}

/// A syscall that ends without a processor: Go's reader stops there.
#[test]
fn events_that_need_a_processor_are_refused_without_one() {
    let ends = |end: &str| {
        hand_made(&format!(
            "GoCreateSyscall dt=1 new_g=4
             {end}"
        ))
    };
    for end in [
        "GoSyscallEnd dt=1",
        "GoSyscallBegin dt=1 p_seq=1 stack=0",
        "GoBlock dt=1 reason_string=0 stack=0",
        "GoCreate dt=1 new_g=5 new_stack=0 stack=0",
        "GoDestroy dt=1",
    ] {
        let source = ends(end).sources.remove(0);
        assert_eq!(source.status, SourceStatus::Partial, "{end}");
        let note = source.notes.iter().find(|note| note.code == "trace-no-processor").unwrap();
        assert_eq!(note.severity, NoteSeverity::DataLoss, "{end}");
    }
    // The goroutine stays where it was: in the call.
    assert_eq!(states(&ends("GoSyscallEnd dt=1").traces[0].groups)[0], 0);
    // To leave for C, and to come back to a queue, take none.
    for end in ["GoDestroySyscall dt=1", "GoSyscallEndBlocked dt=1"] {
        let source = ends(end).sources.remove(0);
        assert!(
            source.notes.iter().all(|note| note.code != "trace-no-processor"),
            "{end}: {:?}",
            source.notes
        );
    }
}

/// Headers of every format before Go 1.22. Source: `parseHeader` in Go 1.21's `internal/trace/parser.go`.
#[test]
fn traces_of_every_old_go_are_named_with_advice() {
    for number in [5, 7, 8, 9, 10, 11, 19, 21] {
        let mut bytes = format!("go 1.{number} trace").into_bytes();
        bytes.resize(16, 0);
        bytes.extend([0x41, 0, 1, 2, 3]);
        let source = report(bytes).sources.remove(0);
        assert_eq!(source.format.as_deref(), Some("go-trace"), "1.{number}");
        let advice =
            source.notes.iter().any(|note| note.message.contains("capture it again with Go 1.22 or later"));
        assert!(advice, "1.{number}: {:?}", source.notes);
    }
    let mut bytes = b"go 1.5 trace".to_vec();
    bytes.resize(15, 0);
    bytes.push(1);
    assert_eq!(report(bytes).sources[0].format, None);
}
