//! What comes and goes over three dumps does not pile up; what only comes does.

use super::short::dump;
use super::tests::PATHS;
use crate::detectors::testing::report;
use crate::report::Verdict;

/// Goroutines with these ids at one place.
fn at(ids: &[u64], state: &str, frames: &str) -> String {
    ids.iter().map(|id| format!("goroutine {id} [{state}]\n{frames}\n")).collect()
}

const REST: &str =
    "internal/poll.runtime_pollWait(0x7f01, 0x72) netpoll.go:351\nserve.next(0xc0002) serve.go:10";
const WORK: &str = "serve.answer(0xc0002) serve.go:20";

/// The verdict on the group whose innermost own frame stands at `serve.go:line`.
fn verdict(dumps: [String; 3], line: u32) -> Verdict {
    let texts = dumps.map(|text| dump(&text));
    let files: Vec<(&str, &[u8])> = PATHS.into_iter().zip(texts.iter().map(|text| text.as_bytes())).collect();
    let report = report(&files);
    let groups = report.goroutines.expect("dumps").groups;
    let is_meant = |frame: &crate::report::StackFrame| frame.line == Some(line);
    let group = groups.iter().find(|group| group.user_frame.as_ref().is_some_and(is_meant));
    group.expect("a group at that line").verdict
}

#[test]
fn connections_that_rest_after_their_work_do_not_pile_up() {
    let (few, all): (Vec<u64>, Vec<u64>) = ((50..53).collect(), (50..90).collect());
    let dumps = [
        at(&[50, 51, 52, 53, 54], "IO wait", REST),
        at(&few, "IO wait", REST) + &at(&(53..90).collect::<Vec<_>>(), "sleep", WORK),
        at(&all, "IO wait", REST),
    ];
    assert_eq!(verdict(dumps, 10), Verdict::Benign);
}

#[test]
fn requests_that_end_as_others_begin_do_not_pile_up() {
    let dumps =
        [at(&[50, 51], "sleep", WORK), at(&[60, 61, 62], "sleep", WORK), at(&[70, 71], "sleep", WORK)];
    assert_eq!(verdict(dumps, 20), Verdict::Benign);
}

#[test]
fn workers_that_all_come_to_stand_at_one_place_are_not_judged() {
    let ids: Vec<u64> = (50..60).collect();
    let lock = "sync.Cond.Wait() cond.go:5\nserve.wait(0xc0002) serve.go:30";
    let dumps = [at(&ids, "sleep", WORK), at(&ids, "sleep", WORK), at(&ids, "sync.Cond.Wait", lock)];
    assert_eq!(verdict(dumps, 30), Verdict::Unknown);
}

#[test]
fn connections_that_stay_where_there_were_none_are_not_judged() {
    let ids: Vec<u64> = (60..70).collect();
    let dumps = [
        at(&[50], "IO wait", REST),
        at(&[50], "IO wait", REST) + &at(&ids, "IO wait", REST),
        at(&[50], "IO wait", REST) + &at(&ids, "IO wait", REST),
    ];
    assert_eq!(verdict(dumps, 10), Verdict::Unknown);
}

#[test]
fn two_dumps_do_not_tell_it() {
    let texts = [at(&[50, 51, 52], "sleep", WORK), at(&[60, 61], "sleep", WORK)].map(|text| dump(&text));
    let files: Vec<(&str, &[u8])> = PATHS.into_iter().zip(texts.iter().map(|text| text.as_bytes())).collect();
    let groups = report(&files).goroutines.expect("dumps").groups;
    let verdicts: Vec<Verdict> = groups
        .iter()
        .filter(|group| group.user_frame.as_ref().is_some_and(|frame| frame.line == Some(20)))
        .map(|group| group.verdict)
        .collect();
    assert_eq!(verdicts, [Verdict::Unknown]);
}
