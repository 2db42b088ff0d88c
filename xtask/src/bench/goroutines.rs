//! `cargo xtask bench goroutines`: dumps to classified groups, natively. Times
//! are set against a plain pass over the same bytes, memory against the text.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;

use super::child::{self, Run};
use crate::command;

/// Measured when nothing is named: dumps of 100,000 goroutines.
const DUMPS: [&str; 2] = ["goroutine-100k-depth1.debug2.txt.gz", "goroutine-100k-depth10.debug2.txt.gz"];
const FOLDER: &str = "../shared/corpus/big";
/// Runs of each program, taken in turns; the median counts.
const RUNS: usize = 5;

/// Measures and prints a table.
///
/// # Errors
/// A build or run that fails, a file that cannot be read.
pub fn bench(paths: &[PathBuf]) -> Result<()> {
    let known: Vec<PathBuf> = DUMPS.iter().map(|name| command::root().join(FOLDER).join(name)).collect();
    let paths = if paths.is_empty() { &known } else { paths };
    command::run(command::cargo().args(["build", "--quiet", "--release", "--package", "strata"]))?;
    let strata = command::root().join("target/release/strata");
    println!(
        "{:<38} {:>9} {:>9} {:>9} {:>9} {:>8} {:>10} {:>9}",
        "dump", "text MB", "wall ms", "user ms", "pass ms", "of pass", "peak MB", "of text"
    );
    for path in paths {
        row(path, &strata)?;
    }
    Ok(())
}

fn row(path: &Path, strata: &Path) -> Result<()> {
    let text = unpacked(path)?;
    let bytes = fs::metadata(&text)?.len() as f64;
    let (mut ours, mut pass) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(child::measure(Command::new(strata).args(["report", "--format", "json"]).arg(&text))?);
        pass.push(child::measure(Command::new("wc").arg("-l").arg(&text))?);
    }
    let wall = median(&ours, |run| Some(run.wall));
    let plain = median(&pass, |run| Some(run.wall));
    let peak = ours.iter().filter_map(|run| run.peak).max().map(|peak| peak as f64);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    println!(
        "{name:<38} {:>9} {:>9} {:>9} {:>9} {:>8} {:>10} {:>9}",
        number(Some(bytes / 1e6), 1),
        number(wall, 0),
        number(median(&ours, |run| run.user), 0),
        number(plain, 0),
        number(wall.zip(plain).map(|(ours, plain)| ours / plain), 1),
        number(peak.map(|peak| peak / 1e6), 1),
        number(peak.map(|peak| peak / bytes), 2),
    );
    Ok(())
}

/// The text itself, written once: the unpacking is not what is measured.
fn unpacked(path: &Path) -> Result<PathBuf> {
    let packed = fs::read(path).with_context(|| path.display().to_string())?;
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Ok(path.to_owned());
    }
    let folder = command::root().join("target/bench");
    fs::create_dir_all(&folder)?;
    let target = folder.join(path.file_stem().unwrap_or_default());
    if !target.exists() {
        let mut text = Vec::new();
        MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut text)?;
        fs::write(&target, text)?;
    }
    Ok(target)
}

fn median(runs: &[Run], time: impl Fn(&Run) -> Option<Duration>) -> Option<f64> {
    let mut times: Vec<Duration> = runs.iter().filter_map(time).collect();
    times.sort();
    times.get(times.len() / 2).map(|time| time.as_secs_f64() * 1e3)
}

fn number(number: Option<f64>, decimals: usize) -> String {
    number.map_or_else(|| "-".to_owned(), |number| format!("{number:.decimals$}"))
}
