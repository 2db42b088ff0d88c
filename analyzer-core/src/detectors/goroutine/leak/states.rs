//! What single states prove, how sure findings are, and what they count.

use super::tests::{PATHS, Stack, goroutine, grown, kept_awake, series, single, with};
use crate::detectors::testing::{check, verdicts};
use crate::report::Confidence::{Certain, Likely, Possible};
use crate::report::Severity::{Critical, Info, Warning};

#[test]
fn a_nil_channel_blocks_for_ever_by_definition() {
    for state in ["chan receive (nil chan)", "chan send (nil chan)"] {
        let stack = Stack { state, frames: &[("main.run", 12)], by: "main.start" };
        let found = check("goroutine", &single(&goroutine(&stack, 7, 0, 1)), &["goroutine.nil-channel"]);
        assert_eq!(verdicts(&found), [(Warning, Certain, Some(1))]);
    }
    let stack = Stack { state: "chan receive", frames: &[("main.run", 12)], by: "main.start" };
    check("goroutine", &single(&goroutine(&stack, 7, 0, 1)), &[]);
}

#[test]
fn one_empty_select_may_be_meant_and_two_are_not() {
    let stack = Stack { state: "select (no cases)", frames: &[("main.serve", 12)], by: "main.start" };
    let [one, two] = [7, 8].map(|goid| goroutine(&stack, goid, 0, goid));
    let found = check("goroutine", &single(&format!("{one}{two}")), &["goroutine.select-forever"]);
    assert_eq!(verdicts(&found), [(Warning, Certain, Some(2))]);
    check("goroutine", &single(&one), &[]);
}

#[test]
fn who_waits_past_the_lock_holds_it_and_who_stands_before_it_does_not() {
    let waiters = Stack {
        state: "sync.Mutex.Lock",
        frames: &[("sync.(*Mutex).Lock", 46), ("main.(*Store).Get", 12)],
        by: "main.start",
    };
    let at = |line: u32| {
        format!("goroutine 50 [chan send]:\nmain.(*Store).Get(0x1)\n\t/src/file.go:{line} +0x1d\n")
    };
    check("goroutine", &with(&grown(&waiters), &at(13)), &["goroutine.blocked-holding-lock"]);
    check("goroutine.blocked-holding-lock", &with(&grown(&waiters), &at(11)), &[]);
}

#[test]
fn a_stack_without_creator_in_a_part_of_a_dump_is_no_finalizer() {
    let cut = "goroutine 21 [select, 4867 minutes]:\nexample.com/metrics.(*Signal).run(0xc8201d0780)\n\t/src/signal.go:63 +0xf2\ncreated by example.com/metrics.New";
    let other = "goroutine 20 [chan receive, 4867 minutes]:\ndatabase/sql.(*DB).connectionOpener(0xc8201de820)\n\t/go/src/database/sql/sql.go:634 +0x45\ncreated by database/sql.Open\n\t/go/src/database/sql/sql.go:481 +0x336\n\n";
    for text in [
        format!("{other}{cut}"),
        format!("{other}{cut}\n"),
        format!("{}{}", cut.replace("created by example.com/metrics.New", "\n"), other),
    ] {
        check("goroutine.finalizer-stuck", &single(&text), &[]);
    }
}

#[test]
fn a_finalizer_that_waits_is_stuck_and_a_runner_without_work_is_not() {
    let dump = |state: &str, inner: &str| {
        format!(
            "goroutine 5 [{state}]:\n{inner}(0x1)\n\t/src/file.go:12 +0x1d\nruntime.runFinalizers()\n\t/src/mfinal.go:255 +0x1d\n"
        )
    };
    let stuck = single(&dump("chan receive, 3 minutes", "main.release"));
    let found = check("goroutine", &stuck, &["goroutine.finalizer-stuck"]);
    assert_eq!(verdicts(&found), [(Warning, Certain, Some(1))]);
    check("goroutine", &single(&dump("chan receive, 2 minutes", "main.release")), &[]);
    check("goroutine", &single(&dump("finalizer wait, 3 minutes", "runtime.gopark")), &[]);
}

#[test]
fn a_long_timer_ends_the_oldest_first_and_only_the_runtimes_mark_makes_it_a_leak() {
    let dumps = |state: &'static str| {
        series(|moment| {
            let stack = Stack {
                state: if moment == 2 { state } else { "select" },
                frames: &[("main.retry", 12)],
                by: "main.start",
            };
            (4 * moment..4 * moment + 8)
                .map(|index| goroutine(&stack, 100 + 10 * index, 0, 0xc000 + index))
                .collect()
        })
    };
    check("goroutine", &dumps("select (leaked)"), &["goroutine.select-long-timer"]);
    check("goroutine", &dumps("select"), &[]);
}

#[test]
fn growth_while_nobody_moves_is_likely_and_counts_the_last_dump() {
    let stack = Stack { state: "chan send", frames: &[("main.run", 12)], by: "main.start" };
    let found = check("goroutine", &grown(&stack), &["goroutine.chan-send-abandoned"]);
    assert_eq!(verdicts(&found), [(Warning, Likely, Some(36))]);
}

#[test]
fn ten_thousand_are_critical() {
    let stack = Stack { state: "chan receive (nil chan)", frames: &[("main.run", 12)], by: "main.start" };
    for (count, severity) in [(10_000, Critical), (9_999, Warning)] {
        let crowd: String =
            (0..count).map(|index| goroutine(&stack, 100 + index, 0, 0xc000 + index)).collect();
        let found = check("goroutine", &single(&crowd), &["goroutine.nil-channel"]);
        assert_eq!(verdicts(&found), [(severity, Certain, i64::try_from(count).ok())]);
    }
}

#[test]
fn what_one_or_two_dumps_cannot_tell_is_a_hint_and_three_need_none() {
    let stack = Stack { state: "chan receive", frames: &[("main.worker", 12)], by: "main.start" };
    let crowd =
        |count: u64| (0..count).map(|index| goroutine(&stack, 100 + 10 * index, 0, 0xc000 + index)).collect();
    let [t0, t1, t2] = PATHS;
    let many: String = crowd(100);
    let found = check("goroutine", &[(t0, &many)], &["goroutine.suspect"]);
    assert_eq!(verdicts(&found), [(Info, Possible, Some(100))]);
    check("goroutine", &[(t0, crowd(99))], &[]);
    check("goroutine", &[(t0, crowd(50)), (t1, crowd(100))], &["goroutine.suspect"]);
    check("goroutine", &[(t0, crowd(50)), (t1, crowd(50)), (t2, crowd(100))], &[]);
}

#[test]
fn loops_of_long_polls_that_become_more_and_move_are_no_leak() {
    let stack = Stack {
        state: "select",
        frames: &[("net/http.(*persistConn).roundTrip", 2670), ("main.poll", 12)],
        by: "main.start",
    };
    check("goroutine", &kept_awake(&stack), &[]);
    check("goroutine", &grown(&stack), &["goroutine.http-client-no-timeout"]);
    // Between two dumps that are not minutes apart nothing shows whether they move.
    let [first, second, _] = kept_awake(&stack);
    check("goroutine", &[first, second], &["goroutine.suspect"]);
}

#[test]
fn growth_that_is_over_is_left_to_a_third_dump() {
    let stack = Stack { state: "chan receive", frames: &[("main.shard", 12)], by: "main.start" };
    let dumps = |youngest: u64| {
        let dump = |first: u64, members: u64| -> String {
            let member = |index: u64| {
                goroutine(
                    &stack,
                    100 + 10 * index,
                    if index < 3 { first } else { youngest + index % 3 },
                    0xc000 + index,
                )
            };
            (0..members).map(member).collect()
        };
        let [t0, t1, _] = PATHS;
        [(t0, dump(3, 3)), (t1, dump(5, 18))]
    };
    check("goroutine", &dumps(3), &["goroutine.suspect"]);
    check("goroutine", &dumps(0), &["goroutine.chan-recv-unclosed"]);
}
