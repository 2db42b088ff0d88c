//! What could not be read, what is missing of it, and how to take it again.

use super::super::plain_text::visible;
use super::super::{Report, SourceRow};
use crate::evidence::sources::SourceStatus;

pub(super) fn is_usable(row: &SourceRow) -> bool {
    matches!(row.status, SourceStatus::Parsed | SourceStatus::Partial)
}

/// Which file cannot be read, and why.
pub(super) fn unreadable(report: &Report) -> String {
    let Some(first) = report.sources.first() else {
        return "Nothing could be read: there are no files.".to_owned();
    };
    let reason = reason(first).map_or_else(|| "unknown format".to_owned(), trimmed);
    let path = visible(&first.path);
    match report.sources.len() - 1 {
        0 => format!("{path} could not be read: {reason}."),
        1 => format!("No file could be read. {path}: {reason}. The other file could not be read either."),
        more => {
            format!("No file could be read. {path}: {reason}. {more} more files could not be read either.")
        }
    }
}

/// A note's message within a sentence: without what only says that a whole file is meant.
fn trimmed(message: &str) -> String {
    let message = message.strip_prefix("file: ").unwrap_or(message);
    visible(message.trim_end_matches('.')).into_owned()
}

fn reason(row: &SourceRow) -> Option<&str> {
    row.notes.iter().max_by_key(|note| note.severity).map(|note| note.message.as_str())
}

/// What is missing of the input, if anything is.
pub(super) fn lost(report: &Report) -> Option<String> {
    let mut lossy = report.lossy_sources();
    let (path, message) = lossy.next()?;
    let more = match lossy.count() {
        0 => String::new(),
        1 => ", and 1 more file".to_owned(),
        more => format!(", and {more} more files"),
    };
    let message = message.trim_end_matches('.');
    Some(format!("Part of the input is missing ({}: {}{more}).", visible(path), visible(message)))
}

/// How to take a capture again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recapture {
    /// What the command gives.
    pub what: &'static str,
    /// The command.
    pub command: &'static str,
}

/// What a file seems to have been meant as, by its name or by what it was recognized as.
const RECAPTURES: &[(&[&str], Recapture)] = &[
    (
        &["goroutine", "debug2", "debug=2", "stack"],
        Recapture {
            what: "a goroutine dump",
            command: "curl -fo goroutine.txt 'http://localhost:6060/debug/pprof/goroutine?debug=2'",
        },
    ),
    (
        &["heap", "alloc", "mem.p", "memprof"],
        Recapture {
            what: "a heap profile",
            command: "curl -fo heap.pb.gz http://localhost:6060/debug/pprof/heap",
        },
    ),
    (
        &["cpu", "profile"],
        Recapture {
            what: "a CPU profile of 30 seconds",
            command: "curl -fo cpu.pb.gz 'http://localhost:6060/debug/pprof/profile?seconds=30'",
        },
    ),
    (
        &["mutex"],
        Recapture {
            what: "a mutex profile",
            command: "curl -fo mutex.pb.gz http://localhost:6060/debug/pprof/mutex",
        },
    ),
    (
        &["block"],
        Recapture {
            what: "a block profile",
            command: "curl -fo block.pb.gz http://localhost:6060/debug/pprof/block",
        },
    ),
    (
        &["trace"],
        Recapture {
            what: "an execution trace of 5 seconds",
            command: "curl -fo trace.out 'http://localhost:6060/debug/pprof/trace?seconds=5'",
        },
    ),
    (
        &["smaps", "maps"],
        Recapture { what: "the mappings of a process", command: "cat /proc/PID/smaps > smaps" },
    ),
    (
        &["memory.", "cgroup"],
        Recapture {
            what: "the memory files of a cgroup",
            command: "cd /sys/fs/cgroup && tar cf /tmp/cgroup.tar memory.*",
        },
    ),
    (
        &["pprof", ".pb"],
        Recapture {
            what: "a heap profile",
            command: "curl -fo heap.pb.gz http://localhost:6060/debug/pprof/heap",
        },
    ),
];

impl SourceRow {
    /// True if the file could not be used.
    pub fn is_unreadable(&self) -> bool {
        !is_usable(self)
    }

    /// Why the file could not be used, in words.
    pub fn trouble(&self) -> Option<String> {
        reason(self).map(trimmed)
    }

    /// The command that takes the capture anew, of the kind that its name or its format suggests.
    pub fn recapture(&self) -> Option<Recapture> {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path).to_ascii_lowercase();
        let format = self.format.as_deref().unwrap_or_default();
        let suggests = |hay: &str| {
            let is_in = |(words, _): &&(&[&str], Recapture)| words.iter().any(|word| hay.contains(word));
            RECAPTURES.iter().find(is_in).map(|(_, recapture)| *recapture)
        };
        suggests(&name).or_else(|| suggests(format))
    }
}
