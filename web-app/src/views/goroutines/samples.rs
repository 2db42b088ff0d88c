//! Small dumps for the tests of the view.

use analyzer_core::report::{Confidence, GoroutineGroup, Goroutines, Verdict};
use analyzer_core::session::Session;

/// One goroutine, as Go prints it.
pub fn goroutine(id: u32, state: &str, function: &str) -> String {
    format!("goroutine {id} [{state}]:\nmain.{function}()\n\t/app/main.go:{} +0x1d\n\n", function.len())
}

/// The goroutines of snapshots, without the classifier's judgment.
pub fn parse(snapshots: &[String]) -> Goroutines {
    let mut session = Session::default();
    for (index, text) in snapshots.iter().enumerate() {
        session.add(&format!("t{index}/goroutine.txt"), text.clone().into_bytes());
    }
    let mut goroutines = session.report().goroutines.expect("goroutines");
    for group in &mut goroutines.groups {
        group.verdict = Verdict::Unknown;
        group.confidence = Confidence::Possible;
        group.role = None;
        group.root = None;
    }
    goroutines
}

/// Two snapshots: `send` grows from 1 to 2, `wait` goes, `fresh` comes.
pub fn goroutines() -> Goroutines {
    let before = [goroutine(1, "chan send", "send"), goroutine(2, "select", "wait")].concat();
    let after = [
        goroutine(1, "chan send, 4 minutes", "send"),
        goroutine(7, "chan send", "send"),
        goroutine(8, "chan receive, 70 minutes", "fresh"),
    ]
    .concat();
    parse(&[before, after])
}

/// The group of a function.
pub fn group<'a>(goroutines: &'a mut Goroutines, function: &str) -> &'a mut GoroutineGroup {
    goroutines.groups.iter_mut().find(|group| group.stack[0].function == function).expect("a group")
}

/// The innermost functions of groups.
pub fn functions(groups: &[&GoroutineGroup]) -> Vec<String> {
    groups.iter().map(|group| group.stack[0].function.clone()).collect()
}
