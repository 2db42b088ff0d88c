//! What goroutines wait for: as the runtime says it, or, where a trace only
//! restates that they wait, as their stack tells.

use crate::base::intern::{StrId, StringTable};
use crate::evidence::trace::names::{Names, StackRef};

/// How the innermost functions of a wait begin, and the runtime's reason for
/// it. Source: the callers of `gopark` in the runtime.
const PARKING: [(&str, &str); 11] = [
    ("runtime.chanrecv", "chan receive"),
    ("runtime.chansend", "chan send"),
    ("runtime.selectgo", "select"),
    ("sync.runtime_notifyListWait", "sync.(*Cond).Wait"),
    ("runtime.semacquire", "sync"),
    ("sync.runtime_Semacquire", "sync"),
    ("internal/sync.runtime_Semacquire", "sync"),
    ("internal/poll.runtime_pollWait", "network"),
    ("runtime.netpollblock", "network"),
    ("time.Sleep", "sleep"),
    ("runtime.coroswitch", "coroutine"),
];

/// Frames from the innermost that are looked at.
const PARKING_FRAMES: usize = 6;

/// A wait's reason in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason<'a> {
    /// The runtime's word; empty if unknown.
    pub word: &'a str,
    /// True if it is read off the stack.
    pub is_inferred: bool,
}

/// The reason of a wait.
pub(super) fn reason<'a>(names: &'a Names, reason: StrId, stack: StackRef) -> Reason<'a> {
    if reason != StringTable::EMPTY {
        return Reason { word: names.strings.get(reason), is_inferred: false };
    }
    let parked = names.functions_of(stack).take(PARKING_FRAMES).find_map(|function| {
        if function == "runtime.block" {
            // A select without cases.
            return Some("forever");
        }
        PARKING.iter().find(|(prefix, _)| function.starts_with(prefix)).map(|(_, word)| *word)
    });
    Reason { word: parked.unwrap_or_default(), is_inferred: parked.is_some() }
}

/// True for waits on other goroutines of the program, which may never come.
pub(super) fn depends_on_goroutines(word: &str) -> bool {
    matches!(word, "chan receive" | "chan send" | "select" | "sync" | "sync.(*Cond).Wait")
}

/// True if `go tool trace -pprof=sync` counts the reason.
pub(super) fn is_synchronization(word: &str) -> bool {
    word.contains("chan") || word.contains("sync") || word.contains("select")
}

/// Loops of the standard library that wait for as long as their connection,
/// pool or signal handler is in use.
const IDLE_LOOPS: [&str; 9] = [
    "net/http.(*persistConn).readLoop",
    "net/http.(*persistConn).writeLoop",
    "net/http.(*conn).serve",
    "net/http.(*connReader).backgroundRead",
    "net/http.(*http2serverConn).readFrames",
    "database/sql.(*DB).connectionOpener",
    "database/sql.(*DB).connectionCleaner",
    "os/signal.loop",
    "os/signal.NotifyContext.func1",
];

/// True for goroutines that start with a loop which is meant to wait.
pub(super) fn is_idle_loop(start: &str) -> bool {
    IDLE_LOOPS.contains(&start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::trace::names::TraceFrame;

    #[test]
    fn a_restated_wait_tells_its_reason_by_its_stack() {
        let mut names = Names::default();
        let frames: Vec<_> = ["runtime.gopark", "runtime.chansend", "runtime.chansend1", "main.send"]
            .into_iter()
            .enumerate()
            .map(|(pc, function)| {
                let function = names.strings.intern(function);
                let pc = crate::base::convert::to_u64(pc);
                names.frame(TraceFrame { pc, function, file: StringTable::EMPTY, line: 1 })
            })
            .collect();
        let stack = names.stack(&frames);
        let found = reason(&names, StringTable::EMPTY, stack);
        assert_eq!((found.word, found.is_inferred), ("chan send", true));
        let said = names.strings.intern("sleep");
        assert_eq!(reason(&names, said, stack), Reason { word: "sleep", is_inferred: false });
        assert_eq!(reason(&names, StringTable::EMPTY, Names::NO_STACK).word, "");
    }
}
