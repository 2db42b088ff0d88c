//! Where in the code something is, as a key that stays the same from night to night.
//!
//! It is made of the kind of wait and the first function of the user's code: no line (edits
//! shift them), no type arguments, no number of a closure (compilers count them differently), no
//! frame of the standard library (they change from one Go to the next), and no rule: a newer Go
//! proves what an older one only suggests. The creator enters where the stack has no frame of
//! the user's own; elsewhere it does not, for a dump names the function that the creator was inlined into.
//!
//! A key says nothing without its service: `net/http.(*Server).Serve` is in all of them.

use std::fmt::Write as _;

use analyzer_core::report::{Finding, GoroutineGroup, Origin, StackFrame};
use sha2::{Digest, Sha256};

/// Bytes of the hash that are kept: enough that millions of sites never meet.
const BYTES: usize = 8;

/// What goroutines of a group wait for, whatever this version of Go calls it.
fn wait_class(state: &str) -> &'static str {
    // "chan receive (nil chan)", "select (no cases)", "IO wait, locked to thread".
    let state = state.split([',', '(']).next().unwrap_or_default().trim();
    match state {
        "chan receive" | "chan send" | "select" => "channel",
        "semacquire" => "lock",
        "IO wait" | "syscall" => "io",
        "sleep" => "sleep",
        "running" | "runnable" => "running",
        _ if state.starts_with("sync.") => "lock",
        _ => "other",
    }
}

/// The key of a group of goroutines.
pub fn of_group(group: &GoroutineGroup) -> String {
    let place = match (&group.user_frame, &group.created_by) {
        (Some(frame), _) => stable_name(&frame.function),
        (None, Some(creator)) => format!("created by {}", stable_name(&creator.function)),
        (None, None) => group.stack.last().map(|frame| stable_name(&frame.function)).unwrap_or_default(),
    };
    hash(&["goroutines", wait_class(&group.state), &place])
}

/// The function that a group is shown by: as in its key, with its line.
pub fn frame_of_group(group: &GoroutineGroup) -> Option<&StackFrame> {
    group.user_frame.as_ref().or(group.created_by.as_ref()).or(group.stack.last())
}

/// The key of a line of the heap.
pub fn of_heap(function: &str) -> String {
    hash(&["heap", &stable_name(function)])
}

/// The key of a finding that is about no group: its code and the function that it names first.
pub fn of_finding(finding: &Finding) -> String {
    let place = place_of_finding(finding).map(|frame| stable_name(&frame.function)).unwrap_or_default();
    hash(&["finding", &finding.code, &place])
}

/// The place that a finding names first: the user's own, if one is.
pub fn place_of_finding(finding: &Finding) -> Option<&StackFrame> {
    let own = finding.places.iter().find(|frame| frame.origin == Origin::Own);
    own.or_else(|| finding.places.first())
}

/// A function's name without what differs from build to build.
///
/// `shop/cart.(*Set[...]).Add.func2.1` is `shop/cart.(*Set).Add.func`.
pub fn stable_name(function: &str) -> String {
    let bare = without_arguments(function);
    let bare = bare.strip_suffix("-fm").unwrap_or(&bare);
    // The package's path has dots of its own; its last element ends at the first dot.
    let path_end = bare.find(['(', ' ']).unwrap_or(bare.len());
    let last = bare.get(..path_end).and_then(|path| path.rfind('/')).map_or(0, |slash| slash + 1);
    let (path, rest) = bare.split_at(last);
    let mut parts = elements(rest);
    let before = parts.len();
    while parts.len() > 1 && parts.last().is_some_and(|part| is_closure(part)) {
        parts.pop();
    }
    if parts.len() == before {
        return format!("{path}{rest}");
    }
    // A closure that was inlined with its function is named after both: `main.run.watch.func1`.
    let package = parts.first().copied().unwrap_or_default();
    let (receiver, function) = match parts.get(1..).unwrap_or_default() {
        [.., receiver, function] if receiver.starts_with('(') => (Some(*receiver), *function),
        [.., function] => (None, *function),
        [] => (None, ""),
    };
    let named = receiver.map(|receiver| format!("{receiver}.")).unwrap_or_default();
    format!("{path}{package}.{named}{function}.func")
}

/// True for an element that the compiler made: `func1`, `2`, `gowrap1`, `deferwrap2`, `func1-range3`.
fn is_closure(element: &str) -> bool {
    let numbered = |start: &str| {
        element.strip_prefix(start).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let is_number = !element.is_empty() && element.bytes().all(|byte| byte.is_ascii_digit());
    is_number || ["func", "gowrap", "deferwrap", "-range"].into_iter().any(numbered)
}

/// The elements between dots that stand in no parentheses.
fn elements(name: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, character) in name.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '.' if depth == 0 => {
                parts.push(name.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(name.get(start..).unwrap_or_default());
    parts
}

/// The name without `[…]`, however deep.
fn without_arguments(name: &str) -> String {
    let mut depth = 0_u32;
    let mut bare = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => bare.push(character),
            _ => {}
        }
    }
    bare
}

fn hash(parts: &[&str]) -> String {
    let hash = Sha256::digest(parts.join("\n"));
    hash.iter().take(BYTES).fold(String::with_capacity(2 * BYTES), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use analyzer_core::session::Session;

    /// The keys of the groups of one dump, in the report's order.
    fn keys(dump: &str) -> Vec<String> {
        let mut session = Session::default();
        session.add("api/t0/goroutine.txt", dump.as_bytes().to_vec());
        let report = session.report();
        report.goroutines.iter().flat_map(|section| &section.groups).map(of_group).collect()
    }

    /// One group of three goroutines.
    fn dump(state: &str, stack: &[(&str, &str)], creator: &str) -> String {
        let frames: String =
            stack.iter().map(|(name, place)| format!("{name}()\n\t{place} +0x1d\n")).collect();
        let creator = format!("created by {creator} in goroutine 1\n\t/app/main.go:20 +0x2c\n\n");
        (7..10).map(|id| format!("goroutine {id} [{state}, 12 minutes]:\n{frames}{creator}")).collect()
    }

    fn key(dump: &str) -> String {
        let keys = keys(dump);
        assert_eq!(keys.len(), 1, "{dump}");
        keys[0].clone()
    }

    #[test]
    fn lines_may_shift() {
        let before = dump("chan send", &[("main.quote.func1", "/app/quote.go:54")], "main.quote");
        let after = dump("chan send", &[("main.quote.func1", "/app/quote.go:61")], "main.quote");
        assert_eq!(key(&before), key(&after));
    }

    #[test]
    fn each_version_of_go_has_its_own_frames_and_words_for_a_wait() {
        // Go 1.21 waits for a lock in semacquire, later ones name the lock; the frames below differ.
        let before = dump(
            "semacquire",
            &[
                ("sync.runtime_Semacquire", "/usr/local/go/src/runtime/sema.go:62"),
                ("sync.(*WaitGroup).Wait", "/usr/local/go/src/sync/waitgroup.go:116"),
                ("main.(*notifier).close", "/app/notifier.go:33"),
            ],
            "main.main",
        );
        let after = dump(
            "sync.WaitGroup.Wait",
            &[
                ("sync.runtime_SemacquireWaitGroup", "/usr/local/go/src/runtime/sema.go:114"),
                ("sync.(*WaitGroup).Wait", "/usr/local/go/src/sync/waitgroup.go:206"),
                ("main.(*notifier).close", "/app/notifier.go:33"),
            ],
            "main.main",
        );
        assert_eq!(key(&before), key(&after));
        let nil = dump("chan receive (nil chan)", &[("main.wait", "/app/wait.go:5")], "main.main");
        let plain = dump("chan receive", &[("main.wait", "/app/wait.go:5")], "main.main");
        assert_eq!(key(&nil), key(&plain));
    }

    #[test]
    fn a_creator_may_be_inlined_into_its_caller() {
        let stack = [("main.watch", "/app/watch.go:9")];
        assert_eq!(key(&dump("select", &stack, "main.start")), key(&dump("select", &stack, "main.main")));
    }

    #[test]
    fn a_closure_may_be_inlined_with_its_function() {
        for (before, after) in [
            ("main.watch.func1", "main.run.watch.func2"),
            ("main.(*Hub).run.func1", "main.main.(*Hub).run.func1"),
            ("main.watch.func1.1", "main.watch.func3"),
            ("main.watch.func1", "main.watch.gowrap1"),
            ("main.(*Hub).run-fm", "main.(*Hub).run"),
        ] {
            assert_eq!(stable_name(before), stable_name(after), "{before} {after}");
        }
    }

    #[test]
    fn type_arguments_are_no_part_of_a_site() {
        for (before, after) in [
            ("shop/set.(*Set[...]).Add", "shop/set.(*Set).Add"),
            ("shop/set.Map[go.shape.int,go.shape.string]", "shop/set.Map[...]"),
            ("shop/set.Each[shop/item.Item[int]].func1", "shop/set.Each[...].func2"),
        ] {
            assert_eq!(stable_name(before), stable_name(after), "{before} {after}");
        }
        let before = dump("chan send", &[("main.push[...]", "/app/push.go:9")], "main.main");
        let after = dump("chan send", &[("main.push", "/app/push.go:9")], "main.main");
        assert_eq!(key(&before), key(&after));
    }

    #[test]
    fn callers_do_not_make_another_site() {
        let stack = |caller| [("main.push", "/app/push.go:9"), (caller, "/app/main.go:3")];
        let one = dump("chan send", &stack("main.small"), "main.main");
        let other = dump("chan send", &stack("main.large"), "main.main");
        assert_eq!(key(&one), key(&other));
    }

    #[test]
    fn other_functions_waits_and_creators_are_other_sites() {
        let base = key(&dump("chan send", &[("main.push", "/app/push.go:9")], "main.main"));
        let function = key(&dump("chan send", &[("main.pull", "/app/push.go:9")], "main.main"));
        let wait = key(&dump("sync.Mutex.Lock", &[("main.push", "/app/push.go:9")], "main.main"));
        assert!(base != function && base != wait && function != wait);
        let serve = [("net/http.(*conn).serve", "/usr/local/go/src/net/http/server.go:2000")];
        let one = key(&dump("select", &serve, "main.first"));
        let other = key(&dump("select", &serve, "main.second"));
        assert_ne!(one, other);
        assert_ne!(stable_name("main.(*A).run.func1"), stable_name("main.(*B).run.func1"));
        assert_ne!(stable_name("a.io/x/v2.Run"), stable_name("a.io/x.Run"));
        assert_eq!(stable_name("a.io/x/v2.Run"), "a.io/x/v2.Run");
        assert_eq!(stable_name("shop/cart.(*Set[...]).Add.func2.1"), "shop/cart.(*Set).Add.func");
    }
}
