//! Every test of the project, from the cheapest to the dearest.

use std::time::Instant;

use anyhow::Result;

use crate::browser::{Installed, chromium, firefox};
use crate::build::{self, Effort, WASM_TARGET};
use crate::command::{cargo, run};
use crate::dist;
use crate::go_module;

/// Runs everything, and stops at the first step that fails.
///
/// # Errors
/// A missing browser, or a step that fails.
pub fn test() -> Result<()> {
    let start = Instant::now();
    let chromium = chromium::ensure()?;
    firefox::ensure()?;
    build::add_wasm_target()?;
    step("format", || crate::format::format(true))?;
    step("lints", || {
        run(cargo()
            .args(["clippy", "--quiet", "--workspace", "--all-targets", "--features"])
            .arg("wasm-tests/browser,wasm-tests/work")
            .args(["--", "--deny", "warnings"]))
    })?;
    step("native tests and house rules", || run(cargo().args(["test", "--workspace", "--no-fail-fast"])))?;
    step("engine on wasm32, its instructions counted", || {
        run(cargo().args(["test", "--package", "wasm-tests", "--features", "work", "--test", "work"]))
    })?;
    step("engine on wasm32 in Chromium", || engine_in_browser(&chromium))?;
    step("dist", || dist::dist(Effort::Ship))?;
    step("Go module", go_module::test)?;
    step("pages in Chromium", || pages("chromium"))?;
    step("pages in Firefox", || pages("firefox"))?;
    println!("\neverything passed, in {} s", start.elapsed().as_secs());
    Ok(())
}

/// The engine's tests for wasm32, in a worker of a headless Chromium.
fn engine_in_browser(chromium: &Installed) -> Result<()> {
    run(cargo().args(["build", "--quiet", "--package", "wasm-test-runner"]))?;
    let target = build::target_folder()?;
    let configuration = target.join("webdriver.json");
    chromium::write_webdriver_json(chromium, &configuration)?;
    run(cargo()
        .args(["test", "--package", "wasm-tests", "--target", WASM_TARGET, "--tests"])
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", target.join("debug/wasm-test-runner"))
        .env("CHROMEDRIVER", &chromium.driver)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &configuration)
        // Goes up when a step is slow, never down: it guards against a hang.
        .env("WASM_BINDGEN_TEST_TIMEOUT", "600"))
}

/// The tests of the built pages, in one browser.
fn pages(browser: &str) -> Result<()> {
    run(cargo()
        .args(["test", "--package", "wasm-tests", "--features", "browser"])
        .args(["--test", "page", "--no-fail-fast"])
        .env("STRATA_BROWSER", browser))
}

fn step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("\n==== {name}");
    let start = Instant::now();
    work()?;
    println!("==== {name}: passed, {} s", start.elapsed().as_secs());
    Ok(())
}
