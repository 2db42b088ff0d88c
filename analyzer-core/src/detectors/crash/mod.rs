//! `crash.*`: how a process ended, as the runtime printed it, and what ended it.
//! What the runtime prints when the system refuses memory is `mem.go.enomem`.

mod asleep;
pub(in crate::detectors) mod fatal_errors;
mod logged;
pub(in crate::detectors) mod support;
mod test_timeout;

detectors! { panic, fatal, signal, race }

#[cfg(test)]
mod tests {
    use crate::detectors::is_in;
    use crate::detectors::testing::report;
    use crate::report::{Finding, Severity};

    /// Findings of a real crash, the first in the report first.
    fn findings(name: &str) -> Vec<Finding> {
        let path = format!("{}/tests/fixtures/goroutine_dump/crash/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        report(&[("stderr.txt", &bytes)]).findings
    }

    #[test]
    fn every_crash_of_two_go_versions_is_the_first_finding_with_message_and_place() {
        let cases: &[(&str, &str, &[&str])] = &[
            (
                "nil",
                "crash.nil-dereference",
                &[
                    "nil pointer dereference",
                    "main.(*cart).label (main.go:27)",
                    "started by main.serve (main.go:39) in goroutine 1",
                ],
            ),
            ("nilfield", "crash.nil-dereference", &["main.(*cart).total (main.go:24)"]),
            ("repanic", "crash.panic", &["panicked: first", "raised again", "main.main (main.go:73)"]),
            (
                "rewrap",
                "crash.panic",
                &["panicked: first", "recovered, and another panic was raised: cleanup: first", "main.go:76"],
            ),
            ("nested", "crash.panic", &["panicked: first", "in defer", "main.go:79"]),
            ("error", "crash.panic", &["failure 7; of the second line", "goroutine 1 (main)"]),
            (
                "deadlock",
                "crash.deadlock",
                &[
                    "All listed goroutines are blocked (3)",
                    "[chan send] in main.main.func7 (main.go:86)",
                    "[select (no cases)] in main.main (main.go:89)",
                    "[sync.Mutex.Lock] in main.main.func8 (main.go:87)",
                ],
            ),
            (
                "mapwrites",
                "crash.concurrent-map",
                &[
                    "concurrent map writes",
                    "main.main.func10 (main.go:98)",
                    "started by main.main (main.go:96)",
                ],
            ),
            (
                "overflow",
                "crash.stack-overflow",
                &["goroutine stack exceeds 65536-byte limit", "main.visit (main.go:34)"],
            ),
            (
                "unlock",
                "crash.lock-misuse",
                &["sync: unlock of unlocked mutex", "called from main.main (main.go:129)"],
            ),
            ("runlock", "crash.lock-misuse", &["RUnlock of unlocked RWMutex", "main.main (main.go:132)"]),
            ("fault", "crash.memory-fault", &["SIGSEGV at address 0xdead000", "main.main (main.go:161)"]),
            ("threads", "crash.threads", &["thread exhaustion", "program exceeds 6-thread limit"]),
            ("abort", "crash.asked-for", &["SIGABRT was sent", "from outside"]),
            ("quit", "crash.asked-for", &["SIGQUIT was sent"]),
            (
                "cgosegv",
                "crash.signal",
                &[
                    "SIGSEGV killed the process",
                    "C code was running",
                    "main._Cfunc_crash",
                    "main.parse (main.go:12)",
                ],
            ),
            (
                "cgoabort",
                "crash.signal",
                &["SIGABRT killed the process", "C code called abort()", "main.main (main.go:14)"],
            ),
            (
                "race",
                "crash.race",
                &[
                    "a read in example.com/shop/racy.(*Cart).Total (cart.go:9)",
                    "before that a write in example.com/shop/racy.(*Cart).Add (cart.go:6)",
                    "started in example.com/shop/racy.TestAdd (cart_test.go:7)",
                ],
            ),
            (
                "timeout",
                "crash.test-timeout",
                &["test timed out after 1s", "TestWait/inner (1s)", "racy.TestWait.func1"],
            ),
            ("testpanic", "crash.nil-dereference", &["A test panicked", "racy.(*Cart).Add (cart.go:6)"]),
            (
                "recovered",
                "crash.recovered-panic",
                &["net/http recovered a panic", "nil pointer dereference", "main.(*cart).label (main.go:27)"],
            ),
            ("huge", "mem.go.enomem", &["runtime: out of memory", "The failed allocation was in main.main"]),
        ];
        for (name, code, says) in cases {
            for version in ["go1.21", "go1.27"] {
                let found = findings(&format!("{version}-{name}"));
                let first = found.first().unwrap_or_else(|| panic!("{version} {name}: nothing is found"));
                assert_eq!(first.code, *code, "{version} {name}: {}", first.claim);
                for words in *says {
                    assert!(
                        first.claim.contains(words),
                        "{version} {name}: {words:?} is not in {:?}",
                        first.claim
                    );
                }
                let crashes = found.iter().filter(|finding| is_in(&finding.code, "crash")).count();
                assert_eq!(crashes, usize::from(is_in(code, "crash")), "{version} {name}");
            }
        }
    }

    #[test]
    fn what_ended_the_process_is_critical_and_what_was_asked_for_is_not() {
        for (name, severity) in [
            ("nil", Severity::Critical),
            ("deadlock", Severity::Critical),
            ("cgoabort", Severity::Critical),
            ("timeout", Severity::Critical),
            ("race", Severity::Warning),
            ("recovered", Severity::Warning),
            ("quit", Severity::Info),
            ("abort", Severity::Info),
        ] {
            let found = findings(&format!("go1.27-{name}"));
            assert_eq!(found.first().map(|finding| finding.severity), Some(severity), "{name}");
        }
    }
}
