//! What the end of the process itself says of its goroutines: in a deadlock
//! every one of them is stuck, and in a test that timed out those of the test.

use super::grouping::Group;
use super::judgment::Judgment;
use super::moments::{Form, Moments};
use super::series::Series;
use super::state::Wait;
use crate::evidence::Evidence;
use crate::evidence::crash::CrashRecord;
use crate::report::{Confidence, Verdict};

/// The function that runs each test.
pub const TEST_RUNNER: &str = "testing.tRunner";

/// True if the last dump is that of a process which the runtime ended as all
/// goroutines were asleep.
pub fn is_deadlock(evidence: &Evidence, found: &Moments) -> bool {
    let Some(Form::Dump(id)) = found.moments.last().map(|moment| moment.form) else { return false };
    evidence.goroutines.dumps[id].crash.as_ref().is_some_and(CrashRecord::is_deadlock)
}

/// Overrides what the rules say of the groups of a last dump that tells it by itself.
pub fn judge(evidence: &Evidence, series: &Series, judgments: &mut [Judgment]) {
    let Some(Form::Dump(id)) = series.moments.last().map(|moment| moment.form) else { return };
    let Some(crash) = &evidence.goroutines.dumps[id].crash else { return };
    let reason = if crash.is_deadlock() {
        "The runtime found that no goroutine can continue: each one waits for another."
    } else if crash.is_test_timeout() {
        "A goroutine of the test that was running when go test timed out."
    } else {
        return;
    };
    for (group, judgment) in series.groups.iter().zip(judgments) {
        let is_stuck =
            group.last().count > 0 && !group.is_system() && (crash.is_deadlock() || is_waiting_test(group));
        if is_stuck && matches!(judgment.verdict, Verdict::Benign | Verdict::Unknown | Verdict::Suspect) {
            judgment.verdict = Verdict::Leak;
            judgment.rule = "";
            judgment.confidence = if crash.is_deadlock() { Confidence::Certain } else { Confidence::Likely };
            judgment.reasons = vec![reason.to_owned()];
            judgment.against.clear();
        }
    }
}

/// True for a goroutine of a test, or one that a test started, that waits for something
/// else than its subtests.
pub fn is_waiting_test(group: &Group) -> bool {
    let is_parent = |name: &str| matches!(name, "testing.(*T).Run" | "testing.(*T).Parallel");
    let is_started = group.creator.as_ref().is_some_and(|site| is_test_function(&site.function.name));
    group.wait != Wait::Running
        && (group.has(TEST_RUNNER) || is_started)
        && !group.names().next().is_some_and(is_parent)
}

/// True for `example.com/shop.TestCart`, and for closures in it.
pub fn is_test_function(name: &str) -> bool {
    let path = name.rsplit('/').next().unwrap_or(name);
    let function = path.split('.').nth(1).unwrap_or_default();
    let rest = function.strip_prefix("Test");
    rest.is_some_and(|rest| !rest.chars().next().is_some_and(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_functions_by_their_names() {
        for name in ["example.com/shop.TestCart", "shop_test.TestCart.func1", "shop.Test_cart", "shop.Test"] {
            assert!(is_test_function(name), "{name}");
        }
        for name in ["shop.Testify", "shop.(*Suite).TestCart", "example.com/shop.run", "TestCart"] {
            assert!(!is_test_function(name), "{name}");
        }
    }
}
