//! `strata report`.

use std::error;
use std::path::PathBuf;
use std::process::ExitCode;

use analyzer_core::session::Session;
use clap::{Args, ValueEnum};

use crate::{EXIT_UNUSABLE, html, input, output, text};

/// What to analyze, and how to print it.
#[derive(Debug, Args)]
pub struct Options {
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// File to write instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// For html: the viewer to use, dist/strata.html of a build, instead of the one in this program
    #[arg(long, value_name = "FILE")]
    viewer: Option<PathBuf>,
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
    /// The viewer with the captures in it: one file, for a browser without a network
    Html,
    /// Verdict, findings and tables for a terminal
    Text,
}

/// Runs the command. `viewer` is the page that the program carries, if it does.
///
/// # Errors
/// What could not be opened or written; no viewer for html.
pub fn run(options: &Options, viewer: Option<&str>) -> Result<ExitCode, Box<dyn error::Error>> {
    let (report, printed) = match options.format {
        Format::Html => {
            let files = input::read(&options.paths)?;
            let mut session = Session::default();
            files.iter().for_each(|file| file.add_to(&mut session));
            (session.report(), html::page(&options.viewer_page(viewer)?, &files)?)
        }
        format => {
            let report = input::load(&options.paths)?.report();
            let printed = match format {
                Format::Json => output::json(&report)?,
                Format::Markdown => report.to_markdown(),
                Format::Text | Format::Html => text::print(&report),
            };
            (report, printed)
        }
    };
    output::write(options.out.as_deref(), printed.as_bytes())?;
    Ok(if output::is_usable(&report) { ExitCode::SUCCESS } else { ExitCode::from(EXIT_UNUSABLE) })
}

impl Options {
    fn viewer_page(&self, carried: Option<&str>) -> Result<String, Box<dyn error::Error>> {
        let Some(path) = &self.viewer else {
            return carried.map(str::to_owned).ok_or_else(|| {
                "this program was built without the viewer: run `cargo xtask dist` and build the program again, \
                 or name a viewer with --viewer dist/strata.html"
                    .into()
            });
        };
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
    }
}
