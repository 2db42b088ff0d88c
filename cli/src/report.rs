//! `strata report`.

use std::error;
use std::path::PathBuf;
use std::process::ExitCode;

use analyzer_core::base::units::Nanos;
use analyzer_core::report::Report;
use analyzer_core::session::Session;
use clap::{Args, ValueEnum};

use crate::input::InputFile;
use crate::progress::Progress;
use crate::{EXIT_UNUSABLE, color, html, input, output, redact, text};

/// What to analyze, and how to print it.
#[derive(Debug, Args)]
pub struct Options {
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// With markdown: maximum number of characters; the most important parts come first, and omissions are stated
    #[arg(long, value_name = "CHARACTERS")]
    budget: Option<usize>,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// With html: use this viewer (dist/strata.html) instead of the built-in one
    #[arg(long, value_name = "FILE")]
    viewer: Option<PathBuf>,
    /// Replace names of hosts, pods and processes, folders, label values, arguments and environment variables with pseudonyms
    #[arg(long)]
    redact: bool,
    /// With --redact: write every name and its pseudonym to this file, to keep for yourself
    #[arg(long, value_name = "FILE", requires = "redact")]
    names: Option<PathBuf>,
    /// Seconds after which a process no longer counts as warming up
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    warm_up: u32,
    /// Files, folders, archives, or - for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The complete report, as described by `report.schema.json`
    Json,
    /// Verdict, findings and tables for an issue or a wiki
    Markdown,
    /// The viewer with the captures: a single file that works offline
    Html,
    /// Verdict, findings and tables for a terminal
    Text,
}

/// Runs the command. `viewer` is the page that the program carries, if it does.
///
/// # Errors
/// What could not be opened or written; no viewer for html.
pub fn run(options: &Options, viewer: Option<&str>) -> Result<ExitCode, Box<dyn error::Error>> {
    if options.redact {
        return options.write(redacted(options)?, viewer);
    }
    match options.format {
        Format::Html => options.write(input::read(&options.paths)?, viewer),
        _ => {
            // Without keeping the files.
            let progress = Progress::start();
            let mut session = input::load(&options.paths, &progress)?;
            session.set_warm_up(options.warm_up());
            progress.at("analyzing");
            let report = session.report();
            drop(progress);
            options.finish(&report, &options.print(&report)?)
        }
    }
}

/// The captures without their secrets; what was done is said on standard error.
fn redacted(options: &Options) -> Result<Vec<InputFile>, Box<dyn error::Error>> {
    let redacted = redact::redact(input::read(&options.paths)?);
    output::err(&redact::describe(&redacted.summary));
    if let Some(path) = &options.names {
        output::write_private(path, redact::table(&redacted.summary).as_bytes())?;
    }
    Ok(redact::into_files(&redacted))
}

impl Options {
    fn warm_up(&self) -> Nanos {
        Nanos(i64::from(self.warm_up) * 1_000_000_000)
    }

    fn write(&self, files: Vec<InputFile>, viewer: Option<&str>) -> Result<ExitCode, Box<dyn error::Error>> {
        let mut session = Session::default();
        session.set_warm_up(self.warm_up());
        files.iter().for_each(|file| file.add_to(&mut session));
        let report = session.report();
        let printed = match self.format {
            Format::Html => html::page(&self.viewer_page(viewer)?, &files)?,
            _ => self.print(&report)?,
        };
        self.finish(&report, &printed)
    }

    fn print(&self, report: &Report) -> serde_json::Result<String> {
        Ok(match self.format {
            Format::Json => output::json(report)?,
            Format::Markdown => match self.budget {
                Some(characters) => report.to_markdown_within(characters),
                None => report.to_markdown(),
            },
            Format::Text | Format::Html => text::print(report),
        })
    }

    fn finish(&self, report: &Report, printed: &str) -> Result<ExitCode, Box<dyn error::Error>> {
        let is_shown = self.out.is_none() && self.format == Format::Text;
        let printed = if is_shown { color::for_stdout(printed) } else { printed.into() };
        output::write(self.out.as_deref(), printed.as_bytes())?;
        Ok(if output::is_usable(report) { ExitCode::SUCCESS } else { ExitCode::from(EXIT_UNUSABLE) })
    }

    fn viewer_page(&self, carried: Option<&str>) -> Result<String, Box<dyn error::Error>> {
        let Some(path) = &self.viewer else {
            return carried.map(str::to_owned).ok_or_else(|| {
                "this program was built without the viewer: run `cargo xtask dist` and build the program again, or specify a viewer with --viewer dist/strata.html"
                    .into()
            });
        };
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
    }
}
