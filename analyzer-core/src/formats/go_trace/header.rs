//! The 16 bytes at the start: `go 1.NN trace`, and NULs for the rest. The number is the
//! format's, not the toolchain's: Go 1.24 writes 23, Go 1.27 writes 26.
//! Source: `internal/trace/version/version.go`.

use crate::base::error::{ErrorKind, ParseError};
use crate::base::source::Position;

/// Bytes of the header.
pub(super) const HEADER_BYTES: usize = 16;

/// Go 1.5 was the first to write traces.
const FIRST_TRACES: u32 = 5;
/// Of the old format, `go tool trace` of Go 1.22 and later reads traces from Go 1.11 on.
const READ_BY_GO_TOOL: u32 = 11;

/// A format version that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Go 1.22.
    Go122,
    /// Go 1.23 and 1.24.
    Go123,
    /// Go 1.25.
    Go125,
    /// Go 1.26 and 1.27.
    Go126,
}

impl Version {
    /// The number in the header.
    pub const fn number(self) -> u32 {
        match self {
            Self::Go122 => 22,
            Self::Go123 => 23,
            Self::Go125 => 25,
            Self::Go126 => 26,
        }
    }

    /// True if a lone byte ends each generation.
    pub(super) const fn ends_generations(self) -> bool {
        matches!(self, Self::Go126)
    }

    /// True if the clock batch starts with its own byte and holds a clock snapshot.
    pub(super) const fn has_sync_batch(self) -> bool {
        matches!(self, Self::Go125 | Self::Go126)
    }
}

/// The number in the header, if the bytes start with one.
pub(super) fn number(bytes: &[u8]) -> Option<u32> {
    let header = bytes.get(..HEADER_BYTES)?;
    let end = header.iter().position(|&byte| byte == 0)?;
    let (text, rest) = header.split_at(end);
    if rest.iter().any(|&byte| byte != 0) {
        return None;
    }
    let digits = text.strip_prefix(b"go 1.")?.strip_suffix(b" trace")?;
    let is_number = matches!(digits.len(), 1 | 2) && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| digits.iter().fold(0, |n, &digit| n * 10 + u32::from(digit - b'0')))
}

/// The version of a trace.
/// # Errors
/// `Unrecognized` without a header, `Unsupported` for formats before Go 1.22
/// (with what to do instead) and for numbers that no known Go writes.
pub(super) fn version(bytes: &[u8]) -> Result<Version, ParseError> {
    let error =
        |kind, message: String| Err(ParseError::new(kind, Position::offset(0), "trace header", message));
    match number(bytes) {
        Some(22) => Ok(Version::Go122),
        Some(23) => Ok(Version::Go123),
        Some(25) => Ok(Version::Go125),
        Some(26) => Ok(Version::Go126),
        Some(old @ FIRST_TRACES..22) => {
            let tool =
                if old < READ_BY_GO_TOOL { "go tool trace of Go 1.21 or older" } else { "go tool trace" };
            error(
                ErrorKind::Unsupported,
                format!(
                    "a trace in the old format of Go 1.5 to 1.21 (header go 1.{old}): \
                     capture it again with Go 1.22 or later, or open it with {tool}"
                ),
            )
        }
        Some(unknown) => error(
            ErrorKind::Unsupported,
            format!("unknown trace version go 1.{unknown}: known are 1.22, 1.23, 1.25 and 1.26"),
        ),
        None => error(
            ErrorKind::Unrecognized,
            "expected \"go 1.NN trace\", padded with zero bytes to 16 bytes".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart_and_old_ones_come_with_advice() {
        assert_eq!(version(b"go 1.26 trace\0\0\0more").unwrap(), Version::Go126);
        let old = version(b"go 1.21 trace\0\0\0").unwrap_err();
        assert_eq!(old.kind, ErrorKind::Unsupported);
        assert!(old.message.contains("go tool trace"), "{}", old.message);
        let new = version(b"go 1.31 trace\0\0\0").unwrap_err();
        assert!(new.message.contains("unknown trace version go 1.31"), "{}", new.message);
        assert_eq!(version(b"go 1.26 trace").unwrap_err().kind, ErrorKind::Unrecognized);
    }
}
