//! `cargo xtask fuzz --minutes N [TARGET]...`: libFuzzer over every parser,
//! every container and whole sessions, for a share of the time each.
//!
//! Needs a C++ compiler, and nothing that stable Rust does not have: the
//! engine is built with LLVM's coverage pass, without a sanitizer, for it has
//! no unsafe code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use engine_fuzz::{all, named, seeds};

use crate::build;
use crate::command::{self, cargo};

/// The coverage pass that libFuzzer reads, as cargo-fuzz asks for it.
const COVERAGE: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Seconds that one input may take, in a build several times slower than the
/// shipped one, before it counts as a finding.
const TIMEOUT_SECONDS: u32 = 20;

/// Bytes of an input: what breaks a parser is seldom long.
const INPUT_BYTES: usize = 128 << 10;

/// What to fuzz, and for how long.
#[derive(Debug)]
pub struct Options {
    /// Minutes in all.
    pub minutes: u32,
    /// Names of targets; all, if there are none.
    pub targets: Vec<String>,
}

/// Fuzzes each target for its share of the time, and lists what was found.
///
/// # Errors
/// A build that fails, an unknown target, or a finding.
pub fn fuzz(options: &Options) -> Result<()> {
    let mut targets: Vec<&str> = options.targets.iter().map(String::as_str).collect();
    if targets.is_empty() {
        targets = all().iter().map(|target| target.name).collect();
    }
    if let Some(unknown) = targets.iter().find(|name| named(name).is_none()) {
        let known: Vec<_> = all().iter().map(|target| target.name).collect();
        bail!("no target {unknown}: there are {}", known.join(", "));
    }
    let folder = build::target_folder()?.join("fuzz");
    let program = build_program(&folder)?;
    let seeds = seeds::by_target()?;
    let seconds = (options.minutes * 60 / u32::try_from(targets.len())?).max(1);
    let mut found = Vec::new();
    for name in targets {
        println!("\n==== {name}: {seconds} s");
        let corpus = folder.join("corpus").join(name);
        fs::create_dir_all(&corpus)?;
        for (number, seed) in seeds.get(name).into_iter().flatten().enumerate() {
            fs::write(corpus.join(format!("fixture-{number}")), seed)?;
        }
        let findings = folder.join("findings").join(name);
        fs::create_dir_all(&findings)?;
        if !run(&program, name, seconds, &corpus, &findings)? {
            found.push(findings);
        }
    }
    if !found.is_empty() {
        let places: Vec<_> = found.iter().map(|folder| folder.display().to_string()).collect();
        bail!("findings in {}: fix, then store a small one in analyzer-core/fuzz/stored", places.join(", "));
    }
    println!("\nno finding");
    Ok(())
}

fn build_program(folder: &Path) -> Result<PathBuf> {
    // With a target named, build scripts and macros are built without coverage.
    let host = build::host()?;
    let args = ["build", "--quiet", "--package", "engine-fuzz", "--features", "guided", "--profile", "fuzz"];
    command::run(
        cargo()
            .args(args)
            .args(["--target", &host, "--target-dir"])
            .arg(folder)
            .env("CARGO_ENCODED_RUSTFLAGS", COVERAGE.join("\u{1f}")),
    )?;
    Ok(folder.join(host).join("fuzz/engine-fuzz"))
}

/// True if nothing was found.
fn run(program: &Path, target: &str, seconds: u32, corpus: &Path, findings: &Path) -> Result<bool> {
    let mut command = Command::new(program);
    command
        .env("ENGINE_FUZZ_TARGET", target)
        .args([corpus, &seeds::folder_of_stored(target)].into_iter().filter(|folder| folder.is_dir()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={TIMEOUT_SECONDS}"))
        .arg(format!("-max_len={INPUT_BYTES}"))
        .arg(format!("-artifact_prefix={}/", findings.display()))
        // Whatever the machine: the targets hold memory against the input themselves.
        .args(["-rss_limit_mb=6000", "-malloc_limit_mb=3000", "-print_final_stats=1", "-verbosity=1"]);
    Ok(command.status().with_context(|| format!("starting {}", program.display()))?.success())
}
