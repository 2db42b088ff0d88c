//! The panic by which `go test` ends tests that take too long.

use super::support::{Event, Told, quote};
use crate::analysis::goroutines::ended::{TEST_RUNNER, is_test_function};
use crate::detectors::{Rule, list};
use crate::report::{Confidence, Origin, Severity};

pub(super) const TIMEOUT: Rule = Rule {
    code: "crash.test-timeout",
    severity: Severity::Critical,
    title: "A test timed out",
    meaning: "go test terminated the process because its tests ran longer than -timeout (10 minutes by default).",
};

/// Tests that wait and are named.
const WAITING_TESTS: usize = 10;

pub(super) fn test_timeout(event: &Event<'_>) -> Told {
    let message = event.crash.panics.first().map(|panic| quote(&panic.text)).unwrap_or_default();
    let strings = &event.evidence.strings;
    let mut waiting = Vec::new();
    for row in &event.dump.goroutines {
        let frames: Vec<_> =
            event.evidence.stacks.leaf_first(row.stack).map(|frame| event.frame(frame)).collect();
        let creator = row.creator.and_then(|id| event.evidence.stacks.frames.get(id));
        let is_started = creator.is_some_and(|frame| is_test_function(strings.get(frame.function)));
        let is_test = is_started || frames.iter().any(|frame| frame.function == TEST_RUNNER);
        let is_parent = frames.first().is_some_and(|frame| frame.function.starts_with("testing.(*T)."));
        if !is_test || is_parent || waiting.len() >= WAITING_TESTS {
            continue;
        }
        let place = frames.iter().find(|frame| frame.origin == Origin::Own).or(frames.first());
        let minutes = row.wait_minutes.map(|minutes| format!(" for {minutes} min")).unwrap_or_default();
        waiting.push(format!(
            "goroutine {} in [{}]{minutes}{}",
            row.goid,
            strings.get(row.state),
            place.map(|frame| format!(" in {}", frame.call_site())).unwrap_or_default()
        ));
    }
    let stuck = if waiting.is_empty() {
        " No goroutine of a test is in the list.".to_owned()
    } else {
        format!(" The tests were at: {}.", waiting.join("; "))
    };
    Told {
        rule: TIMEOUT,
        severity: Severity::Critical,
        confidence: Confidence::Certain,
        condition: "go test printed that a test timed out.",
        title: TIMEOUT.title.to_owned(),
        claim: format!("go test terminated the process: {message}.{stuck}"),
        against: Vec::new(),
        advice: list(&[
            "Look at what the test's goroutine is waiting for, and at the goroutines that should provide it.",
            "If the tests are only slow, raise -timeout. A context with a deadline makes a blocked call fail with its own error.",
        ]),
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    #[test]
    fn a_test_that_timed_out_names_where_its_goroutine_waits() {
        let text = "panic: test timed out after 10m0s\n\trunning tests:\n\t\tTestPull (10m0s)\n\ngoroutine 82 [running]:\ntesting.(*M).startAlarm.func1()\n\t/usr/local/go/src/testing/testing.go:2682 +0x345\n\ngoroutine 8 [chan receive, 10 minutes]:\nexample.com/shop.pull(0xc0)\n\t/srv/app/pull.go:7 +0x1\nexample.com/shop.TestPull(0xc0)\n\t/srv/app/pull_test.go:4 +0x1\ntesting.tRunner(0xc0, 0x23)\n\t/usr/local/go/src/testing/testing.go:2036 +0xc9\n";
        let found = check("crash", &[("test.txt", text)], &["crash.test-timeout"]);
        let says = "goroutine 8 in [chan receive] for 10 min in example.com/shop.pull (pull.go:7)";
        assert!(found[0].claim.contains(says) && found[0].claim.contains("TestPull"), "{}", found[0].claim);
        // What a test started stands as the test does.
        let started = "panic: test timed out after 2m0s\n\ngoroutine 82 [running]:\ntesting.(*M).startAlarm.func1()\n\t/usr/local/go/src/testing/testing.go:681 +0x12f\n\ngoroutine 371 [chan receive]:\nexample.com/shop.(*cache).get(0xc0)\n\t/srv/app/cache.go:75 +0x31c\ncreated by example.com/shop.TestParallel\n\t/srv/app/cache_test.go:164 +0x617\n";
        let found = check("crash", &[("test.log", started)], &["crash.test-timeout"]);
        assert!(found[0].claim.contains("goroutine 371 in [chan receive]"), "{}", found[0].claim);
        let failed = text.replace("test timed out after 10m0s", "the queue timed out after 10m0s");
        check("crash.test-timeout", &[("test.txt", &failed)], &[]);
    }
}
