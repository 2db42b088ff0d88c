//! The report of each bundle, to the byte. The same files are the goldens of
//! the browser run.

use std::fs;
use std::path::{Path, PathBuf};

use analyzer_core::session::Session;

fn tests_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// Files below a folder in path order, named relative to `root`.
fn add_folder(session: &mut Session, root: &Path, folder: &Path) {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("bundle").map(|entry| entry.expect("entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add_folder(session, root, &path);
        } else {
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            session.add(&name, fs::read(&path).expect("file"));
        }
    }
}

fn assert_golden(bundle: &str) {
    let root = tests_folder().join("fixtures/bundles");
    let mut session = Session::default();
    add_folder(&mut session, &root, &root.join(bundle));
    let mut report = serde_json::to_string_pretty(&session.report()).expect("a report is always JSON");
    report.push('\n');
    let golden = tests_folder().join("golden").join(format!("{bundle}.json"));
    if std::env::var_os("STRATA_BLESS").is_some() {
        fs::create_dir_all(golden.parent().expect("folder")).expect("folder");
        fs::write(&golden, report).expect("golden");
        return;
    }
    let expected = fs::read_to_string(&golden).unwrap_or_else(|_| panic!("no golden {}", golden.display()));
    let first_difference =
        report.lines().zip(expected.lines()).enumerate().find(|(_, (new, old))| new != old);
    if let Some((line, (new, old))) = first_difference {
        panic!("{bundle}: line {} is\n{new}\nand was\n{old}", line + 1);
    }
    assert_eq!(report.len(), expected.len(), "{bundle}: one report goes on where the other ends");
}

#[test]
fn leaking_sends_on_cgroup_v2() {
    assert_golden("pricing-go1.26-cgroup2");
}

#[test]
fn native_memory_on_cgroup_v1() {
    assert_golden("codec-go1.21-cgroup1");
}

#[test]
fn an_oom_kill_on_cgroup_v2() {
    assert_golden("doomed-go1.26-cgroup2");
}
