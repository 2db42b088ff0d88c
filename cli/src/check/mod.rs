//! `strata check`: a gate for continuous integration.
//!
//! ```text
//! Report ─ gate (--fail-on, --baseline) ─► Outcome ─► text | json | junit | sarif
//! ```

mod baseline;
pub(crate) mod fingerprint;
mod gate;
mod json;
mod junit;
mod sarif;
mod text;

#[cfg(test)]
mod tests;

use std::error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use self::baseline::Baseline;
use self::gate::{Gate, Outcome, Status};
use crate::progress::Progress;
use crate::{EXIT_FINDINGS, EXIT_UNUSABLE, input, output};

/// What to check, and how to say it.
#[derive(Debug, Args)]
pub struct Options {
    /// Severities (critical, warning, info; each includes the worse ones), finding
    /// codes (mem.native) or families of codes (goroutine) that fail, or none
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "warning")]
    fail_on: Vec<Gate>,
    /// Baseline of known findings: only new ones fail
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all findings of this run to this baseline file, and do not fail
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// Also fail if something could not be read, was truncated, or is not covered by any check
    #[arg(long)]
    strict: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Source folder of the service's build, for SARIF: removed from
    /// the file names of stack frames, so that they are relative to the repository
    #[arg(long, value_name = "FOLDER")]
    source_root: Option<String>,
    /// Files, folders, archives, or - for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// What failed and why, for a log
    Text,
    /// Every finding with its fingerprint and result
    Json,
    /// JUnit XML: a test case for each finding and each rule that could not run
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// Runs the command.
///
/// # Errors
/// What could not be opened or written, and a baseline that is none.
pub fn run(options: &Options) -> Result<ExitCode, Box<dyn error::Error>> {
    let known = options.baseline.as_deref().map(Baseline::read).transpose()?;
    let progress = Progress::start();
    let mut session = input::load(&options.paths, &progress)?;
    progress.at("analyzing");
    let report = session.report();
    drop((session, progress));
    let has_baseline = known.is_some();
    let gates = if options.write_baseline.is_some() { &[] } else { options.fail_on.as_slice() };
    let outcome = Outcome::judge(&report, gates, known.unwrap_or_default(), options.strict);
    if let Some(path) = options.write_baseline.as_deref() {
        output::write(Some(path), Baseline::of(&outcome).to_json()?.as_bytes())?;
    }
    let printed = match options.format {
        Format::Text => text::print(&outcome),
        Format::Json => json::print(&outcome)?,
        Format::Junit => junit::print(&outcome)?,
        Format::Sarif => sarif::print(&outcome, options.source_root.as_deref(), has_baseline)?,
    };
    output::write(options.out.as_deref(), printed.as_bytes())?;
    Ok(match outcome.status() {
        Status::Unreadable => ExitCode::from(EXIT_UNUSABLE),
        Status::Failed => ExitCode::from(EXIT_FINDINGS),
        Status::Passed => ExitCode::SUCCESS,
    })
}
