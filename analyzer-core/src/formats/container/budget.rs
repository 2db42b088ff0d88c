//! How much may still be decoded.

use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits;
use crate::base::source::Position;

/// What a session may still decode. Every decoded byte is taken from it.
#[derive(Clone, Debug)]
pub struct Budget {
    session_left: u64,
    members_left: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { session_left: limits::DECODED_SESSION_BYTES, members_left: limits::SOURCES }
    }
}

impl Budget {
    /// Takes one source from the budget.
    pub(super) fn take_member(&mut self) -> bool {
        match self.members_left.checked_sub(1) {
            Some(left) => {
                self.members_left = left;
                true
            }
            None => false,
        }
    }

    /// Takes decoded bytes from the budget.
    /// # Errors
    /// `LimitExceeded`, naming the ceiling, if the stream or the session has had enough.
    pub(super) fn take(&mut self, chunk: u64, decoded: u64, encoded: u64) -> Result<(), ParseError> {
        let refuse = |message: String| {
            Err(ParseError::new(
                ErrorKind::LimitExceeded,
                Position::offset(decoded),
                "decompressed data",
                message,
            ))
        };
        let total = decoded.saturating_add(chunk);
        if total > limits::DECODED_FILE_BYTES {
            return refuse(format!(
                "more than {} MiB of decoded data in one file",
                limits::DECODED_FILE_BYTES >> 20
            ));
        }
        if total > limits::EXPANSION_GRACE_BYTES && total / encoded.max(1) > limits::EXPANSION_RATIO {
            return refuse(format!(
                "expands more than {} times (a decompression bomb); the rest is not read",
                limits::EXPANSION_RATIO
            ));
        }
        match self.session_left.checked_sub(chunk) {
            Some(left) => {
                self.session_left = left;
                Ok(())
            }
            None => refuse(format!(
                "all files together decode to more than {} MiB",
                limits::DECODED_SESSION_BYTES >> 20
            )),
        }
    }
}
