//! Who holds a lock, who waits for whom, and who has nothing to do with it.

use super::short::{dump, groups, told};
use crate::detectors::testing::check;
use crate::report::{Role, Verdict};

/// Nobody is said to wait for anybody.
#[track_caller]
fn nobody_waits_for_anybody(text: &str) {
    for group in groups(text) {
        assert!(!matches!(group.role, Some(Role::Victim)), "{:?}: {:?}", group.user_frame, group.reasons);
        assert_ne!(group.rule, "blocked-holding-lock", "{:?}", group.reasons);
    }
}

const SENDER: &str = "goroutine 20 [chan send, 40 minutes]\n hub.(*Hub).Broadcast(0xc000aa0000) hub.go:44\n";
const LOOP: &str = "goroutine 21 [select, 60 minutes]\n hub.(*Hub).run(0xc000aa0000) hub.go:90\n";

/// Two goroutines that wait for the lock of an object.
fn waiters(object: &str) -> String {
    (33..35)
        .map(|goid| {
            format!(
                "goroutine {goid} [sync.Mutex.Lock, 39 minutes]\n Mutex {object}\n hub.(*Hub).Broadcast({object}) hub.go:41\n"
            )
        })
        .collect()
}

#[test]
fn who_is_past_the_lock_of_the_same_object_holds_it() {
    let text = SENDER.to_owned() + &waiters("0xc000aa0000");
    told(
        &text,
        &["goroutine.blocked-holding-lock"],
        &[
            "2 goroutines wait for the lock of hub.(*Hub) at 0xc000aa0000. Goroutine 20 is past its call of Lock \
             in hub.(*Hub).Broadcast (hub.go:44), of the same object and waits in [chan send]",
            "2 more wait behind it",
        ],
    );
}

#[test]
fn who_works_on_another_object_holds_nothing() {
    let other = SENDER.to_owned() + &waiters("0xc000bb0000");
    told(
        &other,
        &["goroutine.lock-never-released", "goroutine.chan-send-abandoned"],
        &["hub.go:41", "hub.go:44"],
    );
    nobody_waits_for_anybody(&other);
    nobody_waits_for_anybody(
        "goroutine 20 [select, 61 minutes]
           rpc.(*Client).Call(0xc00071a780) client.go:133
           state.(*State).sync(0xc000600000) state.go:186
         goroutine 60 [sync.RWMutex.RLock, 60 minutes]
           RLock
           state.(*State).Services(0xc000500000) state.go:85",
    );
    nobody_waits_for_anybody(
        "goroutine 20 [IO wait, 61 minutes]
           sync.(*Once).doSlow(0xc000100000, 0x1) once.go:78
           conf.Get(0x1) conf.go:29
         goroutine 60 [sync.Mutex.Lock, 60 minutes]
           Mutex 0xc000200004
           sync.(*Once).doSlow(0xc000200000, 0x1) once.go:72
           conf.Get(0x1) conf.go:29",
    );
}

#[test]
fn the_only_other_goroutine_of_the_object_is_taken_for_the_holder() {
    let services = "goroutine 60 [sync.RWMutex.RLock, 60 minutes]\n RLock\n state.(*State).Services(0xc000500000) state.go:85\n";
    let sync = "goroutine 32 [select, 61 minutes]\n rpc.(*Client).Call(0xc00071a780) client.go:133\n state.(*State).sync(0xc000500000) state.go:186\n";
    told(
        &format!("{services}{sync}"),
        &["goroutine.blocked-holding-lock"],
        &["state.(*State).sync (state.go:186), a method of the same object", "probably holds the lock"],
    );
    // A closure prints no receiver: the type is all there is.
    let closure = "goroutine 32 [chan send, 61 minutes]\n state.(*State).sync.func2() state.go:190\n conn.(*Conn).close(0xc000353f50) conn.go:23\n";
    told(
        &format!("{services}{closure}"),
        &["goroutine.blocked-holding-lock"],
        &["code of the same type (the dump does not print which object)", "[chan send]"],
    );
    // In a Cond of something else.
    let queue = "goroutine 32 [sync.Cond.Wait, 61 minutes]\n sync.(*Cond).Wait(0xc00071a780) cond.go:70\n work.(*Queue).Get(0xc00071a700) queue.go:39\n state.(*State).next(0xc000500000) state.go:190\n";
    told(&format!("{services}{queue}"), &["goroutine.blocked-holding-lock"], &["[sync.Cond.Wait]"]);
    // Through another type, deep in the same stack.
    let deep = "goroutine 32 [IO wait, 61 minutes]\n db.(*Conn).Exec(0xc00071a780) db.go:133\n audit.(*Log).Add(0xc00081a780) audit.go:9\n state.(*State).Set(0xc000500000, 0x1) state.go:120\n";
    told(
        &format!("{services}{deep}"),
        &["goroutine.blocked-holding-lock"],
        &["state.(*State).Set (state.go:120)"],
    );
}

#[test]
fn a_call_to_another_service_is_no_loop_and_a_loop_that_reads_is_one() {
    let waiters = waiters("0xc000aa0000");
    let call = |state: &str, inner: &str| {
        format!(
            "goroutine 50 [{state}, 61 minutes]\n {inner}\n hub.(*Hub).sync(0xc000aa0000) hub.go:9\n{waiters}"
        )
    };
    for (state, inner) in [
        ("select", "net/http.(*persistConn).roundTrip(0xc000100000) transport.go:2670"),
        ("select", "database/sql.(*DB).conn(0xc000100000) sql.go:1369"),
        ("IO wait", "internal/poll.(*FD).Write(0xc000100000) fd_unix.go:387"),
    ] {
        told(&call(state, inner), &["goroutine.blocked-holding-lock"], &["hub.(*Hub).sync (hub.go:9)"]);
    }
    nobody_waits_for_anybody(&call("IO wait", "internal/poll.(*FD).Read(0xc000100000) fd_unix.go:165"));
    let closure = "goroutine 50 [select, 61 minutes]\n github.com/segmentio/kafka-go.(*Reader).FetchMessage(0xc000100000) reader.go:9\n hub.(*Hub).Run.func3() hub.go:9\n";
    nobody_waits_for_anybody(&format!("{closure}{waiters}"));
}

#[test]
fn traffic_of_the_object_and_its_own_loops_are_not_accused() {
    let waiters = waiters("0xc000aa0000");
    nobody_waits_for_anybody(&format!("{LOOP}{waiters}"));
    // Two calls of the same object, of which at most one holds the lock.
    let calls = (50..52)
        .map(|goid| format!("goroutine {goid} [select, 61 minutes]\n rpc.(*Client).Call(0xc00071a780) client.go:133\n hub.(*Hub).Sync(0xc000aa0000) hub.go:9\n"))
        .collect::<String>();
    nobody_waits_for_anybody(&format!("{calls}{waiters}"));
    // It began to wait long after they did.
    nobody_waits_for_anybody(&format!(
        "{}{waiters}",
        calls.lines().take(3).map(|line| line.replace(", 61 minutes", "") + "\n").collect::<String>()
    ));
    // In a Cond the lock is given back.
    nobody_waits_for_anybody(&format!(
        "goroutine 50 [sync.Cond.Wait, 61 minutes]\n sync.(*Cond).Wait(0xc000aa0010) cond.go:70\n hub.(*Hub).Broadcast(0xc000aa0000) hub.go:43\n{waiters}"
    ));
    // Main waits for all its workers.
    nobody_waits_for_anybody(&format!(
        "goroutine 50 [sync.WaitGroup.Wait, 61 minutes]\n sync.(*WaitGroup).Wait(0xc000aa0010) waitgroup.go:70\n hub.(*Hub).Run(0xc000aa0000) hub.go:143\n{waiters}"
    ));
    let named = groups(&format!("{LOOP}{waiters}"));
    let reasons = named.iter().flat_map(|group| &group.reasons).cloned().collect::<String>();
    assert!(reasons.contains("not certain which goroutine holds the lock of hub.(*Hub) at 0xc000aa0000. In its owner's code: goroutine 21"), "{reasons}");
}

#[test]
fn an_address_that_may_be_old_is_said_to_be() {
    let text = SENDER.replace("0xc000aa0000", "0xc000aa0000?") + &waiters("0xc000aa0000");
    told(&text, &["goroutine.blocked-holding-lock"], &["printed with `?`, so it may be an old value"]);
    let other = SENDER.replace("0xc000aa0000", "0xc000cc0000?") + &waiters("0xc000aa0000");
    told(
        &other,
        &["goroutine.blocked-holding-lock"],
        &["is past its call of Lock in hub.(*Hub).Broadcast (hub.go:44) and"],
    );
}

#[test]
fn a_goroutine_that_took_the_lock_further_out_waits_for_itself() {
    let outer = |inner: &str, state: &str| {
        format!(
            "goroutine 40 [{state}, 38 minutes]\n {inner}\n mq.(*stream).ack(0xc0000cdb80, 0x690) stream.go:96\n mq.(*consumer).onDelete(0xc008278a80) consumer.go:75\n mq.(*stream).update(0xc0000cdb80) stream.go:46\n by mq.Open\n"
        )
    };
    let says = [
        "mq.(*stream).update (stream.go:46), of the same object: it probably took the lock there and waits for itself",
    ];
    told(&outer("RLock", "sync.RWMutex.RLock"), &["goroutine.self-deadlock"], &says);
    told(&outer("Mutex 0xc0000cdb90", "sync.Mutex.Lock"), &["goroutine.self-deadlock"], &says);
    let twice = dump(&outer("RLock", "sync.RWMutex.RLock"));
    check("goroutine", &[("dump.txt", &twice)], &["goroutine.self-deadlock"]);
    // Others wait behind it.
    let others = "goroutine 50 [sync.Mutex.Lock, 30 minutes]\n Mutex 0xc0000cdb90\n mq.(*stream).info(0xc0000cdb80) stream.go:12\n";
    let text = outer("Mutex 0xc0000cdb90", "sync.Mutex.Lock") + others;
    told(&text, &["goroutine.self-deadlock"], &["1 more waits behind it"]);
    // A Once in its own function.
    told(
        "goroutine 40 [sync.Mutex.Lock, 38 minutes]
           Mutex 0xc000200004
           sync.(*Once).doSlow(0xc000200000, 0x1) once.go:72
           conf.Get(0x1) conf.go:29
           conf.load(0x1) conf.go:50
           sync.(*Once).doSlow(0xc000200000, 0x1) once.go:78
           conf.Get(0x1) conf.go:29",
        &["goroutine.self-deadlock"],
        &["is in the function of that sync.Once already: it waits for itself"],
    );
}

#[test]
fn methods_that_call_each_other_are_no_proof_of_a_lock_taken_twice() {
    let call = |goid: u32, minutes: u32| {
        format!(
            "goroutine {goid} [sync.Mutex.Lock, {minutes} minutes]\n Mutex 0xc0000cdb90\n mq.(*stream).ack(0xc0000cdb80) stream.go:96\n mq.(*stream).update(0xc0000cdb80) stream.go:46\n"
        )
    };
    // Two cannot both have passed the lock.
    told(&[call(40, 38), call(41, 38)].concat(), &["goroutine.lock-never-released"], &[]);
    // Somebody waited long before.
    let first = "goroutine 50 [sync.Mutex.Lock, 60 minutes]\n Mutex 0xc0000cdb90\n mq.(*stream).info(0xc0000cdb80) stream.go:12\n";
    told(&format!("{}{first}", call(40, 38)), &["goroutine.lock-never-released"], &[]);
    // Another stream's method.
    let other = call(40, 38).replace("update(0xc0000cdb80)", "update(0xc0000ffb80)");
    check("goroutine.self-deadlock", &[("dump.txt", dump(&other))], &[]);
    told(&other, &["goroutine.lock-never-released"], &[]);
    // The lock is far from the stream, behind a pointer: an element's, a client's.
    let behind = call(40, 38).replace("Mutex 0xc0000cdb90", "Mutex 0xc0004d0bd0");
    told(&behind, &["goroutine.lock-never-released"], &[]);
    // Somebody is at work in the section.
    let worker = "goroutine 50 [running]\n mq.(*stream).compact(0xc0000cdb80) stream.go:200\n";
    told(&format!("{}{worker}", call(40, 38)), &["goroutine.lock-never-released"], &[]);
}

#[test]
fn a_read_lock_taken_twice_around_a_writer_is_told() {
    told(
        "goroutine 40 [sync.RWMutex.RLock, 38 minutes]
           RLock
           store.(*Store).get(0xc000500000) store.go:30
           store.(*Store).each(0xc000500000) store.go:50
         goroutine 41 [sync.RWMutex.Lock, 38 minutes]
           WLock 0xc000500008
           store.(*Store).put(0xc000500000) store.go:70",
        &["goroutine.self-deadlock"],
        &["takes a read lock twice", "goroutine 41 called Lock (store.(*Store).put (store.go:70))"],
    );
}

#[test]
fn locks_in_a_circle_are_drawn() {
    told(
        "goroutine 50 [sync.Mutex.Lock, 30 minutes]
           Mutex 0xc000200000
           db.(*Index).Drop(0xc000200000) index.go:88
           db.(*Store).Compact(0xc000100000) store.go:31
         goroutine 51 [sync.Mutex.Lock, 30 minutes]
           Mutex 0xc000100000
           db.(*Store).Flush(0xc000100000) store.go:70
           db.(*Index).Rebuild(0xc000200000) index.go:55",
        &["goroutine.lock-cycle"],
        &[
            "They wait for each other: ",
            "goroutine 51 is in db.(*Index).Rebuild (index.go:55), a method of the same object (holds the lock of \
             db.(*Index) at 0xc000200000) and waits at db.(*Store).Flush (store.go:70) for the lock of db.(*Store) \
             at 0xc000100000",
        ],
    );
    let three: String = [("a", "b", 1), ("b", "c", 2), ("c", "a", 3)]
        .map(|(holds, wants, goid)| {
            let object = |name: &str| format!("0xc000{name}00000");
            format!(
                "goroutine 5{goid} [sync.Mutex.Lock, 30 minutes]\n Mutex {1}\n ring.(*{wants}).enter({1}) ring.go:8{goid}\n ring.(*{holds}).next({0}) ring.go:3{goid}\n",
                object(holds),
                object(wants)
            )
        })
        .concat();
    told(&three, &["goroutine.lock-cycle"], &["goroutine 51", "goroutine 52", "goroutine 53"]);
    // One function, two locks in two orders.
    let transfer = |goid: u32, from: &str, to: &str| {
        format!(
            "goroutine {goid} [sync.Mutex.Lock, 30 minutes]\n Mutex {to}\n bank.transfer({from}, {to}) bank.go:27\n"
        )
    };
    let (a, b) = ("0xc000100000", "0xc000200000");
    told(
        &[transfer(50, a, b), transfer(51, b, a)].concat(),
        &["goroutine.lock-cycle"],
        &["goroutine 50", "goroutine 51"],
    );
    let circle = dump(&[transfer(50, a, b), transfer(51, b, a)].concat());
    check("goroutine", &[("dump.txt", &circle)], &["goroutine.lock-cycle"]);
    let line = dump(&[transfer(50, a, b), transfer(51, a, b)].concat());
    check("goroutine.lock-cycle", &[("dump.txt", &line)], &[]);
    // And those who only wait behind them.
    let behind =
        format!("goroutine 60 [sync.Mutex.Lock, 20 minutes]\n Mutex {a}\n bank.balance({a}) bank.go:12\n");
    told(&[transfer(50, a, b), transfer(51, b, a), behind].concat(), &["goroutine.lock-cycle"], &["behind"]);
}

#[test]
fn two_that_wait_for_locks_of_other_objects_are_no_circle() {
    told(
        "goroutine 50 [sync.Mutex.Lock, 30 minutes]
           Mutex 0xc000200000
           db.(*Index).Drop(0xc000200000) index.go:88
           db.(*Store).Compact(0xc000100000) store.go:31
         goroutine 51 [sync.Mutex.Lock, 30 minutes]
           Mutex 0xc000300000
           db.(*Store).Flush(0xc000300000) store.go:70
           db.(*Index).Rebuild(0xc000400000) index.go:55",
        &["goroutine.lock-never-released", "goroutine.lock-never-released"],
        &[],
    );
}

#[test]
fn the_function_of_a_once_holds_it_in_old_and_new_go() {
    let old = |dial: &str, get: &str| {
        format!(
            "goroutine 20 [IO wait, 40 minutes]\n conf.dial({dial}) conf.go:51\n sync.(*Once).Do({dial}, 0x1) once.go:44\n conf.Get(0x1) conf.go:29\ngoroutine 21 [semacquire, 39 minutes]\n sync.runtime_SemacquireMutex(0x114781c, 0x0) sema.go:71\n sync.(*Mutex).Lock({get}) mutex.go:134\n sync.(*Once).Do({get}, 0x1) once.go:40\n conf.Get(0x1) conf.go:29\n"
        )
    };
    told(&old("0x1147818", "0x1147818"), &["goroutine.once-stuck"], &["conf.dial (conf.go:51)"]);
    nobody_waits_for_anybody(&old("0x1147918", "0x1147818"));
    let new = "goroutine 20 [IO wait, 40 minutes]
           conf.dial(0x1) conf.go:51
           sync.(*Once).doSlow(0xc000200000, 0x1) once.go:78
           conf.Get(0x1) conf.go:29
         goroutine 21 [sync.Mutex.Lock, 39 minutes]
           Mutex 0xc000200004
           sync.(*Once).doSlow(0xc000200000, 0x1) once.go:72
           conf.Other(0x1) conf.go:39";
    told(new, &["goroutine.once-stuck"], &["is in the function of that sync.Once"]);
}

#[test]
fn what_one_function_started_side_by_side_is_not_one_cause() {
    let text = "goroutine 50 [IO wait, 40 minutes]
           internal/poll.(*FD).Write(0xc00019cd80) fd_unix.go:391
           mirror.(*Mirror).push(0xc000100000) mirror.go:31
           by start.All
         goroutine 51 [sync.Mutex.Lock, 40 minutes]
           Mutex 0xc000900000
           ledger.(*Ledger).Post(0xc000900000) ledger.go:88
           by start.All";
    told(text, &["goroutine.lock-never-released", "goroutine.write-blocked"], &[]);
    nobody_waits_for_anybody(text);
}

#[test]
fn waiters_of_different_locks_are_told_apart_and_of_one_are_one_finding() {
    let get = |goid: u32, object: &str, method: &str| {
        format!(
            "goroutine {goid} [sync.Mutex.Lock, 39 minutes]\n Mutex {object}\n hub.(*Hub).{method}({object}) hub.go:41\n"
        )
    };
    let apart = get(33, "0xc000aa0000", "Get") + &get(34, "0xc000bb0000", "Put");
    told(&apart, &["goroutine.lock-never-released", "goroutine.lock-never-released"], &[]);
    let one = get(33, "0xc000aa0000", "Get") + &get(34, "0xc000aa0000", "Put");
    told(&one, &["goroutine.lock-never-released"], &["1 more waits behind it"]);
    let group = get(33, "0xc000aa0000", "Get") + &get(34, "0xc000bb0000", "Get");
    let reasons = groups(&group)
        .into_iter()
        .filter(|group| group.verdict == Verdict::Leak)
        .flat_map(|group| group.reasons);
    assert!(reasons.collect::<String>().contains("They wait for 2 different locks"));
}

#[test]
fn a_worker_that_waits_for_its_own_group_waits_for_itself() {
    let errgroup = |own: &str, minutes: u32| {
        format!(
            "goroutine 6 [sync.WaitGroup.Wait, {minutes} minutes]
               sync.(*WaitGroup).Wait(0xc000100008) waitgroup.go:118
               golang.org/x/sync/errgroup.(*Group).Wait(0xc000100000) errgroup.go:56
               fetch.All(0x1) fetch.go:30
             goroutine 7 [sync.WaitGroup.Wait, {minutes} minutes]
               sync.(*WaitGroup).Wait({own}8) waitgroup.go:118
               golang.org/x/sync/errgroup.(*Group).Wait({own}0) errgroup.go:56
               fetch.All.func1() fetch.go:25
               golang.org/x/sync/errgroup.(*Group).Go.func1() errgroup.go:78
               started golang.org/x/sync/errgroup.(*Group).Go 6"
        )
    };
    told(
        &errgroup("0xc00010000", 40),
        &["goroutine.self-deadlock"],
        &[
            "fetch.All.func1 (fetch.go:25) for the group at 0xc000100008, and so does goroutine 6, which started it as one of its workers: it waits for itself",
        ],
    );
    told(&errgroup("0xc00010000", 1), &["goroutine.suspect"], &[]);
    told(&errgroup("0xc00020000", 40), &[], &[]);
    let plain = |rest: &str| {
        format!(
            "goroutine 6 [semacquire, 40 minutes]
               sync.(*WaitGroup).Wait(0xc000100008) waitgroup.go:118
               fetch.All(0x1) fetch.go:30
             goroutine 7 [semacquire, 40 minutes]
               sync.(*WaitGroup).Wait(0xc000100008) waitgroup.go:118
               fetch.All.func1() fetch.go:25
               started example.com/shop/fetch.All 6
             {rest}"
        )
    };
    told(&plain(""), &["goroutine.self-deadlock"], &["no other worker is left"]);
    // One that waits beside its starter while workers are there: `go func() { wg.Wait(); close(done) }()`.
    let worker = "goroutine 8 [select, 40 minutes]\n fetch.one(0x1) fetch.go:60\n started example.com/shop/fetch.All 6";
    told(&plain(worker), &[], &[]);
    told(
        "goroutine 9 [sync.WaitGroup.Wait, 40 minutes]
           sync.(*WaitGroup).Wait(0xc000100008) waitgroup.go:118
           golang.org/x/sync/singleflight.(*Group).Do(0xc000200000, {0x1, 0x2}) singleflight.go:99
           cache.(*Cache).Get(0xc000300000) cache.go:20
           cache.(*Cache).load(0xc000300000) cache.go:40
           golang.org/x/sync/singleflight.(*Group).doCall(0xc000200000, 0x1) singleflight.go:198
           golang.org/x/sync/singleflight.(*Group).Do(0xc000200000, {0x1, 0x2}) singleflight.go:113
           cache.(*Cache).Get(0xc000300000) cache.go:20",
        &["goroutine.self-deadlock"],
        &[
            "calls singleflight for a key from within the call for the same key, at cache.(*Cache).Get (cache.go:20)",
        ],
    );
}

#[test]
fn a_method_that_was_given_what_a_waiter_works_on_waits_for_that_waiter() {
    let text = |given: &str| {
        format!(
            "goroutine 26 [chan receive, 44 minutes]\n lease.(*Table).revoke(0xc000286020, {given}) lease.go:230\n lease.stop.func1() lease.go:242\n\
             goroutine 28 [sync.Mutex.Lock, 44 minutes]\n Mutex 0xc000286020\n lease.(*Lease).expire(0xc0001703d8) lease.go:219\n by time.goFunc\n\
             goroutine 29 [sync.Mutex.Lock, 40 minutes]\n Mutex 0xc000286020\n lease.(*Table).grant(0xc000286020, 0x1) lease.go:210\n lease.stop.func2() lease.go:245\n"
        )
    };
    told(
        &text("0xc0001703d8"),
        &["goroutine.blocked-holding-lock"],
        &["is in lease.(*Table).revoke (lease.go:230), a method of the same object", "2 more wait behind it"],
    );
    // Another lease, or one that may be old: its loop may wait there with nothing to do.
    for given in ["0xc000aa0000", "0xc0001703d8?"] {
        check("goroutine.blocked-holding-lock", &[("dump.txt", dump(&text(given)))], &[]);
    }
}

#[test]
fn an_excerpt_of_one_that_a_method_of_its_object_called_says_so() {
    let text = "goroutine 9 [sync.RWMutex.RLock]:\nsync.runtime_SemacquireRWMutexR(0xc0001b9730?, 0x1b?, 0xdbddc6?)\n\t/usr/local/go/src/runtime/sema.go:100 +0x25\nsync.(*RWMutex).RLock(...)\n\t/usr/local/go/src/sync/rwmutex.go:74\nexample.com/shop/box.(*Box).find(0xc0000aa580, {0xdbb6da, 0x4})\n\t/srv/app/box.go:82 +0x55\nexample.com/shop/box.(*Box).make(0xc0000aa580, {0xdbb6da, 0x4})\n\t/srv/app/box.go:112 +0xd6\n";
    let found = check("goroutine", &[("d.txt", text)], &["goroutine.suspect"]);
    let claim = &found[0].claim;
    assert!(claim.contains("called from box.(*Box).make (box.go:112)"), "{claim}");
    assert!(claim.contains("If that method has taken the lock"), "{claim}");
    // Another box's method took no lock of this one.
    let other = text.replace("make(0xc0000aa580", "make(0xc0000bb580");
    check("goroutine", &[("d.txt", other)], &[]);
    // Somebody else is in its code.
    let worker = format!(
        "{text}\ngoroutine 10 [running]:\nexample.com/shop/box.(*Box).put(0xc0000aa580)\n\t/srv/app/box.go:99 +0x1\n"
    );
    check("goroutine", &[("d.txt", worker)], &[]);
}

#[test]
fn an_address_behind_more_locks_than_an_object_has_tells_nothing() {
    let text = |locks: u32| {
        let waiters = (0..locks).map(|number| {
            let lock = 0xc001_0000_u64 + u64::from(number) * 0x10_000;
            format!(
                "goroutine {} [sync.Mutex.Lock, 30 minutes]\n Mutex 0x{lock:x}0000\n hub.(*Hub).send(0xc000100000) hub.go:40\n",
                100 + number
            )
        });
        let holder = "goroutine 20 [chan send, 30 minutes]\n hub.(*Hub).emit(0xc000100000) hub.go:20\n";
        format!("{holder}{}", waiters.collect::<String>())
    };
    let says = |locks: u32| {
        let groups = groups(&text(locks));
        groups.iter().flat_map(|group| &group.reasons).any(|reason| reason.contains("hub.(*Hub).emit"))
    };
    assert!(says(2));
    assert!(!says(200));
}
