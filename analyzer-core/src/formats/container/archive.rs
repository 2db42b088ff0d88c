//! Archives of many files: tar (POSIX ustar, GNU, pax) and zip.

use std::io::Cursor;

use super::{Budget, Leaf, stream};
use crate::base::convert::to_u64;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits;
use crate::base::source::Position;
use crate::base::units::Nanos;
use crate::base::words::one_or_many;

const TAR_BLOCK: usize = 512;

/// True for a tar header block: the "ustar" magic, or (before POSIX) a right checksum.
pub(super) fn is_tar(bytes: &[u8]) -> bool {
    let Some(header) = bytes.get(..TAR_BLOCK) else { return false };
    if header.get(257..262) == Some(b"ustar") {
        return true;
    }
    let stored = header.get(148..156).and_then(|field| std::str::from_utf8(field).ok());
    let stored = stored.and_then(|text| u64::from_str_radix(text.trim_matches(['\0', ' ']), 8).ok());
    let sum = header
        .iter()
        .enumerate()
        .map(|(i, &byte)| if (148..156).contains(&i) { 32 } else { u64::from(byte) });
    header.first() != Some(&0) && stored == Some(sum.sum())
}

/// Members of a tar archive that are regular files.
pub(super) fn untar(archive: &Leaf, budget: &mut Budget) -> Vec<Leaf> {
    let mut reader = tar::Archive::new(archive.bytes.as_slice());
    let mut members = Members::new(archive);
    let entries = match reader.entries() {
        Ok(entries) => entries,
        Err(error) => return vec![members.broken(0, &error.to_string())],
    };
    for (number, entry) in entries.enumerate() {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                members.cut(number, &error.to_string());
                break;
            }
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let seconds = entry.header().mtime().ok().and_then(|s| i64::try_from(s).ok());
        let claimed = entry.size();
        let Some(leaf) = members.admit(&path, budget) else { break };
        leaf.modified_at = seconds.and_then(|s| s.checked_mul(1_000_000_000)).map(Nanos);
        leaf.encoded_bytes = claimed;
        stream::read_member(&mut entry, leaf, budget);
        let present = to_u64(leaf.bytes.len());
        if leaf.error.is_none() && present < claimed {
            leaf.notes.data_loss(
                "member-truncated",
                Some(Position::offset(present)),
                format!(
                    "The archive is truncated inside this file: {present} of {claimed} bytes are present"
                ),
            );
        }
    }
    members.finish()
}

/// Members of a zip archive that are regular files.
pub(super) fn unzip(archive: &Leaf, budget: &mut Budget) -> Vec<Leaf> {
    let mut members = Members::new(archive);
    let listed = listed_in_zip(&archive.bytes);
    let mut reader = match zip::ZipArchive::new(Cursor::new(archive.bytes.as_slice())) {
        Ok(reader) => reader,
        Err(error) => return vec![members.broken(0, &error.to_string())],
    };
    for number in 0..reader.len() {
        let file = match reader.by_index(number) {
            Ok(file) => file,
            Err(error) => {
                let failed = members.broken(number, &error.to_string());
                members.rows.push(failed);
                continue;
            }
        };
        if !file.is_file() {
            continue;
        }
        let path = file.name().to_owned();
        let encoded = file.compressed_size();
        let Some(leaf) = members.admit(&path, budget) else { break };
        leaf.encoded_bytes = encoded;
        stream::read_member(file, leaf, budget);
    }
    members.note_doubles(listed.saturating_sub(reader.len()));
    members.finish()
}

/// Members that the end record of a zip archive counts: the reader keeps one of each name.
fn listed_in_zip(bytes: &[u8]) -> usize {
    let record = memchr::memmem::rfind(bytes, b"PK\x05\x06").and_then(|at| bytes.get(at + 10..at + 12));
    record.and_then(|count| count.try_into().ok()).map_or(0, |count| usize::from(u16::from_le_bytes(count)))
}

/// The members admitted so far, and what was left out.
struct Members<'a> {
    archive: &'a Leaf,
    rows: Vec<Leaf>,
}

impl<'a> Members<'a> {
    fn new(archive: &'a Leaf) -> Self {
        Self { archive, rows: Vec::new() }
    }

    fn admit(&mut self, path: &str, budget: &mut Budget) -> Option<&mut Leaf> {
        if self.rows.len() >= limits::ARCHIVE_MEMBERS || !budget.take_member() {
            let message = format!("more than {} files; the rest is ignored", self.rows.len());
            let error = ParseError::new(ErrorKind::LimitExceeded, Position::default(), "archive", message);
            self.rows.push(Leaf::failed(self.archive.path.clone(), error));
            return None;
        }
        self.rows.push(Leaf::new(format!("{}/{}", self.archive.path, clean(path)), Vec::new()));
        self.rows.last_mut()
    }

    /// The archive ends or breaks after members that are usable.
    fn cut(&mut self, number: usize, reason: &str) {
        match self.rows.last_mut() {
            Some(last) => last.notes.data_loss(
                "archive-cut",
                None,
                format!(
                    "The archive is truncated or damaged after this file ({reason}); later files are missing"
                ),
            ),
            None => {
                let failed = self.broken(number, reason);
                self.rows.push(failed);
            }
        }
    }

    fn note_doubles(&mut self, doubles: usize) {
        let Some(last) = self.rows.last_mut().filter(|_| doubles > 0) else { return };
        let message = one_or_many(
            doubles,
            "more file in the archive has the same name as another one and is ignored",
            "more files in the archive have the same name as another one and are ignored",
        );
        last.notes.data_loss("archive-doubles", None, message);
    }

    fn broken(&self, number: usize, reason: &str) -> Leaf {
        let message = format!("member {} cannot be read: {reason}", number + 1);
        let error = ParseError::new(ErrorKind::Malformed, Position::offset(0), "archive", message);
        Leaf::failed(self.archive.path.clone(), error)
    }

    fn finish(mut self) -> Vec<Leaf> {
        if self.rows.is_empty() {
            let error = ParseError::new(ErrorKind::Empty, Position::offset(0), "archive", "holds no files");
            self.rows.push(Leaf::failed(self.archive.path.clone(), error));
        }
        self.rows
    }
}

/// A member's path as a name inside its archive: no root, no parent steps.
/// Paths are only shown and compared, never opened.
fn clean(path: &str) -> String {
    let parts = path.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".."));
    let mut cleaned = parts.collect::<Vec<_>>().join("/");
    let cut = (0..=limits::PATH_BYTES.min(cleaned.len())).rev().find(|&at| cleaned.is_char_boundary(at));
    cleaned.truncate(cut.unwrap_or(0));
    cleaned
}
