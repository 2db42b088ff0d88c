//! wasm-bindgen's test runner as a member of this workspace, so that a fresh
//! machine has nothing to install and the lock file holds its version.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())
}
