//! `cargo xtask score traces [DIR]`: every figure of a trace that its ground
//! truth states, held against the report.

mod checks;
mod go_clock;
mod manifest;
mod services;

use std::path::{Path, PathBuf};

use analyzer_core::report::{Report, trace::Trace};
use analyzer_core::session::Session;
use anyhow::{Context, Result, bail};
use checks::Checks;
use serde_json::Value;

/// Compares the traces below `root` (a corpus folder) with their truths.
///
/// # Errors
/// A folder without traces, a file that cannot be read, or a difference.
pub fn score(root: &Path) -> Result<()> {
    let scored = compare(root)?;
    if scored.is_empty() {
        bail!("no trace with a truth below {}", root.display());
    }
    scored.iter().for_each(Checks::print);
    let different: usize = scored.iter().map(Checks::different).sum();
    println!("{}", summary(&scored));
    if different > 0 {
        bail!("{different} figures differ");
    }
    Ok(())
}

fn summary(scored: &[Checks]) -> String {
    let (compared, different): (usize, usize) =
        (scored.iter().map(Checks::compared).sum(), scored.iter().map(Checks::different).sum());
    format!("{compared} figures of {} traces compared, {different} differ", scored.len())
}

/// What each trace with a truth says beside it.
fn compare(root: &Path) -> Result<Vec<Checks>> {
    let mut scored = Vec::new();
    let manifest_path = root.join("traces/manifest.json");
    if manifest_path.is_file() {
        let manifest = json(&manifest_path)?;
        for (name, truth) in manifest.as_object().into_iter().flatten().filter(|(_, truth)| truth.is_object())
        {
            let path = root.join("traces").join(name);
            if path.is_file() {
                let mut checks = Checks::new(format!("traces/{name}"));
                let bytes = read(&path)?;
                manifest::check(&load(&path, bytes.clone()), &bytes, truth, &mut checks);
                scored.push(checks);
            }
        }
    }
    for (path, truth) in services(root)? {
        let mut checks = Checks::new(path.strip_prefix(root).unwrap_or(&path).display().to_string());
        services::check(&load(&path, read(&path)?), &truth, &mut checks);
        scored.push(checks);
    }
    let big = root.join("big/trace-50MB.out.gz");
    if big.is_file() {
        let mut checks = Checks::new("big/trace-50MB.out.gz".to_owned());
        services::check_big(
            &load(&big, read(&big)?),
            &json(&root.join("big/trace-50MB.truth.json"))?,
            &mut checks,
        );
        scored.push(checks);
    }
    Ok(scored)
}

/// Traces of the services' bundles, with the part of their truth that is about them.
fn services(root: &Path) -> Result<Vec<(PathBuf, Value)>> {
    let mut found = Vec::new();
    for version in folders(&root.join("services"))? {
        for service in folders(&version)? {
            let truth = service.join("truth.json");
            if !truth.is_file() {
                continue;
            }
            let truth = json(&truth)?;
            let traces = ["t2/trace.out", "t2/trace.out.gz"].map(|name| service.join(name));
            if let Some(trace) = traces.into_iter().find(|path| path.is_file())
                && truth.get("trace_reference").is_some_and(Value::is_object)
            {
                found.push((trace, truth));
            }
        }
    }
    Ok(found)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    let mut folders: Vec<PathBuf> = paths.into_iter().filter(|path| path.is_dir()).collect();
    folders.sort();
    Ok(folders)
}

fn json(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

fn load(path: &Path, bytes: Vec<u8>) -> Report {
    let mut session = Session::default();
    session.add(&path.file_name().unwrap_or_default().to_string_lossy(), bytes);
    session.report()
}

/// The report's trace, if it has one.
fn trace(report: &Report) -> Option<&Trace> {
    report.traces.first()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_labelled_traces_compare_as_held() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
        let held = std::fs::read_to_string(root.join("traces/held.txt")).expect("held.txt");
        let scored = compare(&root).expect("traces");
        assert_eq!(format!("{}\n", summary(&scored)), held, "left: the figures now");
    }
}
