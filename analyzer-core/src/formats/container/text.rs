//! Text encodings around captures: UTF-16 (PowerShell's `>`), base64 (copied from a terminal).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Leaf;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::source::Position;

/// UTF-16 with a byte order mark, as UTF-8 without one.
pub(super) fn decode_utf16(mut leaf: Leaf) -> Leaf {
    let bytes = std::mem::take(&mut leaf.bytes);
    let is_big_endian = bytes.starts_with(&[0xfe, 0xff]);
    let body = bytes.get(2..).unwrap_or_default();
    let units = body.chunks_exact(2).map(|pair| match *pair {
        [a, b] if is_big_endian => u16::from_be_bytes([a, b]),
        [a, b] => u16::from_le_bytes([a, b]),
        _ => 0,
    });
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    leaf.notes.info("utf-16", None, "The text is UTF-16; places refer to it as UTF-8");
    leaf.bytes = text.into_bytes();
    leaf
}

/// Base64 text with any line breaks.
pub(super) fn decode_base64(mut leaf: Leaf) -> Leaf {
    let text: Vec<u8> = leaf.bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    leaf.bytes = match STANDARD.decode(&text) {
        Ok(bytes) => {
            leaf.notes.info("base64", None, "The file is base64 text; places refer to the decoded data");
            bytes
        }
        Err(error) => {
            let message = format!("starts as base64 of gzip data, but: {error}");
            leaf.error = Some(ParseError::new(ErrorKind::Malformed, Position::offset(0), "base64", message));
            Vec::new()
        }
    };
    leaf
}
