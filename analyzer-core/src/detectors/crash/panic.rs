//! Panics: those that nobody recovered here, and which of the others is told where.

use super::logged::{self, LOGGED, RECOVERED};
use super::support::{self, Event, Told, quote};
use super::test_timeout::{self, TIMEOUT};
use crate::analysis::goroutines::ended::TEST_RUNNER;
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::{Confidence, Severity};

pub(super) const PANIC: Rule = Rule {
    code: "crash.panic",
    severity: Severity::Critical,
    title: "The process panicked",
    meaning: "A panic was not recovered and terminated the process with exit status 2.",
};

const NIL: Rule = Rule {
    code: "crash.nil-dereference",
    severity: Severity::Critical,
    title: "Nil pointer dereference",
    meaning: "The program dereferenced a nil pointer, interface or function, and the panic terminated the process.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[PANIC, NIL, RECOVERED, TIMEOUT, LOGGED],
    missing_inputs: support::missing_inputs,
    detect: |case: &Case<'_>| support::findings(case, tell),
};

/// Addresses below are of fields of a nil pointer (runtime/signal_unix.go, sigpanic).
const NIL_PAGE: u64 = 0x1000;
/// What the runtime says of a nil pointer, an interface or a function.
const NIL_MESSAGE: &str = "nil pointer dereference";

/// What a message means, and what to do.
pub(super) struct Known {
    says: &'static str,
    pub(super) means: &'static str,
    pub(super) advice: &'static str,
}

const fn known(says: &'static str, means: &'static str, advice: &'static str) -> Known {
    Known { says, means, advice }
}

/// Messages of the runtime and of the standard library (runtime/panic.go, runtime/chan.go, sync).
const KNOWN: &[Known] = &[
    known(
        NIL_MESSAGE,
        "A nil pointer was read or written through, or a method was called on a nil interface.",
        "Find where the value is set and which path leaves it nil: an unchecked error, a missing map key, a field that no constructor sets.",
    ),
    known(
        "send on closed channel",
        "A goroutine sent on a channel that had been closed.",
        "Let only the sender close the channel, after the last send. With several senders, do not close it: signal the end with a second channel or a context that they all select on.",
    ),
    known(
        "close of closed channel",
        "The channel was closed twice.",
        "Let a single owner close it, or use sync.Once.",
    ),
    known(
        "close of nil channel",
        "The channel was never created with make.",
        "Create the channel where its owner is created.",
    ),
    known(
        "index out of range",
        "An index was negative or not below the length.",
        "Check the length before the access.",
    ),
    known(
        "slice bounds out of range",
        "A slice expression exceeded the length or capacity.",
        "Check the length before slicing.",
    ),
    known(
        "assignment to entry in nil map",
        "The map was declared but never created with make.",
        "Create the map where its owner is created.",
    ),
    known(
        "interface conversion",
        "A type assertion failed: the value has another type.",
        "Use the two-value form (v, ok := x.(T)), and find out where the other type comes from.",
    ),
    known("integer divide by zero", "A divisor was zero.", "Check the divisor."),
    known(
        "negative WaitGroup counter",
        "Done was called more often than Add.",
        "Call Add before the go statement and defer a single Done (WaitGroup.Go does both).",
    ),
    known(
        "WaitGroup is reused before previous Wait has returned",
        "Add was called before the previous Wait had returned.",
        "Use a new WaitGroup for each round.",
    ),
    known(
        "makeslice: len out of range",
        "A length is negative or too large.",
        "Validate the length before it is used.",
    ),
    known(
        "cgo argument has Go pointer",
        "Memory that contains Go pointers was passed to C.",
        "Copy it to C memory, or pin the pointers (runtime.Pinner).",
    ),
    known(
        "concurrent write to websocket connection",
        "Two goroutines wrote to the same connection.",
        "Let a single goroutine write, or hold a lock during each write.",
    ),
];

fn tell(event: &Event<'_>) -> Option<Told> {
    let crash = event.crash;
    // A fatal error or a signal is told by its own rule, with the panic in it.
    if crash.fatal.is_some() || crash.signal.as_ref().is_some_and(|signal| signal.is_fatal) {
        return None;
    }
    if crash.is_recovered {
        return Some(logged::recovered(event));
    }
    if crash.is_logged_exit {
        return Some(logged::logged_exit(event));
    }
    if crash.is_test_timeout() {
        return Some(test_timeout::test_timeout(event));
    }
    let Some(first) = crash.panics.first() else { return at_signal(event) };
    let is_nil = crash.panics.iter().any(|panic| panic.text.contains(NIL_MESSAGE));
    let rule = if is_nil { NIL } else { PANIC };
    let is_test = event.frames().iter().any(|(_, frame)| frame.function == TEST_RUNNER);
    let what = if is_test { "A test panicked" } else { "The process panicked" };
    let mut claim = format!("{what}: {}.", quote(&first.text));
    claim.push_str(&chain(event));
    claim.push_str(&raised(event));
    let known = means(event);
    claim.push_str(&known.map(|known| format!(" {}", known.means)).unwrap_or_default());
    if is_nil {
        claim.push_str(&which_was_nil(event));
    }
    let mut advice: Vec<String> = known.map(|known| known.advice.to_owned()).into_iter().collect();
    if !is_test {
        advice.push(
            "A panic in any goroutine terminates the whole process: use recover at the top of goroutines that must not take it down."
                .to_owned(),
        );
    }
    if event.goroutine().is_none() {
        advice.push(
            "No goroutine was printed (GOTRACEBACK=none): set GOTRACEBACK=all to see where it panicked."
                .to_owned(),
        );
    }
    Some(Told {
        rule,
        severity: Severity::Critical,
        confidence: if event.goroutine().is_some() { Confidence::Certain } else { Confidence::Likely },
        condition: "The runtime printed a panic that was not recovered.",
        title: rule.title.to_owned(),
        claim,
        against: Vec::new(),
        advice,
    })
}

/// A text that begins below the panic's own line: what stands in brackets is printed of panics only.
fn at_signal(event: &Event<'_>) -> Option<Told> {
    let signal = event.crash.signal.as_ref()?;
    let address = signal.address.map(|address| format!(" at address {address:#x}")).unwrap_or_default();
    let is_nil = signal.name == "SIGSEGV" && signal.address.is_some_and(|address| address < NIL_PAGE);
    let rule = if is_nil { NIL } else { PANIC };
    let mut claim = format!(
        "The process panicked after {}{address}; the line with the panic message is not in the text.{}",
        if signal.name.is_empty() { "a signal" } else { signal.name.as_str() },
        raised(event)
    );
    if is_nil {
        claim.push_str(&which_was_nil(event));
    }
    Some(Told {
        rule,
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        condition: "The runtime printed the signal of a panic.",
        title: rule.title.to_owned(),
        claim,
        against: list(&["Only the line above shows what the panic was and whether it was recovered."]),
        advice: list(&["Include the lines above this one."]),
    })
}

/// ` It was raised in shop.(*Cart).Total (cart.go:88), on goroutine 18, started by …`.
pub(super) fn raised(event: &Event<'_>) -> String {
    if event.is_origin_cut() {
        let who = event.who();
        let is_again = event.crash.panics.len() > 1 || event.raises() > 1;
        return match (is_again, who.is_empty()) {
            (true, _) => format!(
                " A deferred call panicked again{who}; the text ends before the frame where the first panic was raised."
            ),
            (false, true) => " The text ends before the frame that raised it.".to_owned(),
            (false, false) => format!(
                " It was raised{}; the text ends before the frame that raised it.",
                who.replacen(", ", " ", 1)
            ),
        };
    }
    if let Some(again) = raised_again(event) {
        return again;
    }
    let (place, who) = (event.place(), event.who());
    if place.is_empty() && who.is_empty() {
        String::new()
    } else {
        format!(" It was raised{place}{}.", if place.is_empty() { who.replacen(", ", " ", 1) } else { who })
    }
}

/// A panic that a deferred call recovered and raised again, where the stack has no call of panic (Go
/// before 1.5): the deferred call stands innermost, and what it was deferred to or called from next.
fn raised_again(event: &Event<'_>) -> Option<String> {
    let is_again = event.crash.panics.first()?.is_recovered && event.raises() == 0;
    let frames = event.frames();
    let [(_, deferred), (_, next), ..] = frames.as_slice() else { return None };
    is_again.then(|| {
        format!(
            " It was raised again in {}, a deferred call{}. The first panic was probably raised in {}.",
            deferred.call_site(),
            event.who(),
            next.call_site()
        )
    })
}

/// What followed the first panic.
fn chain(event: &Event<'_>) -> String {
    let panics = &event.crash.panics;
    let mut text = String::new();
    for (before, panic) in panics.iter().zip(panics.iter().skip(1)) {
        let how = match (before.is_recovered, before.text == panic.text) {
            (true, true) => " It was recovered and raised again",
            (true, false) => " It was recovered, and another panic was raised",
            (false, _) => " While deferred calls ran, another panic was raised",
        };
        text.push_str(how);
        if before.text != panic.text {
            text.push_str(&format!(": {}", quote(&panic.text)));
        }
        text.push('.');
    }
    if let [only] = panics.as_slice()
        && only.is_repanicked
    {
        text.push_str(" It was recovered and raised again.");
    }
    text
}

pub(super) fn means(event: &Event<'_>) -> Option<&'static Known> {
    let panics = &event.crash.panics;
    KNOWN.iter().find(|known| panics.iter().any(|panic| panic.text.contains(known.says)))
}

/// Which argument was nil, as far as the arguments are printed. A `?` marks a
/// value that may be stale: it proves nothing.
fn which_was_nil(event: &Event<'_>) -> String {
    let mut text = String::new();
    if let Some(address) = event.crash.signal.as_ref().and_then(|signal| signal.address).filter(|at| *at > 0)
    {
        text.push_str(&format!(
            " The address {address:#x} is the offset of a field or element from a nil pointer."
        ));
    }
    let Some((index, frame)) = event.frames().into_iter().next() else { return text };
    let Some(printed) = event.arguments(index) else { return text };
    let inner = printed.trim_start_matches('(').trim_end_matches(')');
    if inner.starts_with("...") {
        return text;
    }
    let has_receiver = frame.function.contains(".(*");
    let mut nil = Vec::new();
    let mut stale = false;
    for (at, value) in top_level(inner).into_iter().enumerate() {
        stale |= value == "0x0?";
        if matches!(value, "0x0" | "{0x0, 0x0}") {
            nil.push(match (at, has_receiver) {
                (0, true) => "its receiver".to_owned(),
                (at, true) => format!("argument {at}"),
                (at, false) => format!("argument {}", at + 1),
            });
        }
    }
    match (nil.as_slice(), stale) {
        ([], true) => text.push_str(&format!(
            " Its printed arguments {printed} may be stale (`?`), so they do not show which one was nil."
        )),
        ([], false) => text.push_str(&format!(
            " None of its printed arguments {printed} is nil: the nil value was loaded inside the function."
        )),
        (nil, _) => text.push_str(&format!(" Nil (0x0) in {}: {}.", frame.call_site(), nil.join(", "))),
    }
    text
}

/// The arguments at the top level: `0x1, {0x2, 0x3}` are two.
fn top_level(inner: &str) -> Vec<&str> {
    let mut values = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                values.extend(inner.get(start..at).map(str::trim));
                start = at + 1;
            }
            _ => {}
        }
    }
    values.extend(inner.get(start..).map(str::trim).filter(|value| !value.is_empty()));
    values
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::{Certain, Likely};
    use crate::report::Severity::Critical;

    const NIL: &str = "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x4a30a3]\n";

    /// A crash of `shop.(*Cart).Total` with these arguments.
    fn at_total(preamble: &str, arguments: &str) -> String {
        format!(
            "{preamble}\ngoroutine 7 [running]:\nexample.com/shop.(*Cart).Total({arguments})\n\t/srv/app/cart.go:88 +0x1d\nmain.serve()\n\t/srv/app/main.go:9 +0x1d\ncreated by main.main in goroutine 1\n\t/srv/app/main.go:5 +0x1d\n"
        )
    }

    #[test]
    fn a_nil_dereference_says_which_argument_was_nil() {
        for (arguments, says) in [
            ("0x0, 0x1", "Nil (0x0) in example.com/shop.(*Cart).Total (cart.go:88): its receiver."),
            ("0xc000012120, {0xc0001a2000, 0x5}, 0x0", "argument 2."),
            ("0x0?, 0x1?", "may be stale"),
            ("0xc000012120, 0x1", "None of its printed arguments"),
        ] {
            let text = at_total(NIL, arguments);
            let found = check("crash", &[("stderr.txt", &text)], &["crash.nil-dereference"]);
            assert!(found[0].claim.contains(says), "{arguments}: {}", found[0].claim);
            assert!(found[0].claim.contains("address 0x18 is the offset of a field"), "{}", found[0].claim);
        }
        // A fault at an address of its own is no nil pointer.
        let fault = at_total(
            &NIL.replace(
                "panic: runtime error: invalid memory address or nil pointer dereference",
                "fatal error: fault",
            ),
            "0x0",
        );
        check("crash.nil-dereference", &[("stderr.txt", &fault)], &[]);
    }

    #[test]
    fn a_stack_that_is_cut_at_the_call_of_panic_is_no_second_panic() {
        let cut = |message: &str, calls: &str| {
            format!(
                "panic: {message}\n\ngoroutine 45 [running]:\n{calls}panic(0x28c59c0, 0xc42000e0c0)\n\t/opt/go/src/runtime/panic.go:500 +0x1a1\n"
            )
        };
        let one = cut("runtime error: index out of range", "");
        let two = cut(
            "first",
            "panic(0x1, 0x2)\n\t/opt/go/src/runtime/panic.go:500 +0x1a1\nexample.com/shop.recover1()\n\t/srv/app/cart.go:9 +0x1\n",
        );
        for (text, is_again) in [(&one, false), (&two, true)] {
            let found = check("crash", &[("stderr.txt", text)], &["crash.panic"]);
            assert!(found[0].claim.contains("the text ends before the frame"), "{}", found[0].claim);
            assert_eq!(found[0].claim.contains("panicked again"), is_again, "{}", found[0].claim);
        }
    }

    #[test]
    fn a_recovered_panic_without_the_runtimes_calls_is_raised_again_in_the_deferred_call() {
        let text = "panic: runtime error: index out of range [recovered]\n\tpanic: runtime error: index out of range\n\ngoroutine 924 [running]:\nexample.com/shop.func·008()\n\t/srv/app/cart.go:99 +0xe2\nexample.com/shop.(*Cart).Save(0xc2082b41e0, 0xc2083985a0)\n\t/srv/app/cart.go:176 +0x40d\nmain.main()\n\t/srv/app/main.go:9 +0x1\n";
        let found = check("crash", &[("stderr.txt", text)], &["crash.panic"]);
        for words in [
            "raised again in example.com/shop.func·008 (cart.go:99)",
            "probably raised in example.com/shop.(*Cart).Save (cart.go:176)",
        ] {
            assert!(found[0].claim.contains(words), "{}", found[0].claim);
        }
    }

    #[test]
    fn a_panic_is_told_with_its_goroutine_or_as_likely_without() {
        let text = at_total("panic: send on closed channel\n", "0xc000012120");
        let found = check("crash", &[("stderr.txt", &text)], &["crash.panic"]);
        assert_eq!(verdicts(&found), [(Critical, Certain, None)]);
        let found = check("crash", &[("stderr.txt", "panic: send on closed channel\n")], &["crash.panic"]);
        assert_eq!(verdicts(&found), [(Critical, Likely, None)]);
        let logged = at_total("2026/11/20 20:03:00 ERROR panic: send on closed channel\n", "0xc000012120");
        check("crash.panic", &[("app.log", &logged)], &[]);
    }

    #[test]
    fn the_line_of_a_panic_behind_a_printers_prefix_is_the_panics() {
        for text in [
            at_total(&format!("Nov 20 20:03:00 host shop[8]: {NIL}"), "0x0"),
            at_total(&format!("ERROR {NIL}"), "0x0"),
            at_total(&format!("2026-11-20T20:03:00Z stderr F {NIL}"), "0x0"),
        ] {
            check("crash", &[("app.log", &text)], &["crash.nil-dereference"]);
        }
        for prefix in ["shop[8]: ", "20:03:00 ", "app | "] {
            let text = at_total(&format!("{prefix}panic: boom\n"), "0xc000012120");
            let found = check("crash", &[("app.log", &text)], &["crash.panic"]);
            assert!(found[0].claim.contains("boom"), "{}", found[0].claim);
        }
        let logged = at_total("shop[8]: panic: boom\n", "0x1");
        let logged = logged.replace("example.com/shop.(*Cart).Total(", "runtime/debug.Stack(");
        check("crash.panic", &[("app.log", &logged)], &[]);
        check("crash", &[("app.log", &at_total("saw a panic: boom\n", "0x1"))], &[]);
    }

    #[test]
    fn a_crash_whose_first_line_is_cut_off_is_told_by_its_signal() {
        let signal = |address: &str| {
            format!("[signal SIGSEGV: segmentation violation code=0x1 addr={address} pc=0x4a]\n")
        };
        let found =
            check("crash", &[("a.log", &at_total(&signal("0x18"), "0x0"))], &["crash.nil-dereference"]);
        assert_eq!(verdicts(&found), [(Critical, Likely, None)]);
        assert!(found[0].claim.contains("cart.go:88") && found[0].claim.contains("address 0x18"));
        check("crash", &[("a.log", &at_total(&signal("0xdead000"), "0x1"))], &["crash.panic"]);
        check("crash", &[("a.log", &at_total("", "0x0"))], &[]);
    }

    #[test]
    fn the_same_panic_after_each_restart_is_one_finding_with_a_count() {
        let one = at_total("2026/11/20 20:03:00 starting\npanic: boom\n", "0xc000012120");
        let text = format!("{one}\n{one}\n{one}");
        let found = check("crash", &[("app.log", &text)], &["crash.panic"]);
        assert_eq!(verdicts(&found), [(Critical, Certain, Some(3))]);
    }
}
