//! Parts of a trace, read again: they add up to the whole.

use analyzer_core::base::source::SourceId;
use analyzer_core::report::trace::Trace;
use analyzer_core::session::lanes::{LaneOf, Lanes, NONE, RUNNING};
use analyzer_core::session::{Session, TraceQuery, TraceWindow};

/// A trace with its generations: three in this one.
fn session(name: &str) -> (Session, Trace) {
    let mut session = Session::default();
    session.add("app.trace", super::fixture(name));
    let whole = session.report().traces.remove(0);
    (session, whole)
}

fn part(session: &mut Session, from: u64, to: u64) -> TraceWindow {
    let query = TraceQuery {
        source: SourceId(0),
        from,
        to,
        columns: 1_000,
        group: None,
        lanes: 400,
        pinned: Vec::new(),
    };
    session.trace_window(&query).unwrap()
}

fn created_and_ended(trace: &Trace) -> (u64, u64) {
    (trace.goroutines_created, trace.goroutines_ended)
}

/// Running, runnable, waiting and syscall time of each group that has a name.
fn times(trace: &Trace) -> std::collections::BTreeMap<u32, [u64; 4]> {
    let rows = trace.groups.iter().map(|group| {
        let times = &group.times;
        (group.id, [times.running.total, times.runnable.total, times.waiting.total, times.syscall.total])
    });
    rows.filter(|row| row.1.iter().any(|&nanos| nanos > 0)).collect()
}

#[test]
fn the_part_that_is_everything_is_the_whole() {
    for name in
        ["small-go1.22.trace.gz", "small-go1.24.trace.gz", "small-go1.27.trace.gz", "flight-go1.25.trace.gz"]
    {
        let (mut session, whole) = session(name);
        let all = part(&mut session, 0, u64::MAX).trace;
        assert_eq!((all.from, all.to), (whole.from, whole.to), "{name}");
        assert_eq!(created_and_ended(&all), created_and_ended(&whole), "{name}");
        assert_eq!(times(&all), times(&whole), "{name}");
        assert_eq!((all.procs, all.gc, all.pauses), (whole.procs, whole.gc, whole.pauses), "{name}");
        assert_eq!(all.events, whole.events, "{name}");
    }
}

#[test]
fn two_parts_that_meet_add_up_to_the_whole() {
    for name in ["small-go1.24.trace.gz", "small-go1.27.trace.gz"] {
        let (mut session, whole) = session(name);
        for third in [1, 2] {
            let middle = whole.to / 3 * third;
            let parts =
                [part(&mut session, 0, middle), part(&mut session, middle, whole.to)].map(|part| part.trace);
            let mut sum = times(&parts[0]);
            for (group, more) in times(&parts[1]) {
                let all = sum.entry(group).or_default();
                all.iter_mut().zip(more).for_each(|(all, more)| *all += more);
            }
            assert_eq!(sum, times(&whole), "{name} at {middle}");
            let busy = |trace: &Trace| trace.procs.iter().map(|proc| proc.running + proc.gc).sum::<u64>();
            assert_eq!(busy(&parts[0]) + busy(&parts[1]), busy(&whole), "{name} at {middle}");
        }
    }
}

#[test]
fn lanes_of_processors_hold_what_ran_there() {
    let (mut session, whole) = session("small-go1.27.trace.gz");
    let TraceWindow { trace, lanes, .. } = part(&mut session, 0, u64::MAX);
    let busy = |id: u64| {
        let lane = lanes.lanes.iter().find(|lane| lane.of == LaneOf::Processor(id));
        let rows = lane.map(|lane| lanes.rows(lane)).into_iter().flatten();
        rows.map(|row| (lanes.to.0[row] - lanes.from.0[row]) * u64::from(lanes.fill.0[row])).sum::<u64>()
    };
    for proc in &trace.procs {
        // Shares of merged stays are kept in parts of 255.
        let (drawn, exact) = (busy(proc.id) / 255, proc.running + proc.gc);
        assert!(drawn.abs_diff(exact) * 100 <= exact, "P{}: {drawn} of {exact}", proc.id);
    }
    assert_eq!(whole.procs, trace.procs);
}

/// In a narrow window every event stands alone.
#[test]
fn a_narrow_window_shows_single_stays_with_their_place() {
    let (mut session, whole) = session("small-go1.27.trace.gz");
    let longest = &whole.longest_waits[0];
    let TraceWindow { lanes, trace, .. } = part(&mut session, longest.from, longest.from + 200_000);
    assert_eq!((trace.from, trace.to), (longest.from, longest.from + 200_000));
    assert!(lanes.stays.0.iter().all(|&stays| stays >= 1));
    let alone = lanes.stays.0.iter().filter(|&&stays| stays == 1).count();
    assert!(alone * 10 > lanes.stays.0.len() * 9, "{alone} of {}", lanes.stays.0.len());
    let waiting = of_goroutine(&lanes, longest.goroutine);
    assert!(waiting.iter().all(|&row| lanes.state.0[row] != RUNNING || lanes.site.0[row] == NONE));
}

fn of_goroutine(lanes: &Lanes, id: u64) -> Vec<usize> {
    let own = lanes.lanes.iter().filter(|lane| lane.of == LaneOf::Goroutine(id));
    own.flat_map(|lane| lanes.rows(lane)).collect()
}

#[test]
fn nonsense_is_answered() {
    let (mut session, whole) = session("small-go1.27.trace.gz");
    let query = |from, to, columns| TraceQuery {
        source: SourceId(0),
        from,
        to,
        columns,
        group: Some(7),
        lanes: 9,
        pinned: Vec::new(),
    };
    for (from, to) in [(u64::MAX, 0), (5, 5), (whole.to, whole.to + 1), (0, 1)] {
        let part = session.trace_window(&query(from, to, 0)).unwrap();
        assert!(part.trace.from < part.trace.to, "{from}..{to}");
    }
    assert!(session.trace_window(&TraceQuery { source: SourceId(9), ..query(0, 1, 1) }).is_none());
}

/// The program's last task and region begin in the first generation and never end.
#[test]
fn tasks_and_regions_that_began_before_a_part_are_known_in_it() {
    for name in ["small-go1.24.trace.gz", "small-go1.27.trace.gz"] {
        let (mut session, whole) = session(name);
        let last = whole.generations.last().unwrap();
        let TraceWindow { trace, .. } = part(&mut session, last.start + 1_000, whole.to);
        for (kinds, rows, open) in [
            (&trace.tasks, &trace.task_rows, "never-ended"),
            (&trace.regions, &trace.region_rows, "open-region"),
        ] {
            let kind = kinds.iter().find(|kind| kind.name == open).unwrap();
            assert_eq!((kind.open, kind.done.count, kind.ended_only), (1, 0, 0), "{name} {open}");
            let row = rows.iter().find(|row| row.name == open).unwrap();
            assert!(row.begin < last.start && row.end.is_none(), "{name} {open}");
        }
        // What began and ended before is none of it.
        assert!(trace.tasks.iter().all(|kind| kind.name != "order"), "{name}");
    }
}

/// Sums of tasks and regions over two parts that meet are those of the whole, wherever the parts meet.
#[test]
fn tasks_and_regions_are_clipped_to_the_part() {
    let (mut session, whole) = session("small-go1.27.trace.gz");
    let sums = |trace: &Trace| -> std::collections::BTreeMap<String, u64> {
        let kinds = trace.tasks.iter().chain(&trace.regions);
        kinds.filter(|kind| kind.ended_only == 0).map(|kind| (kind.name.clone(), kind.done.total)).collect()
    };
    let longest = whole.task_rows.iter().find(|row| row.name == "order").unwrap();
    let (begin, end) = (longest.begin, longest.end.unwrap());
    let TraceWindow { trace, .. } = part(&mut session, begin + (end - begin) / 2, whole.to);
    assert!(trace.tasks.iter().all(|kind| kind.ended_only == 0), "{:?}", trace.tasks);
    assert!(sums(&trace)["order"] < sums(&whole)["order"]);
    assert!(trace.task_rows.iter().any(|row| (row.begin, row.end) == (begin, Some(end))));
}
