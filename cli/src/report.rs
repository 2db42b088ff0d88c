//! `strata report`.

use std::error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::{EXIT_UNUSABLE, input, output, text};

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
    output::write(options.out.as_deref(), printed.as_bytes())?;
    Ok(if output::is_usable(&report) { ExitCode::SUCCESS } else { ExitCode::from(EXIT_UNUSABLE) })
}
