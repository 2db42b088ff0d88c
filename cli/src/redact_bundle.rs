//! `strata redact`: a bundle without its secrets, for someone else to analyze.

use std::error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use flate2::{Compression, GzBuilder};

use crate::key::{Key, KeyFile};
use crate::{EXIT_UNUSABLE, input, output, redact};

/// What to redact, and where to.
#[derive(Debug, Args)]
pub struct Options {
    /// The bundle to write (.tar.gz), or - for standard output
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    key: KeyFile,
    /// Write every name and its pseudonym to this file, to keep for yourself
    #[arg(long, value_name = "FILE")]
    names: Option<PathBuf>,
    /// Files, folders or archives
    #[arg(required = true, value_name = "BUNDLE")]
    paths: Vec<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// What could not be opened or written; a key that is too short.
pub fn run(options: &Options) -> Result<ExitCode, Box<dyn error::Error>> {
    let key = Key::read(&options.key.path)?;
    let redacted = redact::redact_keyed(input::read(&options.paths)?, &key);
    output::err(&redact::describe(&redacted.summary));
    if let Some(path) = &options.names {
        output::write_private(path, redact::table(&redacted.summary).as_bytes())?;
    }
    let mut archive = tar::Builder::new(GzBuilder::new().write(Vec::new(), Compression::best()));
    for (info, bytes) in redacted.each_file() {
        let mut header = tar::Header::new_gnu();
        header.set_size(info.bytes);
        header.set_mode(0o644);
        let seconds = info.modified_at.and_then(|at| u64::try_from(at.0 / 1_000_000_000).ok());
        header.set_mtime(seconds.unwrap_or(0));
        archive.append_data(&mut header, info.path.trim_start_matches('/'), bytes)?;
    }
    let out = Some(options.out.as_path()).filter(|path| path.as_os_str() != "-");
    output::write(out, &archive.into_inner()?.finish()?)?;
    let has_any = redacted.files.len() > redacted.summary.left_out.len();
    Ok(if has_any { ExitCode::SUCCESS } else { ExitCode::from(EXIT_UNUSABLE) })
}
