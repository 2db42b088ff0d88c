//! What of a text counts as a dump, and what of a log is judged.

use crate::detectors::testing::{check, report};
use crate::report::Severity;

fn waits(goid: u32, state: &str, place: &str) -> String {
    format!(
        "goroutine {goid} [{state}]:\n{place}\ncreated by main.main in goroutine 1\n\t/srv/app/main.go:5 +0x1\n\n"
    )
}

const ACK: &str = "sync.(*RWMutex).RLock(...)\n\t/usr/local/go/src/sync/rwmutex.go:74\nexample.com/shop/mq.(*stream).ack(0xc0)\n\t/srv/app/stream.go:96 +0x1";
const LOOP: &str = "example.com/shop/feed.(*Feed).loop(0xc0)\n\t/srv/app/feed.go:44 +0x1";

/// Goroutines of each moment of a text.
fn totals(text: &str) -> Vec<u64> {
    let section = report(&[("app.log", text.as_bytes())]).goroutines;
    section.map(|section| section.snapshots.iter().map(|moment| moment.total).collect()).unwrap_or_default()
}

#[test]
fn one_goroutine_cut_out_of_a_dump_is_counted_and_judged() {
    let text = waits(40, "sync.RWMutex.RLock, 44 minutes", ACK);
    assert_eq!(totals(&text), [1]);
    let found = check("goroutine", &[("paste.txt", &text)], &["goroutine.lock-never-released"]);
    assert!(found[0].severity <= Severity::Warning && found[0].claim.contains("stream.go:96"));
    check("goroutine", &[("paste.txt", &waits(40, "sync.RWMutex.RLock", ACK))], &[]);
}

#[test]
fn the_only_goroutine_of_a_crash_is_counted() {
    let text = format!("panic: boom\n\n{}", waits(7, "running", LOOP));
    assert_eq!(totals(&text), [1]);
}

#[test]
fn dumps_whose_minutes_alone_differ_are_two_moments_and_a_copy_is_none() {
    let dump = |minutes: u32| {
        let writer = waits(90, "running", "main.watchdog()\n\t/srv/app/main.go:77 +0x31");
        format!(
            "12:0{} watchdog: no progress\n{writer}{}",
            minutes % 10,
            waits(20, &format!("select, {minutes} minutes"), LOOP)
        )
    };
    assert_eq!(totals(&format!("{}{}", dump(7), dump(12))), [2, 2]);
    assert_eq!(totals(&format!("{}{}", dump(7), dump(7))), [2]);
}

#[test]
fn a_sigquit_dump_after_an_ordinary_one_in_a_log_is_the_newest_moment() {
    let first = format!("{}{}", waits(9, "running", LOOP), waits(20, "select", LOOP));
    let last = format!("{}{first}", waits(21, "select", LOOP));
    let text = format!("{first}12:05 INFO going on\nSIGQUIT: quit\nPC=0x1 m=0 sigcode=0\n\n{last}");
    assert_eq!(totals(&text), [2, 3]);
    check("crash", &[("app.log", &text)], &["crash.asked-for"]);
}

#[test]
fn what_was_stuck_before_a_crash_that_lists_others_is_still_told() {
    let stuck = waits(40, "sync.RWMutex.RLock, 44 minutes", ACK);
    let dump = format!("{}{stuck}{}", waits(9, "running", LOOP), waits(20, "select", LOOP));
    let text = format!("{dump}12:05 INFO going on\npanic: boom\n\n{}", waits(71, "running", LOOP));
    check("goroutine", &[("app.log", &text)], &["goroutine.lock-never-released"]);
    check("crash", &[("app.log", &text)], &["crash.panic"]);
}

/// States of the groups of a `debug=1` text whose rows are these, in the order of their functions.
fn states(rows: &[(&str, &str)]) -> Vec<String> {
    let blocks = rows.iter().map(|(hidden, function)| {
        format!("40 @ {hidden} 0x9576c1 0x460031\n#\t0x9576c0\t{function}+0x150\t/srv/app/x.go:187\n\n")
    });
    let text = format!("goroutine profile: total {}\n{}", 40 * rows.len(), blocks.collect::<String>());
    let mut groups = report(&[("g.txt", text.as_bytes())]).goroutines.expect("a section").groups;
    groups.sort_by(|a, b| a.stack[0].function.cmp(&b.stack[0].function));
    groups.into_iter().map(|group| group.state).collect()
}

#[test]
fn waits_of_old_versions_are_read_from_what_is_hidden() {
    // Up to Go 1.13 channel operations park through goparkunlock: four counters, and three are a select.
    let send = ("0x42ef5a 0x42f04e 0x405d58 0x405b1d", "main.a");
    let receive = ("0x42ef5a 0x42f04e 0x406a4f 0x406755", "main.b");
    let select = ("0x42ef5a 0x43bda4 0x43bd0c", "main.c");
    assert_eq!(states(&[send, receive, select]), ["chan send", "chan receive", "select"]);
    // selectgoImpl is longer than any channel operation.
    assert_eq!(states(&[("0x42cb1a 0x43bda4 0x43aa0c", "main.a")]), ["select"]);
    // One operation alone does not say which it is.
    assert_eq!(states(&[receive]), ["chan receive or send"]);
    assert_eq!(states(&[("0x42ef5a 0x405ab0 0x405700", "main.a")]), ["chan receive or send"]);
}

#[test]
fn nothing_is_said_of_goroutines_that_are_not_in_the_text() {
    let text = |total: u64| {
        format!(
            "goroutine profile: total {total}\n5 @ 0x42ef5a 0x406a4f 0x406755 0x95bfe1\n#\t0x95bfe0\tmain.pull+0x1\t/srv/x.go:4\n\n2 @ 0x41f569 0x48cef8 0x69cbf3 0x491de1\n#\t0x48cef7\tos/signal.signal_recv+0x97\t/usr/local/go/src/runtime/sigqueue.go:152\n#\t0x69cbf2\tos/signal.loop+0x12\t/usr/local/go/src/os/signal/signal_unix.go:23\n"
        )
    };
    let answer = |text: String| {
        let section = report(&[("g.txt", text.as_bytes())]).goroutines.expect("a section");
        crate::report::verdict::goroutine_answer(&section, None).expect("an answer").1
    };
    let cut = answer(text(30));
    assert!(cut.contains("none of 2 others that are listed leaks"), "{cut}");
    assert!(cut.contains("nothing can be said of 23 that are not in the text"), "{cut}");
    let whole = answer(text(7));
    assert!(
        whole.ends_with("5 of 7 goroutines could not be classified; none of the others leaks"),
        "{whole}"
    );
}

#[test]
fn equal_numbers_at_several_places_are_told() {
    let row = |count: u64, line: u32| {
        format!(
            "{count} @ 0x42ef5a 0x42f04e 0x405d58 0x405b1d 0x9576c1\n#\t0x9576c0\tmain.f{line}+0x1\t/srv/x.go:{line}\n\n"
        )
    };
    let claim = |counts: [u64; 3]| {
        let rows: String = counts.into_iter().zip(1..).map(|(count, line)| row(count, line)).collect();
        let text = format!("goroutine profile: total {}\n{rows}", counts.iter().sum::<u64>());
        check("goroutine", &[("g.txt", text)], &["goroutine.suspect"])[0].claim.clone()
    };
    assert!(claim([281, 281, 281]).contains("At each of 3 places there are exactly 281"));
    assert!(!claim([281, 280, 281]).contains("exactly"));
    assert!(!claim([281, 281, 90]).contains("exactly"));
}

#[test]
fn a_suspicion_says_how_long_and_has_no_advice_that_its_minutes_contradict() {
    let text = |wait: &str| {
        format!(
            "goroutine 423 [chan receive{wait}]:\nexample.com/shop/capture.(*Capture).lock(0xc0025cd790)\n\t/srv/app/capture.go:591 +0xa5\ncreated by example.com/shop/capture.Run in goroutine 1\n\t/srv/app/capture.go:9 +0x1\n"
        )
    };
    let found = check("goroutine", &[("d.txt", text(", 2493 minutes"))], &["goroutine.suspect"]);
    assert!(found[0].claim.contains("(capture.go:591) for 41 h 33 min"), "{}", found[0].claim);
    assert!(
        !found[0].against.concat().contains("burst") && !found[0].advice.concat().contains("five minutes")
    );
    // So many are no burst either, but open connections look so.
    let crowd = "goroutine profile: total 20000\n20000 @ 0x42ef5a 0x43bda4 0x43aa0c 0x9576c1\n#\t0x9576c0\tmain.serve+0x1\t/srv/x.go:4\n";
    let found = check("goroutine", &[("g.txt", crowd)], &["goroutine.suspect"]);
    assert!(found[0].claim.contains("take at least 39.1 MiB"), "{}", found[0].claim);
    assert!(found[0].against.concat().contains("keeps so many connections"), "{:?}", found[0].against);
}
