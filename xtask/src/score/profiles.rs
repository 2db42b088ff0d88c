//! `cargo xtask score profiles [DIR]`: the top table of every profile, for every
//! sample type and by flat and by cum, held against what `go tool pprof` prints.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use analyzer_core::session::{Order, Query, Session, top_text};
use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::bench::profiles::pprof;

/// What a file of profiles ends with.
const ENDINGS: [&str; 3] = [".pb.gz", ".pb", ".prof"];
/// What makes the tool print every row and read nothing but the profile.
const WHOLE: [&str; 5] = ["-top", "-symbolize=none", "-nodecount=0", "-nodefraction=0", "-edgefraction=0"];
/// Differences that are printed whole.
const SHOWN: usize = 20;

/// What the comparisons came to.
#[derive(Default)]
struct Total {
    profiles: usize,
    tables: usize,
    rows: usize,
    differences: Vec<String>,
    /// Files that are no profile of this format, as both say.
    refused: Vec<String>,
}

/// Compares every profile below a folder.
///
/// # Errors
/// No Go toolchain, a folder without profiles, or a difference.
pub fn score(root: &Path) -> Result<()> {
    let tool = pprof().context("no Go toolchain (GO or PATH) to compare with")?;
    let mut files = Vec::new();
    below(root, &mut files)?;
    files.sort();
    ensure!(!files.is_empty(), "no profile below {}", root.display());
    let total = Mutex::new(Total::default());
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
                    let outcome = compare(file, &name, &tool);
                    if let Ok(mut total) = total.lock() {
                        total.add(&name, outcome);
                    }
                }
            });
        }
    });
    let total = total.into_inner().map_err(|_| anyhow!("a comparison ended early"))?;
    total.print()
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            // Broken on purpose: what they become is told, not compared.
            if !path.ends_with("malformed") {
                below(&path, files)?;
            }
        } else if ENDINGS.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
            files.push(path);
        }
    }
    Ok(())
}

/// The tables of one profile.
#[derive(Default)]
struct Compared {
    tables: usize,
    rows: usize,
    differences: Vec<String>,
}

/// `None` if neither reads the file.
fn compare(file: &Path, name: &str, tool: &Path) -> Result<Option<Compared>> {
    let mut session = Session::default();
    session.add(name, fs::read(file)?);
    let &[source] = session.profile_sources().as_slice() else {
        let refused = theirs(tool, file, &[]).is_err();
        ensure!(refused, "go tool pprof reads it and the engine does not");
        return Ok(None);
    };
    let report = session.report();
    let summary = report.profiles.first().context("no summary")?;
    let mut compared = Compared::default();
    for column in &summary.sample_types {
        for (order, flag) in [(Order::Flat, "-flat"), (Order::Cum, "-cum")] {
            let query = Query { sample_type: Some(column.kind.clone()), ..Query::new(source) };
            let top = session.top(&query, order).map_err(|error| anyhow!("{}: {error}", column.kind))?;
            let ours = top_text(&top, 0, Some(&column.unit));
            let options =
                [format!("-sample_index={}", column.kind), format!("-unit={}", column.unit), flag.to_owned()];
            let theirs = theirs(tool, file, &options)?;
            let (ours, theirs) = (table(&ours), table(&theirs));
            compared.tables += 1;
            compared.rows += theirs.len();
            if ours != theirs {
                let at = ours
                    .iter()
                    .zip(&theirs)
                    .position(|(a, b)| a != b)
                    .unwrap_or(ours.len().min(theirs.len()));
                let line = |lines: &[&str]| lines.get(at).map_or("nothing", |line| line.trim()).to_owned();
                compared.differences.push(format!(
                    "{} {flag}, row {}: {} where go tool pprof has {}",
                    column.kind,
                    at + 1,
                    line(&ours),
                    line(&theirs)
                ));
            }
        }
    }
    Ok(Some(compared))
}

fn theirs(tool: &Path, file: &Path, options: &[String]) -> Result<String> {
    let output = Command::new(tool).args(WHOLE).args(options).arg(file).output()?;
    ensure!(output.status.success(), "go tool pprof: {}", String::from_utf8_lossy(&output.stderr).trim_end());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The rows below the heading.
fn table(text: &str) -> Vec<&str> {
    let rows = text.lines().skip_while(|line| !line.trim_start().starts_with("flat "));
    rows.skip(1).map(str::trim_end).collect()
}

impl Total {
    fn add(&mut self, name: &str, outcome: Result<Option<Compared>>) {
        match outcome {
            Ok(Some(compared)) => {
                self.profiles += 1;
                self.tables += compared.tables;
                self.rows += compared.rows;
                self.differences
                    .extend(compared.differences.into_iter().map(|text| format!("{name}: {text}")));
            }
            Ok(None) => self.refused.push(name.to_owned()),
            Err(error) => self.differences.push(format!("{name}: {error:#}")),
        }
    }

    fn print(&self) -> Result<()> {
        for text in self.differences.iter().take(SHOWN) {
            println!("{text}");
        }
        if !self.refused.is_empty() {
            println!("no profile.proto, as both say: {}", self.refused.join(", "));
        }
        println!(
            "{} profiles, {} tables, {} rows: {} tables differ",
            self.profiles,
            self.tables,
            self.rows,
            self.differences.len()
        );
        if self.differences.is_empty() { Ok(()) } else { bail!("tables differ from go tool pprof") }
    }
}
