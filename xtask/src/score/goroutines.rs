//! `cargo xtask score goroutines [DIR]`: precision and recall of the leak
//! classifier against labelled dumps, for each kind of input.
//!
//! A labelled case is a folder with `truth.json.gz`
//! (`{"t0": {GOID: {"kind", "role"}}}`) beside `t0|t1|t2.goroutine.debug2.txt.gz`
//! and the other forms; a service is a folder with `truth.json` that lists what
//! was planted. Dumps are grouped here once more, by code of its own: the
//! engine's grouping is judged too.

mod case;
mod dump;
mod input;
mod service;
mod tally;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use input::Input;
use tally::Tally;

/// Scores every labelled case and service below `root`, prints tables and misses.
///
/// # Errors
/// A folder that cannot be read, or one without labels.
pub fn score(root: &Path, verbose: bool) -> Result<()> {
    let mut folders = Vec::new();
    labelled_below(root, &mut folders)?;
    let excluded = excluded(root)?;
    let mut by_input: Vec<(String, Tally)> = Vec::new();
    let mut by_rule = Tally::default();
    let mut services = service::Services::default();
    for folder in &folders {
        if folder.join("truth.json").is_file() {
            services.add(folder)?;
            continue;
        }
        if excluded.iter().any(|name| folder.parent().is_some_and(|case| case.ends_with(name))) {
            continue;
        }
        let case = case::Case::load(folder)?;
        for input in Input::ALL {
            let Some(outcome) = case.run(*input)? else { continue };
            let name = format!("{:<22} {}", input.name(), case.version);
            match by_input.iter_mut().find(|(known, _)| *known == name) {
                Some((_, tally)) => tally.add(&outcome),
                None => {
                    let mut tally = Tally::default();
                    tally.add(&outcome);
                    by_input.push((name, tally));
                }
            }
            if matches!(input, Input::Three) {
                by_rule.add(&outcome);
            }
        }
    }
    if by_input.is_empty() && services.is_empty() {
        bail!("no labelled capture below {}", root.display());
    }
    by_input.sort_by(|a, b| a.0.cmp(&b.0));
    tally::print_inputs(&by_input);
    tally::print_rules(&by_rule);
    services.print();
    tally::print_misses(&by_input, verbose);
    Ok(())
}

/// Cases that the manifest takes out of the score.
fn excluded(root: &Path) -> Result<Vec<String>> {
    let path = root.join("manifest.json");
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let manifest: serde_json::Value = serde_json::from_str(&case::read(&path)?)?;
    let rows = manifest.as_array().map(Vec::as_slice).unwrap_or_default();
    let name = |row: &serde_json::Value| {
        row.get("exclude")?;
        Some(format!("{}/{}", row.get("suite")?.as_str()?, row.get("case")?.as_str()?))
    };
    Ok(rows.iter().filter_map(name).collect())
}

/// Folders with labels, sorted.
fn labelled_below(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let has = |name: &str| folder.join(name).is_file();
    if has("truth.json") || has("truth.json.gz") {
        found.push(folder.to_owned());
        return Ok(());
    }
    let mut entries = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_type()?.is_dir() {
            labelled_below(&entry.path(), found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kinds of input that the cases in the repository have.
    const HELD: [Input; 5] = [Input::One, Input::FirstTwo, Input::Two, Input::Three, Input::ThreeCounts];

    /// Found and healthy ones accused over all cases, for each kind of input.
    fn figures(root: &Path) -> String {
        let mut folders = Vec::new();
        labelled_below(root, &mut folders).expect("cases");
        let cases: Vec<case::Case> =
            folders.iter().map(|folder| case::Case::load(folder).expect("a case")).collect();
        let line = |input: &Input| {
            let outcomes = cases.iter().filter_map(|case| case.run(*input).expect("a run"));
            let [mut hits, mut wrong, mut misses] = [0; 3];
            for outcome in outcomes {
                hits += outcome.hits.len();
                wrong += outcome.wrong.len();
                misses += outcome.misses.len();
            }
            format!("{}: {hits} found, {misses} missed, {wrong} wrong\n", input.name())
        };
        HELD.iter().map(line).collect()
    }

    #[test]
    fn the_labelled_cases_score_as_held() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/goroutines");
        let held = std::fs::read_to_string(root.join("held.txt")).expect("held.txt");
        assert_eq!(figures(&root), held, "left: the figures now");
    }
}
