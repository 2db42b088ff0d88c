//! Cases of a corpus: folders with a `truth.json`, and what was captured beside it.

use std::fs;
use std::path::{Path, PathBuf};

use analyzer_core::base::units::Nanos;
use analyzer_core::report::Report;
use anyhow::{Context, Result, bail};
use strata::progress::Progress;

/// What says how a case ought to be read.
const TRUTHS: [&str; 2] = ["truth.json", "counters.json"];

/// Every case at or below a folder, in the order of their names.
///
/// # Errors
/// A folder that cannot be read, or without cases.
pub fn below(root: &Path) -> Result<Vec<PathBuf>> {
    let mut cases = Vec::new();
    collect(root, &mut cases)?;
    cases.sort();
    if cases.is_empty() {
        bail!("no truth.json below {}", root.display());
    }
    Ok(cases)
}

fn collect(folder: &Path, cases: &mut Vec<PathBuf>) -> Result<()> {
    if folder.join("truth.json").is_file() {
        cases.push(folder.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, cases)?;
        }
    }
    Ok(())
}

/// The report of a case's captures, without the guard on age: the programs are young.
///
/// # Errors
/// A file that cannot be read.
pub fn report(case: &Path) -> Result<Report> {
    let mut files = Vec::new();
    for entry in fs::read_dir(case)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| TRUTHS.iter().all(|truth| name != *truth)) {
            files.push(path);
        }
    }
    files.sort();
    let mut session = strata::input::load(&files, &Progress::none())?;
    session.set_warm_up(Nanos(0));
    Ok(session.report())
}
