//! Where what is printed goes, and what it says of the input as a whole.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::process;

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
        let mut stdout = io::stdout().lock();
        return match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        };
    };
    replace(path, bytes, false)
}

/// Writes a file that only its owner may read.
///
/// # Errors
/// As for [`write`].
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes, true)
}

/// Writes beside the file and renames: whoever reads it sees the old one or the new one, whole.
fn replace(path: &Path, bytes: &[u8], is_private: bool) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let before = fs::metadata(path).ok();
    if before.as_ref().is_some_and(|metadata| !metadata.is_file()) {
        // A device or a pipe is written to, not replaced.
        return fs::write(path, bytes).map_err(named);
    }
    // A link stays one.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let beside = target.with_file_name(format!(".{name}.{}.part", process::id()));
    let written = create(&beside, is_private)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| match before.filter(|_| !is_private) {
            Some(metadata) => fs::set_permissions(&beside, metadata.permissions()),
            None => Ok(()),
        })
        .and_then(|()| fs::rename(&beside, &target));
    if written.is_err() {
        // It may not be there.
        let _ = fs::remove_file(&beside);
    }
    written.map_err(named)
}

fn create(path: &Path, is_private: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = is_private;
    options.open(path)
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
    err(&format!("strata: {}\n", visible(&message.to_string())));
}

/// Writes to standard error, whatever becomes of it: who closed it wants no message.
pub fn err(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
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
