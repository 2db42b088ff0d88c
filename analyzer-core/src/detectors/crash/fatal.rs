//! `fatal error`: the runtime ended the program itself, and nothing could recover it.

use super::asleep;
use super::fatal_errors::{self, FatalError};
use super::support::{self, Event, Told, quote};
use crate::detectors::thread::crash::is_refused_thread;
use crate::detectors::{Case, Detector, Rule, list};
use crate::evidence::crash::LOCK_CHECKER;
use crate::report::{Confidence, Origin, Severity};

const fn rule(code: &'static str, title: &'static str, meaning: &'static str) -> Rule {
    Rule { code, severity: Severity::Critical, title, meaning }
}

pub(super) const DEADLOCK: Rule = rule(
    "crash.deadlock",
    "Deadlock: all goroutines are asleep",
    "Every goroutine was waiting for another one, and the runtime terminated the process.",
);
pub(super) const CONCURRENT_MAP: Rule = rule(
    "crash.concurrent-map",
    "Concurrent map access",
    "A goroutine wrote to a map while another one was using it, and the runtime terminated the process.",
);
pub(super) const STACK_OVERFLOW: Rule = rule(
    "crash.stack-overflow",
    "Stack overflow",
    "A goroutine's stack exceeded its maximum size, almost always because of infinite recursion, and the runtime terminated the process.",
);
pub(super) const THREADS: Rule = rule(
    "crash.threads",
    "Thread limit reached",
    "The process reached Go's own limit of threads (10,000 if debug.SetMaxThreads does not change it), and the runtime terminated it.",
);
pub(super) const LOCK: Rule = rule(
    "crash.lock-misuse",
    "Unlock of an unlocked mutex",
    "Unlock or RUnlock was called on a lock that was not held, and the runtime terminated the process.",
);
pub(super) const LOCK_WAIT: Rule = rule(
    "crash.lock-wait",
    "go-deadlock reports a potential deadlock",
    "go-deadlock found a goroutine that waited too long for a lock, or locks taken in an inconsistent order. By default it then exits the process.",
);
pub(super) const BAD_POINTER: Rule = rule(
    "crash.bad-pointer",
    "Invalid pointer",
    "The garbage collector, checkptr or a check of cgo found an invalid pointer, and the runtime terminated the process.",
);
pub(super) const FAULT: Rule = rule(
    "crash.memory-fault",
    "Invalid memory access",
    "The program accessed an unmapped address that is not near zero, and the runtime terminated the process.",
);
pub(super) const FATAL: Rule = rule(
    "crash.fatal-error",
    "Fatal runtime error",
    "The runtime found its internal state corrupted and terminated the process.",
);

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[DEADLOCK, CONCURRENT_MAP, STACK_OVERFLOW, THREADS, LOCK, LOCK_WAIT, BAD_POINTER, FAULT, FATAL],
    missing_inputs: support::missing_inputs,
    detect: |case: &Case<'_>| support::findings(case, tell),
};

fn tell(event: &Event<'_>) -> Option<Told> {
    let fatal = event.crash.fatal.as_ref()?;
    // Each has a rule of its own.
    if fatal_errors::is_refused_memory(&fatal.text) || is_refused_thread(&fatal.text) {
        return None;
    }
    if let Some(report) = fatal.text.strip_prefix(LOCK_CHECKER) {
        return Some(of_checker(report));
    }
    let known = fatal_errors::find(&fatal.text);
    let text = quote(&fatal.text);
    // "… - deadlock!" ends a sentence by itself.
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    let mut claim = format!("Fatal error: {text}{stop}");
    if event.crash.is_deadlock() {
        claim.push_str(&asleep::stuck(event));
    } else {
        claim.push_str(&happened(event));
    }
    for panic in &event.crash.panics {
        claim.push_str(&format!(" A panic was in progress: {}.", quote(&panic.text)));
    }
    claim.push_str(&address(event));
    claim.push_str(&event.remarks());
    let is_nil = known.rule == FAULT
        && event
            .crash
            .signal
            .as_ref()
            .and_then(|signal| signal.address)
            .is_some_and(|address| address < FIRST_PAGE);
    claim.push_str(&format!(" {}", if is_nil { NIL_IN_RUNTIME } else { known.means }));
    claim.push_str(&others(event, known));
    Some(Told {
        rule: known.rule,
        severity: Severity::Critical,
        confidence: Confidence::Certain,
        condition: "The runtime printed a fatal error.",
        title: known.rule.title.to_owned(),
        claim,
        against: Vec::new(),
        advice: list(known.advice),
    })
}

fn of_checker(report: &str) -> Told {
    Told {
        rule: LOCK_WAIT,
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        condition: "go-deadlock printed POTENTIAL DEADLOCK.",
        title: LOCK_WAIT.title.to_owned(),
        claim: format!("go-deadlock reports a potential deadlock: {}.", quote(report)),
        against: list(&[
            "A holder that is only slow is reported as well: its stack shows whether it is waiting.",
        ]),
        advice: list(&[
            "Look at what the holder is waiting for: it must not take locks in a different order or block while it holds this one.",
        ]),
    }
}

fn happened(event: &Event<'_>) -> String {
    let (place, who) = (event.place(), event.who());
    if place.is_empty() && who.is_empty() {
        String::new()
    } else {
        format!(" It happened{place}{}.", if place.is_empty() { who.replacen(", ", " ", 1) } else { who })
    }
}

fn address(event: &Event<'_>) -> String {
    let Some(signal) = &event.crash.signal else { return String::new() };
    let at = signal.address.map(|address| format!(" at address {address:#x}")).unwrap_or_default();
    let code = signal.code.map(|code| format!(" (code {code:#x})")).unwrap_or_default();
    format!(" Signal: {}{at}{code}.", signal.name)
}

/// Addresses below are of a nil pointer, with the offset of a field.
const FIRST_PAGE: u64 = 4096;
const NIL_IN_RUNTIME: &str = "A nil pointer was dereferenced where Go cannot turn the fault into a panic: in the runtime, in assembly or in C code.";

/// Places that are named.
pub(super) const PLACES: usize = 8;

/// The other goroutines that were at one of the same functions: the second party of a map's misuse.
fn others(event: &Event<'_>, known: &FatalError) -> String {
    if known.rule != CONCURRENT_MAP {
        return String::new();
    }
    let mut places: Vec<String> = Vec::new();
    for (index, row) in event.dump.goroutines.iter().enumerate() {
        let state = event.evidence.strings.get(row.state);
        if Some(index) == event.crash.goroutine || !matches!(state, "running" | "runnable") {
            continue;
        }
        let frames: Vec<_> =
            event.evidence.stacks.leaf_first(row.stack).map(|frame| event.frame(frame)).collect();
        if let Some(own) = frames.iter().find(|frame| frame.origin == Origin::Own) {
            let place = own.call_site();
            if !places.contains(&place) && places.len() < PLACES {
                places.push(place);
            }
        }
    }
    if places.is_empty() {
        return String::new();
    }
    format!(" Possibly the other goroutine, running at the time: {}.", places.join(", "))
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn ended_with(lines: &str) -> String {
        format!("{lines}\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:9 +0x1d\n")
    }

    #[test]
    fn every_kind_of_fatal_error_has_its_code() {
        for (message, code) in [
            ("all goroutines are asleep - deadlock!", "crash.deadlock"),
            ("no goroutines (main called runtime.Goexit) - deadlock!", "crash.deadlock"),
            ("concurrent map writes", "crash.concurrent-map"),
            ("concurrent map read and map write", "crash.concurrent-map"),
            ("concurrent map iteration and map write", "crash.concurrent-map"),
            ("concurrent map clone and map write", "crash.concurrent-map"),
            ("stack overflow", "crash.stack-overflow"),
            ("thread exhaustion", "crash.threads"),
            ("sync: unlock of unlocked mutex", "crash.lock-misuse"),
            ("sync: RUnlock of unlocked RWMutex", "crash.lock-misuse"),
            ("sync: Unlock of unlocked RWMutex", "crash.lock-misuse"),
            ("sync: inconsistent mutex state", "crash.lock-misuse"),
            ("found bad pointer in Go heap (incorrect use of unsafe or cgo?)", "crash.bad-pointer"),
            ("bad pointer in Go heap", "crash.bad-pointer"),
            ("found pointer to free object", "crash.bad-pointer"),
            ("invalid pointer found on stack", "crash.bad-pointer"),
            ("checkptr: misaligned pointer conversion", "crash.bad-pointer"),
            ("fault", "crash.memory-fault"),
            ("unexpected signal during runtime execution", "crash.memory-fault"),
            ("go of nil func value", "crash.fatal-error"),
            ("sweep increased allocation count", "crash.fatal-error"),
        ] {
            let text = ended_with(&format!("fatal error: {message}"));
            let found = check("crash", &[("stderr.txt", &text)], &[code]);
            assert!(found[0].claim.contains(message), "{}", found[0].claim);
        }
    }

    #[test]
    fn a_report_of_go_deadlock_says_who_waits_for_whom() {
        let report = "POTENTIAL DEADLOCK:\nPrevious place where the lock was grabbed\ngoroutine 240 lock 0xc820160440\nstore/table.go:799 store.(*table).gc { t.mu.RLock() } <<<<<\n\nHave been trying to lock it again for more than 30s\ngoroutine 68 lock 0xc820160440\nstore/table.go:785 store.(*table).row { t.mu.Lock() } <<<<<\n";
        let stack = "\nHere is what goroutine 240 doing now\ngoroutine 240 [select]:\nexample.com/store.(*table).wait(0xc000010000)\n\t/srv/store/table.go:120 +0x65\n";
        for text in
            [report.to_owned(), format!("{report}{stack}"), format!("It hangs:\n```\n{report}{stack}```\n")]
        {
            let found = check("crash", &[("stderr.txt", &text)], &["crash.lock-wait"]);
            let claim = &found[0].claim;
            for words in [
                "goroutine 68 has waited more than 30s",
                "table.go:785",
                "goroutine 240 had taken it",
                "table.go:799",
            ] {
                assert!(claim.contains(words), "{claim}");
            }
        }
        let order = "POTENTIAL DEADLOCK: Recursive locking:\ncurrent goroutine 7 lock 0xc0000b4000\nmain.go:31 main.f { mu.Lock() } <<<<<\n";
        let found = check("crash", &[("stderr.txt", order)], &["crash.lock-wait"]);
        assert!(found[0].claim.contains("Recursive locking: current goroutine 7"), "{}", found[0].claim);
        let talked = "We saw POTENTIAL DEADLOCK: in the log once.\n\ngoroutine 1 [select]:\nmain.main()\n\t/app/main.go:9 +0x1d\n";
        check("crash", &[("notes.txt", talked)], &[]);
    }

    #[test]
    fn the_runtimes_own_stack_is_an_end_though_its_message_stands_in_a_sentence() {
        let stack = "runtime stack:\nruntime.throw(0xe8668c, 0x16)\n\t/usr/local/go/src/runtime/panic.go:1117 +0x72\nruntime.newstack()\n\t/usr/local/go/src/runtime/stack.go:1069 +0x7cd\n";
        let said =
            format!("gopls exited due to fatal error: stack overflow\n\nPlease attach the stack.\n\n{stack}");
        check("crash", &[("issue.txt", &said)], &["crash.stack-overflow"]);
        let found = check("crash", &[("issue.txt", stack)], &["crash.fatal-error"]);
        assert!(found[0].claim.contains("not in the text"), "{}", found[0].claim);
        let cut = "error: unexpected signal during runtime execution\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x40 pc=0x7fff]\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:9 +0x1d\n";
        let found = check("crash", &[("issue.txt", cut)], &["crash.memory-fault"]);
        assert!(found[0].claim.contains("A nil pointer was dereferenced"), "{}", found[0].claim);
    }

    #[test]
    fn the_title_of_a_report_is_the_message_of_the_stack_below_it() {
        let stack = |state: &str| {
            format!(
                "goroutine 1529 [{state}]:\nexample.com/shop.Logger({{0xc000468571, 0x20}})\n\t/srv/shop/log.go:60 +0x13e\nmain.main()\n\t/app/main.go:9 +0x1d\n"
            )
        };
        for between in ["\nmessage: \n", "\n", "\nIt happens under load.\n\n"] {
            let text = format!("# fatal error: concurrent map writes\n{between}{}", stack("running"));
            let found = check("crash", &[("issue.md", &text)], &["crash.concurrent-map"]);
            assert!(found[0].claim.contains("example.com/shop.Logger (log.go:60)"), "{}", found[0].claim);
        }
        let waits = format!("# fatal error: concurrent map writes\n\nmessage: \n{}", stack("select"));
        check("crash", &[("issue.md", &waits)], &[]);
        let far = format!(
            "# fatal error: concurrent map writes\n{}{}",
            "Another word.\n".repeat(9),
            stack("running")
        );
        check("crash", &[("issue.md", &far)], &[]);
    }

    #[test]
    fn refused_memory_and_threads_are_told_by_their_own_rules_alone() {
        for message in ["runtime: out of memory", "newosproc", "runtime.newosproc"] {
            check("crash", &[("stderr.txt", &ended_with(&format!("fatal error: {message}")))], &[]);
        }
    }

    #[test]
    fn an_error_in_a_log_is_no_fatal_error() {
        let text = "2026/11/20 ERROR fatal error: stack overflow in parser\n\ngoroutine 1 [select]:\nmain.main()\n\t/app/main.go:9 +0x1d\n";
        check("crash", &[("app.log", text)], &[]);
    }
}
