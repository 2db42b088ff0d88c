//! The engine on wasm32, in the kind of worker that it runs in on the page.
#![cfg(target_arch = "wasm32")]

use analyzer_core::session::Session;
use include_dir::{Dir, include_dir};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn a_failed_capture_is_named_in_the_report() {
    let mut session = Session::default();
    session.add("heap.pb.gz", b"404 page not found\n".to_vec());
    let report = session.report();
    let messages: Vec<_> = report.sources.iter().flat_map(|source| &source.notes).collect();
    assert!(format!("{messages:?}").contains("net/http/pprof"), "{messages:?}");
}

/// What `analyzer-core/tests/golden.rs` reads from disk.
static TESTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../analyzer-core/tests/fixtures/bundles");
static GOLDEN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../analyzer-core/tests/golden");

/// Adds the files of a folder and its folders in path order, as the native run does.
fn add_folder(session: &mut Session, folder: &Dir<'_>) {
    let mut entries: Vec<_> = folder.entries().iter().collect();
    entries.sort_by_key(|entry| entry.path());
    for entry in entries {
        match (entry.as_dir(), entry.as_file()) {
            (Some(folder), _) => add_folder(session, folder),
            (None, Some(file)) => {
                session.add(&entry.path().to_string_lossy(), file.contents().to_vec());
            }
            (None, None) => {}
        }
    }
}

fn assert_golden(bundle: &str) {
    let mut session = Session::default();
    add_folder(&mut session, TESTS.get_dir(bundle).expect("bundle"));
    let report = serde_json::to_string_pretty(&session.report()).expect("a report is always JSON") + "\n";
    let golden = GOLDEN.get_file(format!("{bundle}.json")).and_then(|file| file.contents_utf8());
    let expected = golden.expect("golden");
    let difference = report.lines().zip(expected.lines()).find(|(here, native)| here != native);
    assert_eq!(difference, None, "{bundle}: here, then natively");
    assert_eq!(report.len(), expected.len(), "{bundle}");
}

#[wasm_bindgen_test]
fn leaking_sends_give_the_native_report() {
    assert_golden("pricing-go1.26-cgroup2");
}

#[wasm_bindgen_test]
fn native_memory_gives_the_native_report() {
    assert_golden("codec-go1.21-cgroup1");
}

#[wasm_bindgen_test]
fn an_oom_kill_gives_the_native_report() {
    assert_golden("doomed-go1.26-cgroup2");
}
