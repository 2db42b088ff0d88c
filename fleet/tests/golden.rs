//! The rows of bundles of the repository, held as they are.

#![allow(clippy::unwrap_used, reason = "a test's helpers, where the lint does not see a test")]

use std::fs;
use std::path::{Path, PathBuf};

use analyzer_core::session::Session;
use strata_fleet::project::{self, Asides, Object};

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

fn check(name: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bundles = root.join("../analyzer-core/tests/fixtures/bundles");
    let mut paths = Vec::new();
    files(&bundles.join(name), &mut paths);
    let mut session = Session::default();
    for path in &paths {
        let inner = path.strip_prefix(&bundles).unwrap().to_string_lossy().replace('\\', "/");
        session.add(&inner, fs::read(path).unwrap());
    }
    let object =
        Object::new(format!("date=2026-11-29/cluster=eu1/service=shop/{name}.tar.gz"), None, 12_345, None);
    let asides = Asides { fingerprint: |finding, _| format!("({})", finding.code) };
    let row = project::row(&session.report(), &object.unwrap(), asides);
    let current = serde_json::to_string_pretty(&row).unwrap() + "\n";
    let golden = root.join("tests/golden").join(format!("{name}.json"));
    if std::env::var_os("STRATA_BLESS").is_some() {
        fs::write(&golden, &current).unwrap();
    }
    let stored = fs::read_to_string(&golden).unwrap_or_default();
    assert!(stored == current, "run STRATA_BLESS=1 cargo test -p strata-fleet, and look at the difference");
    // What is written can be read again.
    assert_eq!(serde_json::from_str::<strata_fleet::Row>(&stored).unwrap(), row);
}

#[test]
fn a_bundle_with_leaking_sends() {
    check("pricing-go1.26-cgroup2");
}

#[test]
fn a_bundle_that_ends_with_an_oom_kill() {
    check("doomed-go1.26-cgroup2");
}
