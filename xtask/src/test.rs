//! Every test of the project, from the cheapest to the dearest.

use std::fs::{self, File};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::browser::{axe, chromium, firefox, install};
use crate::build::{self, Effort, WASM_TARGET};
use crate::command::{self, cargo, find_program, run};
use crate::dist;
use crate::go_module;

/// A part of the tests that can be run alone.
struct Step {
    /// What `cargo xtask test NAME` calls it.
    name: &'static str,
    title: &'static str,
    work: fn() -> Result<()>,
}

/// They build with the profile of tests.
const FIRST: [Step; 3] = [
    Step { name: "format", title: "format", work: || crate::format::format(true) },
    Step { name: "lints", title: "lints", work: lints },
    Step { name: "native", title: "native tests and house rules", work: || run(&mut tests(&[])) },
];

/// They build with other profiles and elsewhere, so they run beside [`FIRST`]: the
/// compiler leaves a core idle through much of a large crate.
const BESIDE: [Step; 5] = [
    Step { name: "geckodriver", title: "Firefox, its driver and axe-core", work: instruments },
    Step { name: "dist", title: "dist", work: || dist::dist(Effort::Ship) },
    Step { name: "engine-module", title: "engine as a module", work: || build::engine_module().map(drop) },
    Step { name: "go", title: "Go module", work: go_module::test },
    Step {
        name: "engine-tests",
        title: "engine's tests for wasm32, built",
        work: || run(engine_tests().arg("--no-run")),
    },
];

/// They use what the others built, and every core by themselves.
const LAST: [Step; 4] = [
    Step { name: "work", title: "engine on wasm32, its instructions counted", work: counted },
    Step { name: "engine", title: "engine on wasm32 in Chromium", work: engine_in_chromium },
    Step { name: "chromium", title: "pages in Chromium", work: || pages("chromium") },
    Step { name: "firefox", title: "pages in Firefox", work: || pages("firefox") },
];

/// Of the tests that need more than a compiler. Given to every build, they
/// change no dependency, so each crate is compiled once.
pub const FEATURES: &str = "wasm-tests/browser,wasm-tests/work";

/// Runs the steps of these names, or all.
///
/// # Errors
/// A step that is not there, a missing browser, or a step that fails: the first ends the run.
pub fn test(names: &[String]) -> Result<()> {
    let start = Instant::now();
    chromium::ensure()?;
    ensure_busybox()?;
    build::add_wasm_target()?;
    if !names.is_empty() {
        return names.iter().try_for_each(|name| find(name).and_then(Step::run));
    }
    let has_failed = AtomicBool::new(false);
    thread::scope(|scope| {
        let mut rest = BESIDE.iter().take_while(|_| !has_failed.load(Ordering::Relaxed));
        let beside = scope.spawn(move || rest.try_for_each(Step::run_into_file));
        let first = FIRST.iter().try_for_each(Step::run);
        has_failed.store(first.is_err(), Ordering::Relaxed);
        first.and(beside.join().expect("a step's fault is an error"))
    })?;
    LAST.iter().try_for_each(Step::run)?;
    println!("\neverything passed, in {} s", start.elapsed().as_secs());
    Ok(())
}

fn find(name: &str) -> Result<&'static Step> {
    let mut steps = FIRST.iter().chain(&BESIDE).chain(&LAST);
    steps.find(|step| step.name == name).with_context(|| {
        let names: Vec<&str> = FIRST.iter().chain(&BESIDE).chain(&LAST).map(|step| step.name).collect();
        format!("no such step: {name}; there are {}", names.join(", "))
    })
}

impl Step {
    fn run(&self) -> Result<()> {
        println!("\n==== {}", self.title);
        let start = Instant::now();
        (self.work)()?;
        println!("==== {}: passed, {} s", self.title, start.elapsed().as_secs());
        Ok(())
    }

    /// As [`Step::run`], by a process whose output is printed when it ends: two
    /// that print at once cannot be read.
    fn run_into_file(&self) -> Result<()> {
        let folder = build::target_folder()?.join("tmp");
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let path = folder.join(format!("{}.log", self.name));
        let log = File::create(&path).with_context(|| format!("writing {}", path.display()))?;
        let status = Command::new(std::env::current_exe()?)
            .args(["test", self.name])
            .current_dir(command::root())
            .stdout(log.try_clone()?)
            .stderr(log)
            .status()?;
        print!("{}", fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?);
        if !status.success() {
            bail!("{}: failed", self.title);
        }
        Ok(())
    }
}

/// The shell of minimal images, which the capture script is run in; without it that test says so and passes.
fn ensure_busybox() -> Result<()> {
    if find_program(&["busybox"]).is_some() { Ok(()) } else { install(&["busybox-static"]) }
}

fn lints() -> Result<()> {
    run(cargo()
        .args(["clippy", "--quiet", "--workspace", "--all-targets", "--features", FEATURES])
        .args(["--", "--deny", "warnings"]))
}

/// Tests of the workspace; without a choice, all that need nothing but a compiler.
///
/// Always of the whole workspace: of a part of it, dependencies would be chosen
/// otherwise, and compiled again.
fn tests(choice: &[&str]) -> Command {
    let mut command = cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]).args(choice);
    command
}

fn counted() -> Result<()> {
    run(&mut tests(&["--features", FEATURES, "--test", "work"]))
}

/// The engine's tests for wasm32, in a worker of a headless Chromium.
fn engine_in_chromium() -> Result<()> {
    let chromium = chromium::ensure()?;
    // Its own test needs the runner: so it is built as the workspace has it, with nothing built again.
    run(&mut tests(&["--features", FEATURES, "--test", "refuses", "--no-run"]))?;
    let target = build::target_folder()?;
    let configuration = target.join("webdriver.json");
    chromium::write_webdriver_json(&chromium, &configuration)?;
    run(engine_tests()
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", target.join("debug/wasm-test-runner"))
        .env("CHROMEDRIVER", &chromium.driver)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &configuration)
        // Goes up when a step is slow, never down: it guards against a hang.
        .env("WASM_BINDGEN_TEST_TIMEOUT", "600"))
}

fn engine_tests() -> Command {
    let mut command = cargo();
    command.args(["test", "--package", "wasm-tests", "--target", WASM_TARGET, "--tests"]);
    command
}

/// What the tests of the pages need beside Chromium.
fn instruments() -> Result<()> {
    firefox::ensure()?;
    axe::ensure().map(drop)
}

/// The tests of the built pages, in one browser.
fn pages(browser: &str) -> Result<()> {
    run(tests(&["--features", FEATURES, "--test", "page"]).env("STRATA_BROWSER", browser))
}
