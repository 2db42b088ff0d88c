//! `cargo xtask mutants [--sample N] [PATH]...`: small changes of the engine, each of
//! which a test ought to notice (cargo-mutants).
//!
//! The tests are the engine's own, beside the code that they test: what only a whole
//! report notices is not tested where it stands.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::build;
use crate::command::{self, cargo, root, run};

/// Of cargo-mutants.
const VERSION: &str = "27.0.0";

/// What is changed if no path is named: rules, and what they reckon with.
const PATHS: [&str; 2] = ["analyzer-core/src/detectors", "analyzer-core/src/analysis"];

/// Seconds that the tests of one mutant may take: one that never ends is noticed too.
const TIMEOUT_SECONDS: u32 = 300;

/// cargo-mutants ends so if some mutant was not noticed, or ran too long: no fault of the run.
const SOME_SURVIVED: [i32; 2] = [2, 3];

/// What to change.
#[derive(Debug, Default)]
pub struct Options {
    /// How many mutants at most, spread evenly over all; all, if there is no number.
    pub sample: Option<usize>,
    /// Files and folders below the workspace's.
    pub paths: Vec<String>,
}

/// Tests each mutant and prints those that no test noticed, and the share that was.
///
/// # Errors
/// Tests that fail without a change, or paths with nothing to change.
pub fn mutants(options: &Options) -> Result<()> {
    let program = program()?;
    let folder = build::target_folder()?.join("mutants");
    let mut command = mutants_command(&program, options);
    let count = command::output(mutants_command(&program, options).arg("--list"))?.lines().count();
    if count == 0 {
        bail!("nothing to change in {}", options.paths.join(", "));
    }
    let parts = options.sample.map_or(1, |sample| count.div_ceil(sample.max(1)));
    println!("{count} mutants, of which one in {parts} is tested");
    command
        .args(["--sharding", "round-robin", "--shard", &format!("0/{parts}")])
        .args(["--profile", "mutants", "--timeout", &TIMEOUT_SECONDS.to_string(), "--output"])
        .arg(&folder)
        .args(["--", "--lib"]);
    let status = command.status().with_context(|| format!("starting {}", program.display()))?;
    let survived = status.code().is_some_and(|code| SOME_SURVIVED.contains(&code));
    if !status.success() && !survived {
        bail!("{}: {status}", program.display());
    }
    print_share(&folder.join("mutants.out"))
}

/// Of what could be compiled: a mutant that cannot is no test's to notice.
fn print_share(folder: &Path) -> Result<()> {
    let lines = |name: &str| -> Result<usize> {
        let path = folder.join(name);
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        Ok(text.lines().count())
    };
    let noticed = lines("caught.txt")? + lines("timeout.txt")?;
    let missed = lines("missed.txt")?;
    let tested = noticed + missed;
    if tested > 0 {
        println!("{noticed} of {tested} noticed, {:.1} %", noticed as f64 * 100.0 / tested as f64);
    }
    Ok(())
}

fn mutants_command(program: &Path, options: &Options) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).args(["mutants", "--package", "analyzer-core"]);
    let named = options.paths.iter().map(String::as_str);
    let paths: Vec<&str> = if options.paths.is_empty() { PATHS.to_vec() } else { named.collect() };
    for path in paths {
        let is_folder = root().join(path).is_dir();
        command.args(["--file", &if is_folder { format!("{path}/**") } else { path.to_owned() }]);
    }
    command
}

/// cargo-mutants, installed if it is missing.
fn program() -> Result<PathBuf> {
    let tools = build::target_folder()?.join("tools");
    let program = tools.join("bin").join(format!("cargo-mutants{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        println!("building cargo-mutants {VERSION}, once");
        run(cargo()
            .args([
                "install",
                "--quiet",
                "--debug",
                "cargo-mutants",
                "--locked",
                "--version",
                VERSION,
                "--root",
            ])
            .arg(&tools)
            .env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    }
    Ok(program)
}
