//! What the runtime prints around the goroutines.

use crate::base::convert::to_u64;
use crate::evidence::goroutines::{PreambleKind, PreambleLine};

/// Lines of a preamble that are kept; panics print their whole message.
const LINES: usize = 64;
/// Bytes of one line that are kept.
const LINE_BYTES: usize = 4_096;

/// How net/http logs a panic that it recovered (net/http/server.go, conn.serve).
pub(super) const SERVING: &str = "http: panic serving ";

/// What the runtime writes when it cannot even throw (runtime/stubs.go, asm_*.s).
const BARE_FATAL: [&[u8]; 3] =
    [b"fatal: morestack on g", b"fatal: bad g in signal handler", b"fatal: systemstack called"];

/// A message whose first word a paste has cut off.
const CUT_FATAL: &[u8] = b"error: unexpected signal during runtime execution";

/// What a line before or between blocks says; `None` if it is the runtime's
/// nowhere. `in_message` is true if the line before is of a panic's message.
pub(super) fn kind(text: &[u8], in_message: bool) -> Option<PreambleKind> {
    let text = behind_key(text);
    let bare = text.trim_ascii_start();
    let nested = bare.starts_with(b"panic: ") && (bare.len() == text.len() || in_message);
    if nested || bare.starts_with(b"[recovered]") {
        return Some(PreambleKind::Panic);
    }
    if text.starts_with(b"fatal error: ")
        || text.starts_with(CUT_FATAL)
        || BARE_FATAL.iter().any(|start| text.starts_with(start))
    {
        return Some(PreambleKind::FatalError);
    }
    let is_of_signal = [b"[signal SIG".as_slice(), b"[signal 0x", b"signal arrived during ", b"Exception 0x"];
    if is_signal(text) || is_pc(text) || is_of_signal.iter().any(|start| text.starts_with(start)) {
        return Some(PreambleKind::Signal);
    }
    let is_of_runtime = [b"runtime: ".as_slice(), b"runtime/cgo: ", b"unexpected fault address "];
    if is_of_runtime.iter().any(|start| text.starts_with(start)) {
        return Some(PreambleKind::Runtime);
    }
    if memchr::memmem::find(text, SERVING.as_bytes()).is_some() {
        return Some(PreambleKind::Recovered);
    }
    in_message.then_some(PreambleKind::Continuation)
}

/// What stands behind the key that a terminal shows where somebody sent SIGQUIT or SIGINT: `^\SIGQUIT: quit`.
pub(super) fn behind_key(text: &[u8]) -> &[u8] {
    let at = memchr::memmem::find(text, b"^\\SIG").map_or(0, |at| at + 2);
    text.get(at..).unwrap_or(text)
}

/// True if the next lines, up to a blank one, may belong to the same message.
pub(super) const fn is_message(kind: PreambleKind) -> bool {
    matches!(
        kind,
        PreambleKind::Panic | PreambleKind::FatalError | PreambleKind::Recovered | PreambleKind::Continuation
    )
}

/// `SIGQUIT: quit`, as the runtime names a signal that ends the process.
pub(super) fn is_signal(text: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', text.get(..16).unwrap_or(text)) else { return false };
    let Some(name) = text.get(..colon) else { return false };
    name.starts_with(b"SIG") && name.len() > 4 && name.iter().all(u8::is_ascii_uppercase)
}

/// `PC=0x40314e m=0 sigcode=1 addr=0x0`; Go 1.8 and older print no code (runtime/signal_unix.go),
/// Windows the address alone.
pub(super) fn is_pc(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"PC=0x") else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let rest = rest.get(digits..).unwrap_or_default().trim_ascii_end();
    digits > 0 && (rest.is_empty() || rest.starts_with(b" m="))
}

/// True if a file can start with this line only if Go wrote it while ending.
pub(super) fn starts_crash(text: &[u8]) -> bool {
    matches!(kind(text, false), Some(PreambleKind::Panic | PreambleKind::FatalError | PreambleKind::Signal))
        || text.starts_with(b"runtime: goroutine stack exceeds ")
        || text.starts_with(b"runtime: out of memory")
}

/// True for lines after the goroutines: registers (`rax    0x0`), exit status.
pub(super) fn is_trailer(trimmed: &[u8]) -> bool {
    let mut words = trimmed.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let is_register = matches!(
        (words.next(), words.next(), words.next()),
        (Some(name), Some(value), None) if name.len() <= 6 && value.starts_with(b"0x")
    );
    is_register || trimmed == b"runtime stack:" || trimmed.starts_with(b"exit status ")
}

/// Keeps a line, within limits.
pub(super) fn push(preamble: &mut Vec<PreambleLine>, kind: PreambleKind, text: &[u8], line: u64) {
    if to_u64(preamble.len()) >= to_u64(LINES) {
        return;
    }
    let text = String::from_utf8_lossy(kept(behind_key(text))).into_owned();
    preamble.push(PreambleLine { kind, text, line });
}

/// What is kept of a line.
pub(super) fn kept(text: &[u8]) -> &[u8] {
    text.get(..LINE_BYTES).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_runtime_are_told_from_logs() {
        assert_eq!(kind(b"panic: boom", false), Some(PreambleKind::Panic));
        assert_eq!(kind(b"\tpanic: again", true), Some(PreambleKind::Panic));
        assert_eq!(kind(b"fatal error: stack overflow", false), Some(PreambleKind::FatalError));
        assert_eq!(kind(b"SIGQUIT: quit", false), Some(PreambleKind::Signal));
        assert_eq!(kind(b"PC=0x40de0e m=0 sigcode=0", false), Some(PreambleKind::Signal));
        assert_eq!(kind(b"PC=0x46b1c5", false), Some(PreambleKind::Signal));
        assert_eq!(kind(b"PC=0x1234 SP=0x10 A=7", false), None);
        assert_eq!(kind(b"PC=0x1234 is where it stopped", false), None);
        assert_eq!(kind(b"\tsecond line", true), Some(PreambleKind::Continuation));
        assert_eq!(kind(b"INFO started", false), None);
        assert_eq!(kind(b"SIG: x", false), None);
    }

    #[test]
    fn registers_are_a_trailer() {
        assert!(is_trailer(b"rflags 0x202"));
        assert!(!is_trailer(b"request took 0x5 long"));
    }
}
