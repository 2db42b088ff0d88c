//! Stops that wait for what does not end, and locks that only the way there tells of.

use super::short::{groups, told};
use crate::detectors::testing::check;
use crate::report::Verdict;

const CLOSE: &str = "goroutine 33 [chan receive, 83 minutes]
       feed.(*Broker).Close(0xc0000d8700) broker.go:287
       feed.(*producer).handleError(0xc00036b960) producer.go:72
       feed.(*producer).run(0xc00036b960) producer.go:47
     ";

#[test]
fn a_close_that_waits_for_a_sender_of_the_same_object_goes_with_it() {
    let sender = |object: &str| {
        format!(
            "{CLOSE}goroutine 35 [chan send, 83 minutes]
               feed.newProducer.func1.1() producer.go:23
               feed.(*Broker).receive({object}) broker.go:51
               by feed.(*Broker).Open"
        )
    };
    told(&sender("0xc0000d8700"), &["goroutine.chan-send-abandoned"], &["1 more waits behind it"]);
    let reasons =
        |text: &str| groups(text).iter().flat_map(|group| group.reasons.clone()).collect::<String>();
    let why = reasons(&sender("0xc0000d8700"));
    assert!(
        why.contains("Goroutine 33 waits in feed.(*Broker).Close (broker.go:287) for goroutine 35"),
        "{why}"
    );
    assert!(
        why.contains("If it sends to what feed.(*producer) would receive, they wait for each other"),
        "{why}"
    );
    // Another broker's.
    told(&sender("0xc0000d9900"), &["goroutine.chan-send-abandoned"], &[]);
    assert!(!reasons(&sender("0xc0000d9900")).contains("waits in feed.(*Broker).Close"));
}

#[test]
fn a_close_that_waits_long_for_a_loop_hangs() {
    let watcher = |minutes: u32| {
        format!(
            "goroutine 102 [sync.Cond.Wait, {minutes} minutes]
               sync.(*Cond).Wait(0xc82104a040) cond.go:63
               watch.(*Watcher).Remove(0xc82104a000) watch.go:157
               logs.follow(0xc8203b4018) logs.go:235
             goroutine 103 [select, {minutes} minutes]
               watch.(*Watcher).readEvents(0xc82104a000) watch.go:266"
        )
    };
    told(
        &watcher(8),
        &["goroutine.shutdown-hang"],
        &["goroutine 103, the only other one in code of the same object"],
    );
    told(&watcher(2), &[], &[]);
    // The loop moved within the last minute: it may be about to end.
    let drained = watcher(8).replace("103 [select, 8 minutes]", "103 [select]");
    told(&drained, &["goroutine.suspect"], &[]);
}

#[test]
fn a_stream_of_a_server_that_stops_is_no_call_of_its_handler() {
    let text = "goroutine 1 [select, 4 minutes]
           net/http.(*Server).Shutdown(0xc000100000) server.go:3200
           main.main() main.go:40
         goroutine 30 [chan receive, 6 minutes]
           main.report(0xc000300000) report.go:12
           net/http.HandlerFunc.ServeHTTP(0x1) server.go:2109
           net/http.(*conn).serve(0xc000a00000) server.go:1991
         goroutine 50 [select, 300 minutes]
           google.golang.org/grpc.(*clientStream).RecvMsg(0xc000500000) stream.go:900
           etcd.(*watchClient).Recv(0xc000600000) rpc.pb.go:6500
         ";
    let leaks = |text: &str| groups(text).iter().filter(|group| group.verdict == Verdict::Leak).count();
    assert_eq!(leaks(text), 2);
    let call =
        text.replace("google.golang.org/grpc.(*clientStream).RecvMsg", "net/http.(*persistConn).roundTrip");
    assert_eq!(leaks(&call.replace("300 minutes", "6 minutes")), 2, "the same number is no evidence");
    let test = "goroutine 60 [chan receive, 6 minutes]
           testing.(*T).Run(0xc000700000) testing.go:1750
           testing.tRunner(0xc000700000) testing.go:1690
         ";
    assert_eq!(leaks(&(call.replace("300 minutes", "6 minutes") + test)), 3);
    assert_eq!(leaks(&(call + test)), 2, "it is older than the handler");
}

#[test]
fn a_deferred_call_that_waits_while_its_function_panics_waits_for_itself() {
    let text = |panic: &str| {
        format!(
            "goroutine 20 [sync.Mutex.Lock, 99 minutes]
               Mutex 0x0?
               mq.(*stream).restore.func2() stream.go:48
               {panic}
               mq.(*stream).request(0xc005253880?) stream.go:62
               mq.(*stream).restore(0xc00162b500) stream.go:23"
        )
    };
    told(
        &text("panic({0xabf280?, 0x106a1b0?}) panic.go:920"),
        &["goroutine.self-deadlock"],
        &["Goroutine 20 panicked in mq.(*stream).request (stream.go:62)"],
    );
    told(&text("mq.retry(0x1) retry.go:9"), &["goroutine.lock-never-released"], &[]);
}

#[test]
fn who_was_given_the_object_that_has_the_lock_and_calls_out_holds_it() {
    let text = |object: &str, inner: &str| {
        format!(
            "goroutine 50 [sync.Mutex.Lock, 30 minutes]
               Mutex 0xc820354f50
               ps.(*Daemon).list(0xc820372000, 0xc820354ea0) list.go:187
             goroutine 51 [select, 31 minutes]
               {inner}
               ps.(*Daemon).start(0xc820372000, {object}) start.go:149"
        )
    };
    let call = "google.golang.org/grpc.Invoke(0x7f1b6c6f2d28) call.go:172";
    told(
        &text("0xc820354ea0", call),
        &["goroutine.blocked-holding-lock"],
        &["ps.(*Daemon).start (start.go:149), which was given the object that has the lock"],
    );
    told(&text("0xc820999ea0", call), &["goroutine.lock-never-released"], &[]);
    // A loop that was given it, and rests.
    told(&text("0xc820354ea0", "ps.pump(0x1) pump.go:9"), &["goroutine.lock-never-released"], &[]);
}

#[test]
fn who_is_past_the_call_in_which_others_wait_closes_a_circle() {
    let text = |db: &str| {
        format!(
            "goroutine 97 [sync.Mutex.Lock, 30 minutes]
               Mutex 0xc0002b1708
               pay.(*Wallet).next(0xc0002b1600) addresses.go:610
               pay.buy.func6(0x1) create.go:419
               walletdb.Update(0x1, {db}) interface.go:249
             goroutine 95 [sync.Mutex.Lock, 30 minutes]
               Mutex 0xc0001b82c8
               bolt.(*DB).begin(0xc0001b8200) db.go:595
               walletdb.Update(0x1, 0xc000268600) interface.go:240
               pay.(*Wallet).next(0xc0002b1600) addresses.go:658"
        )
    };
    told(&text("0xc000268600"), &["goroutine.lock-cycle"], &["past the call in which the others wait"]);
    told(&text("0xc000999900"), &["goroutine.blocked-holding-lock"], &[]);
}

#[test]
fn two_locks_of_one_object_are_no_circle_by_the_places_where_they_are_waited_for() {
    let text = "goroutine 45 [sync.Mutex.Lock, 34 minutes]
           Mutex 0xc420600d88
           push.(*Server).updates(0xc420600d00) push.go:510
         goroutine 49 [sync.Mutex.Lock, 34 minutes]
           Mutex 0xc420600d4c
           push.(*Server).push(0xc420600d00) push.go:412
         goroutine 29 [chan send, 34 minutes]
           push.(*Server).update(0xc420600d00) push.go:490";
    told(text, &["goroutine.blocked-holding-lock"], &["2 more wait behind it"]);
}

#[test]
fn a_method_that_calls_another_of_its_type_took_no_lock_by_that_alone() {
    let get = |rest: &str| {
        format!(
            "goroutine 40 [sync.RWMutex.RLock, 20 minutes]
               RLock
               meta.(*Client).data(0xc208136100) client.go:215
               meta.(*Client).Users(0xc208136100) client.go:468
             {rest}"
        )
    };
    told(&get(""), &["goroutine.lock-never-released"], &[]);
    // A whole dump would have the holder.
    told(&get("goroutine 41 [running]\n ops.dump() ops.go:9"), &["goroutine.self-deadlock"], &[]);
}

#[test]
fn a_lock_whose_object_only_some_waiters_print_is_one_lock() {
    let text = "goroutine 211 [chan send, 14 minutes]
           cache.(*listener).add(...) informer.go:19
           cache.(*processor).distribute(0xc0004be2d0) informer.go:70
         goroutine 212 [sync.RWMutex.Lock, 14 minutes]
           WLock 0xc0004be2d0?
           cache.(*processor).resync(0xc0004be2d0) informer.go:90
         goroutine 213 [sync.RWMutex.RLock, 14 minutes]
           RLock
           cache.(*processor).run.func1(0xc0004be2d0) informer.go:82
           cache.(*processor).run(0xc0004be2d0) informer.go:89";
    told(text, &["goroutine.blocked-holding-lock"], &["2 more wait behind it"]);
}

#[test]
fn a_feed_sends_in_a_select() {
    let feed = |minutes: u32| {
        format!(
            "goroutine 66 [select, {minutes} minutes]
               reflect.rselect({{0xc0f69ac358, 0x2}}) select.go:590
               github.com/ethereum/go-ethereum/event.(*Feed).Send(0xc000568190) feed.go:160
               vote.(*Pool).put(0xc0005680f0) pool.go:190"
        )
    };
    told(&feed(84), &["goroutine.chan-send-abandoned"], &[]);
    told(&feed(1), &[], &[]);
}

#[test]
fn in_a_deadlock_of_all_goroutines_the_lock_that_is_taken_twice_is_named() {
    let text = format!(
        "fatal error: all goroutines are asleep - deadlock!\n\n{}",
        "goroutine 1 [sync.RWMutex.Lock]:\nsync.runtime_SemacquireRWMutex(0x8?, 0x1?, 0x7?)\n\t/usr/local/go/src/runtime/sema.go:77 +0x25\nsync.(*RWMutex).Lock(0xc00013a008)\n\t/usr/local/go/src/sync/rwmutex.go:147 +0x36\nmain.(*Shell).pwd(0xc00013a000)\n\t/srv/app/shell.go:334 +0xa5\nmain.(*Shell).cache(0xc00013a000)\n\t/srv/app/shell.go:736 +0x35b\nmain.main()\n\t/srv/app/main.go:12 +0x2f\n"
    );
    check("goroutine", &[("crash.txt", &text)], &["goroutine.self-deadlock"]);
    check("crash", &[("crash.txt", &text)], &["crash.deadlock"]);
    let rows = text
        .replace("main.(*Shell).pwd", "database/sql.(*Conn).close")
        .replace("main.(*Shell).cache", "database/sql.(*Conn).Close")
        .replace("/srv/app/shell.go", "/usr/local/go/src/database/sql/sql.go");
    let found = check("goroutine", &[("crash.txt", &rows)], &["goroutine.sql-rows"]);
    assert!(
        found[0].claim.contains("until all rows and transactions of it are closed"),
        "{}",
        found[0].claim
    );
}

#[test]
fn a_loop_that_stands_in_what_it_deferred_is_no_background() {
    let raft = |inner: &str| {
        format!(
            "goroutine 74 [select, 95 minutes]
               {inner}
               github.com/hashicorp/raft.(*Raft).runLeader(0xc0001e6000) raft.go:455
               github.com/hashicorp/raft.(*Raft).run(0xc0001e6000) raft.go:140"
        )
    };
    let deferred = raft("github.com/hashicorp/raft.(*Raft).runLeader.func1(0xc0001e6000) raft.go:417");
    told(&deferred, &["goroutine.select-no-exit"], &[]);
    let why: String = groups(&deferred).iter().flat_map(|group| group.reasons.clone()).collect();
    assert!(why.contains("stands in a function that it deferred"), "{why}");
    let rests = raft("github.com/hashicorp/raft.(*Raft).leaderLoop(0xc0001e6000) raft.go:417");
    told(&rests, &[], &[]);
    assert!(groups(&rests).iter().any(|group| group.goids == [74] && group.verdict == Verdict::Benign));
}

#[test]
fn a_call_behind_a_stop_of_the_own_server_goes_with_its_handler() {
    let text = |call: &str| {
        format!(
            "goroutine 20 [chan receive, 14 minutes]
               api.await(0xc000500000) api.go:40
               google.golang.org/grpc.(*Server).processUnaryRPC(0xc000700000, 0x1) server.go:1282
             goroutine 21 [sync.Cond.Wait, 14 minutes]
               sync.(*Cond).Wait(0xc000100010) cond.go:70
               google.golang.org/grpc.(*Server).GracefulStop(0xc000100000) server.go:1800
               api.stop(0xc000100000) api.go:80
             goroutine 22 [select, 14 minutes]
               {call}
               api.ask(0xc000100000) api.go:90"
        )
    };
    let call = "google.golang.org/grpc.(*clientStream).RecvMsg(0xc000900000) stream.go:9
               google.golang.org/grpc.invoke(0x1) call.go:66";
    let test = "
             goroutine 60 [chan receive, 14 minutes]
               testing.(*T).Run(0xc000a00000) testing.go:1750
               testing.tRunner(0xc000a00000) testing.go:1690";
    told(&(text(call) + test), &["goroutine.http-handler-stuck"], &["2 more wait behind it"]);
    told(
        &text("feed.next(0xc000900000) feed.go:9"),
        &["goroutine.http-handler-stuck"],
        &["1 more waits behind it"],
    );
}
