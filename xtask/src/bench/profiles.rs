//! `cargo xtask bench profiles`: the native engine on generated and real
//! profiles, beside `go tool pprof -top` if a Go toolchain is there.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;

use super::Input;
use super::child;
use super::generate;
use super::table::{median_millis, megabytes, peak, text};
use crate::command;

/// Samples of the profiles that are generated when nothing is named.
const SIZES: [u32; 3] = [10_000, 100_000, 1_000_000];

/// Runs of each program, taken in turns; the median counts.
const RUNS: usize = 5;

/// Measures and prints a table.
///
/// # Errors
/// A build or run that fails, a file that cannot be read.
pub fn bench(inputs: &[Input]) -> Result<()> {
    let generated: Vec<_> = SIZES.into_iter().map(Input::Size).collect();
    let inputs = if inputs.is_empty() { &generated } else { inputs };
    command::run(command::cargo().args(["build", "--quiet", "--release", "--package", "strata"]))?;
    let strata = command::root().join("target/release/strata");
    let pprof = pprof();
    if pprof.is_none() {
        println!("No Go toolchain (GO or PATH): go tool pprof is left out.");
    }
    println!(
        "{:<24} {:>9} {:>10} {:>10} {:>10} {:>7} {:>10} {:>7} {:>10}",
        "profile", "file", "decoded", "strata", "pprof", "ratio", "strata", "of", "pprof"
    );
    println!(
        "{:<24} {:>9} {:>10} {:>10} {:>10} {:>7} {:>10} {:>7} {:>10}",
        "", "MB", "MB", "ms", "ms", "", "peak MB", "decoded", "peak MB"
    );
    let mut files = Vec::new();
    for input in inputs {
        let file = file(input)?;
        row(&file, &strata, pprof.as_deref())?;
        files.push(file);
    }
    for file in files {
        println!("\n{}: the engine step by step", file.display());
        let args = ["bench", "--quiet", "--package", "analyzer-core", "--bench", "profiles", "--"];
        command::run(command::cargo().args(args).arg(&file))?;
    }
    Ok(())
}

/// The profile's file, made if need be.
fn file(input: &Input) -> Result<PathBuf> {
    let samples = match input {
        Input::File(path) => return fs::canonicalize(path).with_context(|| path.display().to_string()),
        Input::Size(samples) => *samples,
    };
    let folder = command::root().join("target/bench");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("heap-{samples}.pb.gz"));
    if !path.exists() {
        fs::write(&path, generate::heap_profile(samples)?)?;
    }
    Ok(path)
}

/// A Go toolchain, by GO or on the search path.
pub fn go() -> Option<PathBuf> {
    std::env::var_os("GO").map(PathBuf::from).or_else(|| command::find_program(&["go"]))
}

/// pprof's own program.
pub fn pprof() -> Option<PathBuf> {
    go_tool(&go()?, "pprof")
}

/// A tool's own program: started by `go tool`, its memory would not be seen.
pub fn go_tool(go: &Path, name: &str) -> Option<PathBuf> {
    // A current Go builds the tool when it is first asked for.
    let _ = Command::new(go).args(["tool", name, "-help"]).output();
    let path = command::output(Command::new(go).args(["tool", "-n", name])).ok()?;
    Some(path.into())
}

fn row(file: &Path, strata: &Path, pprof: Option<&Path>) -> Result<()> {
    let encoded = fs::read(file)?;
    let decoded = decoded_bytes(&encoded);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(child::measure(Command::new(strata).arg("top").arg(file))?);
        if let Some(pprof) = pprof {
            let args = ["-top", "-symbolize=none"];
            theirs.push(child::measure(Command::new(pprof).args(args).arg(file))?);
        }
    }
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (our_time, their_time) = (median_millis(&ours), median_millis(&theirs));
    let (our_peak, their_peak) = (peak(&ours), peak(&theirs));
    println!(
        "{name:<24} {:>9} {:>10} {:>10} {:>10} {:>7} {:>10} {:>7} {:>10}",
        megabytes(Some(encoded.len() as f64)),
        megabytes(Some(decoded)),
        text(our_time, 1),
        text(their_time, 1),
        text(their_time.zip(our_time).map(|(theirs, ours)| theirs / ours), 1),
        megabytes(our_peak),
        text(our_peak.map(|peak| peak / decoded), 2),
        megabytes(their_peak),
    );
    Ok(())
}

pub(super) fn decoded_bytes(encoded: &[u8]) -> f64 {
    let mut decoded = Vec::new();
    match MultiGzDecoder::new(encoded).read_to_end(&mut decoded) {
        Ok(length) => length as f64,
        // Not gzipped.
        Err(_) => encoded.len() as f64,
    }
}
