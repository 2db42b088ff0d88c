//! `--redact`: the captures under other names, before anything is made of them.

use std::fmt::Write as _;

use analyzer_core::report::plain_text::visible;
use analyzer_core::session::{FileInfo, NameKind, Redacted, RedactionSummary, Session};

use crate::input::InputFile;
use crate::key::Key;

/// The files without their secrets, each with pseudonyms of its own.
pub fn redact(files: Vec<InputFile>) -> Redacted {
    close_all(files).redact()
}

/// The files without their secrets, under a key.
pub fn redact_keyed(files: Vec<InputFile>, key: &Key) -> Redacted {
    close_all(files).redact_keyed(&|name, attempt| key.digest(name, attempt))
}

fn close_all(files: Vec<InputFile>) -> Session {
    let mut session = Session::default();
    for file in files {
        let bytes = file.bytes.len() as u64;
        let id = session.open(FileInfo { path: file.path, bytes, modified_at: file.modified_at });
        session.chunk(id, file.bytes);
        session.close_to_redact(id);
    }
    session
}

/// The redacted files, as they came in.
pub fn into_files(redacted: &Redacted) -> Vec<InputFile> {
    let file = |(info, bytes): (&FileInfo, &[u8])| InputFile {
        path: info.path.clone(),
        modified_at: info.modified_at,
        bytes: bytes.to_vec(),
    };
    redacted.each_file().map(file).collect()
}

/// One line for standard error, and one for each file that was left out.
pub fn describe(summary: &RedactionSummary) -> String {
    let mut text = format!(
        "{} names have pseudonyms, {} pieces of free text are blanked\n",
        summary.replacements.len(),
        summary.blanked
    );
    for file in &summary.left_out {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "left out: {}: {}", visible(&file.path), file.reason);
    }
    text
}

/// Every name with its pseudonym, separated by tabs: for the owner alone.
pub fn table(summary: &RedactionSummary) -> String {
    let mut text = String::from("kind\tname\tpseudonym\tplaces\n");
    for row in &summary.replacements {
        let kind = kind(row.kind);
        let _ = writeln!(text, "{kind}\t{}\t{}\t{}", visible(&row.name), row.pseudonym, row.places);
    }
    text
}

fn kind(kind: NameKind) -> &'static str {
    match kind {
        NameKind::Name => "name",
        NameKind::Path => "path",
        NameKind::Label => "label",
        NameKind::Argument => "argument",
        NameKind::Environment => "environment",
        NameKind::Capture => "capture",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_can_look_up_what_became_what() {
        let status = InputFile {
            path: "checkout/proc/status".to_owned(),
            modified_at: None,
            bytes: b"Name:\twalletd\nPid:\t1\nThreads:\t1\n".to_vec(),
        };
        let log =
            InputFile { path: "checkout/app.log".to_owned(), modified_at: None, bytes: b"hi\n".to_vec() };
        let redacted = redact(vec![status, log]);
        assert_eq!(
            table(&redacted.summary),
            "kind\tname\tpseudonym\tplaces\nname\twalletd\tbxxxxxx\t1\ncapture\tcheckout\taxxxxxxx\t2\n"
        );
        let text = describe(&redacted.summary);
        assert!(text.starts_with("2 names have pseudonyms"), "{text}");
        assert!(text.contains("left out: checkout/app.log: nothing of it"), "{text}");
        let files = into_files(&redacted);
        assert_eq!(files[0].path, "axxxxxxx/proc/status");
        assert!(String::from_utf8_lossy(&files[0].bytes).starts_with("Name:\tbxxxxxx\n"));
    }
}
