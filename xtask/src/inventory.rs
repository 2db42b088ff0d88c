//! `cargo xtask inventory [DIR]`: loads every capture below a folder and
//! prints how its files fared.

use std::path::{Path, PathBuf};

use analyzer_core::report::{Report, SourceRow, SourceStatus};
use anyhow::{Context, Result, bail};
use strata::progress::Progress;

/// Files whose presence makes a folder one capture.
const MARKERS: &[&str] = &["truth.json", "truth.json.gz", "manifest.json", "capture.json"];

/// Loads every capture below `root` and prints one line for each, then the
/// files that were not read.
///
/// # Errors
/// A folder that cannot be read, or one without captures.
pub fn inventory(root: &Path) -> Result<()> {
    let cases = captures_below(root)?;
    if cases.is_empty() {
        bail!("no capture below {}", root.display());
    }
    println!(
        "{:>6} {:>6} {:>7} {:>6} {:>12}  capture",
        "files", "parsed", "partial", "failed", "unrecognized"
    );
    let mut total = [0; 5];
    for case in &cases {
        let report = strata::input::load(std::slice::from_ref(case), &Progress::none())?.report();
        let counts = counts(&report);
        for (sum, count) in total.iter_mut().zip(counts) {
            *sum += count;
        }
        print_row(counts, &case.strip_prefix(root).unwrap_or(case).display().to_string());
        for source in report.sources.iter().filter(|source| !is_read(source)) {
            let reason = source.notes.last().map_or("no note", |note| note.message.as_str());
            println!("       {}: {reason}", source.path);
        }
    }
    print_row(total, &format!("in {} captures", cases.len()));
    Ok(())
}

fn print_row([files, parsed, partial, failed, unrecognized]: [usize; 5], name: &str) {
    println!("{files:>6} {parsed:>6} {partial:>7} {failed:>6} {unrecognized:>12}  {name}");
}

fn is_read(source: &SourceRow) -> bool {
    matches!(source.status, SourceStatus::Parsed | SourceStatus::Partial)
}

fn counts(report: &Report) -> [usize; 5] {
    let of = |status| report.sources.iter().filter(|source| source.status == status).count();
    [
        report.sources.len(),
        of(SourceStatus::Parsed),
        of(SourceStatus::Partial),
        of(SourceStatus::Failed),
        of(SourceStatus::Unrecognized),
    ]
}

/// Folders that hold one capture each: the innermost with a marker file, and
/// those without a marker that hold files only.
///
/// # Errors
/// A folder that cannot be read.
pub fn captures_below(root: &Path) -> Result<Vec<PathBuf>> {
    let mut captures = Vec::new();
    collect(root, &mut captures)?;
    captures.sort();
    Ok(captures)
}

/// Adds the captures at or below `folder`; true if one of them has a marker.
fn collect(folder: &Path, captures: &mut Vec<PathBuf>) -> Result<bool> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    let mut below = Vec::new();
    let mut is_collection = false;
    for child in paths.iter().filter(|path| path.is_dir()) {
        is_collection |= collect(child, &mut below)?;
    }
    let has_marker = MARKERS.iter().any(|marker| folder.join(marker).is_file());
    if !is_collection && (has_marker || below.is_empty()) {
        captures.push(folder.to_path_buf());
    } else {
        captures.extend(below);
    }
    Ok(is_collection || has_marker)
}
