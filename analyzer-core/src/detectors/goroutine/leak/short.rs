//! Dumps from short lines, and what the report says of them.

use crate::detectors::testing::{check, report};
use crate::report::GoroutineGroup;

/// A dump from short lines: `goroutine 7 [select]`, `Mutex 0x…` (a wait for a
/// mutex at that address), `RLock`, `WLock 0x…`, and calls as `store.Get(0x…) store.go:12`.
pub(super) fn dump(text: &str) -> String {
    let mut dump =
        "goroutine 1 [select, 61 minutes]:\nmain.main()\n\t/srv/app/main.go:31 +0x1d1\n".to_owned();
    let sync = |call: &str| format!("{call}\n\t/usr/local/go/src/sync/mutex.go:46 +0x25\n");
    let mut is_created = true;
    let by_default = "created by example.com/shop/start.All in goroutine 1\n\t/srv/app/start.go:9 +0x1\n";
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        dump += &match first {
            "goroutine" => {
                let before = if is_created { "" } else { by_default };
                is_created = false;
                format!("{before}\n{line}:\n")
            }
            "Mutex" => {
                let address = rest.trim();
                sync("internal/sync.runtime_SemacquireMutex(0x0?, 0x0?, 0x0?)")
                    + &sync(&format!("internal/sync.(*Mutex).lockSlow({address})"))
                    + &sync("sync.(*Mutex).Lock(...)")
            }
            "RLock" => {
                sync("sync.runtime_SemacquireRWMutexR(0x5?, 0x0?, 0x0?)")
                    + &sync("sync.(*RWMutex).RLock(...)")
            }
            "WLock" => {
                sync("sync.runtime_SemacquireRWMutex(0x5?, 0x0?, 0x0?)")
                    + &sync(&format!("sync.(*RWMutex).Lock({})", rest.trim()))
            }
            "started" => {
                is_created = true;
                let (function, by) = rest.trim().split_once(' ').expect("a function and an id");
                format!("created by {function} in goroutine {by}\n\t/srv/app/start.go:9 +0x1\n")
            }
            "by" => {
                is_created = true;
                format!("created by example.com/shop/{rest} in goroutine 1\n\t/srv/app/start.go:9 +0x1\n")
            }
            _ => {
                let (call, place) = line.rsplit_once(' ').expect("a call and its place");
                let host = call.split_once('/').map(|(host, _)| host);
                match host {
                    Some(host) if host.contains('.') => {
                        format!("{call}\n\t/go/pkg/mod/lib@v1.0.0/{place} +0x1d\n")
                    }
                    None if !["sync.", "testing.", "time.", "reflect.", "panic("]
                        .iter()
                        .any(|std| call.starts_with(std)) =>
                    {
                        format!("example.com/shop/{call}\n\t/srv/app/{place} +0x1d\n")
                    }
                    _ => format!("{call}\n\t/usr/local/go/src/x/{place} +0x1d\n"),
                }
            }
        };
    }
    if !is_created {
        dump += by_default;
    }
    dump
}

/// Codes of the serious findings, and what they and their groups say.
#[track_caller]
pub(super) fn told(text: &str, codes: &[&str], says: &[&str]) {
    let found = check("goroutine", &[("dump.txt", dump(text))], codes);
    let claims: Vec<&str> = found.iter().map(|finding| finding.claim.as_str()).collect();
    for part in says {
        assert!(claims.iter().any(|claim| claim.contains(part)), "{part:?} is not in {claims:#?}");
    }
}

/// The groups of a dump.
pub(super) fn groups(text: &str) -> Vec<GoroutineGroup> {
    report(&[("dump.txt", dump(text).as_bytes())]).goroutines.expect("a section").groups
}
