//! `strata`: the engine on the command line.

mod input;
mod report;
mod text;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exit status when findings are at or over the gate.
#[allow(dead_code)]
const EXIT_FINDINGS: u8 = 1;
/// Exit status when nothing could be read, or for bad usage.
const EXIT_UNUSABLE: u8 = 2;

/// Where did the memory go, and which goroutines leak? From captures of a Go service.
#[derive(Debug, Parser)]
#[command(name = "strata", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Analyzes files, folders and archives together, and prints the report
    Report(report::Options),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Report(options) => report::run(&options),
    };
    result.unwrap_or_else(|error| {
        eprintln!("strata: {error}");
        ExitCode::from(EXIT_UNUSABLE)
    })
}
