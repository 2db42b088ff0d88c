//! `strata policy`: the rules of the recipe for the cluster's own gate.

use std::error;
use std::path::PathBuf;
use std::process::ExitCode;

use analyzer_core::session;
use clap::Args;

use crate::output;

/// Where to print it.
#[derive(Debug, Args)]
pub struct Options {
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// What could not be written.
pub fn run(options: &Options) -> Result<ExitCode, Box<dyn error::Error>> {
    output::write(options.out.as_deref(), session::policy().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
