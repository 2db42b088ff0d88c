//! What the structure and the ids of every dump tell without a printed minute, and
//! what neither tells: suspected, and never called background.

use super::short::{dump, groups, told};
use super::tests::PATHS;
use crate::detectors::testing::{check, report};
use crate::report::{GoroutineGroup, Verdict};

/// Codes of the findings over so many dumps of one text.
#[track_caller]
fn over(dumps: usize, text: &str, codes: &[&str]) {
    let texts: Vec<(&str, String)> =
        PATHS.iter().take(dumps).enumerate().map(|(moment, path)| (*path, at(text, moment))).collect();
    check("goroutine", &texts, codes);
}

/// The dump of a moment: another goroutine answers each capture.
fn at(text: &str, moment: usize) -> String {
    dump(&format!("{text}\ngoroutine {} [running]\nops.dump() ops.go:9\nby ops.Listen", 900 + moment))
}

/// Groups of three dumps of one text.
fn groups_of_three(text: &str) -> Vec<GoroutineGroup> {
    let texts: Vec<String> = (0..3).map(|moment| at(text, moment)).collect();
    let files: Vec<(&str, &[u8])> = PATHS.into_iter().zip(texts.iter().map(|text| text.as_bytes())).collect();
    report(&files).goroutines.expect("dumps").groups
}

fn verdict(groups: &[GoroutineGroup], function: &str) -> Verdict {
    let is_meant = |group: &&GoroutineGroup| {
        group.user_frame.as_ref().is_some_and(|frame| frame.function.ends_with(function))
    };
    groups.iter().find(is_meant).map(|group| group.verdict).expect("a group in that function")
}

const CIRCLE: &str = "goroutine 20 [sync.Mutex.Lock]
       Mutex 0xc000200000
       bank.(*Order).touch(0xc000200000) order.go:10
       bank.(*User).sync(0xc000100000) user.go:20
     goroutine 21 [sync.Mutex.Lock]
       Mutex 0xc000300000
       bank.(*Cart).touch(0xc000300000) cart.go:10
       bank.(*Order).sync(0xc000200000) order.go:20
     goroutine 22 [sync.Mutex.Lock]
       Mutex 0xc000100000
       bank.(*User).touch(0xc000100000) user.go:10
       bank.(*Cart).sync(0xc000300000) cart.go:20";

#[test]
fn a_circle_that_stands_in_three_dumps_needs_no_minutes() {
    over(3, CIRCLE, &["goroutine.lock-cycle"]);
    for few in [1, 2] {
        over(few, CIRCLE, &["goroutine.suspect"]);
    }
}

#[test]
fn locks_that_somebody_works_under_change_hands() {
    let worker =
        "goroutine 30 [sleep]\n time.Sleep(0x1) sleep.go:9\n bank.(*User).audit(0xc000100000) user.go:44";
    over(3, &format!("{CIRCLE}\n{worker}"), &[]);
}

#[test]
fn who_waits_for_itself_in_every_dump_needs_no_minutes() {
    let itself = "goroutine 20 [sync.Mutex.Lock]
       Mutex 0xc000100000
       hub.(*Hub).off(0xc000100000) hub.go:40
       hub.onEvent(0xc000500000) listener.go:9
       hub.(*Hub).emit(0xc000100000) hub.go:20";
    over(3, itself, &["goroutine.self-deadlock"]);
    over(2, itself, &["goroutine.suspect"]);
    // Under a lock that another one works with it only queues.
    let worker =
        "goroutine 30 [sleep]\n time.Sleep(0x1) sleep.go:9\n hub.(*Hub).emit(0xc000100000) hub.go:22";
    over(3, &format!("{itself}\n{worker}"), &[]);
}

#[test]
fn workers_that_wait_for_the_slots_that_they_have_are_stuck() {
    let worker = |goid: u32, line: u32| {
        format!(
            "goroutine {goid} [chan send, 12 minutes]
               golang.org/x/sync/errgroup.(*Group).Go(0xc000100000, 0xc000400000) errgroup.go:71
               crawl.visit(0xc000100000) crawl.go:{line}
               crawl.All.func1() crawl.go:{line}
               golang.org/x/sync/errgroup.(*Group).Go.func1() errgroup.go:78
               started golang.org/x/sync/errgroup.(*Group).Go 6
             "
        )
    };
    let starter = "goroutine 6 [sync.WaitGroup.Wait, 12 minutes]
       sync.(*WaitGroup).Wait(0xc000100008) waitgroup.go:118
       golang.org/x/sync/errgroup.(*Group).Wait(0xc000100000) errgroup.go:56
       crawl.All(0x1) crawl.go:30";
    let all = format!("{}{}{starter}", worker(7, 20), worker(8, 20));
    told(
        &all,
        &["goroutine.semaphore-exhausted"],
        &[
            "All 2 workers of the errgroup at 0xc000100000 wait in Go for a free slot (SetLimit), and the workers themselves hold all slots",
            "1 more waits behind them",
        ],
    );
}

#[test]
fn a_group_without_workers_is_suspected_and_one_with_workers_is_not() {
    let waiter = "goroutine 20 [sync.WaitGroup.Wait, 12 minutes]
       sync.(*WaitGroup).Wait(0xc000100010) waitgroup.go:118
       crew.(*Crew).stop(0xc000100000) crew.go:40
       crew.(*Crew).work(0xc000100000) crew.go:20";
    told(
        waiter,
        &["goroutine.suspect"],
        &["1 in [sync.WaitGroup.Wait] in example.com/shop/crew.(*Crew).stop"],
    );
    for worker in [
        "crew.(*Crew).work(0xc000100000) crew.go:18",
        "jobs.run(0xc000100000) jobs.go:18",
        "jobs.run() jobs.go:18\n started example.com/shop/crew.(*Crew).Start 3",
        "jobs.run() jobs.go:18\n started example.com/shop/jobs.All 20",
    ] {
        told(&format!("{waiter}\ngoroutine 21 [chan receive]\n {worker}"), &[], &[]);
    }
    let three = groups_of_three(&waiter.replace(", 12 minutes", ""));
    assert_eq!(verdict(&three, "stop"), Verdict::Leak);
    // Two at a gate that opens once.
    let gate = waiter.replace("crew.(*Crew).work(0xc000100000) crew.go:20", "crew.open(0x1) crew.go:20");
    assert_eq!(verdict(&groups_of_three(&gate.replace(", 12 minutes", "")), "stop"), Verdict::Suspect);
}

#[test]
fn waiters_for_a_condition_that_never_move_are_not_called_background() {
    let at_gate = |goid: u32| {
        format!(
            "goroutine {goid} [sync.Cond.Wait]
               sync.(*Cond).Wait(0xc000100010) cond.go:71
               gate.(*Gate).pass(0xc000100000) gate.go:40
             "
        )
    };
    let groups = groups_of_three(&format!("{}{}", at_gate(20), at_gate(21)));
    assert_eq!(verdict(&groups, "pass"), Verdict::Unknown);
    assert!(
        groups
            .iter()
            .any(|group| group.reasons.iter().any(|why| why.contains("a condition that never becomes true")))
    );
}

#[test]
fn a_stop_that_hangs_is_caused_by_the_handler_that_stands() {
    let text = "goroutine 20 [chan receive, 14 minutes]
       api.await(0xc000500000) api.go:40
       net/http.HandlerFunc.ServeHTTP(0x1, 0x2) server.go:2220
       net/http.(*conn).serve(0xc000700000, 0x1) server.go:2091
     goroutine 21 [sync.WaitGroup.Wait, 14 minutes]
       sync.(*WaitGroup).Wait(0xc000100010) waitgroup.go:118
       net/http/httptest.(*Server).Close(0xc000100000) server.go:250
       api.stop(0xc000100000) api.go:80";
    let texts: Vec<(&str, String)> =
        PATHS.iter().enumerate().map(|(at, path)| (*path, self::at(text, at))).collect();
    let found = check("goroutine", &texts, &["goroutine.http-handler-stuck"]);
    assert!(found[0].claim.contains("1 more waits behind it"), "{}", found[0].claim);
}

#[test]
fn a_call_that_should_take_seconds_is_suspected_after_minutes() {
    let call = |minutes: u32| {
        format!(
            "goroutine 20 [select, {minutes} minutes]
               net/http.(*persistConn).roundTrip(0xc000100010) transport.go:2670
               pay.charge(0xc000100000) pay.go:40"
        )
    };
    told(&call(14), &["goroutine.suspect"], &["1 in [select] in example.com/shop/pay.charge (pay.go:40)"]);
    told(&call(2), &[], &[]);
}

#[test]
fn a_test_that_has_waited_ten_minutes_is_no_background() {
    let test = |minutes: u32| {
        format!(
            "goroutine 20 [chan receive, {minutes} minutes]
               testing.(*T).Run(0xc000100010, 0x1, 0x2) testing.go:1750
               orders.TestOrders(0xc000100010) orders_test.go:12
               testing.tRunner(0xc000100010, 0x2) testing.go:1690
             goroutine 21 [chan receive, {minutes} minutes]
               orders.await(0xc000500000) orders.go:40
               orders.TestOrders.func1(0xc000200010) orders_test.go:15
               testing.tRunner(0xc000200010, 0x2) testing.go:1690
               started testing.(*T).Run 20"
        )
    };
    told(&test(11), &["goroutine.callback-stuck"], &["1 more waits behind it"]);
    told(&test(6), &[], &[]);
}

#[test]
fn a_holder_below_a_loop_of_a_library_is_named() {
    let text = "goroutine 20 [chan receive, 50 minutes]
       bus.Receive(0xc000600000) bus.go:60
       store.(*FSM).Apply(0xc000100000) fsm.go:52
       github.com/hashicorp/raft.(*Raft).runFSM(0xc000300000) fsm.go:244
     goroutine 21 [sync.Mutex.Lock, 50 minutes]
       Mutex 0xc000100000
       store.(*FSM).Get(0xc000100000) fsm.go:20";
    let waiting = groups(text);
    let told: String = waiting.iter().flat_map(|group| group.reasons.clone()).collect();
    assert!(told.contains("store.(*FSM).Apply (fsm.go:52), a method of the same object"), "{told}");
}

#[test]
fn who_waits_for_the_group_of_one_that_waits_for_itself_goes_with_it() {
    let text = "goroutine 7 [sync.WaitGroup.Wait, 12 minutes]
       sync.(*WaitGroup).Wait(0xc000100008) waitgroup.go:118
       golang.org/x/sync/errgroup.(*Group).Wait(0xc000100000) errgroup.go:56
       token.renew(0xc000100000) token.go:20
       golang.org/x/sync/errgroup.(*Group).Go.func1() errgroup.go:78
       started golang.org/x/sync/errgroup.(*Group).Go 3
     goroutine 8 [sync.WaitGroup.Wait, 12 minutes]
       sync.(*WaitGroup).Wait(0xc000100008) waitgroup.go:118
       golang.org/x/sync/errgroup.(*Group).Wait(0xc000100000) errgroup.go:56
       token.All() token.go:50";
    told(
        text,
        &["goroutine.self-deadlock"],
        &["No other worker of an errgroup is left", "1 more waits behind it"],
    );
    // Another worker may still end.
    let worker = "goroutine 9 [IO wait]
       token.fetch(0x1) token.go:70
       golang.org/x/sync/errgroup.(*Group).Go.func1() errgroup.go:78
       started golang.org/x/sync/errgroup.(*Group).Go 3";
    told(&format!("{text}\n{worker}"), &[], &[]);
    told(&format!("{text}\n{}", worker.replace(".Go", ".TryGo")), &[], &[]);
    // Whoever waits for a group of another kind is at work.
    let part = "goroutine 9 [sync.WaitGroup.Wait, 12 minutes]
       sync.(*WaitGroup).Wait(0xc000300010) waitgroup.go:118
       token.part(0x1) token.go:80
       golang.org/x/sync/errgroup.(*Group).Go.func1() errgroup.go:78
       started golang.org/x/sync/errgroup.(*Group).Go 3
     goroutine 10 [IO wait]
       token.read(0x1) token.go:90
       started token.part 9";
    told(&format!("{text}\n{part}"), &[], &[]);
}

#[test]
fn suspects_of_one_dump_are_named_by_how_much_they_matter_with_the_likely_cause() {
    let many = |count: u32, first: u32, state: &str, frames: &str| -> String {
        (0..count).map(|at| format!("goroutine {} [{state}]\n{frames}\n", first + 7 * at)).collect()
    };
    let idle = many(120, 1000, "chan receive", "feed.worker(0x1) feed.go:12");
    let locks =
        many(20, 5000, "sync.Mutex.Lock", "Mutex 0xc000100000\nstock.(*Stock).Get(0xc000100000) stock.go:12");
    let claim = told_of(&format!("{idle}{locks}"));
    let at = |part: &str| claim.find(part).unwrap_or_else(|| panic!("{part:?} is not in {claim:?}"));
    assert!(at("20 in [sync.Mutex.Lock]") < at("120 in [chan receive]"));
    assert!(claim.contains("If so, likely cause of the first: A lock is held forever"), "{claim}");
    let bodies =
        many(400, 9000, "select", "net/http.(*persistConn).readLoop(0xc000900000) transport.go:2325");
    let claim = told_of(&format!("{idle}{locks}{bodies}"));
    assert!(claim.find("400 in [select]") < claim.find("20 in [sync.Mutex.Lock]"), "{claim}");
    let claim = told_of(CIRCLE);
    assert!(claim.contains("If so, likely cause: They wait for each other"), "{claim}");
}

/// The claim of the one suspicion that a dump gives.
#[track_caller]
fn told_of(text: &str) -> String {
    let found = check("goroutine", &[("dump.txt", dump(text))], &["goroutine.suspect"]);
    found.into_iter().map(|finding| finding.claim).collect()
}
