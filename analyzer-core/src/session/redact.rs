//! Files without their secrets: the same door, another way out.

use super::{FileId, FileInfo, Redacted, Session};
use crate::base::convert::{to_u64, to_usize};
use crate::base::packed::PackedU8;
use crate::report::Report;

impl Session {
    /// All bytes of a file are there: it will be redacted, not read.
    pub fn close_to_redact(&mut self, file: FileId) {
        // A file that was refused has no bytes, and is named as one of no format.
        if let Some(open) = self.take_open(file) {
            self.redaction.add(open.info.path, open.info.modified_at, open.bytes);
        }
    }

    /// The files that were closed to be redacted.
    pub fn redact(&mut self) -> Redacted {
        let (summary, clean) = std::mem::take(&mut self.redaction).finish();
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
