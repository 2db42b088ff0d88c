//! What a program logged of its own end: a panic that a handler recovered, and an exit by the log's level.

use super::panic::{PANIC, means, raised};
use super::support::{Event, Told, quote};
use crate::detectors::{Rule, list};
use crate::report::{Confidence, Severity};

pub(super) const RECOVERED: Rule = Rule {
    code: "crash.recovered-panic",
    severity: Severity::Warning,
    title: "A panic was recovered and logged",
    meaning: "A handler recovered a panic: the request failed, the process kept running, and locks may still be held.",
};

pub(super) const LOGGED: Rule = Rule {
    code: "crash.log-fatal",
    severity: Severity::Critical,
    title: "Exit by a fatal log call",
    meaning: "klog.Fatal or glog.Fatal logged a message with stacks and exited the process with status 255.",
};

pub(super) fn recovered(event: &Event<'_>) -> Told {
    let message =
        event.crash.panics.first().map(|panic| format!(": {}", quote(&panic.text))).unwrap_or_default();
    let known = means(event);
    let mut advice: Vec<String> = known.map(|known| known.advice.to_owned()).into_iter().collect();
    let means = known.map(|known| format!(" {}", known.means)).unwrap_or_default();
    if event.has_call("/util/runtime.HandleCrash") {
        advice.push("Include the lines below the stack: they show whether the process exited.".to_owned());
        return Told {
            rule: PANIC,
            severity: Severity::Critical,
            confidence: Confidence::Likely,
            condition: "A log contains the stack of a panic that HandleCrash logged.",
            title: PANIC.title.to_owned(),
            claim: format!(
                "HandleCrash of Kubernetes logged a panic{message}.{} HandleCrash then panics again by default, which terminates the process.{means}",
                raised(event)
            ),
            against: list(&[
                "With ReallyCrash set to false, HandleCrash only logs, and the process keeps running.",
            ]),
            advice,
        };
    }
    let is_http = event.dump.preamble.iter().any(|line| line.text.contains("http: panic serving"));
    let by = if is_http { "net/http" } else { "A handler" };
    advice.push(
        "The process kept running, but whatever the handler had locked or opened stays locked or open unless a deferred call released it."
            .to_owned(),
    );
    Told {
        rule: RECOVERED,
        severity: Severity::Warning,
        confidence: if is_http { Confidence::Certain } else { Confidence::Likely },
        condition: "A log contains the stack of a panic, and the process did not exit.",
        title: RECOVERED.title.to_owned(),
        claim: format!("{by} recovered a panic and logged it{message}.{}{means}", raised(event)),
        against: Vec::new(),
        advice,
    }
}

/// The line of klog or glog, and who called it.
pub(super) fn logged_exit(event: &Event<'_>) -> Told {
    let line = event.crash.panics.first().map(|line| line.text.as_str()).unwrap_or_default();
    let message = line.split_once("] ").map_or(line, |(_, message)| message);
    let caller =
        event.own_frame().map(|frame| format!(" It was called in {}{}.", frame.call_site(), event.who()));
    Told {
        rule: LOGGED,
        severity: Severity::Critical,
        confidence: Confidence::Certain,
        condition: "A klog line of level fatal precedes a running goroutine.",
        title: LOGGED.title.to_owned(),
        claim: format!("{}: {}.{}", LOGGED.title, quote(message), caller.unwrap_or_default()),
        against: Vec::new(),
        advice: list(&["The message says what failed; the log lines above it say why."]),
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Likely;
    use crate::report::Severity::Critical;

    const STACK: &str = "goroutine 7 [running]:\nexample.com/shop.(*Cart).Total(0x1)\n\t/srv/app/cart.go:88 +0x1d\nmain.serve()\n\t/srv/app/main.go:9 +0x1d\ncreated by main.main in goroutine 1\n\t/srv/app/main.go:5 +0x1d\n";

    #[test]
    fn a_panic_that_kubernetes_logs_is_most_likely_the_end_of_the_process() {
        let stack = |handler: &str| {
            format!(
                "E0623 15:24:30.674204 1 runtime.go:78] Observed a panic: assignment to entry in nil map\ngoroutine 552 [running]:\nk8s.io/apimachinery/pkg/util/runtime.logPanic(0x15e2ba0, 0x22e29c0)\n\t/go/pkg/mod/k8s.io/apimachinery@v0.19.2/pkg/util/runtime/runtime.go:74 +0xa6\n{handler}panic(0x15e2ba0, 0x22e29c0)\n\t/usr/local/go/src/runtime/panic.go:965 +0x1b9\nexample.com/shop.(*Cart).Add(0xc0000a5a30)\n\t/srv/app/cart.go:35 +0x1e5\n"
            )
        };
        let handler = "k8s.io/apimachinery/pkg/util/runtime.HandleCrash(0x0, 0x0, 0x0)\n\t/go/pkg/mod/k8s.io/apimachinery@v0.19.2/pkg/util/runtime/runtime.go:48 +0x86\n";
        let found = check("crash", &[("controller.log", &stack(handler))], &["crash.panic"]);
        assert!(found[0].claim.contains("HandleCrash then panics again by default"), "{}", found[0].claim);
        assert_eq!(verdicts(&found), [(Critical, Likely, None)]);
        check("crash", &[("controller.log", &stack(""))], &["crash.recovered-panic"]);
    }

    #[test]
    fn a_fatal_line_of_klog_above_its_stacks_is_the_end_of_the_process() {
        let stacks = "goroutine 1 [running]:\nk8s.io/klog/v2.stacks(0xc000012001)\n\t/go/pkg/mod/k8s.io/klog/v2@v2.4.0/klog.go:1026 +0xb9\nmain.main()\n\t/srv/app/main.go:40 +0x1d1\n";
        for prefix in ["", "Nov 20 20:03:00 host shop[8]: ", "shop-1  | "] {
            let text =
                format!("F1120 20:03:00.123456       1 main.go:40] cannot start: no such host\n{stacks}");
            let text: String = text.lines().map(|line| format!("{prefix}{line}\n")).collect();
            let found = check("crash", &[("app.log", &text)], &["crash.log-fatal"]);
            let claim = &found[0].claim;
            assert!(
                claim.contains("log call: cannot start: no such host.") && claim.contains("main.go:40"),
                "{claim}"
            );
        }
        let error = format!("E1120 20:03:00.123456       1 main.go:40] cannot start\n{stacks}");
        check("crash", &[("app.log", &error)], &[]);
    }

    #[test]
    fn what_a_handler_says_on_the_line_of_a_stack_is_a_recovered_panic() {
        for said in ["[PANIC RECOVER] boom ", "recovered from panic: boom\n", "handler panicked, boom\n"] {
            let text = format!("{said}{STACK}");
            let found = check("crash", &[("app.log", &text)], &["crash.recovered-panic"]);
            assert!(
                found[0].claim.contains("boom") && found[0].claim.contains("cart.go:88"),
                "{}",
                found[0].claim
            );
        }
        let dump = format!("no panic yet, all stacks:\n{STACK}");
        check("crash", &[("app.log", &dump)], &[]);
    }

    #[test]
    fn a_stack_that_a_handler_logged_is_no_end_of_the_process() {
        let handlers = [
            ("2026/11/20 http: panic serving 10.0.0.7:41: boom", "net/http.(*conn).serve.func1"),
            ("level=error msg=\"panic recovered: boom\"", "runtime/debug.Stack"),
            ("recovered from boom", "main.handle.func1"),
        ];
        for (line, handler) in handlers {
            let text = format!(
                "{line}\ngoroutine 9 [running]:\n{handler}()\n\t/srv/x.go:1 +0x1\npanic({{0x1, 0x2}})\n\t/usr/local/go/src/runtime/panic.go:9 +0x1\nmain.handle()\n\t/srv/app/main.go:9 +0x1d\n"
            );
            let found = check("crash", &[("app.log", &text)], &["crash.recovered-panic"]);
            assert!(
                found[0].claim.contains("boom") && found[0].claim.contains("main.handle (main.go:9)"),
                "{}",
                found[0].claim
            );
        }
        // A dump of a healthy process has no panic in it.
        check(
            "crash",
            &[("g.txt", "goroutine 1 [running]:\nmain.main()\n\t/srv/app/main.go:9 +0x1d\n")],
            &[],
        );
    }
}
