//! The engine on wasm32, in the kind of worker that it runs in on the page.
#![cfg(target_arch = "wasm32")]

use analyzer_core::session::Session;
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
