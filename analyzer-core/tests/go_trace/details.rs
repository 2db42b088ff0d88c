//! One goroutine, searches, pinned lanes and the utilization curve.

use analyzer_core::base::source::SourceId;
use analyzer_core::report::trace::Trace;
use analyzer_core::session::lanes::{LaneOf, RUNNABLE, RUNNING, WAITING};
use analyzer_core::session::question::{TraceGoroutine, TraceSearch, TraceUtilization};
use analyzer_core::session::{GoroutineDetails, NoAnswer, Question, Session, TraceQuery};

const SOURCE: SourceId = SourceId(0);
const SMALL: [&str; 3] = ["small-go1.22.trace.gz", "small-go1.24.trace.gz", "small-go1.27.trace.gz"];

fn session(name: &str) -> (Session, Trace) {
    let mut session = Session::default();
    session.add("app.trace", super::fixture(name));
    let whole = session.report().traces.remove(0);
    (session, whole)
}

fn details(session: &mut Session, goroutine: u64, window: (u64, u64), at: Option<u64>) -> GoroutineDetails {
    let (from, to) = window;
    TraceGoroutine { source: SOURCE, goroutine, from, to, at }.answer(session).unwrap()
}

fn functions(
    stacks: &[Vec<u32>],
    frames: &[analyzer_core::report::StackFrame],
    stack: Option<u32>,
) -> Vec<String> {
    let rows = stack.and_then(|stack| stacks.get(usize::try_from(stack).unwrap())).into_iter().flatten();
    rows.map(|&row| frames[usize::try_from(row).unwrap()].function.clone()).collect()
}

/// The tables list the longest waits and delays: told one by one, each is the same.
#[test]
fn the_longest_stays_of_the_tables_are_told_the_same() {
    for name in SMALL {
        let (mut session, whole) = session(name);
        for row in whole.longest_waits.iter().take(20).chain(whole.longest_delays.iter().take(20)) {
            let at = Some(row.from + row.nanos / 2);
            let found = details(&mut session, row.goroutine, (0, u64::MAX), at);
            let stay = found.stay.as_ref().unwrap_or_else(|| panic!("{name}: {row:?}"));
            assert_eq!((stay.from, stay.to - stay.from), (row.from, row.nanos), "{name}: {row:?}");
            // A later stack may have named it.
            assert!(row.start.is_none() || found.start == row.start, "{name}: {row:?}");
            assert!(!stay.is_open, "{name}: {row:?}");
            if row.cause.is_some() {
                assert_eq!((stay.state, stay.cause), (RUNNABLE, row.cause), "{name}: {row:?}");
                continue;
            }
            assert_eq!((stay.state, &stay.reason), (WAITING, &row.reason), "{name}: {row:?}");
            let own = functions(&found.stacks, &found.frames, stay.stack);
            assert_eq!(own, functions(&whole.stacks, &whole.frames, row.stack), "{name}: {row:?}");
            let waker = stay.waker.as_ref().unwrap();
            assert_eq!(waker.at, stay.to, "{name}: {row:?}");
            // Who is said to have woken it ran until then.
            if let Some(id) = waker.goroutine {
                let waker = details(&mut session, id, (0, u64::MAX), Some(stay.to - 1)).stay.unwrap();
                assert_eq!(waker.state, RUNNING, "{name}: {row:?}");
                assert!(waker.from < stay.to && stay.to <= waker.to, "{name}: {row:?} {waker:?}");
            }
        }
    }
}

/// A part holds one end of the wait at most; the panel tells the same of it all the same.
#[test]
fn a_state_that_is_longer_than_the_part_is_told_whole() {
    for name in SMALL {
        let (mut session, whole) = session(name);
        let row = &whole.longest_waits[0];
        let middle = row.from + row.nanos / 2;
        let all = details(&mut session, row.goroutine, (0, u64::MAX), Some(middle)).stay.unwrap();
        for window in
            [(row.from, middle), (middle, row.from + row.nanos + 1_000), (middle - 1_000, middle + 1_000)]
        {
            let found = details(&mut session, row.goroutine, window, Some(middle));
            let part = found.stay.as_ref().unwrap_or_else(|| panic!("{name} {window:?}"));
            assert_eq!((part.from, part.to, part.is_open), (all.from, all.to, false), "{name} {window:?}");
            let by =
                |stay: &analyzer_core::session::StayDetails| stay.waker.as_ref().map(|waker| waker.goroutine);
            assert_eq!(by(part), by(&all), "{name} {window:?}");
            assert_eq!((&part.reason, part.cause), (&all.reason, all.cause), "{name} {window:?}");
        }
    }
}

/// The times of a group with one member are the member's.
#[test]
fn times_in_the_states_are_those_of_the_tables() {
    for name in SMALL {
        let (mut session, whole) = session(name);
        let alone = |group: &&analyzer_core::report::trace::TraceGroup| {
            group.alive == 1
                && group.created + group.ended == 0
                && group.alive_states[0].goroutines.len() == 1
        };
        let mut checked = 0;
        for group in whole.groups.iter().filter(alone) {
            let id = group.alive_states[0].goroutines[0];
            let found = details(&mut session, id, (0, u64::MAX), None);
            assert_eq!(found.group, Some(group.id), "{name} {id}");
            let total = |state: u8| {
                found.states.iter().filter(|sum| sum.state == state).map(|sum| sum.total).sum::<u64>()
            };
            let times = &group.times;
            let told = (times.running.total, times.runnable.total, times.waiting.total);
            assert_eq!((total(RUNNING), total(RUNNABLE), total(WAITING)), told, "{name} {id}");
            checked += 1;
        }
        assert!(checked > 3, "{name}: {checked}");
    }
}

/// `main` starts seven goroutines that wait on a channel for good.
#[test]
fn a_leaked_goroutine_is_told_with_its_creator() {
    let (mut session, whole) = session("small-go1.27.trace.gz");
    let leak = whole.leaks.iter().find(|leak| leak.start.as_deref() == Some("main.leakRecv")).unwrap();
    let last = whole.generations.last().unwrap();
    for window in [(0, u64::MAX), (last.start + 1_000, whole.to)] {
        let found = details(&mut session, leak.goroutines[0], window, Some(whole.to - 1));
        let creator = found.creator.as_ref().unwrap();
        assert_eq!((creator.goroutine, creator.start.as_deref()), (Some(1), Some("main.main")));
        assert_eq!(creator.first, found.created.unwrap());
        let creation = functions(&found.stacks, &found.frames, found.creation_stack);
        assert!(creation.iter().any(|function| function.starts_with("main.")), "{creation:?}");
        let stay = found.stay.unwrap();
        assert!(stay.is_open && !stay.began_before && stay.next.is_none(), "{stay:?}");
        assert_eq!((stay.state, stay.reason.as_str(), found.ended), (WAITING, "chan receive", None));
    }
}

#[test]
fn the_states_of_a_goroutine_are_walked_one_by_one() {
    let (mut session, whole) = session("small-go1.27.trace.gz");
    let mut at = details(&mut session, 1, (0, u64::MAX), Some(whole.to - 1)).stay;
    let (mut end, mut steps) = (whole.to, 0);
    while let Some(stay) = at {
        assert_eq!(stay.to, end, "step {steps}");
        if let Some(waker) = stay.waker.as_ref().filter(|_| stay.state == RUNNABLE) {
            assert_eq!(waker.at, stay.from);
        }
        end = stay.from;
        steps += 1;
        at = stay.previous.filter(|_| steps < 30).map(|previous| {
            let before = details(&mut session, 1, (0, u64::MAX), Some(previous)).stay.unwrap();
            assert_eq!(before.next, Some(stay.from));
            before
        });
    }
    assert!(steps >= 30, "{steps}");
}

#[test]
fn wake_ups_are_told_from_both_ends() {
    let (mut session, whole) = session("small-go1.27.trace.gz");
    let main = details(&mut session, 1, (0, u64::MAX), None);
    let created: u64 = main.wakes.iter().filter(|peer| peer.is_creation).map(|peer| peer.count).sum();
    // At most twenty are listed, each created once.
    assert!(created > 0 && main.wakes.len() == 20, "{:?}", main.wakes);
    assert!(main.edges.iter().all(|edge| edge.from == Some(1) || edge.to == 1));
    let edge = main.edges.iter().find(|edge| edge.from == Some(1)).unwrap();
    let other = details(&mut session, edge.to, (0, u64::MAX), None);
    assert!(other.edges.contains(edge), "{edge:?}");
    // Nothing outside of the part.
    let window = (whole.to / 4, whole.to / 2);
    let part = details(&mut session, 1, window, None);
    assert!(part.edges.iter().all(|edge| window.0 <= edge.at && edge.at <= window.1));
}

#[test]
fn goroutines_are_found_by_id_and_start_function() {
    let (mut session, _) = session("small-go1.27.trace.gz");
    let mut find =
        |text: &str| TraceSearch { source: SOURCE, text: text.to_owned() }.answer(&mut session).unwrap();
    let leaked = find("LEAKrecv");
    assert!(leaked.goroutines.iter().all(|hit| hit.start.as_deref() == Some("main.leakRecv")));
    assert_eq!((leaked.goroutines.len(), leaked.more), (7, 0));
    assert_eq!(find("goroutine 1").goroutines[0].goroutine, 1);
    assert!(find("1").goroutines.iter().all(|hit| hit.goroutine.to_string().starts_with('1')));
    let all = find("main.");
    assert_eq!(all.goroutines.len(), 50);
    assert!(all.more > 0);
    for nothing in ["", " ", "no such function", "-1"] {
        assert_eq!(find(nothing).goroutines, [], "{nothing:?}");
    }
}

#[test]
fn pinned_goroutines_have_the_first_lanes() {
    let (mut session, whole) = session("small-go1.27.trace.gz");
    let leaked = whole.leaks.iter().flat_map(|leak| &leak.goroutines).copied().max().unwrap();
    let pinned = vec![leaked, 1, 1 << 60];
    let query =
        TraceQuery { source: SOURCE, from: 0, to: u64::MAX, columns: 100, group: None, lanes: 2, pinned };
    let lanes = session.trace_window(&query).unwrap().lanes.lanes;
    let goroutines: Vec<u64> = lanes
        .iter()
        .filter_map(|lane| match lane.of {
            LaneOf::Goroutine(id) => Some(id),
            LaneOf::Processor(_) => None,
        })
        .collect();
    assert_eq!(goroutines[..2], [leaked, 1]);
    assert!(goroutines.len() <= 4 && goroutines.iter().filter(|&&id| id == 1).count() == 1, "{goroutines:?}");
}

#[test]
fn nonsense_is_answered() {
    let (mut session, whole) = session("small-go1.27.trace.gz");
    for (from, to) in [(u64::MAX, 0), (5, 5), (whole.to, u64::MAX)] {
        let found = details(&mut session, 1 << 60, (from, to), Some(from));
        assert_eq!((found.stay, found.states, found.edges), (None, Vec::new(), Vec::new()));
        TraceUtilization { source: SOURCE, from, to }.answer(&mut session).unwrap();
    }
    let elsewhere = TraceUtilization { source: SourceId(9), from: 0, to: 1 };
    assert_eq!(elsewhere.answer(&mut session), Err(NoAnswer::Missing));
}

/// Over all of a trace it is what the sums of workers, assists and pauses leave; a
/// window that fits into a pause has none.
#[test]
fn utilization_is_what_pauses_assists_and_workers_leave() {
    for name in SMALL.into_iter().chain(["assist-share-small.trace.gz"]) {
        let (mut session, whole) = session(name);
        let curve = TraceUtilization { source: SOURCE, from: 0, to: u64::MAX }.answer(&mut session).unwrap();
        let pauses = whole.pauses.iter().filter(|pause| pause.kind.starts_with("GC"));
        let pauses: Vec<u64> = pauses.filter_map(|pause| Some(pause.end? - pause.begin)).collect();
        let processors = u64::try_from(whole.procs.len()).unwrap();
        let [dedicated, fractional, _idle] = whole.gc.workers;
        let all = whole.to * processors;
        let left = |assists: u64| {
            let taken = dedicated + fractional + assists + processors * pauses.iter().sum::<u64>();
            (all - taken) * 10_000 / all
        };
        // Assists run at least for as long as they do in mark phases, and at most for their length.
        let bounds = left(whole.gc.assists.total) - 5..=left(whole.gc.assist_running) + 5;
        let last = curve.points.last().unwrap();
        assert!(bounds.contains(&last.basis_points), "{name}: {last:?}, {bounds:?}");
        let longest = pauses.iter().max().copied().unwrap();
        let within = curve.points.iter().filter(|point| point.window <= longest);
        assert!(within.clone().count() > 3, "{name}: {longest}");
        assert!(within.clone().all(|point| point.basis_points == 0), "{name}: {longest}");
        assert!(curve.points.iter().all(|point| point.at + point.window <= whole.to + 1), "{name}");
    }
}

/// Go 1.27.3 gives 81.09 % over 213 ms and eight processors for pauses and assists (`go tool trace`,
/// `/mmu?mode=plot&flags=stw|assist`). Dedicated workers, which ran for 50.1 ms, leave 78.15 %, and a
/// little more, for a pause stops them too.
#[test]
fn utilization_is_that_of_go_tool_trace() {
    let (mut session, whole) = session("assist-share-small.trace.gz");
    let curve = TraceUtilization { source: SOURCE, from: 0, to: u64::MAX }.answer(&mut session).unwrap();
    let last = curve.points.last().unwrap();
    assert_eq!((whole.procs.len(), last.window / 1_000_000), (8, 213));
    assert!((7_815..=7_825).contains(&last.basis_points), "{last:?}");
}
