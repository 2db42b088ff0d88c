//! Where what is printed goes, and what it says of the input as a whole.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use analyzer_core::report::Report;
use analyzer_core::report::SourceStatus::{Parsed, Partial};
use flate2::{Compression, GzBuilder};

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

/// True if anything of the input is in the report's figures.
pub fn is_usable(report: &Report) -> bool {
    report.sources.iter().any(|source| matches!(source.status, Parsed | Partial))
}
