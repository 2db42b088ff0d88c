//! Files without their secrets: the same door, another way out.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;
use serde_json::Value;

use super::{FileId, FileInfo, Redacted, Session};
use crate::base::convert::{to_u64, to_usize};
use crate::base::packed::PackedU8;
use crate::redact::Digest;
use crate::report::Report;

impl Session {
    /// All bytes of a file are there: it will be redacted, not read.
    pub fn close_to_redact(&mut self, file: FileId) {
        // A file that was refused has no bytes, and is named as one of no format.
        if let Some(open) = self.take_open(file) {
            self.redaction.add(open.info.path, open.info.modified_at, open.bytes, figures);
        }
    }

    /// The files that were closed to be redacted.
    pub fn redact(&mut self) -> Redacted {
        self.redact_with(None)
    }

    /// The files that were closed to be redacted, each name by its digest under a key: captures that
    /// are redacted with one key join by their pseudonyms, as far as those have eight letters or more.
    pub fn redact_keyed(&mut self, digest: &Digest<'_>) -> Redacted {
        self.redact_with(Some(digest))
    }

    fn redact_with(&mut self, digest: Option<&Digest<'_>>) -> Redacted {
        let (summary, clean) = std::mem::take(&mut self.redaction).finish(figures, digest);
        let mut bytes = Vec::with_capacity(clean.iter().map(|file| file.bytes.len()).sum());
        let mut files = Vec::with_capacity(clean.len());
        for file in clean {
            bytes.extend_from_slice(&file.bytes);
            let length = to_u64(file.bytes.len());
            files.push(FileInfo { path: file.path, bytes: length, modified_at: file.modified_at });
        }
        Redacted { summary, files, bytes: PackedU8(bytes) }
    }
}

impl Redacted {
    /// Each file with its bytes.
    pub fn each_file(&self) -> impl Iterator<Item = (&FileInfo, &[u8])> {
        let mut rest = self.bytes.0.as_slice();
        self.files.iter().map(move |file| {
            let length = to_usize(file.bytes).unwrap_or(usize::MAX).min(rest.len());
            let (bytes, after) = rest.split_at(length);
            rest = after;
            (file, bytes)
        })
    }

    /// The report of these files.
    pub fn report(&self) -> Report {
        let mut session = Session::default();
        for (info, bytes) in self.each_file() {
            let id = session.open(info.clone());
            session.chunk(id, bytes.to_vec());
            session.close(id);
        }
        session.report()
    }
}

/// Members of a report whose texts are the engine's own words.
const WORDS: [&str; 4] = ["code", "severity", "status", "format"];

/// A number that is the same for two captures whose reports have the same figures, whatever
/// their names, and in whatever order names put them.
fn figures(path: &str, bytes: &[u8]) -> u64 {
    let mut session = Session::default();
    session.add(path, bytes.to_vec());
    serde_json::to_value(session.report()).map_or(0, |report| sum(&report, &mut Vec::new()))
}

/// Adds up what is under each key: numbers, and how long lists are.
fn sum<'r>(value: &'r Value, keys: &mut Vec<&'r str>) -> u64 {
    let of = |content: &dyn Fn(&mut FxHasher), keys: &[&str]| {
        let mut hasher = FxHasher::default();
        keys.hash(&mut hasher);
        content(&mut hasher);
        hasher.finish()
    };
    match value {
        Value::Number(number) => of(&|hasher| number.to_string().hash(hasher), keys),
        Value::Bool(value) => of(&|hasher| value.hash(hasher), keys),
        Value::String(text) if keys.last().is_some_and(|key| WORDS.contains(key)) => {
            of(&|hasher| text.hash(hasher), keys)
        }
        Value::Array(values) => {
            let length = of(&|hasher| values.len().hash(hasher), keys);
            values.iter().fold(length, |all, value| all.wrapping_add(sum(value, keys)))
        }
        Value::Object(members) => members.iter().fold(0, |all: u64, (key, value)| {
            // What is said beside figures counts lines that no one reads; keys of labels are names.
            if matches!(key.as_str(), "notes" | "offset" | "column") {
                return all;
            }
            keys.push(if keys.contains(&"labels") { "" } else { key });
            let one = sum(value, keys);
            keys.pop();
            all.wrapping_add(one)
        }),
        _ => 0,
    }
}
