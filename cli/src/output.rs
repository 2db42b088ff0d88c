//! Where what is printed goes, and what it says of the input as a whole.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use analyzer_core::report::Report;
use analyzer_core::report::SourceStatus::{Parsed, Partial};
use analyzer_core::report::plain_text::{is_invisible, visible};
use flate2::{Compression, GzBuilder};
use serde::Serialize;

/// Writes to a file, or to standard output.
///
/// # Errors
/// What could not be written, with the file's name. A reader of standard
/// output that has seen enough (`head`) is no error.
pub fn write(out: Option<&Path>, bytes: &[u8]) -> io::Result<()> {
    let Some(path) = out else {
        return match io::stdout().lock().write_all(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        };
    };
    fs::write(path, bytes)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// Pieces in a row, gzipped: the same bytes for the same pieces, with no time and no name.
///
/// # Errors
/// None that memory does not give.
pub fn gzip<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::best());
    for piece in pieces {
        encoder.write_all(piece)?;
    }
    encoder.finish()
}

/// Says something on standard error.
pub fn say(message: impl Display) {
    eprintln!("strata: {}", visible(&message.to_string()));
}

/// Text with names out of captures, line by line as a terminal may have it: it
/// would act on control characters, whoever put them there.
pub fn lines(text: &str) -> String {
    text.lines().map(|line| visible(line) + "\n").collect()
}

/// JSON for programs, and for the terminal that it may be printed to: what a
/// terminal acts on is escaped, which changes no value.
///
/// # Errors
/// None for what the engine makes.
pub fn json(value: &impl Serialize) -> serde_json::Result<String> {
    let printed = serde_json::to_string_pretty(value)? + "\n";
    if !printed.contains(is_escaped) {
        return Ok(printed);
    }
    let mut escaped = String::with_capacity(printed.len() + 64);
    for character in printed.chars() {
        if is_escaped(character) {
            // Outside of strings there are spaces and line ends only.
            let units = character
                .encode_utf16(&mut [0; 2])
                .iter()
                .map(|unit| format!("\\u{unit:04x}"))
                .collect::<String>();
            escaped.push_str(&units);
        } else {
            escaped.push(character);
        }
    }
    Ok(escaped)
}

fn is_escaped(character: char) -> bool {
    character != '\n' && is_invisible(character)
}

/// True if a check ran, and nothing of the input is missing: only then does silence say anything.
pub fn is_judged(report: &Report) -> bool {
    report.checks_run > 0 && report.lossy_sources().next().is_none()
}

/// True if anything of the input is in the report's figures.
pub fn is_usable(report: &Report) -> bool {
    report.sources.iter().any(|source| matches!(source.status, Parsed | Partial))
}
