//! Which crash a goroutine's stack is of: what was said above it, and what its calls tell.

use super::super::preamble;
use super::{
    Block, CALLS_WITH_ARGUMENTS, GluedCrash, PANIC, PANICS, Reader, STACK_WRITER, foreign, thrown,
    to_u32_line,
};
use crate::base::intern::StrId;
use crate::evidence::goroutines::PreambleKind;

/// What recovers a handler's panic (net/http/server.go, h2_bundle.go).
const RECOVERERS: [&str; 4] = [
    "net/http.(*conn).serve",
    "net/http.(*http2serverConn).runHandler",
    "net/http/internal/http2.(*serverConn).runHandler",
    "golang.org/x/net/http2.(*serverConn).runHandler",
];
/// Calls in the stack of a goroutine that prints it itself, or panics.
const OWN_STACK: [&str; 6] =
    [STACK_WRITER, "runtime.Stack", PANIC, "runtime.gopanic", "runtime.throw", "runtime.sigpanic"];
/// The functions by which `go test` ends a process whose tests take too long (testing.go, startAlarm).
const ALARMS: [&str; 2] = ["testing.(*M).startAlarm.func1", "testing.startAlarm.func1"];
/// Lines from a report's title to the first goroutine: blank ones, a fence, a few words.
const HEADING_LINES: u64 = 8;

impl Reader<'_> {
    /// The runtime prints a blank line between the message and the goroutine, and the goroutine's
    /// own frames first; what a handler logs has the call that wrote its stack.
    pub(super) fn take_glued_crash(&mut self, block: &Block) {
        let is_above = |crash: &mut GluedCrash| to_u32_line(crash.line) < block.goroutine.line;
        let Some(crash) = self.glued_crash.take_if(is_above) else { return };
        let strings = &self.evidence.strings;
        let is_written = || {
            strings.find(STACK_WRITER).is_some_and(|writer| {
                let mut frames = self.evidence.stacks.leaf_first(block.goroutine.stack);
                frames.any(|frame| frame.function == writer)
            })
        };
        // A handler that recovered stands above the call of the panic.
        let is_recovered = || {
            strings.find(PANIC).is_some_and(|panic| {
                let mut callers = self.evidence.stacks.leaf_first(block.goroutine.stack).skip(1);
                callers.any(|frame| frame.function == panic)
            })
        };
        let is_next = to_u32_line(crash.line.saturating_add(2)) == block.goroutine.line;
        let is_below = || {
            block.goroutine.line <= to_u32_line(crash.line.saturating_add(HEADING_LINES))
                && strings.get(block.goroutine.state) == "running"
        };
        if (is_next || (crash.is_heading && is_below()))
            && !crash.is_logged
            && self.preamble.is_empty()
            && (crash.text.starts_with(b"fatal error: ") || strings.get(block.goroutine.state) == "running")
            && !is_written()
            && !(crash.is_capital && is_recovered())
        {
            self.push_crash(&crash);
        }
    }

    /// A stack of the runtime that ended the program, whose message is not in the text.
    pub(super) fn take_thrown(&mut self, block: &Block) {
        let is_first = self.preamble.is_empty() && self.dumps.last().is_none_or(|dump| dump.crash.is_none());
        if !is_first || self.evidence.strings.get(block.goroutine.state) != "running" {
            return;
        }
        let names = || {
            let frames = self.evidence.stacks.leaf_first(block.goroutine.stack).take(CALLS_WITH_ARGUMENTS);
            frames.map(|frame| self.evidence.strings.get(frame.function))
        };
        let Some(message) = thrown::message(names()) else { return };
        let line = u64::from(block.goroutine.line);
        preamble::push(&mut self.preamble, PreambleKind::FatalError, message, line);
    }

    /// Adds the first line of a crash to the preamble.
    pub(super) fn push_crash(&mut self, crash: &GluedCrash) {
        if let Some(kind) = preamble::kind(&crash.text, false) {
            preamble::push(&mut self.preamble, kind, &crash.text, crash.line);
        }
    }

    /// The last foreign line, if it is what was said of the goroutine of a header: it stands above it, or on
    /// its line.
    pub(super) fn said_above(&self, header: u64) -> Option<(String, u64)> {
        let line = self.foreign.1;
        let is_of_header = line > 0 && (line == header || line.saturating_add(1) == header);
        is_of_header.then(|| self.foreign.clone())
    }

    /// True if the goroutine serves a request: net/http recovers what its handler panics with.
    pub(super) fn has_recoverer(&self, block: &Block) -> bool {
        let strings = &self.evidence.strings;
        let known: Vec<StrId> = RECOVERERS.iter().filter_map(|name| strings.find(name)).collect();
        !known.is_empty()
            && self
                .evidence
                .stacks
                .leaf_first(block.goroutine.stack)
                .any(|frame| known.contains(&frame.function))
    }

    /// True if the goroutine ran when its stack was printed: it printed it, or panicked, or it is the first
    /// of a crash. Of another stack without a header nobody knows.
    pub(super) fn is_own_stack(&self, block: &Block) -> bool {
        let strings = &self.evidence.strings;
        let own: Vec<StrId> = OWN_STACK.iter().filter_map(|name| strings.find(name)).collect();
        let mut frames = self.evidence.stacks.leaf_first(block.goroutine.stack).take(CALLS_WITH_ARGUMENTS);
        let is_logged =
            |(said, _): &(String, u64)| foreign::says_recovered(said) || foreign::is_fatal_log(said);
        !self.preamble.is_empty()
            || block.said.as_ref().is_some_and(is_logged)
            || frames.any(|frame| own.contains(&frame.function))
    }

    /// True if the stack is one that a handler printed while it recovered a panic.
    pub(super) fn is_logged_panic(&self, block: &Block) -> bool {
        let strings = &self.evidence.strings;
        let has_panic = || {
            PANICS.iter().filter_map(|name| strings.find(name)).any(|panic| {
                let frames = self.evidence.stacks.leaf_first(block.goroutine.stack);
                frames.take(CALLS_WITH_ARGUMENTS).any(|frame| frame.function == panic)
            })
        };
        strings.get(block.goroutine.state) == "running"
            && self.preamble.is_empty()
            && (has_panic() || block.said.as_ref().is_some_and(|(said, _)| foreign::says_recovered(said)))
    }

    /// True for the stack of the timer by which `go test` ends the process.
    pub(super) fn is_alarm(&self, block: &Block) -> bool {
        let leaf = self.evidence.stacks.leaf_first(block.goroutine.stack).next();
        leaf.is_some_and(|frame| ALARMS.contains(&self.evidence.strings.get(frame.function)))
    }

    /// True if the stack is one that klog or glog printed before it ended the process (`F1120 …`).
    pub(super) fn is_logged_exit(&self, block: &Block) -> bool {
        self.evidence.strings.get(block.goroutine.state) == "running"
            && self.preamble.is_empty()
            && block.said.as_ref().is_some_and(|(said, _)| foreign::is_fatal_log(said))
    }
}
