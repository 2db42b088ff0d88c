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
