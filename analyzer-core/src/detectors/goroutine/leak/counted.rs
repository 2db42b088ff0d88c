//! What counted snapshots tell by their structure: no ids, no minutes, and what stands
//! stands in each of three.

use super::tests::PATHS;
use crate::detectors::testing::check;

const MUTEX: [&str; 2] = ["internal/sync.runtime_SemacquireMutex", "sync.(*Mutex).Lock"];
const GROUP: [&str; 2] = ["sync.runtime_SemacquireWaitGroup", "sync.(*WaitGroup).Wait"];
const ERRGROUP_WAIT: &str = "golang.org/x/sync/errgroup.(*Group).Wait";
const ERRGROUP_GO: &str = "golang.org/x/sync/errgroup.(*Group).Go";
const WORKER: &str = "golang.org/x/sync/errgroup.(*Group).Go.func1";

/// Goroutines with one stack, innermost first.
type Row = (u64, Vec<&'static str>);

fn row(count: u64, inner: &[&'static str], calls: &[&'static str]) -> Row {
    (count, inner.iter().chain(calls).copied().collect())
}

/// A snapshot as `debug=1`; what shows nothing of its wait is in a channel operation.
fn snapshot(rows: &[Row]) -> String {
    let total: u64 = rows.iter().map(|(count, _)| count).sum();
    let lines = rows.iter().map(|(count, calls)| {
        let frame = |name: &&str| {
            let is_std = ["sync.", "internal/", "time.", "os/", "net/", "runtime/"]
                .iter()
                .any(|std| name.starts_with(std));
            let folder = if is_std { "/usr/local/go/src" } else { "/srv/app" };
            format!("#\t0x48acca\t{name}+0x24\t{folder}/x.go:95\n")
        };
        let hidden = if calls.first().is_some_and(|name| name.starts_with("main.") || *name == ERRGROUP_GO) {
            "0x431000 0x405ab0 0x405700"
        } else {
            "0x431000"
        };
        format!("{count} @ {hidden} 0x48acca\n{}\n", calls.iter().map(frame).collect::<String>())
    });
    format!("goroutine profile: total {total}\n{}", lines.collect::<String>())
}

/// So many snapshots of the same rows.
fn times(count: usize, rows: &[Row]) -> Vec<(&'static str, String)> {
    PATHS.iter().take(count).map(|path| (*path, snapshot(rows))).collect()
}

fn main_waits() -> Row {
    row(1, &[], &["main.main"])
}

#[test]
fn a_circle_of_types_that_stands_in_three_snapshots_is_told_and_in_one_suspected() {
    let mut rows = vec![
        main_waits(),
        row(1, &MUTEX, &["main.(*Order).touch", "main.(*User).sync"]),
        row(1, &MUTEX, &["main.(*Cart).touch", "main.(*Order).sync"]),
        row(1, &MUTEX, &["main.(*User).touch", "main.(*Cart).sync"]),
        row(4, &MUTEX, &["main.(*Cart).touch", "main.list"]),
    ];
    let found = check("goroutine", &times(3, &rows), &["goroutine.lock-cycle"]);
    assert!(found[0].claim.contains("In every snapshot they wait for each other"), "{}", found[0].claim);
    assert!(found[0].claim.contains("6 more wait behind it"), "{}", found[0].claim);
    let one = check("goroutine", &times(1, &rows), &["goroutine.suspect"]);
    assert!(one[0].claim.contains("In the only snapshot they wait"), "{}", one[0].claim);
    // What is not listed may hold each of the locks.
    let cut = times(3, &rows).into_iter().map(|(path, text)| (path, text.replace("total 8", "total 50")));
    check("goroutine", &cut.collect::<Vec<_>>(), &[]);
    // Somebody works under one of the locks: it changes hands.
    rows.push(row(1, &["time.Sleep"], &["main.(*User).audit"]));
    check("goroutine", &times(3, &rows), &[]);
}

/// Three snapshots of a circle of two types, with so many at each of its places, and so many behind it.
fn two_types(places: [u64; 2], behind: [u64; 3]) -> Vec<(&'static str, String)> {
    let [orders, users] = places;
    let moment = |behind: u64| {
        snapshot(&[
            main_waits(),
            row(orders, &MUTEX, &["main.(*Order).touch", "main.(*User).sync", "main.run"]),
            row(users, &MUTEX, &["main.(*User).touch", "main.(*Order).sync", "main.run"]),
            row(behind, &MUTEX, &["main.(*User).touch", "main.list"]),
        ])
    };
    PATHS.into_iter().zip(behind.map(moment)).collect()
}

#[test]
fn a_crowd_in_a_circle_of_types_may_hand_on_the_locks_of_several_objects() {
    check("goroutine", &two_types([3, 2], [4, 4, 4]), &[]);
    check("goroutine", &two_types([3, 2], [4, 3, 6]), &[]);
    check("goroutine", &two_types([3, 2], [4, 6, 9]), &["goroutine.lock-cycle"]);
    check("goroutine", &two_types([1, 1], [4, 4, 4]), &["goroutine.lock-cycle"]);
}

#[test]
fn a_lock_that_a_function_takes_for_its_caller_may_be_held_anywhere() {
    let rows = |other: &'static str| {
        vec![
            main_waits(),
            row(1, &MUTEX, &["main.(*Order).lock", "main.(*User).sync", "main.run"]),
            row(1, &MUTEX, &["main.(*User).lock", "main.(*Order).sync", "main.run"]),
            row(1, &["time.Sleep"], &["main.write", other]),
        ]
    };
    check("goroutine", &times(3, &rows("main.run")), &[]);
    check("goroutine", &times(3, &rows("main.other")), &["goroutine.lock-cycle"]);
}

#[test]
fn the_only_other_one_in_code_of_a_type_whose_waiters_pile_up_holds_its_lock() {
    let rows = |behind: u64, others: Row| {
        snapshot(&[
            main_waits(),
            row(1, &[], &["main.(*Cache).evicted", "main.(*Cache).put", "main.fill"]),
            row(behind, &MUTEX, &["main.(*Cache).get", "main.serve"]),
            others,
        ])
    };
    let dumps = |others: Row| -> Vec<(&'static str, String)> {
        PATHS.into_iter().zip([4, 9, 15].map(|behind| rows(behind, others.clone()))).collect()
    };
    let found = check(
        "goroutine",
        &dumps(row(1, &["time.Sleep"], &["main.tick"])),
        &["goroutine.blocked-holding-lock"],
    );
    assert!(found[0].claim.contains("15 more wait behind it"), "{}", found[0].claim);
    let two = dumps(row(1, &["time.Sleep"], &["main.(*Cache).sweep"]));
    check("goroutine", &two, &["goroutine.lock-never-released"]);
}

#[test]
fn a_line_of_locks_is_no_circle() {
    let rows = [
        main_waits(),
        row(1, &MUTEX, &["main.(*Order).touch", "main.(*User).sync"]),
        row(1, &MUTEX, &["main.(*Cart).touch", "main.(*Order).sync"]),
    ];
    check("goroutine", &times(3, &rows), &[]);
}

#[test]
fn waiters_whose_number_changes_do_not_stand() {
    let moment = |count: u64| {
        snapshot(&[
            main_waits(),
            row(count, &MUTEX, &["main.(*Order).touch", "main.(*User).sync"]),
            row(count, &MUTEX, &["main.(*User).touch", "main.(*Order).sync"]),
        ])
    };
    let dumps: Vec<(&str, String)> = PATHS.into_iter().zip([2, 1, 2].map(moment)).collect();
    check("goroutine", &dumps, &[]);
}

#[test]
fn who_waits_from_within_code_of_the_lock_may_wait_for_itself_or_for_another_of_the_type() {
    let inner = row(1, &MUTEX, &["main.(*Node).insert", "main.(*Router).route", "main.(*Node).forward"]);
    check("goroutine", &times(1, &[main_waits(), inner.clone()]), &["goroutine.suspect"]);
    check("goroutine", &times(3, &[main_waits(), inner.clone()]), &[]);
    let once = "sync.(*Once).doSlow";
    let starts =
        row(2, &MUTEX, &[once, "main.(*Part).start", "main.(*Part).start.func1", once, "main.(*Part).start"]);
    check("goroutine", &times(3, &[main_waits(), starts]), &["goroutine.lock-cycle"]);
    let worker = row(1, &["time.Sleep"], &["main.(*Node).forward"]);
    check("goroutine", &times(3, &[main_waits(), inner, worker]), &[]);
}

#[test]
fn workers_of_errgroups_that_all_wait_for_one_are_stuck() {
    let wait: Vec<&str> = GROUP.into_iter().chain([ERRGROUP_WAIT]).collect();
    let rows = |worker: Row| vec![main_waits(), worker, row(1, &wait, &["main.all"])];
    let itself = row(1, &wait, &["main.renew", WORKER]);
    let found = check("goroutine", &times(3, &rows(itself.clone())), &["goroutine.self-deadlock"]);
    assert!(found[0].claim.contains("1 more waits behind it"), "{}", found[0].claim);
    let slots = row(2, &[ERRGROUP_GO], &["main.crawl", WORKER]);
    check("goroutine", &times(3, &rows(slots)), &["goroutine.semaphore-exhausted"]);
    let mut busy = rows(itself);
    busy.push(row(1, &["internal/poll.runtime_pollWait"], &["main.fetch", WORKER]));
    check("goroutine", &times(3, &busy), &[]);
}

#[test]
fn half_of_a_process_in_an_idle_pool_is_health() {
    let pool = [main_waits(), row(64, &[], &["main.(*Pool).worker"]), row(30, &[], &["main.(*Bus).loop"])];
    check("goroutine", &times(1, &pool), &[]);
}

#[test]
fn a_flight_within_its_own_function_waits_for_itself() {
    const DO: &str = "golang.org/x/sync/singleflight.(*Group).Do";
    const CALL: &str = "golang.org/x/sync/singleflight.(*Group).doCall";
    let wait: Vec<&str> = GROUP.into_iter().chain([DO]).collect();
    let rows = |outer: &'static str| {
        [
            main_waits(),
            row(1, &wait, &["main.(*Cache).Get", "main.(*Cache).load", CALL, DO, outer]),
            row(3, &wait, &["main.(*Cache).Get", "main.serve"]),
        ]
    };
    check("goroutine", &times(3, &rows("main.(*Cache).Get")), &["goroutine.self-deadlock"]);
    check("goroutine", &times(3, &rows("main.(*Store).Get")), &[]);
}

#[test]
fn output_of_a_child_that_has_ended_stands_and_that_of_a_live_one_is_no_matter() {
    let wait = |inner: &'static str| [main_waits(), row(1, &[inner], &["os/exec.(*Cmd).Wait", "main.job"])];
    let gone = "os/exec.(*Cmd).awaitGoroutines";
    let pipes = |count: usize| {
        let channel = |text: String| {
            text.replace(
                "1 @ 0x431000 0x48acca\n#\t0x48acca\tos/exec",
                "1 @ 0x431000 0x405ab0 0x405700 0x48acca\n#\t0x48acca\tos/exec",
            )
        };
        times(count, &wait(gone)).into_iter().map(|(path, text)| (path, channel(text))).collect::<Vec<_>>()
    };
    check("goroutine", &pipes(3), &["goroutine.exec-pipe-inherited"]);
    check("goroutine", &pipes(1), &["goroutine.suspect"]);
    check("goroutine", &times(3, &wait("syscall.wait4")), &[]);
}

#[test]
fn a_server_that_stops_in_every_snapshot_waits_for_the_handler_that_stands() {
    let handler = ["main.await", "net/http.HandlerFunc.ServeHTTP", "net/http.(*conn).serve"];
    let stop: Vec<&str> =
        GROUP.into_iter().chain(["net/http/httptest.(*Server).Close", "main.stop"]).collect();
    let rows = [main_waits(), row(1, &[], &handler), row(1, &stop, &[])];
    let found = check("goroutine", &times(3, &rows), &["goroutine.http-handler-stuck"]);
    assert!(found[0].claim.contains("1 more waits behind it"), "{}", found[0].claim);
    check("goroutine", &times(3, &rows[..2]), &[]);
}

#[test]
fn a_dump_of_one_moment_counts_beside_snapshots_of_others() {
    let text = |minutes: u32| {
        format!(
            "goroutine 1 [select]:\nmain.main()\n\t/srv/app/x.go:95 +0x1\n\ngoroutine 7 [chan send, {minutes} minutes]:\nmain.push()\n\t/srv/app/x.go:95 +0x24\ncreated by main.start in goroutine 1\n\t/srv/app/x.go:9 +0x1\n"
        )
    };
    let counted = snapshot(&[row(1, &[], &["main.push"]), row(2, &[], &["main.pull"])])
        .replace("1 @ 0x431000 0x405ab0 0x405700", "1 @ 0x431000 0x405000 0x404bfb")
        .replace("2 @ 0x431000 0x405ab0 0x405700", "2 @ 0x431000 0x405acd 0x405700");
    let dumps =
        |minutes: u32| [(PATHS[0], text(minutes)), (PATHS[1], counted.clone()), (PATHS[2], counted.clone())];
    check("goroutine", &dumps(40), &["goroutine.chan-send-abandoned"]);
    check("goroutine", &dumps(1), &[]);
}

#[test]
fn who_stands_in_front_of_a_once_whose_function_is_stuck_is_a_part_of_that() {
    let once: Vec<&str> = MUTEX.into_iter().chain(["sync.(*Once).doSlow", "sync.(*Once).Do"]).collect();
    let body = ["main.read", "sync.(*Once).doSlow", "sync.(*Once).Do", "main.(*Conf).value"];
    let moment = |behind: u64, inner: &[&'static str], caller: &'static str| {
        snapshot(&[
            main_waits(),
            row(1, inner, &body),
            row(behind, &once, &["main.(*Conf).value"]),
            row(1, &once, &[caller, "main.(*Conf).override"]),
        ])
    };
    let dumps = |inner: &[&'static str], caller: &'static str| -> Vec<(&'static str, String)> {
        PATHS.into_iter().zip([4, 9, 15].map(|behind| moment(behind, inner, caller))).collect()
    };
    let found = check("goroutine", &dumps(&[], "main.(*Conf).value"), &["goroutine.once-stuck"]);
    assert!(found[0].claim.contains("16 more wait behind it"), "{}", found[0].claim);
    let found = check("goroutine", &dumps(&[], "main.(*Other).value"), &["goroutine.once-stuck"]);
    assert!(found[0].claim.contains("15 more wait behind it"), "{}", found[0].claim);
    // Fewer wait than before: the function comes to its end.
    let ends: Vec<(&str, String)> =
        PATHS.into_iter().zip([15, 9, 4].map(|behind| moment(behind, &[], "main.(*Conf).value"))).collect();
    check("goroutine", &ends, &[]);
}

const ACQUIRE: &str = "golang.org/x/sync/semaphore.(*Weighted).Acquire";

#[test]
fn who_waits_for_a_second_slot_has_the_first() {
    // At lines of their own, which the helper does not write.
    let moment = |behind: u64, inner: u32, waiting: u64| {
        let frame = |name: &str, line: u32| format!("#\t0x48acca\t{name}+0x24\t/srv/app/x.go:{line}\n");
        let block = |count: u64, frames: String| format!("{count} @ 0x431000 0x405a00 0x48acca\n{frames}\n");
        let total = behind + waiting + 1;
        format!(
            "goroutine profile: total {total}\n{}{}{}",
            block(behind, frame(ACQUIRE, 60) + &frame("main.load", 323)),
            block(waiting, frame(ACQUIRE, 60) + &frame("main.parse", 9) + &frame("main.load", inner)),
            block(1, frame("net/http.(*persistConn).writeLoop", 9)),
        )
    };
    let dumps = |inner: u32, waiting: [u64; 3]| -> Vec<(&'static str, String)> {
        let counts = [2, 16, 32].into_iter().zip(waiting);
        PATHS.into_iter().zip(counts.map(|(behind, waiting)| moment(behind, inner, waiting))).collect()
    };
    let found = check("goroutine", &dumps(327, [1, 1, 1]), &["goroutine.semaphore-exhausted"]);
    assert!(found[0].claim.contains("past the place where the others wait"), "{}", found[0].claim);
    // Before that place it has none, and one whose number changes is another one.
    for (inner, waiting) in [(320, [1, 1, 1]), (327, [1, 2, 1])] {
        let found = check("goroutine", &dumps(inner, waiting), &["goroutine.semaphore-exhausted"]);
        assert!(!found[0].claim.contains("past the place"), "{}", found[0].claim);
    }
}

#[test]
fn the_last_goroutine_of_a_program_has_no_workers_to_wait_for() {
    let last = row(1, &GROUP, &["main.(*Pool).stop", "main.(*Pool).worker"]);
    check("goroutine", &times(3, std::slice::from_ref(&last)), &["goroutine.waitgroup-stuck"]);
    check("goroutine", &times(2, std::slice::from_ref(&last)), &[]);
    // Whoever is there may be a worker; and who began in a method that only waits is none.
    let worker = row(1, &["time.Sleep"], &["main.(*conn).serve"]);
    check("goroutine", &times(3, &[last, worker]), &[]);
    let wait = row(1, &GROUP, &["main.(*Pool).stop", "main.run"]);
    check("goroutine", &times(3, &[wait]), &[]);
}
