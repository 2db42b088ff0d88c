//! `strata`: the engine on the command line.

use std::process::ExitCode;
use std::sync::LazyLock;

use analyzer_core::report::SCHEMA;
use clap::{CommandFactory, Parser, Subcommand};
use strata::{EXIT_UNUSABLE, check, fleet, output, policy, redact_bundle, report, rows, shell, top};

/// The report's schema is versioned apart from the program: see `CHANGELOG.md`.
static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} (schema {SCHEMA})", env!("CARGO_PKG_VERSION")));

/// What each status says, for scripts.
const EXIT_STATUS: &str = "\
Exit status:
  0  done; check: no finding at or over the gate
  1  check: findings at or over the gate
  2  usage error, or nothing in the input could be read or checked";

/// Where did the memory go, and which goroutines leak? Analyzes captures of a Go service.
#[derive(Debug, Parser)]
#[command(name = "strata", version = VERSION.as_str(), about, after_help = EXIT_STATUS)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Analyzes files, folders and archives together, and prints the report
    Report(report::Options),
    /// Fails if findings are at or over a gate, for CI
    Check(check::Options),
    /// Prints the result for a bundle as one row, for tables over many pods
    Rows(Box<rows::Options>),
    /// Analyzes the bundles of many pods, stores tables, and reports what is wrong and what is new
    Fleet(Box<fleet::Options>),
    /// Writes a redacted bundle, with pseudonyms derived from a key, for someone else to analyze
    Redact(redact_bundle::Options),
    /// Prints the manifest rules as a ValidatingAdmissionPolicy for a cluster
    Policy(policy::Options),
    /// Prints the nodes of a pprof profile with flat and cum, as go tool pprof -top
    Top(Box<top::Options>),
    /// Prints the shell completion script
    Completions(shell::Options),
    /// Prints the manual pages: `strata man | man -l -`
    Man,
}

/// The viewer, if it was built before this program.
#[cfg(has_viewer)]
const VIEWER: Option<&str> = Some(include_str!("../../dist/strata.html"));
#[cfg(not(has_viewer))]
const VIEWER: Option<&str> = None;

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Report(options) => report::run(&options, VIEWER),
        Command::Check(options) => check::run(&options),
        Command::Rows(options) => rows::run(&options),
        Command::Fleet(options) => fleet::run(&options),
        Command::Redact(options) => redact_bundle::run(&options),
        Command::Policy(options) => policy::run(&options),
        Command::Top(options) => top::run(&options),
        Command::Completions(options) => shell::completions(&options, Arguments::command()),
        Command::Man => shell::man(Arguments::command()),
    };
    result.unwrap_or_else(|error| {
        output::say(error);
        ExitCode::from(EXIT_UNUSABLE)
    })
}
