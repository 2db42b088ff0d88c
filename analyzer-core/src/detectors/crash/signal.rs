//! Signals that ended the process: faults of C code and of the runtime, and
//! those that somebody sent.

use super::support::{self, Event, Told, quote};
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::{Confidence, Severity, number_format};

const SIGNAL: Rule = Rule {
    code: "crash.signal",
    severity: Severity::Critical,
    title: "Killed by a signal",
    meaning: "A fault in C code or in the runtime, or C's abort(), terminated the process without a panic.",
};

const ASKED: Rule = Rule {
    code: "crash.asked-for",
    severity: Severity::Info,
    title: "Goroutine dump requested by a signal",
    meaning: "SIGQUIT or SIGABRT was sent from outside: Go prints all goroutines and exits. The signal is no fault of the program.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[SIGNAL, ASKED],
    missing_inputs: support::missing_inputs,
    detect: |case: &Case<'_>| support::findings(case, tell),
};

/// `si_code` of a signal that a process sent with kill(2) (SI_USER), and of one
/// that the kernel sent for a terminal's key (SI_KERNEL).
const FROM_OUTSIDE: [i64; 2] = [0, 0x80];

/// What is said of a signal whose name is not in the text.
const UNNAMED: &str = "A signal (its name is not in the text)";

fn tell(event: &Event<'_>) -> Option<Told> {
    let signal = event.crash.signal.as_ref().filter(|signal| signal.is_fatal)?;
    if event.crash.fatal.is_some() {
        return None;
    }
    let is_sent = signal.code.is_none_or(|code| FROM_OUTSIDE.contains(&code));
    let has_sent_code = signal.code.is_some_and(|code| FROM_OUTSIDE.contains(&code));
    match signal.name.as_str() {
        // The line with its name is cut off; a fault has another code than what was sent, or an address.
        "" if has_sent_code && signal.address.is_none() => Some(asked(event, UNNAMED)),
        "SIGQUIT" => Some(asked(event, &signal.name)),
        "SIGABRT" if is_sent && !signal.is_in_cgo => Some(asked(event, &signal.name)),
        _ => Some(died(event)),
    }
}

fn asked(event: &Event<'_>, name: &str) -> Told {
    let goroutines = number_format::counted(event.goroutines(), "goroutine", "goroutines");
    Told {
        rule: ASKED,
        severity: Severity::Info,
        confidence: Confidence::Certain,
        condition: "The runtime printed that the signal was sent to the process.",
        title: ASKED.title.to_owned(),
        claim: format!(
            "{name} was sent to the process from outside. Go printed its goroutines ({goroutines} in the text) and exited with status 2. The signal is no fault of the program; the text does not say why it was sent."
        ),
        against: list(&[
            "A watchdog (systemd's WatchdogSec, a liveness probe, go test) sends it when the process does not respond: look at what its goroutines are waiting for.",
        ]),
        advice: list(&["/debug/pprof/goroutine?debug=2 gives the same list without ending the process."]),
    }
}

fn died(event: &Event<'_>) -> Told {
    let crash = event.crash;
    let empty = crate::evidence::crash::SignalRecord::default();
    let signal = crash.signal.as_ref().unwrap_or(&empty);
    let at = signal.address.map(|address| format!(" at address {address:#x}")).unwrap_or_default();
    let code = signal.code.map(|code| format!(" (code {code})")).unwrap_or_default();
    let name = if signal.name.is_empty() { UNNAMED } else { &signal.name };
    let mut claim = format!("{name} killed the process{at}{code}.");
    let (place, who) = (event.place(), event.who());
    let is_raised = signal.code.is_some_and(|code| code < 0);
    if signal.is_in_cgo && place.is_empty() {
        claim.push_str(" C code was running; its caller is not in the text.");
    } else if signal.is_in_cgo {
        claim.push_str(&format!(" C code was running, called{}{who}.", place.replacen(" in ", " by ", 1)));
    } else if !place.is_empty() {
        claim.push_str(&format!(" The program was{place}{who}."));
    }
    for panic in &crash.panics {
        claim.push_str(&format!(" A panic was in progress: {}.", quote(&panic.text)));
    }
    claim.push_str(&event.remarks());
    claim.push_str(meaning(&signal.name, signal.code, signal.is_in_cgo));
    let is_in_gc = !signal.is_in_cgo && event.is_in_gc();
    if is_in_gc {
        claim.push_str(IN_GC);
    }
    let advice = if is_in_gc {
        list(&[
            "Check every use of unsafe, assembly and cgo in the program and its dependencies, and run the tests with -race.",
            "If it happens on one machine only, test that machine's memory. Otherwise search the Go issue tracker for your version.",
        ])
    } else if signal.is_in_cgo || is_raised {
        list(&[
            "Capture a core dump (GOTRACEBACK=crash, ulimit -c unlimited) and open it with gdb or lldb: Go cannot print C frames.",
            "Check what is passed to C: a nil pointer, memory that Go freed or moved, a closed handle. Build the C code with -fsanitize=address.",
        ])
    } else {
        list(&[
            "Check unsafe and assembly in this code path, and run the tests with -race.",
            "Capture a core dump (GOTRACEBACK=crash, ulimit -c unlimited) and open it with Delve.",
        ])
    };
    Told {
        rule: SIGNAL,
        severity: Severity::Critical,
        confidence: Confidence::Certain,
        condition: "The runtime printed a signal that terminated the process.",
        title: format!("Killed by {}", if signal.name.is_empty() { "a signal" } else { &signal.name }),
        claim,
        against: Vec::new(),
        advice,
    }
}

/// The marker follows every pointer of the heap: it finds what others have left.
const IN_GC: &str = " The garbage collector was marking the heap when it met an invalid pointer: the memory had been corrupted earlier, by code that is not on this stack (unsafe, assembly, C code, a data race), or by faulty memory.";

fn meaning(name: &str, code: Option<i64>, is_in_cgo: bool) -> &'static str {
    match (name, code) {
        ("SIGABRT", _) => {
            " C code called abort(): a failed assertion, heap corruption detected by malloc, or an uncaught C++ exception. Its own message precedes this one."
        }
        (_, Some(0)) => " Another process sent it with kill: it was not caused by a memory access.",
        ("SIGSEGV", Some(1)) if is_in_cgo => {
            " Nothing is mapped at that address: C code used a NULL or corrupt pointer."
        }
        ("SIGSEGV", Some(2)) => {
            " The address is mapped, but does not allow this access (read-only, or not executable)."
        }
        ("SIGBUS", _) => {
            " The page could not be loaded: a mapped file was truncated, a tmpfs is full, or the memory is faulty."
        }
        ("SIGILL", _) => {
            " Illegal instruction: the binary was built for a newer CPU, or C code trapped on purpose (ud2)."
        }
        ("SIGSYS", _) => " A seccomp filter blocked a system call.",
        ("SIGTRAP", _) => {
            " A breakpoint instruction was executed, by a debugger or by a check in the runtime or in C code."
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn ended_with(lines: &str) -> String {
        format!(
            "{lines}\n\ngoroutine 1 [syscall]:\nmain._Cfunc_run(0x0)\n\t_cgo_gotypes.go:41 +0x47\nmain.main()\n\t/app/main.go:9 +0x1d\n"
        )
    }

    const SENT: [&str; 3] = [
        "SIGQUIT: quit\nPC=0x1 m=0 sigcode=0",
        "SIGQUIT: quit\nPC=0x1 m=0 sigcode=128",
        "SIGABRT: abort\nPC=0x1 m=0 sigcode=0",
    ];
    const RAISED: [&str; 4] = [
        "SIGABRT: abort\nPC=0x1 m=0 sigcode=18446744073709551610",
        "SIGSEGV: segmentation violation\nPC=0x1 m=0 sigcode=1 addr=0x0\nsignal arrived during cgo execution",
        "SIGILL: illegal instruction\nPC=0x1 m=0 sigcode=2",
        "SIGBUS: bus error\nPC=0x1 m=3 sigcode=2 addr=0x7f0012345000",
    ];

    #[test]
    fn a_signal_in_c_code_without_a_goroutine_is_told() {
        let text = "SIGSEGV: segmentation violation\nPC=0x10b0d98de m=14 sigcode=1 addr=0x28\nsignal arrived during cgo execution\n\nhappened when reading\n";
        let found = check("crash", &[("issue.txt", text)], &["crash.signal"]);
        assert!(
            found[0].claim.contains("C code was running; its caller is not in the text."),
            "{}",
            found[0].claim
        );
    }

    #[test]
    fn a_fault_of_the_garbage_collector_is_of_memory_that_was_corrupted_before() {
        let end = |calls: &str| {
            format!(
                "SIGSEGV: segmentation violation\nPC=0x415ef7 m=33 sigcode=1 addr=0x20\n\ngoroutine 0 gp=0xc00e0748c0 m=33 mp=0xc001fe6808 [idle]:\n{calls}runtime.systemstack(0x20000)\n\truntime/asm_amd64.s:509 +0x4a\n"
            )
        };
        for call in [
            "scanobject(0xc0, 0xc1)\n\truntime/mgcmark.go:1446",
            "gcDrain(0xc0, 0x7)\n\truntime/mgcmark.go:1242",
            "greyobject(0xc0)\n\truntime/mgcmark.go:1500",
        ] {
            let text = end(&format!("runtime.{call} +0x1f4 fp=0x7f sp=0x7f pc=0x42\n"));
            let found = check("crash", &[("stderr.txt", &text)], &["crash.signal"]);
            assert!(found[0].claim.contains("corrupted earlier"), "{}", found[0].claim);
        }
        let found = check("crash", &[("stderr.txt", &end(""))], &["crash.signal"]);
        assert!(!found[0].claim.contains("corrupted"), "{}", found[0].claim);
    }

    #[test]
    fn a_signal_that_was_sent_is_no_fault() {
        for lines in SENT {
            let found = check("crash", &[("stderr.txt", &ended_with(lines))], &["crash.asked-for"]);
            assert!(found[0].claim.starts_with(&lines[..7]), "{}", found[0].claim);
        }
        for lines in RAISED {
            check("crash.asked-for", &[("stderr.txt", &ended_with(lines))], &[]);
        }
    }

    #[test]
    fn a_signal_that_the_program_raised_ended_it() {
        for lines in RAISED {
            let found = check("crash", &[("stderr.txt", &ended_with(lines))], &["crash.signal"]);
            assert!(found[0].claim.starts_with(&lines[..6]), "{}", found[0].claim);
        }
        for lines in SENT {
            check("crash.signal", &[("stderr.txt", &ended_with(lines))], &[]);
        }
    }

    #[test]
    fn a_signal_whose_name_is_cut_off_is_no_panic() {
        let idle = "goroutine 0 [idle]:\nruntime.futex(0x247c38, 0x0)\n\t/usr/local/go/src/runtime/sys_linux_arm64.s:311 +0x1c\nruntime.notesleep(0x247c38)\n\t/usr/local/go/src/runtime/lock_futex.go:151 +0x84\n";
        let sent = format!("PC=0x5f2bc m=0 sigcode=0\n\n{idle}");
        let found = check("crash", &[("stderr.txt", &sent)], &["crash.asked-for"]);
        assert!(found[0].claim.starts_with("A signal"), "{}", found[0].claim);
        let quit = format!("PC=0x5f2bc m=0 sigcode=128\n\n{idle}");
        check("crash", &[("stderr.txt", &quit)], &["crash.asked-for"]);
        let fault = format!("PC=0x5f2bc m=3 sigcode=1 addr=0x18\n\n{idle}");
        let found = check("crash", &[("stderr.txt", &fault)], &["crash.signal"]);
        assert!(found[0].claim.starts_with("A signal"), "{}", found[0].claim);
        let key = format!("go test\n...^\\SIGQUIT: quit\nPC=0x430ea3 m=0 sigcode=128\n\n{idle}");
        check("crash", &[("stderr.txt", &key)], &["crash.asked-for"]);
    }

    #[test]
    fn a_signal_that_became_a_panic_is_told_as_the_panic() {
        let text = ended_with(
            "panic: runtime error: x\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]",
        );
        check("crash", &[("stderr.txt", &text)], &["crash.panic"]);
    }
}
