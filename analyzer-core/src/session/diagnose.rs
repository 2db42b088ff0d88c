//! What a file that is none of the formats probably is: the error pages and
//! messages that land in a file when a capture fails.

use crate::base::convert::to_u64;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::source::Position;
use crate::report::plain_text::visible;

/// Text of a failed capture, and what happened.
const FAILED_CAPTURES: &[(&str, &str)] = &[
    (
        "404 page not found",
        "the server has no such page: check that net/http/pprof is registered on this port",
    ),
    ("Unknown profile", "net/http/pprof has no profile of this name"),
    ("Could not enable CPU profiling", "another CPU profile was already running"),
    (
        "profile duration exceeds server's WriteTimeout",
        "the server's WriteTimeout is shorter than the capture",
    ),
    ("Could not enable tracing", "another trace was already running"),
    ("Get \"http", "the request failed"),
    ("curl: (", "curl failed"),
    ("Error from server", "kubectl could not run the command"),
    ("error: unable to upgrade connection", "kubectl could not run the command"),
    ("OCI runtime exec failed", "the program does not exist in the container"),
    ("command terminated with exit code", "the command in the container failed"),
    ("No such file or directory", "the file did not exist"),
    ("Permission denied", "no permission to read the file"),
    ("Connection refused", "nothing was listening on the port"),
];

/// Bytes in which a failure message is looked for.
const HEAD: usize = 4_096;

/// The reason why a source could not be recognized, as helpful as its content allows.
pub(super) fn unrecognized(bytes: &[u8]) -> ParseError {
    let whole = Position::default();
    if bytes.is_empty() {
        return ParseError::new(
            ErrorKind::Empty,
            whole,
            "file",
            "the file is empty: the capture wrote nothing",
        );
    }
    let head = String::from_utf8_lossy(bytes.get(..HEAD).unwrap_or(bytes));
    let error = |message: String| ParseError::new(ErrorKind::Unrecognized, whole, "file", message);
    if let Some((text, reason)) = FAILED_CAPTURES.iter().find(|(text, _)| head.contains(text)) {
        return error(format!("a failed capture (\"{text}\"): {reason}"));
    }
    let lower = head.trim_start().get(..64).unwrap_or(head.trim_start()).to_ascii_lowercase();
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        return error("a web page, not a capture: probably the login or error page of a proxy".to_owned());
    }
    if head.contains('\0') || head.contains(char::REPLACEMENT_CHARACTER) {
        return error(format!("{} bytes of binary data in an unknown format", to_u64(bytes.len())));
    }
    let first = head.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let shown: String = first.chars().take(80).collect();
    error(format!("text in an unknown format, starting with \"{}\"", visible(&shown)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_captures_are_named() {
        let message = |text: &str| unrecognized(text.as_bytes()).message;
        assert!(message("404 page not found\n").contains("net/http/pprof"));
        assert!(message("<!DOCTYPE html><html>").contains("web page"));
        assert!(message("dear diary").contains("dear diary"));
        assert!(message("\0\u{1}").contains("2 bytes of binary data"));
        assert_eq!(unrecognized(b"").kind, ErrorKind::Empty);
    }
}
