//! Reads a bundle in this process.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Instant;

use analyzer_core::report::Report;
use analyzer_core::session::{FileInfo, Session};
use sha2::{Digest, Sha256};
use strata_fleet::identity::Names;
use strata_fleet::project::{self, Asides, Object};
use strata_fleet::{ErrorKind, Row};

use super::limits::{Limits, cpu_ms, peak_rss};
use crate::check::fingerprint;
use crate::key::Key;
use crate::progress::Progress;
use crate::{input, redact};

/// The row of a bundle, with what reading it took.
pub fn row(path: &Path, object: &Object, limits: &Limits, key: Option<&Key>) -> Row {
    let start = Instant::now();
    let mut row = match read(path, object, limits, key) {
        Ok(row) => row,
        Err((kind, message)) => object.failed(kind, message),
    };
    row.bundle.wall_ms = Some(start.elapsed().as_secs_f64() * 1e3);
    row.bundle.cpu_ms = cpu_ms();
    row.bundle.peak_rss = peak_rss();
    row
}

fn read(
    path: &Path,
    object: &Object,
    limits: &Limits,
    key: Option<&Key>,
) -> Result<Row, (ErrorKind, String)> {
    let unread = |error: io::Error| (ErrorKind::Unusable, format!("it cannot be read: {error}"));
    let metadata = fs::metadata(path).map_err(unread)?;
    let mut session = Session::default();
    let mut bundle_id = None;
    if metadata.is_dir() {
        input::add(&mut session, path, &Progress::none()).map_err(unread)?;
    } else if metadata.len() > limits.max_bytes {
        let message = format!("{} bytes, more than the maximum of {}", metadata.len(), limits.max_bytes);
        return Err((ErrorKind::TooBig, message));
    } else {
        let bytes = fs::read(path).map_err(unread)?;
        if bytes.is_empty() {
            return Err((ErrorKind::Empty, "it is empty".to_owned()));
        }
        bundle_id = Some(hex(&Sha256::digest(&bytes)));
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let info = FileInfo { path: name, bytes: bytes.len() as u64, modified_at: object.modified_at };
        let file = session.open(info);
        session.chunk(file, bytes);
        session.close(file);
    }
    let report = session.report();
    drop(session);
    let asides = Asides { fingerprint: fingerprint::of };
    let mut row = match key {
        None => project::row(&report, object, asides),
        Some(key) => redacted(path, object, &report, key, asides).map_err(unread)?,
    };
    row.bundle.bundle_id = bundle_id;
    Ok(row)
}

/// The row of the captures under other names. Figures of the manifest, whose text is blanked as a
/// whole, are the original's.
fn redacted(path: &Path, object: &Object, original: &Report, key: &Key, asides: Asides) -> io::Result<Row> {
    let clean = redact::redact_keyed(input::read(&[path.to_owned()])?, key).report();
    let mut labels: Names = original.subjects.iter().flat_map(|subject| subject.labels.clone()).collect();
    key.names(&mut labels);
    let mut named = object.clone();
    for (key, value) in labels {
        named.names.entry(key).or_insert(value);
    }
    let mut row = project::row(&clean, &named, asides);
    if row.bundle.error_kind.is_none() {
        let before = project::row(original, object, asides).bundle;
        row.bundle.node = named.names.get("node").cloned();
        row.bundle.image = named.names.get("image").cloned();
        row.bundle.process_started_at = before.process_started_at;
        row.bundle.status = row.bundle.status.max(before.status);
        // A pod's file system and addresses may be named.
        row.bundle.not_captured.clear();
    }
    Ok(row)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
