//! The runner by itself, without a browser.

use std::process::Command;

#[test]
fn a_file_that_is_no_module_fails() {
    let runner = Command::new(env!("CARGO_BIN_EXE_wasm-test-runner"))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("the runner starts");
    assert!(!runner.status.success());
    let said = String::from_utf8_lossy(&runner.stderr);
    assert!(said.contains("failed to inspect Wasm module"), "{said}");
}
