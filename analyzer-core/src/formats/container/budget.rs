//! How much may still be decoded.

use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits;
use crate::base::source::Position;

/// What a session, and the file at hand, may still decode. Every decoded byte is taken from it.
#[derive(Clone, Debug)]
pub struct Budget {
    session_left: u64,
    members_left: usize,
    file: FileBudget,
}

/// What one file of the drop held so far, through all its layers.
#[derive(Clone, Copy, Debug, Default)]
struct FileBudget {
    /// Bytes as they were dropped.
    encoded: u64,
    /// Bytes decoded and kept.
    decoded: u64,
    /// Streams refused.
    refused: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            session_left: limits::DECODED_SESSION_BYTES,
            members_left: limits::SOURCES,
            file: FileBudget::default(),
        }
    }
}

impl Budget {
    /// Starts on a file of the drop of this size.
    pub(super) fn start_file(&mut self, encoded: u64) {
        self.file = FileBudget { encoded, ..FileBudget::default() };
    }

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

    /// Takes a chunk of a stream that has given `decoded` bytes of `encoded` so far.
    /// # Errors
    /// `LimitExceeded`, naming the ceiling, if the stream, the file or the
    /// session has had enough. What the stream gave is not kept then.
    pub(super) fn take(&mut self, chunk: u64, decoded: u64, encoded: u64) -> Result<(), ParseError> {
        // A member of an archive may state any size; it has no more than the file has.
        let encoded = encoded.min(self.file.encoded);
        let refusal = self.refusal(chunk, decoded, encoded);
        if let Some(message) = refusal {
            self.file.refused += 1;
            self.file.decoded = self.file.decoded.saturating_sub(decoded);
            let at = Position::offset(decoded);
            return Err(ParseError::new(ErrorKind::LimitExceeded, at, "decompressed data", message));
        }
        self.session_left = self.session_left.saturating_sub(chunk);
        self.file.decoded = self.file.decoded.saturating_add(chunk);
        Ok(())
    }

    fn refusal(&self, chunk: u64, decoded: u64, encoded: u64) -> Option<String> {
        let total = decoded.saturating_add(chunk);
        let of_file = self.file.decoded.saturating_add(chunk);
        if self.file.refused >= limits::BOMBS_PER_FILE {
            Some(format!(
                "{} streams of this file were rejected; the rest is ignored",
                limits::BOMBS_PER_FILE
            ))
        } else if total > limits::DECODED_FILE_BYTES {
            Some(format!("more than {} MiB of decoded data in one file", limits::DECODED_FILE_BYTES >> 20))
        } else if is_bomb(total, encoded) || is_bomb(of_file, self.file.encoded) {
            Some(format!(
                "expands more than {} times (a decompression bomb); the rest is ignored",
                limits::EXPANSION_RATIO
            ))
        } else if chunk > self.session_left {
            Some(format!(
                "all files together decode to more than {} MiB",
                limits::DECODED_SESSION_BYTES >> 20
            ))
        } else {
            None
        }
    }
}

fn is_bomb(decoded: u64, encoded: u64) -> bool {
    decoded > limits::EXPANSION_GRACE_BYTES && decoded / encoded.max(1) > limits::EXPANSION_RATIO
}
