//! `strata report`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::{error, fs};

use analyzer_core::report::Report;
use clap::{Args, ValueEnum};

use crate::{EXIT_UNUSABLE, input, text};

/// What to analyze, and how to print it.
#[derive(Debug, Args)]
pub struct Options {
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// File to write instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Files, folders, archives, or - for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The whole report, as `report.schema.json` describes it
    Json,
    /// Verdict, findings and tables for an issue or a wiki
    Markdown,
    /// Verdict, findings and tables for a terminal
    Text,
}

/// Runs the command.
///
/// # Errors
/// What could not be opened or written.
pub fn run(options: &Options) -> Result<ExitCode, Box<dyn error::Error>> {
    let report = input::load(&options.paths)?.report();
    let printed = match options.format {
        Format::Json => serde_json::to_string_pretty(&report)? + "\n",
        Format::Markdown => report.to_markdown(),
        Format::Text => text::print(&report),
    };
    match &options.out {
        Some(path) => fs::write(path, printed)?,
        None => write_out(&printed)?,
    }
    Ok(if is_usable(&report) { ExitCode::SUCCESS } else { ExitCode::from(EXIT_UNUSABLE) })
}

/// A reader that has seen enough (`head`) is no error.
fn write_out(printed: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(printed.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn is_usable(report: &Report) -> bool {
    use analyzer_core::report::SourceStatus::{Parsed, Partial};
    report.sources.iter().any(|source| matches!(source.status, Parsed | Partial))
}
